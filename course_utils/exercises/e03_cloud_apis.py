"""Exercises, warm-up and quizzes of notebook 03, models in the cloud."""

from __future__ import annotations

import json
import re
from functools import cached_property

from course_utils.models import providers

from .engine import Exercise, function, number
from .quiz import Choice, Question, Quiz, WarmUp
from .values import as_number, plain_value

# --- 1: a list of messages

# “Never answer in Finnish”, “anything but Finnish”; and not “in Finnish, not in English”.
_CONTRARY = r"(?:\b(?:not|never|avoid|without|älä)\b|n['’]t\b)(?:(?!\b(?:but|only)\b)[^.,;:!])*(?:finnish|suom)"
_CONTRARY += r"|\b(?:anything|everything|any language) (?:but|except)\b[^.,;]*finnish|other than finnish"


def _said(content) -> str | None:
    """The text of a message, also where it is a list of parts; None for what no service takes."""
    if isinstance(content, list | tuple) and all(isinstance(part, dict) for part in content):
        content = " ".join(str(part.get("text", "")) for part in content)
    return content if isinstance(content, str) else None


def _finnish(answer):
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
    if re.search(_CONTRARY, rule.casefold()):
        return "Read your rule again: does it ask for Finnish, or forbid it?"
    if not re.search("finnish|suom(?:ea|eksi|en kiel)", rule.casefold()):
        swapped = re.search("finnish|suom", asked.casefold())
        place = " The rule stands in the user's message." if swapped else ""
        return f"The system message has to ask for Finnish.{place}"
    return True if asked.strip(" .…") else "The user message is empty."


def _turns(*turns: tuple[str, str]) -> list[dict]:
    return [{"role": role, "content": content} for role, content in turns]


q1 = Exercise(
    "03.q1",
    "messages_1",
    judge=_finnish,
    right="A rule for the whole conversation, and then the first turn of the person.",
    right_examples=[
        _turns(("system", "Answer in Finnish."), ("user", "Hello, who are you?")),
        _turns(("system", "Vastaa suomeksi."), ("user", "Who are you?")),
        _turns(("system", "Answer in Finnish, not in English."), ("user", "Who are you?")),
    ],
    known_wrong=[
        (
            _turns(("user", "Answer in Finnish. Who are you?")),
            "It works, but the rule then is one person's sentence among others. Give it the role `system`.",
            lambda answer: len(answer) == 1 and answer[0]["role"] == "user",
        ),
        (
            _turns(("user", "Who are you?"), ("system", "Answer in Finnish.")),
            "The system message comes first: it is read before all else.",
            lambda answer: [turn["role"] for turn in answer] == ["user", "system"],
        ),
        (
            _turns(("system", "Answer in Finnish."), ("assistant", "Who are you?")),
            "`assistant` is the model. A question of yours has the role `user`.",
            lambda answer: [turn["role"] for turn in answer] == ["system", "assistant"],
        ),
        (
            _turns(("assistant", "Answer in Finnish."), ("user", "Who are you?")),
            "`assistant` is the model, and a rule does not come from it. Its role is `system`.",
            lambda answer: [turn["role"] for turn in answer] == ["assistant", "user"],
        ),
        (
            _turns(("system", "Answer in Finnish."), ("user", "Who are you?"), ("assistant", "Olen malli.")),
            "The answer is the model's to write: two messages are enough.",
            lambda answer: len(answer) == 3 and answer[-1]["role"] == "assistant",
        ),
    ],
    hints=["Two dictionaries in a list. The first has the role `system`.", "`system`: Answer in Finnish. `user`: …"],
    code='messages_1 = [\n    {"role": "system", "content": "Answer in Finnish."},\n'
    '    {"role": "user", "content": "Hello, who are you?"},\n]',
    why="The model keeps no memory between requests: rule and conversation travel with each one.",
)

# --- 2: putting a stream together


class _Streams(function):
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


