"""The recipes of the models that read text: their sizes and rates, and what they read in which step.

What makes a model of two million parameters learn this much in two hours on two cores:

* one sample a row, never cut, and the loss counts the answers only: no effort goes into guessing questions;
* every answer counts by the square root of its length, so that a long story does not drown a short sum;
* Muon for the weight matrices of the blocks, AdamW for the embeddings and norms;
* samples of similar length share a micro-batch, so that little is computed for padding;
* a timetable: what the rest is built on comes first, and what is weakest is practised most.

`course_utils.pico.training` trains by them. pico-moe has two companions, so that experts can be compared with dense
models. All three read the same samples in the same order, as often, with the same rates. They differ in one thing, what
stands in each layer after the attention:

    pico-moe      16 experts of width 88, of which a router picks 2 for each token
    dense-active  one network of width 176: as much arithmetic for a token as the two experts
    dense-total   one network of width 1,408: as many parameters as all sixteen experts
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from course_utils.pico import textbook
from course_utils.pico.tokenizer import encode, load_tokenizer

ACTIVE = 2  # so many experts work on a token: the architecture knows no other number

# From which step on, which share of the samples is practice, and of which skills. Copying comes first: a model that
# can copy learns the rest several times faster, because a name, a colour or a place in an answer is nearly always
# copied from the question. Then reading, which is copying with a condition, and what takes longest: Finnish and
# sums. Last what learners say first, which was the weakest in the examination before it.
LAST = ("whose", "interview", "passage", "unknown", "sum", "tool")  # not to be lost while others are practised
TIMETABLE = (
    (0, 0.75, "repeat"),
    (600, 0.6, ("reading", "reading", "translate", "sum")),
    (2000, 0.3, ("reading", "reading", "translate", "sum")),
    (2500, 0.5, ("person", "person", "reading", "translate", "sum")),
    (3500, 0.5, ("interview", "interview", "person", "reading", "translate", "sum")),
    (4000, 0.55, ("whose", "whose", "interview", "person", "reading", "translate", "sum")),
    (5250, 0.65, ("impression",) * 4 + ("whose", "whose", "interview", "reading", "translate", "sum")),
    (6500, 0.65, ("impression",) * 4 + ("translate",) * 3 + ("outside",) * 2 + LAST),
    (9000, 0.75, ("impression",) * 6 + ("tool", "tool", "translate", "outside", "passage", *LAST[:2], "unknown")),
)
# The bigger sibling begins where the smaller one ended, so there is nothing to build up: everything at once. Again what
# learners say first needs the largest share.
MEDIUM_TIMETABLE = (
    (0, 0.6, ("impression",) * 4 + ("translate", "fact", "system") * 2 + ("outside", "followup", *LAST)),
    (1500, 0.75, ("impression",) * 7 + ("translate", "translate", "summary", "passage", "system", "outside", *LAST)),
    (2600, 0.9, ("impression",) * 8 + ("translate",) * 5 + ("tool",) * 4 + ("summary", "outside", "outside", *LAST)),
)
MOE_TIMETABLE = (
    (0, 0.7, ("repeat",)),  # in brackets: drawing from one takes a number of the dice, too
    (120, 0.6, ("reading", "reading", "translate", "sum")),
    (560, 0.4, ("interview", "whose", "reading", "translate", "sum", "tool")),
    (880, 0.5, ("interview", "whose", "passage", "unknown", "translate", "translate", "sum", "tool", "impression")),
)


@dataclass(frozen=True)
class Recipe:
    """All that decides the result, apart from the textbook. Sizes as in `Phi3Config` and `PhimoeConfig`."""

    hidden_size: int = 192
    layers: int = 4
    heads: int = 3
    intermediate_size: int = 512  # of each expert, where there are experts
    experts: int = 0  # in each layer; 0 is a dense model
    balance: float = 0.01  # the weight of the load-balancing loss of the experts
    context: int = 1024
    steps: int = 9000
    samples_a_step: int = 64
    warmup: int = 100
    decay: float = 0.4  # the last share of the steps, in which the learning rate falls to zero
    review: int = 2600  # steps after that, from half the learning rate down to zero once more
    learning_rate: float = 3e-3  # of Muon and of AdamW
    seed: int = 0
    stream: str = ""  # put before the seed: recipes with different streams read different samples
    timetable: tuple = TIMETABLE
    name: str = "pico-mini"  # what the model calls itself
    average: bool = False  # whether the result is the mean of the weights before and after the review
    grown_from: str = ""  # the shipped model whose weights it starts from; else random weights

    def rate(self, step: int) -> float:
        """The share of the learning rate at a step: warm-up, flat, a straight line down to zero; then the review."""
        if step >= self.steps:
            return 0.5 * (1 - (step - self.steps) / self.review)
        left = (self.steps - step) / (self.decay * self.steps)
        return min(1.0, (step + 1) / self.warmup, left)


MEDIUM = Recipe(
    hidden_size=384,
    heads=6,
    intermediate_size=768,
    steps=2600,
    decay=0.7,
    review=400,
    learning_rate=2e-3,
    timetable=MEDIUM_TIMETABLE,
    name="pico-medium",
    average=True,
    grown_from="pico-mini",
)
MIXTURE = Recipe(
    hidden_size=256,
    heads=4,
    intermediate_size=88,
    experts=16,
    steps=1200,
    review=0,
    stream="moe/",
    timetable=MOE_TIMETABLE,
)
RECIPES = {
    "pico-mini": Recipe(),
    "pico-medium": MEDIUM,
    "pico-moe": MIXTURE,
    "dense-active": replace(MIXTURE, experts=0, intermediate_size=ACTIVE * MIXTURE.intermediate_size),
    "dense-total": replace(MIXTURE, experts=0, intermediate_size=MIXTURE.experts * MIXTURE.intermediate_size),
}


def lesson(rng: random.Random, step: int, recipe: Recipe) -> textbook.Sample:
    """A sample for this step, by the recipe's timetable: of all skills, and some practice of those it names."""
    _, chance, skills = max(row for row in recipe.timetable if row[0] <= step)
    skill = None
    if rng.random() < chance:
        skill = skills if isinstance(skills, str) else rng.choice(skills)
    return textbook.introduce(textbook.draw(rng, "train", skill), recipe.name)


def lessons(recipe: Recipe, step: int, tokenizer) -> list[tuple[list[int], list[int]]]:
    """What the model reads in this step, as `encode` returns it; a sample longer than its context is left out.

    The recipe's seed and the step decide it, and nothing else: an interrupted training sees the same textbook as one
    that ran through, and what was read can be counted afterwards.
    """
    rng = random.Random(f"{recipe.stream}{recipe.seed}/{step}")
    rows = [encode(lesson(rng, step, recipe), tokenizer) for _ in range(recipe.samples_a_step)]
    return [row for row in rows if len(row[0]) <= recipe.context]


def count_tokens(recipe: Recipe, every: int = 1) -> int:
    """How many tokens a training by this recipe reads: its lessons are drawn once more, and counted.

    With every=1 the number is exact, and 1,000 steps of 64 samples take about a minute. With every=10 only each
    tenth step is drawn, and the sum is ten times theirs: right to about one per cent.
    """
    tokenizer = load_tokenizer()  # the whole family has this one
    steps = range(recipe.steps + recipe.review)
    drawn = steps[::every]
    tokens = sum(len(ids) for step in drawn for ids, _ in lessons(recipe, step, tokenizer))
    return round(tokens * len(steps) / len(drawn))
