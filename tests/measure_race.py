"""The engines that are installed here, side by side on the same tokens: `python -m course_utils bench race`."""

import argparse
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

from course_utils.base import CourseError
from course_utils.models import engines, race
from course_utils.show.engine_race import Race


def main(argv: list[str] | None = None) -> int:
    """The command `bench race`. What an engine cannot do is a line below the table, and no failure."""
    parser = argparse.ArgumentParser(prog="python -m course_utils bench race")
    parser.add_argument("--models", nargs="+", default=race.MODELS, help="default: pico-mini smollm2 410M")
    parser.add_argument("--engines", nargs="+", choices=list(engines.ENGINES), help="default: all that are installed")
    parser.add_argument("--precisions", nargs="+", help="such as fp32 int8 int4; default: those of each model")
    parser.add_argument("--rounds", type=int, default=race.ROUNDS, help="that count, after one to warm up")
    parser.add_argument("--tokens", type=int, default=race.TOKENS, help="that each has to write")
    parser.add_argument("--picture", type=Path, help="a file for the picture, an HTML page")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args = parser.parse_args(argv)
    run = race.Race(lambda line: print(line, file=sys.stderr, flush=True))
    try:
        with redirect_stdout(sys.stderr):  # what is built is told there too
            view = Race(run.run(args.models, args.engines, args.precisions, args.rounds, args.tokens))
    except CourseError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        return 130
    if args.picture:
        args.picture.write_text(f"<!doctype html><meta charset=utf-8>{view.html()}", encoding="utf-8")
    print(json.dumps({"rows": view.rows}) if args.json else view.text())
    return 0
