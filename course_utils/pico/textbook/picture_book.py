"""The picture book: pictures drawn by `drawings`, each with questions and right answers.

    draw(rng, "train")            a sample of the training, with up to six questions
    draw(rng, "test", "colour")   one for the examination of a skill, with a combination that training never shows

What is held out: seven pairs of a shape and a colour, a sixth of the groups (so many things of a shape and a colour), a
fifth of the ordered pairs of shapes in relations, one word in six, one number in six, and one highest bar (its letter
with its colour) in six.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cache
from zlib import crc32

from course_utils.pico.textbook.drawings import (
    ANIMALS,
    BLOT,
    COLOURS,
    DIGITS,
    LETTERS,
    ODD,
    SCENES,
    SHAPES,
    SIDE,
    Page,
    Thing,
    animal,
    font,
    nameless,
    scenery,
)

NAMES = tuple(COLOURS)
ON = {"forest": "in", "beach": "on", "lake": "at", "hill": "on", "town": "in"}


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
    hints: tuple[tuple[str, float, float], ...] = ()
    aims: tuple[tuple[float, float], ...] = ()
    counted: str = ""


@dataclass
class Sample:
    """One or two pages, and questions that can be answered from them alone, independently of each other."""

    pages: list[Page]
    questions: list[Question] = field(default_factory=list)


def held_pair(shape: str, colour: str) -> bool:
    return (SHAPES.index(shape) + 2 * NAMES.index(colour)) % 7 == 0


def held_group(number: int, shape: str, colour: str) -> bool:
    return (number + SHAPES.index(shape) + 2 * NAMES.index(colour)) % 6 == 0


def held_relation(first: str, second: str) -> bool:
    return (2 * SHAPES.index(first) + SHAPES.index(second)) % 5 == 0


def held_text(text: str) -> bool:
    return len(text) > 1 and crc32(text.encode("utf-8")) % 6 == 0


def held_bar(letter: str, colour: str) -> bool:
    return ("abcdefgh".index(letter) + NAMES.index(colour)) % 6 == 0


@cache
def words() -> tuple[str, ...]:
    """The textbook's words of two to five letters, in English and Finnish."""
    from course_utils.pico.textbook import world

    found = {form.lower() for word in world.WORDS for form in (word.en, getattr(word, "nom", ""))}
    return tuple(sorted(w for w in found if 2 <= len(w) <= 5 and set(w) <= set(LETTERS)))


def draw(rng: random.Random, split: str = "train", skill: str | None = None, mix: str = "all") -> Sample:
    """A sample for training, from one of `MIXES`, or for the examination in `skill` (one of `SKILLS`)."""
    if split == "test":
        return SKILLS[skill](rng, True)
    makers, weights = zip(*MIXES[mix], strict=True)
    return rng.choices(makers, weights)[0](rng, False)


# ---------------------------------------------------------------------------------------------------- shapes


def paper(rng: random.Random) -> tuple[int, int, int]:
    return (255, 255, 255) if rng.random() < 0.6 else tuple(rng.randint(232, 255) for _ in range(3))


def pair(rng: random.Random, held: bool) -> tuple[str, str]:
    """A shape and a colour; for training never a held-out pair, for the examination always one."""
    while True:
        found = rng.choice(SHAPES), rng.choice(NAMES)
        if held_pair(*found) == held:
            return found


def spot(rng: random.Random, others: list[Thing], size: float) -> tuple[float, float] | None:
    """A place for something of this size that touches none of the others, or None."""
    for _ in range(60):
        x, y = rng.uniform(size + 4, SIDE - size - 4), rng.uniform(size + 4, SIDE - size - 4)
        if all(max(abs(x - t.x), abs(y - t.y)) > size + t.size + 6 for t in others):
            return x, y
    return None


def place(rng: random.Random, others: list[Thing], shape: str, colour: str, largest: float = 62) -> Thing | None:
    size = rng.uniform(24, largest)
    at = spot(rng, others, size)
    if at is None:
        return None
    manner = {"hollow": rng.random() < 0.15, "unrest": 0.035 if rng.random() < 0.25 else 0.0}
    return Thing(shape, colour, *at, size, angle=rng.uniform(-0.25, 0.25) if rng.random() < 0.5 else 0.0, **manner)


