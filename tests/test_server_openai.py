"""The practice endpoint, spoken to by OpenAI's own client."""

import asyncio
import json
import math

import httpx2
import openai
import pytest

from course_utils import load, server

STORY = [{"role": "user", "content": "Tell me a story about a red fox in the forest."}]
SUM = [{"role": "user", "content": "What is 17 + 25?"}]
WEATHER = [{"role": "user", "content": "Check the weather in the garden."}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather at a place.",
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
        },
    }
]
PERSON = {
    "type": "object",
    "properties": {"name": {"enum": ["Emma", "Tom"]}, "age": {"type": "integer", "minimum": 1, "maximum": 9}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def endpoint():
    with server.start() as running:
        yield running


@pytest.fixture(scope="module")
def client(endpoint):
    with openai.OpenAI(base_url=endpoint.openai_url, api_key=endpoint.key, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def direct():
    return load("pico-mini", runtime="onnx")


def test_models(client):
    assert [model.id for model in client.models.list()] == ["pico-mini", "pico-medium", "pico-vision"]
    assert client.models.retrieve("pico-medium").object == "model"
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        client.models.retrieve("pico-giant")


@pytest.mark.parametrize("messages", [STORY, SUM])
def test_the_answer_is_that_of_the_runtime(client, direct, messages):
    reply = client.chat.completions.create(model="pico-mini", messages=messages)
    own = direct.chat(messages)
    assert reply.choices[0].message.content == own.text and reply.choices[0].finish_reason == "stop"
    assert reply.usage.prompt_tokens == own.prompt_tokens
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply.id.startswith("chatcmpl-") and reply.model == "pico-mini"


def test_a_stream_adds_up_and_tells_its_usage(client, direct):
    chunks = list(
        client.chat.completions.create(
            model="pico-mini", messages=STORY, stream=True, stream_options={"include_usage": True}
        )
    )
    told = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(told) == direct.chat(STORY).text and len(told) > 5
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 20
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    with client.chat.completions.stream(model="pico-mini", messages=SUM) as stream:
        assert stream.get_final_completion().choices[0].message.content == "17 + 20 = 37. 37 + 5 = 42."


def test_the_asynchronous_client(endpoint):
    async def ask() -> list[str]:
        async with openai.AsyncOpenAI(base_url=endpoint.openai_url, api_key=endpoint.key) as client:
            asked = [client.chat.completions.create(model="pico-mini", messages=SUM) for _ in range(4)]
            return [reply.choices[0].message.content for reply in await asyncio.gather(*asked)]

    assert set(asyncio.run(ask())) == {"17 + 20 = 37. 37 + 5 = 42."}


def test_length_and_stop(client):
    short = client.chat.completions.create(model="pico-mini", messages=STORY, max_completion_tokens=5)
    assert short.choices[0].finish_reason == "length" and short.usage.completion_tokens == 5
    assert (
        short.choices[0].message.content
        == client.chat.completions.create(model="pico-mini", messages=STORY, max_tokens=5).choices[0].message.content
    )
    cut = client.chat.completions.create(model="pico-mini", messages=STORY, stop=["fox", "zebra"])
    assert cut.choices[0].finish_reason == "stop" and "fox" not in cut.choices[0].message.content
    whole = client.chat.completions.create(model="pico-mini", messages=STORY).choices[0].message.content
    assert whole.startswith(cut.choices[0].message.content + "fox")
    parts = client.chat.completions.create(model="pico-mini", messages=STORY, stop="fox", stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in parts) == cut.choices[0].message.content


def test_chance_follows_its_seed(client):
    def ask(seed, **more):
        reply = client.chat.completions.create(
            model="pico-mini", messages=STORY, temperature=1.0, top_p=0.9, seed=seed, max_tokens=30, **more
        )
        return [choice.message.content for choice in reply.choices]

    assert ask(7) == ask(7) != ask(8)
    three = ask(7, n=3)
    assert len(set(three)) == 3 and three[0] == ask(7)[0]


def test_logit_bias(client):
    first = client.chat.completions.create(model="pico-mini", messages=STORY, max_tokens=1)
    token = load("pico-mini", runtime="onnx").tokenizer.encode(first.choices[0].message.content)[0]
    other = client.chat.completions.create(
        model="pico-mini", messages=STORY, max_tokens=1, logit_bias={str(token): -100}
    )
    assert other.choices[0].message.content != first.choices[0].message.content


def test_logprobs(client):
    reply = client.chat.completions.create(model="pico-mini", messages=SUM, logprobs=True, top_logprobs=3)
    rows = reply.choices[0].logprobs.content
    assert "".join(row.token for row in rows) == reply.choices[0].message.content
    for row in rows:
        best = [top.logprob for top in row.top_logprobs]
        assert len(best) == 3 and best == sorted(best, reverse=True) and best[0] == row.logprob <= 0
        assert sum(math.exp(value) for value in best) <= 1 + 1e-6 and bytes(row.bytes).decode() == row.token


def test_a_schema_really_constrains(client):
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON, "strict": True}}
    for question in ("Tell me about Emma.", "hello", "What is 1 + 1?"):
        messages = [{"role": "user", "content": question}]
        reply = client.chat.completions.create(
            model="pico-mini", messages=messages, response_format=form, max_tokens=60, temperature=1.0, seed=1
        )
        found = json.loads(reply.choices[0].message.content)
        assert set(found) == {"name", "age"} and found["name"] in ("Emma", "Tom") and 1 <= found["age"] <= 9
    with pytest.raises(openai.BadRequestError, match="schema"):
        broken = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "no such type"}}}
        client.chat.completions.create(model="pico-mini", messages=SUM, response_format=broken)


