"""A chat with any model of the course: the answer appears token by token, and Stop stops it."""

import threading
from html import escape

from .answering import BUSY, Answering, Pane
from .page import BORDER, LOOK


class ChatWindow(Answering):
    """A chat with `model` (what `load` returns). `options` go to `model.stream`, for example temperature=0.8.

    Without a front end: `chat(model).say("hello")` returns the answer, `print(chat)` the conversation. `history` is
    what the model is told: a list of {"role", "content"}.
    """

    def __init__(self, model, system: str | None = None, **options):
        super().__init__()
        self.pane, self.options, self.system = Pane(model), options, system
        self.history: list[dict[str, str]] = []
        self._told: list[tuple[str, str]] = []
        self._writing = False

    @property
    def entries(self) -> list[tuple[str, str]]:
        """What is shown: (who, text), with the errors that `history` leaves out, and the answer being written."""
        return [*self._told, (self.pane.name, self.pane.text)] if self._writing else self._told

    def say(self, text: str) -> str:
        """Say something, wait for the whole answer, and return it (or the message of the error)."""
        return self._turn(text) if self.begin() else BUSY

    def forget(self) -> None:
        """Begin a new conversation."""
        self.stop()
        with self.busy:
            self.history, self._told, self.pane.status = [], [], ""
        self.refresh()

    def text(self) -> str:
        told = "\n".join(f"{who}: {text}" for who, text in self.entries)
        return told or f'A chat with {self.pane.name}. Without widgets: chat.say("Hello!")'

    def _turn(self, text: str) -> str:
        """One question and its answer; the turn is ours, and is given back at the end."""
        pane, before = self.pane, len(self.history)
        try:
            self._told.append(("You", str(text)))
            self.history.append({"role": "user", "content": text})  # what is no text, the model refuses
            pane.text, self._writing = "", True
            self.refresh()
            system = [{"role": "system", "content": self.system}] if self.system else []
            pane.write([*system, *self.history], self.options, self)
            if pane.error:
                pane.status = "No answer. Try something shorter or different, or begin a new chat."
            if pane.error or not pane.text:
                del self.history[before:]  # the model never answered this, so it should not read it again
            else:
                self.history.append({"role": "assistant", "content": pane.text})
            answer = pane.text + " … (cut off)" * pane.cut
            self._told.append(("Error", pane.error) if pane.error else (pane.name, answer))
        finally:
            self._writing = False
            self.end()
        return pane.error or pane.text

    # ---- the widget

    def build(self):
        """The log, a line to write on, and three buttons."""
        import ipywidgets as w

        self.log, self.below = w.HTML(self.html()), w.HTML()
        look = {"overflow": "auto", "max_height": "420px", "min_height": "60px", "border": BORDER}
        # reversed, the box keeps its scroll position at the newest line
        frame = w.Box([self.log], layout={"flex_flow": "column-reverse", "padding": "4px 10px", **look})
        row = self.asking("Send", "Write a message and press Enter")
        fresh = w.Button(description="New chat", layout={"width": "100px"})
        # in a thread, for it waits until the model lets go, and the kernel should not
        fresh.on_click(lambda _: threading.Thread(target=self.forget, daemon=True).start())
        for name, widget in (("log", frame), ("input", self.line), ("new", fresh)):
            widget.add_class(f"course-chat-{name}")
        return w.VBox([frame, w.HBox([*row, fresh]), self.below], layout={"max_width": "860px"})

    def sent(self) -> None:
        if self.line.value.strip():  # an empty line sends nothing: only the last letters can be late
            super().sent()

    def answer(self, text: str) -> None:
        """Answer what stood in the line. What is typed during an answer stays there."""
        if not text or self.stopped.is_set():
            self.end()
            return
        self.line.value = ""
        self._turn(text)

    def show(self) -> None:
        """Log, speed and buttons as they are now."""
        super().show()
        self.log.value = self.html()
        self.below.value = escape(self.pane.status)

    def html(self) -> str:
        """The conversation. A screen reader is told the last answer once, when it is whole, not at each token."""
        busy, last, lines = self.busy.locked(), len(self.entries) - 1, ""
        for place, (who, text) in enumerate(self.entries):
            role = ' role="status"' if place == last and not busy else ""
            look = f'style="margin:0.4em 0;white-space:pre-wrap"{role}'
            lines += f"<p {look}><strong>{escape(who)}:</strong> {escape(text)}</p>"
        lines = lines or f"<p><em>A chat with {escape(self.pane.name)}. Say hello.</em></p>"
        return f'<div role="log" aria-live="off" aria-busy="{str(busy).lower()}" style="{LOOK}">{lines}</div>'
