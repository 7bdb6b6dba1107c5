"""The drawing board in a browser: the sheet, its tools, and the question.

While the mouse draws, ipycanvas shows a quick line; when it lets go, the sheet is shown as Pillow made it. The model
answers in a thread of its own, so that the kernel hears the Stop button, and one can draw meanwhile.
"""

from __future__ import annotations

from html import escape

from course_utils.base import CourseError
from course_utils.pico.textbook.drawings import COLOURS as PAINTS
from course_utils.pico.textbook.drawings import SIDE

from .answering import REFRESH, in_thread, settled
from .page import BORDER, LOOK
from .sheet import COLOURS, SHAPES

UPLOAD = 10  # MB: with more, JupyterLab's connection to the kernel breaks


class Tools:
    """The widgets of one board; `box` holds them all."""

    def __init__(self, board):
        self.board, self.points, self.colour = board, [], COLOURS[0]
        self.said, self.question, self.note = "", "", "Draw something, or open a picture, and ask."
        self.canvas, self.drawn = self._sheet(), None
        self.box = self._layout()
        self.show()

    # ---- what it looks like

    def _sheet(self):
        from ipycanvas import Canvas

        look = {"border": BORDER, "width": f"{SIDE}px", "height": f"{SIDE}px"}
        # a cell as wide as a phone would squeeze the sheet, and the mouse would draw beside itself
        look |= {"min_width": f"{SIDE}px", "flex": "0 0 auto"}
        canvas = Canvas(width=SIDE, height=SIDE, layout=look)  # with a tooltip, ipycanvas 0.14.3 shows nothing at all
        canvas.add_class("course-drawing-sheet")
        canvas.on_client_ready(self.again)
        canvas.on_mouse_down(self.down)
        canvas.on_mouse_move(self.move)
        canvas.on_mouse_up(self.up)
        canvas.on_mouse_out(self.up)
        canvas.on_touch_start(lambda touches: touches and self.down(*touches[0]))
        canvas.on_touch_move(lambda touches: touches and self.move(*touches[0]))
        canvas.on_touch_end(lambda touches: self.up())
        canvas.on_touch_cancel(lambda touches: self.up())
        return canvas

    def _layout(self):
        import ipywidgets as w

        small = {"width": "82px"}
        self.tool = w.ToggleButtons(options=("pen", *SHAPES), style={"button_width": "82px"}, tooltip="What to draw")
        self.width = w.IntSlider(8, 2, 40, description="Pen, pixels")
        self.size = w.IntSlider(40, 10, 150, description="Size, pixels")
        self.paints = {name: w.Button(layout=small) for name in COLOURS}
        for name, button in self.paints.items():
            button.style.button_color = _css(name)
            button.style.text_color = "black" if name == "yellow" else "white"
            button.on_click(lambda _, name=name: self.take(name))
        undo, clear = (w.Button(description=name, layout=small) for name in ("Undo", "Clear"))
        self.file = w.FileUpload(accept="image/*", description="Open a picture", layout={"width": "175px"})
        self.file.tooltip = f"A picture from your computer, up to {UPLOAD} MB. It stays on the computer of the kernel."
        wide = {"flex": "1 1 auto", "width": "auto"}
        self.line = w.Text(self.board.question, placeholder="Your question", layout=wide)
        self.send = w.Button(description="Ask", button_style="primary", layout=small)
        self.halt = w.Button(description="Stop", disabled=True, layout=small)
        self.answers, self.listing = w.HTML(), w.HTML()
        undo.on_click(lambda _: self.board.undo())
        clear.on_click(lambda _: self.board.clear())
        self.send.on_click(lambda _: self.board.begin() and in_thread(self._answer))
        self.halt.on_click(lambda _: self.board.stop())
        self.file.observe(self.upload, "value")
        self.tool.observe(self.choose, "value")
        self.take(self.colour)
        self.choose()
        for name, widget in (("question", self.line), ("ask", self.send), ("answer", self.answers)):
            widget.add_class(f"course-drawing-{name}")
        half, buttons = len(COLOURS) // 2, list(self.paints.values())
        rows = [self.tool, w.HBox(buttons[:half]), w.HBox(buttons[half:]), self.width, self.size]
        rows += [w.HBox([undo, clear, self.file]), w.HBox([self.line, self.send, self.halt]), self.answers]
        left = w.VBox([self.canvas, self.listing], layout={"width": f"{SIDE + 4}px", "flex": "0 0 auto"})
        right = w.VBox(rows, layout={"flex": "1 1 380px", "min_width": "0"})
        box = w.HBox([left, right], layout={"flex_flow": "row wrap", "max_width": "880px", "grid_gap": "12px"})
        box.add_class("course-drawing")
        return box

    def show(self) -> None:
        """Bring the answers up to date, and the sheet if its steps are others: it would cover a line being drawn."""
        if self.drawn is not self.board.steps:
            self.show_sheet()
        self.show_answers()

    def show_sheet(self) -> None:
        """Bring the sheet up to date. With four channels ipycanvas sends PNG; three it would send as a coarse JPEG."""
        import numpy

        self.drawn = self.board.steps
        self.canvas.put_image_data(numpy.asarray(self.board.picture.convert("RGBA")), 0, 0)
        self.listing.value = f'<div style="width:{SIDE}px;{LOOK}">{escape(self.board.listing())}</div>'

    def again(self) -> None:
        """A page was loaded anew: its canvas is empty, and ipycanvas forgets to tell it once more which one it is."""
        self.canvas._canvas_manager._current_canvas = None
        self.show_sheet()

    def show_answers(self) -> None:
        """Bring the answers up to date. A screen reader is told an answer once, when it is whole."""
        busy = self.board.busy.locked()
        self.send.disabled, self.halt.disabled = busy, not busy
        note = f"<p><em>{escape(self.note)}</em></p>" if self.note else ""
        now = ((self.question, self.said or "…"),) if busy and self.question else ()
        role = "log" if busy else "status"
        shown = self.board.log(note, now)
        self.answers.value = f'<div role="{role}" aria-busy="{str(busy).lower()}">{shown}</div>'

    # ---- what the mouse does

    def take(self, colour: str) -> None:
        """Draw in this colour from now on. Its button says so with a sign, not only with its looks."""
        self.colour = colour
        for name, button in self.paints.items():
            button.description = f"✓ {name}" if name == colour else name
            button.style.font_weight = "bold" if name == colour else "normal"

    def choose(self, change=None) -> None:
        """Show the slider of the tool in hand."""
        pen = self.tool.value == "pen"
        self.width.layout.display, self.size.layout.display = ("", "none") if pen else ("none", "")

    def down(self, x: float, y: float) -> None:
        if self.tool.value != "pen":
            self.board.shape(self.tool.value, self.colour, (x, y), self.size.value)
            return
        self.points = [(x, y)]
        self.canvas.stroke_style = _css(self.colour)
        self.canvas.line_width, self.canvas.line_cap = self.width.value, "round"
        self.canvas.stroke_line(x, y, x, y)

    def move(self, x: float, y: float) -> None:
        if self.points:
            self.canvas.stroke_line(*self.points[-1], x, y)
            self.points.append((x, y))

    def up(self, x: float = 0, y: float = 0) -> None:
        points, self.points = self.points, []
        if points:
            self.board.stroke(self.colour, points, self.width.value)

    def upload(self, change) -> None:
        """A file of the learner's own. What cannot be read is said, and the sheet stays as it was."""
        if not change["new"]:
            return
        file = change["new"][0]
        try:
            self.note = f"Opened {file['name']}: {self.board.open(file['content'])}"
        except CourseError as error:
            self.note = f"{file['name']} was not opened. {error}"
        self.file.value = ()  # so that the same file can be opened again
        self.show_answers()

    # ---- the question

    def _answer(self) -> None:
        """Ask was pressed: answer what stands in the line. Runs in its own thread, and the turn is ours."""
        self.question, self.said, self.note = settled(self.line) or self.board.question, "", ""
        self.show_answers()
        try:
            for piece in self.board.pieces(self.question):
                self.said += piece
                self.board.refresh(at_most_every=REFRESH)
            self.note = "Stopped." if self.board.stopped.is_set() else "" if self.said else "The model said nothing."
        except CourseError as error:
            self.note = str(error)
        except Exception as error:  # in a thread nobody would see it
            self.note = f"No answer: {type(error).__name__}: {error}"
        finally:
            self.board.end()


def _css(colour: str) -> str:
    return "rgb({}, {}, {})".format(*PAINTS[colour])
