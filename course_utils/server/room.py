"""A class that shares this server: a token for each student, made from one secret, and limits for each."""

import base64
import hmac
import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from course_utils.base import CourseError

from .problem import refusal


class Room:
    """Who may ask: students 1, 2, …, each with `at_once` requests at work and `limit` tokens a minute, read and
    written, and the teacher, 0, without limits. A token is a number and its keyed hash: the secret is never sent."""

    def __init__(self, secret: str, students: int, at_once: int = 2, limit: int = 4000):
        """Raises CourseError for numbers that cannot be."""
        if not (1 <= students <= 999 and at_once >= 1 and limit >= 1):
            raise CourseError("A room has 1 to 999 students, each with at least one request at once and one token.")
        hashes = [hmac.digest(secret.encode(), str(number).encode(), "sha256")[:10] for number in range(students + 1)]
        tokens = [f"{number:02}-{base64.b32encode(hash).decode().lower()}" for number, hash in enumerate(hashes)]
        self.students = {token: number for number, token in enumerate(tokens)}
        self.at_once, self.limit = at_once, limit
        self._busy, self._free = Counter(), Counter()  # requests at work, and when all her tokens are given back

    @contextmanager
    def turn(self, student: int, state) -> Iterator[None]:
        """A request of hers, from its beginning to its end. Raises Problem 429."""
        spent = self._free[student] - time.monotonic()  # in seconds: of 60, a minute gives as many back
        if self._busy[student] >= self.at_once:
            raise refusal("at_once", 429, limit=self.at_once)
        if spent >= 60:
            raise refusal("tokens", 429, limit=self.limit, used=spent * self.limit / 60, wait=math.ceil(spent - 59))
        self._busy[student] += 1
        try:
            yield
        finally:
            self._busy[student] -= 1
            more, now = state.read + sum(job.read + len(job.tokens) for job in state.jobs), time.monotonic()
            # A large debt is forgiven, so that nobody waits for more than two minutes.
            self._free[student] = min(max(self._free[student], now) + more * 60 / self.limit, now + 180)
