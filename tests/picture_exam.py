"""The other half of pico-vision's examination: six skills that no notebook draws, beside the six of the picture book.

    draw(rng, "test", "relation")   as `picture_book.draw`, in all twelve

Held out, besides what the head of `picture_book` names, were a fifth of the ordered pairs of shapes in relations.
"""

import random
from functools import partial

from course_utils.pico.textbook import picture_book
from course_utils.pico.textbook.drawings import SHAPES, SIDE, Thing
from course_utils.pico.textbook.picture_book import (
    NAMES,
    WHAT_IS_THERE,
    Question,
    Sample,
    free_spot,
    held_pair,
    page_of,
    paper,
    scatter,
    several,
)
from course_utils.pico.textbook.world import polish


def where(thing: Thing) -> str:
    """In which ninth of the picture a thing is: "at the top left"."""
    across = ("left", "", "right")[min(2, int(3 * thing.x / SIDE))]
    down = ("top", "", "bottom")[min(2, int(3 * thing.y / SIDE))]
    words = " ".join(part for part in (down, across) if part)
    return f"at the {words}" if words else "in the middle"


def sharp(thing: Thing) -> bool:
    """Whether it is clear in which ninth the thing is."""
    return all(abs(3 * v / SIDE - edge) > 0.12 for v in (thing.x, thing.y) for edge in (1, 2))


def about_shapes(skill: str, rng: random.Random) -> Sample:
    """A page of shapes and a question: what there is, the shape or place of the first, or one not there."""
    while True:
        things = several(rng, 1 if skill == "place" else 3)
        page, first = page_of(rng, things), things[0]
        if skill != "place" or sharp(first):
            break
    if skill == "describe":  # from left to right
        names = [f"a {thing.name}" for thing in sorted(things, key=lambda thing: thing.x)]
        text = rng.choice(WHAT_IS_THERE)
        answer = ", ".join(names[:-1]) + " and " + names[-1] if names[1:] else names[0]
    elif skill == "shape":
        text, answer = f"{rng.choice(('What', 'Which'))} shape is {first.colour}?", f"a {first.shape}"
    elif skill == "place":
        text, answer = f"Where is the {first.shape}?", where(first)
    else:
        missing = rng.choice([s for s in SHAPES if s not in [thing.shape for thing in things]])
        rng.random()  # decided on more questions in training; without it the next pictures were not those of the card
        text, answer = f"What colour is the {missing}?", f"there is no {missing}"
    return Sample([page], [Question(text, polish(f"{answer}."), skill)])


SIDES = {"left": "left of", "right": "right of", "above": "above", "below": "below"}
OPPOSITE = {"left": "right", "right": "left", "above": "below", "below": "above"}


def side_of(a: tuple[float, float], b: tuple[float, float]) -> str | None:
    """On which side of b lies a, where one can say so without doubt."""
    dx, dy = a[0] - b[0], a[1] - b[1]
    if abs(dx) > 1.5 * abs(dy) + 20:
        return "left" if dx < 0 else "right"
    if abs(dy) > 1.5 * abs(dx) + 20:
        return "above" if dy < 0 else "below"
    return None


def relations(rng: random.Random) -> Sample:
    """Two things, and on which side of the other the first lies; training had no question about these two shapes."""
    while True:
        chosen = rng.sample(SHAPES, 2)
        if (2 * SHAPES.index(chosen[0]) + SHAPES.index(chosen[1])) % 5 == 0:
            break
    kinds = [(shape, rng.choice([c for c in NAMES if not held_pair(shape, c)])) for shape in chosen]
    while True:
        a, b = things = scatter(rng, kinds, 52)
        if to := side_of(a.at, b.at):
            break
    page = page_of(rng, things)
    other = rng.choice((to, OPPOSITE[to], rng.choice(list(SIDES))))
    asked = rng.choice(
        (
            (f"Where is the {a.shape}, seen from the {b.shape}?", polish(f"{SIDES[to]} it.")),
            (f"Is the {a.shape} {SIDES[other]} the {b.shape}?", "Yes." if other == to else "No."),
        )
    )
    return Sample([page], [Question(*asked, "relation")])


CHANGES = ("colour", "move", "come", "gone", "nothing")
WAYS = {"left": "to the left", "right": "to the right", "above": "up", "below": "down"}


def difference(rng: random.Random) -> Sample:
    """Two pictures with one change at most, and what it is."""
    while True:
        kind, things = rng.choice(CHANGES), several(rng)
        if kind == "gone" and len(things) == 1 and rng.random() < 0.7:
            kind = "move"
        tint = paper(rng)
        after, answer = changed(rng, kind, things)
        if answer:
            break
    seen = [page_of(rng, there, tint) for there in (things, after)]
    if kind == "come":
        seen.reverse()
    text = rng.choice(("What has changed?", "What is different?", "What is the difference?"))
    return Sample(seen, [Question(text, answer, "difference")])


def changed(rng: random.Random, kind: str, things: list[Thing]) -> tuple[list[Thing], str]:
    """The things after a change of the first one, and what has happened; "" if it cannot be seen clearly."""
    first, after = things[0], [Thing(**vars(thing)) for thing in things]
    if kind == "come":
        return after[1:], polish(f"a {first.name} has come.")
    if kind == "gone":
        return after[1:], f"The {first.name} has gone."
    if kind == "colour":
        after[0].colour = rng.choice([c for c in NAMES if c not in [thing.colour for thing in things]])
        return after, f"The {first.name} has become {after[0].colour}."
    if kind == "move":
        after[0].x, after[0].y = free_spot(rng, after[1:], first.size) or (first.x, first.y)
        way = side_of(after[0].at, first.at)
        if way is None or abs(after[0].x - first.x) + abs(after[0].y - first.y) < 50:
            return after, ""
        return after, f"The {first.name} has moved {WAYS[way]}."
    return after, "Nothing has changed."


# in the order of the card
_SHAPES = {skill: partial(about_shapes, skill) for skill in ("shape", "describe", "place", "absent")}
_OWN = _SHAPES | {"relation": relations, "difference": difference}
_ORDER = "colour shape describe place absent count relation read chart table scene difference".split()
SKILLS = {skill: _OWN.get(skill) or picture_book.SKILLS[skill] for skill in _ORDER}


def draw(rng: random.Random, split: str, skill: str) -> Sample:
    """A sample of a skill, one of `SKILLS`; `split` is "test", as in the picture book."""
    return SKILLS[skill](rng)
