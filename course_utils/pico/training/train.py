"""Teach a pico model: one loop, from random weights to a model that answers.

    python -m course_utils train pico-mini                                        # reproduce the shipped model
    python -m course_utils train --evaluate pico-mini --samples 300 --seed 7      # examine it on held-out content

The same for `pico-medium`, the bigger sibling, which starts from the weights of pico-mini.

What makes a model of two million parameters learn this much in two hours on two cores:

* one sample a row, never cut, and the loss counts the answers only: no effort goes into guessing questions;
* every answer counts by the square root of its length, so that a long story does not drown a short sum;
* Muon for the weight matrices of the blocks, AdamW for the embeddings and norms;
* samples of similar length share a micro-batch, so that little is computed for padding;
* a timetable: what the rest is built on comes first, and what is weakest is practised most.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from course_utils import pico
from course_utils.base import CourseError, cache_folder
from course_utils.pico import MODELS, textbook
from course_utils.setup import threads


@dataclass(frozen=True)
class Recipe:
    """All that decides the result, apart from the textbook. Sizes as in `Phi3Config`."""

    hidden_size: int = 192
    layers: int = 4
    heads: int = 3
    intermediate_size: int = 512
    vocab_size: int = 2048
    context: int = 1024
    steps: int = 9000
    samples_a_step: int = 64
    warmup: int = 100
    decay: float = 0.4  # the last share of the steps, in which the learning rate falls to zero
    review: int = 2600  # steps after that, from half the learning rate down to zero once more
    muon_rate: float = 3e-3
    adam_rate: float = 3e-3
    seed: int = 0
    name: str = "pico-mini"  # what the model calls itself
    average: bool = False  # whether the result is the mean of the weights before and after the review
    grown_from: str = ""  # the shipped model whose weights it starts from; else random weights


MEDIUM = {
    "hidden_size": 384,
    "heads": 6,
    "intermediate_size": 768,
    "steps": 2600,
    "decay": 0.7,
    "review": 400,
    "average": True,
    "muon_rate": 2e-3,
    "adam_rate": 2e-3,
    "name": "pico-medium",
    "grown_from": "pico-mini",
}
RECIPES = {"pico-mini": Recipe(), "pico-medium": Recipe(**MEDIUM)}

# From which step on, which share of the samples is practice, and of which skills. Copying comes first: a model that
# can copy learns the rest several times faster, because a name, a colour or a place in an answer is nearly always
# copied from the question. Then reading, which is copying with a condition, and what takes longest: Finnish and
# sums. Last what learners say first, which was the weakest in the examination before it.
LAST = ("whose", "interview", "passage", "unknown", "sum", "tool")  # not to be lost while others are practised
TIMETABLE = (
    (0, 0.75, ("repeat",)),
    (600, 0.6, ("reading", "reading", "translate", "sum")),
    (2000, 0.3, ("reading", "reading", "translate", "sum")),
    (2500, 0.5, ("person", "person", "reading", "translate", "sum")),
    (3500, 0.5, ("interview", "interview", "person", "reading", "translate", "sum")),
    (4000, 0.55, ("whose", "whose", "interview", "person", "reading", "translate", "sum")),
    (5250, 0.65, ("impression",) * 4 + ("whose", "whose", "interview", "reading", "translate", "sum")),
    (6500, 0.65, ("impression",) * 4 + ("translate",) * 3 + ("outside",) * 2 + LAST),
    (9000, 0.75, ("impression",) * 6 + ("tool", "tool", "translate", "outside", "passage", *LAST[:2], "unknown")),
)
# The bigger sibling begins where the smaller one ended, so there is nothing to build up: everything at once. Again what
# learners say first needs the largest share.
MEDIUM_TIMETABLE = (
    (0, 0.6, ("impression",) * 4 + ("translate", "fact", "system") * 2 + ("outside", "followup", *LAST)),
    (1500, 0.75, ("impression",) * 7 + ("translate", "translate", "summary", "passage", "system", "outside", *LAST)),
    (2600, 0.9, ("impression",) * 8 + ("translate",) * 5 + ("tool",) * 4 + ("summary", "outside", "outside", *LAST)),
)
TIMETABLES = {"pico-mini": TIMETABLE, "pico-medium": MEDIUM_TIMETABLE}
IGNORED = -100  # the label of a token that the loss does not count


def build_model(recipe: Recipe):
    """A `Phi3ForCausalLM` with random weights: the architecture of Phi-3, only small, with tied embeddings."""
    import torch
    from transformers import Phi3Config, Phi3ForCausalLM

    torch.manual_seed(recipe.seed)
    config = Phi3Config(
        vocab_size=recipe.vocab_size,
        hidden_size=recipe.hidden_size,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        intermediate_size=recipe.intermediate_size,
        max_position_embeddings=recipe.context,
        original_max_position_embeddings=recipe.context,
        sliding_window=None,
        tie_word_embeddings=True,
        bos_token_id=0,
        pad_token_id=0,
        eos_token_id=[4, 0],
    )
    model = Phi3ForCausalLM(config)
    threads.use_for(model.num_parameters())
    return model


def grow(large, small) -> None:
    """Copy the weights of `small` into a corner of `large`, so that `large` begins with the answers of `small`.

    Both are Phi-3 models with as many layers and heads of the same size. What the new units would say is multiplied by
    zero at first; what they listen to is random, so that each can learn something else. The idea is that of Net2Net
    (Chen et al. 2015, arXiv 1511.05641).
    """
    import torch

    def paste(new, old, parts: int = 1, reads: bool = True) -> None:
        """`parts`: matrices stacked in one, each with its own corner; `reads`: the new rows keep their random start."""
        new = new.view(parts, -1, new.shape[-1])
        old = old.view(parts, -1, old.shape[-1])
        if not reads:
            new.zero_()
        new[:, : old.shape[1], : old.shape[2]] = old

    # RMSNorm divides by the mean over all units. With the new ones silent that mean is smaller by this factor.
    quiet = (small.config.hidden_size / large.config.hidden_size) ** 0.5
    old = dict(small.named_parameters())
    with torch.no_grad():
        for name, new in large.named_parameters():
            if new.ndim == 1:
                new.fill_(quiet)
                new[: len(old[name])] = old[name] * quiet
            else:
                parts = 3 if "qkv" in name else 2 if "gate_up" in name else 1
                paste(new, old[name], parts, reads=parts > 1)


def encode(sample: textbook.Sample, tokenizer) -> tuple[list[int], list[int]]:
    """Token ids and labels of one sample. Only what the assistant says (and plain text) has labels."""
    if not sample.messages:
        ids = tokenizer.encode(sample.text)
        return ids, ids
    ids, labels = [], []
    for message in sample.messages:
        head = tokenizer.encode(f"<|{message['role']}|>\n")
        body = tokenizer.encode(f"{message['content']}<|end|>")
        ids += head + body + tokenizer.encode("\n")
        labels += (
            [IGNORED] * len(head) + (body if message["role"] == "assistant" else [IGNORED] * len(body)) + [IGNORED]
        )
    return ids, labels


def buckets(rows: list[tuple[list[int], list[int]]], tokens: int) -> list[list[tuple[list[int], list[int]]]]:
    """The rows, sorted by length, in groups that need at most `tokens` tokens with their padding (or are one row)."""
    rows, groups = sorted(rows, key=lambda row: len(row[0])), []
    while rows:
        count = max(1, tokens // len(rows[-1][0]))
        groups.append(rows[-count:])
        rows = rows[:-count]
    return groups


def micro_batches(rows: list[tuple[list[int], list[int]]], tokens: int = 1536, power: float = 0.5):
    """Sort the rows by length and cut them into rectangles of at most about `tokens` tokens.

    Yields (ids, labels, weights), each of shape (rows, longest row). Padding stands on the right, where causal
    attention never looks back from, so no attention mask is needed. A row's weights sum to the number of its labels to
    this power: with 0.5 a long answer does not outweigh many short ones, with 1 each token counts alike.
    """
    import torch

    for chunk in buckets(rows, tokens):
        longest = len(chunk[-1][0])
        ids = torch.zeros(len(chunk), longest, dtype=torch.long)
        labels = torch.full((len(chunk), longest), IGNORED)
        weights = torch.zeros(len(chunk), longest)
        for i, (row_ids, row_labels) in enumerate(chunk):
            ids[i, : len(row_ids)] = torch.tensor(row_ids)
            labels[i, : len(row_ids)] = torch.tensor(row_labels)
            answered = sum(label != IGNORED for label in row_labels)
            weights[i] = answered ** (power - 1)
        yield ids, labels, weights


def answer_loss(model, ids, labels, weights):
    """The weighted sum of the cross-entropies at the answer tokens, and its sum of weights.

    The vocabulary's logits, the largest tensor of a small model, are computed only where a label is.
    """
    import torch

    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    counts = labels[:, 1:] != IGNORED
    logits = model.lm_head(hidden[:, :-1][counts]).float()
    losses = torch.nn.functional.cross_entropy(logits, labels[:, 1:][counts], reduction="none")
    weights = weights[:, 1:][counts]
    return (losses * weights).sum(), weights.sum()


def backward(
    model, rows: list[tuple[list[int], list[int]]], half: bool = False, tokens: int = 1536, power: float = 0.5
) -> float:
    """Add the gradients of one step, over all `rows` (what `encode` returns), and return the loss in nats.

    `half`: compute in bfloat16, which is quicker for models of a few million parameters and more.
    `tokens` and `power`: see `micro_batches`.
    """
    import torch

    device = next(model.parameters()).device
    batches = list(micro_batches(rows, tokens, power))
    total = sum(float(w[:, 1:][y[:, 1:] != IGNORED].sum()) for _, y, w in batches)
    loss = 0.0
    for ids, labels, weights in batches:
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            summed, _ = answer_loss(model, ids.to(device), labels.to(device), weights.to(device))
        (summed / total).backward()
        loss += summed.item() / total
    return loss


def optimizers(model, recipe: Recipe) -> list:
    """Muon for the matrices inside the blocks, AdamW for everything else, LoRA's thin matrices included."""
    import torch

    from course_utils.pico.training.muon import Muon

    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    matrices = [p for n, p in trained.items() if p.ndim == 2 and ".layers." in n and "lora_" not in n]
    others = [p for n, p in trained.items() if not (p.ndim == 2 and ".layers." in n and "lora_" not in n)]
    muon = {"lr": recipe.muon_rate, "weight_decay": 0.01, "adjust_lr_fn": "match_rms_adamw"}
    adam = {"lr": recipe.adam_rate, "betas": (0.9, 0.98), "weight_decay": 0.0}
    kinds = ((Muon, matrices, muon), (torch.optim.AdamW, others, adam))
    return [kind(weights, **how) for kind, weights, how in kinds if weights]


