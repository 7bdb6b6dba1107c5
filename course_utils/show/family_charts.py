"""Charts of the Phi family, drawn from course_utils/phi/facts.py. Each number on them leads to its source.

A number is followed by a mark such as [1]; the fold "Sources" below the picture, `print(view)` and `view.trace()` say
what it stands for. Figures that nobody has read at a source are never drawn, and rumours only where a chart says so.
"""

from __future__ import annotations

import math
from datetime import date
from os.path import commonprefix
from textwrap import fill

from course_utils.base import CourseError
from course_utils.phi import facts

from .charts import BLUE, HATCHED, Plot, bare, canvas, draw_bars

KINDS = {"text": "o", "vision": "s", "moe": "^", "reasoning": "D", "multimodal": "v"}  # marker by kind of model
KIND_NAMES = {"moe": "mixture of experts"}
OTHERS = {"facecolor": "#e0e0e0", "hatch": "///"}  # the models of other makers


def scores(benchmark, ids=None, source: str | None = None, title: str = "") -> Plot:
    """The published scores of one benchmark as bars, or of a list of benchmarks side by side, with their sources.

    `ids`: models of `course_utils.phi.facts`; without them, all that have a score, best first. `source`: only scores
    from this one (a key of family.json). Several benchmarks show the models that have a score on any of them; a gap
    says "no figure". How each was measured stands beside it.
    Raises CourseError for an unknown name, and where there is nothing to show.
    """
    names = [benchmark] if isinstance(benchmark, str) else list(benchmark)
    ids = [ids] if isinstance(ids, str) else ids
    tables = {name: _scores(name, ids, source) for name in names}
    models = ids or [model for table in tables.values() for model in table]
    models = [model for model in dict.fromkeys(models) if any(model in table for table in tables.values())]
    if not models:
        raise CourseError(f"None of these models has a score of {' or '.join(names)} with a source that was read.")
    figures = [tables[name][model] for name in names for model in models if model in tables[name]]
    return (_one if len(names) == 1 else _several)(tables, models, figures, title)


def timeline(ids=None, title: str = "") -> Plot:
    """When the models came out: a row each, with its size and the sources. Without `ids`, the whole Phi family."""
    ids = list(ids) if ids is not None else facts.models("phi")
    models = [model for model in map(facts.model, ids) if model.released]
    if not models:
        raise CourseError("For none of these models is the day or month of release known.")
    models.sort(key=lambda model: model.released)
    days = [_day(model.released) for model in models]
    figure, (axes,) = canvas(1.2 + 0.3 * len(models), title)
    figures, told = [], []
    middle = min(days) + (max(days) - min(days)) / 2
    for row, (model, day) in enumerate(zip(models, days, strict=True)):
        label, mine = model.name, [model.figures["released"]]
        if "parameters" in model.figures:
            mine.append(model.figures["parameters"])
            label += f", {mine[-1].value / 1e9:.1f} B"
        label += f" [{', '.join(str(len(figures) + place) for place in range(1, len(mine) + 1))}]"
        figures += mine
        axes.plot(day, row, KINDS[model.kind], color="#1f77b4", markeredgecolor="black", markersize=8)
        left = day > middle
        place = {"xytext": (-9 if left else 9, 0), "textcoords": "offset points", "va": "center", "fontsize": 9}
        axes.annotate(label, (day, row), ha="right" if left else "left", **place)
        told.append(f"{model.released}: {label}, {KIND_NAMES.get(model.kind, model.kind)}")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(models) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.4)
    style = {"color": "#1f77b4", "markeredgecolor": "black", "markersize": 7}
    for kind in dict.fromkeys(kind for kind in KINDS if any(model.kind == kind for model in models)):
        axes.plot([], [], KINDS[kind], label=KIND_NAMES.get(kind, kind), **style)
    axes.legend(loc="lower left", frameon=False, fontsize=9)
    alt = f"Timeline of {len(models)} models, from {models[0].name} ({models[0].released}) to {models[-1].name} "
    return Plot(figure, alt + f"({models[-1].released}).", "\n".join(told), figures)


def sizes(rows: dict, title: str = "") -> Plot:
    """The parameters of models in powers of ten: name: figure of the facts, or a number that the notebook counted.

    A rumour is hatched, and says that it is one. Raises CourseError for anything else, and for what is not above 0.
    """
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
    axes.set_xscale("log")
    draw_bars(axes, list(rows), values, told, looks)
    axes.set_xlim(1e6, 3e13)
    axes.set_xlabel("parameters: M million, B billion, T trillion")
    axes.grid(axis="x", alpha=0.3)
    told = [f"{name}: {words}" for name, words in zip(rows, told, strict=True)]
    alt = f"Bars on a scale of powers of ten. {title + ': ' if title else ''}{', '.join(told)}."
    return Plot(figure, alt, "\n".join(told), figures)


