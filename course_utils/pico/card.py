"""The model cards and tables of the shipped models, written from what was measured.

`python -m course_utils.pico.card pico-mini` writes README.md into the model's folder. Without a name, it prints the
tables of the whole family for the course's README.
"""

# ruff: noqa: E501  (the lines of a Markdown table cannot be wrapped)
from __future__ import annotations

import json
import sys
from pathlib import Path

from course_utils.pico import MODELS, folder
from course_utils.pico.evaluate import BARS
from course_utils.pico.records import Record, costs, record
from course_utils.pico.training.recipes import RECIPES, Recipe

CARD = """---
language: [en, fi]
license: mit
library_name: transformers
pipeline_tag: text-generation
tags: [phi3, education]
---

# {name}

A very small language model for a course: the architecture of Phi-3 (`Phi3ForCausalLM`) with {parameters:,} parameters,
{start} on a synthetic textbook about one small world, in English and Finnish.
It is good at what its textbook taught and honest about the rest, most of the time.

## What it can do

Tell stories, continue a text, translate between English and Finnish, summarize a story in one sentence, answer questions
about a passage, say "I do not know." when the passage has no answer, judge the sentiment of a sentence, add and subtract
numbers below 100, answer about 160 questions on language models and on the town of Pikola, call a tool with one JSON
object, follow the system line "Answer in Finnish.", and say hello.

## What it cannot do

Everything else. It has read some {samples:,} short texts about one small world, and nothing of yours. It makes up
answers to questions that look like those of its textbook (`made_up` below), and it misreads long passages. It has not
been examined for bias, safety or any use outside of a lesson.

## Scores

Greedy answers to {asked} held-out samples a skill (seed {seed}), judged by the textbook's own checks: pairs of
entities, sums and wordings that training never showed. `made_up` has no target: it is the share of {left_out} facts left
out of the training that the model invents an answer to.

| skill | score | target |
|---|---|---|
{rows}

`python -m course_utils train --evaluate {name} --samples {asked} --seed {seed}` prints them again.

## How it was made

| | |
|---|---|
| architecture | {layers} layers, hidden size {hidden_size}, {heads} heads of {head_dim}, SwiGLU {intermediate_size}, tied embeddings |
| tokenizer | byte-level BPE, {vocab_size:,} entries, digits split, Phi-3's special tokens and chat template |
| context | {context:,} tokens |
| data | {samples:,} samples drawn from `course_utils/pico/textbook`, about {millions:.0f} million tokens, none seen twice by design |
| optimizer | Muon for the matrices of the blocks, AdamW for the rest, {course} steps of {samples_a_step} samples{mean} |
| machine | {machine}; finished on {date} |
| cost | {cost} |
| file | float16 safetensors, {size:.1f} MB |

`python -m course_utils train {name}` reproduces it. The curve of the loss is in `curve.csv`, the scores in `scores.json`,
the costs in `training.json`.
"""

# What a score means, in the words and the order of the course's README.
SKILLS = {
    "story": "a story has the wished-for animal, colour and place",
    "summary": "summary of a story, word for word",
    "sentiment": "sentiment of a sentence",
    "sum": "sums and differences below 100",
    "translate_en_fi": "English to Finnish, exact",
    "translate_fi_en": "Finnish to English, exact",
    "passage": "question about a passage",
    "unknown": '"I do not know." where the passage has no answer',
    "not_unknown": "... and not where it has one",
    "followup": "second question that builds on the first",
    "tool": "tool call with the right arguments",
    "first_impression": "greetings and self-description in unseen wordings",
    "everyday": "honest answer to everyday questions it cannot know",
}


def scores(name: str) -> dict:
    """What the examination of a shipped model gave: `samples`, `seed`, and `scores`, shares from 0 to 1."""
    return json.loads((folder(name) / "scores.json").read_text(encoding="utf-8"))


def write(name: str) -> Path:
    """Write README.md into the model's folder, from its `scores.json`, its `training.json` and its recipe."""
    path, recipe, cost, exam = folder(name), RECIPES[name], record(name), scores(name)
    rows = [
        f"| {skill} | {score:.1%} | {'' if skill not in BARS else f'{BARS[skill]:.1%}'} |"
        for skill, score in exam["scores"].items()
    ]
    numbers = {**vars(recipe), **vars(cost), "name": name, "asked": exam["samples"], "seed": exam["seed"]}
    text = CARD.format(
        **numbers,
        rows="\n".join(rows),
        start=start(cost),
        head_dim=recipe.hidden_size // recipe.heads,
        course=course(recipe),
        mean="; the weights are the mean of those before and after the review" if recipe.average else "",
        millions=cost.tokens / 1e6,
        cost=costs(cost) + (f"; those of {cost.grown_from} come on top" if cost.grown_from else ""),
        size=megabytes(name),
    )
    (path / "README.md").write_text(text, encoding="utf-8")
    return path / "README.md"


def start(cost: Record) -> str:
    """What the training began with, and that it was trained, as the card says it."""
    if cost.grown_from:
        return f"grown from the weights of {cost.grown_from} and trained further"
    return "trained from random weights"


def course(recipe: Recipe) -> str:
    """The numbers of steps: those of the main course and, where there is one, of the review."""
    return f"{recipe.steps:,} + {recipe.review:,}" if recipe.review else f"{recipe.steps:,}"


def megabytes(name: str) -> float:
    return (folder(name) / "model.safetensors").stat().st_size / 1e6


def skill_table() -> str:
    """The scores of the whole family, a column a model, as a Markdown table. A score below its bar says so."""
    exams = [scores(name)["scores"] for name in MODELS]
    lines = [f"| Skill | {' | '.join(MODELS)} | Bar |", "|---|" + "---|" * (len(MODELS) + 1)]
    for skill, words in SKILLS.items():
        bar = BARS[skill]
        cells = [f"{exam[skill]:.1%}" + ("" if exam[skill] >= bar else ", not yet") for exam in exams]
        lines.append(f"| {words} | {' | '.join(cells)} | {bar:.0%} |")
    return "\n".join(lines)


def cost_table() -> str:
    """What the whole family cost, a column a model, as a Markdown table."""
    costs = [record(name) for name in MODELS]
    rows = {
        "parameters": [f"{cost.parameters:,}" for cost in costs],
        "weights, float16": [f"{megabytes(name):.1f} MB" for name in MODELS],
        "starts from": [cost.grown_from or "random weights" for cost in costs],
        "tokens read": [f"{cost.tokens / 1e6:.0f} million" for cost in costs],
        "core-hours": [_most(cost) + f"{cost.core_hours:.2g}" for cost in costs],
        f"energy, if a core takes {costs[0].watts_assumed:.0f} W (assumed)": [
            _most(cost) + f"{cost.kwh:.2g} kWh" for cost in costs
        ],
    }
    lines = [f"| | {' | '.join(MODELS)} |", "|---|" + "---|" * len(MODELS)]
    return "\n".join(lines + [f"| {words} | {' | '.join(cells)} |" for words, cells in rows.items()])


def _most(cost: Record) -> str:
    return "at most " if cost.at_most else ""


if __name__ == "__main__":
    print(write(sys.argv[1]) if sys.argv[1:] else f"{skill_table()}\n\n{cost_table()}")
