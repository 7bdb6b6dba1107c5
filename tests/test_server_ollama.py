"""The practice endpoint, spoken to by Ollama's own client."""

import asyncio
import hashlib
import json
import re
import time
import tomllib
from pathlib import Path

import httpx2
import ollama
import pytest

from course_utils import load, server
from course_utils.pico.export import gguf_file
from course_utils.server import store
from course_utils.server.problem import Problem
from course_utils.setup import machine

SUM = [{"role": "user", "content": "What is 17 + 25?"}]
ANSWER = "17 + 20 = 37. 37 + 5 = 42."
STORY = "Tell me a story."
ROWS = tomllib.loads(Path(__file__).with_name("server_rows.toml").read_text(encoding="utf-8"))["row"]


def get_weather(place: str) -> str:
    """The weather at a place.

    Args:
        place: where
    """
    return f"sunny in the {place}"


@pytest.fixture(scope="module")
def endpoint():
    with server.start() as running:
        yield running


@pytest.fixture(scope="module")
def client(endpoint):
    return ollama.Client(host=endpoint.url)


def test_it_is_taken_for_ollama(endpoint):
    assert httpx2.get(endpoint.url).text == "Ollama is running"
    found = machine.ollama(endpoint.url)
    assert found["reachable"] and found["version"] == store.DATA["ollama"]["version"]
    assert tuple(map(int, found["version"].split("."))) >= (0, 12)  # what clients ask for at least


@pytest.fixture(scope="module")
def narrow(client):
    """A persona with a window of its own."""
    client.create("narrow", from_="pico-mini", parameters={"num_ctx": 64, "temperature": 0, "num_predict": 3})
    yield "narrow"
    client.delete("narrow")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['path']} {row['send'][:60]}")
def test_it_answers_as_ollama_does(endpoint, narrow, row):
    answer = httpx2.post(endpoint.url + row["path"], content=row["send"], timeout=60)
    assert answer.status_code == row.get("status", 200), answer.text
    if "lines" in row:
        lines = [json.loads(line) for line in answer.text.splitlines()]
        told = [line.get("status") or line["error"] for line in lines]
        assert len(told) == len(row["lines"]) and all(map(str.startswith, told, row["lines"]))
        assert "error" in lines[-1]
    else:
        fields = answer.json()
        assert str(fields.get("error", "")).startswith(row.get("error", ""))
        assert {name: fields[name] for name in row.get("is", {})} == row.get("is", {})
        assert row.get("status", 200) == 200 or list(fields) == ["error"]


def test_list_show_and_ps(client):
    models = {model.model: model for model in client.list().models}
    assert list(models)[:2] == ["pico-mini:latest", "pico-medium:latest"]
    assert models["pico-mini:latest"].size > 4_000_000 and models["pico-mini:latest"].details.family == "phi3"
    shown = client.show("pico-mini")
    assert shown.modelinfo["general.parameter_count"] == 2_164_416 and "<|user|>" in shown.template
    client.generate("pico-mini", "hello")
    assert "pico-mini:latest" in [model.model for model in client.ps().models]


def test_chat_and_generate_answer_as_the_runtime_does(client):
    own = load("pico-mini", runtime="onnx").chat(SUM).text
    assert own == ANSWER
    assert client.chat("pico-mini", messages=SUM).message.content == own
    assert client.generate("pico-mini", "What is 17 + 25?").response == own
    assert "".join(part.message.content for part in client.chat("pico-mini", messages=SUM, stream=True)) == own
    assert "".join(part.response for part in client.generate("pico-mini", "What is 17 + 25?", stream=True)) == own


def test_the_asynchronous_client(endpoint):
    async def ask() -> list[str]:
        client = ollama.AsyncClient(host=endpoint.url)
        stream = await client.chat("pico-mini", messages=SUM, stream=True)
        return [part.message.content async for part in stream]

    assert "".join(asyncio.run(ask())) == ANSWER


@pytest.fixture
def loads(monkeypatch) -> list:
    """The folders that the server opens as models from now on."""
    opened, original = [], store.Loaded
    monkeypatch.setattr(store, "Loaded", lambda folder: opened.append(folder) or original(folder))
    return opened


