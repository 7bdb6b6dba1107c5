"""Judges of notebook 03 for answers with a form of their own: messages, streams, statuses, schemas, tools, lines."""

from __future__ import annotations

import json
import re
from functools import cached_property

from .judges import function
from .values import as_number, plain_value

FINNISH = r"finnish|finnisch|finnois|finska|suom(?:ea|eksi|en kiel)"
NOT = r"\b(?:not|never|nothing|avoid|without|no (?:other )?language|älä)\b|n['’]t\b"
BUT = r"\b(?:but|except|other than)\b"


def _contrary(rule: str) -> bool:
    """“Never in Finnish”, “anything but Finnish”; and not “nothing but Finnish”, “in Finnish, not in English”."""
    for clause in re.split("[.,;:!]", re.sub(r"(?:\bnot|n['’]t) (?:forget|fail|only)\b|\bbut also\b", "", rule)):
        before = re.split(FINNISH, clause)[0] if re.search(FINNISH, clause) else ""
        if bool(re.search(NOT, before)) != bool(re.search(BUT, before)):
            return True
    return False


def _said(content) -> str | None:
    """The text of a message, also where it is a list of parts; None for what no service takes."""
    if isinstance(content, list | tuple) and all(isinstance(part, dict) for part in content):
        content = " ".join(str(part.get("text", "")) for part in content)
    return content if isinstance(content, str) else None


def asks_for_finnish(answer):
    if isinstance(answer, dict):
        return "A list is wanted, `[{…}, {…}]`, with a dictionary for each message."
    if not isinstance(answer, list | tuple) or not all(isinstance(turn, dict) for turn in answer):
        return "`messages_1` is a list of dictionaries, each with `role` and `content`."
    for turn in answer:
        if not {"role", "content"} <= set(turn):
            return f"Each message has the keys `role` and `content`. One of yours has {', '.join(map(repr, turn))}."
    roles = [turn["role"] for turn in answer]
    odd = [role for role in roles if role not in ("system", "developer", "user", "assistant")]
    if odd:
        return f"{odd[0]!r} is no role. They are written in small letters: `system`, `user`, `assistant`."
    if len(answer) == 1:
        return f"One message, with the role `{roles[0]}`. Two are wanted: the rule, and then the question."
    if roles not in (["system", "user"], ["developer", "user"]):
        return f"Two messages, first the rule, then the question. Yours have the roles {', '.join(roles)}."
    rule, asked = (_said(turn["content"]) for turn in answer)
    if rule is None or asked is None:
        return "`content` is a text in quotes."
    if _contrary(rule.casefold()):
        return "Read your rule again: does it ask for Finnish, or forbid it?"
    if not re.search(FINNISH, rule.casefold()):
        swapped = re.search(FINNISH, asked.casefold())
        place = " The rule stands in the user's message." if swapped else ""
        return f"The system message has to ask for Finnish.{place}"
    return True if asked.strip(" .…") else "The user message is empty."


def turns(*turns: tuple[str, str]) -> list[dict]:
    return [{"role": role, "content": content} for role, content in turns]


class Streams(function):
    """Whole texts out of real events, which are made when they are needed: the package takes a while to load."""

    def __init__(self):
        self.within = 0

    @cached_property
    def cases(self):
        return [((_stream(*pieces, **how),), self._exactly(text)) for pieces, how, text in self._texts()]

    @staticmethod
    def _texts():
        yield ("A red", " fox,", " a red", " fox"), {}, "A red fox, a red fox"
        yield ("Un", "happy", "\n", "  again"), {"usage": False}, "Unhappy\n  again"
        yield ("Hei", " hei", " hei", " ho"), {"usage": False, "finish": None}, "Hei hei hei ho"
        yield (), {}, ""

    @staticmethod
    def _exactly(text: str):
        def judge(result):
            if result is None:
                return "The function returns nothing. Is there a `return`? (`print` only shows.)"
            if isinstance(result, list | tuple):
                return "That is a list of pieces. Join them: `''.join(pieces)`."
            if not isinstance(result, str):
                return f"A text is wanted; this is of the type {type(result).__name__}."
            return (
                result == text
                or f"From one stream you make {result!r}. The pieces in it make {text!r}.{_why(result, text)}"
            )

        return judge


