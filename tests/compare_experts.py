"""Measure what experts are worth: pico-moe beside the two dense models that read the same.

    python -m tests.compare_experts --machine "two cores of ..."

writes `moe.json` and pico-moe's `scores.json`. pico-moe is measured as it ships; the dense ones are those that
`python -m course_utils train dense-active` and `... dense-total` leave in their folders.
"""

import argparse
import json
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median

import torch

from course_utils.base import cache_folder
from course_utils.pico import MOE, folder
from course_utils.pico.evaluate import Examinee
from course_utils.pico.moe import NAMES, RESULTS, held_out, routes, without_expert
from course_utils.pico.tokenizer import load_tokenizer
from course_utils.pico.training.loop import held_out_loss
from course_utils.pico.training.recipes import ACTIVE, RECIPES, Recipe, lessons
from tests.examine import evaluate

SAMPLES, EXAM_SEED = 100, 7  # so many samples a skill
WITHOUT = {"skills": ["translate", "passage", "sum", "story", "tool"], "samples": 15}  # asked with each expert off


def count_tokens(recipe: Recipe, every: int = 1) -> int:
    """How many tokens a training by this recipe reads: its lessons are drawn once more, and counted. With every=1
    exactly, in about a minute for 1,000 steps; every=10 draws each tenth step, right to one per cent."""
    tokenizer = load_tokenizer()  # the whole family has this one
    steps = range(recipe.steps + recipe.review)
    tokens = sum(len(ids) for step in steps[::every] for ids, _ in lessons(recipe, step, tokenizer))
    return round(tokens * len(steps) / len(steps[::every]))


def expert_load(network, rows) -> list[list[float]]:
    """For each layer the share of its tokens' choices that each expert got. Balanced: 1/16 = 6.25 % each."""
    experts = network.config.num_local_experts
    counts = torch.zeros(len(network.model.layers), experts)
    for ids, _ in rows:
        chosen, _ = routes(network, ids)
        counts += torch.stack([torch.bincount(layer.flatten(), minlength=experts) for layer in chosen])
    return (counts / counts.sum(dim=1, keepdim=True)).tolist()


def rises_without(network, tokenizer, skills: list[str], samples: int) -> list[list[list[float]]]:
    """How much the loss of each skill rises, in nats, when one expert is off: [layers][experts][skills]."""
    rows = [held_out(tokenizer, samples, skill=skill) for skill in skills]
    whole = [held_out_loss(network, part) for part in rows]

    def rise(layer: int, expert: int) -> list[float]:
        with without_expert(network, layer, expert):
            return [round(held_out_loss(network, part) - loss, 3) for part, loss in zip(rows, whole, strict=True)]

    experts = network.config.num_local_experts
    return [[rise(layer, expert) for expert in range(experts)] for layer in range(len(network.model.layers))]


def active_parameters(network) -> int:
    """How many weights one token meets: all but those of the experts that were not picked."""
    stacks = [weights for weights in network.parameters() if weights.ndim == 3]  # [experts, rows, columns]
    return network.num_parameters() - sum((len(stack) - ACTIVE) * stack[0].numel() for stack in stacks)


@torch.inference_mode()
def speed(networks: dict, rounds: int = 7) -> dict[str, list[float]]:
    """{name: [milliseconds for a token while writing, for 1,000 tokens of a prompt]}: medians, the models in turn."""
    prompt = torch.randint(5, 2048, (1, 500), generator=torch.Generator().manual_seed(0))
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in networks}
    for _ in range(rounds):
        for name, network in networks.items():
            began = time.perf_counter()
            cache = network(prompt, use_cache=True, logits_to_keep=1).past_key_values
            read = time.perf_counter()
            for i in range(40):
                cache = network(prompt[:, i : i + 1], past_key_values=cache, use_cache=True).past_key_values
            took[name].append((1000 * (time.perf_counter() - read) / 40, 1_000_000 * (read - began) / 500))
    return {name: [median(part) for part in zip(*rows, strict=True)] for name, rows in took.items()}


def compare(networks: dict, tokenizer) -> dict:
    """All that is measured of the three models, as it stands in `moe.json`."""
    recipe, rows, speeds, models = RECIPES[MOE], held_out(tokenizer), speed(networks), {}
    for name, network in networks.items():
        models[name] = {
            "parameters": network.num_parameters(),
            "active": active_parameters(network),
            "megabytes": 2 * network.num_parameters() / 1e6,
            "held_out_loss": round(held_out_loss(network, rows), 4),
            "ms_a_token": round(speeds[name][0], 2),
            "ms_a_thousand_prompt_tokens": round(speeds[name][1], 1),
            "scores": evaluate(Examinee(network, tokenizer), SAMPLES, EXAM_SEED)[0],
        }
    return {
        "command": "python -m tests.compare_experts",
        "threads": torch.get_num_threads(),
        "steps": recipe.steps,
        "samples_a_step": recipe.samples_a_step,
        "tokens_about": count_tokens(recipe, every=10),
        "training_seed": recipe.seed,
        "held_out_samples": len(rows),
        "samples": SAMPLES,
        "seed": EXAM_SEED,
        "models": models,
        "load": [[round(share, 4) for share in layer] for layer in expert_load(networks[MOE], rows)],
        "without": WITHOUT | {"rises": rises_without(networks[MOE], tokenizer, **WITHOUT)},
    }


def main(argv: list[str] | None = None) -> int:
    """Measure the three, and write down what came out."""
    from transformers import AutoModelForCausalLM

    parser = argparse.ArgumentParser(prog="python -m tests.compare_experts")
    parser.add_argument("--trained", type=Path, default=cache_folder() / "train", help="where the dense models are")
    parser.add_argument("--machine", required=True, help="the machine, in words")
    args = parser.parse_args(argv)
    folders = {MOE: folder(MOE)} | {name: args.trained / name / "model" for name in NAMES[1:]}
    for name, path in folders.items():
        if not path.is_dir():
            parser.error(f"train {name} first: there is no {path}")
    torch.set_num_threads(1)
    networks = {
        name: AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval() for name, path in folders.items()
    }
    result = {"machine": args.machine, "date": date.today().isoformat()} | compare(networks, load_tokenizer())
    exam = {"samples": SAMPLES, "seed": EXAM_SEED, "scores": result["models"][MOE]["scores"]}
    for path, content in ((RESULTS, result), (folder(MOE) / "scores.json", exam)):
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        print(f"Written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
