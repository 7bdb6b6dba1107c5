"""Inference for several clients at once: one worker thread, ONNX Runtime GenAI, and the requests in turns.

Each request has a generator of its own. The worker goes round and lets each write a few tokens, so that everybody's
answer grows at the same time and the total speed is that of one.
"""

import asyncio
import json
import queue
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from course_utils.models import onnx_model
from course_utils.models.chat import TAG, SamplingParams
from course_utils.models.pictures import as_png

from .problem import Problem, first_line

SLICE = 8  # tokens that a request writes before the next one has its turn; 1 where they are streamed
AT_ONCE = 32  # requests that write in turns; the others wait
ROOM = 2**15  # tokens that their caches may come to: memory is set aside for a whole answer when it begins
WAITING = 64  # requests that may wait; more are sent away
KEEP = 300.0  # seconds that a model stays in memory after its last use, as with Ollama
CENTURY = 100 * 365 * 24 * 3600  # seconds: for ever
# For a schema: no freedom in its blanks; a small model may like them so much that it writes nothing else.
COMPACT = {"x-guidance": {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}}


@dataclass(frozen=True)
class RequestParams(SamplingParams):
    """What a request asks of the model, besides its prompt: how to sample, and what only a server knows."""

    stop: tuple[str, ...] = ()
    schema: dict | None = None  # a JSON schema that the answer is held to while it is written
    stream: bool = False  # each token is a part of its own, as the client wants to see them


class Part(NamedTuple):
    """What a step adds to an answer."""

    text: str
    logprobs: list[dict]


@dataclass
class Loaded:
    """A model in memory, and who uses it."""

    onnx: onnx_model.OnnxModel
    keep: float = KEEP  # seconds after the last use; below 0: for ever
    users: int = 0  # jobs that write with it
    used: float = field(default_factory=time.time)  # when the last of them ended
    embedder: object = None  # the same model in Transformers, for `embed`
    lock: threading.Lock = field(default_factory=threading.Lock)  # of the embedder

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Load a folder made by ONNX Runtime GenAI's builder."""
        return cls(onnx_model.OnnxModel(folder))

    @property
    def until(self) -> float:
        """When it leaves memory, in seconds since 1970."""
        return self.used + (CENTURY if self.keep < 0 else min(self.keep, CENTURY))

    def read(self, text: str, pictures: list) -> tuple[object, int]:
        """The prompt for a text whose tags stand for these pictures (of Pillow), and how many tokens it is.

        It is token ids or, with pictures, the library's own inputs, and takes a tenth of a second for each of them.
        Without a picture, a tag is text like any other. Raises ValueError where tags and pictures do not match.
        """
        if not pictures:
            ids = [int(token) for token in self.onnx.tokenizer.encode(text)]
            return ids, len(ids)
        if [int(number) for number in TAG.findall(text)] != list(range(1, len(pictures) + 1)):
            raise ValueError("a text of the conversation has a tag such as <|image_1|> of its own; leave it out")
        images = onnx_model.genai().Images.open_bytes(*map(as_png, pictures))
        inputs = self.onnx.processor(text, images=images)
        return inputs, inputs["input_ids"].as_numpy().shape[1]

    def embed(self, checkpoint: Path, texts: list[str]) -> tuple[list[list[float]], list[int]]:
        """A vector for each text, and its number of tokens. A text longer than the context is cut there.

        A vector is the mean of the last layer's hidden states over the tokens, of length 1. These models were never
        trained for this; it is the plainest way to get one out of a language model.
        """
        import torch

        from course_utils.models.torch_model import TransformersModel

        with self.lock, torch.inference_mode():
            self.embedder = self.embedder or TransformersModel(checkpoint, dtype="auto")  # SmolLM2 in 16 bits: 270 MB
            vectors, counts = [], []
            for text in texts:
                ids = self.embedder.tokenizer(text, return_tensors="pt", verbose=False)["input_ids"]
                counts.append(ids.shape[1])
                hidden = self.embedder.model.base_model(ids[:, : self.onnx.context_length]).last_hidden_state
                vectors.append(torch.nn.functional.normalize(hidden[0].float().mean(dim=0), dim=0).tolist())
        return vectors, counts


