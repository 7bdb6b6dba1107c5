"""A model of the learner's own behind OpenAI's dialect: what `server.serve_model` serves."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import closing

from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from course_utils.base import CourseError
from course_utils.models.chat import ChatModel

from .app import HERE, Gate, _told
from .openai_api import MISSING, ChatRequest
from .problem import Problem, first_line
from .simulator import Simulator
from .web import read, refuse, streamed


def build(model: ChatModel, key: str | None, host: str) -> Starlette:
    """The application: one model, asked by one client at a time."""
    card = {"id": model.name, "object": "model", "created": int(time.time()), "owned_by": "you"}

    async def chat(request: Request) -> Response:
        body = await read(request, ChatRequest)
        if body.model != model.name:
            raise Problem(404, f"The model `{body.model}` does not exist; here is `{model.name}`.", "model_not_found")
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": card["created"], "model": model.name}
        messages, options = _asked(body)
        if body.stream:
            return streamed(request, [], _rows(request, model, messages, options, head))
        rows = [row async for row in _rows(request, model, messages, options, head, whole=True)]
        text = "".join(row["choices"][0]["delta"].get("content", "") for row in rows)
        choice = {"index": 0, "message": {"role": "assistant", "content": text, "refusal": None}, "logprobs": None}
        choice["finish_reason"] = rows[-1]["choices"][0]["finish_reason"]
        return JSONResponse(head | {"object": "chat.completion", "choices": [choice]})

    routes = [
        Route("/", lambda _: PlainTextResponse(f"{model.name} is running")),
        Route("/v1/models", lambda _: JSONResponse({"object": "list", "data": [card]})),
        Route("/v1/chat/completions", chat, methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers=dict.fromkeys((CourseError, HTTPException, Exception), _told))
    app.state.turn, app.state.simulator, app.state.close = asyncio.Lock(), Simulator(), lambda: None
    app.add_middleware(Gate, key=key, local=host in HERE)
    return app


def _asked(body: ChatRequest) -> tuple[list[dict], dict]:
    """The messages and the options, as a ChatModel takes them. Raises Problem 400 for what it cannot do."""
    missing = MISSING | {"n": (1,), "stop": ([], ""), "tools": ([],), "tool_choice": ("none", "auto")}
    refuse(body.model_dump(exclude={"response_format"}) | (body.model_extra or {}), missing)
    if body.response_format is not None and body.response_format.type != "text":
        raise Problem(400, "response_format is not available on this server: leave it out.", "unsupported_parameter")
    options = {"max_new_tokens": body.max_completion_tokens or body.max_tokens, "temperature": body.temperature}
    roles = {"developer": "system"}
    parts = [(roles.get(message.role, message.role), message.parts()) for message in body.messages]
    if not all(isinstance(part, str) for _, found in parts for part in found):
        raise Problem(400, "This model reads text only.", "unsupported_content", "messages")
    messages = [{"role": role, "content": "\n".join(found)} for role, found in parts]
    return messages, {name: value for name, value in options.items() if value is not None}


async def _rows(request: Request, model: ChatModel, messages, options, head, whole=False) -> AsyncIterator[dict]:
    """The rows of an answer as it is streamed. Where the model fails, the last says why; `whole`: raises Problem."""

    def row(delta: dict, finish: str | None = None) -> dict:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "object": "chat.completion.chunk", "choices": [choice]}

    async with request.app.state.turn:
        try:
            with closing(model.stream(messages, **options)) as stream:
                yield row({"role": "assistant", "content": ""})
                async for chunk in iterate_in_threadpool(stream):
                    yield row({"content": chunk.text})
                yield row({}, stream.finish_reason)
        except Exception as error:  # whatever a function of the learner's raises: this answer ends, the server goes on
            status, why = 400 if isinstance(error, CourseError) else 500, f"{type(error).__name__}: {first_line(error)}"
            problem = Problem(status, f"The model stopped with {why}")
            if whole:
                raise problem from error
            yield problem.body(request)
