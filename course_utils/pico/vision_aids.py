"""What helps pico-vision to learn and is thrown away afterwards: linear maps from its states to what the page knows.

An answer alone is a poor teacher: "To the left." does not say where to look. The page does, so each aid asks a part of
the model for what a right answer needs: the eye for what every place holds, and the decoder, between two of its
layers, for where the thing lies that a question names, where to look next, and what the first of two pictures held.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, rms_norm

from course_utils.pico import picture_book
from course_utils.pico.drawings import KINDS, SIDE, TONES
from course_utils.pico.vision import PLACES

HINTS_AFTER, AIMS_AFTER = 2, 3  # so many layers of the decoder


def place_of(x: float, y: float) -> int:
    """The number, row by row, of the place of the 12 x 12 in which a point of the page lies."""
    row, column = (min(PLACES - 1, max(0, int(PLACES * v / SIDE))) for v in (y, x))
    return row * PLACES + column


def even(vectors):
    """The vectors between two layers, which are of very different lengths, at one length."""
    return rms_norm(vectors.float(), vectors.shape[-1:])


def maps_of(samples) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What the thirds of the places hold, [pages, 144, 3]; of [pages, 144], their colours and whether a shape has its
    middle there (1, else 0)."""
    import numpy

    pages = [page for sample in samples for page in sample.pages]
    kinds = numpy.stack([page.thirds for page in pages]).reshape(len(pages), -1, 3)
    tones = numpy.stack([page.labels[1] for page in pages]).reshape(len(pages), -1)
    middles = torch.zeros(len(pages), PLACES * PLACES)
    for i, page in enumerate(pages):
        for thing in page.things:
            middles[i, place_of(thing.x, thing.y)] = 1
    return torch.from_numpy(kinds).long(), torch.from_numpy(tones).long(), middles


class EyeAid(nn.Module):
    """Of each place: what its thirds hold, in which colour, whether a shape has its middle there, and where it is."""

    def __init__(self, hidden: int):
        super().__init__()
        self.kind, self.tone, self.middle = (nn.Linear(hidden, n) for n in (3 * len(KINDS), len(TONES), 1))
        self.row, self.column = nn.Linear(hidden, PLACES), nn.Linear(hidden, PLACES)

    def kinds(self, places):
        """[..., 3, kinds]"""
        return self.kind(places).unflatten(-1, (3, len(KINDS)))

    def forward(self, places, kinds, tones, middles):
        """(the loss of what, the loss of where). An empty place, of which there are many, counts little."""
        flat, there = places.flatten(0, -2).float(), (kinds > 0).any(-1).flatten()
        kind = self.loss(self.kinds(flat).flatten(0, 1), kinds.flatten()).view(-1, 3).mean(-1)
        what = kind + self.loss(self.tone(flat), tones.flatten())
        weight = torch.where(there, 1.0, 0.2)
        what = (what * weight).sum() / weight.sum()
        middle = self.middle(flat)[:, 0]
        what = what + 2 * binary_cross_entropy_with_logits(middle, middles.flatten(), pos_weight=torch.tensor(10.0))
        number = torch.arange(PLACES * PLACES).repeat(len(places))
        where = self.loss(self.row(flat), number // PLACES) + self.loss(self.column(flat), number % PLACES)
        weight = torch.where(there, 1.0, 0.05)
        return what, (where * weight).sum() / weight.sum()

    @staticmethod
    def loss(logits, right):
        return cross_entropy(logits, right, reduction="none")

    @torch.no_grad()
    def right(self, places, kinds) -> float:
        """The share of the thirds that hold something whose kind is named right."""
        hits = self.kinds(places.flatten(1, 2)).argmax(-1) == kinds
        return float(hits[kinds > 0].float().mean())


class DecoderAid(nn.Module):
    """Of a word that names a thing: its row and column. Of a token of an answer: those of what comes next.

    Of the last token of a question about two things: on which side of the second the first lies. Of the word for what
    is to be counted: how many there are. Of each place of a second picture: what the first held there, in which colour,
    and whether that has changed.
    """

    def __init__(self, hidden: int):
        super().__init__()
        self.hint, self.aim = nn.Linear(hidden, 2 * PLACES), nn.Linear(hidden, 2 * PLACES)
        self.kind, self.tone, self.changed = (nn.Linear(hidden, n) for n in (len(KINDS), len(TONES), 1))
        self.side, self.number = nn.Linear(hidden, len(picture_book.SIDES)), nn.Linear(hidden, 6)
        self.found: dict[str, list[float]] = {}

    def forward(self, states, rows, samples):
        """The sum of the losses of these rows. `states`: what the decoder holds after each of its layers."""
        total = states[0].new_zeros(())
        for name, layer in (("hint", HINTS_AFTER), ("aim", AIMS_AFTER)):
            marks = [(i, at, place) for i, row in enumerate(rows) for at, place in getattr(row, name + "s")]
            if marks:
                index, at, place = torch.tensor(marks).unbind(-1)
                total = total + self.pointer(name, even(states[layer][index, at]), place)
        for name, layer in (("side", AIMS_AFTER), ("number", HINTS_AFTER)):
            marks = [(i, at, right) for i, row in enumerate(rows) for at, right in getattr(row, name + "s")]
            if marks:
                index, at, right = torch.tensor(marks).unbind(-1)
                logits = getattr(self, name)(even(states[layer][index, at]))
                self.found.setdefault(name, []).append(float((logits.argmax(-1) == right).float().mean()))
                total = total + 2 * cross_entropy(logits, right)
        if len(samples[0].pages) == 2:
            total = total + self.memory(states[HINTS_AFTER], rows, samples)
        return total

    def pointer(self, name: str, vectors, place):
        row, column = getattr(self, name)(vectors).split(PLACES, dim=-1)
        hit = (row.argmax(-1) == place // PLACES) & (column.argmax(-1) == place % PLACES)
        self.found.setdefault(name, []).append(float(hit.float().mean()))
        return cross_entropy(row, place // PLACES) + cross_entropy(column, place % PLACES)

    def memory(self, states, rows, samples):
        thirds, tones, _ = maps_of(samples)
        kinds = thirds[..., 1]
        (kinds, later), (tones, later_tones) = (part.view(-1, 2, PLACES * PLACES).unbind(1) for part in (kinds, tones))
        changed = (kinds != later) | (tones != later_tones)
        grid = torch.arange(PLACES * PLACES) + torch.arange(PLACES).repeat_interleave(PLACES)  # past the row ends
        at = torch.stack([row.second + grid for row in rows])
        vectors = even(states[torch.arange(len(rows))[:, None], at])
        weight = torch.where((kinds > 0) | (later > 0), 1.0, 0.05)
        losses = cross_entropy(self.kind(vectors).transpose(1, 2), kinds, reduction="none")
        losses = losses + cross_entropy(self.tone(vectors).transpose(1, 2), tones, reduction="none")
        flags = self.changed(vectors)[..., 0]
        losses = losses + binary_cross_entropy_with_logits(flags, changed.float(), reduction="none")
        hit = self.kind(vectors).argmax(-1) == kinds
        for name, hits, where in (("memory", hit, kinds > 0), ("changed", flags > 0, changed)):
            self.found.setdefault(name, []).append(float(hits[where].float().sum() / where.sum().clamp(1)))
        return (losses * weight).sum() / weight.sum()

    def report(self) -> str:
        """The means, in per cent, of what was right since the last report."""
        text = " ".join(f"{name} {100 * sum(found) / len(found):.0f}" for name, found in self.found.items())
        self.found.clear()
        return text
