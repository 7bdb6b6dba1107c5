"""Judges of notebook 05 for answers with a form of their own: durations, JSON schemas, Modelfiles."""

from __future__ import annotations

import json
import re

from .values import as_number, describe

# --- keep_alive ---------------------------------------------------------------------------------------------------

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "": 1}


def _seconds(value) -> float | None:
    """A keep_alive as seconds; None for what Ollama would refuse."""
    if not isinstance(value, str):
        return None if isinstance(value, bool) else as_number(value)
    text, sign = value.removeprefix("-"), -1 if value.startswith("-") else 1
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h))+|0", text):
        return None
    return sign * sum(float(n) * UNITS[unit] for n, _, unit in re.findall(r"(\d+(\.\d+)?)(ms|s|m|h|)", text))


UNIT = 'A text needs a unit, else Ollama answers `time: missing unit in duration`. Write `"8h"`, or a bare number.'
TODAY, NEVER, NONE = (
    '`all_day` has to be 8 hours. A bare number counts seconds: 28,800 of them, or `"8h"`.',
    "`at_once` has to be 0: nothing is kept after the answer.",
    "`for_ever` has to be a negative number: a model that has no time to go never goes.",
)
SWAPPED = "The other way round: 0 means gone at once, and a negative number means for ever."
EIGHT = {8: "8 are eight **seconds**. ", 480: "480 seconds are eight **minutes**. ", 28_800_000: "No milliseconds. "}


def keeping(at_once, all_day, for_ever):
    """Judge three values of `keep_alive`: not at all, eight hours, for ever."""
    for name, value in (("at_once", at_once), ("all_day", all_day), ("for_ever", for_ever)):
        if _seconds(value) is None:
            return _no_duration(name, value)
    once, today, ever = map(_seconds, (at_once, all_day, for_ever))
    if once < 0 and ever == 0:
        return SWAPPED
    if once != 0:
        return f"With {describe(at_once)} it stays a while longer. {NEVER}" if once > 0 else NEVER
    if today != 8 * 3600:
        return EIGHT.get(today, f"This keeps it for {today / 3600:,.2g} hours. ") + TODAY
    if ever > 0:
        return "That is long, but it ends. " + NONE
    return True if ever < 0 else NONE


def _no_duration(name: str, value) -> str:
    if value is None:
        return f"`{name} = None` says nothing, and then it stays as it was: at first, five minutes."
    if isinstance(value, bool):
        return f'`{name}` is {value}, which is no duration. It takes a number of seconds, or a text such as `"10m"`.'
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value.strip()):
        return UNIT
    if isinstance(value, float):
        return f"JSON has no number {value}, so it cannot be sent. A negative number means for ever."
    units = 'Its units are `s`, `m` and `h`, right behind the number, as in `"10m"`.'
    return f"Ollama does not understand `{name}`: {describe(value)}. {units}"


# --- the schema of an animal --------------------------------------------------------------------------------------

GOOD = [{"animal": animal, "big": big} for animal in ("fox", "owl", "cat") for big in (True, False)]
BAD = [
    ({"animal": "fox"}, "It lets `big` be left out. Name both keys under `required`."),
    ({"big": True}, "It lets `animal` be left out. Name both keys under `required`."),
    ({"animal": "dog", "big": True}, "It lets a dog through. An `enum` lists the only values that are allowed."),
    ({"animal": "Fox", "big": True}, "It lets `Fox` through, with a capital letter. List the three as they are."),
    ({"animal": "fox", "big": "yes"}, "It lets `big` be a text. Its type is `boolean`."),
    ({"animal": "fox", "big": 1}, "It lets `big` be a number. Its type is `boolean`."),
    ({"animal": "fox", "big": None}, "It lets `big` be `null`, which is neither true nor false."),
    ({"animal": 3, "big": True}, "It lets `animal` be a number."),
    ({"animal": "fox", "big": True, "name": "x"}, "It lets other keys in. Set `additionalProperties` to `False`."),
    ("fox", 'It lets a bare text through. The type of the whole is `"object"`.'),
    ([], 'It lets a list through. The type of the whole is `"object"`.'),
]
NOT_REQUIRED = "Nothing is **required** yet, so an empty object fits, too. Name both keys under `required`."
TEXT = "`big` is a text here, so that `true` without quotes is refused. Its type is `boolean`."
AN_ANSWER = "That is an **answer**. A schema describes answers: types, allowed values, required keys."


