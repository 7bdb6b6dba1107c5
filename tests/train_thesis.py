"""Train the runs of the thesis of notebook 08: does a small model on a textbook beat a bigger one on a noisy web?

    python -m tests.train_thesis          # trains the runs that `thesis.json` does not have yet

What they read, and why the comparison is fair, stands in `course_utils/pico/training/thesis.py`.
"""

import argparse
import json
import platform
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from course_utils.pico import evaluate, folder
from course_utils.pico.textbook.noise import web
from course_utils.pico.tokenizer import IGNORED, encode, load_tokenizer
from course_utils.pico.training.recipes import Recipe
from course_utils.pico.training.thesis import RESULTS, SHARES, copying, page, results

SEED, EXAM_SEED = 0, 5
STEPS, TOKENS_A_STEP = 1000, 2048
COPYING = 0.2  # the first share of the steps, in which copying comes before all else
SMALL = Recipe(hidden_size=96, layers=3, heads=3, intermediate_size=256, warmup=50, review=0, seed=SEED)
RECIPES = {"small": SMALL, "big": replace(SMALL, hidden_size=240, layers=4, heads=5, intermediate_size=640)}
HELD_OUT_TOKENS = 2000  # answer tokens a skill
SAMPLES = 100  # a skill, in the examination
LOOKS = 10  # how often along a run the held-out loss is measured
EXAMS = (4, 6, 8, 10)  # the looks that also examine


@dataclass(frozen=True)
class Run:
    """One training. `noise` 0 is the textbook, 1 the web."""

    name: str
    size: str
    noise: float


# The three of the thesis first: every run is kept as soon as it is finished.
_NOISE = {"small-textbook": 0.0, "small-web": 1.0, "big-web": 1.0, "small-web-25": 0.25, "small-web-50": 0.5}
RUNS = tuple(Run(name, name.partition("-")[0], noise) for name, noise in _NOISE.items())


def pages_of(run: Run, tokenizer) -> Iterator[tuple[list[tuple[list[int], list[int]]], int]]:
    """For each step of a run: (its encoded pages, tokens read so far). About `TOKENS_A_STEP` tokens a step."""
    rng, read = random.Random(SEED), 0
    for step in range(STEPS):
        rows, draw = [], copying if step < COPYING * STEPS else page
        while read < (step + 1) * TOKENS_A_STEP:
            rows.append(encode(web(rng, "train", run.noise, draw), tokenizer))
            read += len(rows[-1][0])
        yield rows, read


@lru_cache
def held_out_rows(tokenizer) -> dict[str, list]:
    """Encoded clean pages for each skill, of the test split, with about `HELD_OUT_TOKENS` answer tokens together."""
    rows = {}
    for skill in SHARES:
        rng, rows[skill], answered = random.Random(f"{EXAM_SEED}/{skill}"), [], 0
        while answered < HELD_OUT_TOKENS:
            rows[skill].append(encode(page(rng, "test", skill), tokenizer))
            answered += sum(label != IGNORED for label in rows[skill][-1][1])
    return rows


def examine(student: evaluate.Examinee) -> dict[str, float]:
    """Share of right answers, from 0 to 1, to `SAMPLES` clean held-out pages of each skill."""
    scores = {}
    for skill in SHARES:
        rng = random.Random(f"{EXAM_SEED}/exam/{skill}")
        asked = [page(rng, "test", skill) for _ in range(SAMPLES)]
        answers = student.answer([list(sample.messages[:-1]) for sample in asked])
        scores[skill] = sum(map(evaluate.right, asked, answers)) / SAMPLES
    return scores


def train(run: Run, tokenizer) -> dict:
    """Train one run; returns its row of the results, with a line of progress at each look."""
    from course_utils.pico.moe import held_out_loss
    from course_utils.pico.training import loop
    from course_utils.pico.training.muon import prefers_half
    from course_utils.pico.training.text import build_model

    recipe = replace(RECIPES[run.size], steps=STEPS)
    # The copy that is looked at is never compiled: it reads and writes at every length.
    model, copied = build_model(recipe), build_model(recipe)
    if STEPS > 200:
        loop.quicken(model)
    optims, half = loop.optimizers(model, recipe.learning_rate, recipe.learning_rate), prefers_half()
    looks = [round(STEPS * look / LOOKS) for look in range(1, LOOKS + 1)]
    curve, scores, read = [], [], 0
    pages = pages_of(run, tokenizer)

    def gradients(_: int) -> dict[str, float]:
        nonlocal read
        rows, read = next(pages)
        return {"loss": loop.backward(model, rows, half)}

    def after(done: int) -> None:
        if done not in looks:
            return
        copied.load_state_dict(model.state_dict())
        losses = [held_out_loss(copied, rows) for rows in held_out_rows(tokenizer).values()]
        curve.append([read, round(sum(losses) / len(losses), 4)])  # each skill counts the same
        print(f"{run.name}: {read:,} tokens, held-out loss {curve[-1][1]:.3f}", flush=True)
        if len(curve) in EXAMS:
            scores.append({"tokens": read, **examine(evaluate.Examinee(copied, tokenizer))})
            print(f"{run.name}: {scores[-1]}", flush=True)

    loop.run(model, optims, gradients, recipe.rate, STEPS, after=after)
    count = model.num_parameters()
    kind = {"name": run.name, "size": run.size, "data": "web" if run.noise else "textbook", "noise": run.noise}
    return kind | {"parameters": count, "tokens": read, "flops": 6 * count * read, "curve": curve, "scores": scores}


def main(argv: list[str] | None = None) -> int:
    """Train every run that the results do not have yet, and write each when it is finished."""
    import torch

    parser = argparse.ArgumentParser(prog="python -m tests.train_thesis")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the file with the results")
    parser.add_argument("--machine", default=platform.machine(), help="what to say of this computer")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    tokenizer = load_tokenizer(folder())
    recorded = results(args.out) if args.out.exists() else {"provenance": results()["provenance"], "runs": {}}
    for run in RUNS:
        if run.name in recorded["runs"]:
            print(f"{run.name}: kept", flush=True)
            continue
        recorded["runs"][run.name] = train(run, tokenizer)
        recorded["provenance"] |= {"date": date.today().isoformat(), "machine": args.machine}
        args.out.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
