"""Train the runs of the thesis of notebook 08: does a small model on a textbook beat a bigger one on a noisy web?

    python -m tests.train_thesis          # trains the runs that `thesis.json` does not have yet

Phi's makers compare two diets: pages written or chosen to teach, and whatever the web has. `web` writes the second: it
draws a page from the textbook and, with the chance that `KINDS` tells, does to it what the web does:

* typos:      letters lost, doubled or typed with the key beside, in questions and in answers alike;
* wrong:      the answer of another page of the same skill: fluent, confident and false;
* duplicate:  one of a few pages that are copied from site to site and come back again and again;
* off topic:  adverts, comments, lists, recipes, forum talk and cookie banners, from which no skill can be learned;
* skewed:     right pages, but about the same few popular things.

What is left, one page in ten at full noise, is a textbook page as it was.

Every run is the same loop with the same seed and the same number of tokens. Only the size of the model and the noise
of its pages differ. All are examined on the same clean pages of the test split: sentences and stories hold pairs of
words that no run has read together, facts are asked for in new words. Single words can only be known by heart.

With the same tokens the bigger model gets six times the computing (6 x parameters x tokens), which is generous to it.
At the same computing it has read a sixth of the tokens: look there on its curve. But its learning rate falls to zero
only at the end of the run, so that a shorter run, planned as such, would do somewhat better than this point.
"""

import argparse
import json
import platform
import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from itertools import combinations
from pathlib import Path

from course_utils.pico import evaluate, folder, textbook
from course_utils.pico.textbook.lists import section, split_words
from course_utils.pico.textbook.sample import rewrite, running_text
from course_utils.pico.textbook.sentences import SIMPLE, pair
from course_utils.pico.textbook.skills import request
from course_utils.pico.textbook.world import CHOICE, Cast, held_out, held_out_pairs
from course_utils.pico.tokenizer import IGNORED, encode, load_tokenizer
from course_utils.pico.training.recipes import Recipe
from course_utils.pico.training.thesis import RESULTS, results

SEED, EXAM_SEED = 0, 5
STEPS, TOKENS_A_STEP = 1000, 2048
COPYING = 0.2  # the first share of the steps, in which copying comes before all else
SMALL = Recipe(hidden_size=96, layers=3, heads=3, intermediate_size=256, warmup=50, review=0, seed=SEED)
RECIPES = {"small": SMALL, "big": replace(SMALL, hidden_size=240, layers=4, heads=5, intermediate_size=640)}
HELD_OUT_TOKENS = 2000  # answer tokens a skill
SAMPLES = 100  # a skill, in the examination
LOOKS = 10  # how often along a run the held-out loss is measured
EXAMS = (4, 6, 8, 10)  # the looks that also examine

# -- the web: the same pages, in bad company

# The share of each kind at full noise: a choice, not a measurement of the real web.
KINDS = {"typos": 0.20, "wrong": 0.15, "duplicate": 0.20, "off topic": 0.25, "skewed": 0.10}

LETTER_SLIPS = 0.05  # the share of letters that go wrong in a page with typos
POOL = 40  # how many pages all duplicates are copies of
TRIES = 200  # how often a wrong answer is looked for
CROWD = 12  # a skewed page is the most popular of so many
# From the most popular down. Big cities and first names are spread like this too (Zipf's law).
POPULAR = split_words(section("noise", "popular"), ",")
JUNK = section("noise", "junk")
WORDS = {f"[{kind}]": split_words(section("noise", kind), ",") for kind in ("products", "names")}
NEIGHBOURS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")  # the rows of a keyboard

Draw = Callable[..., textbook.Sample]  # (rng, split, skill or None), as `textbook.draw`


def web(rng: random.Random, split: str = "train", noise: float = 1.0, draw: Draw = textbook.draw) -> textbook.Sample:
    """One page of the web. The same `rng` state gives the same page; `noise` 0 gives the page that `draw` gives.

    noise: from 0 (the textbook) to 1 (all of `KINDS`); draw: where the pages come from before they are spoiled.
    A spoiled page says so in `about["noise"]`. "train" and "test" are split as in the textbook.
    """
    if not 0 <= noise <= 1:
        raise ValueError(f"noise is a number from 0 to 1, not {noise!r}")
    chances = [noise * share for share in KINDS.values()]
    kind = rng.choices([*KINDS, None], [*chances, 1 - sum(chances)])[0] if noise else None
    if kind is None:
        return draw(rng, split)
    page = SPOIL[kind](rng, split, draw)
    return replace(page, about={**page.about, "noise": kind})


