"""Ollama's HTTP dialect: /api/generate, chat, embed, tags, show, ps, pull, create, copy, delete, blobs, version.

https://github.com/ollama/ollama/blob/main/docs/api.md. Answers stream as NDJSON, a JSON object a line, unless
`"stream": false`. Durations are nanoseconds, and measured.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from . import template
from . import tools as toolbox
from .engine import Busy, Job, TooLong, Wish, parts_of
from .store import LARGEST_BLOB, Entry, NoModel, Refused
from .web import Problem, body_of, disconnects

VERSION = "0.6.3"  # of the API that is spoken: that of the Python client which the course pins
SECOND = 10**9  # nanoseconds
PARAMETERS = {
    "num_predict": int, "temperature": float, "top_p": float, "top_k": int, "min_p": float, "seed": int,
    "repeat_penalty": float, "presence_penalty": float, "frequency_penalty": float, "stop": list,
}  # fmt: skip


class Request_(BaseModel):
    """Unknown fields are passed over, as Ollama does."""

    model_config = ConfigDict(extra="ignore")
    model: str = ""
    stream: bool | None = None


class Asked(Request_):
    options: dict[str, Any] | None = None
    format: str | dict[str, Any] | None = None
    keep_alive: str | float | int | None = None
    think: bool | str | None = None
    logprobs: bool | None = None


class GenerateRequest(Asked):
    prompt: str = ""
    suffix: str | None = None
    system: str | None = None
    template: str | None = None
    raw: bool | None = None
    images: list[str] | None = None


class ChatRequest(Asked):
    messages: list[dict[str, Any]] = Field(default_factory=list)
    tools: list[toolbox.Tool] | None = None


class EmbedRequest(Request_):
    input: str | list[str] = ""
    truncate: bool | None = True
    keep_alive: str | float | int | None = None


class CreateRequest(Request_):
    from_: str | None = Field(None, alias="from")
    files: dict[str, str] | None = None
    system: str | None = None
    template: str | None = None
    parameters: dict[str, Any] | None = None


class CopyRequest(BaseModel):
    source: str
    destination: str


def routes() -> list[Route]:
    return [
        Route("/", lambda _: PlainTextResponse("Ollama is running"), methods=["GET", "HEAD"]),
        Route("/api/version", lambda _: JSONResponse({"version": VERSION}), methods=["GET"]),
        Route("/api/tags", tags, methods=["GET"]),
        Route("/api/ps", ps, methods=["GET"]),
        Route("/api/show", show, methods=["POST"]),
        Route("/api/generate", generate, methods=["POST"]),
        Route("/api/chat", chat, methods=["POST"]),
        Route("/api/embed", embed, methods=["POST"]),
        Route("/api/pull", pull, methods=["POST"]),
        Route("/api/create", create, methods=["POST"]),
        Route("/api/copy", copy, methods=["POST"]),
        Route("/api/delete", delete, methods=["DELETE"]),
        Route("/api/blobs/{digest}", blobs, methods=["HEAD", "POST"]),
    ]


def problem(status: int, message: str) -> Problem:
    return Problem(status, {"error": message})


async def read(request: Request, kind: type[BaseModel]) -> Any:
    """The body as an object of this kind. Raises Problem 400 or 413."""
    try:
        return kind.model_validate(json.loads(await body_of(request) or b"{}"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise problem(400, f"invalid value for {place or 'the body'}: {first['msg']}") from error
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise problem(400, f"invalid JSON: {error}") from error


def find(request: Request, name: str) -> Entry:
    """Raises Problem 400 without a name, 404 for an unknown one."""
    if not name:
        raise problem(400, "model is required")
    gone = request.app.state.simulator.retired(request, name)
    if gone is not None:
        raise gone
    try:
        return request.app.state.store.get(name)
    except NoModel as error:
        raise problem(404, f"model '{name}' not found") from error


# -- models ----------------------------------------------------------------------------------------


def _details(entry: Entry) -> dict:
    size = f"{entry.parameter_count / 1e6:.1f}M"
    return {
        "parent_model": entry.parent,
        "format": "safetensors",
        "family": "phi3",
        "families": ["phi3"],
        "parameter_size": size,
        "quantization_level": "F16",
    }


def _listed(entry: Entry) -> dict:
    name = entry.name if ":" in entry.name else entry.name + ":latest"
    return {
        "name": name,
        "model": name,
        "modified_at": entry.modified_at(),
        "size": entry.size,
        "digest": entry.digest,
        "details": _details(entry),
    }


async def tags(request: Request) -> Response:
    return JSONResponse({"models": [_listed(entry) for entry in request.app.state.store.entries.values()]})


async def ps(request: Request) -> Response:
    store, rows = request.app.state.store, []
    for name, until in store.in_memory().items():
        entry = store.get(name)
        until = min(until, time.time() + 100 * 365 * 24 * 3600)  # "for ever"
        gone = datetime.fromtimestamp(until, UTC).isoformat().replace("+00:00", "Z")
        context = entry.config()["max_position_embeddings"]
        rows.append(_listed(entry) | {"expires_at": gone, "size_vram": 0, "context_length": context})
    return JSONResponse({"models": rows})


async def show(request: Request) -> Response:
    asked = await read(request, Request_)
    entry = find(request, asked.model)
    config = entry.config()
    heads = config["num_attention_heads"]
    info = {
        "general.architecture": "phi3",
        "general.parameter_count": entry.parameter_count,
        "phi3.context_length": config["max_position_embeddings"],
        "phi3.embedding_length": config["hidden_size"],
        "phi3.block_count": config["num_hidden_layers"],
        "phi3.feed_forward_length": config["intermediate_size"],
        "phi3.attention.head_count": heads,
        "phi3.attention.head_count_kv": config.get("num_key_value_heads") or heads,
    }
    shown = entry.template or template.PHI3
    lines = [f"FROM {entry.base if not entry.parent else entry.parent}", f'TEMPLATE """{shown}"""']
    lines += [f'SYSTEM """{entry.system}"""'] if entry.system else []
    rows = []
    for key, value in entry.parameters.items():
        rows += [(key, item) for item in (value if isinstance(value, list) else [value])]
    parameters = "\n".join(f"{key:30} {json.dumps(value) if isinstance(value, str) else value}" for key, value in rows)
    lines += [f"PARAMETER {key} {json.dumps(value) if isinstance(value, str) else value}" for key, value in rows]
    return JSONResponse(
        {
            "modelfile": "\n".join(lines),
            "parameters": parameters,
            "template": shown,
            "system": entry.system,
            "license": "MIT",
            "details": _details(entry),
            "model_info": info,
            "capabilities": ["completion", "tools", "embedding"],
            "modified_at": entry.modified_at(),
        }
    )


# -- answers ---------------------------------------------------------------------------------------


def seconds_of(keep_alive) -> float | None:
    """Ollama's keep_alive as seconds: a number, or a text such as "5m", "1h30m", "-1". Raises Problem 400."""
    if keep_alive is None or isinstance(keep_alive, int | float):
        return keep_alive
    text, total, sign = keep_alive.strip(), 0.0, 1.0
    if text.startswith("-"):
        text, sign = text[1:], -1
    try:
        return sign * float(text)
    except ValueError:
        pass
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    pieces = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if not pieces or "".join(number + unit for number, unit in pieces) != text:
        raise problem(400, f'time: invalid duration "{keep_alive}"')
    for number, unit in pieces:
        total += float(number) * units[unit]
    return sign * total