def rate_at(step: int, recipe: Recipe) -> float:
    """The share of the learning rate at a step: warm-up, flat, a straight line down to zero; then the review."""
    if step >= recipe.steps:
        return 0.5 * (1 - (step - recipe.steps) / recipe.review)
    left = (recipe.steps - step) / (recipe.decay * recipe.steps)
    return min(1.0, (step + 1) / recipe.warmup, left)


def lesson(rng: random.Random, step: int, name: str = "pico-mini") -> textbook.Sample:
    """A sample for this step, by the model's timetable: of all skills, and some practice of those it names."""
    _, chance, skills = max(row for row in TIMETABLES[name] if row[0] <= step)
    skill = None
    if skills and rng.random() < chance:
        skill = rng.choice(skills) if len(skills) > 1 else skills[0]
    return textbook.introduce(textbook.draw(rng, "train", skill), name)


def lessons(recipe: Recipe, step: int, tokenizer) -> list[tuple[list[int], list[int]]]:
    """What the model reads in this step, as `encode` returns it; a sample longer than its context is left out.

    The recipe's seed and the step decide it, and nothing else: an interrupted training sees the same textbook as one
    that ran through, and what was read can be counted afterwards.
    """
    rng = random.Random(f"{recipe.seed}/{step}")
    rows = [encode(lesson(rng, step, recipe.name), tokenizer) for _ in range(recipe.samples_a_step)]
    return [row for row in rows if len(row[0]) <= recipe.context]


