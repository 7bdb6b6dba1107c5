"""How quick the model in the page is, beside a probe: the plainest loop on the forms of 4 bits, with one thread.

`python tests/measure_page.py [--rounds 5] [--json]` builds the page in a folder of its own, serves it on loopback to a
headless Chromium without GPU, and takes turns: probe, page, probe, page. What it prints are medians of all turns: a
machine that has other work to do makes both slower, and their ratio stays.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from course_utils.models import smollm2
from course_utils.pico.export import onnx_folder
from notebooks.web.models import models
from notebooks.web.vendor import vendor

QUESTIONS = {
    "pico-mini": ("<|user|>\n{}<|end|>\n<|assistant|>\n", "Tell me a story about a red fox in the forest.", 100),
    "smollm2": ("<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n", "Tell me about the sea.", 16),
}
PAGE = """async ([name, question, count]) => {
  const {open} = await import("./engine.mjs");
  const model = await open(name), ids = (await model.chatTokens([{role: "user", content: question}])).map(({id}) => id);
  let first, tokens = 0;
  const began = performance.now();
  for await (const {id} of model.write(ids, {maxNewTokens: count})) { first ??= performance.now(); tokens++; }
  const seconds = (performance.now() - began) / 1000;
  model.close();
  return {first: first / 1000, speed: tokens / seconds, tokens, threads: model.runs.threads};
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", nargs="*", default=list(QUESTIONS), choices=QUESTIONS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        found = measure(build(Path(made), "smollm2" in asked.models), asked.rounds, asked.models)
    if asked.json:
        return print(json.dumps(found, indent=1))
    print("{machine}; {cores} cores, load {load}; {browser}\n".format(**found))
    print("| model | probe, tokens/s | page, tokens/s | ratio | opening to first token, s | threads |")
    print("|---|---|---|---|---|---|")
    for name, row in found["models"].items():
        print("| {} | {probe:.1f} | {page:.1f} | {ratio:.1f} | {first:.2f} | {threads} |".format(name, **row))


def build(folder: Path, bigger: bool) -> Path:
    """The page, and the probe's page with its models beside it."""
    root = Path(__file__).resolve().parents[1]
    shutil.copytree(root / "notebooks" / "web" / "live", folder, dirs_exist_ok=True)
    vendor(folder)
    models(folder, smollm2=bigger)
    shutil.copy(root / "tests" / "measure_page.html", folder / "probe.html")
    for name in QUESTIONS if bigger else ["pico-mini"]:
        form = onnx_folder(name, "int4", progress=False) if name == "pico-mini" else smollm2.form("int4")
        (folder / "probe").mkdir(exist_ok=True)
        shutil.copytree(form, folder / "probe" / name)
    (folder / "blank.html").write_text("<!doctype html><title>blank</title>", encoding="utf-8")
    return folder


def measure(folder: Path, rounds: int, names: list[str]) -> dict:
    from browser import DEBIAN, FLAGS
    from playwright.sync_api import sync_playwright
    from test_site_engine import Isolated
    from test_site_page import served

    turns = {name: {"probe": [], "page": [], "first": []} for name in names}
    with served(folder, Isolated) as address, sync_playwright() as playwright:
        path = str(DEBIAN) if DEBIAN.exists() else None
        for _ in range(rounds):
            for name in names:
                form, question, count = QUESTIONS[name]
                for kind in ("probe", "page"):
                    # A browser of its own each time: nothing is compiled or cached.
                    chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
                    page = chromium.new_page()
                    if kind == "probe":
                        page.goto(f"{address}probe.html")
                        made = page.evaluate("(asked) => probe(...asked)", [name, form.format(question), count])
                    else:
                        page.goto(f"{address}blank.html")
                        made = page.evaluate(PAGE, [name, question, count])
                        turns[name]["first"].append(made["first"])
                        turns[name]["threads"] = made["threads"]
                    turns[name][kind].append(made["speed"])
                    version = chromium.version
                    chromium.close()
    rows = {}
    for name, row in turns.items():
        ratio = statistics.median(page / probe for page, probe in zip(row["page"], row["probe"], strict=True))
        medians = {kind: statistics.median(row[kind]) for kind in ("probe", "page", "first")}
        rows[name] = medians | {"ratio": ratio, "threads": row["threads"], "turns": rounds}
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    machine = {"machine": platform.platform(), "cores": os.cpu_count(), "load": load, "browser": f"Chromium {version}"}
    return machine | {"date": time.strftime("%Y-%m-%d"), "models": rows}


if __name__ == "__main__":
    main()
