"""The model cards and tables of the shipped models, written from what was measured.

`python -m course_utils.pico.cards` writes README.md into each model's folder, from the templates beside the folders,
and prints the two tables of the course's README.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from course_utils.pico import MODELS, MOE, SHIPPED, VISION, folder
from course_utils.pico.records import Record, bars, record, scores

TEMPLATES = Path(__file__).parent / "weights"


def write(name: str) -> Path:
    """Write README.md into a model's folder, from its measured numbers and its template; returns the file."""
    file = folder(name) / "README.md"
    file.write_text(card(name), encoding="utf-8")
    return file


def card(name: str) -> str:
    """The text of a model's card: its template, with numbers from its JSON files and with what follows from them."""
    kinds = {MOE: ("card_moe.md", _moe), VISION: ("card_vision.md", _vision)}
    template, numbers = kinds.get(name, ("card_text.md", _text))
    config, exam = _json(folder(name) / "config.json"), scores(name)
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    return text.format(name=name, size=megabytes(name), config=config, exam=exam, **numbers(name, config, exam))


def _text(name: str, config: dict, exam: dict) -> dict:
    cost = record(name)
    start = f"grown from the weights of {cost.grown_from} and trained further"
    return {
        "training": vars(cost),
        "start": start if cost.grown_from else "trained from random weights",
        "head_dim": config["hidden_size"] // config["num_attention_heads"],
        "steps": f"{cost.steps - cost.review:,} + {cost.review:,}" if cost.review else f"{cost.steps:,}",
        "samples_a_step": cost.samples // cost.steps,
        "mean": "; the weights are the mean of those before and after the review" if cost.average else "",
        "millions": cost.tokens / 1e6,
        "cost": costs(cost) + (f"; those of {cost.grown_from} come on top" if cost.grown_from else ""),
        "rows": _rows(exam, lambda skill: f"{bars()[skill]:.1%}" if skill in bars() else ""),
    }


def _moe(name: str, config: dict, exam: dict) -> dict:
    from course_utils.pico.moe import compared

    training = compared()
    shares = [share for layer in training["load"] for share in layer]
    pooled = [sum(column) / len(training["load"]) for column in zip(*training["load"], strict=True)]
    return {
        "training": training,
        "models": training["models"],
        "head_dim": config["hidden_size"] // config["num_attention_heads"],
        "millions": training["tokens_about"] / 1e6,
        "rows": _rows(exam),
        # A token makes two choices, so an expert's share of the tokens is twice its share of the choices.
        "low": 200 * min(shares),
        "high": 200 * max(shares),
        "pooled_low": 200 * min(pooled),
        "pooled_high": 200 * max(pooled),
    }


def _vision(name: str, config: dict, exam: dict) -> dict:
    from safetensors.numpy import load_file

    def layout(skill: str) -> str:
        return f"{exam['layout'][skill]:.1%}" if skill in exam["layout"] else ""

    def bar(skill: str) -> str:
        if skill not in bars("vision"):
            return ""
        return f"{bars('vision')[skill]:.0%}" + (", missed" if exam["scores"][skill] < bars("vision")[skill] else "")

    return {
        "training": _json(folder(name) / "training.json"),
        "parameters": sum(weights.size for weights in load_file(folder(name) / "model.safetensors").values()),
        "merged": 4 * config["eye_size"],
        "twice": 2 * config["text_config"]["hidden_size"],
        "rows": _rows(exam, layout, bar),
    }


def _rows(exam: dict, *columns: Callable[[str], str]) -> str:
    """A row of a Markdown table for each skill: its name, its score, and what else is said of it."""
    rows = []
    for skill, score in exam["scores"].items():
        rows.append(f"| {' | '.join([skill, f'{score:.1%}', *(column(skill) for column in columns)])} |")
    return "\n".join(rows)


def _json(file: Path) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))


def costs(cost: Record) -> str:
    """The costs in one line of words."""
    most = "at most " if cost.at_most else ""
    return (
        f"{most}{cost.hours:.3g} hours on {cost.cores} {'core' if cost.cores == 1 else 'cores'}; "
        f"about {cost.flops / 1e12:,.0f} trillion floating-point operations (6 × parameters × tokens); "
        f"{most}{cost.kwh:.2g} kWh, if a core takes {cost.watts_assumed:.0f} W (assumed, not measured)"
    )


def megabytes(name: str) -> float:
    """The size of a model's weights file."""
    return (folder(name) / "model.safetensors").stat().st_size / 1e6


def tables() -> str:
    """The two tables of the course's README: the scores of the text family, and what it cost."""
    models = {}
    for name in MODELS:
        exam, cost = scores(name)["scores"], record(name)
        models[name] = {
            "cells": {
                skill: f"{exam[skill]:.1%}" + ("" if exam[skill] >= bar else ", not yet")
                for skill, bar in bars().items()
            },
            "cost": cost,
            "size": megabytes(name),
            "start": cost.grown_from or "random weights",
            "millions": cost.tokens / 1e6,
            "most": "at most " if cost.at_most else "",
        }
    return (TEMPLATES / "tables.md").read_text(encoding="utf-8").format(models=models, bars=bars())


if __name__ == "__main__":
    for shipped in SHIPPED:
        print(write(shipped))
    print(f"\n{tables()}")
