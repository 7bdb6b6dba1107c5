"""Tools: from their descriptions to the line that the pico models learned, and from the answer to `tool_calls`."""

from __future__ import annotations

import json
import uuid
from typing import Any, Literal

from pydantic import BaseModel, field_validator


class Function(BaseModel):
    name: str
    parameters: dict[str, Any] | None = None

    @field_validator("parameters")
    @classmethod
    def _is_a_schema(cls, parameters: dict | None) -> dict:
        """Null says the same as nothing, as with Ollama: clients of typed languages send it."""
        given = {name: value for name, value in (parameters or {}).items() if value is not None}
        if not isinstance(given.get("properties", {}), dict):
            raise ValueError("properties must be an object")
        return given


class Tool(BaseModel):
    type: Literal["function"]
    function: Function


class NamedFunction(BaseModel):
    name: str
    arguments: str | dict[str, Any] = ""  # a text with JSON in it (OpenAI), or an object (Ollama)


class Call(BaseModel):
    """A call that the model made earlier, or one that it shall make."""

    function: NamedFunction

    def __str__(self) -> str:
        """As the model wrote it."""
        arguments = self.function.arguments
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except (ValueError, RecursionError):
                pass
        return json.dumps({"name": self.function.name, "arguments": arguments}, ensure_ascii=False)


def instruction(tools: list[Tool]) -> str:
    """The system line of the textbook: `You can use these tools: get_weather(place), …`."""
    from course_utils.pico.textbook import SYSTEM_TOOLS

    parameters = [tool.function.parameters or {} for tool in tools]
    arguments = [", ".join(given.get("properties", {})) for given in parameters]
    return SYSTEM_TOOLS.format(
        ", ".join(f"{tool.function.name}({a})" for tool, a in zip(tools, arguments, strict=True))
    )


def schema(tools: list[Tool]) -> dict:
    """The JSON schema of a call of one of the tools."""
    shapes = []
    for tool in tools:
        arguments = tool.function.parameters or {"type": "object"}
        properties = {"name": {"const": tool.function.name}, "arguments": arguments}
        shapes.append({"type": "object", "properties": properties, "required": list(properties)})
        shapes[-1]["additionalProperties"] = False
    return {"anyOf": shapes}


def find_call(text: str, tools: list[Tool] | None) -> dict | None:
    """The call that an answer makes, {"name", "arguments"}, or None where it is an answer in words."""
    if not tools:
        return None
    try:
        call = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(call, dict) or not isinstance(call.get("arguments"), dict):
        return None
    known = call.get("name") in [tool.function.name for tool in tools]
    return {"name": call["name"], "arguments": call["arguments"]} if known else None


def as_openai(call: dict) -> dict:
    """A call as OpenAI sends it: with an id, and the arguments as a text with JSON in it."""
    function = {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)}
    return {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}
