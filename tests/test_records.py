"""What the models cost: complete, worked out right, and the same in the data, the cards and the README."""

import random
from dataclasses import replace
from itertools import takewhile

import pytest
from compare_experts import count_tokens

from course_utils import ROOT, CourseError
from course_utils.pico import MODELS, MOE, SHIPPED, VISION, folder, moe, records
from course_utils.pico.textbook.skills import FACTS
from course_utils.pico.tokenizer import encode, load_tokenizer
from course_utils.pico.training.recipes import RECIPES, Recipe, lesson
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


# the cards and the README: their numbers are those of the data, each in its place


def table(text: str, heading: str) -> dict[str, list[str]]:
    """The rows of a Markdown table by their first cell; `heading` begins the line above the dashes."""
    lines = text[text.index(heading) :].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in takewhile(lambda x: x[:1] == "|", lines)]
    return {first: rest for first, *rest in rows}


def card(name: str) -> str:
    """The text of a model's card."""
    return (folder(name) / "README.md").read_text(encoding="utf-8")


def megabytes(name: str) -> str:
    """The size of a model's weights, as cards say it."""
    return f"{(folder(name) / 'model.safetensors').stat().st_size / 1e6:.1f} MB"


def shares(scores: dict[str, float], skills, how: str = ".1%") -> list[str]:
    """Scores or bars of these skills in words, empty where there is none."""
    return [format(scores[skill], how) if skill in scores else "" for skill in skills]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_cards_say_what_was_measured(name):
    """The scores themselves are examined again in test_pico, test_moe and test_vision."""
    exam, text = records.scores(name), card(name)
    shown, skills = table(text, "| skill |"), list(exam["scores"])
    columns = [shares(exam["scores"], skills)]
    if name in MODELS:
        columns.append(shares(records.bars(), skills))
    if name == VISION:
        missed = {skill: exam["scores"][skill] < bar for skill, bar in records.bars("vision").items()}
        columns.append(shares(exam["layout"], skills))
        columns.append(shares(records.bars("vision"), skills, ".0%"))
        assert [", missed" in row[-1] for row in shown.values()] == [missed.get(skill, False) for skill in skills]
        assert f"gave the same answer to {exam['same']} of {exam['compared']} held-out pictures" in text
        assert f", {exam['layout_samples']} a skill or one more" in text
    assert {skill: [cell.replace(", missed", "") for cell in row] for skill, row in shown.items()} == dict(
        zip(skills, map(list, zip(*columns, strict=True)), strict=True)
    )
    assert f"{exam['samples']} " in text and f"a skill (seed {exam['seed']})" in text
    assert f"| file | float16 safetensors, {megabytes(name)} |" in text


@pytest.mark.parametrize("name", MODELS)
def test_the_cards_say_what_the_training_cost(name):
    cost, text = records.record(name), " ".join(card(name).split())
    start = f"grown from the weights of {cost.grown_from}" if cost.grown_from else "trained from random weights"
    assert f"with {cost.parameters:,} parameters, {start}" in text and f"share of {cost.left_out} facts" in text
    assert f"{cost.samples:,} samples drawn from" in text and f"about {cost.tokens / 1e6:.0f} million tokens" in text
    steps = f"{cost.steps - cost.review:,} + {cost.review:,}" if cost.review else f"{cost.steps:,}"
    assert f"{steps} steps of {cost.samples // cost.steps} samples" in text
    assert ("the mean of those before and after the review" in text) == cost.average
    assert f"{cost.machine}; finished on {cost.date}" in text
    most = "at most " if cost.at_most else ""
    assert (
        f"| cost | {most}{cost.hours:.3g} hours on {cost.cores} cores; about {cost.flops / 1e12:,.0f} trillion" in text
    )
    assert f"; {most}{cost.kwh:.2g} kWh, if a core takes {cost.watts_assumed:.0f} W (assumed, not measured)" in text
    assert (f"; those of {cost.grown_from} come on top" in text) == bool(cost.grown_from)


def test_the_card_of_the_mixture_compares_three_models():
    compared, shown = moe.compared(), table(card(MOE), "| | pico-moe |")
    rows = {"parameters": "parameters", "active": "active for a token", "held_out_loss": "loss on held-out answers"}
    rows |= {"megabytes": "weights", "ms_a_token": "time for a token", "ms_a_thousand_prompt_tokens": "time for 1,000"}
    forms = {"parameters": ",", "active": ",", "held_out_loss": ".3f", "ms_a_thousand_prompt_tokens": ".0f"}
    models = [compared["models"][name] for name in ("pico-moe", "dense-active", "dense-total")]
    for key, first in rows.items():
        [row] = [cells for words, cells in shown.items() if words.startswith(first)]
        assert [cell.split()[0] for cell in row] == [format(model[key], forms.get(key, ".1f")) for model in models]
    scored = [skill for skill in shown if skill in models[0]["scores"]]
    assert len(scored) == 7
    for skill in scored:
        assert shown[skill] == [f"{model['scores'][skill]:.1%}" for model in models]
    load = [[2 * share for share in layer] for layer in compared["load"]]  # of the tokens: each makes two choices
    pooled = [sum(column) / len(load) for column in zip(*load, strict=True)]
    least, most = min(map(min, load)), max(map(max, load))
    text = " ".join(card(MOE).split())
    assert f"({min(pooled):.1%} to {max(pooled):.1%})" in text and f"between {least:.1%} and {most:.1%}" in text
    assert f"{compared['steps']:,} steps of {compared['samples_a_step']} samples" in text
    assert f"about {compared['tokens_about'] / 1e6:.1f} million tokens" in text


def test_the_readme_shows_the_scores_and_the_costs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown, bars = table(readme, "| Skill | pico-mini"), records.bars()
    order = "story summary sentiment sum translate_en_fi translate_fi_en passage unknown not_unknown followup tool"
    order += " first_impression everyday smalltalk fact system made_up"
    for skill, row in zip(order.split(), shown.values(), strict=True):
        reached = [records.scores(name)["scores"][skill] for name in MODELS]
        if skill not in bars:
            assert row == [*(f"{score:.1%}" for score in reached), "none"], skill
            continue
        cells = [f"{score:.1%}" + ("" if score >= bars[skill] else ", not yet") for score in reached]
        assert row == [*cells, f"{bars[skill]:.0%}"], skill
    costs = table(readme, "| | pico-mini | pico-medium |")
    for place, name in enumerate(MODELS):
        cost = records.record(name)
        most = "at most " if cost.at_most else ""
        energy = f"energy, if a core takes {cost.watts_assumed:.0f} W (assumed)"
        assert {key: row[place] for key, row in costs.items()} == {
            "parameters": f"{cost.parameters:,}",
            "weights, float16": megabytes(name),
            "starts from": cost.grown_from or "random weights",
            "tokens read": f"{cost.tokens / 1e6:.0f} million",
            "core-hours": f"{most}{cost.core_hours:.2g}",
            energy: f"{most}{cost.kwh:.2g} kWh",
        }