def wish_of(asked: Asked, entry: Entry) -> Wish:
    """The options of a request over those of the model. Raises Problem 400 for values of the wrong kind."""
    given = entry.parameters | (asked.options or {})
    values = {}
    for name, kind in PARAMETERS.items():
        value = given.get(name)
        if value is None:
            continue
        if name == "stop":
            value = [value] if isinstance(value, str) else value
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise problem(400, f'option "{name}" must be of type {kind.__name__}')
        values[name] = kind(value)
    most = values.get("num_predict")
    return Wish(
        max_tokens=most if most is not None and most > 0 else None,
        temperature=max(values.get("temperature", 0.0), 0.0),
        top_p=min(max(values.get("top_p", 1.0), 1e-6), 1.0),
        top_k=max(values.get("top_k", 0), 0),
        min_p=values.get("min_p", 0.0),
        repetition_penalty=values.get("repeat_penalty", 1.0),
        presence_penalty=values.get("presence_penalty", 0.0),
        frequency_penalty=values.get("frequency_penalty", 0.0),
        seed=values.get("seed"),
        stop=tuple(values.get("stop", ())),
        schema=_schema(asked.format),
    )


def _schema(format) -> str | None:
    if format in (None, ""):
        return None
    if format == "json":
        return json.dumps({"type": "object"})
    if isinstance(format, dict):
        return json.dumps(format)
    raise problem(400, f'invalid format: "{format}"; expected "json" or a JSON schema')


async def generate(request: Request) -> Response:
    asked: GenerateRequest = await read(request, GenerateRequest)
    entry = find(request, asked.model)
    keep = seconds_of(asked.keep_alive)
    if asked.images:
        raise problem(400, f"{entry.name} does not support images")
    if not asked.prompt:
        return await _memory_only(request, entry, asked, keep, {"response": ""})
    system = entry.system if asked.system is None else asked.system
    shape = asked.template or entry.template
    loaded, seconds = await run_in_threadpool(request.app.state.store.load, entry, keep)
    if asked.raw:
        text = asked.prompt
    elif shape:
        text = template.render(shape, [{"role": "user", "content": asked.prompt}], system)
    else:
        turns = [{"role": "system", "content": system}] if system else []
        text = loaded.chat_text([*turns, {"role": "user", "content": asked.prompt}])
    return await _answer(request, asked, entry, text, seconds, lambda text: {"response": text}, context=True)


