"""OpenAI's HTTP dialect: /v1/models and /v1/chat/completions. The older and the newer way are in openai_more.py.

https://platform.openai.com/docs/api-reference. What a field means is said there; what this server cannot do is
answered with status 400 and a sentence, never ignored.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from course_utils.models.pictures import BadPicture

from . import tools as toolbox
from .engine import Busy, Job, Part, Prompt, TooLong, Wish, parts_of
from .store import NoModel
from .web import Problem, TooMany, add_picture, answer_to, body_of, disconnects, json_of, problem, untagged


class Strict(BaseModel):
    """Unknown fields are refused, as OpenAI does; a client learns of its slip at once."""

    model_config = ConfigDict(extra="forbid", strict=True)


class StreamOptions(Strict):
    include_usage: bool = False
    include_obfuscation: bool = False


class JsonSchema(Strict):
    name: str
    schema_: dict[str, Any] | None = Field(None, alias="schema")
    strict: bool | None = None
    description: str | None = None


class ResponseFormat(Strict):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class Message(BaseModel):
    """Other fields of a message (tool_calls, refusal, annotations …) are let through: clients send replies back."""

    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[dict[str, Any]] | None = None


class Sampling(Strict):
    model: str
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    seed: int | None = None
    stop: str | list[str] | None = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = Field(1, ge=1, le=8)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    logit_bias: dict[str, float] | None = None
    user: str | None = None
    max_tokens: int | None = Field(None, ge=1)

    def wish(self, **more) -> Wish:
        stop = [self.stop] if isinstance(self.stop, str) else self.stop or []
        # Without a word about it, a model of this size answers best with its likeliest tokens: 0, not OpenAI's 1.
        return Wish(
            temperature=self.temperature or 0.0,
            top_p=1.0 if self.top_p is None else self.top_p,
            seed=self.seed,
            stream=bool(self.stream),
            stop=tuple(text for text in stop if text),
            presence_penalty=self.presence_penalty or 0.0,
            frequency_penalty=self.frequency_penalty or 0.0,
            logit_bias=tuple((int(token), bias) for token, bias in (self.logit_bias or {}).items() if token.isdigit()),
            **more,
        )


class ChatRequest(Sampling):
    messages: list[Message] = Field(min_length=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    logprobs: bool | None = False
    top_logprobs: int | None = Field(None, ge=0, le=20)
    response_format: ResponseFormat | None = None
    tools: list[toolbox.Tool] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    service_tier: str | None = None
    reasoning_effort: str | None = None


def routes() -> list[Route]:
    return [
        Route("/v1/models", models, methods=["GET"]),
        Route("/v1/models/{name:path}", model, methods=["GET"]),
        Route("/v1/chat/completions", chat, methods=["POST"]),
    ]


async def read(request: Request, kind: type[BaseModel]) -> Any:
    """The body of a request as an object of this kind. Raises Problem with status 400 or 413."""
    try:
        data = json_of(await body_of(request))
        if not isinstance(data, dict):
            raise ValueError("an object is wanted")
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise problem(400, f"We could not parse the JSON body of your request: {error}.") from error
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        param = ".".join(str(place) for place in first["loc"] if not str(place).startswith(("function-", "list[")))
        if first["type"] == "extra_forbidden":
            message = f"Unrecognized request argument supplied: {param}"
            raise problem(400, message, "unknown_parameter", param) from error
        if first["type"] == "missing":
            message = f"Missing required parameter: '{param}'."
            raise problem(400, message, "missing_required_parameter", param) from error
        raise problem(400, f"Invalid value for '{param}': {first['msg']}.", "invalid_value", param) from error


def find(request: Request, name: str):
    """The entry of a model. Raises Problem 404, or 410 for one that the simulator has retired."""
    gone = request.app.state.simulator.retired(request, name)
    if gone is not None:
        raise gone
    try:
        return request.app.state.store.get(name)
    except NoModel as error:
        message = f"The model `{name}` does not exist or you do not have access to it."
        raise problem(404, message, "model_not_found", "model") from error


async def in_memory(request: Request, entry):
    """The loaded model. In a thread of its own, because the first load may take seconds, and others want answers."""
    loaded, _ = await run_in_threadpool(request.app.state.store.load, entry)
    return loaded


async def prompt_of(loaded, text: str, pictures: list) -> Prompt:
    """The prompt as the model reads it. Pictures are cut in a thread of their own. Raises Problem 400."""
    if not pictures:
        return loaded.read(text, [])
    try:
        return await run_in_threadpool(loaded.read, text, pictures)
    except Exception as error:
        raise problem(400, f"The pictures could not be read: {error}", "invalid_image", "messages") from error


def submit(request: Request, entry, prompt: Prompt, wish: Wish) -> Job:
    """Put a prompt into the engine's line. Raises Problem 400 where it is too long, 503 where the line is full."""
    state = request.app.state
    loaded, _ = state.store.load(entry)
    try:
        return state.engine.submit(prompt, wish, loaded)
    except TooLong as error:
        message = (
            f"This model's maximum context length is {error.context} tokens. However, your messages resulted in "
            f"{error.tokens} tokens. Please reduce the length of the messages."
        )
        raise problem(400, message, "context_length_exceeded", "messages") from error
    except Busy as error:
        full = problem(503, str(error), "engine_overloaded")
        full.headers["Retry-After"] = "1"
        raise full from error


