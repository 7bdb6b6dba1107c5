"""A chat with any model of the course, and a playground where two answer the same prompt; Stop stops them."""

import threading
from html import escape
from typing import Self

import ipywidgets as w

from course_utils.base import CourseError

from .answering import BUSY, Answering, Pane
from .page import BORDER, LOOK

PROMPTS = {"中文": "给我讲一个关于红狐狸的故事。", "English": "Tell me a story about a red fox."}
PROMPTS |= {"Suomi": "Kerro tarina ketusta."}
VOTES = {"left": "← left is better", "tie": "no difference", "right": "right is better →"}


class ChatWindow(Answering):
    """A chat with `model` (what `load` returns). `options` go to `model.stream`, for example temperature=0.8.
    Without a front end: `chat(model).say("hello")` returns the answer, `print(chat)` the conversation. `history` is
    what the model is told: a list of {"role", "content"}."""

    def __init__(self, model, system: str | None = None, **options):
        super().__init__()
        self.pane, self.options, self.system = Pane(model), options, system
        self.history: list[dict[str, str]] = []
        self._told, self._writing = [], False

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

    def build(self):
        """The log, a line to write on, and three buttons."""
        self.log, self.below = w.HTML(self.html()), w.HTML()
        look = {"overflow": "auto", "max_height": "420px", "min_height": "60px", "border": BORDER}
        # reversed, the box keeps its scroll position at the newest line
        frame = w.Box([self.log], layout={"flex_flow": "column-reverse", "padding": "4px 10px", **look})
        row = self.asking("Send", "Write a message and press Enter", "You:")
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
            return self.end()
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


class Playground(Answering):
    """One prompt, two models side by side (what `load` returns), streaming, with tokens per second and a vote. Buttons
    hold the same wish in Chinese, English and Finnish. Without a front end: `.ask("a prompt")`, `.vote("left")`.
    `votes` counts them: {"left": 0, "tie": 0, "right": 0}."""

    def __init__(self, left, right, **options):
        super().__init__()
        self.panes = {"left": Pane(left), "right": Pane(right)}
        self.options = {"max_new_tokens": 120, **options}
        self.prompt, self.votes, self._voted = "", dict.fromkeys(VOTES, 0), True

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

    def build(self):
        """A line to write on, buttons with ready prompts, both panes, and three buttons for the vote."""
        asking = self.asking("Ask both", "One prompt for both", "Prompt:")
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
