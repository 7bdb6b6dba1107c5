"""From the messages of a request, in either dialect, to jobs: roles, pictures, tools, templates."""

import bisect
import time
from dataclasses import dataclass, replace
from functools import partial

from anyio import from_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from course_utils.models.chat import TAG
from course_utils.models.pictures import BadPicture, from_data_url

from . import tools as toolbox
from .engine import HELD, Job, Loaded, Prompt, RequestParams
from .problem import Problem, first_line, refusal
from .store import Entry

FEWEST = 1321  # tokens of the cheapest picture: one row of eight details, and the whole (pico/vision.py)
ROLES = {"developer": "system", "tool": "user"}  # in the words of the model's own markup
BARE = "{{ .Prompt }}"  # the template that adds nothing


@dataclass(frozen=True)
class Conversation:
    """What a model is to answer, in neither dialect."""

    entry: Entry
    messages: list  # each with a `role`, and `parts()`: its texts and pictures, in OpenAI's form
    system: str | None = None  # what the model is told where no system message begins; None: what is its own
    tools: list[toolbox.Tool] | None = None
    template: str | None = None  # BARE, or else the model's own
    keep: float | None = None  # seconds that the model stays in memory afterwards, see Store.load
    shorten: bool = False  # as Ollama does: drop what is oldest until the rest fits. Else what is too long is refused
    context: tuple[int, ...] | list[int] = ()  # token ids that go before


async def begin(request: Request, talk: Conversation, choices: list[RequestParams]) -> tuple[list[Job], float]:
    """A job for each of the choices, and the seconds that loading the model took. Raises Problem."""
    turns, pictures = await run_in_threadpool(_turns, talk)  # others want answers while a large picture is opened
    loaded, seconds = await load(request, talk.entry, talk.keep)
    choices = [replace(params, shift=talk.shorten and not pictures) for params in choices]
    prompt = await run_in_threadpool(_prompt, talk, loaded, turns, pictures, choices[0])
    request.state.jobs += request.app.state.engine.submit(prompt, choices, loaded, request.state.student)
    return [*request.state.jobs], seconds


async def load(request: Request, entry: Entry, keep: float | None) -> tuple[Loaded, float]:
    """The model in memory, and the seconds that it took. Raises Problem: 400 for a client's model, else 500."""
    try:
        left = partial(from_thread.run, request.is_disconnected)
        return await run_in_threadpool(request.app.state.store.load, entry, keep, left)
    except Exception as error:
        text = f"{entry.name} could not be loaded: {first_line(error)}"
        raise Problem(400 if entry.uploaded else 500, text) from error


def _turns(talk: Conversation) -> tuple[list[dict], list]:
    """The conversation in the words of the model's markup, and its pictures, opened. Raises Problem 400."""
    turns, pictures = [], []
    for message in talk.messages:
        texts = [_text(talk.entry, part, pictures) for part in message.parts()]
        turns.append({"role": ROLES.get(message.role, message.role), "content": "".join(texts)})
    system = talk.entry.system if talk.system is None else talk.system
    if turns[0]["role"] != "system" and (system or talk.tools):
        turns.insert(0, {"role": "system", "content": system})
    if talk.tools:  # after what the client or the persona says, never instead of it
        turns[0]["content"] = "\n".join(filter(None, [turns[0]["content"], toolbox.instruction(talk.tools)]))
    for turn in turns:  # the library takes a NUL, as text from a PDF may have it, for the end of everything
        turn["content"] = turn["content"].replace("\0", " ")
    return turns, pictures


