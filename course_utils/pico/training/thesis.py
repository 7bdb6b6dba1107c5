"""The Phi thesis in miniature: does a small model on a textbook beat a bigger one on a noisy web?

Every run is the same loop with the same seed and the same number of tokens. Only the size of the model and the noise
of its pages differ. All are examined on the same clean pages of the test split: sentences and stories hold pairs of
words that no run has read together, facts are asked for in new words. Single words can only be known by heart.

With the same tokens the bigger model gets six times the computing (6 x parameters x tokens), which is generous to it.
At the same computing it has read a sixth of the tokens: look there on its curve. But its learning rate falls to zero
only at the end of the run, so that a shorter run, planned as such, would do somewhat better than this point.
The runs in `thesis.json` were trained by `tests/train_thesis.py`.
"""

import json
import random
import re
from functools import partial
from itertools import combinations
from pathlib import Path

from course_utils.pico import textbook
from course_utils.pico.textbook.sentences import SIMPLE, pair
from course_utils.pico.textbook.skills import request
from course_utils.pico.textbook.world import Cast, held_out

RESULTS = Path(__file__).with_name("thesis.json")
# What they read, in shares of the pages: copying first, which all the rest is built on, then five skills together.
SHARES = {"fact": 25, "word": 20, "sentiment": 10, "translate": 30, "story": 15}
FIRST = {"repeat": 300, **SHARES}


def translate(rng: random.Random, split: str) -> textbook.Sample:
    """One simple sentence, into Finnish or into English; for "test" a held-out pair is really in it."""
    while True:
        english, finnish = pair(rng, Cast.draw(rng, split), rng.choice(SIMPLE))
        if split == "train" or any(held_out(a, b) for a, b in combinations(re.findall(r"\w+", english), 2)):
            break
    if rng.random() < 0.5:
        return textbook.chat("translate", request(rng, "to Finnish", english), finnish)
    return textbook.chat("translate", request(rng, "to English", finnish), english)


def page(rng: random.Random, split: str = "train", skill: str | None = None, *, shares=SHARES) -> textbook.Sample:
    """A page of the part of the textbook that models this small can learn; without `skill`, drawn by `shares`."""
    skill = skill or rng.choices(list(shares), shares.values())[0]
    return translate(rng, split) if skill == "translate" else textbook.draw(rng, split, skill)


copying = partial(page, shares=FIRST)


def results(path: Path = RESULTS) -> dict:
    """The recorded runs and where they come from: {"provenance": {...}, "runs": {name: row}}."""
    return json.loads(path.read_text(encoding="utf-8"))