def scatter(rng: random.Random, kinds: list[tuple[str, str]], largest: float = 62) -> list[Thing]:
    """Things of these shapes and colours, none touching another."""
    while True:
        things: list[Thing] = []
        for shape, colour in kinds:
            thing = place(rng, things, shape, colour, largest)
            if thing:
                things.append(thing)
        if len(things) == len(kinds):
            return things
        largest = max(30, largest - 6)


def page_of(rng: random.Random, things: list[Thing], tint=None) -> Page:
    page = Page(tint or paper(rng))
    for thing in things:
        page.thing(thing, rng)
    return page


# Words that begin alike, with the same token in some answers: a model that forgets to look takes one for the other.
ALIKE = (("pink", "purple"), ("circle", "cross"), ("square", "star"), ("black", "blue"))


def several(rng: random.Random, held: bool, most: int = 3) -> list[Thing]:
    """One to `most` things whose shapes all differ, and whose colours all differ.

    In training two whose names are alike often stand side by side, and things are often small.
    """
    both = rng.choice(ALIKE) if not held and most > 1 and rng.random() < 0.35 else ()
    while True:
        kinds: list[tuple[str, str]] = []
        wanted = rng.randint(1, most)
        while len(kinds) < wanted:
            new = pair(rng, held and not kinds)
            if all(new[0] != s and new[1] != c for s, c in kinds):
                kinds.append(new)
        if set(both) <= {word for kind in kinds for word in kind}:
            return scatter(rng, kinds, 62 if held else rng.choice((36, 62)))


def named(things: list[Thing]) -> str:
    """What there is, from left to right: "A red circle and a blue square."."""
    names = [article(t.name) for t in sorted(things, key=lambda t: t.x)]
    text = ", ".join(names[:-1]) + " and " + names[-1] if names[1:] else names[0]
    return text[0].upper() + text[1:] + "."


def article(name: str) -> str:
    return ("an " if name[0] in "aeiou" else "a ") + name


def where(thing: Thing) -> str:
    """In which ninth of the picture a thing is."""
    across = ("left", "", "right")[min(2, int(3 * thing.x / SIDE))]
    down = ("top", "", "bottom")[min(2, int(3 * thing.y / SIDE))]
    words = " ".join(part for part in (down, across) if part)
    return f"At the {words}." if words else "In the middle."


def sharp(thing: Thing) -> bool:
    """Whether it is clear in which ninth the thing is."""
    return all(abs(3 * v / SIDE - edge) > 0.12 for v in (thing.x, thing.y) for edge in (1, 2))


