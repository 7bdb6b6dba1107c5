"""A playground: one prompt goes to two models at the same time, both answers appear side by side, and you vote.

Each model writes in a thread of its own. `ask` waits for both and needs no front end.
"""

from __future__ import annotations

import threading
import time
from html import escape

from course_utils.base import CourseError

from .view import View

PROMPTS = {
    "中文": "给我讲一个关于红狐狸的故事。",
    "English": "Tell me a story about a red fox.",
    "Suomi": "Kerro tarina ketusta.",
}
SIDES = ("left", "right")
VOTES = {"left": "← left is better", "tie": "no difference", "right": "right is better →"}
REFRESH = 0.1  # seconds between two updates of the page


class Pane:
    """One model and its answer to the present prompt."""

    def __init__(self, model):
        self.model, self.name = model, str(getattr(model, "name", "model"))
        self.text = self.status = ""

    def write(self, prompt: str, options: dict, stop: threading.Event, drawn) -> None:
        """Let the model answer; an error becomes the text."""
        self.text, self.status = "", "…"
        began, first, stream = time.perf_counter(), 0.0, None
        try:
            stream = self.model.stream(prompt, **options)
            for chunk in stream:
                first = first or time.perf_counter()
                self.text += chunk.text
                if stop.is_set():
                    break
                drawn()
            ended, tokens = time.perf_counter(), stream.completion_tokens
            # over the whole time: pieces of a service come in bunches
            rate = tokens / max(ended - began, 1e-9)
            self.status = f"{tokens} tokens, {rate:,.0f} tokens/s, the first after {(first or ended) - began:.2f} s"
        except Exception as error:
            self.status = f"No answer. {error or type(error).__name__}"
        finally:
            if stream is not None:
                stream.close()


class Playground(View):
    """See show.playground. `votes` counts them: {"left": 0, "tie": 0, "right": 0}."""

    def __init__(self, left, right, prompts: dict | None = None, **options):
        self.panes = {"left": Pane(left), "right": Pane(right)}
        self.prompts = dict(PROMPTS if prompts is None else prompts)
        self.options = {"max_new_tokens": 120, **options}
        self.prompt, self.votes = "", dict.fromkeys(VOTES, 0)
        self._voted = True
        self._busy, self._stop, self._drawn = threading.Lock(), threading.Event(), 0.0

    def ask(self, prompt: str) -> Playground:
        """Put one prompt (or the name of a ready one) to both models, and wait for both answers."""
        if not self._busy.acquire(blocking=False):
            raise CourseError("Both models are still writing. Stop them first, or wait.")
        self._stop.clear()
        self._both(prompt)
        return self

    def stop(self) -> None:
        """Stop both answers; what is there stays."""
        self._stop.set()

    def vote(self, side: str) -> Playground:
        """Vote for "left", "right" or "tie", once for each prompt. Raises CourseError."""
        if side not in VOTES:
            raise CourseError(f"Vote for {', '.join(map(repr, VOTES))}; not for {side!r}.")
        if self._voted or self._busy.locked():
            raise CourseError("Ask something first, wait for both answers, then vote once.")
        self.votes[side] += 1
        self._voted = True
        self._draw()
        return self

    def _both(self, prompt: str) -> None:
        """Both answers at once. The lock is ours, and is given back at the end."""
        try:
            self.prompt, self._voted = self.prompts.get(prompt, prompt), True
            tick = lambda: self._draw(at_most_every=REFRESH)  # noqa: E731
            arguments = (self.prompt, self.options, self._stop, tick)
            threads = [threading.Thread(target=pane.write, args=arguments, daemon=True) for pane in self.panes.values()]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self._voted = not any(pane.text for pane in self.panes.values())
        finally:
            self._busy.release()
            self._draw()

    def tally(self) -> str:
        """The votes so far, in words."""
        left, right = (self.panes[side].name for side in SIDES)
        return f"Votes: {left} {self.votes['left']}, {right} {self.votes['right']}, no difference {self.votes['tie']}"

    def text(self) -> str:
        """Prompt, both answers with their speed, and the votes; or how to begin."""
        if not self.prompt:
            names = " and ".join(pane.name for pane in self.panes.values())
            return f'A playground for {names}. Without widgets: playground.ask("Suomi"), then .vote("left")'
        told = [f"Prompt: {self.prompt}"]
        told += [f"{side}, {pane.name}: {pane.text}\n    ({pane.status})" for side, pane in self.panes.items()]
        return "\n".join([*told, self.tally()])

    def html(self) -> str:
        """Both answers side by side, for places that show no widgets."""
        return (
            f'<div style="display:flex;flex-wrap:wrap;gap:8px;max-width:860px">{"".join(map(self._pane, SIDES))}</div>'
        )

    def _pane(self, side: str) -> str:
        pane = self.panes[side]
        look = "border:1px solid var(--jp-border-color1, #999);padding:6px 10px;flex:1 1 18em;min-height:9em;"
        look += "line-height:1.5;color:var(--jp-content-font-color1, inherit);white-space:normal"
        live = "" if self._busy.locked() else ' role="status"'
        return (
            f'<div style="{look}"{live}><strong>{escape(pane.name)}</strong>'
            f'<p style="white-space:pre-wrap;margin:0.4em 0">{escape(pane.text)}</p>'
            f"<small>{escape(pane.status)}</small></div>"
        )

    # ---- the widget

    def build(self):
        """A line to write on, buttons with ready prompts, both panes, and three buttons for the vote."""
        import ipywidgets as w

        self._input = w.Text(placeholder="One prompt for both", layout={"flex": "1 1 auto", "width": "auto"})
        self._send = w.Button(description="Ask both", button_style="primary", layout={"width": "90px"})
        self._halt = w.Button(description="Stop", disabled=True, layout={"width": "80px"})
        self._send.on_click(lambda _: self._begin(self._input.value))
        self._halt.on_click(lambda _: self.stop())
        ready = [w.Button(description=name, layout={"width": "90px"}) for name in self.prompts]
        for button in ready:
            button.on_click(lambda pressed: self._begin(pressed.description))
        self._answers, self._line = w.HTML(), w.HTML()
        self._votes = {side: w.Button(description=words, layout={"width": "140px"}) for side, words in VOTES.items()}
        for side, button in self._votes.items():
            button.on_click(lambda _, side=side: self.vote(side))
        rows = [w.HBox([self._input, self._send, self._halt]), w.HBox(ready), self._answers]
        rows += [w.HBox(list(self._votes.values())), self._line]
        box = w.VBox(rows, layout={"max_width": "880px"})
        box.add_class("course-playground")
        self._widget = box
        self._draw()
        return box

    def _begin(self, prompt: str) -> None:
        """A button was pressed: answer in a thread, so that Stop can be heard."""
        if prompt.strip() and self._busy.acquire(blocking=False):
            self._stop.clear()
            self._input.value = self.prompts.get(prompt, prompt)
            threading.Thread(target=self._both, args=(prompt.strip(),), daemon=True).start()

    def _draw(self, at_most_every: float = 0.0) -> None:
        """Bring the page up to date, if there is one."""
        now = time.monotonic()
        if self._widget is None or now - self._drawn < at_most_every:
            return
        self._drawn = now
        self._answers.value, self._line.value = self.html(), escape(self.tally())
        busy = self._busy.locked()
        self._send.disabled, self._halt.disabled = busy, not busy
        for button in self._votes.values():
            button.disabled = busy or self._voted
