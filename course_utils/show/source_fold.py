"""Where the numbers of a picture come from: the marks such as [1], and the fold "Sources" that explains them."""

from __future__ import annotations

from html import escape

from course_utils.base import CourseError
from course_utils.phi import facts

from .charts import Plot


class Sourced(Plot):
    """A picture whose numbers come from the facts: `figures` holds them in the order of their marks."""

    def __init__(self, figure, alt: str, numbers: str, figures: list[facts.Figure]):
        super().__init__(figure, alt, numbers)
        self.figures = figures

    def trace(self) -> str:
        """The sources of all numbers, a line each."""
        return trace(self.figures)

    def text(self) -> str:
        """The alt text, the numbers, and where they come from."""
        return f"{super().text()}\nSources\n{self.trace()}"

    def html(self) -> str:
        """The picture, with the numbers and the sources to fold out."""
        return super().html().removesuffix("</figure>") + sources_fold(self.figures) + "</figure>"


def sourced(plot: Plot, figures: list[facts.Figure]) -> Sourced:
    """A plot of numbers that were worked out from `figures`, with these as its sources.

    Raises CourseError for anything that is no figure of the facts, and for a rumour.
    """
    figures = list(figures)
    strange = [found for found in figures if not isinstance(found, facts.Figure)]
    if strange or not figures:
        raise CourseError("Sources are figures of the facts, as facts.figure(id, key) returns.")
    if any(found.confirmed == "rumour" for found in figures):
        raise CourseError("A rumour is no source of a picture.")
    return Sourced(plot.figure, plot.alt, plot.numbers, figures)


def trace(figures: list[facts.Figure]) -> str:
    """One line a figure: its mark, whose it is, and its trace."""
    return "\n".join(f"[{n}] {_owner(found)}: {found.trace()}" for n, found in enumerate(figures, 1))


def sources_fold(figures: list[facts.Figure]) -> str:
    """The sources as HTML to fold out, with the addresses as links."""
    rows = "".join(f"<li>{_linked(found)}</li>" for found in figures)
    return f'<details><summary>Sources</summary><ol style="line-height:1.5">{rows}</ol></details>'


def _owner(found: facts.Figure) -> str:
    return f"{facts.model(found.model).name}, {found.key.replace('_', ' ')}"


def _linked(found: facts.Figure) -> str:
    """The trace of a figure as HTML: its address as a link."""
    line, url = escape(f"{_owner(found)}: {found.trace()}"), escape(found.source.url)
    return line.replace(url, f'<a href="{url}">{url}</a>', 1) if url else line
