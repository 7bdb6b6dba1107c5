"""A flight simulator for the cloud: the faults of real services, to be met here first. Off unless asked for.

server.start(simulate={"rate_limit": 3})       # three requests a minute, then 429 with Retry-After
server.start(simulate={"slow": 2.0})           # seconds before each answer
server.start(simulate={"fail": 1})             # the first request fails with 500, the next succeeds
server.start(simulate={"drop": 1})             # the first stream breaks off in the middle
"""

import asyncio
import time
from contextlib import suppress

from course_utils.base import CourseError

from .problem import Problem

NUMBERS = ("rate_limit", "slow", "fail", "drop")
WINDOW = 60.0  # seconds


class Dropped(ConnectionError):
    """The stream was broken off on purpose."""


class Simulator:
    """What the settings ask for, and what is left of it. Raises CourseError for a setting that it does not know."""

    def __init__(self, settings: dict[str, float] | None = None):
        self._left = dict.fromkeys(NUMBERS, 0.0)
        for name, value in (settings or {}).items():
            if name not in NUMBERS:
                raise CourseError(f"The simulator has no setting {name!r}. It has: {', '.join(NUMBERS)}.")
            with suppress(TypeError, ValueError):
                self._left[name] = float(value)
            if not 0 < self._left[name] < 1e6:
                raise CourseError(f"{name} is {value!r}; a number above 0 is wanted.")
        self._times: list[float] = []

    async def before(self) -> None:
        """Called before a request that asks for an answer. Waits, or raises a Problem."""
        await asyncio.sleep(self._left["slow"])
        if self._left["fail"] > 0:
            self._left["fail"] -= 1
            raise Problem(500, "The server had an error while processing your request. Sorry about that!")
        limit, now = self._left["rate_limit"], time.monotonic()
        self._times = [then for then in self._times if now - then < WINDOW]
        if limit and len(self._times) >= limit:
            wait = max(1, round(WINDOW - (now - self._times[0])))
            text = f"Rate limit reached: {limit:g} requests a minute. Please try again in {wait} s."
            raise Problem(429, text, "rate_limit_exceeded", retry_after=wait)
        self._times.append(now)

    def during(self) -> None:
        """Called in the middle of a stream: breaks it off while drops are left."""
        if self._left["drop"] > 0:
            self._left["drop"] -= 1
            raise Dropped("broken off by the simulator")
