"""The textbook: endless, the same for the same seed, rich enough, and with a split that keeps its promise."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import re
from itertools import combinations

import picture_book
import pytest

from course_utils.base import CourseError
from course_utils.pico import evaluate, textbook
from course_utils.pico.textbook import lists, passages, sentences, smalltalk, world
from tests import examine


def draws(split: str, skill: str | None = None, count: int = 300, seed: int = 1) -> list[textbook.Sample]:
    rng = random.Random(f"{seed}/{split}/{skill}")
    return [textbook.draw(rng, split, skill) for _ in range(count)]


def test_the_same_seed_writes_the_same_pages():
    assert [textbook.plain(s) for s in draws("train")] == [textbook.plain(s) for s in draws("train")]
    assert [textbook.plain(s) for s in draws("train")] != [textbook.plain(s) for s in draws("train", seed=2)]


def test_it_hardly_repeats_itself():
    assert len({textbook.plain(s) for s in draws("train", count=5000)}) >= 4600


def test_the_book_is_the_one_that_the_shipped_models_read():
    """Who changes a word of it on purpose trains the models again, and writes the new sum here."""
    lines = []
    for skill, split in itertools.product(textbook.SKILLS, ("train", "test")):
        rng = random.Random(f"pin/{skill}/{split}")
        lines += [textbook.plain(textbook.draw(rng, split, skill)) for _ in range(12)]
    for skill in picture_book.SKILLS:
        rng = random.Random(f"pin/{skill}/test")
        drawn = [picture_book.draw(rng, "test", skill) for _ in range(4)]
        lines += [f"{question.text} {question.answer}" for sample in drawn for question in sample.questions]
    found = hashlib.sha256("\0".join(lines).encode("utf-8")).hexdigest()
    assert found == "98420b6a08feb5cd418d6892f6e6b3a2430f7eff21b2f103e429b67abc941a9b"


FILES = sorted(path.stem for path in lists.DATA.glob("*.txt") if path != smalltalk.EVERYDAY_200)


@pytest.mark.parametrize("name", FILES)
def test_a_list_can_be_read_and_says_nothing_twice(name):
    assert (lists.DATA / f"{name}.txt").read_text(encoding="utf-8").startswith("# ")
    assert f"`{name}.txt`" in (lists.DATA / "README.md").read_text(encoding="utf-8")
    for heading, lines in lists.sections(name).items():
        assert lines and len(set(lines)) == len(lines), heading
        text = "".join(lines)
        assert text.count("[") == text.count("]") and text.count("{") == text.count("}"), heading


def test_a_slip_in_a_list_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(lists, "DATA", tmp_path)
    for name, text, reason in (
        ("twice", "## a\nfox\n## a\nowl\n", "two sections “a”"),
        ("nothing", "## a\nWhat is a fox?\n", "After “What is a fox?” one line"),
        ("half", "## a\nfox kettu\n= red\n", "2 parts with “ = ” between them are needed here, not “fox kettu”"),
    ):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
        with pytest.raises(CourseError, match=re.escape(reason)):
            lines = lists.section(name, "a")
            lists.pairs(lines[:1]) if name == "half" else lists.asked_once(lines)


@pytest.mark.parametrize("skill", textbook.SKILLS)
def test_every_skill_writes_whole_conversations(skill):
    for split in ("train", "test"):
        for sample in draws(split, skill):
            text = textbook.plain(sample)
            assert text.strip() and not re.search(r"[{}\[\]]", text) or skill == "tool"
            roles = [m["role"] for m in sample.messages if m["role"] != "system"]
            assert roles == ["user", "assistant"] * (len(roles) // 2)
            assert all(m["content"].strip() for m in sample.messages)


def held_out_pairs(text: str) -> list[tuple[str, str]]:
    known = [w for w in re.findall(r"\w+", text) if w in world.CORE]
    return [(a, b) for a in known for b in known if world.held_out(a, b)]


def test_the_rows_of_a_training_passage_hold_no_held_out_pair_and_those_of_the_test_do():
    rng = random.Random(5)
    for _ in range(500):
        assert not any(row.clashes() for row in passages.table(rng, "train", people=4, cells=4))
        row = passages.table(rng, "test", people=3, cells=3)[0]
        assert any(world.held_out(a, b) for a, b in combinations(map(str, [row.name, *row.cells.values()]), 2))


def test_translations_for_training_show_no_held_out_pair_and_those_for_the_test_do():
    english = [s.answer if s.about["direction"] == "fi-en" else None for s in draws("test", "translate")]
    assert all(held_out_pairs(text) for text in english if text)
    rng = random.Random(3)
    for _ in range(500):
        assert not held_out_pairs(sentences.pair(rng, world.Cast.draw(rng, "train"))[0])


def test_sums_are_right_and_split_by_the_sum():
    train = {
        (s.about["sign"], *sorted(map(int, re.findall(r"\d+", s.messages[0]["content"]))))
        for s in draws("train", "sum", 4000)
    }
    for sample in draws("test", "sum"):
        a, b = map(int, re.findall(r"\d+", sample.messages[0]["content"]))
        if "Take" in sample.messages[0]["content"]:
            a, b = b, a
        assert sample.about["result"] == (a + b if sample.about["sign"] == "+" else a - b)
        assert evaluate.right(sample, sample.answer)
        assert (sample.about["sign"], *sorted((a, b))) not in train


def test_the_steps_of_a_sum_are_each_right():
    for a in range(0, 100, 7):
        for b in range(100):
            for sign in "+-":
                for left, op, right, result in re.findall(
                    r"(\d+) ([+-]) (\d+) = (-?\d+)", textbook.work_out(a, sign, b)
                ):
                    assert int(left) + (1 if op == "+" else -1) * int(right) == int(result)


def test_a_passage_answers_its_question_and_the_unknown_has_no_answer():
    for sample in draws("test", "passage"):
        assert sample.answer != passages.UNKNOWN
    for sample in draws("test", "unknown"):
        assert sample.answer == passages.UNKNOWN


@pytest.mark.parametrize("skill", ["interview", "whose", "reading"])
def test_questions_to_one_passage_are_answered_from_it_alone(skill):
    """The words of an answer stand in the passage; what "I do not know." is said to would be found by its sentence."""
    unknown = 0
    for sample in draws("train", skill):
        text, turns = sample.messages[0]["content"], sample.messages
        for answer in (turn["content"] for turn in turns[1::2]):
            unknown += answer == passages.UNKNOWN
            content = re.findall(r"\b[A-Za-z]+\b", answer.removesuffix("."))[-1]
            assert answer == passages.UNKNOWN or re.search(rf"\b{content}\b", text), (answer, text)
    assert unknown > 100


def test_a_passage_said_with_names_has_no_he_or_she():
    said = 0
    for sample in draws("train", "person"):
        asked = sample.messages[0]["content"].replace("Write this with names.", "")
        if re.search(r"instead of|who is she", asked) or asked != sample.messages[0]["content"]:
            said += 1
            assert not re.search(r"\b(he|she)\b", sample.answer, re.IGNORECASE)
            assert sample.answer.count(".") == asked.count(".")
    assert said > 50


def test_tool_calls_are_json_and_name_an_offered_tool():
    for sample in draws("test", "tool"):
        call = json.loads(sample.answer)
        assert call == sample.about["call"]
        offered = dict(re.findall(r"(\w+)\(([^)]*)\)", sample.messages[0]["content"]))
        assert list(call["arguments"]) == offered[call["name"]].split(", ")


def test_training_never_shows_the_everyday_questions_kept_apart():
    kept = {smalltalk.normalise(line) for line in smalltalk.EVERYDAY_200.read_text(encoding="utf-8").splitlines()}
    assert len(kept) == 200
    shown = {smalltalk.normalise(m["content"]) for s in draws("train", "outside", 50_000) for m in s.messages}
    assert not kept & shown


def test_stories_hold_what_was_wished_for_and_only_words_of_the_lexicon():
    for sample in draws("test", "story"):
        assert evaluate.right(sample, sample.answer)
        assert not set(re.findall(r"[a-z]+", sample.answer.lower())) - examine.lexicon()
