"""Exercises that answer at once: `q1.check()`, `q1.hint()`, `q1.solution()`.

How to write one, in `exercises/eNN_name.py`, one file a notebook:

    from .engine import Exercise, choice, compare, contains, function, given, number, ordering

    q1 = Exercise(
        "04.q1",                              # number of the notebook, dot, the name the learner types
        "answer_1",                           # the learner's variable; several: ("low", "high")
        judge=number(3.8, within=0.05, unit="billions"),
        right="Three billion eight hundred million weights, and each is used for every token.",
        right_examples=[3.8, 3.75],           # at least one
        known_wrong=[                         # at least one: (example, what is behind it)
            (7, "That is Mistral 7B. Phi-3-**mini** is about half of it."),
            (-1, "A model cannot have fewer than no weights.", lambda answer: answer < 0),
        ],
        hints=["`mini` is in the name.", "Use `model.num_parameters()`."],     # at least two
        code="answer_1 = 3.8",                # the solution; the tests run it if it needs no notebook variables
        why="`num_parameters` counts 3,821,079,552.",
    )

In the notebook: a cell `answer_1 = ...` (the Ellipsis means "not attempted"), then a cell `q1.check()`. For
a function the cell is `def softmax(scores): ...`, and the exercise names "softmax". `check` shows a message
and returns nothing. It never raises, whatever the answer is.

Judges (`judge=`):

* `number(expected, within=0.01, unit="")`: `within` is relative, `plus_minus=` absolute. `expected` may be
  a function of the notebook's variables, for values measured there: `number(lambda ns: ns["seconds"] * 2)`.
  It knows by itself mega for giga, bits for bytes, GB for GiB, minutes for seconds, if `unit` says what is wanted.
* `choice("b", of="abcd")`: one of some options; letters, words, True or False. Case does not matter.
* `ordering(["tokenize", "embed", "attend"])`: a list, a tuple, or a text with commas, in this order.
* `contains("sliding", ("window", "ikkuna"), avoid=["encoder"])`: a text with every item; of a tuple, one.
* `function([((1, 2), 3), ((0, 0), 0)])`: cases of (arguments, expected). `expected` may be a function of
  the result that returns True, False, or a text that says what is wrong.
* your own: a function of the answer (several names: of the answers, in that order); if it has a parameter
  called `namespace` it gets the notebook's variables. It returns True (right), False (not yet) or a text
  (not yet, and why). An exception in it counts as "not yet".

A known wrong answer is met when the learner's value equals the example (numbers to 1 %, texts without
regard to case, functions by what they return in the cases) or, with a third item, when that judge says so:
a function as above, or a ready one, as in `(7, "Tokens, not words.", number(lambda ns: ns["tokens"]))`. The
first one met gives the message. Where the names are several or a judge needs measured values, write every
example as `given(low=1, high=2, seconds=0.5)`. `nudge=` replaces the general sentence for all other wrong
answers.

A prediction is neither right nor wrong: a cell `my_guess = ...`, then `compare(my_guess, measured, "ms",
claim="04-wait")`. The claim is the id of the cell, and has a sentence in `claims.toml`.

Texts mark `code` and **strong** words; keep each to three sentences. `three_ways(q1)` lists what is wrong
with an exercise, and nothing when it is sound; the tests call it for every exercise of every notebook.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass

from ..language import english
from ..show.view import publish
from . import progress
from .judges import (
    NOT_ATTEMPTED,
    NOT_YET,
    RIGHT,
    Custom,
    Judge,
    Verdict,
    choice,
    contains,
    function,
    number,
    ordering,
)
from .note import TITLES, Note
from .predictions import compare
from .values import alike, describe

__all__ = [
    "NOT_ATTEMPTED",
    "NOT_YET",
    "RIGHT",
    "Exercise",
    "Verdict",
    "choice",
    "compare",
    "contains",
    "function",
    "given",
    "number",
    "ordering",
    "three_ways",
]


class Example(dict):
    """The variables of an example; see `given`."""


def given(**names) -> Example:
    """An example answer made of several variables of the notebook."""
    return Example(names)


@dataclass(frozen=True, eq=False)
class KnownWrong:
    """A wrong answer the author foresaw, what is behind it, and the judge that knows it."""

    example: object
    because: str
    when: Judge


class NotMeasured(KeyError):
    """A judge needs a variable of the notebook that has no value yet."""


class Variables(dict):
    """The notebook's variables, as a judge sees them: a gap among them is no gap in a learner's own table."""

    def __missing__(self, name):
        raise NotMeasured(name)


@dataclass(eq=False, repr=False)
class Exercise:
    """One exercise of one notebook. The docstring of this module explains each argument."""

    id: str
    names: str | Sequence[str]
    _: KW_ONLY
    judge: Callable | Judge
    right: str
    right_examples: Sequence
    known_wrong: Sequence[tuple]
    hints: Sequence[str]
    code: str
    why: str
    nudge: str = ""

    def __post_init__(self):
        if not re.fullmatch(r"\d\d\.\w+", self.id):
            raise ValueError(f"An exercise id looks like '04.q1', not {self.id!r}.")
        self.name = self.id.partition(".")[2]
        self.names = (self.names,) if isinstance(self.names, str) else tuple(self.names)
        self.judge = _as_judge(self.judge)
        self.known_wrong = [self._known_wrong(*item) for item in self.known_wrong]
        self._hints_shown = 0

    def _known_wrong(self, example, because: str, when: Callable | Judge | None = None) -> KnownWrong:
        return KnownWrong(example, because, Equal(self, example) if when is None else _as_judge(when))

    def check(self, namespace: Mapping | None = None) -> None:
        """Look at the learner's variables and say how they do. The outcome goes into the progress file."""
        verdict = self.verdict(_notebook() if namespace is None else namespace)
        if verdict.outcome != NOT_ATTEMPTED:
            progress.record(self.id, verdict.outcome == RIGHT)
        after = f"Stuck? `{self.name}.hint()`" if verdict.outcome == NOT_YET else ""
        publish(Note(verdict.outcome, TITLES[verdict.outcome], verdict.message, after=after))

    def hint(self) -> None:
        """Show the next hint; after the last one, all of them again."""
        total, number = len(self.hints), self._hints_shown + 1
        self._hints_shown = number
        answer = f"The answer: `{self.name}.solution()`"
        if number > total:
            again = "".join(f"\n{place}. {hint}" for place, hint in enumerate(self.hints, 1))
            publish(Note("hint", "All hints", again, after=answer))
            return
        after = f"More: `{self.name}.hint()`" if number < total else answer
        publish(Note("hint", f"Hint {number} of {total}", self.hints[number - 1], after=after))

    def solution(self) -> None:
        """Show an answer, and why it is one."""
        publish(Note("solution", "Solution", code=self.code, after=self.why))

    def verdict(self, namespace: Mapping) -> Verdict:
        """Judge the variables in `namespace`: shows nothing, stores nothing, never raises."""
        try:
            missing = [name for name in self.names if name not in namespace]
            if missing:
                return Verdict(NOT_ATTEMPTED, f"`{missing[0]}` has no value yet. Run the cell that sets it first.")
            for name in self.names:
                if self.judge.untouched(namespace[name]):
                    advice = f"Put your answer in the place of the `...` for `{name}`, then run both cells."
                    return Verdict(NOT_ATTEMPTED, advice)
            values = [english(namespace[name]) for name in self.names]
            return self._judged(values, Variables(namespace))
        except Exception as error:
            return Verdict(NOT_YET, f"This answer could not be read ({type(error).__name__}).", error)

    def _judged(self, values: list, namespace: Mapping) -> Verdict:
        fault = None
        try:
            result = self.judge.judge(values, namespace)
        except NotMeasured as error:
            advice = f"`{error.args[0]}` is not measured yet. Run the cells above first."
            return Verdict(NOT_ATTEMPTED, advice)
        except Exception as error:
            fault = error
            result = f"This answer could not be compared; it is {describe(values[0])}."
        if isinstance(result, Verdict):
            return result
        if result is not None and not isinstance(result, str) and bool(result):
            return Verdict(RIGHT, self.right)
        exact = [wrong for wrong in self.known_wrong if isinstance(wrong.when, Equal) and wrong.when.exactly(values)]
        for wrong in (*exact, *self.known_wrong):  # two slips can lie within 1 % of each other
            if wrong in exact or self._matches(wrong, values, namespace):
                return Verdict(NOT_YET, wrong.because)
        general = self.nudge or f"`{self.names[0]}` is {describe(values[0])}, and that is not it."
        return Verdict(NOT_YET, result if isinstance(result, str) and result else general, fault)

    def _matches(self, wrong: KnownWrong, values: list, namespace: Mapping) -> bool:
        try:
            result = wrong.when.judge(values, namespace)
            return not isinstance(result, str) and bool(result)
        except Exception:  # an answer of another kind than this judge or example expects
            return False

    def example(self, value) -> dict:
        """The notebook's variables that an example of the author stands for."""
        if isinstance(value, Example):
            return dict(value)
        return {self.names[0]: value} if len(self.names) == 1 else dict(zip(self.names, value, strict=True))

    def __repr__(self) -> str:
        return f"Exercise {self.id}: set {', '.join(self.names)}, then {self.name}.check(), .hint(), .solution()"