def shapes(rng: random.Random, held: bool, only: str | None = None) -> Sample:
    """One to three things: what, which colour, which shape, where."""
    things = several(rng, held, 1 if only == "place" else 3)
    first, others = things[0], things[1:]
    page, asked = page_of(rng, things), []
    if only in (None, "describe"):
        asked.append(Question(ask(rng, "what"), named(things), "describe"))
    if only in (None, "colour"):
        for thing in things[:2] if only is None else [first]:
            text = rng.choice((f"What colour is the {thing.shape}?", f"Which colour does the {thing.shape} have?"))
            asked.append(Question(text, thing.colour.capitalize() + ".", "colour", hints(thing), aim(thing)))
    if only in (None, "shape"):
        text = rng.choice((f"What shape is {first.colour}?", f"Which shape is {first.colour}?"))
        named_by = ((first.colour, first.x, first.y),)
        asked.append(Question(text, article(first.shape).capitalize() + ".", "shape", named_by, aim(first)))
    if only is None and len(things) == 2:
        # Else "pink" would never be an answer where the question says "triangle", if pink triangles are held out.
        one, other = rng.choice(((first, others[0]), (others[0], first)))
        text = f"What colour is the thing that is not a {one.shape}?"
        asked.append(Question(text, other.colour.capitalize() + ".", "colour", hints(one), aim(other)))
        named_by = ((one.colour, one.x, one.y),)
        text = f"What shape is not {one.colour}?"
        asked.append(Question(text, article(other.shape).capitalize() + ".", "shape", named_by, aim(other)))
    if only in (None, "place") and sharp(first):
        asked.append(Question(f"Where is the {first.shape}?", where(first), "place", hints(first)))
        if only is None:
            asked.append(Question(f"What is {where(first)[0].lower()}{where(first)[1:-1]}?",
                                  article(first.name).capitalize() + ".", "place", (), aim(first)))  # fmt: skip
    if only in (None, "absent"):
        missing = rng.choice([s for s in SHAPES if s not in [t.shape for t in things]])
        asked.append(Question(f"What colour is the {missing}?", f"There is no {missing}.", "absent"))
        if rng.random() < 0.5 and only is None:
            thing = rng.choice([first, *others])
            asked.append(Question(f"Is there {article(thing.name)}?", "Yes.", "absent"))
            wrong = rng.choice([c for c in NAMES if c not in [t.colour for t in things]])
            asked.append(Question(f"Is there {article(f'{wrong} {thing.shape}')}?", "No.", "absent"))
    if only is None:
        rng.shuffle(asked)
    return Sample([page], asked) if asked else shapes(rng, held, only)


def hints(*things: Thing) -> tuple:
    return tuple((thing.shape, thing.x, thing.y) for thing in things)


def aim(thing: Thing) -> tuple:
    return ((thing.x, thing.y),)


def ask(rng: random.Random, what: str) -> str:
    if what == "what":
        return rng.choice(("What is in the picture?", "What do you see?", "Describe the picture."))
    return rng.choice(("What does it say?", "Read the text.", "What is written in the picture?"))


def places(rng: random.Random, held: bool) -> Sample:
    """One to three things, each in a ninth of its own: where each is, and what is there.

    Some are blots or have an odd colour; they are asked for what has a name.
    """
    things = several(rng, held, 3)
    for thing in things:
        strange = rng.random()
        if strange < 0.25:
            thing.shape = BLOT
        elif strange < 0.5:
            thing.colour = ODD
    ninths = [where(thing) for thing in things]
    if len(set(ninths)) < len(things) or not all(map(sharp, things)):
        return places(rng, held)
    asked = []
    for thing, ninth in zip(things, ninths, strict=True):
        spot_, new = ninth[0].lower() + ninth[1:-1], []
        colour = Question(f"What colour is {spot_}?", thing.colour.capitalize() + ".", "colour", (), aim(thing))
        shape = Question(f"What shape is {spot_}?", article(thing.shape).capitalize() + ".", "shape", (), aim(thing))
        if thing.shape != BLOT:
            new += [Question(f"Where is the {thing.shape}?", ninth, "place", hints(thing)), shape]
        if thing.colour != ODD:
            new.append(colour)
        if len(new) == 3:
            name = article(thing.name).capitalize() + "."
            new[1:] = [rng.choice(new[1:]), Question(f"What is {spot_}?", name, "place", (), aim(thing))]
        if thing.colour != ODD and rng.random() < 0.7:
            named_by = ((thing.colour, thing.x, thing.y),)
            new.append(Question(f"Where is the {thing.colour} thing?", ninth, "place", named_by))
        asked += new
    rng.shuffle(asked)
    return Sample([page_of(rng, things)], asked)


def held_groups() -> list[tuple[int, str, str]]:
    pairs = [(shape, colour) for shape in SHAPES for colour in NAMES if not held_pair(shape, colour)]
    return [(n, *pair) for n in range(1, 6) for pair in pairs if held_group(n, *pair)]


def tones_of(chosen: list[tuple[str, str]]) -> dict[str, list[str]]:
    return {shape: [c for s, c in chosen if s == shape] for shape in SHAPES if shape in [s for s, _ in chosen]}