q2 = Exercise(
    "03.q2",
    "whole_text",
    judge=_Streams(),
    right="Pieces joined, empty ones skipped: that is all there is to a stream.",
    right_examples=[
        lambda events: "".join(e.choices[0].delta.content or "" for e in events if e.choices),
        lambda events: "".join(choice.delta.content or "" for e in events for choice in e.choices),
    ],
    known_wrong=[
        (
            lambda events: "".join(e.choices[0].delta.content or "" for e in events),
            "The last event carries the usage and has no choices at all: `choices[0]` fails there.",
        ),
        (
            lambda events: "".join(e.choices[0].delta.content for e in events),
            "Two traps: a content can be None, and the last event, with the usage, has no choices at all.",
        ),
        (
            lambda events: "".join(e.choices[0].delta.content for e in events if e.choices),
            "Some events have a choice without text: `content` is None. `or ''` helps.",
        ),
        (
            lambda events: ([c.delta.content for e in events for c in e.choices if c.delta.content] or [""])[-1],
            "Each event brings only what is new. The last one is not the whole.",
        ),
        (
            lambda events: "".join(e.choices[0].message.content for e in events if e.choices),
            "In a stream there is no `message`: what is new stands in `delta`.",
        ),
    ],
    hints=[
        "Go through the events, take `event.choices[0].delta.content`, and join.",
        "Two traps: an event without choices (`if event.choices`), and a content that is None (`or ''`).",
    ],
    code="def whole_text(events):\n    texts = [e.choices[0].delta.content for e in events if e.choices]\n"
    "    return ''.join(text or '' for text in texts)",
    why="Both traps are met with real services, and the program that forgot them fails at the very last event.",
)

# --- 3: what a term costs

PRICE = providers.prices()[0]
ASKED = 30 * 200
TERM = ASKED * PRICE.cost(400, 250)

q3 = Exercise(
    "03.q3",
    "answer_3",
    judge=number(TERM, within=0.015, unit="dollars"),
    right="Some 35 cents for six thousand answers. The dear part is not the small model, it is what nobody limits.",
    right_examples=[TERM, 0.354, 0.35],
    known_wrong=[
        (
            ASKED * (400 * PRICE.output + 250 * PRICE.input) / 1e6,
            "The two prices are swapped: the prompt is the input.",
        ),
        (TERM / 30, "That is one learner. There are 30 of them."),
        (TERM / 200, "That is one question of each. There are 200."),
        (TERM / ASKED, "That is one request. There are 30 × 200."),
        (TERM * 1e6, "The prices are for a **million** tokens. Divide."),
        (TERM * 1e3, "The prices are for a million tokens, and you divided by a thousand."),
        (ASKED * 650 * PRICE.output / 1e6, "The prompt has a price of its own, and it is the lower one."),
        (ASKED * 650 * PRICE.input / 1e6, "The answer has a price of its own, and it is the higher one."),
        (ASKED * 650 * (PRICE.input + PRICE.output) / 1e6, "No token pays both prices: 400 pay one, 250 the other."),
        (ASKED * 250 * PRICE.output / 1e6, "The prompt is paid for, too, in each request."),
        (ASKED * 400 * PRICE.input / 1e6, "The answer is paid for, too, and at the higher price."),
        (TERM * 100, "That is in cents; dollars were asked for."),
        (ASKED * 650, "That is how many tokens. What do they cost?"),
        (
            (ASKED * 400 * PRICE.input / 1e6, ASKED * 250 * PRICE.output / 1e6),
            "Two sums: add them. (With a comma between them, Python sees a pair.)",
            lambda answer: isinstance(answer, tuple | list) and len(answer) == 2,
        ),
    ],
    hints=[
        "6,000 requests, each 400 tokens in and 250 tokens out.",
        "`6000 * price.cost(400, 250)`, or by hand: (400 × input + 250 × output) ÷ 1,000,000.",
    ],
    code="answer_3 = 30 * 200 * (400 * 0.06 + 250 * 0.14) / 1_000_000",
    why="A loop that asks by mistake, or a conversation sent whole each time, makes another sum of it.",
)

