"""What each shipped model cost to train, kept as data beside its weights, in `training.json` and `curve.csv`.

    python -m course_utils.pico.records pico-medium --hours 3.5 --cores 1 --date 2026-11-26 --machine "..."

writes `training.json` of a model whose weights are in their folder: it counts what the recipe drew from the textbook,
and works the rest out. Only the hours, the cores, the day and the machine have to be told.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from course_utils.pico import MODELS, WEIGHTS, folder
from course_utils.pico.textbook.facts import FACTS
from course_utils.pico.training.recipes import RECIPES, Recipe, lessons

# An assumption, not a measurement. A core's share of a full AMD EPYC processor of 2021 is 4.4 W (7763: 280 W for 64
# cores) to 8.3 W (7443: 200 W for 24), by the highest design power in the table of
# https://techgage.com/article/amd-epyc-milan-launch-performance/. 10 W leaves room for memory and power supply.
WATTS_A_CORE = 10.0


@dataclass(frozen=True)
class Record:
    """The costs of one training, from random weights or from those of the model in `grown_from`, whose own come on top.

    parameters, samples, steps: numbers; `tokens` is how many were read, padding not counted
    hours:         on the clock, of `cores` processor cores
    core_hours:    hours times cores
    flops:         floating-point operations, 6 * parameters * tokens (Kaplan et al. 2020, arXiv 2001.08361): 2 for each
                   weight and token on the way forward, 4 on the way back. An estimate: it leaves attention out, and
                   counts the scores of the vocabulary for every token, where ours are computed for answers only.
    watts_assumed: watts a core, an assumption (see WATTS_A_CORE)
    kwh:           kilowatt-hours, core_hours * watts_assumed / 1000: an estimate that rests on that assumption
    at_most:       True where other work used the same cores: hours, core_hours and kwh are then upper bounds
    left_out:      facts that the textbook knows and training never showed
    date:          the day on which the training ended
    """

    parameters: int
    samples: int
    steps: int
    tokens: int
    grown_from: str
    hours: float
    cores: int
    core_hours: float
    flops: float
    watts_assumed: float
    kwh: float
    at_most: bool
    left_out: int
    machine: str
    date: str


@dataclass(frozen=True)
class Curve:
    """The loss at each step of a training: nats a token of the answers, each answer weighted as in `train`.

    `tokens` is what had been read after the step, and only about right: the file keeps no tokens, so every step counts
    as the average one.
    """

    steps: list[int]
    tokens: list[int]
    losses: list[float]


def record(name: str = "pico-mini") -> Record:
    """The costs of a shipped model. Raises CourseError for one that the course does not ship."""
    return Record(**json.loads((folder(name) / "training.json").read_text(encoding="utf-8")))


def curve(name: str = "pico-mini") -> Curve:
    """The training curve of a shipped model. Raises CourseError for one that the course does not ship."""
    lines = (folder(name) / "curve.csv").read_text(encoding="utf-8").split()
    steps = [int(line.split(",")[0]) for line in lines]
    losses = [float(line.split(",")[1]) for line in lines]
    a_step = record(name).tokens / len(steps)
    return Curve(steps, [round((step + 1) * a_step) for step in steps], losses)


def count_tokens(recipe: Recipe, every: int = 1) -> int:
    """How many tokens a training by this recipe reads: its lessons are drawn once more, and counted.

    With every=1 the number is exact, and 1,000 steps of 64 samples take about a minute. With every=10 only each
    tenth step is drawn, and the sum is ten times theirs: right to about one per cent.
    """
    from course_utils.pico.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(WEIGHTS / "pico-mini")  # the whole family has this one
    steps = range(recipe.steps + recipe.review)
    drawn = steps[::every]
    tokens = sum(len(ids) for step in drawn for ids, _ in lessons(recipe, step, tokenizer))
    return round(tokens * len(steps) / len(drawn))


def work_out(recipe: Recipe, parameters: int, tokens: int, hours: float, cores: int, **told) -> Record:
    """The record of a training by `recipe`, from the few numbers that cannot be computed. `told`: the other fields."""
    steps, core_hours = recipe.steps + recipe.review, hours * cores
    return Record(
        parameters=parameters,
        samples=steps * recipe.samples_a_step,
        steps=steps,
        tokens=tokens,
        grown_from=recipe.grown_from,
        hours=hours,
        cores=cores,
        core_hours=core_hours,
        flops=6.0 * parameters * tokens,
        watts_assumed=WATTS_A_CORE,
        kwh=core_hours * WATTS_A_CORE / 1000,
        left_out=sum(fact.left_out for fact in FACTS),
        **told,
    )


def write(name: str, found: Record) -> Path:
    """Write `training.json` into the model's folder."""
    path = folder(name) / "training.json"
    path.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    return path


def costs(found: Record) -> str:
    """The costs in one line of words."""
    most = "at most " if found.at_most else ""
    return (
        f"{most}{found.hours:.3g} hours on {found.cores} {'core' if found.cores == 1 else 'cores'}; "
        f"about {found.flops / 1e12:,.0f} trillion floating-point operations (6 × parameters × tokens); "
        f"{most}{found.kwh:.2g} kWh, if a core takes {found.watts_assumed:.0f} W (assumed, not measured)"
    )


def main(argv: list[str] | None = None) -> int:
    """Write the record of one model, and print it."""
    parser = argparse.ArgumentParser(prog="python -m course_utils.pico.records", description="Write training.json.")
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--hours", type=float, required=True, help="how long the training took, on the clock")
    parser.add_argument("--cores", type=int, required=True, help="on how many cores")
    parser.add_argument("--date", required=True, help="the day on which it ended, as 2026-11-23")
    parser.add_argument("--machine", required=True, help="the machine, in words")
    parser.add_argument("--at-most", action="store_true", help="the cores did other work too")
    parser.add_argument("--tokens", type=int, help="what it read, where it is known (default: counted, some minutes)")
    args = parser.parse_args(argv)
    from transformers import AutoModelForCausalLM

    recipe = RECIPES[args.model]
    parameters = AutoModelForCausalLM.from_pretrained(folder(args.model)).num_parameters()
    tokens = args.tokens or count_tokens(recipe)
    told = {"at_most": args.at_most, "machine": args.machine, "date": args.date}
    found = work_out(recipe, parameters, tokens, args.hours, args.cores, **told)
    write(args.model, found)
    print(json.dumps(asdict(found), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
