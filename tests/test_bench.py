"""The command `bench`: a fair race, told right. Whether its bar is reached is a measurement, and no test of ours."""

import json
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from course_utils import ROOT
from course_utils.pico.tokenizer import load_tokenizer
from course_utils.pico.training import bench
from course_utils.pico.training.bench import PLAIN, draw, our_loop, our_rate, pack, plain_loop, plain_rate, time_to
from course_utils.pico.training.train import IGNORED, buckets, build_model

TINY = replace(bench.OURS, hidden_size=16, layers=1, heads=2, intermediate_size=16, samples_a_step=4)


@pytest.fixture(scope="module")
def rows():
    return draw("train", 30, load_tokenizer())


def python(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300)


def test_the_command_gives_one_object_with_every_figure():
    # Not through `course_utils bench`, which may install packages first; test_commands.py tests that hand-over.
    done = python("-m", "course_utils.pico.training.bench", "--seconds", "0.3", "--json")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    found = json.loads(done.stdout)
    assert found["topic"] == "train" and found["bar"] == 0.6 and found["samples"] == 500
    assert 400_000 <= found["parameters"] <= 500_000 and found["held_out"]["answer_tokens"] > 1000
    assert list(found["loops"]) == ["every token", "answers only", "ours"]
    for one in found["loops"].values():
        assert one["steps"] >= 1 and one["tokens"] > 0 and one["loss"] == one["curve"][-1][1]
        assert one["curve"][0] == [0.0, pytest.approx(7.65, abs=0.2)]  # nothing is known yet: about ln(2048)
        assert one["curve"][-1][0] >= 0.3 and one["loss_all_tokens"] > 0
    curves = {name: loop["curve"] for name, loop in found["loops"].items()}
    assert bench.compare(curves).items() <= found.items()


def test_an_unknown_topic_names_those_there_are():
    done = python("-m", "course_utils", "bench", "trian")
    assert done.returncode == 2 and "TOPIC: invalid choice: 'trian'" in done.stderr and "train" in done.stderr


def test_both_loops_read_the_same_samples_in_their_own_way(rows, monkeypatch):
    stream, labels = pack(rows)
    cuts = [i for i, token in enumerate(stream.tolist()) if token == 0]
    starts = [0, *(cut + 1 for cut in cuts[:-1])]
    assert [stream[a:b].tolist() for a, b in zip(starts, cuts, strict=True)] == [ids for ids, _ in rows]
    assert sum(labels != IGNORED) == sum(label != IGNORED for _, row in rows for label in row)

    read = []
    monkeypatch.setattr(bench, "backward", lambda model, batch, tokens, power: read.extend(batch))
    monkeypatch.setattr(bench, "POOL", len(rows))
    loop, tokens = our_loop(build_model(TINY), rows, lambda: 0.5, TINY), 0
    while len(read) < 3 * len(rows):
        tokens += next(loop)
    assert tokens == sum(len(ids) for ids, _ in read)
    assert {tuple(ids) for ids, _ in read} == {tuple(ids) for ids, _ in rows}


def test_our_loop_counts_all_of_the_answers_and_half_of_the_questions(rows):
    rng, told, questions = random.Random(0), 0, 0
    for ids, labels in rows:
        again, counted = bench.with_questions((ids, labels), rng)
        assert again == ids and all(new == token or new == IGNORED for token, new in zip(ids, counted, strict=True))
        answers = [i for i, label in enumerate(labels) if label != IGNORED]
        assert answers and [counted[i] for i in answers] == [labels[i] for i in answers]
        questions += len(ids) - len(answers)
        told += sum(label != IGNORED for label in counted) - len(answers)
    assert 0.4 < told / questions < 0.6


def test_each_of_our_steps_wastes_little(rows):
    for group in buckets(rows, bench.MICRO_BATCH):
        longest = max(len(ids) for ids, _ in group)
        assert len(group) == 1 or len(group) * longest <= bench.MICRO_BATCH
    grouped = [row for group in buckets(rows, bench.MICRO_BATCH) for row in group]
    assert sorted(grouped) == sorted(rows)


def test_both_loops_learn(rows):
    for loop, data, options in (
        (our_loop, rows, TINY),
        *((plain_loop, pack(rows), how) for how in PLAIN.values()),
    ):
        model = build_model(TINY)
        before, steps = bench.mean_loss(model, rows), loop(model, data, lambda: 0.2, options)
        for _ in range(5):
            next(steps)
        assert bench.mean_loss(model, rows) < before


def test_a_race_is_fair(rows, monkeypatch):
    monkeypatch.setattr(bench, "OURS", TINY)
    racers = bench.race(0.2, rows, rows[:5])
    assert len({racer.curve[0] for racer in racers.values()}) == 1  # the same first weights
    for racer in racers.values():
        last = racer.seconds / racer.steps * 20
        assert 0.2 <= racer.seconds <= 0.2 + last and racer.curve[-1][0] == racer.seconds


def test_the_held_out_samples_are_of_the_other_split(rows):
    held_out = draw("test", 30, load_tokenizer())
    assert not [row for row in held_out if row in rows]
    assert held_out == draw("test", 30, load_tokenizer())


@pytest.mark.parametrize(
    ("loss", "seconds"),
    [(9.0, 0.0), (8.0, 0.0), (6.0, 5.0), (4.0, 10.0), (3.5, 12.5), (3.0, 15.0), (2.0, 25.0), (1.9, None)],
)
def test_the_time_to_a_loss_is_read_off_between_the_points(loss, seconds):
    curve = [(0.0, 8.0), (10.0, 4.0), (15.0, 3.0), (20.0, 3.5), (25.0, 2.0)]
    assert time_to(curve, loss) == (None if seconds is None else pytest.approx(seconds))


def test_the_learning_rates_follow_the_time():
    assert our_rate(0.0, 0.7) < 0.1 and our_rate(0.2, 0.7) == 1.0
    assert our_rate(0.65, 0.7) == pytest.approx(0.5) and our_rate(1.01, 0.7) == 0.0
    assert plain_rate(0.0, 0.1) < 0.1 and plain_rate(bench.WARMUP, 0.1) == 1.0
    assert plain_rate(0.525, 0.1) == pytest.approx(0.55) and plain_rate(1.01, 0.1) == pytest.approx(0.1)


def test_the_result_in_words():
    ends = {"every token": 4.0, "answers only": 3.0, "ours": 2.0}
    curves = {name: [(0.0, 8.0), (60.0, loss)] for name, loss in ends.items()}
    found = bench.compare(curves)
    assert found["ratio"] == found["ratios"]["every token"]
    assert found["ratios"] == {"every token": pytest.approx(2 / 3), "answers only": pytest.approx(5 / 6)}
    assert not found["reached"] and found["seconds"] == 60.0
    assert bench.compare({**curves, "every token": [(0.0, 8.0), (60.0, 4.5)]})["reached"]
    loops = {name: {"loss": loss, "loss_all_tokens": 5.0, "curve": curves[name]} for name, loss in ends.items()}
    said = "\n".join(bench.lines({**found, "loops": loops}))
    assert "took 83% of the time to have the last loss of the plain loop that counts answers only, 3.000." in said
    never = bench.compare({**curves, "ours": [(0.0, 8.0), (60.0, 5.0)]})
    assert never["ratio"] is None and not never["reached"]
    assert "never had" in "\n".join(bench.lines({**never, "loops": loops}))
