"""Ollama's HTTP dialect: /api/generate, chat and embed, and below them what it does with models.

https://github.com/ollama/ollama/blob/main/docs/api.md. Answers stream as NDJSON, a JSON object a line, unless
`"stream": false`. Durations are nanoseconds, and measured. Unknown fields and options are passed over, as there; what
would change the answer and is not to be had here is answered with 400.
"""

import re
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import ollama
from ollama import _types as official
from pydantic import BaseModel, BeforeValidator, Field, field_validator, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from course_utils.models.chat import COOLEST, BadOption
from course_utils.pico.export.gguf_file import TEMPLATE, modelfile

from . import prompts
from . import tools as toolbox
from .engine import Part, RequestParams
from .problem import Problem
from .store import DATA, Entry
from .web import dumps, find, pieces, read, refuse, streamed, whole_texts, written

SECOND = 10**9  # nanoseconds
UNLIMITED = 10**9  # tokens: as many as the context has room for
KNOWN = DATA["ollama"]
NOTHING = Part("", [])
PIECE = re.compile(r"(?=.)([0-9]*\.?[0-9]*)([^.0-9]*)", re.DOTALL)  # of a duration: a number and its unit


def seconds_of(keep_alive: Any) -> Any:
    """Ollama's keep_alive as seconds, below 0 for ever. A text has units, "5m", "1h30m"; only "0" needs none.

    Raises Problem 400, in the words of Go's time.ParseDuration. What is no text comes back as it is.
    """
    if not isinstance(keep_alive, str):
        return keep_alive
    text = re.sub(r"^[-+]", "", keep_alive[:200])
    parts = [("0", "s")] if text == "0" else PIECE.findall(text) or [("", "")]
    for number, unit in parts:
        if number in ("", ".") or unit not in KNOWN["units"]:
            why = "invalid" if number in ("", ".") else f'unknown unit "{unit}" in' if unit else "missing unit in"
            raise Problem(400, f'time: {why} duration "{keep_alive[:200]}"')
    total = sum(float(number) * KNOWN["units"][unit] for number, unit in parts)
    if total > KNOWN["longest"]:
        raise Problem(400, f'time: invalid duration "{keep_alive[:200]}"')
    return -total if keep_alive.startswith("-") else total


class Message(ollama.Message):
    """Its pictures are texts in base64: the package's own type for them would look for files of that name."""

    role: Annotated[Literal["system", "user", "assistant", "tool"], BeforeValidator(lambda role: str(role).lower())]
    images: list[str] | None = None

    def parts(self) -> list[dict]:
        """What it says, in parts as OpenAI's clients send them."""
        urls = [f"data:image/png;base64,{image}" for image in self.images or []]
        text = "\n".join(map(toolbox.as_written, self.tool_calls or [])) or self.content or ""
        return [*({"type": "image_url", "image_url": url} for url in urls), {"type": "text", "text": text}]


class Options(ollama.Options, extra="allow"):
    min_p: float | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        """5.0 tokens are 5: JSON has one kind of number."""
        return int(value) if isinstance(value, float) and value.is_integer() else value


class Question(BaseModel, extra="allow"):
    """What all requests to a model share, and the packages' own types say otherwise or not at all."""

    options: Options | None = None
    keep_alive: Annotated[float | None, BeforeValidator(seconds_of)] = None
    truncate: bool | None = None
    shift: bool | None = None


class GenerateRequest(Question, official.GenerateRequest):
    images: list[str] | None = None


class ChatRequest(Question, official.ChatRequest):
    messages: list[Message] | None = None
    tools: list[toolbox.Tool] | None = None


class EmbedRequest(Question, official.EmbedRequest):
    input: str | list[str] | None = None
    prompt: str | None = None  # in the old form, /api/embeddings


class ModelRequest(official.BaseStreamableRequest):
    """A request about a model, which older clients call `name`."""

    @model_validator(mode="before")
    @classmethod
    def _either(cls, given: Any) -> Any:
        return given | {"model": given.get("model") or given.get("name")} if isinstance(given, dict) else given


class CreateRequest(ModelRequest, official.CreateRequest, extra="allow"):
    from_: str | None = Field(None, alias="from")
    parameters: Options | None = None


def _given(options: Options | None) -> dict[str, Any]:
    return options.model_dump(exclude_none=True) if options else {}


