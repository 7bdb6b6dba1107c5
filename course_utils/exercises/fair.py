"""Which two scores may be compared: the cases of exercise 3 of notebook 02, and the rules that learners try.

The figures are the course's own, so each rule that is almost right meets a pair that it gets wrong.
"""

from __future__ import annotations

from dataclasses import replace

from course_utils.phi import facts


def _score(name: str, id: str, source: str) -> facts.Figure:
    return facts.benchmark(name, [id], source)[id]


OWN_35, OWN_4 = _score("MMLU", "phi-3.5-mini", "card-3.5-mini"), _score("MMLU", "phi-4-mini", "card-4-mini")
AGAIN_35 = _score("MMLU", "phi-3.5-mini", "card-4-mini")
GSM_4 = _score("GSM8K", "phi-4-mini", "card-4-mini")
MULTI_4 = _score("Multilingual MMLU", "phi-4-mini", "card-4-mini")
PHI_2, MISTRAL = _score("MMLU", "phi-2", "report-3"), _score("MMLU", "mistral-7b-v0.1", "report-3")
GPQA_3, GPQA_35 = _score("GPQA", "phi-3-mini-4k", "report-3"), _score("GPQA", "phi-3.5-mini", "report-3")
CHART_3, CHART_4 = facts.benchmark("ChartQA")["phi-3-vision"], facts.benchmark("ChartQA")["phi-4-multimodal"]
SAME = "That pair is fair: MMLU twice, asked in the same way, both from {}. Your function returns {!r}."


def _verdict(expected: bool, because: str):
    """A case of `fair`: what counts as True or False in Python is right, but no text and nothing at all."""

    def judge(result):
        if result is None:
            return "Your function returns nothing. Is there a `return` in it, and not only a `print`?"
        if isinstance(result, str):
            return "Your function returns a text. Return True or False, without quotes: any text counts as true."
        try:
            return bool(result) is expected or because.replace("{!r}", str(bool(result)))
        except Exception:
            return f"Your function returns a {type(result).__name__}. Return True or False."

    return judge


CASES = [
    ((AGAIN_35, OWN_4), _verdict(True, SAME.replace("{}", "the card of Phi-4-mini"))),
    ((PHI_2, MISTRAL), _verdict(True, SAME.replace("{}", "the Phi-3 report"))),
    (
        (OWN_35, OWN_4),
        _verdict(
            False,
            "MMLU twice, “5-shot” both times, but read in two cards: 69.0 in the one, and the same weights got 65.5 "
            "in the other. The source has to be the same, too.",
        ),
    ),
    (
        (MULTI_4, OWN_4),
        _verdict(
            False,
            "One source, both 5-shot, but two tests: MMLU and Multilingual MMLU. The key has to be the same, too.",
        ),
    ),
    (
        (GPQA_3, GPQA_35),
        _verdict(
            False,
            "GPQA twice, both from the Phi-3 report, but one was asked with two solved examples (2-shot) and the other "
            "with none. `method` has to be the same, too.",
        ),
    ),
    ((AGAIN_35, GSM_4), _verdict(False, "One source, but MMLU and GSM8K: those are two tests, and no fair pair.")),
    ((GSM_4, PHI_2), _verdict(False, "GSM8K and MMLU, from two sources, asked in two ways: that is no fair pair.")),
    ((AGAIN_35, OWN_35), _verdict(False, "One model, but measured twice, for two cards: that is no fair pair.")),
    ((CHART_3, CHART_4), _verdict(False, "81.4 twice, but read in two sources: that is no fair pair.")),
    (
        (AGAIN_35, replace(OWN_4, method="5-shot, chain of thought")),
        _verdict(False, "“5-shot” is not yet “5-shot, chain of thought”: compare the whole `method`."),
    ),
    ((OWN_4, OWN_4), lambda result: True),  # beside itself: whatever one thinks; but `==` is told apart by it
]


def _stops(value) -> bool:
    """True for a function that knows a fair pair and stops with an error at an unfair one."""
    try:
        value(OWN_35, OWN_4)
    except Exception:
        return bool(value(AGAIN_35, OWN_4))
    return False


def _raising(a, b):
    if a.key == b.key and a.method == b.method and a.source.key == b.source.key:
        return True
    raise ValueError("not fair")


KNOWN_WRONG = [
    (
        lambda a, b: a.key == b.key and a.source.key == b.source.key,
        "Nearly. But the Phi-3 report has GPQA twice: 2-shot for Phi-3-mini, 0-shot for Phi-3.5-mini. How it was "
        "asked, `method`, has to be the same, too.",
    ),
    (
        lambda a, b: a.key == b.key,
        "Two cards measure one model differently, you have just seen it. The source has to be the same, too, and "
        "the method.",
    ),
    (
        lambda a, b: a.source.key == b.source.key,
        "One source has many tests. The key of the benchmark has to be the same, too, and the method.",
    ),
    (
        lambda a, b: a.method == b.method,
        "5-shot is a way of asking, not a test. The key and the source have to be the same, too.",
    ),
    (
        lambda a, b: a.method == b.method and a.source.key == b.source.key,
        "MMLU and Multilingual MMLU stand in one card, both 5-shot. The key of the benchmark has to be the same.",
    ),
    (
        lambda a, b: a.key == b.key and a.method == b.method,
        "Both cards say “5-shot”, and yet one model gets 69.0 in the one and 65.5 in the other. "
        "Compare who measured: `source.key`.",
    ),
    (
        lambda a, b: a.key == b.key or a.method == b.method or a.source.key == b.source.key,
        "With `or`, one thing in common is enough. All of them must be the same: `and`.",
    ),
    (
        lambda a, b: a.key == b.key and a.model == b.model,
        "Then a model could be compared with nothing but itself. Compare the key, the method and the source.",
    ),
    (
        lambda a, b: a == b,
        "That is true of a figure and itself only. Two **different** models are to be compared: nothing but key, "
        "method and source has to be the same.",
    ),
    (
        lambda a, b: a.value == b.value,
        "That compares the scores. Whether they **may** be compared depends on how they came about.",
    ),
    (
        lambda a, b: a.key == b.key and abs(a.value - b.value) < 5,
        "How close two scores are says nothing about how they were measured. Leave `value` out.",
    ),
    (
        lambda a, b: not (a.key == b.key and a.method == b.method and a.source.key == b.source.key),
        "The wrong way round: this says True for what is **not** fair.",
    ),
    (_raising, "For a pair that is not fair it stops with an error. Return False there.", _stops),
    (lambda a, b: True, "That is the chart of the advertising department: everything against everything."),
    (
        lambda a, b: False,
        "That forbids every comparison. Two models on one test, asked in one way by one source, may stand side by "
        "side.",
    ),
]
