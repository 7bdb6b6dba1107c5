"""How large models are, on a scale on which each step is ten times the one before. A rumour is drawn hatched."""

from __future__ import annotations

from course_utils.base import CourseError
from course_utils.phi.facts import Figure, in_words

from .charts import _canvas
from .source_fold import Sourced


def sizes(rows: dict, title: str = "") -> Sourced:
    """A bar for each entry of `rows`, name: figure of the facts, or a number that the notebook counted itself.

    Raises CourseError for anything else, and for what is not above 0.
    """
    if not rows:
        raise CourseError('Give models with their parameters: show.sizes({"pico-mini": 2_164_416}).')
    figure, axes = _canvas(1.0 + 0.36 * len(rows), title)
    figures, told = [], []
    for place, (name, found) in enumerate(rows.items()):
        value, words, mark, look = found, "", "counted here", {"color": "#1f77b4"}
        if isinstance(found, Figure):
            figures.append(found)
            value, mark = found.value, f"[{len(figures)}]"
            if found.confirmed == "rumour":
                look, mark = {"color": "white", "hatch": "////"}, f"a rumour [{len(figures)}]"
        if not isinstance(value, int | float) or value <= 0:
            raise CourseError(f"The size of {name} is {value!r}. A size is a number above 0, or a figure of the facts.")
        words = f"{in_words(value, '')}, {mark}"
        axes.barh(place, value, edgecolor="black", linewidth=0.6, **look)
        axes.text(value, place, f"  {words}", va="center", fontsize=9)
        told.append(f"{name}: {words}")
    axes.set_xscale("log")
    axes.set_xlim(1e6, 3e13)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.set_xlabel("parameters: M million, B billion, T trillion")
    axes.grid(axis="x", alpha=0.3)
    alt = f"Bars on a scale of powers of ten. {title + ': ' if title else ''}{', '.join(told)}."
    return Sourced(figure, alt, "\n".join(told), figures)