def _why(result: str, text: str) -> str:
    """What happened to the pieces, where it can be seen."""
    if "None" in result:
        return " A content of None is no text, and `str` makes a word of it: leave it out."
    if "|" in result:
        return " The bar stood only in the printing: the pieces themselves have none."
    if result.strip() == text.lower().strip() and result != text:
        return " Small and capital letters are part of the text."
    if "".join(result.split()) == "".join(text.split()):
        return " Blanks and new lines are in the pieces already: add none, and take none away."
    if result and text.startswith(result):
        return " Pieces at the end are missing: does it return too early, or leave out the last event blindly?"
    if result and text.endswith(result):
        return " Each event brings only what is new, so keep what came before."
    if len(result) < len(text):
        return " A piece may come twice, and counts each time."
    return ""


def _stream(*pieces: str, usage: bool = True, finish: str | None = "stop") -> list:
    """The events of a stream, as the package makes them: a role, the pieces, the end, and perhaps the usage."""
    from openai.types.chat import ChatCompletionChunk

    deltas = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]
    choices = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices += [[{"index": 0, "delta": {}, "finish_reason": finish}]] if finish else []
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "pico-mini", "usage": None}
    events = [head | {"choices": found} for found in choices]
    if usage:
        counted = {"prompt_tokens": 9, "completion_tokens": len(pieces), "total_tokens": 9 + len(pieces)}
        events.append(head | {"choices": [], "usage": counted})
    return [ChatCompletionChunk.model_validate(event) for event in events]


_PASSES = {
    408: "it took too long, and the next try may be quicker",
    429: "it is no fault of the server, and still the best reason to wait and try again",
    500: "the server stumbled, and that often passes",
    503: "an overloaded server often has room a little later",
}
_STAYS = {
    400: "the request is not understood, and will not be the next time",
    401: "a wrong key is as wrong at the tenth try",
    404: "the name does not come into being by asking again",
    410: "gone means for good",
}


def _status(status: int, expected: bool, why: str):
    def judge(result):
        if isinstance(result, str):
            return "Return True or False: every text counts as true, “no” as well."
        if not isinstance(result, bool) and as_number(result) in (*_STAYS, *_PASSES):
            return "`or 429` stands alone, and a number counts as true. Write `status in (408, 429)`."
        if result is None and expected:
            return f"For {status} it returns nothing. Is there a `return` with a value? (`print` only shows.)"
        return bool(result) is expected or f"Look at {status}: {why}."

    return judge


STATUSES = [((status,), _status(status, False, why)) for status, why in _STAYS.items()]
STATUSES += [((status,), _status(status, True, why)) for status, why in _PASSES.items()]


GOOD_SCHEMA = {
    "type": "object",
    "properties": {"person": {"type": "string"}, "minutes": {"type": "integer"}},
    "required": ["person", "minutes"],
    "additionalProperties": False,
}
_EXAMPLE = {"person": "Eva", "minutes": 12}
_FORBIDDEN = [
    ({}, "`{}` would be a good answer, too. List both names in `required`."),
    ({"person": "Eva"}, "An answer without `minutes` would be good, too. List both names in `required`."),
    ({"minutes": 12}, "An answer without `person` would be good, too. List both names in `required`."),
    (_EXAMPLE | {"place": "a lake"}, "And nothing else: `additionalProperties` is `False`, else more fields would do."),
    (_EXAMPLE | {"minutes": "12"}, '`minutes` is a number, of the type `integer`; `"12"` would pass.'),
    (_EXAMPLE | {"minutes": 12.5}, "12.5 minutes would pass. A whole number is an `integer`."),
    (_EXAMPLE | {"person": 5}, "The number 5 would pass as a person. A text is a `string`."),
    ("Eva", 'A text alone would pass. The outermost value is an object: `"type": "object"`.'),
]