class Equal(Judge):
    """Knows a wrong answer by its value, compared as the judge of its exercise compares."""

    def __init__(self, exercise: Exercise, example):
        self.exercise, self.example = exercise, example

    def judge(self, values, namespace):
        return all(map(self.exercise.judge.same, values, self._known()))

    def exactly(self, values) -> bool:
        """Whether these are the very values of the example."""
        return all(map(alike, values, self._known()))

    def _known(self) -> list:
        known = self.exercise.example(self.example)
        return [known[name] for name in self.exercise.names]


def _as_judge(judge: Callable | Judge) -> Judge:
    return judge if isinstance(judge, Judge) else Custom(judge)


def _notebook() -> Mapping:
    """The variables of the notebook, or of the plain Python session."""
    if "IPython" in sys.modules:
        from IPython import get_ipython

        if get_ipython() is not None:
            return get_ipython().user_ns
    return vars(sys.modules["__main__"])


def three_ways(exercise: Exercise) -> list[str]:
    """What is wrong with an exercise, tried untouched, with each right example and with each wrong one."""
    found = []
    if len(exercise.hints) < 2 or not (exercise.right_examples and exercise.known_wrong and exercise.why):
        found.append("needs two hints, a right example, a known wrong one, and a why")
    tries = [({}, NOT_ATTEMPTED, None), (dict.fromkeys(exercise.names, ...), NOT_ATTEMPTED, None)]
    tries += [(exercise.example(value), RIGHT, exercise.right) for value in exercise.right_examples]
    tries += [(exercise.example(wrong.example), NOT_YET, wrong.because) for wrong in exercise.known_wrong]
    for namespace, outcome, message in tries:
        verdict = exercise.verdict(namespace)
        if verdict.outcome != outcome or (message is not None and verdict.message != message):
            fault = f" ({verdict.fault!r})" if verdict.fault else ""
            found.append(f"{describe(namespace, 120)}: “{message or outcome}” expected, but: {verdict.message}{fault}")
    texts = [exercise.right, *(wrong.because for wrong in exercise.known_wrong)]
    if len(set(texts)) != len(texts):
        found.append("two answers share one message")
    return [f"{exercise.id}: {fault}" for fault in [*found, *_solution_faults(exercise)]]


def _solution_faults(exercise: Exercise) -> list[str]:
    """Run the solution where it can run alone; where it needs the notebook's variables, only compile it."""
    try:
        code = compile(exercise.code, "solution", "exec")
    except SyntaxError as error:
        return [f"the solution is not Python: {error}"]
    first = next(iter(exercise.right_examples), None)
    namespace = dict(first) if isinstance(first, Example) else {}
    for name in exercise.names:
        namespace.pop(name, None)
    try:
        exec(code, namespace)
    except NameError:
        return []
    except Exception as error:
        return [f"the solution stops with {error!r}"]
    verdict = exercise.verdict(namespace)
    return [] if verdict.outcome == RIGHT else [f"the solution is judged {verdict.outcome}: {verdict.message}"]
