"""Three plots that lessons need, drawn sharp, with alt text, and readable without colour."""

from __future__ import annotations

import base64
import io
from html import escape

from .view import View

STYLES = (
    ("o", "-"),
    ("s", "--"),
    ("^", "-."),
    ("D", ":"),
    ("v", "-"),
    ("P", "--"),
)  # marker and line, by series


class Plot(View):
    """A finished picture with its alt text and its numbers as text."""

    def __init__(self, figure, alt: str, numbers: str):
        self.figure = figure
        self.alt = alt
        self.numbers = numbers

    def text(self) -> str:
        """The alt text and the numbers."""
        return f"{self.alt}\n{self.numbers}"

    def html(self) -> str:
        """The picture as one SVG inside the page; white, so that it reads the same on a dark page."""
        file = io.BytesIO()
        self.figure.savefig(file, format="svg", facecolor="white")
        data = base64.b64encode(file.getvalue()).decode("ascii")
        width = round(self.figure.get_figwidth() * 96)
        source = f'src="data:image/svg+xml;base64,{data}" style="width:{width}px;max-width:100%"'
        image = f'<img alt="{escape(self.alt)}" {source}>'
        numbers = f"<details><summary>The numbers</summary><pre>{escape(self.numbers)}</pre></details>"
        return f'<figure style="margin:0.4em 0">{image}{numbers}</figure>'


def bars(labels, values, unit: str = "", title: str = "", alt: str = "") -> Plot:
    """Horizontal bars with their values written beside them."""
    labels, values = [str(label) for label in labels], [float(value) for value in values]
    shown = [f"{_short(value)} {unit}".strip() for value in values]
    figure, axes = _canvas(0.9 + 0.42 * len(labels), title)
    _bars(axes, labels, values)
    axes.invert_yaxis()
    axes.bar_label(axes.containers[0], shown, padding=4)
    axes.margins(x=0.18)
    axes.set_xlabel(unit)
    numbers = "\n".join(f"{label}: {value}" for label, value in zip(labels, shown, strict=True))
    return Plot(figure, alt or f"Bar chart. {title + ': ' if title else ''}{numbers.replace(chr(10), ', ')}.", numbers)


def lines(x, series: dict, x_label: str = "", y_label: str = "", title: str = "", alt: str = "", log: str = "") -> Plot:
    """Lines that differ in marker and dash as well as in colour, over the common values `x`.

    With x=None each entry of `series` brings its own: name: (x values, y values). `log` names the axes that
    count in powers of ten: "x", "y" or "xy".
    """
    shared = None if x is None else [float(value) for value in x]
    points = {}
    for name, values in series.items():
        own, values = values if x is None else (shared, values)
        points[name] = [float(value) for value in own], [float(value) for value in values]
    figure, axes = _canvas(3.6, title)
    told = []
    for place, (name, (own, values)) in enumerate(points.items()):
        marker, dash = STYLES[place % len(STYLES)]
        axes.plot(own, values, marker=marker, linestyle=dash, label=str(name))
        told.append(f"{name}: from {_short(values[0])} to {_short(values[-1])}" if values else f"{name}: no values")
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.set_xscale("log" if "x" in log else "linear")
    axes.set_yscale("log" if "y" in log else "linear")
    axes.grid(alpha=0.3)
    if series:
        axes.legend(frameon=False)
    rows = [f"{x_label or 'x'}: {', '.join(map(_short, shared))}"] if shared is not None else []
    for name, (own, values) in points.items():
        if shared is None:
            rows.append(f"{name}, {x_label or 'x'}: {', '.join(map(_short, own))}")
        rows.append(f"{name}: {', '.join(map(_short, values))}")
    return Plot(figure, alt or f"Line chart. {title + ': ' if title else ''}{'; '.join(told)}.", "\n".join(rows))


def panels(labels, columns: dict, title: str = "", alt: str = "", most: float | None = None) -> Plot:
    """Several measurements of the same things side by side: a panel of bars for each entry of `columns`.

    `columns` is name (with its unit): values. Each panel has its own scale, or all the one from 0 to `most`.
    """
    from matplotlib.figure import Figure

    labels = [str(label) for label in labels]
    figure = Figure(figsize=(9.6, 1.0 + 0.42 * len(labels)), layout="constrained")
    row, told = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0], []
    for axes, (name, values) in zip(row, columns.items(), strict=True):
        values = [float(value) for value in values]
        shown = [_short(value) for value in values]
        _bars(axes, labels, values)
        axes.bar_label(axes.containers[0], shown, padding=3)
        axes.set_title(name, loc="left", fontsize=10)
        axes.margins(x=0.35)
        if most is not None:
            axes.set_xlim(0, 1.2 * most)  # room for the number beside the longest bar
        axes.set_xticks([])
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        told.append(f"{name}: " + ", ".join(f"{a} {b}" for a, b in zip(labels, shown, strict=True)))
    axes.invert_yaxis()
    figure.suptitle(title, x=0.01, ha="left")
    alt = alt or f"Bar charts side by side. {title + ': ' if title else ''}{'; '.join(told)}."
    return Plot(figure, alt, "\n".join(told))


def _bars(axes, labels: list[str], values: list[float]) -> None:
    """A bar a label, by place: by name, two of the same name would lie on top of each other."""
    places = range(len(labels))
    axes.barh(places, values, color="#1f77b4", edgecolor="black", linewidth=0.6)
    axes.set_yticks(places, labels)


def _canvas(height: float, title: str):
    """A figure that no global state knows of, so that it is shown once and freed with its view."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    if title:
        axes.set_title(title, loc="left")
    return figure, axes


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value.is_integer() else f"{value:.3g}"
