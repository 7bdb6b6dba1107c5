"""Charts of the Phi family, drawn from course_utils/phi/facts.py, and which Phi fits this computer.

A number is followed by a mark such as [1]; the fold "Sources" below the picture, `print(view)` and `view.trace()` say
what it stands for. Figures that nobody has read at a source are never drawn, and rumours only where a chart says so.
"""

import math
from datetime import date
from os.path import commonprefix
from textwrap import fill
from typing import Self

from course_utils.base import CourseError
from course_utils.phi import facts, fit
from course_utils.phi.speed import Speed
from course_utils.setup.machine import GB

from .charts import BLUE, HATCHED, Plot, canvas, draw_bars
from .view import Controlled

KIND_NAMES = {"moe": "mixture of experts"}
OTHERS = {"facecolor": "#e0e0e0", "hatch": "..."}  # the models of other makers
CONTEXTS = tuple(2**power for power in range(9, 18))  # 512 to 131,072 tokens
NAMES = {"int4": "int4", "int8": "int8", "bf16": "16 bits", "fp32": "32 bits"}


def scores(benchmark, ids=None, source: str | None = None, title: str = "") -> Plot:
    """The published scores of one benchmark or several, a panel each, with how they were measured and their sources.
    `ids`: models of `course_utils.phi.facts`; without them, all that have a score, best first. `source`: only scores
    from this one (a key of family.json). A model without a score on one of several benchmarks says "no figure".
    Raises CourseError for an unknown name, and where there is nothing to show."""
    benchmarks = [benchmark] if isinstance(benchmark, str) else list(benchmark)
    ids = [ids] if isinstance(ids, str) else ids
    tables = {name: facts.benchmark(name, ids, source) for name in benchmarks}
    for name, found in tables.items():
        tables[name] = {model: score for model, score in found.items() if score.confirmed != "rumour"}
    scored = dict.fromkeys(model for table in tables.values() for model in table)
    models = [model for model in dict.fromkeys(ids or scored) if model in scored]
    if not models:
        raise CourseError(f"None of these models has a score of {' or '.join(tables)} with a source that was read.")
    names, figures, rows = [facts.model(model).name for model in models], [], []
    looks = [BLUE if facts.model(model).maker == "Microsoft" else OTHERS for model in models]
    methods = {name: {score.method for score in table.values()} for name, table in tables.items()}
    heads = {name: found.pop() if len(found) == 1 else "" for name, found in methods.items()}  # of all
    tall = 0.42 if all(heads.values()) else 0.72  # else each number says its method, on lines of its own
    shared = "".join(commonprefix(benchmarks).rpartition(", ")[:2])  # "MMLU-Pro, Finnish" and "MMLU-Pro, English"
    axis = _axis([score for table in tables.values() for score in table.values()])
    title = title or (f"{shared.removesuffix(', ')}: {axis}" if shared else axis[0].upper() + axis[1:])
    figure, panels = canvas(1.4 + tall * len(models), title, len(tables), 9.6, sharey=True)
    width = 92 // len(tables) - 3  # characters of a panel
    for axes, (name, table) in zip(panels, tables.items(), strict=True):
        shown, labels, told = [], [], []
        for model, label in zip(models, names, strict=True):
            score, method, words = table.get(model), "", "no figure"
            if score:
                figures.append(score)
                method, words = score.method, f"{score.value} [{len(figures)}]"
            shown.append(score.value if score else 0)
            labels.append(words if heads[name] else fill(f"{words} {method}", width))
            told.append(f"{', '.join(filter(None, (label, method)))} {words}")
        draw_bars(axes, names, shown, labels, looks, room=0.4)
        # in percent, one scale for all panels, and room for the numbers
        axes.set_xlim(0, 100 + 18 * len(tables) if "in %" in axis else None)
        method = fill(heads[name] or "see the numbers", width)
        axes.set_title(f"{name.removeprefix(shared)}\n{method}", loc="left", fontsize=10)
        axes.xaxis.set_visible(False)
        rows.append(f"{name}: {'; '.join(told)}")
    return Plot(figure, f"Bar charts of {'; '.join(tables)} for {', '.join(names)}.", "\n".join(rows), figures)


def timeline(ids=None, title: str = "") -> Plot:
    """When the models came out: a row each, with size, kind and sources. Without `ids`, the whole Phi family."""
    models = [model for model in map(facts.model, facts.models("phi") if ids is None else ids) if model.released]
    if not models:
        raise CourseError("For none of these models is the day or month of release known.")
    models.sort(key=lambda model: model.released)
    figure, (axes,) = canvas(1.2 + 0.3 * len(models), title, width=9.6)
    figures, labels = [], []
    for model in models:
        mine = [model.figures[key] for key in ("released", "parameters") if key in model.figures]
        size = f", {mine[1].value / 1e9:.1f} B" if len(mine) > 1 else ""
        kind = "" if model.kind == "text" else f", {KIND_NAMES.get(model.kind, model.kind)}"
        labels.append(f"{model.name}{size}{kind} {[len(figures) + place for place in range(1, len(mine) + 1)]}")
        figures += mine
    axes.plot([_day(model.released) for model in models], range(len(models)), "o", color="#1f77b4", mec="black", ms=8)
    axes.set(yticks=range(len(models)), yticklabels=labels, ylim=(len(models) - 0.4, -0.6))
    axes.grid(alpha=0.4)
    axes.tick_params(axis="x", labelsize=8)
    told = [f"{model.released}: {label}" for model, label in zip(models, labels, strict=True)]
    alt = f"Timeline of {len(models)} models, from {models[0].name} ({models[0].released}) to {models[-1].name} "
    return Plot(figure, alt + f"({models[-1].released}).", "\n".join(told), figures)


