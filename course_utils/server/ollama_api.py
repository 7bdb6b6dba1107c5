"""Ollama's HTTP dialect: /api/generate, chat and embed. What it does with models is in ollama_models.py.

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

from course_utils.models.pictures import BadPicture

from . import template
from . import tools as toolbox
from .engine import Busy, Job, TooLong, Wish, parts_of
from .store import Entry, NoModel
from .web import Problem, TooMany, add_picture, body_of, disconnects, json_of, untagged

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


def routes() -> list[Route]:
    return [
        Route("/", lambda _: PlainTextResponse("Ollama is running"), methods=["GET", "HEAD"]),
        Route("/api/version", lambda _: JSONResponse({"version": VERSION}), methods=["GET"]),
        Route("/api/generate", generate, methods=["POST"]),
        Route("/api/chat", chat, methods=["POST"]),
        Route("/api/embed", embed, methods=["POST"]),
    ]


def problem(status: int, message: str) -> Problem:
    return Problem(status, {"error": message})


async def read(request: Request, kind: type[BaseModel]) -> Any:
    """The body as an object of this kind. Raises Problem 400 or 413."""
    try:
        return kind.model_validate(json_of(await body_of(request) or b"{}"))
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


# -- answers ---------------------------------------------------------------------------------------


def seconds_of(keep_alive) -> float | None:
    """Ollama's keep_alive as seconds: a number, or a text such as "5m", "1h30m", "-1". Raises Problem 400."""
    if keep_alive is None or isinstance(keep_alive, int | float):
        return keep_alive
    if not re.fullmatch(r"-?[\d.]+(ms|s|m|h)?([\d.]+(ms|s|m|h))*", keep_alive.strip()):
        raise problem(400, f'time: invalid duration "{keep_alive}"')
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
            good = isinstance(value, list) and all(isinstance(text, str) and text for text in value)
        else:
            good = not isinstance(value, bool) and isinstance(value, int | float) and abs(value) < 2**31
        if not good:
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
        stream=asked.stream is None or asked.stream,
    )


def check(asked: Asked, entry: Entry) -> None:
    """Refuse what the model cannot do. Raises Problem 400."""
    if asked.think:
        raise problem(400, f'"{entry.name}" does not support thinking')
    if asked.logprobs:
        raise problem(400, "logprobs are not available here; OpenAI's dialect, /v1/chat/completions, has them")


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
    check(asked, entry)
    pictures: list = []
    asked.prompt = untagged(asked.prompt or "", entry)
    tags = await run_in_threadpool(tags_of, asked.images, entry, pictures)
    if asked.suffix:
        raise problem(400, f"{entry.name} does not support insert")
    if not asked.prompt:
        return await _memory_only(request, entry, asked, keep, {"response": ""})
    system = entry.system if asked.system is None else asked.system
    shape = asked.template or entry.template
    loaded, seconds = await run_in_threadpool(request.app.state.store.load, entry, keep)
    if asked.raw:
        text = tags + asked.prompt
    elif shape:
        text = template.render(shape, [{"role": "user", "content": tags + asked.prompt}], system)
    else:
        turns = [{"role": "system", "content": system}] if system else []
        text = loaded.chat_text([*turns, {"role": "user", "content": tags + asked.prompt}])
    prompt = await prompt_of(loaded, text, pictures)
    return await _answer(request, asked, entry, prompt, seconds, lambda text: {"response": text}, context=True)


def tags_of(images: list[str] | None, entry: Entry, pictures: list) -> str:
    """A tag for each picture of a message, which is added to `pictures`. Raises Problem 400."""
    if not images:
        return ""
    if not entry.sees:
        raise problem(400, f"{entry.name} does not support images")
    if not isinstance(images, list):
        raise problem(400, "invalid message: images are a list of base64 texts")
    try:
        return "".join(add_picture(f"data:image/png;base64,{text}", entry, pictures) for text in images)
    except BadPicture as error:
        raise problem(400, f"invalid image: {error}") from error
    except TooMany as error:
        raise problem(400, f"input length exceeds the context length: {error}") from error


