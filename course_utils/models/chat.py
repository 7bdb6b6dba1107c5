"""The words that every runtime shares: messages go in, chunks come out, a reply is the whole of them. A model here is
anything with `stream` and `chat`; what lies behind it (Transformers, ONNX Runtime GenAI, a server) is elsewhere."""

import re
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Self

from course_utils.base import CourseError

ROLES = ("system", "user", "assistant")
TAG = re.compile(r"<\|image_(\d+)\|>\n?")  # the place of a picture in a text


class BadPrompt(CourseError):
    """The prompt is neither a text nor a list of messages."""


class EmptyPrompt(BadPrompt):
    """There is nothing to answer."""


class PromptTooLong(BadPrompt):
    """The prompt leaves no room in the context for an answer."""


class UnknownOption(CourseError):
    """An option with a name that does not exist. The message lists those that do."""

    def __init__(self, name: str, valid: Iterable[str]):
        valid = list(valid)
        near = get_close_matches(name, valid, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        names = f"The options are: {', '.join(valid)}." if valid else "There are no options here."
        super().__init__(f"There is no option {name!r}.{hint} {names}")


class BadOption(CourseError):
    """An option with a value that makes no sense."""


@dataclass(frozen=True)
class Message:
    """One turn of a conversation. `role` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True)
class Chunk:
    """One token of an answer. `text` is empty while a letter such as ä or 🦊 still lacks bytes."""

    text: str
    token_id: int | None = None


@dataclass(frozen=True)
class Reply:
    """A whole answer and what it cost. Times are in seconds. `tokens_per_second`: those after the first, over the time
    after it. `finish_reason`: "stop" (the model ended), "length" (cut off) or "interrupted" (somebody stopped it)."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds_to_first_token: float
    seconds: float
    tokens_per_second: float
    finish_reason: str

    def __str__(self) -> str:
        return self.text


COOLEST = 1e-6  # the least temperature: scores are divided by it, and a smaller one takes them out of float32


def _number(value: object, kind: type = Real) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


# What each option must be: a test, and the words for it.
_RULES: dict[str, tuple[Callable[[object], bool], str]] = {
    "max_new_tokens": (lambda v: _number(v, Integral) and v >= 1, "a whole number of tokens, 1 or more"),
    "temperature": (lambda v: _number(v) and (v == 0 or v >= COOLEST), "0 (the likeliest token) or 0.000001 and more"),
    "top_p": (lambda v: _number(v) and 0 < v <= 1, "a number above 0 and up to 1 (1 = off)"),
    "top_k": (lambda v: _number(v, Integral) and v >= 0, "a whole number of tokens, 0 (off) or more"),
    "min_p": (lambda v: _number(v) and 0 <= v <= 1, "a number from 0 (off) to 1"),
    "repetition_penalty": (lambda v: _number(v) and v > 0, "a number above 0 (1 = off)"),
    "seed": (lambda v: _number(v, Integral) and 0 <= v < 2**31, "a whole number from 0 to 2,147,483,647, or None"),
    "system": (lambda v: isinstance(v, str) and v.strip() != "", "a text, or None"),
    "pictures": (
        lambda v: isinstance(v, list | tuple) and all(hasattr(picture, "convert") for picture in v),
        "a list of pictures (of Pillow)",
    ),
}


@dataclass(frozen=True)
class SamplingParams:
    """How to answer. The defaults are greedy: always the likeliest token, and so always the same answer."""

    max_new_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None
    system: str | None = None
    pictures: tuple | list = ()

    @classmethod
    def read(cls, given: dict) -> Self:
        """Check what was given and fill in the rest. Raises UnknownOption or BadOption."""
        for name, value in given.items():
            if name not in _RULES:
                raise UnknownOption(name, _RULES)
            fits, words = _RULES[name]
            if not fits(value) and not (value is None and getattr(cls, name) is None):
                raise BadOption(f"{name} must be {words}; it was {value!r}.")
        return cls(**given)


def read_messages(prompt, system: str | None = None) -> list[Message]:
    """A text, or a list of messages (dictionaries work too), as a list of Message. Raises BadPrompt."""
    if isinstance(prompt, str):
        prompt = [Message("user", prompt)]
    elif not isinstance(prompt, list | tuple):
        raise BadPrompt(f"A prompt is a text or a list of messages; this is a {type(prompt).__name__}.")
    messages = [_read_message(item) for item in prompt]
    if not messages or not messages[-1].content.strip():
        raise EmptyPrompt("The prompt is empty. Write something for the model to answer.")
    if system is not None:
        if messages[0].role == "system":
            raise BadPrompt("The messages begin with a system message already; leave out the option system=.")
        messages.insert(0, Message("system", system))
    return messages


def _read_message(item) -> Message:
    if isinstance(item, dict) and {"role", "content"} <= item.keys():
        item = Message(item["role"], item["content"])
    if not isinstance(item, Message) or not isinstance(item.content, str):
        raise BadPrompt(f'A message is {{"role": "user", "content": "a text"}}; this is {item!r}.')
    if item.role not in ROLES:
        raise BadPrompt(f"The role of a message is one of {', '.join(ROLES)}; this is {item.role!r}.")
    return Message(item.role, item.content.replace("\0", " "))  # a NUL, as in text from a PDF, would end it in ONNX


def placed(messages: list[Message], pictures: int) -> list[Message]:
    """The messages with tags <|image_1|>, ... where the pictures belong: as written, or else before the last text.
    Raises BadPrompt where the tags and the number of pictures do not match."""
    numbers = [int(number) for message in messages for number in TAG.findall(message.content)]
    if pictures and not numbers:
        tags = "".join(f"<|image_{number}|>\n" for number in range(1, pictures + 1))
        return [*messages[:-1], Message(messages[-1].role, tags + messages[-1].content)]
    if sorted(numbers) != list(range(1, pictures + 1)):
        tags = ", ".join(f"<|image_{number}|>" for number in numbers)
        raise BadPrompt(f"Pictures given: {pictures}; tags in the texts: {tags}. Name each picture once, from 1 on.")
    return messages


class Stream:
    """An answer while it is being written: loop over it for its chunks. `finish_reason` is None until the end.
    `close()` stops early and lets the engine go, as a KeyboardInterrupt does, which then goes on to who was reading."""

    def __init__(self, chunks: Generator[Chunk, None, str], prompt_tokens: int):
        self._chunks, self.prompt_tokens, self.completion_tokens = chunks, prompt_tokens, 0
        self.finish_reason: str | None = None

    def __iter__(self) -> Iterator[Chunk]:
        return self

    def __next__(self) -> Chunk:
        try:
            chunk = next(self._chunks)
        except StopIteration as end:
            self.finish_reason = self.finish_reason or end.value
            raise
        except KeyboardInterrupt:
            self.close()
            raise
        self.completion_tokens += 1
        return chunk

    def close(self) -> None:
        """Stop here. Without effect once the answer has ended."""
        self.finish_reason = self.finish_reason or "interrupted"
        self._chunks.close()


class ChatModel:
    """A model that answers. `context_length`: tokens of prompt and answer together. `defaults`: sampling options that
    differ from those of SamplingParams. A runtime gives it `_answer(messages, params)`, which begins a Stream."""

    defaults: dict = {}
    name: str
    runtime: str
    context_length: int

    def stream(self, prompt: str | list, **options) -> Stream:
        """Answer `prompt` (a text or a list of messages) token by token; see `SamplingParams` for the options. Raises
        BadPrompt, EmptyPrompt, PromptTooLong, UnknownOption or BadOption, before the first token."""
        params = SamplingParams.read(self.defaults | options)
        idle = [name for name in ("top_p", "top_k", "min_p") if options.get(name, 0) not in (0, 1)]
        if params.temperature == 0 and idle:
            warnings.warn(f"At temperature 0 the likeliest token is taken: {idle[0]} has no effect.", stacklevel=2)
        return self._answer(read_messages(prompt, params.system), params)

    def chat(self, prompt: str | list, **options) -> Reply:
        """Answer `prompt` and return the whole Reply. An interrupt returns what was written so far."""
        began, texts, times = time.perf_counter(), [], []
        stream = self.stream(prompt, **options)
        with suppress(KeyboardInterrupt), closing(stream):
            for chunk in stream:
                texts.append(chunk.text)
                times.append(time.perf_counter())
        ended = time.perf_counter()
        first = times[0] if times else ended
        rate = (len(texts) - 1) / (ended - first) if len(texts) > 1 else 0.0
        counts = stream.prompt_tokens, stream.completion_tokens
        return Reply("".join(texts), *counts, first - began, ended - began, rate, stream.finish_reason)

    def __repr__(self) -> str:
        return f"<{self.name} in {self.runtime}, context of {self.context_length:,} tokens>"


class FunctionModel(ChatModel):
    """A plain function from a message to a text, as a model. It is given the last message, and no options."""

    runtime, context_length = "Python", 10**6

    def __init__(self, function: Callable[[str], str], name: str = "my-assistant"):
        self.function, self.name = function, name

    def _answer(self, messages: list[Message], params: SamplingParams) -> Stream:
        return Stream(self._words(messages[-1].content), len(messages[-1].content.split()))

    def _words(self, text: str) -> Generator[Chunk, None, str]:
        for piece in re.findall(r"\s*\S+\s*$|\s*\S+", str(self.function(text))):
            yield Chunk(piece)
        return "stop"


def stop_set(*given: int | list[int] | None) -> frozenset[int]:
    """All tokens that end an answer, from every place that names some: one is often too few. Raises CourseError."""
    ids = [id for ids in given for id in (ids if hasattr(ids, "__iter__") else [ids])]
    found = frozenset(int(id) for id in ids if id is not None)
    if not found:
        raise CourseError("This model names no token that ends an answer: it would never stop. Set its eos_token_id.")
    return found


def whole_letters(tokenizer) -> Callable[[int], str]:
    """A decoder of the library tokenizers: it keeps back the bytes of an unfinished letter, and shows broken ones."""
    from tokenizers.decoders import DecodeStream

    stream = DecodeStream(skip_special_tokens=True)
    return lambda token: stream.step(tokenizer, token) or ""


class LocalModel(ChatModel):
    """A model in this process. A runtime gives it `stop_ids` and `encode(messages)`: the conversation in its own chat
    markup, as token ids. `_tokens(prompt, params, limit)`: at most `limit` ids that follow `prompt`, which `_read`
    made. `_decoder()`: a function that takes the ids of an answer one by one and returns the text each adds."""

    def _answer(self, messages: list[Message], params: SamplingParams) -> Stream:
        prompt, tokens = self._read(messages, params.pictures)
        room = self.context_length - tokens
        if room < 1:
            raise PromptTooLong(
                f"The prompt is {tokens:,} tokens long, and the context of {self.name} holds {self.context_length:,} "
                f"tokens for the prompt and the answer together. Shorten the prompt by {1 - room:,} tokens or more."
            )
        return Stream(self._write(prompt, params, min(params.max_new_tokens, room)), tokens)

    def _read(self, messages: list[Message], pictures: list | tuple) -> tuple[object, int]:
        """The prompt, as `_tokens` wants it, and how many tokens it is. A model that sees does this in its own way."""
        if pictures:
            raise BadPrompt(f'{self.name} reads text only. One that sees pictures: load("pico-vision").')
        ids = self.encode(messages)
        return ids, len(ids)

    def _write(self, prompt, params: SamplingParams, limit: int) -> Generator[Chunk, None, str]:
        decode = self._decoder()
        with closing(self._tokens(prompt, params, limit)) as tokens:
            for token in tokens:
                if token in self.stop_ids:
                    return "stop"
                yield Chunk(decode(token), token)
        return "length"
