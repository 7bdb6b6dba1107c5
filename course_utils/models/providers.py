"""The services of providers.json: addresses, keys, state, prices; and a scan for keys, and a check of addresses. The
standard library alone, for `doctor --online` runs before anything is installed."""

import ipaddress
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from course_utils.base import CourseError, data

TABLE = data(__file__, "providers.json")
HERE = ("localhost", "127.0.0.1", "::1")  # this computer, which a proxy on the way to the world cannot see
# How the keys of these services begin, and what may follow. No key begins inside of a word.
KEY = r"(?<![A-Za-z0-9])(?:(?:sk-|nvapi-|gh[pousr]_|github_pat_|gsk_|xai-)[\w-]{16,}|AIza[\w-]{35}|hf_[A-Za-z0-9]{16,})"


@dataclass(frozen=True)
class Provider:
    """A service. `status`: "open", "retired" or "self-hosted". `checked_on`: when its row was held to its sources."""

    id: str
    name: str
    status: str
    base_url: str
    phi: str
    note: str
    checked_on: str
    sources: list[dict[str, str]]  # title and url
    key_env: str = ""
    key_at: str = ""
    base_url_env: str = ""
    model_env: str = ""  # where the name of a model is one's own
    also: tuple[str, ...] = ()  # other addresses of it

    def key(self) -> str:
        """The key from the environment, or an empty text. It is for the client alone: never print it."""
        return os.environ.get(self.key_env, "").strip()

    def address(self) -> str:
        """The base URL, with what the environment says about it; empty while it has a gap that only you can fill."""
        own = os.environ.get(self.base_url_env, "").strip()
        if own and self.model_env:  # Foundry, whatever address of it was copied
            return "{0.scheme}://{0.netloc}/openai/v1/".format(urllib.parse.urlsplit(own))
        return own or ("" if "{" in self.base_url else self.base_url)

    def missing(self) -> str:
        """What has to be set before it can be used, in one line; empty when nothing is missing."""
        if self.status == "retired":  # nobody needs a key for it
            return f"{self.name}: {self.note}"
        needed = [name for name in (self.key_env, self.base_url_env, self.model_env) if name]
        gaps = [name for name in needed if not os.environ.get(name, "").strip()]
        where = f" A key: {self.key_at}." if self.key_at and self.key_env in gaps else ""
        return f"{self.name}: skipped, {' and '.join(gaps)} not set.{where}" if gaps else ""

    def trace(self) -> str:
        """The sources of this row, with the day."""
        sources = "; ".join(f"{source['title']}, {source['url']}" for source in self.sources)
        return f"{self.name}: {sources}; read on {self.checked_on}"


@dataclass(frozen=True)
class Price:
    """What a million tokens cost, `input` for the prompt and `output` for the answer, and where that was read."""

    provider: str
    model: str
    input: float
    output: float
    currency: str
    read_on: str
    note: str
    source: dict[str, str]  # title and url

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """The price of one request, in `currency`."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / 1_000_000

    def trace(self) -> str:
        """Where the price was read, and when."""
        return f"{self.source['title']}, {self.source['url']}; read on {self.read_on} ({self.note})"


def providers() -> list[Provider]:
    """All services, in the order of the table."""
    return [Provider(**row) for row in TABLE["providers"]]


def provider(name: str) -> Provider:
    """One service, by its id. Raises CourseError."""
    rows = {row.id: row for row in providers()}
    if name not in rows:
        raise CourseError(f"There is no provider {name!r}. There are: {', '.join(rows)}.")
    return rows[name]


def prices() -> list[Price]:
    """The prices that were really read somewhere. They age: look yours up before you count on them."""
    return [Price(**row) for row in TABLE["prices"]]


def provider_of(url: str) -> Provider | None:
    """The service that an address belongs to, or None."""
    host, rows = urllib.parse.urlsplit(url).hostname or "", [row for row in providers() if row.status != "self-hosted"]
    known = ((row, urllib.parse.urlsplit(address).netloc) for row in rows for address in (row.base_url, *row.also))
    return next((row for row, net in known if host == net or "{" in net and host.endswith(net.partition("}")[2])), None)


def is_near(host: str) -> bool:
    """Whether a host is this computer or one in the same building: there a key may travel without encryption."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_private  # 127.0.0.1 is, too
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host


def pick_phi(names: list[str]) -> str | None:
    """The first Phi among the names of models, small ones and newer ones first; None if there is none."""
    phis = [name for name in names if re.search(r"(^|[/_.-])phi[-_]?\d", name, re.IGNORECASE)]
    return min(phis, key=lambda name: ("mini" not in name.casefold(), phis.index(name)), default=None)


def leaks(text: str, *keys: str) -> list[str]:
    """What in a text is a key, or looks like one, each as its first four signs and its length: never as it is. Looked
    for are `keys`, the values of the providers' variables in the environment, and the usual patterns."""
    secrets = [key for key in keys if key] + [row.key() for row in providers() if len(row.key()) >= 8]
    found = {key for key in secrets if key in text} | set(re.findall(KEY, text))
    return sorted(f"{key[:4]}… ({len(key)} signs)" for key in found)


def ask(row: Provider, timeout: float = 10.0) -> dict:
    """Ask a service for its models, without a key, and compare the answer with the table. Raises nothing. Returns `id`
    and `name` of the service, `status` of HTTP or None, `as_expected` (None: no telling) and `words`."""
    told, url = {"id": row.id, "name": row.name, "status": None, "as_expected": None}, row.address()
    if not url:
        return told | {"words": f"has an address of your own: set {row.base_url_env}"}
    try:
        request = urllib.request.Request(url.rstrip("/") + "/models", headers={"User-Agent": "slm-course-doctor"})
        proxies = {} if urllib.parse.urlsplit(url).hostname in HERE else None
        opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
        with opener.open(request, timeout=timeout) as reply:
            status = told["status"] = reply.status
    except urllib.error.HTTPError as error:
        status = told["status"] = error.code
        error.close()
    except (OSError, ValueError) as error:
        silent = f"no answer ({str(error)[:80]}): is there a network?"
        return told | {"words": "not running (optional)" if row.status == "self-hosted" else silent}
    if status == 429 or status >= 500:
        return told | {"words": f"HTTP {status}: busy or out of order, ask again later"}
    gone = status in (404, 410)
    told["as_expected"] = gone == (row.status == "retired")
    if not told["as_expected"]:
        return told | {"words": f"HTTP {status}, and the course says {row.status}, as of {row.checked_on}"}
    words = "answers, and wants a key" if status in (401, 403) else "answers"
    return told | {"words": f"HTTP {status}: {'retired, as the course says' if gone else words}"}
