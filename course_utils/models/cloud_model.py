"""A model behind an address that speaks OpenAI's dialect: the practice endpoint, a cloud, a server in the next room.
The key comes from the argument or from the environment. It is given to the client of the openai package and to nobody
else: it stands in no message, no repr and no attribute of what `load` returns."""

import base64
import os
import re
import urllib.parse
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace

import httpx2
import openai

from course_utils.base import CourseError
from course_utils.models import providers
from course_utils.models.chat import TAG, BadOption, ChatModel, Chunk, Message, Reply, SamplingParams, Stream, placed
from course_utils.models.pictures import to_data_url
from course_utils.setup import installer

ABSENT = ("top_k", "min_p", "repetition_penalty")  # options that OpenAI's dialect has no field for


class CloudError(CourseError):
    """A service did not answer as wished, or could not be asked: the address or the key is wrong."""


class CloudModel(ChatModel):
    """A model of a service. How long its context is, only the service knows: `context_length` is None."""

    runtime = "cloud"
    context_length = None

    def __init__(self, name: str, base_url: str = "", key: str = "", timeout: float = 60.0):
        """`timeout`: seconds for each wait. Nothing is asked twice without a word. Raises CloudError."""
        self.name = name
        self.base_url = (base_url or os.environ.get("OPENAI_BASE_URL", "")).strip()
        host, key = _access(self.base_url, key)
        pair, _, self.host = urllib.parse.urlsplit(self.base_url).netloc.rpartition("@")  # for messages: with the port
        basic = base64.b64encode(urllib.parse.unquote(pair).encode()).decode()  # as a name and password travel
        secret = "|".join(re.escape(text) for text in (key, pair, pair.partition(":")[2], basic) if text)
        self._hide = lambda text: re.sub(secret, "(your key)", text)
        how = {"timeout": timeout, "max_retries": 0, "organization": "", "project": ""}
        how |= {"http_client": openai.DefaultHttpxClient(trust_env=False)} if host in providers.HERE else {}
        self._client = openai.OpenAI(base_url=self.base_url, api_key=key, **how)
        self.base_url = re.sub("//.*@", "//", self.base_url)

    def chat(self, prompt: str | list, **options) -> Reply:
        """See ChatModel. The speed is all tokens over all seconds, the wait included: networks bunch the pieces."""
        reply = super().chat(prompt, **options)
        return replace(reply, tokens_per_second=reply.completion_tokens / max(reply.seconds, 1e-9))

    def models(self) -> list[str]:
        """The names of the service's models. Raises CloudError."""
        with self._explained():
            return [model.id for model in self._client.models.list()]

    def __repr__(self) -> str:
        return f"<{self.name} in the cloud, at {self.host}>"

    def _answer(self, messages: list[Message], params: SamplingParams) -> Stream:
        for name in ABSENT:
            if getattr(params, name) != getattr(SamplingParams, name):
                raise BadOption(f"{name} is not part of OpenAI's dialect; leave it out. It has temperature and top_p.")
        asked = {"model": self.name, "messages": with_pictures(messages, params.pictures), "stream": True}
        asked |= {"max_tokens": params.max_new_tokens, "temperature": params.temperature, "top_p": params.top_p}
        asked |= {} if params.seed is None else {"seed": params.seed}
        with self._explained():
            events = self._client.chat.completions.create(**asked, stream_options={"include_usage": True})
        stream = Stream(self._write(events, lambda: stream), 0)
        return stream

    def _write(self, events, stream: Callable[[], Stream]) -> Generator[Chunk, None, str]:
        finish = usage = None
        with closing(events), self._explained(begun=True):
            for event in events:
                usage = event.usage or usage
                for choice in event.choices[:1]:  # an event with the usage has none
                    finish = choice.finish_reason or finish
                    if choice.delta.content:
                        yield Chunk(choice.delta.content)
        if finish is None:
            raise CloudError("The answer broke off: the service ended the stream early. Ask again.")
        if usage:  # the service's own count: a piece of text may be several tokens, or none
            stream().prompt_tokens, stream().completion_tokens = usage.prompt_tokens, usage.completion_tokens
        return finish

    @contextmanager
    def _explained(self, begun: bool = False) -> Iterator[None]:
        """Says what the package raises in words, `begun`: within an answer; from None, as it may quote the key."""
        try:
            yield
        except (openai.APITimeoutError, httpx2.TimeoutException):
            raise CloudError(f"{self.host} did not answer in time. Ask again, or load(..., timeout=120).") from None
        except openai.APIStatusError as error:
            raise self._refused(error) from None
        except Exception as error:
            said = self._hide(f"{type(error).__name__}: {error}")[:300]
            if begun:
                said = f"The answer broke off in the middle ({said}). What you have is not whole: ask again."
            elif isinstance(error, openai.APIConnectionError):
                said = f"Nothing answers at {self.host}. Is the address right, the server running, is there a network?"
                said = f"{self.host}: {told}" if (told := installer.untrusted(error)) else said
            else:
                said = f"{self.host} answers, but not as OpenAI's API does ({said}). Is the base URL whole?"
            raise CloudError(said) from None

    def _refused(self, error) -> CloudError:
        """What a status of HTTP means, and what to do."""
        status = error.status_code
        wait = error.response.headers.get("retry-after", "")
        soon = f"{wait} seconds" if wait.isdigit() else "a minute"
        fault = "the service has a fault. Ask again in a moment." if status >= 500 else "the request is not accepted."
        words = {
            401: f"{self.host} does not accept the key. Look for a slip in it, or make a new one.",
            403: f"the key is known, but may not do this at {self.host}. See the rights of the key.",
            404: f"{self.host} does not know {self.name!r}. See its list, model.models().",
            410: f"{self.name!r} at {self.host} has been retired: choose another model, or another service.",
            429: f"too many requests at {self.host}. Wait {soon} and ask again, or ask for less.",
        }.get(status, fault)
        body = error.body if isinstance(error.body, dict) else {"message": error.body}
        if status == 402 or "insufficient_quota" in str(body):
            words = f"the account at {self.host} has no credit left. Waiting does not help."
        said = body.get("message") or body.get("detail") or body.get("title") or error.message  # OpenAI, NVIDIA, others
        return CloudError(f"{status}: {words} It says: {self._hide(str(said))[:300]}")