def group(rng: random.Random, even: bool = False) -> list[tuple[str, str]]:
    """Up to five shapes with their colours, no held-out group among them. Those of one shape often share a colour.

    `even`: four or five of a shape are as frequent as one or two, and fewer share a colour, which tells of the number
    where some groups never come.
    """
    while True:
        kinds = rng.sample(SHAPES, rng.choice((1, 1, 2, 2, 3)))
        free = {s: [c for c in NAMES if not held_pair(s, c)] for s in kinds}
        if rng.random() < (0.2 if even else 0.6):
            free = {s: [rng.choice(colours)] for s, colours in free.items()}
        same = [kinds[0]] * rng.randint(1, 5) if even else []
        wanted = rng.choice((1, 2, 3, 3, 4, 4, 5, 5))
        chosen = [(s, rng.choice(free[s])) for s in same]
        chosen += [(s := rng.choice(kinds), rng.choice(free[s])) for _ in range(wanted - len(same))]
        if not any(len(set(of)) == 1 and held_group(len(of), s, of[0]) for s, of in tones_of(chosen).items()):
            return chosen


def counts(rng: random.Random, held: bool) -> Sample:
    """Up to five things; how many there are, and how many of a kind."""
    if held:
        wanted = rng.randint(1, 5)
        number, shape, colour = rng.choice([found for found in held_groups() if found[0] == wanted])
        others = [pair_ for pair_ in group(rng) if pair_[0] != shape][: rng.randint(0, 5 - number)]
        page = page_of(rng, scatter(rng, [(shape, colour)] * number + others, 50))
        return Sample([page], [Question(f"How many {plural(shape)} are there?", f"{number}.", "count")])
    chosen, asked = group(rng, even=True), []
    if plain := rng.random() < 0.5:
        chosen = [(shape, ODD) for shape, _ in chosen]
    things, tones = scatter(rng, chosen, 50), tones_of(chosen)
    if plain and rng.random() < 0.7:  # groups of one colour that has no name, in every number
        paints = {shape: nameless(rng) for shape in tones}
        for thing in things:
            thing.paint = paints[thing.shape]
    for shape in [*tones, rng.choice([s for s in SHAPES if s not in tones])]:
        text, number = f"How many {plural(shape)} are there?", len(tones.get(shape, ()))
        asked.append(Question(text, f"{number}.", "count", counted=plural(shape)))
    what, colour = rng.choice(("things", "shapes")), rng.choice(chosen)[1]
    number = sum(c == colour for _, c in chosen)
    asked.append(Question(f"How many {what} are there?", f"{len(chosen)}.", "count", counted=what))
    if not plain:
        asked.append(Question(f"How many things are {colour}?", f"{number}.", "count", counted=colour))
    return Sample([page_of(rng, things)], asked)


def plural(shape: str) -> str:
    return shape + ("es" if shape == "cross" else "s")


SIDES = {"left": "left of", "right": "right of", "above": "above", "below": "below"}
OPPOSITE = {"left": "right", "right": "left", "above": "below", "below": "above"}


def side(a: Thing, b: Thing) -> str | None:
    """On which side of b lies a, where one can say so without doubt."""
    return side_of((a.x, a.y), (b.x, b.y))


def side_of(a: tuple[float, float], b: tuple[float, float]) -> str | None:
    dx, dy = a[0] - b[0], a[1] - b[1]
    if abs(dx) > 1.5 * abs(dy) + 20:
        return "left" if dx < 0 else "right"
    if abs(dy) > 1.5 * abs(dx) + 20:
        return "above" if dy < 0 else "below"
    return None