async def chat(request: Request) -> Response:
    asked: ChatRequest = await read(request, ChatRequest)
    entry = find(request, asked.model)
    keep = seconds_of(asked.keep_alive)
    if not asked.messages:
        return await _memory_only(request, entry, asked, keep, {"message": {"role": "assistant", "content": ""}})
    turns = _turns(asked, entry)
    loaded, seconds = await run_in_threadpool(request.app.state.store.load, entry, keep)
    text = template.render(entry.template, turns) if entry.template else loaded.chat_text(turns)
    return await _answer(
        request, asked, entry, text, seconds, lambda text: {"message": {"role": "assistant", "content": text}}
    )


def _turns(asked: ChatRequest, entry: Entry) -> list[dict]:
    """The messages in the words of the model's markup. Raises Problem 400."""
    turns = []
    for message in asked.messages:
        role, content = message.get("role"), message.get("content") or ""
        if role not in ("system", "user", "assistant", "tool") or not isinstance(content, str):
            raise problem(400, f"invalid message: role {role!r}, content of type {type(content).__name__}")
        if message.get("images"):
            raise problem(400, f"{entry.name} does not support images")
        if message.get("tool_calls"):
            content = "\n".join(toolbox.as_written(call) for call in message["tool_calls"])
        turns.append({"role": "user" if role == "tool" else role, "content": content})
    system = toolbox.instruction(asked.tools) if asked.tools else entry.system
    if system and turns[0]["role"] != "system":
        turns.insert(0, {"role": "system", "content": system})
    elif asked.tools:
        turns[0]["content"] += "\n" + system
    return turns


async def _memory_only(request: Request, entry: Entry, asked: Asked, keep: float | None, empty: dict) -> Response:
    """Without a question: load the model, or unload it with keep_alive 0, and say so."""
    store = request.app.state.store
    if keep == 0:
        store.unload(entry)
    else:
        await run_in_threadpool(store.load, entry, keep)
    reason = "unload" if keep == 0 else "load"
    return JSONResponse({"model": asked.model, "created_at": _now(), **empty, "done": True, "done_reason": reason})


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


async def _answer(request, asked, entry, text, load_seconds, shape, context: bool = False) -> Response:
    began = time.perf_counter() - load_seconds
    state = request.app.state
    loaded, _ = state.store.load(entry, seconds_of(asked.keep_alive))
    wish = wish_of(asked, entry)
    ids = loaded.encode(text)
    try:
        job = state.engine.submit(ids, wish, loaded)
    except TooLong as error:
        raise problem(400, f"input length exceeds the context length: {error}") from error
    except Busy as error:
        raise Problem(503, {"error": f"server busy, please try again. {error}"}, {"Retry-After": "1"}) from error
    watch = getattr(asked, "tools", None)
    head = {"model": asked.model}

    def end(told: str) -> dict:
        row = {
            **head,
            "created_at": _now(),
            **shape(told),
            "done": True,
            "done_reason": job.finish,
            "total_duration": int((time.perf_counter() - began) * SECOND),
            "load_duration": int(load_seconds * SECOND),
            "prompt_eval_count": len(ids),
            "prompt_eval_duration": int(job.prompt_seconds * SECOND),
            "eval_count": job.written,
            "eval_duration": int((job.write_seconds - job.prompt_seconds) * SECOND),
        }
        return row | ({"context": ids} if context else {})

    if asked.stream is None or asked.stream:
        return StreamingResponse(_stream(request, job, shape, head, end, watch), media_type="application/x-ndjson")
    told = ""
    async with disconnects(request, [job]):
        try:
            async for part in parts_of(job):
                told += part.text
        except Exception as error:
            raise _failed(job, error) from error
    row = end(told)
    if watch:
        row["message"] = _with_calls(told, watch)
    return JSONResponse(row)


def _with_calls(told: str, given) -> dict:
    call = toolbox.found(told, given)
    if call is None:
        return {"role": "assistant", "content": told}
    return {"role": "assistant", "content": "", "tool_calls": [{"function": call}]}


def _failed(job: Job, error: Exception) -> Problem:
    first = (str(error).splitlines() or [type(error).__name__])[0][:300]
    if job.wish.schema is not None and job.written == 0:
        return problem(400, f"invalid format: {first}")
    return problem(500, f"the engine failed: {first}")


