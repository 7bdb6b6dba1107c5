"""Teach pico-vision: first the eye alone, then the eye and the decoder together, last the whole layout.

1. The eye. For each of the 144 places it says what is there, in which colour, and where: the page knows. No words yet.
2. Together. The decoder is pico-mini, which can answer already; it learns to read places as if they were words. A
   picture is read once, and all its questions with it: each sees the picture and itself, and none of the others.
3. The whole layout: the details of a picture come before it.

An answer alone is a poor teacher: "To the left." does not say where to look. So two aids, which are thrown away
afterwards, ask the eye what each place holds, and the decoder where it looks.

The shipped weights have a longer history of such stages, with more aids, which their card tells; the programs are in
the history of the repository. A new training takes hours on one core, and will come out different.
"""

from __future__ import annotations

import random
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, rms_norm
from torch.nn.utils.rnn import pad_sequence
from transformers import Phi3ForCausalLM

from course_utils.pico import folder as folder_of
from course_utils.pico import textbook
from course_utils.pico.textbook import picture_book
from course_utils.pico.textbook.drawings import KINDS, SIDE, TONES
from course_utils.pico.tokenizer import IGNORED, encode, load_tokenizer
from course_utils.pico.training.loop import Checkpoint, backward, optimizers, run
from course_utils.pico.training.muon import prefers_half
from course_utils.pico.vision import PLACES, PicoVision, PicoVisionConfig, crops, normal

DETAILS = 48 * 49 + 1  # tokens of 4 x 4 detail crops with their row ends, and the separator
CONTEXT, QUESTIONS = 8192, 6  # tokens; questions of a sample, at most
BESIDE = 4  # pages a step that only the eye reads: letters and things to count, which it finds hard
THIRDS = 3 * PLACES  # of a row of places: two narrow letters may share a place
HINTS_AFTER, AIMS_AFTER = 2, 3  # so many layers of the decoder


@dataclass(frozen=True)
class Stage:
    """So many steps with samples of a mix. Muon's rate goes in a line from `rate` to `end`; AdamW has 2/3 of it."""

    steps: int
    mix: str
    rate: float
    end: float
    alone: bool = False  # the eye without the decoder, on twice as many pages
    layout: bool = False  # some samples with the details of their pictures, too


@dataclass(frozen=True)
class Recipe:
    """All that decides the result."""

    stages: tuple[Stage, ...] = (
        Stage(500, "all", 3e-3, 3e-3, alone=True),
        Stage(3000, "all", 3e-3, 1e-3),
        Stage(5000, "weak", 1e-3, 8e-4),
        Stage(6500, "all", 8e-4, 0),
        Stage(500, "all", 5e-4, 0, layout=True),
    )
    pages_a_step: int = 16
    seed: int = 0

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    def at(self, step: int) -> tuple[Stage, int]:
        """The stage of a step, and how many of its steps came before."""
        for stage in self.stages[:-1]:
            if step < stage.steps:
                return stage, step
            step -= stage.steps
        return self.stages[-1], step

    def rate(self, step: int) -> float:
        """The rate of Muon in this step: up from nothing in a tenth of its stage, at most 100 steps, then the line."""
        stage, since = self.at(step)
        warm = min(1.0, (since + 1) / min(100, stage.steps / 10))
        return warm * (stage.rate + (stage.end - stage.rate) * since / stage.steps)


RECIPE = Recipe()


def build(recipe: Recipe) -> PicoVision:
    """pico-mini as the decoder, with room for two pictures in its context, and an eye with random weights."""
    torch.manual_seed(recipe.seed)
    mini = Phi3ForCausalLM.from_pretrained(folder_of("pico-mini"), dtype=torch.float32)
    room = {"max_position_embeddings": CONTEXT, "original_max_position_embeddings": CONTEXT}
    model = PicoVision(PicoVisionConfig(text_config=mini.config.to_dict() | room))
    model.language.load_state_dict(mini.state_dict())
    model.config.text_config._name_or_path = ""  # else the saved file says in which folder pico-mini lay
    return model


def lesson(recipe: Recipe, step: int) -> list[picture_book.Sample]:
    """What is read in this step: samples with `pages_a_step` pages in all, twice as many when the eye is alone."""
    stage, _ = recipe.at(step)
    rng = random.Random(f"vision/{recipe.seed}/{step}")
    samples, left = [], recipe.pages_a_step * (2 if stage.alone else 1)
    while left:
        sample = picture_book.draw(rng, mix=stage.mix)
        if len(sample.pages) <= left:
            samples.append(sample)
            left -= len(sample.pages)
    return samples


