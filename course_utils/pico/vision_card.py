"""The model card of pico-vision, written from what was measured.

`python -m course_utils.pico.vision_card` writes README.md into the model's folder, from its `scores.json` and
`training.json`.
"""

# ruff: noqa: E501  (the lines of a Markdown table cannot be wrapped)
from __future__ import annotations

import json
from pathlib import Path

from course_utils.pico import VISION, folder
from course_utils.pico.card import megabytes

CARD = """---
language: [en]
license: mit
pipeline_tag: image-text-to-text
tags: [phi3, phi3v, vision, education]
---

# pico-vision

A very small vision-language model for a course, in the layout of Phi-3-Vision: 336 x 336 crops, an eye that works on patches of 14 x 14 pixels, 144 places a crop, the details of a picture before the whole, and a Phi-3 decoder. It has {parameters:,} parameters. The decoder began as pico-mini.

## What it can do

Answer short English questions about pictures that the course draws: shapes, colours, numbers up to five, positions, words of up to five letters, numbers of two digits, bar charts, small tables, five animals in five places, and what differs between two pictures. It runs in PyTorch (`course_utils/pico/vision.py`) and, as a folder of type `phi3v`, in ONNX Runtime GenAI.

## What it cannot do

Anything else. It has never seen a photograph. On pictures unlike its own it gives answers as if they were, and is often sure of them. It has not been examined for bias, safety or any use outside of a lesson.

## Scores

Greedy answers to held-out questions, {samples} a skill (seed {seed}), right only if every letter is. Held out are pairs of shape and colour, groups (so many things of a shape and a colour), pairs of shapes in relations, words, numbers and highest bars; {held}. "whole" sees the whole picture only (156 tokens), "layout" the details before it (2,509 tokens for a square picture), on other samples, {layout_samples} a skill or one more, answered by both engines.

| skill | whole | layout | bar |
|---|---|---|---|
{rows}

Both engines gave the same answer to {same} of {compared} held-out pictures in the whole layout.

## How it was made

| | |
|---|---|
| eye | three convolutions to 24 x 24 patches of {eye_size} numbers, {eye_layers} layers, {eye_heads} heads |
| projector | {merged} -> {twice} -> {hidden} numbers |
| decoder | pico-mini: 4 layers, hidden size {hidden}, context of {context:,} tokens |
| data | {pages:,} pages of `course_utils/pico/textbook/picture_book.py`, each with up to six questions |
| stages | {stages} |
| machine | {machine}; finished on {date} |
| cost | about {hours:.2g} core-hours |
| file | float16 safetensors, {size:.1f} MB |

`python -m course_utils train pico-vision` trains it. {remark}
"""

BARS = {
    "colour": 0.95, "shape": 0.95, "count": 0.9, "relation": 0.9, "read": 0.85, "chart": 0.9, "difference": 0.8,
}  # fmt: skip


def write() -> Path:
    """Write README.md into the model's folder."""
    from course_utils.pico import vision

    path = folder(VISION)
    exam = json.loads((path / "scores.json").read_text(encoding="utf-8"))
    training = json.loads((path / "training.json").read_text(encoding="utf-8"))
    model, _ = vision.load(path)
    rows = []
    for skill, score in exam["scores"].items():
        bar = f"{BARS[skill]:.0%}" if skill in BARS else ""
        missed = ", missed" if skill in BARS and score < BARS[skill] else ""
        layout = exam["layout"].get(skill)
        rows.append(f"| {skill} | {score:.1%} | {'' if layout is None else f'{layout:.1%}'} | {bar}{missed} |")
    config = model.config
    hidden = config.text_config.hidden_size
    text = CARD.format(
        **training,
        **{key: exam[key] for key in ("samples", "seed", "layout_samples", "same", "compared")},
        rows="\n".join(rows),
        held="questions on places, absent things and whole descriptions are about held-out pairs",
        parameters=model.num_parameters(),
        eye_size=config.eye_size,
        eye_layers=config.eye_layers,
        eye_heads=config.eye_heads,
        merged=4 * config.eye_size,
        twice=2 * hidden,
        hidden=hidden,
        context=config.text_config.max_position_embeddings,
        size=megabytes(VISION),
    )
    (path / "README.md").write_text(text, encoding="utf-8")
    return path / "README.md"


if __name__ == "__main__":
    print(write())