def relations(rng: random.Random, held: bool) -> Sample:
    """Two or three things, and on which side of another each lies."""
    while True:
        wanted = rng.sample(SHAPES, 2 if held else rng.choice((2, 2, 2, 3)))
        if any(held_relation(a, b) for a, b in zip(wanted, wanted[1:], strict=False)) == held:
            if held or not any(held_relation(a, b) for a in wanted for b in wanted if a != b):
                break
    tones = [rng.choice([c for c in NAMES if not held_pair(s, c)]) for s in wanted]
    while True:
        things = scatter(rng, list(zip(wanted, tones, strict=True)), 52)
        a, b = things[:2]
        if found := side(a, b):
            break
    page, both = page_of(rng, things), hints(a, b)
    text = f"Where is the {a.shape}, seen from the {b.shape}?"
    asked = [Question(text, f"{SIDES[found].capitalize()} it.", "relation", both)]
    other = rng.choice((found, OPPOSITE[found], rng.choice(list(SIDES))))
    asked.append(is_it(a, b, other, found))
    if held:
        return Sample([page], [rng.choice(asked)])
    back = OPPOSITE[found]
    text = f"Where is the {b.shape}, seen from the {a.shape}?"
    asked += [
        Question(text, f"{SIDES[back].capitalize()} it.", "relation", both),
        is_it(a, b, found if other != found else back, found),
        is_it(b, a, rng.choice((back, back, found, rng.choice(list(SIDES)))), back),
    ]
    if len(things) == 2:
        what = Question(f"What is {SIDES[found]} the {b.shape}?", f"The {a.name}.", "relation", hints(b), aim(a))
        nothing = Question(f"What is {SIDES[back]} the {b.shape}?", "Nothing.", "relation", hints(b))
        asked.append(rng.choice((what, nothing)))
    if len(things) == 2 and a.colour != b.colour:
        # Answers that go with any shape and any colour of the question, as with "not" in `shapes`.
        text = f"What colour is the thing {SIDES[found]} the {b.shape}?"
        asked.append(Question(text, a.colour.capitalize() + ".", "colour", hints(b), aim(a)))
        text, named_by = f"What shape is {SIDES[found]} the {b.colour} thing?", ((b.colour, b.x, b.y),)
        asked.append(Question(text, article(a.shape).capitalize() + ".", "shape", named_by, aim(a)))
    rng.shuffle(asked)
    return Sample([page], asked)


def is_it(a: Thing, b: Thing, asked: str, found: str) -> Question:
    text = f"Is the {a.shape} {SIDES[asked]} the {b.shape}?"
    return Question(text, "Yes." if asked == found else "No.", "relation", hints(a, b))


# ------------------------------------------------------------------------------------------ text, charts, tables


def some_text(rng: random.Random, held: bool, longest: int = 5) -> str:
    """A number of one or two digits, a word of the textbook, or (in training) digits or letters that make no word."""
    numbers, known, digits, nearly = (0.25, 0.5, 0.6, 0.6) if held else (0.15, 0.3, 0.4, 0.7)
    while True:
        kind = rng.random()
        if kind < numbers:
            text = str(rng.randint(0, 99))
        elif kind < known:
            text = rng.choice(words())
        elif kind < digits:
            text = "".join(rng.choices(DIGITS, k=rng.choice((1, 3, 3))))
        elif kind < nearly:
            text = misspelled(rng, rng.choice(words()))
        else:
            text = "".join(rng.choices(LETTERS, k=rng.choice((1, 2, 2, 3, 3, 4, 4, 5, 5))))
        if not held and len(text) < 3 and rng.random() < 0.4:
            continue  # long ones need more practice
        if len(text) <= longest and held_text(text) == held and not (held and kind >= 0.5):
            return text


def misspelled(rng: random.Random, word: str) -> str:
    """A word with one letter doubled, or another in its place: who guesses from the rest of it is wrong."""
    at = rng.randrange(len(word))
    new = 2 * word[at] if rng.random() < 0.4 else rng.choice(LETTERS)
    return word[:at] + new + word[at + 1 :]


