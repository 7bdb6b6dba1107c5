"""A flight simulator for the cloud: the faults of real services, to be met here first. Off unless asked for.

server.start(simulate={"rate_limit": 3})       # three requests a minute, then 429 with Retry-After
server.start(simulate={"slow": 2.0})           # seconds before each answer
server.start(simulate={"fail": 1})             # the first request fails with 500, the next succeeds
server.start(simulate={"drop": 1})             # the first stream breaks off in the middle
server.start(simulate={"retired": "old-model"})  # that name answers 410
"""

from __future__ import annotations

import asyncio
import time

from starlette.requests import Request

from course_utils.base import CourseError

from .web import problem

NUMBERS = ("rate_limit", "slow", "fail", "drop")
WINDOW = 60.0  # seconds
RETIRED = "gpt-3-practice"  # always known as retired, so that a lesson has one


class Dropped(ConnectionError):
    """The stream was broken off on purpose."""


class Simulator:
    """What the settings ask for, and what has happened so far. Raises CourseError for a setting it does not know."""

    def __init__(self, settings: dict[str, float | str] | None = None):
        self.retired, self.numbers = RETIRED, dict.fromkeys(NUMBERS, 0.0)
        for name, value in (settings or {}).items():
            if name == "retired":
                self.retired = str(value)
                continue
            if name not in NUMBERS:
                raise CourseError(f"The simulator has no setting {name!r}. It has: {', '.join(NUMBERS)}, retired.")
            try:
                self.numbers[name] = float(value)
            except (TypeError, ValueError):
                pass
            if not 0 < self.numbers[name] < 1e6:
                raise CourseError(f"{name} is {value!r}; a number above 0 is wanted.")
        self._times: list[float] = []
        self._failed = self._dropped = 0

    async def before(self, request: Request) -> None:
        """Called before a request that asks for an answer. Waits, or raises a Problem."""
        await asyncio.sleep(self.numbers["slow"])
        if self._failed < self.numbers["fail"]:
            self._failed += 1
            raise problem(request, 500, "The server had an error while processing your request. Sorry about that!")
        limit, now = self.numbers["rate_limit"], time.monotonic()
        self._times = [then for then in self._times if now - then < WINDOW]
        if limit and len(self._times) >= limit:
            wait = max(1, round(WINDOW - (now - self._times[0])))
            text = f"Rate limit reached: {limit:g} requests a minute. Please try again in {wait} s."
            too_many = problem(request, 429, text, "rate_limit_exceeded")
            too_many.headers["Retry-After"] = str(wait)
            raise too_many
        self._times.append(now)

    def check(self, request: Request, name: str) -> None:
        """Raises Problem 410 for a model that has been retired."""
        if name in (RETIRED, self.retired):
            text = f"The model `{name}` has been retired and is no longer available. Choose another from /v1/models."
            raise problem(request, 410, text, "model_retired")

    def maybe_drop(self) -> None:
        """Called in the middle of a stream: breaks it off while drops are left."""
        if self._dropped < self.numbers["drop"]:
            self._dropped += 1
            raise Dropped("broken off by the simulator")
