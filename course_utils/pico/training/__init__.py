"""Teach the course's models.

    python -m course_utils train pico-mini  # reproduce the shipped model

The same for `pico-medium`, which starts from the weights of pico-mini, and for `pico-moe` and the two dense models that
it is compared with. `loop` has the step and the loop that all share, `thesis` the runs of a comparison.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from course_utils.base import CourseError, cache_folder
from course_utils.pico.training.recipes import RECIPES


def main(argv: list[str] | None = None) -> int:
    """The command `train`: train a model into a folder."""
    args = _arguments(argv)
    try:
        from course_utils.pico.training import loop, text

        recipe, trained = RECIPES[args.model], args.out / "model"
        recipe = recipe if args.seed is None else replace(recipe, seed=args.seed)
        loop.save(*text.train(recipe, args.out, args.steps), trained)
    except CourseError as error:
        print(json.dumps({"error": str(error)}) if args.json else error, file=sys.stdout if args.json else sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted. The same command goes on from the last checkpoint in {args.out}.", file=sys.stderr)
        return 130
    print(json.dumps({"model": str(trained)}) if args.json else f"Trained. The model is in {trained}.")
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils train", description="Train a model of the course; train --evaluate examines one."
    )
    parser.add_argument("model", help=f"one of: {', '.join(RECIPES)}")
    parser.add_argument("--steps", type=int, help="stop after this step of the recipe; the same command can go on")
    parser.add_argument("--out", type=Path, help="where checkpoints and the model go (default .cache/train/MODEL)")
    parser.add_argument("--seed", type=int, help="of the training (default 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args(argv)
    if args.model not in RECIPES:
        parser.error(f"there is no recipe for {args.model!r}; choose one of: {', '.join(RECIPES)}")
    if args.steps is not None and args.steps < 1:
        parser.error("--steps has to be at least 1")
    args.out = args.out or cache_folder() / "train" / args.model
    return args
