"""What both dialects share: bodies with a limit, models by name, answers whole or streamed, clients that leave."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from .engine import Job
from .problem import Problem, is_openai
from .store import DATA, Entry

LARGEST_BODY = 16 * 2**20  # bytes of JSON, a picture of 10 MB in base64 among them; files go to /api/blobs
RETIRED = "gpt-3-practice"  # so that a lesson has one
BRANCH = re.compile(r"str|float|(function-|list\[|dict\[|literal\[).*")  # in pydantic's places: which of several types
Body = TypeVar("Body", bound=BaseModel)


async def body_of(request: Request, limit: int = LARGEST_BODY) -> bytes:
    """The whole body. Raises Problem 413 as soon as it is larger than `limit`, whatever its header says."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > limit:
                raise Problem(413, f"The body is larger than {limit / 2**20:.0f} MiB.", "request_too_large")
    except ClientDisconnect as error:
        raise Problem(400, "The client left before the request was complete.") from error
    return bytes(body)


async def read(request: Request, kind: type[Body]) -> Body:
    """The body of a request as an object of this kind. Raises Problem 400 or 413."""
    body, given = await body_of(request), None
    try:
        given = from_json(body, allow_inf_nan=False)  # nor halves of a letter (lone surrogates)
        if isinstance(given, dict) and not is_openai(request):
            for sent, name in DATA["ollama"]["renamed"].items():
                given[name] = given.get(name) or given.get(sent, "")
        return kind.model_validate(given, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        param = ".".join(place for place in map(str, first["loc"]) if not BRANCH.fullmatch(place))
        if param == "model" and not given.get("model"):
            raise Problem(400, "model is required", "missing_required_parameter", "model") from error
        raise Problem(400, f"Invalid value for '{param}': {first['msg']}.", "invalid_value", param) from error
    except ValueError as error:
        raise Problem(400, f"We could not parse the JSON body of your request: {error}.") from error


def refuse(given: dict, neutral: dict[str, list]) -> None:
    """Raise Problem 400 for what would change the answer and is not to be had here.

    neutral: for each such name, the values that ask for nothing.
    """
    for name, values in neutral.items():
        value = given.get(name)
        if value is not None and value not in values:
            message = f"{name} is not available on this server: leave it out."
            raise Problem(400, message, "unsupported_parameter", name)


def find(request: Request, name: str) -> Entry:
    """The model of that name. Raises Problem 404, or 410 for one that is retired."""
    if name == RETIRED:
        text = f"The model `{name}` has been retired and is no longer available. Choose another from /v1/models."
        raise Problem(410, text, "model_retired")
    try:
        return request.app.state.store.get(name)
    except Problem as error:
        text = f"The model `{name}` does not exist or you do not have access to it."
        why = str(error).partition("not found")[2]
        raise Problem(404, text + why, error.code, error.param) if is_openai(request) else error from None


def written(kind: type[BaseModel], row: dict) -> dict:
    """A row of an answer, held to the official package's own type for it."""
    kind.model_validate(row)
    return row  # in our order, which is that of the real ones


def dumps(row: dict) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


async def pieces(request: Request, job: Job, whole: bool) -> AsyncIterator[str]:
    """The text of an answer as it comes, or all of it at its end: half of a tool call is no use to anybody."""
    text = ""
    async for part, _ in job.parts():
        text += part
        if part and not whole:
            yield part
        request.app.state.simulator.maybe_drop()
    if whole:
        yield text


def streamed(request: Request, jobs: list[Job], rows: AsyncIterator[dict]) -> Response:
    """The rows of an answer as the dialect streams them: as server-sent events (OpenAI), or a line each (Ollama).

    An error in the middle, when the status has been sent, is a row, too. However it ends, the jobs end with it.
    """
    before, after, end = (b"data: ", b"\n\n", b"data: [DONE]\n\n") if is_openai(request) else (b"", b"\n", b"")

    async def lines() -> AsyncIterator[bytes]:
        try:
            async for row in rows:
                yield before + dumps(row) + after
            yield end
        except Problem as error:
            yield before + dumps(error.body(request)) + after
        finally:
            cancel(jobs)

    kind = "text/event-stream" if is_openai(request) else "application/x-ndjson"
    return StreamingResponse(lines(), media_type=kind)


async def whole_texts(request: Request, jobs: list[Job]) -> list[str]:
    """The answers of all jobs. When the client leaves, they are cancelled. Raises Problem."""

    async def watch() -> None:
        while not await request.is_disconnected():
            await asyncio.sleep(0.1)
        cancel(jobs)

    watcher = asyncio.create_task(watch())
    try:
        return ["".join([part.text async for part in job.parts()]) for job in jobs]
    finally:
        watcher.cancel()
        cancel(jobs)


def cancel(jobs: Iterable[Job]) -> None:
    """The client has left, or has its answers: the worker drops these requests at its next turn."""
    for job in jobs:
        job.cancelled = True
