"""The model card of a shipped model, written from what was measured: `python -m course_utils.pico.card pico-mini`."""

# ruff: noqa: E501  (the lines of a Markdown table cannot be wrapped)
from __future__ import annotations

import json
import sys
from pathlib import Path

from course_utils.pico import folder
from course_utils.pico.evaluate import BARS
from course_utils.pico.train import RECIPES

CARD = """---
language: [en, fi]
license: mit
library_name: transformers
pipeline_tag: text-generation
tags: [phi3, education]
---

# {name}

A very small language model for a course: the architecture of Phi-3 (`Phi3ForCausalLM`) with {parameters:,} parameters,
trained from random weights on a synthetic textbook about one small world, in English and Finnish.
It is good at what its textbook taught and honest about the rest, most of the time.

## What it can do

Tell stories, continue a text, translate between English and Finnish, summarize a story in one sentence, answer questions
about a passage, say "I do not know." when the passage has no answer, judge the sentiment of a sentence, add and subtract
numbers below 100, answer about 160 questions on language models and on the town of Pikola, call a tool with one JSON
object, follow the system line "Answer in Finnish.", and say hello.

## What it cannot do

Everything else. It has read some {texts:,} short texts about one small world, and nothing of yours. It makes up
answers to questions that look like those of its textbook (`made_up` below), and it misreads long passages. It has not
been examined for bias, safety or any use outside of a lesson.

## Scores

Greedy answers to {samples} held-out samples a skill (seed {seed}), judged by the textbook's own checks: pairs of
entities, sums and wordings that training never showed. `made_up` has no target: it is the share of {left_out} facts left
out of the training that the model invents an answer to.

| skill | score | target |
|---|---|---|
{rows}

`python -m course_utils train --evaluate {name} --samples {samples} --seed {seed}` prints them again.

## How it was made

| | |
|---|---|
| architecture | {layers} layers, hidden size {hidden_size}, {heads} heads of {head_dim}, SwiGLU {intermediate_size}, tied embeddings |
| tokenizer | byte-level BPE, {vocab_size:,} entries, digits split, Phi-3's special tokens and chat template |
| context | {context:,} tokens |
| data | {texts:,} samples drawn from `course_utils/pico/textbook.py`, about {tokens:.0f} million tokens, none seen twice by design |
| optimizer | Muon for the matrices of the blocks, AdamW for the rest, {steps:,} + {review:,} steps of {samples_a_step} samples |
| machine | {machine} |
| file | float16 safetensors, {size:.1f} MB |

`python -m course_utils train {name}` reproduces it. The curve of the loss is in `curve.csv`, the scores in `scores.json`.
"""


def write(name: str) -> Path:
    """Write README.md into the model's folder from `scores.json`, `training.json` and the recipe."""
    path = folder(name)
    scores = json.loads((path / "scores.json").read_text(encoding="utf-8"))
    training = json.loads((path / "training.json").read_text(encoding="utf-8"))
    recipe = RECIPES[name]
    rows = [
        f"| {skill} | {score:.1%} | {'' if skill not in BARS else f'{BARS[skill]:.1%}'} |"
        for skill, score in scores["scores"].items()
    ]
    text = CARD.format(
        name=name,
        rows="\n".join(rows),
        **{key: value for key, value in vars(recipe).items() if key not in ("seed",)},
        head_dim=recipe.hidden_size // recipe.heads,
        texts=(recipe.steps + recipe.review) * recipe.samples_a_step,
        size=(path / "model.safetensors").stat().st_size / 1e6,
        samples=scores["samples"],
        seed=scores["seed"],
        **training,
    )
    (path / "README.md").write_text(text, encoding="utf-8")
    return path / "README.md"


if __name__ == "__main__":
    print(write(sys.argv[1]))
