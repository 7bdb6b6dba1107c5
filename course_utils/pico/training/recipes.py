"""The recipes of the models that read text: their sizes and rates, and what they read in which step (`recipes.json`).

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

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from course_utils.base import data
from course_utils.pico import textbook
from course_utils.pico.tokenizer import encode

ACTIVE = 2  # so many experts work on a token: the architecture knows no other number

# `timetable`: from which step on, which share of the samples is practice, and of which skills. Copying comes first: a
# model that can copy learns the rest several times faster, because a name, a colour or a place in an answer is nearly
# always copied from the question. Then reading, which is copying with a condition, and what takes longest: Finnish and
# sums. Last what learners say first, which was the weakest in the examination before it. pico-medium begins where
# pico-mini ended, so there is nothing to build up: everything at once.
_WRITTEN = data(__file__, "recipes.json")


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
    timetable: Sequence = tuple(_WRITTEN["pico-mini"]["timetable"])
    name: str = "pico-mini"  # what the model calls itself
    average: bool = False  # whether the result is the mean of the weights before and after the review
    grown_from: str = ""  # the shipped model whose weights it starts from; else random weights

    def rate(self, step: int) -> float:
        """The share of the learning rate at a step: warm-up, flat, a straight line down to zero; then the review."""
        if step >= self.steps:
            return 0.5 * (1 - (step - self.steps) / self.review)
        left = (self.steps - step) / (self.decay * self.steps)
        return min(1.0, (step + 1) / self.warmup, left)


RECIPES = {name: Recipe(**settings) for name, settings in _WRITTEN.items()}
MIXTURE = RECIPES["pico-moe"]
RECIPES["dense-active"] = replace(MIXTURE, experts=0, intermediate_size=ACTIVE * MIXTURE.intermediate_size)
RECIPES["dense-total"] = replace(MIXTURE, experts=0, intermediate_size=MIXTURE.experts * MIXTURE.intermediate_size)


def lesson(rng: random.Random, step: int, recipe: Recipe) -> textbook.Sample:
    """A sample for this step, by the recipe's timetable: of all skills, and some practice of those it names."""
    _, chance, skills = max(row for row in recipe.timetable if row[0] <= step)
    skill = None
    if rng.random() < chance:  # to draw from a list of one takes a number of the dice, too
        skill = skills if isinstance(skills, str) else rng.choice(skills)
    return textbook.introduce(textbook.draw(rng, "train", skill), recipe.name)


def lessons(recipe: Recipe, step: int, tokenizer) -> list[tuple[list[int], list[int]]]:
    """What the model reads in this step, as `encode` returns it; a sample longer than its context is left out. Only the
    recipe's seed and the step decide it, so an interrupted training sees the same as one that ran through."""
    rng = random.Random(f"{recipe.stream}{recipe.seed}/{step}")
    rows = [encode(lesson(rng, step, recipe), tokenizer) for _ in range(recipe.samples_a_step)]
    return [row for row in rows if len(row[0]) <= recipe.context]
