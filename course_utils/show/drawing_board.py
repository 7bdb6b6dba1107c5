"""A sheet to draw on, or a picture of one's own, and a model that is asked about it.

The page shows the picture that the model sees, and ipycanvas only reports where the mouse or the finger is. (anywidget
would be as small to install, but brings a second language, JavaScript, into the course.)
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from course_utils.base import CourseError
from course_utils.models.pictures import to_data_url
from course_utils.pico.textbook.drawings import SIDE

from .answering import BUSY, Answering
from .page import BORDER, LOOK
from .sheet import Sheet

MOST_ANSWERS = 20  # are kept


class DrawingBoard(Sheet, Answering):
    """A sheet to draw on, or to open a picture on, and a model to ask.

    `ask(picture, question)` returns a text or yields pieces of one. Without a front end: `board = show.drawing(ask)`,
    `board.shape("circle", "red", (100, 100), 40)`, `board.stroke("blue", [(10, 10), (90, 40)])`,
    `board.open("cat.png")`, `board.undo()`, `board.clear()`, and `board.ask("What do you see?")`.
    """

    def __init__(self, ask, question: str = "What is in the picture?"):
        if not callable(ask):
            raise CourseError(f"show.drawing needs a function, ask(picture, question); not a {type(ask).__name__}.")
        Sheet.__init__(self)
        Answering.__init__(self)
        self._ask, self.question = ask, question
        self.answers: list[tuple[str, str]] = []  # (question, answer)

    def undo(self) -> None:
        """Take back the last step."""
        super().undo()
        self.refresh()

    def _add(self, *step) -> None:
        super()._add(*step)
        self.refresh()

    def ask(self, question: str | None = None) -> str:
        """Ask the model about the picture: prints its answer as it comes, and returns it whole."""
        if not self.begin():
            raise CourseError(BUSY)
        answer = ""
        try:
            for piece in self.pieces(question or self.question):
                answer += piece
                print(piece, end="", flush=True)
        finally:
            print()
            self.end()
        return answer

    def pieces(self, question: str) -> Iterator[str]:
        """The answer, piece by piece, until it ends or Stop is pressed. What was said is kept, also before an error."""
        said = ""
        pieces = _texts(self._ask(self.picture, question))
        try:
            for piece in pieces:
                said += piece
                yield piece
                if self.stopped.is_set():
                    break
        finally:
            pieces.close()
            if said:
                self.answers = [*self.answers, (question, said)][-MOST_ANSWERS:]

    def text(self) -> str:
        told = [f"On the sheet of {SIDE} x {SIDE} pixels:"]
        told += [f"  {line}" for line in self.described() or ["nothing yet"]]
        told += [f"You: {question}\nThe model: {answer}" for question, answer in self.answers]
        how = 'Without widgets: board.shape("circle", "red", (168, 168)), then board.ask()'
        return "\n".join(told if self.steps or self.answers else [*told, how])

    def log(self, above: str = "", now: tuple[tuple[str, str], ...] = ()) -> str:
        """Questions and answers as HTML, the newest first, before them those of `now`, and `above` over them all."""
        lines = "".join(_entry(question, answer) for question, answer in reversed([*self.answers, *now]))
        return f'<div style="max-width:46em;{LOOK}">{above}{lines}</div>'

    def html(self) -> str:
        look = f"width:{SIDE}px;max-width:100%;border:{BORDER}"
        image = f'<img alt="{escape(self.listing())}" src="{to_data_url(self.picture)}" style="{look}">'
        return f'<figure style="margin:0.4em 0">{image}<figcaption>{self.log()}</figcaption></figure>'

    # ---- the widget

    def build(self):
        """The sheet with its tools, and a line for the question."""
        from .drawing_tools import Tools

        self.tools = Tools(self)
        return self.tools.box

    def show(self) -> None:
        """The sheet and the answers as they are now."""
        self.tools.show()


def _entry(question: str, answer: str) -> str:
    """One question with its answer, as HTML."""
    return (
        f'<p style="margin:0.3em 0;white-space:pre-wrap"><strong>You:</strong> {escape(question)}\n'
        f"<strong>The model:</strong> {escape(answer)}</p>"
    )


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
