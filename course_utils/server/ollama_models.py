"""Ollama's HTTP dialect, continued: what it does with models: tags, ps, show, pull, create, copy, delete, blobs."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from . import template
from .ollama_api import PARAMETERS, Request_, find, line, problem, read
from .store import LARGEST_BLOB, Entry, NoModel, Refused
from .web import Problem, body_of


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
        Route("/api/tags", tags, methods=["GET"]),
        Route("/api/ps", ps, methods=["GET"]),
        Route("/api/show", show, methods=["POST"]),
        Route("/api/pull", pull, methods=["POST"]),
        Route("/api/create", create, methods=["POST"]),
        Route("/api/copy", copy, methods=["POST"]),
        Route("/api/delete", delete, methods=["DELETE"]),
        Route("/api/blobs/{digest}", blobs, methods=["HEAD", "POST"]),
    ]


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
            "capabilities": ["completion", "vision"] if entry.sees else ["completion", "tools", "embedding"],
            "modified_at": entry.modified_at(),
        }
    )


# -- making models ---------------------------------------------------------------------------------


def _told(asked: Request_, rows: list[dict]) -> Response:
    """Progress as NDJSON, or the last line alone."""
    if asked.stream is None or asked.stream:
        return StreamingResponse(iter([line(row) for row in rows]), media_type="application/x-ndjson")
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
        return StreamingResponse(iter([line({"status": "pulling manifest"}), line(failed)]),
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
