"""The picture book of pico-vision's examination: pictures, each with a question and its right answer.

    draw(rng, "test", "colour")   a sample for the examination of a skill, with a combination that training never showed

Held out were seven pairs of a shape and a colour, a sixth of the groups (so many things of a shape and a colour), a
fifth of the ordered pairs of shapes in relations, one word in six, one number in six, one highest bar (its letter with
its colour) in six, and one animal with its colour in six. What drew the pages of pico-vision's training is in the
history of the repository, as its card says.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from zlib import crc32

from course_utils.base import CourseError
from course_utils.pico.textbook import drawings, world
from course_utils.pico.textbook.drawings import COLOURS, SCALE, SHAPES, SIDE, Paint, Points, Thing
from course_utils.pico.textbook.lists import family
from course_utils.pico.textbook.world import polish

Kind = tuple[str, str]  # a shape and a colour

NAMES = tuple(COLOURS)
ANIMALS = ("cat", "hare", "owl", "snake", "duck")
LETTERS = "abcdefghijklmnopqrstuvwxyzäö"
BARS = "abcde"
ON = {"forest": "in", "beach": "on", "lake": "at", "hill": "on", "town": "in"}
WHAT_IS_THERE = ("What is in the picture?", "What do you see?", "Describe the picture.")


# -- what is drawn besides shapes


class Page(drawings.Page):
    """A page with lines, ellipses and text on it, too."""

    def line(self, points: Points, paint: Paint, width: float) -> None:
        """A line that is part of no thing. Points and width in pixels."""
        self._pen.line([(x * SCALE, y * SCALE) for x, y in points], fill=paint, width=round(width * SCALE))

    def ellipse(self, x: float, y: float, wide: float, high: float, paint: Paint) -> None:
        """An ellipse around (x, y); `wide` and `high` are its half axes in pixels."""
        turns = [2 * math.pi * i / 24 for i in range(24)]
        self.polygon([(x + wide * math.cos(t), y + high * math.sin(t)) for t in turns], paint)

    def text(self, x: float, y: float, words: str, size: int, tone: str = "black", face: int = 0) -> None:
        """Words whose first letter begins at (x, y), the top left corner, `size` pixels high."""
        letters = font(face, size * SCALE)
        self._pen.text((x * SCALE, y * SCALE), words, font=letters, fill=COLOURS[tone])


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """The corners of a rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


@lru_cache(maxsize=256)
def font(face: int, size: int):
    """One of three typefaces that every installation of the course has: Pillow's own, and two of Matplotlib's."""
    from PIL import ImageFont

    if face == 0:
        return ImageFont.load_default(size)
    import matplotlib

    names = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / names[face - 1], size)


def animal(page: Page, what: str, tone: str, x: float, y: float, size: float) -> None:
    """An animal of the textbook's world, in the few strokes of `textbook/data/pictures.txt`."""
    own = COLOURS[tone]
    paints = {"white": (250, 250, 250), "cream": (250, 250, 245), "pupil": (15, 15, 15), "beak": (240, 150, 20)}
    paints["dark"] = (20, 20, 20) if tone != "black" else (230, 230, 230)

    def blob(dx: float, dy: float, wide: float, high: float, paint: Paint = own) -> None:
        page.ellipse(x + dx * size, y + dy * size, wide * size, high * size, paint)

    for line in family("pictures", "animal")[what]:
        stroke, *parts = line.split()
        paint = paints[parts.pop()] if parts and parts[-1] in paints else own
        numbers = list(map(float, parts))
        points = [(x + dx * size, y + dy * size) for dx, dy in zip(numbers[::2], numbers[1::2], strict=False)]
        if stroke == "blob":
            blob(*map(float, parts), paint)
        elif stroke == "wave":
            for i in range(30):
                blob(-1 + i / 14.5, 0.3 * math.sin(i / 3), 0.16, 0.16)
        elif stroke == "line":
            page.line(points, paint, size * float(parts[-1]))
        else:
            page.polygon(points, paint)


