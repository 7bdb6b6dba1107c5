"""pico-moe: a mixture of experts in the architecture of Phi-3.5-MoE, and the two dense models it is compared with.

    python -m course_utils.pico.moe train pico-moe --out FOLDER     # or dense-active, dense-total
    python -m course_utils.pico.moe compare FOLDER                  # measures the three and writes moe.json

All three read the same samples in the same order, as often, with the same rates. They differ in one thing, what stands
in each layer after the attention:

    pico-moe      16 experts of width 88, of which a router picks 2 for each token
    dense-active  one network of width 176: as much arithmetic for a token as the two experts
    dense-total   one network of width 1,408: as many parameters as all sixteen experts
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course_utils.pico import MOE, folder, textbook
from course_utils.pico.training.train import IGNORED, encode, log, micro_batches, save

EXPERTS, ACTIVE, WIDTH = 16, 2, 88
NAMES = ("pico-moe", "dense-active", "dense-total")


@dataclass(frozen=True)
class Recipe:
    """What the three have in common. Sizes as in `PhimoeConfig`, rates as in `course_utils.pico.training.train`."""

    hidden_size: int = 256
    layers: int = 4
    heads: int = 4
    vocab_size: int = 2048
    context: int = 1024
    steps: int = 1200
    samples_a_step: int = 64
    warmup: int = 100
    decay: float = 0.4
    muon_rate: float = 3e-3
    adam_rate: float = 3e-3
    balance: float = 0.01  # the weight of the load-balancing loss
    seed: int = 0


# As in `train`: which share of the samples is practice from a step on, and of what.
TIMETABLE = (
    (0, 0.7, ("repeat",)),
    (120, 0.6, ("reading", "reading", "translate", "sum")),
    (560, 0.4, ("interview", "whose", "reading", "translate", "sum", "tool")),
    (880, 0.5, ("interview", "whose", "passage", "unknown", "translate", "translate", "sum", "tool", "impression")),
)


def build(name: str, recipe: Recipe):
    """One of the three, with random weights."""
    import torch
    from transformers import Phi3Config, Phi3ForCausalLM, PhimoeConfig, PhimoeForCausalLM

    torch.manual_seed(recipe.seed)
    common = {
        "vocab_size": recipe.vocab_size,
        "hidden_size": recipe.hidden_size,
        "num_hidden_layers": recipe.layers,
        "num_attention_heads": recipe.heads,
        "num_key_value_heads": recipe.heads,
        "max_position_embeddings": recipe.context,
        "sliding_window": None,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "pad_token_id": 0,
        "eos_token_id": [4, 0],
    }
    if name == "pico-moe":
        rotary = {"rope_type": "default", "rope_theta": 10000.0}
        experts = {"num_local_experts": EXPERTS, "num_experts_per_tok": ACTIVE, "intermediate_size": WIDTH}
        return PhimoeForCausalLM(
            PhimoeConfig(**common, **experts, rope_parameters=rotary, router_aux_loss_coef=recipe.balance)
        )
    width = WIDTH * (ACTIVE if name == "dense-active" else EXPERTS)
    return Phi3ForCausalLM(
        Phi3Config(**common, intermediate_size=width, original_max_position_embeddings=recipe.context)
    )


def lesson(rng: random.Random, step: int) -> textbook.Sample:
    _, chance, skills = max(row for row in TIMETABLE if row[0] <= step)
    skill = rng.choice(skills) if rng.random() < chance else None
    return textbook.introduce(textbook.draw(rng, "train", skill), "pico-mini")


def lessons(recipe: Recipe, step: int, tokenizer) -> list[tuple[list[int], list[int]]]:
    """What is read in a step; seed and step alone decide it."""
    rng = random.Random(f"moe/{recipe.seed}/{step}")
    rows = [encode(lesson(rng, step), tokenizer) for _ in range(recipe.samples_a_step)]
    return [row for row in rows if len(row[0]) <= recipe.context]


def losses(model, ids, labels, weights):
    """(weighted sum of the answers' cross-entropies, sum of their weights, load-balancing loss or 0)."""
    import torch
    from transformers.models.phimoe.modeling_phimoe import load_balancing_loss_func

    routed = hasattr(model.config, "num_local_experts")
    mask = ids != 0  # the padding on the right is routed too, but it must not count
    out = model.model(input_ids=ids, use_cache=False, **({"output_router_logits": True} if routed else {}))
    counts = labels[:, 1:] != IGNORED
    logits = model.lm_head(out.last_hidden_state[:, :-1][counts]).float()
    each = torch.nn.functional.cross_entropy(logits, labels[:, 1:][counts], reduction="none")
    weights = weights[:, 1:][counts]
    balance = load_balancing_loss_func(out.router_logits, EXPERTS, ACTIVE, mask) if routed else 0.0
    return (each * weights).sum(), weights.sum(), balance


def backward(model, rows, recipe: Recipe, tokens: int = 1536) -> tuple[float, float]:
    """Add the gradients of one step. Returns the loss in nats and the load-balancing loss (2 is perfect balance)."""
    import torch

    from course_utils.pico.training.muon import HALF

    batches = list(micro_batches(rows, tokens))
    total = sum(float(w[:, 1:][y[:, 1:] != IGNORED].sum()) for _, y, w in batches)
    loss = balance = 0.0
    for ids, labels, weights in batches:
        with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
            summed, _, aux = losses(model, ids, labels, weights)
        (summed / total + recipe.balance * aux / len(batches)).backward()
        loss, balance = loss + summed.item() / total, balance + float(torch.as_tensor(aux).detach()) / len(batches)
    return loss, balance


class ExpertMuon:
    """Muon for tensors [experts, rows, columns]: each expert's matrix by itself. The library's takes matrices only."""

    def __init__(self, tensors: list, **how):
        import torch

        from course_utils.pico.training.muon import Muon

        self.tensors = tensors
        # Views on the same memory: what the library does to them is done to the tensors.
        self.views = [[torch.nn.Parameter(part) for part in tensor.data] for tensor in tensors]
        self.muon = Muon([view for views in self.views for view in views], **how)
        self.param_groups = self.muon.param_groups
        self.state_dict, self.load_state_dict = self.muon.state_dict, self.muon.load_state_dict

    def step(self) -> None:
        for tensor, views in zip(self.tensors, self.views, strict=True):
            for view, gradient in zip(views, tensor.grad, strict=True):
                view.grad = gradient
        self.muon.step()

    def zero_grad(self) -> None:
        for tensor, views in zip(self.tensors, self.views, strict=True):
            tensor.grad = None
            for view in views:
                view.grad = None


def optimizers(model, recipe: Recipe) -> list:
    """Muon for the matrices inside the layers (the routers' too), expert by expert; AdamW for everything else."""
    import torch

    from course_utils.pico.training.muon import Muon

    muon = {"lr": recipe.muon_rate, "weight_decay": 0.01, "adjust_lr_fn": "match_rms_adamw"}
    named = list(model.named_parameters())
    experts = [p for _, p in named if p.ndim == 3]
    matrices = [p for n, p in named if p.ndim == 2 and ".layers." in n]
    others = [p for n, p in named if p.ndim == 1 or (p.ndim == 2 and ".layers." not in n)]
    adam = torch.optim.AdamW(others, lr=recipe.adam_rate, betas=(0.9, 0.98), weight_decay=0.0)
    return [Muon(matrices, **muon), adam, *([ExpertMuon(experts, **muon)] if experts else [])]


def rate_at(step: int, recipe: Recipe) -> float:
    left = (recipe.steps - step) / (recipe.decay * recipe.steps)
    return min(1.0, (step + 1) / recipe.warmup, left)


def train(name: str, recipe: Recipe, folder: Path, save_every: int = 100):
    """Train one of the three, with checkpoints in `folder`; a later call goes on from the last. Returns the model."""
    import time

    import torch

    from course_utils.pico.tokenizer import load_tokenizer

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer()
    model = build(name, recipe)
    model.set_attn_implementation("eager")  # compiled, its gradient is quicker than that of the ready-made kernel
    if name == "pico-moe":
        model.set_experts_implementation("grouped_mm")
    model.model.compile(dynamic=True)
    optims = optimizers(model, recipe)
    first, path = 0, folder / "checkpoint.pt"
    if path.exists():
        state = torch.load(path, weights_only=True)
        model.load_state_dict(state["model"])
        for optim, saved in zip(optims, state["optims"], strict=True):
            optim.load_state_dict(saved)
        first = state["step"]
    for step in range(first, recipe.steps):
        began = time.perf_counter()
        rows = lessons(recipe, step, tokenizer)
        loss, balance = backward(model, rows, recipe)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optim in optims:
            for group in optim.param_groups:
                group["lr"] = group.setdefault("peak", group["lr"]) * rate_at(step, recipe)
            optim.step()
            optim.zero_grad()
        log(folder, step, loss)
        if step % 20 == 19:
            tokens = sum(len(row[0]) for row in rows) / (time.perf_counter() - began)
            print(f"{step + 1} loss {loss:.3f} balance {balance:.3f} {tokens:,.0f} tokens/s", flush=True)
        if (step + 1) % save_every == 0 or step + 1 == recipe.steps:
            state = {"step": step + 1, "model": model.state_dict(), "optims": [o.state_dict() for o in optims]}
            torch.save(state, folder / "checkpoint.new")
            (folder / "checkpoint.new").replace(path)
    return model


def routes(network, ids: list[int]):
    """(experts, weights) of each token in each layer, both [layers, tokens, 2], the first choice first."""
    import torch

    found = []
    hooks = [
        layer.mlp.router.register_forward_hook(lambda module, args, output: found.append(output[1:]))
        for layer in network.model.layers
    ]
    try:
        with torch.inference_mode():
            network.model(torch.tensor([ids], device=network.device), use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    weights, chosen = zip(*found, strict=True)
    return torch.stack(chosen).cpu(), torch.stack(weights).float().cpu()


@contextmanager
def without_expert(network, layer: int, expert: int):
    """Inside of this `with`, the expert adds nothing: what is sent to it comes back as zeros. Undone afterwards."""
    import torch

    down = network.model.layers[layer].mlp.experts.down_proj
    before = down.data[expert].clone()
    try:
        with torch.no_grad():
            down[expert] = 0.0
        yield network
    finally:
        with torch.no_grad():
            down[expert] = before


def held_out(tokenizer, samples: int = 300, seed: int = 7, skill: str | None = None):
    """Samples that training never showed, as `encode` returns them: the same for all three models.

    With a `skill` only samples of that skill.
    """
    rng, rows = random.Random(f"moe/held-out/{seed}"), []
    while len(rows) < samples:
        row = encode(textbook.introduce(textbook.draw(rng, "test", skill), "pico-mini"), tokenizer)
        if len(row[0]) <= 1024:
            rows.append(row)
    return rows


def held_out_loss(network, rows) -> float:
    """The mean cross-entropy in nats of the answers' tokens, each token counting alike."""
    import torch

    total = number = 0.0
    with torch.inference_mode():
        for ids, labels, weights in micro_batches(rows, 3072, power=1.0):
            summed, counted, _ = losses(network, ids, labels, weights)
            total, number = total + float(summed), number + float(counted)
    return total / number


def expert_load(network, rows) -> list[list[float]]:
    """For each layer the share of its tokens' choices that each expert got. Balanced: 1/16 = 6.25 % each."""
    import torch

    counts = torch.zeros(len(network.model.layers), EXPERTS)
    for ids, _ in rows:
        chosen, _ = routes(network, ids)
        counts += torch.stack([torch.bincount(layer.flatten(), minlength=EXPERTS) for layer in chosen])
    return (counts / counts.sum(dim=1, keepdim=True)).tolist()


def active_parameters(network) -> int:
    """How many weights one token meets: all but those of the experts that were not picked."""
    unused = 0
    if hasattr(network.config, "num_local_experts"):
        for layer in network.model.layers:
            each = sum(weights[0].numel() for weights in layer.mlp.experts.parameters())
            unused += (EXPERTS - ACTIVE) * each
    return network.num_parameters() - unused


def speed(networks: dict, rounds: int = 7) -> dict[str, tuple[float, float]]:
    """{name: (milliseconds for a token while writing, for 1,000 tokens of a prompt)}: medians, the models in turn."""
    import time

    import torch

    prompt = torch.randint(5, 2048, (1, 500), generator=torch.Generator().manual_seed(0))
    took: dict[str, list] = {name: [] for name in networks}
    with torch.inference_mode():
        for _ in range(rounds):
            for name, network in networks.items():
                began = time.perf_counter()
                cache = network(prompt, use_cache=True, logits_to_keep=1).past_key_values
                read = time.perf_counter()
                for i in range(40):
                    cache = network(prompt[:, i : i + 1], past_key_values=cache, use_cache=True).past_key_values
                took[name].append(((time.perf_counter() - read) / 40, (read - began) / 500))
    middle = {name: [sorted(part)[rounds // 2] for part in zip(*rows, strict=True)] for name, rows in took.items()}
    return {name: (1000 * write, 1_000_000 * read) for name, (write, read) in middle.items()}


def compared() -> dict:
    """The three models as they were measured, from `moe.json`."""
    return json.loads((Path(__file__).parent / "moe.json").read_text(encoding="utf-8"))


def compare(networks: dict, tokenizer, recipe: Recipe, samples: int, **told) -> dict:
    """Measure the three, and write `moe.json` and the shipped model's `scores.json`. `told`: machine and date."""
    import torch

    from course_utils.pico.evaluate import Examinee, evaluate

    rows = held_out(tokenizer)
    speeds = speed(networks)
    read = sum(len(ids) for step in range(0, recipe.steps, 10) for ids, _ in lessons(recipe, step, tokenizer)) * 10
    models = {}
    for name, network in networks.items():
        scores, _ = evaluate(Examinee(network, tokenizer, name="pico-mini"), samples, 7)
        models[name] = {
            "parameters": network.num_parameters(),
            "active": active_parameters(network),
            "megabytes": 2 * network.num_parameters() / 1e6,
            "held_out_loss": round(held_out_loss(network, rows), 4),
            "ms_a_token": round(speeds[name][0], 2),
            "ms_a_thousand_prompt_tokens": round(speeds[name][1], 1),
            "scores": scores,
        }
    load = expert_load(networks["pico-moe"], rows)
    found = {
        **told, "command": "python -m course_utils.pico.moe compare", "threads": torch.get_num_threads(),
        "steps": recipe.steps, "samples_a_step": recipe.samples_a_step, "tokens_about": read,
        "training_seed": recipe.seed, "held_out_samples": len(rows), "samples": samples, "seed": 7, "models": models,
        "load": [[round(share, 4) for share in layer] for layer in load],
    }  # fmt: skip
    exam = {"samples": samples, "seed": 7, "scores": models[MOE]["scores"]}
    for path, content in ((Path(__file__).parent / "moe.json", found), (folder(MOE) / "scores.json", exam)):
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return found


def main(argv: list[str] | None = None) -> int:
    """Train one of the three, or compare them."""
    parser = argparse.ArgumentParser(prog="python -m course_utils.pico.moe", description="Train a mixture of experts.")
    parser.add_argument("command", choices=("train", "compare"))
    parser.add_argument("model", choices=NAMES, nargs="?", help="with train: which of the three")
    parser.add_argument("--out", type=Path, required=True, help="the folder with a folder for each model")
    parser.add_argument("--machine", default="", help="with compare: the machine, in words")
    parser.add_argument("--date", default="", help="with compare: the day, as 2026-11-26")
    parser.add_argument("--samples", type=int, default=300, help="with compare: how many a skill")
    args = parser.parse_args(argv)
    from course_utils.pico.tokenizer import load_tokenizer

    if args.command == "train":
        if not args.model:
            parser.error(f"which model? One of: {', '.join(NAMES)}")
        model = train(args.model, Recipe(), args.out / args.model)
        save(model, load_tokenizer(), args.out / args.model / "model")
        return 0
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(1)
    # What ships is measured as it ships, rounded to float16; of the dense ones there is only the training.
    networks = {MOE: AutoModelForCausalLM.from_pretrained(folder(MOE), dtype=torch.float32).eval()}
    for name in NAMES[1:]:
        networks[name] = build(name, Recipe()).eval()
        state = torch.load(args.out / name / "checkpoint.pt", weights_only=True)
        if state["step"] != Recipe().steps:
            parser.error(f"the training of {name} has come to step {state['step']} of {Recipe().steps}: let it end")
        weights = {key.replace("_orig_mod.", ""): value for key, value in state["model"].items()}
        networks[name].load_state_dict(weights)
    tokenizer = load_tokenizer()
    found = compare(networks, tokenizer, Recipe(), args.samples, machine=args.machine, date=args.date)
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
