"""The noisy web and the runs that compare it with the textbook: the generator's promises, and figures that agree."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import date

import pytest
import train_thesis as maker
from train_thesis import CROWD, JUNK, KINDS, POOL, POPULAR, SHARES, page, place, typos, web, wrong

from course_utils.pico import textbook
from course_utils.pico.textbook.skills import FACTS
from course_utils.pico.textbook.world import held_out_pairs
from course_utils.pico.training import thesis
from course_utils.pico.training.text import build_model

FOUND = thesis.results()
RUNS = FOUND["runs"]


def pages(count: int = 300, seed: int = 1, **how) -> list[textbook.Sample]:
    rng = random.Random(seed)
    return [web(rng, **how) for _ in range(count)]


def of_kind(kind: str, **how) -> list[textbook.Sample]:
    return [p for p in pages(3000, **how) if p.about.get("noise") == kind]


def only(skill: str):
    """A draw that knows one skill."""
    return lambda rng, split, _=None: page(rng, split, skill)


# --- the generator ----------------------------------------------------------------------------------------


def test_the_same_seed_writes_the_same_web():
    assert pages() == pages()
    assert pages() != pages(seed=2)


def test_without_noise_the_web_is_the_textbook():
    rng = random.Random(1)
    assert pages(noise=0) == [textbook.draw(rng, "train") for _ in range(300)]


@pytest.mark.parametrize("noise", [-0.1, 1.1])
def test_noise_is_a_share(noise):
    with pytest.raises(ValueError, match="from 0 to 1"):
        pages(1, noise=noise)


@pytest.mark.parametrize("noise", [0.25, 1.0])
def test_each_kind_comes_in_its_share(noise):
    count = 4000
    found = Counter(p.about.get("noise") for p in pages(count, noise=noise, draw=page))
    assert set(found) == {*KINDS, None}
    for kind, share in KINDS.items():
        expected = noise * share
        assert abs(found[kind] / count - expected) < 4 * (expected * (1 - expected) / count) ** 0.5, kind


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_page_is_a_whole_sample(split):
    for sample in pages(1500, split=split):
        text = textbook.plain(sample)
        assert isinstance(sample, textbook.Sample) and text.strip()
        roles = [m["role"] for m in sample.messages if m["role"] != "system"]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert all(m["content"].strip() for m in sample.messages)


def test_typos_change_a_few_letters():
    page = textbook.story(random.Random(0), "train")
    meant = set(page.answer.split())
    for seed in range(50):
        typed = typos(random.Random(seed), "train", lambda *_: page).answer
        assert abs(len(typed) - len(page.answer)) < 0.1 * len(page.answer)
        assert 0.5 < len(meant & set(typed.split())) / len(meant) < 1


def test_a_draw_without_two_answers_is_refused_instead_of_searched_for_ever():
    page = textbook.story(random.Random(0), "train")
    with pytest.raises(ValueError, match="different answers"):
        wrong(random.Random(0), "train", lambda *_: page)


def test_wrong_answers_are_real_answers_to_something_else():
    meant = {question: fact.answer for fact in FACTS for question in fact.questions}
    found = of_kind("wrong", split="test", draw=only("fact"))
    assert len(found) > 300
    for sample in found:
        assert sample.answer in meant.values() and sample.answer != meant[sample.messages[0]["content"]]


def test_duplicates_come_from_a_small_pool_and_the_textbook_does_not_repeat_itself_so_often():
    copies = Counter(textbook.plain(p) for p in of_kind("duplicate"))
    assert len(copies) <= POOL and min(copies.values()) > 1
    assert copies.keys() == {textbook.plain(p) for p in of_kind("duplicate", seed=2)}
    fresh = Counter(textbook.plain(p) for p in pages(600, noise=0))
    assert len(fresh) > 550


def test_other_topics_hold_no_question_and_none_of_the_held_out_pairs():
    found = of_kind("off topic")
    assert len({re.sub(r"\d+", "", p.text)[:12] for p in found}) >= len(JUNK)
    for sample in found:
        assert not sample.messages and not re.search(r"[\[\]{}]", sample.text) and not held_out_pairs(sample.text)
        assert sample.text.endswith("<|endoftext|>")


def test_skewed_pages_are_about_the_popular():
    """A crowd of pages has one about the first of the list much more often than a single page."""
    rng, draw = random.Random(1), only("word")
    usual = sum(place(draw(rng, "train")) < len(POPULAR) for _ in range(600)) / 600
    found = of_kind("skewed", draw=draw)
    popular = sum(place(p) < len(POPULAR) for p in found) / len(found)
    assert popular > 5 * usual and popular == pytest.approx(1 - (1 - usual) ** CROWD, abs=0.15)
    assert all(p.answer and p.skill == "word" for p in found)


def test_a_held_out_pair_never_appears_in_train():
    """Skills of one sentence hold no pair at all; two pages put together or mistyped make no new one."""
    for skill in ("word", "translate"):
        for sample in pages(1500, draw=only(skill)):
            assert not held_out_pairs(textbook.plain(sample)), textbook.plain(sample)
    assert any(held_out_pairs(textbook.plain(sample)) for sample in pages(300, split="test", draw=page))


# --- the recorded runs ------------------------------------------------------------------------------------


def test_each_run_is_recorded_with_its_parameters_and_computing():
    assert list(RUNS) == [run.name for run in maker.RUNS]
    for run in maker.RUNS:
        row = RUNS[run.name]
        assert (row["name"], row["size"], row["noise"]) == (run.name, run.size, run.noise)
        assert row["data"] == ("web" if run.noise else "textbook")
        assert row["parameters"] == build_model(maker.RECIPES[run.size]).num_parameters()
        assert row["flops"] == 6 * row["parameters"] * row["tokens"]


def test_the_comparisons_are_fair():
    """Everybody reads the same number of tokens, up to the rest of one page; and the bigger curve covers the computing
    of the smaller."""
    small, big = RUNS["small-textbook"], RUNS["big-web"]
    assert all(abs(row["tokens"] - small["tokens"]) < 250 for row in RUNS.values())
    assert 6 <= big["parameters"] / small["parameters"] <= 8
    same_computing = small["flops"] / 6 / big["parameters"]
    assert big["curve"][0][0] < same_computing < big["curve"][1][0] < small["tokens"]


@pytest.mark.parametrize("name", RUNS)
def test_the_curves_fall_and_end_where_the_run_ends(name):
    tokens, losses = zip(*RUNS[name]["curve"], strict=True)
    assert len(tokens) == maker.LOOKS and list(tokens) == sorted(set(tokens)) and tokens[-1] == RUNS[name]["tokens"]
    assert losses[0] < 8 and losses[-1] == min(losses) > 0
    scores = RUNS[name]["scores"]
    assert [s["tokens"] for s in scores] == [tokens[look - 1] for look in maker.EXAMS]
    assert all(set(s) == {"tokens", *SHARES} for s in scores)
    assert all(0 <= s[skill] <= 1 for s in scores for skill in SHARES)


def test_more_noise_teaches_less():
    names = ("small-textbook", "small-web-25", "small-web-50", "small-web")
    final = [RUNS[name]["curve"][-1][1] for name in names]
    assert [RUNS[name]["noise"] for name in names] == [0, 0.25, 0.5, 1] and final == sorted(final)


def test_the_results_say_where_they_come_from():
    said = FOUND["provenance"]
    assert date.fromisoformat(said["date"]) and said["seeds"] == {
        "training": maker.SEED,
        "examination": maker.EXAM_SEED,
    }
    assert re.search(r"\bcore\b", said["machine"]) and "/" not in said["machine"]
    assert said["command"] == "python -m tests.train_thesis" and said["command"] in maker.__doc__
    assert said["samples_a_skill"] == maker.SAMPLES


def test_a_run_learns_and_a_finished_one_is_kept(tmp_path, monkeypatch, capsys):
    """Ten small steps."""
    for name, value in {"HELD_OUT_TOKENS": 40, "SAMPLES": 1, "EXAMS": (10,), "TOKENS_A_STEP": 512, "STEPS": 10}.items():
        monkeypatch.setattr(maker, name, value)
    monkeypatch.setattr(maker, "RUNS", (maker.Run("tiny", "small", 1.0),))
    out = tmp_path / "thesis.json"
    assert maker.main(["--out", str(out), "--machine", "a core"]) == 0
    row = thesis.results(out)["runs"]["tiny"]
    assert row["curve"][-1][1] < row["curve"][0][1] < 8 and row["tokens"] == pytest.approx(5120, abs=250)
    written = out.read_bytes()
    assert maker.main(["--out", str(out), "--machine", "a core"]) == 0
    assert out.read_bytes() == written and "tiny: kept" in capsys.readouterr().out
