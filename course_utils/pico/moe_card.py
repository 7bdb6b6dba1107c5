"""The model card of pico-moe, written from what was measured.

`python -m course_utils.pico.moe_card` writes README.md into the model's folder, from its `scores.json` and `moe.json`.
"""

# ruff: noqa: E501  (the lines of a Markdown table cannot be wrapped)
from __future__ import annotations

from pathlib import Path

from course_utils.pico import MOE, folder, moe
from course_utils.pico.card import megabytes, scores
from course_utils.pico.training.recipes import RECIPES

CARD = """---
language: [en, fi]
license: mit
library_name: transformers
pipeline_tag: text-generation
tags: [phimoe, moe, education]
---

# {name}

A very small mixture of experts for a course: the architecture of Phi-3.5-MoE (`PhimoeForCausalLM`), with 16 experts in
each layer, of which 2 work on a token. It has {total:,} parameters, of which {active:,} are active, about as many as
pico-mini has. It was trained from random weights on the course's synthetic textbook, in English and Finnish.

## What it is for

Following a router by hand, seeing which expert reads which token, switching an expert off, and comparing a mixture with
dense models that read the same. It runs with Transformers only: ONNX Runtime GenAI's builder has no way for PhiMoE on a CPU.

## What it cannot do

Most things, and those it can it does worse than pico-mini: it read about {millions:.1f} million tokens, a small part of what
pico-mini read. It invents answers, and it says that it is pico-mini, whose textbook it had. It has not been examined
for bias, safety or any use outside of a lesson.

## Scores

Greedy answers to {samples} held-out samples a skill (seed {seed}), judged by the textbook's own checks.

| skill | score |
|---|---|
{skills}

`python -m course_utils train --evaluate {name} --samples {samples} --seed {seed}` prints them again.

## Against dense models

All three read the same samples in the same order. One training each (seed {training_seed}): small differences may be chance.

| | pico-moe | dense, as many active | dense, as many in total |
|---|---|---|---|
{rows}

Times were taken with {threads} thread on {machine}, in turn, as medians.

## How balanced it is

The load-balancing loss of the library adds up all layers before it compares the experts. So "expert 3" of all four
layers together gets its share of 12.5% of the tokens ({pooled_low:.1f}% to {pooled_high:.1f}%), while in a single layer an expert reads
between {low:.1f}% and {high:.1f}% of the tokens. A loss for each layer would have balanced each layer.

## How it was made

| | |
|---|---|
| architecture | {layers} layers, hidden size {hidden_size}, {heads} heads of {head_dim}, 16 experts (SwiGLU of width {width}), 2 active, tied embeddings |
| routing | sparse mixer, as in the library: random among near ties in training, the best two afterwards |
| tokenizer, context | those of pico-mini: 2,048 entries; 1,024 tokens |
| data | {steps:,} steps of {samples_a_step} samples from `course_utils/pico/textbook`, about {millions:.1f} million tokens, practice in an order of its own |
| loss | cross-entropy of the answers + {balance} × load-balancing loss |
| optimizer | Muon for the matrices of the blocks, expert by expert; AdamW for the rest |
| machine | {machine}; finished on {date} |
| file | float16 safetensors, {size:.1f} MB |

`python -m course_utils train pico-moe` reproduces it. The curve of the loss is in `curve.csv`, the scores in `scores.json`,
the comparison in `course_utils/pico/moe.json`.
"""
ROWS = {
    "parameters": ("parameters", "{:,}"),
    "active for a token": ("active", "{:,}"),
    "weights, float16": ("megabytes", "{:.1f} MB"),
    "loss on held-out answers, nats a token": ("held_out_loss", "{:.3f}"),
    "time for a token": ("ms_a_token", "{:.1f} ms"),
    "time for 1,000 tokens of a prompt": ("ms_a_thousand_prompt_tokens", "{:.0f} ms"),
}
SKILLS = ("summary", "passage", "sentiment", "translate_en_fi", "translate_fi_en", "sum", "tool")  # of the comparison


def compare_table() -> str:
    """The three models side by side, as the rows of a Markdown table."""
    models = [moe.compared()["models"][name] for name in moe.NAMES]
    rows = {words: [form.format(model[key]) for model in models] for words, (key, form) in ROWS.items()}
    rows |= {skill: [f"{model['scores'][skill]:.1%}" for model in models] for skill in SKILLS}
    return "\n".join(f"| {words} | {' | '.join(cells)} |" for words, cells in rows.items())


def write() -> Path:
    """Write README.md into the model's folder, and return its path."""
    found, exam, recipe = moe.compared(), scores(MOE), RECIPES[MOE]
    model = found["models"][MOE]
    shares = [share for layer in found["load"] for share in layer]
    pooled = [sum(column) / len(found["load"]) for column in zip(*found["load"], strict=True)]
    text = CARD.format(
        **{**vars(recipe), **found, **exam, "name": MOE},
        total=model["parameters"],
        active=model["active"],
        width=recipe.intermediate_size,
        head_dim=recipe.hidden_size // recipe.heads,
        millions=found["tokens_about"] / 1e6,
        skills="\n".join(f"| {skill} | {score:.1%} |" for skill, score in exam["scores"].items()),
        rows=compare_table(),
        # A token makes two choices, so an expert's share of the tokens is twice its share of the choices.
        low=200 * min(shares),
        high=200 * max(shares),
        pooled_low=200 * min(pooled),
        pooled_high=200 * max(pooled),
        size=megabytes(MOE),
    )
    path = folder(MOE) / "README.md"
    path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write())
