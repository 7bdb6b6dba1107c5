"""Facts the pico models know: one part about language models, one part about the made-up town of Pikola.

The textbook shows a fact as a question and an answer, in several wordings. Facts that are `left_out` never appear in
training: asking for them shows what a model does when it cannot know the answer.
"""

from dataclasses import dataclass

from course_utils.pico.textbook.lists import asked_once, pairs, sections

LEFT_OUT, FINNISH = "left out", "suomeksi: "


@dataclass(frozen=True)
class Fact:
    """One thing to know: several ways to ask for it, one answer, and for some the same pair in Finnish."""

    key: str
    questions: tuple[str, ...]
    answer: str
    left_out: bool = False
    finnish: tuple[str, str] | None = None


def _fact(key: str, lines: tuple[str, ...]) -> Fact:
    finnish = pairs([line.removeprefix(FINNISH) for line in lines if line.startswith(FINNISH)])
    questions, answer = asked_once([line for line in lines if line != LEFT_OUT and not line.startswith(FINNISH)])
    return Fact(key, questions, answer, LEFT_OUT in lines, finnish[0] if finnish else None)


COURSE_FACTS = tuple(_fact(key, lines) for key, lines in sections("facts_models").items())
WORLD_FACTS = tuple(_fact(key, lines) for key, lines in sections("facts_pikola").items())
FACTS: tuple[Fact, ...] = COURSE_FACTS + WORLD_FACTS
KNOWN: tuple[Fact, ...] = tuple(fact for fact in FACTS if not fact.left_out)
