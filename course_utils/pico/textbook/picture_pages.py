"""What a page of the picture book is asked, which combinations are held out, and the pages without shapes.

Held out are seven pairs of a shape and a colour, a sixth of the groups (so many things of a shape and a colour), a
fifth of the ordered pairs of shapes in relations, one word in six, one number in six, one highest bar (its letter with
its colour) in six, and one animal with its colour in six.
"""

import random
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from course_utils.pico.textbook import drawings, world
from course_utils.pico.textbook.drawings import ANIMALS, COLOURS, DIGITS, LETTERS, SHAPES, SIDE, Page, Paint
from course_utils.pico.textbook.world import polish

NAMES = tuple(COLOURS)
BARS = "abcde"
ON = {"forest": "in", "beach": "on", "lake": "at", "hill": "on", "town": "in"}
WHAT_IS_THERE = ("What is in the picture?", "What do you see?", "Describe the picture.")

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Question:
    """`answer` is the only right one; `skill` is the line of the examination that it counts for.

    Training has two helps, in pixels. `hints`: (word of the question, x, y of what it names); `aims`: where to look
    before the first token of the answer, the second, and so on.
    """

    text: str
    answer: str
    skill: str
    hints: tuple[tuple[str, float, float], ...] = ()
    aims: Points = ()


@dataclass
class Sample:
    """One or two pages, and questions that can be answered from them alone, independently of each other."""

    pages: list[Page]
    questions: list[Question]


def held_pair(shape: str, colour: str) -> bool:
    """Training never shows this shape in this colour."""
    return (SHAPES.index(shape) + 2 * NAMES.index(colour)) % 7 == 0


def held_group(number: int, shape: str, colour: str) -> bool:
    """Training never counts so many things of this shape and colour."""
    return (number + SHAPES.index(shape) + 2 * NAMES.index(colour)) % 6 == 0


def held_text(text: str) -> bool:
    """Training never shows this word or number."""
    return len(text) > 1 and crc32(text.encode("utf-8")) % 6 == 0


def held_sixth(number: int, colour: str) -> bool:
    """Training never shows the highest bar in this place, or the animal of this number, in this colour."""
    return (number + NAMES.index(colour)) % 6 == 0


def paper(rng: random.Random) -> Paint:
    """White, or a tint of it."""
    return (255, 255, 255) if rng.random() < 0.6 else tuple(rng.randint(232, 255) for _ in range(3))


# The textbook's words of two to five letters, in English and Finnish.
_FORMS = {form.lower() for word in world.WORDS for form in (word.en, word.nom)}
WORDS = sorted(word for word in _FORMS if 2 <= len(word) <= 5 and set(word) <= set(LETTERS))


def some_text(rng: random.Random, held: bool) -> str:
    """A number of one or two digits, a word of the textbook, or (in training) digits or letters that make no word."""
    numbers, known, digits, nearly = (0.25, 0.5, 0.6, 0.6) if held else (0.15, 0.3, 0.4, 0.7)
    while True:
        kind = rng.random()
        if kind < numbers:
            text = str(rng.randint(0, 99))
        elif kind < known:
            text = rng.choice(WORDS)
        elif kind < digits:
            text = "".join(rng.choices(DIGITS, k=rng.choice((1, 3, 3))))
        elif kind < nearly:
            text = misspelled(rng, rng.choice(WORDS))
        else:
            text = "".join(rng.choices(LETTERS, k=rng.choice((1, 2, 2, 3, 3, 4, 4, 5, 5))))
        if not held and len(text) < 3 and rng.random() < 0.4:
            continue  # long ones need more practice
        if len(text) <= 5 and held_text(text) == held and not (held and kind >= 0.5):
            return text


def misspelled(rng: random.Random, word: str) -> str:
    """A word with one letter doubled, or another in its place: who guesses from the rest of it is wrong."""
    at = rng.randrange(len(word))
    new = 2 * word[at] if rng.random() < 0.4 else rng.choice(LETTERS)
    return word[:at] + new + word[at + 1 :]


