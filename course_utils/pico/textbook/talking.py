"""Skills of the textbook: small talk, what is outside of the small world, system lines, longer conversations."""

from __future__ import annotations

import random

from course_utils.pico.textbook import passages, smalltalk
from course_utils.pico.textbook.answering import fact, sentiment, sum_
from course_utils.pico.textbook.facts import KNOWN
from course_utils.pico.textbook.lists import section
from course_utils.pico.textbook.reading import draw_table, passage
from course_utils.pico.textbook.sample import Sample, chat
from course_utils.pico.textbook.sentences import finnish_story
from course_utils.pico.textbook.smalltalk import FIRST_TOPICS, TOPICS, Topic, scruffy, wordings
from course_utils.pico.textbook.stories import story_text
from course_utils.pico.textbook.telling import ASK_PART, story, translate, word
from course_utils.pico.textbook.world import Cast, fill

OFFERS = ("tell you a story?", "Kerronko tarinan?")


def greet(rng: random.Random, split: str, finnish: float, first: bool = False) -> tuple[str, Topic, str]:
    """A wording of the split for one of the topics; this share is Finnish. Returns (wording, topic, language).

    `first`: most are of those topics that make the first impression.
    """
    while True:
        topic = rng.choice(FIRST_TOPICS if first and rng.random() >= 0.4 else TOPICS)
        language = "fi" if rng.random() < finnish else "en"
        groups = wordings(topic.key, language, split)
        if groups:
            return rng.choice(rng.choice(groups)), topic, language


def small_talk(rng: random.Random, split: str) -> Sample:
    """Greetings, thanks, "who are you?": what a learner types first. Only seen wordings are typed carelessly."""
    asked, topic, language = greet(rng, split, finnish=0.2)
    answers = topic.answers(language)
    answer = rng.choice(answers)
    asked = scruffy(rng, asked) if split == "train" else asked
    if split == "train" and answer.endswith(OFFERS) and rng.random() < 0.3:
        return accepted(rng, asked, answer)
    return chat("smalltalk", asked, answer, topic=topic.key, answers=answers)


def impression(rng: random.Random, split: str) -> Sample:
    """Small talk with one answer a topic: a model that always takes the likeliest token is sure of itself sooner.

    Where three answers are equally likely, each has a third of the probability, and a wrong one may have more.
    """
    asked, topic, language = greet(rng, split, finnish=0.25, first=True)
    asked = scruffy(rng, asked) if split == "train" else asked
    return chat("impression", asked, topic.answers(language)[0], topic=topic.key)


def accepted(rng: random.Random, asked: str, offer: str) -> Sample:
    """The learner says yes (or no) to the offer of a story."""
    cast = Cast.draw(rng, "train")
    if offer.endswith("tarinan?"):
        reply = scruffy(rng, rng.choice(smalltalk.YES_FINNISH))
        return chat("smalltalk", asked, offer, reply, finnish_story(rng, cast)[1])
    if rng.random() < 0.75:
        reply = scruffy(rng, rng.choice(smalltalk.YES))
        return chat("smalltalk", asked, offer, reply, story_text(rng, cast)[0])
    reply = scruffy(rng, rng.choice(smalltalk.NO))
    return chat("smalltalk", asked, offer, reply, "All right. Ask me something else whenever you like.")


def outside(rng: random.Random, split: str) -> Sample:
    """An everyday question that pico cannot know, and the honest answer."""
    asked, answer = smalltalk.outside(rng)
    if split == "train" and answer.endswith(OFFERS) and rng.random() < 0.15:
        return accepted(rng, asked, answer)
    return chat("outside", asked, answer)


def system(rng: random.Random, split: str) -> Sample:
    """A system line that changes the answer (Finnish) or does not (a friendly phrase)."""
    kind = rng.random()
    if kind < 0.3 and split == "train":
        sample = rng.choice((story, passage, fact, small_talk, outside, translate, sum_))(rng, split)
        line = rng.choice(section("requests", "system"))
        return Sample("system", ({"role": "system", "content": line}, *sample.messages))
    line = rng.choice(section("requests", "system fi"))
    if kind < 0.7 or split == "test":
        make = finnish_reading
    else:
        # The chance of each among the rest, up to which number.
        upto = {0.78: finnish_unknown, 0.86: finnish_tale, 0.93: finnish_greeting, 1: finnish_fact}
        make = next(make for limit, make in upto.items() if kind < limit)
    return chat("system", *make(rng, split), system=line)


def finnish_reading(rng: random.Random, split: str) -> tuple[str, str]:
    """An English question to a passage, and the answer in Finnish."""
    while True:
        rows, text = draw_table(rng, split)
        asked, _, key, row = passages.question(rng, rows, row=rows[0] if split == "test" else None)
        if key in passages.IN_FINNISH:
            return passages.frame(rng, text, asked), passages.finnish_answer(row, key)


def finnish_unknown(rng: random.Random, split: str) -> tuple[str, str]:
    """A question that the passage does not answer, and "I do not know." in Finnish."""
    rows, text = draw_table(rng, split)
    return passages.frame(rng, text, passages.unanswerable(rng, rows)), passages.UNKNOWN_FI


def finnish_tale(rng: random.Random, split: str) -> tuple[str, str]:
    """A story asked for in English and told in Finnish."""
    asked = fill(rng.choice(ASK_PART), Cast.draw(rng, split), rng)
    return asked, finnish_story(rng, Cast.draw(rng, split))[1]


def finnish_greeting(rng: random.Random, split: str) -> tuple[str, str]:
    """Small talk in English, answered in Finnish."""
    topic = rng.choice(TOPICS)
    return rng.choice(rng.choice(wordings(topic.key, "en", split))), rng.choice(topic.finnish_answers)


def finnish_fact(rng: random.Random, split: str) -> tuple[str, str]:
    """A fact asked for in English, told in Finnish."""
    known = rng.choice([fact for fact in KNOWN if fact.finnish])
    return rng.choice(smalltalk.by_split(known.questions, split) or known.questions), known.finnish[1]


def conversation(rng: random.Random, split: str) -> Sample:
    """Some short exchanges one after another: a learner does not start a new chat for every question."""
    skills = (sum_, fact, small_talk, outside, translate, word, sentiment, story)
    parts = [rng.choice(skills)(rng, split) for _ in range(rng.choice((2, 2, 3, 4, 6)))]
    return Sample("conversation", tuple(message for part in parts for message in part.messages))
