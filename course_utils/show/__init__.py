"""What a learner looks at: a chat, tokens, the sampling explorer, attention, plots, a training.

Each name makes a view, and `help(show.tokens)` says how. As the last line of a cell a view shows itself; `print(view)`
gives the same as text, without a front end too. Nothing heavy is imported before a name is used.
"""

from importlib import import_module

# what a notebook calls it: the file of this room, and its name there
VIEWS = {
    "attention": ("token_maps", "AttentionMap"),
    "bars": ("charts", "bars"),
    "card": ("tables", "card"),
    "chat": ("chat_window", "ChatWindow"),
    "drawing": ("drawing_board", "DrawingBoard"),
    "experts": ("token_maps", "ExpertMap"),
    "fit": ("machine_fit", "MachineFit"),
    "lines": ("charts", "lines"),
    "look": ("picture_row", "look"),
    "masks": ("charts", "masks"),
    "onnx_layer": ("layer_graph", "onnx_layer"),
    "panels": ("charts", "panels"),
    "patches": ("picture_row", "patches"),
    "pictures": ("picture_row", "PictureRow"),
    "playground": ("two_models", "Playground"),
    "sampling": ("sampling_explorer", "SamplingExplorer"),
    "race": ("engine_race", "Race"),
    "scores": ("family_charts", "scores"),
    "services": ("tables", "services"),
    "sizes": ("family_charts", "sizes"),
    "sourced": ("charts", "sourced"),
    "speak": ("voice", "Voice"),
    "stack": ("charts", "stack"),
    "table": ("tables", "models_table"),
    "timeline": ("family_charts", "timeline"),
    "tokens": ("token_strip", "TokenStrip"),
    "training": ("training_bar", "Training"),
}
__all__ = list(VIEWS)


def __getattr__(name: str):
    """The view of this name, imported when it is first used."""
    if name not in VIEWS:
        raise AttributeError(f"show has no view called {name!r}. It has: {', '.join(VIEWS)}.")
    file, own = VIEWS[name]
    return getattr(import_module(f".{file}", __name__), own)


def __dir__() -> list[str]:
    return [*globals(), *VIEWS]
