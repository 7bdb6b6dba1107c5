"""The models that read text, trained by their recipes: pico-mini, pico-medium, pico-moe and its dense companions."""

from dataclasses import asdict
from pathlib import Path

import torch
from transformers import Phi3Config, Phi3ForCausalLM, PhimoeConfig, PhimoeForCausalLM

from course_utils.pico import folder as folder_of
from course_utils.pico.tokenizer import load_tokenizer
from course_utils.pico.training.loop import Checkpoint, backward, optimizers, quicken, run
from course_utils.pico.training.muon import prefers_half
from course_utils.pico.training.recipes import ACTIVE, Recipe, lessons


def build_model(recipe: Recipe) -> Phi3ForCausalLM | PhimoeForCausalLM:
    """The architecture of Phi-3, or with experts that of Phi-3.5-MoE, only small, with random weights."""
    torch.manual_seed(recipe.seed)
    settings = {"vocab_size": 2048, "hidden_size": recipe.hidden_size, "intermediate_size": recipe.intermediate_size}
    settings |= {"num_attention_heads": recipe.heads, "num_key_value_heads": recipe.heads, "tie_word_embeddings": True}
    settings |= {"num_hidden_layers": recipe.layers, "max_position_embeddings": recipe.context, "sliding_window": None}
    settings |= {"bos_token_id": 0, "pad_token_id": 0, "eos_token_id": [4, 0]}
    if not recipe.experts:
        return Phi3ForCausalLM(Phi3Config(**settings, original_max_position_embeddings=recipe.context))
    settings |= {"num_local_experts": recipe.experts, "num_experts_per_tok": ACTIVE}
    settings |= {"router_aux_loss_coef": recipe.balance, "rope_parameters": {"rope_type": "default", "rope_theta": 1e4}}
    return PhimoeForCausalLM(PhimoeConfig(**settings))


@torch.no_grad()
def grow(large: Phi3ForCausalLM, small: Phi3ForCausalLM) -> None:
    """Copy the weights of `small` into a corner of `large`, so that `large` begins with the answers of `small`. Both
    are Phi-3 models with as many layers and heads of the same size. What the new units would say is multiplied by zero
    at first; what they listen to is random, so that each can learn something else. The idea is that of Net2Net (Chen et
    al. 2015, arXiv 1511.05641)."""
    # RMSNorm divides by the mean over all units. With the new ones silent that mean is smaller by this factor.
    quiet = (small.config.hidden_size / large.config.hidden_size) ** 0.5
    old = dict(small.named_parameters())
    for name, new in large.named_parameters():
        if new.ndim == 1:
            new.fill_(quiet)
            new[: len(old[name])] = old[name] * quiet
            continue
        # Several matrices are stacked in one, each with its own corner; their new rows keep their random start.
        parts = 3 if "qkv" in name else 2 if "gate_up" in name else 1
        corners = old[name].view(parts, -1, old[name].shape[-1])
        stacked = new.view(parts, -1, new.shape[-1])
        if parts == 1:
            stacked.zero_()
        stacked[:, : corners.shape[1], : corners.shape[2]] = corners


def train(recipe: Recipe, folder: Path, last: int | None = None, save_every: int = 250):
    """Train by the recipe, or only up to step `last` of it; returns (model, tokenizer). Uses a GPU if there is one.
    Checkpoints go to `folder`; a later call goes on from the last."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = load_tokenizer(folder_of("pico-mini"))
    model = build_model(recipe).to(device)
    if recipe.grown_from:
        grow(model, Phi3ForCausalLM.from_pretrained(folder_of(recipe.grown_from), dtype=torch.float32))
    whole = recipe.steps + recipe.review
    last = whole if last is None else min(last, whole)
    if recipe.experts:
        model.set_experts_implementation("grouped_mm")
    if last > 200:
        quicken(model)
    optims = optimizers(model, recipe.learning_rate, recipe.learning_rate)
    before_review = folder / "before_review.pt"

    def gradients(number: int) -> dict[str, float]:
        rows = lessons(recipe, number, tokenizer)
        loss = backward(model, rows, prefers_half(device), recipe.balance if recipe.experts else 0.0)
        return {"loss": loss, "tokens": sum(len(ids) for ids, _ in rows)}

    def after(done: int) -> None:
        if recipe.average and done == recipe.steps:
            torch.save(model.state_dict(), before_review)

    checkpoint = Checkpoint(folder, asdict(recipe), [model, *optims])
    run(model, optims, gradients, recipe.rate, last, checkpoint, after, save_every)
    if recipe.average and last == whole:
        before = torch.load(before_review, weights_only=True)
        model.load_state_dict({name: (before[name] + now) / 2 for name, now in model.state_dict().items()})
    return model, tokenizer