def sizes(rows: dict, title: str = "") -> Plot:
    """The parameters of models in powers of ten: name: figure of the facts, or a number that the notebook counted. A
    rumour is hatched, and says that it is one. Raises CourseError for anything else, and for what is not above 0."""
    if not rows:
        raise CourseError('Give models with their parameters: show.sizes({"pico-mini": 2_164_416}).')
    figures, values, told, looks = [], [], [], []
    for name, size in rows.items():
        value, mark, look = size, "counted here", BLUE
        if isinstance(size, facts.Figure):
            figures.append(size)
            rumour = size.confirmed == "rumour"
            value, look = size.value, HATCHED if rumour else BLUE
            mark = f"{'a rumour ' if rumour else ''}[{len(figures)}]"
        if not isinstance(value, int | float) or not 0 < value < math.inf:
            raise CourseError(f"The size of {name} is {value!r}. A size is a number above 0, or a figure of the facts.")
        values.append(value)
        told.append(f"{facts.in_words(value, '')}, {mark}")
        looks.append(look)
    figure, (axes,) = canvas(1.0 + 0.36 * len(rows), title)
    draw_bars(axes, list(rows), values, told, looks)
    axes.set(xscale="log", xlim=(1e6, 3e13), xlabel="parameters: M million, B billion, T trillion")
    axes.grid(axis="x", alpha=0.3)
    told = [f"{name}: {words}" for name, words in zip(rows, told, strict=True)]
    alt = f"Bars on a scale of powers of ten. {title + ': ' if title else ''}{', '.join(told)}."
    return Plot(figure, alt, "\n".join(told), figures)


class MachineFit(Controlled):
    """Which Phi fits this computer, and how fast it would be; with controls for precision and context length.
    `speed` is what `course_utils.phi.speed.measure()` found; `context` and `prompt` are in tokens.
    `.set(precision="fp32")` is the control for plain Python."""

    def __init__(self, speed: Speed, precision: str = "int4", context: int = 4096, prompt: int = 128):
        self.speed, self.prompt, self.free = speed, prompt, speed.memory.available / GB
        self.set(precision, context)

    def set(self, precision: str | None = None, context: int | None = None) -> Self:
        """Choose the precision and the context (None leaves them as they are), and predict again."""
        precision = self.precision if precision is None else precision
        context = self.context if context is None else context
        if context not in CONTEXTS:
            raise CourseError(f"A context here is one of {', '.join(map(str, CONTEXTS))} tokens; not {context!r}.")
        self.rows = fit.table(self.speed, [precision], self.prompt, context)
        self.precision, self.context = precision, context
        self.redraw()
        return self

    def text(self) -> str:
        head = (
            f"{self.precision}, room for {self.context:,} tokens, a question of {self.prompt} tokens; "
            f"{self.free:.1f} GB of memory free, {self.speed.cores} cores"
        )
        columns = f"{'model':22} {'':5} {'memory':>9}  fits  first      then"
        return "\n".join([head, columns, *map(str, self.rows)])

    def html(self) -> str:
        names = [facts.model(row.model).name for row in self.rows]
        title = f"Memory needed, {NAMES[self.precision]}, {self.context:,} tokens"
        figure, (axes,) = canvas(1.1 + 0.34 * len(names), title)
        marks = ["fits" if row.fits else "no engine" if row.needed <= row.free else "too large" for row in self.rows]
        shown = [f"{row.needed / GB:.1f} GB, {mark}" for row, mark in zip(self.rows, marks, strict=True)]
        looks = [BLUE if row.fits else HATCHED for row in self.rows]
        draw_bars(axes, names, [row.needed / GB for row in self.rows], shown, looks, room=0.25)
        axes.axvline(self.free, color="black", linestyle="--", linewidth=1)
        axes.text(self.free, -0.8, f" {self.free:.1f} GB free", va="bottom", fontsize=9)
        axes.set(ylim=(len(names) - 0.4, -1), xlabel="GB")
        alt = f"Bars of the memory that each Phi needs in {self.precision}, against {self.free:.1f} GB free."
        return Plot(figure, alt, self.text()).html()

    def controls(self) -> dict:
        import ipywidgets as w

        kinds = [(NAMES[name], name) for name in fit.ENGINES]
        contexts = [(f"{tokens:,}", tokens) for tokens in CONTEXTS]
        context = {"options": contexts, "value": self.context, "continuous_update": False}
        return {
            "precision": w.Dropdown(options=kinds, value=self.precision, description="Precision"),
            "context": w.SelectionSlider(description="Context", **context),
        }


def _axis(figures: list) -> str:
    """What the bars count: in which unit, whether more is better, what the dots mean."""
    unit = {"": "score", "%": "score in %"}.get(figures[0].unit, f"score {figures[0].unit}")
    better = "less is better" if "less is better" in facts.about(figures[0].key) else "more is better"
    others = any(facts.model(score.model).maker != "Microsoft" for score in figures)
    return f"{unit}, {better}{'; dotted: other makers' if others else ''}"


def _day(text: str) -> date:
    """The day of 2024-04-23; the middle of the month of 2024-06, and of the year of 2024."""
    parts = [int(part) for part in text.split("-")]
    return date(*parts) if len(parts) == 3 else date(parts[0], parts[1] if len(parts) > 1 else 7, 15)