def scenery(page: Page, where: str, rng: random.Random) -> None:
    """A place of the textbook's world as a background."""

    def block(left: float, top: float, right: float, bottom: float, paint: Paint) -> None:
        page.polygon(box(left, top, right, bottom), paint)

    block(0, 0, SIDE, SIDE, (200, 228, 247))
    if where in ("forest", "town"):
        block(0, 220, SIDE, SIDE, (150, 190, 120) if where == "forest" else (190, 190, 185))
        for i in range(5):
            x, top = 34 + 67 * i + rng.randint(-10, 10), rng.randint(40, 80)
            if where == "forest":
                block(x - 6, 180, x + 6, 226, (110, 75, 45))
                page.polygon([(x, top), (x + 34, 190), (x - 34, 190)], (35, 95, 50))
            else:
                block(x - 26, top + 60, x + 26, 222, ((205, 130, 110), (225, 205, 160), (160, 170, 200))[i % 3])
                page.polygon([(x, top + 20), (x + 32, top + 62), (x - 32, top + 62)], (120, 60, 50))
                block(x - 12, top + 80, x + 12, top + 104, (245, 240, 200))
    elif where == "beach":
        block(0, 130, SIDE, 210, (60, 130, 200))
        block(0, 205, SIDE, SIDE, (238, 216, 160))
        page.ellipse(rng.randint(50, 286), 60, 30, 30, (250, 225, 110))
    elif where == "lake":
        block(0, 120, SIDE, SIDE, (120, 175, 100))
        page.ellipse(168, 240, 150, 75, (80, 150, 215))
    else:
        block(0, 250, SIDE, SIDE, (140, 195, 110))
        page.ellipse(168 + rng.randint(-30, 30), 300, 190, 170, (120, 180, 90))


# -- pages and questions


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


def where(thing: Thing) -> str:
    """In which ninth of the picture a thing is: "at the top left"."""
    across = ("left", "", "right")[min(2, int(3 * thing.x / SIDE))]
    down = ("top", "", "bottom")[min(2, int(3 * thing.y / SIDE))]
    words = " ".join(part for part in (down, across) if part)
    return f"at the {words}" if words else "in the middle"


def sharp(thing: Thing) -> bool:
    """Whether it is clear in which ninth the thing is."""
    return all(abs(3 * v / SIDE - edge) > 0.12 for v in (thing.x, thing.y) for edge in (1, 2))


def about_shapes(skill: str, rng: random.Random) -> Sample:
    """A page of shapes and a question: what there is, or a colour, shape or place of the first, or one not there."""
    while True:
        things = several(rng, 1 if skill == "place" else 3)
        page, first = page_of(rng, things), things[0]
        if skill != "place" or sharp(first):
            break
    if skill == "describe":  # from left to right
        names = [f"a {thing.name}" for thing in sorted(things, key=lambda thing: thing.x)]
        text = rng.choice(WHAT_IS_THERE)
        answer = ", ".join(names[:-1]) + " and " + names[-1] if names[1:] else names[0]
    elif skill == "colour":
        text = rng.choice((f"What colour is the {first.shape}?", f"Which colour does the {first.shape} have?"))
        answer = first.colour
    elif skill == "shape":
        text, answer = f"{rng.choice(('What', 'Which'))} shape is {first.colour}?", f"a {first.shape}"
    elif skill == "place":
        text, answer = f"Where is the {first.shape}?", where(first)
    else:
        missing = rng.choice([s for s in SHAPES if s not in [thing.shape for thing in things]])
        rng.random()  # decided on more questions in training; without it the next pictures were not those of the card
        text, answer = f"What colour is the {missing}?", f"there is no {missing}"
    return Sample([page], [Question(text, polish(f"{answer}."), skill)])


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


SIDES = {"left": "left of", "right": "right of", "above": "above", "below": "below"}
OPPOSITE = {"left": "right", "right": "left", "above": "below", "below": "above"}


def side_of(a: tuple[float, float], b: tuple[float, float]) -> str | None:
    """On which side of b lies a, where one can say so without doubt."""
    dx, dy = a[0] - b[0], a[1] - b[1]
    if abs(dx) > 1.5 * abs(dy) + 20:
        return "left" if dx < 0 else "right"
    if abs(dy) > 1.5 * abs(dx) + 20:
        return "above" if dy < 0 else "below"
    return None


