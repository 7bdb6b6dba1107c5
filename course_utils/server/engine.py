"""Inference for several clients at once: one worker thread, and for each model one batch.

A request waits for a row in its model's cache, has its prompt read (prefill), in pieces between which the others go on,
and then writes a token at each step, with all others (decode). Rows are given out in turn, request by request."""

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_utils.models.chat import SamplingParams
from course_utils.models.onnx_batch import OnnxBatch, Row, pick

from .problem import Problem, first_line, refusal

ROWS = 32  # requests that write at once with one model
KEEP = 300.0  # seconds that a model stays in memory after its last use, as with Ollama
CENTURY = 100 * 365 * 24 * 3600  # seconds: for ever
CHUNK = 256  # tokens of prompts that are read between two steps of decode
WAITING = 64  # requests that may wait besides those at work; more are sent away
HELD = 4  # tokens at the beginning that stay when the window is full: Ollama's num_keep


@dataclass(frozen=True)
class RequestParams(SamplingParams):
    """What a request asks of the model, besides its prompt: how to sample, and what only a server knows."""

    stop: tuple[str, ...] = ()
    schema: dict | None = None  # a JSON schema that the answer is held to while it is written
    logprobs: int | None = None  # None: not wanted; else how many alternatives to each token
    num_ctx: int | None = None  # tokens of prompt and answer; None: as many as the model can
    shift: bool = False  # where they are full, go on without the older half, as Ollama does


class Part(NamedTuple):
    """A piece of an answer. `logprobs`: a row for each of its tokens, as both dialects have it; [] if not wanted."""

    text: str
    logprobs: list[dict] = []  # noqa: RUF012 - never changed


class Prompt(NamedTuple):
    """What a model is to read: token ids, for one that sees their embeddings, and what the answer must look like."""

    ids: list[int]
    embeds: np.ndarray | None = None
    matcher: object = None  # of llguidance, for a schema