async def _stream(request: Request, job: Job, shape, head: dict, end, watch) -> AsyncIterator[bytes]:
    told = ""
    try:
        async for part in parts_of(job):
            told += part.text
            if part.text and not watch:
                yield _line({**head, "created_at": _now(), **shape(part.text), "done": False})
            request.app.state.simulator.maybe_drop(request)
        if watch:
            yield _line({**head, "created_at": _now(), "message": _with_calls(told, watch), "done": False})
        yield _line(end(""))
    except Exception as error:
        if getattr(error, "drops", False):
            raise
        yield _line(_failed(job, error).body)  # the status has been sent: Ollama, too, says it in a line
    finally:
        job.cancel()


def _line(row: dict) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


async def embed(request: Request) -> Response:
    """A vector for each text: the mean of the last layer's hidden states over its tokens, of length 1.

    pico models were never trained for this; it is the plainest way to get a vector out of a language model.
    """
    asked: EmbedRequest = await read(request, EmbedRequest)
    entry = find(request, asked.model)
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    began = time.perf_counter()
    vectors, tokens = await run_in_threadpool(request.app.state.embedder, entry, texts)
    context = entry.config()["max_position_embeddings"]
    if max(tokens, default=0) > context:
        raise problem(400, f"the input length exceeds the context length of {context} tokens")
    took = int((time.perf_counter() - began) * SECOND)
    found = {"model": asked.model, "embeddings": vectors, "total_duration": took, "load_duration": 0}
    return JSONResponse(found | {"prompt_eval_count": sum(tokens)})


# -- making models ---------------------------------------------------------------------------------


def _told(asked: Request_, rows: list[dict]) -> Response:
    """Progress as NDJSON, or the last line alone."""
    if asked.stream is None or asked.stream:
        return StreamingResponse(iter([_line(row) for row in rows]), media_type="application/x-ndjson")
    return JSONResponse(rows[-1])


async def pull(request: Request) -> Response:
    """What is here is "pulled" at once; for the rest, the truth: this server has no registry to fetch from."""
    asked = await read(request, Request_)
    if not asked.model:
        raise problem(400, "model is required")
    try:
        entry = request.app.state.store.get(asked.model)
    except NoModel:
        text = "pull model manifest: file does not exist (the practice server serves its own models and fetches none)"
        failed = {"error": text}
        if asked.stream is False:
            raise Problem(500, failed) from None
        return StreamingResponse(iter([_line({"status": "pulling manifest"}), _line(failed)]),
                                 media_type="application/x-ndjson")  # fmt: skip
    digest = "sha256:" + entry.digest
    layer = {"status": f"pulling {entry.digest[:12]}", "digest": digest, "total": entry.size, "completed": entry.size}
    ends = [{"status": text} for text in ("verifying sha256 digest", "writing manifest", "success")]
    return _told(asked, [{"status": "pulling manifest"}, layer, *ends])


async def create(request: Request) -> Response:
    asked: CreateRequest = await read(request, CreateRequest)
    store, added = request.app.state.store, {}
    if not asked.model:
        raise problem(400, "model is required")
    for name in asked.parameters or {}:
        if name not in PARAMETERS and name != "num_ctx":
            raise problem(400, f"unknown parameter '{name}'")
    if asked.template:
        try:
            template.render(asked.template, [{"role": "user", "content": "x"}])
        except template.BadTemplate as error:
            raise problem(400, f"template error: {error}") from error
    added = {"system": asked.system, "template": asked.template, "parameters": asked.parameters}
    try:
        if asked.files:
            base = await run_in_threadpool(store.checkpoint_from, asked.files)
        elif asked.from_:
            base = find(request, asked.from_)
        else:
            raise problem(400, "neither 'from' or 'files' was specified")
        store.create(asked.model, base, **added)
    except Refused as error:
        raise problem(400, str(error)) from error
    steps = ("reading model metadata", "creating system layer", "writing manifest", "success")
    return _told(asked, [{"status": text} for text in steps])


async def copy(request: Request) -> Response:
    asked: CopyRequest = await read(request, CopyRequest)
    find(request, asked.source)
    try:
        request.app.state.store.copy(asked.source, asked.destination)
    except Refused as error:
        raise problem(400, str(error)) from error
    return Response(status_code=200)


async def delete(request: Request) -> Response:
    asked = await read(request, Request_)
    find(request, asked.model)
    try:
        request.app.state.store.delete(asked.model)
    except Refused as error:
        raise problem(403, str(error)) from error
    return Response(status_code=200)


async def blobs(request: Request) -> Response:
    store, digest = request.app.state.store, request.path_params["digest"]
    try:
        if request.method == "HEAD":
            return Response(status_code=200 if store.blob(digest).is_file() else 404)
        store.put_blob(digest, await body_of(request, LARGEST_BLOB))
    except Refused as error:
        raise problem(400, str(error)) from error
    except OSError as error:
        raise problem(507, f"the file could not be kept: {error.strerror}") from error
    return Response(status_code=201)
