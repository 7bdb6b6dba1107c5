"""The picture book: pictures drawn by `drawings`, each with questions and right answers.

    draw(rng, "train")            a sample of the training, with up to six questions
    draw(rng, "test", "colour")   one for the examination of a skill, with a combination that training never shows

`picture_pages` says what is held out, and draws the pages without shapes. Here are those with shapes on them.
"""

import random
from collections.abc import Callable
from functools import partial
from itertools import permutations

from course_utils.pico.textbook import picture_pages as pages
from course_utils.pico.textbook.drawings import BLOT, ODD, SHAPES, SIDE, Page, Paint, Thing, nameless
from course_utils.pico.textbook.lists import family, pairs
from course_utils.pico.textbook.picture_pages import NAMES, Question, Sample, held_group, held_pair
from course_utils.pico.textbook.world import polish

Kind = tuple[str, str]  # a shape and a colour
Maker = Callable[[random.Random, bool], Sample]  # draws a page; the flag: with something that is held out


def free_spot(rng: random.Random, others: list[Thing], size: float) -> tuple[float, float] | None:
    """A place for something of this size that touches none of the others, or None."""
    for _ in range(60):
        x, y = rng.uniform(size + 4, SIDE - size - 4), rng.uniform(size + 4, SIDE - size - 4)
        if all(max(abs(x - t.x), abs(y - t.y)) > size + t.size + 6 for t in others):
            return x, y
    return None


def scatter(rng: random.Random, kinds: list[Kind], largest: float = 62) -> list[Thing]:
    """Things of these shapes and colours, none touching another."""
    while True:
        things: list[Thing] = []
        for kind in kinds:
            size = rng.uniform(24, largest)
            at = free_spot(rng, things, size)
            if at:
                hollow, unrest = rng.random() < 0.15, 0.035 if rng.random() < 0.25 else 0.0
                angle = rng.uniform(-0.25, 0.25) if rng.random() < 0.5 else 0.0
                things.append(Thing(*kind, *at, size, hollow, angle, unrest))
        if len(things) == len(kinds):
            return things
        largest = max(30, largest - 6)


def page_of(rng: random.Random, things: list[Thing], tint: Paint | None = None) -> Page:
    """A page with these things on it."""
    page = Page(tint or pages.paper(rng))
    for thing in things:
        page.thing(thing, rng)
    return page


# Words that begin alike, with the same token in some answers: a model that forgets to look takes one for the other.
ALIKE = (("pink", "purple"), ("circle", "cross"), ("square", "star"), ("black", "blue"))


def several(rng: random.Random, held: bool, most: int = 3) -> list[Thing]:
    """One to `most` things of different shapes and colours; the first is a held-out pair, or none is."""
    # In training two whose names are alike often stand side by side, and things are often small.
    both = rng.choice(ALIKE) if not held and most > 1 and rng.random() < 0.35 else ()
    while True:
        kinds: list[Kind] = []
        count = rng.randint(1, most)
        while len(kinds) < count:
            new = rng.choice(SHAPES), rng.choice(NAMES)
            right = held_pair(*new) == (held and not kinds)
            if right and all(new[0] != shape and new[1] != colour for shape, colour in kinds):
                kinds.append(new)
        if set(both) <= {word for kind in kinds for word in kind}:
            return scatter(rng, kinds, 62 if held else rng.choice((36, 62)))


def names_of(things: list[Thing]) -> str:
    """What there is, from left to right: "A red circle and a blue square."."""
    names = [f"a {thing.name}" for thing in sorted(things, key=lambda thing: thing.x)]
    return polish((", ".join(names[:-1]) + " and " + names[-1] if names[1:] else names[0]) + ".")


def where(thing: Thing) -> str:
    """In which ninth of the picture a thing is: "at the top left"."""
    across = ("left", "", "right")[min(2, int(3 * thing.x / SIDE))]
    down = ("top", "", "bottom")[min(2, int(3 * thing.y / SIDE))]
    words = " ".join(part for part in (down, across) if part)
    return f"at the {words}" if words else "in the middle"


def sharp(thing: Thing) -> bool:
    """Whether it is clear in which ninth the thing is."""
    return all(abs(3 * v / SIDE - edge) > 0.12 for v in (thing.x, thing.y) for edge in (1, 2))


def ask(text: str, answer: str, skill: str, *named: Thing, look: Thing | None = None) -> Question:
    """A question that names these things, by shape or by colour; its answer is found by looking at the thing `look`."""
    hints = tuple((thing.shape if thing.shape in text else thing.colour, *thing.at) for thing in named)
    return Question(text, answer, skill, hints, (look.at,) if look else ())


