"""What a training cost, worked out from the few numbers that cannot be computed. `records` reads what comes out.

found = work_out(RECIPES["pico-mini"], hours=2.0, cores=2, at_most=True, machine="two cores of ...", date="2026-11-23")
(folder("pico-mini") / "training.json").write_text(json.dumps(asdict(found), indent=1) + "\\n", encoding="utf-8")
"""

from __future__ import annotations

from course_utils.pico.records import Record
from course_utils.pico.textbook.facts import FACTS
from course_utils.pico.tokenizer import load_tokenizer
from course_utils.pico.training.recipes import Recipe, lessons
from course_utils.pico.training.text import build_model

# An assumption, not a measurement. A core's share of a full AMD EPYC processor of 2021 is 4.4 W (7763: 280 W for 64
# cores) to 8.3 W (7443: 200 W for 24), by the highest design power in the table of
# https://techgage.com/article/amd-epyc-milan-launch-performance/. 10 W leaves room for memory and power supply.
WATTS_A_CORE = 10.0


def count_tokens(recipe: Recipe, every: int = 1) -> int:
    """How many tokens a training by this recipe reads: its lessons are drawn once more, and counted.

    With every=1 the number is exact, and 1,000 steps of 64 samples take about a minute. With every=10 only each
    tenth step is drawn, and the sum is ten times theirs: right to about one per cent.
    """
    tokenizer = load_tokenizer()  # the whole family has this one
    steps = range(recipe.steps + recipe.review)
    drawn = steps[::every]
    tokens = sum(len(ids) for step in drawn for ids, _ in lessons(recipe, step, tokenizer))
    return round(tokens * len(steps) / len(drawn))


def work_out(
    recipe: Recipe, hours: float, cores: int, at_most: bool, machine: str, date: str, tokens: int | None = None
) -> Record:
    """The record of a training by `recipe`. `tokens` are counted if they are not known, which takes some minutes.

    `hours` are on the clock, of so many `cores`; `at_most` says that these did other work too; `machine` is in words.
    """
    steps, core_hours = recipe.steps + recipe.review, hours * cores
    parameters = build_model(recipe).num_parameters()
    tokens = tokens or count_tokens(recipe)
    return Record(
        parameters=parameters,
        samples=steps * recipe.samples_a_step,
        steps=steps,
        review=recipe.review,
        average=recipe.average,
        tokens=tokens,
        grown_from=recipe.grown_from,
        hours=hours,
        cores=cores,
        core_hours=core_hours,
        flops=6.0 * parameters * tokens,
        watts_assumed=WATTS_A_CORE,
        kwh=core_hours * WATTS_A_CORE / 1000,
        at_most=at_most,
        left_out=sum(fact.left_out for fact in FACTS),
        machine=machine,
        date=date,
    )
