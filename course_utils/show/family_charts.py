"""Charts of the Phi family, drawn from course_utils/phi/facts.py. Each number on them leads to its source.

A number is followed by a mark such as [1]; the fold "Sources" below the picture, `print(view)` and `view.trace()` say
what it stands for. Rumours and figures that nobody has read at a source are never drawn.
"""

from __future__ import annotations

from datetime import date
from os.path import commonprefix
from textwrap import fill

from course_utils.base import CourseError
from course_utils.phi import facts

from .charts import _canvas
from .source_fold import Sourced

KINDS = {"text": "o", "vision": "s", "moe": "^", "reasoning": "D", "multimodal": "v"}  # marker by kind of model
KIND_NAMES = {"moe": "mixture of experts"}
OURS, OTHERS = {"facecolor": "#1f77b4"}, {"facecolor": "#e0e0e0", "hatch": "///"}  # Phi, and those it is compared with


def scores(benchmark, ids=None, source: str | None = None, title: str = "") -> Sourced:
    """The scores of one benchmark, or of several side by side, for the models `ids` in the order given.

    Without `ids`, all that have a score, best first. `source`: only those from this source (a key of family.json).
    Several benchmarks show the models that have a score on any of them; a gap says "no figure".
    Raises CourseError for an unknown name, and where there is nothing to show.
    """
    names = [benchmark] if isinstance(benchmark, str) else list(benchmark)
    ids = [ids] if isinstance(ids, str) else ids
    tables = {name: _scores(name, ids, source) for name in names}
    models = ids or list(dict.fromkeys(id for table in tables.values() for id in table))
    models = [id for id in dict.fromkeys(models) if any(id in table for table in tables.values())]
    if not models:
        raise CourseError(f"None of these models has a score of {' or '.join(names)} with a source that was read.")
    figures = [tables[name][id] for name in names for id in models if id in tables[name]]
    return (_one if len(names) == 1 else _several)(tables, models, figures, title)


def timeline(ids=None, title: str = "") -> Sourced:
    """When the models came out: a row each, with its parameters. Without `ids`, the whole Phi family."""
    ids = list(ids) if ids is not None else facts.models("phi")
    models = [found for found in map(facts.model, ids) if found.released]
    if not models:
        raise CourseError("For none of these models is the day or month of release known.")
    models.sort(key=lambda found: found.released)
    days = [_day(found.released) for found in models]
    figure, axes = _canvas(1.2 + 0.3 * len(models), title)
    figures, told = [], []
    middle = min(days) + (max(days) - min(days)) / 2
    for row, (found, day) in enumerate(zip(models, days, strict=True)):
        label, mine = found.name, [found.figures["released"]]
        if "parameters" in found.figures:
            mine.append(found.figures["parameters"])
            label += f", {found.figures['parameters'].value / 1e9:.1f} B"
        label += f" [{', '.join(str(len(figures) + place) for place in range(1, len(mine) + 1))}]"
        figures += mine
        axes.plot(day, row, KINDS[found.kind], color="#1f77b4", markeredgecolor="black", markersize=8)
        left = day > middle
        place = {"xytext": (-9 if left else 9, 0), "textcoords": "offset points", "va": "center", "fontsize": 9}
        axes.annotate(label, (day, row), ha="right" if left else "left", **place)
        told.append(f"{found.released}: {label}, {KIND_NAMES.get(found.kind, found.kind)}")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(models) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.4)
    _legend(axes, [kind for kind in KINDS if any(found.kind == kind for found in models)])
    alt = f"Timeline of {len(models)} models, from {models[0].name} ({models[0].released}) to {models[-1].name} "
    return Sourced(figure, alt + f"({models[-1].released}).", "\n".join(told), figures)


def _scores(name: str, ids, source: str | None) -> dict[str, facts.Figure]:
    found = facts.benchmark(name, ids, source)
    return {id: score for id, score in found.items() if score.confirmed != "rumour"}


def _one(tables: dict, models: list[str], figures: list, title: str) -> Sourced:
    """One benchmark: a bar a model, and how it was measured in the label."""
    name = next(iter(tables))
    figure, axes = _canvas(1.3 + 0.42 * len(models), "")
    figure.suptitle(title or fill(f"{name}: {facts.about(name)}", 88), x=0.01, ha="left", fontsize=11)
    labels = [f"{facts.model(found.model).name} ({found.method})".replace(" ()", "") for found in figures]
    shown = [f"{found} [{n}]" for n, found in enumerate(figures, 1)]
    _bars(axes, models, [found.value for found in figures], labels, shown)
    axes.set_xlabel(_axis(figures))
    if figures[0].unit == "%":
        axes.set_xticks(range(0, 101, 20))
    numbers = "\n".join(f"{label}: {value}" for label, value in zip(labels, shown, strict=True))
    alt = f"Bar chart of {name}. {numbers.replace(chr(10), ', ')}."
    return Sourced(figure, alt, numbers, figures)


