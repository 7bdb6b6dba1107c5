"""The practice endpoint, spoken to by OpenAI's own client."""

import asyncio
import json

import httpx2
import openai
import pytest

from course_utils import load, server
from course_utils.pico import folder
from course_utils.pico.tokenizer import load_tokenizer

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


def test_models(client, endpoint):
    assert [model.id for model in client.models.list()] == endpoint.models
    assert endpoint.models[:3] == ["pico-mini", "pico-medium", "pico-vision"]
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
            model="pico-mini",
            messages=WEATHER,
            tools=TOOLS,
            tool_choice={"type": "function", "function": {"name": "fly"}},
        )


@pytest.mark.parametrize("path", ["/completions", "/responses"])
def test_what_is_not_spoken_says_what_to_use(endpoint, client, path):
    answer = httpx2.post(endpoint.openai_url + path, json={"model": "pico-mini", "prompt": "One morning", "input": "x"})
    assert answer.status_code == 404 and "Use /v1/chat/completions" in answer.json()["error"]["message"]
    with pytest.raises(openai.NotFoundError, match="client.chat.completions.create"):
        client.responses.create(model="pico-mini", input="What is 17 + 25?")


@pytest.mark.parametrize(
    "more",
    [
        {"presence_penalty": 1},
        {"frequency_penalty": -0.5},
        {"logit_bias": {"5": 1}},
        {"logit_bias": {"²": 1}},
        {"modalities": ["text", "audio"]},
        {"verbosity": "low"},
        {"web_search_options": {}},
        {"functions": [{"name": "ring"}]},
        {"function_call": "auto"},
    ],
    ids=str,
)
def test_what_would_change_the_answer_is_never_ignored(client, more):
    with pytest.raises(openai.BadRequestError, match=f"{next(iter(more))} is not available") as caught:
        client.chat.completions.create(model="pico-mini", messages=SUM, **more)
    assert caught.value.param == next(iter(more))


def test_what_asks_for_nothing_is_no_fault(client):
    more = {"presence_penalty": 0, "frequency_penalty": 0.0, "logit_bias": {}, "store": False, "service_tier": "auto"}
    more |= {"user": "mia", "metadata": {"class": "4b"}, "parallel_tool_calls": False}
    more |= {"safety_identifier": "mia", "prompt_cache_key": "4b", "modalities": ["text"], "verbosity": "medium"}
    more |= {"logprobs": False, "prediction": {"type": "content", "content": "42"}, "store": True, "stop": None}
    more |= {"service_tier": "priority", "reasoning_effort": "none"}
    reply = client.chat.completions.create(model="pico-mini", messages=SUM, **more)
    assert reply.choices[0].message.content == "17 + 20 = 37. 37 + 5 = 42."


def test_usage_counts_every_answer(client):
    one = client.chat.completions.create(model="pico-mini", messages=SUM)
    three = client.chat.completions.create(model="pico-mini", messages=SUM, n=3)
    assert three.usage.prompt_tokens == one.usage.prompt_tokens
    assert three.usage.completion_tokens == 3 * one.usage.completion_tokens


def test_a_conversation_is_read_as_the_model_learned_it(client):
    """Each turn ends with its end token, the answers of earlier turns included."""
    reply = client.chat.completions.create(model="pico-mini", messages=SUM)
    talk = [*SUM, {"role": "assistant", "content": reply.choices[0].message.content}, {"role": "user", "content": "hi"}]
    expected = load_tokenizer(folder()).apply_chat_template(talk, add_generation_prompt=True)["input_ids"]
    assert client.chat.completions.create(model="pico-mini", messages=talk).usage.prompt_tokens == len(expected)


def test_a_nul_does_not_end_the_prompt(client):
    counts = []
    for sign in ("\0", " "):
        messages = [{"role": "user", "content": f"What is 2 + 2?{sign}Please."}]
        counts.append(client.chat.completions.create(model="pico-mini", messages=messages).usage.prompt_tokens)
    assert counts[0] == counts[1]


