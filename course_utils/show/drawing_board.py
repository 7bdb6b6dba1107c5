"""A sheet to draw on, or a picture of one's own, and a model that is asked about it.

What is drawn is a list of steps, and Pillow draws them: what the model sees never depends on pixels that a browser
sends back. The page shows the same picture, and ipycanvas only reports where the mouse or the finger is. (anywidget
would be as small to install, but brings a second language, JavaScript, into the course.)
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from html import escape

from course_utils.base import CourseError
from course_utils.models.pictures import BadPicture, changes, open_picture, to_data_url
from course_utils.pico.textbook.drawings import COLOURS as PAINTS
from course_utils.pico.textbook.drawings import SIDE

from .view import View

COLOURS = ("red", "green", "blue", "yellow", "purple", "black")
SHAPES = ("circle", "square", "triangle")
TWICE = 2 * SIDE  # drawn at twice the size, then made smaller, which gives smooth edges
FAR = 10 * SIDE  # pixels: no step lies outside of this
MOST_ANSWERS = 20  # are kept
MOST_LISTED = 4  # steps, below the sheet


class DrawingBoard(View):
    """`ask(picture, question)` returns a text or yields pieces of one. Without a front end:

    `board.shape("circle", "red", (100, 100), 40)`, `board.stroke("blue", [(10, 10), (90, 40)])`,
    `board.open("cat.png")`, `board.undo()`, `board.clear()`, and `board.ask("What do you see?")`.
    """

    def __init__(self, ask, question: str = "What is in the picture?"):
        if not callable(ask):
            raise CourseError(f"show.drawing needs a function, ask(picture, question); not a {type(ask).__name__}.")
        self._ask, self.question = ask, question
        self.steps: list[tuple] = []  # (what, colour, points, size), or ("open", picture, words), or ("clear",)
        self.answers: list[tuple[str, str]] = []  # (question, answer)
        self._busy, self._stop = threading.Lock(), threading.Event()

    # ---- what is on the sheet

    @property
    def picture(self):
        """The picture as the model sees it, 336 x 336, RGB."""
        from PIL import Image, ImageDraw

        sheet = Image.new("RGB", (TWICE, TWICE), "white")
        pen = ImageDraw.Draw(sheet)
        for what, *how in self._seen():
            if what == "open":  # whole, with white beside or above it
                sheet.paste(how[0], ((TWICE - how[0].width) // 2, (TWICE - how[0].height) // 2))
            else:
                _draw(pen, what, *how)
        return sheet.reduce(2)

    def stroke(self, colour: str, points, width: float = 8) -> None:
        """A line with the pen through these points, (x, y) in pixels from the top left. Raises BadPicture."""
        self._add("line", _known(colour, COLOURS, "colour"), _points(points), _size(width))

    def shape(self, shape: str, colour: str, at: tuple[float, float], size: float = 40) -> None:
        """A filled circle, square or triangle around `at`, `size` pixels from its middle. Raises BadPicture."""
        shape = _known(shape, SHAPES, "shape")
        self._add(shape, _known(colour, COLOURS, "colour"), _points([at]), _size(size))

    def open(self, source) -> str:
        """A picture of one's own instead of what was there: a path, bytes or a Pillow image. Says what became of it.

        Raises BadPicture, and then the sheet stays as it was.
        """
        from PIL import ImageOps

        picture = open_picture(source)
        words = f"a picture of {picture.width:,} x {picture.height:,} pixels"
        words += f" ({changes(picture)})" if changes(picture) else ""
        self._add("open", ImageOps.contain(picture, (TWICE, TWICE)), words)
        return words

    def clear(self) -> None:
        """An empty sheet. Undo brings the old one back."""
        if self._seen():
            self._add("clear")

    def undo(self) -> None:
        """Take back the last step."""
        del self.steps[-1:]
        self._show()

    def described(self) -> list[str]:
        """What is on the sheet, step by step, in words."""
        return [_described(*step) for step in self._seen()]

    def listing(self) -> str:
        """The same in a line, of many steps the last few."""
        told = self.described()
        if len(told) > MOST_LISTED:
            return f"On the sheet: {len(told)} steps, the last of them {'; '.join(told[-MOST_LISTED:])}."
        return f"On the sheet: {'; '.join(told) or 'nothing yet'}."

    def _add(self, *step) -> None:
        self.steps = [*self.steps, step]  # a new list, for an answer may be reading the old one
        self._show()

    def _seen(self) -> list[tuple]:
        """The steps since the sheet was last cleared or covered by a picture."""
        steps = self.steps
        start = max(
            (i + (step[0] == "clear") for i, step in enumerate(steps) if step[0] in ("clear", "open")), default=0
        )
        return steps[start:]

    # ---- what is said about it

    def ask(self, question: str | None = None) -> str:
        """Ask the model about the picture: prints its answer as it comes, and returns it whole."""
        if not self._busy.acquire(blocking=False):
            raise CourseError("The model is still answering. Stop it first, or wait.")
        self._stop.clear()
        answer = ""
        try:
            for piece in self._pieces(question or self.question):
                answer += piece
                print(piece, end="", flush=True)
        finally:
            print()
            self._busy.release()
        return answer

    def _pieces(self, question: str) -> Iterator[str]:
        """The answer, piece by piece, until it ends or Stop is pressed. What was said is kept, also before an error."""
        said = ""
        pieces = _texts(self._ask(self.picture, question))
        try:
            for piece in pieces:
                said += piece
                yield piece
                if self._stop.is_set():
                    break
        finally:
            pieces.close()
            if said:
                self.answers = [*self.answers, (question, said)][-MOST_ANSWERS:]

    def text(self) -> str:
        """What is on the sheet, and what was asked and answered."""
        told = [
            f"On the sheet of {SIDE} x {SIDE} pixels:",
            *(f"  {line}" for line in self.described() or ["nothing yet"]),
        ]
        told += [f"You: {question}\nThe model: {answer}" for question, answer in self.answers]
        how = 'Without widgets: board.shape("circle", "red", (168, 168)), then board.ask()'
        return "\n".join(told if self.steps or self.answers else [*told, how])

    def html(self) -> str:
        """The sheet and the answers, for places that show no widgets."""
        look = f"width:{SIDE}px;max-width:100%;border:1px solid var(--jp-border-color1, #999)"
        image = f'<img alt="{escape(self.listing())}" src="{to_data_url(self.picture)}" style="{look}">'
        return f'<figure style="margin:0.4em 0">{image}<figcaption>{log(self.answers)}</figcaption></figure>'

    # ---- the widget

    def build(self):
        """The sheet with its tools, and a line for the question; None where ipycanvas is not installed."""
        try:
            import ipycanvas  # noqa: F401
        except ImportError:
            return None
        from .drawing_tools import Tools

        self._tools = Tools(self)
        return self._tools.box

    def _show(self) -> None:
        """Bring the page up to date, if there is one."""
        if self._widget is not None:
            self._tools.show()


# ---- drawing


def _draw(pen, what: str, colour: str, points, size: float) -> None:
    """One step, on a sheet of twice the size."""
    paint, points = PAINTS[colour], [(2 * x, 2 * y) for x, y in points]
    if what != "line":
        pen.polygon(outline(what, points[0], 2 * size), fill=paint)
        return
    pen.line(points, fill=paint, width=round(2 * size), joint="curve")
    for x, y in (points[0], points[-1]):  # round ends; a single point becomes a dot
        pen.ellipse((x - size, y - size, x + size, y + size), fill=paint)


def outline(shape: str, at: tuple[float, float], size: float) -> list[tuple[float, float]]:
    """The corners of a shape around a point."""
    x, y = at
    if shape == "circle":
        turns = [2 * math.pi * i / 60 for i in range(60)]
        return [(x + size * math.cos(turn), y + size * math.sin(turn)) for turn in turns]
    if shape == "square":
        side = 0.85 * size
        return [(x - side, y - side), (x + side, y - side), (x + side, y + side), (x - side, y + side)]
    return [(x, y - size), (x + size, y + 0.75 * size), (x - size, y + 0.75 * size)]


def _described(what: str, *how) -> str:
    if what == "open":
        return how[1]
    colour, points, size = how
    (x, y), (last_x, last_y) = points[0], points[-1]
    if what == "line" and len(points) > 1:
        return f"a {colour} line from ({x:.0f}, {y:.0f}) to ({last_x:.0f}, {last_y:.0f})"
    return f"a {colour} {'dot' if what == 'line' else what} at ({x:.0f}, {y:.0f})"


# ---- words in and out


def log(answers: list[tuple[str, str]], more: str = "") -> str:
    """Questions and answers as HTML, the newest first; `more` stands above them."""
    look = "margin:0.3em 0;white-space:pre-wrap"
    lines = "".join(
        f'<p style="{look}"><strong>You:</strong> {escape(question)}\n<strong>The model:</strong> {escape(answer)}</p>'
        for question, answer in reversed(answers)
    )
    look = "line-height:1.5;max-width:46em;color:var(--jp-content-font-color1, inherit)"
    return f'<div style="{look}">{more}{lines}</div>'


def _texts(answer) -> Iterator[str]:
    """The pieces of an answer: of a text, of a course model's reply or stream, of anything that yields text."""
    whole = getattr(answer, "text", answer)
    pieces = [whole] if isinstance(whole, str) else answer
    if not hasattr(pieces, "__iter__"):
        raise CourseError(
            f"The function that the board asks must return a text, or yield pieces of one; it gave {whole!r}."
        )
    for piece in pieces:
        yield str(getattr(piece, "text", piece))


def _known(name, names: tuple[str, ...], what: str) -> str:
    """The name of a colour or a shape, checked."""
    found = str(name).strip().lower()
    if found not in names:
        raise BadPicture(f"There is no {what} {name!r} here. There are: {', '.join(names)}.")
    return found


def _points(points) -> tuple[tuple[float, float], ...]:
    """The points, checked: a NaN would only be noticed deep inside of Pillow."""
    try:
        found = tuple((float(x), float(y)) for x, y in points)
    except (TypeError, ValueError) as error:
        raise BadPicture(f"Points are pairs of numbers, [(x, y), ...]; this is {points!r}.") from error
    if not found:
        raise BadPicture("A line needs at least one point, [(x, y)].")
    for x, y in found:
        if not (abs(x) <= FAR and abs(y) <= FAR):
            raise BadPicture(f"({x:g}, {y:g}) is not near the sheet. Its corners are (0, 0) and ({SIDE}, {SIDE}).")
    return found


def _size(size) -> float:
    if not isinstance(size, int | float) or not 0 < size <= SIDE:
        raise BadPicture(f"A size is a number of pixels from 1 to {SIDE}, for example 40; this is {size!r}.")
    return size
