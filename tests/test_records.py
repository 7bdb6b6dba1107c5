"""What the models cost: complete, worked out right, and the same in the data, the cards and the README."""

import random
from dataclasses import replace

import pytest

from course_utils import ROOT, CourseError
from course_utils.pico import MODELS, card, folder, records
from course_utils.pico.tokenizer import encode, load_tokenizer
from course_utils.pico.training.recipes import RECIPES, Recipe, lesson
from course_utils.pico.training.text import build_model


@pytest.mark.parametrize("name", MODELS)
def test_a_record_is_worked_out_from_the_recipe(name):
    found = records.record(name)
    told = {"at_most": found.at_most, "machine": found.machine, "date": found.date}
    parameters = build_model(RECIPES[name]).num_parameters()
    assert found == records.work_out(RECIPES[name], parameters, found.tokens, found.hours, found.cores, **told)
    assert found.flops == 6 * found.parameters * found.tokens
    assert found.kwh == pytest.approx(found.hours * found.cores * found.watts_assumed / 1000)
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
    counted = records.count_tokens(recipe, every=(recipe.steps + recipe.review) // 20)
    assert counted == pytest.approx(records.record(name).tokens, rel=0.15)


def test_tokens_are_counted_as_they_were_read():
    recipe, tokenizer = Recipe(steps=4, review=2, samples_a_step=3, seed=9), load_tokenizer(folder("pico-mini"))
    lengths = []
    for step in range(6):
        rng = random.Random(f"9/{step}")
        lengths.append(sum(len(encode(lesson(rng, step, recipe), tokenizer)[0]) for _ in range(3)))
    assert records.count_tokens(recipe) == sum(lengths)
    assert records.count_tokens(recipe, every=3) == 3 * (lengths[0] + lengths[3])
    short = replace(recipe, context=1)
    assert records.count_tokens(short) == 0


def test_a_model_that_is_not_there():
    for look in (records.record, records.curve):
        with pytest.raises(CourseError, match="The course ships: pico-mini"):
            look("pico-giant")


@pytest.mark.parametrize("name", MODELS)
def test_the_cards_are_up_to_date(name, tmp_path, monkeypatch):
    before = (folder(name) / "README.md").read_text(encoding="utf-8")
    copy = tmp_path / name
    copy.mkdir()
    for file in folder(name).iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(card, "folder", lambda _: copy)
    assert card.write(name).read_text(encoding="utf-8") == before


def test_the_card_of_a_model_without_a_review_that_grew_from_another():
    assert card.course(RECIPES["pico-mini"]) == "9,000 + 2,600"
    assert card.course(Recipe(steps=1200, review=0)) == "1,200"
    mini = records.record("pico-mini")
    assert card.start(mini) == "trained from random weights"
    assert "from the weights of pico-mini" in card.start(replace(mini, grown_from="pico-mini"))


def test_the_readme_shows_the_scores_and_the_costs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert card.skill_table() in readme and card.cost_table() in readme
