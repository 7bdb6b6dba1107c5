"""The pieces of HTML that several views are made of, in the colours of the page, light or dark."""

from collections.abc import Iterable
from html import escape

from course_utils.base import data
from course_utils.phi import facts

from .view import View

WORDS = data(__file__, "words.json")  # that several views say
LOOK = "line-height:1.5;color:var(--jp-content-font-color1, inherit)"
BORDER = "1px solid var(--jp-border-color1, #999)"
BRAND = "var(--jp-brand-color1, #1976d2)"
CELL = "text-align:left;vertical-align:top;padding:0.1em 0.8em 0.1em 0;background:none;"
NARROW = "min-width:4em;overflow-wrap:anywhere"  # of a cell: a table fits where there is little room


def fold(summary: str, html: str) -> str:
    """A line that unfolds what is below it. `html` is HTML already."""
    return f"<details><summary>{escape(summary)}</summary>{html}</details>"


def numbered(rows: Iterable[str]) -> str:
    """The fold of sources: a numbered list of rows, which are HTML already."""
    return fold("Sources", f'<ol style="line-height:1.5">{"".join(f"<li>{row}</li>" for row in rows)}</ol>')


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of plain texts; the first of each row names it."""
    columns = "".join(f'<th scope="col" style="{CELL}">{escape(name)}</th>' for name in head)
    body = ""
    for first, *others in rows:
        cells = "".join(f'<td style="{CELL}{NARROW}">{escape(text)}</td>' for text in others)
        body += f'<tr><th scope="row" style="{CELL}{NARROW};font-weight:normal">{escape(first)}</th>{cells}</tr>'
    look = f"border-collapse:collapse;max-width:900px;{LOOK}"
    return f'<table style="{look}"><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>'


def svg(alt: str, width: float, height: float, parts: Iterable[str], size: int = 12) -> str:
    """A drawing in the colour of the page's text; `alt` says what it shows, `size` is that of its letters."""
    return (
        f'<svg role="img" aria-label="{escape(alt)}" width="{width:g}" height="{height:g}" font-size="{size}"'
        f' font-family="var(--jp-code-font-family, monospace)" fill="currentColor">{"".join(parts)}</svg>'
    )


def words(x: float, y: float, text: str, anchor: str = "start") -> str:
    """A text in a drawing; `anchor` is "start", "middle" or "end"."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


class Sourced(View):
    """A finished view: its text, its HTML, and the figures of the facts behind its marks [1], [2] ..."""

    def __init__(self, words: str, page: str, figures: Iterable[facts.Figure] = ()):
        self.words, self.page, self.figures = words, page, list(figures)

    def trace(self) -> str:
        """The sources of all figures, a line each: its mark, whose it is, and where it comes from."""
        return "\n".join(f"[{n}] {_line(figure)}" for n, figure in enumerate(self.figures, 1))

    def text(self) -> str:
        return f"{self.words}\nSources\n{self.trace()}" if self.figures else self.words

    def html(self) -> str:
        return self.page + (numbered(map(_linked, self.figures)) if self.figures else "")


def _line(figure: facts.Figure) -> str:
    return f"{facts.model(figure.model).name}, {figure.key.replace('_', ' ')}: {figure.trace()}"


def _linked(figure: facts.Figure) -> str:
    line, url = escape(_line(figure)), escape(figure.source.url)
    return line.replace(url, f'<a href="{url}">{url}</a>', 1) if url else line
