"""What a learner looks at: a chat, tokens, the sampling explorer, attention, plots, a training.

Each function returns a view. As the last line of a cell it shows itself; `print(view)` gives the same as
text, without a front end too. Nothing heavy is imported before a function is called.
"""

from __future__ import annotations


def chat(model, system: str | None = None, **options):
    """A chat with `model` (what `load` returns). `options` go to `model.stream`, for example temperature=0.8.

    Without a front end: `chat(model).say("hello")` returns the answer, `.transcript()` the conversation.
    """
    from .chat_window import ChatWindow

    return ChatWindow(model, system, **options)


def tokens(tokenizer, *texts: str):
    """The tokens of one or more texts, with their numbers. A model that has a tokenizer will do too."""
    from .token_strip import TokenStrip

    return TokenStrip(tokenizer, *texts)


def sampling(model, prompt: str, tokenizer=None, chat: bool = True, seed: int = 0):
    """The sampling explorer: five settings against the probabilities of the next token, and a button that
    draws it.

    `model` is a course model of the Transformers runtime, or a Transformers model together with its
    `tokenizer`. With `chat=False` the prompt is continued as it stands, without chat markup.
    """
    from .sampling_explorer import SamplingExplorer

    return SamplingExplorer(model, prompt, tokenizer, chat, seed)


def attention(model, text: str, tokenizer=None, layer: int = 0, head: int = 0, window: int | None = None):
    """Which token looks at which: one layer and head at a time, over the whole text or a sliding window of
    tokens.

    `model` is a course model of the Transformers runtime, or a Transformers model together with its
    `tokenizer`.
    """
    from .attention_map import AttentionMap

    return AttentionMap(model, text, tokenizer, layer, head, window)


def bars(labels, values, unit: str = "", title: str = "", alt: str = ""):
    """A bar for each value, with its number beside it."""
    from .charts import bars

    return bars(labels, values, unit, title, alt)


def lines(x, series: dict, x_label: str = "", y_label: str = "", title: str = "", alt: str = "", log: str = ""):
    """One line for each entry of `series` (name: values) over the common values `x`.

    With x=None each line has its own: name: (x values, y values). `log="y"` counts upwards in powers of ten.
    """
    from .charts import lines

    return lines(x, series, x_label, y_label, title, alt, log)


def panels(labels, columns: dict, title: str = "", alt: str = "", most: float | None = None):
    """Several measurements of the same things side by side: a panel of bars for each entry (name: values).

    `most`: one scale for all panels, from 0 to this value. Without it each has its own.
    """
    from .charts import panels

    return panels(labels, columns, title, alt, most)


def onnx_layer(graph, layer: int = 0):
    """The operators of one layer of a language model, drawn from its ONNX graph."""
    from .layer_graph import OnnxLayer

    return OnnxLayer(graph, layer)


def training(steps: int, title: str = ""):
    """A loop over the steps of a training, with a bar and a curve of the loss; an interrupt ends it between two steps.

    `for step in bar`, with `bar.loss(value)` once a step and `bar.say(text)` for samples.
    """
    from .training_bar import Training

    return Training(steps, title)


def scores(benchmark, ids=None, source: str | None = None, title: str = ""):
    """The published scores of one benchmark as bars, or of a list of benchmarks side by side, with their sources.

    `ids`: models of `course_utils.phi.facts`, all that have a score by default. How each was measured stands beside it.
    """
    from .family_charts import scores

    return scores(benchmark, ids, source, title)


def timeline(ids=None, title: str = ""):
    """When the models came out, with their sizes and the sources. Without `ids`, the whole Phi family."""
    from .family_charts import timeline

    return timeline(ids, title)


def card(*ids: str):
    """What is known of one or more models, each figure with its source."""
    from .model_card import Card

    return Card(ids)


def table(ids, keys):
    """Some figures of several models: a row a model, a column a figure, each cell with its source."""
    from .model_card import Table

    return Table(ids, keys)


def stack(wholes: dict, unit: str = "", title: str = "", alt: str = ""):
    """Bars cut into their parts. `wholes` is name: {part: value}; a list of values is drawn piece by piece."""
    from .parts_chart import stack

    return stack(wholes, unit, title, alt)


def sourced(plot, figures):
    """A plot with a fold of sources: the figures of `course_utils.phi.facts` that its numbers were worked out from."""
    from .source_fold import sourced

    return sourced(plot, figures)


def fit(speed, precision: str = "int4", context: int = 4096, prompt: int = 128):
    """Which Phi fits this computer, and how fast it would be; with controls for precision and context length.

    `speed` is what `course_utils.phi.speed.measure()` found. `.set(precision="fp32")` is the control for plain Python.
    """
    from .machine_fit import MachineFit

    return MachineFit(speed, precision, context, prompt)


def sizes(rows: dict, title: str = ""):
    """The parameters of models (name: figure of the facts, or a number) in powers of ten; rumours are hatched."""
    from .size_scale import sizes

    return sizes(rows, title)


def masks(named: dict, title: str = "", rows: str = "token that looks"):
    """Which token may look at which: a grid for each entry (name: a matrix of True and False)."""
    from .mask_grid import masks

    return masks(named, title, rows)


def speak(text: str):
    """A text read aloud by the voice of this computer, where it has one; always with the text itself."""
    from .voice import Voice

    return Voice(text)


def playground(left, right, prompts=None, **options):
    """One prompt, two models side by side (what `load` returns), streaming, with tokens per second and a vote.

    `prompts` are buttons (name: prompt); by default the same wish in Chinese, English and Finnish. Without a front
    end: `.ask("a prompt")`, `.vote("left")`.
    """
    from .two_models import Playground

    return Playground(left, right, prompts, **options)


def services():
    """The cloud services of notebook 03: state, day of the check, address, variable of the key, sources."""
    from .service_table import Services

    return Services()


def pictures(pictures: list, captions: list[str] | None = None, width: int = 220):
    """Pictures (of Pillow) side by side, with captions; `width` of each in pixels."""
    from .picture_row import PictureRow

    return PictureRow(pictures, captions, width)


def patches(picture, size: int = 14):
    """A picture beside itself with the grid of its patches of `size` x `size` pixels."""
    from .picture_row import patches

    return patches(picture, size)


def look(picture, weights, caption: str = ""):
    """How much attention each place of a picture got: `weights` of shape [12, 12], shares of a whole."""
    from .picture_row import look

    return look(picture, weights, caption)


def drawing(ask, question: str = "What is in the picture?"):
    """A sheet to draw on, or to open a picture on, and a model to ask: `ask(picture, question)` gives its answer.

    Without a front end: `board = show.drawing(ask)`, `board.shape("circle", "red", (168, 168))`, `board.ask()`.
    """
    from .drawing_board import DrawingBoard

    return DrawingBoard(ask, question)


def experts(model, text: str, tokenizer=None, layer: int = 0):
    """Which two experts read each token of the text, a layer at a time. `model`: `load("pico-moe")`."""
    from .expert_map import ExpertMap

    return ExpertMap(model, text, tokenizer, layer)