def _access(base_url: str, key: str) -> tuple[str, str]:
    """The host of an address, and the key to send: the one given, or that of the environment for this very service."""
    try:
        parts = urllib.parse.urlsplit(base_url)
        host, _ = parts.hostname, parts.port  # less name and password, which no message may show
    except ValueError:  # a port that is none
        host = None
    if not host or parts.scheme not in ("http", "https"):
        known = ", ".join(row.base_url for row in providers.providers() if row.status == "open")
        raise CloudError(f"base_url= has to be an address such as {known}.")
    near, row = providers.is_near(host), providers.provider_of(base_url)
    if row and row.status == "retired":
        raise CloudError(row.missing())
    if parts.scheme == "http" and not near:
        raise CloudError(f"http:// would send your key readable for everybody on the way to {host}. Write https://.")
    key = (key or (row.key() if row else "")).strip()
    if not key and not near:
        name = f"set {row.key_env}" if row else "give key=os.environ[...], never the key itself"
        raise CloudError(f"{host} needs a key. In the environment: {name}. No other key of yours is sent there.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise CloudError(f"The key for {host} has a blank or a strange sign in it. Copy it again.")
    return host, key or "practice"  # servers of one's own often want none, and the client insists on one


def with_pictures(messages: list[Message], pictures: list | tuple) -> list[dict]:
    """The messages in OpenAI's form; each picture is a part with a data URL, in the place of its tag."""
    if not pictures:
        return [asdict(message) for message in messages]
    shown = [{"type": "image_url", "image_url": {"url": to_data_url(picture)}} for picture in pictures]
    turns = [asdict(message) for message in placed(messages, len(pictures))]
    for turn in turns:
        pieces = [(n % 2, piece) for n, piece in enumerate(TAG.split(turn["content"])) if piece]
        if any(tag for tag, _ in pieces):
            turn["content"] = [shown[int(it) - 1] if tag else {"type": "text", "text": it} for tag, it in pieces]
    return turns
