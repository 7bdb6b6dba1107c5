"""The textbook as one would find it on the web: the same pages, in bad company.

Phi's makers compare two diets: pages written or chosen to teach, and whatever the web has. This file writes the second
diet: `web` draws a page from the textbook and, with the chance that `KINDS` tells, does to it what the web does:

* typos:      letters lost, doubled or typed with the key beside, in questions and in answers alike;
* wrong:      the answer of another page of the same skill: fluent, confident and false;
* duplicate:  one of a few pages that are copied from site to site and come back again and again;
* off topic:  adverts, comments, lists, recipes, forum talk and cookie banners, from which no skill can be learned;
* skewed:     right pages, but about the same few popular things.

What is left, one page in ten at full noise, is a textbook page as it was.
"""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from course_utils.pico import textbook
from course_utils.pico.textbook.lists import section, split_words
from course_utils.pico.textbook.sample import Sample, plain, rewrite, running_text
from course_utils.pico.textbook.world import CHOICE, held_out_pairs

# The share of each kind at full noise: a choice, not a measurement of the real web.
KINDS = {"typos": 0.20, "wrong": 0.15, "duplicate": 0.20, "off topic": 0.25, "skewed": 0.10}

LETTER_SLIPS = 0.05  # the share of letters that go wrong in a page with typos
POOL = 40  # how many pages all duplicates are copies of
TRIES = 200  # how often a wrong answer is looked for
CROWD = 12  # a skewed page is the most popular of so many
# From the most popular down. Big cities and first names are spread like this too (Zipf's law).
POPULAR = split_words(section("noise", "popular"), ",")
JUNK = section("noise", "junk")
WORDS = {f"[{kind}]": split_words(section("noise", kind), ",") for kind in ("products", "names")}
NEIGHBOURS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")  # the rows of a keyboard

Draw = Callable[..., Sample]  # (rng, split, skill or None), as `textbook.draw`


def web(rng: random.Random, split: str = "train", noise: float = 1.0, draw: Draw = textbook.draw) -> Sample:
    """One page of the web. The same `rng` state gives the same page; `noise` 0 gives the page that `draw` gives.

    noise: from 0 (the textbook) to 1 (all of `KINDS`); draw: where the pages come from before they are spoiled.
    A spoiled page says so in `about["noise"]`. "train" and "test" are split as in the textbook.
    """
    if not 0 <= noise <= 1:
        raise ValueError(f"noise is a number from 0 to 1, not {noise!r}")
    chances = [noise * share for share in KINDS.values()]
    kind = rng.choices([*KINDS, None], [*chances, 1 - sum(chances)])[0] if noise else None
    if kind is None:
        return draw(rng, split)
    page = SPOIL[kind](rng, split, draw)
    return replace(page, about={**page.about, "noise": kind})


def typos(rng: random.Random, split: str, draw: Draw) -> Sample:
    """A page written in a hurry."""

    def slip(letter: str) -> str:  # lost, doubled, or the key beside it
        row = next((row for row in NEIGHBOURS if letter.lower() in row), letter)
        at = row.find(letter.lower())
        return rng.choice(("", letter * 2, row[max(at - 1, 0)], row[(at + 1) % len(row)]))

    def mistype(text: str) -> str:
        typed = "".join(slip(c) if c.isalpha() and rng.random() < LETTER_SLIPS else c for c in text)
        return typed if typed.strip() else text

    page = draw(rng, split)
    while True:
        typed = rewrite(page, mistype)
        if held_out_pairs(plain(typed)) <= held_out_pairs(plain(page)):  # a slip can turn one word into another
            return typed


def wrong(rng: random.Random, split: str, draw: Draw) -> Sample:
    """A question with another question's answer. What has no question (running text) is drawn again."""
    for _ in range(TRIES):
        page = draw(rng, split)
        other = draw(rng, split, page.skill)
        if not page.messages or not other.messages or other.answer == page.answer:
            continue
        mixed = replace(page, messages=(*page.messages[:-1], other.messages[-1]))
        # The two together could show what only the test may show.
        known = held_out_pairs(plain(page)) | held_out_pairs(plain(other))
        if split != "train" or held_out_pairs(plain(mixed)) <= known:
            return mixed
    raise ValueError(f"In {TRIES} tries `draw` gave no two conversations with different answers")


@lru_cache
def pool(split: str, draw: Draw) -> tuple[Sample, ...]:
    """The pages that everybody copies: always the same ones."""
    rng = random.Random("the pool of duplicates")
    return tuple(draw(rng, split) for _ in range(POOL))


def duplicate(rng: random.Random, split: str, draw: Draw) -> Sample:
    """A page that was read before and will be read again."""
    return rng.choice(pool(split, draw))


def skewed(rng: random.Random, split: str, draw: Draw) -> Sample:
    """The most popular page of a crowd of one skill."""
    page = draw(rng, split)
    return min([page, *(draw(rng, split, page.skill) for _ in range(CROWD - 1))], key=place)


def place(page: Sample) -> int:
    """The place in `POPULAR` of the most popular word of a page; after the last if it has none."""
    words = re.findall(r"\w+", plain(page))
    return min((POPULAR.index(word) for word in words if word in POPULAR), default=len(POPULAR))


def off_topic(rng: random.Random, split: str, draw: Draw) -> Sample:
    """Running text about something else."""
    text = CHOICE.sub(lambda match: rng.choice(WORDS.get(match[0]) or match[1].split("|")), rng.choice(JUNK))
    return running_text("off topic", re.sub(r"\{n\}", lambda _: str(rng.randint(2, 99)), text))


SPOIL = {"typos": typos, "wrong": wrong, "duplicate": duplicate, "off topic": off_topic, "skewed": skewed}
