"""Ollama's HTTP dialect: /api/generate, chat and embed. What it does with models is in ollama_models.py.

https://github.com/ollama/ollama/blob/main/docs/api.md. Answers stream as NDJSON, a JSON object a line, unless
`"stream": false`. Durations are nanoseconds, and measured. Unknown fields and options are passed over, as there; what
would change the answer and is not to be had here is answered with 400.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from . import tools as toolbox
from .engine import Job, Prompt, RequestParams
from .prompts import Picture, prompt_of, turns_of
from .simulator import Dropped
from .store import Entry
from .web import Problem, failed, find, load, params_of, pieces, problem, read, refuse, submit, whole_text

VERSION = "0.6.3"  # of the API that is spoken: that of the Python client which the course pins
SECOND = 10**9  # nanoseconds
OPTIONS = {"num_predict": "max_new_tokens", "repeat_penalty": "repetition_penalty"}
OPTIONS |= {name: name for name in ("temperature", "top_p", "top_k", "min_p", "seed")}
# What would change an answer and is not to be had here, with the values that ask for nothing.
MISSING = {"presence_penalty": (0,), "frequency_penalty": (0,), "repeat_last_n": (-1,), "mirostat": (0,)}
MISSING |= {"typical_p": (1,), "tfs_z": (1,), "penalize_newline": (True,)}
MISSING_FIELDS = {"think": (False,), "logprobs": (False,), "top_logprobs": (0,), "suffix": ("",)}
DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|)")
UNITS = {"ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600}  # seconds


class ModelRequest(BaseModel):
    model: str = Field("", validation_alias=AliasChoices("model", "name"))  # its JavaScript client says "name"
    stream: bool | None = None


class Question(ModelRequest):
    options: dict[str, Any] | None = None
    format: Literal["", "json"] | dict[str, Any] | None = None
    keep_alive: str | float | int | None = None
    think: bool | str | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None


class GenerateRequest(Question):
    prompt: str | None = ""
    suffix: str | None = None
    system: str | None = None
    template: str | None = None
    raw: bool | None = None
    images: list[str] | None = None
    context: list[int] | None = None


class Message(BaseModel):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    images: list[str] | None = None
    tool_calls: list[toolbox.Call] | None = None


class ChatRequest(Question):
    messages: list[Message] | None = None
    tools: list[toolbox.Tool] | None = None


class EmbedRequest(ModelRequest):
    input: str | list[str] | None = None
    truncate: bool | None = True
    dimensions: int | None = None
    keep_alive: str | float | int | None = None


def routes() -> list[Route]:
    return [
        Route("/", lambda _: PlainTextResponse("Ollama is running"), methods=["GET", "HEAD"]),
        Route("/api/version", lambda _: JSONResponse({"version": VERSION}), methods=["GET"]),
        Route("/api/generate", generate, methods=["POST"]),
        Route("/api/chat", chat, methods=["POST"]),
        Route("/api/embed", embed, methods=["POST"]),
    ]


# -- what is asked ---------------------------------------------------------------------------------


def seconds_of(request: Request, keep_alive: str | float | None) -> float | None:
    """Ollama's keep_alive as seconds: a number, or a text such as "5m", "1h30m", "-1". Raises Problem 400."""
    if keep_alive is None or isinstance(keep_alive, int | float):
        return keep_alive
    text = keep_alive.strip()
    pieces = DURATION.findall(text)
    whole = "".join(number + unit for number, unit in pieces)
    bare = any(not unit for _, unit in pieces)
    if not pieces or whole != text.removeprefix("-") or (bare and len(pieces) > 1):
        raise problem(request, 400, f'time: invalid duration "{keep_alive}"')
    return (-1 if text.startswith("-") else 1) * sum(float(number) * UNITS[unit] for number, unit in pieces)


def sampling(request: Request, options: dict[str, Any]) -> RequestParams:
    """Options under Ollama's names, checked. Raises Problem 400."""
    refuse(request, options, MISSING)
    given = dict(options)
    for name, least in {"num_predict": 1, "top_k": 0, "seed": 0}.items():
        if type(given.get(name)) is int and given[name] < least:
            del given[name]  # "no limit", "off" and "by chance"
    if given.get("top_p") == 0:
        given["top_p"] = 1e-6
    stop = given.get("stop") or []
    stop = [stop] if isinstance(stop, str) else stop
    if not isinstance(stop, list) or not all(isinstance(text, str) and text for text in stop):
        raise problem(request, 400, 'option "stop" must be a text or a list of texts')
    return replace(params_of(request, given, OPTIONS), stop=tuple(stop))


async def question(request: Request, kind: type[Question]) -> tuple[Any, Entry, float | None, RequestParams]:
    """(the request's body, its model, its keep_alive in seconds, how to answer), all checked. Raises Problem."""
    body = await read(request, kind)
    entry = find(request, body.model)
    if body.think:
        raise problem(request, 400, f'"{entry.name}" does not support thinking')
    refuse(request, body.model_dump(exclude={"messages", "tools"}), MISSING_FIELDS)
    params = sampling(request, entry.parameters | (body.options or {}))
    schema = {"type": "object"} if body.format == "json" else body.format
    schema = json.dumps(schema) if schema not in (None, "") else None
    if schema is not None and params.min_p > 0:  # it would be measured by tokens that the schema forbids
        raise problem(request, 400, 'option "min_p" cannot be combined with a format: leave one of them out')
    params = replace(params, schema=schema, stream=body.stream is not False)
    return body, entry, seconds_of(request, body.keep_alive), params


def images(message: GenerateRequest | Message) -> list[Picture]:
    return [Picture(f"data:image/png;base64,{image}") for image in message.images or []]


