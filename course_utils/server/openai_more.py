"""OpenAI's HTTP dialect, continued: /v1/completions, the older way to ask, and /v1/responses, the newer one (basic)."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any, Literal

from pydantic import ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from .engine import Job, Part, Wish, parts_of
from .openai_api import (
    Sampling,
    Strict,
    check_stream,
    failed,
    find,
    in_memory,
    joined,
    prompt_of,
    read,
    sse,
    submit,
    usage,
    whole_of,
    with_seed,
)
from .web import answer_to, disconnects, problem, untagged


class CompletionRequest(Sampling):
    prompt: str | list[str]
    echo: bool | None = False
    logprobs: int | None = Field(None, ge=0, le=5)
    suffix: None = None
    best_of: Literal[1] | None = None


class TextFormat(Strict):
    """The format of `text`: as response_format of a chat, but flat."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)
    type: Literal["text", "json_object", "json_schema"] = "text"
    name: str | None = None
    schema_: dict[str, Any] | None = Field(None, alias="schema")
    strict: bool | None = None
    description: str | None = None


class TextOptions(Strict):
    format: TextFormat | None = None
    verbosity: str | None = None


class ResponsesRequest(Strict):
    model: str
    input: str | list[dict[str, Any]]
    instructions: str | None = None
    max_output_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    stream: bool | None = False
    store: bool | None = None
    metadata: dict[str, str] | None = None
    text: TextOptions | None = None

    def schema_text(self) -> str | None:
        """The JSON schema that the answer shall be held to, or None."""
        form = self.text.format if self.text else None
        if form is None or form.type == "text":
            return None
        return json.dumps(form.schema_ if form.type == "json_schema" and form.schema_ else {"type": "object"})


def routes() -> list[Route]:
    return [
        Route("/v1/completions", completions, methods=["POST"]),
        Route("/v1/responses", responses, methods=["POST"]),
    ]


async def completions(request: Request) -> Response:
    asked: CompletionRequest = await read(request, CompletionRequest)
    entry = find(request, asked.model)
    check_stream(asked)
    loaded = await in_memory(request, entry)
    prompts = [asked.prompt] if isinstance(asked.prompt, str) else asked.prompt
    wish = asked.wish(max_tokens=asked.max_tokens or 16, logprobs=asked.logprobs)  # 16: OpenAI's own default here
    jobs = [
        submit(request, entry, loaded.read(prompt, []), with_seed(wish, place))
        for prompt in prompts
        for place in range(asked.n or 1)
    ]
    head = {"id": f"cmpl-{uuid.uuid4().hex}", "object": "text_completion", "created": int(time.time())}
    head["model"] = entry.name
    echoes = [prompt if asked.echo else "" for prompt in prompts for _ in range(asked.n or 1)]
    if asked.stream:
        return StreamingResponse(_completion_stream(request, asked, jobs, head, echoes), media_type="text/event-stream")
    choices = []
    async with disconnects(request, jobs):
        for index, (job, echo) in enumerate(zip(jobs, echoes, strict=True)):
            whole = await whole_of(job)
            logs = _old_logprobs(whole) if asked.logprobs is not None else None
            choices.append({"index": index, "text": echo + whole.text, "finish_reason": job.finish, "logprobs": logs})
    return answer_to(request, {**head, "choices": choices, "usage": usage(jobs)})


def _old_logprobs(whole: Part) -> dict:
    offsets, at = [], 0
    for row in whole.logprobs:
        offsets.append(at)
        at += len(row["token"])
    return {
        "tokens": [row["token"] for row in whole.logprobs],
        "token_logprobs": [row["logprob"] for row in whole.logprobs],
        "top_logprobs": [{t["token"]: t["logprob"] for t in row["top"]} for row in whole.logprobs],
        "text_offset": offsets,
    }


async def _completion_stream(
    request: Request, asked, jobs: list[Job], head: dict, echoes: list[str]
) -> AsyncIterator[bytes]:
    try:
        for index, (job, echo) in enumerate(zip(jobs, echoes, strict=True)):
            async for part in parts_of(job):
                choice = {"index": index, "text": echo + part.text, "finish_reason": None, "logprobs": None}
                echo = ""
                yield sse({**head, "choices": [choice]})
                request.app.state.simulator.maybe_drop(request)
            last = {"index": index, "text": "", "finish_reason": job.finish, "logprobs": None}
            yield sse({**head, "choices": [last]})
        if asked.stream_options is not None and asked.stream_options.include_usage:
            yield sse({**head, "choices": [], "usage": usage(jobs)})
        yield b"data: [DONE]\n\n"
    except Exception as error:
        if getattr(error, "drops", False):
            raise
        yield sse(failed(jobs[0], error).body)
    finally:
        for job in jobs:
            job.cancel()


