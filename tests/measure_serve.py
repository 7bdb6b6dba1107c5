"""What sixteen clients at once get from a server: `python -m course_utils bench serve`.

The practice endpoint, and beside it the servers of llama.cpp and of Transformers, where they are installed, answer one
client alone and sixteen at once, in turns. Each turn has a freshly started server: no answer comes out of what an
earlier turn left in a cache. What counts are the ratios of one run: a computer's own speed wavers.
"""

import argparse
import importlib.util
import itertools
import json
import statistics
import sys
from collections.abc import Iterator

import psutil

from course_utils.models import engines, smollm2
from course_utils.setup import machine
from course_utils.setup.installer import say
from tests.crowd import LOST, OURS, PROMPTS, TOKENS, ask, crowd, processor_seconds, rate, running

NAME = "practice endpoint"
TURNS = (PROMPTS[::2], None, PROMPTS[1::2], None)  # asked one after the other; None: all at once
PEER = "from transformers.cli.transformers import main; main()"
LLAMA = """import sys, xllamacpp
file, places, threads, port, params = sys.argv[1], *map(int, sys.argv[2:]), xllamacpp.CommonParams()
params.model.path, params.port, params.n_parallel, params.n_ctx = file, port, places, 512 * places
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
params.verbosity, params.ui = -1, False
server = xllamacpp.Server(params)
sys.stdin.read()"""


def servers() -> Iterator[dict]:
    """A row for each server to measure: how it starts, which `turns` it takes, or in "error" why it takes none."""
    file, folder, threads = smollm2.package.gguf(), str(smollm2.folder()), str(engines.threads_for("smollm2"))
    for form in ("int4", "fp32", smollm2.MIXED):
        how = ["-c", OURS, *(["--precision", form] if form != smollm2.MIXED else []), "--port"]
        yield {"server": NAME, "form": form, "how": how, "model": "smollm2", "turns": TURNS, "error": None}
    why = None if engines.installed("llama.cpp") else engines.missing("llama.cpp")
    how = ["-c", LLAMA, str(file), str(len(PROMPTS)), threads]
    yield {"server": "llama.cpp", "form": "Q4_1", "how": how, "model": "smollm2", "turns": TURNS, "error": why}
    why = f"transformers serve needs FastAPI. To add it: {sys.executable} -m pip install fastapi"
    how = ["-c", PEER, "serve", folder, "--host", "127.0.0.1", "--device", "cpu", "--dtype", "float32"]
    how += ["--continuous-batching", "--cb-num-blocks", "64", "--port"]  # by itself its cache takes most of the memory
    row = {"server": "transformers", "form": "fp32", "how": how, "model": folder}
    yield row | {"turns": (PROMPTS[:2], None), "error": None if importlib.util.find_spec("fastapi") else why}


def take(row: dict, prompts: list[str] | None) -> None:
    """A turn of one server. After the first crowd of ours, every second client wants its answer as a whole."""
    with running(row["how"], row["model"]) as port:
        before = processor_seconds()
        if prompts:
            row["told"] |= {prompt: ask(port, prompt, model=row["model"]) for prompt in prompts}
        else:
            row["crowds"].append(crowd(port, PROMPTS, model=row["model"]))
        row["spent"][prompts is None] += processor_seconds() - before
        if prompts is None and row["server"] == NAME and "streaming" not in row:
            both = crowd(port, PROMPTS, (True, False))
            row |= {"streaming": rate(both[::2]), "whole": rate(both[1::2])}


def figures(row: dict) -> dict:
    """Tokens a second of one client "alone" and of all "together", "times" as many, by the clock and "by_processor",
    whatever else the cores do; seconds to the first token; how many of the "compared" answers of the crowds are "equal"
    to what their prompts got alone; and of clients together that stream or wait for the "whole", tokens a second."""
    told, crowds, spent = row["told"], row["crowds"], row["spent"]
    found = {name: row[name] for name in ("server", "form", "error", "streaming", "whole") if name in row}
    if row["error"] is None:
        pairs = [(told.get(text), answer) for answers in crowds for text, answer in zip(PROMPTS, answers, strict=True)]
        same, firsts = [one.text == other.text for one, other in pairs if one], [answer.first for _, answer in pairs]
        costs = spent[0] / sum(answer.tokens for answer in told.values()), spent[1] / sum(a.tokens for _, a in pairs)
        alone = statistics.median(answer.tokens / answer.seconds for answer in told.values())
        together = statistics.median(map(rate, crowds))
        found |= {"alone": alone, "together": together, "times": together / alone, "by_processor": costs[0] / costs[1]}
        found |= {"first_median": statistics.median(firsts), "first_worst": max(firsts)}
        found |= {"equal": sum(same), "compared": len(same)}
    return found


def measure() -> list[dict]:
    """The figures of each server; they take turns. Raises NotFetched."""
    rows = [row | {"told": {}, "crowds": [], "spent": [0.0, 0.0]} for row in servers()]
    for place, row in itertools.product(range(len(TURNS)), rows):
        if row["error"] is None and place < len(row["turns"]):
            say(f"turn {place + 1} of {len(TURNS)}: {row['server']}, {row['form']}")
            try:
                take(row, row["turns"][place])
            except LOST as error:
                row["error"] = f"{type(error).__name__}: {error}"
    return [figures(row) for row in rows]


def table(rows: list[dict]) -> str:
    """The rows as text, and how many times a peer's tokens ours make."""
    ran, lines = (
        [row for row in rows if row["error"] is None],
        [" " * 24 + "tokens/s            times, by   first token   answers"],
    )
    lines.append("server            form     one  sixteen   clock  processor   s (worst)   as alone")
    for row in ran:
        first = f"{row['first_median']:.2f} ({row['first_worst']:.2f})"
        speeds = f"{row['alone']:7.1f}{row['together']:9.1f}{row['times']:8.2f}{row['by_processor']:11.2f}{first:>12}"
        lines.append(f"{row['server']:18}{row['form']:5}{speeds}{row['equal']:5} of {row['compared']}")
    ours = [row for row in ran if row["server"] == NAME]
    for row in ours:
        both = f"{row['streaming']:.1f} tokens/s where they stream, {row['whole']:.1f} where they wait for the whole"
        lines.append(f"{row['form']}: of sixteen, eight get {both}.")
    for peer in (row for row in ran if row["server"] != NAME):
        times = (f"{row['together'] / peer['together']:.2f} ({row['form']})" for row in ours)
        lines.append(
            f"Sixteen clients of ours get {', '.join(times)} times as many tokens as those of {peer['server']}."
        )
    return "\n".join(lines + [f"{row['server']}: {row['error']}" for row in rows if row["error"]])


def main(argv: list[str] | None = None) -> int:
    """The command `bench serve`: a table, or with --json all figures. Without SmolLM2 it ends with a sentence."""
    parser = argparse.ArgumentParser(prog="python -m course_utils bench serve", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args, load = parser.parse_args(argv), psutil.getloadavg()[0]
    try:
        rows = measure()
    except smollm2.NotFetched as error:
        sys.exit(f"{error}.")
    if args.json:
        told = {"cores": machine.cores(), "clients": len(PROMPTS), "max_tokens": TOKENS, "rows": rows}
        print(json.dumps(told | {"load": [load, psutil.getloadavg()[0]]}))  # before and after
    else:
        print(table(rows))
    return 0