# --- 4: which answers deserve a second try

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
        return bool(result) is expected or f"Not yet for {status}: {why}."

    return judge


_STATUSES = [((status,), _status(status, False, why)) for status, why in _STAYS.items()]
_STATUSES += [((status,), _status(status, True, why)) for status, why in _PASSES.items()]

q4 = Exercise(
    "03.q4",
    "again",
    judge=function(_STATUSES),
    right="Ask again when the *moment* was bad. When the *request* was bad, change it.",
    right_examples=[
        lambda status: status in (408, 429) or status >= 500,
        lambda status: status in (408, 429, 500, 502, 503, 504),
        lambda status: True if status in (408, 429, 500, 503) else None,
    ],
    known_wrong=[
        (lambda status: status >= 400, "A wrong key is as wrong at the tenth try, and 410 means gone for good."),
        (lambda status: status >= 408, "410 is above 408, too, and it means gone for good."),
        (
            lambda status: status >= 500,
            "Two below 500 pass with time, too: 429 (too many requests) and 408 (took too long).",
        ),
        (lambda status: status == 429, "The server's own faults, from 500 on, often pass, too."),
        (
            lambda status: status in ("408", "429", "500", "503"),
            "A status is a number, not a text: leave the quotes out.",
            lambda answer: answer("429") and not answer(429),
        ),
        (lambda status: False, "Then one hiccup in a thousand requests stops a night's work."),
        (lambda status: status in (400, 401, 404, 410), "The other way round: these are the ones that stay."),
    ],
    hints=[
        "From 500 on, the server is to blame. Below, most often, you are. Which are the exceptions?",
        "408 (timed out) and 429 (too many requests) pass with time.",
    ],
    code="def again(status):\n    return status in (408, 429) or status >= 500",
    why="The openai package does just that (and 409), twice by default; 502 and 504 are the server's, too.",
)

# --- 5: a schema

