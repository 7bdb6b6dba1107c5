"""A model behind an address that speaks OpenAI's dialect: the practice endpoint, a cloud, a server in the next room.

The key comes from the argument or from the environment. It is given to the client of the openai package and to nobody
else: it stands in no message, no repr and no attribute of what `load` returns.
"""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Generator
from dataclasses import replace

from course_utils.models.chat import (
    BadOption,
    BadPrompt,
    ChatModel,
    Chunk,
    CourseError,
    Message,
    Reply,
    SamplingParams,
    Stream,
)
from course_utils.models.pictures import to_data_url

from . import providers

TAG = re.compile(r"<\|image_(\d+)\|>\n?")  # the place of a picture in a text
ABSENT = ("top_k", "min_p", "repetition_penalty")  # options that OpenAI's dialect has no field for


class CloudError(CourseError):
    """A service did not answer as wished. `status` is that of HTTP or None, `wait` the seconds it asks for, if any."""

    def __init__(self, message: str, status: int | None = None, wait: float | None = None):
        super().__init__(message)
        self.status, self.wait = status, wait


class NoKey(CloudError):
    """The service needs a key, and there is none that could be sent."""


class CloudModel(ChatModel):
    """A model of a service. How long its context is, only the service knows: `context_length` is None."""

    runtime = "cloud"
    context_length = None

    def __init__(self, name: str, base_url: str = "", key: str = "", timeout: float = 60.0, retries: int = 0):
        """`timeout` in seconds for each wait; `retries` after 408, 409, 429 and 5xx, which wait without a word."""
        import openai

        self.name = name
        self.base_url = (base_url or os.environ.get("OPENAI_BASE_URL", "")).strip()
        host = _host(self.base_url)
        self.host = urllib.parse.urlsplit(self.base_url).netloc.rpartition("@")[2]  # for messages: with the port
        key = _key(self.base_url, host, key)
        self._hide = lambda text: text.replace(key, "(your key)") if key else text
        local = providers.is_here(host)  # a proxy between us and the world cannot see this computer
        extra = {"http_client": openai.DefaultHttpxClient(trust_env=False)} if local else {}
        self._client = openai.OpenAI(
            base_url=self.base_url,
            api_key=key,
            timeout=timeout,
            max_retries=retries,
            organization="",
            project="",
            **extra,
        )

    def models(self) -> list[str]:
        """The names of the models that the service offers. Raises CloudError."""
        return sorted(model.id for model in self._asked(lambda: self._client.models.list().data))

    def chat(self, prompt: str | list, **options) -> Reply:
        """See ChatModel. The speed is all tokens over all seconds, the wait included.

        Networks bunch the pieces, so that the time between the first and the last says little.
        """
        reply = super().chat(prompt, **options)
        return replace(reply, tokens_per_second=reply.completion_tokens / max(reply.seconds, 1e-9))

    def count_tokens(self, text: str) -> int:
        """Raises CloudError: this dialect has no way to count before asking."""
        raise CloudError(
            "A service counts tokens when it answers, not before: see prompt_tokens of a reply. To count first, take "
            "the model's own tokenizer."
        )

    def __repr__(self) -> str:
        return f"<{self.name} in the cloud, at {self.host}>"

    def _answer(self, messages: list[Message], options: SamplingParams) -> Stream:
        plain = SamplingParams()
        for name in ABSENT:
            if getattr(options, name) != getattr(plain, name):
                raise BadOption(f"{name} is not part of OpenAI's dialect; leave it out. It has temperature and top_p.")
        request = {
            "model": self.name,
            "messages": with_pictures(messages, options.pictures),
            "max_tokens": options.max_new_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if options.seed is not None:
            request["seed"] = options.seed
        events = self._asked(lambda: self._client.chat.completions.create(**request))
        stream = CloudStream(None, 0)
        stream._chunks = self._pieces(events, stream)
        return stream

    def _pieces(self, events, stream: CloudStream) -> Generator[Chunk, None, str]:
        finish = None
        try:
            while True:
                try:
                    event = next(events, None)
                except Exception as error:
                    raise self._explained(error, broken_off=True) from None
                if event is None:
                    if finish is None:
                        raise CloudError("The answer broke off: the service ended the stream early. Ask again.")
                    return finish
                if event.usage:
                    stream.counted(event.usage)
                for choice in event.choices[:1]:  # an event with the usage has none
                    finish = choice.finish_reason or finish
                    if choice.delta.content:
                        yield Chunk(choice.delta.content)
        finally:
            events.close()

    def _asked(self, question):
        try:
            return question()
        except Exception as error:
            raise self._explained(error) from None  # the SDK's own error may quote the key that it was sent

    def _explained(self, error: Exception, broken_off: bool = False) -> CloudError:
        """The error in the words of the course, without the key."""
        import httpx2
        import openai

        if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
            return CloudError(f"{self.host} did not answer in time. Ask again, or load(..., timeout=120).")
        if broken_off and isinstance(error, httpx2.HTTPError | openai.APIError):
            said = self._hide(str(error))[:200]
            return CloudError(f"The answer broke off in the middle ({said}). What you have is not whole: ask again.")
        if isinstance(error, openai.APIConnectionError):
            return CloudError(
                f"Nothing answers at {self.host}. Is the address right, is the server running, is there a network?"
            )
        if not isinstance(error, openai.APIStatusError):
            return CloudError(f"{self.host}: {self._hide(f'{type(error).__name__}: {error}')[:300]}")
        status = error.status_code
        wait = _seconds(error.response.headers.get("retry-after"))
        said = self._hide(_said(error))[:300]
        told = {
            401: f"401: {self.host} does not accept the key. Look for a slip in it, or make a new one.",
            403: f"403: the key is known, but may not do this at {self.host}. See the rights of the key.",
            404: f"404: {self.host} does not know {self.name!r}. Ask model.models() for the names.",
            410: f"410: {self.name!r} at {self.host} has been retired. It will not come back: choose another model, "
            "or another service.",
            429: f"429: too many requests at {self.host}. Wait "
            + (f"{wait:.0f} seconds" if wait is not None else "a minute")
            + " and ask again, or ask for less.",
        }.get(status)
        if told is None:
            kind = "the service has a fault. Ask again in a moment" if status >= 500 else "the request is not accepted"
            told = f"{status}: {kind}."
        return CloudError(f"{told} It says: {said}", status, wait)


class CloudStream(Stream):
    """A Stream that believes the service's count of tokens, once that has come with the last event."""

    _counted = False

    def __next__(self) -> Chunk:
        before = self.completion_tokens
        chunk = super().__next__()
        if self._counted:
            self.completion_tokens = before
        return chunk

    def counted(self, usage) -> None:
        """Take the numbers of the service."""
        self._counted = True
        self.prompt_tokens, self.completion_tokens = usage.prompt_tokens, usage.completion_tokens


def _host(base_url: str) -> str:
    """The host of an address. Raises CloudError for what is none."""
    try:
        parts = urllib.parse.urlsplit(base_url)
        host, _ = parts.hostname, parts.port  # less name and password, which no message may show
    except ValueError:  # a port that is none
        host = None
    if not host or parts.scheme not in ("http", "https"):
        known = ", ".join(row.base_url for row in providers.providers() if row.status == "open")
        raise CloudError(f"base_url= has to be an address such as {known}.")
    if parts.scheme == "http" and not providers.is_near(host):
        raise CloudError(f"http:// would send your key readable for everybody on the way to {host}. Write https://.")
    return host


def _key(base_url: str, host: str, key: str) -> str:
    """The key to send: the one given, or that of the environment for this very service. Raises NoKey or CloudError."""
    row = providers.provider_of(base_url)
    key = (key or (row.key() if row else "")).strip()
    if not key and providers.is_near(host):
        return "practice"  # servers of one's own often want none, and the client insists on one
    if not key:
        name = f"set {row.key_env}" if row else "give key=os.environ[...], never the key itself"
        raise NoKey(f"{host} needs a key. In the environment: {name}. No other key of yours is sent there.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise CloudError(f"The key for {host} has a blank or a strange sign in it. Copy it again.")
    return key


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text))
    except (TypeError, ValueError):
        return None


