"""Reading passages with questions: who is where, has what, sees what, and how that person feels.

A passage is a small table of facts (one row a person) told in sentences. A question asks for one cell of the table,
so the right answer is known, and so is the case where the table has no answer: "I do not know."
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import combinations

from course_utils.pico.textbook.lists import asked_once, family, pairs, section
from course_utils.pico.textbook.world import (
    ANIMALS,
    COLOURS,
    FEELINGS,
    FOODS,
    JOBS,
    PEOPLE,
    PLACES,
    THINGS,
    Cast,
    Person,
    Word,
    fill,
    held_out,
    polish,
)

UNKNOWN = "I do not know."
UNKNOWN_FI = "En tiedä."


def _questions(kind: str) -> dict[str, tuple[tuple[str, ...], str]]:
    """{key: (ways to ask, answer)} for a kind of sections in `data/passages.txt`."""
    return {key: asked_once(lines) for key, lines in family("passages", kind).items()}


# What the table can hold about a person, and the ways of telling it. `{who}` is the name or, later, he or she.
TELL = family("passages", "tell")
ASK = _questions("ask")
ASK_WHO = _questions("who")  # from the content of a cell to the person, or to the colour of a thing
STORY_QUESTIONS = tuple(_questions("story").values())
IN_FINNISH = dict(pairs(section("passages", "in Finnish")))
FILLER, FRAMES = section("passages", "filler"), section("passages", "frames")
POOLS: dict[str, tuple[Word, ...]] = {"place": PLACES, "thing": THINGS, "food": FOODS, "animal": ANIMALS}


@dataclass
class Row:
    """What a passage says about one person: a value for some of the keys of `TELL`."""

    name: Person
    cells: dict[str, Word] = field(default_factory=dict)

    def words(self) -> dict[str, Word]:
        """The row as the slots of a template."""
        return {"name": self.name, **self.cells}

    def fill(self, template: str) -> str:
        """The template with the row's words."""
        return polish(template.format(**self.words()))

    def clashes(self) -> bool:
        """Whether two of its entities are a held-out pair."""
        return any(held_out(a, b) for a, b in combinations(map(str, self.words().values()), 2))


def table(rng: random.Random, split: str, people: int, cells: int) -> list[Row]:
    """Draw a table of that many people. No value stands twice, so that every question has one answer.

    In a "train" table no row holds a held-out pair (of the person, the place, the thing, its colour, ...); in a "test"
    table the first row has at least one.
    """
    while True:
        rows = [Row(name) for name in rng.sample(PEOPLE, people)]
        pools = {key: rng.sample(pool, min(people, len(pool))) for key, pool in (POOLS | {"job": JOBS}).items()}
        for i, row in enumerate(rows):
            for key in rng.sample(list(TELL), cells):
                fill_cell(rng, row, key, pools.get(key, FEELINGS), i)
                if split == "train" and row.clashes():
                    row.cells.pop("colour" if key == "thing" else key, None)
                    row.cells.pop(key, None)
        rows = [row for row in rows if row.cells]
        if rows and (split == "train" or rows[0].clashes()):
            return rows


def fill_cell(rng: random.Random, row: Row, key: str, pool: list[Word], i: int) -> None:
    """Put the i-th value of the pool into a cell, if there are so many. Feelings may be shared; things have colours."""
    if key == "feeling":
        row.cells[key] = rng.choice(pool)
    elif i < len(pool):
        row.cells[key] = pool[i]
        if key == "thing":
            row.cells["colour"] = rng.choice(COLOURS)


def shuffled_keys(rng: random.Random, row: Row) -> list[str]:
    """What can be told about a person, in any order."""
    keys = [key for key in row.cells if key in TELL]
    rng.shuffle(keys)
    return keys


