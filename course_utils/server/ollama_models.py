"""Ollama's HTTP dialect, continued: what it does with models: tags, ps, show, pull, create, copy, delete, blobs."""

import ollama
from ollama import _types as official
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from course_utils.pico.export.gguf_file import TEMPLATE, modelfile

from .ollama_api import KNOWN, sampling, stamp
from .problem import Problem
from .prompts import check_template
from .store import LARGEST_BLOB, Entry
from .web import body_of, dumps, find, read


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


async def blobs(request: Request) -> Response:
    store, digest = request.app.state.store, request.path_params["digest"]
    if request.method == "HEAD":
        return Response(status_code=200 if store.blob(digest).is_file() else 404)
    await run_in_threadpool(store.put_blob, digest, await body_of(request, LARGEST_BLOB))
    return Response(status_code=201)
