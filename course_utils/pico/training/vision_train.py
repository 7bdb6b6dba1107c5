"""Teach pico-vision: first the eye alone, then the eye and the decoder together, then the whole layout.

    python -m course_utils.pico.training.vision_train --out FOLDER   # hours on one core; goes on if stopped
    python -m course_utils.pico.training.vision_train --out FOLDER --stage evaluate  # examine the model in a folder

1. The eye. For each of the 144 places it says what is there, in which colour, and where: the page knows. No words yet.
   Later it practises letters alone once more, on pages full of them.
2. Together. The decoder is pico-mini, which can answer already; it learns to read places as if they were words. A
   picture is read once, and all its questions with it: each sees the picture and itself, and none of the others. What
   is weak is practised in mixes of its own, and the eye goes on to practise letters and numbers. In some steps the
   positions are those of the whole layout, and a few of the details stand in their places.
   `course_utils.pico.training.vision_aids` says what the model is asked besides.
3. The whole layout: all details of a picture come before it.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from course_utils.pico import folder, textbook
from course_utils.pico.textbook import picture_book
from course_utils.pico.training.muon import HALF, Muon
from course_utils.pico.training.train import IGNORED, backward, encode
from course_utils.pico.training.vision_aids import DecoderAid, EyeAid, maps_of, place_of, third_of
from course_utils.pico.vision import PLACES, PicoVision, PicoVisionConfig, crops, normal

DETAILS = 48 * 49  # tokens of 4 x 4 detail crops with their row ends


@dataclass(frozen=True)
class Stage:
    """So many steps with samples of a mix. Muon's rate goes in a line from `rate` to `end`; AdamW has 2/3 of it."""

    steps: int
    mix: str
    rate: float
    end: float
    alone: bool = False  # the eye without the decoder, on twice as many pages
    letters: int = 0  # pages beside, most of them full of letters, for the eye alone


@dataclass(frozen=True)
class Recipe:
    """All that decides the result. Rates as in `course_utils.pico.training.train`."""

    stages: tuple[Stage, ...] = (
        Stage(500, "all", 3e-3, 3e-3, alone=True),
        Stage(1100, "all", 3e-3, 3e-3),
        Stage(400, "hard", 3e-3, 3e-3),
        Stage(260, "letters", 3e-3, 3e-3, alone=True),
        Stage(540, "hard", 3e-3, 2.2e-3),
        Stage(700, "weak", 2.2e-3, 1e-3),
        Stage(500, "all", 1e-3, 0),  # so far without the aids of the decoder
        Stage(600, "weak", 1.5e-3, 1.4e-3),
        Stage(3000, "weak", 8e-4, 8e-4),
        Stage(1000, "all", 8e-4, 4.7e-4),
        Stage(600, "all", 6e-4, 5e-4),
        Stage(800, "all", 5e-4, 0),
        Stage(2000, "all", 6e-4, 0, letters=4),
        Stage(3100, "all", 7e-4, 0, letters=6),
        Stage(500, "numbers", 4e-4, 0, letters=4),
    )
    pages_a_step: int = 16
    warmup: int = 100  # steps, in each stage
    layout_rate: float = 5e-4
    layout_steps: int = 300  # after those, with the details of each picture
    thinned: int = 80  # so many of these with a random part of the details only, which is several times quicker
    context: int = 8192
    seed: int = 0

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    def at(self, step: int) -> tuple[Stage, int]:
        """The stage of a step, and how many of its steps came before."""
        for stage in self.stages:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        return self.stages[-1], step

    def rate(self, step: int) -> float:
        """The rate of Muon in this step: up from nothing at the start of its stage, then along the line."""
        stage, since = self.at(step)
        return min(1.0, (since + 1) / self.warmup) * (stage.rate + (stage.end - stage.rate) * since / stage.steps)


def build(recipe: Recipe) -> PicoVision:
    """pico-mini as the decoder, with room for two pictures in its context, and an eye with random weights."""
    from transformers import Phi3ForCausalLM

    torch.manual_seed(recipe.seed)
    mini = Phi3ForCausalLM.from_pretrained(folder(), dtype=torch.float32)
    text = mini.config.to_dict() | {
        "max_position_embeddings": recipe.context,
        "original_max_position_embeddings": recipe.context,
    }
    model = PicoVision(PicoVisionConfig(text_config=text))
    model.language.load_state_dict(mini.state_dict())
    return model