async def prompt_of(loaded, text: str, pictures: list):
    """The prompt as the model reads it; pictures are cut in a thread of their own. Raises Problem 400."""
    try:
        return await run_in_threadpool(loaded.read, text, pictures) if pictures else loaded.read(text, [])
    except Exception as error:
        raise problem(400, f"invalid image: {error}") from error


async def chat(request: Request) -> Response:
    asked: ChatRequest = await read(request, ChatRequest)
    entry = find(request, asked.model)
    keep = seconds_of(asked.keep_alive)
    check(asked, entry)
    if not asked.messages:
        return await _memory_only(request, entry, asked, keep, {"message": {"role": "assistant", "content": ""}})
    pictures: list = []
    turns = await run_in_threadpool(_turns, asked, entry, pictures)
    loaded, seconds = await run_in_threadpool(request.app.state.store.load, entry, keep)
    text = template.render(entry.template, turns) if entry.template else loaded.chat_text(turns)
    prompt = await prompt_of(loaded, text, pictures)
    return await _answer(
        request, asked, entry, prompt, seconds, lambda text: {"message": {"role": "assistant", "content": text}}
    )


def _turns(asked: ChatRequest, entry: Entry, pictures: list) -> list[dict]:
    """The messages in the words of the model's markup; their pictures are added to `pictures`. Raises Problem 400."""
    turns = []
    for message in asked.messages:
        role, content = message.get("role"), message.get("content") or ""
        if role not in ("system", "user", "assistant", "tool") or not isinstance(content, str):
            raise problem(400, f"invalid message: role {role!r}, content of type {type(content).__name__}")
        content = tags_of(message.get("images"), entry, pictures) + untagged(content, entry)
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
    return JSONResponse({"model": asked.model, "created_at": now(), **empty, "done": True, "done_reason": reason})


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


async def _answer(request, asked, entry, prompt, load_seconds, shape, context: bool = False) -> Response:
    began = time.perf_counter() - load_seconds
    state = request.app.state
    loaded, _ = state.store.load(entry, seconds_of(asked.keep_alive))
    wish = wish_of(asked, entry)
    ids = prompt.ids
    try:
        job = state.engine.submit(prompt, wish, loaded)
    except TooLong as error:
        raise problem(400, f"input length exceeds the context length: {error}") from error
    except Busy as error:
        raise Problem(503, {"error": f"server busy, please try again. {error}"}, {"Retry-After": "1"}) from error
    watch = getattr(asked, "tools", None)
    head = {"model": asked.model}

    def end(told: str) -> dict:
        row = {
            **head,
            "created_at": now(),
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
                yield line({**head, "created_at": now(), **shape(part.text), "done": False})
            request.app.state.simulator.maybe_drop(request)
        if watch:
            yield line({**head, "created_at": now(), "message": _with_calls(told, watch), "done": False})
        yield line(end(""))
    except Exception as error:
        if getattr(error, "drops", False):
            raise
        yield line(_failed(job, error).body)  # the status has been sent: Ollama, too, says it in a line
    finally:
        job.cancel()


def line(row: dict) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


async def embed(request: Request) -> Response:
    """A vector for each text: the mean of the last layer's hidden states over its tokens, of length 1.

    pico models were never trained for this; it is the plainest way to get a vector out of a language model.
    """
    asked: EmbedRequest = await read(request, EmbedRequest)
    entry = find(request, asked.model)
    if entry.sees:
        raise problem(400, f"{entry.name} does not support embeddings")
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    began = time.perf_counter()
    vectors, tokens = await run_in_threadpool(request.app.state.embedder, entry, texts)
    context = entry.config()["max_position_embeddings"]
    if max(tokens, default=0) > context and asked.truncate is False:
        raise problem(400, f"the input length exceeds the context length of {context} tokens")
    took = int((time.perf_counter() - began) * SECOND)
    found = {"model": asked.model, "embeddings": vectors, "total_duration": took, "load_duration": 0}
    return JSONResponse(found | {"prompt_eval_count": sum(tokens)})
