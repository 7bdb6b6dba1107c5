"""A training that can be watched: a bar, the loss as a number and as a curve, and an interrupt that loses nothing.

In a notebook's training loop:

    bar = show.training(300)
    for step in bar:
        ...                       # one step
        bar.loss(loss)
        if step % 100 == 0:
            bar.say("What the model writes by now.")
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

from .note import front_end, publish
from .view import View, has_widgets

REFRESH = 0.3  # seconds between two updates of the page
SPOKEN = 5.0  # seconds between two lines where there is no page
WIDTH, HEIGHT = 420, 96  # of the curve, in pixels
LAST = 10  # steps that the loss at the end is the mean of: one step alone jumps


class Training(View):
    """Iterate over it for the numbers of the steps. `losses` keeps what `loss` was told, one value a step.

    An interrupt (Kernel ▸ Interrupt, or Ctrl+C) takes effect between two steps, so the model is never left in the
    middle of one; a second interrupt stops at once. `stopped` says whether there was one.
    """

    def __init__(self, steps: int, title: str = ""):
        self.steps, self.title = steps, title
        self.losses: list[float] = []
        self.stopped = False
        self.seconds = 0.0
        self._done = 0
        self._drawn = 0.0

    def __iter__(self) -> Iterator[int]:
        began = time.perf_counter()
        before = self._catch_interrupts()
        if front_end() and has_widgets():
            publish(self)
        try:
            for step in range(self.steps):
                yield step
                self._done = step + 1
                self.seconds = time.perf_counter() - began
                self._draw(last=self.stopped or self._done == self.steps)
                if self.stopped:
                    break
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
        print(self.text(), flush=True)

    def loss(self, value: float) -> None:
        """Note the loss of this step (nats a token)."""
        self.losses.append(float(value))

    def say(self, text: str) -> None:
        """Print a line that belongs to this step, such as a sample of what the model writes."""
        print(f"step {self._done:4}: {text}", flush=True)

    def _catch_interrupts(self):
        """Let an interrupt wait for the end of the step. Returns the handler before, None if there is no way."""
        if threading.current_thread() is not threading.main_thread():
            return None

        def stop(number, frame) -> None:
            if self.stopped:
                raise KeyboardInterrupt
            self.stopped = True

        return signal.signal(signal.SIGINT, stop)

    # ---- what is shown

    def text(self) -> str:
        """How far it is, and from which loss to which."""
        told = f"{self._done} of {self.steps} steps in {self.seconds:.0f} s"
        if self.losses:
            last = self.losses[-LAST:]
            told += f", loss {self.losses[0]:.2f} → {sum(last) / len(last):.2f}"
        told = f"{self.title}: {told}" if self.title else told[:1].upper() + told[1:]
        if self.stopped:
            told += (
                f"\nInterrupted after step {self._done}. The model keeps what it has learned so far: "
                "run the cell again to train it further, or go on with the next cell as it is."
            )
        return told

    def build(self):
        """The bar and the curve as one HTML widget."""
        import ipywidgets as w

        return w.HTML(self._page(), layout={"max_width": "640px"})

    def _draw(self, last: bool) -> None:
        now = time.monotonic()
        wait = REFRESH if self._widget is not None else SPOKEN
        if not last and now - self._drawn < wait:
            return
        self._drawn = now
        if self._widget is not None:
            self._widget.value = self._page()
        elif not last:  # the last line is printed in any case
            print(self.text(), flush=True)

    def _page(self) -> str:
        bar = f'<progress max="{self.steps}" value="{self._done}" style="width:{WIDTH}px"></progress>'
        look = "line-height:1.5;color:var(--jp-content-font-color1, inherit)"
        return f'<div class="course-training" style="{look}">{bar}<br>{self._told()}<br>{self._curve()}</div>'

    def _told(self) -> str:
        loss = f", loss {self.losses[-1]:.2f}" if self.losses else ""
        rate = self._done / self.seconds if self.seconds else 0
        left = f", about {(self.steps - self._done) / rate:.0f} s to go" if rate and self._done < self.steps else ""
        title = f"{self.title}: " if self.title else ""
        return f"{title}step {self._done} of {self.steps}{loss}, {self.seconds:.0f} s{left}"

    def _curve(self) -> str:
        """The losses so far as a small line, the height from 0 to the highest."""
        if len(self.losses) < 2:
            return ""
        every = max(1, len(self.losses) // WIDTH)
        shown, top = self.losses[::every], max(self.losses)
        points = " ".join(
            f"{30 + (WIDTH - 32) * at / (len(shown) - 1):.1f},{HEIGHT - 4 - (HEIGHT - 12) * value / top:.1f}"
            for at, value in enumerate(shown)
        )
        label = f"Loss over the steps: from {self.losses[0]:.2f} to {self.losses[-1]:.2f}"
        text = 'font-size="11" fill="currentColor"'
        return (
            f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{label}">'
            f'<line x1="30" y1="{HEIGHT - 4}" x2="{WIDTH}" y2="{HEIGHT - 4}" stroke="currentColor" opacity="0.4"/>'
            f'<text x="0" y="12" {text}>{top:.1f}</text><text x="0" y="{HEIGHT - 4}" {text}>0</text>'
            f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.6"/></svg>'
        )
