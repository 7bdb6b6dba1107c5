"""Reading passages with questions: who is where, has what, sees what, and how that person feels.

A passage is a small table of facts (one row a person) told in sentences. A question asks for one cell of the table,
so the right answer is known, and so is the case where the table has no answer: "I do not know."
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import combinations

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
    fill,
    held_out,
    polish,
)

UNKNOWN = "I do not know."
UNKNOWN_FI = "En tiedä."

# What the table can hold about a person, and the ways of telling it. `{who}` is the name or, later, he or she.
TELL = {
    "place": ("{who} is {place.at}.", "{who} is {place.at} today.", "Now {who} is {place.at}."),
    "thing": (
        "{who} has a {colour} {thing}.",
        "{who} has a {colour} {thing} today.",
        "{who} has a nice {colour} {thing}.",
    ),
    "feeling": ("{who} is {feeling}.", "{who} feels {feeling}.", "{who} looks {feeling} today."),
    "food": ("{who} eats some {food}.", "{who} is eating some {food}.", "For lunch {who} has some {food}."),
    "animal": ("{who} sees a {animal}.", "{who} can see a {animal}.", "Not far away {who} sees a {animal}."),
    "job": ("{who} is a {job}.", "{who} works as a {job}."),
}
# What one can ask of each cell, and the answer in full words.
ASK = {
    "place": (
        ("Where is {name}?", "Where can I find {name}?", "Where is {name} now?"),
        "{name} is {place.at}.",
    ),
    "thing": (("What does {name} have?", "What has {name} got?"), "{name} has a {colour} {thing}."),
    "feeling": (("How does {name} feel?", "How is {name} feeling?"), "{name} is {feeling}."),
    "food": (("What does {name} eat?", "What is {name} eating?"), "{name} eats some {food}."),
    "animal": (("What does {name} see?", "Which animal does {name} see?"), "{name} sees a {animal}."),
    "job": (("What is {name}'s job?", "What does {name} work as?"), "{name} is a {job}."),
}
# Questions that go the other way: from the content of a cell to the person, or to the colour of a thing.
ASK_WHO = {
    "place": (("Who is {place.at}?",), "{name} is {place.at}."),
    "thing": (("Who has the {thing}?", "Who has a {thing}?"), "{name} has the {thing}."),
    "food": (("Who eats some {food}?",), "{name} eats some {food}."),
    "animal": (("Who sees a {animal}?", "Who sees the {animal}?"), "{name} sees a {animal}."),
    "colour": (("What colour is the {thing}?", "Which colour is the {thing}?"), "The {thing} is {colour}."),
}
# The same answers in Finnish, for the system line "Answer in Finnish."
IN_FINNISH = {
    "place": "{name} on {place.fi_at}.",
    "thing": "{name.ade} on {colour.nom} {thing.nom}.",
    "feeling": "{name} on {feeling.nom}.",
    "animal": "{name} näkee {animal.gen}.",
    "job": "{name} on {job.nom}.",
    "colour": "{thing.nom} on {colour.nom}.",
}
FILLER = (
    "It is quiet.",
    "A clock ticks somewhere.",
    "The sun shines.",
    "The wind blows.",
    "It is a long day.",
    "Nobody is in a hurry.",
    "The air is warm.",
    "A door opens and closes.",
    "Somebody laughs.",
    "Far away a bell rings.",
    "It rains a little.",
    "The clouds are slow.",
    "Leaves fall.",
    "The street is empty.",
    "Music plays somewhere.",
    "The day goes on.",
    "It smells of bread.",
    "A window is open.",
    "Time goes by.",
    "That is all for now.",
)
FRAMES = (
    "{text}\n\n{question}",
    "{text}\n{question}",
    "Read this: {text}\n{question}",
    "Text: {text}\nQuestion: {question}",
    "Read the text and answer the question. {text} {question}",
    "{text} {question}",
    "{question}\n\n{text}",
)


@dataclass
class Row:
    """What a passage says about one person: a value for some of the keys of `TELL`."""

    name: object
    cells: dict = field(default_factory=dict)

    def words(self) -> dict:
        """The row as the slots of a template."""
        return {"name": self.name, **self.cells}

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
        pools = {
            "place": rng.sample(PLACES, min(people, len(PLACES))),
            "thing": rng.sample(THINGS, people),
            "food": rng.sample(FOODS, min(people, len(FOODS))),
            "animal": rng.sample(ANIMALS, people),
            "job": rng.sample(JOBS, min(people, len(JOBS))),
        }
        for i, row in enumerate(rows):
            for key in rng.sample(list(TELL), cells):
                fill_cell(rng, row, key, pools.get(key, FEELINGS), i)
                if split == "train" and row.clashes():
                    row.cells.pop("colour" if key == "thing" else key, None)
                    row.cells.pop(key, None)
        rows = [row for row in rows if row.cells]
        if rows and (split == "train" or rows[0].clashes()):
            return rows


def fill_cell(rng: random.Random, row: Row, key: str, pool: list, i: int) -> None:
    """Put the i-th value of the pool into a cell, if there are so many. Feelings may be shared; things have colours."""
    if key == "feeling":
        row.cells[key] = rng.choice(pool)
    elif i < len(pool):
        row.cells[key] = pool[i]
        if key == "thing":
            row.cells["colour"] = rng.choice(COLOURS)


def tell(rng: random.Random, rows: list[Row], filler: float = 0.15, names: float = 0.4) -> str:
    """Write the table as a passage: each person's sentences stand together.

    After a person's first sentence, this share of them repeats the name; the others say he or she.
    """
    groups = []
    for row in rows:
        keys = [key for key in row.cells if key in TELL]
        rng.shuffle(keys)
        for n, key in enumerate(keys):
            who = str(row.name) if n == 0 or rng.random() < names else row.name.he
            groups.append(rng.choice(TELL[key]).format(who=who, **row.cells))
            if rng.random() < filler:
                groups.append(rng.choice(FILLER))
    return polish(" ".join(groups))


def tell_twice(rng: random.Random, rows: list[Row]) -> tuple[str, str, dict[str, str]]:
    """The table as a passage with he and she, the same with names only, and what it says about each person by name."""
    text, clear, about = [], [], {}
    for row in rows:
        keys = [key for key in row.cells if key in TELL]
        rng.shuffle(keys)
        for n, key in enumerate(keys):
            sentence = rng.choice(TELL[key])
            who = str(row.name) if n == 0 or rng.random() < 0.2 else row.name.he
            text.append(sentence.format(who=who, **row.cells))
            clear.append(sentence.format(who=row.name, **row.cells))
            short = ASK[key][1].format(**row.words())
            about[str(row.name)] = f"{about.get(str(row.name), '')} {short}".strip()
    return polish(" ".join(text)), polish(" ".join(clear)), {name: polish(said) for name, said in about.items()}


def question(
    rng: random.Random, rows: list[Row], row: Row | None = None, key: str | None = None
) -> tuple[str, str, str, Row]:
    """A question with an answer in the table. Returns (question, answer, key, row)."""
    row = row or rng.choice(rows)
    if key is None:
        key = rng.choice([k for k in row.cells if k != "colour"] + (["colour"] if "colour" in row.cells else []))
    backwards = key == "colour" or (key in ASK_WHO and rng.random() < 0.35)
    questions, answer = (ASK_WHO if backwards else ASK)[key]
    return polish(rng.choice(questions).format(**row.words())), polish(answer.format(**row.words())), key, row


def unanswerable(rng: random.Random, rows: list[Row]) -> str:
    """A question the passage does not answer: about somebody else, something else, or a cell that was left empty."""
    told = {str(value) for row in rows for value in [row.name, *row.cells.values()]}
    kind = rng.random()
    if kind < 0.4:
        row = rng.choice(rows)
        empty = [key for key in ASK if key not in row.cells]
        if empty:
            return rng.choice(ASK[rng.choice(empty)][0]).format(name=row.name)
    if kind < 0.7:
        strangers = [p for p in PEOPLE if str(p) not in told]
        if strangers:
            return rng.choice(rng.choice(list(ASK.values()))[0]).format(name=rng.choice(strangers))
    pools = {"place": PLACES, "thing": THINGS, "food": FOODS, "animal": ANIMALS}
    free = {key: [x for x in pools.get(key, THINGS) if str(x) not in told] for key in ASK_WHO}
    key = rng.choice([key for key, pool in free.items() if pool])
    pool = free[key]
    word = {"thing" if key == "colour" else key: rng.choice(pool)}
    return polish(rng.choice(ASK_WHO[key][0]).format(**word))


def frame(rng: random.Random, text: str, asked: str) -> str:
    """Put passage and question into one user message, in one of several layouts."""
    return rng.choice(FRAMES).format(text=text, question=asked)


STORY_QUESTIONS = (
    (("What colour was the {animal}?", "Which colour was the {animal}?"), "The {animal} was {colour}."),
    (("Who is the story about?", "Whose story is this?"), "The story is about {hero}."),
    (("Where did the story happen?", "Where does the story take place?"), "It happened {place.at}."),
    (("Which animal is in the story?", "What animal was there?"), "A {colour} {animal} is in the story."),
)


def story_question(rng: random.Random, cast: Cast) -> tuple[str, str]:
    """A question about any story with this cast, and its answer."""
    questions, answer = rng.choice(STORY_QUESTIONS)
    return fill(rng.choice(questions), cast, rng), fill(answer, cast, rng)


def ask(rng: random.Random, row: Row, key: str) -> tuple[str, str]:
    """Ask for one cell of one person: (question, answer)."""
    questions, answer = ASK[key]
    return polish(rng.choice(questions).format(**row.words())), polish(answer.format(**row.words()))


def ask_who(rng: random.Random, row: Row, key: str) -> tuple[str, str]:
    """Ask from the content of one cell to the person, or to the colour: (question, answer)."""
    questions, answer = ASK_WHO[key]
    return polish(rng.choice(questions).format(**row.words())), polish(answer.format(**row.words()))


def finnish_answer(row: Row, key: str) -> str:
    """The answer in Finnish, for the keys of `IN_FINNISH`."""
    return polish(IN_FINNISH[key].format(**row.words()))
