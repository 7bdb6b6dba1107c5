"""`load(..., runtime="cloud")` against the practice endpoint: answers, errors that say what to do, no key anywhere."""

import json
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from course_utils import load, server, show
from course_utils.models.chat import BadOption, CourseError, EmptyPrompt, UnknownOption
from course_utils.models.cloud_model import CloudError
from course_utils.show.chat_window import PROMPTS

KEY = "canary-5f1e09c2b7"
SUM = "What is 17 + 25?"


@pytest.fixture(scope="module")
def endpoint():
    with server.start(key=KEY) as running:
        yield running


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENROUTER_API_KEY", "NVIDIA_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def cloud(endpoint, name="pico-mini", **more):
    return load(name, runtime="cloud", base_url=endpoint.openai_url, **{"key": endpoint.key, **more})


def test_it_answers_as_the_model_itself_does(endpoint):
    here, there = load("pico-mini").chat(SUM), cloud(endpoint).chat(SUM)
    assert there.text == here.text
    assert there.prompt_tokens == here.prompt_tokens
    assert there.completion_tokens > 0 and there.finish_reason == "stop"


def test_the_stream_counts_tokens_as_the_service_does(endpoint):
    stream = cloud(endpoint).stream("Tell me a story about a red fox.", max_new_tokens=30)
    text = "".join(chunk.text for chunk in stream)
    assert text and stream.completion_tokens == 30 and stream.finish_reason == "length"


def test_an_answer_can_be_left_half_way(endpoint):
    stream = cloud(endpoint).stream("Tell me a story about a red fox.")
    next(stream)
    stream.close()
    assert stream.finish_reason == "interrupted"


@pytest.mark.parametrize(
    ("name", "more", "status", "words"),
    [
        ("pico-mini", {"key": "wrong-key"}, 401, "does not accept the key"),
        ("pico-maxi", {}, 404, "model.models()"),
        ("gpt-3-practice", {}, 410, "choose another model"),
    ],
)
def test_what_the_service_refuses_says_what_to_do(endpoint, name, more, status, words):
    with pytest.raises(CloudError) as found:
        cloud(endpoint, name, **more).chat(SUM)
    assert str(found.value).startswith(f"{status}: ") and words in str(found.value)
    assert found.value.__cause__ is None and found.value.__suppress_context__


def test_too_many_requests_name_the_wait():
    with server.start(simulate={"rate_limit": 1}) as strict:
        model = cloud(strict)
        model.chat(SUM)
        with pytest.raises(CloudError, match=r"Wait [1-6]?\d seconds"):
            model.chat(SUM)


def test_a_fault_of_the_server_is_told_and_passes():
    with server.start(simulate={"fail": 1}) as shaky:
        with pytest.raises(CloudError, match="Ask again in a moment"):
            cloud(shaky).chat(SUM)
        assert "42" in cloud(shaky).chat(SUM).text


def test_a_slow_server_is_not_waited_for():
    with server.start(simulate={"slow": 3}) as slow, pytest.raises(CloudError, match="did not answer in time"):
        cloud(slow, timeout=0.3).chat(SUM)


def test_a_stream_that_breaks_off_is_not_taken_for_an_answer():
    with server.start(simulate={"drop": 1}) as shaky, pytest.raises(CloudError, match="broke off"):
        cloud(shaky).chat("Tell me a story about a red fox.")


@pytest.fixture
def odd():
    """A service that answers everything with one status, type and body: set `odd.answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            status, kind, body = web.answer
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST

        def log_message(self, *_):
            pass

    web = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    web.model = load("x", runtime="cloud", base_url=f"http://127.0.0.1:{web.server_port}/v1")
    yield web
    web.shutdown()
    web.server_close()


QUOTA = json.dumps({"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota"}})
PIECES = [json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}) for text in ("A red", " fox")]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((429, "application/json", QUOTA), "no credit left. Waiting does not help"),
        ((402, "application/json", "{}"), "no credit left"),
        ((403, "application/json", '{"message": "The token lacks models:read."}'), "lacks models:read"),
        ((200, "text/html", "<html>A web page</html>"), "broke off"),
        ((200, "application/json", '{"error": "sorry"}'), "broke off"),
        ((200, "text/event-stream", "".join(f"data: {piece}\n\n" for piece in PIECES)), "ended the stream early"),
        ((200, "text/event-stream", "data: [DONE]\n\n"), "ended the stream early"),
    ],
)
def test_an_answer_that_is_none_is_told_in_words(odd, answer, words):
    odd.answer = answer
    with pytest.raises(CloudError, match=words):
        odd.model.chat(SUM)


@pytest.mark.parametrize("answer", [(200, "text/html", "<html>"), (200, "application/json", "[]")])
def test_what_lists_no_models_is_told_in_words(odd, answer):
    odd.answer = answer
    with pytest.raises(CloudError, match="not as OpenAI's API does"):
        odd.model.models()


def test_a_stream_without_usage_is_whole(odd):
    end = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    odd.answer = (200, "text/event-stream", "".join(f"data: {piece}\n\n" for piece in (*PIECES, end, "[DONE]")))
    reply = odd.model.chat(SUM)
    assert reply.text == "A red fox" and reply.finish_reason == "stop"


def test_the_list_of_models(endpoint):
    assert "pico-mini" in cloud(endpoint).models()


DEAD = {name: "http://127.0.0.1:9" for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy")}
CLIENTS = """
import os, urllib.request
import ollama, openai
from course_utils import load, server