def train(recipe: Recipe, folder: Path, save_every: int = 250):
    """Train by the recipe; returns (model, tokenizer). Checkpoints go to `folder`; a later call goes on from the last.

    Uses a GPU if there is one.
    """
    import torch
    from tqdm.auto import tqdm
    from transformers import Phi3ForCausalLM

    from course_utils.pico.tokenizer import load_tokenizer, train_tokenizer
    from course_utils.pico.training.muon import HALF

    folder.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if recipe.name == "pico-mini":
        tokenizer = train_tokenizer(vocab_size=recipe.vocab_size, seed=recipe.seed)
    else:  # one tokenizer for the whole family
        tokenizer = load_tokenizer()
    model = build_model(recipe).to(device)
    if recipe.grown_from:
        grow(model, Phi3ForCausalLM.from_pretrained(pico.folder(recipe.grown_from), dtype=torch.float32))
    if recipe.steps > 200 and shutil.which("g++"):
        # With a C++ compiler the same arithmetic runs about a third faster; compiling takes half a minute. Attention
        # written out ("eager") is compiled too, and its gradient is then quicker than that of the ready-made kernel.
        model.set_attn_implementation("eager")
        model.model.compile(dynamic=True)
    optims = optimizers(model, recipe)
    first = resume(folder, recipe, model, optims)
    last = recipe.steps + recipe.review
    bar = tqdm(range(first, last), initial=first, total=last, unit="step", mininterval=1.0)
    for step in bar:
        started = time.perf_counter()
        rows = lessons(recipe, step, tokenizer)
        loss = backward(model, rows, half=HALF or device == "cuda")
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optim in optims:
            for group in optim.param_groups:
                group["lr"] = group.setdefault("peak", group["lr"]) * rate_at(step, recipe)
            optim.step()
            optim.zero_grad()
        tokens = sum(len(row[0]) for row in rows) / (time.perf_counter() - started)
        bar.set_postfix_str(f"loss {loss:.3f}, {tokens:,.0f} tokens/s")
        log(folder, step, loss)
        if (step + 1) % save_every == 0 or step + 1 == last:
            checkpoint(folder, recipe, step + 1, model, optims)
        if recipe.average and step + 1 == recipe.steps:
            torch.save(model.state_dict(), folder / "before_review.pt")
    if recipe.average:
        before = torch.load(folder / "before_review.pt", weights_only=True)
        model.load_state_dict({name: (before[name] + now) / 2 for name, now in model.state_dict().items()})
    return model, tokenizer


