"""Ollama's HTTP dialect: /api/generate, chat and embed, and below them what it does with models.

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
from starlette.responses import JSONResponse, Response, StreamingResponse

from course_utils.models.chat import COOLEST, BadOption
from course_utils.pico.export.gguf_file import TEMPLATE, modelfile

from . import tools as toolbox
from .engine import Job, RequestParams
from .problem import Problem
from .prompts import BARE, Conversation, begin, check_template, load
from .prompts import embed as embed_texts
from .store import DATA, Entry
from .web import dumps, find, pieces, read, refuse, streamed, whole_texts, written

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
    params = replace(params, schema=schema or None)
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

    if body.stream is not False:
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
    began = time.perf_counter()
    vectors, tokens, load_seconds = await embed_texts(request, entry, texts, keep)
    took = int((time.perf_counter() - began) * SECOND)
    row = {"model": body.model, "embeddings": vectors, "total_duration": took}
    row |= {"load_duration": int(load_seconds * SECOND), "prompt_eval_count": sum(tokens)}
    return JSONResponse(written(ollama.EmbedResponse, row))


# -- models: tags, ps, show, pull, create, copy, delete, blobs -----------------------------------------


def _listed(entry: Entry) -> dict:
    name = entry.name if ":" in entry.name else entry.name + ":latest"
    row = {"name": name, "model": name, "modified_at": stamp(entry.modified), "size": entry.facts["size"]}
    family = entry.facts["config"]["model_type"]
    details = {"parent_model": entry.parent, "format": "gguf" if family == "llama" else "safetensors", "family": family}
    details |= {"families": [family], "parameter_size": f"{entry.facts['parameters'] / 1e6:.1f}M"}
    details["quantization_level"] = entry.facts["bits"]
    return row | {"digest": entry.facts["digest"], "details": details}


async def tags(request: Request) -> Response:
    return JSONResponse({"models": [_listed(entry) for entry in request.app.state.store.entries.values()]})


async def ps(request: Request) -> Response:
    rows = []
    for entry, until in request.app.state.store.in_memory():
        more = {"expires_at": stamp(until), "size_vram": 0}
        rows.append(_listed(entry) | more | {"context_length": entry.facts["config"]["max_position_embeddings"]})
    return JSONResponse({"models": rows})


async def show(request: Request) -> Response:
    entry = find(request, (await read(request, official.ShowRequest)).model)
    config, template, listed = entry.facts["config"], entry.template or entry.facts["template"], _listed(entry)
    kind, count = config["model_type"], entry.facts["parameters"]
    info = {"general.architecture": kind, "general.parameter_count": count}
    info |= {f"{kind}.{name}": config[ours] for name, ours in KNOWN["info"].items()}
    recipe = modelfile(entry.parent or entry.name, entry.system, template, entry.parameters)
    lines = modelfile("x", "", "", entry.parameters).split("\n")[2:-1]
    parameters = "\n".join(line.removeprefix("PARAMETER ") for line in lines)
    row = {"modelfile": recipe, "parameters": parameters, "template": template, "system": entry.system}
    row |= {"license": entry.facts["license"], "model_info": info}
    row |= {name: listed[name] for name in ("details", "modified_at")}
    more = ["vision"] if entry.facts["sees"] else ["tools", "embedding"]
    return JSONResponse(row | {"capabilities": ["completion", *more]})


def _progress(body: official.BaseStreamableRequest, *steps: str | dict) -> Response:
    """Progress as NDJSON, or the last line alone; an error has a status of its own then."""
    rows = [{"status": step} if isinstance(step, str) else step for step in steps]
    if body.stream is not False:
        return StreamingResponse(iter([dumps(row) + b"\n" for row in rows]), media_type="application/x-ndjson")
    return JSONResponse(rows[-1], 500 if "error" in rows[-1] else 200)


async def pull(request: Request) -> Response:
    """What is here is "pulled" at once; for the rest, the truth: this server has no registry to fetch from."""
    body = await read(request, official.PullRequest)
    try:
        entry = find(request, body.model)
    except Problem:
        text = "pull model manifest: file does not exist (the practice server serves its own models and fetches none)"
        return _progress(body, "pulling manifest", {"error": text})
    digest, size = entry.facts["digest"], entry.facts["size"]
    pulled = {"status": f"pulling {digest[:12]}", "digest": "sha256:" + digest, "total": size, "completed": size}
    return _progress(body, "pulling manifest", pulled, "verifying sha256 digest", "writing manifest", "success")


async def create(request: Request) -> Response:
    body = await read(request, official.CreateRequest)
    parameters = body.parameters or {}
    unknown = parameters.keys() - {*ollama.Options.model_fields, *KNOWN["options"]}
    if unknown:
        raise Problem(400, f"unknown parameter '{min(unknown)}'")
    sampling(parameters)
    if body.files:
        (name, source), *more = body.files.items()
        if more or not name.endswith(".gguf"):
            text = "this server makes models from one .gguf file; a real Ollama takes safetensors and adapters, too"
            raise Problem(400, text)
    elif body.from_:
        source = find(request, body.from_)
    else:
        raise Problem(400, "neither 'from' or 'files' was specified")
    system, template = body.system or "", body.template or ""
    modelfile("x", system, template, parameters)  # `show` writes one, and CourseError says what it cannot hold
    check_template(template, source.facts["template"] if isinstance(source, Entry) else TEMPLATE)
    await run_in_threadpool(request.app.state.store.create, body.model, source, system, template, parameters)
    return _progress(body, "reading model metadata", "creating system layer", "writing manifest", "success")


async def copy(request: Request) -> Response:
    """Another name for a model; never that of a model of the course."""
    body = await read(request, official.CopyRequest)
    create, entry = request.app.state.store.create, find(request, body.source)
    await run_in_threadpool(create, body.destination, entry, "", "", {})
    return Response(status_code=200)


async def delete(request: Request) -> Response:
    body = await read(request, official.DeleteRequest)
    await run_in_threadpool(request.app.state.store.delete, body.model)
    return Response(status_code=200)


async def embeddings(request: Request) -> Response:
    raise Problem(404, "not yet")


async def push(request: Request) -> Response:
    raise Problem(404, "not yet")


async def blobs(request: Request) -> Response:
    store, digest = request.app.state.store, request.path_params["digest"]
    if request.method == "HEAD":
        return Response(status_code=200 if store.blob(digest).is_file() else 404)
    await store.put_blob(digest, request.stream())
    return Response(status_code=201)
