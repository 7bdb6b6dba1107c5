"""OpenAI's HTTP dialect: /v1/models and /v1/chat/completions.

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

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from . import tools as toolbox
from .engine import Job, RequestParams
from .prompts import Picture, prompt_of, turns_of
from .simulator import Dropped
from .store import Entry
from .web import failed, find, load, params_of, pieces, problem, read, refuse, submit, whole_text

OPTIONS = {"max_tokens": "max_new_tokens", "temperature": "temperature", "top_p": "top_p", "seed": "seed"}
# What would change an answer and is not to be had here, with the values that ask for nothing.
MISSING = {"presence_penalty": (0,), "frequency_penalty": (0,), "logit_bias": ({},), "store": (False,)}
MISSING |= {"service_tier": ("auto", "default"), "reasoning_effort": ("none",), "logprobs": (False,)}
MISSING |= {"top_logprobs": (0,)}
# These say who asks, or what holds in any case (an answer has one call at most), and change no answer.
PASSED = ("user", "metadata", "parallel_tool_calls")


class Strict(BaseModel):
    """Unknown fields are refused, as OpenAI does; a client learns of its slip at once."""

    model_config = ConfigDict(extra="forbid", strict=True)


class StreamOptions(Strict):
    include_usage: bool = False
    include_obfuscation: bool = False


class JsonSchema(Strict):
    name: str
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None
    description: str | None = None


class ResponseFormat(Strict):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class Message(BaseModel):
    """Other fields of a message (refusal, annotations …) are let through: clients send replies back."""

    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[toolbox.Call] | None = None


class ChatRequest(BaseModel):
    """Fields with other names are kept, and looked at in `params_for`."""

    model_config = ConfigDict(extra="allow", strict=True)
    model: str
    messages: list[Message] = Field(min_length=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    seed: int | None = None
    stop: str | list[str] | None = None
    n: int | None = Field(1, ge=1, le=8)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None
    tools: list[toolbox.Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | toolbox.Call | None = None

    def offered(self) -> list[toolbox.Tool] | None:
        """The tools that the model may call."""
        return self.tools if self.tool_choice != "none" else None


def routes() -> list[Route]:
    return [
        Route("/v1/models", models, methods=["GET"]),
        Route("/v1/models/{name:path}", model, methods=["GET"]),
        Route("/v1/chat/completions", chat, methods=["POST"]),
    ]


def _card(entry: Entry) -> dict:
    owner = "small-language-models-course"
    return {"id": entry.name, "object": "model", "created": int(entry.modified), "owned_by": owner}


async def models(request: Request) -> Response:
    entries = request.app.state.store.entries.values()
    return JSONResponse({"object": "list", "data": [_card(entry) for entry in entries]})


async def model(request: Request) -> Response:
    return JSONResponse(_card(find(request, request.path_params["name"])))


# -- what is asked ---------------------------------------------------------------------------------


def parts(request: Request, message: Message) -> list[str | Picture]:
    """A message as texts and pictures. Raises Problem 400 for a part of another kind."""
    if message.role == "assistant" and message.tool_calls:
        return ["\n".join(toolbox.as_written(call) for call in message.tool_calls)]
    if not isinstance(message.content, list):
        return [message.content or ""]
    result: list[str | Picture] = []
    for part in message.content:
        image = part.get("image_url")
        if part.get("type") == "text":
            result.append(str(part.get("text", "")))
        elif part.get("type") == "image_url":
            result.append(Picture(image.get("url") if isinstance(image, dict) else image))
        else:
            text = f"A part of type '{part.get('type')}' cannot be read here."
            raise problem(request, 400, text, "unsupported_content", "messages")
    return result


def schema_of(request: Request, body: ChatRequest) -> str | None:
    """The JSON schema that the answer shall be held to, or None. Raises Problem 400."""
    form = body.response_format
    if body.tools and body.tool_choice not in (None, "none", "auto"):
        try:
            return json.dumps(toolbox.schema(body.tools, body.tool_choice))
        except ValueError as error:
            raise problem(request, 400, str(error), "invalid_value", "tool_choice") from error
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        return json.dumps({"type": "object"})
    if form.json_schema is None:
        param = "response_format.json_schema"
        raise problem(request, 400, f"Missing required parameter: '{param}'.", "missing_required_parameter", param)
    return json.dumps(form.json_schema.schema_)


def params_for(request: Request, body: ChatRequest) -> list[RequestParams]:
    """How to write each of the `n` answers. Raises Problem 400.

    Without a word about it, a model of this size answers best with its likeliest tokens: temperature 0, not OpenAI's 1.
    """
    refuse(request, body.model_extra, MISSING)
    unknown = next((name for name in body.model_extra if name not in (*MISSING, *PASSED)), None)
    if unknown:
        raise problem(request, 400, f"Unrecognized request argument supplied: {unknown}", "unknown_parameter", unknown)
    if body.stream_options is not None and not body.stream:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise problem(request, 400, message, "invalid_value", "stream_options")
    given = {name: getattr(body, name) for name in OPTIONS}
    given["max_tokens"] = body.max_completion_tokens or body.max_tokens
    given["seed"] = None if body.seed is None else body.seed % 2**31
    stop = [body.stop] if isinstance(body.stop, str) else body.stop or []
    params = replace(
        params_of(request, given, OPTIONS),
        stop=tuple(text for text in stop if text),
        stream=bool(body.stream),
        schema=schema_of(request, body),
    )
    # Each answer has a seed of its own, so that they differ.
    seeds = [None if params.seed is None else (params.seed + place) % 2**31 for place in range(body.n or 1)]
    return [replace(params, seed=seed) for seed in seeds]


async def chat(request: Request) -> Response:
    body = await read(request, ChatRequest)
    entry, choices = find(request, body.model), params_for(request, body)
    messages = [(message.role, parts(request, message)) for message in body.messages]
    turns, pictures = await turns_of(request, entry, messages, body.offered(), entry.system)
    loaded, _ = await load(request, entry)
    prompt = await prompt_of(request, loaded, turns, pictures, entry.template)
    jobs = submit(request, loaded, prompt, choices)
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": entry.name}
    if body.stream:
        return StreamingResponse(_events(request, body, jobs, head), media_type="text/event-stream")
    texts = await whole_text(request, jobs)
    answers = [_choice(body, index, *answer) for index, answer in enumerate(zip(texts, jobs, strict=True))]
    row = {**head, "object": "chat.completion", "choices": answers, "usage": usage(jobs)}
    row |= {"system_fingerprint": "practice", "service_tier": "default"}
    return JSONResponse(row, headers={"x-request-id": head["id"]})


# -- what is answered ------------------------------------------------------------------------------


def usage(jobs: list[Job]) -> dict:
    """The tokens of the prompt, which all jobs share, and of their answers."""
    prompt, written = len(jobs[0].prompt.ids), sum(job.written for job in jobs)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "total_tokens": prompt + written,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _choice(body: ChatRequest, index: int, text: str, job: Job) -> dict:
    call = toolbox.find_call(text, body.offered())
    message = {"role": "assistant", "content": None if call else text, "refusal": None}
    return {
        "index": index,
        "message": message | ({"tool_calls": [toolbox.as_openai(call)]} if call else {}),
        "finish_reason": "tool_calls" if call else job.finish,
        "logprobs": None,
    }


async def _events(request: Request, body: ChatRequest, jobs: list[Job], head: dict) -> AsyncIterator[bytes]:
    """The chunks of server-sent events."""
    head = {**head, "object": "chat.completion.chunk", "system_fingerprint": "practice"}
    with_usage = body.stream_options is not None and body.stream_options.include_usage
    extra = {"usage": None} if with_usage else {}

    def event(index: int, delta: dict, finish: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        return sse({**head, "choices": [choice], **extra})

    try:
        for index, job in enumerate(jobs):
            yield event(index, {"role": "assistant", "content": "", "refusal": None})
            call = None
            async for text in pieces(request, job, whole=bool(body.offered())):
                call = toolbox.find_call(text, body.offered())
                tool_calls = [{"index": 0, **toolbox.as_openai(call)}] if call else []
                yield event(index, {"tool_calls": tool_calls} if call else {"content": text})
            yield event(index, {}, "tool_calls" if call else job.finish)
        if with_usage:
            yield sse({**head, "choices": [], "usage": usage(jobs)})
        yield b"data: [DONE]\n\n"
    except Dropped:
        raise
    except Exception as error:
        yield sse(failed(request, jobs[0], error).body)
    finally:
        for job in jobs:
            job.cancel()


def sse(row: dict) -> bytes:
    return b"data: " + json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n\n"
