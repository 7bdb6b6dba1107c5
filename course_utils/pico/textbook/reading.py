"""Skills of the textbook: passages, and questions to them that have an answer in the text or have none."""

from __future__ import annotations

import random

from course_utils.pico.textbook import passages
from course_utils.pico.textbook.lists import section
from course_utils.pico.textbook.passages import ASK, ASK_WHO, POOLS, UNKNOWN, Row
from course_utils.pico.textbook.sample import Sample, chat
from course_utils.pico.textbook.stories import story_text
from course_utils.pico.textbook.telling import ASK_STORY
from course_utils.pico.textbook.world import PEOPLE, Cast, fill

AND_ALSO = section("passages", "and also")


def draw_table(rng: random.Random, split: str) -> tuple[list[Row], str]:
    """A passage: mostly short, now and then as long as the context of 1,024 tokens allows."""
    long = rng.random() < 0.06
    people = rng.randint(8, 24) if long else rng.choice((1, 2, 2, 3, 3, 4, 5))
    rows = passages.table(rng, split, people, cells=rng.randint(3, 6) if long else rng.choice((1, 2, 2, 3, 4)))
    return rows, passages.tell(rng, rows, filler=rng.random() if long else 0.15)


def conversation_about(rng: random.Random, skill: str, text: str, turns: list[str]) -> Sample:
    """A conversation that begins with the passage and the first question."""
    return chat(skill, passages.frame(rng, text, turns[0]), *turns[1:])


def passage(rng: random.Random, split: str) -> Sample:
    """One question to a passage or a story."""
    if rng.random() < 0.15:
        cast = Cast.draw(rng, split)
        text = story_text(rng, cast)[0]
        return conversation_about(rng, "passage", text, [*passages.story_question(rng, cast)])
    rows, text = draw_table(rng, split)
    asked, answer, *_ = passages.question(rng, rows, row=rows[0] if split == "test" else None)
    return conversation_about(rng, "passage", text, [asked, answer])


def unknown(rng: random.Random, split: str) -> Sample:
    """A question that the passage does not answer."""
    rows, text = draw_table(rng, split)
    return conversation_about(rng, "unknown", text, [passages.unanswerable(rng, rows), UNKNOWN])


def person(rng: random.Random, split: str) -> Sample:
    """Who is who in a passage: say it with names instead of he and she, or tell all that it says about one person.

    Long answers, in which every sentence has to be looked up: nothing teaches reading faster.
    """
    rows = passages.table(rng, split, people=rng.choice((2, 3, 3, 4, 5)), cells=rng.choice((1, 2, 2, 3)))
    text, clear, about = passages.tell_twice(rng, rows)
    if rng.random() < 0.4:
        return chat("person", rng.choice(section("passages", "names")).format(text), clear)
    strangers = [str(p) for p in PEOPLE if str(p) not in about]
    people = rng.sample([*about], min(len(about), 3)) + rng.sample(strangers, rng.choice((0, 1, 1)))
    rng.shuffle(people)
    turns = []
    for name in people:
        turns += [rng.choice(section("passages", "about")).format(name), about.get(name, UNKNOWN)]
    return conversation_about(rng, "person", text, turns)


def interview(rng: random.Random, split: str) -> Sample:
    """Every question about the same few people, one after the other, whether the passage has the answer or not.

    What it says about somebody else is no answer: that is the hard part of "I do not know."
    """
    rows = passages.table(rng, split, people=rng.choice((2, 2, 3, 4)), cells=rng.choice((1, 2, 2, 3)))
    text = passages.tell(rng, rows)
    keys = [key for key in ASK if any(key in row.cells for row in rows)]
    asked = [(row, key) for row in rows for key in keys]
    turns = []
    for row, key in rng.sample(asked, min(len(asked), 6)):
        if key in row.cells:
            turns += passages.ask(rng, row, key)
        else:
            turns += [rng.choice(ASK[key][0]).format(name=row.name), UNKNOWN]
    return conversation_about(rng, "interview", text, turns)


