"""What is told of a cast: sentences in English and Finnish that say the same, and stories.

They stand in `data/sentences.txt`, which says by which rules, and in `data/stories.txt`.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from course_utils.pico.textbook.lists import Lines, asked_once, family, pairs, section, sections
from course_utils.pico.textbook.world import Cast, fill

PLAIN = ("simple", "where", "having", "people and animals", "food", "questions", "orders", "weather", "feelings")


@dataclass(frozen=True)
class Pattern:
    """A sentence in both languages, with slots for the cast."""

    en: str
    fi: str


@dataclass(frozen=True)
class Plot:
    """A story, what happens and why: a template, and its summary in one sentence."""

    key: str
    text: str
    summary: str


def _patterns(lines: Lines) -> tuple[Pattern, ...]:
    return tuple(Pattern(*both) for both in pairs(lines))


def _spelt_out(kind: str, table: Lines) -> Lines:
    """The sentences of a kind with each row of its table: its words replace those in capitals, which head the table."""
    capitals, *rows = (line.split() for line in table)
    lines = []
    for row in rows:
        for sentence in section("sentences", f"sentences: {kind}"):
            for capital, form in zip(capitals, row, strict=True):
                sentence = sentence.replace(capital, form.replace("_", " "))
            lines.append(sentence)
    return tuple(lines)


def _plot(key: str, lines: Lines) -> Plot:
    text, summary = asked_once(lines)
    return Plot(key, " ".join(text).replace(" |", "|"), summary)


SIMPLE = _patterns(section("sentences", "simple"))
PATTERNS = tuple(pattern for heading in PLAIN for pattern in _patterns(section("sentences", heading)))
PATTERNS += tuple(p for kind, table in family("sentences", "words").items() for p in _patterns(_spelt_out(kind, table)))
PLOTS = tuple(_plot(key, lines) for key, lines in sections("stories").items())

# Small stories in the past tense. The mood of the cast's feeling chooses: a good feeling comes at the end,
# a bad one at the beginning.
STORIES = {
    mood: tuple(_patterns(lines) for key, lines in family("sentences", "story").items() if key.startswith(mood))
    for mood in ("positive", "negative")
}


def pair(rng: Random, cast: Cast, pattern: Pattern | None = None) -> tuple[str, str]:
    """A sentence about this cast, in English and in Finnish; `rng` chooses the pattern if none is given."""
    pattern = pattern or rng.choice(PATTERNS)
    return fill(pattern.en, cast, rng), fill(pattern.fi, cast, rng)


def finnish_story(rng: Random, cast: Cast) -> tuple[str, str]:
    """A story of five or six sentences in the past tense, in English and in Finnish."""
    sentences = [pair(rng, cast, pattern) for pattern in rng.choice(STORIES[cast.feeling.mood])]
    english, finnish = zip(*sentences, strict=True)
    return " ".join(english), " ".join(finnish)


def story_text(rng: Random, cast: Cast) -> tuple[str, str, str]:
    """A story with this cast: (text, one-sentence summary, key of the plot)."""
    plot = rng.choice(PLOTS)
    return fill(plot.text, cast, rng), fill(plot.summary, cast, rng), plot.key
