"""A chat with any model of the course: the answer appears token by token, and Stop stops it.

The model writes in a thread of its own, so that the kernel stays free to hear the Stop button. `say` does
the same work in the caller's thread and needs no front end.
"""

from __future__ import annotations

import threading
import time
import warnings
from html import escape

from .view import View

REFRESH = 0.05  # seconds between two updates of the page: fast to the eye, and no burden for the connection
SETTLE = 0.15  # seconds without a keystroke; the front end's "Enter" can overtake the last letters typed
STATUS = ' role="status"'


class ChatWindow(View):
    """`history` is what the model is told: a list of {"role", "content"}."""

    def __init__(self, model, system: str | None = None, **options):
        self.model = model
        self.name = str(getattr(model, "name", "model"))
        self.options = options
        self.system = system
        self.history: list[dict[str, str]] = []
        self.status = ""
        self._entries: list[list[str]] = []  # what is shown: [who, text], with the errors that history leaves out
        self._busy = threading.Lock()
        self._stop = threading.Event()
        self._drawn = 0.0

    # ---- the conversation

    def say(self, text: str) -> str:
        """Say something, wait for the whole answer, and return it (or the message of the error)."""
        if not self._busy.acquire(blocking=False):
            return "The model is still answering. Stop it first, or wait."
        self._stop.clear()
        return self._turn(text)

    def stop(self) -> None:
        """Stop the answer that is being written; what is there stays."""
        self._stop.set()

    def forget(self) -> None:
        """Begin a new conversation."""
        self.stop()
        with self._busy:
            self.history, self._entries, self.status = [], [], ""
        self._draw()

    def transcript(self) -> str:
        """The conversation as plain text."""
        return "\n".join(f"{who}: {text}" for who, text in self._entries)

    def text(self) -> str:
        """The transcript, or how to begin one."""
        return self.transcript() or f'A chat with {self.name}. Without widgets: chat.say("Hello!")'

    def _turn(self, text: str) -> str:
        """One question and its answer; the lock is ours, and is given back at the end."""
        answer, before = [self.name, ""], len(self.history)
        try:
            self._entries += [["You", str(text)], answer]
            self.history.append({"role": "user", "content": text})  # what is no text, the model refuses
            self._draw()
            self._stream(answer)
        except Exception as error:
            answer[:] = ["Error", str(error) or type(error).__name__]
            self.status = "No answer. Try something shorter or different, or begin a new chat."
        finally:
            if answer[0] == self.name and answer[1]:
                self.history.append({"role": "assistant", "content": answer[1]})
            else:
                del self.history[before:]  # the model never answered this, so it should not read it again
            self._busy.release()
            self._draw()
        return answer[1]

    def _stream(self, answer: list[str]) -> None:
        messages = [{"role": "system", "content": self.system}] if self.system else []
        start, first, count = time.perf_counter(), 0.0, 0
        chunks = self.model.stream([*messages, *self.history], **self.options)
        try:
            for chunk in chunks:
                count += 1
                now = time.perf_counter()
                first = first or now
                answer[1] += chunk.text
                rate = f", {(count - 1) / (now - first):,.0f} tokens/s" if count > 1 and now > first else ""
                self.status = f"{count} tokens{rate}, the first after {first - start:.2f} s"
                if self._stop.is_set():
                    break
                self._draw(at_most_every=REFRESH)
        except KeyboardInterrupt:  # Kernel ▸ Interrupt during say()
            self._stop.set()
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        if self._stop.is_set():
            self.status = f"Stopped. {self.status}"

    # ---- the widget

    def build(self):
        """The log, a line to write on, and three buttons."""
        import ipywidgets as w

        self._log = w.HTML(self._log_html())
        # reversed, the box keeps its scroll position at the newest line
        frame = w.Box(
            [self._log],
            layout={
                "flex_flow": "column-reverse",
                "overflow": "auto",
                "max_height": "420px",
                "min_height": "60px",
                "border": "1px solid var(--jp-border-color1, #999)",
                "padding": "4px 10px",
            },
        )
        self._input = w.Text(
            placeholder="Write a message and press Enter",
            tooltip="Your message to the model",
            layout={"flex": "1 1 auto", "width": "auto"},
        )
        self._send = w.Button(description="Send", button_style="primary", layout={"width": "80px"})
        self._halt = w.Button(description="Stop", disabled=True, layout={"width": "80px"})
        fresh = w.Button(description="New chat", layout={"width": "100px"})
        self._line = w.HTML()
        for widget, name in (
            (frame, "log"),
            (self._input, "input"),
            (self._send, "send"),
            (self._halt, "stop"),
            (fresh, "new"),
            (self._line, "status"),
        ):
            widget.add_class(f"course-chat-{name}")
        with warnings.catch_warnings():
            # the other way, a change of `value`, also comes when the box merely loses the focus
            warnings.simplefilter("ignore", DeprecationWarning)
            self._input.on_submit(lambda _: self._sent())
        self._send.on_click(lambda _: self._sent())
        self._halt.on_click(lambda _: self.stop())
        # in a thread, for it waits until the model lets go, and the kernel should not
        fresh.on_click(lambda _: threading.Thread(target=self.forget, daemon=True).start())
        row = w.HBox([self._input, self._send, self._halt, fresh])
        return w.VBox([frame, row, self._line], layout={"max_width": "860px"})

    def _sent(self) -> None:
        """Enter or Send. What was typed during an answer stays in the box."""
        if not self._input.value.strip():  # only the last letters can be late; what comes now is a new message
            return
        if self._busy.acquire(blocking=False):
            self._stop.clear()  # here, so that Stop and New chat count from this moment on
            threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        """Wait until the text has arrived whole, then answer it. Runs in its own thread, holding the lock."""
        text = None
        while text != self._input.value:
            text = self._input.value
            time.sleep(SETTLE)
        if not text.strip() or self._stop.is_set():
            self._busy.release()
            return
        self._input.value = ""
        self._turn(text.strip())

    def _draw(self, at_most_every: float = 0.0) -> None:
        """Bring the page up to date, if there is one."""
        now = time.monotonic()
        if self._widget is None or now - self._drawn < at_most_every:
            return
        self._drawn = now
        self._log.value = self._log_html()
        self._line.value = escape(self.status)
        busy = self._busy.locked()
        self._send.disabled, self._halt.disabled = busy, not busy

    def _log_html(self) -> str:
        """The conversation. A screen reader is told the last answer once, when it is whole, not at each token."""
        busy, last = self._busy.locked(), len(self._entries) - 1
        look = "margin:0.4em 0;white-space:pre-wrap"
        lines = "".join(
            f'<p style="{look}"{"" if busy or place < last else STATUS}>'
            f"<strong>{escape(who)}:</strong> {escape(said)}</p>"
            for place, (who, said) in enumerate(self._entries)
        )
        lines = lines or f"<p><em>A chat with {escape(self.name)}. Say hello.</em></p>"
        look = "line-height:1.5;color:var(--jp-content-font-color1, inherit)"
        return f'<div role="log" aria-live="off" aria-busy="{str(busy).lower()}" style="{look}">{lines}</div>'

    def html(self) -> str:
        """The conversation so far, for places that show no widgets."""
        return self._log_html()
