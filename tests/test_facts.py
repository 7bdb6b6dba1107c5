"""The facts of the pico models: enough, distinct, short, and true about real models."""

from __future__ import annotations

import re

from course_utils.pico.textbook.skills import COURSE_FACTS, FACTS, WORLD_FACTS
from course_utils.pico.textbook.smalltalk import EVERYDAY_200

# Every figure that a fact may state about a real model, from the model cards and configuration files.
PHI_FIGURES = {
    "Phi": set(),
    "Phi-1": {"2023"},  # its paper appeared in June 2023
    "Phi-3": {"2024"},  # Phi-3-mini was released in April 2024
    "Phi-3-mini": {"3.8", "4096", "131072", "16", "7.6"},  # 3,821,079,552 parameters; 7.64 GB in 16 bits
    "Phi-3-medium": {"14"},  # 13,960,238,080 parameters
    "Phi-3.5": {"2024"},
    "Phi-3.5-mini": {"23"},  # languages
    "Phi-3.5-MoE": {"16", "2", "42", "6.6"},  # experts, used per token; 41.87 and 6.64 billion parameters
    "Phi-3.5-vision": set(),
    "Phi-4": {"2024", "14.7"},  # December 2024; 14,659,507,200 parameters
}
MODEL_NAME = re.compile(r"\bPhi(?:-\d(?:\.\d)?)?(?:-(?:mini|small|medium|vision|MoE|multimodal))?")
FIGURE = re.compile(r"\d+(?:[.,]\d+)?")


def _figures(text: str) -> set[str]:
    """The numbers in a text: "4,096" becomes "4096", a Finnish "3,8" becomes "3.8"."""
    without_thousands = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return {number.replace(",", ".") for number in FIGURE.findall(without_thousands)}


def _plain(question: str) -> str:
    return re.sub(r"\W+", " ", question.lower()).strip()


def test_keys_and_answers_are_distinct():
    assert len({fact.key for fact in FACTS}) == len(FACTS)
    assert len({fact.answer for fact in FACTS}) == len(FACTS)


def test_no_question_has_two_answers():
    seen: dict[str, str] = {}
    for fact in FACTS:
        finnish = [fact.finnish[0]] if fact.finnish else []
        for question in [*fact.questions, *finnish]:
            assert _plain(question) not in seen, (question, fact.key, seen.get(_plain(question)))
            seen[_plain(question)] = fact.key


def test_every_fact_is_asked_in_five_to_eight_ways():
    for fact in FACTS:
        assert 5 <= len(fact.questions) <= 8, fact.key
        assert all(question[-1] in "?." for question in fact.questions), fact.key


def test_answers_are_short_and_whole_sentences():
    for fact in FACTS:
        assert 8 <= len(fact.answer.split()) <= 22, (fact.key, fact.answer)
        assert fact.answer[0].isupper() and fact.answer[-1] in ".!", fact.key


def test_left_out_facts_look_like_trained_ones():
    for facts in (COURSE_FACTS, WORLD_FACTS):
        left_out = [fact for fact in facts if fact.left_out]
        openings = {" ".join(fact.questions[0].split()[:2]) for fact in facts if not fact.left_out}
        assert len(left_out) == 8
        for fact in left_out:
            assert " ".join(fact.questions[0].split()[:2]) in openings, fact.key
            assert fact.finnish is None, "a Finnish pair would show a left-out fact in training"


def test_left_out_answers_are_not_told_elsewhere():
    trained = " ".join(fact.answer for fact in FACTS if not fact.left_out)
    secrets = [
        "Min-p",
        "Throughput",
        "Int8",
        "Pruning",
        "learning rate",
        "Perplexity",
        "Phi-4",
        "Phi-3-medium",
    ]
    secrets += ["Aino", "Kite", "Barley", "wolf", "hens", "bridges", "yellow and", "soup"]
    left_out = " ".join(fact.answer for fact in FACTS if fact.left_out)
    for secret in secrets:
        assert secret.lower() in left_out.lower(), secret
        assert secret.lower() not in trained.lower(), secret


def test_finnish_pairs():
    for question, answer in [fact.finnish for fact in FACTS if fact.finnish]:
        assert question.endswith("?") and answer.endswith("."), question


def test_figures_about_phi_agree_with_the_model_cards():
    checked = 0
    for fact in FACTS:
        for text in (*fact.questions, fact.answer, *(fact.finnish or ())):
            names = set(MODEL_NAME.findall(text))
            if not names:
                continue
            assert names <= PHI_FIGURES.keys(), (fact.key, names)
            allowed = set().union(*(PHI_FIGURES[name] for name in names))
            figures = _figures(MODEL_NAME.sub("", text))
            assert figures <= allowed, (fact.key, figures - allowed)
            checked += len(figures)
    assert checked >= 12


def test_everyday_questions_are_distinct_and_not_ours():
    lines = EVERYDAY_200.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 200
    assert len({_plain(line) for line in lines}) == 200
    assert all(2 <= len(line.split()) <= 25 and line == line.strip() for line in lines)
    ours = {_plain(question) for fact in FACTS for question in fact.questions}
    assert not ours & {_plain(line) for line in lines}
