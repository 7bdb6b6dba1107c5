"""What helps pico-vision to learn and is thrown away afterwards: linear maps from its states to what the page knows.

An answer alone is a poor teacher: "To the left." does not say where to look. The page does, so each aid asks a part of
the model for what a right answer needs: the eye for what every place holds, and the decoder, between two of its
layers, for where the thing lies that a question names, where to look next, and what the first of two pictures held.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, rms_norm, softplus

from course_utils.pico.textbook import picture_book
from course_utils.pico.textbook.drawings import KINDS, SIDE, TONES
from course_utils.pico.vision import PLACES

HINTS_AFTER, AIMS_AFTER = 2, 3  # so many layers of the decoder
THIRDS = 3 * PLACES  # of a row of places: two narrow letters may share a place
LONGEST = 7  # letters of a text


def place_of(x: float, y: float) -> int:
    """The number, row by row, of the place of the 12 x 12 in which a point of the page lies."""
    row, column = (min(PLACES - 1, max(0, int(PLACES * v / SIDE))) for v in (y, x))
    return row * PLACES + column


def third_of(x: float, y: float) -> int:
    """The same for the 12 x 36 thirds of places."""
    return place_of(x, y) // PLACES * THIRDS + min(THIRDS - 1, max(0, int(THIRDS * x / SIDE)))


def even(vectors: torch.Tensor) -> torch.Tensor:
    """The vectors between two layers, which are of very different lengths, at one length."""
    return rms_norm(vectors.float(), vectors.shape[-1:])


@dataclass(frozen=True)
class Maps:
    """What the pages of some samples know of their places, and the eye is asked for.

    `kinds`: what the thirds of the places hold, [pages, 144, 3]. `orders`: which letter of its text that is, from 0,
    else -100, [pages, 144, 3]. `tones`: the colours, [pages, 144]. `alike`: of a place that holds a shape, how many of
    it there are, on pages that have several of one; else -100, [pages, 144]. `middles`: for each thing the numbers,
    through all pages, of the four places around its middle, [things, 4].
    """

    kinds: torch.Tensor
    orders: torch.Tensor
    tones: torch.Tensor
    alike: torch.Tensor
    middles: torch.Tensor


def maps_of(samples: list[picture_book.Sample]) -> Maps:
    """What the pages of the samples know, in their order."""
    import numpy

    pages = [page for sample in samples for page in sample.pages]
    thirds, orders = (numpy.stack(maps) for maps in zip(*((page.thirds, page.orders) for page in pages), strict=True))
    kinds, orders = (torch.from_numpy(maps).long().view(len(pages), -1, 3) for maps in (thirds, orders))
    orders = torch.where(orders > 0, orders.clamp(max=LONGEST) - 1, -100)
    tones = numpy.stack([page.labels[1] for page in pages])
    alike, middles = torch.full(kinds.shape[:2], -100), []
    for i, page in enumerate(pages):
        shapes = [thing.shape for thing in page.things]
        for shape in set(shapes) if len(set(shapes)) < len(shapes) else ():
            alike[i][kinds[i, :, 1] == KINDS.index(shape)] = shapes.count(shape)
        for thing in page.things:
            left, top = thing.x - SIDE / PLACES / 2, thing.y - SIDE / PLACES / 2
            corners = [(left + x, top + y) for x in (0, SIDE / PLACES) for y in (0, SIDE / PLACES)]
            middles.append([i * PLACES * PLACES + place_of(*corner) for corner in corners])
    middles = torch.tensor(middles, dtype=torch.long).view(-1, 4)
    return Maps(kinds, orders, torch.from_numpy(tones.reshape(len(pages), -1)).long(), alike, middles)


class EyeAid(nn.Module):
    """Of each place: what its thirds hold, and which letter of a text that is; in which colour, how many such shapes
    there are, and where it is.

    And for each thing exactly one of the four places around its middle is to say "here it is". Which one is left to the
    eye: a middle may lie on a border, and a thing that two places claim is counted twice.
    """

    def __init__(self, hidden: int):
        super().__init__()
        self.kind, self.tone, self.middle = (nn.Linear(hidden, n) for n in (3 * len(KINDS), len(TONES), 1))
        self.order = nn.Linear(hidden, 3 * LONGEST)
        self.row, self.column, self.many = nn.Linear(hidden, PLACES), nn.Linear(hidden, PLACES), nn.Linear(hidden, 6)

    def forward(self, places: torch.Tensor, maps: Maps) -> tuple[torch.Tensor, torch.Tensor]:
        """(the loss of what, the loss of where) of places, [pages, 12, 12, hidden].

        An empty place, of which there are many, counts little.
        """
        flat, there = places.flatten(0, -2).float(), (maps.kinds > 0).any(-1).flatten()
        kinds = self.kind(flat).view(-1, len(KINDS))  # [places * 3, kinds]
        kind = cross_entropy(kinds, maps.kinds.flatten(), reduction="none").view(-1, 3).mean(-1)
        tone = cross_entropy(self.tone(flat), maps.tones.flatten(), reduction="none")
        what = weighted(kind + tone, there, 0.2)
        if (maps.orders >= 0).any():
            what = what + cross_entropy(self.order(flat).view(-1, LONGEST), maps.orders.flatten())
        if len(maps.middles):
            what = what + self.one_each(self.middle(flat)[:, 0], maps.middles)
        if (maps.alike > 0).any():
            what = what + 2 * cross_entropy(self.many(flat), maps.alike.flatten())
        number = torch.arange(PLACES * PLACES).repeat(len(places))
        row = cross_entropy(self.row(flat), number // PLACES, reduction="none")
        column = cross_entropy(self.column(flat), number % PLACES, reduction="none")
        return what, weighted(row + column, there, 0.05)

    @staticmethod
    def one_each(logits: torch.Tensor, middles: torch.Tensor) -> torch.Tensor:
        """Minus the logarithm of the probability that one place of each thing says so and no other, a thing."""
        return (softplus(logits).sum() - logits[middles].logsumexp(-1).sum()) / len(middles)


class DecoderAid(nn.Module):
    """Of a word that names a thing: its row and column. Of a token of an answer: the row and third of what comes next.

    Of the last token of a question about two things: on which side of the second the first lies. Of the word for what
    is to be counted: how many there are. Of each place of a second picture: what the first held there, in which colour,
    and whether that has changed.
    """

    def __init__(self, hidden: int):
        super().__init__()
        self.hint, self.aim = nn.Linear(hidden, 2 * PLACES), nn.Linear(hidden, PLACES + THIRDS)
        self.kind, self.tone, self.changed = (nn.Linear(hidden, n) for n in (len(KINDS), len(TONES), 1))
        self.side, self.number = nn.Linear(hidden, len(picture_book.SIDES)), nn.Linear(hidden, 6)

    def forward(self, states: tuple[torch.Tensor, ...], rows: list, samples: list) -> torch.Tensor:
        """The sum of the losses of these rows. `states`: what the decoder holds after each of its layers."""
        total = states[0].new_zeros(())
        for name, head, layer in (("hints", self.hint, HINTS_AFTER), ("aims", self.aim, AIMS_AFTER)):
            vectors, place = marked(name, rows, states[layer])
            if len(place):
                row, column = head(vectors).tensor_split([PLACES], dim=-1)
                wide = column.shape[-1]
                total = total + cross_entropy(row, place // wide) + cross_entropy(column, place % wide)
        for name, head in (("sides", self.side), ("numbers", self.number)):
            vectors, right = marked(name, rows, states[AIMS_AFTER])
            if len(right):
                total = total + 2 * cross_entropy(head(vectors), right)
        if len(samples[0].pages) == 2:
            total = total + self.memory(states[HINTS_AFTER], rows, samples)
        return total

    def memory(self, states: torch.Tensor, rows: list, samples: list) -> torch.Tensor:
        """What each place of the second picture should know of the first. `states`: [rows, tokens, hidden]."""
        maps = maps_of(samples)
        both = (part.view(-1, 2, PLACES * PLACES).unbind(1) for part in (maps.kinds[..., 1], maps.tones))
        (kinds, later), (tones, later_tones) = both
        changed = (kinds != later) | (tones != later_tones)
        grid = torch.arange(PLACES * PLACES) + torch.arange(PLACES).repeat_interleave(PLACES)  # past the row ends
        at = torch.stack([row.second + grid for row in rows])
        vectors = even(states[torch.arange(len(rows))[:, None], at])
        losses = cross_entropy(self.kind(vectors).transpose(1, 2), kinds, reduction="none")
        losses = losses + cross_entropy(self.tone(vectors).transpose(1, 2), tones, reduction="none")
        flags = self.changed(vectors)[..., 0]
        losses = losses + binary_cross_entropy_with_logits(flags, changed.float(), reduction="none")
        return weighted(losses, (kinds > 0) | (later > 0), 0.05)


def marked(name: str, rows: list, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(the vectors that the rows mark by this name, at one length, [marks, hidden]; what each should know, [marks])."""
    marks = [(i, at, right) for i, row in enumerate(rows) for at, right in row.marks.get(name, ())]
    index, at, right = torch.tensor(marks, dtype=torch.long).view(-1, 3).unbind(-1)
    return even(states[index, at]), right


def weighted(losses: torch.Tensor, there: torch.Tensor, otherwise: float) -> torch.Tensor:
    """The mean of the losses, with a weight of 1 where something is there, and `otherwise` where nothing is."""
    weight = torch.where(there, 1.0, otherwise)
    return (losses * weight).sum() / weight.sum()
