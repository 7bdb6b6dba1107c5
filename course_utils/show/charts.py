"""Charts that lessons need, drawn sharp, with alt text, and readable without colour. Only this file makes figures.

A number that is none (nan, inf) is written beside its place and not drawn; all numbers are there as text too.
"""

import base64
import io
import math
from collections.abc import Sequence
from html import escape
from itertools import accumulate, cycle
from textwrap import fill

import numpy
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from course_utils.base import CourseError
from course_utils.phi import facts

from .page import Sourced, fold

BLUE = {"facecolor": "#1f77b4"}
HATCHED = {"facecolor": "white", "hatch": "////"}
STYLES = (("o", "-"), ("s", "--"), ("^", "-."), ("D", ":"), ("v", "-"), ("P", "--"))  # marker and line, by series
COLOURS = ("#1f77b4", "#ffbb78", "#98df8a", "#ff9896", "#c5b0d5", "#e0e0e0", "#9edae5")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "++", "oo")  # by part of a stack, as the colours


class Plot(Sourced):
    """A finished picture with its alt text and its numbers as text, and the figures of the facts behind them."""

    def __init__(self, figure, alt: str, numbers: str, figures: Sequence[facts.Figure] = ()):
        self.figure, self.alt, self.numbers = figure, alt, numbers
        super().__init__(f"{alt}\n{numbers}", "", figures)

    def html(self) -> str:
        """The picture as one SVG inside the page; white, so that it reads the same on a dark page."""
        file = io.BytesIO()
        self.figure.savefig(file, format="svg", facecolor="white")
        data = base64.b64encode(file.getvalue()).decode("ascii")
        width = round(self.figure.get_figwidth() * 96)
        look = f"width:{width}px;max-width:100%"
        image = f'<img alt="{escape(self.alt)}" src="data:image/svg+xml;base64,{data}" style="{look}">'
        folds = fold("The numbers", f"<pre>{escape(self.numbers)}</pre>") + super().html()
        return f'<figure style="margin:0.4em 0">{image}{folds}</figure>'


def canvas(height: float, title: str = "", panels: int = 1, width: float = 7.2, **layout):
    """A figure and the list of its panels' axes, in inches. No global state knows of it, so it is shown once."""
    figure = Figure(figsize=(width, height), layout="constrained")
    row = list(figure.subplots(1, panels, squeeze=False, **layout)[0])
    for axes in row:
        axes.spines[["top", "right"]].set_visible(False)
    if title:
        figure.suptitle(label_of(title, max(round(11 * width), 24), 3), x=0.01, ha="left", fontsize=11)
    return figure, row


def draw_bars(axes, labels: Sequence[str], values: Sequence[float], shown: Sequence[str], looks=None, room=0.2) -> None:
    """A bar a label from the top down, and beside each what is `shown`; `room` for that, as a share of the width. The
    bars stand by place: by name, two of the same name would lie on top of each other."""
    places = range(len(labels))
    drawn = axes.barh(places, [value if math.isfinite(value) else 0 for value in values], edgecolor="black", lw=0.6)
    for bar, look in zip(drawn, looks or [BLUE] * len(labels), strict=True):
        bar.set(**look)
    texts = [text.replace("$", r"\$") if "\n" in text else label_of(text) for text in shown]
    axes.bar_label(drawn, texts, padding=4, fontsize=9, bbox={"fc": "white", "ec": "none", "pad": 0.5})
    axes.set(yticks=places, yticklabels=list(map(label_of, labels)), ylim=(len(labels) - 0.4, -0.6))
    axes.margins(x=room)


def label_of(text: object, width: int = 36, most: int = 2) -> str:
    """A text on a few lines; a longer one is cut here, and whole in the text twin of the chart. Matplotlib would take a
    dollar sign for the beginning of a formula."""
    return fill(str(text).replace("$", r"\$"), width, max_lines=most, placeholder=" …")


