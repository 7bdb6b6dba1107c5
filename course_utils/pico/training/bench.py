"""What the course's way of training saves: a race against a plain loop, `python -m course_utils bench train`.

Three models of 473,088 parameters begin with the same weights and read the same samples, for as long as each other. One
is taught by the loop of `train`, two by a loop as in nanoGPT: AdamW, random windows out of one stream, a cosine. What
counts is how soon ours has the loss that the plain loop ends with, on held-out samples that none of them has read, in
nats a token of the answers.

nanoGPT counts every token of the text, questions too; `train` counts the answers only. In a race as short as this, the
questions teach as well: how words follow each other. So the loop here counts the answers and a random half of the other
tokens, and each of these alike. A plain loop can count answers only, too; both plain loops run. `ratio` is about the
first of them, nanoGPT as it is, and `ratios` has both figures.

The settings were chosen by the last loss after 40 seconds of one core (AMD EPYC, shared with other work):

* every token, by learning rate and windows a step: 2.22 (5e-3, 4), 2.24 (5e-3, 2), 2.34 (3e-3, 4), 2.39 (1e-2, 4),
  2.77 (5e-3, 8), 2.83 (3e-3, 8);
* answers only, after 30 seconds: 2.72 (5e-3, 4), 3.29 (1e-2, 4), 3.32 (3e-3, 8), 3.61 (1e-2, 8), 3.99 (2e-2, 4);
* ours, by the rates of Muon and AdamW: 1.89 (6e-3, 1e-2), answers only; with half of the questions 1.71 (6e-3, 2e-2),
  1.64 (6e-3, 3e-2), 1.59 (6e-3, 5e-2); with seven tenths of them 1.69 (6e-3, 2e-2).

With these settings our loop took 55 % of the time of the first, and 53 to 55 % of that of the second
(November 2026, two runs).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from course_utils.pico import textbook
from course_utils.pico.training.train import (
    IGNORED,
    Recipe,
    answer_loss,
    backward,
    buckets,
    build_model,
    encode,
    micro_batches,
    optimizers,
)

SECONDS = 40.0  # of training for each of the three: the whole command then takes two to three minutes
BAR = 0.6
OURS = Recipe(
    hidden_size=96,
    layers=3,
    heads=3,
    intermediate_size=192,
    decay=0.9,
    muon_rate=6e-3,
    adam_rate=5e-2,
)
QUESTIONS = 0.5  # the share of the tokens outside of the answers that our loop counts, drawn anew each time
# In its short time our loop takes small steps. To waste little on padding all the same, it reads POOL samples ahead,
# cuts them into micro-batches of similar length, and makes each step of two of these.
POOL = 128
MICRO_BATCH = 640  # tokens
SAMPLES_A_SECOND = 250  # more than either loop reads in a second on two cores of a server
HELD_OUT = 200  # samples
MEASUREMENTS = 16  # of each loop, evenly over its time
WARMUP = 0.05  # the share of the time in which both learning rates rise
Row = tuple[list[int], list[int]]  # token ids and labels, from `encode`


@dataclass(frozen=True)
class Plain:
    """The settings of a plain loop: nanoGPT's, but for those that were tried out for this model (see above)."""

    answers_only: bool
    rate: float
    windows: int  # a step
    floor: float = 0.1  # the share of the learning rate that is left at the end
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = 0.1
    length: int = 256  # tokens a window


PLAIN = {  # by what they count
    "every token": Plain(answers_only=False, rate=5e-3, windows=4),
    "answers only": Plain(answers_only=True, rate=5e-3, windows=4),
}


# -- the loops -------------------------------------------------------------------------------------


def our_loop(model, rows: list[Row], share: Callable[[], float], recipe: Recipe = OURS) -> Iterator[int]:
    """The loop of `train`, a step a turn: whole samples, Muon and AdamW. Yields the tokens of the step.

    `share` tells which share of the time is used, from 0 to 1: the learning rate follows it.
    """
    import torch

    optims, rng, read, groups = optimizers(model, recipe), random.Random(0), 0, []
    while True:
        if len(groups) < 2:
            pool = [rows[(read + i) % len(rows)] for i in range(POOL)]
            read += POOL
            groups += buckets(pool, MICRO_BATCH)
            rng.shuffle(groups)
        batch = [with_questions(row, rng) for row in groups.pop() + groups.pop()]
        backward(model, batch, tokens=MICRO_BATCH, power=1)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optim in optims:
            for group in optim.param_groups:
                group["lr"] = group.setdefault("peak", group["lr"]) * our_rate(share(), recipe.decay)
            optim.step()
            optim.zero_grad()
        yield sum(len(ids) for ids, _ in batch)