def writing(rng: random.Random, held: bool) -> Sample:
    """A word or a number somewhere on the page."""
    text, face, tone = some_text(rng, held), rng.randrange(3), rng.choice(NAMES)
    size = rng.randint(44, 96)
    while (wide := font(face, size).getlength(text)) > SIDE - 16:
        size -= 4
    page = Page(paper(rng))
    x, y = rng.uniform(6, SIDE - 8 - wide), rng.uniform(-0.1 * size, SIDE - 1.25 * size)
    page.text(x, y, text, size, tone, face)
    asked = [Question(ask(rng, "read"), text, "read", (), letters_at(text, face, size, x, y))]
    if not held:
        sign = "digit" if text.isdigit() else "letter"
        asked.append(Question(f"Which {sign} is the first?", f"{text[0]}.", "letter"))
        asked.append(Question(f"Which {sign} is the last?", f"{text[-1]}.", "letter"))
        asked.append(Question(f"How many {sign}s are there?", f"{len(text)}.", "letter"))
        if len(text) > 1 and len(set(text)) == len(text):
            i = rng.randrange(len(text) - 1)
            asked.append(Question(f"Which {sign} comes after {text[i]}?", f"{text[i + 1]}.", "letter"))
        if rng.random() < 0.3:
            asked.append(Question("What colour is the text?", tone.capitalize() + ".", "colour"))
    return Sample([page], asked)


def lines(rng: random.Random, held: bool) -> Sample:
    """Two or three lines of text, each in a colour of its own, for practice: what each of them says."""
    number = rng.choice((2, 3, 3))
    page, asked, room = Page(paper(rng)), [], SIDE / number
    for i, tone in enumerate(rng.sample(NAMES, number)):
        text, face, size = some_text(rng, False), rng.randrange(3), rng.randint(44, round(0.8 * room))
        while (wide := font(face, size).getlength(text)) > SIDE - 16:
            size -= 4
        x, y = rng.uniform(6, SIDE - 8 - wide), i * room + rng.uniform(-0.1 * size, room - 1.25 * size)
        page.text(x, y, text, size, tone, face)
        words_ = rng.choice((f"What does the {tone} text say?", f"Read the {tone} text."))
        hint = ((tone, x + wide / 2, y + 0.65 * size),)
        asked.append(Question(words_, text, "read", hint, letters_at(text, face, size, x, y)))
    return Sample([page], asked)


def letters_at(text: str, face: int, size: int, x: float, y: float) -> tuple[tuple[float, float], ...]:
    """The middles of the letters of a text that begins at (x, y)."""
    edges = [x + font(face, size).getlength(text[:i]) for i in range(len(text) + 1)]
    return tuple(((left + right) / 2, y + 0.65 * size) for left, right in zip(edges, edges[1:], strict=False))


def chart(rng: random.Random, held: bool) -> Sample:
    """A chart of three to five bars, each with a letter below it."""
    number = rng.randint(3, 5)
    while True:
        heights = [rng.randint(1, 12) for _ in range(number)]
        tones = rng.sample(NAMES, number)
        order = sorted(heights)
        top = heights.index(max(heights))
        if order[-1] - order[-2] >= 1 and order[1] - order[0] >= 1 and held_bar("abcde"[top], tones[top]) == held:
            break
    page, face = Page(paper(rng)), rng.randrange(3)
    floor, step = rng.randint(268, 288), rng.uniform(17, 19.5)
    left, gap = rng.randint(24, 40), (SIDE - 60) / number
    wide = gap * rng.uniform(0.5, 0.8)
    page.line([(left - 8, 20), (left - 8, floor), (SIDE - 10, floor)], (90, 90, 90), 3)
    for i, (high, tone) in enumerate(zip(heights, tones, strict=True)):
        x = left + gap * i
        box = [(x, floor - high * step), (x + wide, floor - high * step), (x + wide, floor - 1), (x, floor - 1)]
        page.polygon(box, COLOURS[tone], "bar", tone)
        page.text(x + wide / 2 - 9, floor + 2, "abcde"[i], 34, "black", face)
    low = heights.index(min(heights))
    highest = Question(rng.choice(("Which bar is the highest?", "Which bar is highest?")), f"{'abcde'[top]}.", "chart")
    if held:
        return Sample([page], [highest])
    i, j = rng.sample(range(number), 2)
    asked = [
        highest,
        Question("Which bar is the lowest?", f"{'abcde'[low]}.", "chart"),
        Question("What colour is the highest bar?", f"{tones[top].capitalize()}.", "chart"),
        Question("What colour is the lowest bar?", f"{tones[low].capitalize()}.", "chart"),
        Question("How many bars are there?", f"{number}.", "chart"),
        Question(f"What colour is bar {'abcde'[i]}?", f"{tones[i].capitalize()}.", "chart"),
    ]
    if abs(heights[i] - heights[j]) > 0:
        answer = "Yes." if heights[i] > heights[j] else "No."
        asked.append(Question(f"Is bar {'abcde'[i]} higher than bar {'abcde'[j]}?", answer, "chart"))
    return Sample([page], asked)


