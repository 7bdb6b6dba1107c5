"""Whatever the body, the practice endpoint answers in the shape of its dialect, and never with a fault of its own."""

import json

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_utils import server

CALM = settings(
    max_examples=150, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
WORDS = st.sampled_from(
    ["", "hi", "What is 2 + 3? json", "🦊", "a\0b", "<|end|>", "{{ .Prompt }}", "\ud800", "x" * 3000]
)
NUMBERS = st.one_of(st.sampled_from([0, 1, -1, 2, 0.5, 1e-9, 1e308, 2**31, 10**30, float("nan")]), st.integers(-3, 30))
PLAIN = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS)
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)


def mostly(*right):
    """One of the right kinds, seldom anything at all."""
    return st.integers(0, 11).flatmap(lambda roll: ANYTHING if roll == 0 else st.one_of(*right))


def fields(needed: dict, more: dict):
    """A body with the needed fields, and some of the others."""
    more = {name: mostly(kind) for name, kind in more.items()}
    return st.fixed_dictionaries({name: mostly(kind) for name, kind in needed.items()}, optional=more)


SMALL = st.integers(1, 4)
MODEL = st.sampled_from(
    ["pico-mini", "pico-mini", "pico-mini", "pico-mini:latest", "Pico-Mini", "gpt-3-practice", "none"]
)
NAMES = st.sampled_from(["get_weather", "f", "", "two words", "ü", "a\nb"])
SCHEMA = st.recursive(
    st.one_of(
        st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"enum": ["a", 1, None]}, {}]),
        st.fixed_dictionaries({"type": mostly(st.sampled_from(["null", "number", "array", "object", "any"]))}),
        st.just({"$ref": "#/$defs/x"}),
    ),
    lambda inner: (
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=2)},
            optional={
                "required": mostly(st.lists(NAMES, max_size=2)),
                "additionalProperties": mostly(st.booleans(), inner),
                "anyOf": mostly(st.lists(inner, max_size=2)),
                "$defs": mostly(st.fixed_dictionaries({"x": inner})),
            },
        )
        | st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"maxItems": mostly(SMALL)})
    ),
    max_leaves=4,
)
FUNCTION = fields({"name": NAMES}, {"description": WORDS, "parameters": SCHEMA, "strict": st.booleans()})
TOOLS = st.lists(fields({"type": st.just("function"), "function": FUNCTION}, {}), max_size=2)
CALL = fields({"id": NAMES, "type": st.just("function")}, {"function": fields({"name": NAMES, "arguments": WORDS}, {})})
PICTURE = fields({"type": st.just("image_url")}, {"image_url": st.just({"url": "data:image/png;base64,AAAA"})})
PARTS = st.lists(fields({"type": st.just("text"), "text": WORDS}, {}) | PICTURE, max_size=2)
ROLES = st.sampled_from(["user", "user", "assistant", "system", "developer", "tool", "function"])
MESSAGES = st.lists(
    fields(
        {"role": ROLES, "content": WORDS | PARTS}, {"tool_calls": st.lists(CALL, max_size=2), "tool_call_id": NAMES}
    ),
    min_size=1,
    max_size=3,
)
STOP = st.one_of(WORDS, st.lists(WORDS, max_size=5))
FORM = st.one_of(
    st.sampled_from([{"type": "text"}, {"type": "json_object"}]),
    fields(
        {
            "type": st.just("json_schema"),
            "json_schema": fields({"name": NAMES}, {"schema": SCHEMA, "strict": st.booleans()}),
        },
        {},
    ),
)
CHOICE = st.one_of(
    st.sampled_from(["auto", "none", "required", "sometimes"]),
    fields({"type": st.just("function"), "function": fields({"name": NAMES}, {})}, {}),
    fields(
        {"type": st.just("allowed_tools"), "allowed_tools": fields({"mode": st.just("auto"), "tools": TOOLS}, {})}, {}
    ),
)
ODD = {"logit_bias": st.dictionaries(WORDS, NUMBERS, max_size=1), "presence_penalty": NUMBERS, "store": st.booleans()}
ODD |= {"user": WORDS, "verbosity": WORDS, "reasoning_effort": WORDS, "functions": ANYTHING, "nonsense": ANYTHING}
CHAT = fields(
    {"model": MODEL, "messages": MESSAGES, "max_tokens": SMALL},
    {"temperature": NUMBERS, "top_p": NUMBERS, "seed": NUMBERS, "stop": STOP, "n": SMALL, "stream": st.booleans()}
    | {"logprobs": st.booleans(), "top_logprobs": SMALL, "response_format": FORM, "tools": TOOLS, "tool_choice": CHOICE}
    | {"stream_options": st.dictionaries(st.just("include_usage"), st.booleans())}
    | ODD,
)
INPUT = st.one_of(WORDS, st.lists(WORDS, max_size=3), st.lists(st.integers(-1, 3000), max_size=3))
EMBEDDINGS = fields(
    {"model": MODEL, "input": INPUT},
    {"encoding_format": st.sampled_from(["float", "base64", "hex"]), "dimensions": SMALL, "user": WORDS},
)
OPTIONS = fields(
    {"num_predict": SMALL},
    {name: NUMBERS for name in ("temperature", "top_p", "top_k", "min_p", "seed", "num_ctx", "repeat_penalty", "x")}
    | {"stop": STOP, "presence_penalty": NUMBERS, "repeat_last_n": NUMBERS, "num_keep": NUMBERS},
)
COMMON = {"stream": st.booleans(), "format": st.one_of(st.sampled_from(["json", "", "xml"]), SCHEMA)}
COMMON |= {"keep_alive": st.sampled_from([60, "5m", "x", "-1", 1.5]), "think": st.booleans() | WORDS}
COMMON |= {"logprobs": st.booleans(), "top_logprobs": SMALL, "truncate": st.booleans(), "nonsense": ANYTHING}
TURNS = st.lists(
    fields(
        {"role": ROLES, "content": WORDS},
        {"tool_calls": st.lists(CALL, max_size=2), "images": st.lists(WORDS, max_size=1)},
    ),
    max_size=3,
)
IDS = st.lists(st.integers(-1, 3000), max_size=3)
OLLAMA = {
    "generate": fields(
        {"model": MODEL, "options": OPTIONS, "prompt": WORDS},
        COMMON
        | {"system": WORDS, "template": WORDS, "context": IDS, "raw": st.booleans(), "suffix": WORDS}
        | {"images": st.lists(WORDS, max_size=1)},
    ),
    "chat": fields({"model": MODEL, "options": OPTIONS, "messages": TURNS}, COMMON | {"tools": TOOLS}),
    "embed": fields(
        {"model": MODEL, "input": INPUT}, {"dimensions": NUMBERS, "truncate": st.booleans(), "options": OPTIONS}
    ),
    "embeddings": fields({"model": MODEL, "prompt": WORDS}, {"keep_alive": WORDS}),
    "show": fields({"model": MODEL | WORDS}, {"verbose": st.booleans()}),
    "pull": fields({"model": MODEL | WORDS}, {"stream": st.booleans(), "insecure": st.booleans()}),
    "push": fields({"model": MODEL | WORDS}, {"stream": st.booleans()}),
    "create": fields(
        {"model": st.sampled_from(["mine", "pico-mini", "a/b:c", "..", ""]), "from": MODEL},
        {"system": WORDS, "template": WORDS, "parameters": OPTIONS, "files": st.dictionaries(WORDS, WORDS, max_size=1)}
        | {"stream": st.booleans(), "license": WORDS, "messages": TURNS, "quantize": WORDS},
    ),
    "copy": fields({"source": MODEL, "destination": st.sampled_from(["other", "pico-mini", "..", ""])}, {}),
    "delete": fields({"model": st.sampled_from(["mine", "other", "pico-mini", "none", ""])}, {}),
}


