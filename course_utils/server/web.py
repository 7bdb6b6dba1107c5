"""What both dialects share: bodies with a limit, models by name, answers whole or streamed, clients that leave."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from itertools import groupby
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from pydantic_core import to_json as dumps
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from .engine import Job, Part
from .problem import REFUSALS, Problem, is_openai, refusal
from .store import DATA, Entry

LARGEST_BODY = 16 * 2**20  # bytes of JSON, a picture of 10 MB in base64 among them; files go to /api/blobs
MOST_ITEMS = 10_000  # in one list of a body; OpenAI's server takes 2,048 messages or texts
TYPES = DATA["openai"]["types"]
RETIRED = "gpt-3-practice"  # so that a lesson has one
# In pydantic's places: which of several types a value was held to.
BRANCH = re.compile(r"str|float|(function-|list\[|dict\[|literal\[|constrained-|union\[|ChatCompletion|Allowed).*")
Body = TypeVar("Body", bound=BaseModel)


async def read(request: Request, kind: type[Body]) -> Body:
    """The body of a request as an object of this kind. Raises Problem 400 or 413."""
    body, given = bytearray(), None
    try:
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BODY:  # whatever its header says
                raise refusal("too_large", 413, most=LARGEST_BODY / 2**20)
        given = from_json(bytes(body), allow_inf_nan=False)  # nor halves of a letter (lone surrogates)
        if not isinstance(given, dict):
            raise ValueError("it is no object")
        if request.state.student:
            given.pop("keep_alive", None)  # none of them unloads the others' model
        for name, value in given.items():
            if isinstance(value, list) and len(value) > MOST_ITEMS:  # they would hold up all others
                raise Problem(400, f"Invalid '{name}': it has {len(value)} items, and {MOST_ITEMS} are allowed.")
        return kind.model_validate(given, strict=True)
    except ClientDisconnect as error:
        raise Problem(400, "The client left before the request was complete.") from error
    except ValidationError as error:
        raise _wrong(request, error.errors(include_url=False), given) from error
    except ValueError as error:
        raise Problem(400, f"We could not parse the JSON body of your request: {error}.") from error


def _wrong(request: Request, errors: list[dict], given: dict) -> Problem:
    """What the library found wrong with a body, in the words of OpenAI's server."""
    for error in errors:
        error["loc"] = [place for place, _ in groupby(error["loc"]) if not BRANCH.fullmatch(str(place))]
    first = max(errors, key=lambda error: (not error["type"].endswith("_type"), len(error["loc"])))
    if first["loc"] == ["model"] and not given.get("model"):
        return refusal("no_model") if is_openai(request) else Problem(400, "model is required")
    if first["loc"][:1] == ["options"] and len(first["loc"]) > 1:  # api/types.go of Ollama, FromMap
        kind = DATA["ollama"]["types"].get(first["type"].removesuffix("_type"), "array")
        return Problem(400, f'option "{first["loc"][1]}" must be of type {kind}')
    about = first | first.get("ctx", {})
    about["param"] = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in first["loc"]).removeprefix(".")
    about["number"] = "decimal" if isinstance(about.get("le", about.get("ge")), float) else "integer"
    wanted = [TYPES.get(error["type"].removesuffix("_type")) for error in errors if error["loc"] == first["loc"]]
    about |= {"got": TYPES[type(first["input"]).__name__], "wanted": " or ".join(dict.fromkeys(filter(None, wanted)))}
    kind = "wrong_type" if about["wanted"] and first["type"].endswith("_type") else first["type"]
    return refusal(kind if kind in REFUSALS else "other", **about)


def refuse(given: dict, neutral: dict[str, list]) -> None:
    """Raise Problem 400 for what is not to be had here. neutral: by its names, the values that ask for nothing."""
    for name, values in neutral.items():
        if given.get(name) is not None and given[name] not in values:
            raise refusal("not_here", param=name)


def find(request: Request, name: str) -> Entry:
    """The model of that name. Raises Problem 404, or 410 for one that is retired."""
    if name == RETIRED:
        raise refusal("retired", 410, name=name)
    try:
        return request.app.state.store.get(name)
    except Problem as error:
        why = str(error).partition("not found")[2]
        raise refusal("no_such_model", 404, name=name, why=why) if is_openai(request) else error from None


def written(kind: type[BaseModel], row: dict) -> dict:
    """A row of an answer, held to the official package's own type for it."""
    kind.model_validate(row)
    return row  # in our order, which is that of the real ones


async def pieces(request: Request, job: Job, whole: bool) -> AsyncIterator[Part]:
    """The parts of an answer as it comes, or all of it at its end: half of a tool call is no use to anybody."""
    parts = []
    async for part in job.parts():
        parts.append(part)
        if not whole and (part.text or part.logprobs):
            yield part
        request.app.state.simulator.during()
    if whole:
        yield _joined(parts)


def _joined(parts: list[Part]) -> Part:
    return Part("".join(part.text for part in parts), [row for part in parts for row in part.logprobs])


def streamed(request: Request, jobs: list[Job], rows: AsyncIterator[dict], headers: dict | None = None) -> Response:
    """The rows of an answer as server-sent events (OpenAI), or a line each (Ollama). An error in the middle, when the
    status has been sent, is a row, too. However it ends, the jobs end with it."""
    before, after, end = (b"data: ", b"\n\n", b"data: [DONE]\n\n") if is_openai(request) else (b"", b"\n", b"")

    async def lines() -> AsyncIterator[bytes]:
        try:
            with suppress(EOFError):  # the simulator's
                async for row in rows:
                    yield before + dumps(row) + after
                yield end
        except Problem as error:
            yield before + dumps(error.body(request)) + after
        finally:
            cancel(jobs)

    kind = "text/event-stream" if is_openai(request) else "application/x-ndjson"
    return StreamingResponse(lines(), headers=headers, media_type=kind)


async def whole_texts(request: Request, jobs: list[Job]) -> list[Part]:
    """The answers of all jobs, each as one part. When the client leaves, they are cancelled. Raises Problem."""

    async def watch() -> None:
        while not await request.is_disconnected():
            await asyncio.sleep(0.1)
        cancel(jobs)

    watcher = asyncio.create_task(watch())
    try:
        parts = [_joined([part async for part in job.parts()]) for job in jobs]
        request.app.state.simulator.during(streamed=False)
        return parts
    finally:
        watcher.cancel()
        cancel(jobs)


def cancel(jobs: Iterable[Job]) -> None:
    """The client has left, or has its answers: the worker drops these requests at its next turn."""
    for job in jobs:
        job.cancelled = True
