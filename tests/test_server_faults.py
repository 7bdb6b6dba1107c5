"""The practice endpoint under bad input, bad clients and simulated clouds: it answers rightly, and goes on."""

import json
import socket
import subprocess
import sys
import time

import httpx2
import openai
import pytest

from course_utils import ROOT, CourseError, server

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


def test_a_key_is_asked_for_and_never_shown(start):
    endpoint = start(key="very-secret")
    for key in ("wrong", "very-secre", "very-secret2"):
        with pytest.raises(openai.AuthenticationError) as caught:
            client(endpoint, api_key=key).models.list()
        assert "very-secret" not in str(caught.value.body) and caught.value.code == "invalid_api_key"
    assert httpx2.post(endpoint.url + "/api/chat", json=SUM).status_code == 401
    assert httpx2.get(endpoint.url).text == "Ollama is running"
    assert works(endpoint)


def test_web_pages_cannot_reach_it(start):
    endpoint = start()
    answer = httpx2.get(endpoint.openai_url + "/models", headers={"Host": "evil.example"})
    assert answer.status_code == 403
    answer = httpx2.get(endpoint.openai_url + "/models", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_other_computers_need_a_key():
    with pytest.raises(CourseError, match="Give it a key"):
        server.start(host="0.0.0.0")
    with server.start(host="0.0.0.0", key="k") as endpoint:
        assert works(endpoint)


def test_a_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CourseError, match=f"Port {port}"):
            server.start(port=port)


def test_unknown_settings_are_named():
    with pytest.raises(CourseError, match="rate_limit, slow, fail"):
        server.start(simulate={"rate_limt": 3})
    with pytest.raises(CourseError, match="above 0"):
        server.start(simulate={"rate_limit": 0})
    with pytest.raises(CourseError, match="a float is wanted"):
        server.start(simulate={"slow": "very"})
    with pytest.raises(CourseError, match="pico-mini, pico-medium"):
        server.start(models=["pico-giant"])


@pytest.mark.parametrize("more", [{"num_predict": "x"}, {"stop": [1]}, {"top_k": 1e20}, {"temperature": True}], ids=str)
def test_bad_options_of_ollama(start, more):
    endpoint = start()
    answer = httpx2.post(endpoint.url + "/api/generate", json={"model": "pico-mini", "prompt": "hi", "options": more})
    assert answer.status_code == 400 and "must be of type" in answer.json()["error"]
    for body in ({"keep_alive": "nan"}, {"think": True}, {"suffix": "x"}, {"format": "xml"}):
        answer = httpx2.post(endpoint.url + "/api/generate", json={"model": "pico-mini", "prompt": "hi", **body})
        assert answer.status_code == 400, body
    assert httpx2.get(endpoint.url + "/api/ps").status_code == 200 and works(endpoint)


def test_rate_limit(start):
    endpoint = start(simulate={"rate_limit": 2})
    assert works(endpoint) and works(endpoint)
    with pytest.raises(openai.RateLimitError) as caught:
        works(endpoint)
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60
    assert len(client(endpoint).models.list().data) == 3  # only questions count


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


@pytest.mark.parametrize("name", ["gpt-3-practice", "old"])
def test_a_retired_model_says_so(start, name):
    endpoint = start(simulate={"retired": "old"})
    with pytest.raises(openai.APIStatusError) as caught:
        client(endpoint).chat.completions.create(**{**SUM, "model": name})
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


def test_a_full_line_is_told(start):
    import asyncio

    from course_utils.pico.export import onnx_folder
    from course_utils.server.engine import Busy, Engine, Loaded, RequestParams

    async def fill() -> None:
        engine = Engine(at_once=1, waiting=1)
        loaded = Loaded.open(onnx_folder("pico-mini", progress=False))
        prompt = loaded.read("Tell me a story.", [])
        jobs = [engine.submit(prompt, RequestParams(), loaded) for _ in range(2)]
        with pytest.raises(Busy, match="Try again"):
            for _ in range(3):
                engine.submit(prompt, RequestParams(), loaded)
        for job in jobs:
            job.cancel()
        engine.close()

    asyncio.run(fill())


def test_the_command_serves_until_it_is_told_to_stop():
    code = "import sys; from course_utils.server.command import main; sys.exit(main(['--json', '--key', 'abc']))"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8")
    told = json.loads(process.stdout.readline())
    assert told["key"] == "abc"
    answer = httpx2.get(told["openai_url"] + "/models", headers={"Authorization": "Bearer abc"})
    assert answer.status_code == 200
    process.terminate()
    assert process.wait(timeout=20) == 0