def test_durations_are_true(loads, record_property):
    with server.start() as fresh:
        client = ollama.Client(host=fresh.url)
        began = time.perf_counter_ns()
        cold = client.chat("pico-mini", messages=SUM, keep_alive=0)
        took = time.perf_counter_ns() - began
        assert 0 < cold.load_duration < cold.total_duration <= took
        assert cold.prompt_eval_duration > 0 and cold.eval_duration > 0 and cold.eval_count == 23
        assert cold.load_duration + cold.prompt_eval_duration + cold.eval_duration <= cold.total_duration
        assert client.ps().models == [] and len(loads) == 1  # once for the answer, and then it has gone
        again = client.chat("pico-mini", messages=SUM)
        warm = client.chat("pico-mini", messages=SUM)
        assert again.load_duration > 0 == warm.load_duration and len(loads) == 2
    for name, answer in (("cold", cold), ("warm", warm)):
        record_property(f"{name} ms", answer.total_duration / 1e6)
        print(f"{name}: {answer.total_duration / 1e6:.0f} ms")


def test_a_model_stays_while_it_writes_for_anybody(client, loads):
    client.chat("pico-mini", messages=SUM, keep_alive="10m")
    story = {"messages": [{"role": "user", "content": STORY}], "keep_alive": 0, "stream": True}
    rows = client.chat("pico-mini", **story)
    next(rows)
    assert client.chat("pico-mini", messages=SUM).message.content == ANSWER
    list(rows)
    assert loads == [] and "pico-mini:latest" not in [model.model for model in client.ps().models]


def test_load_and_unload(client):
    assert client.generate("pico-mini", keep_alive="10m").done_reason == "load"
    assert "pico-mini:latest" in [model.model for model in client.ps().models]
    assert client.generate("pico-mini", keep_alive=0).done_reason == "unload"
    assert "pico-mini:latest" not in [model.model for model in client.ps().models]


def test_options(client):
    short = client.generate("pico-mini", STORY, options={"num_predict": 5})
    assert short.eval_count == 5 and short.done_reason == "length"
    cut = client.generate("pico-mini", "What is 17 + 25?", options={"stop": ["37"]})
    assert cut.response == "17 + 20 = " and cut.done_reason == "stop"
    dice = {"temperature": 1.0, "seed": 3, "num_predict": 30}
    told = [client.generate("pico-mini", STORY, options=dice).response for _ in range(2)]
    assert told[0] == told[1]
    with pytest.raises(ollama.ResponseError, match="temperature.*must be of type float32"):
        client.generate("pico-mini", "hello", options={"temperature": "hot"})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"min_p": 5}, "from 0 .off. to 1"),
        ({"repeat_penalty": 0}, "above 0"),
        ({"top_k": 1.9}, "must be of type integer"),
        ({"seed": True}, "must be of type integer"),
        ({"stop": "37"}, "must be of type array"),
        ({"stop": [37]}, "must be of type"),
        ({"top_p": 1.5}, "up to 1"),
        ({"temperature": -1}, "0 .the likeliest token."),
        ({"presence_penalty": 1}, "not available"),
        ({"frequency_penalty": 0.5}, "not available"),
        ({"typical_p": 0.5}, "not available"),
        ({"repeat_last_n": 64, "repeat_penalty": 1.1}, "not available"),
    ],
    ids=str,
)
def test_options_are_checked_before_a_model_is_loaded(loads, options, words):
    with server.start() as fresh, httpx2.Client(base_url=fresh.url) as web:
        body = {"model": "pico-mini", "prompt": "hello", "options": options, "stream": False}
        answer = web.post("/api/generate", json=body)
        assert answer.status_code == 400 and re.search(words, answer.json()["error"])
        assert f"{next(iter(options))}" in answer.json()["error"] and loads == []
        made = web.post("/api/create", json={"model": "odd", "from": "pico-mini", "parameters": options})
        assert made.status_code == 400 and web.post("/api/show", json={"model": "odd"}).status_code == 404


def test_options_that_ask_for_nothing(client):
    options = {"num_predict": -1, "top_k": 0, "seed": -1, "presence_penalty": 0, "mirostat": 0, "num_thread": 1}
    assert client.generate("pico-mini", "What is 17 + 25?", options=options).response == ANSWER
    far = {"temperature": 1.0, "top_k": 10**6, "top_p": 0, "seed": 1}  # above the vocabulary; a nucleus of one
    assert client.generate("pico-mini", "What is 17 + 25?", options=far).response == ANSWER


