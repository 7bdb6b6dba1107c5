"""A prediction beside its measurement: a cell `my_guess = ...`, later `compare(my_guess, measured, "ms")`."""

import re

from ..language import english, word
from ..show.view import publish
from . import progress
from .judges import Judge
from .note import Note
from .values import alike, as_number, describe


def compare(guess, measured, unit: str = "", what: str = "", claim: str | None = None) -> None:
    """Show a prediction beside the measurement, and say how far apart they are. Never fails, never scolds.

    `claim`, the id of the cell, puts both into the progress file; its sentence stands in `claims.toml`.
    """
    publish(Note("info", "Your prediction", compared(guess, measured, unit, what)))
    if isinstance(claim, str):
        meant = None if Judge().untouched(guess) else _kept(_meant(english(guess), measured)[0])
        progress.measured(claim, _kept(measured), str(english(unit)), meant)


def compared(guess, measured, unit: str = "", what: str = "") -> str:
    """What `compare` shows, as plain text."""
    guess, unit = english(guess), english(unit)
    result = f"measured {shown(measured, unit)}."
    if Judge().untouched(guess):
        advice = "You made no prediction. Next time guess first, even wildly: a guess makes the answer stick."
        return f"{_opening(what, result)} {advice}"
    guess, advice = _meant(guess, measured)
    both = _opening(what, f"you said {shown(guess, unit)}, {result}")
    mine, true = as_number(guess), as_number(measured)
    if mine is not None and true is not None:
        return f"{both} {_distance(mine, true, unit)} {advice}".strip()
    if true is not None:
        return f"{both} {advice or 'To compare, write your guess as a number, without quotes.'}"
    try:
        return f"{both} {'As you said.' if alike(guess, measured) else 'Not what you expected: why?'}"
    except Exception:
        return both


def _kept(value) -> int | float | str:
    """A value as the progress file keeps it: a number, or a short text."""
    plain = as_number(value)
    if plain is not None:
        return plain if abs(plain) < 10**15 else float(plain)
    text = value if isinstance(value, str) and len(value) < 80 else describe(value)
    return text.encode("utf-8", "replace").decode("utf-8")  # half a sign, as a token can be, is no text


def _meant(guess, measured):
    """What a learner meant who wrote 2,000,000 or "True", and a line on how Python writes it."""
    if isinstance(measured, bool) and isinstance(guess, str):
        words = {"true": True, "yes": True, "false": False, "no": False}
        return words.get(guess.strip(" .!").casefold(), guess), ""
    if as_number(measured) is None:
        return guess, ""
    if isinstance(guess, str):
        plain = re.sub(r"(?<=\d)[,_ '](?=\d{3}\b)", "", guess.strip(" .~")).replace(",", ".")
        found = re.fullmatch(r"(?:about|some|circa|around)?\s*(-?\d+(?:\.\d+)?(?:e\d+)?)\s*[a-zA-Z%/ ]*", plain)
        return (float(found[1]) if found else guess), ""
    if isinstance(guess, tuple) and len(guess) > 1 and all(type(part) is int for part in guess):
        advice = "Python takes 2,000,000 for a list of three numbers, and 1,5 for one of two: write 2_000_000 and 1.5."
        if len(guess) > 2 or guess[1] >= 100:
            return int("".join([str(guess[0]), *(f"{part:03}" for part in guess[1:])])), advice
        return (float(f"{guess[0]}.{guess[1]}") if guess[1] else guess), advice
    return guess, ""


def _opening(what: str, sentence: str) -> str:
    text = f"{what}: {sentence}" if what else sentence
    return text[:1].upper() + text[1:]


def _distance(mine: float, true: float, unit: str) -> str:
    if alike(mine, true):
        return "Exactly."
    out_of = re.match(r"of ([\d,]+)", unit)
    if out_of:  # a count: how many of N
        most = int(out_of[1].replace(",", ""))
        if not 0 <= mine <= most:
            return f"It can only be 0 to {most:,}."
        surplus = "too many" if mine > true else "too few"
        return f"That is {shown(abs(mine - true), '')} {surplus}."
    if mine == 0 or true == 0 or (mine < 0) != (true < 0):
        return f"The difference is {shown(abs(mine - true), unit)}."
    factor = max(mine / true, true / mine)
    side = "too high" if abs(mine) > abs(true) else "too low"
    if factor < 1.2:
        return "Very close."
    if factor < 2:
        return f"Close: {factor:.1f} times {side}."
    if factor < 10:
        return f"The right order of magnitude: {factor:.1f} times {side}."
    size = f"{factor:,.0f}" if factor < 1e6 else f"{factor:.0e}"
    return f"{size} times {side}. A surprise, and surprises are what measuring is for."


def shown(value, unit: str) -> str:
    """A value in a few words: numbers with three digits and their unit, texts in quotes."""
    plain = as_number(value)
    if plain is None:
        return f"“{word(value)}”" if isinstance(value, str) and len(value) < 80 else describe(value)
    if isinstance(plain, int) and abs(plain) < 10**15:
        text = f"{plain:,}"
    elif abs(plain) < 1000:
        text = f"{plain:.3g}"
    else:
        text = f"{plain:,.0f}" if abs(plain) < 1e15 else f"{plain:.2e}"
    return f"{text} {word(unit)}".strip()