def table(rng: random.Random, held: bool) -> Sample:
    """A table of two to four rows: a letter and a number in each."""
    rows = rng.randint(2, 4)
    letters = rng.sample("abcdefgh", rows)
    numbers: list[str] = []
    while len(numbers) < rows:
        new = str(rng.randint(0, 99))
        if new not in numbers and (held_text(new) == held if not numbers else not held_text(new)):
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
    chosen = first if held else rng.randrange(rows)

    def number_beside(i: int) -> Question:
        y = top + (i + 0.5) * high
        look = ((letters[i], left + 0.8 * size, y),), ((middle + 0.8 * size, y),)
        return Question(f"Which number is beside {letters[i]}?", f"{numbers[i]}.", "table", *look)

    asked = [number_beside(chosen)]
    if not held:
        other = rng.randrange(rows)
        asked.append(number_beside(other))
        asked.append(Question(f"Which letter is beside {numbers[other]}?", f"{letters[other]}.", "table"))
        asked.append(Question("How many rows are there?", f"{rows}.", "table"))
    return Sample([page], asked)


# --------------------------------------------------------------------------------------------- scenes, differences


def held_scene(what: str, tone: str) -> bool:
    return (ANIMALS.index(what) + NAMES.index(tone)) % 6 == 0


def scene(rng: random.Random, held: bool) -> Sample:
    """An animal of the textbook's world in one of its places."""
    while True:
        what, tone, place_ = rng.choice(ANIMALS), rng.choice(NAMES), rng.choice(SCENES)
        if held_scene(what, tone) == held:
            break
    page = Page()
    scenery(page, place_, rng)
    size = rng.uniform(38, 62)
    animal(page, what, tone, rng.uniform(size * 1.4, SIDE - size * 1.4), rng.uniform(190, SIDE - size - 8), size)
    whole = f"{article(f'{tone} {what}').capitalize()} {ON[place_]} the {place_}."
    asked = [Question(ask(rng, "what"), whole, "scene")]
    if not held:
        asked += [
            Question("Which animal is it?", article(what).capitalize() + ".", "scene"),
            Question(f"Where is the {what}?", f"{ON[place_].capitalize()} the {place_}.", "scene"),
            Question(f"What colour is the {what}?", tone.capitalize() + ".", "scene"),
        ]
    return Sample([page], asked)


CHANGES = ("colour", "move", "come", "gone", "nothing")


