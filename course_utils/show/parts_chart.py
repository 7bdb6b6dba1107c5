"""What a whole is made of: a bar for each whole, cut into parts that differ in hatching as well as in colour."""

from __future__ import annotations

from course_utils.base import CourseError

from .charts import Plot, _canvas, _short

LOOKS = (
    ("#1f77b4", ""),
    ("#ffbb78", "///"),
    ("#98df8a", "..."),
    ("#ff9896", "xxx"),
    ("#c5b0d5", "\\\\\\"),
    ("#e0e0e0", "++"),
    ("#9edae5", "oo"),
)  # colour and hatching, by part


def stack(wholes: dict, unit: str = "", title: str = "", alt: str = "") -> Plot:
    """One bar for each entry of `wholes` (name: parts), where parts is name: value, or name: a list of equal pieces.

    A list is drawn piece by piece: {"experts": [2.5] * 16} shows sixteen. Raises CourseError where there is no part.
    """
    names = list(dict.fromkeys(part for parts in wholes.values() for part in parts))
    if not names:
        raise CourseError('Give the parts of each bar: show.stack({"Phi-1": {"attention": 0.4, "the rest": 1.0}}).')
    figure, axes = _canvas(1.7 + 0.55 * len(wholes), title)
    told = []
    for row, (whole, parts) in enumerate(wholes.items()):
        end, words = 0.0, []
        for part, value in parts.items():
            pieces = list(value) if isinstance(value, list | tuple) else [value]
            colour, hatch = LOOKS[names.index(part) % len(LOOKS)]
            for piece in pieces:
                axes.barh(row, piece, left=end, color=colour, hatch=hatch, edgecolor="black", linewidth=0.6, height=0.6)
                end += piece
            words.append(f"{part} {f'{len(pieces)} x ' if len(pieces) > 1 else ''}{_short(float(pieces[0]))}")
        axes.text(end, row, f"  {_short(end)} {unit}".rstrip(), va="center", fontsize=9)
        told.append(f"{whole}: {_short(end)} {unit}".rstrip() + f" = {' + '.join(words)}")
    axes.set_yticks(range(len(wholes)), list(wholes))
    axes.invert_yaxis()
    axes.margins(x=0.14)
    axes.set_xlim(left=0)
    axes.set_xlabel(unit)
    _legend(figure, names)
    return Plot(figure, alt or f"Stacked bars. {title + ': ' if title else ''}{'; '.join(told)}.", "\n".join(told))


def _legend(figure, names: list[str]) -> None:
    from matplotlib.patches import Patch

    looks = [LOOKS[place % len(LOOKS)] for place in range(len(names))]
    marks = [Patch(facecolor=colour, hatch=hatch, edgecolor="black") for colour, hatch in looks]
    columns = min(len(names), 4)
    figure.legend(marks, names, loc="outside lower center", ncols=columns, frameon=False, fontsize=9)
