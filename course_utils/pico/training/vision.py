"""Teach pico-vision: first the eye alone, then the eye and the decoder together, then the whole layout.

1. The eye. For each of the 144 places it says what is there, in which colour, and where: the page knows. No words yet.
   Later it practises letters alone once more, on pages full of them.
2. Together. The decoder is pico-mini, which can answer already; it learns to read places as if they were words. A
   picture is read once, and all its questions with it: each sees the picture and itself, and none of the others. What
   is weak is practised in mixes of its own, and the eye goes on to practise letters and numbers. In some steps the
   positions are those of the whole layout, and a few of the details stand in their places.
   `course_utils.pico.training.vision_aids` says what the model is asked besides.
3. The whole layout: all details of a picture come before it.

It takes hours on one core.
"""

from __future__ import annotations

import random
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence
from transformers import Phi3ForCausalLM

from course_utils.pico import folder as folder_of
from course_utils.pico import textbook
from course_utils.pico.textbook import picture_book
from course_utils.pico.tokenizer import IGNORED, encode, load_tokenizer
from course_utils.pico.training.loop import Checkpoint, backward, optimizers, prefers_half, run
from course_utils.pico.training.vision_aids import DecoderAid, EyeAid, maps_of, place_of, third_of
from course_utils.pico.vision import PLACES, PicoVision, PicoVisionConfig, crops, normal
from course_utils.setup import threads

DETAILS = 48 * 49  # tokens of 4 x 4 detail crops with their row ends
QUESTIONS = 6  # of a sample, at most


@dataclass(frozen=True)
class Stage:
    """So many steps with samples of a mix. Muon's rate goes in a line from `rate` to `end`; AdamW has 2/3 of it."""

    steps: int
    mix: str
    rate: float
    end: float
    alone: bool = False  # the eye without the decoder, on twice as many pages
    letters: int = 0  # pages beside, most of them full of letters, for the eye alone
    layout: bool = False  # with the details of each picture
    warmup: int = 100  # steps


@dataclass(frozen=True)
class Recipe:
    """All that decides the result."""

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
        Stage(300, "numbers", 5e-4, 0, layout=True, warmup=20),
    )
    pages_a_step: int = 16
    thinned: int = 80  # so many steps of a layout see a random part of the details only: several times quicker
    context: int = 8192
    seed: int = 0

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    def at(self, step: int) -> tuple[Stage, int]:
        """The stage of a step, and how many of its steps came before. After the last stage, it goes on."""
        for stage in self.stages[:-1]:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        return self.stages[-1], step

    def rate(self, step: int) -> float:
        """The rate of Muon in this step: up from nothing at the start of its stage, then along the line."""
        stage, since = self.at(step)
        return min(1.0, (since + 1) / stage.warmup) * (stage.rate + (stage.end - stage.rate) * since / stage.steps)


RECIPE = Recipe()


def build(recipe: Recipe) -> PicoVision:
    """pico-mini as the decoder, with room for two pictures in its context, and an eye with random weights."""
    torch.manual_seed(recipe.seed)
    mini = Phi3ForCausalLM.from_pretrained(folder_of("pico-mini"), dtype=torch.float32)
    room = {"max_position_embeddings": recipe.context, "original_max_position_embeddings": recipe.context}
    model = PicoVision(PicoVisionConfig(text_config=mini.config.to_dict() | room))
    model.language.load_state_dict(mini.state_dict())
    model.config.text_config._name_or_path = ""  # else the saved file says in which folder pico-mini lay
    threads.use_for(model.num_parameters())
    return model


def lesson(recipe: Recipe, step: int, pages: int = 0) -> list[picture_book.Sample]:
    """What is read in this step: samples with `pages_a_step` pages in all, twice as many when the eye is alone."""
    stage, _ = recipe.at(step)
    rng = random.Random(f"vision/{recipe.seed}/{step}")
    samples, left = [], pages or recipe.pages_a_step * (2 if stage.alone else 1)
    while left:
        sample = picture_book.draw(rng, mix=stage.mix)
        if len(sample.pages) <= left:
            samples.append(sample)
            left -= len(sample.pages)
    return samples


