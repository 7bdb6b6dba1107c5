"""What is told of a cast: sentences in English and Finnish that say the same, and stories. They stand in
`data/sentences.txt`, which says by which rules, and in `data/stories.txt`."""

from collections.abc import Sequence
from random import Random

from course_utils.pico.textbook.lists import Lines, asked_once, family, pairs, section, sections
from course_utils.pico.textbook.world import Cast, fill

PLAIN = ("simple", "where", "having", "people and animals", "food", "questions", "orders", "weather", "feelings")


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


# Patterns: a sentence in both languages, (English, Finnish), with slots for the cast.
SIMPLE = pairs(section("sentences", "simple"))
PATTERNS = tuple(pattern for heading in PLAIN for pattern in pairs(section("sentences", heading)))
PATTERNS += tuple(p for kind, table in family("sentences", "words").items() for p in pairs(_spelt_out(kind, table)))
# What happens in a story and why: (key, template, its summary in one sentence).
_STORIES = {key: asked_once(lines) for key, lines in sections("stories").items()}
PLOTS = tuple((key, " ".join(text).replace(" |", "|"), summary) for key, (text, summary) in _STORIES.items())

# Small stories in the past tense, by the mood of the cast's feeling: a good one comes at the end, a bad one first.
STORIES = {
    mood: tuple(pairs(lines) for key, lines in family("sentences", "story").items() if key.startswith(mood))
    for mood in ("positive", "negative")
}


def pair(rng: Random, cast: Cast, pattern: Sequence[str] | None = None) -> tuple[str, str]:
    """A sentence about this cast, in English and in Finnish; `rng` chooses the pattern if none is given."""
    english, finnish = pattern or rng.choice(PATTERNS)
    return fill(english, cast, rng), fill(finnish, cast, rng)


def finnish_story(rng: Random, cast: Cast) -> tuple[str, str]:
    """A story of five or six sentences in the past tense, in English and in Finnish."""
    sentences = [pair(rng, cast, pattern) for pattern in rng.choice(STORIES[cast.feeling.mood])]
    english, finnish = zip(*sentences, strict=True)
    return " ".join(english), " ".join(finnish)


def story_text(rng: Random, cast: Cast) -> tuple[str, str, str]:
    """A story with this cast: (text, one-sentence summary, key of the plot)."""
    key, text, summary = rng.choice(PLOTS)
    return fill(text, cast, rng), fill(summary, cast, rng), key