def difference(rng: random.Random, held: bool) -> Sample:
    """Two pictures with one change at most, and what it is."""
    kind = rng.choice(CHANGES)
    things = several(rng, held, 3)
    if kind == "gone" and len(things) == 1 and rng.random() < 0.7:
        kind = "move"
    first, tint = things[0], paper(rng)
    after = [Thing(**vars(t)) for t in things]
    answer = "Nothing has changed."
    if kind == "colour":
        free = [c for c in NAMES if c not in [t.colour for t in things] and (held or not held_pair(first.shape, c))]
        after[0].colour = rng.choice(free)
        answer = f"The {first.name} has become {after[0].colour}."
    elif kind == "move":
        at = spot(rng, after[1:], first.size)
        after[0].x, after[0].y = at or (first.x, first.y)
        way = side(after[0], first)
        if way is None or abs(after[0].x - first.x) + abs(after[0].y - first.y) < 50:
            return difference(rng, held)
        to = {"left": "to the left", "right": "to the right", "above": "up", "below": "down"}[way]
        answer = f"The {first.name} has moved {to}."
    elif kind in ("come", "gone"):
        after = after[1:]
        answer = f"{article(first.name).capitalize()} has come." if kind == "come" else f"The {first.name} has gone."
    pages = [page_of(rng, things, tint), page_of(rng, after, tint)]
    if kind == "come":
        pages.reverse()
    text = rng.choice(("What has changed?", "What is different?", "What is the difference?"))
    look = () if kind == "nothing" else aim(first if kind in ("come", "gone") else after[0])
    asked = [Question(text, answer, "difference", (), look)]
    if not held:
        changed = kind != "nothing"
        asked.append(Question("Has anything changed?", "Yes." if changed else "No.", "difference", (), look))
        what = f"The {first.name}." if changed else "Nothing."
        asked.append(Question("Which thing has changed?", what, "difference", (), look))
        seen = [things, after] if kind != "come" else [after, things]
        for number, there in zip(("first", "second"), seen, strict=True):
            if there:
                asked.append(Question(f"What is in the {number} picture?", named(there), "describe"))
    return Sample(pages, asked)


def _only(skill: str):
    return lambda rng, held: shapes(rng, held, skill)


SKILLS = {
    "colour": _only("colour"),
    "shape": _only("shape"),
    "describe": _only("describe"),
    "place": _only("place"),
    "absent": _only("absent"),
    "count": counts,
    "relation": relations,
    "read": writing,
    "chart": chart,
    "table": table,
    "scene": scene,
    "difference": difference,
}


def soup(rng: random.Random, held: bool) -> Sample:
    """A page full of letters and digits, alone or in a row, which only the eye reads: there is no question to it."""
    page, rows = Page(paper(rng)), rng.randint(3, 5)
    room = SIDE / rows
    for row in range(rows):
        together = rng.random() < 0.6
        for column in range(1 if together else rows):
            wide, most = (SIDE, 7) if together else (room, 1)
            text = "".join(rng.choices(LETTERS + DIGITS, k=rng.randint(min(2, most), most)))
            face, size = rng.randrange(3), rng.randint(40, round(0.88 * room) if room < 100 else 96)
            while (across := wide - 8 - font(face, size).getlength(text)) < 0 and size > 40:
                size -= 4
            down = room - 1.2 * size
            x, y = column * room + rng.uniform(0, max(0, across)), row * room + rng.uniform(-4, max(0, down))
            page.text(x, y, text, size, rng.choice(NAMES), face)
    return Sample([page], [])


def beside(rng: random.Random, held: bool) -> Sample:
    """A page that only the eye reads, for practice of what it finds hard: letters, or things to count."""
    return soup(rng, held) if rng.random() < 0.67 else counts(rng, held)


# What training draws, and how often. "hard" is practice of what depends on where things are, and of letters.
MIXES = {
    "all": ((shapes, 0.17), (places, 0.13), (counts, 0.17), (relations, 0.07), (writing, 0.15), (lines, 0.06),
            (chart, 0.04), (table, 0.03), (scene, 0.03), (difference, 0.15)),
    "hard": ((places, 0.25), (relations, 0.2), (writing, 0.35), (shapes, 0.05), (counts, 0.05), (chart, 0.04),
             (scene, 0.02), (difference, 0.04)),
    "weak": ((relations, 0.16), (counts, 0.14), (writing, 0.1), (lines, 0.18), (difference, 0.17), (chart, 0.02),
             (places, 0.02), (shapes, 0.12), (table, 0.07), (scene, 0.02)),
    "numbers": ((counts, 0.4), (shapes, 0.14), (places, 0.1), (relations, 0.06), (writing, 0.12), (lines, 0.03),
                (chart, 0.03), (table, 0.02), (scene, 0.02), (difference, 0.08)),
    "letters": ((soup, 0.7), (writing, 0.1), (shapes, 0.05), (places, 0.05), (counts, 0.04), (chart, 0.03),
                (table, 0.03)),
}  # fmt: skip
