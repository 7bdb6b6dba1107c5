"""Ollama's HTTP dialect: /api/generate, chat and embed. What it does with models is in ollama_models.py.

https://github.com/ollama/ollama/blob/main/docs/api.md. Answers stream as NDJSON, a JSON object a line, unless
`"stream": false`. Durations are nanoseconds, and measured. Unknown fields and options are passed over, as there; what
would change the answer and is not to be had here is answered with 400.
"""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import ollama
from ollama import _types as official
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from course_utils.models.chat import COOLEST, BadOption

from . import tools as toolbox
from .engine import Job, RequestParams
from .problem import Problem, first_line
from .prompts import BARE, Conversation, begin, check_template, load
from .store import DATA, Entry
from .web import find, pieces, read, refuse, streamed, whole_texts, written

SECOND = 10**9  # nanoseconds
UNLIMITED = 10**9  # tokens: as many as the context has room for
KNOWN = DATA["ollama"]
DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}  # seconds


class Message(ollama.Message):
    """Its pictures are texts in base64: the package's own type for them would look for files of that name."""

    role: Literal["system", "user", "assistant", "tool"]
    images: list[str] | None = None

    def parts(self) -> list[dict]:
        """What it says, in parts as OpenAI's clients send them."""
        urls = [f"data:image/png;base64,{image}" for image in self.images or []]
        text = "\n".join(map(toolbox.as_written, self.tool_calls or [])) or self.content or ""
        return [*({"type": "image_url", "image_url": url} for url in urls), {"type": "text", "text": text}]


class GenerateRequest(official.GenerateRequest):
    images: list[str] | None = None

    def talk(self, entry: Entry, keep: float | None) -> Conversation:
        """Raises Problem 400."""
        check_template(self.template, entry.facts["template"])
        system, template = ("", BARE) if self.raw else (self.system, self.template)
        messages = [Message(role="user", content=self.prompt, images=self.images)] if self.prompt else []
        return Conversation(entry, messages, system, template=template, keep=keep)


class ChatRequest(official.ChatRequest):
    messages: list[Message] | None = None
    tools: list[toolbox.Tool] | None = None

    def talk(self, entry: Entry, keep: float | None) -> Conversation:
        return Conversation(entry, self.messages or [], tools=self.tools, keep=keep)


class EmbedRequest(official.EmbedRequest):
    input: str | list[str] | None = None


def seconds_of(keep_alive: str | float | None) -> float | None:
    """Ollama's keep_alive as seconds: a number, or a text with units, "5m", "1h30m", "0". Raises Problem 400."""
    if not isinstance(keep_alive, str) or keep_alive == "0":
        return keep_alive and float(keep_alive)
    text, pairs = keep_alive.strip(), DURATION.findall(keep_alive)
    if not pairs or "".join(number + unit for number, unit in pairs) != text.removeprefix("-"):
        raise Problem(400, f'time: invalid duration "{keep_alive}"')
    return (-1 if text.startswith("-") else 1) * sum(float(number) * UNITS[unit] for number, unit in pairs)