def put(
    rng: random.Random, page: Page, text: str, tone: str, face: int, size: int, top: float = 0, room: float = SIDE
) -> tuple[Points, tuple[float, float]]:
    """Write a text somewhere in a strip of the page. Returns the middles of its letters, and its own."""
    while (wide := drawings.font(face, size).getlength(text)) > SIDE - 16:
        size -= 4
    x, y = rng.uniform(6, SIDE - 8 - wide), top + rng.uniform(-0.1 * size, room - 1.25 * size)
    page.text(x, y, text, size, tone, face)
    edges = [x + drawings.font(face, size).getlength(text[:i]) for i in range(len(text) + 1)]
    middle = y + 0.65 * size
    return tuple(((left + right) / 2, middle) for left, right in pairwise(edges)), (x + wide / 2, middle)


def writing(rng: random.Random, held: bool) -> Sample:
    """A word or a number somewhere on the page."""
    text, face, tone = some_text(rng, held), rng.randrange(3), rng.choice(NAMES)
    size, page = rng.randint(44, 96), Page(paper(rng))
    aims, _ = put(rng, page, text, tone, face, size)
    what = rng.choice(("What does it say?", "Read the text.", "What is written in the picture?"))
    asked = [Question(what, text, "read", (), aims)]
    if not held:
        sign = "digit" if text.isdigit() else "letter"
        asked.append(Question(f"Which {sign} is the first?", f"{text[0]}.", "letter"))
        asked.append(Question(f"Which {sign} is the last?", f"{text[-1]}.", "letter"))
        asked.append(Question(f"How many {sign}s are there?", f"{len(text)}.", "letter"))
        if len(text) > 1 and len(set(text)) == len(text):
            i = rng.randrange(len(text) - 1)
            asked.append(Question(f"Which {sign} comes after {text[i]}?", f"{text[i + 1]}.", "letter"))
        if rng.random() < 0.3:
            asked.append(Question("What colour is the text?", polish(f"{tone}."), "colour"))
    return Sample([page], asked)


def lines(rng: random.Random, _held: bool) -> Sample:
    """Two or three lines of text, each in a colour of its own, for practice: what each of them says."""
    number = rng.choice((2, 3, 3))
    page, asked, room = Page(paper(rng)), [], SIDE / number
    for i, tone in enumerate(rng.sample(NAMES, number)):
        text, face, size = some_text(rng, False), rng.randrange(3), rng.randint(44, round(0.8 * room))
        aims, middle = put(rng, page, text, tone, face, size, i * room, room)
        question = rng.choice((f"What does the {tone} text say?", f"Read the {tone} text."))
        asked.append(Question(question, text, "read", ((tone, *middle),), aims))
    return Sample([page], asked)


def soup(rng: random.Random) -> Sample:
    """A page full of letters and digits, alone or in a row, which only the eye reads: there is no question to it."""
    page, rows = Page(paper(rng)), rng.randint(3, 5)
    room = SIDE / rows
    for row in range(rows):
        together = rng.random() < 0.6
        for column in range(1 if together else rows):
            wide, most = (SIDE, 7) if together else (room, 1)
            text = "".join(rng.choices(LETTERS + DIGITS, k=rng.randint(min(2, most), most)))
            face, size = rng.randrange(3), rng.randint(40, round(0.88 * room) if room < 100 else 96)
            while (across := wide - 8 - drawings.font(face, size).getlength(text)) < 0 and size > 40:
                size -= 4
            down = room - 1.2 * size
            x, y = column * room + rng.uniform(0, max(0, across)), row * room + rng.uniform(-4, max(0, down))
            page.text(x, y, text, size, rng.choice(NAMES), face)
    return Sample([page], [])


