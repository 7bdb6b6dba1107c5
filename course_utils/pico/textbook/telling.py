"""Skills of the textbook: stories, in English and Finnish, and what is done with sentences of both."""

from __future__ import annotations

import random
import re
from itertools import combinations

from course_utils.pico.textbook.everyday import everyday
from course_utils.pico.textbook.facts import KNOWN
from course_utils.pico.textbook.lists import section, split_words
from course_utils.pico.textbook.sample import Sample, chat, running_text
from course_utils.pico.textbook.sentences import SIMPLE, finnish_story, pair
from course_utils.pico.textbook.smalltalk import scruffy
from course_utils.pico.textbook.stories import story_text
from course_utils.pico.textbook.world import ANIMALS, COLOURS, CORE, FOODS, PLACES, THINGS, Cast, Noun, fill, held_out

ASK_STORY, ASK_PART = section("requests", "story"), section("requests", "part of a story")
TO_FINNISH, TO_ENGLISH = section("requests", "to Finnish"), section("requests", "to English")
VISITORS, STRANGERS = (split_words(section("requests", heading)) for heading in ("visitors", "strangers"))


def request(rng: random.Random, heading: str, text: str) -> str:
    """One of the wordings that ask for something to be done with this text."""
    return rng.choice(section("requests", heading)).format(text)


def story(rng: random.Random, split: str) -> Sample:
    """A story as it was asked for. Now and then it is about an animal or a name that the world does not have."""
    cast = Cast.draw(rng, split)
    whole = split == "test" or rng.random() < 0.55
    if split == "train" and rng.random() < 0.12:
        visitor = rng.choice(VISITORS)
        cast.animal = Noun(visitor, visitor, visitor, visitor, visitor, visitor + "s")
    asked = fill(rng.choice(ASK_STORY if whole else ASK_PART), cast, rng)
    text, _, key = story_text(rng, cast)
    if split == "train":
        asked = scruffy(rng, asked) if rng.random() < 0.3 else asked
        if rng.random() < 0.04:
            stranger = rng.choice(STRANGERS)
            asked, text = asked.replace(cast.hero.en, stranger), text.replace(cast.hero.en, stranger)
    return chat("story", asked, text, animal=cast.animal.en, colour=cast.colour.en, place=cast.place.en, plot=key)


def continue_(rng: random.Random, split: str) -> Sample:
    """The rest of a story that was cut after one of its first sentences."""
    text = story_text(rng, Cast.draw(rng, split))[0]
    end = rng.choice([i + 1 for i, c in enumerate(text[:-1]) if c in ".!?" and text[i + 1] == " "][:3])
    return chat("continue", request(rng, "continue", text[:end]), text[end:].strip())


def running(rng: random.Random, split: str) -> Sample:
    """Plain running text, without chat markup: a story, or a few facts."""
    if rng.random() < 0.7:
        text = story_text(rng, Cast.draw(rng, split))[0]
    else:
        text = " ".join(rng.choice(KNOWN).answer for _ in range(rng.randint(2, 5)))
    return running_text("running", text)


def summary(rng: random.Random, split: str) -> Sample:
    """What a story is about, in one sentence."""
    text, short, key = story_text(rng, Cast.draw(rng, split))
    return chat("summary", request(rng, "summary", text), short, plot=key)


def translate(rng: random.Random, split: str) -> Sample:
    """One to three sentences, from English to Finnish or back."""
    if split == "test":
        pairs = [held_out_pair(rng)]
    else:
        simple = rng.choice(SIMPLE) if rng.random() < 0.3 else None
        pairs = [pair(rng, Cast.draw(rng, split), simple) for _ in range(rng.choice((1, 1, 1, 1, 1, 2, 2, 3)))]
    english, finnish = " ".join(p[0] for p in pairs), " ".join(p[1] for p in pairs)
    to_finnish = rng.random() < 0.5
    asked = request(rng, "to Finnish", english) if to_finnish else request(rng, "to English", finnish)
    if split == "train" and rng.random() < 0.08:
        asked = asked.lower().rstrip(".")
    return chat("translate", asked, finnish if to_finnish else english, direction="en-fi" if to_finnish else "fi-en")


def held_out_pair(rng: random.Random) -> tuple[str, str]:
    """A pair of sentences that really contains a held-out combination."""
    while True:
        english, finnish = pair(rng, Cast.draw(rng, "test"))
        words = [word for word in re.findall(r"\w+", english) if word in CORE]
        if any(held_out(a, b) for a, b in combinations(words, 2)):
            return english, finnish


def word(rng: random.Random, split: str) -> Sample:
    """A single word, from English to Finnish or back."""
    noun = rng.choice(rng.choice((ANIMALS, THINGS, PLACES, FOODS, COLOURS)))
    if rng.random() < 0.5:
        return chat("word", request(rng, "to Finnish", noun.en), noun.nom)
    return chat("word", request(rng, "to English", noun.nom), noun.en)


def repeat(rng: random.Random, split: str) -> Sample:
    """Say the same again: the skill below all others, since names, colours and places have to be copied everywhere.

    Copying whole lines of unguessable words is the quickest way to learn it.
    """
    kind = rng.random()
    if kind < 0.5:
        members = [str(member) for member in vars(Cast.draw(rng, split)).values()]
        text = " ".join(rng.sample(members, rng.randint(2, 10)))
    elif kind < 0.8:
        text = everyday(rng)
    else:
        text = rng.choice(pair(rng, Cast.draw(rng, split)))
    return chat("repeat", request(rng, "repeat", text), text)


def finnish(rng: random.Random, split: str) -> Sample:
    """A small story in Finnish: on request, as running text, or to be translated whole."""
    english_text, finnish_text = finnish_story(rng, Cast.draw(rng, split))
    kind = rng.random()
    if kind < 0.4:
        return chat("finnish", rng.choice(section("requests", "story fi")), finnish_text)
    if kind < 0.5:
        return running_text("finnish", finnish_text)
    if kind < 0.75:
        return chat("finnish", request(rng, "to Finnish", english_text), finnish_text)
    return chat("finnish", request(rng, "to English", finnish_text), english_text)
