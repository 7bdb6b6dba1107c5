"""Many clients at once: more in all than one gets, right answers, fair shares, nothing lost, and flat memory.

`COURSE_LOAD_SECONDS=60 pytest tests/test_server_load.py` lets 64 clients ask for a minute; by itself for some seconds.
The bounds are loose, for other programs may use the cores; `python -m course_utils bench serve` measures.
"""

import ctypes
import gc
import json
import os
import socket
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from http.client import HTTPConnection

import psutil
import pytest

from course_utils import load, server
from course_utils.models import smollm2
from course_utils.server import app
from course_utils.server.engine import Engine
from tests.crowd import OURS, PROMPTS, ask, crowd, processor_seconds, rate, running

SECONDS = float(os.environ.get("COURSE_LOAD_SECONDS", 3))
CLIENTS = 64  # of whom the server takes 32 at once; the others wait
QUESTIONS = ["What is 17 + 25?", "Tell me a story about a red fox in the forest.", "hello", "What does the fox eat?"]
LONG = "Write a long story about a lighthouse and the people who live in it."
TELL = {"messages": [{"role": "user", "content": LONG}], "temperature": 0}
here = pytest.mark.skipif(not (smollm2.package.wanted() and smollm2.package.ready()), reason="SmolLM2 is not here")


def begin(port: int, path: str, body: dict) -> HTTPConnection:
    """Send a request, and read nothing yet."""
    web = HTTPConnection("127.0.0.1", port, timeout=60)
    web.request("POST", path, json.dumps({"model": "smollm2"} | body), {"Content-Type": "application/json"})
    return web


def story(port: int, tokens: int, **more) -> HTTPConnection:
    """Ask for a long answer."""
    return begin(port, "/v1/chat/completions", TELL | {"max_tokens": tokens} | more)


@pytest.fixture(scope="module")
def port():
    """A server in a process of its own, with SmolLM2 in memory in its default form."""
    with running(["-c", OURS, "--port"]) as number:
        yield number


@here
def test_sixteen_clients_get_more_in_all_than_one_and_the_same_answers(port, record_property):
    """By the clock or, where other programs take the cores, by the processor time that a token costs. The crowd comes
    first: what its prompts left in the cache helps the one who comes after."""
    best, turns = 0, 0
    while best < 1.5 and turns < 3:
        began, turns = processor_seconds(), turns + 1
        together = crowd(port, PROMPTS, max_tokens=24)
        between = processor_seconds()
        alone = [ask(port, prompt, max_tokens=24) for prompt in PROMPTS]
        by_the_clock = rate(together) / statistics.median(answer.tokens / answer.seconds for answer in alone)
        best = max(best, by_the_clock, (processor_seconds() - between) / (between - began))
        assert [answer.text for answer in together] == [answer.text for answer in alone]
        print(f"{by_the_clock:.2f} times the tokens of one client by the clock; the better of both ways {best:.2f}")
    record_property("times the tokens of one client", best)
    assert best >= 1.5


@here
def test_who_streams_and_who_waits_for_the_whole_get_the_same_share(port):
    both = crowd(port, PROMPTS[:8], (True, False), max_tokens=32)
    streaming, whole = rate(both[::2]), rate(both[1::2])
    assert all(answer.tokens == 32 for answer in both)
    assert 1 / 1.5 < streaming / whole < 1.5


@here
@pytest.mark.parametrize(
    ("path", "body", "small"),
    [
        ("/v1/chat/completions", TELL | {"n": 8, "max_tokens": 200}, {"n": 1, "max_tokens": 1}),
        ("/v1/embeddings", {"input": [f"{PROMPTS[-1]} {number}" for number in range(200)]}, {"input": "hello"}),
        ("/api/embed", {"input": [f"{PROMPTS[-1]} {number}" for number in range(200)]}, {"input": "hello"}),
    ],
)
def test_one_large_request_locks_nobody_out(port, path, body, small):
    with closing(begin(port, path, body | small)) as web:  # the first of its kind loads a model
        assert web.getresponse().status == 200
    with ThreadPoolExecutor(1) as pool, closing(begin(port, path, body)) as web:
        answer = pool.submit(web.getresponse)  # which comes when all of it is done
        time.sleep(1)
        other = ask(port, "What is rain?", max_tokens=8)
        assert not answer.done(), "the large request was too small to lock anybody out"
        hang_up(web)
        assert answer.exception() is not None
    assert other.first < 5 and other.tokens == 8
    left = time.monotonic()
    with closing(begin(port, path, body | small)) as web:
        assert web.getresponse().status == 200 and time.monotonic() - left < 5


