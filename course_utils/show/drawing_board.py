"""A sheet to draw on, or a picture of one's own, and a model that is asked about it.

The page shows the picture that the model sees, and ipycanvas only reports where the mouse or the finger is: while it
draws, ipycanvas shows a quick line, and then the sheet as Pillow made it. (anywidget would be as small to install, but
brings a second language, JavaScript, into the course.)
"""

from html import escape

import ipywidgets as w
import numpy
from ipycanvas import Canvas
from PIL import Image, ImageDraw, ImageOps

from course_utils.base import CourseError
from course_utils.models.pictures import BadPicture, open_picture, to_data_url
from course_utils.pico.textbook.drawings import COLOURS as PAINTS
from course_utils.pico.textbook.drawings import SIDE

from .answering import BUSY, Answering
from .page import BORDER, LOOK

COLOURS = ("red", "green", "blue", "yellow", "purple", "black")
SHAPES = ("circle", "square", "triangle")
TWICE = 2 * SIDE  # drawn at twice the size, then made smaller, which gives smooth edges
FAR = 10 * SIDE  # pixels: no step lies outside of this
MOST_LISTED = 4  # steps, below the sheet
MOST_ANSWERS = 20  # are kept
UPLOAD = 10  # MB: with more, JupyterLab's connection to the kernel breaks


