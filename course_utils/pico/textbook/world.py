"""The lexicon of one small world, in English and in Finnish. Everything pico reads is written with the words of
`data/world.txt`. `Cast.draw` picks who and what a text is about, and keeps training and test apart: some pairs of words
are held out, so that a training text never shows both. `fill` turns a template and a cast into text."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from random import Random
from types import SimpleNamespace
from typing import Self

from course_utils.pico.textbook.lists import columns, section


@dataclass(eq=False)
class Word:
    """An English word and its Finnish forms; `str(word)` is the English."""

    en: str
    nom: str  # kettu, who or what
    gen: str  # ketun, whose
    part: str  # kettua, the partitive
    ill: str  # kettuun, into

    def __post_init__(self):
        weak = self.gen[:-1]  # most endings go to the stem of the genitive
        # The last vowel that is not neutral (e, i) says whether endings take a or ä.
        a = "a" if re.search(r"[aou][^aouäöy]*$", weak, re.IGNORECASE) else "ä"
        self.ine = f"{weak}ss{a}"  # in: ketussa
        self.ela = f"{weak}st{a}"  # out of, about: ketusta
        self.ade = f"{weak}ll{a}"  # on, and the owner in "has": ketulla
        self.abl = f"{weak}lt{a}"  # from: ketulta
        self.all = f"{weak}lle"  # onto, to somebody: ketulle
        strong = self.ill[:-2]  # the stem of the illative (kettuun -> kettu) carries the essive
        if self.ill.endswith("seen") and weak[-1] == weak[-2]:  # veneeseen -> venee
            strong = self.ill[:-4]
        elif re.search(r"([aeiouyäö])h\1n$", self.ill):  # puuhun -> puu
            strong = self.ill[:-3]
        self.ess = f"{strong}n{a}"  # as: kettuna

    def __str__(self) -> str:
        return self.en


@dataclass(eq=False)
class Noun(Word):
    """A common noun."""

    plural: str


@dataclass(eq=False)
class Place(Noun):
    """A place. English has its preposition; Finnish says "in" with inner or with outer cases."""

    preposition: str
    inner: bool

    def __post_init__(self):
        super().__post_init__()
        self.at, self.to, self.off = (f"{before} the {self.en}" for before in (self.preposition, "to", "from"))
        self.fi_at = self.ine if self.inner else self.ade  # metsässä, rannalla
        self.fi_to = self.ill if self.inner else self.all  # metsään, rannalle
        self.fi_off = self.ela if self.inner else self.abl  # metsästä, rannalta


@dataclass(eq=False)
class Person(Noun):
    """Somebody with a name, and what English calls her or him."""

    he: str

    def __post_init__(self):
        super().__post_init__()
        self.him, self.his = ("him", "his") if self.he == "he" else ("her", "her")


@dataclass(eq=False)
class Feeling(Word):
    """An adjective for how somebody feels; `mood` is "positive" or "negative"."""

    mood: str


@dataclass(eq=False)
class Phrase:
    """A fixed expression in both languages; weather has a past tense too."""

    en: str
    fi: str
    past: str = ""
    fi_past: str = ""

    def __str__(self) -> str:
        return self.en


def _rows(heading: str, count: int, separator: str | None = None) -> tuple[tuple[str, ...], ...]:
    return columns(section("world", heading), count, separator)


PEOPLE = tuple(Person(name, name, *forms, f"{name}s", he) for he in ("she", "he") for name, *forms in _rows(he, 4))
ANIMALS, THINGS, FOODS, JOBS = (
    tuple(Noun(en, *finnish, plural) for en, plural, *finnish in _rows(heading, 6))
    for heading in ("animals", "things", "foods", "jobs")
)
COLOURS, ADJECTIVES = (tuple(Word(*row) for row in _rows(heading, 5)) for heading in ("colours", "adjectives"))
PLACES = tuple(Place(en, *fi, plural, at, cases == "inner") for at, cases, en, plural, *fi in _rows("places", 8))
FEELINGS = tuple(Feeling(*forms, mood) for mood, *forms in _rows("feelings", 6))
TIMES = tuple(Phrase(*row) for row in _rows("times", 2, " = "))
WEATHER = tuple(Phrase(*row) for row in _rows("weather", 4, " = "))

WORDS: tuple[Word, ...] = (*PEOPLE, *ANIMALS, *COLOURS, *ADJECTIVES, *PLACES, *THINGS, *FOODS, *FEELINGS, *JOBS)

MAIN_KINDS = {"person": PEOPLE, "animal": ANIMALS, "colour": COLOURS, "place": PLACES, "thing": THINGS}
CORE = {word.en for words in MAIN_KINDS.values() for word in words}

_KIND = {word.en: kind for kind, words in (MAIN_KINDS | {"adj": ADJECTIVES, "food": FOODS}).items() for word in words}
_ALSO = ({"adj", "thing"}, {"food", "person"}, {"food", "animal"})


@cache
def held_out(a: str, b: str) -> bool:
    """True if the words `a` and `b` (English, any order) are one of the pairs that training never shows. A hash
    decides, for about one pair in sixteen, so the split needs no list and never changes. Only these pairs count:
    person, animal, colour, place and thing with one another, adjective with thing, food with person or animal."""
    kinds = {_KIND.get(a), _KIND.get(b)}
    counts = len(kinds) == 2 and (kinds <= MAIN_KINDS.keys() or kinds in _ALSO)
    return counts and zlib.crc32("+".join(sorted((a, b))).encode()) % 16 == 0


@cache
def _clashes(word: str) -> frozenset[str]:
    return frozenset(other for other in _KIND if held_out(word, other))


def held_out_pairs(text: str) -> set[tuple[str, str]]:
    """The pairs of words in an English text (of the five main kinds) that training should not show."""
    words = sorted(CORE & set(re.findall(r"\w+", text)))
    return {pair for pair in combinations(words, 2) if held_out(*pair)}


_ROLES = {  # in the order in which a cast is drawn
    **{"hero": PEOPLE, "animal": ANIMALS, "colour": COLOURS, "place": PLACES, "thing": THINGS},
    **{"friend": PEOPLE, "animal2": ANIMALS, "colour2": COLOURS, "place2": PLACES, "thing2": THINGS},
    **{"adj": ADJECTIVES, "food": FOODS, "feeling": FEELINGS, "time": TIMES, "weather": WEATHER, "job": JOBS},
}


def pick(options: Sequence, rng: Random):
    """One of the options. (Not `rng.choice`, which is slower and would write another book.)"""
    return options[int(rng.random() * len(options))]


class Cast(SimpleNamespace):
    """Who and what one text is about: `hero`, `friend`, `animal`, `animal2`, `place`, `feeling`, `time`, ..."""

    @classmethod
    def draw(cls, rng: Random, split: str) -> Self:
        """A cast for "train" (no held-out pair) or "test" (one at least of hero, animal, colour, place and thing)."""
        if split not in ("train", "test"):
            raise ValueError(f'split is "train" or "test", not {split!r}')
        while True:
            cast, banned = cls(), set()
            for role, words in _ROLES.items():
                while (word := pick(words, rng)).en in banned:
                    pass
                banned |= {word.en, *(_clashes(word.en) if split == "train" else ())}
                setattr(cast, role, word)
            core = [word.en for word in (cast.hero, cast.animal, cast.colour, cast.place, cast.thing)]
            if split == "train" or any(held_out(*pair) for pair in combinations(core, 2)):
                return cast


CHOICE = re.compile(r"\[([^\[\]]*)\]")
_A_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeiouAEIOU])")
_SENTENCE_START = re.compile(r'((?:^|\n\s*|[.!?]\s+|\."\s+)"?|(?<=\s)")([a-zåäö])')


def polish(text: str) -> str:
    """Write "an" before a vowel, and a capital where a sentence starts, also inside quotation marks. After ?" and !"
    the text goes on in lower case ("Where?" asked Anna); write the capital yourself there."""
    text = _A_BEFORE_VOWEL.sub(r"\1n ", text)
    return _SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), text)


def fill(template: str, cast: Cast, rng: Random) -> str:
    """Fill a template: choose from each "[a|b|c]" (none in another), put in the cast ("{place.at}"), and polish it."""
    text = CHOICE.sub(lambda match: pick(match[1].split("|"), rng), template)
    return polish(text.format(**vars(cast)))