def test_a_schema_holds_with_every_option(client):
    shape = {"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"], "additionalProperties": False}
    options = {"temperature": 1.5, "top_k": 40, "top_p": 0.9, "repeat_penalty": 1.3, "seed": 5}
    for stream in (False, True):
        rows = client.chat("pico-mini", messages=SUM, format=shape, options=options, stream=stream)
        text = "".join(row.message.content for row in rows) if stream else rows.message.content
        assert json.loads(text)["n"] in (1, 2)


def test_a_context_continues(client):
    first = client.generate("pico-mini", "What is 17 + 25?")
    assert len(first.context) == first.prompt_eval_count + first.eval_count
    alone = client.generate("pico-mini", "hello")
    after = client.generate("pico-mini", "hello", context=first.context)
    assert after.prompt_eval_count == len(first.context) + alone.prompt_eval_count
    assert after.context[: len(first.context)] == first.context
    rows = list(client.generate("pico-mini", "hello", context=first.context, stream=True))
    assert [row.context for row in rows[:-1]] == [None] * (len(rows) - 1) and rows[-1].context == after.context
    assert client.generate("pico-mini", "One morning", raw=True).context is None  # as the real one
    with pytest.raises(ollama.ResponseError, match="none of this model's tokens"):
        client.generate("pico-mini", "hello", context=[10**6])


def test_an_empty_system_text_leaves_the_personas(client):
    client.create("suomi", from_="pico-mini", system="Answer in Finnish.")
    counts = [client.generate("suomi", "hello", system=text).prompt_eval_count for text in ("", None, "Be brief.")]
    assert counts[0] == counts[1] > client.generate("pico-mini", "hello").prompt_eval_count
    client.delete("suomi")


def test_the_window_is_real(client, narrow):
    talk = [{"role": "user", "content": f"This is number {n}. The fox sleeps in the garden."} for n in range(40)]
    whole = client.chat("pico-mini", messages=talk, options={"num_predict": 1}).prompt_eval_count
    for name, options, window in (
        ("pico-mini", {"num_ctx": 100}, 100),
        (narrow, {}, 64),
        (narrow, {"num_ctx": 90}, 90),
    ):
        cut = client.chat(name, messages=talk, options=options | {"num_predict": 1}).prompt_eval_count
        assert window / 2 < cut <= window < whole
        assert {model.model: model.context_length for model in client.ps().models}["pico-mini:latest"] == window
    client.chat("pico-mini", messages=SUM)
    loaded = {model.model: model.context_length for model in client.ps().models}
    assert loaded["pico-mini:latest"] == 1024  # 4096, or as many as the model can
    last = client.chat("pico-mini", messages=talk[-1:], options={"num_predict": 1})
    options = {"num_predict": 1, "num_ctx": last.prompt_eval_count}
    assert client.chat("pico-mini", messages=talk, options=options).prompt_eval_count == last.prompt_eval_count


def test_what_shall_not_be_cut_is_refused(endpoint):
    body = {"model": "pico-mini", "prompt": "fox " * 3000, "stream": False, "options": {"num_predict": 1}}
    for more, status in (({}, 200), ({"truncate": False}, 400), ({"shift": False}, 400)):
        answer = httpx2.post(endpoint.url + "/api/generate", json=body | more, timeout=60)
        assert answer.status_code == status and ("error" in answer.json()) == (status == 400)


@pytest.mark.parametrize("stream", [False, True])
def test_log_probabilities(client, stream):
    def ask(**more) -> list:
        rows = client.chat("pico-mini", messages=SUM, stream=stream, logprobs=True, **more)
        return [row for part in (rows if stream else [rows]) for row in part.logprobs or []]

    plain, alternatives = ask(), ask(top_logprobs=3)
    assert "".join(row.token for row in plain).startswith(ANSWER)
    assert all(row.logprob <= 0 and row.top_logprobs is None for row in plain)
    for row, other in zip(alternatives, plain, strict=True):
        assert len(row.top_logprobs) == 3 and row.top_logprobs[0].token == row.token == other.token
    assert client.generate("pico-mini", "hello", top_logprobs=3).logprobs is None  # without `logprobs` it says nothing
    assert client.generate("pico-mini", "hello", logprobs=True).logprobs


KEEP = [("5m", 300), ("1h30m", 5400), ("1.5h", 5400), ("+8h", 28_800), ("90s500ms", 90.5), (900, 900), (1.5e3, 1500)]