def test_a_nucleus_of_one_token_is_greedy(client):
    greedy = client.chat.completions.create(model="pico-mini", messages=STORY, max_tokens=30).choices[0]
    for seed in range(5):
        one = client.chat.completions.create(
            model="pico-mini", messages=STORY, max_tokens=30, temperature=1.5, top_p=1e-6, seed=seed
        )
        assert one.choices[0].message.content == greedy.message.content


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": []}}}]},
        {"tools": [{"type": "function", "function": None}]},
        {"tools": TOOLS, "tool_choice": {"type": "function", "function": None}},
        {"tools": TOOLS, "tool_choice": "sometimes"},
        {"messages": [*SUM, {"role": "assistant", "tool_calls": [{"function": None}]}]},
        {"messages": [*SUM, {"role": "assistant", "tool_calls": [{"function": {"name": 5}}]}]},
        {"messages": [*SUM, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
        {"messages": [{"role": "user", "content": [5]}]},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
    ],
    ids=lambda more: str(more)[:60],
)
def test_shapes_that_are_none_are_a_400(client, more):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(**{"model": "pico-mini", "messages": SUM, **more})


@pytest.mark.parametrize("parameters", [None, {"properties": None}, {"type": "object", "properties": None}], ids=str)
def test_a_tool_without_arguments(client, parameters):
    """Null says the same as nothing: clients of typed languages send it."""
    tools = [{"type": "function", "function": {"name": "ring", "parameters": parameters}}]
    reply = client.chat.completions.create(
        model="pico-mini", messages=WEATHER, tools=tools, tool_choice="required", max_tokens=60
    )
    assert reply.choices[0].message.content or reply.choices[0].message.tool_calls[0].function.name == "ring"


def test_a_picture_is_refused_clearly(client):
    picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    with pytest.raises(openai.BadRequestError, match="reads text only"):
        client.chat.completions.create(model="pico-mini", messages=[{"role": "user", "content": picture}])


def one_tool(**more) -> list:
    return [{"type": "function", "function": {"name": "ring", **more}}]


def schema_form(schema) -> dict:
    return {"type": "json_schema", "json_schema": {"name": "person", "schema": schema, "strict": True}}


OPEN = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
INNER = {"type": "object", "properties": {"who": OPEN}, "required": ["who"], "additionalProperties": False}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
CALLED = [*WEATHER, {"role": "assistant", "tool_calls": [CALL]}]
ANSWER = {"role": "tool", "tool_call_id": "call_1", "content": "It is sunny."}
NO_FALSE = "'additionalProperties' is required to be supplied and to be false."
NO_CALL = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
NO_ANSWER = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
)
NO_ANSWER += " The following tool_call_ids did not have response messages: call_1"

# What was asked, and the words, `param` and `code` of the real one, as others report them: numbers of issues on GitHub.
REFUSED = [
    # CopilotKit#529
    (
        {"messages": []},
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        ("messages", "empty_array"),
    ),
    # continuous-alignment-testing#25, Multi-Agents-Debate#8
    (
        {"n": 130},
        "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 130 instead.",
        ("n", "integer_above_max_value"),
    ),
    (
        {"max_tokens": -678},
        "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got -678 instead.",
        ("max_tokens", "integer_below_min_value"),
    ),
    # the same in decimals and arrays
    (
        {"temperature": 9},
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 9 instead.",
        ("temperature", "decimal_above_max_value"),
    ),
    (
        {"stop": list("abcde")},
        "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5"
        " instead.",
        ("stop", "array_above_max_length"),
    ),
    # core#118577 of home-assistant
    (
        {"messages": [*SUM, {"role": "assistant", "tool_calls": []}]},
        "Invalid 'messages[1].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array"
        " instead.",
        ("messages[1].tool_calls", "empty_array"),
    ),
    # deep-research-py#19
    (
        {"response_format": {"type": "object"}},
        "Invalid value: 'object'. Supported values are: 'text', 'json_object', 'json_schema'.",
        ("response_format.type", "invalid_value"),
    ),
    # langgraph#5943
    (
        {"max_tokens": 5, "max_completion_tokens": 5},
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        ("max_tokens", "invalid_parameter_combination"),
    ),
    # litellm#5803
    (
        {"stream_options": {"include_usage": True}},
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        ("stream_options", None),
    ),
    (
        {"top_logprobs": 3},
        "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
        ("top_logprobs", None),
    ),
    # langchain_dart#712, llm_wiki#336
    (
        {"reasoning_effort": "high"},
        "Unrecognized request argument supplied: reasoning_effort",
        (None, None),
    ),
    ({"extra_body": {"thinking": 1}}, "Unrecognized request argument supplied: thinking", (None, None)),
    # PurpleLlama#94
    (
        {"response_format": {"type": "json_object"}},
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
        ("messages", None),
    ),
    # xsai#202, outlines#844
    (
        {"response_format": schema_form(OPEN)},
        f"Invalid schema for response_format 'person': In context=(), {NO_FALSE}",
        ("response_format", None),
    ),
    (
        {"response_format": schema_form(INNER)},
        f"Invalid schema for response_format 'person': In context=('properties', 'who'), {NO_FALSE}",
        ("response_format", None),
    ),
    # ai#6484 of vercel
    (
        {"response_format": schema_form(PERSON | {"required": ["name"]})},
        "Invalid schema for response_format 'person': In context=(), 'required' is required to be supplied and to be an"
        " array including every key in properties. Missing 'age'.",
        ("response_format", None),
    ),
    # trae-agent#173; in this dialect a tool's schema lies in its function
    (
        {"tools": one_tool(strict=True, parameters=OPEN)},
        f"Invalid schema for function 'ring': In context=(), {NO_FALSE}",
        ("tools[0].function.parameters", "invalid_function_parameters"),
    ),
    # morphic#136, dapr-agents#145, chats#132
    ({"messages": [*WEATHER, ANSWER]}, NO_CALL, ("messages.[1].role", None)),
    (
        {"messages": [*CALLED, ANSWER | {"tool_call_id": "call_2"}]},
        "Invalid parameter: 'tool_call_id' of 'call_2' not found in 'tool_calls' of previous message.",
        ("messages.[2].tool_call_id", None),
    ),
    ({"messages": [*CALLED, *SUM]}, NO_ANSWER, ("messages.[2].role", None)),
    ({"messages": CALLED}, NO_ANSWER, ("messages.[2].role", None)),
    # the reference, "Create chat completion": types and roles
    (
        {"messages": "hi"},
        "Invalid type for 'messages': expected an array, but got a string instead.",
        ("messages", "invalid_type"),
    ),
    (
        {"messages": [{"role": "robot", "content": "hi"}]},
        "Invalid value: 'robot'. Supported values are: 'system', 'developer', 'user', 'assistant' or 'tool'.",
        ("messages[0].role", "invalid_value"),
    ),
    (
        {"response_format": {"type": "json_schema"}},
        "Missing required parameter: 'response_format.json_schema'.",
        ("response_format.json_schema", "missing_required_parameter"),
    ),
    (
        {"tool_choice": "auto"},
        "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
        ("tool_choice", None),
    ),
    ({"model": ""}, "you must provide a model parameter", (None, None)),
]