@here
def test_clients_that_leave_free_their_places(monkeypatch):
    """Of a server that has two places, and room for two who wait."""
    monkeypatch.setattr(app, "Engine", partial(Engine, rows=2, waiting=2))
    with server.start() as endpoint, ExitStack() as stack:
        clients = [stack.enter_context(closing(story(endpoint.port, 1000, stream=True))) for _ in range(6)]
        answers = [client.getresponse() for client in clients]  # their beginning comes at once, who waits or not
        refused = [answer for answer in answers if answer.status == 503]
        assert sorted(answer.status for answer in answers) == [200] * 4 + [503] * 2
        assert refused[0].headers["retry-after"] == "1" and b"server busy" in refused[0].read()
        with closing(story(endpoint.port, 1)) as late:
            assert late.getresponse().status == 503
        for client in clients:
            hang_up(client)
        end, status, answer = time.monotonic() + 10, 503, b""
        while status == 503 and time.monotonic() < end:
            time.sleep(0.2)
            with closing(story(endpoint.port, 1)) as late:
                found = late.getresponse()
                status, answer = found.status, found.read()
        assert status == 200 and json.loads(answer)["usage"]["completion_tokens"] == 1


def hang_up(web: HTTPConnection) -> None:
    """Leave at once, whatever the server has still to say."""
    web.sock.shutdown(socket.SHUT_RDWR)


def drive(number: int, truth: dict[str, str], clients: int, seconds: float) -> dict:
    """Let clients ask for some seconds, every second one as a stream. Tokens a second, answers, and wrong ones."""
    end = time.perf_counter() + seconds

    def client(place: int) -> list:
        answers, turn = [], place
        while not answers or time.perf_counter() < end:  # each asks once, however slow the computer is
            question = QUESTIONS[turn % len(QUESTIONS)]
            answers.append((question, ask(number, question, bool(place % 2), "pico-mini", max_tokens=200)))
            turn += 1
        return answers

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        found = [each for answers in pool.map(client, range(clients)) for each in answers]
    taken, wrong = time.perf_counter() - began, [each for each in found if each[1].text != truth[each[0]]]
    return {"rate": sum(answer.tokens for _, answer in found) / taken, "answers": len(found), "wrong": wrong}


def memory() -> int:
    """Bytes that are in use. glibc keeps what is freed, a few MB or hundreds; here it first gives it back."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return psutil.Process().memory_info().rss


def test_many_clients_lose_nothing_and_memory_stays_flat(record_property):
    direct = load("pico-mini", runtime="onnx")
    truth = {question: direct.chat(question).text for question in QUESTIONS}
    with server.start() as endpoint:
        drive(endpoint.port, truth, CLIENTS, SECONDS)  # the memory that so many at once need is taken here
        alone = drive(endpoint.port, truth, 1, max(1, SECONDS / 4))
        before = memory()
        many = drive(endpoint.port, truth, CLIENTS, SECONDS)  # raises what a client meets
        grown = memory() - before
    figures = {"one client, tokens/s": alone["rate"], f"{CLIENTS} clients, tokens/s": many["rate"]}
    figures |= {"answers": many["answers"], "memory grew by MB": grown / 1e6}
    for name, value in figures.items():
        record_property(name, value)
    print("; ".join(f"{name}: {value:.0f}" for name, value in figures.items()))
    assert many["answers"] >= CLIENTS and many["wrong"] == [] and alone["wrong"] == []
    assert grown < 60e6


def test_each_token_is_sent_by_itself():
    """As the client sees it: a piece for each token but the one that ends the answer, and they come one by one."""
    body = {"model": "pico-mini", "messages": [{"role": "user", "content": QUESTIONS[1]}], "stream": True}
    with server.start() as endpoint:
        for _ in range(3):
            with closing(
                begin(endpoint.port, "/v1/chat/completions", body | {"stream_options": {"include_usage": True}})
            ) as web:
                lines = [line.removeprefix(b"data: ") for line in web.getresponse()]
            rows = [json.loads(line) for line in lines if line.startswith(b"{")]
            pieces = [choice for row in rows for choice in row["choices"] if choice["delta"].get("content")]
            assert rows[-1]["usage"]["completion_tokens"] - 1 == len(pieces) > 20
