"""Tools: from their descriptions to the line that the pico models learned, and from the answer to `tool_calls`."""

import json
import uuid
from contextlib import suppress
from typing import Annotated

from openai.types.chat import ChatCompletionFunctionTool
from pydantic import AfterValidator

from course_utils.pico.textbook import SYSTEM_TOOLS


def _checked(tool: ChatCompletionFunctionTool) -> ChatCompletionFunctionTool:
    """Null says the same as nothing, as with Ollama: clients of typed languages send it."""
    given = {name: value for name, value in (tool.function.parameters or {}).items() if value is not None}
    if not isinstance(given.get("properties", {}), dict):
        raise ValueError("properties must be an object")
    tool.function.parameters = given
    return tool


Tool = Annotated[ChatCompletionFunctionTool, AfterValidator(_checked)]  # both dialects describe it in the same way


def as_written(call) -> str:
    """A call of an earlier turn, in either package's type, as the model wrote it."""
    arguments = call.function.arguments
    if isinstance(arguments, str):  # OpenAI's: a text with JSON in it
        with suppress(ValueError, RecursionError):
            arguments = json.loads(arguments)
    return json.dumps({"name": call.function.name, "arguments": arguments}, ensure_ascii=False)


def instruction(tools: list[Tool]) -> str:
    """The system line of the textbook: `You can use these tools: get_weather(place), …`."""
    calls = [f"{tool.function.name}({', '.join(tool.function.parameters.get('properties', {}))})" for tool in tools]
    return SYSTEM_TOOLS.format(", ".join(calls))


def schema(tools: list[Tool]) -> dict:
    """The JSON schema of a call of one of the tools."""
    shapes = []
    for tool in tools:
        arguments = tool.function.parameters or {"type": "object"}
        properties = {"name": {"const": tool.function.name}, "arguments": arguments}
        shapes.append(dict(type="object", properties=properties, required=[*properties], additionalProperties=False))
    return {"anyOf": shapes}


def unstrict(schema, place: tuple = ()) -> str | None:
    """What OpenAI's strict mode finds wrong with a JSON schema, in its words, or None. `place`: the keys down to it."""
    inner = schema.items() if isinstance(schema, dict) else enumerate(schema if isinstance(schema, list) else ())
    if isinstance(schema, dict) and schema.get("type") == "object":
        names, required = schema.get("properties"), schema.get("required")
        required = required if isinstance(required, list) else []
        missing = [name for name in names if name not in required] if isinstance(names, dict) else []
        if schema.get("additionalProperties") is not False:
            return f"In context={place}, 'additionalProperties' is required to be supplied and to be false."
        if missing:
            why = "'required' is required to be supplied and to be an array including every key in properties."
            return f"In context={place}, {why} Missing '{missing[0]}'."
    return next(filter(None, (unstrict(value, (*place, str(name))) for name, value in inner)), None)


def find_call(text: str, tools: list[Tool] | None) -> dict | None:
    """The call that an answer makes, {"name", "arguments"}, or None where it is an answer in words."""
    with suppress(ValueError, RecursionError, LookupError, TypeError):  # no JSON, or of another shape
        call = json.loads(text)
        name, arguments = call["name"], call["arguments"]
        if isinstance(arguments, dict) and name in [tool.function.name for tool in tools or []]:
            return {"name": name, "arguments": arguments}
    return None


def as_openai(call: dict) -> dict:
    """A call as OpenAI sends it: with an id, and the arguments as a text with JSON in it."""
    function = {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)}
    return {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}
