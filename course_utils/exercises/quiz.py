"""The quiz that closes a notebook, and the warm-up that opens the next ones.

How to write one, in `exercises/quizzes/04.toml`:

    [[quiz]]
    id = "04.token"
    text = "What is a **token**?"
    choices = [
      { text = "A word.", because = "Often, but `unhappily` can be three tokens and `the` is one." },
      { text = "A piece of text with a number.", right = true, because = "The model sees the numbers." },
      { text = "A letter.", because = "Some tokens are one letter. Most are longer." },
    ]

and `[[deeper_quiz]]` for the optional part of the notebook. In `exercises/eNN_name.py`:

    quiz = Quiz.read("04")
    deeper_quiz = Quiz.read("04", "deeper_quiz")
    warm_up = WarmUp("04")    # two questions of the quizzes before 04, those this learner missed first

An id is the number of the notebook, a dot, and a word; it must stay the same, for progress is kept under
it. Each question has exactly one right choice, and every choice a reason. Put the right one in different
places. `code` and **strong** words work.

In a notebook: `quiz.show()`. Without widgets: the same call prints the questions, and `quiz.answer(1, "b")`
answers the first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from course_utils.base import data

from ..show.view import View, publish
from . import progress
from .note import TITLES, WHOLE_WORDS, Note, markup, plain, unmarked
from .values import describe

LETTERS = "abcdefgh"
# A choice can be a sentence: its button is as wide as the question and breaks its lines.
STYLE = (
    """<style>.course-quiz-choice.jupyter-button { width: auto; height: auto; text-align: left;
white-space: normal; line-height: 1.5; padding: 4px 10px; }</style>"""
    + WHOLE_WORDS
)


@dataclass(frozen=True)
class Choice:
    """One possible answer, whether it is right, and why or why not."""

    text: str
    right: bool
    because: str


class Question:
    """A question with one right choice among two or more."""

    def __init__(self, id: str, text: str, choices: Sequence[Choice]):
        if not re.fullmatch(r"\d\d\.[\w-]+", id):
            raise ValueError(f"A question id looks like '04.token', not {id!r}.")
        if sum(choice.right for choice in choices) != 1 or not 2 <= len(choices) <= len(LETTERS):
            raise ValueError(f"{id} needs two to {len(LETTERS)} choices, one of them right.")
        if not all(choice.because for choice in choices):
            raise ValueError(f"{id} needs a reason for every choice.")
        self.id = id
        self.text = text
        self.choices = dict(zip(LETTERS, choices, strict=False))

    def letter(self, answer) -> str | None:
        """The letter that "b", "B)" or the words of a choice mean; None for anything else."""
        if not isinstance(answer, str):
            return None
        plain = answer.strip(" .()").casefold()
        if plain in self.choices:
            return plain
        return next(
            (letter for letter, choice in self.choices.items() if choice.text.casefold() == answer.casefold()),
            None,
        )


class Quiz(View):
    """Questions in a row. `show()` displays them; `answer` works without widgets."""

    def __init__(self, notebook: str, questions: Sequence[Question], name: str = "quiz"):
        self.notebook = notebook
        self.name = name  # what it is called in the notebook
        self._questions = list(questions)
        self._answers: dict[str, list[str]] = {}  # the letters chosen so far, by question id

    title = "Quiz"

    @classmethod
    def read(cls, notebook: str, name: str = "quiz") -> Self:
        """The questions called `name` in `quizzes/NN.toml`."""
        asked = data(__file__, f"quizzes/{notebook}.toml")[name]
        return cls(
            notebook, [Question(one["id"], one["text"], list(map(_choice, one["choices"]))) for one in asked], name
        )

    @property
    def questions(self) -> list[Question]:
        """The questions, in order."""
        return self._questions

    def show(self) -> None:
        """Show the questions, with buttons where there is a front end."""
        publish(self)

    def answer(self, number: int, letter: str) -> None:
        """Answer question `number` (from 1) with a letter, and see why it is right or not."""
        publish(self._answered(number, letter))

    def score(self) -> str:
        """How many questions were answered right at the first try, in one sentence."""
        first = sum(self._answers[q.id][0] == _right(q) for q in self.questions if q.id in self._answers)
        return f"{len(self._answers)} of {len(self.questions)} answered, {first} right at the first try."

    def _answered(self, number, answer) -> Note:
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= len(self.questions):
            return Note("not attempted", "Which question?", f"The questions are numbered 1 to {len(self.questions)}.")
        question = self.questions[number - 1]
        letter = question.letter(answer)
        if letter is None:
            letters = ", ".join(f'"{one}"' for one in question.choices)
            body = f"Question {number} can be answered with {letters}, not with {describe(answer)}."
            return Note("not attempted", "Which choice?", body)
        before = self._answers.setdefault(question.id, [])
        if _right(question) not in before:  # afterwards a click only reads the other reasons
            progress.record(question.id, question.choices[letter].right)
        before.append(letter)
        choice = question.choices[letter]
        kind = "right" if choice.right else "not yet"
        return Note(kind, TITLES[kind], f"{letter}) {choice.because}", after=self.score() if choice.right else "")

    def text(self) -> str:
        """The questions as plain text, with what was answered so far."""
        lines = [f"{self.title}, notebook {self.notebook}"]
        for number, question in enumerate(self.questions, 1):
            lines += ["", f"{number}. {unmarked(question.text)}"]
            lines += [f"   {letter}) {unmarked(choice.text)}" for letter, choice in question.choices.items()]
            lines += [f"   Answered: {', '.join(self._answers[question.id])}"] if question.id in self._answers else []
        lines += ["", f'Answer with {self.name}.answer(1, "a").'] if self.questions else ["", "No earlier quiz yet."]
        return "\n".join(lines)

    def html(self) -> str:
        """The questions as HTML without controls, for places that show no widgets."""
        items = [
            f'<li><p>{markup(question.text)}</p><ol type="a">'
            + "".join(f"<li>{markup(choice.text)}</li>" for choice in question.choices.values())
            + "</ol></li>"
            for question in self.questions
        ]
        return f"<section aria-label='{self.title}'><ol>{''.join(items)}</ol></section>"

    def build(self):
        """One box a question: a button for each choice, and a place for the reason."""
        import ipywidgets as w

        boxes = [self._box(number, question) for number, question in enumerate(self.questions, 1)]
        return w.VBox([w.HTML(STYLE), *boxes] if boxes else [w.HTML("No earlier quiz yet.")])

    def _box(self, number: int, question: Question):
        import ipywidgets as w

        reason = w.HTML()
        buttons = []
        for letter, choice in question.choices.items():
            button = w.Button(description=f"{letter})  {plain(choice.text)}")
            button.add_class("course-quiz-choice")

            def choose(button, letter=letter, choice=choice):
                button.description = f"{'✓' if choice.right else '✗'} {letter})  {plain(choice.text)}"
                reason.value = self._answered(number, letter).html()

            button.on_click(choose)
            buttons.append(button)
        look = "margin:0.8em 0 0.2em;line-height:1.5"
        heading = f'<p style="{look}"><strong>{number}.</strong> {markup(question.text)}</p>'
        return w.VBox([w.HTML(heading), *buttons, reason], layout={"max_width": "46em"})


class WarmUp(Quiz):
    """Two questions of earlier notebooks, chosen when first looked at: those this learner missed first."""

    title = "Warm-up"

    def __init__(self, notebook: str, count: int = 2):
        super().__init__(notebook, [], name="warm_up")
        self.count = count
        self._chosen = False

    @property
    def questions(self) -> list[Question]:
        """The questions chosen for this learner; the same ones for as long as the kernel lives."""
        if not self._chosen:
            from . import every_quiz

            self._questions = pick(self.notebook, every_quiz(before=self.notebook), progress.load(), self.count)
            self._chosen = True
        return self._questions


def pick(notebook: str, quizzes: Sequence[Quiz], records: dict[str, dict], count: int) -> list[Question]:
    """Choose questions: still wrong first, then missed once, then never seen, then the rest. Last come those of
    notebooks in which this learner has tried nothing.

    Among equals the order is turned by the notebook's number, so that each warm-up asks others, and the
    same ones each time.
    """
    questions = [question for quiz in quizzes if quiz.notebook < notebook for question in quiz.questions]
    turn = int(notebook) * count % len(questions) if questions else 0
    opened = {id.partition(".")[0] for id in records}

    def need(question: Question) -> int:
        record = records.get(question.id)
        if record is None:
            return 2 if question.id.partition(".")[0] in opened else 4
        if not record["right"]:
            return 0
        return 1 if record["misses"] else 3

    return sorted(questions[turn:] + questions[:turn], key=need)[:count]


def _choice(row: dict) -> Choice:
    return Choice(row["text"], row.get("right", False), row["because"])


def _right(question: Question) -> str:
    return next(letter for letter, choice in question.choices.items() if choice.right)
