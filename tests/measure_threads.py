"""What the number of threads does to a small and a larger model: `python -m tests.measure_threads`.

Each model writes with one thread and with all cores, in turns, alone and beside a busy program. What counts are the
ratios of one run: a computer's own speed wavers.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from course_utils.models import engines, fit_check
from course_utils.models.onnx_model import configuration, genai, parameters
from course_utils.pico.export import onnx_folder
from course_utils.setup import machine, threads

LARGER = "168M"  # a Phi-3 with random weights, as large as the smallest useful models
COUNTS = sorted({1, machine.cores()})  # of threads
ROUNDS = 5  # what counts is their median


def main(argv: list[str] | None = None) -> int:
    """Measure, and print the ratios; with --json as one object."""
    parser = argparse.ArgumentParser(prog="python -m tests.measure_threads", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args = parser.parse_args(argv)
    rows = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        for row in measure(Path(work)):
            rows.append(row)
            if not args.json:
                rates = ", ".join(f"{rate:.1f} with {count}" for count, rate in row["tokens_per_second"].items())
                chosen = (
                    f"the course's {row['threads']}: {row['kept']:.2f} of the best, {row['of_one']:.2f} of one thread"
                )
                busy = "busy" if row["busy"] else "alone"
                print(f"{row['model']:9} {row['engine']:12} {busy:5} {rates} tokens/s; {chosen}", flush=True)
    if args.json:
        print(json.dumps({"cores": machine.cores(), "rows": rows}))
    return 0


def measure(work: Path) -> Iterator[dict]:
    """A row for each model and engine, alone and beside a busy program: tokens a second by threads.

    `kept` is the part of the best that the course's choice keeps, `of_one` its speed by that of one thread.
    """
    larger, _ = fit_check.make(LARGER, work)
    small_onnx, larger_onnx = onnx_folder("pico-mini"), fit_check.build(larger, "int4")
    cases = [
        ("pico-mini", "transformers", torch_writer("pico-mini", 100), parameters(small_onnx)),
        ("pico-mini", "onnx", onnx_writer(small_onnx, 300), parameters(small_onnx)),
        (LARGER, "transformers", torch_writer(larger, 10), parameters(larger_onnx)),
        (LARGER, "onnx", onnx_writer(larger_onnx, 30), parameters(larger_onnx)),
    ]
    for model, engine, write, size in cases:
        chosen = threads.for_params(size)
        for busy in (False, True):
            with busy_program(busy):
                rates = rates_of(write)
            row = {"model": model, "engine": engine, "busy": busy, "threads": chosen, "tokens_per_second": rates}
            yield row | {"kept": rates[chosen] / max(rates.values()), "of_one": rates[chosen] / rates[1]}


@contextmanager
def busy_program(wanted: bool) -> Iterator[None]:
    """While it lasts, another program keeps one core busy, if that is wanted. It stops by itself after ten minutes."""
    code = "import time; end = time.monotonic() + 600\nwhile time.monotonic() < end: pass"
    program = subprocess.Popen([sys.executable, "-c", code]) if wanted else None
    try:
        yield
    finally:
        if program is not None:
            program.kill()
            program.wait()


def torch_writer(model: str | Path, tokens: int) -> Callable[[int], float]:
    """A function that writes so many tokens with PyTorch; it takes the number of threads, and gives tokens a second."""
    import torch

    engine = engines.open_engine("transformers", model)

    def write(count: int) -> float:
        torch.set_num_threads(count)
        return engine.timed([1], tokens)[1]

    return write


def onnx_writer(folder: Path, tokens: int) -> Callable[[int], float]:
    """The same with ONNX Runtime GenAI."""
    models = {count: genai().Model(configuration(folder, count)) for count in COUNTS}
    return lambda count: (tokens - 1) / fit_check.write(models[count], 16, tokens)[1]


def rates_of(write: Callable[[int], float]) -> dict[int, float]:
    """Tokens a second by threads, the median of a few rounds."""
    rounds = [{count: write(count) for count in COUNTS} for _ in range(ROUNDS + 1)]  # the first warms up
    return {count: statistics.median(each[count] for each in rounds[1:]) for count in COUNTS}


if __name__ == "__main__":
    sys.exit(main())