@pytest.mark.parametrize(("keep", "seconds"), [*KEEP, ("1e3", None), ("900000000µs", 900), ("9e2s", None)])
def test_durations_of_keep_alive(client, keep, seconds):
    if seconds is None:  # Go knows no exponents here
        with pytest.raises(ollama.ResponseError, match="unknown unit"):
            client.generate("pico-mini", keep_alive=keep)
    else:
        client.generate("pico-mini", keep_alive=keep)
        assert _left(client) == pytest.approx(seconds, abs=5)


def _left(client) -> float:
    """Seconds that pico-mini stays in memory."""
    until = {model.model: model.expires_at.timestamp() for model in client.ps().models}
    return until["pico-mini:latest"] - time.time()


def test_keep_alive_is_remembered_and_begins_with_the_end(client):
    for forever in (-1, "-1m", -0.5):
        client.generate("pico-mini", keep_alive="5m")
        client.generate("pico-mini", keep_alive=forever)
        client.chat("pico-mini", messages=SUM)  # says nothing of it
        client.embed("pico-mini", "")
        assert _left(client) > 50 * 365 * 86_400
    client.chat("pico-mini", messages=SUM, keep_alive="100s")
    after = _left(client)
    assert 99 < after <= 100
    client.chat("pico-mini", messages=SUM)
    assert 99 < _left(client) <= 100


@pytest.mark.parametrize("keep", ["", "-", "m", ".s", "--1s", "١s"])
def test_what_is_no_duration(client, keep):
    with pytest.raises(ollama.ResponseError, match="invalid duration"):
        client.generate("pico-mini", keep_alive=keep)


def test_a_schema_and_tools(client):
    shape = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9, "minimum": 0}}}
    shape |= {"required": ["n"], "additionalProperties": False}
    found = json.loads(
        client.chat("pico-mini", messages=SUM, format=shape, options={"num_predict": 40}).message.content
    )
    assert 0 <= found["n"] <= 9
    asked = [{"role": "user", "content": "Check the weather in the garden."}]
    for reply in (
        client.chat("pico-mini", messages=asked, tools=[get_weather]),
        next(part for part in client.chat("pico-mini", messages=asked, tools=[get_weather], stream=True)),
    ):
        (call,) = reply.message.tool_calls
        assert call.function.name == "get_weather" and call.function.arguments == {"place": "garden"}


def test_a_call_has_an_id(endpoint):  # api/types.go, ToolCall; the Python package's own type leaves it out
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {"properties": {"place": {}}}}}
    asked = [{"role": "user", "content": "Check the weather in the garden."}]
    body = {"model": "pico-mini", "messages": asked, "tools": [tool], "stream": False}
    (call,) = httpx2.post(endpoint.url + "/api/chat", json=body, timeout=60).json()["message"]["tool_calls"]
    assert re.fullmatch("call_[a-z0-9]{8}", call["id"]) and list(call["function"]) == ["index", "name", "arguments"]
    messages = [*asked, {"role": "assistant", "content": "", "tool_calls": [call]}]
    body["messages"] = [*messages, {"role": "tool", "content": "sunny", "tool_call_id": call["id"]}]
    assert httpx2.post(endpoint.url + "/api/chat", json=body, timeout=60).json()["message"]["content"]


def test_embeddings_are_vectors_of_length_one(client):
    found = client.embed("pico-mini", ["The fox sleeps.", "The fox sleeps.", "The train is late."])
    assert [len(vector) for vector in found.embeddings] == [192] * 3
    assert found.embeddings[0] == found.embeddings[1] != found.embeddings[2]
    assert sum(value**2 for value in found.embeddings[0]) == pytest.approx(1, abs=1e-4)


def test_embeddings_of_nothing(endpoint, client):
    with httpx2.Client(base_url=endpoint.url) as web:
        for nothing in ({"input": ""}, {"input": []}, {}):
            answer = web.post("/api/embed", json={"model": "pico-mini", **nothing})
            assert answer.status_code == 200 and answer.json()["embeddings"] == [], nothing
    for texts, words in ((["The fox.", ""], "input 1 is empty"), ([""], "input 0 is empty")):
        with pytest.raises(ollama.ResponseError, match=words):
            client.embed("pico-mini", texts)


