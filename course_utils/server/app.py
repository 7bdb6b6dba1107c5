"""The server as an ASGI application: routes of both dialects, and what stands before them: host, key, simulator."""

from __future__ import annotations

import hmac
import threading

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from course_utils import pico
from course_utils.base import CourseError

from . import ollama_api, ollama_models, openai_api, openai_more
from .engine import Engine
from .simulator import Simulator
from .store import Store
from .web import Problem, said

ASKS = ("/v1/chat/completions", "/v1/completions", "/v1/responses", "/api/generate", "/api/chat", "/api/embed")
FREE = ("/", "/api/version")  # answered without a key, so that a client can see that somebody is there


def build(models: tuple[str, ...], key: str | None, simulate: dict | None, host: str, precision: str) -> Starlette:
    """The application. Raises CourseError for an unknown model or setting."""
    for name in models:
        if name not in pico.SERVED:
            raise CourseError(f"There is no model {name!r}. The server has: {', '.join(pico.SERVED)}.")
    simulator = Simulator(simulate)
    handlers = {Problem: _problem, HTTPException: _http, Exception: _unexpected}
    routes = [*openai_api.routes(), *openai_more.routes(), *ollama_api.routes()]
    routes += ollama_models.routes()
    app = Starlette(routes=routes, exception_handlers=handlers)
    store, engine = Store(models, precision), Engine()
    app.state.store, app.state.engine, app.state.simulator = store, engine, simulator
    app.state.embedder = Embedder()

    def close() -> None:
        engine.close()
        store.close()

    app.state.close = close
    app.add_middleware(Gate, key=key, local=host in ("127.0.0.1", "localhost"))
    return app


class Gate:
    """Before every request: Host header, key, simulator. A plain ASGI middleware, so that streams pass freely."""

    def __init__(self, app, key: str | None, local: bool):
        self.app, self.key, self.local = app, key, local

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.scope.setdefault("app", None)
        try:
            await self._check(request, scope)
        except Problem as problem:
            await problem.answer()(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _check(self, request: Request, scope) -> None:
        if self.local and not _is_local(request.headers.get("host", "")):
            # A web page whose name has been pointed at 127.0.0.1 could otherwise talk to this server.
            raise said(request, 403, "This server answers to 127.0.0.1 and localhost only.", "forbidden_host")
        if self.key is not None and request.url.path not in FREE and not self._knows_key(request):
            text = "You didn't provide an API key. Send it in the Authorization header: Bearer YOUR_KEY."
            if request.headers.get("authorization"):
                text = "Incorrect API key provided. It is the key that the server was started with."
            raise said(request, 401, text, "invalid_api_key")
        if request.method == "POST" and request.url.path in ASKS:
            await scope["app"].state.simulator.before(request)

    def _knows_key(self, request: Request) -> bool:
        sent = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(sent.encode(), self.key.encode())


def _is_local(host: str) -> bool:
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name in ("127.0.0.1", "localhost", "[::1]")


async def _problem(_: Request, problem: Problem) -> Response:
    return problem.answer()


async def _http(request: Request, error: HTTPException) -> Response:
    texts = {404: f"Invalid URL ({request.method} {request.url.path})", 405: f"Not allowed: {request.method}"}
    return said(request, error.status_code, texts.get(error.status_code, str(error.detail))).answer()


async def _unexpected(request: Request, error: Exception) -> Response:
    if getattr(error, "drops", False):
        raise error
    return JSONResponse(said(request, 500, f"The server had an error: {type(error).__name__}.").body, 500)


class Embedder:
    """Vectors from the checkpoints, with Transformers; a model is loaded when it is first asked for."""

    def __init__(self):
        self._models, self._lock = {}, threading.Lock()

    def __call__(self, entry, texts: list[str]) -> tuple[list[list[float]], list[int]]:
        """(a vector of length 1 for each text, its number of tokens)."""
        import torch
        import transformers

        with self._lock:
            if entry.base not in self._models:
                transformers.logging.disable_progress_bar()
                model = transformers.AutoModel.from_pretrained(entry.checkpoint, dtype=torch.float32)
                self._models[entry.base] = model.eval(), transformers.AutoTokenizer.from_pretrained(entry.checkpoint)
            model, tokenizer = self._models[entry.base]
            context, vectors, counts = model.config.max_position_embeddings, [], []
            with torch.inference_mode():
                for text in texts:
                    ids = tokenizer(text, return_tensors="pt")["input_ids"]
                    counts.append(ids.shape[1])
                    hidden = model(ids[:, :context]).last_hidden_state[0].mean(dim=0)
                    vectors.append(torch.nn.functional.normalize(hidden, dim=0).tolist())
        return vectors, counts
