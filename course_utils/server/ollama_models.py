"""Ollama's HTTP dialect, continued: what it does with models: tags, ps, show, pull, create, copy, delete, blobs."""

from __future__ import annotations

import json
import time
from typing import Any

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from course_utils.base import CourseError

from . import template
from .checkpoint import Refused
from .ollama_api import MISSING, OPTIONS, ModelRequest, line, sampling, stamp
from .store import LARGEST_BLOB, Entry, NoModel
from .web import body_of, find, problem, read

CENTURY = 100 * 365 * 24 * 3600  # seconds; what is kept for ever is shown as kept for so long
# Known parameters of a Modelfile that say how to compute, and not what.
COMPUTING = ("num_thread", "num_gpu", "num_batch", "num_keep", "main_gpu", "use_mmap", "use_mlock", "numa", "low_vram")


class CreateRequest(ModelRequest):
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
        Route("/api/tags", tags, methods=["GET"]),
        Route("/api/ps", ps, methods=["GET"]),
        Route("/api/show", show, methods=["POST"]),
        Route("/api/pull", pull, methods=["POST"]),
        Route("/api/create", create, methods=["POST"]),
        Route("/api/copy", copy, methods=["POST"]),
        Route("/api/delete", delete, methods=["DELETE"]),
        Route("/api/blobs/{digest}", blobs, methods=["HEAD", "POST"]),
    ]


# -- looking at models -----------------------------------------------------------------------------


def _details(entry: Entry) -> dict:
    size = f"{entry.parameter_count / 1e6:.1f}M"
    details = {"parent_model": entry.parent, "format": "safetensors", "family": "phi3", "families": ["phi3"]}
    return details | {"parameter_size": size, "quantization_level": "F32" if entry.uploaded else "F16"}


def _listed(entry: Entry) -> dict:
    name = entry.name if ":" in entry.name else entry.name + ":latest"
    row = {"name": name, "model": name, "modified_at": stamp(entry.modified), "size": entry.size}
    return row | {"digest": entry.digest, "details": _details(entry)}


async def tags(request: Request) -> Response:
    return JSONResponse({"models": [_listed(entry) for entry in request.app.state.store.entries.values()]})


async def ps(request: Request) -> Response:
    rows = []
    for entry, until in request.app.state.store.in_memory():
        more = {"expires_at": stamp(min(until, time.time() + CENTURY)), "size_vram": 0}
        rows.append(_listed(entry) | more | {"context_length": entry.config()["max_position_embeddings"]})
    return JSONResponse({"models": rows})


async def show(request: Request) -> Response:
    from course_utils.pico.export.gguf_file import TEMPLATE, modelfile

    body = await read(request, ModelRequest)
    entry = find(request, body.model)
    config, shown = entry.config(), entry.template or TEMPLATE
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
    settings = [
        (name, json.dumps(item, ensure_ascii=False))
        for name, value in entry.parameters.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    return JSONResponse(
        {
            "modelfile": modelfile(entry.parent or entry.name, entry.system, shown, entry.parameters),
            "parameters": "\n".join(f"{name:30} {value}" for name, value in settings),
            "template": shown,
            "system": entry.system,
            "license": "MIT",
            "details": _details(entry),
            "model_info": info,
            "capabilities": ["completion", "vision"] if entry.sees else ["completion", "tools", "embedding"],
            "modified_at": stamp(entry.modified),
        }
    )


# -- making models ---------------------------------------------------------------------------------


def _progress(body: ModelRequest, rows: list[dict]) -> Response:
    """Progress as NDJSON, or the last line alone; an error has a status of its own then."""
    if body.stream is not False:
        return StreamingResponse(iter([line(row) for row in rows]), media_type="application/x-ndjson")
    return JSONResponse(rows[-1], 500 if "error" in rows[-1] else 200)


async def pull(request: Request) -> Response:
    """What is here is "pulled" at once; for the rest, the truth: this server has no registry to fetch from."""
    body = await read(request, ModelRequest)
    if not body.model:
        raise problem(request, 400, "model is required")
    rows = [{"status": "pulling manifest"}]
    try:
        entry = request.app.state.store.get(body.model)
    except NoModel:
        text = "pull model manifest: file does not exist (the practice server serves its own models and fetches none)"
        return _progress(body, [*rows, {"error": text}])
    layer = {"digest": "sha256:" + entry.digest, "total": entry.size, "completed": entry.size}
    rows += [{"status": f"pulling {entry.digest[:12]}"} | layer]
    ends = ("verifying sha256 digest", "writing manifest", "success")
    return _progress(body, [*rows, *({"status": text} for text in ends)])


async def create(request: Request) -> Response:
    body = await read(request, CreateRequest)
    store, parameters = request.app.state.store, body.parameters or {}
    for name in parameters:
        if name not in (*OPTIONS, *MISSING, *COMPUTING, "stop", "num_ctx"):
            raise problem(request, 400, f"unknown parameter '{name}'")
    sampling(request, parameters)
    try:
        if not body.model:
            raise Refused("model is required")
        store.check_name(body.model)
        _check_texts(body)
        if body.files:
            base = await run_in_threadpool(store.checkpoint_from, body.files)
        elif body.from_:
            base = find(request, body.from_)
        else:
            raise Refused("neither 'from' or 'files' was specified")
        store.create(body.model, base, body.system or "", body.template or "", parameters)
    except CourseError as error:
        raise problem(request, getattr(error, "status", 400), str(error)) from error
    steps = ("reading model metadata", "creating system layer", "writing manifest", "success")
    return _progress(body, [{"status": text} for text in steps])


def _check_texts(body: CreateRequest) -> None:
    """Refuse a template that cannot be run, and what a Modelfile cannot hold: `show` writes one."""
    from course_utils.pico.export.gguf_file import modelfile

    modelfile("x", body.system or "", body.template or "", body.parameters or {})
    try:
        template.render(body.template or "", [{"role": "user", "content": "x"}])
    except template.BadTemplate as error:
        raise Refused(f"template error: {error}") from error


async def copy(request: Request) -> Response:
    body = await read(request, CopyRequest)
    entry = find(request, body.source)
    try:
        request.app.state.store.create(body.destination, entry)
    except CourseError as error:
        raise problem(request, getattr(error, "status", 400), str(error)) from error
    return Response(status_code=200)


async def delete(request: Request) -> Response:
    body = await read(request, ModelRequest)
    find(request, body.model)
    try:
        await run_in_threadpool(request.app.state.store.delete, body.model)
    except CourseError as error:
        raise problem(request, getattr(error, "status", 400), str(error)) from error
    return Response(status_code=200)


async def blobs(request: Request) -> Response:
    store, digest = request.app.state.store, request.path_params["digest"]
    try:
        if request.method == "HEAD":
            return Response(status_code=200 if store.blob(digest).is_file() else 404)
        await run_in_threadpool(store.put_blob, digest, await body_of(request, LARGEST_BLOB))
    except CourseError as error:
        raise problem(request, getattr(error, "status", 400), str(error)) from error
    except OSError as error:
        raise problem(request, 507, f"the file could not be kept: {error.strerror}") from error
    return Response(status_code=201)
