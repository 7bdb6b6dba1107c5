"""What a page of the picture book is asked, and which combinations are held out for the examination.

Held out are seven pairs of a shape and a colour, a sixth of the groups (so many things of a shape and a colour), a
fifth of the ordered pairs of shapes in relations, one word in six, one number in six, one highest bar (its letter with
its colour) in six, and one animal with its colour in six.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from zlib import crc32

from course_utils.pico.textbook.drawings import ANIMALS, COLOURS, SHAPES, Page, Paint, Thing

NAMES = tuple(COLOURS)

# Where that lies which a word names: (word, x, y), in pixels.
Hints = tuple[tuple[str, float, float], ...]
Aims = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Question:
    """`answer` is the only right one; `skill` is the line of the examination that it counts for.

    The rest helps in training alone, in pixels. `hints`: where that lies which a word of the question names, (word, x,
    y). `aims`: where to look before the first token of the answer, the second, and so on. `counted`: the word for what
    is to be counted.
    """

    text: str
    answer: str
    skill: str
    hints: Hints = ()
    aims: Aims = ()
    counted: str = ""


@dataclass
class Sample:
    """One or two pages, and questions that can be answered from them alone, independently of each other."""

    pages: list[Page]
    questions: list[Question] = field(default_factory=list)


def held_pair(shape: str, colour: str) -> bool:
    """Training never shows this shape in this colour."""
    return (SHAPES.index(shape) + 2 * NAMES.index(colour)) % 7 == 0


def held_group(number: int, shape: str, colour: str) -> bool:
    """Training never counts so many things of this shape and colour."""
    return (number + SHAPES.index(shape) + 2 * NAMES.index(colour)) % 6 == 0


def held_relation(first: str, second: str) -> bool:
    """Training never asks where the first shape is, seen from the second."""
    return (2 * SHAPES.index(first) + SHAPES.index(second)) % 5 == 0


def held_text(text: str) -> bool:
    """Training never shows this word or number."""
    return len(text) > 1 and crc32(text.encode("utf-8")) % 6 == 0


def held_bar(letter: str, colour: str) -> bool:
    """No chart of the training has its highest bar over this letter in this colour."""
    return ("abcdefgh".index(letter) + NAMES.index(colour)) % 6 == 0


def held_scene(what: str, tone: str) -> bool:
    """Training never shows this animal in this colour."""
    return (ANIMALS.index(what) + NAMES.index(tone)) % 6 == 0


def paper(rng: random.Random) -> Paint:
    """White, or a tint of it."""
    return (255, 255, 255) if rng.random() < 0.6 else tuple(rng.randint(232, 255) for _ in range(3))


def what_is_there(rng: random.Random) -> str:
    """A way to ask for all that is in a picture."""
    return rng.choice(("What is in the picture?", "What do you see?", "Describe the picture."))


def what_it_says(rng: random.Random) -> str:
    """A way to ask for the text in a picture."""
    return rng.choice(("What does it say?", "Read the text.", "What is written in the picture?"))


def article(name: str) -> str:
    """The name with "a" or "an"."""
    return ("an " if name[0] in "aeiou" else "a ") + name


def sentence(words: str) -> str:
    """The words with a capital and a full stop: an answer."""
    return words[0].upper() + words[1:] + "."


def plural(shape: str) -> str:
    """More than one of a shape."""
    return shape + ("es" if shape == "cross" else "s")


def hint(word: str, thing: Thing) -> Hints:
    """This word of the question means that thing."""
    return ((word, thing.x, thing.y),)


def hints(*things: Thing) -> Hints:
    """The question names these things by their shapes."""
    return tuple((thing.shape, thing.x, thing.y) for thing in things)


def aim(thing: Thing) -> Aims:
    """The answer is found by looking at this thing."""
    return ((thing.x, thing.y),)


def colour_question(text: str, thing: Thing, named: Hints = ()) -> Question:
    """A question whose answer is the colour of a thing."""
    return Question(text, sentence(thing.colour), "colour", named, aim(thing))


def shape_question(text: str, thing: Thing, named: Hints = ()) -> Question:
    """A question whose answer is the shape of a thing."""
    return Question(text, sentence(article(thing.shape)), "shape", named, aim(thing))