def _written(value) -> list:
    """All types that a schema names, wherever they stand."""
    if isinstance(value, dict):
        own = [value["type"]] if "type" in value else []
        return own + [found for part in value.values() for found in _written(part)]
    return [found for part in value for found in _written(part)] if isinstance(value, list | tuple) else []


def describes(answer):
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if hasattr(answer, "model_json_schema"):
        return "That is the class. Here the schema itself is wanted, by hand, as a dictionary."
    if isinstance(answer, str):
        return "That is a text with JSON in it. A dictionary is wanted: leave the quotes out, and write `False`."
    if not isinstance(answer, dict):
        return 'A dictionary is wanted, such as `{"type": "object", "properties": {…}}`.'
    if "json_schema" in answer or "schema" in answer:
        return "That is the envelope in which a request carries a schema. Here only the schema in it is wanted."
    if any(isinstance(kind, type) for kind in (*answer.values(), *_written(answer))):
        return '`str` and `int` are Python\'s types. In a schema they are words: `"string"`, `"integer"`.'
    if {"str", "int", "text", "dict"} & {kind for kind in _written(answer) if isinstance(kind, str)}:
        return "JSON's words for the types are `string`, `integer` and `object`; Python's own do not count."
    if answer.get("type") != "object" and "properties" not in answer:
        shape = set(answer) == {"person", "minutes"}
        told = "That is the shape of the answer. A schema *describes* it: " if shape else ""
        return (
            f'{told}{"t" if told else "T"}he outermost value is an object, `{{"type": "object", "properties": {{…}}}}`.'
        )
    if not isinstance(answer.get("properties", {}), dict):
        return "`properties` is a dictionary: the name of each part, and what it may be."
    if any("required" in part for part in answer.get("properties", {}).values() if isinstance(part, dict)):
        return "`required` stands beside `properties`, as a list of names."
    if any(isinstance(part, str) for part in answer.get("properties", {}).values()):
        return 'A property is described by an object of its own: `{"type": "string"}`.'
    if not isinstance(answer.get("additionalProperties", False), bool | dict):
        return "`additionalProperties` is `False` itself, without quotes."
    plain = json.loads(json.dumps(answer))  # tuples are lists in JSON
    if set(plain.get("properties", {})) != {"person", "minutes"}:
        return f"The properties are `person` and `minutes`. Yours: {', '.join(plain.get('properties', {})) or 'none'}."
    try:
        Draft202012Validator.check_schema(plain)
    except SchemaError as error:
        return f"That is not a schema yet: {error.message}."
    fits = Draft202012Validator(plain).is_valid
    for error in Draft202012Validator(plain).iter_errors(_EXAMPLE):
        return f'The example, `{{"person": "Eva", "minutes": 12}}`, would not fit your schema: {error.message}.'
    if not fits({"person": "Mika", "minutes": 90}):
        return "Your schema allows the example, and no answer about somebody else."
    return next((reason for wrong, reason in _FORBIDDEN if fits(wrong)), True)


def _shout(text, twice=False):
    return text.upper() * (2 if twice else 1)


class _Tools(dict):
    def __repr__(self):
        return "the tools"


TOOLS = _Tools(minus=lambda a, b: a - b, shout=_shout)
GOOD_CALL, STRANGER, BROKEN = ("minus", '{"a": 7, "b": 3}'), ("delete_everything", "{}"), ("minus", '{"a": 2, "b"')
_NO_JSON = "is no JSON, and your function took it. `eval` and `ast` read Python; JSON is read by `json.loads`"


def refused(what: str):
    def judge(result):
        if result is None:
            return f"{what} Return the sentence: `print` shows it to you and not to the model, and None is no sentence."
        if not isinstance(result, str) or not result.strip():
            return f"{what} The model needs a sentence, to read it and try again; it got {result!r}."
        return True

    return judge


