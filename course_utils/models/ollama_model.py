"""Run a model in an Ollama server, or the practice endpoint: https://github.com/ollama/ollama/blob/main/docs/api.md."""

import re
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import chain, islice

import httpx
import ollama

from course_utils.base import CourseError
from course_utils.models.chat import TAG, BadPrompt, ChatModel, Chunk, Message, SamplingParams, Stream, placed
from course_utils.models.pictures import to_data_url
from course_utils.setup import machine

OWN_NAMES = {"phi-3.5-mini": "phi3.5", "phi-4-mini": "phi4-mini"}  # the course's names, and Ollama's
WANTED = ("smollm2:135m", "smollm2", "phi3.5", "phi4-mini", "phi3", "phi4", "pico-mini")  # the first that is there
CONTEXT = 4096  # tokens: what Ollama takes where nobody asks for more (docs/faq.mdx)


class OllamaError(CourseError):
    """The Ollama server is not there, does not have the model, or refused or could not finish a request."""


def client(url: str | None = None, seconds: float | None = None):
    """The library's client for an address, or that of OLLAMA_HOST or this computer. seconds: to wait for each piece."""
    # trust_env: a school's proxy cannot see the learner's own machine.
    return ollama.Client(host=url or machine.ollama_address(), timeout=seconds, trust_env=False)


def names(client) -> list[str]:
    """The models that the server of a client has."""
    return [str(model.model) for model in client.list().models]


class OllamaModel(ChatModel):
    """A model that an Ollama server runs. `client` is the library's own object, `url` where it asks."""

    runtime = "ollama"

    def __init__(self, name: str, host: str | None = None, timeout: float = 300.0, num_ctx: int = CONTEXT):
        """host: as in `client`. timeout: seconds to wait for each piece of an answer, the first also for the loading.
        num_ctx: tokens of prompt and answer, at most those that the model was trained for. Raises OllamaError."""
        self.name = OWN_NAMES.get(name, name)
        host = (host or machine.ollama_address()).rstrip("/")
        self.url = re.sub("//.*@", "//", host)  # less name and password, which no message may show
        self.timeout = timeout
        self.client = client(host, timeout)
        with self._explained():
            info = self.client.show(self.name).modelinfo or {}
        trained = next((int(size) for key, size in info.items() if key.endswith(".context_length")), CONTEXT)
        self.context_length = min(trained, num_ctx)

    def _answer(self, messages: list[Message], params: SamplingParams) -> Stream:
        options = {"num_predict": int(params.max_new_tokens), "num_ctx": self.context_length}
        options |= {"top_k": int(params.top_k), "repeat_penalty": float(params.repetition_penalty)}
        options |= {name: float(getattr(params, name)) for name in ("temperature", "top_p", "min_p")}
        options |= {} if params.seed is None else {"seed": int(params.seed)}
        rows = self.client.chat(self.name, with_images(messages, params.pictures), stream=True, options=options)
        with self._explained():
            first = list(islice(rows, 1))  # so that what is wrong with the request is said before the first token
        words = sum(len(message.content.split()) for message in messages)  # at least as many tokens are sent
        stream = Stream(self._write(first, rows, lambda: stream, words), 0)
        return stream

    def _write(self, first: list, rows: Iterator, stream: Callable, words: int) -> Generator[Chunk, None, str]:
        row = None
        with closing(rows), self._explained():
            for row in chain(first, rows):
                if row.message.content:
                    yield Chunk(row.message.content)
        if row is None or not row.done:
            raise OllamaError(f"{self.url} broke off before {self.name} had finished. Ask again.")
        # Only the last line counts tokens. Ollama counts the mark that ends an answer; the other runtimes do not.
        read = stream().prompt_tokens = row.prompt_eval_count or 0
        stream().completion_tokens = max((row.eval_count or 0) - (row.done_reason == "stop"), 0)
        if 0 < read < words:  # what is too long is cut with status 200, and nothing else tells
            warnings.warn(f"{self.name} read {read:,} tokens of {words:,} words: cut. See num_ctx=", stacklevel=2)
        if row.done_reason == "length":
            warnings.warn(f"The answer was cut after {row.eval_count or 0:,} tokens: see max_new_tokens=", stacklevel=2)
        return "length" if row.done_reason == "length" else "stop"

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns what the client raises into errors that say what to do."""
        try:
            yield
        except (ConnectionError, httpx.ConnectError) as error:
            raise OllamaError(
                f"Nobody answers at {self.url}. To start Ollama, open its app or run `ollama serve` in a terminal; to "
                "get it: https://ollama.com/download. Without it, `course_utils.server.start().url` is a host to "
                "practise with."
            ) from error
        except httpx.TimeoutException as error:
            raise OllamaError(
                f"{self.name} at {self.url} sent nothing for {self.timeout:g} seconds. A large model takes long to "
                "load: ask again, or give it more time with timeout=."
            ) from error
        except httpx.HTTPError as error:
            raise OllamaError(f"The connection to {self.url} broke off ({type(error).__name__}). Ask again.") from error
        except ollama.ResponseError as error:
            raise self._refused(error) from error

    def _refused(self, error) -> CourseError:
        said = str(error.error).strip()[:300]
        if error.status_code == 404 and "not found" in said:
            there = "unknown"
            with suppress(Exception):  # the list is a courtesy; the error is told without it
                there = ", ".join(names(self.client)) or "none"
            return OllamaError(
                f"{self.url} has no model {self.name!r}. Fetch it with `ollama pull {self.name}` in a terminal, or "
                f'`ollama.pull("{self.name}")` in Python. There are: {there}.'
            )
        if "context length" in said:
            return BadPrompt(f"The prompt is too long for {self.name}: {said}. Shorten it.")
        if error.status_code == 503:
            return OllamaError(f"{self.url} is busy ({said}). Wait a moment, and ask again.")
        return OllamaError(f"{self.url} refused the request: {said} (status {error.status_code}).")


def with_images(messages: list[Message], pictures: list | tuple) -> list[dict]:
    """The messages in Ollama's form: the pictures of a message lie beside its text, in the order of its tags."""
    if not pictures:
        return [asdict(message) for message in messages]
    turns = []
    for message in placed(messages, len(pictures)):
        images = [to_data_url(pictures[int(number) - 1]).partition(",")[2] for number in TAG.findall(message.content)]
        turns.append({"role": message.role, "content": TAG.sub("", message.content), "images": images})
    return turns


@dataclass(frozen=True)
class Place:
    """Where to ask: the address of a server, a model that it has, and its version (None: the practice endpoint)."""

    url: str
    model: str
    version: str | None


def find(start: Callable, wanted: tuple[str, ...] = WANTED) -> Place:
    """The real Ollama, if it answers and has a wanted model; else the practice endpoint, which `start` starts.

    A printed line says which.
    """
    real, why = machine.ollama(), "no Ollama answers"
    if real["reachable"]:
        url, version = real["address"], real["version"]
        have = [name.removesuffix(":latest") for name in names(client(url, seconds=10))]
        model = next((name for want in wanted for name in have if want in (name, name.split(":")[0])), None)
        if model:
            print(f"Ollama {version} answers at {url}. The model: {model}.")
            return Place(url, model, version)
        why = f"Ollama {version} answers, but has no model of ours (`ollama pull {wanted[0]}`)"
    endpoint = start()
    model = next(name for name in (WANTED[0], "pico-mini") if name in endpoint.models)
    print(f"The practice endpoint answers at {endpoint.url}: {why} at {real['address']}. The model: {model}.")
    return Place(endpoint.url, model, None)
