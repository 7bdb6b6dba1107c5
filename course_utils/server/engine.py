"""Inference for several clients at once: one worker thread, ONNX Runtime GenAI, and the requests in turns.

Each request has a generator of its own. The worker goes round and lets each write a few tokens, so that everybody's
answer grows at the same time and the total speed is that of one. What has been written is taken from a request's
`parts` by whoever asked.
"""

from __future__ import annotations

import asyncio
import json
import math
import queue
import re
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from course_utils.base import CourseError

SLICE = 8  # tokens that a request writes before the next one has its turn; 1 where they are streamed
AT_ONCE = 32  # requests that write in turns; the others wait
WAITING = 64  # requests that may wait; more are sent away
TAG = re.compile(r"<\|image_(\d+)\|>\n?")  # the place of a picture in a prompt


class Busy(CourseError):
    """The line is full."""


class TooLong(CourseError):
    """The prompt leaves no room in the model's context. `tokens` and `context` say by how much."""

    def __init__(self, tokens: int, context: int):
        super().__init__(f"The prompt has {tokens:,} tokens, and the model's context holds {context:,}.")
        self.tokens, self.context = tokens, context


class BadSchema(CourseError):
    """The answer was to be held to a schema that cannot be used."""


@dataclass(frozen=True)
class Wish:
    """What a request asks of the model, besides its prompt."""

    max_tokens: int | None = None  # None: as many as the context has room for
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: tuple[tuple[int, float], ...] = ()
    seed: int | None = None
    stop: tuple[str, ...] = ()
    schema: str | None = None  # a JSON schema that the answer is held to while it is written
    stream: bool = False  # each token is a part of its own, as the client wants to see them
    logprobs: int | None = None  # how many alternatives to each token are wanted; 0: only its own probability


@dataclass
class Part:
    """What was written since the last part: its text, how many tokens, and their probabilities where wanted."""

    text: str = ""
    tokens: int = 0
    logprobs: list[dict] = field(default_factory=list)


@dataclass(frozen=True)
class Prompt:
    """What a model reads: token ids and, where there are pictures, the library's own inputs, pixels included."""

    ids: list[int]
    inputs: object = None


