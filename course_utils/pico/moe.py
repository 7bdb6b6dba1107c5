"""pico-moe, looked into: which experts a token meets, what an expert is there for, and the dense models beside it. How
the three models were made stands in `course_utils.pico.training.recipes`, and what was measured in `moe.json`."""

import random
from contextlib import contextmanager
from pathlib import Path

import torch

from course_utils.base import data
from course_utils.pico import textbook
from course_utils.pico.tokenizer import encode

NAMES = ("pico-moe", "dense-active", "dense-total")
RESULTS = Path(__file__).with_name("moe.json")


def routes(network, ids: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """(experts, weights) of each token in each layer, both [layers, tokens, 2], the first choice first."""
    routed = []
    hooks = [
        layer.mlp.router.register_forward_hook(lambda module, args, output: routed.append(output[1:]))
        for layer in network.model.layers
    ]
    try:
        with torch.inference_mode():
            network.model(torch.tensor([ids], device=network.device), use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    weights, chosen = zip(*routed, strict=True)
    return torch.stack(chosen).cpu(), torch.stack(weights).float().cpu()


@contextmanager
def without_expert(network, layer: int, expert: int):
    """Inside of this `with`, the expert adds nothing: what is sent to it comes back as zeros. Undone afterwards."""
    down = network.model.layers[layer].mlp.experts.down_proj
    before = down.data[expert].clone()
    try:
        down.data[expert] = 0.0
        yield network
    finally:
        down.data[expert] = before


def held_out(tokenizer, samples: int = 300, skill: str | None = None) -> list[tuple[list[int], list[int]]]:
    """Samples that training never showed, as `encode` returns them: the same for all three models. With a `skill` only
    samples of that skill."""
    rng, rows = random.Random("moe/held-out/7"), []
    while len(rows) < samples:
        row = encode(textbook.introduce(textbook.draw(rng, "test", skill), "pico-mini"), tokenizer)
        if len(row[0]) <= 1024:
            rows.append(row)
    return rows


def compared() -> dict:
    """The three models as they were measured, from `moe.json`."""
    return data(__file__, RESULTS.name)