def _response_messages(asked: ResponsesRequest, entry, pictures: list) -> list[dict]:
    """The messages of a request to /v1/responses; their pictures are added to `pictures`. Raises Problem 400."""
    turns = [{"role": "system", "content": asked.instructions}] if asked.instructions else []
    if isinstance(asked.input, str):
        return [*turns, {"role": "user", "content": untagged(asked.input, entry)}]
    for item in asked.input:
        content = item.get("content", "")
        if isinstance(content, list):
            content = joined(content, entry, pictures, "input")
        elif isinstance(content, str):
            content = untagged(content, entry)
        if item.get("role") not in ("system", "developer", "user", "assistant") or not isinstance(content, str):
            raise problem(400, "Each item of 'input' is a message with a role and a content.", "invalid_value", "input")
        role = "system" if item["role"] == "developer" else item["role"]
        turns.append({"role": role, "content": content})
    return turns


async def responses(request: Request) -> Response:
    asked: ResponsesRequest = await read(request, ResponsesRequest)
    entry = find(request, asked.model)
    loaded = await in_memory(request, entry)
    wish = Wish(
        max_tokens=asked.max_output_tokens,
        temperature=asked.temperature or 0.0,
        top_p=asked.top_p or 1.0,
        schema=asked.schema_text(),
        stream=bool(asked.stream),
    )
    pictures: list = []
    turns = await run_in_threadpool(_response_messages, asked, entry, pictures)
    prompt = await prompt_of(loaded, loaded.chat_text(turns), pictures)
    job = submit(request, entry, prompt, wish)
    if asked.stream:
        return StreamingResponse(_response_stream(request, asked, entry, job), media_type="text/event-stream")
    async with disconnects(request, [job]):
        whole = await whole_of(job)
    return answer_to(request, _response(asked, entry, job, whole.text, f"resp_{uuid.uuid4().hex}", int(time.time())))


def _response(asked: ResponsesRequest, entry, job: Job, text: str, id: str, created: int, done: bool = True) -> dict:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    status = ("incomplete" if job.finish == "length" else "completed") if done else "in_progress"
    message = {"type": "message", "id": "msg_" + id[5:], "role": "assistant", "status": status, "content": [part]}
    spent = {
        "input_tokens": len(job.ids),
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": job.written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": len(job.ids) + job.written,
    }
    return {
        "id": id,
        "object": "response",
        "created_at": created,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": asked.instructions,
        "max_output_tokens": asked.max_output_tokens,
        "metadata": asked.metadata or {},
        "model": entry.name,
        "output": [message] if done else [],
        "parallel_tool_calls": False,
        "temperature": asked.temperature or 0.0,
        "tool_choice": "none",
        "tools": [],
        "top_p": asked.top_p or 1.0,
        "usage": spent if done else None,
    }


async def _response_stream(request: Request, asked: ResponsesRequest, entry, job: Job) -> AsyncIterator[bytes]:
    """The events in the order of OpenAI: the message and its part are announced, filled, and closed."""
    id, created, number, told = f"resp_{uuid.uuid4().hex}", int(time.time()), 0, ""
    place = {"item_id": "msg_" + id[5:], "output_index": 0, "content_index": 0}

    def event(kind: str, **data) -> bytes:
        nonlocal number
        body = {"type": kind, "sequence_number": number, **data}
        number += 1
        return f"event: {kind}\n".encode() + sse(body)

    def item(status: str, content: list) -> dict:
        return {"id": place["item_id"], "type": "message", "role": "assistant", "status": status, "content": content}

    def part(text: str) -> dict:
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}

    try:
        begun = _response(asked, entry, job, "", id, created, done=False)
        yield event("response.created", response=begun)
        yield event("response.in_progress", response=begun)
        yield event("response.output_item.added", output_index=0, item=item("in_progress", []))
        yield event("response.content_part.added", **place, part=part(""))
        async for more in parts_of(job):
            told += more.text
            yield event("response.output_text.delta", **place, delta=more.text, logprobs=[])
            request.app.state.simulator.maybe_drop(request)
        yield event("response.output_text.done", **place, text=told, logprobs=[])
        yield event("response.content_part.done", **place, part=part(told))
        yield event("response.output_item.done", output_index=0, item=item("completed", [part(told)]))
        ending = "incomplete" if job.finish == "length" else "completed"
        yield event(f"response.{ending}", response=_response(asked, entry, job, told, id, created))
    except Exception as error:
        if getattr(error, "drops", False):
            raise
        yield event("error", code="internal_error", message=str(failed(job, error)), param=None)
    finally:
        job.cancel()