def lesson(recipe: Recipe, step: int, pages: int = 0) -> list[picture_book.Sample]:
    """What is read in this step: samples with `pages_a_step` pages in all, twice as many when the eye is alone."""
    stage, _ = recipe.at(step)
    rng = random.Random(f"vision/{recipe.seed}/{step}")
    found, left = [], pages or recipe.pages_a_step * (2 if stage.alone else 1)
    while left:
        sample = picture_book.draw(rng, mix=stage.mix)
        if len(sample.pages) <= left:
            found.append(sample)
            left -= len(sample.pages)
    return found


def pixels_of(samples) -> torch.Tensor:
    """[pages, 3, 336, 336]"""
    return torch.stack([normal(page.picture) for sample in samples for page in sample.pages])


def question_ids(question: picture_book.Question, tokenizer) -> tuple[list[int], list[int], dict[str, list]]:
    """The tokens of a question with its answer, and their labels. What is read aloud is spelled, letter by letter.

    Then what `DecoderAid` asks: hints, aims, sides and numbers, as pairs of a token and what it should know.
    """
    text = f"\n{question.text}<|end|>\n<|assistant|>\n"
    coded = tokenizer(text, return_offsets_mapping=True)
    head, spans = coded["input_ids"], coded["offset_mapping"]
    letters = question.answer if question.skill == "read" else [question.answer]
    tail = [token for part in letters for token in tokenizer.encode(part)] + tokenizer.encode("<|end|>")

    def end_of(word: str) -> int:
        end = list(re.finditer(rf"\b{word}\b", text))[-1].end()
        return next(i for i, span in enumerate(spans) if span[0] < end <= span[1])

    marks = {"hints": [(end_of(word), place_of(x, y)) for word, x, y in question.hints]}
    # A name has several tokens. With one aim, each of them is to look there: else "P" is followed by what the question
    # makes likely, "urple" for a triangle, whatever the picture shows.
    aims = question.aims * max(1, len(tail) - 2) if len(question.aims) == 1 else question.aims
    marks["aims"] = [(len(head) - 1 + i, third_of(*point)) for i, point in enumerate(aims)]
    if len(question.hints) == 2:
        found = picture_book.side_of(*(hint[1:] for hint in question.hints))
        marks["sides"] = [(len(head) - 1, list(picture_book.SIDES).index(found))]
    if question.counted:
        marks["numbers"] = [(end_of(question.counted), int(question.answer[:-1]))]
    return head + tail, [IGNORED] * len(head) + tail, marks


@dataclass
class Row:
    """One sample as the decoder reads it: vectors, with the positions, groups and labels of each.

    Group 0 is the picture and what stands before it; each question is a group of its own. Hints, aims, sides and
    numbers are pairs of a vector and what it should know; `second` is the first vector of the whole second picture.
    """

    parts: list = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    hints: list[tuple[int, int]] = field(default_factory=list)
    aims: list[tuple[int, int]] = field(default_factory=list)
    sides: list[tuple[int, int]] = field(default_factory=list)
    numbers: list[tuple[int, int]] = field(default_factory=list)
    second: int = 0


def row_of(sample, places, model, tokenizer, gap: int, details=None) -> Row:
    """`places`: [pages, 12, 12, hidden]. `gap`: how many positions are left free for the details of each picture.

    `details`: for each page a pair (positions within the gap, vectors), or None.
    """
    words = model.language.get_input_embeddings()
    row = Row()
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
        if details:
            where, vectors = details[i]
            add(vectors + model.zoom, [at + p for p in where])
        if gap:
            add(model.separator[None], [at + gap])
            at += gap + 1
        row.second = len(row.labels) if i else 0
        add(model.with_row_ends(page), range(at, at + PLACES * (PLACES + 1)))
        at += PLACES * (PLACES + 1)
    for number, question in enumerate(sample.questions[:6], start=1):
        ids, labels, marks = question_ids(question, tokenizer)
        for name, pairs in marks.items():
            getattr(row, name).extend((len(row.labels) + i, right) for i, right in pairs)
        row.parts.append(words(torch.tensor(ids)))
        row.positions.extend(range(at, at + len(ids)))
        row.groups.extend([number] * len(ids))
        row.labels.extend(labels)
    return row


