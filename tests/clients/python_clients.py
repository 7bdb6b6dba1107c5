"""The Python clients of the table: `python python_clients.py CASES.json`, with URL, MODEL and FAST in the environment.

Prints a row of JSON for each feature. What a case may have besides its call is explained in cases.toml.
"""

import asyncio
import inspect
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import litellm
import ollama
import openai
from pydantic import BaseModel
from pydantic_ai import Agent, Embedder, NativeOutput, PromptedOutput, ToolOutput, UnexpectedModelBehavior
from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
from pydantic_ai.models.ollama import OllamaModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.ollama import OllamaProvider
from pydantic_ai.providers.openai import OpenAIProvider

URL, MODEL, FAST = (os.environ[name] for name in ("URL", "MODEL", "FAST"))
V1, KEY = URL + "/v1", "practice"
GARDEN, DOG = "Check the weather in the garden.", "Describe a dog as JSON, with name and legs."
TEXT, CALL = "choices.0.message.content", "choices.0.message.tool_calls.0.function.arguments.{}.place"


class Animal(BaseModel):
    name: str
    legs: int


def get_weather(place: str) -> str:
    """The weather at a place."""
    return f"Sunny in {place}."


def check(client: str, feature: str, do, case: dict) -> None:
    """Ask, look at the answer, and tell how it ended."""
    must, may = case.get("must"), case.get("may")
    try:
        outcome, text = judged(plain(do()), case)
        if must:
            outcome, text = "dialect", f"accepted, against: {must}"
    except (UnexpectedModelBehavior, openai.LengthFinishReasonError) as error:
        outcome, text = "model", f"{type(error).__name__}: {error}"
    except Exception as error:  # each ends one check only
        why, ends = f"{type(error).__name__}: {error}", getattr(error, "status_code", 0) in (400, 404, -1)
        outcome, text = ("refused", f"{must or may} | {why}") if (must or may) and ends else ("dialect", why)
    row = {"client": client, "feature": feature, "outcome": outcome, "text": " ".join(text.split())[:300]}
    print(json.dumps(row), flush=True)


def plain(answer):
    """An answer as lists and dicts."""
    if inspect.isawaitable(answer):
        return plain(asyncio.run(answer))
    if isinstance(answer, (str, list)) or answer is None:
        return {"text": answer}
    return answer.model_dump() if isinstance(answer, BaseModel) else [row.model_dump() for row in answer]


def judged(answer, case: dict) -> tuple[str, str]:
    """The outcome, and what is missing."""
    found = [(path, at(answer, path), None) for path in case.get("look", [])]
    missing = [f"{path} is {value!r}" for path, value, _ in found if value in (None, "", [], {})]
    wanted = [(path, at(answer, path), value) for path, value in case.get("equal", {}).items()]
    missing += [f"{path} is {value!r}, not {want!r}" for path, value, want in wanted if value != want]
    ranges = [(path, at(answer, path), *limits) for path, limits in case.get("between", {}).items()]
    missing += [
        f"{path} is {value}, not {low} to {high}" for path, value, low, high in ranges if not low <= value <= high
    ]
    if missing:
        return "dialect", f"{missing[0]} in {str(answer)[-150:]}"
    lacks = [path for path in case.get("model", []) if not at(answer, path)]
    return ("model", f"no {lacks[0]} in {str(answer)[:200]}") if lacks else ("works", "")


def at(answer, path: str):
    """What an answer has at `choices.0.message`; `#` is a length, `{}` a text as JSON. None where it has nothing."""
    for step in path.split("."):
        try:
            if step in ("#", "{}"):
                answer = len(answer) if step == "#" else json.loads(answer)
            else:
                answer = answer[int(step)] if isinstance(answer, list) else answer[step]
        except (LookupError, TypeError, ValueError):
            return None
    return answer


def official(client: str, made, cases: list[dict]) -> None:
    """The cases of cases.toml."""
    for case in cases:
        method = made
        for name in case["call"].split("."):
            method = getattr(method, name)
        args = {"from_" if name == "from" else name: value for name, value in case.get("args", {}).items()}
        args |= {"extra_body": case["extra"]} if "extra" in case else {}
        check(client, case["feature"], lambda method=method, args=args: method(**args), case)


