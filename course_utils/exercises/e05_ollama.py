"""Exercises, warm-up and quiz of notebook 05, Ollama."""

from __future__ import annotations

import json

from .engine import Exercise, function, number
from .ollama_forms import BAD, NEVER, NONE, SEPARATE, TODAY, UNIT, animal_schema, keeping, modelfile
from .quiz import Choice, Question, Quiz, WarmUp

PHI = 3_821_079_552  # parameters of Phi-3.5-mini

q1 = Exercise(
    "05.q1",
    "answer_1",
    judge=number(PHI * 34 / 32 / 1e9, within=0.01, unit="GB"),
    right="4.06 GB, and that is what such files of Phi-3.5-mini really have on Hugging Face (lm-kit, Q8_0).",
    right_examples=[4.06, PHI * 34 / 32 / 1e9],
    known_wrong=[
        (3.82, "That is 8 bits a weight and nothing else. Each block of 32 weights also stores its scale, in 2 bytes."),
        (
            130,
            "34 bytes are for a whole block of 32 weights. Divide by 32.",
            lambda answer: 125 < float(answer) < 135,
        ),
        (
            32.5,
            "Those are gigabits. `GGML_QUANT_SIZES` counts in bytes already: no factor 8 is needed.",
            lambda answer: 32 < float(answer) < 33,
        ),
        (2.15, "That is Q4_0, with its 18 bytes for a block.", lambda answer: abs(float(answer) - 2.149) < 0.02),
        (3.78, "That is GiB, of 2 ** 30 bytes. A GB is a billion bytes.", lambda a: abs(float(a) - 3.781) < 0.01),
    ],
    hints=[
        "Q8_0 keeps 32 weights in 34 bytes: 32 whole numbers of one byte, and a scale of two.",
        "3,821,079,552 / 32 blocks, 34 bytes each. A GB is 1e9 bytes.",
    ],
    code="answer_1 = 3_821_079_552 / 32 * 34 / 1e9",
    why="8.5 bits a weight: 8 for the number, and half a bit for its share of the scale.",
)


def _rows(*texts: str, error: str = "") -> list[str]:
    rows = [{"model": "m", "response": text, "done": False} for text in texts]
    rows.append({"error": error} if error else {"model": "m", "response": "", "done": True, "done_reason": "stop"})
    return [json.dumps(row) for row in rows]


def _told(lines):
    text = ""
    for line in lines:
        row = json.loads(line)
        if "error" in row:
            raise RuntimeError(row["error"])
        text += row["response"]
    return text


def _told_blind(lines):
    return "".join(json.loads(line).get("response", "") for line in lines)


def _told_spaced(lines):
    return " ".join(json.loads(line).get("response", "") for line in lines).strip()


def _told_last(lines):
    return [json.loads(line) for line in lines][-1].get("response", "")


def _told_whole(lines):
    return json.loads("".join(lines))["response"]


class _ndjson(function):  # noqa: N801
    """Cases of lines, and then lines that end in an error, on which the function has to raise something."""

    BROKEN = _rows("In the", error="model runner has unexpectedly stopped")
    SILENT = (
        "On good lines it is right. But an answer can break off with a line `{'error': ...}`, and your function then "
        "returns half a text as if it were whole: raise an exception there."
    )

    def one(self, value, namespace):
        verdict = super().one(value, namespace)
        return self._half(value) if verdict is True else verdict

    def _half(self, value):
        try:
            value(list(self.BROKEN))
        except KeyError:
            return "It stops at the line with an error, but only with a KeyError: say what the server said."
        except Exception:
            return True
        return self.SILENT

    def same(self, value, example):
        return super().same(value, example) and self._half(value) == self._half(example)


def _told_keyerror(lines):
    return "".join(json.loads(line)["response"] for line in lines)


