"""The story plots of `data/stories.txt`: what happens, and why."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from course_utils.pico.textbook.lists import asked_once, sections
from course_utils.pico.textbook.world import Cast, fill


@dataclass(frozen=True)
class Plot:
    """One story: a template, and its summary in one sentence."""

    key: str
    text: str
    summary: str


def _plot(key: str, lines: tuple[str, ...]) -> Plot:
    text, summary = asked_once(lines)
    return Plot(key, " ".join(text).replace(" |", "|"), summary)


PLOTS: tuple[Plot, ...] = tuple(_plot(key, lines) for key, lines in sections("stories").items())


def story_text(rng: Random, cast: Cast) -> tuple[str, str, str]:
    """A story with this cast: (text, one-sentence summary, key of the plot)."""
    plot = rng.choice(PLOTS)
    return fill(plot.text, cast, rng), fill(plot.summary, cast, rng), plot.key
