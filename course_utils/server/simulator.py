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

from .web import Problem, said

KNOWN = {"rate_limit": int, "slow": float, "fail": int, "drop": int, "retired": str}
WINDOW = 60.0  # seconds
RETIRED = "gpt-3-practice"  # always known as retired, so that a lesson has one


class Dropped(ConnectionError):
    """The stream was broken off on purpose."""

    drops = True


class Simulator:
    """What the settings ask for, and what has happened so far. Raises CourseError for a setting it does not know."""

    def __init__(self, settings: dict | None = None):
        self.settings = dict(settings or {})
        for name, value in self.settings.items():
            if name not in KNOWN:
                raise CourseError(f"The simulator has no setting {name!r}. It has: {', '.join(KNOWN)}.")
            try:
                self.settings[name] = KNOWN[name](value)
            except (TypeError, ValueError):
                raise CourseError(f"{name} is {value!r}; a {KNOWN[name].__name__} is wanted.") from None
            if name != "retired" and not 0 < self.settings[name] < 1e6:
                raise CourseError(f"{name} is {value!r}; a number above 0 is wanted.")
        self._asked: list[float] = []
        self._failed = self._dropped = 0

    async def before(self, request: Request) -> None:
        """Called before a request that asks for an answer. Waits, or raises a Problem."""
        if "slow" in self.settings:
            await asyncio.sleep(self.settings["slow"])
        if self._failed < self.settings.get("fail", 0):
            self._failed += 1
            raise said(request, 500, "The server had an error while processing your request. Sorry about that!")
        if "rate_limit" in self.settings:
            now = time.monotonic()
            self._asked = [then for then in self._asked if now - then < WINDOW]
            if len(self._asked) >= self.settings["rate_limit"]:
                wait = max(1, round(WINDOW - (now - self._asked[0])))
                limit = self.settings["rate_limit"]
                text = f"Rate limit reached: {limit} requests a minute. Please try again in {wait} s."
                found = said(request, 429, text, "rate_limit_exceeded")
                found.headers["Retry-After"] = str(wait)
                raise found
            self._asked.append(now)

    def retired(self, request: Request, name: str) -> Problem | None:
        """The answer 410 for a model that has been retired, or None."""
        if name not in (RETIRED, self.settings.get("retired")):
            return None
        text = f"The model `{name}` has been retired and is no longer available. Choose another from /v1/models."
        return said(request, 410, text, "model_retired")

    def maybe_drop(self, request: Request) -> None:
        """Called in the middle of a stream: breaks it off while drops are left."""
        if self._dropped < self.settings.get("drop", 0):
            self._dropped += 1
            raise Dropped("broken off by the simulator")