def sampling(options: dict[str, Any]) -> RequestParams:
    """Options under Ollama's names, of the right types. Raises Problem 400."""
    refuse(options, KNOWN["neutral_options"])
    if options.get("repeat_penalty", 1) != 1:
        refuse(options, {"repeat_last_n": [-1]})
    given = {ours: options[name] for name, ours in KNOWN["options"].items() if options.get(name) is not None}
    given = {name: value for name, value in given.items() if value >= KNOWN["off_below"].get(name, value)}
    if given.get("top_p") == 0:
        given["top_p"] = 1e-6
    if 0 < given.get("temperature", 0) < COOLEST:
        given["temperature"] = 0
    try:
        params = RequestParams.read({"max_new_tokens": UNLIMITED} | given)
    except BadOption as error:
        ours, _, rest = str(error).partition(" ")
        name = next(name for name, own in KNOWN["options"].items() if own == ours)
        raise Problem(400, f'option "{name}" {rest}', "invalid_value", name) from error
    stop = options.get("stop") or []
    stops = [stop] if isinstance(stop, str) else stop
    return replace(params, stop=tuple(filter(None, stops)), num_ctx=options.get("num_ctx"))


def _window(entry: Entry, asked: int | None) -> int:
    """The length of the context in tokens, as getRunner in Ollama's server/sched.go sets it; with eyes, all."""
    sees, most = entry.facts["sees"], entry.facts["config"]["max_position_embeddings"]
    usual = most if sees else KNOWN["num_ctx"]
    return min(max(usual if asked is None else asked, 2048 if sees else 4), most)


def _talk(body: GenerateRequest | ChatRequest, entry: Entry) -> prompts.Conversation:
    """What the model is to answer. Raises Problem 400."""
    more = {"keep": body.keep_alive, "shorten": body.truncate is not False and body.shift is not False}
    if isinstance(body, ChatRequest):
        return prompts.Conversation(entry, body.messages or [], tools=body.tools, **more)
    if body.raw and (body.template or body.system or body.context):
        raise Problem(400, "raw mode does not support template, system, or context")
    if not all(0 <= token < entry.facts["config"]["vocab_size"] for token in body.context or []):
        raise Problem(400, "context has a number that is none of this model's tokens")
    prompts.check_template(body.template, entry.facts["template"])
    more |= {"template": prompts.BARE if body.raw else body.template, "context": list(body.context or [])}
    messages = [Message(role="user", content=body.prompt, images=body.images)] if body.prompt else []
    return prompts.Conversation(entry, messages, "" if body.raw else body.system or None, **more)


async def answer(request: Request, kind: type[GenerateRequest | ChatRequest]) -> Response:
    """The answer, streamed or whole. Without a question: load the model, or unload it with keep_alive 0."""
    body, began, store = await read(request, kind), time.perf_counter(), request.app.state.store
    if not 0 <= (body.top_logprobs or 0) <= 20:
        raise Problem(400, "top_logprobs must be between 0 and 20")
    entry = find(request, body.model)
    refuse(dict(body), KNOWN["neutral_fields"])
    lacks = {"insert": getattr(body, "suffix", None), "tools": entry.facts["sees"] and getattr(body, "tools", None)}
    for what in filter(lacks.get, lacks):
        raise Problem(400, f"registry.ollama.ai/library/{_listed(entry)['name']} does not support {what}")
    if body.think or body.think == "":
        raise Problem(400, f'"{body.model}" does not support thinking')
    talk, params = _talk(body, entry), sampling(entry.parameters | _given(body.options))
    schema = {"json": {"type": "object"}, "": None}[body.format] if isinstance(body.format, str) else body.format
    alternatives = (body.top_logprobs or 0) if body.logprobs else None
    params = replace(params, schema=schema, logprobs=alternatives, num_ctx=_window(entry, params.num_ctx))
    store.windows[entry.base] = params.num_ctx
    if not talk.messages:
        if talk.keep == 0:
            store.unload(entry.base)
        else:
            await prompts.load(request, entry, talk.keep)
        return JSONResponse(_row(body, NOTHING, {"done": True, "done_reason": "unload" if talk.keep == 0 else "load"}))
    (job,), load_seconds = await prompts.begin(request, talk, [params])

    def last(part: Part) -> dict:
        times = {"total": time.perf_counter() - began, "load": load_seconds, "prompt_eval": job.prompt_seconds}
        times["eval"] = job.write_seconds - job.prompt_seconds
        more = {"context": job.context} if isinstance(body, GenerateRequest) and not body.raw else {}
        more |= {f"{name}_duration": int(seconds * SECOND) for name, seconds in times.items()}
        more |= {"prompt_eval_count": job.read, "eval_count": len(job.tokens)}
        return _row(body, part, {"done": True, "done_reason": job.finish} | more)

    async def rows() -> AsyncIterator[dict]:
        async for part in pieces(request, job, whole=bool(talk.tools)):
            yield _row(body, part, {"done": False})
        yield last(NOTHING)

    if body.stream is not False:
        return streamed(request, [job], rows())
    (whole,) = await whole_texts(request, [job])
    return JSONResponse(last(whole))