def pixels_of(samples: list[picture_book.Sample]) -> torch.Tensor:
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
        side = picture_book.side_of(*(hint[1:] for hint in question.hints))
        marks["sides"] = [(len(head) - 1, list(picture_book.SIDES).index(side))]
    if question.counted:
        marks["numbers"] = [(end_of(question.counted), int(question.answer[:-1]))]
    return head + tail, [IGNORED] * len(head) + tail, marks


@dataclass
class Row:
    """One sample as the decoder reads it: vectors, with the positions, groups and labels of each.

    Group 0 is the picture and what stands before it; each question is a group of its own. `marks`: hints, aims, sides
    and numbers, pairs of a vector and what it should know. `second`: the first vector of the whole second picture.
    """

    parts: list = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    marks: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    second: int = 0

    def add(self, vectors: torch.Tensor, positions, group: int = 0, labels: list[int] | None = None) -> None:
        """`vectors`: [tokens, hidden]; without labels none of them is counted."""
        self.parts.append(vectors)
        self.positions.extend(positions)
        self.groups.extend([group] * len(vectors))
        self.labels.extend(labels or [IGNORED] * len(vectors))


def row_of(sample, places: torch.Tensor, model: PicoVision, tokenizer, gap: int, details=None) -> Row:
    """`places`: [pages, 12, 12, hidden]. `gap`: how many positions are left free for the details of each picture.

    `details`: for each page a pair (positions within the gap, vectors), or None.
    """
    words = model.language.get_input_embeddings()
    row, at = Row(), 0
    for i, page in enumerate(places):
        head = tokenizer.encode("<|user|>\n" if i == 0 else "\n")
        row.add(words(torch.tensor(head)), range(at, at + len(head)))
        at += len(head)
        if details:
            where, vectors = details[i]
            row.add(vectors + model.zoom, [at + position for position in where])
        if gap:
            row.add(model.separator[None], [at + gap])
            at += gap + 1
        row.second = len(row.labels) if i else 0
        whole = model.with_row_ends(page)
        row.add(whole, range(at, at + len(whole)))
        at += len(whole)
    for group, question in enumerate(sample.questions[:QUESTIONS], start=1):
        ids, labels, marks = question_ids(question, tokenizer)
        for name, pairs in marks.items():
            row.marks.setdefault(name, []).extend((len(row.labels) + i, right) for i, right in pairs)
        row.add(words(torch.tensor(ids)), range(at, at + len(ids)), group, labels)
    return row


def answer_losses(model: PicoVision, rows: list[Row]) -> tuple[torch.Tensor, torch.Tensor, tuple]:
    """Of each token of an answer: the cross-entropy, and whether it was the likeliest; the states after each layer."""
    embeds = pad_sequence([torch.cat(row.parts) for row in rows], batch_first=True)
    positions, groups, labels = (
        pad_sequence([torch.tensor(getattr(row, name)) for row in rows], batch_first=True, padding_value=fill)
        for name, fill in (("positions", 0), ("groups", -1), ("labels", IGNORED))
    )
    # A token sees those before it that belong to the picture (group 0) or to its own question.
    before = torch.ones(groups.shape[1], groups.shape[1], dtype=torch.bool).tril()
    same = (groups[:, :, None] == groups[:, None, :]) | (groups[:, None, :] == 0)
    mask = torch.where(before & same, 0.0, torch.finfo(torch.float32).min)[:, None]
    output = model.language.model(
        inputs_embeds=embeds, attention_mask=mask, position_ids=positions, use_cache=False, output_hidden_states=True
    )
    counts = labels[:, 1:] != IGNORED
    logits = model.language.lm_head(output.last_hidden_state[:, :-1][counts]).float()
    told = labels[:, 1:][counts]
    return cross_entropy(logits, told, reduction="none"), logits.argmax(-1) == told, output.hidden_states


