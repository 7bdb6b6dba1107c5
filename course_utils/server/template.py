"""Ollama's templates, as far as a persona needs them: `{{ .System }}`, `{{ .Prompt }}`, `{{ .Response }}`, `{{ if }}`.

A real Ollama runs all of Go's text/template. Here a template with anything else in it is refused, with a sentence.
"""

from __future__ import annotations

import re

ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
NAMES = (".System", ".Prompt", ".Response")


class BadTemplate(ValueError):
    """A template with something in it that is not known here."""


def render(text: str, messages: list[dict]) -> str:
    """The prompt for a conversation: the template once for each exchange, and up to `.Response` for the last.

    messages: {"role", "content"} with roles system, user, assistant. Raises BadTemplate.
    """
    system = next((turn["content"] for turn in messages if turn["role"] == "system"), "")
    rounds: list[dict] = []
    for turn in messages:
        if turn["role"] == "system":
            continue
        if turn["role"] == "user" or not rounds:
            rounds.append({".System": "" if rounds else system, ".Prompt": "", ".Response": None})
        rounds[-1][".Prompt" if turn["role"] == "user" else ".Response"] = turn["content"]
    return "".join(_one(text, values, last=values is rounds[-1]) for values in rounds)


def _one(text: str, values: dict[str, str | None], last: bool) -> str:
    out, shown, place = [], [True], 0
    for action in ACTION.finditer(text):
        if all(shown):
            out.append(text[place : action.start()])
        place, word = action.end(), action.group(1)
        if word in NAMES:
            if word == ".Response" and last and values[word] is None:
                return "".join(out)
            if all(shown):
                out.append(values[word] or "")
        elif word.startswith("if ") and word[3:].strip() in NAMES:
            shown.append(bool(values[word[3:].strip()]))
        elif word == "else" and len(shown) > 1:
            shown[-1] = not shown[-1]
        elif word == "end" and len(shown) > 1:
            shown.pop()
        else:
            raise BadTemplate(f"{{{{ {word} }}}} is not known here; known are {', '.join(NAMES)}, if, else and end")
    if len(shown) > 1:
        raise BadTemplate("an if has no end")
    if all(shown):
        out.append(text[place:])
    return "".join(out)
