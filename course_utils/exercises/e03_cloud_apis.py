"""Exercises, warm-up and quiz of notebook 03, models in the cloud."""

from __future__ import annotations

from types import SimpleNamespace as Thing

from course_utils.models import providers

from .engine import Exercise, function, number
from .quiz import Choice, Question, Quiz, WarmUp

# --- 1: a list of messages


def _finnish(answer):
    if not isinstance(answer, list | tuple) or not all(isinstance(turn, dict) for turn in answer):
        return "`messages_1` is a list of dictionaries, each with `role` and `content`."
    roles = [turn.get("role") for turn in answer]
    if roles != ["system", "user"]:
        return f"Two messages, first the rule, then the question. Yours have the roles {roles}."
    rule, asked = (str(turn.get("content", "")) for turn in answer)
    if "finnish" not in rule.casefold() and "suomeksi" not in rule.casefold():
        return "The system message has to ask for Finnish."
    return True if asked.strip() else "The user message is empty."


q1 = Exercise(
    "03.q1",
    "messages_1",
    judge=_finnish,
    right="A rule for the whole conversation, and then the first turn of the person.",
    right_examples=[
        [{"role": "system", "content": "Answer in Finnish."}, {"role": "user", "content": "Hello, who are you?"}],
        [{"role": "system", "content": "Vastaa suomeksi."}, {"role": "user", "content": "Who are you?"}],
    ],
    known_wrong=[
        (
            [{"role": "user", "content": "Answer in Finnish. Who are you?"}],
            "It works, but the rule then is one person's sentence among others. Give it the role `system`.",
            lambda answer: len(answer) == 1,
        ),
        (
            [{"role": "user", "content": "Who are you?"}, {"role": "system", "content": "Answer in Finnish."}],
            "The system message comes first: it is read before all else.",
            lambda answer: answer[-1]["role"] == "system",
        ),
        (
            [{"role": "system", "content": "Answer in Finnish."}, {"role": "assistant", "content": "Who are you?"}],
            "`assistant` is the model. A question of yours has the role `user`.",
            lambda answer: answer[-1]["role"] == "assistant",
        ),
    ],
    hints=["Two dictionaries in a list. The first has the role `system`.", "`system`: Answer in Finnish. `user`: …"],
    code='messages_1 = [\n    {"role": "system", "content": "Answer in Finnish."},\n'
    '    {"role": "user", "content": "Hello, who are you?"},\n]',
    why="The model keeps no memory between requests: rule and conversation travel with each one.",
)

# --- 2: putting a stream together


def _event(*texts: str | None):
    return Thing(choices=[Thing(delta=Thing(content=text)) for text in texts], usage=None)


_STREAM = [_event("A red"), _event(" fox"), _event(None), _event()]

