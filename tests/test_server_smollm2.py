"""The practice endpoint with SmolLM2 in it, under Ollama's name and the course's, and without it."""

import ollama
import openai
import pytest

from course_utils import load, server
from course_utils.models import smollm2
from course_utils.models.ollama_model import OllamaModel
from course_utils.server import store
from course_utils.server.engine import Loaded

NAMES = list(store.SMOLLM2)
FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
GREEDY = {"temperature": 0, "num_predict": 20}
here = pytest.mark.skipif(not (smollm2.package.wanted() and smollm2.package.ready()), reason="SmolLM2 is not here")


@pytest.fixture(scope="module")
def endpoint():
    with server.start() as running:
        yield running


@pytest.fixture(scope="module")
def client(endpoint):
    return ollama.Client(host=endpoint.url)


@pytest.fixture(scope="module")
def web(endpoint):
    with openai.OpenAI(base_url=endpoint.openai_url, api_key="x", max_retries=0) as client:
        yield client


@here
def test_both_names_are_one_model_that_is_loaded_once(endpoint, client, web, monkeypatch):
    opened, original = [], Loaded.__init__
    monkeypatch.setattr(Loaded, "__init__", lambda self, folder: opened.append(folder) or original(self, folder))
    own = load("smollm2").chat(FRANCE, temperature=0, max_new_tokens=20)
    for name in NAMES:
        reply = client.chat(name, messages=FRANCE, options=GREEDY)
        assert reply.message.content == own.text and reply.prompt_eval_count == own.prompt_tokens
        there = web.chat.completions.create(model=name, messages=FRANCE, temperature=0, max_tokens=20)
        assert there.choices[0].message.content == own.text
    assert len(opened) == 1 and [model.model for model in client.ps().models] == [NAMES[0]]
    assert endpoint.models[-2:] == NAMES and web.models.retrieve(NAMES[0]).id == NAMES[0]


@here
def test_show_tells_what_it_is(client):
    listed = {model.model: model for model in client.list().models}
    for name in (NAMES[0], f"{NAMES[1]}:latest"):
        assert listed[name].size == smollm2.package.DATA["gguf"]["size"]
        details = listed[name].details
        assert (details.family, details.format, details.quantization_level) == ("llama", "gguf", "Q4_1")
        shown = client.show(name)
        assert shown.modelinfo["general.parameter_count"] == 134_515_008
        assert shown.modelinfo["llama.context_length"] == 8192 and shown.license == "Apache-2.0"
        assert "<|im_start|>user\n{{ .Prompt }}<|im_end|>" in shown.template and "phi" not in shown.modelfile
        assert "temperature 0.2" in shown.parameters and '"<|im_end|>"' in shown.parameters
        assert "SmolLM" in shown.modelfile
    assert client.pull(NAMES[0]).status == "success"


@here
def test_its_parameters_hold_where_a_request_is_silent(endpoint, client):
    entry = endpoint._server.config.app.state.store.get("smollm2")
    assert entry.parameters["temperature"] == smollm2.SAMPLING["temperature"] == 0.2
    told = client.generate("smollm2", "Tell me a long story.", options={"stop": ["."], "seed": 1})
    assert told.done_reason == "stop" and "<|im_end|>" not in told.response
    short = client.generate("smollm2", "Tell me a long story.", options={"num_predict": 5})
    assert short.eval_count == 5 and short.done_reason == "length"


@here
def test_a_persona_is_told_what_it_is_in_both_dialects(client, web):
    client.create("brief", from_="smollm2:135m", system="You are a pirate.", parameters=GREEDY | {"num_predict": 5})
    shown = client.show("brief")
    assert shown.modelfile.startswith("FROM smollm2:135m") and 'SYSTEM """You are a pirate."""' in shown.modelfile
    assert shown.details.family == "llama" and "top_p 0.9" in shown.parameters
    reply = web.chat.completions.create(model="brief", messages=FRANCE)
    assert reply.usage.completion_tokens == 5 and reply.choices[0].finish_reason == "length"
    again = client.chat("brief", messages=FRANCE)
    assert again.message.content == reply.choices[0].message.content
    client.delete("brief")
    for name in NAMES:
        with pytest.raises(ollama.ResponseError, match="belongs to the course"):
            client.create(name, from_="pico-mini")
    with pytest.raises(ollama.ResponseError, match="template error"):  # the marks of Phi are not its own
        client.create("odd", from_="smollm2", template=client.show("pico-mini").template)


@here
def test_forms_and_tools(client, web):
    shape = {"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"], "additionalProperties": False}
    assert client.chat("smollm2", messages=FRANCE, format=shape, options=GREEDY).message.content.startswith('{"n": ')
    place = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": place}}]
    asked = {"model": "smollm2", "messages": FRANCE, "tools": tools, "temperature": 0, "max_tokens": 60}
    (call,) = web.chat.completions.create(**asked, tool_choice="required").choices[0].message.tool_calls
    assert call.function.name == "get_weather"


@here
def test_vectors(client):
    (vector,) = client.embed("smollm2", "The fox sleeps.").embeddings
    assert len(vector) == 576 and sum(value**2 for value in vector) == pytest.approx(1, abs=1e-3)
    client.generate("smollm2", keep_alive=0)


def test_who_has_it_not_is_told_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_SMOLLM2", "0")
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    with server.start() as bare:
        assert bare.models == ["pico-mini", "pico-medium", "pico-vision"]
        with pytest.raises(ollama.ResponseError, match="'smollm2:135m' not found: COURSE_SMOLLM2=0") as caught:
            ollama.Client(host=bare.url).chat("smollm2:135m", messages=FRANCE)
        assert caught.value.status_code == 404
        with pytest.raises(openai.NotFoundError, match="does not exist.*COURSE_SMOLLM2=0 leaves it out"):
            openai.OpenAI(base_url=bare.openai_url, api_key="x").models.retrieve("smollm2")
    assert server.find().model == "pico-mini" and "The model: pico-mini." in capsys.readouterr().out


@here
def test_find_takes_it_and_load_reaches_it(monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    place = server.find()
    assert place.model == "smollm2:135m"
    model = OllamaModel(place.model, place.url)
    assert model.context_length == 4096 and model.chat(FRANCE, temperature=0, max_new_tokens=20).text