def helpers() -> None:
    """What the official clients offer beyond plain calls."""
    chat, tool = openai.OpenAI(base_url=V1, api_key=KEY).chat.completions, openai.pydantic_function_tool(Animal)
    asked = {"model": MODEL, "messages": [{"role": "user", "content": DOG}]}

    def stream():
        with chat.stream(**asked | {"model": FAST}, tools=[tool], tool_choice="required") as events:
            return events.get_final_completion()

    later = openai.AsyncOpenAI(base_url=V1, api_key=KEY).chat.completions
    parsed = {"look": ["choices.0.message.parsed.name"]}
    check("openai (Python)", "parse", lambda: chat.parse(**asked, response_format=Animal), parsed)
    check("openai (Python)", "stream helper", stream, {"look": [CALL.replace("place", "name")]})
    check("openai (Python)", "async", lambda: later.create(**asked, max_tokens=9), {"look": [TEXT]})
    asked = {"model": FAST, "messages": [{"role": "user", "content": GARDEN}]}
    called = {"model": ["message.tool_calls.0.function.arguments.place"]}
    check("ollama (Python)", "a function as a tool", lambda: ollama.chat(**asked, tools=[get_weather]), called)
    check("ollama (Python)", "async", lambda: ollama.AsyncClient().chat(**asked, tools=[get_weather]), called)


def litellm_rows(tools: list[dict]) -> None:
    for prefix, base in (("openai", V1), ("ollama", URL), ("ollama_chat", URL)):
        place = {"api_base": base, "api_key": KEY}
        asked = place | {
            "model": f"{prefix}/{FAST}",
            "messages": [{"role": "user", "content": GARDEN}],
            "max_tokens": 200,
        }

        def row(feature, case, make=litellm.completion, asked=asked, **more):
            check("litellm", feature, lambda: make(**asked | more), case)

        row(f"{prefix}/", {"look": [TEXT]}, model=f"{prefix}/{MODEL}")
        row(f"{prefix}/ async", {"look": [TEXT]}, litellm.acompletion)
        row(f"{prefix}/ stream", {"look": ["2.choices.0.delta.content"]}, stream=True)
        row(f"{prefix}/ tools", {"model": [CALL]}, tools=tools)
        row(f"{prefix}/ schema", {"model": [TEXT + ".{}.name"]}, response_format=Animal)
        if prefix != "ollama_chat":  # which has none
            vectors, given = (
                {"look": ["data.0.embedding.0"]},
                place | {"model": f"{prefix}/{MODEL}", "input": ["a fox"]},
            )
            check("litellm", f"{prefix}/ embedding", lambda given=given: litellm.embedding(**given), vectors)


def pydantic_ai_rows() -> None:
    def ask(model, prompt, output=str, tools=()):
        settings = {"max_tokens": 300, "temperature": 0.0}
        return str(Agent(model, output_type=output, tools=tools, model_settings=settings).run_sync(prompt).output)

    own, said = OpenAIProvider(base_url=V1, api_key=KEY), {"look": ["text"]}
    responses, vectors = OpenAIResponsesModel(FAST, provider=own), OpenAIEmbeddingModel(MODEL, provider=own)
    kinds = {"text": str, "ToolOutput": ToolOutput(Animal), "NativeOutput": NativeOutput(Animal)}
    kinds["PromptedOutput"] = PromptedOutput(Animal)
    for model in (OpenAIChatModel(FAST, provider=own), OllamaModel(FAST, provider=OllamaProvider(base_url=V1))):
        for kind, output in kinds.items():
            do = partial(ask, model, GARDEN if output is str else DOG, output, [get_weather] if output is str else [])
            check("pydantic-ai", f"{type(model).__name__}: {kind}{' and a tool' * (output is str)}", do, said)
    check("pydantic-ai", "responses", lambda: ask(responses, GARDEN), said | {"may": "not offered"})
    check("pydantic-ai", "Embedder", lambda: str(Embedder(vectors).embed_query_sync("a fox").embeddings[0][0]), said)


def llm_rows() -> None:
    """The command `llm` with its plugin, as it is typed."""
    program = Path(sys.executable).parent / "llm"
    source = inspect.getsource(get_weather)
    for feature, words in {
        "models": ["models"],
        "prompt": ["-m", "ollama/" + MODEL, "-s", "Be brief.", "-o", "num_predict", "20", "hello"],
        "go on": ["-m", "ollama/" + MODEL, "-c", "-o", "num_predict", "20", "And more?"],
        "whole": ["-m", "ollama/" + MODEL, "--no-stream", "-o", "num_predict", "20", "hello"],
        "schema": ["-m", "ollama/" + MODEL, "--schema", "name, legs int", DOG],
        "tool": ["-m", "ollama/" + FAST, "--functions", source, "--td", GARDEN],
        "embed": ["embed", "-m", "ollama/" + MODEL, "-c", "a fox"],
    }.items():

        def do(words=words):
            done = subprocess.run(
                [program, *words], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
            )
            if done.returncode:
                raise RuntimeError(done.stderr.strip().splitlines()[-1])
            return done.stdout.strip()

        check("llm", feature, do, {"look": ["text"]})


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    official("openai (Python)", openai.OpenAI(base_url=V1, api_key=KEY, max_retries=0, timeout=120), given["openai"])
    official("ollama (Python)", ollama.Client(timeout=120), given["ollama"])
    helpers()
    litellm_rows(given["names"]["TOOLS"])
    pydantic_ai_rows()
    llm_rows()
