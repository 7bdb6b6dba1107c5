"""A model of the learner's own behind OpenAI's dialect: what `server.serve_model` serves."""

import asyncio
import time
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
from .engine import Part
from .openai_api import MISSING, ChatRequest, check, reply
from .problem import Problem, first_line, refusal
from .web import read

LACKS = {"n": [1], "stop": [[], ""], "tools": [[]], "response_format": [{"type": "text"}], "logprobs": [False]}


class OwnJob:
    """An answer of a ChatModel on its way, as an engine's Job; one at a time."""

    def __init__(self, model: ChatModel, body: ChatRequest, turn: asyncio.Lock):
        self.messages = []
        for message in body.messages:
            texts, role = [part.get("text") for part in message.parts()], message.role.replace("developer", "system")
            if None in texts:
                raise refusal("text_only")
            self.messages.append({"role": role, "content": "\n".join(map(str, texts))})
        self.model, self.options, self.turn = model, body.given("max_new_tokens"), turn
        self.read, self.tokens, self.finish, self.cancelled = 0, [], None, False

    async def parts(self) -> AsyncIterator[Part]:
        """The answer as it is written. Raises Problem, whatever a learner's function raises: the server goes on."""
        try:
            async with self.turn:
                with closing(self.model.stream(self.messages, **self.options)) as stream:
                    self.read = stream.prompt_tokens
                    async for chunk in iterate_in_threadpool(stream):
                        self.tokens.append(chunk.token_id)
                        yield Part(chunk.text)
                        if self.cancelled:
                            break
                self.finish = stream.finish_reason
        except Exception as error:
            status, why = 400 if isinstance(error, CourseError) else 500, f"{type(error).__name__}: {first_line(error)}"
            raise Problem(status, f"The model stopped with {why}") from error


def build(model: ChatModel, key: str | None, host: str) -> Starlette:
    """The application: one model, asked by one client at a time."""
    card, turn = {"id": model.name, "object": "model", "created": int(time.time()), "owned_by": "you"}, asyncio.Lock()

    async def chat(request: Request) -> Response:
        body = await read(request, ChatRequest)
        if body.model != model.name:
            raise Problem(404, f"The model `{body.model}` does not exist; here is `{model.name}`.", "model_not_found")
        check(body, MISSING | LACKS)
        return await reply(request, body, [OwnJob(model, body, turn)], model.name)

    listed = Route("/v1/models", lambda _: JSONResponse({"object": "list", "data": [card]}))
    return assembled(key, None, host, [listed, Route("/v1/chat/completions", chat, methods=["POST"])], lifespan=None)
