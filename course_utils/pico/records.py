"""What was measured of each shipped model, kept as data beside its weights: what its training cost, and its scores.
`curve.csv` is written by the training and `scores.json` by the examination. In `training.json` the time on the clock is
measured, and the rest follows from the recipe (a test works it out again)."""

import json
from functools import cache
from types import SimpleNamespace

from course_utils.base import data
from course_utils.pico import folder


def record(name: str = "pico-mini") -> SimpleNamespace:
    """The costs of training pico-mini or pico-medium, from random weights or from those of the model in `grown_from`.

    parameters, samples, steps: numbers; `tokens` is how many were read, padding not counted
    review:        how many of the steps came after the main course, with half the learning rate
    average:       whether the weights are the mean of those before and after the review
    hours:         on the clock, of `cores` processor cores; without those of `grown_from`, as all that follows
    core_hours:    hours times cores
    flops:         floating-point operations, 6 * parameters * tokens (Kaplan et al. 2020, arXiv 2001.08361): 2 for each
                   weight and token on the way forward, 4 on the way back. An estimate: it leaves attention out, and
                   counts the scores of the vocabulary for every token, where ours are computed for answers only.
    watts_assumed: watts a core, an assumption and no measurement: 10, of which a core of an AMD EPYC of 2021 has 4.4
                   to 8.3 by design (techgage.com/article/amd-epyc-milan-launch-performance: 7763, 7443)
    kwh:           kilowatt-hours, core_hours * watts_assumed / 1000: an estimate that rests on that assumption
    at_most:       True where other work used the same cores: hours, core_hours and kwh are then upper bounds
    left_out:      facts that the textbook knows and training never showed
    machine, date: where it was trained, and the day on which that ended

    Raises CourseError for a model that the course does not ship.
    """
    return SimpleNamespace(**json.loads((folder(name) / "training.json").read_text(encoding="utf-8")))


def curve(name: str = "pico-mini") -> SimpleNamespace:
    """The `steps` of a training, and after each the `losses` and the `tokens` that had been read: three lists. A loss
    is in nats a token of the answers, each answer weighted as in `train`. The tokens are only about right: the file
    keeps none, so every step counts as the average one. Raises CourseError for a model that is not shipped."""
    rows = [line.split(",") for line in (folder(name) / "curve.csv").read_text(encoding="utf-8").split()]
    steps, losses = [int(step) for step, _ in rows], [float(loss) for _, loss in rows]
    a_step = record(name).tokens / len(steps)
    return SimpleNamespace(steps=steps, tokens=[round((step + 1) * a_step) for step in steps], losses=losses)


def scores(name: str = "pico-mini") -> dict:
    """What the examination of a shipped model gave: `samples`, `seed`, and `scores`, shares from 0 to 1."""
    return json.loads((folder(name) / "scores.json").read_text(encoding="utf-8"))


@cache
def bars(family: str = "text") -> dict[str, float]:
    """The score that the course wants of its models in each skill. The families are "text" and "vision"."""
    return data(__file__, "bars.json")[family]