class Job:
    """A request on its way. `finish` is None, then "stop", "length", "cancelled" or "error"; times in seconds."""

    def __init__(self, prompt: tuple[object, int], params: RequestParams, loaded: Loaded):
        (self.prompt, self.read), self.params, self.loaded = prompt, params, loaded  # `read`: tokens of the prompt
        self.limit = min(params.max_new_tokens, loaded.onnx.context_length - self.read)
        self.tokens: list[int] = []  # what has been written, the token that ends it included
        self.finish: str | None = None
        self.error: Problem | None = None
        self.cancelled = False  # the client has left: the worker drops the request at its next turn
        self.prompt_seconds = self.write_seconds = 0.0
        self._loop, self._parts = asyncio.get_running_loop(), asyncio.Queue()
        self.texts = self._write()

    async def parts(self) -> AsyncIterator[Part]:
        """The text as it is written, a part for each turn. Leaving the loop early cancels the rest. Raises Problem."""
        try:
            while (part := await self._parts.get()) is not None:
                yield Part(part, [])
            if self.finish == "cancelled":
                raise Problem(400, "The client has left.")
            if self.error is not None:
                raise self.error
        finally:
            self.cancelled = True

    # what follows runs in the worker's thread

    def put(self, part: str | None) -> None:
        """Hand out a part of the text; None ends it."""
        with suppress(RuntimeError):  # the server is being stopped
            self._loop.call_soon_threadsafe(self._parts.put_nowait, part)

    def step(self, most: int = SLICE) -> str | None:
        """Write up to `most` tokens, and put their text out as one part. Returns why the answer has ended, or None."""
        began, text, goal, end = time.perf_counter(), "", len(self.tokens) + most, None
        try:
            while len(self.tokens) < goal and end is None:
                more, end = next(self.texts)
                text += more
        except Exception as error:  # whatever the library says: this request ends, the server goes on
            self.error, end = self._failed(error), "error"
        self.write_seconds += time.perf_counter() - began
        self.put(text)
        return end

    def _failed(self, error: Exception) -> Problem:
        """400 for a schema that cannot be used, else 500."""
        if self.params.schema is not None and not self.tokens:
            message = f"invalid format: this schema cannot be used: {first_line(error)}"
            return Problem(400, message, "invalid_json_schema", "response_format")
        return Problem(500, f"The engine failed: {first_line(error)}", "internal_error")

    def _write(self) -> Iterator[tuple[str, str | None]]:
        """Write token by token: the text that can be shown now, and why the answer has ended, if it has."""
        onnx, params, held, end = self.loaded.onnx, self.params, "", None
        form = None if params.schema is None else json.dumps(params.schema | COMPACT)
        began, decode = time.perf_counter(), onnx._decoder()
        # With pictures the library keeps Python's lock: for most of a second a picture, nobody else is answered.
        for token in onnx._tokens(self.prompt, params, self.limit, form):
            if not self.tokens:  # the prompt has been read by then, and a token drawn takes no time
                self.prompt_seconds = time.perf_counter() - began
            self.tokens.append(token)
            if token in onnx.stop_ids:
                end, text = "stop", ""
            else:
                text, held, end = _cut(held + decode(token), params.stop)
            if end is None and len(self.tokens) == self.limit:
                end = "length"
            yield (text, None) if end is None else (text + held, end)


def _cut(text: str, stops: tuple[str, ...]) -> tuple[str, str, str | None]:
    """(what can be shown, what may be the beginning of a stop sequence, "stop" where a whole one ends the answer)."""
    places = [text.find(stop) for stop in stops if stop in text]
    if places:
        return text[: min(places)], "", "stop"
    lengths = ((n, stop) for stop in stops for n in range(min(len(stop), len(text) + 1)))
    shown = len(text) - max((n for n, stop in lengths if text.endswith(stop[:n])), default=0)
    return text[:shown], text[shown:], None


class Engine:
    """The worker and its line. `submit` is called from an asyncio loop; `close` ends the thread.

    idle: called by the worker after each answer, when the model may have nobody left who uses it
    """

    def __init__(self, idle: Callable[[], None] = lambda: None, at_once: int = AT_ONCE, waiting: int = WAITING):
        self.idle, self.at_once, self.waiting = idle, at_once, waiting
        self._line: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._in_line = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="course-engine", daemon=True)
        self._thread.start()

    def submit(self, prompt: tuple[object, int], choices: list[RequestParams], loaded: Loaded) -> list[Job]:
        """Put a job for each of the choices into the line, or none of them.

        Raises Problem 400 where the prompt is too long, and 503 where the line has not so many places.
        """
        tokens, context = prompt[1], loaded.onnx.context_length
        if tokens >= context:
            message = (
                f"This model's maximum context length is {context} tokens. However, your messages resulted in "
                f"{tokens} tokens. Please reduce the length of the messages."
            )
            raise Problem(400, message, "context_length_exceeded", "messages")
        with self._lock:
            if self._in_line + len(choices) > self.at_once + self.waiting:
                text = f"server busy: {self._in_line} requests are at work or waiting already. Try again in a moment."
                raise Problem(503, text, "engine_overloaded", retry_after=1)
            self._in_line += len(choices)
            loaded.users += len(choices)
        jobs = [Job(prompt, params, loaded) for params in choices]
        for job in jobs:
            self._line.put(job)
        return jobs

    def close(self) -> None:
        self._line.put(None)
        self._thread.join(timeout=10)

    def _work(self) -> None:
        active: deque[Job] = deque()
        while True:
            with suppress(queue.Empty):
                while len(active) < self.at_once and sum(job.read + job.limit for job in active) < ROOM:
                    job = self._line.get(block=not active)
                    if job is None:
                        return
                    active.append(job)
            job = active.popleft()
            end = "cancelled" if job.cancelled else job.step(1 if job.params.stream else SLICE)
            if end is None:
                active.append(job)
            else:
                self._leave(job, end)
            if job.params.stream:
                time.sleep(0)  # lets the thread that sends it have its turn: a stream shall be seen to stream

    def _leave(self, job: Job, end: str) -> None:
        job.texts.close()  # frees its cache
        with self._lock:
            self._in_line -= 1
            job.loaded.users -= 1
            job.loaded.used = time.time()
        self.idle()
        job.finish = end
        job.put(None)  # after its last use of the model: whoever sees the end finds all of it