def answer_losses(model, rows: list[Row]):
    """Of each token of an answer: the cross-entropy, and whether it was the likeliest; the states after each layer."""
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
        inputs_embeds=embeds, attention_mask=mask, position_ids=positions, use_cache=False, output_hidden_states=True
    )
    counts = labels[:, 1:] != IGNORED
    logits = model.language.lm_head(output.last_hidden_state[:, :-1][counts]).float()
    right = labels[:, 1:][counts]
    return cross_entropy(logits, right, reduction="none"), logits.argmax(-1) == right, output.hidden_states


def optimizers(model, more=()) -> list:
    """Muon for the matrices inside the layers of eye, projector and decoder, AdamW for the others and `more`."""
    inside = (".layers.", "projector")
    named = list(model.named_parameters())
    matrices = [p for n, p in named if p.ndim == 2 and any(part in n for part in inside)]
    others = [p for n, p in named if not (p.ndim == 2 and any(part in n for part in inside))]
    muon = Muon(matrices, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW([*others, *more], betas=(0.9, 0.98), weight_decay=0.0)
    return [muon, adam]


def update(model, optims, rate: float) -> None:
    """One step of the optimizers, at this rate for Muon."""
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optim, share in zip(optims, (1, 2 / 3), strict=True):
        for group in optim.param_groups:
            group["lr"] = share * rate
        optim.step()
        optim.zero_grad()


def together(model, samples, places, tokenizer, gap: int, details, aid=None) -> tuple:
    """(mean loss of the answers' tokens, loss of the aid, right questions by skill), over all samples."""
    total, number, helped, right, at = 0.0, 0, 0.0, [], 0
    rows = []
    for i, sample in enumerate(samples):
        pages = places[at : at + len(sample.pages)]
        at += len(sample.pages)
        rows.append(row_of(sample, pages, model, tokenizer, gap, details[i] if details else None))
    for pages in (1, 2):
        group = [(s, r) for s, r in zip(samples, rows, strict=True) if len(s.pages) == pages]
        if not group:
            continue
        losses, hits, states = answer_losses(model, [row for _, row in group])
        total, number = total + losses.sum(), number + len(losses)
        if aid:
            helped = helped + aid(states, [row for _, row in group], [sample for sample, _ in group])
        right += judge_rows(group, hits)
    return total / number, helped, right


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
    tokenizer = load_tokenizer()
    model = build(recipe)
    hidden = model.config.text_config.hidden_size
    aids = torch.nn.ModuleDict({"eye": EyeAid(hidden), "decoder": DecoderAid(hidden)})
    optims = optimizers(model, aids.parameters())
    first = resume(folder, model, aids, optims)
    right: list[tuple[str, bool]] = []
    for step in range(first, recipe.steps):
        began, (stage, _) = time.perf_counter(), recipe.at(step)
        rng = random.Random(f"details/{recipe.seed}/{step}")
        samples = lesson(recipe, step)
        maps = maps_of(samples)
        with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
            places = model.look(pixels_of(samples)).float()
        what, where = aids["eye"](places, maps)
        if stage.letters:
            pages = [picture_book.beside(rng, False) for _ in range(stage.letters)]
            with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
                seen = model.look(pixels_of(pages)).float()
            what = what + aids["eye"](seen, maps_of(pages))[0]
        loss = what + where
        if not stage.alone:
            gap = DETAILS if rng.random() < 0.1 else 0
            details = glimpses(samples, model, rng) if gap else None
            with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
                answers, helped, now = together(model, samples, places, tokenizer, gap, details, aids["decoder"])
            right += now
            loss = answers + 0.3 * what + 0.1 * where + 0.2 * helped
        loss.backward()
        if not stage.alone and step % 10 == 0:
            rows = [encode(textbook.introduce(textbook.draw(rng, "train"), "pico-mini"), tokenizer) for _ in range(16)]
            backward(model.language, rows, half=HALF)
        update(model, optims, recipe.rate(step))
        if (step + 1) % 50 == 0:
            print(f"{step + 1} loss {loss.item():.3f} {time.perf_counter() - began:.2f} s {summary(right)}", end=" | ")
            if stage.letters:
                print("beside", aids["eye"].report(seen, maps_of(pages)), end=" | ")
            print(aids["eye"].report(places, maps), aids["decoder"].report(), flush=True)
            right = []
        if (step + 1) % save_every == 0 or step + 1 == recipe.steps:
            state = {"step": step + 1, "model": model.state_dict(), "aids": aids.state_dict(),
                     "optims": [o.state_dict() for o in optims]}  # fmt: skip
            torch.save(state, folder / "checkpoint.new")
            (folder / "checkpoint.new").replace(folder / "checkpoint.pt")
    return model, tokenizer


@torch.no_grad()
def glimpses(samples, model, rng: random.Random, number: int = 2) -> list:
    """A few of the 16 details of each page, drawn at random, each place at its own position; without the row ends."""
    chosen, pixels = [], []
    for page in (page for sample in samples for page in sample.pages):
        chosen.append(rng.sample(range(16), number))
        pixels.append(crops(page.picture)[0][1:][chosen[-1]])
    with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
        seen = model.look(torch.cat(pixels)).float().view(len(chosen), number * PLACES * PLACES, -1)
    inside = torch.arange(PLACES)[:, None] * (4 * PLACES + 1) + torch.arange(PLACES)
    found = []
    for crops_, vectors in zip(chosen, seen, strict=True):
        corners = [crop // 4 * PLACES * (4 * PLACES + 1) + crop % 4 * PLACES for crop in crops_]
        found.append((torch.cat([(inside + corner).flatten() for corner in corners]).tolist(), vectors))
    pages = iter(found)
    return [[next(pages) for _ in sample.pages] for sample in samples]


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

    tokenizer = load_tokenizer()
    model = build(recipe)
    last = folder / "layout.pt"
    state = torch.load(last if last.exists() else folder / "checkpoint.pt", weights_only=True)
    model.load_state_dict(state["model"])
    optims = optimizers(model)
    right: list[tuple[str, bool]] = []
    for step in range(state["step"] - recipe.steps, recipe.layout_steps):
        began, thin = time.perf_counter(), step < recipe.thinned
        samples = lesson(recipe, recipe.steps + step, pages=4 if thin else 2)
        with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
            places, details = in_detail(samples, model, random.Random(step).uniform(0.05, 0.25) if thin else 1.0)
            loss, _, now = together(model, samples, places, tokenizer, DETAILS, details)
        right += now
        loss.backward()
        # A few samples at a glance, so that the model goes on to understand the whole picture alone.
        samples = lesson(recipe, 10**6 + step, pages=8)
        with torch.autocast("cpu", torch.bfloat16, enabled=HALF):
            loss, _, _ = together(model, samples, model.look(pixels_of(samples)).float(), tokenizer, 0, None)
        loss.backward()
        update(model, optims, recipe.layout_rate * min(1.0, (step + 1) / 20, 1 - step / recipe.layout_steps))
        if (step + 1) % 20 == 0:
            print(f"layout {step + 1} loss {loss.item():.3f} {time.perf_counter() - began:.2f} s", end=" ")
            print(summary(right), flush=True)
            right = []
        if (step + 1) % 50 == 0 or step + 1 == recipe.layout_steps:
            torch.save({"step": recipe.steps + step + 1, "model": model.state_dict()}, folder / "layout.new")
            (folder / "layout.new").replace(last)
    return model, tokenizer


def summary(right: list[tuple[str, bool]]) -> str:
    skills: dict[str, list[bool]] = {}
    for skill, hit in right:
        skills.setdefault(skill, []).append(hit)
    return " ".join(f"{skill} {100 * sum(hits) / len(hits):.0f}" for skill, hits in sorted(skills.items()))


def resume(folder: Path, model, aids, optims) -> int:
    """Load the last checkpoint, if there is one. Returns the step to go on from."""
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    aids.load_state_dict(state["aids"])
    for optim, saved in zip(optims, state["optims"], strict=True):
        optim.load_state_dict(saved)
    return state["step"]


def save(model, tokenizer, folder: Path) -> None:
    """Write the model as the course ships it: float16 safetensors, configuration, tokenizer."""
    from transformers import GenerationConfig

    model = model.half()
    model.generation_config = GenerationConfig(bos_token_id=0, pad_token_id=0, eos_token_id=[4, 0])
    model.language.generation_config = model.generation_config
    model.config.text_config._name_or_path = ""  # else the file says in which folder pico-mini lay
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
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.pico.training.vision_train", description="Train pico-vision."
    )
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