def chart(rng: random.Random, held: bool) -> Sample:
    """A chart of three to five bars, each with a letter below it."""
    number = rng.randint(3, 5)
    while True:
        heights, tones = [rng.randint(1, 12) for _ in range(number)], rng.sample(NAMES, number)
        order = sorted(heights)
        top, low = heights.index(order[-1]), heights.index(order[0])
        if order[-1] > order[-2] and order[1] > order[0] and held_sixth(top, tones[top]) == held:
            break
    page, face = Page(paper(rng)), rng.randrange(3)
    floor, step = rng.randint(268, 288), rng.uniform(17, 19.5)
    left, gap = rng.randint(24, 40), (SIDE - 60) / number
    wide = gap * rng.uniform(0.5, 0.8)
    page.line([(left - 8, 20), (left - 8, floor), (SIDE - 10, floor)], (90, 90, 90), 3)
    for letter, high, tone in zip(BARS, heights, tones, strict=False):
        x = left + gap * BARS.index(letter)
        page.polygon(drawings.box(x, floor - high * step, x + wide, floor - 1), COLOURS[tone], "bar", tone)
        page.text(x + wide / 2 - 9, floor + 2, letter, 34, "black", face)
    asked = [Question(rng.choice(("Which bar is the highest?", "Which bar is highest?")), f"{BARS[top]}.", "chart")]
    if held:
        return Sample([page], asked)
    i, j = rng.sample(range(number), 2)
    asked += [
        Question("Which bar is the lowest?", f"{BARS[low]}.", "chart"),
        Question("What colour is the highest bar?", polish(f"{tones[top]}."), "chart"),
        Question("What colour is the lowest bar?", polish(f"{tones[low]}."), "chart"),
        Question("How many bars are there?", f"{number}.", "chart"),
        Question(f"What colour is bar {BARS[i]}?", polish(f"{tones[i]}."), "chart"),
    ]
    if heights[i] != heights[j]:
        answer = "Yes." if heights[i] > heights[j] else "No."
        asked.append(Question(f"Is bar {BARS[i]} higher than bar {BARS[j]}?", answer, "chart"))
    return Sample([page], asked)


def table(rng: random.Random, held: bool) -> Sample:
    """A table of two to four rows: a letter and a number in each."""
    rows = rng.randint(2, 4)
    letters, numbers = rng.sample("abcdefgh", rows), []
    while len(numbers) < rows:
        new = str(rng.randint(0, 99))
        if new not in numbers and held_text(new) == (held and not numbers):
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

    def number_beside(i: int) -> Question:
        y = top + (i + 0.5) * high
        look = ((letters[i], left + 0.8 * size, y),), ((middle + 0.8 * size, y),)
        return Question(f"Which number is beside {letters[i]}?", f"{numbers[i]}.", "table", *look)

    if held:
        return Sample([page], [number_beside(first)])
    asked, other = [number_beside(rng.randrange(rows))], rng.randrange(rows)
    asked.append(number_beside(other))
    asked.append(Question(f"Which letter is beside {numbers[other]}?", f"{letters[other]}.", "table"))
    asked.append(Question("How many rows are there?", f"{rows}.", "table"))
    return Sample([page], asked)


def scene(rng: random.Random, held: bool) -> Sample:
    """An animal of the textbook's world in one of its places."""
    while True:
        what, tone, land = rng.choice(ANIMALS), rng.choice(NAMES), rng.choice(list(ON))
        if held_sixth(ANIMALS.index(what), tone) == held:
            break
    page, there = Page(), f"{ON[land]} the {land}"
    drawings.scenery(page, land, rng)
    size = rng.uniform(38, 62)
    x, y = rng.uniform(size * 1.4, SIDE - size * 1.4), rng.uniform(190, SIDE - size - 8)
    drawings.animal(page, what, tone, x, y, size)
    asked = [Question(rng.choice(WHAT_IS_THERE), polish(f"a {tone} {what} {there}."), "scene")]
    if not held:
        asked += [
            Question("Which animal is it?", polish(f"a {what}."), "scene"),
            Question(f"Where is the {what}?", polish(f"{there}."), "scene"),
            Question(f"What colour is the {what}?", polish(f"{tone}."), "scene"),
        ]
    return Sample([page], asked)