@pytest.mark.parametrize(
    "choice", ["auto", "required", {"type": "function", "function": {"name": "get_weather"}}], ids=str
)
def test_tools(client, choice):
    reply = client.chat.completions.create(model="pico-mini", messages=WEATHER, tools=TOOLS, tool_choice=choice)
    (call,) = reply.choices[0].message.tool_calls
    assert reply.choices[0].finish_reason == "tool_calls" and reply.choices[0].message.content is None
    assert call.function.name == "get_weather" and json.loads(call.function.arguments) == {"place": "garden"}
    chunks = client.chat.completions.create(
        model="pico-mini", messages=WEATHER, tools=TOOLS, tool_choice=choice, stream=True
    )
    deltas = [delta for chunk in chunks for delta in chunk.choices[0].delta.tool_calls or []]
    assert deltas[0].function.name == "get_weather"
    back = [*WEATHER, reply.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "It is sunny."}]
    assert client.chat.completions.create(model="pico-mini", messages=back).choices[0].message.content


def test_no_tools_when_none_are_wanted(client):
    reply = client.chat.completions.create(model="pico-mini", messages=WEATHER, tools=TOOLS, tool_choice="none")
    assert reply.choices[0].message.tool_calls is None
    with pytest.raises(openai.BadRequestError, match="not among the tools"):
        client.chat.completions.create(
            model="pico-mini", messages=WEATHER, tools=TOOLS,
            tool_choice={"type": "function", "function": {"name": "fly"}},
        )  # fmt: skip


def test_completions(client):
    reply = client.completions.create(model="pico-mini", prompt="One morning a small fox", max_tokens=12, logprobs=2)
    assert reply.choices[0].text and reply.usage.completion_tokens == 12
    assert len(reply.choices[0].logprobs.tokens) == 12 and len(reply.choices[0].logprobs.top_logprobs[0]) == 2
    two = client.completions.create(model="pico-mini", prompt=["One", "Two"], max_tokens=4, echo=True)
    assert [choice.text[:3] for choice in two.choices] == ["One", "Two"]
    parts = client.completions.create(model="pico-mini", prompt="One morning a small fox", max_tokens=12, stream=True)
    assert "".join(part.choices[0].text for part in parts) == reply.choices[0].text


def test_responses(client):
    reply = client.responses.create(model="pico-mini", input="What is 17 + 25?", instructions="Be brief.")
    assert "42" in reply.output_text and reply.status == "completed" and reply.usage.output_tokens > 5
    events = list(client.responses.create(model="pico-mini", input=SUM, stream=True))
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    with client.responses.stream(model="pico-mini", input="What is 17 + 25?") as stream:
        assert stream.get_final_response().output_text == "17 + 20 = 37. 37 + 5 = 42."
    form = {"format": {"type": "json_schema", "name": "person", "schema": PERSON, "strict": True}}
    held = client.responses.create(model="pico-mini", input="Tell me about Emma.", text=form)
    assert json.loads(held.output_text)["name"] in ("Emma", "Tom")
    told = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert told == events[-1].response.output_text == "17 + 20 = 37. 37 + 5 = 42."
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_a_picture_is_refused_clearly(client):
    picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    with pytest.raises(openai.BadRequestError, match="reads text only"):
        client.chat.completions.create(model="pico-mini", messages=[{"role": "user", "content": picture}])


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"model": "gpt-9"}, 404, "model_not_found"),
        ({"temperature": 9}, 400, "invalid_value"),
        ({"n": 1000}, 400, "invalid_value"),
        ({"extra_body": {"temprature": 1}}, 400, "unknown_parameter"),
        ({"messages": []}, 400, "invalid_value"),
        ({"messages": [{"role": "robot", "content": "hi"}]}, 400, "invalid_value"),
        ({"messages": [{"role": "user", "content": "fox " * 3000}]}, 400, "context_length_exceeded"),
        ({"top_logprobs": 3}, 400, "invalid_value"),
    ],
)
def test_errors_have_openais_shape(client, more, status, code):
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(**{"model": "pico-mini", "messages": SUM, **more})
    assert caught.value.status_code == status and caught.value.code == code
    assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_plain_requests_as_curl_sends_them(endpoint):
    with httpx2.Client(base_url=endpoint.openai_url) as web:
        body = json.dumps({"model": "pico-mini", "messages": SUM, "stream": True})
        lines = web.post("/chat/completions", content=body, headers={"Content-Type": "application/json"}).text
        events = [line for line in lines.split("\n") if line]
        assert all(line.startswith("data: ") for line in events) and events[-1] == "data: [DONE]"
        assert web.get("/nothing").status_code == 404 and "error" in web.get("/nothing").json()
        assert web.get("/chat/completions").status_code == 405