async def generate(request: Request) -> Response:
    body, entry, keep, params = await question(request, GenerateRequest)
    if not body.prompt:
        return await _memory_only(request, body, entry, keep)
    system = entry.system if body.system is None else body.system
    parts = [*images(body), body.prompt]
    turns, pictures = await turns_of(request, entry, [("user", parts)], None, "" if body.raw else system)
    loaded, seconds = await load(request, entry, keep)
    if body.raw:
        turns = turns[0]["content"]
    prompt = await prompt_of(request, loaded, turns, pictures, body.template or entry.template)
    if body.context:
        if pictures or not all(0 <= token < loaded.onnx.vocab_size for token in body.context):
            raise problem(request, 400, "invalid context: it must be the one of an earlier answer, without images")
        prompt = Prompt([*body.context, *prompt.ids])
    (job,) = submit(request, loaded, prompt, [params])
    return await Answer(request, body, job, seconds).send()


async def chat(request: Request) -> Response:
    body, entry, keep, params = await question(request, ChatRequest)
    if not body.messages:
        return await _memory_only(request, body, entry, keep)
    messages = []
    for message in body.messages:
        calls = "\n".join(toolbox.as_written(call) for call in message.tool_calls or [])
        messages.append((message.role, [*images(message), calls or message.content or ""]))
    turns, pictures = await turns_of(request, entry, messages, body.tools, entry.system)
    loaded, seconds = await load(request, entry, keep)
    prompt = await prompt_of(request, loaded, turns, pictures, entry.template)
    (job,) = submit(request, loaded, prompt, [params])
    return await Answer(request, body, job, seconds).send()


async def _memory_only(request: Request, body: Question, entry: Entry, keep: float | None) -> Response:
    """Without a question: load the model, or unload it with keep_alive 0, and say so."""
    if keep == 0:
        request.app.state.store.unload(entry.base)
    else:
        await load(request, entry, keep)
    row = Answer(request, body, None, 0.0).row("")
    return JSONResponse(row | {"done": True, "done_reason": "unload" if keep == 0 else "load"})


# -- what is answered ------------------------------------------------------------------------------


class Answer:
    """The answer of a job in Ollama's shape, streamed or whole."""

    def __init__(self, request: Request, body: GenerateRequest | ChatRequest, job: Job | None, load_seconds: float):
        self.request, self.body, self.job, self.load_seconds = request, body, job, load_seconds
        self.began = time.perf_counter() - load_seconds
        self.tools = body.tools if isinstance(body, ChatRequest) else None

    def row(self, text: str) -> dict:
        """What each line has."""
        head = {"model": self.body.model, "created_at": stamp(time.time())}
        if isinstance(self.body, GenerateRequest):
            return head | {"response": text}
        call = toolbox.find_call(text, self.tools)
        message = {"content": "", "tool_calls": [{"function": call}]} if call else {"content": text}
        return head | {"message": {"role": "assistant", **message}}

    def last(self, text: str) -> dict:
        """The line that ends an answer: why, how many tokens, and how long it took."""
        job = self.job
        row = self.row(text) | {
            "done": True,
            "done_reason": job.finish,
            "total_duration": int((time.perf_counter() - self.began) * SECOND),
            "load_duration": int(self.load_seconds * SECOND),
            "prompt_eval_count": len(job.prompt.ids),
            "prompt_eval_duration": int(job.prompt_seconds * SECOND),
            "eval_count": job.written,
            "eval_duration": int((job.write_seconds - job.prompt_seconds) * SECOND),
        }
        context = isinstance(self.body, GenerateRequest) and job.prompt.inputs is None
        return row | ({"context": [*job.prompt.ids, *job.tokens]} if context else {})

    async def send(self) -> Response:
        if self.body.stream is not False:
            return StreamingResponse(self._lines(), media_type="application/x-ndjson")
        (text,) = await whole_text(self.request, [self.job])
        return JSONResponse(self.last(text))

    async def _lines(self) -> AsyncIterator[bytes]:
        try:
            async for text in pieces(self.request, self.job, whole=bool(self.tools)):
                yield line(self.row(text) | {"done": False})
            yield line(self.last(""))
        except Dropped:
            raise
        except Exception as error:  # the status has been sent: Ollama, too, says it in a line
            yield line(failed(self.request, self.job, error).body)
        finally:
            self.job.cancel()


def line(row: dict) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


def stamp(seconds: float) -> str:
    """A time in seconds since 1970 as Ollama writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


async def embed(request: Request) -> Response:
    """A vector for each text, see embedder.py."""
    body = await read(request, EmbedRequest)
    entry, embedder = find(request, body.model), request.app.state.embedder
    keep = seconds_of(request, body.keep_alive)
    refuse(request, {"dimensions": body.dimensions}, {"dimensions": (0,)})
    if entry.sees:
        raise problem(request, 400, f"{entry.name} does not support embeddings")
    texts = [body.input] if isinstance(body.input, str) and body.input else body.input or []
    if "" in texts:
        raise problem(request, 400, f"input {texts.index('')} is empty: there is nothing to embed")
    began = time.perf_counter()
    try:
        vectors, tokens = await run_in_threadpool(embedder, entry, texts)
    except Exception as error:
        raise Problem(400 if entry.uploaded else 500, {"error": f"{entry.name} failed: {error}"}) from error
    if keep == 0:
        embedder.forget(entry.base)
    context = entry.config()["max_position_embeddings"]
    if max(tokens, default=0) > context and body.truncate is False:
        raise problem(request, 400, f"the input length exceeds the context length of {context} tokens")
    took = int((time.perf_counter() - began) * SECOND)
    row = {"model": body.model, "embeddings": vectors, "total_duration": took, "load_duration": 0}
    return JSONResponse(row | {"prompt_eval_count": sum(tokens)})