def tell(rng: random.Random, rows: list[Row], filler: float = 0.15, names: float = 0.4) -> str:
    """Write the table as a passage: each person's sentences stand together.

    After a person's first sentence, this share of them repeats the name; the others say he or she.
    """
    text = []
    for row in rows:
        for n, key in enumerate(shuffled_keys(rng, row)):
            who = str(row.name) if n == 0 or rng.random() < names else row.name.he
            text.append(rng.choice(TELL[key]).format(who=who, **row.cells))
            if rng.random() < filler:
                text.append(rng.choice(FILLER))
    return polish(" ".join(text))


def tell_twice(rng: random.Random, rows: list[Row]) -> tuple[str, str, dict[str, str]]:
    """The table as a passage with he and she, the same with names only, and what it says about each person by name."""
    text, clear, about = [], [], {}
    for row in rows:
        for n, key in enumerate(shuffled_keys(rng, row)):
            sentence = rng.choice(TELL[key])
            who = str(row.name) if n == 0 or rng.random() < 0.2 else row.name.he
            text.append(sentence.format(who=who, **row.cells))
            clear.append(sentence.format(who=row.name, **row.cells))
            about.setdefault(str(row.name), []).append(row.fill(ASK[key][1]))
    return polish(" ".join(text)), polish(" ".join(clear)), {name: " ".join(said) for name, said in about.items()}


def question(
    rng: random.Random, rows: list[Row], row: Row | None = None, key: str | None = None
) -> tuple[str, str, str, Row]:
    """A question with an answer in the table. Returns (question, answer, key, row)."""
    row = row or rng.choice(rows)
    if key is None:
        key = rng.choice([k for k in row.cells if k != "colour"] + (["colour"] if "colour" in row.cells else []))
    backwards = key == "colour" or (key in ASK_WHO and rng.random() < 0.35)
    return *(ask_who if backwards else ask)(rng, row, key), key, row


def unanswerable(rng: random.Random, rows: list[Row]) -> str:
    """A question the passage does not answer: about somebody else, something else, or a cell that was left empty."""
    told = {str(value) for row in rows for value in row.words().values()}
    kind = rng.random()
    if kind < 0.4:
        row = rng.choice(rows)
        empty = [key for key in ASK if key not in row.cells]
        if empty:
            return rng.choice(ASK[rng.choice(empty)][0]).format(name=row.name)
    if kind < 0.7:
        strangers = [person for person in PEOPLE if str(person) not in told]
        if strangers:
            return rng.choice(rng.choice(list(ASK.values()))[0]).format(name=rng.choice(strangers))
    free = {key: [word for word in POOLS.get(key, THINGS) if str(word) not in told] for key in ASK_WHO}
    key = rng.choice([key for key, pool in free.items() if pool])
    word = {"thing" if key == "colour" else key: rng.choice(free[key])}
    return polish(rng.choice(ASK_WHO[key][0]).format(**word))


def frame(rng: random.Random, text: str, asked: str) -> str:
    """Put passage and question into one user message, in one of several layouts."""
    return rng.choice(FRAMES).format(text=text, question=asked)


def story_question(rng: random.Random, cast: Cast) -> tuple[str, str]:
    """A question about any story with this cast, and its answer."""
    questions, answer = rng.choice(STORY_QUESTIONS)
    return fill(rng.choice(questions), cast, rng), fill(answer, cast, rng)


def ask(rng: random.Random, row: Row, key: str) -> tuple[str, str]:
    """Ask for one cell of one person: (question, answer)."""
    questions, answer = ASK[key]
    return row.fill(rng.choice(questions)), row.fill(answer)


def ask_who(rng: random.Random, row: Row, key: str) -> tuple[str, str]:
    """Ask from the content of one cell to the person, or to the colour: (question, answer)."""
    questions, answer = ASK_WHO[key]
    return row.fill(rng.choice(questions)), row.fill(answer)


def finnish_answer(row: Row, key: str) -> str:
    """The answer in Finnish, for the keys of `IN_FINNISH`."""
    return row.fill(IN_FINNISH[key])