def test_embeddings_in_other_shapes(client):
    whole = client.embed("pico-mini", "The fox.").embeddings[0]
    assert client.embeddings("pico-mini", "The fox.").embedding == pytest.approx(whole, abs=1e-6)
    short = client.embed("pico-mini", "The fox.", dimensions=8).embeddings[0]
    scale = sum(value**2 for value in whole[:8]) ** 0.5
    assert short == pytest.approx([value / scale for value in whole[:8]], abs=1e-5)
    for all_of_them in (0, 192, 10**6):
        assert len(client.embed("pico-mini", "The fox.", dimensions=all_of_them).embeddings[0]) == 192
    long = "fox " * 2000
    assert len(client.embed("pico-mini", long).embeddings) == 1
    with pytest.raises(ollama.ResponseError, match="the input length exceeds the context length"):
        client.embed("pico-mini", long, truncate=False)
    with pytest.raises(ollama.ResponseError, match="num_ctx"):  # it would cut the text
        client.embed("pico-mini", "The fox sleeps in the garden.", options={"num_ctx": 4})


def test_a_persona_keeps_its_words_when_tools_are_given(client):
    client.create("suomi", from_="pico-mini", system="Answer in Finnish.")
    counts = {
        (name, bool(tools)): client.chat(name, messages=SUM, tools=tools).prompt_eval_count
        for name in ("pico-mini", "suomi")
        for tools in ([], [get_weather])
    }
    plain, words = counts["pico-mini", False], counts["suomi", False] - counts["pico-mini", False]
    assert words > 2 and counts["suomi", True] > counts["pico-mini", True] > plain


def test_a_persona_can_be_made_copied_and_deleted(client):
    made = client.create("bear", from_="pico-mini", system="You are a bear.", parameters={"stop": ["Emma"]})
    assert made.status == "success"
    shown = client.show("bear")
    assert 'SYSTEM """You are a bear."""' in shown.modelfile and 'PARAMETER stop "Emma"' in shown.modelfile
    story = "Tell me a story about a brown bear in the garden."
    assert "Emma" in client.generate("pico-mini", story).response
    assert "Emma" not in client.generate("bear", story).response
    client.create("bear2", from_="bear")
    assert {"bear:latest", "bear2:latest"} <= {model.model for model in client.list().models}
    client.delete("bear2")
    with pytest.raises(ollama.ResponseError, match="not found"):
        client.show("bear2")


def test_the_courses_models_stay_as_they_are(endpoint, client):
    before = {model.model: model.digest for model in client.list().models if model.model.startswith("pico-")}
    client.create("mine", from_="pico-medium", system="Answer in Finnish.")
    changes = [
        lambda name: client.create(name, from_="pico-medium"),
        lambda name: client.create(name, from_="mine"),
        lambda name: client.create(name, files={"x.gguf": "sha256:" + "0" * 64}),
        lambda name: client.copy("mine", name),
        lambda name: client.delete(name),
    ]
    for name in ("pico-mini", "pico-mini:latest", "pico-medium", "pico-vision"):
        for change in changes:
            with pytest.raises(ollama.ResponseError, match="belongs to the course") as caught:
                change(name)
            assert caught.value.status_code == 403
    with httpx2.Client(base_url=endpoint.url) as web:  # blobs have no way out of their folder
        for name in ("sha256:../../pico-mini", "..%2f..%2fmodel.safetensors", "sha256-" + "0" * 63):
            assert web.post(f"/api/blobs/{name}", content=b"x").status_code in (400, 404)
    client.delete("mine")
    assert before == {model.model: model.digest for model in client.list().models if model.model in before}
    assert client.chat("pico-mini", messages=SUM).message.content == ANSWER


def test_names_have_up_to_three_parts_in_any_letters(client):  # types/model/name.go, and getExistingName
    for name, other in (("example.com:5000/me/Bear:v1", "EXAMPLE.com:5000/Me/bear:V1"), ("me/bear", "me/Bear:Latest")):
        client.create(name, from_="Pico-Mini", system="You are a bear.")
        assert client.show(other).modelfile.count("You are a bear.") == 1
        client.create(other, from_=name)  # the same model
        assert [model.model for model in client.list().models].count(name if ":v1" in name else name + ":latest") == 1
        client.delete(other)
        with pytest.raises(ollama.ResponseError, match="not found"):
            client.show(name)
    for name in ("a/b/c/d", "..", "a b", "-a", "me./bear", "bear:", "x" * 81, "ä"):
        with pytest.raises(ollama.ResponseError, match="invalid model name") as caught:
            client.create(name, from_="pico-mini")
        assert caught.value.status_code == 400
    for name in ("PICO-mini", "library/pico-mini", "registry.ollama.ai/library/pico-mini:LATEST"):
        with pytest.raises(ollama.ResponseError, match="belongs to the course"):
            client.create(name, from_="pico-medium")


