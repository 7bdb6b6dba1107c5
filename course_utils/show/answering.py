"""What the chat, the playground and the drawing board share: a model that writes while the kernel stays free to listen.

An answer is written in a thread of its own, one at a time, so that the Stop button is heard. The calls for plain Python
do the same work in the caller's thread and need no front end.
"""

from __future__ import annotations

import threading
import time

from .view import View

REFRESH = 0.05  # seconds between two updates of the page: fast to the eye, and no burden for the connection
SETTLE = 0.15  # seconds without a keystroke; the front end's "Enter" can overtake the last letters typed
BUSY = "The model is still answering. Stop it first, or wait."


class Answering(View):
    """A view with a model that answers. A subclass gives `show`, which brings the page up to date."""

    def __init__(self):
        self.busy, self.stopped = threading.Lock(), threading.Event()
        self._shown_at = 0.0

    def stop(self) -> None:
        """Stop the answer that is being written; what is there stays."""
        self.stopped.set()

    def begin(self) -> bool:
        """Take the turn, if nobody has it: the lock is given back with `end`."""
        free = self.busy.acquire(blocking=False)
        if free:
            self.stopped.clear()  # here, so that Stop counts from this moment on
        return free

    def end(self) -> None:
        """Give the turn back, and show what became of it."""
        self.busy.release()
        self.refresh()

    def refresh(self, at_most_every: float = 0.0) -> None:
        """Bring the page up to date, if there is one and the last time is so many seconds ago."""
        now = time.monotonic()
        if self._widget is not None and now - self._shown_at >= at_most_every:
            self._shown_at = now
            self.show()

    def show(self) -> None:
        """Bring the page up to date."""


class Pane:
    """One model and the answer that it writes: `text` so far, its speed as `status`, what went wrong as `error`.

    The speed counts from the first token on; with `whole`, from the question on.
    """

    def __init__(self, model, whole: bool = False):
        self.model, self.name, self.whole = model, str(getattr(model, "name", "model")), whole
        self.text = self.status = self.error = ""

    def write(self, prompt, options: dict, view: Answering) -> None:
        """Let the model answer `prompt`, a text or messages, until it ends or the view is stopped. Never raises."""
        self.text, self.status, self.error = "", "…", ""
        start, first, stream = time.perf_counter(), 0.0, None
        try:
            stream = self.model.stream(prompt, **options)
            for count, chunk in enumerate(stream, 1):
                first = first or time.perf_counter()
                self.text += chunk.text
                self._measure(start, first, count)
                if view.stopped.is_set():
                    break
                view.refresh(at_most_every=REFRESH)
            self._measure(start, first or time.perf_counter(), stream.completion_tokens)
        except KeyboardInterrupt:  # Kernel ▸ Interrupt, in the caller's thread
            view.stop()
        except Exception as error:
            self.error = str(error) or type(error).__name__
            self.status = f"No answer. {self.error}"
        finally:
            if stream is not None:
                stream.close()
        if view.stopped.is_set() and not self.error:
            self.status = f"Stopped. {self.status}"

    def _measure(self, start: float, first: float, tokens: int) -> None:
        now = time.perf_counter()
        counted, seconds = (tokens, now - start) if self.whole else (tokens - 1, now - first)
        rate = f", {counted / seconds:,.0f} tokens/s" if counted > 0 and seconds > 0 else ""
        self.status = f"{tokens} tokens{rate}, the first after {first - start:.2f} s"


def in_thread(work, *arguments) -> None:
    """Start `work` beside the kernel, which stays free for the next click."""
    threading.Thread(target=work, args=arguments, daemon=True).start()


def settled(box) -> str:
    """The text of a line to write on, once it has arrived whole. Waits, so it belongs into a thread."""
    text = None
    while text != box.value:
        text = box.value
        time.sleep(SETTLE)
    return text.strip()