def ask_for(part: str, text: str, thing: Thing, *named: Thing) -> Question:
    """A question whose answer is the "colour" or the "shape" of a thing."""
    answer = thing.colour if part == "colour" else f"a {thing.shape}"
    return ask(text, polish(f"{answer}."), part, *named, look=thing)


def describe(rng: random.Random, things: list[Thing]) -> list[Question]:
    """What there is. (Like the next three, a question about the first of the things, as a list of one.)"""
    return [Question(rng.choice(pages.WHAT_IS_THERE), names_of(things), "describe")]


def colour_of(rng: random.Random, things: list[Thing]) -> list[Question]:
    """Which colour a shape has."""
    shape = things[0].shape
    text = rng.choice((f"What colour is the {shape}?", f"Which colour does the {shape} have?"))
    return [ask_for("colour", text, things[0], things[0])]


def shape_of(rng: random.Random, things: list[Thing]) -> list[Question]:
    """Which shape has a colour."""
    which = rng.choice(("What", "Which"))
    return [ask_for("shape", f"{which} shape is {things[0].colour}?", things[0], things[0])]


def place_of(_rng: random.Random, things: list[Thing]) -> list[Question]:
    """In which ninth of the picture a shape is."""
    return [ask(f"Where is the {things[0].shape}?", polish(f"{where(things[0])}."), "place", things[0])]


def what_is_at(thing: Thing) -> Question:
    """What is in its ninth of the picture."""
    return ask(f"What is {where(thing)}?", polish(f"a {thing.name}."), "place", look=thing)


def absent(rng: random.Random, things: list[Thing], most: int = 1) -> list[Question]:
    """A shape that is not there, and half the time, if there may be more, a thing that is there and one that is not."""
    missing = rng.choice([s for s in SHAPES if s not in [thing.shape for thing in things]])
    asked = [Question(f"What colour is the {missing}?", f"There is no {missing}.", "absent")]
    if rng.random() < 0.5 and most > 1:
        thing = rng.choice(things)
        asked.append(Question(polish(f"Is there a {thing.name}?"), "Yes.", "absent"))
        wrong = rng.choice([c for c in NAMES if c not in [thing.colour for thing in things]])
        asked.append(Question(polish(f"Is there a {wrong} {thing.shape}?"), "No.", "absent"))
    return asked


def shapes(rng: random.Random, held: bool) -> Sample:
    """One to three things: what, which colour, which shape, where."""
    things = several(rng, held)
    page = page_of(rng, things)
    asked = describe(rng, things)
    for thing in things[:2]:
        asked += colour_of(rng, [thing])
    asked += shape_of(rng, things)
    if len(things) == 2:
        # Else "pink" would never be an answer where the question says "triangle", if pink triangles are held out.
        one, other = rng.choice((things, things[::-1]))
        asked.append(ask_for("colour", f"What colour is the thing that is not a {one.shape}?", other, one))
        asked.append(ask_for("shape", f"What shape is not {one.colour}?", other, one))
    if sharp(things[0]):
        asked += [*place_of(rng, things), what_is_at(things[0])]
    asked += absent(rng, things, most=3)
    rng.shuffle(asked)
    return Sample([page], asked)


def one_question(about: Callable[..., list[Question]], rng: random.Random, held: bool) -> Sample:
    """A page of shapes with one question, for the examination."""
    while True:
        things = several(rng, held, 1 if about is place_of else 3)
        page = page_of(rng, things)
        if about is not place_of or sharp(things[0]):
            return Sample([page], about(rng, things))


def places(rng: random.Random, held: bool) -> Sample:
    """One to three things, each in a ninth of its own, some of them nameless: where each is, and what is there."""
    while True:
        things = several(rng, held)
        for thing in things:
            strange = rng.random()
            if strange < 0.25:
                thing.shape = BLOT
            elif strange < 0.5:
                thing.colour = ODD
        if len(set(map(where, things))) == len(things) and all(map(sharp, things)):
            break
    asked = [question for thing in things for question in at_its_place(rng, thing)]
    rng.shuffle(asked)
    return Sample([page_of(rng, things)], asked)


def at_its_place(rng: random.Random, thing: Thing) -> list[Question]:
    """Where a thing is, and what is there, as far as it has names."""
    asked = []
    colour = ask_for("colour", f"What colour is {where(thing)}?", thing)
    shape = ask_for("shape", f"What shape is {where(thing)}?", thing)
    if thing.shape != BLOT:
        asked += [*place_of(rng, [thing]), shape]
    if thing.colour != ODD:
        asked.append(colour)
    if len(asked) == 3:
        asked[1:] = [rng.choice(asked[1:]), what_is_at(thing)]
    if thing.colour != ODD and rng.random() < 0.7:
        text = f"Where is the {thing.colour} thing?"
        asked.append(ask(text, polish(f"{where(thing)}."), "place", thing))
    return asked


