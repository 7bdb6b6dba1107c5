"""Teach pico-vision: first the eye alone, then the eye and the decoder together, then the whole layout.

    python -m course_utils.pico.vision_train --out FOLDER                    # hours on one core; goes on if stopped
    python -m course_utils.pico.vision_train --out FOLDER --stage evaluate   # examine the model in a folder

1. The eye. For each of the 144 places it says what is there, in which colour, and where: the page knows. No words yet.
   Later it practises letters alone once more, on pages full of them.
2. Together. The decoder is pico-mini, which can answer already; it learns to read places as if they were words. A
   picture is read once, and all its questions with it: each sees the picture and itself, and none of the others. What
   is weak is practised in mixes of its own. In some steps the positions are those of the whole layout, with a gap for
   the details.
3. The whole layout: all details of a picture come before it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy
import torch
from torch.nn.functional import cross_entropy

from course_utils.pico import WEIGHTS, picture_book, textbook
from course_utils.pico.drawings import KINDS, TONES
from course_utils.pico.train import IGNORED, backward, encode
from course_utils.pico.vision import PLACES, PicoVision, PicoVisionConfig, crops, normal

DETAILS = 48 * 49  # tokens of 4 x 4 detail crops with their row ends


@dataclass(frozen=True)
class Recipe:
    """All that decides the result. Rates as in `course_utils.pico.train`."""

    eye_steps: int = 500
    steps: int = 4000  # those of the eye included
    pages_a_step: int = 16
    warmup: int = 100
    decay: float = 0.4
    muon_rate: float = 3e-3
    adam_rate: float = 2e-3
    layout_steps: int = 200  # after those, with two pages each and their details
    thinned: int = 80  # so many of these with a random part of the details only, which is several times quicker
    letters: tuple[int, int] = (2000, 2260)  # between these steps the eye alone practises letters
    hard: tuple[int, int] = (1600, 2800)  # between these, apart from those, the book's hard mix is read
    weak: tuple[int, int] = (2800, 3500)  # and between these what was weakest then
    context: int = 8192
    seed: int = 0


def build(recipe: Recipe) -> PicoVision:
    """pico-mini as the decoder, with room for two pictures in its context, and an eye with random weights."""
    from transformers import Phi3ForCausalLM

    torch.manual_seed(recipe.seed)
    mini = Phi3ForCausalLM.from_pretrained(WEIGHTS / "pico-mini", dtype=torch.float32)
    text = mini.config.to_dict() | {
        "max_position_embeddings": recipe.context,
        "original_max_position_embeddings": recipe.context,
    }
    model = PicoVision(PicoVisionConfig(text_config=text))
    model.language.load_state_dict(mini.state_dict())
    return model


class Judge(torch.nn.Module):
    """What helps the eye to learn and is thrown away afterwards: two linear maps from a place to what it holds."""

    def __init__(self, hidden: int):
        super().__init__()
        self.kind, self.tone = torch.nn.Linear(hidden, len(KINDS)), torch.nn.Linear(hidden, len(TONES))

    def forward(self, places, kinds, tones):
        """The mean loss over the places; an empty one, of which there are many, counts a fifth."""
        weight = torch.where(kinds > 0, 1.0, 0.2)
        flat = places.flatten(0, -2)
        losses = cross_entropy(self.kind(flat).float(), kinds.flatten(), reduction="none")
        losses = losses + cross_entropy(self.tone(flat).float(), tones.flatten(), reduction="none")
        return (losses * weight.flatten()).sum() / weight.sum()

    @torch.no_grad()
    def right(self, places, kinds) -> float:
        """The share of the places that hold something whose kind is named right."""
        there = kinds > 0
        return float((self.kind(places)[there].argmax(-1) == kinds[there]).float().mean())


class Compass(torch.nn.Module):
    """Thrown away like the judge: which row and which column a place is in. What is right of what depends on it."""

    def __init__(self, hidden: int):
        super().__init__()
        self.row, self.column = torch.nn.Linear(hidden, PLACES), torch.nn.Linear(hidden, PLACES)

    def forward(self, places, kinds):
        """The mean loss over the places, of [pages, 12, 12, hidden]; an empty one counts a twentieth."""
        weight = torch.where(kinds > 0, 1.0, 0.05).flatten()
        number = torch.arange(PLACES)
        rows = number[None, :, None].expand(places.shape[:-1]).flatten()
        columns = number[None, None].expand(places.shape[:-1]).flatten()
        flat = places.flatten(0, -2)
        losses = cross_entropy(self.row(flat).float(), rows, reduction="none")
        losses = losses + cross_entropy(self.column(flat).float(), columns, reduction="none")
        return (losses * weight).sum() / weight.sum()


def within(step: int, span: tuple[int, int]) -> bool:
    return span[0] <= step < span[1]


def lesson(recipe: Recipe, step: int) -> list[picture_book.Sample]:
    """What is read in this step: samples with `pages_a_step` pages in all, twice as many when the eye is alone."""
    spans = {"letters": recipe.letters, "hard": recipe.hard, "weak": recipe.weak}
    mix = next((name for name, span in spans.items() if within(step, span)), "all")
    rng = random.Random(f"vision/{recipe.seed}/{step}")
    found, left = [], recipe.pages_a_step * (2 if within(step, recipe.letters) else 1)
    while left:
        sample = picture_book.draw(rng, mix=mix)
        if len(sample.pages) <= left:
            found.append(sample)
            left -= len(sample.pages)
    return found


def pixels_of(samples) -> torch.Tensor:
    """[pages, 3, 336, 336]"""
    return torch.stack([normal(page.picture) for sample in samples for page in sample.pages])


def labels_of(samples) -> tuple[torch.Tensor, torch.Tensor]:
    """Two of [pages, 12, 12]: what the places hold, and in which colour."""
    kinds, tones = zip(*(page.labels for sample in samples for page in sample.pages), strict=True)
    return tuple(torch.tensor(numpy.stack(part)).long() for part in (kinds, tones))


def question_ids(question: picture_book.Question, tokenizer) -> tuple[list[int], list[int]]:
    """The tokens of a question with its answer, and their labels. What is read aloud is spelled, letter by letter."""
    head = tokenizer.encode(f"\n{question.text}<|end|>\n<|assistant|>\n")
    letters = question.answer if question.skill == "read" else [question.answer]
    tail = [token for part in letters for token in tokenizer.encode(part)] + tokenizer.encode("<|end|>")
    return head + tail, [IGNORED] * len(head) + tail


@dataclass
class Row:
    """One sample as the decoder reads it: vectors, with the positions, groups and labels of each.

    Group 0 is the picture and what stands before it; each question is a group of its own.
    """

    parts: list
    positions: list[int]
    groups: list[int]
    labels: list[int]


def row_of(sample, places, model, tokenizer, gap: int, details=None) -> Row:
    """`places`: [pages, 12, 12, hidden]. `gap`: how many positions are left free for the details of each picture.

    `details`: for each page a pair (positions within the gap, vectors), or None.
    """
    words = model.language.get_input_embeddings()
    row = Row([], [], [], [])
    at = 0

    def add(vectors, positions):
        row.parts.append(vectors)
        row.positions.extend(positions)
        row.groups.extend([0] * len(vectors))
        row.labels.extend([IGNORED] * len(vectors))

    for i, page in enumerate(places):
        head = tokenizer.encode("<|user|>\n" if i == 0 else "\n")
        add(words(torch.tensor(head)), range(at, at + len(head)))
        at += len(head)
        if gap and details and details[i] is not None:
            where, vectors = details[i]
            add(vectors, [at + p for p in where])
        if gap:
            add(model.separator[None], [at + gap])
            at += gap + 1
        add(model.with_row_ends(page), range(at, at + PLACES * (PLACES + 1)))
        at += PLACES * (PLACES + 1)
    for number, question in enumerate(sample.questions[:6], start=1):
        ids, labels = question_ids(question, tokenizer)
        row.parts.append(words(torch.tensor(ids)))
        row.positions.extend(range(at, at + len(ids)))
        row.groups.extend([number] * len(ids))
        row.labels.extend(labels)
    return row


def answer_losses(model, rows: list[Row]):
    """Of each token of an answer: the cross-entropy, whether it was the likeliest, and its number."""
    longest = max(len(row.labels) for row in rows)
    hidden = model.config.text_config.hidden_size
    embeds = torch.stack([torch.cat([*row.parts, torch.zeros(longest - len(row.labels), hidden)]) for row in rows])
    positions, groups, labels = (
        torch.tensor([values + [fill] * (longest - len(values)) for values in columns])
        for columns, fill in (
            ([row.positions for row in rows], 0),
            ([row.groups for row in rows], -1),
            ([row.labels for row in rows], IGNORED),
        )
    )
    # A token sees those before it that belong to the picture (group 0) or to its own question.
    before = torch.ones(longest, longest, dtype=torch.bool).tril()
    same = (groups[:, :, None] == groups[:, None, :]) | (groups[:, None, :] == 0)
    mask = torch.where(before & same, 0.0, torch.finfo(torch.float32).min)[:, None]
    output = model.language.model(
        inputs_embeds=embeds, attention_mask=mask, position_ids=positions, use_cache=False
    ).last_hidden_state
    counts = labels[:, 1:] != IGNORED
    logits = model.language.lm_head(output[:, :-1][counts]).float()
    right = labels[:, 1:][counts]
    return cross_entropy(logits, right, reduction="none"), logits.argmax(-1) == right, right


def optimizers(model, judge, recipe: Recipe) -> list:
    """Muon for the matrices inside the layers of eye, projector and decoder, AdamW for everything else."""
    inside = (".layers.", "projector")
    named = list(model.named_parameters())
    matrices = [p for n, p in named if p.ndim == 2 and any(part in n for part in inside)]
    others = [p for n, p in named if not (p.ndim == 2 and any(part in n for part in inside))]
    muon = torch.optim.Muon(matrices, lr=recipe.muon_rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW([*others, *judge.parameters()], lr=recipe.adam_rate, betas=(0.9, 0.98), weight_decay=0.0)
    return [muon, adam]


def rate_at(step: int, recipe: Recipe) -> float:
    """The share of the learning rate: a warm-up for each stage; flat; a straight line down to zero."""
    starts = (0, recipe.eye_steps, *recipe.letters)
    since = step - max(start for start in starts if start <= step)
    left = (recipe.steps - step) / (recipe.decay * recipe.steps)
    return min(1.0, (since + 1) / recipe.warmup, left)


def together(model, samples, places, tokenizer, gap: int, details) -> tuple:
    """(sum of the losses of the answers' tokens, their number, right questions by skill), over all samples."""
    total, number, right, at = 0.0, 0, [], 0
    rows = []
    for i, sample in enumerate(samples):
        pages = places[at : at + len(sample.pages)]
        at += len(sample.pages)
        rows.append(row_of(sample, pages, model, tokenizer, gap, details[i] if details else None))
    for pages in (1, 2):
        group = [(s, r) for s, r in zip(samples, rows, strict=True) if len(s.pages) == pages]
        if not group:
            continue
        losses, hits, _ = answer_losses(model, [row for _, row in group])
        total, number = total + losses.sum(), number + len(losses)
        right += judge_rows(group, hits)
    return total, number, right


def judge_rows(group, hits) -> list[tuple[str, bool]]:
    """For each question (skill, whether every token of its answer was the likeliest one): greedy would have said it."""
    found, at = [], 0
    for sample, row in group:
        numbers = [g for g, label in zip(row.groups[1:], row.labels[1:], strict=True) if label != IGNORED]
        part = hits[at : at + len(numbers)].tolist()
        at += len(numbers)
        for i, question in enumerate(sample.questions[:6], start=1):
            found.append((question.skill, all(hit for hit, g in zip(part, numbers, strict=True) if g == i)))
    return found


def train(recipe: Recipe, folder: Path, save_every: int = 200):
    """Train by the recipe, with checkpoints in `folder`, and return (model, tokenizer)."""
    from course_utils.pico.tokenizer import load_tokenizer

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = load_tokenizer(WEIGHTS / "pico-mini")
    model = build(recipe)
    judge = Judge(model.config.text_config.hidden_size)
    compass = Compass(model.config.text_config.hidden_size)
    optims = [*optimizers(model, judge, recipe), torch.optim.AdamW(compass.parameters(), lr=recipe.adam_rate)]
    first = resume(folder, model, judge, optims)
    model.eye.compile()
    model.language.model.compile(dynamic=True)
    right: list[tuple[str, bool]] = []
    for step in range(first, recipe.steps):
        began = time.perf_counter()
        rng = random.Random(f"details/{recipe.seed}/{step}")
        samples = lesson(recipe, step)
        with torch.autocast("cpu", torch.bfloat16):
            places = model.look(pixels_of(samples)).float()
        kinds, tones = labels_of(samples)
        seen, found = judge(places, kinds, tones), compass(places, kinds)
        loss = seen + found
        alone = step < recipe.eye_steps or within(step, recipe.letters)
        if not alone:
            share = min(1.0, (recipe.steps - step) / (recipe.steps - recipe.hard[1]))
            gap = DETAILS if rng.random() < 0.15 else 0
            with torch.autocast("cpu", torch.bfloat16):
                total, number, now = together(model, samples, places, tokenizer, gap, None)
            right += now
            loss = total / number + 0.5 * share * seen + 0.3 * share * found
        loss.backward()
        if not alone and step % 10 == 0:
            rows = [encode(textbook.introduce(textbook.draw(rng, "train"), "pico-mini"), tokenizer) for _ in range(16)]
            backward(model.language, rows, half=True)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optim in optims:
            for group in optim.param_groups:
                group["lr"] = group.setdefault("peak", group["lr"]) * rate_at(step, recipe)
            optim.step()
            optim.zero_grad()
        with (folder / "curve.csv").open("a", encoding="utf-8") as file:
            file.write(f"{step},{loss.item():.4f},{seen.item():.4f}\n")
        if (step + 1) % 50 == 0:
            sight = judge.right(places, kinds)
            took = time.perf_counter() - began
            print(f"{step + 1} loss {loss.item():.3f} sight {sight:.0%} {took:.2f} s {summary(right)}", flush=True)
            right = []
        if (step + 1) % save_every == 0 or step + 1 == recipe.steps:
            state = {"step": step + 1, "model": plain(model), "judge": judge.state_dict(),
                     "optims": [o.state_dict() for o in optims]}  # fmt: skip
            torch.save(state, folder / "checkpoint.new")
            (folder / "checkpoint.new").replace(folder / "checkpoint.pt")
    return model, tokenizer


def in_detail(samples, model, share: float = 1.0):
    """The pages of some samples as the decoder will meet them: (places of the whole, details of each sample's pages).

    `share`: how many of the details' tokens, drawn at random, each at its own position. The eye learns nothing from the
    details: 16 crops of every page would cost more than all the rest.
    """
    wholes, found = [], []
    for sample in samples:
        found.append([])
        for page in sample.pages:
            pixels, (high, wide) = crops(page.picture)
            wholes.append(pixels[0])
            with torch.no_grad():
                grid = model.look(pixels[1:]).float().view(high, wide, PLACES, PLACES, -1).transpose(1, 2)
            vectors = model.with_row_ends(grid.reshape(high * PLACES, wide * PLACES, -1))
            kept = torch.randperm(DETAILS)[: round(share * DETAILS)].sort().values
            found[-1].append((kept.tolist(), vectors[kept]))
    return model.look(torch.stack(wholes)).float(), found


def train_layout(recipe: Recipe, folder: Path):
    """The last stage: on from the finished checkpoint, in the whole layout. Returns (model, tokenizer)."""
    from course_utils.pico.tokenizer import load_tokenizer

    tokenizer = load_tokenizer(WEIGHTS / "pico-mini")
    model = build(recipe)
    model.load_state_dict(torch.load(folder / "checkpoint.pt", weights_only=True)["model"])
    optims = optimizers(model, Judge(model.config.text_config.hidden_size), recipe)
    right: list[tuple[str, bool]] = []
    for step in range(recipe.layout_steps):
        began = time.perf_counter()
        samples = lesson(replace(recipe, pages_a_step=2), recipe.steps + step)
        with torch.autocast("cpu", torch.bfloat16):
            share = random.Random(step).uniform(0.05, 0.25) if step < recipe.thinned else 1.0
            places, details = in_detail(samples, model, share)
            total, number, now = together(model, samples, places, tokenizer, DETAILS, details)
        right += now
        (total / number).backward()
        # A few samples at a glance, so that the model goes on to understand the whole picture alone.
        samples = lesson(replace(recipe, pages_a_step=6), 10**6 + step)
        with torch.autocast("cpu", torch.bfloat16):
            total, number, _ = together(model, samples, model.look(pixels_of(samples)).float(), tokenizer, 0, None)
        (total / number).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optim in optims:
            for group in optim.param_groups:
                rate = 0.2 * min(1.0, (step + 1) / 20, 1 - step / recipe.layout_steps)
                group["lr"] = group.setdefault("peak", group["lr"]) * rate
            optim.step()
            optim.zero_grad()
        if (step + 1) % 10 == 0:
            print(f"layout {step + 1} loss {(total / number).item():.3f} {time.perf_counter() - began:.2f} s", end=" ")
            print(summary(right), flush=True)
            right = []
        if (step + 1) % 50 == 0 or step + 1 == recipe.layout_steps:
            torch.save({"step": recipe.steps + step + 1, "model": model.state_dict()}, folder / "layout.new")
            (folder / "layout.new").replace(folder / "layout.pt")
    return model, tokenizer


def plain(model) -> dict:
    return {name.replace("_orig_mod.", ""): value for name, value in model.state_dict().items()}


def summary(right: list[tuple[str, bool]]) -> str:
    skills: dict[str, list[bool]] = {}
    for skill, hit in right:
        skills.setdefault(skill, []).append(hit)
    return " ".join(f"{skill} {100 * sum(hits) / len(hits):.0f}" for skill, hits in sorted(skills.items()))


def resume(folder: Path, model, judge, optims) -> int:
    """Load the last checkpoint, if there is one. Returns the step to go on from."""
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    judge.load_state_dict(state["judge"])
    for optim, saved in zip(optims, state["optims"], strict=True):
        optim.load_state_dict(saved)
    return state["step"]


def save(model, tokenizer, folder: Path) -> None:
    """Write the model as the course ships it: float16 safetensors, configuration, tokenizer."""
    from transformers import GenerationConfig

    model = model.half()
    model.generation_config = GenerationConfig(bos_token_id=0, pad_token_id=0, eos_token_id=[4, 0])
    model.language.generation_config = model.generation_config
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@torch.inference_mode()
def examine(model, tokenizer, samples: int = 100, seed: int = 7, layout: bool = False, skills=None) -> dict[str, float]:
    """The share of right answers to held-out questions, by skill: greedy, the whole answer, letter by letter.

    With `layout` the model sees the details of each picture too, as ONNX Runtime GenAI would show them.
    """
    scores, at_once = {}, 4 if layout else 20
    for skill in skills or picture_book.SKILLS:
        rng, found = random.Random(f"{seed}/{skill}"), []
        for start in range(0, samples, at_once):
            batch = [picture_book.draw(rng, "test", skill) for _ in range(min(at_once, samples - start))]
            if layout:
                places, details = in_detail(batch, model)
                found += together(model, batch, places, tokenizer, DETAILS, details)[2]
            else:
                found += together(model, batch, model.look(pixels_of(batch)), tokenizer, 0, None)[2]
        scores[skill] = sum(hit for _, hit in found) / len(found)
    return scores


def main(argv: list[str] | None = None) -> int:
    """Train into a folder, or examine the checkpoint there."""
    parser = argparse.ArgumentParser(prog="python -m course_utils.pico.vision_train", description="Train pico-vision.")
    parser.add_argument("--out", type=Path, required=True, help="where the checkpoints are")
    parser.add_argument("--stage", choices=("all", "layout", "evaluate"), default="all", help="default: all of it")
    parser.add_argument("--samples", type=int, default=100, help="with evaluate: how many a skill")
    args = parser.parse_args(argv)
    recipe = Recipe()
    if args.stage == "evaluate":
        from course_utils.pico.vision import load

        scores = examine(*load(args.out), args.samples)
        print(json.dumps({skill: round(score, 4) for skill, score in scores.items()}))
        return 0
    if args.stage == "all":
        train(recipe, args.out)
    save(*train_layout(recipe, args.out), args.out / "model")
    print(f"Trained. The model is in {args.out / 'model'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