def sampling(options: dict[str, Any]) -> RequestParams:
    """Options under Ollama's names, checked. Raises Problem 400."""
    refuse(options, KNOWN["neutral_options"])
    given = {ours: options[name] for name, ours in KNOWN["options"].items() if options.get(name) is not None}
    for name, least in {"max_new_tokens": 1, "top_k": 0, "seed": 0}.items():
        if type(given.get(name)) is int and given[name] < least:
            del given[name]  # "no limit", "off" and "by chance"
    if given.get("top_p") == 0:
        given["top_p"] = 1e-6
    if type(given.get("temperature")) is float and 0 < given["temperature"] < COOLEST:
        given["temperature"] = 0
    stop = options.get("stop") or []
    stops = [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or not all(isinstance(text, str) for text in stops):
        raise Problem(400, 'option "stop" must be a text or a list of texts', "invalid_value", "stop")
    try:
        params = RequestParams.read({"max_new_tokens": UNLIMITED} | given)
    except BadOption as error:
        ours, _, rest = str(error).partition(" ")
        name = next(name for name, own in KNOWN["options"].items() if own == ours)
        raise Problem(400, f'option "{name}" {rest}', "invalid_value", name) from error
    return replace(params, stop=tuple(text for text in stops if text))


async def answer(request: Request, kind: type[GenerateRequest | ChatRequest]) -> Response:
    """The answer, streamed or whole. Without a question: load the model, or unload it with keep_alive 0."""
    body, began = await read(request, kind), time.perf_counter()
    entry = find(request, body.model)
    refuse(dict(body), KNOWN["neutral_fields"])
    params = sampling(entry.parameters | (body.options or {}))
    schema = {"type": "object"} if body.format == "json" else body.format
    if schema and params.min_p > 0:  # it would be measured by tokens that the schema forbids
        raise Problem(400, 'option "min_p" cannot be combined with a format: leave one of them out')
    params = replace(params, schema=schema or None, stream=body.stream is not False)
    talk = body.talk(entry, seconds_of(body.keep_alive))
    if not talk.messages:
        if talk.keep == 0:
            request.app.state.store.unload(entry.base)
        else:
            await load(request, entry, talk.keep)
        return JSONResponse(_row(body, "", {"done": True, "done_reason": "unload" if talk.keep == 0 else "load"}))
    (job,), load_seconds = await begin(request, talk, [params])

    def last(text: str) -> dict:
        return _row(body, text, _summary(job, load_seconds, time.perf_counter() - began))

    async def rows() -> AsyncIterator[dict]:
        async for text in pieces(request, job, whole=bool(talk.tools)):
            yield _row(body, text, {"done": False})
        yield last("")

    if params.stream:
        return streamed(request, [job], rows())
    (text,) = await whole_texts(request, [job])
    return JSONResponse(last(text))


def _row(body: GenerateRequest | ChatRequest, text: str, more: dict) -> dict:
    """A line of an answer."""
    row = {"model": body.model, "created_at": stamp(time.time()), **more}
    if isinstance(body, GenerateRequest):
        return written(ollama.GenerateResponse, row | {"response": text})
    call = toolbox.find_call(text, body.tools)
    message = {"content": "", "tool_calls": [{"function": call}]} if call else {"content": text}
    return written(ollama.ChatResponse, row | {"message": {"role": "assistant", **message}})


def _summary(job: Job, load_seconds: float, seconds: float) -> dict:
    """What the last line has besides: why it ended, how many tokens, and how long it took."""
    times = {"total": seconds, "load": load_seconds, "prompt_eval": job.prompt_seconds}
    times["eval"] = job.write_seconds - job.prompt_seconds
    counts = {"prompt_eval_count": job.read, "eval_count": len(job.tokens)}
    durations = {f"{name}_duration": int(time * SECOND) for name, time in times.items()}
    return {"done": True, "done_reason": job.finish, **counts, **durations}


def stamp(seconds: float) -> str:
    """A time in seconds since 1970 as Ollama writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


async def embed(request: Request) -> Response:
    """A vector for each text."""
    body = await read(request, EmbedRequest)
    entry, keep = find(request, body.model), seconds_of(body.keep_alive)
    refuse(dict(body), KNOWN["neutral_fields"])
    if entry.facts["sees"]:
        raise Problem(400, f"{entry.name} does not support embeddings")
    texts = [body.input] if isinstance(body.input, str) and body.input else body.input or []
    if "" in texts:
        raise Problem(400, f"input {texts.index('')} is empty: there is nothing to embed")
    began = time.perf_counter()
    loaded, load_seconds = await load(request, entry, keep)
    try:
        vectors, tokens = await run_in_threadpool(loaded.embed, entry.checkpoint, texts)
    except Exception as error:
        raise Problem(400 if entry.uploaded else 500, f"{entry.name} failed: {first_line(error)}") from error
    took = int((time.perf_counter() - began) * SECOND)
    row = {"model": body.model, "embeddings": vectors, "total_duration": took}
    row |= {"load_duration": int(load_seconds * SECOND), "prompt_eval_count": sum(tokens)}
    return JSONResponse(written(ollama.EmbedResponse, row))
