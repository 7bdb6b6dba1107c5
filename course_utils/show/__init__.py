"""What a learner looks at: a chat, tokens, the sampling explorer, attention, plots, a training.

Each name makes a view, and `help(show.tokens)` says how. As the last line of a cell a view shows itself; `print(view)`
gives the same as text, without a front end too. Nothing heavy is imported before a name is used.
"""

from importlib import import_module

from course_utils.base import data

# What a notebook calls it: the file of this room, and its name there.
VIEWS = data(__file__, "views.json", translated=False)
__all__ = list(VIEWS)


def __getattr__(name: str):
    """The view of this name, imported when it is first used."""
    if name not in VIEWS:
        raise AttributeError(f"show has no view called {name!r}. It has: {', '.join(VIEWS)}.")
    file, own = VIEWS[name]
    return getattr(import_module(f".{file}", __name__), own)


def __dir__() -> list[str]:
    return [*globals(), *VIEWS]
