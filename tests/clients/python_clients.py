"""The Python clients of the table: `python python_clients.py CASES.json`, with URL, MODEL and FAST in the environment.

Prints a JSON object a line: client, feature, and the answer, or the error with its HTTP status.
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
from pydantic_ai import Agent, Embedder, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
from pydantic_ai.models.ollama import OllamaModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.ollama import OllamaProvider
from pydantic_ai.providers.openai import OpenAIProvider

URL, MODEL, FAST = (os.environ[name] for name in ("URL", "MODEL", "FAST"))
V1, KEY = URL + "/v1", "practice"
GARDEN, DOG = "Check the weather in the garden.", "Describe a dog as JSON, with name and legs."


class Animal(BaseModel):
    name: str
    legs: int


def get_weather(place: str) -> str:
    """The weather at a place."""
    return f"Sunny in {place}."


def tell(client: str, feature: str, ask) -> None:
    """Ask, and print what came of it."""
    try:
        row = {"answer": plain(ask())}
    except Exception as error:  # each ends one row only
        row = {"error": f"{type(error).__name__}: {error}", "status": getattr(error, "status_code", 0)}
    print(json.dumps({"client": client, "feature": feature} | row, default=str), flush=True)  # default: for times


def plain(answer):
    """An answer as lists and dicts; a text of its own as {"text": …}."""
    if inspect.isawaitable(answer):
        return plain(asyncio.run(answer))
    if isinstance(answer, str):
        return {"text": answer}
    return answer.model_dump() if isinstance(answer, BaseModel) else [row.model_dump() for row in answer]


def of_cases(client: str, made, cases: list[dict]) -> None:
    """The cases of cases.toml."""
    for case in cases:
        method = made
        for name in case["call"].split("."):
            method = getattr(method, name)
        args = {"from_" if name == "from" else name: value for name, value in case.get("args", {}).items()}
        args |= {"extra_body": case["extra"]} if "extra" in case else {}
        tell(client, case["feature"], partial(method, **args))


def helpers() -> None:
    """What the official clients offer beyond plain calls."""
    chat, tool = openai.OpenAI(base_url=V1, api_key=KEY).chat.completions, openai.pydantic_function_tool(Animal)
    asked = {"model": FAST, "messages": [{"role": "user", "content": DOG}]}

    def stream():
        with chat.stream(**asked, tools=[tool], tool_choice="required") as events:
            return events.get_final_completion().choices[0].message.tool_calls[0].function.parsed_arguments.name

    tell("openai (Python)", "parse", lambda: chat.parse(**asked, response_format=Animal).choices[0].message.parsed.name)
    tell("openai (Python)", "stream helper", stream)
    later = openai.AsyncOpenAI(base_url=V1, api_key=KEY)
    tell("openai (Python)", "async", lambda: later.chat.completions.create(**asked))
    tell("ollama (Python)", "async", lambda: ollama.AsyncClient().chat(**asked, tools=[get_weather]))


def pydantic_ai_rows() -> None:
    def ask(model, prompt, output=str, tools=()):
        settings = {"max_tokens": 300, "temperature": 0.0}
        return str(Agent(model, output_type=output, tools=tools, model_settings=settings).run_sync(prompt).output)

    own = OpenAIProvider(base_url=V1, api_key=KEY)
    kinds = {kind.__name__: kind(Animal) for kind in (ToolOutput, NativeOutput, PromptedOutput)}
    for model in (OpenAIChatModel(FAST, provider=own), OllamaModel(FAST, provider=OllamaProvider(base_url=V1))):
        name = type(model).__name__
        tell("pydantic-ai", f"{name} with a tool", partial(ask, model, GARDEN, tools=[get_weather]))
        for kind, output in kinds.items():
            tell("pydantic-ai", f"{name}, {kind}", partial(ask, model, DOG, output))
    tell("pydantic-ai", "responses", lambda: ask(OpenAIResponsesModel(FAST, provider=own), GARDEN))
    vectors = Embedder(OpenAIEmbeddingModel(MODEL, provider=own))
    tell("pydantic-ai", "Embedder", lambda: str(vectors.embed_query_sync("a fox").embeddings[0][0]))


def llm_rows() -> None:
    """The command `llm` with its plugin, as it is typed."""

    def typed(*words):
        command = [Path(sys.executable).with_name("llm"), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
        return done.stdout.strip()

    name, short = f"ollama/{MODEL}", ("-o", "num_predict", "20")
    tell("llm", "models", partial(typed, "models", "-q", name))
    tell("llm", "prompt", partial(typed, "-m", name, "-s", "Be brief.", *short, "hello"))
    tell("llm", "go on", partial(typed, "-c", "-m", name, *short, "And more?"))
    tell("llm", "without a stream", partial(typed, "-m", name, "--no-stream", *short, "hello"))
    tell("llm", "schema", partial(typed, "-m", name, "--schema", "name, legs int", DOG))
    source = inspect.getsource(get_weather)
    tell("llm", "tool", partial(typed, "-m", f"ollama/{FAST}", "--functions", source, GARDEN))
    tell("llm", "embed", partial(typed, "embed", "-m", name, "-c", "a fox"))


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    of_cases("openai (Python)", openai.OpenAI(base_url=V1, api_key=KEY, max_retries=0), given["openai"])
    of_cases("ollama (Python)", ollama.Client(), given["ollama"])
    helpers()
    of_cases("litellm", litellm, given["litellm"])
    pydantic_ai_rows()
    llm_rows()
