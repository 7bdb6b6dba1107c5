"""What the checks of notebook 04 compare a learner's functions with, and how they look at them."""

import copy
import math

from .judges import function
from .values import alike, as_number, describe


class pure(function):  # noqa: N801
    """Cases of a function that may not change what it is given; a bare `return` is an attempt."""

    def one(self, value, namespace):
        verdict = super().one(value, namespace)
        if verdict is True and any(self._changes(value, arguments) for arguments, _ in self.cases):
            return "Right, but your function changes the list that it was given, and its owner may still need that."
        return verdict

    def untouched(self, value):
        constants = getattr(getattr(value, "__code__", None), "co_consts", (...,))
        return super().untouched(value) and any(item is ... for item in constants)

    @staticmethod
    def _changes(value, arguments) -> bool:
        mine = copy.deepcopy(arguments)
        value(*mine)
        return mine != arguments


def softmax(scores, base=math.e):
    powers = [base**score for score in scores]
    return [power / sum(powers) for power in powers]


def powers_by(divisor):
    return lambda scores: [math.exp(score) / divisor(scores) for score in scores]


def kept(probabilities, p, descending=True, offset=0, more=0.0):
    total, count = 0.0, 0
    for probability in sorted(probabilities, reverse=True) if descending else probabilities:
        total, count = total + probability, count + 1
        if total >= p + more:
            break
    return count + offset


def kept_within(probabilities, p):
    total, count = 0.0, 0
    for probability in sorted(probabilities, reverse=True):
        if total + probability > p:
            break
        total, count = total + probability, count + 1
    return count


def group(probabilities, p):
    """Judges a result by the group that it stands for, and says what the sum of that group is."""
    right = kept(probabilities, p)

    def expected(result):
        mine = as_number(result)
        if alike(result, right):
            return True
        if mine is None or isinstance(result, str) or mine != int(mine) or not 0 <= mine <= len(probabilities):
            return result is not None and f"A number of tokens is wanted, such as {right}; this is {describe(result)}."
        likeliest = sorted(probabilities, reverse=True)
        together = math.fsum(likeliest[: int(mine)])
        call = f"With {describe(probabilities)} and {p} your function keeps {int(mine)}"
        if mine > right:
            enough = math.fsum(likeliest[:right])
            return f"{call}, but the {right} likeliest have {enough:.3g} together, and that is enough."
        return f"{call}, and the likeliest {int(mine)} have only {together:.3g} together."

    return expected


def entries(tokens, window):
    return sum(min(place, window) for place in range(1, tokens + 1))


def built(tokens, window):
    return mask(tokens, window)  # noqa: F821  (the notebook's function, whose result is not to be built)


BUILDS = (
    "That counts the mask itself. For 131,072 tokens it would take 17 GB: "
    "find the number of entries of each row instead."
)


class without_a_mask(pure):  # noqa: N801
    """Cases of a function that must not build the mask; one that does is told so, and never run."""

    def one(self, value, namespace):
        return BUILDS if self._builds(value) else super().one(value, namespace)

    def same(self, value, example):
        return not self._builds(value) and super().same(value, example)

    @staticmethod
    def _builds(value) -> bool:
        used = set(getattr(getattr(value, "__code__", None), "co_names", ()))
        return bool(used & {"mask", "tri", "tril", "triu"})
