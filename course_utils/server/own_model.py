"""A model of the learner's own behind OpenAI's dialect: what `server.serve_model` serves."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import closing

from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from course_utils.base import CourseError
from course_utils.models.chat import ChatModel

from .app import build as assembled
from .openai_api import MISSING, ChatRequest
from .problem import Problem, first_line
from .web import read, refuse, streamed


def build(model: ChatModel, key: str | None, host: str) -> Starlette:
    """The application: one model, asked by one client at a time."""
    card = {"id": model.name, "object": "model", "created": int(time.time()), "owned_by": "you"}

    async def chat(request: Request) -> Response:
        body = await read(request, ChatRequest)
        if body.model != model.name:
            raise Problem(404, f"The model `{body.model}` does not exist; here is `{model.name}`.", "model_not_found")
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": card["created"], "model": model.name}
        answer = _rows(request, model, *_asked(body), head, bool(body.stream))
        if body.stream:
            return streamed(request, [], answer)
        rows = [row async for row in answer]
        text = "".join(row["choices"][0]["delta"].get("content", "") for row in rows)
        choice = {"index": 0, "message": {"role": "assistant", "content": text, "refusal": None}, "logprobs": None}
        choice["finish_reason"] = rows[-1]["choices"][0]["finish_reason"]
        return JSONResponse(head | {"object": "chat.completion", "choices": [choice]})

    routes = [
        Route("/v1/models", lambda _: JSONResponse({"object": "list", "data": [card]})),
        Route("/v1/chat/completions", chat, methods=["POST"]),
    ]
    app = assembled(key, None, host, routes, lifespan=None)
    app.state.turn = asyncio.Lock()
    return app


def _asked(body: ChatRequest) -> tuple[list[dict], dict]:
    """The messages and the options, as a ChatModel takes them. Raises Problem 400 for what it cannot do."""
    missing = MISSING | {"n": [1], "stop": [[], ""], "tools": [[]], "tool_choice": ["none", "auto"]}
    refuse(body.model_dump(exclude={"response_format"}), missing)
    if body.response_format is not None and body.response_format.type != "text":
        raise Problem(400, "response_format is not available on this server: leave it out.", "unsupported_parameter")
    messages = [(message.role.replace("developer", "system"), message.parts()) for message in body.messages]
    if not all(isinstance(part.get("text"), str) for _, parts in messages for part in parts):
        raise Problem(400, "This model reads text only.", "unsupported_content", "messages")
    options = {"max_new_tokens": body.max_completion_tokens or body.max_tokens, "temperature": body.temperature}
    options |= {"top_p": body.top_p, "seed": None if body.seed is None else body.seed % 2**31}
    options = {name: value for name, value in options.items() if value is not None}
    return [{"role": role, "content": "\n".join(part["text"] for part in parts)} for role, parts in messages], options


async def _rows(request: Request, model: ChatModel, messages, options, head, streamed: bool) -> AsyncIterator[dict]:
    """The rows of an answer as it is streamed. Where the model fails: Problem, or in a stream a row that says why."""

    def row(delta: dict, finish: str | None = None) -> dict:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "object": "chat.completion.chunk", "choices": [choice]}

    async with request.app.state.turn:
        try:
            with closing(model.stream(messages, **options)) as stream:
                async for chunk in iterate_in_threadpool(stream):
                    yield row({"role": "assistant", "content": chunk.text})
                yield row({}, stream.finish_reason)
        except Exception as error:  # whatever a function of the learner's raises: this answer ends, the server goes on
            status, why = 400 if isinstance(error, CourseError) else 500, f"{type(error).__name__}: {first_line(error)}"
            problem = Problem(status, f"The model stopped with {why}")
            if not streamed:
                raise problem from error
            yield problem.body(request)