class Loaded(OnnxBatch):
    """A model in memory, and who uses it."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.keep = KEEP  # seconds after the last use; below 0: for ever
        self.users = 0  # jobs that write with it, or wait
        self.used = time.time()  # when the last of them ended
        self.embedder = None  # the same model in Transformers, for `embed`

    @property
    def until(self) -> float:
        """When it leaves memory, in seconds since 1970."""
        return self.used + (CENTURY if self.keep < 0 else min(self.keep, CENTURY))

    def embed(self, checkpoint: Path, text: str, dimensions: int | None, shorten: bool) -> tuple[list[float], int]:
        """A vector for a text, of the first so many dimensions, and its number of tokens. It is the mean of the last
        layer's hidden states, of length 1: the plainest way, for which no model here was trained. A text longer than
        the context is cut there if `shorten`; else ValueError."""
        import torch

        from course_utils.models.torch_model import TransformersModel

        ids = self.ids(text[: self.context_length * self.longest_token + 1])  # so many letters are too many tokens
        if len(ids) > self.context_length and not shorten:
            raise ValueError("the input length exceeds the context length")
        with self.lock, torch.inference_mode():
            self.embedder = self.embedder or TransformersModel(checkpoint, dtype="auto")  # SmolLM2 in 16 bits: 270 MB
            hidden = self.embedder.model.base_model(torch.tensor([ids[: self.context_length]])).last_hidden_state
            mean = hidden[0].float().mean(dim=0)[:dimensions]
            return torch.nn.functional.normalize(mean, dim=0).tolist(), min(len(ids), self.context_length)


class Job:
    """An answer on its way. asker: one for all answers to a request, or of a student; times in seconds."""

    def __init__(self, prompt: Prompt, params: RequestParams, loaded: Loaded, asker: object):
        self.prompt, self.params, self.loaded, self.asker = prompt, params, loaded, asker
        self.read = len(prompt.ids)  # tokens of the prompt
        self.window = min(params.num_ctx or loaded.context_length, loaded.context_length)
        self.limit = min(params.max_new_tokens, 10 * self.window if params.shift else self.window - self.read)
        self.room = min(self.window, self.read + self.limit)  # tokens of its row
        self.matcher = prompt.matcher and prompt.matcher.deep_copy()
        self.tokens: list[int] = []  # what has been written, the token that ends it included
        self.finish: str | None = None  # then "stop", "length", "cancelled" or "error"
        self.error: Problem | None = None
        self.cancelled = False  # the client has left: the worker drops the request at its next turn
        self.prompt_seconds = self.write_seconds = 0.0
        self._began, self._held, self._decode = None, "", loaded.decode()
        self._rng = np.random.default_rng(params.seed)
        self._loop, self._parts = asyncio.get_running_loop(), asyncio.Queue()

    @property
    def context(self) -> list[int]:
        return [*self.prompt.ids, *self.tokens]

    async def parts(self) -> AsyncIterator[Part]:
        """The answer as it is written, a part a token. Leaving the loop early cancels the rest. Raises Problem."""
        try:
            while (part := await self._parts.get()) is not None:
                yield part
            if self.finish == "cancelled":
                raise Problem(400, "The client has left.")
            if self.error is not None:
                raise self.error
        finally:
            self.cancelled = True

    # what follows runs in the worker's thread

    def feed(self, row: int, most: int) -> int:
        """Read up to `most` tokens of the prompt into a row of the cache. Returns how many it read."""
        self._began = self._began or time.perf_counter()
        start = len(self.loaded.rows[row].ids)
        stop = start + most if start + most < self.read - 1 else self.read  # never one token alone: see Loaded.place
        embeds = None if self.loaded.embedding is None else self.prompt.embeds[:, start:stop]
        logits = self.loaded.forward(row, np.array([self.prompt.ids[start:stop]], np.int64), embeds)
        if stop == self.read:
            self.take(logits[0])
        return stop - start

    def shift(self, row: int) -> None:
        """Where the window is full, read it again without its older half, from the held beginning on."""
        ids = self.loaded.rows[row].ids
        if len(ids) == self.window:
            self.loaded.rows[row] = Row()
            self.loaded.forward(row, np.array([[*ids[:HELD], *ids[HELD + (self.window - HELD) // 2 :]]], np.int64))

    def take(self, logits: np.ndarray) -> None:
        """Write the next token, given its logits, and hand out its text. At the end `finish` says why."""
        raw, now = logits.copy() if self.params.logprobs is not None else None, time.perf_counter()
        self.prompt_seconds = self.prompt_seconds or now - self._began
        if self.matcher is not None:
            allowed = np.frombuffer(self.matcher.compute_bitmask(), np.uint8)
            logits = np.where(np.unpackbits(allowed, bitorder="little")[: len(logits)], logits, -np.inf)
        token = pick(logits, self.params, self.context if self.params.repetition_penalty != 1 else [], self._rng)
        self.tokens.append(token)
        self.write_seconds = time.perf_counter() - self._began
        rows = [] if raw is None else [self._logprob(raw, token)]
        if token in self.loaded.stop_ids:
            self.finish, text, rows = "stop", self._held, []
        else:
            if self.matcher is not None:
                self.matcher.consume_token(token)
            text, self._held, self.finish = _cut(self._held + self._decode(token), self.params.stop)
            if self.finish is None and len(self.tokens) == self.limit:
                self.finish, text = "length", text + self._held
        self.put(Part(text, rows))

    def put(self, part: Part | None) -> None:
        """Hand out a part of the answer; None ends it."""
        with suppress(RuntimeError):  # the server is being stopped
            self._loop.call_soon_threadsafe(self._parts.put_nowait, part)

    def _logprob(self, logits: np.ndarray, token: int) -> dict:
        """The row of a token: the logarithm of its probability, before temperature and cuts, and the likeliest."""
        logits = logits.astype(np.float64)
        sure = logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())
        best = np.argsort(-sure)[: self.params.logprobs]

        def row(id: int) -> dict:
            bytes = self.loaded.grammars.decode_bytes([id])
            return {"token": bytes.decode(errors="replace"), "bytes": list(bytes), "logprob": float(sure[id])}

        return row(token) | {"top_logprobs": [row(int(id)) for id in best]}


def _cut(text: str, stops: tuple[str, ...]) -> tuple[str, str, str | None]:
    """(what can be shown, what may be the beginning of a stop sequence, "stop" where a whole one ends the answer)."""
    if places := [text.find(stop) for stop in stops if stop in text]:
        return text[: min(places)], "", "stop"
    shown = next((at for at in range(len(text)) if any(stop.startswith(text[at:]) for stop in stops)), len(text))
    return text[:shown], text[shown:], None


class Engine:
    """The worker and its line. `submit` is called from an asyncio loop, `idle` by the worker after each answer."""

    def __init__(self, idle: Callable[[], None] = lambda: None, rows: int = ROWS, waiting: int = WAITING):
        self.idle, self.rows, self.waiting, self.share = idle, rows, waiting, max(1, rows // 2)
        self._line: list[Job] = []  # those that wait, in the order in which they came
        self._work: dict[Loaded, list[Job]] = {}  # those at work, by model; a job's place is its row
        self._closing = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="course-engine", daemon=True)
        self._thread.start()

    def submit(self, prompt: Prompt, choices: list[RequestParams], loaded: Loaded, asker: object = None) -> list[Job]:
        """Put a job for each of the choices into the line; or none of them, and Problem 503, where it is full."""
        asker = asker or object()
        jobs = [Job(prompt, params, loaded, asker) for params in choices]
        with self._news:
            if (count := len(self.askers())) >= self.rows + self.waiting:
                raise refusal("busy", 503, count=count)
            loaded.users += len(jobs)
            self._line += jobs
            self._news.notify()
        return jobs

    def askers(self) -> set:
        """Whose answers are being written or wait."""
        return {job.asker for line in (self._line, *list(self._work.values())) for job in list(line)}

    def close(self) -> None:
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while self._turn():  # a method of its own, so that nothing here holds a model that has been let go
            pass
        for job in [*self._line, *itertools.chain(*self._work.values())]:
            self._leave(job)

    def _turn(self) -> bool:
        """A step of each model that has something to do; waits until there is one. False when the server stops."""
        with self._news:
            self._news.wait_for(lambda: self._closing or self._line or self._work)
            for job in self._line:
                self._work.setdefault(job.loaded, [])
        for loaded, jobs in list(self._work.items()) if not self._closing else []:
            self._step(loaded, jobs)
            if not jobs:
                del self._work[loaded]
        return not self._closing

    def _step(self, loaded: Loaded, jobs: list[Job]) -> None:
        """A turn of one model: read some of the prompts that wait, then write a token in each row."""
        self._drop(loaded, jobs)
        budget = CHUNK
        while budget > 1 and (job := jobs[-1] if jobs and not jobs[-1].tokens else self._next(loaded, jobs)):
            with _blamed(job):
                budget -= 0 if job.finish else job.feed(len(jobs) - 1, budget)
            self._drop(loaded, jobs)
        if writing := [job for job in jobs if job.tokens]:  # perhaps not the last, whose prompt is being read
            with _blamed(*writing):
                for row, job in enumerate(writing):
                    job.shift(row)
                rows = loaded.forward(0, np.array([[job.tokens[-1]] for job in writing], np.int64))
                for job, logits in zip(writing, rows, strict=True):
                    with _blamed(job):
                        job.take(logits)
        self._drop(loaded, jobs)

    def _next(self, loaded: Loaded, jobs: list[Job]) -> Job | None:
        """Give a row to a job that waits for this model: to one whose request has the fewest. None if there is none."""
        with self._news:
            have = Counter(job.asker for job in jobs)
            waiting = [job for job in self._line if job.loaded is loaded and have[job.asker] < self.share]
            job, room = min(waiting, key=lambda job: have[job.asker], default=None), False
            if job is None or len(jobs) >= self.rows:
                return None
            with _blamed(job):
                room = loaded.resize(len(jobs) + 1, max(other.room for other in [*jobs, job]))
            if not (room or job.finish):
                return None
            self._line.remove(job)
        jobs.append(job)
        loaded.place(len(jobs) - 1, job.prompt.ids)
        return job

    def _drop(self, loaded: Loaded, jobs: list[Job]) -> None:
        """Let those go that have ended or whose client has left; the others stay side by side in the first rows."""
        with self._news:
            gone = [job for job in self._line if job.cancelled and job.loaded is loaded]
            self._line = [job for job in self._line if job not in gone]
        for job in [job for job in jobs if job.cancelled or job.finish]:
            row, last = jobs.index(job), len(jobs) - 1
            ways = [(row, last - 1), (last - 1, last)] if row < last and not jobs[last].tokens else [(row, last)]
            for one, other in ways:  # the one whose prompt is being read stays the last
                loaded.swap(one, other)
                jobs[one], jobs[other] = jobs[other], jobs[one]
            gone.append(jobs.pop())
        for job in gone:
            self._leave(job)

    def _leave(self, job: Job) -> None:
        job.finish = job.finish or "cancelled"
        with self._news:
            job.loaded.users -= 1
            job.loaded.used = time.time()
        self.idle()
        job.put(None)  # after its last use of the model: whoever sees the end finds all of it


@contextmanager
def _blamed(*jobs: Job):
    """What goes wrong, whatever a library says, ends these requests; the server goes on."""
    try:
        yield
    except Exception as error:
        for job in jobs:
            job.error, job.finish = Problem(500, f"The engine failed: {first_line(error)}", "internal_error"), "error"