_GOOD = {
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


def _schema(answer):
    from jsonschema import Draft202012Validator

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
    if any("required" in part for part in answer.get("properties", {}).values() if isinstance(part, dict)):
        return "`required` stands beside `properties`, as a list of names."
    if any(isinstance(part, str) for part in answer.get("properties", {}).values()):
        return 'A property is described by an object of its own: `{"type": "string"}`.'
    if not isinstance(answer.get("additionalProperties", False), bool | dict):
        return "`additionalProperties` is `False` itself, without quotes."
    plain = json.loads(json.dumps(answer))  # tuples are lists in JSON
    if set(plain.get("properties", {})) != {"person", "minutes"}:
        return f"The properties are `person` and `minutes`. Yours: {', '.join(plain.get('properties', {})) or 'none'}."
    Draft202012Validator.check_schema(plain)
    fits = Draft202012Validator(plain).is_valid
    for error in Draft202012Validator(plain).iter_errors(_EXAMPLE):
        return f'The example, `{{"person": "Eva", "minutes": 12}}`, would not fit your schema: {error.message}.'
    if not fits({"person": "Mika", "minutes": 90}):
        return "Your schema allows the example, and no answer about somebody else."
    return next((reason for wrong, reason in _FORBIDDEN if fits(wrong)), True)


q5 = Exercise(
    "03.q5",
    "schema_5",
    judge=_schema,
    right="Now each answer can be read by a program. Whether it is true is another question.",
    right_examples=[_GOOD, {**_GOOD, "title": "Visit"}, {**_GOOD, "required": ("minutes", "person")}],
    known_wrong=[
        (
            {key: value for key, value in _GOOD.items() if key != "required"},
            "Without `required`, `{}` is a good answer too. List both names there.",
        ),
    ],
    hints=[
        'Begin with `{"type": "object", "properties": {...}, "required": [...], "additionalProperties": False}`.',
        'In `properties`: `"person": {"type": "string"}`, and `minutes` of type `integer`.',
    ],
    code=f"schema_5 = {_GOOD!r}",
    why="Some services insist on `required` and `additionalProperties`; it does no harm with the others.",
)

# --- 6: executing a call


def _shout(text, twice=False):
    return text.upper() * (2 if twice else 1)


class _Tools(dict):
    def __repr__(self):
        return "the tools"


_TOOLS = _Tools(minus=lambda a, b: a - b, shout=_shout)
_GOOD_CALL, _STRANGER, _BROKEN = ("minus", '{"a": 7, "b": 3}'), ("delete_everything", "{}"), ("minus", '{"a": 2, "b"')
_NO_JSON = "is no JSON, and your function took it. `eval` and `ast` read Python; JSON is read by `json.loads`"


def _refused(what: str):
    def judge(result):
        if result is None:
            return f"{what} Return the sentence: `print` shows it to you and not to the model, and None is no sentence."
        if not isinstance(result, str) or not result.strip():
            return f"{what} The model needs a sentence, to read it and try again; it got {result!r}."
        return True

    return judge


def _not_run(what: str, when: str):
    """Refused, and not with the answer that a program would have given."""
    return lambda result: f"`{what}` {_NO_JSON}." if result == when else _refused("That is no JSON.")(result)


def _yields(wanted, otherwise: str):
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


q6 = Exercise(
    "03.q6",
    "execute",
    judge=function(
        [
            ((*_GOOD_CALL, _TOOLS), _yields(4, "`minus` with a = 7 and b = 3 has to return 4.")),
            (
                ("minus", '{"b": 3, "a": 7}', _TOOLS),
                _yields(4, "The arguments have names, and may come in another order: `**` hands them over by name."),
            ),
            (
                ("shout", '{"text": "hei", "twice": true}', _TOOLS),
                _yields(
                    "HEIHEI",
                    "`true` is good JSON. `eval` and `ast` read Python, which writes True; `json.loads` reads JSON.",
                ),
            ),
            ((*_STRANGER, _TOOLS), _refused("`delete_everything` is not in the dictionary.")),
            (
                ("len", "{}", _TOOLS),
                _refused("`len` is a function of Python, and not in the dictionary."),
            ),
            (
                ("minu", '{"a": 7, "b": 3}', _TOOLS),
                lambda result: (
                    "`minu` is not in the dictionary: a part of a name is not enough."
                    if result == 4
                    else _refused("`minu` is not in the dictionary.")(result)
                ),
            ),
            ((*_BROKEN, _TOOLS), _refused("Half a JSON object.")),
            (("shout", '{"text": str(40 + 2)}', _TOOLS), _not_run('{"text": str(40 + 2)}', "42")),
            (("shout", "{'text': 'hei'}", _TOOLS), _not_run("{'text': 'hei'}", "HEI")),
        ]
    ),
    right="The model asks; your list decides. And a mistake goes back to the model as a text, not to you as a crash.",
    right_examples=[
        lambda name, arguments, tools: _execute(name, arguments, tools),
    ],
    known_wrong=[
        (
            lambda name, arguments, tools: tools[name](**json.loads(arguments)),
            "Good for the good cases. A name that is not in the list, or half a JSON object, ends it with an error: "
            "return a sentence instead.",
            lambda answer: _outcome(answer, _GOOD_CALL) == 4 and _stops(answer, _STRANGER) and _stops(answer, _BROKEN),
        ),
        (
            lambda name, arguments, tools: tools[name](**json.loads(arguments)) if name in tools else "unknown tool",
            "The unknown name is caught. Now the arguments: they may be no JSON, for a model wrote them.",
            lambda answer: _outcome(answer, _GOOD_CALL) == 4 and _stops(answer, _BROKEN),
        ),
        (
            lambda name, arguments, tools: f"{name}({arguments})",
            "That describes the call. Look the tool up, read the JSON, and call it.",
            lambda answer: "minus" in _outcome(answer, _GOOD_CALL),
        ),
        (
            lambda name, arguments, tools: tools[name](**arguments) if name in tools else "unknown tool",
            "`arguments` is still a text. `json.loads` makes a dictionary of it.",
            lambda answer: "mapping" in str(_outcome(answer, _GOOD_CALL)),
        ),
        (
            lambda name, arguments, tools: tools[name](json.loads(arguments)) if name in tools else "unknown tool",
            "The dictionary goes in whole, as one argument. `tools[name](**…)` hands its parts over by name.",
            lambda answer: "missing" in str(_outcome(answer, _GOOD_CALL)),
        ),
        (
            lambda name, arguments, tools: "There is no such tool.",
            "That tool is in the dictionary. Do you look it up there, as `tools[name]`?",
            lambda answer: isinstance(_outcome(answer, _GOOD_CALL), str) and _outcome(answer, _GOOD_CALL) != "4",
        ),
    ],
    hints=[
        "`if name not in tools: return 'unknown tool'`, then `json.loads(arguments)` inside `try`.",
        "`except (ValueError, TypeError) as error: return f'error: {error}'`; JSON's own error is a ValueError.",
    ],
    code="import json\n\n\ndef execute(name, arguments, tools):\n    if name not in tools:\n"
    '        return f"There is no tool {name}."\n    try:\n        return tools[name](**json.loads(arguments))\n'
    '    except (ValueError, TypeError) as error:\n        return f"Error: {error}"',
    why="Arguments that do not fit raise a TypeError: catch it, too. `eval` would have run whatever a text asked for.",
)


def _outcome(answer, call):
    """What the learner's function returns, or the error that ended it."""
    try:
        return answer(*call, _TOOLS)
    except Exception as error:
        return error


def _stops(answer, call) -> bool:
    return isinstance(_outcome(answer, call), Exception)


def _execute(name, arguments, tools):
    if name not in tools:
        return f"There is no tool {name}."
    try:
        return tools[name](**json.loads(arguments))
    except (ValueError, TypeError) as error:
        return f"Error: {error}"


# --- 7: what a model wrote

DANGERS = {2: "it installs software", 5: "it reads a file", 6: "it sends a text away", 10: "it runs any text"}
_HARMLESS = {1: "an import alone does nothing", 3: "an import alone does nothing", 11: "it shows the chart"}


def _lines(answer):
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


def _these(*lines: int):
    return lambda answer: set(map(as_number, plain_value(answer))) == set(lines)


q7 = Exercise(
    "03.q7",
    "answer_7",
    judge=_lines,
    right="Installing, reading, sending, running whatever a text says: four doors, in code that draws the chart.",
    right_examples=[{2, 5, 6, 10}, [10, 6, 5, 2], frozenset({2, 5, 6, 10}), {2.0, 5.0, 6.0, 10.0}],
    known_wrong=[
        ({2, 6, 10}, "Line 5 only reads, that is true. But it reads what line 6 sends away.", _these(2, 6, 10)),
        ({2, 5, 10}, "What happens to the text that line 5 has read?", _these(2, 5, 10)),
        ({2, 5, 6}, "One more, near the end: a text becomes a program.", _these(2, 5, 6)),
        ({5, 6, 10}, "One more, near the beginning: who knows the package that is installed?", _these(5, 6, 10)),
        ({1, 4, 5, 9}, "Do you count from 0? The first line has the number 1.", _these(1, 4, 5, 9)),
        (
            {3, 4, 7, 8, 9, 11},
            "These draw the chart. The others are wanted.",
            lambda answer: (
                set(map(as_number, plain_value(answer))) <= set(range(1, 12)) - set(DANGERS) and len(answer) > 3
            ),
        ),
        (set(range(1, 12)), "Then nothing could be drawn. Which four lines have nothing to do with a chart?"),
    ],
    hints=[
        "The walk above prints each call with its line. Which calls does a chart not need?",
        "`os.system`, `open`, `urlopen` and `eval`.",
    ],
    code="answer_7 = {2, 5, 6, 10}",
    why="A list of forbidden names is never complete. Run such code only where it can reach nothing.",
)

warm_up = WarmUp("03")

quiz = Quiz(
    "03",
    [
        Question(
            "03.memory",
            "Why does each request carry the whole conversation?",
            [
                Choice("So that the service can train the model on your words.", False, "Answering changes no weight."),
                Choice("The service checks all of it against your key.", False, "A header carries the key, by itself."),
                Choice("The model keeps nothing between requests.", True, "What is not in the messages never was."),
            ],
        ),
        Question(
            "03.cut",
            "The `finish_reason` of an answer is `length`. What happened?",
            [
                Choice("The answer is as long as the model wanted it.", False, "Then it would be `stop`."),
                Choice("A limit on tokens cut the answer.", True, "What you have is a beginning, and no answer yet."),
                Choice("The stream broke off on its way to you.", False, "Then there is no `finish_reason` at all."),
            ],
        ),
        Question(
            "03.gone",
            "A service answers **410**. What do you do?",
            [
                Choice("Choose another model or service.", True, "Gone is gone; that sets it apart from 404."),
                Choice("Wait as long as `Retry-After` says, and ask again.", False, "That is for 429 and for 503."),
                Choice("Make a new key, for the old one has run out.", False, "A key that is not accepted gets 401."),
            ],
        ),
        Question(
            "03.key",
            "Where does a key belong?",
            [
                Choice(
                    "In the first cell, where it is easy to find.", False, "Also for everybody who gets the notebook."
                ),
                Choice("In the environment, or into `getpass`.", True, "Neither is saved with the notebook."),
                Choice("In a comment, which Python does not run.", False, "It is saved and shared like all the rest."),
            ],
        ),
        Question(
            "03.quota",
            "A new key gets **429**, with `insufficient_quota` in the text. What helps?",
            [
                Choice("To wait a minute, as with other limits.", False, "This one does not pass by itself."),
                Choice("To let the package repeat the request.", False, "It is refused at each try."),
                Choice("To put money on the account.", True, "The service knows you; you have no credit."),
            ],
        ),
    ],
)

deeper_quiz = Quiz(
    "03",
    [
        Question(
            "03.schema",
            "An answer was held to a JSON schema, and it is whole. What do you know of it?",
            [
                Choice(
                    "That it is true, for a wrong one would not fit.", False, "`sad` fitted, and the text was happy."
                ),
                Choice(
                    "That it is what a free answer would say.",
                    False,
                    "pico-mini was right freely, and wrong in the form.",
                ),
                Choice("That a program can read it.", True, "The form is sure. The content has to be checked."),
            ],
        ),
        Question(
            "03.tool",
            "Who runs the tool in **tool calling**?",
            [
                Choice("Your program.", True, "And so your program decides whether it does."),
                Choice("The model.", False, "It writes a name and some arguments, no more."),
                Choice(
                    "The service.", False, "It passes on what the model wrote. (Some sell tools of their own, too.)"
                ),
            ],
        ),
        Question(
            "03.price",
            "What makes a long chat dear?",
            [
                Choice("Each turn pays for all turns before it.", True, "The prompt grows, and it has a price, too."),
                Choice("The model gets slower with each turn.", False, "It does, but you pay tokens, not seconds."),
                Choice("Each event of a stream is paid as a request.", False, "It is one request, in many pieces."),
            ],
        ),
        Question(
            "03.scan",
            "A scan for keys finds nothing in your notebook. What does that say?",
            [
                Choice("That it may be shared without a second look.", False, "Some keys look like any other text."),
                Choice("That it holds no key which the scan knows.", True, "It is a net, and a net has holes."),
                Choice("That the environment holds no key either.", False, "It looked into the text, not there."),
            ],
        ),
    ],
    name="deeper_quiz",
)
