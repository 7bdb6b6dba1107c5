"""The practice endpoint: OpenAI's and Ollama's HTTP dialects over the course's models, on this computer.

    from course_utils import server

    endpoint = server.start()                   # SmolLM2 and three pico models, on 127.0.0.1 and a free port
    OpenAI(base_url=endpoint.openai_url, api_key=endpoint.key)
    ollama.Client(host=endpoint.url)
    endpoint.stop()                             # or let the kernel end: it stops then, too

`start(key=..., simulate=...)`: a key, and faults of clouds. `python -m course_utils serve` runs it for other programs.
`serve_model(model)` serves one model alone, or a function of your own, in OpenAI's dialect.
"""

import atexit
import os
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self

from course_utils.base import CourseError, cache_folder

LOCAL = "127.0.0.1"
HERE = (LOCAL, "localhost", "::1")  # what only this computer reaches
GRACE = 1  # seconds that answers have to end when the server is stopped


@dataclass
class Endpoint:
    """A running server. `key` is what clients send as their API key; if you gave none, any text will do."""

    host: str
    port: int
    key: str = field(repr=False)
    models: list[str]  # that it had at its start
    _server: Any = field(repr=False)  # of uvicorn
    _thread: threading.Thread = field(repr=False)

    @property
    def url(self) -> str:
        """For Ollama's clients."""
        host = {"0.0.0.0": LOCAL, "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def openai_url(self) -> str:
        """For OpenAI's clients: the base URL."""
        return self.url + "/v1"

    def stop(self) -> None:
        """Stop answering, and free the port and the memory. Without effect the second time."""
        atexit.unregister(self.stop)
        self._server.should_exit = True
        self._thread.join(timeout=15)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_) -> None:
        self.stop()


def start(
    key=None,
    simulate: dict[str, float | str] | None = None,
    host: str = LOCAL,
    port: int = 0,
    precision: str | None = None,
) -> Endpoint:
    """Start a server in a thread of this process, and return when it answers.

    key:       clients must send it; None lets everybody in who can reach 127.0.0.1; a Room has many, see room.py
    simulate:  faults to practise with, see simulator.py
    host:      anything but 127.0.0.1 lets other computers in, and needs a key
    port:      0 takes a free one
    precision: of SmolLM2, for measuring: "int4", "int8" or "fp32" (see models/smollm2.py); None: the course's own form
    Raises CourseError where the port is taken or a key is missing, and for a wrong setting.
    """
    from .app import build

    return _run(build(key, simulate, host, precision=precision), [], key, host, port)


def serve_model(model, key: str | None = None, host: str = LOCAL, port: int = 0) -> Endpoint:
    """Start a server for one model: what `load` returns, or a plain function from a message to a text. OpenAI's clients
    ask it at `.openai_url`, by its name. The arguments and errors are those of `start`."""
    from course_utils.models.chat import ChatModel, FunctionModel

    from . import own_model

    model = model if isinstance(model, ChatModel) else FunctionModel(model)
    return _run(own_model.build(model, key, host), [model.name], key, host, port)


def _run(app, models: list[str], key, host: str, port: int) -> Endpoint:
    """Serve the application in a thread, and return when it answers. `models`: its names, or [] for those it finds."""
    import uvicorn

    if host not in HERE and not key:
        raise CourseError(f"On {host} other computers can reach the server. Give it a key: start(host=..., key=...).")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=256)
    except (OSError, OverflowError, ValueError) as error:
        raise CourseError(f"Port {port} on {host} cannot be used: {error}. Port 0 takes a free one.") from error
    # Named as TCP once more: else asyncio leaves small packets waiting for 40 ms each.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, listener.detach())
    options = {"log_level": "critical", "access_log": False, "server_header": False, "lifespan": "on"}
    running = uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=GRACE, **options))
    sockets = {"sockets": [listener]}  # it closes them when it ends
    thread = threading.Thread(target=running.run, kwargs=sockets, name="course-server", daemon=True)
    thread.start()
    while not running.started:
        if not thread.is_alive():
            raise CourseError(f"The server ended before it had begun. Can it write in {cache_folder()}?")
        time.sleep(0.01)
    models = models or list(app.state.store.entries)
    key = list(key.students)[0] if hasattr(key, "students") else key or "practice"
    endpoint = Endpoint(host, listener.getsockname()[1], key, models, running, thread)
    atexit.register(endpoint.stop)
    _past_the_proxy()
    return endpoint


def find(*wanted, **options):
    """Where to ask, the real Ollama or the practice endpoint: see `find` in models/ollama_model.py."""
    from course_utils.models import ollama_model

    return ollama_model.find(start, *wanted, **options)


def _past_the_proxy() -> None:
    """A school's proxy cannot see this computer: the clients of this process shall not ask it for 127.0.0.1."""
    names = ("NO_PROXY", "no_proxy")  # one may be set and the other not, and Python asks the small one first
    known = [part.strip() for name in names for part in os.environ.get(name, "").split(",") if part.strip()]
    os.environ.update(dict.fromkeys(names, ",".join(dict.fromkeys([*known, *HERE]))))
