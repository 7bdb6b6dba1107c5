"""OpenAI's HTTP dialect (https://platform.openai.com/docs/api-reference): models, chat/completions, embeddings.

What this server cannot do is answered with status 400 and a sentence, never ignored."""

import base64
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from openai.types import Model, shared
from openai.types import chat as official
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from . import tools as toolbox
from .engine import Job
from .ollama_api import sampling
from .problem import refusal, request_id
from .prompts import Conversation, begin, embed, load
from .store import DATA
from .web import find, pieces, read, refuse, streamed, whole_texts, written

KNOWN = CompletionCreateParamsBase.__annotations__.keys()
Forms = shared.ResponseFormatText | shared.ResponseFormatJSONObject | shared.ResponseFormatJSONSchema


class Message(BaseModel):
    """Other fields of a message (refusal, annotations …) are passed over: clients send replies back."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[official.ChatCompletionMessageFunctionToolCall] | None = Field(None, min_length=1)
    tool_call_id: str | None = None

    def parts(self) -> list[dict]:
        text = "\n".join(map(toolbox.as_written, self.tool_calls or [])) or self.content or ""
        return [{"type": "text", "text": text}] if isinstance(text, str) else text


class ChatRequest(BaseModel, extra="allow", strict=True):
    """Fields with other names are kept, and looked at in `check`."""

    model: str = Field(min_length=1)
    messages: list[Message] = Field(min_length=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    seed: int | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    n: int | None = Field(1, ge=1, le=128)
    logprobs: bool | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    stream: bool | None = False
    stream_options: dict[Literal["include_usage", "include_obfuscation"], bool] | None = None
    response_format: Forms | None = Field(None, discriminator="type")
    tools: list[toolbox.Tool] | None = Field(None, max_length=128)
    tool_choice: Literal["none", "auto", "required"] | dict[str, Any] | None = None

    def given(self, limit: str) -> dict[str, Any]:
        """How to sample, as far as it is said; `limit` is the name for the most tokens."""
        given = {limit: self.max_completion_tokens or self.max_tokens, "temperature": self.temperature}
        given |= {"top_p": self.top_p, "seed": None if self.seed is None else self.seed % 2**31}
        return {name: value for name, value in given.items() if value is not None}


class EmbeddingRequest(BaseModel, extra="forbid", strict=True):
    model: str = Field(min_length=1)
    input: str | Annotated[list[str] | list[int] | list[list[int]], Field(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] | None = "float"
    dimensions: int | None = Field(None, ge=1)
    user: str | None = None


# What would change an answer and is not to be had here, with the values that ask for nothing.
MISSING = dict.fromkeys(KNOWN - ChatRequest.model_fields.keys() - {*DATA["openai"]["passed"], "reasoning_effort"}, [])
MISSING |= DATA["openai"]["neutral"]


async def models(request: Request) -> Response:
    """All models, or the one whose name the address has."""
    name, known = request.path_params.get("name"), request.app.state.store.entries.values()
    rows = [{"id": entry.name, "created": int(entry.modified)} for entry in ([find(request, name)] if name else known)]
    rows = [written(Model, row | {"object": "model", "owned_by": "small-language-models-course"}) for row in rows]
    return JSONResponse(rows[0] if name else {"object": "list", "data": rows})


def check(body: ChatRequest, missing: dict[str, list] = MISSING) -> None:
    """Raise Problem 400 for what the real one refuses, in its words, and for what this server lacks."""
    for name, value in body.model_extra.items():
        if name not in KNOWN or (name == "reasoning_effort" and value not in (None, "none")):
            raise refusal("extra_forbidden", param=name)
    refuse(body.model_dump(include={*missing}), missing)
    if body.max_tokens and body.max_completion_tokens:
        raise refusal("two_limits")
    for name, other in {"stream_options": "stream", "top_logprobs": "logprobs"}.items():
        if getattr(body, name) is not None and not getattr(body, other):
            raise refusal("alone", param=name, other=other)
    known, waiting = [], []  # the calls of the last message that was no answer to one
    for place, message in enumerate([*body.messages, Message(role="user")]):
        param, id = f"messages.[{place}]", message.tool_call_id
        if message.role != "tool":
            if waiting:
                raise refusal("unanswered", param=param, ids=", ".join(waiting))
            known = waiting = [call.id for call in message.tool_calls or []]
        elif id not in known:
            raise refusal("unknown_call" if known else "no_call", param=param, id=id)
        waiting = [call for call in waiting if call != id]


def _offered(body: ChatRequest) -> tuple[list[toolbox.Tool] | None, bool]:
    """The tools that the model may call, and whether it must. Raises Problem 400."""
    choice, tools = body.tool_choice, body.tools
    for place, tool in enumerate(tools or []):
        _strict(tool.function, tool.function.parameters, "function", f"tools[{place}].function.parameters")
    if choice is not None and not tools:
        raise refusal("no_tools")
    if not isinstance(choice, dict):
        return (None if choice == "none" else tools), choice == "required"
    try:
        allowed = choice.get("allowed_tools", {"mode": "required", "tools": [choice]})
        names = [named["function"]["name"] for named in allowed["tools"]]
        found = [tool for tool in tools if tool.function.name in names]
        return [found[0], *found[1:]], allowed["mode"] == "required"
    except (LookupError, TypeError) as error:
        raise refusal("no_such_tool", choice=choice) from error


def _schema(body: ChatRequest) -> dict | None:
    """The JSON schema of `response_format`, or None. Raises Problem 400."""
    form = body.response_format
    if form is None or form.type == "text":
        return None
    if form.type == "json_object":
        if "json" not in str([message.content for message in body.messages]).lower():
            raise refusal("no_json")
        return {"type": "object"}
    if form.json_schema.schema_ is None:
        raise refusal("missing", param="response_format.json_schema.schema")
    return _strict(form.json_schema, form.json_schema.schema_, "response_format", "response_format")


def _strict(named, schema: dict | None, kind: str, param: str) -> dict | None:
    """The schema. Raises Problem 400 where it shall be strict and is not."""
    if why := named.strict and toolbox.unstrict(schema):
        raise refusal(kind, param=param, name=named.name, why=why)
    return schema


async def chat(request: Request) -> Response:
    body = await read(request, ChatRequest)
    entry = find(request, body.model)
    check(body)
    schema, (tools, must) = _schema(body), _offered(body)
    params = sampling(entry.parameters | body.given("num_predict") | ({"stop": body.stop} if body.stop else {}))
    logprobs = body.top_logprobs or 0 if body.logprobs else None
    params = replace(params, schema=toolbox.schema(tools) if must else schema, logprobs=logprobs)
    # Each answer has a seed of its own, so that they differ.
    seeds = [None if params.seed is None else (params.seed + place) % 2**31 for place in range(body.n or 1)]
    choices = [replace(params, seed=seed) for seed in seeds]
    jobs, _ = await begin(request, Conversation(entry, body.messages, tools=tools), choices)
    return await reply(request, body, jobs, entry.name, tools)


async def reply(request: Request, body: ChatRequest, jobs: list[Job], model: str, tools=None) -> Response:
    """What the jobs write, streamed or whole."""
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model}
    head |= {"system_fingerprint": "practice", "service_tier": "default"}
    if body.stream:
        return streamed(request, jobs, _chunks(request, body, jobs, head, tools), request_id(request))
    choices = []
    for index, (part, job) in enumerate(zip(await whole_texts(request, jobs), jobs, strict=True)):
        call = toolbox.find_call(part.text, tools)
        message = {"role": "assistant", "content": None if call else part.text, "refusal": None}
        message |= {"tool_calls": [toolbox.as_openai(call)]} if call else {}
        choices.append(_choice(index, part.logprobs, "tool_calls" if call else job.finish) | {"message": message})
    row = head | {"object": "chat.completion", "choices": choices, "usage": _usage(jobs)}
    return JSONResponse(written(official.ChatCompletion, row), headers=request_id(request))


def _choice(index: int, rows: list[dict], finish: str | None) -> dict:
    return {"index": index, "logprobs": {"content": rows, "refusal": None} if rows else None, "finish_reason": finish}


def _usage(jobs: list[Job]) -> dict:
    """The tokens of the prompt, which all jobs share, and of their answers."""
    prompt, written = jobs[0].read, sum(len(job.tokens) for job in jobs)
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}


async def _chunks(request: Request, body: ChatRequest, jobs: list, head: dict, tools) -> AsyncIterator[dict]:
    """The rows of a streamed answer, one answer after the other, and what they have cost where that is asked for."""
    usage = (body.stream_options or {}).get("include_usage", False)
    head |= {"object": "chat.completion.chunk"} | ({"usage": None} if usage else {})

    def chunk(index: int, delta: dict, logprobs=(), finish: str | None = None) -> dict:
        choices = [_choice(index, logprobs, finish) | {"delta": delta}]
        return written(official.ChatCompletionChunk, head | {"choices": choices})

    for index, job in enumerate(jobs):
        call = None
        yield chunk(index, {"role": "assistant", "content": "", "refusal": None})
        async for part in pieces(request, job, whole=bool(tools)):
            call = toolbox.find_call(part.text, tools)
            delta = {"tool_calls": [{"index": 0, **toolbox.as_openai(call)}]} if call else {"content": part.text}
            yield chunk(index, delta, part.logprobs)
        yield chunk(index, {}, finish="tool_calls" if call else job.finish)
    if usage:
        yield written(official.ChatCompletionChunk, head | {"choices": [], "usage": _usage(jobs)})


async def embeddings(request: Request) -> Response:
    """A vector for each text, which may be given as token ids."""
    body = await read(request, EmbeddingRequest)
    one = isinstance(body.input, str) or isinstance(body.input[0], int)
    entry, texts = find(request, body.model), [body.input] if one else body.input
    if not all(texts):
        raise refusal("empty_text")
    size = entry.facts["config"]["hidden_size"]
    if (body.dimensions or 0) > size:
        raise refusal("too_many", wanted=body.dimensions, size=size)
    if not isinstance(texts[0], str):
        loaded, _ = await load(request, entry, None)
        if not all(0 <= id < loaded.vocab_size for ids in texts for id in ids):
            raise refusal("no_token", model=entry.name, size=loaded.vocab_size)
        texts = [loaded.tokenizer.decode(ids, skip_special_tokens=False) for ids in texts]
    vectors, tokens, _ = await embed(request, entry, texts, None, body.dimensions, shorten=False)
    if body.encoding_format == "base64":
        vectors = [base64.b64encode(np.array(vector, "<f4")).decode() for vector in vectors]
    rows = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    usage = {"prompt_tokens": sum(tokens), "total_tokens": sum(tokens)}
    row = {"object": "list", "data": rows, "model": entry.name, "usage": usage}
    return JSONResponse(row, headers=request_id(request))