place = server.start(key="k")
print(openai.OpenAI(base_url=place.openai_url, api_key="k", max_retries=0).models.list().data[0].id)
ask = urllib.request.Request(place.openai_url + "/models", headers={"Authorization": "Bearer k"})
print(urllib.request.urlopen(ask).status, ollama.Client(host=place.url, headers={"Authorization": "Bearer k"}).list())
print(load("pico-mini", runtime="cloud", base_url=place.openai_url, key="k").chat("What is 17 + 25?").text)
print(os.environ["NO_PROXY"] == os.environ["no_proxy"], os.environ["no_proxy"])
"""


def test_a_proxy_is_not_asked_for_this_computer():
    """HTTP_PROXY names a dead address: what the course talks to on 127.0.0.1 answers all the same."""
    clean = {name: value for name, value in os.environ.items() if name.casefold() != "no_proxy"}
    done = subprocess.run(
        [sys.executable, "-c", CLIENTS],
        env=clean | DEAD | {"NO_PROXY": "school.example"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-800:]
    assert "200" in done.stdout and "42" in done.stdout
    assert "True school.example,127.0.0.1,localhost" in done.stdout, "what was excepted before, still is"


def test_nobody_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(CloudError, match="Nothing answers at 127.0.0.1:"):
            load("pico-mini", runtime="cloud", base_url=address).chat(SUM)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({}, CloudError, "base_url="),
        ({"base_url": "not an address"}, CloudError, "base_url="),
        ({"base_url": "https://host:port/v1"}, CloudError, "base_url="),
        ({"base_url": "http://far.example/v1", "key": KEY}, CloudError, "https://"),
        ({"base_url": "https://far.example/v1"}, CloudError, "needs a key"),
        ({"base_url": "https://openrouter.ai/api/v1"}, CloudError, "OPENROUTER_API_KEY"),
        ({"base_url": "https://models.github.ai/inference"}, CloudError, "Retired on 30 July 2026"),
        ({"base_url": "https://models.inference.ai.azure.com", "key": KEY}, CloudError, "Retired on 30 July 2026"),
        ({"base_url": "https://far.example/v1", "key": KEY + " x"}, CloudError, "blank"),
        ({"base_url": "https://far.example/v1", "key": KEY + "ä"}, CloudError, "strange"),
        ({"base_uri": "https://far.example/v1"}, UnknownOption, "base_url"),
    ],
)
def test_bad_addresses_and_keys(options, kind, words):
    with pytest.raises(kind) as found:
        load("x", runtime="cloud", **options)
    assert words in str(found.value) and KEY not in str(found.value)


def test_a_key_goes_to_its_own_service_only(monkeypatch):
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = load("x", runtime="cloud", base_url="https://openrouter.ai/api/v1")
    assert model._client.api_key == KEY
    for stranger in ("https://openrouter.ai.evil.example/v1", "https://evilopenrouter.ai/v1"):
        with pytest.raises(CloudError, match="needs a key"):
            load("x", runtime="cloud", base_url=stranger)
    assert load("x", runtime="cloud", base_url="http://127.0.0.1:9/v1")._client.api_key == "practice"


def test_options_that_the_dialect_lacks(endpoint):
    with pytest.raises(BadOption, match="top_k"):
        cloud(endpoint).chat(SUM, top_k=5)
    with pytest.raises(EmptyPrompt):
        cloud(endpoint).chat("")


def test_no_key_is_in_what_a_learner_can_see(endpoint):
    model = cloud(endpoint)
    shown = [repr(model), str(model), str({name: value for name, value in vars(model).items() if name[0] != "_"})]
    for name in ("pico-mini", "pico-maxi", KEY):  # a service may quote what it was sent
        try:
            shown.append(str(cloud(endpoint, name).chat(SUM)))
        except CourseError as error:
            shown += [str(error), repr(error)]
    playground = show.playground(model, cloud(endpoint, "pico-medium")).ask("English")
    shown += [playground.text(), playground.html()]
    hidden = [text.replace(f"'{KEY}'", "") for text in shown]  # a model of that name would be shown as asked for
    assert [text for text in hidden if KEY in text] == []


# -- the playground ----------------------------------------------------------------------------------


def test_the_playground_asks_both_and_counts_votes(endpoint):
    playground = show.playground(cloud(endpoint), cloud(endpoint, "pico-medium"))
    assert set(PROMPTS) == {"中文", "English", "Suomi"}
    with pytest.raises(CourseError, match="Ask something first"):
        playground.vote("left")
    playground.ask("English").vote("right")
    assert "tokens/s" in str(playground) and "pico-medium 1" in str(playground)
    with pytest.raises(CourseError, match="vote once"):
        playground.vote("right")
    with pytest.raises(CourseError, match="'left'"):
        playground.vote("both")


def test_the_playground_shows_an_error_and_markup_as_text(endpoint):
    playground = show.playground(cloud(endpoint, "<b>nobody</b>"), cloud(endpoint)).ask(SUM)
    assert "404" in playground.panes["left"].status and "42" in playground.panes["right"].text
    assert "<b>" not in playground.html()


def test_the_playground_has_a_widget(endpoint):
    playground = show.playground(cloud(endpoint), cloud(endpoint, "pico-medium"))
    playground.widget()
    assert playground._votes["left"].disabled and not playground.send.disabled
    playground.ask("Suomi")
    assert not playground._votes["left"].disabled
    playground._votes["left"].click()
    assert playground.votes["left"] == 1 and "pico-mini 1" in playground._tally.value
