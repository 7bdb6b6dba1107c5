"""The practice endpoint under bad input, bad clients and simulated clouds: it answers rightly, and goes on."""

import json
import re
import socket
import time

import httpx2
import openai
import pytest

from course_utils import ROOT, CourseError, server
from course_utils.models.ollama_model import Place

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
    with pytest.raises(CourseError, match="rate_limit, slow, drop"):
        server.start(simulate={"rate_limt": 3})
    with pytest.raises(CourseError, match="above 0"):
        server.start(simulate={"rate_limit": 0})
    with pytest.raises(CourseError, match="slow is 'very'; a number"):
        server.start(simulate={"slow": "very"})


@pytest.mark.parametrize(
    ("more", "kind"),
    [  # api/types.go in ollama/ollama, FromMap
        ({"num_predict": "x"}, "integer"),
        ({"temperature": True}, "float32"),
        ({"stop": "x"}, "array"),
        ({"stop": [1]}, ""),
        ({"top_k": [40]}, "integer"),
    ],
    ids=str,
)
def test_bad_options_of_ollama(start, more, kind):
    endpoint = start()
    answer = httpx2.post(endpoint.url + "/api/generate", json={"model": "pico-mini", "prompt": "hi", "options": more})
    assert answer.status_code == 400 and f'option "{next(iter(more))}" must be of type {kind}' in answer.json()["error"]
    for body in ({"keep_alive": "nan"}, {"think": True}, {"suffix": "x"}, {"format": "xml"}, {"top_logprobs": 21}):
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


def test_a_stream_that_just_ends(start):
    """No error and no end mark: only who looks for `finish_reason`, or `done`, sees that something lacks."""
    endpoint = start(simulate={"unfinished": 1})
    chunks = list(client(endpoint).chat.completions.create(**STORY, stream=True))
    assert chunks[-1].choices[0].delta.content and not any(chunk.choices[0].finish_reason for chunk in chunks)
    whole = httpx2.post(endpoint.openai_url + "/chat/completions", json=STORY | {"stream": True}).text
    assert whole.endswith("data: [DONE]\n\n")
    told = httpx2.post(start(simulate={"unfinished": 1}).url + "/api/chat", json=STORY).text.splitlines()
    assert not json.loads(told[-1])["done"]


def test_an_error_inside_of_an_answer(start):
    """As OpenRouter's documentation, "Errors", has it: the status is 200, and only the body tells."""
    endpoint = start(simulate={"error_inside": 2})
    reply = client(endpoint).chat.completions.create(**SUM)
    assert reply.choices is None and reply.error["code"] == 502
    with pytest.raises(openai.APIError, match="Provider returned error"):
        list(client(endpoint).chat.completions.create(**SUM, stream=True))
    assert works(endpoint)


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        # OpenAI's guide "Error codes"; its body as ChatGPT-Next-Web's and others' issues have it
        ("insufficient_quota", openai.RateLimitError, (429, "insufficient_quota", "insufficient_quota")),
        # DeepSeek's documentation, "Error codes": 402, insufficient balance
        ("payment", openai.APIStatusError, (402, "unknown_error", "invalid_request_error")),
    ],
)
def test_an_empty_account_stays_empty(start, name, error, told):
    endpoint = start(simulate={name: 1})
    for _ in range(3):
        with pytest.raises(error) as caught:
            works(endpoint)
        assert (caught.value.status_code, caught.value.type, caught.value.code) == told
        assert "retry-after" not in caught.value.response.headers
    assert client(endpoint).models.list().data


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


def test_a_model_that_is_deleted_while_in_memory(start):
    """The very cells of notebook 05 that write, upload, compare and tidy up; twice, without the Modelfile section."""
    notebook = json.loads((ROOT / "notebooks" / "05_ollama.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"]]

    def cell(words: str) -> str:
        return next(source for source in cells if words in source)

    names: dict = {"find": server.find}
    exec(cell("place = server.find()"), names)
    names["place"], names["model"] = Place(start().url, "pico-mini", None), "pico-mini"
    names["client"] = names["ollama"].Client(host=names["place"].url, trust_env=False)
    exec(cell("def ask(text):"), names)
    exec(cell("gguf_file.write("), names)
    for _ in range(2):
        exec(cell("client.create_blob(file)"), names)
        assert names["same"]["mine"] == 5
        assert httpx2.get(f"{names['place'].url}/api/ps").json()["models"][0]["name"] == "pico-mini:latest"
    (call,) = re.findall(r"`(gguf_file\.modelfile\(.*?\))`", cell("gguf_file.modelfile("))
    assert eval(call, names).startswith("FROM ./mine.gguf")