@pytest.fixture(scope="module")
def web():
    with server.start() as endpoint, httpx2.Client(base_url=endpoint.url, timeout=60) as client:
        yield client


def ask(web, path: str, body, method: str = "POST") -> None:
    answer = web.request(method, path, content=json.dumps(body).encode())
    told, openai, kind = answer.text, path.startswith("/v1"), answer.headers.get("content-type", "")
    if answer.status_code != 200:
        busy = answer.status_code == 503 and "busy" in told
        real = path in ("/api/pull", "/api/push")  # server/routes.go, waitForStream: 500 for what a registry has not
        assert 400 <= answer.status_code < 500 or busy or real, (answer.status_code, told)
        fault(json.loads(told), openai)
    elif kind.startswith("text/event-stream"):
        rows = [row.removeprefix("data: ") for row in told.split("\n\n") if row]
        if rows[-1] != "[DONE]":
            fault(json.loads(rows[-1]), openai)
    elif kind.startswith("application/x-ndjson"):
        rows = [json.loads(line) for line in told.split("\n") if line]
        if not rows[-1].get("done") and rows[-1].get("status") != "success":
            fault(rows[-1], openai)


def fault(told: dict, openai: bool) -> None:
    """An error in the shape of the dialect: OpenAI's reference, "Errors"; Ollama's docs/api.md and server/routes.go."""
    message = told["error"]["message"] if openai else told["error"]
    assert not openai or set(told["error"]) == {"message", "type", "param", "code"}, told
    assert len(message.split()) > 2 and "Error" not in message.split()[-1], told


@CALM
@given(CHAT)
def test_chat_completions(web, body):
    ask(web, "/v1/chat/completions", body)


@CALM
@given(EMBEDDINGS)
def test_embeddings(web, body):
    ask(web, "/v1/embeddings", body)


@pytest.mark.parametrize("path", OLLAMA)
def test_ollama(web, path):
    @CALM
    @given(OLLAMA[path])
    def every(body):
        ask(web, f"/api/{path}", body, "DELETE" if path == "delete" else "POST")

    every()


ROUTES = ["/v1/chat/completions", "/v1/embeddings", "/v1/completions", "/v1/responses"] + [
    f"/api/{path}" for path in OLLAMA
]


@CALM
@given(st.sampled_from(ROUTES), ANYTHING)
def test_what_is_no_body_at_all(web, path, body):
    if not (path == "/api/delete" or path == "/api/create"):
        ask(web, path, body)