q2 = Exercise(
    "05.q2",
    "told",
    judge=_ndjson([((_rows("In", " the", " morning"),), "In the morning"), ((_rows("4", "2"),), "42")]),
    right="Piece by piece, and it does not take half an answer for a whole one. This is what the client does inside.",
    right_examples=[_told],
    known_wrong=[
        (_told_blind, _ndjson.SILENT),
        (_told_keyerror, "It stops at the line with an error, but only with a KeyError: say what the server said."),
        (_told_spaced, "The pieces bring their own spaces. Join them with nothing in between."),
        (_told_last, "The last line only says that it is over. The text is in the lines before it."),
        (_told_whole, "The lines together are no JSON. Each line is one: `json.loads` line by line."),
    ],
    hints=[
        "`json.loads(line)` turns a line into a dictionary; the text is under `response`.",
        'Look for `"error" in row` first, and `raise RuntimeError(row["error"])`.',
    ],
    code=(
        "import json\n\ndef told(lines):\n"
        '    text = ""\n'
        "    for line in lines:\n"
        "        row = json.loads(line)\n"
        '        if "error" in row:\n'
        '            raise RuntimeError(row["error"])\n'
        '        text += row["response"]\n'
        "    return text"
    ),
    why="The status 200 was sent with the first line. What goes wrong later can only be told in a line.",
)

_LAST = {
    "total_duration": 4_000_000_000,
    "load_duration": 1_500_000_000,
    "prompt_eval_count": 40,
    "prompt_eval_duration": 500_000_000,
    "eval_count": 60,
    "eval_duration": 2_000_000_000,
}
_OTHER = _LAST | {"eval_count": 90, "eval_duration": 4_500_000_000, "total_duration": 9_000_000_000}


def _speed(last):
    return last["eval_count"] / last["eval_duration"] * 1e9


def _speed_total(last):
    return last["eval_count"] / last["total_duration"] * 1e9


def _speed_raw(last):
    return last["eval_count"] / last["eval_duration"]


def _speed_prompt(last):
    return last["prompt_eval_count"] / last["prompt_eval_duration"] * 1e9


def _speed_upside_down(last):
    return last["eval_duration"] / 1e9 / last["eval_count"]


def _speed_milli(last):
    return last["eval_count"] / last["eval_duration"] * 1e6


q3 = Exercise(
    "05.q3",
    "speed",
    judge=function([((_LAST,), 30.0), ((_OTHER,), 20.0)]),
    right="The speed of writing alone. Loading and reading the prompt have durations of their own.",
    right_examples=[_speed],
    known_wrong=[
        (_speed_total, "`total_duration` has the loading and the prompt in it. Writing is timed in `eval_duration`."),
        (_speed_raw, "Tokens for each **nanosecond**: far below one. A second has 1e9 of them."),
        (_speed_milli, "A nanosecond is a billionth, not a millionth, of a second: the factor is 1e9."),
        (_speed_prompt, "That is how fast the prompt is **read**. The answer is in `eval_count`."),
        (_speed_upside_down, "That is seconds for each token. Tokens for each second is the other way up."),
    ],
    hints=[
        "Two of the six entries are needed: how many tokens were written, and how long the writing took.",
        "`eval_count` divided by `eval_duration`, and nanoseconds turned into seconds.",
    ],
    code='def speed(last):\n    return last["eval_count"] / last["eval_duration"] * 1e9',
    why="Of these four seconds only two went into writing 60 tokens.",
)

q4 = Exercise(
    "05.q4",
    ("at_once", "all_day", "for_ever"),
    judge=keeping,
    right="A script that asks once frees the memory at once; a classroom keeps its model all day.",
    right_examples=[(0, "8h", -1), ("0", 28800, "-1m"), ("0s", "7h60m", -5)],
    known_wrong=[
        ((-1, "8h", 0), "The other way round: 0 means gone at once, and a negative number means for ever."),
        ((0, 8, -1), "8 are eight **seconds**. " + TODAY),
        ((0, "28800", -1), UNIT),
        ((0, "8h", 0), NONE),
        (("5m", "8h", -1), "Five minutes is what Ollama does by itself. " + NEVER),
    ],
    hints=[
        "0 is no time at all. Below 0 the clock never runs out.",
        'Texts have units: `"30s"`, `"10m"`, `"24h"`.',
    ],
    code='at_once = 0\nall_day = "8h"\nfor_ever = -1',
    why="The same values work as OLLAMA_KEEP_ALIVE, for all models of a server (Ollama's FAQ).",
)

_SCHEMA = {
    "type": "object",
    "properties": {"animal": {"enum": ["fox", "owl", "cat"]}, "big": {"type": "boolean"}},
    "required": ["animal", "big"],
    "additionalProperties": False,
}

