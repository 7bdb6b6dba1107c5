"""A chat with any model of the course: the answer appears token by token, and Stop stops it."""

from __future__ import annotations

import warnings
from html import escape

from .answering import BUSY, Answering, Pane, in_thread, settled
from .page import BORDER, LOOK

STATUS = ' role="status"'


class ChatWindow(Answering):
    """A chat with `model` (what `load` returns). `options` go to `model.stream`, for example temperature=0.8.

    Without a front end: `chat(model).say("hello")` returns the answer, `.transcript()` the conversation. `history` is
    what the model is told: a list of {"role", "content"}.
    """

    def __init__(self, model, system: str | None = None, **options):
        super().__init__()
        self.pane = Pane(model)
        self.options = options
        self.system = system
        self.history: list[dict[str, str]] = []
        self.status = ""
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
            self.history, self._told, self.status = [], [], ""
        self.refresh()

    def transcript(self) -> str:
        """The conversation as plain text."""
        return "\n".join(f"{who}: {text}" for who, text in self.entries)

    def text(self) -> str:
        return self.transcript() or f'A chat with {self.pane.name}. Without widgets: chat.say("Hello!")'

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
            self.status = pane.status
            if pane.error:
                self.status = "No answer. Try something shorter or different, or begin a new chat."
            if pane.error or not pane.text:
                del self.history[before:]  # the model never answered this, so it should not read it again
            else:
                self.history.append({"role": "assistant", "content": pane.text})
            self._told.append(("Error", pane.error) if pane.error else (pane.name, pane.text))
        finally:
            self._writing = False
            self.end()
        return pane.error or pane.text

    # ---- the widget

    def build(self):
        """The log, a line to write on, and three buttons."""
        import ipywidgets as w

        self._log, self._line = w.HTML(self.html()), w.HTML()
        look = {
            "overflow": "auto",
            "max_height": "420px",
            "min_height": "60px",
            "border": BORDER,
            "padding": "4px 10px",
        }
        # reversed, the box keeps its scroll position at the newest line
        frame = w.Box([self._log], layout={"flex_flow": "column-reverse", **look})
        self._input = w.Text(
            placeholder="Write a message and press Enter",
            tooltip="Your message to the model",
            layout={"flex": "1 1 auto", "width": "auto"},
        )
        self._send = w.Button(description="Send", button_style="primary", layout={"width": "80px"})
        self._halt = w.Button(description="Stop", disabled=True, layout={"width": "80px"})
        fresh = w.Button(description="New chat", layout={"width": "100px"})
        frame.add_class("course-chat-log")
        self._input.add_class("course-chat-input")
        fresh.add_class("course-chat-new")
        with warnings.catch_warnings():
            # the other way, a change of `value`, also comes when the box merely loses the focus
            warnings.simplefilter("ignore", DeprecationWarning)
            self._input.on_submit(lambda _: self._sent())
        self._send.on_click(lambda _: self._sent())
        self._halt.on_click(lambda _: self.stop())
        # in a thread, for it waits until the model lets go, and the kernel should not
        fresh.on_click(lambda _: in_thread(self.forget))
        row = w.HBox([self._input, self._send, self._halt, fresh])
        return w.VBox([frame, row, self._line], layout={"max_width": "860px"})

    def _sent(self) -> None:
        """Enter or Send. What was typed during an answer stays in the box."""
        # an empty line sends nothing: only the last letters can be late; what comes now is a new message
        if self._input.value.strip() and self.begin():
            in_thread(self._answer)

    def _answer(self) -> None:
        """Answer what stands in the box. Runs in its own thread, and the turn is ours."""
        text = settled(self._input)
        if not text or self.stopped.is_set():
            self.end()
            return
        self._input.value = ""
        self._turn(text)

    def show(self) -> None:
        """Log, speed and buttons as they are now."""
        self._log.value = self.html()
        busy = self.busy.locked()
        self._line.value = escape(self.pane.status if busy else self.status)
        self._send.disabled, self._halt.disabled = busy, not busy

    def html(self) -> str:
        """The conversation. A screen reader is told the last answer once, when it is whole, not at each token."""
        busy, last = self.busy.locked(), len(self.entries) - 1
        lines = ""
        for place, (who, text) in enumerate(self.entries):
            look = 'style="margin:0.4em 0;white-space:pre-wrap"' + (STATUS if place == last and not busy else "")
            lines += f"<p {look}><strong>{escape(who)}:</strong> {escape(text)}</p>"
        lines = lines or f"<p><em>A chat with {escape(self.pane.name)}. Say hello.</em></p>"
        return f'<div role="log" aria-live="off" aria-busy="{str(busy).lower()}" style="{LOOK}">{lines}</div>'
