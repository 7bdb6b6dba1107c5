"""How far predictions of speed are from what is measured here: `python -m course_utils bench fit`."""

import argparse
import json
import sys

from course_utils.base import CourseError
from course_utils.models import fit_check, smollm2

WITHIN = 0.35  # how far a measured time may be from the predicted one on a quiet computer


def main(argv: list[str] | None = None) -> int:
    """The command `bench fit`. Its exit status is 0 whatever the figures are: they are a measurement, not a test."""
    parser = argparse.ArgumentParser(prog="python -m course_utils bench fit")
    known = [*fit_check.REAL, *fit_check.SHAPES]
    parser.add_argument("--models", nargs="+", choices=known, default=("smollm2", "58M", "410M"), help="which to time")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args = parser.parse_args(argv)
    rows = []
    for name in args.models:
        try:
            more = fit_check.check(name)
        except smollm2.NotFetched as error:
            print(f"smollm2 is left out: {error}.", file=sys.stderr)
            continue
        except CourseError as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            return 130
        rows += more
        if not args.json:
            print(*more, sep="\n", flush=True)
    worst = max((ratio for row in rows for ratio in (row.first_ratio, row.rate_ratio)), key=lambda r: abs(r - 1))
    reached = abs(worst - 1) <= WITHIN
    told = {"topic": "fit", "within": WITHIN, "reached": reached, "worst": worst}
    told["rows"] = [row._asdict() for row in rows]
    words = f"{'all' if reached else 'not all'} within {WITHIN:.0%}; the furthest ratio is {worst:.2f}"
    print(json.dumps(told) if args.json else words)
    return 0
