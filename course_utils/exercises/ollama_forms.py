"""Judges of notebook 05 for answers that have a form of their own: durations, JSON schemas, Modelfiles."""

from __future__ import annotations

import json
import re


def _seconds(value) -> float | None:
    """A keep_alive as seconds; None for what Ollama would refuse."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str) or not re.fullmatch(r"-?(\d+(\.\d+)?(ms|s|m|h))+|0", value.strip()):
        return None
    text, sign = value.strip().removeprefix("-"), -1 if value.strip().startswith("-") else 1
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "": 1}
    return sign * sum(float(n) * units[unit] for n, _, unit in re.findall(r"(\d+(\.\d+)?)(ms|s|m|h|)", text))


UNIT = 'A text needs a unit, else Ollama answers `time: missing unit in duration`. Write `"8h"`, or a bare number.'
TODAY, NEVER, NONE = (
    '`all_day` has to be 8 hours. A bare number counts seconds: 28,800 of them, or `"8h"`.',
    "`at_once` has to be 0: nothing is kept after the answer.",
    "`for_ever` has to be a negative number: a model that has no time to go never goes.",
)


def keeping(at_once, all_day, for_ever):
    """Judge three values of `keep_alive`: not at all, eight hours, for ever."""
    for name, value in (("at_once", at_once), ("all_day", all_day), ("for_ever", for_ever)):
        if _seconds(value) is None:
            if isinstance(value, str) and re.fullmatch(r"-?\d+", value.strip()):
                return UNIT
            return f'Ollama does not understand `{name}`. It takes a number of seconds, or a text such as `"10m"`.'
    if _seconds(at_once) != 0:
        return NEVER
    if _seconds(all_day) != 8 * 3600:
        return TODAY
    return True if _seconds(for_ever) < 0 else NONE


GOOD = [{"animal": animal, "big": big} for animal in ("fox", "owl", "cat") for big in (True, False)]
BAD = [
    ({"animal": "dog", "big": True}, "It lets a dog through. An `enum` lists the only values that are allowed."),
    ({"animal": "fox", "big": "yes"}, "It lets `big` be a text. Its type is `boolean`."),
    ({"animal": "fox"}, "It lets `big` be left out. Name both keys under `required`."),
    ({"big": True}, "It lets `animal` be left out. Name both keys under `required`."),
    ({"animal": "fox", "big": True, "name": "x"}, "It lets other keys in. Set `additionalProperties` to `False`."),
    ({"animal": 3, "big": True}, "It lets `animal` be a number."),
    ("fox", 'It lets a bare text through. The type of the whole is `"object"`.'),
]


def animal_schema(answer):
    """Judge a JSON schema for one of three animals, big or not, by what it lets through."""
    if isinstance(answer, str):
        return "A Python dictionary is wanted, not a text. Ollama's client turns it into JSON."
    if not isinstance(answer, dict):
        return 'A schema is a dictionary, such as `{"type": "object", "properties": {...}}`.'
    from jsonschema import SchemaError, validators

    try:
        kind = validators.validator_for(answer)
        kind.check_schema(answer)
        judge = kind(answer)
    except SchemaError as error:
        return f"This is no JSON schema: {error.message[:160]}"
    for thing in GOOD:
        if not judge.is_valid(thing):
            return f"It refuses `{json.dumps(thing)}`, which is wanted."
    return next((because for thing, because in BAD if judge.is_valid(thing)), True)


SEPARATE = "`temperature` is no instruction. Settings are written `PARAMETER temperature 0`."
INSTRUCTIONS = ("FROM", "SYSTEM", "PARAMETER", "TEMPLATE", "MESSAGE", "LICENSE")


def modelfile(answer):
    """Judge a Modelfile of pico-mini that speaks Finnish, at temperature 0, in 60 tokens."""
    if not isinstance(answer, str):
        return "A Modelfile is a text. Write it in triple quotes."
    parts = _instructions(answer)
    return _foreign(parts) or _missing(parts) or _set_wrong(parts.get("PARAMETER", [])) or True


def _instructions(text: str) -> dict[str, list[str]]:
    """What stands behind each instruction: `{"PARAMETER": ["temperature 0", ...]}`."""
    flat = re.sub(r'"""(.*?)"""', lambda found: " ".join(found.group(1).split()), text, flags=re.DOTALL)
    parts: dict[str, list[str]] = {}
    for line in map(str.strip, flat.splitlines()):
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            parts.setdefault(word.upper(), []).append(rest.strip().strip('"').strip())
    return parts


def _foreign(parts: dict[str, list[str]]) -> str:
    """What is said of a word that is no instruction."""
    foreign = [word for word in parts if word not in INSTRUCTIONS]
    settings = [word.lower() for word in foreign if word.lower() in ("temperature", "num_predict")]
    if settings:
        return SEPARATE.replace("temperature", settings[0])
    if foreign:
        return f"`{foreign[0][:20]}` is no instruction of a Modelfile. Longer texts stand in triple quotes."
    return ""


def _missing(parts: dict[str, list[str]]) -> str:
    """What is said of the model it begins with, and of its rule."""
    if not "".join(parts.get("FROM", [])):
        return "Every Modelfile says which model it begins with: `FROM` and a name."
    if parts["FROM"][0].removesuffix(":latest") != "pico-mini":
        return f"It begins `FROM {parts['FROM'][0][:30]}`; pico-mini is wanted."
    if not any("finnish" in text.lower() or "suome" in text.lower() for text in parts.get("SYSTEM", [])):
        return "Who tells it to speak Finnish? That is the work of `SYSTEM`."
    return ""


def _set_wrong(lines: list[str]) -> str:
    """What is said of the settings: `temperature 0`, `num_predict 60`."""
    settings = dict(line.split(maxsplit=1) for line in lines if len(line.split()) > 1)
    for name, value in (("temperature", 0), ("num_predict", 60)):
        if name not in settings:
            return f"A `PARAMETER` line for `{name}` is missing."
        try:
            if float(settings[name]) != value:
                return f"`{name}` is {settings[name]}; {value} is wanted."
        except ValueError:
            return f"`PARAMETER {name}` takes a number, without an equals sign."
    return ""
