"""One step and one loop for everything that the course trains: text, experts and pictures. A training is a model, its
optimizers, a rate for each step, and a function that adds the gradients of a step. The rest is the same for all: clip,
step, note the loss, save what is needed to go on."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch.nn.utils.rnn import pad_sequence
from tqdm.auto import tqdm
from transformers import GenerationConfig
from transformers.models.phimoe.modeling_phimoe import load_balancing_loss_func

from course_utils.base import CourseError
from course_utils.pico.tokenizer import IGNORED
from course_utils.pico.training.muon import Muon
from course_utils.setup import threads

Row = tuple[list[int], list[int]]  # token ids and labels, from `encode`


def micro_batches(rows: list[Row], tokens: int = 1536) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Sort the rows by length and cut them into rectangles of at most about `tokens` tokens. Yields (ids, labels,
    weights), each of shape (rows, longest row). Padding stands on the right, where causal attention never looks back
    from, so no attention mask is needed. A row's weights sum to the square root of the number of its labels: a long
    answer does not outweigh many short ones."""
    rows = sorted(rows, key=lambda row: len(row[0]))
    while rows:
        count = max(1, tokens // len(rows[-1][0]))
        chunk, rows = rows[-count:], rows[:-count]
        ids = pad_sequence([torch.tensor(ids) for ids, _ in chunk], batch_first=True)
        labels = pad_sequence([torch.tensor(row) for _, row in chunk], batch_first=True, padding_value=IGNORED)
        answered = (labels != IGNORED).sum(dim=1, keepdim=True)
        yield ids, labels, answered.float().rsqrt().expand(ids.shape)


def answer_loss(model, ids, labels, weights, hidden=None) -> tuple[torch.Tensor, torch.Tensor]:
    """The weighted sum of the cross-entropies at the answer tokens, and its sum of weights. `ids`, `labels`, `weights`:
    [rows, tokens]. `hidden`: what the layers made of the ids, [rows, tokens, hidden size], where that is known already.
    The vocabulary's logits, the largest tensor of a small model, are computed only where a label is."""
    if hidden is None:
        hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    counts = labels[:, 1:] != IGNORED
    logits = model.lm_head(hidden[:, :-1][counts]).float()
    losses = torch.nn.functional.cross_entropy(logits, labels[:, 1:][counts], reduction="none")
    weights = weights[:, 1:][counts]
    return (losses * weights).sum(), weights.sum()


@torch.inference_mode()
def held_out_loss(model, rows: list[Row]) -> float:
    """The mean cross-entropy in nats of the answers' tokens, each token counting alike. `rows` as `encode` has them."""
    sums = [answer_loss(model, ids, labels, torch.ones(ids.shape)) for ids, labels, _ in micro_batches(rows)]
    return float(sum(loss for loss, _ in sums) / sum(tokens for _, tokens in sums))


def backward(model, rows: list[Row], half: bool = False, balance: float = 0.0, tokens: int = 1536) -> float:
    """Add the gradients of one step, over all `rows` (what `encode` returns), and return the loss in nats. `half`: in
    bfloat16. `balance`: the weight of the library's load-balancing loss, which is 2 when all of the experts, of which
    two are chosen, get as much to do. `tokens`: as many at a time, for memory."""
    device = next(model.parameters()).device
    batches = list(micro_batches(rows, tokens))
    total = sum(float(weights[:, 1:][labels[:, 1:] != IGNORED].sum()) for _, labels, weights in batches)
    routed = {"output_router_logits": True} if balance else {}
    loss = 0.0
    for ids, labels, weights in batches:
        ids = ids.to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            output = model.model(input_ids=ids, use_cache=False, **routed)
            summed, _ = answer_loss(model, ids, labels.to(device), weights.to(device), output.last_hidden_state)
            wanted = summed / total
            if balance:  # the padding on the right is routed too, but it must not count
                experts, active = model.config.num_local_experts, model.config.num_experts_per_tok
                uneven = load_balancing_loss_func(output.router_logits, experts, active, ids != 0)
                wanted = wanted + balance * uneven / len(batches)
        wanted.backward()
        loss += summed.item() / total
    return loss


def optimizers(model, muon_rate: float, adam_rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers (and of a projector), AdamW for everything else. LoRA's thin matrices go
    to AdamW. Weights that are frozen go to neither. Sets PyTorch's threads for the work, too."""
    threads.use_for(sum(weights.numel() for weights in model.parameters()))
    matrices, others = [], []
    for name, weights in model.named_parameters():
        inside = weights.ndim in (2, 3) and (".layers." in name or "projector" in name) and "lora_" not in name
        if weights.requires_grad:
            (matrices if inside else others).append(weights)
    muon = [Muon(matrices, lr=muon_rate)] if matrices else []
    adam = [torch.optim.AdamW(others, lr=adam_rate, betas=(0.9, 0.98), weight_decay=0.0)] if others else []
    return muon + adam


def step(model, optims: list[torch.optim.Optimizer], share: float) -> None:
    """Use the gradients, clipped to a length of 1: one step of each optimizer, at this share of its learning rate."""
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optim in optims:
        for group in optim.param_groups:
            group["lr"] = group.setdefault("peak", group["lr"]) * share
        optim.step()
        optim.zero_grad()


class Checkpoint:
    """What is needed to go on with a training, in one file of a folder, and the curve of its loss beside it. `recipe`:
    all that decides the result. `parts`: the model, the optimizers, and what else changes in training."""

    def __init__(self, folder: Path, recipe: dict, parts: list):
        self.recipe, self.parts = recipe, parts
        self.path, self.curve = folder / "checkpoint.pt", folder / "curve.csv"

    def save(self, done: int) -> None:
        """Save the state after so many steps, whole or not at all."""
        state = {"step": done, "recipe": self.recipe, "parts": [part.state_dict() for part in self.parts]}
        torch.save(state, self.path.with_suffix(".new"))
        self.path.with_suffix(".new").replace(self.path)

    def resume(self) -> int:
        """Load the last state, if there is one; returns its step. Raises CourseError when it is of another recipe."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            self.curve.unlink(missing_ok=True)
            return 0
        state = torch.load(self.path, weights_only=True)
        if state["recipe"] != self.recipe:
            raise CourseError(f"{self.path} belongs to another recipe. Move it away, or train into another folder.")
        for part, saved in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(saved)
        # Drop what came after the checkpoint: those steps come again.
        lines = self.curve.read_text(encoding="utf-8").splitlines(keepends=True)[: state["step"]]
        self.curve.write_text("".join(lines), encoding="utf-8")
        return state["step"]

    def log(self, number: int, loss: float) -> None:
        """Add one line to the training curve."""
        with self.curve.open("a", encoding="utf-8") as file:
            file.write(f"{number},{loss:.4f}\n")


def run(
    model,
    optims: list[torch.optim.Optimizer],
    gradients: Callable[[int], dict[str, float]],
    rate: Callable[[int], float],
    last: int,
    checkpoint: Checkpoint | None = None,
    after: Callable[[int], None] = lambda done: None,
    save_every: int = 250,
) -> None:
    """The loop: train up to step `last`, from the step of the checkpoint, if there is one. `gradients` adds the
    gradients of the step with this number and returns figures for the progress bar: "loss", and perhaps "tokens", which
    become tokens a second. `rate` tells the share of the learning rate in the step. `after` is called with the number
    of steps that are done."""
    first = checkpoint.resume() if checkpoint else 0
    bar = tqdm(range(first, last), initial=first, total=last, unit="step", mininterval=1.0)
    for number in bar:
        began = time.perf_counter()
        figures = gradients(number)
        step(model, optims, rate(number))
        if "tokens" in figures:
            figures["tokens/s"] = figures.pop("tokens") / (time.perf_counter() - began)
        bar.set_postfix({name: f"{figure:,.4g}" for name, figure in figures.items()})
        after(number + 1)
        if checkpoint:
            checkpoint.log(number, figures["loss"])
            if (number + 1) % save_every == 0 or number + 1 == last:
                checkpoint.save(number + 1)


def quicken(model) -> None:
    """Compile the layers where there is a C++ compiler: a third faster, after half a minute; "eager" attention, too."""
    if shutil.which("g++"):
        model.set_attn_implementation("eager")
        model.model.compile(dynamic=True)


def save(model, tokenizer, folder: Path) -> None:
    """Write the model as the course ships it: float16 safetensors, configuration, tokenizer and chat template."""
    model = model.to(torch.float16)
    model.generation_config = GenerationConfig(bos_token_id=0, pad_token_id=0, eos_token_id=[4, 0])
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
