"""Exercises, warm-up and quizzes of notebook 05, Ollama."""

from __future__ import annotations

import json

from . import ollama_forms as forms
from . import ollama_functions as functions
from .engine import Exercise, number
from .quiz import Quiz, WarmUp


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


def _told_keyerror(lines):
    return "".join(json.loads(line)["response"] for line in lines)


def _told_spaced(lines):
    return " ".join(json.loads(line).get("response", "") for line in lines).strip()


def _told_last(lines):
    return [json.loads(line) for line in lines][-1].get("response", "")


def _told_whole(lines):
    return json.loads("".join(lines))["response"]


q1 = Exercise(
    "05.q1",
    "told",
    judge=functions.telling,
    right="Piece by piece, and it does not take half an answer for a whole one. This is what the client does inside.",
    right_examples=[_told],
    known_wrong=[
        (_told_blind, functions.SILENT),
        (_told_keyerror, functions.KEY_ERROR),
        (_told_spaced, functions.SPACES),
        (_told_last, functions.LAST),
        (_told_whole, functions.TOGETHER),
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


def _speed(last):
    return last["eval_count"] / last["eval_duration"] * 1e9


q2 = Exercise(
    "05.q2",
    "speed",
    judge=functions.writing,
    right="The speed of writing alone. Loading and reading the prompt have durations of their own.",
    right_examples=[_speed],
    known_wrong=[
        (functions.SPEEDS[0][0], functions.RAW),
        (functions.SPEEDS[1][0], functions.MILLI),
        (functions.SPEEDS[3][0], functions.TOTAL),
        (functions.SPEEDS[4][0], functions.READING),
        (functions.SPEEDS[5][0], functions.UPSIDE_DOWN),
    ],
    hints=[
        "Two of the entries are needed: how many tokens were written, and how long the writing took.",
        "`eval_count` divided by `eval_duration`, and nanoseconds turned into seconds.",
    ],
    code='def speed(last):\n    return last["eval_count"] / last["eval_duration"] * 1e9',
    why="A prompt of 10,000 tokens makes you wait, too. Its time stands in `prompt_eval_duration`.",
)

q3 = Exercise(
    "05.q3",
    ("at_once", "all_day", "for_ever"),
    judge=forms.keeping,
    right="A script that asks once frees the memory at once; a classroom keeps its model all day.",
    right_examples=[(0, "8h", -1), ("0", 28800, "-1m"), ("0s", "7h60m", -5)],
    known_wrong=[
        ((-1, "8h", 0), forms.SWAPPED),
        ((0, 8, -1), forms.EIGHT[8] + forms.TODAY),
        ((0, "28800", -1), forms.UNIT),
        ((0, "8h", 0), forms.NONE),
        (("5m", "8h", -1), f"With the text “5m” it stays a while longer. {forms.NEVER}"),
    ],
    hints=[
        "0 is no time at all. Below 0 the clock never runs out.",
        'Texts have units: `"30s"`, `"10m"`, `"24h"`.',
    ],
    code='at_once = 0\nall_day = "8h"\nfor_ever = -1',
    why="The same values work as OLLAMA_KEEP_ALIVE, for all models of a server (Ollama's FAQ).",
)

_FILE = "FROM pico-mini\nSYSTEM Answer in Finnish.\nPARAMETER temperature 0\nPARAMETER num_predict 60\n"

q4 = Exercise(
    "05.q4",
    "answer_4",
    judge=forms.modelfile,
    right="Four lines, and a model with a habit of its own. The weights are not copied: it points at pico-mini's.",
    right_examples=[
        _FILE,
        "# mine\nfrom pico-mini:latest\n" + _FILE.split("\n", 1)[1],
        _FILE.replace("Answer in Finnish.", '"""Vastaa suomeksi."""'),
        _FILE.replace(" ", "\t", 1).replace("temperature 0", 'temperature "0"'),
        _FILE.replace("Answer in Finnish.", "Never answer in English, but in Finnish."),
    ],
    known_wrong=[
        (_FILE.split("\n", 1)[1], forms.NO_FROM),
        (_FILE.replace("PARAMETER temperature", "temperature"), forms.SEPARATE),
        (_FILE.replace("SYSTEM Answer in Finnish.\n", ""), forms.NO_SYSTEM),
        (_FILE.replace("PARAMETER num_predict 60\n", ""), forms.NO_LIMIT),
        (_FILE.replace("temperature 0", "temperature=0"), forms.EQUALS),
    ],
    hints=[
        "One `FROM` line, one `SYSTEM` line, two `PARAMETER` lines.",
        "A setting is written `PARAMETER temperature 0`: a word, a name, a value, and no equals sign.",
    ],
    code=f'answer_4 = """{_FILE}"""',
    why="`ollama create suomi -f Modelfile` would make a model of it; the next cell does the same from Python.",
)

PHI = 3_821_079_552  # parameters of Phi-3.5-mini

q5 = Exercise(
    "05.q5",
    "answer_5",
    judge=number(PHI * 34 / 32 / 1e9, within=0.01, unit="GB"),
    right="4.06 GB, and that is what such files of Phi-3.5-mini really have on Hugging Face (lm-kit, Q8_0).",
    right_examples=[4.06, PHI * 34 / 32 / 1e9],
    known_wrong=[
        (3.82, "That is 8 bits a weight and nothing else. Each block of 32 weights also stores its scale, in 2 bytes."),
        (130, "34 bytes are for a whole block of 32 weights. Divide by 32.", lambda a: 125 < float(a) < 135),
        (32.5, "Those are gigabits, or the factor 8 once too often: the 34 are bytes already."),
        (3.596, "Upside down: a block has 32 weights and takes 34 bytes, so divide by 32."),
        (0.1194, "That is how many blocks there are, in billions. Each takes 34 bytes."),
        (2.149, "That is Q4_0, with its 18 bytes for a block."),
        (7.64, "That is F16: two bytes for each weight."),
        (8.5, "That is bits a weight. How many bytes are all the weights together?"),
        (1.0625, "That is bytes a weight. Multiply by the weights."),
        (3.781, "That is GiB, of 2 ** 30 bytes. A GB is a billion bytes."),
    ],
    hints=[
        "Q8_0 keeps 32 weights in 34 bytes: 32 whole numbers of one byte, and a scale of two.",
        "3,821,079,552 / 32 blocks, 34 bytes each. A GB is 1e9 bytes.",
    ],
    code="answer_5 = 3_821_079_552 / 32 * 34 / 1e9",
    why="8.5 bits a weight: 8 for the number, and half a bit for its share of the scale.",
)

_SCHEMA = {
    "type": "object",
    "properties": {"animal": {"enum": ["fox", "owl", "cat"]}, "big": {"type": "boolean"}},
    "required": ["animal", "big"],
    "additionalProperties": False,
}


def _with(**changed) -> dict:
    return _SCHEMA | {"properties": _SCHEMA["properties"] | changed}


q6 = Exercise(
    "05.q6",
    "answer_6",
    judge=forms.animal_schema,
    right="Whatever the model thinks, your program gets one of three animals and a yes or no.",
    right_examples=[_SCHEMA, _SCHEMA | {"title": "animal"}, _SCHEMA | {"required": ("big", "animal")}],
    known_wrong=[
        ({key: value for key, value in _SCHEMA.items() if key != "required"}, forms.NOT_REQUIRED),
        ({key: value for key, value in _SCHEMA.items() if key != "additionalProperties"}, forms.BAD[8][1]),
        (_with(animal={"type": "string"}), forms.BAD[2][1]),
        (_with(big={"type": "string"}), forms.TEXT),
        ({"animal": "fox", "big": True}, forms.AN_ANSWER),
    ],
    hints=[
        "Begin with the schema of `mood` above: one more property, with the type `boolean`.",
        "Four keys: `type`, `properties`, `required` (both names), `additionalProperties` (False).",
    ],
    code=f"answer_6 = {_SCHEMA!r}",
    why='Try it: `client.chat(model, messages=ask("Find the owl."), format=answer_6).message.content`.',
)


def _nearest(question, notes):
    return max(range(len(notes)), key=lambda i: functions.dot(question, notes[i]))


def _nearest_value(question, notes):
    return max(functions.dot(question, note) for note in notes)


def _nearest_note(question, notes):
    return max(notes, key=lambda note: functions.dot(question, note))


q7 = Exercise(
    "05.q7",
    "nearest",
    judge=functions.finding,
    right="That is the whole of a search by meaning: one product for each note, and the largest wins.",
    right_examples=[_nearest],
    known_wrong=[
        (functions.NEARESTS[0][0], functions.AWAY),
        (_nearest_value, functions.PRODUCT),
        (_nearest_note, functions.VECTOR),
        (functions.NEARESTS[2][0], functions.SIGN),
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

warm_up = WarmUp("05")

quiz = Quiz.read("05")

deeper_quiz = Quiz.read("05", "deeper_quiz")