def together(
    model: PicoVision, samples, places: torch.Tensor, tokenizer, gap: int, details=None, aid: DecoderAid | None = None
) -> tuple[torch.Tensor, torch.Tensor | float, list[tuple[str, bool]]]:
    """(mean loss of the answers' tokens, loss of the aid, right questions by skill), over all samples.

    `places`: [pages, 12, 12, hidden]; `details`: for each sample what `row_of` takes.
    """
    parts = places.split([len(sample.pages) for sample in samples])
    rows = [
        row_of(sample, part, model, tokenizer, gap, details[i] if details else None)
        for i, (sample, part) in enumerate(zip(samples, parts, strict=True))
    ]
    total, answered, helped, right = 0.0, 0, 0.0, []
    for pages in (1, 2):  # by themselves, so that short rows are not padded to the length of long ones
        group = [(sample, row) for sample, row in zip(samples, rows, strict=True) if len(sample.pages) == pages]
        if not group:
            continue
        losses, hits, states = answer_losses(model, [row for _, row in group])
        total, answered = total + losses.sum(), answered + len(losses)
        if aid:
            helped = helped + aid(states, [row for _, row in group], [sample for sample, _ in group])
        right += judge_rows(group, hits)
    return total / answered, helped, right


def judge_rows(group: list[tuple], hits: torch.Tensor) -> list[tuple[str, bool]]:
    """For each question (skill, whether every token of its answer was the likeliest one): greedy would have said it."""
    right, hits = [], iter(hits.tolist())
    for sample, row in group:
        asked = sample.questions[:QUESTIONS]
        good = [True] * len(asked)
        for number, label in zip(row.groups[1:], row.labels[1:], strict=True):
            if label != IGNORED:
                good[number - 1] &= next(hits)
        right += [(question.skill, hit) for question, hit in zip(asked, good, strict=True)]
    return right


