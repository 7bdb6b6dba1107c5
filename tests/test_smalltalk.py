"""The first impression: enough variety, no overlap with what pico-mini can do, a fair split."""

from __future__ import annotations

import random
import re

import pytest

from course_utils.pico.textbook.lists import section
from course_utils.pico.textbook.sample import in_test
from course_utils.pico.textbook.skills import FACTS
from course_utils.pico.textbook.smalltalk import (
    NO,
    OUTSIDE,
    OUTSIDE_FINNISH,
    TOPICS,
    YES,
    YES_FINNISH,
    everyday,
    honest,
    normalise,
    outside,
    patterns,
    scruffy,
    wordings,
    words,
)

# What pico-mini can do, or learns as a fact elsewhere: no everyday question may ask for it.
CAN_DO = re.compile(
    r"\bstor(y|ies)\b|\btarina|\btell a tale\b"
    r"|\btranslat\w+ .*\b(english|finnish)\b|\b(into|in|to) (english|finnish)\b|suomeksi|englanniksi"
    r"|\bsummar|\btiivistä|\bpassage\b"
    r"|(?<![\d.])\d{1,2} ?(\+|-|−|plus|minus) ?\d{1,2}(?![\d.])"
    r"|\bhappy or sad\b|\bsad or happy\b|\bsentiment\b"
    r"|language model|kielimalli|\btokens?\b|tokeni[sz]|\bphi\b|\bonnx\b|quanti[sz]|\btransformers?\b"
    r"|neural|\bgpu\b|machine learning|artificial intelligence|hallucinat|\bparameters?\b"
    r"|self-attention"
    r"|chat ?gpt|\bpico-mini\b|your favou?rite|who are you|what can you do|\bhow are you\b",
    re.IGNORECASE,
)
LARGE_TOPICS = {"greeting", "who_are_you", "abilities"}
# What is not made from templates.
WRITTEN = [line for heading in ("fixed", "statements", "fixed fi") for line in section("everyday_questions", heading)]


def is_test_wording(text: str) -> bool:
    return in_test(normalise(text))


@pytest.fixture(scope="module")
def draws() -> list[str]:
    rng = random.Random(11)
    return [everyday(rng)[0] for _ in range(20_000)]


def test_everyday_is_varied_and_well_formed(draws):
    assert len(set(draws)) > 12_000
    lengths = [len(text.split()) for text in draws]
    assert min(lengths) >= 2 and max(lengths) <= 25
    assert not [text for text in draws if re.search(r"[{}_]|  |^\s|\s$", text)]
    assert not [
        text for text in draws if re.search(r"\ba (?:[aeio]|the |a )", text) and not re.search(r"\ba (one|euro)", text)
    ]


def test_a_seed_fixes_the_draws():
    first, second = random.Random(3), random.Random(3)
    assert [outside(first) for _ in range(200)] == [outside(second) for _ in range(200)]
    assert [everyday(random.Random(4)) for _ in range(3)] != [everyday(random.Random(5)) for _ in range(3)]


def test_about_a_tenth_is_finnish():
    rng = random.Random(8)
    finnish = sum(everyday(rng)[1] for _ in range(5_000))
    assert 350 < finnish < 650


def test_nothing_asks_for_what_pico_can_do(draws):
    everything = [*draws, *WRITTEN]
    assert [text for text in everything if CAN_DO.search(text)] == []


def test_no_first_impression_wording_is_called_outside(draws):
    ours = {normalise(wording) for topic in TOPICS for wording in topic.questions["en"] + topic.questions["fi"]}
    ours |= {normalise(wording) for wording in YES + NO + YES_FINNISH}
    assert sorted({text for text in draws if normalise(text) in ours}) == []


def test_no_known_fact_is_called_outside(draws):
    known = {normalise(wording) for fact in FACTS for wording in fact.questions}
    everything = {*draws, *WRITTEN}
    everything |= {f"Who is {name}?" for name in words()["name"]}
    assert sorted(text for text in everything if normalise(text) in known) == []


