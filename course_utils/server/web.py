"""What both dialects share: errors that become answers, bodies with a limit, and clients that leave."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from .engine import Job

LARGEST_BODY = 8 * 2**20  # bytes of JSON; files go to /api/blobs


class Problem(Exception):
    """An answer with an error status, in the shape of the dialect that was spoken."""

    def __init__(self, status: int, body: dict, headers: dict[str, str] | None = None):
        super().__init__(str(body))
        self.status, self.body, self.headers = status, body, headers or {}

    def answer(self) -> Response:
        return JSONResponse(self.body, self.status, self.headers)


def said(request: Request, status: int, message: str, code: str | None = None) -> Problem:
    """An error in the shape of the dialect that the address belongs to."""
    if request.url.path.startswith("/v1"):
        from .openai_api import problem

        return problem(status, message, code)
    return Problem(status, {"error": message})


def json_of(body: bytes):
    """The JSON of a body. Raises ValueError for what is none: NaN and halves of a letter (lone surrogates), too."""

    def refuse(word: str):
        raise ValueError(f"{word} is no JSON number")

    data = json.loads(body, parse_constant=refuse)
    if b"\\ud" in body or b"\\uD" in body:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    return data


async def body_of(request: Request, limit: int = LARGEST_BODY) -> bytes:
    """The whole body. Raises Problem 413 as soon as it is larger than `limit`, whatever its header says."""
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise said(request, 413, f"The body is larger than {limit / 2**20:.0f} MiB.", "request_too_large")
            parts.append(part)
    except ClientDisconnect as error:
        raise said(request, 400, "The client left before the request was complete.") from error
    return b"".join(parts)


def answer_to(request: Request, body: dict) -> Response:
    return JSONResponse(body, headers={"x-request-id": str(body.get("id", ""))})


@asynccontextmanager
async def disconnects(request: Request, jobs: list[Job]):
    """While the block waits for answers, cancel them when the client leaves."""

    async def watch() -> None:
        while not await request.is_disconnected():
            await asyncio.sleep(0.1)
        for job in jobs:
            job.cancel()

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        for job in jobs:
            job.cancel()
