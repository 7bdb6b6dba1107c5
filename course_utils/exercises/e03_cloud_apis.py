"""Exercises, warm-up and quizzes of notebook 03, models in the cloud."""

from __future__ import annotations

import json

from course_utils.models import providers

from .cloud_forms import (
    BROKEN,
    CALLS,
    DANGERS,
    GOOD_CALL,
    GOOD_SCHEMA,
    STATUSES,
    STRANGER,
    Streams,
    asks_for_finnish,
    dangerous,
    describes,
    execute,
    outcome,
    stops,
    these,
    turns,
)
from .engine import Exercise, function, number
from .quiz import Quiz, WarmUp
from .values import as_number, plain_value

# --- 1: a list of messages

q1 = Exercise(
    "03.q1",
    "messages_1",
    judge=asks_for_finnish,
    right="A rule for the whole conversation, and then the first turn of the person.",
    right_examples=[
        turns(("system", "Answer in Finnish."), ("user", "Hello, who are you?")),
        turns(("system", "Vastaa suomeksi."), ("user", "Who are you?")),
        turns(("system", "Answer in Finnish, not in English."), ("user", "Who are you?")),
    ],
    known_wrong=[
        (
            turns(("user", "Answer in Finnish. Who are you?")),
            "It works, but the rule then is one person's sentence among others. Give it the role `system`.",
            lambda answer: len(answer) == 1 and answer[0]["role"] == "user",
        ),
        (
            turns(("user", "Who are you?"), ("system", "Answer in Finnish.")),
            "The system message comes first: it is read before all else.",
            lambda answer: [turn["role"] for turn in answer] == ["user", "system"],
        ),
        (
            turns(("system", "Answer in Finnish."), ("assistant", "Who are you?")),
            "`assistant` is the model. A question of yours has the role `user`.",
            lambda answer: [turn["role"] for turn in answer] == ["system", "assistant"],
        ),
        (
            turns(("assistant", "Answer in Finnish."), ("user", "Who are you?")),
            "`assistant` is the model, and a rule does not come from it. Its role is `system`.",
            lambda answer: [turn["role"] for turn in answer] == ["assistant", "user"],
        ),
        (
            turns(("system", "Answer in Finnish."), ("user", "Who are you?"), ("assistant", "Olen malli.")),
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


q2 = Exercise(
    "03.q2",
    "whole_text",
    judge=Streams(),
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
    right="Some 35 cents for six thousand answers. It gets dear where nobody sets a limit.",
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

q4 = Exercise(
    "03.q4",
    "again",
    judge=function(STATUSES),
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

q5 = Exercise(
    "03.q5",
    "schema_5",
    judge=describes,
    right="Now each answer can be read by a program. Whether it is true is another question.",
    right_examples=[GOOD_SCHEMA, {**GOOD_SCHEMA, "title": "Visit"}, {**GOOD_SCHEMA, "required": ("minutes", "person")}],
    known_wrong=[
        (
            {key: value for key, value in GOOD_SCHEMA.items() if key != "required"},
            "Without `required`, `{}` is a good answer too. List both names there.",
        ),
    ],
    hints=[
        'Begin with `{"type": "object", "properties": {...}, "required": [...], "additionalProperties": False}`.',
        'In `properties`: `"person": {"type": "string"}`, and `minutes` of type `integer`.',
    ],
    code=f"schema_5 = {GOOD_SCHEMA!r}",
    why="Some services insist on `required` and `additionalProperties`; it does no harm with the others.",
)

# --- 6: executing a call


q6 = Exercise(
    "03.q6",
    "execute",
    judge=function(CALLS),
    right="The model asks; your list decides. And a mistake goes back to the model as a text, not to you as a crash.",
    right_examples=[
        lambda name, arguments, tools: execute(name, arguments, tools),
    ],
    known_wrong=[
        (
            lambda name, arguments, tools: tools[name](**json.loads(arguments)),
            "Good for the good cases. A name that is not in the list, or half a JSON object, ends it with an error: "
            "return a sentence instead.",
            lambda answer: outcome(answer, GOOD_CALL) == 4 and stops(answer, STRANGER) and stops(answer, BROKEN),
        ),
        (
            lambda name, arguments, tools: tools[name](**json.loads(arguments)) if name in tools else "unknown tool",
            "The unknown name is caught. Now the arguments: they may be no JSON, for a model wrote them.",
            lambda answer: outcome(answer, GOOD_CALL) == 4 and stops(answer, BROKEN),
        ),
        (
            lambda name, arguments, tools: f"{name}({arguments})",
            "That describes the call. Look the tool up, read the JSON, and call it.",
            lambda answer: "minus" in outcome(answer, GOOD_CALL),
        ),
        (
            lambda name, arguments, tools: tools[name](**arguments) if name in tools else "unknown tool",
            "`arguments` is still a text. `json.loads` makes a dictionary of it.",
            lambda answer: "mapping" in str(outcome(answer, GOOD_CALL)),
        ),
        (
            lambda name, arguments, tools: tools[name](json.loads(arguments)) if name in tools else "unknown tool",
            "The dictionary goes in whole, as one argument. `tools[name](**…)` hands its parts over by name.",
            lambda answer: "missing" in str(outcome(answer, GOOD_CALL)),
        ),
        (
            lambda name, arguments, tools: "There is no such tool.",
            "That tool is in the dictionary. Do you look it up there, as `tools[name]`?",
            lambda answer: isinstance(outcome(answer, GOOD_CALL), str) and outcome(answer, GOOD_CALL) != "4",
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


# --- 7: what a model wrote

q7 = Exercise(
    "03.q7",
    "answer_7",
    judge=dangerous,
    right="Installing, reading, sending, running whatever a text says: four doors, in code that draws the chart.",
    right_examples=[{2, 5, 6, 10}, [10, 6, 5, 2], frozenset({2, 5, 6, 10}), {2.0, 5.0, 6.0, 10.0}],
    known_wrong=[
        ({2, 6, 10}, "Line 5 only reads, that is true. But it reads what line 6 sends away.", these(2, 6, 10)),
        ({2, 5, 10}, "What happens to the text that line 5 has read?", these(2, 5, 10)),
        ({2, 5, 6}, "One more, near the end: a text becomes a program.", these(2, 5, 6)),
        ({5, 6, 10}, "One more, near the beginning: who knows the package that is installed?", these(5, 6, 10)),
        ({1, 4, 5, 9}, "Do you count from 0? The first line has the number 1.", these(1, 4, 5, 9)),
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

quiz = Quiz.read("03")

deeper_quiz = Quiz.read("03", "deeper_quiz")
