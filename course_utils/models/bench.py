"""What the number of threads does to a small and a larger model: `python -m course_utils bench threads`.

Each model writes with one thread and with all cores, alone and beside a busy program, in turns. What counts are the
ratios of one run: a computer's own speed wavers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from course_utils.models import fit_check
from course_utils.setup import machine, threads

LARGER = "168M"  # a Phi-3 with random weights, as large as the smallest useful models
COUNTS = sorted({1, machine.cores()})  # of threads
ROUNDS = 5  # what counts is their median


def main(argv: list[str] | None = None) -> int:
    """Measure, and print the ratios; with --json as one object."""
    parser = argparse.ArgumentParser(prog="python -m course_utils bench threads", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    options = parser.parse_args(argv)
    rows = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        for row in measure(Path(place)):
            rows.append(row)
            if not options.json:
                print(words(row), flush=True)
    if options.json:
        print(json.dumps({"cores": machine.cores(), "rows": rows}))
    return 0


def measure(place: Path) -> Iterator[dict]:
    """A row for each model and engine, "busy" or not: tokens a second by the number of threads.

    `kept` says what the course's choice makes of the best one, or beside a busy program of one thread.
    """
    from course_utils.pico import folder
    from course_utils.pico.export import onnx_folder

    other, _ = fit_check.make(LARGER, place)
    cases = [
        ("pico-mini", "transformers", torch_ways(folder("pico-mini"), 100)),
        ("pico-mini", "onnx", onnx_ways(onnx_folder("pico-mini", progress=False), 300)),
        (LARGER, "transformers", torch_ways(other, 10)),
        (LARGER, "onnx", onnx_ways(fit_check.build(other, "int4"), 30)),
    ]
    for model, engine, (parameters, ways) in cases:
        for busy in (False, True):
            rates, chosen = rates_of(ways, busy), threads.for_params(parameters)
            kept = rates[chosen] / (rates[1] if busy else max(rates.values()))
            row = {"model": model, "engine": engine, "busy": busy, "threads": chosen}
            yield row | {"tokens_per_second": rates, "kept": kept}


def words(row: dict) -> str:
    """A row as a line to read."""
    speeds = ", ".join(f"{rate:.1f} with {count}" for count, rate in row["tokens_per_second"].items())
    where, best = ("beside a busy program", "one thread") if row["busy"] else ("alone", "the best")
    chosen = f"the course's {row['threads']}: {row['kept']:.2f} of {best}"
    return f"{row['model']:9} {row['engine']:12} {where:22} {speeds} tokens/s; {chosen}"


def torch_ways(checkpoint: Path, tokens: int) -> tuple[int, dict[int, Callable[[], int]]]:
    """The model's parameters, and by the number of threads a function that writes `tokens` tokens with PyTorch."""
    import torch

    from course_utils.models.torch_model import TransformersModel

    model, ids = TransformersModel(checkpoint), torch.ones(1, tokens, dtype=torch.long)

    def write(count: int) -> int:
        torch.set_num_threads(count)
        _, step = model._begin([1])
        for length in range(1, tokens + 1):
            step(ids[:, :length])
        return tokens

    return model.parameters, {count: lambda count=count: write(count) for count in COUNTS}


def onnx_ways(folder: Path, tokens: int) -> tuple[int, dict[int, Callable[[], int]]]:
    """The same with ONNX Runtime GenAI."""
    import numpy

    from course_utils.models.onnx_model import configuration, genai, parameters

    def write(model) -> int:
        params = genai().GeneratorParams(model)
        params.set_search_options(max_length=tokens + 16, min_length=tokens + 16, do_sample=False)
        generator = genai().Generator(model, params)
        generator.append_tokens(numpy.ones(16, dtype=numpy.int32))
        for _ in range(tokens):
            generator.generate_next_token()
        return tokens

    models = {count: genai().Model(configuration(folder, count)) for count in COUNTS}
    return parameters(folder), {count: lambda model=model: write(model) for count, model in models.items()}


def rates_of(ways: dict[int, Callable[[], int]], busy: bool) -> dict[int, float]:
    """Tokens a second of each way, the median of a few rounds; where `busy`, another program computes meanwhile."""
    rates = {count: [] for count in ways}
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
    try:
        for _ in range(ROUNDS + 1):  # the first warms up
            for count, write in ways.items():
                began = time.perf_counter()
                rates[count].append(write() / (time.perf_counter() - began))
    finally:
        if other:
            other.kill()
            other.wait()
    return {count: sorted(each[1:])[ROUNDS // 2] for count, each in rates.items()}
