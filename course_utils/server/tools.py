"""Tools: from OpenAI's descriptions to the line that the pico models learned, and from their answer to `tool_calls`."""

from __future__ import annotations

import json
import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator


class Function(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str
    description: str | None = None
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
    model_config = ConfigDict(extra="allow")
    type: Literal["function"]
    function: Function


class NamedFunction(BaseModel):
    name: str
    arguments: str | dict[str, Any] = ""  # a text with JSON in it (OpenAI), or an object (Ollama)


class Call(BaseModel):
    """A call that the model made earlier, or one that it shall make."""

    function: NamedFunction


def instruction(tools: list[Tool]) -> str:
    """The system line of the textbook: `You can use these tools: get_weather(place), …`."""
    from course_utils.pico.textbook import SYSTEM_TOOLS

    return SYSTEM_TOOLS.format(", ".join(f"{tool.function.name}({', '.join(_arguments(tool))})" for tool in tools))


def _arguments(tool: Tool) -> list[str]:
    return list((tool.function.parameters or {}).get("properties", {}))


def schema(tools: list[Tool], choice: Literal["required"] | Call) -> dict:
    """The JSON schema of a call: of one of the tools ("required"), or of the one that is named. Raises ValueError."""
    if isinstance(choice, Call):
        name = choice.function.name
        tools = [tool for tool in tools if tool.function.name == name]
        if not tools:
            raise ValueError(f"Tool choice '{name}' is not among the tools.")
    shapes = [
        {
            "type": "object",
            "properties": {
                "name": {"const": tool.function.name},
                "arguments": tool.function.parameters or {"type": "object"},
            },
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        for tool in tools
    ]
    return shapes[0] if len(shapes) == 1 else {"anyOf": shapes}


def find_call(text: str, tools: list[Tool] | None) -> dict | None:
    """The call that an answer makes, {"name", "arguments"}, or None where it is an answer in words."""
    if not tools:
        return None
    try:
        call = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = [tool.function.name for tool in tools]
    if isinstance(call, dict) and call.get("name") in known and isinstance(call.get("arguments"), dict):
        return {"name": call["name"], "arguments": call["arguments"]}
    return None


def as_openai(call: dict) -> dict:
    """A call as OpenAI sends it: with an id, and the arguments as a text with JSON in it."""
    function = {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)}
    return {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}


def as_written(call: Call) -> str:
    """A call of an earlier turn as the model wrote it."""
    arguments = call.function.arguments
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            pass
    return json.dumps({"name": call.function.name, "arguments": arguments}, ensure_ascii=False)
