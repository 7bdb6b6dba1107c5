"""The practice endpoint under bad input, bad clients and simulated clouds: it answers rightly, and goes on."""

import asyncio
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time

import httpx2
import openai
import pytest

from course_utils import ROOT, CourseError, server
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


def test_a_key_is_asked_for_and_never_shown(start):
    endpoint = start(key="very-secret")
    for key in ("wrong", "very-secre", "very-secret2"):
        with pytest.raises(openai.AuthenticationError) as caught:
            client(endpoint, api_key=key).models.list()
        assert "very-secret" not in str(caught.value.body) and caught.value.code == "invalid_api_key"
    assert httpx2.post(endpoint.url + "/api/chat", json=SUM).status_code == 401
    assert httpx2.get(endpoint.url).text == "Ollama is running"
    assert works(endpoint)


FOREIGN = ["https://evil.example", "http://127.0.0.1.evil.example", "http://localhost.evil.example:8000", "null", ""]
FOREIGN += ["file://", "http://evil.example/localhost", "https://localhost@evil.example", "http://[::1", "localhost"]


@pytest.mark.parametrize("origin", FOREIGN)
def test_web_pages_cannot_reach_it(start, origin):
    """What a browser sends for any page without asking first: a GET, and a POST of plain text, "simple" requests."""
    endpoint, headers = start(), {"Origin": origin, "Content-Type": "text/plain"}
    state = endpoint._server.config.app.state
    with httpx2.Client(base_url=endpoint.url) as web:
        before = web.get("/api/tags").json(), web.get("/api/ps").json()
        persona = {"model": "pico-mini", "from": "pico-mini", "system": "Answer in Finnish."}
        answers = [
            web.post("/api/create", content=json.dumps(persona), headers=headers),
            web.post("/api/create", content=json.dumps(persona | {"model": "mine"}), headers=headers),
            web.post("/api/copy", content=b'{"source": "pico-mini", "destination": "copy"}', headers=headers),
            web.post("/api/blobs/sha256:" + hashlib.sha256(b"x").hexdigest(), content=b"x", headers=headers),
            web.post("/api/chat", content=json.dumps(SUM), headers=headers),
            web.post("/v1/chat/completions", content=json.dumps(SUM), headers=headers),
            web.request("DELETE", "/api/delete", content=b'{"model": "pico-mini"}', headers=headers),
            *(web.get(path, headers=headers) for path in ("/", "/api/tags", "/v1/models", "/nowhere")),
            web.options("/api/create", headers=headers | {"Access-Control-Request-Method": "POST"}),
        ]
        assert [answer.status_code for answer in answers] == [403] * len(answers)
        assert "Origin" in answers[0].json()["error"] and answers[5].json()["error"]["code"] == "forbidden_origin"
        assert not any("access-control-allow-origin" in answer.headers for answer in answers)
        assert before == (web.get("/api/tags").json(), web.get("/api/ps").json())
    assert list(state.store.folder.glob("*.blob")) == [] and state.engine._in_line == 0
    assert list(state.store.entries) == endpoint.models


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://localhost",
        "http://localhost:3000",
        "https://localhost:8443",
        "http://127.0.0.1:8888",
        "http://[::1]:9",
    ],
)
def test_pages_of_this_computer_may_ask(start, origin):
    headers = {} if origin is None else {"Origin": origin}
    assert httpx2.post(start().openai_url + "/chat/completions", json=SUM, headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", ""])
def test_a_name_that_was_pointed_here_is_refused(start, host):
    answer = httpx2.get(start().openai_url + "/models", headers={"Host": host})
    assert answer.status_code == 403


def test_other_computers_need_a_key():
    with pytest.raises(CourseError, match="Give it a key"):
        server.start(host="0.0.0.0")
    with server.start(host="0.0.0.0", key="k") as endpoint:
        assert works(endpoint)


def test_a_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for wrong in (port, 99_999, -1):
            with pytest.raises(CourseError, match=f"Port {wrong} .* Port 0 takes a free one"):
                server.start(port=wrong)


def test_unknown_settings_are_named():
    with pytest.raises(CourseError, match="rate_limit, slow, drop"):
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


def test_a_stream_that_just_ends(start):
    """No error and no end mark: only who looks for `finish_reason`, or `done`, sees that something lacks."""
    endpoint = start(simulate={"unfinished": 1})
    chunks = list(client(endpoint).chat.completions.create(**STORY, stream=True))
    assert chunks[-1].choices[0].delta.content and not any(chunk.choices[0].finish_reason for chunk in chunks)
    whole = httpx2.post(endpoint.openai_url + "/chat/completions", json=STORY | {"stream": True}).text
    assert whole.endswith("data: [DONE]\n\n")
    told = httpx2.post(start(simulate={"unfinished": 1}).url + "/api/chat", json=STORY).text.split()
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


def test_a_server_takes_its_files_with_it(start):
    endpoint, other = start(), start()
    folder = endpoint._server.config.app.state.store.folder
    digest = hashlib.sha256(b"abc").hexdigest()
    assert httpx2.post(f"{endpoint.url}/api/blobs/sha256:{digest}", content=b"abc").status_code == 201
    other.stop()
    assert len(list(folder.iterdir())) == 1
    endpoint.stop()
    assert not folder.exists()


def test_a_model_that_is_deleted_while_in_memory(start):
    """The very cells of notebook 05 that write, upload, compare and tidy up; twice, without the Modelfile section."""
    notebook = json.loads((ROOT / "notebooks" / "05_ollama.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"]]

    def cell(words: str) -> str:
        return next(source for source in cells if words in source)

    names: dict = {"find": server.find}
    exec(cell("place = server.find()"), names)
    names["place"], names["model"] = server.Place(start().url, "pico-mini", None), "pico-mini"
    names["client"] = names["ollama"].Client(host=names["place"].url, trust_env=False)
    exec(cell("def ask(text):"), names)
    exec(cell("gguf_file.write("), names)
    for _ in range(2):
        exec(cell("client.create_blob(file)"), names)
        assert names["same"]["mine"] == 5
        assert httpx2.get(f"{names['place'].url}/api/ps").json()["models"][0]["name"] == "pico-mini:latest"
    (call,) = re.findall(r"`(gguf_file\.modelfile\(.*?\))`", cell("gguf_file.modelfile("))
    assert eval(call, names).startswith("FROM ./mine.gguf")


def test_the_command_serves_until_it_is_told_to_stop():
    code = "import sys; from course_utils.server.command import main; sys.exit(main(['--json', '--key', 'abc']))"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8")
    told = json.loads(process.stdout.readline())
    assert told["key"] == "abc" and "pico-mini" in told["models"]
    answer = httpx2.get(told["openai_url"] + "/models", headers={"Authorization": "Bearer abc"})
    assert answer.status_code == 200
    process.terminate()
    status = process.wait(timeout=60)
    assert os.name == "nt" or status == 0  # Windows ends a process without asking it


def test_the_help_of_the_command_needs_nothing_installed():
    code = "from course_utils.server.command import main; main(['--help'])"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0 and "--simulate NAME=VALUE" in done.stdout, done.stderr


def test_no_key_is_shown_by_accident(start):
    assert "very-secret" not in repr(start(key="very-secret"))