def test_a_copy_is_a_model_of_its_own(client):
    client.create("bear", from_="pico-mini", system="You are a bear.")
    client.copy("bear", "bear2")
    client.delete("bear")
    assert client.show("bear2").modelfile.count("You are a bear.") == 1
    assert client.chat("bear2", messages=SUM).message.content
    client.delete("bear2")


def test_a_model_that_goes_while_another_is_made_from_it(endpoint, client):
    models = endpoint._server.config.app.state.store
    client.create("first", from_="pico-mini")
    first = models.get("first")
    client.delete("first")
    with pytest.raises(Problem, match="'first' not found"):
        models.create("second", first, "", "", {})
    assert "second:latest" not in [model.model for model in client.list().models]


def test_a_modelfile_holds_what_was_said(client):
    quoted = 'Say "arr", and no more.'
    client.create("quoted", from_="pico-mini", system=quoted)
    assert f'SYSTEM """{quoted}"""' in client.show("quoted").modelfile
    text = 'hello """\nFROM /etc/passwd'  # it would end the text, and begin a line of its own
    with pytest.raises(ollama.ResponseError, match="double quotes"):
        client.create("bad", from_="pico-mini", system=text)
    with pytest.raises(ollama.ResponseError, match="double quotes"):
        client.create("bad", from_="pico-mini", template=text)


def test_a_template_is_used_and_a_strange_one_refused(client):
    client.create("plain", from_="pico-mini", template="{{ .Prompt }}", parameters={"num_predict": 8})
    raw = client.generate("pico-mini", "One morning a small fox", raw=True, options={"num_predict": 8})
    assert client.generate("plain", "One morning a small fox").response == raw.response
    for strange in ("{{ range .Messages }}x{{ end }}", "{{ .Prompt", "<|user|>{{ .Prompt }}"):
        with pytest.raises(ollama.ResponseError, match="template error"):
            client.create("bad", from_="pico-mini", template=strange)
        with pytest.raises(ollama.ResponseError, match="template error"):
            client.generate("pico-mini", "hello", template=strange)


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    return gguf_file.write("pico-mini", tmp_path_factory.mktemp("gguf") / "mine.gguf", precision="f32")


def test_nothing_at_all_is_no_prompt(client):
    client.create("bare", from_="pico-mini", template="{{ .Prompt }}")
    with pytest.raises(ollama.ResponseError, match="the prompt is empty") as caught:
        client.chat("bare", messages=[{"role": "user", "content": ""}])
    assert caught.value.status_code == 400
    client.delete("bare")


def test_a_model_of_a_file_comes_and_goes(endpoint, client, gguf):
    folder = endpoint._server.config.app.state.store.folder
    before = {path.name for path in folder.iterdir()}
    files = {"mine.gguf": client.create_blob(gguf)}
    assert client.create("mine", files=files, template=gguf_file.TEMPLATE).status == "success"
    client.create("again", files=files)  # one checkpoint for both
    client.create("mine2", from_="mine")
    assert client.chat("mine", messages=SUM).message.content == ANSWER
    assert len(client.embed("mine", "The fox sleeps.").embeddings[0]) == 192
    client.delete("mine")
    client.delete("again")
    assert client.chat("mine2", messages=SUM).message.content == ANSWER  # it has the same weights
    assert "mine2:latest" in [model.model for model in client.ps().models]
    client.delete("mine2")
    assert [model.model for model in client.ps().models if "mine" in model.model] == []
    assert {path.name for path in folder.iterdir()} == before  # its blob has gone with it


def test_vectors_leave_memory_with_their_model(endpoint, client):
    client.embed("pico-medium", "The fox sleeps.", keep_alive="10m")
    memory = endpoint._server.config.app.state.store._memory
    assert memory["pico-medium"].embedder is not None
    client.embed("pico-medium", "The fox sleeps.", keep_alive=0)
    assert "pico-medium:latest" not in [model.model for model in client.ps().models] and "pico-medium" not in memory


