"""The textbook that the pico models read: an endless, seeded generator of text about one small world.

Phi's makers wrote "textbook quality" data with larger models. Ours is written by the files of this folder, so that you
can read all of it; its words stand in `data/`, as plain text. Every skill is one function: it draws a cast from the
world, writes what a person would ask, and writes the right answer. `draw` picks a skill by its share and calls it.

The split: two entities of the world (a colour and an animal, a person and a place, ...) may form a held-out
pair. A sample for "train" never contains such a pair, a sample for "test" always does: a good test score is
therefore not memory. Sums, greetings and facts are held out by the sum itself and by the wording.
"""

from __future__ import annotations

import random

from course_utils.pico.textbook.answering import SYSTEM_TOOLS, fact, sentiment, sum_, tool, work_out
from course_utils.pico.textbook.facts import FACTS
from course_utils.pico.textbook.lists import pairs, section
from course_utils.pico.textbook.reading import followup, interview, passage, person, reading, unknown, whose
from course_utils.pico.textbook.sample import INTRODUCTIONS, Sample, chat, introduce, plain
from course_utils.pico.textbook.sentences import pair
from course_utils.pico.textbook.talking import conversation, impression, outside, small_talk, system
from course_utils.pico.textbook.telling import (
    TO_ENGLISH,
    TO_FINNISH,
    continue_,
    finnish,
    repeat,
    running,
    story,
    summary,
    translate,
    word,
)
from course_utils.pico.textbook.world import CORE

__all__ = ["CORE", "FACTS", "INTRODUCTIONS", "SHARES", "SKILLS", "SYSTEM_TOOLS", "TO_ENGLISH", "TO_FINNISH", "Sample"]
__all__ += ["chat", "draw", "introduce", "pair", "plain", "story", "work_out"]

SHARES = {skill: int(share) for skill, share in pairs(section("shares", "shares"))}
SKILLS = {
    "story": story,
    "continue": continue_,
    "running": running,
    "translate": translate,
    "word": word,
    "repeat": repeat,
    "summary": summary,
    "passage": passage,
    "unknown": unknown,
    "reading": reading,
    "sentiment": sentiment,
    "sum": sum_,
    "fact": fact,
    "followup": followup,
    "system": system,
    "tool": tool,
    "smalltalk": small_talk,
    "outside": outside,
    "conversation": conversation,
    "finnish": finnish,
    "person": person,
    "interview": interview,
    "whose": whose,
    "impression": impression,
}


def draw(rng: random.Random, split: str = "train", skill: str | None = None) -> Sample:
    """One sample of the textbook. The same `rng` state gives the same sample.

    split: "train" or "test"; skill: one of `SKILLS`, else drawn by `SHARES`.
    """
    return SKILLS[skill or rng.choices(list(SHARES), SHARES.values())[0]](rng, split)