PLURALS = {shape: shape + ("es" if shape == "cross" else "s") for shape in SHAPES}


def tones_of(kinds: list[Kind]) -> dict[str, list[str]]:
    """The colours of each shape that is there."""
    return {shape: [c for s, c in kinds if s == shape] for shape in SHAPES if shape in [s for s, _ in kinds]}


def group(rng: random.Random, even: bool = False) -> list[Kind]:
    """Up to five shapes with their colours, no held-out group among them. Those of one shape often share a colour.

    `even`: four or five of a shape are as frequent as one or two, and fewer share a colour: it would tell the number.
    """
    while True:
        kinds = rng.sample(SHAPES, rng.choice((1, 1, 2, 2, 3)))
        free = {s: [c for c in NAMES if not held_pair(s, c)] for s in kinds}
        if rng.random() < (0.2 if even else 0.6):
            free = {s: [rng.choice(colours)] for s, colours in free.items()}
        same = [kinds[0]] * rng.randint(1, 5) if even else []
        count = rng.choice((1, 2, 3, 3, 4, 4, 5, 5))
        chosen = [(s, rng.choice(free[s])) for s in same]
        chosen += [(s := rng.choice(kinds), rng.choice(free[s])) for _ in range(count - len(same))]
        if not any(len(set(of)) == 1 and held_group(len(of), s, of[0]) for s, of in tones_of(chosen).items()):
            return chosen


def counts(rng: random.Random, held: bool) -> Sample:
    """Up to five things; how many there are, and how many of a kind."""
    if held:
        count = rng.randint(1, 5)
        kinds = [(s, c) for s in SHAPES for c in NAMES if held_group(count, s, c) and not held_pair(s, c)]
        shape, colour = rng.choice(kinds)
        others = [kind for kind in group(rng) if kind[0] != shape][: rng.randint(0, 5 - count)]
        page = page_of(rng, scatter(rng, [(shape, colour)] * count + others, 50))
        return Sample([page], [Question(f"How many {PLURALS[shape]} are there?", f"{count}.", "count")])
    chosen = group(rng, even=True)
    if plain := rng.random() < 0.5:
        chosen = [(shape, ODD) for shape, _ in chosen]
    things, tones = scatter(rng, chosen, 50), tones_of(chosen)
    if plain and rng.random() < 0.7:  # groups of one colour that has no name, in every number
        paints = {shape: nameless(rng) for shape in tones}
        for thing in things:
            thing.paint = paints[thing.shape]
    missing = rng.choice([shape for shape in SHAPES if shape not in tones])
    numbers = {PLURALS[shape]: len(tones.get(shape, ())) for shape in (*tones, missing)}
    numbers[rng.choice(("things", "shapes"))] = len(chosen)
    colour = rng.choice(chosen)[1]
    asked = [Question(f"How many {what} are there?", f"{n}.", "count") for what, n in numbers.items()]
    if not plain:
        number = sum(c == colour for _, c in chosen)
        asked.append(Question(f"How many things are {colour}?", f"{number}.", "count"))
    return Sample([page_of(rng, things)], asked)


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


def relations(rng: random.Random, held: bool) -> Sample:
    """Two or three things, and on which side of another each lies."""
    while True:
        chosen = rng.sample(SHAPES, 2 if held else rng.choice((2, 2, 2, 3)))
        # In training no shape is ever seen from another of these: held out is a fifth of the pairs.
        pairs_of = [chosen] if held else permutations(chosen, 2)
        if any((2 * SHAPES.index(a) + SHAPES.index(b)) % 5 == 0 for a, b in pairs_of) == held:
            break
    kinds = [(shape, rng.choice([c for c in NAMES if not held_pair(shape, c)])) for shape in chosen]
    while True:
        things = scatter(rng, kinds, 52)
        a, b = things[:2]
        if to := side_of(a.at, b.at):
            break
    page = page_of(rng, things)
    other = rng.choice((to, OPPOSITE[to], rng.choice(list(SIDES))))
    asked = [seen_from(a, b, to, a, b), is_it(a, b, other, to)]
    if held:
        return Sample([page], [rng.choice(asked)])
    back = OPPOSITE[to]
    asked += [seen_from(b, a, back, a, b), is_it(a, b, to if other != to else back, to)]
    asked.append(is_it(b, a, rng.choice((back, back, to, rng.choice(list(SIDES)))), back))
    if len(things) == 2:
        what = ask(f"What is {SIDES[to]} the {b.shape}?", f"The {a.name}.", "relation", b, look=a)
        nothing = ask(f"What is {SIDES[back]} the {b.shape}?", "Nothing.", "relation", b)
        asked.append(rng.choice((what, nothing)))
    if len(things) == 2 and a.colour != b.colour:
        # Answers that go with any shape and any colour of the question, as in `shapes`.
        asked.append(ask_for("colour", f"What colour is the thing {SIDES[to]} the {b.shape}?", a, b))
        asked.append(ask_for("shape", f"What shape is {SIDES[to]} the {b.colour} thing?", a, b))
    rng.shuffle(asked)
    return Sample([page], asked)