def relations(rng: random.Random) -> Sample:
    """Two things, and on which side of the other the first lies; training had no question about these two shapes."""
    while True:
        chosen = rng.sample(SHAPES, 2)
        if (2 * SHAPES.index(chosen[0]) + SHAPES.index(chosen[1])) % 5 == 0:
            break
    kinds = [(shape, rng.choice([c for c in NAMES if not held_pair(shape, c)])) for shape in chosen]
    while True:
        a, b = things = scatter(rng, kinds, 52)
        if to := side_of((a.x, a.y), (b.x, b.y)):
            break
    page = page_of(rng, things)
    other = rng.choice((to, OPPOSITE[to], rng.choice(list(SIDES))))
    asked = rng.choice(
        (
            (f"Where is the {a.shape}, seen from the {b.shape}?", polish(f"{SIDES[to]} it.")),
            (f"Is the {a.shape} {SIDES[other]} the {b.shape}?", "Yes." if other == to else "No."),
        )
    )
    return Sample([page], [Question(*asked, "relation")])


CHANGES = ("colour", "move", "come", "gone", "nothing")
WAYS = {"left": "to the left", "right": "to the right", "above": "up", "below": "down"}


def difference(rng: random.Random) -> Sample:
    """Two pictures with one change at most, and what it is."""
    while True:
        kind, things = rng.choice(CHANGES), several(rng)
        if kind == "gone" and len(things) == 1 and rng.random() < 0.7:
            kind = "move"
        tint = paper(rng)
        after, answer = changed(rng, kind, things)
        if answer:
            break
    seen = [page_of(rng, there, tint) for there in (things, after)]
    if kind == "come":
        seen.reverse()
    text = rng.choice(("What has changed?", "What is different?", "What is the difference?"))
    return Sample(seen, [Question(text, answer, "difference")])


def changed(rng: random.Random, kind: str, things: list[Thing]) -> tuple[list[Thing], str]:
    """The things after a change of the first one, and what has happened; "" if it cannot be seen clearly."""
    first, after = things[0], [Thing(**vars(thing)) for thing in things]
    if kind == "come":
        return after[1:], polish(f"a {first.name} has come.")
    if kind == "gone":
        return after[1:], f"The {first.name} has gone."
    if kind == "colour":
        after[0].colour = rng.choice([c for c in NAMES if c not in [thing.colour for thing in things]])
        return after, f"The {first.name} has become {after[0].colour}."
    if kind == "move":
        after[0].x, after[0].y = free_spot(rng, after[1:], first.size) or (first.x, first.y)
        way = side_of((after[0].x, after[0].y), (first.x, first.y))
        if way is None or abs(after[0].x - first.x) + abs(after[0].y - first.y) < 50:
            return after, ""
        return after, f"The {first.name} has moved {WAYS[way]}."
    return after, "Nothing has changed."


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
    while (wide := font(face, size).getlength(text)) > SIDE - 16:
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
        page.polygon(box(x, floor - high * step, x + wide, floor - 1), COLOURS[tone])
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
    scenery(page, land, rng)
    size = rng.uniform(38, 62)
    x, y = rng.uniform(size * 1.4, SIDE - size * 1.4), rng.uniform(190, SIDE - size - 8)
    animal(page, what, tone, x, y, size)
    return Sample([page], [Question(rng.choice(WHAT_IS_THERE), polish(f"a {tone} {what} {there}."), "scene")])


SKILLS: dict[str, Callable[[random.Random], Sample]] = {
    **{skill: partial(about_shapes, skill) for skill in ("colour", "shape", "describe", "place", "absent")},
    **{"count": counts, "relation": relations, "read": writing, "chart": chart, "table": table, "scene": scene},
    "difference": difference,
}


def draw(rng: random.Random, split: str, skill: str) -> Sample:
    """A sample for the examination ("test") in `skill`, one of `SKILLS`. Raises CourseError for another split."""
    if split != "test":
        raise CourseError('The picture book draws the examination alone: draw(rng, "test", skill).')
    return SKILLS[skill](rng)