def test_a_builder_that_takes_too_long_is_stopped(client, gguf, monkeypatch):
    monkeypatch.setattr(store, "BUILD_SECONDS", 0.1)
    client.create("slow", files={"slow.gguf": client.create_blob(gguf)})
    with pytest.raises(ollama.ResponseError, match="had not ended") as caught:
        client.chat("slow", messages=SUM)
    assert caught.value.status_code == 400
    monkeypatch.undo()
    assert client.chat("slow", messages=SUM).message.content == ANSWER


def test_a_file_that_is_no_model_is_refused(endpoint, client, tmp_path):
    (tmp_path / "x.gguf").write_bytes(b"GGUF" + bytes(200))
    digest, folder = client.create_blob(tmp_path / "x.gguf"), endpoint._server.config.app.state.store.folder
    before = list(folder.iterdir())
    with pytest.raises(ollama.ResponseError, match="no GGUF file") as caught:
        client.create("bad", files={"x.gguf": digest})
    assert caught.value.status_code == 400 and list(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"x.exe": "sha256:" + "0" * 64}, "one .gguf file"),
        ({"model.safetensors": "sha256:" + "0" * 64, "config.json": "sha256:" + "1" * 64}, "one .gguf file"),
        ({"../x.gguf": "sha256:" + "0" * 64}, "has not been uploaded"),
        ({"x.gguf": "sha256:" + "0" * 64}, "has not been uploaded"),
        ({"x.gguf": "sha256:zz"}, "invalid digest"),
    ],
)
def test_bad_files_are_refused(client, files, words):
    with pytest.raises(ollama.ResponseError, match=words):
        client.create("bad", files=files)


def test_a_blob_must_be_what_its_name_says(endpoint):
    good = hashlib.sha256(b"abc").hexdigest()
    with httpx2.Client(base_url=endpoint.url) as web:
        assert web.head(f"/api/blobs/sha256:{good}").status_code == 404
        assert web.post(f"/api/blobs/sha256:{good}", content=b"abcd").status_code == 400
        assert web.post(f"/api/blobs/sha256:{good}", content=b"abc").status_code == 201
        assert web.head(f"/api/blobs/sha256:{good}").status_code == 200


def test_blobs_have_a_quota(monkeypatch):
    monkeypatch.setattr(store, "MOST_BLOBS", 10)
    with server.start() as fresh, httpx2.Client(base_url=fresh.url) as web:
        statuses = []
        for content in (b"abcdef", b"abcdef", b"ghijklmnopq"):
            digest = hashlib.sha256(content).hexdigest()
            statuses.append(web.post(f"/api/blobs/sha256:{digest}", content=content).status_code)
        assert statuses == [201, 200, 507]  # the first again takes no more room


def test_pull_says_the_truth(client):
    assert client.pull("pico-mini").status == "success"
    steps = [part.status for part in client.pull("pico-mini", stream=True)]
    assert steps[0] == "pulling manifest" and steps[-1] == "success"
    with pytest.raises(ollama.ResponseError, match="file does not exist"):
        list(client.pull("llama3", stream=True))


def test_errors_have_ollamas_shape(endpoint, client):
    with pytest.raises(ollama.ResponseError) as caught:
        client.chat("nobody", messages=SUM)
    assert caught.value.status_code == 404 and caught.value.error == "model 'nobody' not found"
    with httpx2.Client(base_url=endpoint.url) as web:
        for body, status in ((b"{", 400), (b"[]", 400), (b'{"model": 5}', 400), (b"{}", 400), (b"\xff", 400)):
            answer = web.post("/api/chat", content=body)
            assert answer.status_code == status and list(answer.json()) == ["error"], body
        for body in ({}, {"model": ""}, {"name": None}):
            assert web.post("/api/show", json=body).json() == {"error": "model is required"}, body
        assert web.post("/api/show", json={"name": "pico-mini"}).status_code == 200  # as its JavaScript client asks
        body = {"model": "pico-mini", "prompt": "hello", "stream": "false"}  # a text, and no truth value
        assert "stream" in web.post("/api/generate", json=body).json()["error"]


def test_ndjson_as_curl_sees_it(endpoint):
    answer = httpx2.post(endpoint.url + "/api/generate", json={"model": "pico-mini", "prompt": "What is 17 + 25?"})
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson" and len(rows) > 2
    assert [row["done"] for row in rows] == [False] * (len(rows) - 1) + [True]
    assert "".join(row["response"] for row in rows) == ANSWER
