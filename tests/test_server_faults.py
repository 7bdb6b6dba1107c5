"""The practice endpoint under bad input, bad clients and simulated clouds: it answers rightly, and goes on."""

import asyncio
import json
import socket
import time

import httpx2
import openai
import pytest

from course_utils import CourseError, server
from course_utils.pico.export import onnx_folder
from course_utils.server.engine import Engine, Loaded, RequestParams
from course_utils.server.problem import Problem

SUM = {"model": "pico-mini", "messages": [{"role": "user", "content": "What is 17 + 25?"}]}
STORY = {"model": "pico-mini", "messages": [{"role": "user", "content": "Tell me a story about a red fox."}]}


@pytest.fixture
def start():
    running = []

    def begin(**options):
        running.append(server.start(**options))
        return running[-1]

    yield begin
    for endpoint in running:
        endpoint.stop()


def client(endpoint, **more):
    return openai.OpenAI(base_url=endpoint.openai_url, api_key=more.pop("api_key", endpoint.key), max_retries=0, **more)


def works(endpoint) -> bool:
    reply = client(endpoint).chat.completions.create(**SUM)
    return "42" in reply.choices[0].message.content


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"null", 400),
        (b"[1]", 400),
        (b'{"model": 5, "messages": []}', 400),
        (b'{"messages": [{"role": "user", "content": "hi"}]}', 400),
        (b"[" * 100_000, 400),
        (json.dumps({**SUM, "stop": {"a": 1}}).encode(), 400),
        (json.dumps({**SUM, "max_tokens": -1}).encode(), 400),
        (json.dumps({**SUM, "max_tokens": "5"}).encode(), 400),
        (json.dumps({**SUM, "stream_options": {"include_usage": True}}).encode(), 400),
        (json.dumps({**SUM, "temperature": float("nan")}).encode(), 400),
        (b'{"model": "pico-mini", "messages": [{"role": "user", "content": "\\ud800"}]}', 400),
        (b" " * 20 * 2**20, 413),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_bad_bodies(start, body, status):
    endpoint = start()
    answer = httpx2.post(endpoint.openai_url + "/chat/completions", content=body)
    assert answer.status_code == status and set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert works(endpoint)


def test_unknown_settings_are_named():
    with pytest.raises(CourseError, match="rate_limit, slow, fail"):
        server.start(simulate={"rate_limt": 3})
    with pytest.raises(CourseError, match="above 0"):
        server.start(simulate={"rate_limit": 0})
    with pytest.raises(CourseError, match="slow is 'very'; a number"):
        server.start(simulate={"slow": "very"})


@pytest.mark.parametrize("more", [{"num_predict": "x"}, {"stop": [1]}, {"top_k": 1e20}, {"temperature": True}], ids=str)
def test_bad_options_of_ollama(start, more):
    endpoint = start()
    answer = httpx2.post(endpoint.url + "/api/generate", json={"model": "pico-mini", "prompt": "hi", "options": more})
    assert answer.status_code == 400 and f'option "{next(iter(more))}" must be' in answer.json()["error"]
    for body in ({"keep_alive": "nan"}, {"think": True}, {"suffix": "x"}, {"format": "xml"}, {"logprobs": True}):
        answer = httpx2.post(endpoint.url + "/api/generate", json={"model": "pico-mini", "prompt": "hi", **body})
        assert answer.status_code == 400, body
    assert httpx2.get(endpoint.url + "/api/ps").status_code == 200 and works(endpoint)


def test_rate_limit(start):
    endpoint = start(simulate={"rate_limit": 2})
    assert works(endpoint) and works(endpoint)
    with pytest.raises(openai.RateLimitError) as caught:
        works(endpoint)
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60
    assert len(client(endpoint).models.list().data) >= 3  # only questions count


def test_a_failure_once_and_the_clients_own_retry(start):
    endpoint = start(simulate={"fail": 1})
    with pytest.raises(openai.InternalServerError):
        works(endpoint)
    assert works(endpoint)
    patient = openai.OpenAI(base_url=start(simulate={"fail": 1}).openai_url, api_key="x", max_retries=2)
    assert "42" in patient.chat.completions.create(**SUM).choices[0].message.content


def test_slow(start):
    endpoint = start(simulate={"slow": 0.5})
    began = time.perf_counter()
    assert works(endpoint) and time.perf_counter() - began >= 0.5
    with pytest.raises(openai.APITimeoutError):
        client(endpoint, timeout=0.2).chat.completions.create(**SUM)


def test_a_stream_that_breaks_off(start):
    endpoint = start(simulate={"drop": 1})
    with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError, openai.APIConnectionError)):
        list(client(endpoint).chat.completions.create(**STORY, stream=True))
    assert list(client(endpoint).chat.completions.create(**STORY, stream=True)) and works(endpoint)


def test_a_retired_model_says_so(start):
    with pytest.raises(openai.APIStatusError) as caught:
        client(start()).chat.completions.create(**{**SUM, "model": "gpt-3-practice"})
    assert caught.value.status_code == 410 and "has been retired" in str(caught.value.body)


def test_a_client_that_leaves_frees_the_engine(start):
    endpoint = start()
    body = json.dumps({**STORY, "stream": True, "temperature": 2, "max_tokens": 900}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", endpoint.port)) as connection:
            connection.sendall(head + body)
            connection.recv(200)
    assert works(endpoint)


@pytest.fixture(scope="module")
def loaded():
    return Loaded.open(onnx_folder("pico-mini", progress=False))


def test_a_full_line_is_told(loaded):
    async def fill() -> None:
        engine = Engine(at_once=1, waiting=1)
        prompt = loaded.read("Tell me a story.", [])
        jobs = engine.submit(prompt, [RequestParams()] * 2, loaded)
        with pytest.raises(Problem, match="Try again"):
            engine.submit(prompt, [RequestParams()], loaded)
        for job in jobs:
            job.cancelled = True
        engine.close()

    asyncio.run(fill())


def test_of_several_answers_all_have_a_place_or_none(start):
    endpoint = start()
    engine = endpoint._server.config.app.state.engine
    engine.at_once, engine.waiting = 1, 2  # three places
    with pytest.raises(openai.InternalServerError) as caught:
        client(endpoint).chat.completions.create(**SUM, n=8)
    assert caught.value.status_code == 503 and caught.value.response.headers["retry-after"] == "1"
    assert engine._in_line == 0 and works(endpoint)  # at once: nobody writes for nobody
    assert len(client(endpoint).chat.completions.create(**SUM, n=3).choices) == 3