def _several(tables: dict, models: list[str], figures: list, title: str) -> Sourced:
    """Several benchmarks: a panel each. The method stands in the head where it is one for all, else at the numbers."""
    from matplotlib.figure import Figure

    heads = {name: _common([table[id].method for id in models if id in table]) for name, table in tables.items()}
    told = any(heads[name] is None for name in tables)  # then each number says its method, on lines of its own
    figure = Figure(figsize=(9.6, 1.4 + (0.72 if told else 0.42) * len(models)), layout="constrained")
    marks = {(found.key, found.model): n for n, found in enumerate(figures, 1)}
    names, rows = [facts.model(id).name for id in models], []
    shared = commonprefix(list(tables)).rpartition(", ")  # "MMLU-Pro, Finnish" and "MMLU-Pro, English" share a head
    width = 92 // len(tables) - 3  # characters of a panel
    panels = figure.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    for axes, (name, table) in zip(panels, tables.items(), strict=True):
        shown = [f"{table[id].value} [{marks[name, id]}]" if id in table else "no figure" for id in models]
        methods = [table[id].method if id in table else "" for id in models]
        labels = shown
        if heads[name] is None:
            labels = [fill(f"{a} {b}", width) for a, b in zip(shown, methods, strict=True)]
        _bars(axes, models, [table[id].value if id in table else 0 for id in models], names, labels)
        head = name.removeprefix("".join(shared[:2]))
        axes.set_title(f"{head}\n{fill(heads[name] or 'see the numbers', width)}", loc="left", fontsize=10)
        if figures[0].unit == "%":
            axes.set_xlim(0, 100 + 18 * len(tables))  # one scale for all panels, and room for the numbers
        axes.set_xticks([])
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        each = [", ".join(filter(None, row)) for row in zip(names, methods, strict=True)]
        rows.append(f"{name}: " + "; ".join(map(" ".join, zip(each, shown, strict=True))))
    head = f"{shared[0]}: {_axis(figures)}" if shared[0] else _axis(figures)
    figure.suptitle(title or head[0].upper() + head[1:], x=0.01, ha="left", fontsize=11)
    return Sourced(figure, f"Bar charts of {'; '.join(tables)} for {', '.join(names)}.", "\n".join(rows), figures)


def _common(methods: list[str]) -> str | None:
    """What the methods of a panel have in common: all of it, or their first words with a warning; else None."""
    if len(set(methods)) == 1:
        return methods[0]
    first = {method.partition(",")[0] for method in methods}
    return f"{first.pop()}; more in Sources" if len(first) == 1 else None


def _bars(axes, models: list[str], values: list[float], labels: list[str], shown: list[str]) -> None:
    """A bar a model, the hatched ones of other makers, and what is `shown` beside it."""
    places = range(len(models))
    bars = axes.barh(places, values, edgecolor="black", linewidth=0.6)
    for bar, id in zip(bars, models, strict=True):
        bar.set(**(OURS if facts.model(id).maker == "Microsoft" else OTHERS))
    axes.set_yticks(places, labels)
    axes.bar_label(bars, shown, padding=4, fontsize=9)
    axes.set_ylim(len(models) - 0.4, -0.6)
    axes.margins(x=0.4)
    axes.set_xlim(left=0)


def _axis(figures: list) -> str:
    """What the bars count: in which unit, whether more is better, what the hatching means."""
    unit = {"": "score", "%": "score in %"}.get(figures[0].unit, f"score {figures[0].unit}")
    less = "less is better" in facts.about(figures[0].key)
    others = (
        "" if all(facts.model(found.model).maker == "Microsoft" for found in figures) else "; hatched: other makers"
    )
    return f"{unit}, {'less' if less else 'more'} is better{others}"


def _legend(axes, kinds: list[str]) -> None:
    from matplotlib.lines import Line2D

    style = {"linestyle": "", "color": "#1f77b4", "markeredgecolor": "black", "markersize": 7}
    marks = [Line2D([], [], marker=KINDS[kind], **style) for kind in kinds]
    names = [KIND_NAMES.get(kind, kind) for kind in kinds]
    axes.legend(marks, names, loc="lower left", frameon=False, fontsize=9)


def _day(text: str) -> date:
    """The day of 2024-04-23; the middle of the month of 2024-06, and of the year of 2024."""
    parts = [int(part) for part in text.split("-")]
    return date(*parts) if len(parts) == 3 else date(parts[0], parts[1] if len(parts) > 1 else 7, 15)