class Job:
    """A request on its way. `finish` is None, then "stop", "length", "cancelled" or "error"; times in seconds."""

    def __init__(self, prompt: Prompt, wish: Wish, loaded: Loaded, wake: Callable[[], None]):
        self.ids, self.inputs, self.wish, self.loaded, self.wake = prompt.ids, prompt.inputs, wish, loaded, wake
        self.parts: deque[Part] = deque()
        self.finish: str | None = None
        self.error: Exception | None = None
        self.cancelled = False
        self.written = 0
        self.asked = time.perf_counter()
        self.prompt_seconds = self.write_seconds = 0.0
        self._generator = None
        self._end: str | None = None  # `finish`, before the last part has been put out
        self._held = ""  # text that may be the beginning of a stop sequence
        self._counts: dict[int, int] = {}

    def cancel(self) -> None:
        """The client has left: the worker drops the request at its next turn."""
        self.cancelled = True

    # what follows runs in the worker's thread

    def start(self) -> None:
        import numpy

        og, wish = self.loaded.og, self.wish
        params = og.GeneratorParams(self.loaded.model)
        room = self.loaded.context - len(self.ids)
        self.limit = room if wish.max_tokens is None else min(wish.max_tokens, room)
        search = {
            "max_length": len(self.ids) + self.limit,
            "do_sample": wish.temperature > 0,
            "top_k": wish.top_k,
            "top_p": wish.top_p,
            "repetition_penalty": wish.repetition_penalty,
            "random_seed": -1 if wish.seed is None else wish.seed % 2**31,
        }
        if wish.temperature > 0:
            search["temperature"] = max(wish.temperature, 1e-6)
        params.set_search_options(**search)
        if wish.schema is not None:
            params.set_guidance("json_schema", _compact(wish.schema))
        began = time.perf_counter()
        self._stream = self.loaded.tokenizer.create_stream()
        self._generator = og.Generator(self.loaded.model, params)
        if self.inputs is None:
            self._generator.append_tokens(numpy.array(self.ids, dtype=numpy.int32))
        else:  # the library keeps Python's lock meanwhile: for most of a second a picture, nobody else is answered
            self._generator.set_inputs(self.inputs)
        self.prompt_seconds = time.perf_counter() - began

    def step(self, most: int = SLICE) -> None:
        """Write up to `most` tokens, and put them out as one part."""
        began, part = time.perf_counter(), Part()
        try:
            if self._generator is None:
                self.start()
            while part.tokens < most and self._end is None:
                self._write(part)
        except Exception as error:  # whatever the library says: this request ends, the server goes on
            self.error, self._end = error, "error"
        if self._end is not None:
            part.text, self._held = part.text + self._held, ""
        self.write_seconds += time.perf_counter() - began
        self.parts.append(part)
        self.finish = self._end  # after the last part: whoever sees the end finds all of it
        self.wake()

    def _write(self, part: Part) -> None:
        if self.limit < 1:
            self._end = "length"
            return
        logits = self._logits() if self._needs_logits() else None
        self._generator.generate_next_token()
        token = int(self._generator.get_next_tokens()[0])
        self.written += 1
        part.tokens += 1
        if token in self.loaded.ends:
            self._end = "stop"
            return
        text = self._stream.decode(token)
        self._counts[token] = self._counts.get(token, 0) + 1
        if self.wish.logprobs is not None:
            part.logprobs.append(self._probabilities(logits, token, text))
        self._put(part, text)
        if self._end is None and (self.written >= self.limit or self._generator.is_done()):
            self._end = "length" if self.written >= self.limit else "stop"

    def _put(self, part: Part, text: str) -> None:
        """Add the text, but for what may be the beginning of a stop sequence; end before a whole one."""
        held = self._held + text
        places = [held.find(stop) for stop in self.wish.stop if stop in held]
        if places:
            part.text, self._held, self._end = part.text + held[: min(places)], "", "stop"
            return
        keep = max((_overlap(held, stop) for stop in self.wish.stop), default=0)
        part.text += held[: len(held) - keep]
        self._held = held[len(held) - keep :]

    def _needs_logits(self) -> bool:
        wish = self.wish
        changed = wish.min_p or wish.presence_penalty or wish.frequency_penalty or wish.logit_bias
        return wish.logprobs is not None or bool(changed)

    def _logits(self):
        """The logits of the next token, shape (vocabulary,), after penalties and min-p have been applied to them."""
        import numpy

        wish, logits = self.wish, self._generator.get_logits()
        flat = logits.reshape(-1)
        if wish.presence_penalty or wish.frequency_penalty:
            for token, count in self._counts.items():
                flat[token] -= wish.presence_penalty + wish.frequency_penalty * count
        for token, bias in wish.logit_bias:
            if token < flat.size:
                flat[token] += bias
        if wish.min_p > 0 and wish.temperature > 0:
            flat[flat < flat.max() + wish.temperature * math.log(wish.min_p)] = -numpy.inf
        self._generator.set_logits(logits)
        return flat.astype(numpy.float64)

    def _probabilities(self, logits, token: int, text: str) -> dict:
        """The natural logarithms of the probabilities of the token and of the likeliest others, at temperature 1."""
        import numpy

        logs = logits - logits.max()
        logs -= math.log(numpy.exp(logs).sum())
        best = numpy.argsort(-logs)[: self.wish.logprobs]
        top = [{"token": self.loaded.piece(int(other)), "logprob": float(logs[other])} for other in best]
        return {"token": text, "logprob": float(logs[token]), "top": top}


def _compact(schema: str) -> str:
    """The schema without freedom in its blanks: a small model may like them so much that it writes nothing else."""
    rules = json.loads(schema)
    if isinstance(rules, dict):
        rules["x-guidance"] = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}
    return json.dumps(rules)


def _overlap(text: str, stop: str) -> int:
    """How many signs at the end of the text are a beginning of the stop sequence."""
    return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)


