"""From the messages of a request to what the model reads: roles, pictures, tools and templates, for both dialects."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from course_utils.models.chat import TAG
from course_utils.models.pictures import BadPicture, from_data_url

from . import template, tools
from .engine import Loaded, Prompt
from .store import Entry
from .web import first_line, problem

FEWEST = 1321  # tokens of the cheapest picture: one row of eight details, and the whole (pico/vision.py)
ROLES = {"developer": "system", "tool": "user"}  # in the words of the model's own markup


@dataclass(frozen=True)
class Picture:
    """The place of a picture among the texts of a message; `url` is what the client sent for it."""

    url: object


async def turns_of(
    request: Request, entry: Entry, messages: list[tuple[str, list]], offered: list[tools.Tool] | None, system: str
) -> tuple[list[dict], list]:
    """The conversation in the words of the model's markup, and its pictures, opened. Raises Problem 400.

    messages: (role, parts), each part a text or a Picture
    system:   what the model is told where the conversation does not begin with a system message
    """

    def read() -> tuple[list[dict], list]:
        turns, pictures = [], []
        for role, parts in messages:
            texts = [_text(request, entry, part, pictures) for part in parts]
            turns.append({"role": ROLES.get(role, role), "content": "".join(texts)})
        if turns[0]["role"] != "system" and (system or offered):
            turns.insert(0, {"role": "system", "content": system})
        if offered:  # after what the client or the persona says, never instead of it
            own = turns[0]["content"]
            turns[0]["content"] = (own + "\n" if own else "") + tools.instruction(offered)
        for turn in turns:  # the library takes a NUL, as text from a PDF may have it, for the end of everything
            turn["content"] = turn["content"].replace("\0", " ")
        return turns, pictures

    return await run_in_threadpool(read)  # a large picture takes up to a second


def _text(request: Request, entry: Entry, part: str | Picture, pictures: list) -> str:
    """A part as text: a tag for a picture, which is added to `pictures`. Tags that a client wrote are left out."""
    if isinstance(part, str):
        return TAG.sub("", part) if entry.sees else part
    if not entry.sees:
        message = f"{entry.name} does not support images: it reads text only. pico-vision sees."
        raise problem(request, 400, message, "unsupported_content", "messages")
    context = entry.config()["max_position_embeddings"]
    most = context // FEWEST
    if len(pictures) >= most:  # before it is opened
        message = (
            f"This model's maximum context length is {context} tokens, and a picture takes {FEWEST} tokens or more. "
            f"Please send at most {most} pictures."
        )
        raise problem(request, 400, message, "context_length_exceeded", "messages")
    try:
        pictures.append(from_data_url(part.url))
    except BadPicture as error:
        raise problem(request, 400, f"invalid image: {error}", "invalid_image", "messages") from error
    return f"<|image_{len(pictures)}|>\n"


async def prompt_of(
    request: Request, loaded: Loaded, turns: list[dict] | str, pictures: list, shape: str = ""
) -> Prompt:
    """The conversation as the model reads it: by a template of Ollama's kind, or else by the model's own.

    A text is taken as it is. Raises Problem 400.
    """

    def read() -> Prompt:
        if isinstance(turns, str):
            return loaded.read(turns, pictures)
        return loaded.read(template.render(shape, turns) if shape else loaded.chat_text(turns), pictures)

    try:
        return await run_in_threadpool(read)
    except Exception as error:  # a client's template and pictures reach the library here
        message = f"The messages could not be read: {first_line(error)}"
        raise problem(request, 400, message, "invalid_value", "messages") from error
