"""Clients of a chat server, alone or many at once, and the server in a process of its own: for `bench serve` and tests.

They understand what has come when all of it is there: clients and server share the cores.
"""

import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

import psutil

from course_utils.base import ROOT, CourseError, data
from course_utils.models import engines

PROMPTS = data(__file__, "crowd.json")  # sixteen, of four to sixty words
TOKENS, PATIENCE = 64, 120  # the most of an answer, and seconds that a server may take to start, or be silent
OURS = "import sys; from course_utils.server.command import main; sys.exit(main(sys.argv[1:]))"  # and its options
LOST = (OSError, HTTPException, CourseError)  # what `ask` raises


class Answer(NamedTuple):
    """What a client got: the text, its tokens by the server's count, and seconds to the first piece and the last."""

    text: str
    tokens: int
    first: float
    seconds: float


def ask(port: int, prompt: str, stream: bool = True, model: str = "smollm2", **more) -> Answer:
    """One greedy request over a connection of its own; `more`: other fields of it. Raises one of LOST."""
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], "max_tokens": TOKENS, "temperature": 0}
    body |= {"stream": stream} | ({"stream_options": {"include_usage": True}} if stream else {}) | more
    began = time.perf_counter()
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as web:
        web.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        lines = [(time.perf_counter() - began, line.removeprefix(b"data: ")) for line in web.getresponse()]
    rows = [(when, json.loads(line)) for when, line in lines if line.startswith(b"{")]
    if not rows or "usage" not in rows[-1][1]:
        raise CourseError(f"it answers {b' '.join(line for _, line in lines)[:300]!r}")
    choices = [(when, choice) for when, row in rows for choice in row["choices"]]
    parts = [(when, (choice.get("delta") or choice.get("message") or {}).get("content")) for when, choice in choices]
    parts = [(when, text) for when, text in parts if text] or [(rows[-1][0], "")]
    count = rows[-1][1]["usage"]["completion_tokens"]
    return Answer("".join(text for _, text in parts), count, parts[0][0], rows[-1][0])


def crowd(port: int, prompts: list[str], streams: tuple[bool, ...] = (True,), **more) -> list[Answer]:
    """A client for each prompt, all at once; `streams`: which of them want each token at once, over and over."""
    with ThreadPoolExecutor(len(prompts)) as pool:
        return list(pool.map(lambda *each: ask(port, *each, **more), prompts, itertools.cycle(streams)))


def rate(answers: list[Answer]) -> float:
    """Tokens a second of clients that began together."""
    return sum(answer.tokens for answer in answers) / max(answer.seconds for answer in answers)


@contextmanager
def running(arguments: list[str], model: str = "smollm2") -> Iterator[int]:
    """The port of a server that Python starts with these arguments and a port, its model loaded. Raises CourseError."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "ORT_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(ROOT)}
    environment["OMP_NUM_THREADS"] = str(engines.threads_for("smollm2"))  # PyTorch reads it when it starts
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, *arguments, str(port)], env=environment, **pipes)
    end, ready = time.monotonic() + PATIENCE, None
    try:
        while not ready:
            if process.poll() is not None or time.monotonic() > end:
                raise CourseError("it does not start.")
            with suppress(*LOST):
                ready = ask(port, "hello", model=model, max_tokens=4)
            time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.communicate()


def processor_seconds() -> float:
    """What the programs that this one has started have computed so far, on all cores."""
    return sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children(recursive=True))
