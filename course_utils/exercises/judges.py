"""Ready judges for exercises; the docstring of `engine` shows how to use them."""

from __future__ import annotations

import contextlib
import copy
import dis
import inspect
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..language import word
from .values import alike, as_number, describe, plain_value

RIGHT, NOT_YET, NOT_ATTEMPTED = "right", "not yet", "not attempted"


@dataclass(frozen=True)
class Verdict:
    """What became of an answer: RIGHT, NOT_YET or NOT_ATTEMPTED; `fault` is an exception in the judge."""

    outcome: str
    message: str = ""
    fault: Exception | None = None


class Judge:
    """Decides about answers. A judge returns True, False, or a text that says what is not yet right."""

    def judge(self, values: list, namespace: Mapping):
        """Judge all the answers of an exercise."""
        return self.one(values[0], namespace)

    def one(self, value, namespace: Mapping):
        """Judge one answer; what most judges override."""
        raise NotImplementedError

    def untouched(self, value) -> bool:
        """True when the learner has not answered: `...`, also inside a list, or an empty text or function."""
        if isinstance(value, list | tuple):
            return any(item is ... for item in value)
        return value is ... or (isinstance(value, str) and value.strip() in ("", "...")) or _blank(value)

    def same(self, value, example) -> bool:
        """True when a learner's value is this known wrong one."""
        return alike(value, example)


class Custom(Judge):
    """An author's own function of the answers, and of the namespace if it asks for it by that name."""

    def __init__(self, decide: Callable):
        self.decide = decide
        self.asks = "namespace" in inspect.signature(decide).parameters

    def judge(self, values, namespace):
        return self.decide(*values, namespace=namespace) if self.asks else self.decide(*values)


class number(Judge):  # noqa: N801  (judges read as words in an exercise: judge=number(3.8))
    """A number within a relative (`within`) or an absolute (`plus_minus`) distance of `expected`."""

    def __init__(self, expected, within: float = 0.01, plus_minus: float | None = None, unit: str = ""):
        self.expected, self.within, self.plus_minus, self.unit = expected, within, plus_minus, unit

    def one(self, value, namespace):
        if isinstance(value, str):
            return "That is a text. Write the number without quotes, and with a point for the decimals."
        answer = as_number(value)
        if answer is None:
            return f"A number is wanted here; this is {describe(value)}."
        expected = as_number(self.expected(namespace) if callable(self.expected) else self.expected)
        room = self.plus_minus if self.plus_minus is not None else self.within * abs(expected)
        if abs(answer - expected) <= room:
            return True
        slip = _another_unit(answer / expected, self.unit) if expected else ""
        if slip:
            return (
                f"{slip} {f'The unit wanted: {word(self.unit)}.' if self.unit else 'Another power of ten is wanted.'}"
            )
        size = "too high" if answer > expected else "too low"
        return _sentence(f"{describe(answer)} is {size}.")

    def same(self, value, example):
        """Within 1 %, as rounding leaves it, and never nearer to the right answer than to the slip."""
        mine, known = as_number(value), as_number(example)
        if mine is None or known is None or isinstance(value, str):
            return alike(value, example)
        if isinstance(mine, int) and isinstance(known, int) and abs(known) < 1000:
            return mine == known
        right = None if callable(self.expected) else as_number(self.expected)
        room = 0.01 * abs(known) if right is None else min(0.01 * abs(known), abs(known - right) / 3)
        return abs(mine - known) <= room


class choice(Judge):  # noqa: N801
    """One of some options: letters, words, True or False."""

    def __init__(self, expected, of: Sequence):
        if not any(alike(expected, option) for option in of):
            raise ValueError(f"{expected!r} is not among the options {list(of)!r}.")
        self.expected, self.of = expected, list(of)

    def one(self, value, namespace):
        if self.same(value, self.expected):
            return True
        if any(self.same(value, option) for option in self.of):
            return False
        options = ", ".join(repr(option) for option in self.of)
        return f"Choose one of {options}; this is {describe(value)}."

    def same(self, value, example):
        return alike(_bare(value), _bare(example))


class ordering(Judge):  # noqa: N801
    """All the items, in this order: a list, a tuple, or a text with commas or arrows between them."""

    def __init__(self, expected: Sequence):
        self.expected = list(expected)

    def one(self, value, namespace):
        items = self._items(value)
        if items is None:
            return f"A list is wanted here, such as ['first', 'second']; this is {describe(value)}."
        missing = [want for want in self.expected if not any(alike(want, item) for item in items)]
        if missing:
            return _sentence(f"{describe(missing[0])} is missing.")
        if len(items) != len(self.expected):
            return f"There are {len(self.expected)} items to put in order; this has {len(items)}."
        placed = sum(map(alike, items, self.expected))
        return placed == len(items) or f"{placed} of {len(items)} are in their place."

    def same(self, value, example):
        return alike(self._items(value), self._items(example))

    @staticmethod
    def _items(value) -> list | None:
        if isinstance(value, str):
            separator = r"->|[,;>→\n]" if re.search(r"[,;>→\n]", value) else r"\s+"
            return [item.strip() for item in re.split(separator, value) if item.strip()]
        plain = plain_value(value)
        return list(plain) if isinstance(plain, list | tuple) else None