@pytest.mark.parametrize(("more", "words", "where"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_the_real_one_refuses_in_its_words(client, more, words, where):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": "pico-mini", "messages": SUM, **more})
    told = caught.value.body
    assert (told["message"], (told["param"], told["code"])) == (words, where)
    assert told["type"] == "invalid_request_error" and caught.value.request_id.startswith("req_")


def test_what_the_real_one_takes(client):
    """A conversation with calls answered in any order; a strict schema; the word json in any letters."""
    two = [*WEATHER, {"role": "assistant", "tool_calls": [CALL, CALL | {"id": "call_2"}]}]
    two += [ANSWER | {"tool_call_id": "call_2"}, ANSWER]
    json_words = [{"role": "user", "content": "What is 1 + 1? Answer in JSON."}]
    for more in (
        {"messages": two},
        {"response_format": schema_form(PERSON)},
        {"messages": json_words, "response_format": {"type": "json_object"}},
        {"tools": one_tool(strict=True, parameters=PERSON)},
        {"tools": one_tool(parameters=OPEN), "top_p": 0, "stop": list("🦊🐟🐍🦉"), "n": 2},
    ):
        asked = {"model": "pico-mini", "messages": SUM, "max_tokens": 60, **more}
        assert client.chat.completions.create(**asked).choices[0].finish_reason


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"model": "gpt-9"}, 404, "model_not_found"),
        ({"messages": [{"role": "user", "content": "fox " * 3000}]}, 400, "context_length_exceeded"),
    ],
)
def test_errors_have_openais_shape(client, more, status, code):
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(**{"model": "pico-mini", "messages": SUM, **more})
    assert caught.value.status_code == status and caught.value.code == code
    assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_log_probabilities(client):
    """The reference, "Create chat completion", `logprobs`: a row a token, with its bytes; whole and streamed alike."""
    asked = {"model": "pico-mini", "messages": SUM, "logprobs": True, "top_logprobs": 3}
    choice = client.chat.completions.create(**asked).choices[0]
    rows = choice.logprobs.content
    assert b"".join(bytes(row.bytes) for row in rows).decode() == choice.message.content
    assert all(len(row.top_logprobs) == 3 and row.top_logprobs[0].logprob == row.logprob <= 0 for row in rows)
    chunks = [chunk.choices[0] for chunk in client.chat.completions.create(**asked, stream=True)]
    streamed = [row for chunk in chunks if chunk.logprobs for row in chunk.logprobs.content]
    assert [(row.token, row.bytes) for row in streamed] == [(row.token, row.bytes) for row in rows]
    assert [row.logprob for row in streamed] == pytest.approx([row.logprob for row in rows], abs=1e-4)
    del asked["top_logprobs"]
    alone = client.chat.completions.create(**asked).choices[0].logprobs.content
    assert len(alone) == len(rows) and not any(row.top_logprobs for row in alone)
    assert client.chat.completions.create(model="pico-mini", messages=SUM).choices[0].logprobs is None