def _row(body: GenerateRequest | ChatRequest, part: Part, more: dict) -> dict:
    """A line of an answer."""
    row = {"model": body.model, "created_at": stamp(time.time())}
    if part.logprobs:
        more["logprobs"] = [{name: value for name, value in one.items() if value != []} for one in part.logprobs]
    if isinstance(body, GenerateRequest):
        return written(ollama.GenerateResponse, row | {"response": part.text} | more)
    message, call = {"role": "assistant", "content": part.text}, toolbox.find_call(part.text, body.tools)
    if call:
        function = {"index": 0, **call}
        message |= {"content": "", "tool_calls": [{"id": f"call_{uuid.uuid4().hex[:8]}", "function": function}]}
    return written(ollama.ChatResponse, row | {"message": message} | more)


def stamp(seconds: float) -> str:
    """A time in seconds since 1970 as Ollama writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


async def embed(request: Request) -> Response:
    """A vector for each text, or in the old form, /api/embeddings, for one."""
    body, began = await read(request, EmbedRequest), time.perf_counter()
    entry, old = find(request, body.model), request.url.path.endswith("embeddings")
    asked, options = body.prompt if old else body.input, _given(body.options)
    texts = [asked] if isinstance(asked, str) and asked else asked or []
    if "" in texts:
        raise Problem(400, f"input {texts.index('')} is empty: there is nothing to embed")
    size, shorten = max(body.dimensions or 0, 0) or None, not old and body.truncate is not False
    vectors, tokens, load_seconds = await prompts.embed(request, entry, texts, body.keep_alive, size, shorten)
    if max(tokens, default=0) > options.get("num_ctx", UNLIMITED):
        raise Problem(400, 'option "num_ctx" cuts no text here, and one has more tokens: leave it out')
    if old:
        return JSONResponse(written(ollama.EmbeddingsResponse, {"embedding": vectors[0] if vectors else []}))
    row = {"model": body.model, "embeddings": vectors, "prompt_eval_count": sum(tokens)}
    row |= {"total_duration": int((time.perf_counter() - began) * SECOND), "load_duration": int(load_seconds * SECOND)}
    return JSONResponse(written(ollama.EmbedResponse, row))


embeddings = embed


# -- models: tags, ps, show, pull, push, create, copy, delete, blobs -----------------------------------


def _listed(entry: Entry) -> dict:
    name, family = entry.name if ":" in entry.name else entry.name + ":latest", entry.facts["config"]["model_type"]
    details = {"parent_model": entry.parent, "format": "gguf" if family == "llama" else "safetensors", "family": family}
    details |= {"families": [family], "parameter_size": f"{entry.facts['parameters'] / 1e6:.1f}M"}
    details["quantization_level"] = entry.facts["bits"]
    row = {"name": name, "model": name, "modified_at": stamp(entry.modified), "size": entry.facts["size"]}
    return row | {"digest": entry.facts["digest"], "details": details}


async def tags(request: Request) -> Response:
    return JSONResponse({"models": [_listed(entry) for entry in request.app.state.store.entries.values()]})


async def ps(request: Request) -> Response:
    """Which models are in memory; the one that stays longest comes first."""
    rows, store = [], request.app.state.store
    for entry, until in sorted(store.in_memory(), key=lambda pair: -pair[1]):
        window = store.windows.get(entry.base, _window(entry, entry.parameters.get("num_ctx")))
        rows.append(_listed(entry) | {"expires_at": stamp(until), "size_vram": 0, "context_length": window})
    return JSONResponse({"models": rows})


async def show(request: Request) -> Response:
    entry = find(request, (await read(request, ModelRequest)).model)
    config, template, listed = entry.facts["config"], entry.template or entry.facts["template"], _listed(entry)
    info = {"general.architecture": config["model_type"], "general.parameter_count": entry.facts["parameters"]}
    info |= {f"{config['model_type']}.{name}": config[ours] for name, ours in KNOWN["info"].items()}
    lines = modelfile("x", "", "", entry.parameters).split("\n")[2:-1]
    row = {"modelfile": modelfile(entry.parent or entry.name, entry.system, template, entry.parameters)}
    row |= {"parameters": "\n".join(line.removeprefix("PARAMETER ") for line in lines), "template": template}
    row |= {"system": entry.system, "license": entry.facts["license"], "model_info": info}
    row |= {"details": listed["details"], "modified_at": listed["modified_at"]}
    more = ["vision"] if entry.facts["sees"] else ["tools", "embedding"]
    return JSONResponse(row | {"capabilities": ["completion", *more]})


def _progress(body: ModelRequest, *steps: str | dict, error: str = "") -> Response:
    """Progress as NDJSON, or the last line alone; an error has a status of its own then."""
    rows = [{"status": step} if isinstance(step, str) else step for step in steps] + [{"error": error}] * bool(error)
    if body.stream is not False:
        return StreamingResponse(iter([dumps(row) + b"\n" for row in rows]), media_type="application/x-ndjson")
    return JSONResponse(rows[-1], 500 if error else 200)


async def pull(request: Request) -> Response:
    """What is here is "pulled" at once; for the rest, the truth: this server has no registry to fetch from."""
    body, store = await read(request, ModelRequest), request.app.state.store
    entry = store.entries.get(store.plain(body.model))
    if entry is None:
        return _progress(body, "pulling manifest", error=KNOWN["no_pull"])
    digest, size = entry.facts["digest"], entry.facts["size"]
    pulled = {"status": f"pulling {digest[:12]}", "digest": "sha256:" + digest, "total": size, "completed": size}
    return _progress(body, "pulling manifest", pulled, "verifying sha256 digest", "writing manifest", "success")


async def push(request: Request) -> Response:
    return _progress(await read(request, ModelRequest), "retrieving manifest", error=KNOWN["no_push"])


async def create(request: Request) -> Response:
    body, store = await read(request, CreateRequest), request.app.state.store
    name, parameters = store.plain(body.model), _given(body.parameters)
    refuse(dict(body), KNOWN["neutral_recipe"])
    sampling(parameters)
    if body.files:
        (file, source), *more = body.files.items()
        if more or not file.endswith(".gguf"):
            raise Problem(400, "this server makes models from one .gguf file; a real Ollama takes safetensors, too")
    elif body.from_:
        source = store.entries.get(store.plain(body.from_))
        if source is None:  # a real Ollama tries to pull it
            return _progress(body, "pulling manifest", error=KNOWN["no_pull"])
    else:
        raise Problem(400, "neither 'from' or 'files' was specified")
    system, template = body.system or "", body.template or ""
    modelfile("x", system, template, parameters)  # `show` writes one, and CourseError says what it cannot hold
    prompts.check_template(template, source.facts["template"] if isinstance(source, Entry) else TEMPLATE)
    await run_in_threadpool(store.create, name, source, system, template, parameters)
    return _progress(body, "reading model metadata", "creating system layer", "writing manifest", "success")


async def copy(request: Request) -> Response:
    """Another name for a model; never that of a model of the course."""
    body = await read(request, official.CopyRequest)
    entry = find(request, body.source)
    await run_in_threadpool(request.app.state.store.create, body.destination, entry, "", "", {})
    return Response(status_code=200)


async def delete(request: Request) -> Response:
    entry = find(request, (await read(request, ModelRequest)).model)
    await run_in_threadpool(request.app.state.store.delete, entry.name)
    return Response(status_code=200)


async def blobs(request: Request) -> Response:
    """Whether a file is here, or a new one. One that is here already is not read again."""
    store, digest = request.app.state.store, request.path_params["digest"]
    here = store.blob(digest).is_file()
    if request.method == "HEAD" or here:
        return Response(status_code=200 if here else 404)
    await store.put_blob(digest, request.stream())
    return Response(status_code=201)
