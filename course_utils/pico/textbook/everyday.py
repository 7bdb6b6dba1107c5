"""Everyday questions from OUTSIDE pico-mini's small world, mixed endlessly from `data/everyday_*.txt`.

People ask a chat model about weather, recipes and football. Pico-mini knows nothing of the kind, and it must
say so. It can only learn that from many different examples.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache

from course_utils.pico.textbook.lists import family, section, sections, split_words

# A template in parts: fixed text, a list of words to choose from, or a function that makes the word.
Part = str | tuple[str, ...] | Callable[[random.Random], str]


@cache
def words() -> dict[str, tuple[str, ...]]:
    """The words for each slot of the templates; "thing" and "topic" take all words of several others."""
    found = {heading: split_words(lines, ",") for heading, lines in sections("everyday_words").items()}
    for slot, lines in family("everyday_words", "any of").items():
        found[slot] = tuple(dict.fromkeys(word for key in split_words(lines, ",") for word in found[key]))
    return found


def nonsense(rng: random.Random) -> str:
    """A word that nobody knows, such as "zorflick"."""
    return "".join(rng.choice(words()["syllables"]) for _ in range(rng.choice((2, 2, 3))))


def with_article(noun: str) -> str:
    """Put "a" or "an" before the words, unless they have an article already."""
    if noun.startswith(("a ", "an ", "the ")):
        return noun
    vowel_sound = noun[0].lower() in "aeiou" and not noun.startswith(("uni", "uku", "euro", "one"))
    return ("an " if vowel_sound or noun.startswith(("X-", "hour", "FI")) else "a ") + noun


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


MADE: dict[str, Callable[[random.Random], str]] = {
    "number": lambda rng: str(rng.randrange(101, rng.choice((1_000, 1_000, 10_000, 1_000_000)))),
    "small": lambda rng: str(rng.randrange(3, 100)),
    "year": lambda rng: str(rng.randrange(1066, 2031)),
    "nonsense": nonsense,
    "nonsense_cap": lambda rng: capital(nonsense(rng)),
    "a_nonsense": lambda rng: with_article(nonsense(rng)),
}


@cache
def slot(name: str) -> Part:
    """What fills a slot: `food`, `a_food` (with its article) or `relation_cap` (with a capital letter)."""
    if name in MADE:
        return MADE[name]
    if name in words():
        return words()[name]
    if name.startswith("a_"):
        return tuple(with_article(word) for word in words()[name[2:]])
    return tuple(capital(word) for word in words()[name.removesuffix("_cap")])


@cache
def templates(heading: str) -> list[tuple[Part, ...]]:
    """The templates of a section, each cut into its parts once, so that filling it in is fast."""
    cut = (re.split(r"{(\w+)}", line) for line in section("everyday_questions", heading))
    return [tuple(slot(piece) if i % 2 else piece for i, piece in enumerate(pieces)) for pieces in cut]


def fill_one(rng: random.Random, heading: str) -> str:
    """One of the templates of a section with its slots filled; the first letter becomes a capital."""
    return capital(
        "".join(
            part if isinstance(part, str) else rng.choice(part) if isinstance(part, tuple) else part(rng)
            for part in rng.choice(templates(heading))
        )
    )


def dress(rng: random.Random, text: str) -> str:
    """Sometimes put a greeting, a sentence of context or a "Thanks!" around a question."""
    kind = rng.random()
    if kind < 0.14:
        opener = rng.choice(section("everyday_questions", "openers"))
        keep = opener.endswith((".", "!")) or text.startswith(("I ", "I'"))
        dressed = f"{opener} {text if keep else text[:1].lower() + text[1:]}"
    elif kind < 0.22:
        whole = text.endswith((".", "?", "!"))
        dressed = f"{text} {rng.choice(section('everyday_questions', 'closers'))}" if whole else text
    elif kind < 0.30:
        dressed = f"{fill_one(rng, 'prefaces')} {text}"
    else:
        return text
    return dressed if len(dressed.split()) <= 25 else text


def everyday_in_language(rng: random.Random) -> tuple[str, bool]:
    """As `everyday`, and whether it is Finnish (one in ten)."""
    kind = rng.random()
    if kind < 0.05:
        return rng.choice(section("everyday_questions", "fixed fi")), True
    if kind < 0.10:
        return fill_one(rng, "templates fi"), True
    if kind < 0.33:
        heading = "fixed" if kind < 0.28 else "statements"
        return dress(rng, rng.choice(section("everyday_questions", heading))), False
    return dress(rng, fill_one(rng, "templates")), False


def everyday(rng: random.Random) -> str:
    """One question, command or remark from outside the small world, 2 to 25 words."""
    return everyday_in_language(rng)[0]