def with_questions(row: Row, rng: random.Random) -> Row:
    """The row with labels at a random share, QUESTIONS, of the tokens that have none."""
    ids, labels = row
    return ids, [
        token if label == IGNORED and rng.random() < QUESTIONS else label
        for token, label in zip(ids, labels, strict=True)
    ]


def plain_loop(model, stream, share: Callable[[], float], how: Plain) -> Iterator[int]:
    """A loop as in nanoGPT, a step a turn: random windows out of one stream, AdamW. Yields the tokens of the step.

    `stream` is what `pack` returns.
    """
    import torch

    ids, labels = stream if how.answers_only else (stream[0], stream[0])
    rng = torch.Generator().manual_seed(0)
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": how.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optim = torch.optim.AdamW(groups, lr=how.rate, betas=how.betas)
    while True:
        starts = torch.randint(len(ids) - how.length, (how.windows,), generator=rng)
        window = starts[:, None] + torch.arange(how.length + 1)  # one token more: the last one is only a target
        loss, count = answer_loss(model, ids[window], labels[window], torch.ones(window.shape))
        (loss / count.clamp(min=1)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optim.param_groups:
            group["lr"] = how.rate * plain_rate(share(), how.floor)
        optim.step()
        optim.zero_grad()
        yield how.windows * how.length


def our_rate(share: float, decay: float) -> float:
    """The share of the learning rate when this share of the time is used: warm-up, flat, a straight line to zero."""
    return min(1.0, (share + 0.002) / WARMUP, max(0.0, 1 - share) / decay)


def plain_rate(share: float, floor: float) -> float:
    """The same for the plain loop: warm-up, then half a wave of the cosine down to `floor`."""
    if share < WARMUP:
        return min(1.0, (share + 0.002) / WARMUP)
    wave = 0.5 * (1 + math.cos(math.pi * min(1.0, (share - WARMUP) / (1 - WARMUP))))
    return floor + (1 - floor) * wave


def pack(rows: list[Row]):
    """All rows in one stream, <|endoftext|> behind each: (ids, labels), tensors of as many tokens as that makes."""
    import torch

    ids = [token for row, _ in rows for token in (*row, 0)]
    labels = [label for _, row in rows for label in (*row, IGNORED)]
    return torch.tensor(ids), torch.tensor(labels)


# -- the race --------------------------------------------------------------------------------------


@dataclass
class Racer:
    """A model and what it has done so far: processor seconds of training, steps, tokens read, and its losses."""

    model: object
    limit: float  # seconds
    loop: Iterator[int] | None = None
    seconds: float = 0.0
    steps: int = 0
    tokens: int = 0
    curve: list[tuple[float, float]] = field(default_factory=list)  # (seconds, nats an answer token)

    def share(self) -> float:
        return self.seconds / self.limit

    def step(self) -> None:
        began = time.process_time()
        self.tokens += next(self.loop)
        self.seconds += time.process_time() - began
        self.steps += 1

    def measure(self, held_out: list[Row]) -> None:
        """Note the held-out loss when it is due: at the start, MEASUREMENTS times, and at the end."""
        if self.share() >= min(1.0, len(self.curve) / MEASUREMENTS):
            self.curve.append((self.seconds, mean_loss(self.model, held_out)))


def race(
    seconds: float, rows: list[Row], held_out: list[Row], show: Callable[[dict[str, Racer]], None] = lambda _: None
) -> dict[str, Racer]:
    """Train all three for `seconds` each. Returns them by name; `show` gets them after every step.

    Whoever has used least time makes the next step, so what else the computer does meets all alike. The time is that of
    the processor, and only of training: measurements, drawing and cutting into tokens cost none of them anything.
    """
    racers = {name: Racer(build_model(OURS), seconds) for name in (*PLAIN, "ours")}
    stream = pack(rows)
    for name, racer in racers.items():
        if name in PLAIN:
            racer.loop = plain_loop(racer.model, stream, racer.share, PLAIN[name])
        else:
            racer.loop = our_loop(racer.model, rows, racer.share)
        racer.measure(held_out)
    while (racer := min(racers.values(), key=lambda one: one.seconds)).seconds < seconds:
        racer.step()
        racer.measure(held_out)
        show(racers)
    return racers


def draw(split: str, count: int, tokenizer) -> list[Row]:
    """The first `count` samples of the split that fit into the context, the same ones every time."""
    rng, rows = random.Random(f"bench/{split}"), []
    while len(rows) < count:
        row = encode(textbook.draw(rng, split), tokenizer)
        if len(row[0]) <= OURS.context:
            rows.append(row)
    return rows


def mean_loss(model, rows: list[Row]) -> float:
    """Nats a token, over all tokens of the rows that have a label."""
    import torch

    total = count = 0.0
    with torch.inference_mode():
        for ids, labels, weights in micro_batches(rows, 4096):
            summed, counted = answer_loss(model, ids, labels, torch.ones_like(weights))
            total, count = total + summed.item(), count + counted.item()
    return total / count


def time_to(curve: list[tuple[float, float]], loss: float) -> float | None:
    """When a curve of (seconds, loss) first comes down to `loss`, on straight lines between its points, or None."""
    if curve[0][1] <= loss:
        return curve[0][0]
    for (start, high), (end, low) in pairwise(curve):
        if low <= loss:
            return start + (end - start) * (high - loss) / (high - low)
    return None


# -- the command -----------------------------------------------------------------------------------


def run(seconds: float, quiet: bool = False) -> dict:
    """The whole comparison, on one thread, as a dictionary for JSON. A bar shows its progress unless `quiet`."""
    import torch
    from tqdm.auto import tqdm

    from course_utils.pico.tokenizer import load_tokenizer

    torch.set_num_threads(1)  # then the processor's seconds are those of one core, for all of them
    tokenizer = load_tokenizer()
    tokenizer.model_max_length = 10**9  # `draw` leaves out what is too long: no warning about it
    rows = draw("train", max(500, round(seconds * SAMPLES_A_SECOND)), tokenizer)
    held_out = draw("test", HELD_OUT, tokenizer)
    form = "{desc}{percentage:3.0f}% |{bar}| {elapsed}<{remaining}{postfix}"
    with tqdm(total=len((*PLAIN, "ours")) * seconds, bar_format=form, disable=quiet) as bar:

        def show(racers: dict[str, Racer]) -> None:
            bar.n = min(bar.total, sum(racer.seconds for racer in racers.values()))
            losses = ", ".join(f"{name} {racer.curve[-1][1]:.2f}" for name, racer in racers.items())
            bar.set_postfix_str(f"held-out loss: {losses}")

        racers = race(seconds, rows, held_out, show)
    return {
        "topic": "train",
        **compare({name: racer.curve for name, racer in racers.items()}),
        "parameters": racers["ours"].model.num_parameters(),
        "samples": len(rows),
        "held_out": {"samples": HELD_OUT, "answer_tokens": sum(y != IGNORED for _, row in held_out for y in row[1:])},
        "loops": {name: report(racer, held_out) for name, racer in racers.items()},
    }


def compare(curves: dict[str, list[tuple[float, float]]]) -> dict:
    """When ours came down to where each plain loop ended, as a share of that loop's time (None: it never did).

    `ratio` is the share for nanoGPT as it is, which counts every token.
    """
    ratios = {}
    for name in PLAIN:
        seconds, loss = curves[name][-1]
        reached = time_to(curves["ours"], loss)
        ratios[name] = None if reached is None else reached / seconds
    ratio = ratios["every token"]
    return {
        "ratio": ratio,
        "bar": BAR,
        "reached": ratio is not None and ratio <= BAR,
        "ratios": ratios,
        "seconds": curves["every token"][-1][0],
    }


def report(racer: Racer, held_out: list[Row]) -> dict:
    """What one loop did. Losses in nats: an answer token, and any token of the held-out samples."""
    return {
        "steps": racer.steps,
        "tokens": racer.tokens,
        "loss": racer.curve[-1][1],
        "loss_all_tokens": mean_loss(racer.model, [(ids, ids) for ids, _ in held_out]),
        "curve": racer.curve,
    }


def lines(found: dict) -> list[str]:
    """The result for people."""
    loops = found["loops"]
    out = ["held-out loss in nats an answer token", "".join(f"{name:>14}" for name in ("seconds", *loops))]
    for points in zip(*(loop["curve"] for loop in loops.values()), strict=False):
        out.append(f"{points[0][0]:14.1f}" + "".join(f"{loss:14.3f}" for _, loss in points))
    out.append("   any token: " + "".join(f"{loop['loss_all_tokens']:14.3f}" for loop in loops.values()))
    for name, ratio in found["ratios"].items():
        share = "never had" if ratio is None else f"took {ratio:.0%} of the time to have"
        out.append(f"Our loop {share} the last loss of the plain loop that counts {name}, {loops[name]['loss']:.3f}.")
    return [*out, f"The bar: at most {found['bar']:.0%} of the time of nanoGPT's way, which counts every token."]


def main(argv: list[str] | None = None) -> int:
    """The command `bench train`. Its exit status is 0 whatever the figures are: they are a measurement, not a test."""
    parser = argparse.ArgumentParser(prog="python -m course_utils bench train")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    try:
        found = run(args.seconds, quiet=args.json)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    print(json.dumps(found) if args.json else "\n".join(lines(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
