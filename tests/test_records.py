"""What the models cost: complete, worked out right, and the same in the data, the cards and the README."""

import json
import random
from dataclasses import replace

import pytest

from course_utils import ROOT, CourseError
from course_utils.pico import MODELS, SHIPPED, cards, folder, records
from course_utils.pico.textbook.facts import FACTS
from course_utils.pico.tokenizer import encode, load_tokenizer
from course_utils.pico.training.recipes import RECIPES, Recipe, count_tokens, lesson
from course_utils.pico.training.text import build_model


@pytest.mark.parametrize("name", MODELS)
def test_a_record_is_worked_out_from_the_recipe(name):
    found = records.record(name)
    recipe = RECIPES[name]
    assert found.parameters == build_model(recipe).num_parameters() and found.steps == recipe.steps + recipe.review
    assert found.samples == found.steps * recipe.samples_a_step
    for key in ("review", "average", "grown_from"):
        assert getattr(found, key) == getattr(recipe, key)
    assert found.left_out == sum(fact.left_out for fact in FACTS)
    assert found.flops == 6 * found.parameters * found.tokens
    assert found.core_hours == found.hours * found.cores
    assert found.kwh == pytest.approx(found.core_hours * found.watts_assumed / 1000)
    assert 20 < found.tokens / found.samples < 200 and found.hours > 0 and found.date.startswith("20")


@pytest.mark.parametrize("name", MODELS)
def test_a_curve_has_every_step(name):
    curve, found = records.curve(name), records.record(name)
    assert curve.steps == list(range(found.steps)) and len(curve.losses) == len(curve.tokens) == found.steps
    assert curve.tokens[-1] == found.tokens and curve.tokens == sorted(curve.tokens)
    assert 0 < sum(curve.losses[-100:]) / 100 < curve.losses[0]


@pytest.mark.parametrize("name", MODELS)
def test_the_tokens_are_those_that_the_recipe_draws(name):
    recipe = RECIPES[name]
    counted = count_tokens(recipe, every=(recipe.steps + recipe.review) // 20)
    assert counted == pytest.approx(records.record(name).tokens, rel=0.15)


def test_tokens_are_counted_as_they_were_read():
    recipe, tokenizer = Recipe(steps=4, review=2, samples_a_step=3, seed=9), load_tokenizer(folder("pico-mini"))
    lengths = []
    for step in range(6):
        rng = random.Random(f"9/{step}")
        lengths.append(sum(len(encode(lesson(rng, step, recipe), tokenizer)[0]) for _ in range(3)))
    assert count_tokens(recipe) == sum(lengths)
    assert count_tokens(recipe, every=3) == 3 * (lengths[0] + lengths[3])
    short = replace(recipe, context=1)
    assert count_tokens(short) == 0


def test_a_model_that_is_not_there():
    for look in (records.record, records.curve):
        with pytest.raises(CourseError, match="The course ships: pico-mini"):
            look("pico-giant")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_cards_say_what_was_measured(name):
    """The scores themselves are examined again in test_pico, test_moe and test_vision."""
    card = (folder(name) / "README.md").read_text(encoding="utf-8")
    assert cards.card(name) == card
    for skill, score in records.scores(name)["scores"].items():
        assert f"| {skill} | {score:.1%} |" in card


def test_the_card_follows_the_numbers(tmp_path, monkeypatch):
    """Of a model with no review that grew from another, with worse scores than its sibling."""
    for file in folder("pico-mini").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    cost = json.loads((tmp_path / "training.json").read_text("utf-8")) | {"review": 0, "grown_from": "pico-medium"}
    (tmp_path / "training.json").write_text(json.dumps(cost), "utf-8")
    exam = {"samples": 40, "seed": 3, "scores": {"sum": 0.125}}
    (tmp_path / "scores.json").write_text(json.dumps(exam), "utf-8")
    for module in (cards, records):
        monkeypatch.setattr(module, "folder", lambda _: tmp_path)
    text = cards.write("pico-mini").read_text("utf-8")
    assert text == (tmp_path / "README.md").read_text("utf-8") == cards.card("pico-mini")
    assert "| sum | 12.5% | 90.0% |" in text and "Greedy answers to 40 held-out samples a skill (seed 3)" in text
    assert "grown from the weights of pico-medium and trained further" in text and ", 11,600 steps of 64" in text
    assert "9,000 + 2,600 steps" in (folder("pico-mini") / "README.md").read_text("utf-8")


def test_the_readme_shows_the_scores_and_the_costs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"\n\n{cards.tables()}\n" in readme
