"""A playground: one prompt goes to two models at the same time, both answers appear side by side, and you vote."""

import threading
from html import escape
from typing import Self

from course_utils.base import CourseError

from .answering import BUSY, Answering, Pane
from .page import BORDER, LOOK

PROMPTS = {"中文": "给我讲一个关于红狐狸的故事。", "English": "Tell me a story about a red fox."}
PROMPTS |= {"Suomi": "Kerro tarina ketusta."}
VOTES = {"left": "← left is better", "tie": "no difference", "right": "right is better →"}


class Playground(Answering):
    """One prompt, two models side by side (what `load` returns), streaming, with tokens per second and a vote.

    Buttons hold the same wish in Chinese, English and Finnish. Without a front end: `.ask("a prompt")`,
    `.vote("left")`. `votes` counts them: {"left": 0, "tie": 0, "right": 0}.
    """

    def __init__(self, left, right, **options):
        super().__init__()
        self.panes = {"left": Pane(left), "right": Pane(right)}
        self.options = {"max_new_tokens": 120, **options}
        self.prompt, self.votes = "", dict.fromkeys(VOTES, 0)
        self._voted = True

    def ask(self, prompt: str) -> Self:
        """Put one prompt (or the name of a ready one) to both models, and wait for both answers."""
        if not self.begin():
            raise CourseError(BUSY)
        self.answer(prompt)
        return self

    def vote(self, side: str) -> Self:
        """Vote for "left", "right" or "tie", once for each prompt. Raises CourseError."""
        if side not in VOTES:
            raise CourseError(f"Vote for {', '.join(map(repr, VOTES))}; not for {side!r}.")
        if self._voted or self.busy.locked():
            raise CourseError("Ask something first, wait for both answers, then vote once.")
        self.votes[side] += 1
        self._voted = True
        self.refresh()
        return self

    def answer(self, text: str) -> None:
        """Both answers at once. The turn is ours, and is given back at the end."""
        try:
            if text.strip():
                self.prompt, self._voted = PROMPTS.get(text, text), True
                arguments, panes = (self.prompt, self.options, self), self.panes.values()
                threads = [threading.Thread(target=pane.write, args=arguments, daemon=True) for pane in panes]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                self._voted = not any(pane.text for pane in panes)
        finally:
            self.end()

    def tally(self) -> str:
        """The votes so far, in words."""
        told = [f"{pane.name} {self.votes[side]}" for side, pane in self.panes.items()]
        return f"Votes: {', '.join(told)}, no difference {self.votes['tie']}"

    def text(self) -> str:
        if not self.prompt:
            names = " and ".join(pane.name for pane in self.panes.values())
            return f'A playground for {names}. Without widgets: playground.ask("Suomi"), then .vote("left")'
        told = [f"Prompt: {self.prompt}"]
        told += [f"{side}, {pane.name}: {pane.text}\n    ({pane.status})" for side, pane in self.panes.items()]
        return "\n".join([*told, self.tally()])

    def html(self) -> str:
        look = f"border:{BORDER};padding:6px 10px;flex:1 1 18em;min-height:9em;white-space:normal;{LOOK}"
        live, panes = "" if self.busy.locked() else ' role="status"', ""
        for pane in self.panes.values():
            panes += f'<div style="{look}"{live}><strong>{escape(pane.name)}</strong>'
            panes += f'<p style="white-space:pre-wrap;margin:0.4em 0">{escape(pane.text)}</p>'
            panes += f"<small>{escape(pane.status)}</small></div>"
        return f'<div style="display:flex;flex-wrap:wrap;gap:8px;max-width:860px">{panes}</div>'

    # ---- the widget

    def build(self):
        """A line to write on, buttons with ready prompts, both panes, and three buttons for the vote."""
        import ipywidgets as w

        asking = self.asking("Ask both", "One prompt for both")
        ready = [w.Button(description=name, layout={"width": "90px"}) for name in PROMPTS]
        for button in ready:
            button.on_click(self._ready)
        self._answers, self._tally = w.HTML(), w.HTML()
        self._votes = {side: w.Button(description=words, layout={"width": "140px"}) for side, words in VOTES.items()}
        for side, button in self._votes.items():
            button.on_click(lambda _, side=side: self.vote(side))
        rows = [w.HBox(asking), w.HBox(ready), self._answers, w.HBox([*self._votes.values()]), self._tally]
        self.show()
        return w.VBox(rows, layout={"max_width": "880px"})

    def _ready(self, button) -> None:
        """A button with a ready prompt was pressed."""
        if not self.busy.locked():
            self.line.value = PROMPTS[button.description]
            self.sent()

    def show(self) -> None:
        """Answers, votes and buttons as they are now."""
        super().show()
        self._answers.value, self._tally.value = self.html(), escape(self.tally())
        for button in self._votes.values():
            button.disabled = self.busy.locked() or self._voted