q5 = Exercise(
    "05.q5",
    "answer_5",
    judge=animal_schema,
    right="Whatever the model thinks, your program gets one of three animals and a yes or no.",
    right_examples=[_SCHEMA, _SCHEMA | {"title": "animal"}],
    known_wrong=[
        (
            {key: value for key, value in _SCHEMA.items() if key != "required"},
            "Nothing is **required** yet, so an empty object fits, too. Name both keys under `required`.",
        ),
        ({key: value for key, value in _SCHEMA.items() if key != "additionalProperties"}, BAD[4][1]),
        (_SCHEMA | {"properties": _SCHEMA["properties"] | {"animal": {"type": "string"}}}, BAD[0][1]),
        (
            _SCHEMA | {"properties": _SCHEMA["properties"] | {"big": {"type": "string"}}},
            "`big` is a text here, so that `true` without quotes is refused. Its type is `boolean`.",
        ),
        (
            {"animal": "fox", "big": True},
            "That is an **answer**. A schema describes answers: types, allowed values, required keys.",
        ),
    ],
    hints=[
        "Begin with the schema of `mood` above: one more property, with the type `boolean`.",
        "Four keys: `type`, `properties`, `required` (both names), `additionalProperties` (False).",
    ],
    code=f"answer_5 = {_SCHEMA!r}",
    why='Try it: `client.chat(model, messages=ask("Find the owl."), format=answer_5).message.content`.',
)

_NOTES = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]]


def _dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def _nearest(question, notes):
    return max(range(len(notes)), key=lambda i: _dot(question, notes[i]))


def _nearest_value(question, notes):
    return max(_dot(question, note) for note in notes)


def _nearest_note(question, notes):
    return max(notes, key=lambda note: _dot(question, note))


def _farthest(question, notes):
    return min(range(len(notes)), key=lambda i: _dot(question, notes[i]))


def _by_size(question, notes):
    return max(range(len(notes)), key=lambda i: abs(_dot(question, notes[i])))


q6 = Exercise(
    "05.q6",
    "nearest",
    judge=function(
        [
            (([1.0, 0.0], _NOTES[1:]), 0),
            (([0.0, 1.0], _NOTES), 2),
            (([0.8, 0.6], _NOTES), 1),
            (([-0.6, 0.8], _NOTES), 2),
        ]
    ),
    right="That is the whole of a semantic search: one product for each note, and the largest wins.",
    right_examples=[_nearest],
    known_wrong=[
        (_farthest, "That is the note that points **away** most. The largest product wins."),
        (_nearest_value, "That is the product itself. Which note has it? Return its number, from 0."),
        (_nearest_note, "That is the note's vector. Return its number, from 0, so that its text can be looked up."),
        (_by_size, "A product of -1 means the opposite direction. Do not take its size without the sign."),
    ],
    hints=[
        "`sum(x * y for x, y in zip(question, note))` is the product of two vectors.",
        "`max(range(len(notes)), key=...)` returns the number of the best note.",
    ],
    code=(
        "def nearest(question, notes):\n"
        "    scores = [sum(x * y for x, y in zip(question, note)) for note in notes]\n"
        "    return scores.index(max(scores))"
    ),
    why="The vectors have length 1, so the product is the cosine of the angle between them.",
)

_FILE = "FROM pico-mini\nSYSTEM Answer in Finnish.\nPARAMETER temperature 0\nPARAMETER num_predict 60\n"

q7 = Exercise(
    "05.q7",
    "answer_7",
    judge=modelfile,
    right="Four lines, and a model with a habit of its own. The weights are not copied: it points at pico-mini's.",
    right_examples=[
        _FILE,
        "# mine\nfrom pico-mini:latest\n" + _FILE.split("\n", 1)[1],
        _FILE.replace("Answer in Finnish.", '"""Vastaa suomeksi."""'),
    ],
    known_wrong=[
        (_FILE.split("\n", 1)[1], "Every Modelfile says which model it begins with: `FROM` and a name."),
        (_FILE.replace("PARAMETER temperature", "temperature"), SEPARATE),
        (
            _FILE.replace("SYSTEM Answer in Finnish.\n", ""),
            "Who tells it to speak Finnish? That is the work of `SYSTEM`.",
        ),
        (_FILE.replace("PARAMETER num_predict 60\n", ""), "A `PARAMETER` line for `num_predict` is missing."),
        (
            _FILE.replace("temperature 0", "temperature = 0"),
            "`PARAMETER temperature` takes a number, without an equals sign.",
        ),
    ],
    hints=[
        "One `FROM` line, one `SYSTEM` line, two `PARAMETER` lines.",
        "A setting is written `PARAMETER temperature 0`: a word, a name, a value, and no equals sign.",
    ],
    code=f'answer_7 = """{_FILE}"""',
    why="`ollama create suomi -f Modelfile` would make a model of it; the next cell does the same from Python.",
)