def not_run(what: str, when: str):
    """Refused, and not with the answer that a program would have given."""
    return lambda result: f"`{what}` {_NO_JSON}." if result == when else refused("That is no JSON.")(result)


def yields(wanted, otherwise: str):
    def judge(result):
        if type(result) is type(wanted) and result == wanted:
            return True
        if result is None:
            return "The result of the tool is lost: is there a `return`?"
        if callable(result):
            return "That is the tool itself. Call it with the arguments, and return what it returns."
        if isinstance(result, str) and not isinstance(wanted, str) and result == str(wanted):
            return "Return what the function returns, here a number, and no text made of it."
        return otherwise

    return judge


CALLS = [
    ((*GOOD_CALL, TOOLS), yields(4, "`minus` with a = 7 and b = 3 has to return 4.")),
    (
        ("minus", '{"b": 3, "a": 7}', TOOLS),
        yields(4, "The arguments have names, and may come in another order: `**` hands them over by name."),
    ),
    (
        ("shout", '{"text": "hei", "twice": true}', TOOLS),
        yields(
            "HEIHEI",
            "`true` is good JSON. `eval` and `ast` read Python, which writes True; `json.loads` reads JSON.",
        ),
    ),
    ((*STRANGER, TOOLS), refused("`delete_everything` is not in the dictionary.")),
    (
        ("len", "{}", TOOLS),
        refused("`len` is a function of Python, and not in the dictionary."),
    ),
    (
        ("minu", '{"a": 7, "b": 3}', TOOLS),
        lambda result: (
            "`minu` is not in the dictionary: a part of a name is not enough."
            if result == 4
            else refused("`minu` is not in the dictionary.")(result)
        ),
    ),
    ((*BROKEN, TOOLS), refused("Half a JSON object.")),
    (("shout", '{"text": str(40 + 2)}', TOOLS), not_run('{"text": str(40 + 2)}', "42")),
    (("shout", "{'text': 'hei'}", TOOLS), not_run("{'text': 'hei'}", "HEI")),
]


def outcome(answer, call):
    """What the learner's function returns, or the error that ended it."""
    try:
        return answer(*call, TOOLS)
    except Exception as error:
        return error


def stops(answer, call) -> bool:
    return isinstance(outcome(answer, call), Exception)


def execute(name, arguments, tools):
    if name not in tools:
        return f"There is no tool {name}."
    try:
        return tools[name](**json.loads(arguments))
    except (ValueError, TypeError) as error:
        return f"Error: {error}"


DANGERS = {2: "it installs software", 5: "it reads a file", 6: "it sends a text away", 10: "it runs any text"}
_HARMLESS = {1: "an import alone does nothing", 3: "an import alone does nothing", 11: "it shows the chart"}


def dangerous(answer):
    if isinstance(answer, dict):
        return "That is a dictionary. A set has only the numbers, as in `{3, 4}`."
    if as_number(answer) is not None and not hasattr(answer, "__len__"):
        return "Not how many: which lines? As in `{3, 4}`."
    items = plain_value(answer)
    if isinstance(items, str) or not isinstance(items, set | frozenset | list | tuple):
        return "Give the numbers of the lines, as in `{3, 4}`."
    if any(isinstance(item, str) for item in items):
        digits = all(isinstance(item, str) and item.strip().isdigit() for item in items)
        return "Write the numbers without quotes." if digits else "The numbers of the lines are wanted, not the calls."
    given = {as_number(item) for item in items}
    if given - set(range(1, 12)):
        return "The program has the lines 1 to 11. Are there commas between your numbers?"
    if given - set(DANGERS):
        first = min(given - set(DANGERS))
        return f"Line {first:.0f} is harmless: {_HARMLESS.get(first, 'it belongs to the chart')}."
    missing = len(set(DANGERS) - given)
    return not missing or f"{len(given)} of {len(DANGERS)}, and all of yours count. Go on looking."


def these(*lines: int):
    return lambda answer: set(map(as_number, plain_value(answer))) == set(lines)