def animal_schema(answer):
    """Judge a JSON schema for one of three animals, big or not, by what it lets through."""
    if isinstance(answer, str):
        return "A Python dictionary is wanted, not a text. Ollama's client turns it into JSON."
    if not isinstance(answer, dict):
        return 'A schema is a dictionary, such as `{"type": "object", "properties": {...}}`.'
    from jsonschema import SchemaError, validators

    try:
        schema = json.loads(json.dumps(answer))  # as it travels: a tuple becomes a list
        kind = validators.validator_for(schema)
        kind.check_schema(schema)
        judge = kind(schema)
    except SchemaError as error:
        return _no_schema(answer, error)
    except (TypeError, ValueError) as error:
        return f"This cannot be written as JSON: {error}"
    refused = next((thing for thing in GOOD if not judge.is_valid(thing)), None)
    if refused is not None:
        return _refuses(schema, refused)
    if judge.is_valid({}):
        return NOT_REQUIRED
    return next((because for thing, because in BAD if judge.is_valid(thing)), True)


def _no_schema(answer: dict, error) -> str:
    """What is said of something that is no schema at all."""
    if answer.get("animal") in ("fox", "owl", "cat"):
        return AN_ANSWER
    if not isinstance(answer.get("required", []), list | tuple):
        return '`required` is a list of the keys that must be there: `["animal", "big"]`.'
    if isinstance(answer.get("additionalProperties"), str):
        return "`additionalProperties` is a text here. Write `False`, without quotes."
    if isinstance(error.instance, list):
        return 'A list stands where a schema belongs. The allowed values are `{"enum": [...]}`.'
    if isinstance(error.instance, str):
        return f"JSON knows no type “{error.instance}”. True or false is `boolean`, a text is `string`."
    return f"This is no JSON schema: {error.message[:160]}"


def _refuses(schema: dict, thing: dict) -> str:
    """What is said of a schema that refuses an answer which is wanted."""
    keys = schema.get("properties", {})
    animals = keys.get("animal", {}).get("enum", []) if isinstance(keys, dict) else []
    if schema.get("animal") in ("fox", "owl", "cat"):
        return AN_ANSWER
    if "mood" in keys:
        return "That is the schema of the moods. Yours has the keys `animal` and `big`."
    if not keys and ("animal" in schema or "big" in schema):
        return "`animal` and `big` belong under `properties`, one level further in."
    if schema.get("type", "object") != "object":
        return f"The type of the whole is `{schema['type']}` here; an object is wanted."
    if {name.lower() for name in map(str, animals)} == {"fox", "owl", "cat"} and thing["animal"] not in animals:
        return "JSON tells capital letters apart: `fox` is wanted, as it stands in the task."
    if animals and thing["animal"] not in animals:
        return f"It refuses `{json.dumps(thing)}`: is `{thing['animal']}` in your list?"
    if isinstance(keys.get("big"), dict) and (
        keys["big"].get("type") == "string" or "true" in keys["big"].get("enum", [])
    ):
        return TEXT
    return f"It refuses `{json.dumps(thing)}`, which is wanted."


# --- a Modelfile --------------------------------------------------------------------------------------------------

SEPARATE = "`temperature` is no instruction. Settings are written `PARAMETER temperature 0`."
NO_FROM = "Every Modelfile says which model it begins with: `FROM` and a name."
NO_SYSTEM = "Who tells it to speak Finnish? That is the work of `SYSTEM`."
EQUALS = "`PARAMETER temperature` takes its number after a space, without an equals sign."
NO_LIMIT = "A `PARAMETER` line for `num_predict` is missing."
OTHER_NAMES = {
    "max_tokens": "`max_tokens` is the clouds' name. Ollama's is `num_predict`.",
    "max_new_tokens": "`max_new_tokens` is the name in Transformers. Ollama's is `num_predict`.",
    "num_ctx": "`num_ctx` is the room for prompt **and** answer. The most that is written is `num_predict`.",
}
# Ollama's own list (parser/parser.go, 2026); instructions in any case, names of parameters in small letters.
INSTRUCTIONS = ("FROM", "SYSTEM", "PARAMETER", "TEMPLATE", "MESSAGE", "LICENSE", "ADAPTER", "DRAFT", "RENDERER")
INSTRUCTIONS += ("PARSER", "REQUIRES")


