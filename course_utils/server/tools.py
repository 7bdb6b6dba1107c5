"""Tools: from OpenAI's descriptions to the line that the pico models learned, and from their answer to `tool_calls`."""

from __future__ import annotations

import json
import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from course_utils.pico.textbook import SYSTEM_TOOLS


class Function(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(BaseModel):
    model_config = ConfigDict(extra="allow")
    type: Literal["function"]
    function: Function


def instruction(given: list[Tool]) -> str:
    """The system line of the textbook: `You can use these tools: get_weather(place), …`."""
    names = ", ".join(f"{tool.function.name}({', '.join(_arguments(tool))})" for tool in given)
    return SYSTEM_TOOLS.format(names)


def _arguments(tool: Tool) -> list[str]:
    return list((tool.function.parameters or {}).get("properties", {}))


def schema(given: list[Tool], choice: str | dict) -> dict:
    """The JSON schema of a call: of one of the tools ("required"), or of the one that is named.

    Raises ValueError for a choice that is none of these.
    """
    if choice == "required":
        chosen = given
    elif isinstance(choice, dict):
        name = choice.get("function", {}).get("name")
        chosen = [tool for tool in given if tool.function.name == name]
        if not chosen:
            raise ValueError(f"Tool choice '{name}' is not among the tools.")
    else:
        raise ValueError(f"Invalid value for 'tool_choice': {choice!r}.")
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
        for tool in chosen
    ]
    return shapes[0] if len(shapes) == 1 else {"anyOf": shapes}


def found(text: str, given: list[Tool]) -> dict | None:
    """The call that an answer makes, {"name", "arguments"}, or None where it is an answer in words."""
    try:
        call = json.loads(text)
    except ValueError:
        return None
    known = {tool.function.name for tool in given}
    if isinstance(call, dict) and call.get("name") in known and isinstance(call.get("arguments"), dict):
        return {"name": call["name"], "arguments": call["arguments"]}
    return None


def calls(text: str, given: list[Tool]) -> list[dict]:
    """`tool_calls` as OpenAI sends them: the arguments are a text with JSON in it."""
    call = found(text, given)
    if call is None:
        return []
    function = {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)}
    return [{"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}]


def as_written(call: dict) -> str:
    """A call of an earlier turn as the model wrote it; its arguments are a text (OpenAI) or an object (Ollama)."""
    function = call.get("function", {})
    arguments = function.get("arguments", {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            pass
    return json.dumps({"name": function.get("name"), "arguments": arguments}, ensure_ascii=False)