# -- models ----------------------------------------------------------------------------------------


def _card(entry) -> dict:
    owner = "small-language-models-course"
    return {"id": entry.name, "object": "model", "created": int(entry.modified), "owned_by": owner}


async def models(request: Request) -> Response:
    entries = request.app.state.store.entries.values()
    return JSONResponse({"object": "list", "data": [_card(entry) for entry in entries]})


async def model(request: Request) -> Response:
    return JSONResponse(_card(find(request, request.path_params["name"])))


# -- chat ------------------------------------------------------------------------------------------


def joined(parts: list[dict], entry, pictures: list, where: str = "messages") -> str:
    """The parts of a message as one text, with a tag for each picture, which is added to `pictures`. Problem 400."""
    text = ""
    for part in parts:
        kind = part.get("type")
        if kind in ("text", "input_text", "output_text"):
            text += untagged(str(part.get("text", "")), entry)
        elif kind not in ("image_url", "input_image"):
            raise problem(400, f"A part of type '{kind}' cannot be read here.", "unsupported_content", where)
        elif not entry.sees:
            told = f"The model `{entry.name}` reads text only; it cannot take a part of type '{kind}'. pico-vision can."
            raise problem(400, told, "unsupported_content", where)
        else:
            given = part.get("image_url")
            try:
                text += add_picture(given.get("url") if isinstance(given, dict) else given, entry, pictures)
            except BadPicture as error:
                raise problem(400, str(error), "invalid_image", where) from error
            except TooMany as error:
                raise problem(400, str(error), "context_length_exceeded", where) from error
    return text


def plain_messages(messages: list[Message], entry, asked: ChatRequest) -> tuple[list[dict], list]:
    """The messages in the words of the model's own markup, and their pictures. Raises Problem 400."""
    turns, pictures = [], []
    for message in messages:
        content = message.content
        if isinstance(content, list):
            content = joined(content, entry, pictures)
        elif content:
            content = untagged(content, entry)
        if message.role == "assistant" and message.tool_calls:
            content = "\n".join(toolbox.as_written(call) for call in message.tool_calls)
        role = {"developer": "system", "tool": "user"}.get(message.role, message.role)
        turns.append({"role": role, "content": content or ""})
    told = toolbox.instruction(asked.tools) if asked.tools and asked.tool_choice != "none" else ""
    if told:
        if turns[0]["role"] == "system":
            turns[0]["content"] += "\n" + told
        else:
            turns.insert(0, {"role": "system", "content": told})
    elif entry.system and turns[0]["role"] != "system":
        turns.insert(0, {"role": "system", "content": entry.system})
    return turns, pictures


def schema_of(asked: ChatRequest) -> str | None:
    """The JSON schema that the answer shall be held to, or None. Raises Problem 400."""
    form = asked.response_format
    if asked.tools and asked.tool_choice not in (None, "none", "auto"):
        try:
            return json.dumps(toolbox.schema(asked.tools, asked.tool_choice))
        except ValueError as error:
            raise problem(400, str(error), "invalid_value", "tool_choice") from error
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        return json.dumps({"type": "object"})
    if form.json_schema is None or form.json_schema.schema_ is None:
        param = "response_format.json_schema"
        raise problem(400, f"Missing required parameter: '{param}'.", "missing_required_parameter", param)
    return json.dumps(form.json_schema.schema_)


def check_stream(asked: Sampling) -> None:
    if asked.stream_options is not None and not asked.stream:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise problem(400, message, "invalid_value", "stream_options")