def modelfile(answer):
    """Judge a Modelfile of pico-mini that speaks Finnish, at temperature 0, in 60 tokens."""
    if isinstance(answer, dict):
        return "Those are the arguments of `client.create`. A Modelfile is a text, with one instruction a line."
    if not isinstance(answer, str):
        return "A Modelfile is a text. Write it in triple quotes."
    parts = _instructions(answer)
    return _foreign(parts) or _missing(parts) or _set_wrong(parts.get("PARAMETER", [])) or True


def _bare(text: str) -> str:
    """A text without the double quotes around it, which Ollama takes off."""
    return re.sub(r'^"(.*)"$', r"\1", text.strip(), flags=re.DOTALL).strip()


def _instructions(text: str) -> dict[str, list[str]]:
    """What stands behind each instruction: `{"PARAMETER": ["temperature 0", ...]}`."""
    flat = re.sub(r'"""(.*?)"""', lambda found: " ".join(found.group(1).split()), text, flags=re.DOTALL)
    parts: dict[str, list[str]] = {}
    for line in map(str.strip, flat.splitlines()):
        if line and not line.startswith("#"):
            word, *rest = line.split(maxsplit=1)
            parts.setdefault(word.upper(), []).append(_bare("".join(rest)))
    return parts


def _foreign(parts: dict[str, list[str]]) -> str:
    """What is said of a word that is no instruction."""
    foreign = [word for word in parts if word not in INSTRUCTIONS]
    settings = [word.lower() for word in foreign if word.lower() in ("temperature", "num_predict")]
    if settings:
        return SEPARATE.replace("temperature", settings[0])
    if foreign and foreign[0].rstrip(":=") in INSTRUCTIONS:
        return f"After `{foreign[0][:-1]}` comes a space, and no colon or equals sign."
    if foreign:
        return f"`{foreign[0][:20]}` is no instruction of a Modelfile. Longer texts stand in triple quotes."
    return ""


def _missing(parts: dict[str, list[str]]) -> str:
    """What is said of the model it begins with, and of its rule."""
    if not "".join(parts.get("FROM", [])):
        return NO_FROM
    begins = parts["FROM"][0]
    if re.search(r"\s(SYSTEM|PARAMETER)\s", begins):
        return "Each instruction stands on a line of its own; here all are on one."
    if begins.removesuffix(":latest") != "pico-mini":
        return f"It begins `FROM {begins[:30]}`; pico-mini is wanted."
    rule = " ".join(parts.get("SYSTEM", [])).casefold()
    if not re.search("finnish|suom", rule):
        other = " ".join(parts.get("TEMPLATE", [])).casefold()
        if "finnish" in other:
            return "`TEMPLATE` is how messages become one text. The rule for the model is written behind `SYSTEM`."
        return f"`SYSTEM` says “{rule[:40]}”. Finnish is wanted." if rule else NO_SYSTEM
    forbids = re.search(r"\b(?:not?|never|don't|älä)\b([^.,;!]*?)(?:finnish|suom)", rule)
    if forbids and not re.search("english|englan|but|other|anything|else", forbids[1]):
        return "This **forbids** Finnish. It shall answer in Finnish."
    return ""


def _set_wrong(lines: list[str]) -> str:
    """What is said of the settings: `temperature 0`, `num_predict 60`."""
    if any("=" in line for line in lines):
        return EQUALS
    settings = {name: _bare("".join(rest)) for name, *rest in (line.split(maxsplit=1) for line in lines)}
    for name, value in (("temperature", 0), ("num_predict", 60)):
        if name not in settings:
            if name in map(str.lower, settings):
                return f"Names of parameters are written in small letters: `{name}`."
            other = [OTHER_NAMES[found] for found in settings if name == "num_predict" and found in OTHER_NAMES]
            return other[0] if other else f"A `PARAMETER` line for `{name}` is missing."
        try:
            if float(settings[name]) != value:
                return f"`{name}` is {settings[name]}; {value} is wanted."
        except ValueError:
            return f"`PARAMETER {name}` takes a bare number, and no word behind it: here it is “{settings[name]}”."
    return ""
