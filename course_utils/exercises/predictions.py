"""A prediction beside its measurement: a cell `my_guess = ...`, later `compare(my_guess, measured, "ms")`."""

from __future__ import annotations

from ..show.note import Note
from ..show.view import publish
from .judges import Judge
from .values import alike, as_number, describe


def compare(guess, measured, unit: str = "", what: str = "") -> None:
    """Show a prediction beside the measurement, and say how far apart they are. Never fails, never scolds."""
    publish(Note("info", "Your prediction", compared(guess, measured, unit, what)))


def compared(guess, measured, unit: str = "", what: str = "") -> str:
    """What `compare` shows, as plain text."""
    result = f"measured {_shown(measured, unit)}."
    if Judge().untouched(guess):
        advice = "You made no prediction. Next time guess first, even wildly: a guess makes the answer stick."
        return f"{_opening(what, result)} {advice}"
    both = _opening(what, f"you said {_shown(guess, unit)}, {result}")
    mine, true = as_number(guess), as_number(measured)
    if mine is not None and true is not None:
        return f"{both} {_distance(mine, true, unit)}"
    if isinstance(guess, str) and true is not None:
        return f"{both} To compare, write your guess as a number, without quotes."
    try:
        return f"{both} {'As you said.' if alike(guess, measured) else 'Not what you expected: why?'}"
    except Exception:
        return both


def _opening(what: str, sentence: str) -> str:
    text = f"{what}: {sentence}" if what else sentence
    return text[:1].upper() + text[1:]


def _distance(mine: float, true: float, unit: str) -> str:
    if alike(mine, true):
        return "Exactly."
    if mine == 0 or true == 0 or (mine < 0) != (true < 0):
        return f"The difference is {_shown(abs(mine - true), unit)}."
    factor = max(mine / true, true / mine)
    side = "high" if abs(mine) > abs(true) else "low"
    if factor < 1.2:
        return "Very close."
    if factor < 2:
        return f"Close: {factor:.1f} times too {side}."
    if factor < 10:
        return f"The right order of magnitude: {factor:.1f} times too {side}."
    size = f"{factor:,.0f}" if factor < 1e6 else f"{factor:.0e}"
    return f"{size} times too {side}. A surprise, and surprises are what measuring is for."


def _shown(value, unit: str) -> str:
    plain = as_number(value)
    if plain is None:
        return f"“{value}”" if isinstance(value, str) and len(value) < 80 else describe(value)
    if isinstance(plain, int) and abs(plain) < 10**15:
        text = f"{plain:,}"
    elif abs(plain) < 1000:
        text = f"{plain:.3g}"
    else:
        text = f"{plain:,.0f}" if abs(plain) < 1e15 else f"{plain:.2e}"
    return f"{text} {unit}".strip()
