"""OpenAI's HTTP dialect: /v1/models and /v1/chat/completions.

https://platform.openai.com/docs/api-reference. What a field means is said there; what this server cannot do is
answered with status 400 and a sentence, never ignored.
"""

import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Literal

from openai.types import Model, shared
from openai.types import chat as official
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from . import tools as toolbox
from .engine import Job, RequestParams
from .ollama_api import sampling
from .problem import Problem
from .prompts import Conversation, begin
from .store import DATA, Entry
from .web import find, pieces, read, refuse, streamed, whole_texts, written

KNOWN = CompletionCreateParamsBase.__annotations__.keys()


class Message(BaseModel):
    """Other fields of a message (refusal, annotations …) are passed over: clients send replies back."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[official.ChatCompletionMessageFunctionToolCall] | None = None

    def parts(self) -> list[dict]:
        """What it says, in parts."""
        text = "\n".join(map(toolbox.as_written, self.tool_calls or [])) or self.content or ""
        return [{"type": "text", "text": text}] if isinstance(text, str) else text


Forms = shared.ResponseFormatText | shared.ResponseFormatJSONObject | shared.ResponseFormatJSONSchema


class ChatRequest(BaseModel, extra="allow", strict=True):
    """Fields with other names are kept, and looked at in `_choices`."""

    model: str = Field(min_length=1)
    messages: list[Message] = Field(min_length=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    seed: int | None = None
    stop: str | list[str] | None = None
    n: int | None = Field(1, ge=1, le=8)
    stream: bool | None = False
    stream_options: dict[Literal["include_usage", "include_obfuscation"], bool] | None = None
    response_format: Forms | None = Field(None, discriminator="type")
    tools: list[toolbox.Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | official.ChatCompletionNamedToolChoiceParam | None = None


# What would change an answer and is not to be had here, with the values that ask for nothing.
MISSING = dict.fromkeys(KNOWN - ChatRequest.model_fields.keys() - {*DATA["openai"]["passed"]}, [])
MISSING |= DATA["openai"]["neutral"]


def _card(entry: Entry) -> dict:
    row = {"id": entry.name, "object": "model", "created": int(entry.modified)}
    return written(Model, row | {"owned_by": "small-language-models-course"})


async def models(request: Request) -> Response:
    entries = request.app.state.store.entries.values()
    return JSONResponse({"object": "list", "data": [_card(entry) for entry in entries]})


async def model(request: Request) -> Response:
    return JSONResponse(_card(find(request, request.path_params["name"])))


def _schema(body: ChatRequest) -> dict | None:
    """The JSON schema that the answer shall be held to, or None. Raises Problem 400."""
    form, choice = body.response_format, body.tool_choice
    if body.tools and choice not in (None, "none", "auto"):
        named = None if choice == "required" else choice["function"]["name"]
        tools = [tool for tool in body.tools if named in (None, tool.function.name)]
        if not tools:
            raise Problem(400, f"Tool choice '{named}' is not among the tools.", "invalid_value", "tool_choice")
        return toolbox.schema(tools)
    if not isinstance(form, shared.ResponseFormatJSONSchema):
        return {"type": "object"} if isinstance(form, shared.ResponseFormatJSONObject) else None
    if form.json_schema.schema_ is None:
        name = "response_format.json_schema.schema"
        raise Problem(400, f"Missing required parameter: '{name}'.", "missing_required_parameter", name)
    return form.json_schema.schema_


def _choices(body: ChatRequest, entry: Entry) -> list[RequestParams]:
    """How to write each answer: as asked, else by the model's parameters, else greedily. Raises Problem 400."""
    refuse(body.model_extra, MISSING)
    unknown = next((name for name in body.model_extra if name not in KNOWN), None)
    if unknown:
        raise Problem(400, f"Unrecognized request argument supplied: {unknown}", "unknown_parameter", unknown)
    if body.stream_options is not None and not body.stream:
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise Problem(400, text, "invalid_value", "stream_options")
    given = {"num_predict": body.max_completion_tokens or body.max_tokens, "stop": body.stop, "top_p": body.top_p}
    given |= {"temperature": body.temperature, "seed": None if body.seed is None else body.seed % 2**31}
    params = sampling(entry.parameters | {name: value for name, value in given.items() if value is not None})
    params = replace(params, schema=_schema(body))
    # Each answer has a seed of its own, so that they differ.
    seeds = [None if params.seed is None else (params.seed + place) % 2**31 for place in range(body.n or 1)]
    return [replace(params, seed=seed) for seed in seeds]


async def chat(request: Request) -> Response:
    body = await read(request, ChatRequest)
    entry = find(request, body.model)
    tools = body.tools if body.tool_choice != "none" else None
    jobs, _ = await begin(request, Conversation(entry, body.messages, tools=tools), _choices(body, entry))
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": entry.name}
    head["system_fingerprint"] = "practice"
    if body.stream:
        usage = (body.stream_options or {}).get("include_usage", False)
        return streamed(request, jobs, _chunks(request, jobs, head, tools, usage))
    texts = await whole_texts(request, jobs)
    answers = [_choice(index, text, job, tools) for index, (text, job) in enumerate(zip(texts, jobs, strict=True))]
    row = head | {"object": "chat.completion", "choices": answers, "usage": _usage(jobs), "service_tier": "default"}
    return JSONResponse(written(official.ChatCompletion, row), headers={"x-request-id": head["id"]})


def _usage(jobs: list[Job]) -> dict:
    """The tokens of the prompt, which all jobs share, and of their answers."""
    prompt, written = jobs[0].read, sum(len(job.tokens) for job in jobs)
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}


def _choice(index: int, text: str, job: Job, tools: list[toolbox.Tool] | None) -> dict:
    call = toolbox.find_call(text, tools)
    message = {"role": "assistant", "content": None if call else text, "refusal": None}
    message |= {"tool_calls": [toolbox.as_openai(call)]} if call else {}
    finish = "tool_calls" if call else job.finish
    return {"index": index, "message": message, "finish_reason": finish, "logprobs": None}


async def _chunks(
    request: Request, jobs: list[Job], head: dict, tools: list | None, usage: bool
) -> AsyncIterator[dict]:
    """The rows of a streamed answer, one answer after the other; `usage`: and what they have cost."""
    head |= {"object": "chat.completion.chunk"} | ({"usage": None} if usage else {})

    def chunk(index: int, delta: dict, finish: str | None = None) -> dict:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        return written(official.ChatCompletionChunk, head | {"choices": [choice]})

    for index, job in enumerate(jobs):
        yield chunk(index, {"role": "assistant", "content": "", "refusal": None})
        call = None
        async for text in pieces(request, job, whole=bool(tools)):
            call = toolbox.find_call(text, tools)
            yield chunk(index, {"tool_calls": [{"index": 0, **toolbox.as_openai(call)}]} if call else {"content": text})
        yield chunk(index, {}, "tool_calls" if call else job.finish)
    if usage:
        yield written(official.ChatCompletionChunk, head | {"choices": [], "usage": _usage(jobs)})


async def embeddings(request: Request) -> Response:
    raise Problem(404, "not yet")