def log(folder: Path, step: int, loss: float) -> None:
    """Add one line to the training curve."""
    with (folder / "curve.csv").open("a", encoding="utf-8") as file:
        file.write(f"{step},{loss:.4f}\n")


def checkpoint(folder: Path, recipe: Recipe, step: int, model, optims) -> None:
    """Save everything needed to go on, whole or not at all."""
    import torch

    state = {
        "step": step,
        "recipe": asdict(recipe),
        "model": model.state_dict(),
        "optims": [o.state_dict() for o in optims],
    }
    torch.save(state, folder / "checkpoint.new")
    (folder / "checkpoint.new").replace(folder / "checkpoint.pt")


def resume(folder: Path, recipe: Recipe, model, optims) -> int:
    """Load the last checkpoint of this very recipe, if there is one. Returns the step to go on from."""
    import torch

    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    if state["recipe"] != asdict(recipe):
        raise CourseError(f"{path} belongs to another recipe. Move it away, or train into another folder.")
    model.load_state_dict(state["model"])
    for optim, saved in zip(optims, state["optims"], strict=True):
        optim.load_state_dict(saved)
    curve = folder / "curve.csv"  # drop what came after the checkpoint: those steps come again
    lines = curve.read_text(encoding="utf-8").splitlines(keepends=True)[: state["step"]]
    curve.write_text("".join(lines), encoding="utf-8")
    return state["step"]


def save(model, tokenizer, folder: Path) -> None:
    """Write the model as the course ships it: float16 safetensors, configuration, tokenizer and chat template."""
    import torch
    from transformers import GenerationConfig

    model = model.to(torch.float16)
    model.generation_config = GenerationConfig(bos_token_id=0, pad_token_id=0, eos_token_id=[4, 0])
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def main(argv: list[str] | None = None) -> int:
    """The command `train`: train a model into a folder, or evaluate one."""
    parser = argparse.ArgumentParser(
        prog="python -m course_utils train", description="Train a pico model, or evaluate one."
    )
    parser.add_argument("model", help=f"one of: {', '.join(MODELS)}, or with --evaluate a folder with a model")
    parser.add_argument(
        "--evaluate", action="store_true", help="score every skill on held-out content instead of training"
    )
    parser.add_argument(
        "--samples", type=int, default=300, help="with --evaluate: how many samples a skill (default 300)"
    )
    parser.add_argument(
        "--seed",
        type=int,
        help="with --evaluate: which samples (default 7); else the seed of the training (0)",
    )
    parser.add_argument(
        "--name",
        choices=MODELS,
        default="pico-mini",
        help="with --evaluate and a folder: which model of the course it should say it is (default pico-mini)",
    )
    parser.add_argument(
        "--out", type=Path, help="where the checkpoints and the trained model go (default .cache/train/MODEL)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args(argv)
    if args.evaluate:
        from course_utils.pico import evaluate

        student = evaluate.Examinee.load(args.model, args.name)
        return evaluate.main(student, args.samples, 7 if args.seed is None else args.seed, args.json)
    if args.model not in RECIPES:
        parser.error(f"there is no recipe for {args.model!r}; choose one of: {', '.join(RECIPES)}")
    recipe = Recipe(**{**asdict(RECIPES[args.model]), **({} if args.seed is None else {"seed": args.seed})})
    folder = args.out or cache_folder() / "train" / args.model
    try:
        model, tokenizer = train(recipe, folder)
    except KeyboardInterrupt:
        print(
            f"Interrupted. The last checkpoint is in {folder}; the same command goes on from it.",
            file=sys.stderr,
        )
        return 130
    save(model, tokenizer, folder / "model")
    print(
        json.dumps({"model": str(folder / "model")}) if args.json else f"Trained. The model is in {folder / 'model'}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
