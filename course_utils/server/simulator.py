"""A flight simulator for the cloud: the faults of real services, to be met here first. Off unless asked for.

`server.start(simulate={"rate_limit": 3, "slow": 2.0})`: three requests a minute, then 429 with Retry-After, and seconds
before each answer. How many of the first ones go wrong: "fail" (500), "drop" (a stream breaks off in the middle),
"unfinished" (it just ends early: no error, no end mark), "error_inside" (status 200, and an error in the body). And 429
or 402 for ever, as the account is empty: "insufficient_quota", "payment"."""

import asyncio
import math
import time
from contextlib import suppress

from course_utils.base import CourseError

from .problem import Problem, refusal
from .store import DATA

FAULTS = DATA["simulator"]  # what a client is told
NAMES = ("rate_limit", "slow", "drop", "unfinished", *FAULTS)
FOR_EVER = ("insufficient_quota", "payment")
WINDOW = 60.0  # seconds


class Simulator:
    """What the settings ask for, and what is left of it. Raises CourseError for a setting that it does not know."""

    def __init__(self, settings: dict[str, float] | None = None):
        self._left, self._times = dict.fromkeys(NAMES, 0.0), []
        for name, value in (settings or {}).items():
            if name not in NAMES:
                raise CourseError(f"The simulator has no setting {name!r}. It has: {', '.join(NAMES)}.")
            with suppress(TypeError, ValueError):
                self._left[name] = float(value)
            if not 0 < self._left[name] < 1e6:
                raise CourseError(f"{name} is {value!r}; a number above 0 is wanted.")
        self._left |= {name: math.inf for name in FOR_EVER if self._left[name]}

    async def before(self) -> None:
        """Called before a request that asks for an answer. Waits, or raises a Problem."""
        await asyncio.sleep(self._left["slow"])
        for name in filter(self._take, (*FOR_EVER, "fail")):
            raise Problem(**FAULTS[name])
        limit, now = self._left["rate_limit"], time.monotonic()
        self._times = [then for then in self._times if now - then < WINDOW]
        if limit and len(self._times) >= limit:
            wait = max(1, round(WINDOW - (now - self._times[0])))
            raise refusal("rate_limit", 429, limit=limit, wait=wait)
        self._times.append(now)

    def during(self, streamed: bool = True) -> None:
        """Called when an answer has begun. Raises a Problem, ConnectionError to break it off, EOFError to end it."""
        if self._take("error_inside"):
            raise Problem(**FAULTS["error_inside"])
        for name, error in {"drop": ConnectionError, "unfinished": EOFError}.items():
            if streamed and self._take(name):
                raise error(f"simulated: {name}")

    def _take(self, name: str) -> bool:
        """Whether one is left, which is spent by that."""
        self._left[name] -= 1
        return self._left[name] >= 0
