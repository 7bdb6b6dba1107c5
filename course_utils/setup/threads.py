"""How many threads a model computes with: as many as its work is worth, chosen here for the whole course.

A small model's operators are done before a second thread has woken up, so one thread is quickest. And where another
program wants the same cores, threads that wait for each other in a busy loop take its time and their own: on two shared
cores pico-mini wrote 31 tokens a second with PyTorch's two threads, and 1,076 with one.
"""

from __future__ import annotations

import os
import sys

SMALL = 10_000_000  # parameters; a model with fewer is quickest with one thread, in training too

_limit: int | None = None  # what PyTorch was set to before we first chose: by the learner, or by itself
_chosen: int | None = None  # what we chose last


def wait_asleep() -> None:
    """Have threads sleep while they wait for each other. PyTorch reads this once, when it is imported."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def for_params(count: int) -> int:
    """The threads that suit a model of `count` parameters: one, or for a larger one all usable cores."""
    if count < SMALL:
        return 1
    from course_utils.setup import machine  # here: importing the course costs nothing

    return machine.cores()


def use_for(count: int) -> int:
    """Tell PyTorch, where it is imported, how many threads suit a model of `count` parameters; returns their number.

    It counts for the whole process, so each model says it again when it answers. It never gets more threads than
    PyTorch had before our first choice (OMP_NUM_THREADS is kept), and a number that somebody set since then stays.
    """
    global _limit, _chosen
    torch = sys.modules.get("torch")
    if torch is None:
        return for_params(count)
    now = torch.get_num_threads()
    if _chosen is not None and now != _chosen:
        return now
    _limit = _limit or now
    _chosen = min(_limit, for_params(count))
    torch.set_num_threads(_chosen)
    return _chosen