def _said(error) -> str:
    """The sentence of the service: {"error": {"message"}} of OpenAI, {"detail"} of NVIDIA, or the bare text."""
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        if isinstance(inner, dict):
            inner = inner.get("message") or inner.get("detail") or inner.get("title")
        if isinstance(inner, str):
            return inner
    return str(error.message)


def with_pictures(messages: list[Message], pictures) -> list[dict]:
    """The messages in OpenAI's form; each picture is a part with a data URL, in the place of its tag."""
    turns: list[dict] = []
    for message in placed(messages, len(pictures)):
        pieces, content = TAG.split(message.content) if pictures else [message.content], []
        for place, piece in enumerate(pieces):
            if place % 2:
                url = to_data_url(pictures[int(piece) - 1])
                content.append({"type": "image_url", "image_url": {"url": url}})
            elif piece:
                content.append({"type": "text", "text": piece})
        turns.append({"role": message.role, "content": content if len(pieces) > 1 else message.content})
    return turns


def placed(messages: list[Message], pictures: int) -> list[Message]:
    """The messages with tags <|image_1|>, ... where the pictures belong: as written, or else before the last text.

    Raises BadPrompt where the tags and the number of pictures do not match.
    """
    numbers = [int(number) for message in messages for number in TAG.findall(message.content)]
    if not pictures or sorted(numbers) == list(range(1, pictures + 1)):
        return messages
    if numbers:
        raise BadPrompt(f"The pictures are {pictures}, and the tags in the texts name: {numbers}. Each is named once.")
    tags = "".join(f"<|image_{number}|>\n" for number in range(1, pictures + 1))
    return [*messages[:-1], Message(messages[-1].role, tags + messages[-1].content)]