def _scores(name: str, ids, source: str | None) -> dict[str, facts.Figure]:
    table = facts.benchmark(name, ids, source)
    return {model: score for model, score in table.items() if score.confirmed != "rumour"}


def _one(tables: dict, models: list[str], figures: list, title: str) -> Plot:
    """One benchmark: a bar a model, and how it was measured in the label."""
    name = next(iter(tables))
    figure, (axes,) = canvas(1.3 + 0.42 * len(models), title or f"{name}: {facts.about(name)}")
    labels = [f"{facts.model(score.model).name} ({score.method})".replace(" ()", "") for score in figures]
    shown = [f"{score} [{n}]" for n, score in enumerate(figures, 1)]
    draw_bars(axes, labels, [score.value for score in figures], shown, _looks(models), room=0.4)
    axes.set_xlim(left=0)
    axes.set_xlabel(_axis(figures))
    if figures[0].unit == "%":
        axes.set_xticks(range(0, 101, 20))
    told = [f"{label}: {value}" for label, value in zip(labels, shown, strict=True)]
    return Plot(figure, f"Bar chart of {name}. {', '.join(told)}.", "\n".join(told), figures)


def _several(tables: dict, models: list[str], figures: list, title: str) -> Plot:
    """Several benchmarks: a panel each. The method stands in the head where it is one for all, else at the numbers."""
    heads = {
        name: _common([table[model].method for model in models if model in table]) for name, table in tables.items()
    }
    told = any(heads[name] is None for name in tables)  # then each number says its method, on lines of its own
    marks = {(score.key, score.model): n for n, score in enumerate(figures, 1)}
    names, rows = [facts.model(model).name for model in models], []
    shared = commonprefix(list(tables)).rpartition(", ")  # "MMLU-Pro, Finnish" and "MMLU-Pro, English" share a head
    head = f"{shared[0]}: {_axis(figures)}" if shared[0] else _axis(figures)
    title = title or head[0].upper() + head[1:]
    figure, panels = canvas(1.4 + (0.72 if told else 0.42) * len(models), title, len(tables), 9.6, sharey=True)
    width = 92 // len(tables) - 3  # characters of a panel
    for axes, (name, table) in zip(panels, tables.items(), strict=True):
        shown = [f"{table[model].value} [{marks[name, model]}]" if model in table else "no figure" for model in models]
        methods = [table[model].method if model in table else "" for model in models]
        labels = shown
        if heads[name] is None:
            labels = [fill(f"{a} {b}", width) for a, b in zip(shown, methods, strict=True)]
        values = [table[model].value if model in table else 0 for model in models]
        draw_bars(axes, names, values, labels, _looks(models), room=0.4)
        axes.set_xlim(left=0)
        own = name.removeprefix("".join(shared[:2]))
        axes.set_title(f"{own}\n{fill(heads[name] or 'see the numbers', width)}", loc="left", fontsize=10)
        if figures[0].unit == "%":
            axes.set_xlim(0, 100 + 18 * len(tables))  # one scale for all panels, and room for the numbers
        bare(axes)
        each = [", ".join(filter(None, row)) for row in zip(names, methods, strict=True)]
        rows.append(f"{name}: " + "; ".join(map(" ".join, zip(each, shown, strict=True))))
    return Plot(figure, f"Bar charts of {'; '.join(tables)} for {', '.join(names)}.", "\n".join(rows), figures)


def _common(methods: list[str]) -> str | None:
    """What the methods of a panel have in common: all of it, or their first words with a warning; else None."""
    if len(set(methods)) == 1:
        return methods[0]
    first = {method.partition(",")[0] for method in methods}
    return f"{first.pop()}; more in Sources" if len(first) == 1 else None


def _looks(models: list[str]) -> list[dict]:
    """Phi's bars plain, those of other makers hatched."""
    return [BLUE if facts.model(model).maker == "Microsoft" else OTHERS for model in models]


def _axis(figures: list) -> str:
    """What the bars count: in which unit, whether more is better, what the hatching means."""
    unit = {"": "score", "%": "score in %"}.get(figures[0].unit, f"score {figures[0].unit}")
    better = "less" if "less is better" in facts.about(figures[0].key) else "more"
    others = any(facts.model(score.model).maker != "Microsoft" for score in figures)
    return f"{unit}, {better} is better{'; hatched: other makers' if others else ''}"


def _day(text: str) -> date:
    """The day of 2024-04-23; the middle of the month of 2024-06, and of the year of 2024."""
    parts = [int(part) for part in text.split("-")]
    return date(*parts) if len(parts) == 3 else date(parts[0], parts[1] if len(parts) > 1 else 7, 15)
