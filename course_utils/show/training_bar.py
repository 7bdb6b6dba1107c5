"""A training that can be watched: a bar, the loss as a number and as a curve, and an interrupt that loses nothing."""

import math
import signal
import threading
import time
from collections.abc import Iterator
from html import escape

from course_utils.base import CourseError

from .page import LOOK, svg, words
from .view import View, front_end, publish

REFRESH = 0.3  # seconds between two updates of the page
SPOKEN = 5.0  # seconds between two lines where there is no page
WIDTH, HEIGHT = 420, 96  # of the curve, in pixels
LAST = 10  # steps that the loss at the end is the mean of: one step alone jumps


class Training(View):
    """A loop over the steps of a training, with a bar and a curve of the loss.

    `for step in bar`, with `bar.loss(value)` once a step and `bar.say(text)` for samples; `losses` keeps the values.
    An interrupt (Kernel ▸ Interrupt, or Ctrl+C) takes effect between two steps, so the model is never left in the
    middle of one; a second interrupt stops at once. `stopped` says whether there was one. A new loop begins anew.
    """

    def __init__(self, steps: int, title: str = ""):
        if not isinstance(steps, int) or steps < 0:
            raise CourseError(f"A training has a whole number of steps, such as 300; this is {steps!r}.")
        self.steps, self.title = steps, title
        self._begin()

    def _begin(self) -> None:
        self.losses: list[float] = []
        self.stopped, self.seconds, self._done, self._drawn = False, 0.0, 0, 0.0

    def __iter__(self) -> Iterator[int]:
        self._begin()
        began = time.perf_counter()
        catching = threading.current_thread() is threading.main_thread()  # elsewhere there is no way
        before = signal.signal(signal.SIGINT, self._interrupted) if catching else None
        if front_end():
            publish(self)
        try:
            for step in range(self.steps):
                yield step
                self._done, self.seconds = step + 1, time.perf_counter() - began
                self._draw(last=self.stopped or self._done == self.steps)
                if self.stopped:
                    break
        finally:
            if catching:
                signal.signal(signal.SIGINT, before)
        print(self.text(), flush=True)

    def loss(self, value: float) -> None:
        """Note the loss of this step (nats a token)."""
        self.losses.append(float(value))

    def say(self, text: str) -> None:
        """Print a line that belongs to this step, such as a sample of what the model writes."""
        print(f"step {self._done:4}: {text}", flush=True)

    def _interrupted(self, number: int, frame) -> None:
        if self.stopped:
            raise KeyboardInterrupt
        self.stopped = True

    def text(self) -> str:
        """How far it is, from which loss to which, and how long it will take."""
        told = f"{self._done} of {self.steps} steps in {self.seconds:.0f} s"
        if last := self.losses[-LAST:]:
            told += f", loss {self.losses[0]:.2f} → {sum(last) / len(last):.2f}"
        if 0 < self._done < self.steps and not self.stopped:
            told += f", about {self.seconds / self._done * (self.steps - self._done):.0f} s to go"
        told = f"{self.title}: {told}" if self.title else told
        told += f". {self._broken()}" if self._broken() else ""
        if self.stopped:
            told += f"\nInterrupted after step {self._done}. The model keeps what it has learned so far: "
            told += "run the cell again to train it further, or go on with the next cell as it is."
        return told

    def build(self):
        import ipywidgets as w

        return w.HTML(self._page(), layout={"max_width": "640px"})

    def _draw(self, last: bool) -> None:
        now = time.monotonic()
        if not last and now - self._drawn < (SPOKEN if self._widget is None else REFRESH):
            return
        self._drawn = now
        if self._widget is not None:
            self._widget.value = self._page()
        elif not last:  # the last line is printed in any case
            print(self.text(), flush=True)

    def _broken(self) -> str:
        """Where the loss is no number any more; empty where it always is one."""
        steps = [step for step, loss in enumerate(self.losses) if not math.isfinite(loss)]
        more = f" and in {len(steps) - 1} more" if len(steps) > 1 else ""
        return f"The loss is no number in step {steps[0]}{more}" if steps else ""

    def _page(self) -> str:
        bar = f'<progress max="{self.steps}" value="{self._done}" style="width:{WIDTH}px"></progress>'
        told = escape(self.text()).replace("\n", "<br>")
        return f'<div class="course-training" style="{LOOK}">{bar}<br>{told}<br>{self._curve()}</div>'

    def _curve(self) -> str:
        """The losses so far as a small line from 0 to the highest, with a gap where a loss is no number."""
        numbers = [loss for loss in self.losses if math.isfinite(loss)]
        if len(numbers) < 2:
            return ""
        low, high = min(0.0, *numbers), max(numbers)
        scale = (HEIGHT - 12) / ((high - low) or 1.0)
        shown, bottom = self.losses[:: max(1, len(self.losses) // WIDTH)], HEIGHT - 4
        path, pen = "", "M"
        for place, loss in enumerate(shown):
            if math.isfinite(loss):
                x = 30 + (WIDTH - 32) * place / max(len(shown) - 1, 1)
                path += f"{pen}{x:.1f},{bottom - scale * (loss - low):.1f} "
            pen = "L" if math.isfinite(loss) else "M"
        axis = f'<path d="M30,{bottom}H{WIDTH}" stroke="currentColor" opacity="0.4"/>'
        line = f'<path class="losses" d="{path}" fill="none" stroke="currentColor" stroke-width="1.6"/>'
        label = f"Loss over the steps: from {numbers[0]:.2f} to {numbers[-1]:.2f}. {self._broken()}".rstrip()
        ends = [words(0, 12, f"{high:.1f}"), words(0, bottom, f"{low:.2g}")]
        return svg(label, WIDTH, HEIGHT, [axis, line, *ends], size=11)