def whose(rng: random.Random, split: str) -> Sample:
    """The questions the other way round: not what somebody has, sees or eats, but who it is, and of which colour."""
    rows = passages.table(rng, split, people=rng.choice((2, 3, 3, 4, 5)), cells=rng.choice((1, 2, 2, 3)))
    text = passages.tell(rng, rows)
    told = {str(value) for row in rows for value in row.cells.values()}
    asked = [(row, key) for row in rows for key in ASK_WHO if key in row.cells]
    turns = []
    for row, key in rng.sample(asked, min(len(asked), 6)):
        turns += passages.ask_who(rng, row, key)
        if rng.random() < 0.5:
            noun = "thing" if key == "colour" else key
            other = rng.choice([word for word in POOLS[noun] if str(word) not in told])
            turns += [passages.ask_who(rng, Row(row.name, row.cells | {noun: other}), key)[0], UNKNOWN]
    return conversation_about(rng, "whose", text, turns) if turns else interview(rng, split)


def reading(rng: random.Random, split: str) -> Sample:
    """Several questions about one passage, with and without an answer in it.

    A page read once teaches as much as five pages with one question each, for a third of the computing.
    """
    rows, text = draw_table(rng, split)
    if rng.random() < 0.4:  # easier to begin with: no he or she whose name has to be found
        text = passages.tell(rng, rows, names=1.0)
    turns = []
    while len(turns) < 6 + 2 * rng.randrange(5):
        kind = rng.random()
        if kind < 0.35:
            turns += [passages.unanswerable(rng, rows), UNKNOWN]
        elif kind < 0.5 and len(rows) > 1:
            first, second = rng.sample(rows, 2)
            key = rng.choice([k for k in first.cells if k in ASK])
            turns += [*passages.ask(rng, first, key), rng.choice(AND_ALSO).format(second.name)]
            turns += [passages.ask(rng, second, key)[1] if key in second.cells else UNKNOWN]
        else:
            turns += passages.question(rng, rows)[:2]
    return conversation_about(rng, "reading", text, turns)


def followup(rng: random.Random, split: str) -> Sample:
    """A second question about the same passage or story, which often only makes sense after the first."""
    if rng.random() < 0.25:
        cast = Cast.draw(rng, split)
        text = story_text(rng, cast)[0]
        return chat("followup", fill(rng.choice(ASK_STORY), cast, rng), text, *passages.story_question(rng, cast))
    rows = []
    while len(rows) < 2:
        rows = passages.table(rng, split, people=rng.choice((2, 2, 3, 4)), cells=rng.choice((2, 3, 4)))
    text = passages.tell(rng, rows)
    first, second = rows[0], rng.choice(rows[1:])
    shared = [k for k in first.cells if k in second.cells and k != "colour"]
    if shared and rng.random() < 0.5:  # the same question about two people
        key = rng.choice(shared)
        asked, answer = passages.ask(rng, first, key)
        again = rng.choice(AND_ALSO).format(second.name)
        return chat("followup", passages.frame(rng, text, asked), answer, again, passages.ask(rng, second, key)[1])
    keys = rng.sample([k for k in first.cells if k != "colour"], 2) if len(first.cells) > 2 else []
    if keys and rng.random() < 0.6:  # two questions about one
        asked, answer = passages.ask(rng, first, keys[0])
        again, reply = passages.ask(rng, first, keys[1])
        again = again.replace(f"{first.name}'s", first.name.his).replace(str(first.name), first.name.he)
        if rng.random() < 0.3:
            again = "And " + again[0].lower() + again[1:]
    else:
        asked, answer, *_ = passages.question(rng, rows, row=first)
        again, reply, *_ = passages.question(rng, rows, row=second)
    return conversation_about(rng, "followup", text, [asked, answer, again, reply])