def test_embeddings(client):
    """The reference, "Create embeddings". The client asks for base64 by itself and decodes it."""

    def ask(texts, **more):
        reply = client.embeddings.create(model="pico-mini", input=texts, **more)
        assert reply.usage.total_tokens == reply.usage.prompt_tokens > 0
        return [row.embedding for row in reply.data]

    (one,) = ask("The fox sleeps.")
    assert sum(number**2 for number in one) == pytest.approx(1, abs=1e-5)
    assert ask(["The fox sleeps.", "2 + 2"], encoding_format="float")[0] == pytest.approx(one, abs=1e-6)
    short = ask("The fox sleeps.", dimensions=8)[0]
    assert len(short) == 8 and sum(number**2 for number in short) == pytest.approx(1, abs=1e-5)
    assert short[0] / short[1] == pytest.approx(one[0] / one[1], rel=1e-4)
    ids = load_tokenizer(folder())("The fox sleeps.")["input_ids"]
    assert ask(ids)[0] == ask([ids, [5]])[0] == pytest.approx(one, abs=1e-6)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"input": ""}, "'$.input' is invalid"),  # sycamore#943
        ({"input": ["a", ""]}, "'$.input' is invalid"),
        ({"input": []}, "Invalid 'input': empty array"),
        ({"input": ["x"] * 2049}, "maximum length 2048"),  # openai-python#118
        ({"input": [1.5]}, "Invalid type for 'input"),
        ({"input": [10**6]}, "a token id of pico-mini is"),
        ({"input": "x", "dimensions": 10**6}, "Must be less than or equal to"),
        ({"input": "fox " * 3000}, "context length"),
        ({"input": "x", "encoding_format": "hex"}, "Invalid value: 'hex'"),
        ({"input": "x", "extra_body": {"shape": 1}}, "Unrecognized request argument supplied: shape"),
        ({"input": "x", "model": "pico-vision"}, "does not support embeddings"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_embeddings_are_refused_clearly(client, more, words):
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(**{"model": "pico-mini", **more})
    assert words in caught.value.body["message"]


def test_only_some_of_the_tools(client):
    """The reference, "Create chat completion", `tool_choice`: allowed tools."""
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "get_weather"}}]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    asked = {"model": "pico-mini", "messages": WEATHER, "tools": [*TOOLS, *one_tool()], "tool_choice": choice}
    (call,) = client.chat.completions.create(**asked).choices[0].message.tool_calls
    assert call.function.name == "get_weather"
    both = client.chat.completions.create(**asked | {"tool_choice": "auto"}).usage.prompt_tokens
    assert client.chat.completions.create(**asked).usage.prompt_tokens < both  # the model never hears of the other


def test_every_answer_has_an_id_to_ask_about(endpoint):
    with httpx2.Client(base_url=endpoint.openai_url) as web:
        ask = {"model": "pico-mini", "messages": SUM}
        answers = [web.post("/chat/completions", json=ask | more) for more in ({}, {"stream": True}, {"n": 0})]
        answers += [web.post("/embeddings", json={"model": "pico-mini", "input": "hi"}), web.get("/nothing")]
        ids = {answer.headers["x-request-id"] for answer in answers}
        assert len(ids) == 5 and all(id.startswith("req_") for id in ids)


def test_plain_requests_as_curl_sends_them(endpoint):
    with httpx2.Client(base_url=endpoint.openai_url) as web:
        body = json.dumps({"model": "pico-mini", "messages": SUM, "stream": True})
        lines = web.post("/chat/completions", content=body, headers={"Content-Type": "application/json"}).text
        events = [line for line in lines.split("\n") if line]
        assert all(line.startswith("data: ") for line in events) and events[-1] == "data: [DONE]"
        assert web.get("/nothing").status_code == 404 and "error" in web.get("/nothing").json()
        assert web.get("/chat/completions").status_code == 405
