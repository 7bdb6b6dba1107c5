"""Three sizes, one story: pico-mini, SmolLM2 and Phi-3.5-mini in one table: `python -m tests.measure_sizes`."""

import argparse
import json
import random
import subprocess
import sys
import time
from pathlib import Path

from course_utils.models import load, smollm2
from course_utils.phi import facts
from course_utils.pico import evaluate, records, textbook
from course_utils.pico.export import onnx_folder
from course_utils.setup import machine

DATA = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
RECORDED = DATA["recorded"]
SKILLS, SAMPLES, TRIES = ("translate", "sum"), 20, 3  # samples a skill; of as many tries, the least disturbed counts
STORY = "Tell me a story about a red fox."
# A process of its own: when it says its first token, and how much memory it holds after its answer.
ANSWER = f"""import sys; from course_utils import load; model = load(sys.argv[1])
for chunk in model.stream({STORY!r}, max_new_tokens=100, temperature=0): print(repr(chunk.text), flush=True)
import psutil; print(psutil.Process().memory_info().rss)"""


def main(argv: list[str] | None = None) -> int:
    """A table in Markdown, or with --json all rows, with the answers."""
    parser = argparse.ArgumentParser(prog="python -m tests.measure_sizes", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args, rows = parser.parse_args(argv), [measure("pico-mini", onnx_folder(), records.record().parameters)]
    try:
        rows.append(measure("smollm2", smollm2.form(), facts.figure("smollm2-135m", "parameters").value))
    except smollm2.NotFetched as error:
        print(f"SmolLM2 is left out: {error}.", file=sys.stderr)
    size = {"parameters": "parameters", "disk": "size_int4_cpu"}
    rows.append(RECORDED | {name: facts.figure(RECORDED["model"], key).value for name, key in size.items()})
    if args.json:
        print(json.dumps({"cores": machine.cores(), "rows": rows}))
        return 0
    print("| model | parameters | on disk | memory | first token | tokens/s | textbook | world |\n" + "|---" * 8 + "|")
    for row in rows:
        scores = [f"{row[key][0]} of {row[key][1]}" if row[key] else "not run" for key in ("textbook", "world")]
        sizes = [f"{row['parameters']:,}", *(f"{row[key] / 1e6:,.0f} MB" for key in ("disk", "memory"))]
        cells = [row["model"], *sizes, f"{row['first_token']:.2g} s", f"{row['tokens_per_second']:,.4g}", *scores]
        print("| " + " | ".join(cells) + " |")
    print(f"\n{RECORDED['model']}: {RECORDED['note']}.")
    return 0


def measure(name: str, folder: Path, parameters: int) -> dict:
    """A row of the table: the course's model of this name, in ONNX Runtime GenAI, whose form lies in `folder`."""
    firsts, memory = zip(*(cold(name) for _ in range(TRIES)), strict=True)
    model, rng, how = load(name), random.Random(1), {"max_new_tokens": 60, "temperature": 0}
    tasks = [textbook.draw(rng, "test", skill) for skill in SKILLS for _ in range(SAMPLES)]
    right = [evaluate.right(task, model.chat(list(task.messages[:-1]), **how).text.strip()) for task in tasks]
    told = {question: model.chat(question, **how).text for question in DATA["world"]}
    rates = [model.chat(STORY, max_new_tokens=100, temperature=0).tokens_per_second for _ in range(TRIES)]
    row = {"model": name, "parameters": parameters, "disk": sum(file.stat().st_size for file in folder.iterdir())}
    row |= {"memory": max(memory), "first_token": min(firsts), "tokens_per_second": max(rates)}
    world = sum(truth in told[question] for question, truth in DATA["world"].items())
    return row | {"textbook": [sum(right), len(right)], "world": [world, len(told)], "answers": told}


def cold(name: str) -> tuple[float, int]:
    """Seconds from the start of a Python to the model's first token, and the bytes that it holds after its answer."""
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", ANSWER, name], stdout=subprocess.PIPE, encoding="utf-8") as process:
        process.stdout.readline()
        first = time.perf_counter() - began
        return first, int(process.stdout.read().split()[-1])


if __name__ == "__main__":
    sys.exit(main())
