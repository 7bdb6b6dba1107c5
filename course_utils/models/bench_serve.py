"""What sixteen clients at once get from a server: `python -m course_utils bench serve`.

The practice endpoint, and the servers of llama.cpp and Transformers where they are installed, answer one client alone
and sixteen at once, in turns, each freshly started: no answer comes out of what an earlier turn left in a cache. What
counts are the ratios of one run: a computer's own speed wavers."""

import argparse
import importlib.util
import itertools
import json
import statistics
import sys
from collections.abc import Iterator

import psutil

from course_utils.models import engines, smollm2
from course_utils.models.crowd import LOST, OURS, PROMPTS, TOKENS, ask, crowd, rate, running
from course_utils.setup import machine
from course_utils.setup.installer import say

NAME = "practice endpoint"
WORDS = "one, sixteen: tokens a second of one client, and of sixteen together. equal: answers as one client gets."
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
    for form in ("int4", "fp32", smollm2.MIXED):
        how = ["-c", OURS, *(["--precision", form] if form != smollm2.MIXED else []), "--port"]
        yield {"server": NAME, "form": form, "how": how, "model": "smollm2", "turns": TURNS, "error": None}
    file, folder, threads = smollm2.package.gguf(), str(smollm2.folder()), str(engines.threads_for("smollm2"))
    why = None if engines.installed("llama.cpp") else engines.missing("llama.cpp")
    how = ["-c", LLAMA, str(file), str(len(PROMPTS)), threads]
    yield {"server": "llama.cpp", "form": "Q4_1", "how": how, "model": "smollm2", "turns": TURNS, "error": why}
    why = f"transformers serve needs FastAPI. To add it: {sys.executable} -m pip install fastapi"
    how = ["-c", PEER, "serve", folder, "--continuous-batching", "--device", "cpu", "--dtype", "float32"]
    row = {"server": "transformers", "form": "fp32", "how": [*how, "--host", "127.0.0.1", "--port"], "model": folder}
    yield row | {"turns": (PROMPTS[:2], None), "error": None if importlib.util.find_spec("fastapi") else why}


def take(row: dict, prompts: list[str] | None) -> None:
    """A turn of one server. After the first crowd of ours, every second client wants its answer as a whole."""
    with running(row["how"], row["model"]) as port:
        if prompts:
            row["told"] |= {prompt: ask(port, prompt, model=row["model"]) for prompt in prompts}
            return
        row["crowds"].append(crowd(port, PROMPTS, model=row["model"]))
        if row["server"] == NAME and "streaming" not in row:
            both = crowd(port, PROMPTS, (True, False))
            row |= {name: rate(both[place::2]) for place, name in enumerate(("streaming", "whole"))}


def finish(row: dict) -> None:
    """The figures of a row: tokens a second "alone" and "together", "times" as many; seconds to the first token; how
    many answers of the crowds, of those "compared", are "equal" to what their prompts got alone."""
    told, crowds = row.pop("told"), row.pop("crowds")
    if row["error"] is None:
        pairs = [(told.get(text), answer) for answers in crowds for text, answer in zip(PROMPTS, answers, strict=True)]
        same, firsts = [one.text == other.text for one, other in pairs if one], [answer.first for _, answer in pairs]
        row["alone"] = statistics.median(answer.tokens / answer.seconds for answer in told.values())
        row["together"] = statistics.median(map(rate, crowds))
        row |= {"times": row["together"] / row["alone"], "equal": sum(same), "compared": len(same)}
        row |= {"first_median": statistics.median(firsts), "first_worst": max(firsts)}


def measure() -> list[dict]:
    """The rows with their figures; all servers take turns. Raises NotFetched."""
    rows = [row | {"told": {}, "crowds": []} for row in servers()]
    for place, row in itertools.product(range(len(TURNS)), rows):
        if row["error"] is None and place < len(row["turns"]):
            say(f"turn {place + 1} of {len(TURNS)}: {row['server']}, {row['form']}")
            try:
                take(row, row["turns"][place])
            except LOST as error:
                row["error"] = f"{type(error).__name__}: {error}"
    for row in rows:
        finish(row)
    return [{name: value for name, value in row.items() if name not in ("how", "model", "turns")} for row in rows]


def table(rows: list[dict]) -> str:
    """The rows as text, and how many times a peer's tokens ours make."""
    lines = [f"{'server':19}{'form':7}{'one':>7}{'sixteen':>9}{'times':>7}{'first token, s':>16}{'worst':>7}  equal"]
    ran = {f"{row['server']} {row['form']}": row for row in rows if row["error"] is None}
    for row in ran.values():
        speeds = f"{row['alone']:7.1f}{row['together']:9.1f}{row['times']:7.2f}"
        waits = f"{row['first_median']:16.2f}{row['first_worst']:7.2f}"
        lines.append(f"{row['server']:19}{row['form']:7}{speeds}{waits}  {row['equal']} of {row['compared']}")
    lines.append(WORDS)
    ours = {name: row for name, row in ran.items() if row["server"] == NAME}
    for name, row in ours.items():
        parts = f"{row['streaming']:.1f} tokens/s where they stream, {row['whole']:.1f} where they wait for the whole"
        lines.append(f"{name}: eight and eight clients together get {parts}.")
    for name, peer in list(ran.items())[len(ours) :]:
        times = (f"{row['together'] / peer['together']:.2f} ({row['form']})" for row in ours.values())
        lines.append(f"Of {name}, sixteen clients of ours get {', '.join(times)} times the tokens.")
    return "\n".join(lines + [f"{row['server']} {row['form']}: {row['error']}" for row in rows if row["error"]])


def main(argv: list[str] | None = None) -> int:
    """The command `bench serve`: a table, or with --json all figures. Without SmolLM2 it ends with a sentence."""
    parser = argparse.ArgumentParser(prog="python -m course_utils bench serve", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args, load = parser.parse_args(argv), psutil.getloadavg()[0]
    try:
        rows = measure()
    except smollm2.NotFetched as error:
        sys.exit(f"{error}.")
    told = {"cores": machine.cores(), "clients": len(PROMPTS), "max_tokens": TOKENS, "rows": rows}
    told["load"] = [load, psutil.getloadavg()[0]]  # before and after
    print(json.dumps(told) if args.json else table(rows))
    return 0
