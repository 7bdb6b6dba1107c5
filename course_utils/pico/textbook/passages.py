"""Passages to read, and the skills of the textbook that ask about them. A passage is a small table of facts (one row a
person) told in sentences: who is where, has what, sees what, and how that person feels. A question asks for one cell of
the table, so the right answer is known, and so is the case where the table has no answer, "I do not know"."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from course_utils.pico.textbook import world
from course_utils.pico.textbook.lists import asked_once, family, pairs, section
from course_utils.pico.textbook.sample import Sample, chat
from course_utils.pico.textbook.sentences import story_text
from course_utils.pico.textbook.world import PEOPLE, PLACES, Cast, Person, Word, fill, held_out, polish

UNKNOWN = "I do not know."

# What the table can hold about a person, and the ways of telling it. `{who}` is the name or, later, he or she.
TELL = family("passages", "tell")
# {key: (ways to ask, answer)}; with ASK_WHO from the content of a cell to the person, or to the colour of a thing.
ASK, ASK_WHO, STORY_QUESTIONS = (
    {key: asked_once(lines) for key, lines in family("passages", kind).items()} for kind in ("ask", "who", "story")
)
IN_FINNISH = dict(pairs(section("passages", "in Finnish")))
FILLER, FRAMES, AND_ALSO = (section("passages", heading) for heading in ("filler", "frames", "and also"))
POOLS = {"place": PLACES, "thing": world.THINGS, "food": world.FOODS, "animal": world.ANIMALS}


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
    """Draw a table of that many people. No value but a feeling stands twice, so that every question has one answer. In
    a "train" table no row holds a held-out pair; in a "test" table the first row has at least one."""
    while True:
        rows = [Row(name) for name in rng.sample(PEOPLE, people)]
        pools = {key: rng.sample(pool, min(people, len(pool))) for key, pool in (POOLS | {"job": world.JOBS}).items()}
        for i, row in enumerate(rows):
            for key in rng.sample(list(TELL), cells):
                if key == "feeling":
                    row.cells[key] = rng.choice(world.FEELINGS)
                elif i < len(pools[key]):
                    row.cells[key] = pools[key][i]
                    if key == "thing":
                        row.cells["colour"] = rng.choice(world.COLOURS)
                if split == "train" and row.clashes():
                    row.cells.pop("colour" if key == "thing" else key, None)
                    row.cells.pop(key, None)
        rows = [row for row in rows if row.cells]
        if rows and (split == "train" or rows[0].clashes()):
            return rows


def shuffled_keys(rng: random.Random, row: Row) -> list[str]:
    """What can be told about a person, in any order."""
    keys = [key for key in row.cells if key in TELL]
    rng.shuffle(keys)
    return keys


def tell(rng: random.Random, rows: list[Row], filler: float = 0.15, names: float = 0.4) -> str:
    """Write the table as a passage, person by person; after the first sentence a share `names` repeats the name."""
    text = []
    for row in rows:
        for n, key in enumerate(shuffled_keys(rng, row)):
            who = str(row.name) if n == 0 or rng.random() < names else row.name.he
            text.append(rng.choice(TELL[key]).format(who=who, **row.cells))
            if rng.random() < filler:
                text.append(rng.choice(FILLER))
    return polish(" ".join(text))


def draw_table(rng: random.Random, split: str) -> tuple[list[Row], str]:
    """A passage: mostly short, now and then as long as the context of 1,024 tokens allows."""
    long = rng.random() < 0.06
    people = rng.randint(8, 24) if long else rng.choice((1, 2, 2, 3, 3, 4, 5))
    rows = table(rng, split, people, cells=rng.randint(3, 6) if long else rng.choice((1, 2, 2, 3, 4)))
    return rows, tell(rng, rows, filler=rng.random() if long else 0.15)


def ask(rng: random.Random, row: Row, key: str, ways: dict[str, tuple[tuple[str, ...], str]] = ASK) -> tuple[str, str]:
    """Ask for one cell of one person, or with `ASK_WHO` the other way round: (question, answer)."""
    questions, answer = ways[key]
    return row.fill(rng.choice(questions)), row.fill(answer)


def question(rng: random.Random, rows: list[Row], row: Row | None = None) -> tuple[str, str, str, Row]:
    """A question with an answer in the table. Returns (question, answer, key, row)."""
    row = row or rng.choice(rows)
    key = rng.choice(sorted(row.cells, key=lambda cell: cell == "colour"))  # the colour last
    backwards = key == "colour" or (key in ASK_WHO and rng.random() < 0.35)
    return *ask(rng, row, key, ASK_WHO if backwards else ASK), key, row


def unanswerable(rng: random.Random, rows: list[Row]) -> str:
    """A question the passage does not answer: about somebody else, something else, or a cell that was left empty."""
    told = {str(value) for row in rows for value in row.words().values()}
    kind = rng.random()
    if kind < 0.4:
        row = rng.choice(rows)
        if empty := [key for key in ASK if key not in row.cells]:
            return rng.choice(ASK[rng.choice(empty)][0]).format(name=row.name)
    if kind < 0.7:
        if strangers := [person for person in PEOPLE if str(person) not in told]:
            return rng.choice(rng.choice(list(ASK.values()))[0]).format(name=rng.choice(strangers))
    free = {key: [word for word in POOLS.get(key, world.THINGS) if str(word) not in told] for key in ASK_WHO}
    key = rng.choice([key for key, pool in free.items() if pool])
    word = {"thing" if key == "colour" else key: rng.choice(free[key])}
    return polish(rng.choice(ASK_WHO[key][0]).format(**word))


def frame(rng: random.Random, text: str, asked: str) -> str:
    """Put passage and question into one user message, in one of several layouts."""
    return rng.choice(FRAMES).format(text=text, question=asked)


def story_question(rng: random.Random, cast: Cast) -> tuple[str, str]:
    """A question about any story with this cast, and its answer."""
    questions, answer = rng.choice([*STORY_QUESTIONS.values()])
    return fill(rng.choice(questions), cast, rng), fill(answer, cast, rng)


def conversation_about(rng: random.Random, skill: str, text: str, turns: Sequence[str]) -> Sample:
    """A conversation that begins with the passage and the first question."""
    return chat(skill, frame(rng, text, turns[0]), *turns[1:])


def passage(rng: random.Random, split: str) -> Sample:
    """One question to a passage or a story."""
    if rng.random() < 0.15:
        cast = Cast.draw(rng, split)
        text, turns = story_text(rng, cast)[0], story_question(rng, cast)
    else:
        rows, text = draw_table(rng, split)
        turns = question(rng, rows, row=rows[0] if split == "test" else None)[:2]
    return conversation_about(rng, "passage", text, turns)


def unknown(rng: random.Random, split: str) -> Sample:
    """A question that the passage does not answer."""
    rows, text = draw_table(rng, split)
    return conversation_about(rng, "unknown", text, [unanswerable(rng, rows), UNKNOWN])


def person(rng: random.Random, split: str) -> Sample:
    """Who is who, said with names or told about one person: long answers, and nothing teaches reading faster."""
    rows = table(rng, split, people=rng.choice((2, 3, 3, 4, 5)), cells=rng.choice((1, 2, 2, 3)))
    lines, clear, about = [], [], {}  # with he and she, with names alone, and what is said about each by name
    for row in rows:
        for n, key in enumerate(shuffled_keys(rng, row)):
            sentence = rng.choice(TELL[key])
            who = str(row.name) if n == 0 or rng.random() < 0.2 else row.name.he
            lines.append(sentence.format(who=who, **row.cells))
            clear.append(sentence.format(who=row.name, **row.cells))
            about.setdefault(str(row.name), []).append(row.fill(ASK[key][1]))
    text = polish(" ".join(lines))
    if rng.random() < 0.4:
        return chat("person", rng.choice(section("passages", "names")).format(text), polish(" ".join(clear)))
    strangers = [str(p) for p in PEOPLE if str(p) not in about]
    people = rng.sample([*about], min(len(about), 3)) + rng.sample(strangers, rng.choice((0, 1, 1)))
    rng.shuffle(people)
    turns = []
    for name in people:
        turns += [rng.choice(section("passages", "about")).format(name), " ".join(about.get(name, [UNKNOWN]))]
    return conversation_about(rng, "person", text, turns)


def interview(rng: random.Random, split: str) -> Sample:
    """Every question about the same few people: what the passage says about somebody else is no answer."""
    rows = table(rng, split, people=rng.choice((2, 2, 3, 4)), cells=rng.choice((1, 2, 2, 3)))
    text = tell(rng, rows)
    asked = [(row, key) for row in rows for key in ASK if any(key in other.cells for other in rows)]
    turns = []
    for row, key in rng.sample(asked, min(len(asked), 6)):
        turns += ask(rng, row, key) if key in row.cells else [rng.choice(ASK[key][0]).format(name=row.name), UNKNOWN]
    return conversation_about(rng, "interview", text, turns)


def whose(rng: random.Random, split: str) -> Sample:
    """The questions the other way round: not what somebody has, sees or eats, but who it is, and of which colour."""
    rows = table(rng, split, people=rng.choice((2, 3, 3, 4, 5)), cells=rng.choice((1, 2, 2, 3)))
    text = tell(rng, rows)
    told = {str(value) for row in rows for value in row.cells.values()}
    asked = [(row, key) for row in rows for key in ASK_WHO if key in row.cells]
    turns = []
    for row, key in rng.sample(asked, min(len(asked), 6)):
        turns += ask(rng, row, key, ASK_WHO)
        if rng.random() < 0.5:
            noun = "thing" if key == "colour" else key
            other = rng.choice([word for word in POOLS[noun] if str(word) not in told])
            turns += [ask(rng, Row(row.name, row.cells | {noun: other}), key, ASK_WHO)[0], UNKNOWN]
    return conversation_about(rng, "whose", text, turns) if turns else interview(rng, split)


def reading(rng: random.Random, split: str) -> Sample:
    """Several questions about one passage: teaches as much as a page for each, for a third of the computing."""
    rows, text = draw_table(rng, split)
    if rng.random() < 0.4:  # easier to begin with: no he or she whose name has to be found
        text = tell(rng, rows, names=1.0)
    turns = []
    while len(turns) < 6 + 2 * rng.randrange(5):
        kind = rng.random()
        if kind < 0.35:
            turns += [unanswerable(rng, rows), UNKNOWN]
        elif kind < 0.5 and len(rows) > 1:
            first, second = rng.sample(rows, 2)
            key = rng.choice([k for k in first.cells if k in ASK])
            turns += [*ask(rng, first, key), rng.choice(AND_ALSO).format(second.name)]
            turns += [ask(rng, second, key)[1] if key in second.cells else UNKNOWN]
        else:
            turns += question(rng, rows)[:2]
    return conversation_about(rng, "reading", text, turns)


def followup(rng: random.Random, split: str) -> Sample:
    """A second question about the same passage or story, which often only makes sense after the first."""
    if rng.random() < 0.25:
        cast = Cast.draw(rng, split)
        text = story_text(rng, cast)[0]
        wish = fill(rng.choice(section("requests", "story")), cast, rng)
        return chat("followup", wish, text, *story_question(rng, cast))
    rows = []
    while len(rows) < 2:
        rows = table(rng, split, people=rng.choice((2, 2, 3, 4)), cells=rng.choice((2, 3, 4)))
    text = tell(rng, rows)
    first, second = rows[0], rng.choice(rows[1:])
    shared = [k for k in first.cells if k in second.cells and k != "colour"]
    if shared and rng.random() < 0.5:  # the same question about two people
        key = rng.choice(shared)
        asked, answer = ask(rng, first, key)
        again = rng.choice(AND_ALSO).format(second.name)
        return chat("followup", frame(rng, text, asked), answer, again, ask(rng, second, key)[1])
    keys = rng.sample([k for k in first.cells if k != "colour"], 2) if len(first.cells) > 2 else []
    if keys and rng.random() < 0.6:  # two questions about one
        asked, answer = ask(rng, first, keys[0])
        again, reply = ask(rng, first, keys[1])
        again = again.replace(f"{first.name}'s", first.name.his).replace(str(first.name), first.name.he)
        if rng.random() < 0.3:
            again = "And " + again[0].lower() + again[1:]
    else:
        asked, answer, *_ = question(rng, rows, row=first)
        again, reply, *_ = question(rng, rows, row=second)
    return conversation_about(rng, "followup", text, [asked, answer, again, reply])