@dataclass
class Loaded:
    """A model in memory: the library's model and tokenizer, its context in tokens, its end tokens, and its eyes."""

    og: object
    model: object
    tokenizer: object
    context: int
    ends: frozenset[int]
    processor: object = None  # cuts pictures, for a model that sees

    def piece(self, token: int) -> str:
        return self.tokenizer.decode([token])

    def encode(self, text: str) -> list[int]:
        return [int(token) for token in self.tokenizer.encode(text)]

    def read(self, text: str, pictures: list) -> Prompt:
        """The prompt for a text whose tags stand for these pictures (of Pillow). Takes a tenth of a second for each.

        Without a picture, a tag is text like any other. Raises ValueError where tags and pictures do not match.
        """
        if not pictures:
            return Prompt(self.encode(text))
        if [int(number) for number in TAG.findall(text)] != list(range(1, len(pictures) + 1)):
            raise ValueError("a text of the conversation has a tag such as <|image_1|> of its own; leave it out")
        from course_utils.models.pictures import as_png

        images = self.og.Images.open_bytes(*map(as_png, pictures))
        inputs = self.processor(text, images=images)
        return Prompt(inputs["input_ids"].as_numpy()[0].tolist(), inputs)

    def chat_text(self, messages: list[dict]) -> str:
        return self.tokenizer.apply_chat_template(json.dumps(messages), add_generation_prompt=True)


def open_folder(folder) -> Loaded:
    """Load a folder made by ONNX Runtime GenAI's builder."""
    from course_utils.models.onnx_model import OnnxModel

    model = OnnxModel(folder)
    sees = (folder / "processor_config.json").is_file()
    processor = model.model.create_multimodal_processor() if sees else None
    return Loaded(_genai(), model.model, model.tokenizer, model.context_length, model.stop_ids, processor)


def _genai():
    from course_utils.models.onnx_model import genai

    return genai()


class Engine:
    """The worker and its line. `submit` is called from an asyncio loop; `close` ends the thread."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING):
        self.at_once, self.waiting = at_once, waiting
        self._line: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._in_line = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="course-engine", daemon=True)
        self._thread.start()

    def submit(self, prompt: Prompt, wish: Wish, loaded: Loaded) -> Job:
        """Put a request into the line. Raises TooLong or Busy. Its parts are read with `parts_of`."""
        if len(prompt.ids) >= loaded.context:
            raise TooLong(len(prompt.ids), loaded.context)
        with self._lock:
            if self._in_line >= self.at_once + self.waiting:
                raise Busy(f"{self._in_line} requests are at work or waiting already. Try again in a moment.")
            self._in_line += 1
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(arrived.set)
            except RuntimeError:  # the server is being stopped
                pass

        job = Job(prompt, wish, loaded, wake)
        job.arrived = arrived
        self._line.put(job)
        return job

    def close(self) -> None:
        self._line.put(None)
        self._thread.join(timeout=10)

    def _work(self) -> None:
        active: deque[Job] = deque()
        while True:
            try:
                while len(active) < self.at_once:
                    job = self._line.get(block=not active)
                    if job is None:
                        return
                    active.append(job)
            except queue.Empty:
                pass
            job = active.popleft()
            if job.cancelled:
                job.finish = "cancelled"
            else:
                job.step(1 if job.wish.stream else SLICE)
                if job.wish.stream:
                    time.sleep(0)  # lets the thread that sends it have its turn: a stream shall be seen to stream
            if job.finish is None:
                active.append(job)
                continue
            job._generator = None  # frees its cache
            job.wake()
            with self._lock:
                self._in_line -= 1


async def parts_of(job: Job) -> AsyncIterator[Part]:
    """The parts of an answer as they come. Leaving the loop early cancels the request.

    Raises the error of the worker, should it have had one.
    """
    try:
        while True:
            await job.arrived.wait()
            job.arrived.clear()
            ended = job.finish is not None
            while job.parts:
                yield job.parts.popleft()
            if ended and not job.parts:
                break
        if job.error is not None:
            raise job.error
    finally:
        job.cancel()