def typos(rng: random.Random, split: str, draw: Draw) -> textbook.Sample:
    """A page written in a hurry."""

    def slip(letter: str) -> str:  # lost, doubled, or the key beside it
        row = next((row for row in NEIGHBOURS if letter.lower() in row), letter)
        at = row.find(letter.lower())
        return rng.choice(("", letter * 2, row[max(at - 1, 0)], row[(at + 1) % len(row)]))

    def mistype(text: str) -> str:
        typed = "".join(slip(c) if c.isalpha() and rng.random() < LETTER_SLIPS else c for c in text)
        return typed if typed.strip() else text

    page = draw(rng, split)
    while True:
        typed = rewrite(page, mistype)
        if held_out_pairs(textbook.plain(typed)) <= held_out_pairs(
            textbook.plain(page)
        ):  # a slip can turn one word into another
            return typed


def wrong(rng: random.Random, split: str, draw: Draw) -> textbook.Sample:
    """A question with another question's answer. What has no question (running text) is drawn again."""
    for _ in range(TRIES):
        page = draw(rng, split)
        other = draw(rng, split, page.skill)
        if not page.messages or not other.messages or other.answer == page.answer:
            continue
        mixed = replace(page, messages=(*page.messages[:-1], other.messages[-1]))
        # The two together could show what only the test may show.
        known = held_out_pairs(textbook.plain(page)) | held_out_pairs(textbook.plain(other))
        if split != "train" or held_out_pairs(textbook.plain(mixed)) <= known:
            return mixed
    raise ValueError(f"In {TRIES} tries `draw` gave no two conversations with different answers")


@lru_cache
def pool(split: str, draw: Draw) -> tuple[textbook.Sample, ...]:
    """The pages that everybody copies: always the same ones."""
    rng = random.Random("the pool of duplicates")
    return tuple(draw(rng, split) for _ in range(POOL))


def duplicate(rng: random.Random, split: str, draw: Draw) -> textbook.Sample:
    """A page that was read before and will be read again."""
    return rng.choice(pool(split, draw))


def skewed(rng: random.Random, split: str, draw: Draw) -> textbook.Sample:
    """The most popular page of a crowd of one skill."""
    page = draw(rng, split)
    return min([page, *(draw(rng, split, page.skill) for _ in range(CROWD - 1))], key=place)


def place(page: textbook.Sample) -> int:
    """The place in `POPULAR` of the most popular word of a page; after the last if it has none."""
    words = re.findall(r"\w+", textbook.plain(page))
    return min((POPULAR.index(word) for word in words if word in POPULAR), default=len(POPULAR))


def off_topic(rng: random.Random, split: str, draw: Draw) -> textbook.Sample:
    """Running text about something else."""
    text = CHOICE.sub(lambda match: rng.choice(WORDS.get(match[0]) or match[1].split("|")), rng.choice(JUNK))
    return running_text("off topic", re.sub(r"\{n\}", lambda _: str(rng.randint(2, 99)), text))


SPOIL = {"typos": typos, "wrong": wrong, "duplicate": duplicate, "off topic": off_topic, "skewed": skewed}


# -- what the runs read

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


# -- the runs


@dataclass(frozen=True)
class Run:
    """One training. `noise` 0 is the textbook, 1 the web."""

    name: str
    size: str
    noise: float


# The three of the thesis first: every run is kept as soon as it is finished.
_NOISE = {"small-textbook": 0.0, "small-web": 1.0, "big-web": 1.0, "small-web-25": 0.25, "small-web-50": 0.5}
RUNS = tuple(Run(name, name.partition("-")[0], noise) for name, noise in _NOISE.items())