class EyeAid(nn.Module):
    """Asks the eye, of each place: what its three thirds hold, in which colour, and where the place is."""

    def __init__(self, hidden: int):
        super().__init__()
        self.sizes = [3 * len(KINDS), len(TONES), PLACES, PLACES]
        self.head = nn.Linear(hidden, sum(self.sizes))

    def forward(self, places: Tensor, samples: list[picture_book.Sample]) -> Tensor:
        """The loss of places, [pages, 12, 12, hidden]. An empty place, of which there are many, counts little."""
        pages = [page for sample in samples for page in sample.pages]
        kinds = torch.stack([torch.from_numpy(page.thirds).long() for page in pages]).view(-1, 3)
        tones = torch.stack([torch.from_numpy(page.labels[1]).long() for page in pages]).flatten()
        number = torch.arange(PLACES * PLACES).repeat(len(pages))
        kind, tone, row, column = self.head(places.flatten(0, -2).float()).split(self.sizes, dim=-1)
        losses = cross_entropy(kind.view(-1, 3, len(KINDS)).transpose(1, 2), kinds, reduction="none").mean(-1)
        losses = losses + cross_entropy(tone, tones, reduction="none")
        for guess, right in ((row, number // PLACES), (column, number % PLACES)):
            losses = losses + 0.3 * cross_entropy(guess, right, reduction="none")
        weights = torch.where((kinds > 0).any(-1), 1.0, 0.2)
        return (losses * weights).sum() / weights.sum()


class DecoderAid(nn.Module):
    """Asks the decoder, between its layers, where it looks: the row of places, and the third of a place in that row.

    A word of a question that names a thing is to know where the thing lies (a hint), and a token before one of the
    answer where that has to be read (an aim).
    """

    def __init__(self, hidden: int):
        super().__init__()
        self.heads = nn.ModuleDict({name: nn.Linear(hidden, PLACES + THIRDS) for name in ("hints", "aims")})

    def forward(self, states: tuple[Tensor, ...], rows: list[Row]) -> Tensor:
        """The sum of the losses of these rows. `states`: what the decoder holds after each of its layers."""
        total = states[0].new_zeros(())
        for name, layer in (("hints", HINTS_AFTER), ("aims", AIMS_AFTER)):
            marks = [(i, at, *point) for i, row in enumerate(rows) for at, point in row.marks[name]]
            if marks:
                index, at, y, x = torch.tensor(marks).unbind(-1)
                vectors = states[layer][index, at].float()
                row, third = self.heads[name](rms_norm(vectors, vectors.shape[-1:])).split([PLACES, THIRDS], dim=-1)
                total = total + cross_entropy(row, y) + cross_entropy(third, x)
        return total


def spot(x: float, y: float) -> tuple[int, int]:
    """(row of places, third of a place in it) of a point of the page."""
    row, third = (min(count - 1, max(0, int(count * v / SIDE))) for count, v in ((PLACES, y), (THIRDS, x)))
    return row, third


def question_ids(question: picture_book.Question, tokenizer) -> tuple[list[int], list[int], dict[str, list]]:
    """The tokens of a question with its answer, and their labels. What is read aloud is spelled, letter by letter.

    Then what `DecoderAid` asks, "hints" and "aims": pairs of a token's number and the `spot` that it should know.
    """
    text = f"\n{question.text}<|end|>\n<|assistant|>\n"
    coded = tokenizer(text, return_offsets_mapping=True)
    head, spans = coded["input_ids"], coded["offset_mapping"]
    letters = question.answer if question.skill == "read" else [question.answer]
    tail = [token for part in letters for token in tokenizer.encode(part)] + tokenizer.encode("<|end|>")
    hints = []
    for word, x, y in question.hints:
        end = list(re.finditer(rf"\b{word}\b", text))[-1].end()
        hints.append((next(i for i, span in enumerate(spans) if span[0] < end <= span[1]), spot(x, y)))
    # A name has several tokens. With one aim, each of them is to look there: else "P" is followed by what the question
    # makes likely, "urple" for a triangle, whatever the picture shows.
    aims = question.aims * max(1, len(tail) - 2) if len(question.aims) == 1 else question.aims
    aims = [(len(head) - 1 + i, spot(*point)) for i, point in enumerate(aims)]
    return head + tail, [IGNORED] * len(head) + tail, {"hints": hints, "aims": aims}


@dataclass
class Row:
    """One sample as the decoder reads it: vectors, with the positions, groups and labels of each.

    Group 0 is the picture and what stands before it; each question is a group of its own. `marks`: hints and aims, by
    the number of the vector. `asked`: the skill of each question, and how many tokens its answer has.
    """

    pages: int
    parts: list[Tensor] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    marks: dict[str, list] = field(default_factory=lambda: {"hints": [], "aims": []})
    asked: list[tuple[str, int]] = field(default_factory=list)

    def add(self, vectors: Tensor, positions, group: int = 0, labels: list[int] | None = None) -> None:
        """`vectors`: [tokens, hidden]; without labels none of them is counted."""
        self.parts.append(vectors)
        self.positions.extend(positions)
        self.groups.extend([group] * len(vectors))
        self.labels.extend(labels or [IGNORED] * len(vectors))


def row_of(sample, places: Tensor, model: PicoVision, tokenizer, details: list[tuple] | None = None) -> Row:
    """`places`: [pages, 12, 12, hidden]. `details`: for each page what `in_detail` returns; None for a glance."""
    words = model.language.get_input_embeddings()
    row, at = Row(len(places)), 0
    for i, page in enumerate(places):
        head = tokenizer.encode("<|user|>\n" if i == 0 else "\n")
        row.add(words(torch.tensor(head)), range(at, at + len(head)))
        at += len(head)
        if details:
            where, vectors = details[i]
            row.add(vectors, [at + position for position in where])
            at += DETAILS
        whole = model.with_row_ends(page)
        row.add(whole, range(at, at + len(whole)))
        at += len(whole)
    for group, question in enumerate(sample.questions[:QUESTIONS], start=1):
        ids, labels, marks = question_ids(question, tokenizer)
        for name, pairs in marks.items():
            row.marks[name].extend((len(row.labels) + i, point) for i, point in pairs)
        row.asked.append((question.skill, len(labels) - labels.count(IGNORED)))
        row.add(words(torch.tensor(ids)), range(at, at + len(ids)), group, labels)
    return row


def in_detail(page, model: PicoVision, share: float, rng: random.Random) -> tuple[list[int], Tensor]:
    """A share of the details of a page, drawn at random, and the separator: (positions, vectors)."""
    pixels, shape = crops(page.picture)
    with torch.no_grad():  # the eye learns nothing here: 16 crops of every page would cost more than all the rest
        places = model.look(pixels).float()
    kept = [*sorted(rng.sample(range(DETAILS - 1), round(share * (DETAILS - 1)))), DETAILS - 1]
    return kept, model.layout(places, *shape)[kept]


def together(model: PicoVision, rows: list[Row], aid: DecoderAid | None = None) -> tuple[Tensor, Tensor, list]:
    """(mean loss of the answers' tokens, loss of the aid, of each question its skill and whether greedy is right)."""
    losses, aided, right = [], torch.zeros(()), []
    for pages in (1, 2):  # by themselves, so that short rows are not padded to the length of long ones
        group = [row for row in rows if row.pages == pages]
        if not group:
            continue
        embeds = pad_sequence([torch.cat(row.parts) for row in group], batch_first=True)
        positions, groups, labels = (
            pad_sequence([torch.tensor(getattr(row, name)) for row in group], batch_first=True, padding_value=fill)
            for name, fill in (("positions", 0), ("groups", -1), ("labels", IGNORED))
        )
        # A token sees those before it that belong to the picture (group 0) or to its own question.
        before = torch.ones(groups.shape[1], groups.shape[1], dtype=torch.bool).tril()
        same = (groups[:, :, None] == groups[:, None, :]) | (groups[:, None, :] == 0)
        mask = torch.where(before & same, 0.0, torch.finfo(torch.float32).min)[:, None]
        how = {"attention_mask": mask, "position_ids": positions, "use_cache": False, "output_hidden_states": True}
        output = model.language.model(inputs_embeds=embeds, **how)
        counts = labels[:, 1:] != IGNORED
        logits = model.language.lm_head(output.last_hidden_state[:, :-1][counts]).float()
        answers = labels[:, 1:][counts]
        losses.append(cross_entropy(logits, answers, reduction="none"))
        aided = aided + aid(output.hidden_states, group) if aid else aided
        asked = [pair for row in group for pair in row.asked]
        parts = (logits.argmax(-1) == answers).split([tokens for _, tokens in asked])
        right += [(skill, bool(part.all())) for (skill, _), part in zip(asked, parts, strict=True)]
    return torch.cat(losses).mean(), aided, right


def look_at(samples: list[picture_book.Sample], model: PicoVision) -> Tensor:
    """What the eye makes of all their pages: [pages, 12, 12, hidden]."""
    return model.look(torch.stack([normal(page.picture) for sample in samples for page in sample.pages]))


def rows_of(samples, places: Tensor, model: PicoVision, tokenizer) -> list[Row]:
    """The samples at a glance. `places`: [pages, 12, 12, hidden], of all their pages."""
    parts = places.split([len(sample.pages) for sample in samples])
    return [row_of(sample, part, model, tokenizer) for sample, part in zip(samples, parts, strict=True)]


def layout_rows(samples, places: Tensor, model: PicoVision, tokenizer, rng: random.Random) -> list[Row]:
    """One of the samples with all details, or four with some of them at random, which is several times quicker."""
    number, share = rng.choice(((1, 1.0), (4, 0.1), (4, 0.2)))
    rows, start = [], 0
    for sample in samples[:number]:
        details = [in_detail(page, model, share, rng) for page in sample.pages]
        rows.append(row_of(sample, places[start : start + len(details)], model, tokenizer, details))
        start += len(details)
    return rows


def train(recipe: Recipe, folder: Path, last: int | None = None):
    """Train by the recipe, or only up to step `last` of it; returns (model, tokenizer).

    Checkpoints go to `folder`; a later call goes on from the last.
    """
    model, tokenizer, half = build(recipe), load_tokenizer(folder_of("pico-mini")), prefers_half()
    hidden = model.config.text_config.hidden_size
    eye_aid, decoder_aid = EyeAid(hidden), DecoderAid(hidden)

    def gradients(number: int) -> dict[str, float]:
        stage, _ = recipe.at(number)
        rng = random.Random(f"beside/{recipe.seed}/{number}")
        samples = lesson(recipe, number)
        beside = [picture_book.beside(rng) for _ in range(BESIDE)]
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            places = look_at(samples + beside, model).float()
            loss, figures = eye_aid(places, samples + beside), {}
            if not stage.alone:
                places = places[: -len(beside)]
                answers, aided, right = together(model, rows_of(samples, places, model, tokenizer), decoder_aid)
                loss = answers + 0.3 * loss + 0.2 * aided
                figures["right, in %"] = 100 * sum(hit for _, hit in right) / len(right)
            if stage.layout:
                loss = loss + together(model, layout_rows(samples, places, model, tokenizer, rng))[0]
        loss.backward()
        if not stage.alone and number % 10 == 0:  # so that it does not forget how to read words alone
            drawn = [textbook.introduce(textbook.draw(rng, "train"), "pico-mini") for _ in range(16)]
            backward(model.language, [encode(sample, tokenizer) for sample in drawn], half)
        return {"loss": loss.item()} | figures

    aids = nn.ModuleList([eye_aid, decoder_aid])
    optims = optimizers(model, 1.0, 2 / 3, more=aids.parameters())
    checkpoint = Checkpoint(folder, asdict(recipe), [model, aids, *optims])
    last = recipe.steps if last is None else min(last, recipe.steps)
    run(model, optims, gradients, recipe.rate, last, checkpoint)
    return model, tokenizer


@torch.inference_mode()
def examine(model: PicoVision, tokenizer, samples: int = 100, seed: int = 7) -> dict[str, float]:
    """The share of right answers to held-out questions, by skill: greedy, the whole answer, letter by letter."""
    scores = {}
    for skill in picture_book.SKILLS:
        rng, right = random.Random(f"{seed}/{skill}"), []
        for start in range(0, samples, 20):
            batch = [picture_book.draw(rng, "test", skill) for _ in range(min(20, samples - start))]
            right += together(model, rows_of(batch, look_at(batch, model), model, tokenizer))[2]
        scores[skill] = sum(hit for _, hit in right) / len(right)
    return scores
