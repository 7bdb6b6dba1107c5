"""Checks that ask what a learner built, and keep what they heard: for the exercises of notebook 10."""

from __future__ import annotations

from functools import cache

from . import night_desk
from .engine import NotMeasured
from .judges import Judge

LINES = night_desk.sentences()
ASKED = [tuple(pair) for pair in night_desk.DATA["asked"]]  # (note, question): never shown in the notebook
FOREIGN = night_desk.DATA["foreign"]


class Asked(Judge):
    """What the check says of an answer that it runs; kept, for running it again for each known slip would take long."""

    def __init__(self, decide):
        self.decide, self.values, self.said = decide, None, None

    def judge(self, values, namespace):
        self.values, self.said = values, None
        try:
            self.said = self.decide(*values, namespace=namespace)
        except NotMeasured:
            raise
        except Exception as error:
            self.said = f"It stops with {type(error).__name__}: {str(error)[:200]}"
        return self.said

    def known(self, examples: list[tuple]) -> list[tuple]:
        """Wrong answers, each met by what the check has just said."""
        return [(example, message, Met(self, message)) for example, message in examples]


class Met(Judge):
    def __init__(self, asked: Asked, message: str):
        self.asked, self.message = asked, message

    def judge(self, values, namespace):
        return values is self.asked.values and self.asked.said == self.message


@cache
def finished() -> night_desk.Desk:
    """The finished desk, with a rule in the place of the model: for examples."""
    return night_desk.Desk(night_desk.by_rule)