class contains(Judge):  # noqa: N801
    """A text that holds every item of `words` (of a tuple: one of them) and none of `avoid`, in any case."""

    def __init__(self, *words: str | tuple[str, ...], avoid: Sequence[str] = ()):
        self.words = [(word,) if isinstance(word, str) else word for word in words]
        self.avoid = list(avoid)

    def one(self, value, namespace):
        if not isinstance(value, str):
            return f"A text in quotes is wanted here; this is {describe(value)}."
        text = value.casefold()
        unwanted = [word for word in self.avoid if word.casefold() in text]
        if unwanted:
            return f"“{unwanted[0]}” does not belong here."
        there = sum(any(word.casefold() in text for word in group) for group in self.words)
        return there == len(self.words) or f"Something is missing: {there} of {len(self.words)} parts are there."


class function(Judge):  # noqa: N801
    """A function that returns what is expected in every case: `(arguments, expected)`."""

    def __init__(self, cases: Sequence[tuple[tuple, object]], within: float = 1e-6):
        self.cases, self.within = list(cases), within

    def one(self, value, namespace):
        if not callable(value):
            return f"A function is wanted here; this is {describe(value)}. Write its name without brackets."
        for arguments, expected in self.cases:
            result = _call(value, arguments)
            gap = _has_gap(value)
            if gap and _comes_from_gap(result):
                return Verdict(NOT_ATTEMPTED, "There is still a `...` in the function. Put your code in its place.")
            fault = self._fault(arguments, result, expected)
            if fault:
                # a `...` can be an index of the learner's own too, and then the fault is elsewhere
                odd = gap and _failed(result)
                return f"{fault.rstrip('.')}. There is a `...` in it: is that meant?" if odd else fault
        return True

    def _fault(self, arguments, result, expected) -> str:
        """What is wrong with the result of one case; empty when nothing is."""
        call = f"With {', '.join(map(describe, arguments)) or 'no arguments'} your function"
        if _failed(result):
            return f"{call} stops with {type(result).__name__}: {str(result)[:200]}"
        verdict = expected(result) if callable(expected) else alike(result, expected, self.within)
        if isinstance(verdict, str):
            return verdict
        if verdict:
            return ""
        if result is None:
            return f"{call} returns nothing. Is there a `return`?"
        wanted = "" if callable(expected) else f" {describe(expected)} is expected."
        return _sentence(f"{call} returns {describe(result)}.{wanted}")

    def same(self, value, example):
        if not (callable(value) and callable(example)):
            return alike(value, example)
        results = ((_call(value, arguments), _call(example, arguments)) for arguments, _ in self.cases)
        return all(
            type(mine) is type(known) if isinstance(known, BaseException) else alike(mine, known, self.within)
            for mine, known in results
        )


def _call(value, arguments):
    """The result, or the exception it stopped with. Each call has its own copy of the arguments and prints nothing."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # a function that prints would do so once for each known slip
            return value(*copy.deepcopy(arguments))
    except (Exception, SystemExit) as error:
        return error


def _failed(result) -> bool:
    return isinstance(result, BaseException)


def _comes_from_gap(result) -> bool:
    """True for a `...` that came back, and for an error that speaks of it, as Python's and Torch's own do."""
    return result is ... or (_failed(result) and "ellipsis" in str(result).casefold())


# How a right number looks in the wrong unit: (unit wanted, factors, tolerance, what happened).
SLIPS = (
    (r"", (1e3, 1e6, 1e9, 2.0**10, 2.0**20, 2.0**30), 0.01, "The digits fit, but not their size."),
    (r"\b(bits?|bytes?|[KMGT]i?B)\b", (8,), 0.01, "A byte has 8 bits."),
    (r"\bGi?B\b", (1.024**3,), 0.004, "A GB is 1,000³ bytes, a GiB is 1,024³."),
    (r"\bMi?B\b", (1.024**2,), 0.004, "A MB is 1,000² bytes, a MiB is 1,024²."),
    (r"\b(m?s|seconds?|minutes?|hours?|days?)\b", (60, 3600, 24, 86400), 0.01, "The digits fit another unit of time."),
    (r"%|percent", (100,), 0.01, "A share of 0.5 is 50 %."),
)


def _another_unit(ratio: float, unit: str) -> str:
    """What happened when a wrong number is right but for its unit, such as mega for giga; empty when nothing fits."""
    for wanted, factors, within, what in SLIPS:
        near = (math.isclose(ratio, wrong, rel_tol=within) for factor in factors for wrong in (factor, 1 / factor))
        if re.search(wanted, unit) and any(near):
            return what
    return ""


def _blank(value) -> bool:
    """True for a function whose body is still only `...`, `pass`, or a docstring."""
    code = getattr(value, "__code__", None)
    if not inspect.iscode(code):
        return False
    idle = ("RESUME", "NOP", "LOAD_CONST", "LOAD_COMMON_CONSTANT", "RETURN_CONST", "RETURN_VALUE")
    steps = list(dis.get_instructions(code))
    constants = [step.argval for step in steps if "CONST" in step.opname]
    return all(step.opname in idle for step in steps) and all(item in (None, ...) for item in constants)


def _has_gap(value) -> bool:
    """True for a function that still holds the `...` it was handed out with."""
    code = getattr(value, "__code__", None)
    return inspect.iscode(code) and any(constant is ... for constant in code.co_consts)


def _bare(value):
    """A letter or word without the dots, brackets and quotes people write around it."""
    return value.strip(" \t\n.()[]'\"") if isinstance(value, str) else value


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
