"""What both dialects share: errors that become answers, bodies with a limit, models by name, and clients that leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from course_utils.models.chat import COOLEST, BadOption

from .engine import Busy, Job, Loaded, Prompt, RequestParams, TooLong, parts_of
from .store import Entry, NoModel

LARGEST_BODY = 16 * 2**20  # bytes of JSON, a picture of 10 MB in base64 among them; files go to /api/blobs
UNLIMITED = 10**9  # tokens: as many as the context has room for
Body = TypeVar("Body", bound=BaseModel)


class Problem(Exception):
    """An answer with an error status, in the shape of the dialect that was spoken."""

    def __init__(self, status: int, body: dict, headers: dict[str, str] | None = None):
        super().__init__(str(body))
        self.status, self.body, self.headers = status, body, headers or {}

    def answer(self) -> Response:
        return JSONResponse(self.body, self.status, self.headers)


def problem(request: Request, status: int, message: str, code: str | None = None, param: str | None = None) -> Problem:
    """An error in the shape of the dialect that the address belongs to; `code` and `param` are for OpenAI's."""
    if not is_openai(request):
        return Problem(status, {"error": message})
    kinds = {429: "rate_limit_error", 500: "server_error", 503: "server_error"}
    kind = kinds.get(status, "invalid_request_error")
    return Problem(status, {"error": {"message": message, "type": kind, "param": param, "code": code}})


def is_openai(request: Request) -> bool:
    return request.url.path.startswith("/v1")


# -- what comes in ---------------------------------------------------------------------------------


async def body_of(request: Request, limit: int = LARGEST_BODY) -> bytes:
    """The whole body. Raises Problem 413 as soon as it is larger than `limit`, whatever its header says."""
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise problem(request, 413, f"The body is larger than {limit / 2**20:.0f} MiB.", "request_too_large")
            parts.append(part)
    except ClientDisconnect as error:
        raise problem(request, 400, "The client left before the request was complete.") from error
    return b"".join(parts)


