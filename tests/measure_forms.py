"""What quantization does to SmolLM2: `python -m course_utils bench forms`. Its forms race; the rest is perplexity."""

import argparse
import json
import sys

import numpy

from course_utils.models import race, smollm2
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


def main(argv: list[str] | None = None) -> int:
    """Tell which form should be the default: the quickest whose perplexity on reading.txt is within 5 % of fp32's."""
    parser = argparse.ArgumentParser(prog="python -m course_utils bench forms")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    args, text = parser.parse_args(argv), smollm2.READING.read_text(encoding="utf-8")
    rows = race.run(["smollm2"], ["onnx"])
    for row in rows:
        if "error" in row:
            sys.exit(f"{row['model']} {row['precision']}: {row['error']}")
        row["perplexity"] = perplexity(OnnxModel(smollm2.form(row["precision"])), text)
        row["percent_of_fp32"] = 100 * row["perplexity"] / rows[0]["perplexity"]  # which comes first
    near = [row for row in rows if row["percent_of_fp32"] <= 105]
    best = max(near, key=lambda row: row["rate"])["precision"]
    if args.json:
        print(json.dumps({"rows": rows, "default": best}))
        return 0
    print(race.table(rows))
    for row in rows:
        print(f"{row['precision']:6} perplexity {row['perplexity']:.4g}, {row['percent_of_fp32']:.4g} % of fp32's")
    print(f"The default, by the rule: {best}")
    return 0