def pages_of(run: Run, tokenizer) -> Iterator[tuple[list[tuple[list[int], list[int]]], int]]:
    """For each step of a run: (its encoded pages, tokens read so far). About `TOKENS_A_STEP` tokens a step."""
    rng, read = random.Random(SEED), 0
    for step in range(STEPS):
        rows, draw = [], copying if step < COPYING * STEPS else page
        while read < (step + 1) * TOKENS_A_STEP:
            rows.append(encode(web(rng, "train", run.noise, draw), tokenizer))
            read += len(rows[-1][0])
        yield rows, read


@lru_cache
def held_out_rows(tokenizer) -> dict[str, list]:
    """Encoded clean pages for each skill, of the test split, with about `HELD_OUT_TOKENS` answer tokens together."""
    rows = {}
    for skill in SHARES:
        rng, rows[skill], answered = random.Random(f"{EXAM_SEED}/{skill}"), [], 0
        while answered < HELD_OUT_TOKENS:
            rows[skill].append(encode(page(rng, "test", skill), tokenizer))
            answered += sum(label != IGNORED for label in rows[skill][-1][1])
    return rows


def examine(student: evaluate.Examinee) -> dict[str, float]:
    """Share of right answers, from 0 to 1, to `SAMPLES` clean held-out pages of each skill."""
    scores = {}
    for skill in SHARES:
        rng = random.Random(f"{EXAM_SEED}/exam/{skill}")
        asked = [page(rng, "test", skill) for _ in range(SAMPLES)]
        answers = student.answer([list(sample.messages[:-1]) for sample in asked])
        scores[skill] = sum(map(evaluate.right, asked, answers)) / SAMPLES
    return scores


def train(run: Run, tokenizer) -> dict:
    """Train one run; returns its row of the results, with a line of progress at each look."""
    from course_utils.pico.training import loop
    from course_utils.pico.training.muon import prefers_half
    from course_utils.pico.training.text import build_model

    recipe = replace(RECIPES[run.size], steps=STEPS)
    # The copy that is looked at is never compiled: it reads and writes at every length.
    model, copied = build_model(recipe), build_model(recipe)
    if STEPS > 200:
        loop.quicken(model)
    optims, half = loop.optimizers(model, recipe.learning_rate, recipe.learning_rate), prefers_half()
    looks = [round(STEPS * look / LOOKS) for look in range(1, LOOKS + 1)]
    curve, scores, read = [], [], 0
    pages = pages_of(run, tokenizer)

    def gradients(_: int) -> dict[str, float]:
        nonlocal read
        rows, read = next(pages)
        return {"loss": loop.backward(model, rows, half)}

    def after(done: int) -> None:
        if done not in looks:
            return
        copied.load_state_dict(model.state_dict())
        losses = [loop.held_out_loss(copied, rows) for rows in held_out_rows(tokenizer).values()]
        curve.append([read, round(sum(losses) / len(losses), 4)])  # each skill counts the same
        print(f"{run.name}: {read:,} tokens, held-out loss {curve[-1][1]:.3f}", flush=True)
        if len(curve) in EXAMS:
            scores.append({"tokens": read, **examine(evaluate.Examinee(copied, tokenizer))})
            print(f"{run.name}: {scores[-1]}", flush=True)

    loop.run(model, optims, gradients, recipe.rate, STEPS, after=after)
    count = model.num_parameters()
    kind = {"name": run.name, "size": run.size, "data": "web" if run.noise else "textbook", "noise": run.noise}
    return kind | {"parameters": count, "tokens": read, "flops": 6 * count * read, "curve": curve, "scores": scores}


def main(argv: list[str] | None = None) -> int:
    """Train every run that the results do not have yet, and write each when it is finished."""
    import torch

    parser = argparse.ArgumentParser(prog="python -m tests.train_thesis")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the file with the results")
    parser.add_argument("--machine", default=platform.machine(), help="what to say of this computer")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    tokenizer = load_tokenizer(folder())
    recorded = results(args.out) if args.out.exists() else {"provenance": results()["provenance"], "runs": {}}
    for run in RUNS:
        if run.name in recorded["runs"]:
            print(f"{run.name}: kept", flush=True)
            continue
        recorded["runs"][run.name] = train(run, tokenizer)
        recorded["provenance"] |= {"date": date.today().isoformat(), "machine": args.machine}
        args.out.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