def json_of(body: bytes) -> object:
    """The JSON of a body. Raises ValueError for what is none: NaN and halves of a letter (lone surrogates), too."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON number")

    data = json.loads(body, parse_constant=refuse)
    if b"\\ud" in body or b"\\uD" in body:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    return data


async def read(request: Request, kind: type[Body]) -> Body:
    """The body of a request as an object of this kind. Raises Problem 400 or 413."""
    try:
        data = json_of(await body_of(request))
        if not isinstance(data, dict):
            raise ValueError("an object is wanted")
    except (ValueError, RecursionError) as error:
        raise problem(request, 400, f"We could not parse the JSON body of your request: {error}.") from error
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        param = ".".join(str(place) for place in first["loc"] if not str(place).startswith(("function-", "list[")))
        if first["type"] == "extra_forbidden":
            message, code = f"Unrecognized request argument supplied: {param}", "unknown_parameter"
        elif first["type"] == "missing":
            message, code = f"Missing required parameter: '{param}'.", "missing_required_parameter"
        else:
            message, code = f"Invalid value for '{param}': {first['msg']}.", "invalid_value"
        raise problem(request, 400, message, code, param) from error


def refuse(request: Request, given: dict, neutral: dict[str, tuple]) -> None:
    """Raise Problem 400 for what would change the answer and is not to be had here.

    neutral: for each such name, the values that ask for nothing.
    """
    for name, values in neutral.items():
        value = given.get(name)
        if value is not None and value not in values:
            message = f"{name} is not available on this server: leave it out."
            raise problem(request, 400, message, "unsupported_parameter", name)


def params_of(request: Request, given: dict, names: dict[str, str]) -> RequestParams:
    """The sampling options of a request, checked. Raises Problem 400.

    given: values by the dialect's names; None: not given
    names: the dialect's names, and those of RequestParams
    """
    values = {ours: given[name] for name, ours in names.items() if given.get(name) is not None}
    temperature = values.get("temperature")
    if isinstance(temperature, float) and 0 < temperature < COOLEST:
        values["temperature"] = 0.0
    try:
        return RequestParams.read({"max_new_tokens": UNLIMITED} | values)
    except BadOption as error:
        ours, _, rest = str(error).partition(" ")
        name = next(name for name, own in names.items() if own == ours)
        raise problem(request, 400, f'option "{name}" {rest}', "invalid_value", name) from error


def find(request: Request, name: str) -> Entry:
    """The model of that name. Raises Problem 400 without a name, 404, or 410 for one that is retired."""
    if not name:
        raise problem(request, 400, "model is required", "missing_required_parameter", "model")
    request.app.state.simulator.check(request, name)
    try:
        return request.app.state.store.get(name)
    except NoModel as error:
        message = f"The model `{name}` does not exist or you do not have access to it."
        raise problem(
            request, 404, message if is_openai(request) else str(error), "model_not_found", "model"
        ) from error


# -- what is done with it --------------------------------------------------------------------------


async def load(request: Request, entry: Entry, keep: float | None = None) -> tuple[Loaded, float]:
    """The model in memory, and the seconds that it took. In a thread: others want answers meanwhile.

    Raises Problem 400 for a client's model that cannot be run, 500 for one of the course.
    """
    try:
        return await run_in_threadpool(request.app.state.store.load, entry, keep)
    except Exception as error:
        status = 400 if entry.uploaded else 500
        raise problem(request, status, f"{entry.name} could not be loaded: {first_line(error)}") from error


def submit(request: Request, loaded: Loaded, prompt: Prompt, choices: list[RequestParams]) -> list[Job]:
    """A job for each of the choices. Raises Problem 400 where the prompt is too long, 503 where the line is full."""
    jobs: list[Job] = []
    try:
        for params in choices:
            jobs.append(request.app.state.engine.submit(prompt, params, loaded))
    except TooLong as error:
        message = (
            f"This model's maximum context length is {error.context} tokens. However, your messages resulted in "
            f"{error.tokens} tokens. Please reduce the length of the messages."
        )
        if not is_openai(request):
            message = f"input length exceeds the context length: {error}"
        raise problem(request, 400, message, "context_length_exceeded", "messages") from error
    except Busy as error:
        for job in jobs:
            job.cancel()
        full = problem(request, 503, f"server busy, please try again. {error}", "engine_overloaded")
        full.headers["Retry-After"] = "1"
        raise full from error
    return jobs


def failed(request: Request, job: Job, error: Exception) -> Problem:
    """What a job's error is for the client: 400 for a schema that cannot be used, else 500."""
    if job.params.schema is not None and job.written == 0:
        message = f"invalid format: this schema cannot be used: {first_line(error)}"
        return problem(request, 400, message, "invalid_json_schema", "response_format")
    return problem(request, 500, f"The engine failed: {first_line(error)}", "internal_error")


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


async def pieces(request: Request, job: Job, whole: bool) -> AsyncIterator[str]:
    """The text of an answer as it comes, or all of it at its end: half of a tool call is no use to anybody."""
    text = ""
    async for part in parts_of(job):
        text += part
        if part and not whole:
            yield part
        request.app.state.simulator.maybe_drop()
    if whole:
        yield text


async def whole_text(request: Request, jobs: list[Job]) -> list[str]:
    """The answers of all jobs. When the client leaves, they are cancelled. Raises Problem."""

    async def watch() -> None:
        while not await request.is_disconnected():
            await asyncio.sleep(0.1)
        for job in jobs:
            job.cancel()

    task, texts = asyncio.create_task(watch()), []
    try:
        for job in jobs:
            try:
                texts.append("".join([part async for part in parts_of(job)]))
            except Exception as error:
                raise failed(request, job, error) from error
    finally:
        task.cancel()
        for job in jobs:
            job.cancel()
    return texts