def _text(entry: Entry, part: dict, pictures: list) -> str:
    """A part as text: a tag for a picture, which is added to `pictures`. Tags that a client wrote are left out."""
    kind, image = part.get("type"), part.get("image_url")
    if kind == "text":
        text = str(part.get("text", ""))
        return TAG.sub("", text) if entry.facts["sees"] else text
    if kind != "image_url":
        raise refusal("no_part", kind=kind)
    if not entry.facts["sees"]:
        raise refusal("blind", model=entry.name)
    context = entry.facts["config"]["max_position_embeddings"]
    if len(pictures) >= (most := context // FEWEST):  # before it is opened
        raise refusal("many_pictures", context=context, most=most)
    try:
        pictures.append(from_data_url(image.get("url") if isinstance(image, dict) else image))
    except BadPicture as error:
        raise refusal("bad_picture", why=error) from error
    return f"<|image_{len(pictures)}|>\n"


def _prompt(talk: Conversation, loaded: Loaded, turns: list[dict], pictures: list, params: RequestParams) -> Prompt:
    """The conversation as the model reads it. Raises Problem 400."""
    bare = (talk.template or talk.entry.template) == BARE
    window = min(params.num_ctx or loaded.context_length, loaded.context_length)

    def read(first: int) -> tuple[list[int], object]:
        """All system messages, and the others from the place `first` on."""
        kept = [turn for place, turn in enumerate(turns) if place >= first or turn["role"] == "system"]
        text = "".join(turn["content"] for turn in kept if turn["role"] != "system") if bare else loaded.markup(kept)
        # In letters: what has more has more tokens, too. And of a text that will be cut, the end is enough.
        most = 16 * window if params.shift else loaded.context_length * loaded.longest_token
        if len(text) > most and not params.shift:
            most = f"more than {len(text) // loaded.longest_token}"
            raise refusal("full", tokens=most, context=loaded.context_length)
        return loaded.see(text[-most:], pictures)

    try:
        ids, embeds = read(0)
        if params.shift and len(ids) > window:
            others = range(len(turns) - 1)  # the last is always kept
            ids, embeds = read(bisect.bisect_left(others, True, key=lambda first: len(read(first)[0]) <= window))
    except Problem:
        raise
    except Exception as error:  # a client's pictures reach the library here
        raise refusal("unreadable", why=first_line(error)) from error
    ids = [*talk.context, *ids]
    if not ids:  # as a bare template gives it
        raise Problem(400, "There is nothing to answer: the prompt is empty.", "invalid_value", "messages")
    if len(ids) >= window and not params.shift:
        raise refusal("full", tokens=len(ids), context=window)
    if len(ids) > window:
        ids = [*ids[:HELD], *ids[len(ids) - window + HELD :]][:window]
    try:
        return Prompt(ids, embeds, None if params.schema is None else loaded.matcher(params.schema))
    except (ValueError, RecursionError) as error:
        raise refusal("bad_schema", why=first_line(error)) from error


async def embed(
    request: Request, entry: Entry, texts: list[str], keep: float | None, dimensions: int | None, shorten: bool
) -> tuple[list[list[float]], list[int], float]:
    """A vector for each text, the tokens of each, and the seconds that loading took; see Loaded.embed. Ends when the
    client leaves. Raises Problem, 400 for a text that is too long."""
    if entry.facts["sees"]:
        raise Problem(400, f"{entry.name} does not support embeddings")
    loaded, seconds = await load(request, entry, keep)
    found = []
    for text in texts:
        if await request.is_disconnected():
            raise Problem(400, "The client has left.")
        try:
            found.append(await run_in_threadpool(loaded.embed, entry.checkpoint, text, dimensions, shorten))
            request.state.read += found[-1][1]
        except Exception as error:
            status = 400 if entry.uploaded or isinstance(error, ValueError) else 500
            raise Problem(status, f"{entry.name} failed: {first_line(error)}") from error
    loaded.used = time.time()
    return [vector for vector, _ in found], [count for _, count in found], seconds


def check_template(template: str | None, own: str) -> None:
    """Raise Problem 400 for a template that would have to be run: a real Ollama runs all of Go's."""
    if template not in (None, "", BARE, own):
        raise Problem(400, f"template error: this server knows two, the model's own and {BARE}, and runs no others")
