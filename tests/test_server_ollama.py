"""The practice endpoint, spoken to by Ollama's own client."""

import asyncio
import hashlib
import json
import time

import httpx2
import ollama
import pytest

from course_utils import load, pico, server
from course_utils.setup import machine

SUM = [{"role": "user", "content": "What is 17 + 25?"}]
ANSWER = "17 + 20 = 37. 37 + 5 = 42."


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
    assert found["reachable"] and found["version"] == "0.6.3"


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


def test_durations_are_true(client):
    client.generate("pico-mini", keep_alive=0)
    began = time.perf_counter_ns()
    cold = client.chat("pico-mini", messages=SUM)
    took = time.perf_counter_ns() - began
    assert 0 < cold.load_duration < cold.total_duration <= took
    assert cold.prompt_eval_duration > 0 and cold.eval_duration > 0 and cold.eval_count == 23
    assert cold.load_duration + cold.prompt_eval_duration + cold.eval_duration <= cold.total_duration
    warm = client.chat("pico-mini", messages=SUM)
    assert warm.load_duration == 0 and warm.total_duration < cold.total_duration


def test_load_and_unload(client):
    assert client.generate("pico-mini", keep_alive="10m").done_reason == "load"
    assert "pico-mini:latest" in [model.model for model in client.ps().models]
    assert client.generate("pico-mini", keep_alive=0).done_reason == "unload"
    assert "pico-mini:latest" not in [model.model for model in client.ps().models]
    with pytest.raises(ollama.ResponseError, match="invalid duration"):
        client.generate("pico-mini", "hello", keep_alive="soon")


def test_options(client):
    short = client.generate("pico-mini", "Tell me a story.", options={"num_predict": 5})
    assert short.eval_count == 5 and short.done_reason == "length"
    cut = client.generate("pico-mini", "What is 17 + 25?", options={"stop": ["37"]})
    assert cut.response == "17 + 20 = " and cut.done_reason == "stop"
    dice = {"temperature": 1.0, "seed": 3, "num_predict": 30}
    told = [client.generate("pico-mini", "Tell me a story.", options=dice).response for _ in range(2)]
    assert told[0] == told[1]
    with pytest.raises(ollama.ResponseError, match="must be of type"):
        client.generate("pico-mini", "hello", options={"temperature": "hot"})


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


def test_embeddings_are_vectors_of_length_one(client):
    found = client.embed("pico-mini", ["The fox sleeps.", "The fox sleeps.", "The train is late."])
    assert [len(vector) for vector in found.embeddings] == [192] * 3
    assert found.embeddings[0] == found.embeddings[1] != found.embeddings[2]
    assert sum(value**2 for value in found.embeddings[0]) == pytest.approx(1, abs=1e-4)


def test_a_persona_can_be_made_copied_and_deleted(client):
    made = client.create("bear", from_="pico-mini", system="You are a bear.", parameters={"stop": ["Emma"]})
    assert made.status == "success"
    shown = client.show("bear")
    assert 'SYSTEM """You are a bear."""' in shown.modelfile and 'PARAMETER stop "Emma"' in shown.modelfile
    story = "Tell me a story about a brown bear in the garden."
    assert "Emma" in client.generate("pico-mini", story).response
    assert "Emma" not in client.generate("bear", story).response
    client.copy("bear", "bear2")
    assert {"bear:latest", "bear2:latest"} <= {model.model for model in client.list().models}
    client.delete("bear2")
    with pytest.raises(ollama.ResponseError, match="not found"):
        client.show("bear2")
    with pytest.raises(ollama.ResponseError, match="belongs to the course"):
        client.delete("pico-mini")


def test_a_template_is_used_and_a_strange_one_refused(client):
    client.create("plain", from_="pico-mini", template="{{ .Prompt }}", parameters={"num_predict": 8})
    raw = client.generate("pico-mini", "One morning a small fox", raw=True, options={"num_predict": 8})
    assert client.generate("plain", "One morning a small fox").response == raw.response
    with pytest.raises(ollama.ResponseError, match="template error"):
        client.create("bad", from_="pico-mini", template="{{ range .Messages }}x{{ end }}")
    with pytest.raises(ollama.ResponseError, match="unknown parameter"):
        client.create("bad", from_="pico-mini", parameters={"temprature": 1})


def test_a_model_of_safetensors_can_be_brought(client):
    files = {}
    for file in pico.folder("pico-mini").iterdir():
        if file.suffix in (".safetensors", ".jinja") or file.name in (
            "config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json",
        ):  # fmt: skip
            files[file.name] = client.create_blob(file)
    assert client.create("mine", files=files).status == "success"
    assert client.chat("mine", messages=SUM).message.content == ANSWER


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"../x.gguf": "sha256:" + "0" * 64}, "is not taken"),
        ({"x.exe": "sha256:" + "0" * 64}, "is not taken"),
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
        long = {"model": "pico-mini", "prompt": "fox " * 3000}
        assert "context length" in web.post("/api/generate", json=long).json()["error"]


def test_ndjson_as_curl_sees_it(endpoint):
    answer = httpx2.post(endpoint.url + "/api/generate", json={"model": "pico-mini", "prompt": "What is 17 + 25?"})
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson" and len(rows) > 2
    assert [row["done"] for row in rows] == [False] * (len(rows) - 1) + [True]
    assert "".join(row["response"] for row in rows) == ANSWER