def seen_from(a: Thing, b: Thing, to: str, *named: Thing) -> Question:
    """Where a is, seen from b; both are `named`."""
    return ask(f"Where is the {a.shape}, seen from the {b.shape}?", polish(f"{SIDES[to]} it."), "relation", *named)


def is_it(a: Thing, b: Thing, asked: str, to: str) -> Question:
    """Whether a is on the side that is asked for; it is on the side `to`."""
    answer = "Yes." if asked == to else "No."
    return ask(f"Is the {a.shape} {SIDES[asked]} the {b.shape}?", answer, "relation", a, b)


WAYS = {"left": "to the left", "right": "to the right", "above": "up", "below": "down"}


def difference(rng: random.Random, held: bool) -> Sample:
    """Two pictures with one change at most, and what it is."""
    while True:
        kind, things = rng.choice(("colour", "move", "come", "gone", "nothing")), several(rng, held)
        if kind == "gone" and len(things) == 1 and rng.random() < 0.7:
            kind = "move"
        tint = pages.paper(rng)
        after, answer = changed(rng, held, kind, things)
        if answer:
            break
    seen = [(page_of(rng, there, tint), there) for there in (things, after)]
    if kind == "come":
        seen.reverse()
    text = rng.choice(("What has changed?", "What is different?", "What is the difference?"))
    look = None if kind == "nothing" else things[0] if kind in ("come", "gone") else after[0]
    asked = [ask(text, answer, "difference", look=look)]
    if not held:
        yes, what = ("No.", "Nothing.") if kind == "nothing" else ("Yes.", f"The {things[0].name}.")
        asked.append(ask("Has anything changed?", yes, "difference", look=look))
        asked.append(ask("Which thing has changed?", what, "difference", look=look))
        for number, (_, there) in zip(("first", "second"), seen, strict=True):
            if there:
                asked.append(Question(f"What is in the {number} picture?", names_of(there), "describe"))
    return Sample([page for page, _ in seen], asked)


def changed(rng: random.Random, held: bool, kind: str, things: list[Thing]) -> tuple[list[Thing], str]:
    """The things after a change of the first one, and what has happened; "" if it cannot be seen clearly."""
    first, after = things[0], [Thing(**vars(thing)) for thing in things]
    if kind == "come":
        return after[1:], polish(f"a {first.name} has come.")
    if kind == "gone":
        return after[1:], f"The {first.name} has gone."
    if kind == "colour":
        tones = [thing.colour for thing in things]
        free = [c for c in NAMES if c not in tones and (held or not held_pair(first.shape, c))]
        after[0].colour = rng.choice(free)
        return after, f"The {first.name} has become {after[0].colour}."
    if kind == "move":
        after[0].x, after[0].y = free_spot(rng, after[1:], first.size) or (first.x, first.y)
        way = side_of(after[0].at, first.at)
        if way is None or abs(after[0].x - first.x) + abs(after[0].y - first.y) < 50:
            return after, ""
        return after, f"The {first.name} has moved {WAYS[way]}."
    return after, "Nothing has changed."


SKILLS: dict[str, Maker] = {
    **{"colour": partial(one_question, colour_of), "shape": partial(one_question, shape_of)},
    **{"describe": partial(one_question, describe), "place": partial(one_question, place_of)},
    **{"absent": partial(one_question, absent), "count": counts, "relation": relations, "read": pages.writing},
    **{"chart": pages.chart, "table": pages.table, "scene": pages.scene, "difference": difference},
}
# What training draws, by the names in `data/pictures.txt`.
_PAGES = (pages.writing, pages.lines, pages.chart, pages.table, pages.scene)
PAGES: dict[str, Maker] = {make.__name__: make for make in (shapes, places, counts, relations, difference, *_PAGES)}
MIXES = {mix: {name: float(share) for name, share in pairs(rows)} for mix, rows in family("pictures", "mix").items()}


def draw(rng: random.Random, split: str = "train", skill: str | None = None, mix: str = "all") -> Sample:
    """A sample for training, from one of `MIXES`, or for the examination in `skill` (one of `SKILLS`)."""
    if split == "test":
        return SKILLS[skill](rng, True)
    return PAGES[rng.choices(list(MIXES[mix]), MIXES[mix].values())[0]](rng, False)


def beside(rng: random.Random) -> Sample:
    """A page that only the eye reads, for practice of what it finds hard: letters, or things to count."""
    return pages.soup(rng) if rng.random() < 0.67 else counts(rng, False)