def test_the_collision_pattern_catches_what_it_should():
    for text in (
        "Tell me a story.",
        "What is 34 plus 8?",
        "12 - 7",
        "Translate the fox into Finnish.",
        "What is a token?",
    ):
        assert CAN_DO.search(text)
    for text in ("What is 345 plus 23?", "Translate this into German.", "What is a tomato?"):
        assert not CAN_DO.search(text)


def test_a_topic_has_short_answers_and_wordings_for_both_splits():
    for topic in TOPICS:
        for answer in topic.answers["en"] + topic.answers["fi"]:
            assert 3 <= len(answer.split()) <= 25, topic.key
        for language in ("en", "fi"):
            assert topic.answers[language] and not all(map(is_test_wording, topic.questions[language])), topic.key


def test_topics_do_not_share_wordings():
    owner: dict[str, str] = {}
    for topic in TOPICS:
        for wording in topic.questions["en"] + topic.questions["fi"]:
            assert owner.setdefault(normalise(wording), topic.key) == topic.key, wording


def test_patterns_spell_out_many_wordings_and_no_two_topics_share_one():
    owner = {normalise(text): topic.key for topic in TOPICS for text in topic.questions["en"] + topic.questions["fi"]}
    keys = {topic.key for topic in TOPICS}
    for heading, groups in patterns().items():
        key, language = heading.split()
        assert key in keys and language in ("en", "fi")
        spelt_out = {normalise(text) for group in groups for text in group}
        assert len(spelt_out) >= 300, heading
        assert not any(re.search(r"[\[\]|]|  ", text) for group in groups for text in group), heading
        strangers = {text: owner[text] for text in spelt_out if owner.setdefault(text, key) != key}
        assert strangers == {}, heading


def test_training_never_draws_a_wording_of_the_test():
    for topic in TOPICS:
        for language in ("en", "fi"):
            train, test = (
                {normalise(t) for g in wordings(topic.key, language, split) for t in g} for split in ("train", "test")
            )
            assert train and not train & test
            assert not any(map(is_test_wording, train)) and all(map(is_test_wording, test))


def test_the_split_depends_on_words_alone_and_keeps_an_eighth():
    assert normalise("What's your name") == normalise("  whats YOUR name?? ")
    wordings = {normalise(text) for topic in TOPICS for text in topic.questions["en"] + topic.questions["fi"]}
    kept = {text for text in wordings if is_test_wording(text)}
    assert all(is_test_wording(text.capitalize()) for text in kept)
    assert 0.08 < len(kept) / len(wordings) < 0.18
    for topic in TOPICS:
        if topic.key in LARGE_TOPICS:
            assert sum(map(is_test_wording, topic.questions["en"])) >= 5


def test_outside_answers_are_honest_and_in_the_right_language():
    assert all(answer.startswith("That is outside my small world.") for answer in OUTSIDE)
    assert all(honest(answer) for answer in OUTSIDE + OUTSIDE_FINNISH)
    rng = random.Random(6)
    seen = {outside(rng)[1] for _ in range(2_000)}
    assert seen == set(OUTSIDE + OUTSIDE_FINNISH)


def test_honest_tells_an_admission_from_an_answer():
    for text in (
        "I do not know.",
        "I don\u2019t know that.",
        "En tiedä.",
        "I cannot do that.",
        "Se on maailmani ulkopuolella.",
    ):
        assert honest(text)
    for text in (
        "It is sunny in Paris.",
        "The fox is in the garden.",
        "8035",
        "Kettu on metsässä.",
        "",
        '"I cannot find my hat," said the fox.',
        "The owl cannot sleep. She does not know why.",
        'The hen said: "I do not know.',
    ):
        assert not honest(text)


def test_scruffy_changes_most_texts_and_never_loses_them():
    rng = random.Random(1)
    text = "Hello there, what is your name?"
    results = [scruffy(rng, text) for _ in range(2_000)]
    assert 0.28 < results.count(text) / len(results) < 0.45
    assert len(set(results)) > 150
    assert any("whats" in result for result in results)
    assert {scruffy(rng, "?").strip() for _ in range(200)} == {"?", "??", "???"}
    assert all(scruffy(rng, word).strip() for word in ("a", "Hi", "...", "7") for _ in range(200))


def test_yes_never_means_no():
    assert not {normalise(text) for text in YES + YES_FINNISH} & {normalise(text) for text in NO}
