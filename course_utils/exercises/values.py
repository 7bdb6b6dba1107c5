"""Looking at what a learner answered: any object at all, so nothing here is surprised by a strange one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Number


def describe(value, most: int = 60) -> str:
    """A value in a few words, whatever it is: never long, never an exception."""
    try:
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**15:
            return f"a number of about {int(value.bit_length() * math.log10(2)) + 1} digits"
        if isinstance(value, float) and math.isfinite(value):
            return f"{value:,.0f}" if 10**5 <= abs(value) < 10**15 else f"{value:.5g}"
        if isinstance(value, str):
            return f"the text “{value[:most]}{'…' if len(value) > most else ''}”"
        if callable(value):
            return f"the function `{getattr(value, '__name__', type(value).__name__)}`"
        shape = getattr(value, "shape", None)
        if shape is not None and math.prod(shape) > 6:
            return f"a {type(value).__name__} of shape {tuple(shape)}"
        text = repr(value)
        return text if len(text) <= most else f"{text[:most]}…"
    except Exception:
        return f"something of type {type(value).__name__}"


def as_number(value) -> int | float | None:
    """A finite real number out of what libraries call one (NumPy and Torch scalars too), or None."""
    try:
        plain = plain_value(value)
        for _ in range(4):  # a tensor of shape [1, 1]; never without end, for a list can hold itself
            plain = plain[0] if isinstance(plain, list | tuple) and len(plain) == 1 else plain
        if isinstance(plain, bool | complex) or not isinstance(plain, Number):
            return None
        if isinstance(plain, int):
            return max(-(10**300), min(plain, 10**300))
        real = float(plain)
        return real if math.isfinite(real) else None
    except Exception:
        return None


def alike(value, other, within: float = 1e-6) -> bool:
    """Equal as a teacher would say: numbers nearly, texts without regard to case and spaces, lists item by
    item.
    """
    value, other = plain_value(value), plain_value(other)
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if isinstance(value, str) and isinstance(other, str):
        return " ".join(value.casefold().split()) == " ".join(other.casefold().split())
    if isinstance(value, list | tuple) and isinstance(other, list | tuple):
        return len(value) == len(other) and all(map(lambda a, b: alike(a, b, within), value, other))
    if isinstance(value, Mapping) and isinstance(other, Mapping):
        return value.keys() == other.keys() and all(alike(value[key], other[key], within) for key in value)
    if isinstance(value, Number) and isinstance(other, Number):
        try:
            return value == other or math.isclose(value, other, rel_tol=within, abs_tol=1e-9)
        except (OverflowError, TypeError):
            return False
    if isinstance(value, set | frozenset) and isinstance(other, set | frozenset):
        return frozenset(value) == frozenset(other)
    return type(value) is type(other) and bool(value == other)  # an object may say that it equals everything


def plain_value(value):
    """NumPy arrays and Torch tensors as Python lists and numbers; everything else as it is."""
    if not isinstance(value, type) and callable(getattr(value, "tolist", None)):
        return value.tolist()
    return value