def short(value: float) -> str:
    """A number with three digits, or whole: 1,234, 0.123, nan."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value.is_integer() else f"{value:.3g}"


def numbers_of(values, count: int | None = None, what: str = "labels") -> list[float]:
    """The values as numbers, as many as there are `what`. Raises CourseError."""
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError) as error:
        raise CourseError(f"Numbers are wanted here, a list of them; this is {values!r:.80}.") from error
    if count is not None and len(numbers) != count:
        raise CourseError(f"There are {count} {what} and {len(numbers)} values; a chart needs as many of both.")
    return numbers


def _names(things) -> list[str]:
    names = [str(thing) for thing in things]
    if not names:
        raise CourseError("There is nothing to draw: give at least one label with its value.")
    return names


def _alt(kind: str, title: str, told: str) -> str:
    return f"{kind}. {title + ': ' if title else ''}{told}."


def bars(labels, values, unit: str = "", title: str = "") -> Plot:
    """A bar for each value, with its number beside it. Raises CourseError for what cannot be drawn."""
    labels = _names(labels)
    values = numbers_of(values, len(labels))
    shown = [f"{short(value)} {unit}".strip() for value in values]
    figure, (axes,) = canvas(0.9 + 0.42 * len(labels), title)
    draw_bars(axes, labels, values, shown)
    axes.set_xlabel(label_of(unit, 60))
    told = [f"{label}: {value}" for label, value in zip(labels, shown, strict=True)]
    return Plot(figure, _alt("Bar chart", title, ", ".join(told)), "\n".join(told))


def panels(labels, columns: dict, title: str = "", most: float | None = None) -> Plot:
    """Several measurements of the same things side by side: a panel of bars for each entry (name: values). `most`: one
    scale for all panels, from 0 to this value. Without it each has its own. Raises CourseError."""
    labels, heads = _names(labels), _names(columns)
    rows = [numbers_of(values, len(labels)) for values in columns.values()]
    low = min([0.0, *(value for values in rows for value in values if math.isfinite(value))])
    figure, row = canvas(1.0 + 0.42 * len(labels), title, len(heads), 9.6, sharey=True)
    told = []
    for axes, head, values in zip(row, heads, rows, strict=True):
        shown = [short(value) for value in values]
        draw_bars(axes, labels, values, shown, room=0.35)
        axes.set_title(label_of(head, max(92 // len(heads), 10)), loc="left", fontsize=10)
        if most is not None:  # with room for the numbers beside the bars
            axes.set_xlim(low - 0.2 * most if low else 0, 1.2 * most)
        axes.xaxis.set_visible(False)  # the bars have their numbers beside them
        told.append(f"{head}: " + ", ".join(f"{a} {b}" for a, b in zip(labels, shown, strict=True)))
    return Plot(figure, _alt("Bar charts side by side", title, "; ".join(told)), "\n".join(told))


def lines(x, series: dict, x_label: str = "", y_label: str = "", title: str = "", log: str = "") -> Plot:
    """One line for each entry of `series` (name: values) over the common values `x`; they differ in marker and dash.
    With x=None each line has its own: name: (x values, y values). `log` names the axes that count upwards in powers
    of ten: "x", "y" or "xy". Raises CourseError for what cannot be drawn."""
    names = _names(series)
    figure, (axes,) = canvas(3.6, title)
    told, rows = [], [] if x is None else [f"{x_label or 'x'}: {', '.join(map(short, numbers_of(x)))}"]
    for place, (name, values) in enumerate(zip(names, series.values(), strict=True)):
        own = numbers_of(values[0] if x is None else x)
        values = numbers_of(values[1] if x is None else values, len(own), f"places on the axis for {name}")
        marker, dash = STYLES[place % len(STYLES)]
        drawn = [value if math.isfinite(value) else math.nan for value in values]
        axes.plot(own, drawn, marker=marker, linestyle=dash, label=label_of(name))
        for which, numbers in (("x", own), ("y", values)):
            if which in log and numbers and not any(0 < number < math.inf for number in numbers):
                raise CourseError(f"{name} has no number above 0, so it has no place on an axis of powers of ten.")
        told.append(f"{name}: from {short(values[0])} to {short(values[-1])}" if values else f"{name}: no values")
        rows += [f"{name}, {x_label or 'x'}: {', '.join(map(short, own))}"] if x is None else []
        rows.append(f"{name}: {', '.join(map(short, values))}")
    scales = {f"{axis}scale": "log" for axis in "xy" if axis in log}
    axes.set(xlabel=label_of(x_label, 60), ylabel=label_of(y_label), **scales)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return Plot(figure, _alt("Line chart", title, "; ".join(told)), "\n".join(rows))


def stack(wholes: dict, unit: str = "", title: str = "") -> Plot:
    """Bars cut into their parts, which differ in hatching as well as in colour. `wholes` is name: {part: value}. A list
    of values is drawn piece by piece: {"experts": [2.5] * 16} shows sixteen. Raises CourseError where there is no part,
    and for a part that is no number from 0 upwards."""
    names = list(dict.fromkeys(part for parts in wholes.values() for part in parts))
    if not names:
        raise CourseError('Give the parts of each bar: show.stack({"Phi-1": {"attention": 0.4, "the rest": 1.0}}).')
    styles = zip(names, cycle(zip(COLOURS, HATCHES, strict=True)), strict=False)
    looks = {part: {"facecolor": colour, "hatch": hatch, "edgecolor": "black"} for part, (colour, hatch) in styles}
    figure, (axes,) = canvas(1.7 + 0.55 * len(wholes), title)
    told = []
    for row, (whole, parts) in enumerate(wholes.items()):
        end, words = 0.0, []
        for part, value in parts.items():
            pieces = numbers_of(value if isinstance(value, list | tuple) else [value])
            if not pieces or not all(math.isfinite(piece) and piece >= 0 for piece in pieces):
                raise CourseError(f"{part} of {whole} is {value!r}. A part is a number from 0 up, or some of them.")
            *starts, end = accumulate(pieces, initial=end)
            axes.barh([row] * len(pieces), pieces, left=starts, lw=0.6, height=0.6, **looks[part])
            words.append(f"{part} {f'{len(pieces)} x ' if len(pieces) > 1 else ''}{short(pieces[0])}")
        axes.text(end, row, "  " + label_of(f"{short(end)} {unit}"), va="center", fontsize=9)
        told.append(f"{whole}: {short(end)} {unit}".rstrip() + f" = {' + '.join(words)}")
    axes.set_yticks(range(len(wholes)), [label_of(name) for name in wholes])
    axes.invert_yaxis()
    axes.margins(x=0.14)
    axes.set(xlim=(0, None), xlabel=label_of(unit, 60))
    marks, labels = [Patch(**look) for look in looks.values()], [label_of(name) for name in looks]
    figure.legend(marks, labels, loc="outside lower center", ncols=min(len(names), 4), frameon=False, fontsize=9)
    return Plot(figure, _alt("Stacked bars", title, "; ".join(told)), "\n".join(told))


def masks(named: dict, title: str = "", rows: str = "token that looks") -> Plot:
    """Which token may look at which: a grid for each entry of `named` (name: a matrix of True and False). Row i, column
    j: may token i look at token j? Filled with a dot: yes; empty: no. `rows` says what a row is. Raises CourseError for
    what is no matrix, and for matrices of different height."""
    grids = {name: numpy.asarray(mask, dtype=bool) for name, mask in named.items()}
    shapes = [grid.shape for grid in grids.values()]
    if not grids or any(len(shape) != 2 or 0 in shape or shape[0] != shapes[0][0] for shape in shapes):
        raise CourseError(
            "Give at least one mask with its name. Masks are matrices, and side by side they need as many rows; "
            f"these have the shapes {shapes}. Try [:, None] on one side."
        )
    widths = [max(2.1 * columns / height, 2.0) for height, columns in shapes]  # a narrow grid has a long name
    figure, row = canvas(3.0, title, len(grids), sum(widths) + 0.3 * (len(grids) + 1), width_ratios=widths)
    heads, told = [], []
    for axes, (name, grid) in zip(row, grids.items(), strict=True):
        pairs = f"{grid.sum()} of {grid.size} pairs"
        axes.imshow(grid, cmap="Blues", vmin=0, vmax=1.6)
        seen, looked_at = grid.nonzero()
        axes.scatter(looked_at, seen, s=220 / len(grid), color="black")  # a dot: it reads without colour
        axes.set_xticks([column - 0.5 for column in range(grid.shape[1] + 1)], [])
        axes.set_yticks([row - 0.5 for row in range(len(grid) + 1)], [])
        axes.grid(color="black", linewidth=0.4)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(True)
        axes.set_title(label_of(name, 24), fontsize=10)
        axes.set_xlabel(pairs, fontsize=9)
        heads.append(f"{name}: {pairs}")
        told.append("\n".join([heads[-1], *("".join("x" if dot else "." for dot in line) for line in grid)]))
    figure.supylabel(label_of(rows), fontsize=9)
    alt = f"Grids of squares, a row for the {rows}, a column for what is looked at. {', '.join(heads)}."
    return Plot(figure, alt, "\n\n".join(told))


def sourced(plot: Plot, figures) -> Plot:
    """A plot with the figures of `course_utils.phi.facts` that its numbers were worked out from. Raises CourseError."""
    figures = list(figures)
    if not figures or any(getattr(figure, "confirmed", "rumour") == "rumour" for figure in figures):
        raise CourseError("Sources are figures of the facts, as facts.figure(id, key) returns, and no rumours.")
    return Plot(plot.figure, plot.alt, plot.numbers, figures)