async def chat(request: Request) -> Response:
    asked: ChatRequest = await read(request, ChatRequest)
    entry = find(request, asked.model)
    check_stream(asked)
    if asked.top_logprobs is not None and not asked.logprobs:
        raise problem(400, "'top_logprobs' needs 'logprobs' to be true.", "invalid_value", "top_logprobs")
    loaded = await in_memory(request, entry)
    turns, pictures = await run_in_threadpool(plain_messages, asked.messages, entry, asked)  # opens pictures
    prompt = await prompt_of(loaded, loaded.chat_text(turns), pictures)
    wish = asked.wish(
        max_tokens=asked.max_completion_tokens or asked.max_tokens,
        schema=schema_of(asked),
        logprobs=(asked.top_logprobs or 0) if asked.logprobs else None,
    )
    jobs = [submit(request, entry, prompt, with_seed(wish, place)) for place in range(asked.n or 1)]
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": entry.name}
    if asked.stream:
        return StreamingResponse(_chat_stream(request, asked, jobs, head), media_type="text/event-stream")
    choices = []
    async with disconnects(request, jobs):
        for index, job in enumerate(jobs):
            whole = await whole_of(job)
            choices.append(_choice(asked, index, whole, job))
    body = {**head, "object": "chat.completion", "choices": choices, "usage": usage(jobs)}
    return answer_to(request, {**body, "system_fingerprint": "practice", "service_tier": "default"})


def with_seed(wish: Wish, place: int) -> Wish:
    """Each of `n` answers has a seed of its own, so that they differ."""
    return wish if wish.seed is None or place == 0 else replace(wish, seed=wish.seed + place)


async def whole_of(job: Job) -> Part:
    """All parts of an answer as one. Raises Problem 400 where a schema could not be used, else 500."""
    whole = Part()
    try:
        async for part in parts_of(job):
            whole.text += part.text
            whole.tokens += part.tokens
            whole.logprobs += part.logprobs
    except Exception as error:
        raise failed(job, error) from error
    return whole


def failed(job: Job, error: Exception) -> Problem:
    first = (str(error).splitlines() or [type(error).__name__])[0][:300]
    if job.wish.schema is not None and job.written == 0:
        return problem(400, f"Invalid schema for response_format: {first}", "invalid_json_schema", "response_format")
    return problem(500, f"The engine failed: {first}", "internal_error")


def usage(jobs: list[Job]) -> dict:
    prompt, written = len(jobs[0].ids), sum(job.written for job in jobs)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "total_tokens": prompt + written,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _choice(asked: ChatRequest, index: int, whole: Part, job: Job) -> dict:
    calls = toolbox.calls(whole.text, asked.tools) if asked.tools and asked.tool_choice != "none" else []
    message = {"role": "assistant", "content": None if calls else whole.text, "refusal": None}
    if calls:
        message["tool_calls"] = calls
    return {
        "index": index,
        "message": message,
        "finish_reason": "tool_calls" if calls else job.finish,
        "logprobs": _logs(whole) if asked.logprobs else None,
    }


def _logs(part: Part) -> dict:
    return {"content": [_logprob(row) for row in part.logprobs], "refusal": None}


def _logprob(row: dict) -> dict:
    def one(token: str, value: float) -> dict:
        return {"token": token, "logprob": value, "bytes": list(token.encode("utf-8"))}

    return one(row["token"], row["logprob"]) | {"top_logprobs": [one(t["token"], t["logprob"]) for t in row["top"]]}


async def _chat_stream(request: Request, asked: ChatRequest, jobs: list[Job], head: dict) -> AsyncIterator[bytes]:
    """The chunks of server-sent events. Tools are sent whole: half a JSON object is no use to anybody."""
    head = {**head, "object": "chat.completion.chunk", "system_fingerprint": "practice"}
    with_usage = asked.stream_options is not None and asked.stream_options.include_usage
    extra = {"usage": None} if with_usage else {}

    def event(index: int, delta: dict, finish: str | None = None, logprobs: dict | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return sse({**head, "choices": [choice], **extra})

    watch_tools = bool(asked.tools) and asked.tool_choice != "none"
    try:
        for index, job in enumerate(jobs):
            yield event(index, {"role": "assistant", "content": "", "refusal": None})
            told, finish = "", None
            async for part in parts_of(job):
                told += part.text
                logs = _logs(part) if asked.logprobs else None
                if not watch_tools and (part.text or logs):
                    yield event(index, {"content": part.text}, logprobs=logs)
                request.app.state.simulator.maybe_drop(request)
            finish = job.finish
            if watch_tools:
                calls = toolbox.calls(told, asked.tools)
                if calls:
                    finish = "tool_calls"
                    yield event(index, {"tool_calls": [{"index": i, **call} for i, call in enumerate(calls)]})
                elif told:
                    yield event(index, {"content": told})
            yield event(index, {}, finish)
        if with_usage:
            yield sse({**head, "choices": [], "usage": usage(jobs)})
        yield b"data: [DONE]\n\n"
    except Exception as error:
        if getattr(error, "drops", False):
            raise
        yield sse(failed(jobs[0], error).body)
    finally:
        for job in jobs:
            job.cancel()


def sse(data: dict) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n\n"