q2 = Exercise(
    "03.q2",
    "whole_text",
    judge=function([((_STREAM,), "A red fox"), (([_event("Hei"), _event()],), "Hei"), (([],), "")]),
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
            lambda events: "".join(e.choices[0].delta.content for e in events if e.choices),
            "Some events have a choice without text: `content` is None. `or ''` helps.",
        ),
        (
            lambda events: ([c.delta.content for e in events for c in e.choices if c.delta.content] or [""])[-1],
            "Each event brings only what is new. The last one is not the whole.",
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

# --- 3: a schema


def _schema(answer):
    if not isinstance(answer, dict) or answer.get("type") != "object":
        return 'The outermost value is an object: `{"type": "object", "properties": {…}}`.'
    parts = answer.get("properties") or {}
    if set(parts) != {"person", "minutes"}:
        return f"The properties are `person` and `minutes`. Yours: {', '.join(parts) or 'none'}."
    if parts["person"].get("type") != "string" or parts["minutes"].get("type") != "integer":
        return "`person` is of type `string`, `minutes` of type `integer`."
    if set(answer.get("required") or []) != {"person", "minutes"}:
        return "Both properties have to be in the list `required`."
    return True if answer.get("additionalProperties") is False else "And nothing else: `additionalProperties` is False."


_GOOD = {
    "type": "object",
    "properties": {"person": {"type": "string"}, "minutes": {"type": "integer"}},
    "required": ["person", "minutes"],
    "additionalProperties": False,
}

q3 = Exercise(
    "03.q3",
    "schema_3",
    judge=_schema,
    right="Now each answer can be read by a program. Whether it is true is another question.",
    right_examples=[_GOOD, {**_GOOD, "title": "Visit"}],
    known_wrong=[
        (
            {key: value for key, value in _GOOD.items() if key != "required"},
            "Without `required`, `{}` is a good answer too. List both names there.",
            lambda answer: set(answer["properties"]) == {"person", "minutes"} and "required" not in answer,
        ),
        (
            {**_GOOD, "properties": {"person": "string", "minutes": "integer"}},
            'A property is described by an object of its own: `{"type": "string"}`.',
            lambda answer: "string" in answer["properties"].values(),
        ),
        (
            {"person": "string", "minutes": "integer"},
            "That is the shape of the answer. A schema *describes* it: type, properties, required.",
            lambda answer: set(answer) == {"person", "minutes"},
        ),
    ],
    hints=[
        'Begin with `{"type": "object", "properties": {...}, "required": [...], "additionalProperties": False}`.',
        'In `properties`: `"person": {"type": "string"}`, and `minutes` of type `integer`.',
    ],
    code=f"schema_3 = {_GOOD!r}",
    why="Some services insist on `required` and `additionalProperties`; it does no harm with the others.",
)

# --- 4: executing a call

_TOOLS = {"add": lambda a, b: a + b, "shout": lambda text: text.upper()}


def _refused(result):
    return True if isinstance(result, str) and result else "An unknown tool or bad JSON gives a text for the model."


q4 = Exercise(
    "03.q4",
    "execute",
    judge=function(
        [
            (("add", '{"a": 2, "b": 3}', _TOOLS), 5),
            (("shout", '{"text": "hei"}', _TOOLS), "HEI"),
            (("delete_everything", "{}", _TOOLS), _refused),
            (("add", '{"a": 2, "b"', _TOOLS), _refused),
        ]
    ),
    right="The model asks; your list decides. And a mistake goes back to the model as a text, not to you as a crash.",
    right_examples=[
        lambda name, arguments, tools: _execute(name, arguments, tools),
    ],
    known_wrong=[
        (
            lambda name, arguments, tools: tools[name](**__import__("json").loads(arguments)),
            "Good for the good cases. A name that is not in the list, or half a JSON object, ends it with an error.",
        ),
        (
            lambda name, arguments, tools: (
                tools[name](**__import__("json").loads(arguments)) if name in tools else "unknown tool"
            ),
            "The unknown name is caught. Now the arguments: they may be no JSON, for a model wrote them.",
        ),
        (
            lambda name, arguments, tools: f"{name}({arguments})",
            "That describes the call. Look the tool up, read the JSON, and call it.",
        ),
    ],
    hints=[
        "`if name not in tools: return 'unknown tool'`, then `json.loads(arguments)` inside `try`.",
        "`except (ValueError, TypeError) as error: return f'error: {error}'`; JSON's own error is a ValueError.",
    ],
    code="import json\n\n\ndef execute(name, arguments, tools):\n    if name not in tools:\n"
    '        return f"There is no tool {name}."\n    try:\n        return tools[name](**json.loads(arguments))\n'
    '    except (ValueError, TypeError) as error:\n        return f"Error: {error}"',
    why="`eval` or `globals()[name]` would have worked too, and would have run whatever a text made the model ask for.",
)


def _execute(name, arguments, tools):
    import json

    if name not in tools:
        return f"There is no tool {name}."
    try:
        return tools[name](**json.loads(arguments))
    except (ValueError, TypeError) as error:
        return f"Error: {error}"


# --- 5: what a term costs

PRICE = providers.prices()[0]
ASKED = 30 * 200
TERM = ASKED * PRICE.cost(400, 250)

q5 = Exercise(
    "03.q5",
    "answer_5",
    judge=number(TERM, within=0.01, unit="dollars"),
    right="Some 35 cents for six thousand answers. The dear part is not the small model, it is what nobody limits.",
    right_examples=[TERM, 0.354],
    known_wrong=[
        (
            ASKED * (400 * PRICE.output + 250 * PRICE.input) / 1e6,
            "The two prices are swapped: the prompt is the input.",
        ),
        (TERM / 30, "That is one learner. There are 30 of them."),
        (TERM / ASKED, "That is one request. There are 30 × 200."),
        (ASKED * (400 * PRICE.input + 250 * PRICE.output), "The prices are for a **million** tokens. Divide."),
        (ASKED * 650 * PRICE.output / 1e6, "The prompt has a price of its own, and it is the lower one."),
        (ASKED * 250 * PRICE.output / 1e6, "The prompt is paid for, too, in each request."),
        (ASKED * 400 * PRICE.input / 1e6, "The answer is paid for, too, and at the higher price."),
        (TERM * 100, "That is in cents; dollars were asked for."),
    ],
    hints=[
        "6,000 requests, each 400 tokens in and 250 tokens out.",
        "`6000 * price.cost(400, 250)`, or by hand: (400 × input + 250 × output) ÷ 1,000,000.",
    ],
    code="answer_5 = 30 * 200 * (400 * 0.06 + 250 * 0.14) / 1_000_000",
    why="A loop that asks by mistake, or a conversation sent whole each time, makes another sum of it.",
)

# --- 6: which answers deserve a second try

_AGAIN, _NEVER = (408, 429, 500, 502, 503, 504), (400, 401, 403, 404, 410, 422)


def _status(status: int, expected: bool):
    word = "worth a second try" if expected else "the same at each try"
    return lambda result: True if bool(result) is expected else f"Not yet for {status}: that is {word}."


q6 = Exercise(
    "03.q6",
    "again",
    judge=function([((s,), _status(s, True)) for s in _AGAIN] + [((s,), _status(s, False)) for s in _NEVER]),
    right="Ask again when the *moment* was bad. When the *request* was bad, change it.",
    right_examples=[
        lambda status: status in (408, 429) or status >= 500,
        lambda status: status in _AGAIN,
    ],
    known_wrong=[
        (lambda status: status >= 400, "A wrong key is as wrong at the tenth try, and 410 means gone for good."),
        (
            lambda status: status >= 500,
            "429 is no fault of the server, and still the best reason to wait and try again.",
        ),
        (lambda status: status == 429, "The server's own faults, from 500 on, often pass, too."),
        (lambda status: False, "Then one hiccup in a thousand requests stops a night's work."),
    ],
    hints=[
        "From 500 on, the server is to blame. Below, most often, you are. Which are the exceptions?",
        "408 (timed out) and 429 (too many requests) pass with time.",
    ],
    code="def again(status):\n    return status in (408, 429) or status >= 500",
    why="The openai package does just that (and 409), twice by default.",
)

# --- 7: what a model wrote

DANGERS = {2: "install software", 5: "read a file", 6: "send it away", 10: "run any text"}


def _lines(answer):
    if not isinstance(answer, set | list | tuple) or not all(type(line) is int for line in answer):
        return "Give the numbers of the lines, as in `{3, 4}`."
    given = set(answer)
    if given - set(DANGERS):
        return f"Line {min(given - set(DANGERS))} is harmless. Some others are not, or are not all found yet."
    if set(DANGERS) - given:
        return f"{len(given)} of {len(DANGERS)}, and all of yours count. Go on looking."
    return True


q7 = Exercise(
    "03.q7",
    "answer_7",
    judge=_lines,
    right="Installing, reading, sending, running whatever a text says: four doors, in code that draws the chart.",
    right_examples=[{2, 5, 6, 10}, [10, 6, 5, 2]],
    known_wrong=[
        ({2, 6, 10}, "Line 5 only reads, that is true. But it reads what line 6 sends away."),
        ({2, 5, 10}, "What happens to the text that line 5 has read?"),
        ({2, 5, 6}, "One more, near the end: a text becomes a program."),
        ({1, 2, 3, 4}, "An import opens a door; what goes through it stands in the calls. Look at lines 2 to 11."),
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
                Choice("To make it slower.", False, "It does, and it costs. But there is a reason."),
                Choice("The model keeps nothing between two requests.", True, "What is not in the messages never was."),
                Choice("So that the service can learn from it.", False, "Answering changes no weight."),
            ],
        ),
        Question(
            "03.gone",
            "A service answers **410**. What do you do?",
            [
                Choice(
                    "Choose another model or service.", True, "Gone means gone; that is what sets it apart from 404."
                ),
                Choice("Wait, and ask again.", False, "That is for 429 and for 503."),
                Choice("Make a new key.", False, "That is for 401."),
                Choice("Write the name in capitals.", False, "A slip in the name is 404."),
            ],
        ),
        Question(
            "03.schema",
            "An answer was held to a JSON schema. What do you know of it?",
            [
                Choice("That it is true.", False, "`sad` fitted the schema, and the text was happy."),
                Choice("That it is short.", False, "A text inside of it may be as long as it likes."),
                Choice("That a program can read it.", True, "The form is sure. The content has to be checked."),
            ],
        ),
        Question(
            "03.tool",
            "Who runs the tool in **tool calling**?",
            [
                Choice("The model.", False, "It writes a name and some arguments, no more."),
                Choice(
                    "The service.", False, "It passes on what the model wrote. (Some sell tools of their own besides.)"
                ),
                Choice("Your program.", True, "And so your program decides whether it does."),
            ],
        ),
        Question(
            "03.key",
            "Where does a key belong?",
            [
                Choice(
                    "In the first cell, where it is easy to find.", False, "Also for everybody who gets the notebook."
                ),
                Choice("In the environment, or typed into `getpass`.", True, "Neither is saved with the notebook."),
                Choice("In a comment.", False, "A comment is saved, pushed, and searched like all the rest."),
            ],
        ),
        Question(
            "03.price",
            "What makes a long chat dear?",
            [
                Choice(
                    "Each turn pays again for all turns before it.", True, "The prompt grows, and it has a price, too."
                ),
                Choice("The model gets tired.", False, "It gets slower with the length, but nobody pays for that."),
                Choice("Streaming costs extra.", False, "The tokens are the same, they only come sooner."),
            ],
        ),
    ],
)
