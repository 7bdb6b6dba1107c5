"""What both dialects share: errors that become answers, bodies with a limit, and clients that leave."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from course_utils.base import CourseError
from course_utils.models.pictures import from_data_url

from .engine import TAG, Job

LARGEST_BODY = 16 * 2**20  # bytes of JSON, a picture of 10 MB in base64 among them; files go to /api/blobs
FEWEST = 1321  # tokens of the cheapest picture: one row of eight details, and the whole (pico/vision.py)


class TooMany(CourseError):
    """More pictures than the model's context could hold."""


class Problem(Exception):
    """An answer with an error status, in the shape of the dialect that was spoken."""

    def __init__(self, status: int, body: dict, headers: dict[str, str] | None = None):
        super().__init__(str(body))
        self.status, self.body, self.headers = status, body, headers or {}

    def answer(self) -> Response:
        return JSONResponse(self.body, self.status, self.headers)


def problem(status: int, message: str, code: str | None = None, param: str | None = None) -> Problem:
    """An error in OpenAI's shape."""
    kinds = {401: "invalid_request_error", 429: "rate_limit_error", 500: "server_error", 503: "server_error"}
    kind = kinds.get(status, "invalid_request_error")
    return Problem(status, {"error": {"message": message, "type": kind, "param": param, "code": code}})


def said(request: Request, status: int, message: str, code: str | None = None) -> Problem:
    """An error in the shape of the dialect that the address belongs to."""
    if request.url.path.startswith("/v1"):
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


def untagged(text: str, entry) -> str:
    """The text without tags such as <|image_1|> that a client wrote itself: the pictures of a message bring theirs."""
    return TAG.sub("", text) if entry.sees else text


def add_picture(source, entry, pictures: list) -> str:
    """Open the picture of a data URL, add it to `pictures`, and give its tag. Takes up to a second for a large one.

    Raises BadPicture, and TooMany before it opens one that has no place in the context.
    """
    context = entry.config()["max_position_embeddings"]
    most = context // FEWEST
    if len(pictures) >= most:
        raise TooMany(
            f"This model's maximum context length is {context} tokens, and a picture takes {FEWEST} tokens or more. "
            f"Please send at most {most} pictures."
        )
    pictures.append(from_data_url(source))
    return f"<|image_{len(pictures)}|>\n"
