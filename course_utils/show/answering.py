"""What the chat, the playground and the drawing board share: a model that writes while the kernel stays free to listen.

An answer is written in a thread of its own, one at a time, so that the Stop button is heard. The calls for plain Python
do the same work in the caller's thread and need no front end.
"""

import threading
import time
import warnings

from .view import View

REFRESH = 0.05  # seconds between two updates of the page: fast to the eye, and no burden for the connection
SETTLE = 0.15  # seconds without a keystroke; the front end's "Enter" can overtake the last letters typed
BUSY = "The model is still answering. Stop it first, or wait."


class Answering(View):
    """A view with a model that answers, and a line to ask it. A subclass gives `answer(text)`, which has the turn and
    gives it back with `end`, and `show`."""

    def __init__(self):
        self.busy, self.stopped, self._shown_at = threading.Lock(), threading.Event(), 0.0

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
        """Bring the page up to date; a subclass does this and more."""
        self.send.disabled, self.halt.disabled = self.busy.locked(), not self.busy.locked()

    def asking(self, label: str, hint: str, name: str, text: str = "") -> list:
        """The line to write on with its name, the button that sends it, and the one that stops the answer."""
        import ipywidgets as w

        look = {"style": {"description_width": "initial"}, "layout": {"flex": "1 1 auto", "width": "auto"}}
        self.line = w.Text(text, placeholder=hint, tooltip=hint, description=name, **look)
        self.send = w.Button(description=label, button_style="primary", layout={"width": "90px"})
        self.halt = w.Button(description="Stop", disabled=True, layout={"width": "80px"})
        with warnings.catch_warnings():
            # the other way, a change of `value`, also comes when the box merely loses the focus
            warnings.simplefilter("ignore", DeprecationWarning)
            self.line.on_submit(lambda _: self.sent())
        self.send.on_click(lambda _: self.sent())
        self.halt.on_click(lambda _: self.stop())
        return [self.line, self.send, self.halt]

    def sent(self) -> None:
        """Enter or a button was pressed: answer what stands in the line, beside the kernel."""
        if self.begin():
            threading.Thread(target=self._answer_line, daemon=True).start()

    def _answer_line(self) -> None:
        text = None
        while text != self.line.value:  # until it has arrived whole
            text = self.line.value
            time.sleep(SETTLE)
        self.answer(text.strip())


class Pane:
    """One model and the answer that it writes: `text` so far, its speed as `status`, what went wrong as `error`."""

    def __init__(self, model):
        self.model, self.name = model, str(getattr(model, "name", "model"))
        self.text = self.status = self.error = ""
        self.cut = False  # the last answer reached its longest length, or the end of the context

    def write(self, prompt, options: dict, view: Answering) -> None:
        """Let the model answer `prompt`, a text or messages, until it ends or the view is stopped. Never raises."""
        self.text, self.status, self.error, self.cut = "", "…", "", False
        began, first, stream = time.perf_counter(), None, None
        try:
            stream = self.model.stream(prompt, **options)
            for chunk in stream:
                first = first or time.perf_counter() - began
                self.text += chunk.text
                self._measure(stream.completion_tokens, first, time.perf_counter() - began)
                if view.stopped.is_set():
                    break
                view.refresh(at_most_every=REFRESH)
            seconds = time.perf_counter() - began
            self._measure(stream.completion_tokens, first or seconds, seconds)
            self.cut = stream.finish_reason == "length"
            self.status += ". Cut off: it was to be no longer (max_new_tokens)." * self.cut
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

    def _measure(self, tokens: int, first: float, seconds: float) -> None:
        """The speed counts from the question on: services send their tokens in bunches."""
        rate = f", {tokens / seconds:,.0f} tokens/s" if tokens else ""
        self.status = f"{tokens} tokens{rate}, the first after {first:.2f} s"
