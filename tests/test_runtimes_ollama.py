"""Ollama as a runtime: the same answers as the other engines, and errors that say what to do."""

import json
import socket
import subprocess
import sys
import threading
import time
import warnings

import pytest

from course_utils import CourseError, load, server
from course_utils.models import ollama_model as runtime
from course_utils.models.chat import BadOption

SUM = "What is 17 + 25?"


@pytest.fixture(scope="module")
def endpoint():
    with server.start() as running:
        yield running


@pytest.fixture(scope="module")
def model(endpoint):
    return load("pico-mini", runtime="ollama", host=endpoint.url)


def _whole_request(line: socket.socket) -> bytes:
    with line.makefile("rb") as file:
        head = b"".join(iter(file.readline, b"\r\n"))
        length = next((int(row.split(b":")[1]) for row in head.lower().splitlines() if b"content-length" in row), 0)
        return head + file.read(length)


@pytest.fixture
def scripted():
    """A server on 127.0.0.1 that is an Ollama for `show`, and then sends the given bytes: `scripted(b"...")` -> url."""
    open_ones = []

    def start(answer: bytes, wait: float = 0.0) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        open_ones.append(listener)

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                with line:
                    asked = _whole_request(line)
                    if b"/api/show" in asked:
                        body = json.dumps({"model_info": {"phi3.context_length": 1024}}).encode()
                        line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
                    else:
                        time.sleep(wait)
                        line.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in open_ones:
        listener.close()


def test_it_answers_as_the_onnx_runtime_does(model):
    own = load("pico-mini", runtime="onnx")
    for question in (SUM, "Tell me a story about a red fox."):
        here, there = model.chat(question), own.chat(question)
        assert here.text == there.text and here.finish_reason == there.finish_reason == "stop"
        assert (here.prompt_tokens, here.completion_tokens) == (there.prompt_tokens, there.completion_tokens)
    assert model.context_length == own.context_length
    assert repr(model) == "<pico-mini in ollama, context of 1,024 tokens>"


def test_options_reach_the_server(model):
    short = model.chat("Tell me a story.", max_new_tokens=5)
    assert short.finish_reason == "length" and short.completion_tokens == 5
    dice = {"temperature": 1.0, "seed": 3, "max_new_tokens": 20}
    told = [model.chat("Tell me a story.", **dice).text for _ in range(2)]
    assert told[0] == told[1] != model.chat("Tell me a story.", temperature=1.0, seed=4, max_new_tokens=20).text
    assert "puutarhassa" in model.chat("Anna is in the garden.\nWhere is Anna?", system="Answer in Finnish.").text
    with pytest.raises(BadOption):
        model.chat("hello", temperature=-1)


def test_a_stream_can_be_closed_early_and_the_next_question_is_answered(model):
    stream = model.stream("Tell me a story.")
    assert next(stream).text
    stream.close()
    assert stream.finish_reason == "interrupted" and list(stream) == []
    assert model.chat(SUM).text.endswith("42.")


def test_the_courses_names_are_ollamas(endpoint):
    client = runtime.client(endpoint.url)
    client.create("phi3.5", from_="pico-mini")
    try:
        assert load("phi-3.5-mini", runtime="ollama", host=endpoint.url).name == "phi3.5"
    finally:
        client.delete("phi3.5")


def test_an_unknown_model_is_told_how_to_be_pulled(endpoint):
    with pytest.raises(runtime.OllamaError) as caught:
        load("phi4-mini", runtime="ollama", host=endpoint.url)
    assert "ollama pull phi4-mini" in str(caught.value) and "pico-mini:latest" in str(caught.value)
    assert isinstance(caught.value, CourseError)


def test_nobody_there_says_how_to_start_it():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(runtime.OllamaError, match="To start Ollama, .* https://ollama.com/download"):
        load("phi3.5", runtime="ollama", host=f"http://127.0.0.1:{port}")