warm_up = WarmUp("05")

quiz = Quiz(
    "05",
    [
        Question(
            "05.server",
            "You close the terminal in which you ran `ollama run phi3.5`. What still holds the model in memory?",
            [
                Choice("Nothing: the model ran in the terminal.", False, "The terminal only talked to the server."),
                Choice(
                    "The server, until `keep_alive` runs out.",
                    True,
                    "Five minutes after the last answer, unless somebody says otherwise. `ollama ps` shows it.",
                ),
                Choice("The disk.", False, "The disk holds the file, whether the model is loaded or not."),
            ],
        ),
        Question(
            "05.ndjson",
            "What is **NDJSON**?",
            [
                Choice("One JSON object on each line.", True, "So that each can be read as soon as its line has come."),
                Choice(
                    "A JSON list, sent in pieces.", False, "A list could only be read when its last bracket has come."
                ),
                Choice("JSON with numbers instead of names.", False, "The names are all there, in every line."),
            ],
        ),
        Question(
            "05.status",
            "An answer began with status 200 and then broke. How does an Ollama client learn of it?",
            [
                Choice("By a second status, 500.", False, "An answer has one status, and it has been sent already."),
                Choice("It cannot.", False, "It can, if it looks at every line."),
                Choice(
                    'By a line with `"error"` in it.', True, "Whoever only joins the texts takes half for the whole."
                ),
            ],
        ),
        Question(
            "05.tag",
            "`phi3.5:3.8b-mini-instruct-q8_0`: what does the end of the tag tell you?",
            [
                Choice("The model has 8 billion parameters.", False, "3.8b stands in the middle: 3.8 billion."),
                Choice(
                    "8 bits for a weight, and a scale for each block.",
                    True,
                    "So about 8.5 bits a weight, a little more than a byte.",
                ),
                Choice("It is version 8.0.", False, "The version of the family stands in front of the colon."),
            ],
        ),
        Question(
            "05.memory",
            "The second question of a chat is sent alone, without the first. What does the model know of the first?",
            [
                Choice("All of it: the server remembers.", False, "The server keeps weights, not conversations."),
                Choice("The last 4,096 tokens.", False, "It is given nothing of it, so there is nothing to cut."),
                Choice("Nothing.", True, "Every request brings its whole conversation. That is your program's work."),
            ],
        ),
        Question(
            "05.context",
            "You send Ollama a text of 20,000 tokens and set nothing. What may happen?",
            [
                Choice(
                    "It reads a part of it, and says nothing.",
                    True,
                    "Few tokens are the default, 4,096 by its FAQ. Set `num_ctx`, and look at `prompt_eval_count`.",
                ),
                Choice("It makes room by itself, always.", False, "The room is reserved when the model is loaded."),
                Choice("It sums the text up first.", False, "Nobody does that unless you write it."),
            ],
        ),
        Question(
            "05.schema",
            "With a schema in `format`, pico-mini called almost every sentence by one mood. What is the lesson?",
            [
                Choice("Schemas do not work with small models.", False, "Every answer had the right shape."),
                Choice(
                    "The shape is promised, not the content: measure both.",
                    True,
                    "A form can even push a model out of what it has learned.",
                ),
                Choice("The temperature was too high.", False, "It was 0."),
            ],
        ),
        Question(
            "05.gguf",
            "You bring a GGUF file and create a model without the right template. What do you notice?",
            [
                Choice("An error at `create`.", False, "Any template is accepted, the wrong one as well."),
                Choice("An error at the first question.", False, "No error anywhere: that is what makes it nasty."),
                Choice("Strange answers, and no error.", True, "Like notebook 04: the marks decide, silently."),
            ],
        ),
    ],
)