class Sheet(Answering):
    """A sheet of paper that keeps what is drawn on it as steps, and Pillow draws them: what a model sees never depends
    on pixels that a browser sends back, and each step can be undone and told in words. `steps` is what was done:
    (words, what, colour, points, size), (words, "open", picture), or ("", "clear")."""

    steps: tuple[tuple, ...] = ()

    @property
    def picture(self):
        """The picture as the model sees it, 336 x 336, RGB."""
        sheet = Image.new("RGB", (TWICE, TWICE), "white")
        pen = ImageDraw.Draw(sheet)
        for _, what, *how in self._seen():
            if what == "open":  # whole, with white beside or above it
                sheet.paste(how[0], ((TWICE - how[0].width) // 2, (TWICE - how[0].height) // 2))
            else:
                _draw(pen, what, *how)
        return sheet.reduce(2)

    def stroke(self, colour: str, points, width: float = 8) -> None:
        """A line with the pen through these points, (x, y) in pixels from the top left. Raises BadPicture."""
        points = _points(points)
        (x, y), (to_x, to_y) = points[0], points[-1]
        line = f"line from ({x:.0f}, {y:.0f}) to ({to_x:.0f}, {to_y:.0f})"
        words = f"a {colour} {line if len(points) > 1 else f'dot at ({x:.0f}, {y:.0f})'}"
        self._add(words, "line", _known(colour, COLOURS), points, _size(width))

    def shape(self, shape: str, colour: str, at: tuple[float, float], size: float = 40) -> None:
        """A filled circle, square or triangle around `at`, `size` pixels from its middle. Raises BadPicture."""
        points = _points([at])
        words = "a {} {} at ({:.0f}, {:.0f})".format(colour, shape, *points[0])
        self._add(words, _known(shape, SHAPES), _known(colour, COLOURS), points, _size(size))

    def open(self, source) -> str:
        """A picture of one's own instead of what was there: a path, bytes or a Pillow image. Says what became of it.
        Raises BadPicture, and then the sheet stays as it was."""
        picture = open_picture(source)
        words = f"a picture of {picture.width:,} x {picture.height:,} pixels"
        self._add(words, "open", ImageOps.contain(picture, (TWICE, TWICE)))
        return words

    def clear(self) -> None:
        """An empty sheet. Undo brings the old one back."""
        if self._seen():
            self._add("", "clear")

    def undo(self) -> None:
        """Take back the last step."""
        self.steps = self.steps[:-1]
        self.refresh()

    def described(self) -> list[str]:
        """What is on the sheet, step by step, in words."""
        return [step[0] for step in self._seen()]

    def listing(self) -> str:
        """The same in a line, of many steps the last few."""
        told = self.described()
        more = f"{len(told)} steps, the last of them " if len(told) > MOST_LISTED else ""
        return f"On the sheet: {more}{'; '.join(told[-MOST_LISTED:]) or 'nothing yet'}."

    def _add(self, *step) -> None:
        self.steps = (*self.steps, step)  # a new one, for an answer may be reading the old one
        self.refresh()

    def _seen(self) -> list[tuple]:
        """The steps since the sheet was last cleared or covered by a picture."""
        seen: list[tuple] = []
        for step in self.steps:
            seen = [] if step[1] == "clear" else [step] if step[1] == "open" else [*seen, step]
        return seen


class DrawingBoard(Sheet):
    """A sheet to draw on, or to open a picture on, and a model to ask: `ask(picture, question)` returns a text. Without
    a front end: `board = show.drawing(ask)`, `board.shape("circle", "red", (100, 100), 40)`, `board.stroke("blue",
    [(10, 10), (90, 40)])`, `board.open("cat.png")`, `.undo()`, `.clear()`, and `board.ask("What do you see?")`."""

    def __init__(self, ask, question: str = "What is in the picture?"):
        if not callable(ask):
            raise CourseError(f"show.drawing needs a function, ask(picture, question); not a {type(ask).__name__}.")
        super().__init__()
        self._ask, self.question, self.note = ask, question, "Draw something, or open a picture, and ask."
        self.answers: list[tuple[str, str]] = []  # (question, answer)
        self.writing: list[tuple[str, str]] = []  # the one that is being written
        self._points, self._drawn = [], None

    def ask(self, question: str | None = None) -> str:
        """Ask the model about the picture: prints its answer, and returns it."""
        if not self.begin():
            raise CourseError(BUSY)
        try:
            answer = self._answered(question or self.question)
        finally:
            self.end()
        print(answer)
        return answer

    def answer(self, text: str) -> None:
        """Ask was pressed: answer what stands in the line. Runs in its own thread, and the turn is ours."""
        self.note = ""
        try:
            self.note = "" if self._answered(text or self.question) else "The model said nothing."
        except CourseError as error:
            self.note = str(error)
        except Exception as error:  # in a thread nobody would see it
            self.note = f"No answer: {type(error).__name__}: {error}"
        finally:
            self.end()

    def _answered(self, question: str) -> str:
        """The model's answer, which is kept."""
        self.writing = [(question, "…")]
        self.refresh()
        try:
            answer = self._ask(self.picture, question)
        finally:
            self.writing = []
        if not isinstance(answer, str):
            raise CourseError(f"The board's function must return a text; it gave {answer!r}.")
        if answer:
            self.answers = [*self.answers, (question, answer)][-MOST_ANSWERS:]
        return answer

    def text(self) -> str:
        told = [f"On the sheet of {SIDE} x {SIDE} pixels:"]
        told += [f"  {line}" for line in self.described() or ["nothing yet"]]
        told += [f"You: {question}\nThe model: {answer}" for question, answer in self.answers]
        how = 'Without widgets: board.shape("circle", "red", (168, 168)), then board.ask()'
        return "\n".join(told if self.steps or self.answers else [*told, how])

    def _log(self) -> str:
        """Questions and answers as HTML, the newest first."""
        lines = ""
        for question, answer in reversed([*self.answers, *self.writing]):
            lines += f'<p style="margin:0.3em 0;white-space:pre-wrap"><strong>You:</strong> {escape(question)}\n'
            lines += f"<strong>The model:</strong> {escape(answer)}</p>"
        return f'<div style="max-width:46em;{LOOK}">{lines}</div>'

    def html(self) -> str:
        look = f"width:{SIDE}px;max-width:100%;border:{BORDER}"
        image = f'<img alt="{escape(self.listing())}" src="{to_data_url(self.picture)}" style="{look}">'
        return f'<figure style="margin:0.4em 0">{image}<figcaption>{self._log()}</figcaption></figure>'

    def build(self):
        """The sheet with its tools, and a line for the question."""
        self.tool = w.ToggleButtons(options=("pen", *SHAPES), tooltip="What to draw")
        marks = dict(zip(COLOURS, "🔴🟢🔵🟡🟣⚫", strict=True))
        self.colour = w.ToggleButtons(options=[(f"{marks[name]} {name}", name) for name in COLOURS], tooltip="Colour")
        self.tool.style.button_width = self.colour.style.button_width = "82px"
        self.width = w.IntSlider(8, 2, 40, description="Pen size")
        self.size = w.IntSlider(40, 10, 150, description="Shape size")
        undo, clear = (w.Button(description=name, layout={"width": "82px"}) for name in ("Undo", "Clear"))
        undo.on_click(lambda _: self.undo())
        clear.on_click(lambda _: self.clear())
        self.file = w.FileUpload(accept="image/*", description="Open a picture", layout={"width": "175px"})
        self.file.tooltip = f"A picture from your computer, up to {UPLOAD} MB. It stays on the computer of the kernel."
        self.file.observe(self.upload, "value")
        # a cell as wide as a phone would squeeze the sheet, and the mouse would draw beside itself
        side = dict.fromkeys(("width", "height", "min_width"), f"{SIDE}px")
        look = {"border": BORDER, "flex": "0 0 auto", **side}
        canvas = Canvas(width=SIDE, height=SIDE, layout=look)  # with a tooltip, ipycanvas 0.14.3 shows nothing at all
        canvas.add_class("course-drawing-sheet")
        canvas.on_client_ready(self.again)
        canvas.on_mouse_down(self.down)
        canvas.on_mouse_move(self.move)
        canvas.on_touch_start(lambda touches: touches and self.down(*touches[0]))
        canvas.on_touch_move(lambda touches: touches and self.move(*touches[0]))
        for ended in (canvas.on_mouse_up, canvas.on_mouse_out, canvas.on_touch_end, canvas.on_touch_cancel):
            ended(self.up)
        self.canvas, self.shown, self.said = canvas, w.HTML(), w.HTML()
        asking = self.asking("Ask", "Your question", "Question:", self.question)[:2]  # no Stop: an answer comes whole
        for name, widget in (("question", self.line), ("ask", self.send), ("answer", self.said)):
            widget.add_class(f"course-drawing-{name}")
        rows = [self.tool, self.colour, self.width, self.size, w.HBox([undo, clear, self.file]), w.HBox(asking)]
        left = w.VBox([self.canvas, self.shown], layout={"width": f"{SIDE + 4}px", "flex": "0 0 auto"})
        right = w.VBox([*rows, self.said], layout={"flex": "1 1 380px", "min_width": "0"})
        box = w.HBox([left, right], layout={"flex_flow": "row wrap", "max_width": "880px", "grid_gap": "12px"})
        box.add_class("course-drawing")
        self.show()
        return box

    def show(self) -> None:
        """Bring the page up to date; the sheet only if its steps are others: it would cover a line being drawn."""
        super().show()
        if self._drawn is not self.steps:
            self.show_sheet()
        note = f"<p><em>{escape(self.note)}</em></p>" if self.note else ""
        busy = self.busy.locked()  # a screen reader is told an answer once, when it is whole
        role = f'role="{"log" if busy else "status"}" aria-busy="{str(busy).lower()}"'
        self.said.value = f"<div {role}>{note}{self._log()}</div>"

    def show_sheet(self) -> None:
        """Bring the sheet up to date. With four channels ipycanvas sends PNG; three it would send as a coarse JPEG."""
        self._drawn = self.steps
        self.canvas.put_image_data(numpy.asarray(self.picture.convert("RGBA")), 0, 0)
        self.shown.value = f'<div style="width:{SIDE}px;{LOOK}">{escape(self.listing())}</div>'

    def again(self) -> None:
        """A page was loaded anew: its canvas is empty, and ipycanvas forgets to tell it once more which one it is."""
        self.canvas._canvas_manager._current_canvas = None
        self.show_sheet()

    def down(self, x: float, y: float) -> None:
        """The mouse or a finger was pressed."""
        if self.tool.value != "pen":
            self.shape(self.tool.value, self.colour.value, (x, y), self.size.value)
            return
        self._points = [(x, y)]
        self.canvas.stroke_style = "rgb({}, {}, {})".format(*PAINTS[self.colour.value])
        self.canvas.line_width, self.canvas.line_cap = self.width.value, "round"
        self.canvas.stroke_line(x, y, x, y)

    def move(self, x: float, y: float) -> None:
        """It moved: a quick line, if the pen is down."""
        if self._points:
            self.canvas.stroke_line(*self._points[-1], x, y)
            self._points.append((x, y))

    def up(self, *_) -> None:
        """It was lifted: the line becomes a step of the sheet."""
        points, self._points = self._points, []
        if points:
            self.stroke(self.colour.value, points, self.width.value)

    def upload(self, change) -> None:
        """A file of the learner's own. What cannot be read is said, and the sheet stays as it was."""
        if not change["new"]:
            return
        file = change["new"][0]
        try:
            self.note = f"Opened {file['name']}: {self.open(file['content'])}"
        except CourseError as error:
            self.note = f"{file['name']} was not opened. {error}"
        self.file.value = ()  # so that the same file can be opened again
        self.refresh()


def _draw(pen, what: str, colour: str, points, size: float) -> None:
    """One step, on a sheet of twice the size."""
    paint, size = PAINTS[colour], 2 * size
    points = [(2 * x, 2 * y) for x, y in points]
    x, y = points[0]
    if what == "line":
        pen.line(points, fill=paint, width=round(size), joint="curve")
        for end in (points[0], points[-1]):  # round ends; a single point becomes a dot
            pen.circle(end, size / 2, fill=paint)
    elif what == "circle":
        pen.circle((x, y), size, fill=paint)
    elif what == "square":
        pen.rectangle((x - 0.85 * size, y - 0.85 * size, x + 0.85 * size, y + 0.85 * size), fill=paint)
    else:
        pen.polygon([(x, y - size), (x + size, y + 0.75 * size), (x - size, y + 0.75 * size)], fill=paint)


def _known(name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        raise BadPicture(f"There is no {name!r} here. There are: {', '.join(names)}.")
    return name


def _points(points) -> tuple[tuple[float, float], ...]:
    """The points, checked: a NaN would only be noticed deep inside of Pillow."""
    try:
        pairs = tuple((float(x), float(y)) for x, y in points)
    except (TypeError, ValueError):
        pairs = ()
    if not pairs or not all(abs(place) <= FAR for pair in pairs for place in pair):
        raise BadPicture(
            f"Points are pairs of numbers, [(x, y), ...], one at least, and not far from the sheet, whose corners are "
            f"(0, 0) and ({SIDE}, {SIDE}); this is {points!r:.80}."
        )
    return pairs


def _size(size: object) -> float:
    if not isinstance(size, int | float) or not 0 < size <= SIDE:
        raise BadPicture(f"A size is a number of pixels from 1 to {SIDE}, for example 40; this is {size!r}.")
    return size