@torch.no_grad()
def glimpses(samples, model: PicoVision, rng: random.Random, number: int = 2) -> list[list[tuple]]:
    """A few of the 16 details of each page, drawn at random, each place at its own position; without the row ends."""
    wide = 4 * PLACES + 1  # tokens of a row of places, through all details beside each other
    inside = torch.arange(PLACES)[:, None] * wide + torch.arange(PLACES)
    result = []
    for sample in samples:
        result.append([])
        for page in sample.pages:
            chosen = rng.sample(range(16), number)
            vectors = model.look(crops(page.picture)[0][1:][chosen]).float().flatten(0, 2)
            corners = [crop // 4 * PLACES * wide + crop % 4 * PLACES for crop in chosen]
            result[-1].append((torch.cat([(inside + corner).flatten() for corner in corners]).tolist(), vectors))
    return result


def in_detail(samples, model: PicoVision, share: float = 1.0) -> tuple[torch.Tensor, list[list[tuple]]]:
    """The pages of some samples as the decoder will meet them: (places of the whole, details of each sample's pages).

    `share`: how many of the details' tokens, drawn at random, each at its own position. The eye learns nothing from the
    details: 16 crops of every page would cost more than all the rest.
    """
    wholes, result = [], []
    for sample in samples:
        result.append([])
        for page in sample.pages:
            pixels, (high, wide) = crops(page.picture)
            wholes.append(pixels[0])
            with torch.no_grad():
                grid = model.look(pixels[1:]).float().view(high, wide, PLACES, PLACES, -1).transpose(1, 2)
            vectors = model.with_row_ends(grid.reshape(high * PLACES, wide * PLACES, -1))
            kept = torch.randperm(DETAILS)[: round(share * DETAILS)].sort().values
            result[-1].append((kept.tolist(), vectors[kept]))
    return model.look(torch.stack(wholes)).float(), result


class Lessons:
    """pico-vision in training: the model, what helps it and is thrown away afterwards, and the gradients of a step."""

    def __init__(self, recipe: Recipe):
        self.recipe, self.model, self.half = recipe, build(recipe), prefers_half()
        self.tokenizer = load_tokenizer(folder_of("pico-mini"))
        hidden = self.model.config.text_config.hidden_size
        self.aids = torch.nn.ModuleDict({"eye": EyeAid(hidden), "decoder": DecoderAid(hidden)})

    def autocast(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.half)

    def look(self, samples: list[picture_book.Sample]) -> torch.Tensor:
        """[pages, 12, 12, hidden]"""
        with self.autocast():
            return self.model.look(pixels_of(samples)).float()

    def gradients(self, number: int) -> dict[str, float]:
        """Add the gradients of the step with this number. Returns its loss, and how many questions were right."""
        stage, since = self.recipe.at(number)
        loss, right = self.in_layout(number, since) if stage.layout else self.at_a_glance(number, stage)
        share = {"right, in %": 100 * sum(hit for _, hit in right) / len(right)} if right else {}
        return {"loss": loss} | share

    def at_a_glance(self, number: int, stage: Stage) -> tuple[float, list[tuple[str, bool]]]:
        """A step with whole pictures: the eye's aid, and unless the eye is alone, questions and the decoder's aid."""
        rng = random.Random(f"details/{self.recipe.seed}/{number}")
        samples = lesson(self.recipe, number)
        places = self.look(samples)
        what, where = self.aids["eye"](places, maps_of(samples))
        if stage.letters:
            beside = [picture_book.beside(rng, False) for _ in range(stage.letters)]
            what = what + self.aids["eye"](self.look(beside), maps_of(beside))[0]
        if stage.alone:
            loss = what + where
            loss.backward()
            return loss.item(), []
        gap = DETAILS if rng.random() < 0.1 else 0
        with self.autocast():
            details = glimpses(samples, self.model, rng) if gap else None
            answers, helped, right = together(
                self.model, samples, places, self.tokenizer, gap, details, self.aids["decoder"]
            )
        loss = answers + 0.3 * what + 0.1 * where + 0.2 * helped
        loss.backward()
        if number % 10 == 0:  # so that it does not forget how to read words alone
            drawn = [textbook.introduce(textbook.draw(rng, "train"), "pico-mini") for _ in range(16)]
            backward(self.model.language, [encode(sample, self.tokenizer) for sample in drawn], self.half)
        return loss.item(), right

    def in_layout(self, number: int, since: int) -> tuple[float, list[tuple[str, bool]]]:
        """A step with the details of each picture, and a few samples at a glance, which are not to be forgotten."""
        thin = since < self.recipe.thinned
        samples = lesson(self.recipe, number, pages=4 if thin else 2)
        with self.autocast():
            share = random.Random(since).uniform(0.05, 0.25) if thin else 1.0
            places, details = in_detail(samples, self.model, share)
            loss, _, right = together(self.model, samples, places, self.tokenizer, DETAILS, details)
        loss.backward()
        samples = lesson(self.recipe, 10**6 + since, pages=8)
        with self.autocast():
            glance, _, _ = together(self.model, samples, self.look(samples), self.tokenizer, 0)
        glance.backward()
        return loss.item(), right


def train(recipe: Recipe, folder: Path, last: int | None = None, save_every: int = 200):
    """Train by the recipe, or only up to step `last` of it; returns (model, tokenizer).

    Checkpoints go to `folder`; a later call goes on from the last.
    """
    lessons = Lessons(recipe)
    optims = optimizers(lessons.model, 1.0, 2 / 3, more=lessons.aids.parameters())
    checkpoint = Checkpoint(folder, asdict(recipe), [lessons.model, lessons.aids, *optims])
    last = recipe.steps if last is None else min(last, recipe.steps)
    run(lessons.model, optims, lessons.gradients, recipe.rate, last, checkpoint, save_every=save_every)
    return lessons.model, lessons.tokenizer


@torch.inference_mode()
def examine(model: PicoVision, tokenizer, samples: int = 100, seed: int = 7) -> dict[str, float]:
    """The share of right answers to held-out questions, by skill: greedy, the whole answer, letter by letter."""
    scores = {}
    for skill in picture_book.SKILLS:
        rng, right = random.Random(f"{seed}/{skill}"), []
        for start in range(0, samples, 20):
            batch = [picture_book.draw(rng, "test", skill) for _ in range(min(20, samples - start))]
            right += together(model, batch, model.look(pixels_of(batch)), tokenizer, 0)[2]
        scores[skill] = sum(hit for _, hit in right) / len(right)
    return scores
