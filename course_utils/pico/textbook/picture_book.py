"""The picture book: pictures drawn by `drawings`, each with a question and its right answer.

    draw(rng, "test", "colour")   a sample for the examination of a skill, with a combination that training never showed

Held out were seven pairs of a shape and a colour, a sixth of the groups (so many things of a shape and a colour), one
word in six, one number in six, one highest bar (its letter with its colour) in six, and one animal with its colour in
six. The other six skills of the examination are drawn by `tests/picture_exam.py`. What drew the pages of pico-vision's
training is in the history of the repository, as its card says.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

from course_utils.base import CourseError
from course_utils.pico.textbook import drawings, world
from course_utils.pico.textbook.drawings import ANIMALS, COLOURS, LETTERS, SHAPES, SIDE, Page, Paint, Thing
from course_utils.pico.textbook.world import polish

Kind = tuple[str, str]  # a shape and a colour

NAMES = tuple(COLOURS)
BARS = "abcde"
ON = {"forest": "in", "beach": "on", "lake": "at", "hill": "on", "town": "in"}
WHAT_IS_THERE = ("What is in the picture?", "What do you see?", "Describe the picture.")


@dataclass(frozen=True)
class Question:
    """`answer` is the only right one; `skill` is the line of the examination that it counts for."""

    text: str
    answer: str
    skill: str


@dataclass
class Sample:
    """One or two pages, and a question that can be answered from them alone."""

    pages: list[Page]
    questions: list[Question]


def held_pair(shape: str, colour: str) -> bool:
    """Training never showed this shape in this colour."""
    return (SHAPES.index(shape) + 2 * NAMES.index(colour)) % 7 == 0


def held_group(number: int, shape: str, colour: str) -> bool:
    """Training never counted so many things of this shape and colour."""
    return (number + SHAPES.index(shape) + 2 * NAMES.index(colour)) % 6 == 0


def held_text(text: str) -> bool:
    """Training never showed this word or number."""
    return len(text) > 1 and crc32(text.encode("utf-8")) % 6 == 0


def held_sixth(number: int, colour: str) -> bool:
    """Training never showed the highest bar in this place, or the animal of this number, in this colour."""
    return (number + NAMES.index(colour)) % 6 == 0


def paper(rng: random.Random) -> Paint:
    """White, or a tint of it."""
    return (255, 255, 255) if rng.random() < 0.6 else tuple(rng.randint(232, 255) for _ in range(3))


def free_spot(rng: random.Random, others: list[Thing], size: float) -> tuple[float, float] | None:
    """A place for something of this size that touches none of the others, or None."""
    for _ in range(60):
        x, y = rng.uniform(size + 4, SIDE - size - 4), rng.uniform(size + 4, SIDE - size - 4)
        if all(max(abs(x - t.x), abs(y - t.y)) > size + t.size + 6 for t in others):
            return x, y
    return None


def scatter(rng: random.Random, kinds: list[Kind], largest: float = 62) -> list[Thing]:
    """Things of these shapes and colours, none touching another."""
    while True:
        things: list[Thing] = []
        for kind in kinds:
            size = rng.uniform(24, largest)
            at = free_spot(rng, things, size)
            if at:
                hollow, unrest = rng.random() < 0.15, 0.035 if rng.random() < 0.25 else 0.0
                angle = rng.uniform(-0.25, 0.25) if rng.random() < 0.5 else 0.0
                things.append(Thing(*kind, *at, size, hollow, angle, unrest))
        if len(things) == len(kinds):
            return things
        largest = max(30, largest - 6)


def page_of(rng: random.Random, things: list[Thing], tint: Paint | None = None) -> Page:
    """A page with these things on it."""
    page = Page(tint or paper(rng))
    for thing in things:
        page.thing(thing, rng)
    return page


def several(rng: random.Random, most: int = 3) -> list[Thing]:
    """One to `most` things whose shapes all differ, and whose colours all differ; the first is a held-out pair."""
    kinds: list[Kind] = []
    count = rng.randint(1, most)
    while len(kinds) < count:
        new = rng.choice(SHAPES), rng.choice(NAMES)
        right = held_pair(*new) == (not kinds)
        if right and all(new[0] != shape and new[1] != colour for shape, colour in kinds):
            kinds.append(new)
    return scatter(rng, kinds)


def colours(rng: random.Random) -> Sample:
    """A page of shapes, and which colour the first has."""
    things = several(rng)
    page, first = page_of(rng, things), things[0]
    text = rng.choice((f"What colour is the {first.shape}?", f"Which colour does the {first.shape} have?"))
    return Sample([page], [Question(text, polish(f"{first.colour}."), "colour")])


PLURALS = {shape: shape + ("es" if shape == "cross" else "s") for shape in SHAPES}


def group(rng: random.Random) -> list[Kind]:
    """Up to five shapes with their colours, no held-out group among them. Those of one shape often share a colour."""
    while True:
        kinds = rng.sample(SHAPES, rng.choice((1, 1, 2, 2, 3)))
        free = {s: [c for c in NAMES if not held_pair(s, c)] for s in kinds}
        if rng.random() < 0.6:
            free = {s: [rng.choice(colours)] for s, colours in free.items()}
        count = rng.choice((1, 2, 3, 3, 4, 4, 5, 5))
        chosen = [(s := rng.choice(kinds), rng.choice(free[s])) for _ in range(count)]
        tones = {shape: [c for s, c in chosen if s == shape] for shape in kinds}
        if not any(len(set(of)) == 1 and held_group(len(of), shape, of[0]) for shape, of in tones.items()):
            return chosen


def counts(rng: random.Random) -> Sample:
    """Up to five things, and how many of a kind there are: those are a held-out group."""
    count = rng.randint(1, 5)
    kinds = [(s, c) for s in SHAPES for c in NAMES if held_group(count, s, c) and not held_pair(s, c)]
    shape, colour = rng.choice(kinds)
    others = [kind for kind in group(rng) if kind[0] != shape][: rng.randint(0, 5 - count)]
    page = page_of(rng, scatter(rng, [(shape, colour)] * count + others, 50))
    return Sample([page], [Question(f"How many {PLURALS[shape]} are there?", f"{count}.", "count")])


# The textbook's words of two to five letters, in English and Finnish.
_FORMS = {form.lower() for word in world.WORDS for form in (word.en, word.nom)}
WORDS = sorted(word for word in _FORMS if 2 <= len(word) <= 5 and set(word) <= set(LETTERS))


def some_text(rng: random.Random) -> str:
    """A held-out number of one or two digits, or a held-out word of the textbook."""
    while True:
        kind = rng.random()
        if kind < 0.5:
            text = str(rng.randint(0, 99)) if kind < 0.25 else rng.choice(WORDS)
            if held_text(text):
                return text
        else:  # texts that are no words are for training: drawn and dropped, or the pictures of the card were others
            rng.choices(LETTERS, k=rng.choice((1, 3, 3) if kind < 0.6 else (1, 2, 2, 3, 3, 4, 4, 5, 5)))


def writing(rng: random.Random) -> Sample:
    """A word or a number somewhere on the page."""
    text, face, tone = some_text(rng), rng.randrange(3), rng.choice(NAMES)
    size, page = rng.randint(44, 96), Page(paper(rng))
    while (wide := drawings.font(face, size).getlength(text)) > SIDE - 16:
        size -= 4
    x, y = rng.uniform(6, SIDE - 8 - wide), rng.uniform(-0.1 * size, SIDE - 1.25 * size)
    page.text(x, y, text, size, tone, face)
    what = rng.choice(("What does it say?", "Read the text.", "What is written in the picture?"))
    return Sample([page], [Question(what, text, "read")])


def chart(rng: random.Random) -> Sample:
    """A chart of three to five bars, each with a letter below it."""
    number = rng.randint(3, 5)
    while True:
        heights, tones = [rng.randint(1, 12) for _ in range(number)], rng.sample(NAMES, number)
        order = sorted(heights)
        top = heights.index(order[-1])
        if order[-1] > order[-2] and order[1] > order[0] and held_sixth(top, tones[top]):
            break
    page, face = Page(paper(rng)), rng.randrange(3)
    floor, step = rng.randint(268, 288), rng.uniform(17, 19.5)
    left, gap = rng.randint(24, 40), (SIDE - 60) / number
    wide = gap * rng.uniform(0.5, 0.8)
    page.line([(left - 8, 20), (left - 8, floor), (SIDE - 10, floor)], (90, 90, 90), 3)
    for letter, high, tone in zip(BARS, heights, tones, strict=False):
        x = left + gap * BARS.index(letter)
        page.polygon(drawings.box(x, floor - high * step, x + wide, floor - 1), COLOURS[tone])
        page.text(x + wide / 2 - 9, floor + 2, letter, 34, "black", face)
    asked = Question(rng.choice(("Which bar is the highest?", "Which bar is highest?")), f"{BARS[top]}.", "chart")
    return Sample([page], [asked])


def table(rng: random.Random) -> Sample:
    """A table of two to four rows: a letter and a number in each."""
    rows = rng.randint(2, 4)
    letters, numbers = rng.sample("abcdefgh", rows), []
    while len(numbers) < rows:
        new = str(rng.randint(0, 99))
        if new not in numbers and held_text(new) == (not numbers):
            numbers.append(new)
    first = rng.randrange(rows)
    numbers[0], numbers[first] = numbers[first], numbers[0]  # the held-out number is in any row
    page, face, size = Page(paper(rng)), rng.randrange(3), rng.randint(38, 52)
    high = size * 1.4
    left, top = rng.uniform(10, 90), rng.uniform(6, SIDE - rows * high - 8)
    middle, right = left + size * 1.6, left + size * 4
    for i in range(rows + 1):
        page.line([(left, top + i * high), (right, top + i * high)], (110, 110, 110), 2)
    for x in (left, middle, right):
        page.line([(x, top), (x, top + rows * high)], (110, 110, 110), 2)
    for i in range(rows):
        page.text(left + size * 0.5, top + i * high + 2, letters[i], size, "black", face)
        page.text(middle + size * 0.5, top + i * high + 2, numbers[i], size, "black", face)
    return Sample([page], [Question(f"Which number is beside {letters[first]}?", f"{numbers[first]}.", "table")])


def scene(rng: random.Random) -> Sample:
    """An animal of the textbook's world in one of its places."""
    while True:
        what, tone, land = rng.choice(ANIMALS), rng.choice(NAMES), rng.choice(list(ON))
        if held_sixth(ANIMALS.index(what), tone):
            break
    page, there = Page(), f"{ON[land]} the {land}"
    drawings.scenery(page, land, rng)
    size = rng.uniform(38, 62)
    x, y = rng.uniform(size * 1.4, SIDE - size * 1.4), rng.uniform(190, SIDE - size - 8)
    drawings.animal(page, what, tone, x, y, size)
    return Sample([page], [Question(rng.choice(WHAT_IS_THERE), polish(f"a {tone} {what} {there}."), "scene")])


SKILLS: dict[str, Callable[[random.Random], Sample]] = {
    **{"colour": colours, "count": counts, "read": writing, "chart": chart, "table": table, "scene": scene},
}


def draw(rng: random.Random, split: str, skill: str) -> Sample:
    """A sample for the examination ("test") in `skill`, one of `SKILLS`. Raises CourseError for another split."""
    if split != "test":
        raise CourseError('The picture book draws the examination alone: draw(rng, "test", skill).')
    return SKILLS[skill](rng)
