"""The server as an ASGI application: routes of both dialects, and what stands before them: who asks, key, simulator."""

import hmac
import re
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial

from anyio import to_thread
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from course_utils.base import CourseError
from course_utils.models.providers import HERE

from . import ollama_api, openai_api
from .engine import Engine
from .problem import Problem, is_openai
from .room import Room
from .simulator import Simulator
from .store import DATA, Store

ASKS = ("/v1/chat/completions", "/v1/embeddings", "/api/generate", "/api/chat", "/api/embed", "/api/embeddings")
THREADS = 512  # at once: many may wait for one model to be built, and the others want answers
FREE = ("/", "/api/version")  # answered without a key, so that a client can see that somebody is there
NAMES = r"(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(:\d+)?"  # of this computer, with any port
ADDRESS = r"\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]"  # which no web page can have pointed here
# Whose pages may ask: those of this computer, and windows of programs on it, as with Ollama (AllowedOrigins in its
# envconfig/config.go). No page of the web can say such a name: a browser sends its site's, or `null`, as for a file.
ORIGINS = rf"https?://{NAMES}|(app|file|tauri|vscode-webview|vscode-file)://.*"
ROUTES = [
    Route("/", lambda _: PlainTextResponse("Ollama is running"), methods=["GET"]),
    Route("/api/version", lambda _: JSONResponse({"version": DATA["ollama"]["version"]}), methods=["GET"]),
    Route("/api/generate", partial(ollama_api.answer, kind=ollama_api.GenerateRequest), methods=["POST"]),
    Route("/api/chat", partial(ollama_api.answer, kind=ollama_api.ChatRequest), methods=["POST"]),
    Route("/api/embed", ollama_api.embed, methods=["POST"]),
    Route("/api/embeddings", ollama_api.embeddings, methods=["POST"]),
    Route("/api/tags", ollama_api.tags, methods=["GET"]),
    Route("/api/ps", ollama_api.ps, methods=["GET"]),
    Route("/api/show", ollama_api.show, methods=["POST"]),
    Route("/api/pull", ollama_api.pull, methods=["POST"]),
    Route("/api/push", ollama_api.push, methods=["POST"]),
    Route("/api/create", ollama_api.create, methods=["POST"]),
    Route("/api/copy", ollama_api.copy, methods=["POST"]),
    Route("/api/delete", ollama_api.delete, methods=["DELETE"]),
    Route("/api/blobs/{digest}", ollama_api.blobs, methods=["HEAD", "POST"]),
    Route("/v1/models", openai_api.models, methods=["GET"]),
    Route("/v1/models/{name:path}", openai_api.models, methods=["GET"]),
    Route("/v1/chat/completions", openai_api.chat, methods=["POST"]),
    Route("/v1/embeddings", openai_api.embeddings, methods=["POST"]),
]


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """What lives as long as the server: the models, and the thread that writes."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    app.state.store.open()
    app.state.engine = Engine(idle=app.state.store.drop_expired)
    app.state.engine.share = getattr(app.state.key, "at_once", app.state.engine.share)
    yield
    app.state.engine.close()
    app.state.store.close()


def build(
    key: str | Room | None, simulate: dict | None, host: str, routes=ROUTES, lifespan=_lifespan, precision=None
) -> Starlette:
    """The application. Raises CourseError for an unknown setting of the simulator, or precision."""
    handlers = dict.fromkeys((CourseError, HTTPException, Exception), _told)
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
    app.state.key, app.state.simulator = key, Simulator(simulate)
    app.state.store = Store(precision) if lifespan else None
    near = rf"({ADDRESS}|{re.escape(host)}|localhost|{re.escape(socket.gethostname())}(\.local)?)(:\d+)?"
    app.add_middleware(Gate, names=NAMES if host in HERE else near if isinstance(key, Room) else None)
    app.add_middleware(Cors, allow_origin_regex=ORIGINS, **DATA["cors"])
    return app


class Cors(CORSMiddleware):
    """Starlette's, but a preflight gets the status that Ollama gives: 204, and 403 for a stranger's page."""

    def preflight_response(self, request_headers: Headers) -> Response:
        told = super().preflight_response(request_headers).headers
        status = 204 if "access-control-allow-origin" in told else 403
        return Response(None, status, {name: text for name, text in told.items() if not name.startswith("content-")})


class Gate:
    """Before every request: Host, Origin, key, simulator. A plain ASGI middleware, so that streams pass freely."""

    def __init__(self, app: ASGIApp, names: str | None):
        self.app, self.names = app, names  # by which clients may call this computer; None: any

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with ExitStack() as turn:
            if scope["type"] == "http":
                request = Request(scope, receive)
                request.state.student, request.state.jobs, request.state.read = None, [], 0
                turn.callback(request.state.jobs.clear)  # a connection that stays open holds no model in memory
                try:
                    await self._check(request, turn)
                except Problem as error:
                    await error.answer(request)(scope, receive, send)
                    return
            await self.app(scope, receive, send)

    async def _check(self, request: Request, turn: ExitStack) -> None:
        if self.names and not re.fullmatch(self.names, request.headers.get("host", ""), re.IGNORECASE):
            # A web page whose name has been pointed at this computer could otherwise talk to this server.
            only = "127.0.0.1 and localhost only" if self.names is NAMES else "its own addresses only"
            raise Problem(403, f"This server answers to {only}.", "forbidden_host")
        if not all(re.fullmatch(ORIGINS, origin) for origin in request.headers.getlist("origin")):
            # A browser sends some requests for any page without asking, and says only here whose page it is.
            text = "This server answers no web pages but those of this computer: the Origin header names another."
            raise Problem(403, text, "forbidden_origin")
        key, sent = request.app.state.key, request.headers.get("authorization", "").removeprefix("Bearer ")
        room = key if isinstance(key, Room) else None
        student = request.state.student = room and room.students.get(sent)
        known = student is not None if room else key is None or hmac.compare_digest(sent.encode(), key.encode())
        if not known and request.url.path not in FREE:
            text = "You didn't provide an API key. Send it in the Authorization header: Bearer YOUR_KEY."
            if sent:
                text = "Incorrect API key provided. It is the key that the server was started with."
            raise Problem(401, text, "invalid_api_key")
        there = request.url.path.startswith(("/api/", "/v1/"))  # elsewhere is nothing to change: the answer is 404
        if student and there and request.method != "GET" and request.url.path not in (*ASKS, "/api/show"):
            raise Problem(403, "The models of this room are the teacher's: students ask them.", "forbidden")
        if request.method == "POST" and request.url.path in ASKS:
            if student:
                turn.enter_context(room.turn(student, request.state))
            await request.app.state.simulator.before()


async def _told(request: Request, error: Exception) -> Response:
    """The answer to a request that ended in an error."""
    if isinstance(error, HTTPException):
        use = "Use /v1/chat/completions: client.chat.completions.create(model=..., messages=[...])."
        use = use if is_openai(request) else "Use /api/chat or /api/generate; OpenAI's addresses begin with /v1."
        headers = error.headers or {}
        if "Allow" in headers:
            use = f"Use {headers['Allow']}."
        error = Problem(error.status_code, f"{request.method} {request.url.path} is not spoken here. {use}")
        error.headers |= headers
    elif not isinstance(error, Problem):
        clear = isinstance(error, CourseError)
        text = str(error) if clear else f"The server had an error: {type(error).__name__}."
        error = Problem(400 if clear else 500, text)
    return error.answer(request)