def test_a_server_that_stops_is_noticed_in_the_next_question():
    with server.start() as running:
        model = load("pico-mini", runtime="ollama", host=running.url)
        assert model.chat(SUM).text
    with pytest.raises(runtime.OllamaError, match="Nobody answers"):
        model.chat(SUM)


def test_silence_ends_in_a_sentence(scripted):
    model = load("big", runtime="ollama", host=scripted(b"", wait=3), timeout=0.3)
    with pytest.raises(runtime.OllamaError, match="nothing for 0.3 seconds.*timeout="):
        model.chat(SUM)


HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
PIECE = b'{"model":"m","message":{"role":"assistant","content":"17"},"done":false}\n'


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (HEAD + PIECE, "broke off before"),
        (HEAD + PIECE + b'{"error":"an error was encountered while running the model"}\n', "while running the model"),
        (HEAD, "broke off before"),
        (b"HTTP/1.1 503 Busy\r\nConnection: close\r\n\r\n" + b'{"error":"server busy"}', "is busy"),
        (b"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n" + b'{"error":"no memory left"}', "no memory left"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + PIECE, "The connection .* broke off"),
        (b"", "The connection .* broke off"),
    ],
)
def test_what_breaks_is_a_course_error(scripted, answer, words):
    with pytest.raises(runtime.OllamaError, match=words):
        load("m", runtime="ollama", host=scripted(answer)).chat(SUM)


def test_what_was_cut_is_told(scripted):
    """A real Ollama reads a part of what is too long, with status 200; its counter is the only sign."""
    last = b'{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"%s"'
    last += b',"prompt_eval_count":%d,"eval_count":2}\n'
    half = load("m", runtime="ollama", host=scripted(HEAD + PIECE + last % (b"length", 514)), num_ctx=4096)
    assert half.context_length == 1024, "no more than it was trained for"
    with pytest.warns(UserWarning) as told:
        assert half.chat("fox " * 900).finish_reason == "length"
    assert [str(one.message).split(":")[0] for one in told] == [
        "m read 514 tokens of 900 words",
        "The answer was cut after 2 tokens",
    ]
    whole = load("m", runtime="ollama", host=scripted(HEAD + PIECE + last % (b"stop", 900)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert whole.chat("fox " * 800).prompt_tokens == 900


def test_a_prompt_that_is_too_long(model):
    with pytest.warns(UserWarning, match="of 3,000 words: cut"):  # as with a real Ollama
        assert model.chat("fox " * 3000, max_new_tokens=1).prompt_tokens <= model.context_length


def test_find_prefers_a_real_ollama(endpoint, monkeypatch, capsys):
    client = runtime.client(endpoint.url)
    monkeypatch.setenv("OLLAMA_HOST", endpoint.url)
    client.create("phi3.5", from_="pico-mini")
    try:
        place = server.find(("phi3.5",))
        assert (place.url, place.model) == (endpoint.url, "phi3.5")
    finally:
        client.delete("phi3.5")
    assert capsys.readouterr().out == f"Ollama {place.version} answers at {endpoint.url}. The model: phi3.5.\n"


def test_find_falls_back_to_the_practice_endpoint_in_one_line(endpoint, monkeypatch, capsys):
    monkeypatch.setenv("OLLAMA_HOST", endpoint.url)
    place = server.find(wanted=("phi3.5",))
    assert place.version is None and place.url != endpoint.url
    assert place.model == ("smollm2:135m" if "smollm2" in endpoint.models else "pico-mini")
    told = capsys.readouterr().out
    assert told.count("\n") == 1 and "has no model of ours (`ollama pull phi3.5`)" in told
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    server.find()
    assert "no Ollama answers at http://127.0.0.1:9" in capsys.readouterr().out


def test_the_file_means_the_library_of_the_same_name():
    code = "import course_utils.models.ollama_model as ours, ollama; print(ollama.Client.__module__, ours.OllamaModel)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
    assert told.startswith("ollama._client ")
