"""Exercises, warm-up and quizzes of notebook 10: a night desk of one's own, checked by asking it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import jsonschema

from . import night_desk
from .asked import ASKED, FOREIGN, LINES, Asked, finished
from .cases_10 import q4 as q4
from .deeper_10 import deeper_quiz as deeper_quiz
from .deeper_10 import q5 as q5
from .deeper_10 import q6 as q6
from .deeper_10 import q7 as q7
from .engine import Exercise, given
from .quiz import Quiz, WarmUp

# --- 1: find the sentence

SHAPE_1 = "Return a pair, (note, sentence), just as it stands in `lines`; or None where nothing is near."
NEVER = "For a question about the hotel it returns None each time. Is your line too high? Or is nothing returned?"
TURNED = (
    "It finds sentences for what is not the hotel's business, and None for what is. Is the comparison turned round?"
)
ALWAYS = "Asked who discovered America, it finds a sentence all the same. Below a line it should return None."
LOWEST = "It finds the **least** near sentence. You want the largest score."
FEW = "It finds the right note for too few questions that you have not seen. Take the largest score of `by_meaning`."


def _retrieves(retrieve, namespace: Mapping | None = None):
    if not callable(retrieve):
        return "A function is wanted: `def retrieve(question): ...`."
    found = [(note, retrieve(question)) for note, question in ASKED]
    foreign = [retrieve(question) for question in FOREIGN]
    for answer in [*(answer for _, answer in found), *foreign]:
        if answer is not None and not (isinstance(answer, tuple | list) and tuple(answer) in LINES):
            return SHAPE_1
    if all(answer is None for _, answer in found):
        return NEVER
    meaning = night_desk.minilm_here()
    right = sum(answer is not None and answer[0] == note for note, answer in found)
    if right < (7 if meaning else 4):
        if all(foreign) and 2 * sum(answer is None for _, answer in found) > len(found):
            return TURNED
        return LOWEST if right == 0 else FEW
    if sum(answer is None for answer in foreign) < (4 if meaning else 3):
        return ALWAYS
    return True


def _scores(question: str):
    """What the notebook calls `by_meaning`."""
    return finished().to_notes(question)


def _retrieve(question):
    scores = _scores(question)
    return LINES[int(scores.argmax())] if scores.max() > night_desk.NEAREST else None


def _retrieve_sorted(question):
    score, line = max(zip(_scores(question).tolist(), LINES, strict=True))
    return line if score > night_desk.NEAREST else None


RETRIEVES = Asked(_retrieves)

q1 = Exercise(
    "10.q1",
    "retrieve",
    judge=RETRIEVES,
    right="It finds sentences for questions that neither of you had seen, and keeps silent where nothing is near.",
    right_examples=[given(retrieve=_retrieve, by_meaning=_scores, lines=LINES), given(retrieve=_retrieve_sorted)],
    known_wrong=RETRIEVES.known(
        [
            (lambda question: LINES[int(_scores(question).argmax())], ALWAYS),
            (lambda question: LINES[int(_scores(question).argmin())], LOWEST),
            (lambda question: int(_scores(question).argmax()), SHAPE_1),
            (lambda question: None if question else 1, NEVER),
            (lambda question: next(line for line in LINES if line[0] == "pool"), FEW),
        ],
    ),
    hints=[
        "`by_meaning(question)` gives a score for each line; `scores.argmax()` is the place of the largest.",
        "`if scores.max() < 0.3: return None`, and else `lines[int(scores.argmax())]`.",
    ],
    code="def retrieve(question):\n    scores = by_meaning(question)\n"
    "    return lines[int(scores.argmax())] if scores.max() > 0.28 else None",
    why="A search always finds *something*: the nearest. Only a line makes it able to say that there is nothing.",
)

# --- 2: the tool

GOOD = '{"room": 214, "thing": "shower", "urgent": false}'
MESSAGE = "The shower in 214 drips. No hurry."
NOT_FILED = "A sound ticket for room 214 is not in `filed` afterwards. `filed.append(ticket)`."
TEXT_KEPT = "The ticket is not in `filed` afterwards, but its text is: append what `json.loads` returned."
FILED_TWICE = "It files the same ticket twice: one `filed.append(ticket)` is enough."
TURNED_DOWN = (
    "It turns down a sound ticket for room 214. The room is a number, and the message a text: look for "
    '`str(ticket["room"])` in `message`.'
)
COMMA = 'It turns down a ticket for room 310, with "Room 310, our window is stuck." Is the number found before a comma?'
NO_TEXT = "It files the ticket, but the guest reads nothing: return a text that begins with `Filed`."
STOPS = "What the model writes is sometimes no JSON at all, and then your function stops with an error. Catch it."
NO_ROOM = "It filed a ticket for room 950, which the house does not have. Look into `rooms` before you append."
INVENTED = "The guest named no room, the model invented 214, and you filed it. The number must stand in the message."
OTHER = (
    "The guest named room 310, the ticket says 214, and you filed it. Look for the ticket's own number in the message."
)
PYTHON = "It filed what is no JSON but Python. `eval` runs whatever a model writes: read it with `json.loads`."
FORM = "It filed a ticket that breaks the schema: a key too few or too many, or a text where a number belongs."
LIES = "It returns `Filed` for a ticket that it does not keep."
ODD = [
    ("The ticket is: room 214", MESSAGE, STOPS),
    ("", MESSAGE, STOPS),
    ("[214]", MESSAGE, FORM),
    ('{"room": 214, "thing": "shower"}', MESSAGE, FORM),
    ('{"room": "214", "thing": "shower", "urgent": false}', MESSAGE, FORM),
    ('{"room": 214, "thing": "shower", "urgent": "no"}', MESSAGE, FORM),
    ('{"room": 950, "thing": "lamp", "urgent": true}', "The lamp in 950 is broken, hurry!", NO_ROOM),
    (GOOD, "The shower drips. No hurry.", INVENTED),
    (GOOD, "The shower in 310 drips.", OTHER),
    ("{'room': 214, 'thing': 'shower', 'urgent': 1 > 2}", MESSAGE, PYTHON),
]


def _files(file_ticket, namespace: Mapping | None = None):
    filed = (namespace or {}).get("filed")
    if not callable(file_ticket) or not isinstance(filed, list):
        return "A function `file_ticket(written, message)` is wanted, and the list `filed`."
    kept = list(filed)
    try:
        filed.clear()
        said = file_ticket(GOOD, MESSAGE)
        sound = json.loads(GOOD)
        if filed != [sound]:
            if filed in ([GOOD], [sound, sound]):
                return TEXT_KEPT if filed == [GOOD] else FILED_TWICE
            told = isinstance(said, str) and said and not said.lower().startswith("filed")
            return TURNED_DOWN if told and not filed else NOT_FILED
        if not isinstance(said, str) or not said.startswith("Filed"):
            return NO_TEXT
        filed.clear()
        file_ticket('{"room": 310, "thing": "window", "urgent": true}', "Room 310, our window is stuck.")
        if not filed:
            return COMMA
        for written, message, fault in ODD:
            filed.clear()
            try:
                said = file_ticket(written, message)
            except Exception as error:
                if fault == STOPS:
                    return STOPS
                return f"When the model writes `{written}`, it stops with an error: {type(error).__name__}. Catch it."
            if filed:
                return fault if fault != STOPS else FORM
            if not isinstance(said, str) or not said:
                return "Where it files nothing, it should return a text that tells the guest why."
            if said.startswith("Filed"):
                return LIES
        return True
    finally:
        filed[:] = kept


_filed: list[dict] = []


def _file(written, message):
    ticket = night_desk.parsed(written)
    if ticket is None:
        return "I did not understand."
    if ticket["room"] not in night_desk.ROOMS or str(ticket["room"]) not in message:
        return f"There is no room {ticket['room']}, or you did not name it."
    _filed.append(ticket)
    return f"Filed: {ticket}"


def _file_all(written, message):
    _filed.append(json.loads(written))
    return "Filed."


def _file_silent(written, message):
    _filed.append(json.loads(written))


def _file_nothing(written, message):
    return "Filed."


def _file_any_room(written, message):
    ticket = night_desk.parsed(written)
    if ticket is None:
        return "What?"
    _filed.append(ticket)
    return "Filed."


def _file_invented(written, message):
    ticket = night_desk.parsed(written)
    if ticket is None or ticket["room"] not in night_desk.ROOMS:
        return "What?"
    _filed.append(ticket)
    return "Filed."


def _file_loose(written, message):
    try:
        ticket = json.loads(written)
        if str(ticket["room"]) in message and int(ticket["room"]) in night_desk.ROOMS:
            _filed.append(ticket)
            return "Filed."
    except (ValueError, TypeError):
        pass
    return "What?"


def _with_list(function):
    names = {"json": json, "jsonschema": jsonschema, "rooms": night_desk.ROOMS, "schema": night_desk.SCHEMA}
    return given(file_ticket=function, filed=_filed, **names)


FILES = Asked(_files)

q2 = Exercise(
    "10.q2",
    "file_ticket",
    judge=FILES,
    right="A sound ticket is kept. Broken JSON, a broken schema, a missing and an invented room are not.",
    right_examples=[_with_list(_file)],
    known_wrong=FILES.known(
        [
            (_with_list(_file_nothing), NOT_FILED),
            (_with_list(_file_silent), NO_TEXT),
            (_with_list(_file_all), STOPS),
            (_with_list(_file_loose), FORM),
            (_with_list(_file_any_room), NO_ROOM),
            (_with_list(_file_invented), INVENTED),
        ],
    ),
    hints=[
        "In a `try`: `ticket = json.loads(written)`, then `jsonschema.validate(ticket, schema)`. "
        "`except (ValueError, jsonschema.ValidationError):` return a sentence.",
        'Then `if ticket["room"] not in rooms` and `if str(ticket["room"]) not in message`, each with its sentence; '
        "then `filed.append(ticket)`.",
    ],
    code="""def file_ticket(written, message):
    try:
        ticket = json.loads(written)
        jsonschema.validate(ticket, schema)
    except (ValueError, jsonschema.ValidationError):
        return "I did not understand what is broken."
    if str(ticket["room"]) not in message:
        return "Which room is it, please?"
    if ticket["room"] not in rooms:
        return f"There is no room {ticket['room']} in this house."
    filed.append(ticket)
    return f"Filed: room {ticket['room']}, {ticket['thing']}\"""",
    why="The model proposes, plain code decides: it looks at the form, at the house, and at the message.",
)

# --- 3: the desk

KINDS = ("ticket", "answer", "refuse")
SHAPE_3 = 'Return a dictionary with "kind" ("ticket", "answer" or "refuse") and "text", for every message.'
TALKS = "Asked who discovered America, what 144 has for a root, and the like, it refuses too seldom."
WORDS = 'Refuse in fixed words: the same "text" for every question outside the job.'
MUTE = "It refuses too many questions that the notes answer."
SOURCE = 'An answer shows the sentence of the note, word for word, in "text".'
NO_TICKET = "It files too few of the repairs: what is near to a repair, and has a room number, goes to `file_ticket`."
ARGUMENTS = (
    "`file_ticket` turns down repairs that name a room. Give it what the model wrote, and the message, in this order: "
    "`file_ticket(write_ticket(message), message)`."
)
BRINGS = 'A ticket brings along what was just filed: `"ticket": filed[-1]`.'
NAMES = 'An answer names the note of its sentence: `"source": found[0]`.'
BOTH = "It files one message twice: call `file_ticket` once, and keep what it returns."
NUMBER_ONLY = 'For "Room 310 here. When is breakfast?" it files a ticket. Look first at what a message is **near** to.'
OWN_TEXT = (
    "What `file_ticket` turns down is a refusal with the text of `file_ticket`: it tells the guest what is missing."
)
FILED_950 = 'For "The lamp in 950 is broken" it says "ticket", though nothing can be filed.'
REPAIRS = [
    ("The lamp in 214 is broken. No hurry.", 214),
    ("Room 310 here, our window does not work. Come at once.", 310),
    ("Something is wrong with the door in 105. It can wait.", 105),
]


def _works(answer, namespace: Mapping | None = None):
    if not callable(answer):
        return "A function is wanted: `def answer(message): ...`."
    filed = (namespace or {}).get("filed")
    kept = list(filed) if isinstance(filed, list) else []
    try:
        return _asked(answer, filed if isinstance(filed, list) else [])
    finally:
        if isinstance(filed, list):
            filed[:] = kept


def _asked(answer, filed: list):
    replies, most = {}, 0
    for message in (*FOREIGN, *(question for _, question in ASKED[:6]), *(message for message, _ in REPAIRS)):
        before = len(filed)
        replies[message] = said = answer(message)
        most = max(most, len(filed) - before)
        sound = isinstance(said, Mapping) and said.get("kind") in KINDS
        if not sound or not isinstance(said.get("text"), str) or not said["text"].strip():
            return SHAPE_3
    least = 4 if night_desk.minilm_here() else 3
    refused = [replies[message] for message in FOREIGN if replies[message]["kind"] == "refuse"]
    if len(refused) < least:
        return TALKS
    if len({said["text"] for said in refused}) > 2:  # one of them may have been taken for a repair
        return WORDS
    answered = [(note, replies[question]) for note, question in ASKED[:6] if replies[question]["kind"] == "answer"]
    if len(answered) < least - 1:
        return MUTE
    told = sum(any(name == note and line in said["text"] for name, line in LINES) for note, said in answered)
    if told < least - 1:
        return SOURCE
    if any(said.get("source") not in {name for name, line in LINES if line in said["text"]} for _, said in answered):
        return NAMES
    tickets = [(room, replies[message]) for message, room in REPAIRS if replies[message]["kind"] == "ticket"]
    if len(tickets) < 2:
        fixed = {said["text"] for said in refused}
        down = [replies[message] for message, _ in REPAIRS if replies[message]["kind"] == "refuse"]
        return ARGUMENTS if len(down) > 1 and not fixed & {said["text"] for said in down} else NO_TICKET
    kept = [(room, said.get("ticket")) for room, said in tickets]
    if any(not isinstance(ticket, Mapping) or ticket.get("room") != room for room, ticket in kept):
        return BRINGS
    if most > 1:
        return BOTH
    said = answer("The lamp in 950 is broken.")
    if isinstance(said, Mapping) and said.get("kind") == "ticket":
        return FILED_950
    if night_desk.minilm_here():
        if answer("Room 310 here. When is breakfast?").get("kind") == "ticket":
            return NUMBER_ONLY
        if said["text"] == refused[0]["text"] == refused[-1]["text"]:
            return OWN_TEXT
    return True


def _desk_answer(message):
    return finished().answer(message)


def _desk_but(**changes):
    def answer(message):
        said = finished().answer(message)
        return said | changes.get(said["kind"], {})

    return answer


def _wordy(message):
    said = finished().answer(message)
    return said | ({"text": f"No, not {message}"} if said["kind"] == "refuse" else {})


def _files_950(message):
    return {"kind": "ticket", "text": "Filed."} if "950" in message else finished().answer(message)


WORKS = Asked(_works)

q3 = Exercise(
    "10.q3",
    "answer",
    judge=WORKS,
    right="It quotes, files and refuses, on messages that it had not seen.",
    right_examples=[
        given(
            answer=_desk_answer,
            night_desk=night_desk,
            by_meaning=_scores,
            near_repair=lambda message: finished().to_repairs(message).max() - 0.1 * (not re.search(r"\d{3}", message)),
            retrieve=_retrieve,
            write_ticket=night_desk.by_rule,
            file_ticket=_file,
            filed=_filed,
        )
    ],
    known_wrong=WORKS.known(
        [
            (lambda message: finished().answer(message)["text"], SHAPE_3),
            (_desk_but(refuse={"kind": "answer"}), TALKS),
            (_wordy, WORDS),
            (_desk_but(answer={"kind": "refuse", "text": night_desk.REFUSAL}), MUTE),
            (_desk_but(answer={"text": "See the note."}), SOURCE),
            (_desk_but(ticket={"kind": "refuse", "text": night_desk.REFUSAL}), NO_TICKET),
            (_files_950, FILED_950),
        ],
    ),
    hints=[
        "First the repairs: `if near_repair(message) > by_meaning(message).max()`, let `write_ticket(message)` write, "
        "and give that to `file_ticket`. Its text begins with `Filed`, or the kind is `refuse`.",
        "Else `found = retrieve(message)`: None is a refusal, and anything else an answer with `found[1]` in its text.",
    ],
    code="""def answer(message):
    if near_repair(message) > max(0.3, by_meaning(message).max()):
        text = file_ticket(write_ticket(message), message)
        if text.startswith("Filed"):
            return {"kind": "ticket", "text": text, "ticket": filed[-1]}
        return {"kind": "refuse", "text": text}
    found = retrieve(message)
    if found is None:
        return {"kind": "refuse", "text": night_desk.REFUSAL}
    return {"kind": "answer", "text": f"{found[1]} (note: {found[0]})", "source": found[0]}""",
    why="Three small decisions, each measurable, in the place of one large prompt in which one can only hope.",
)

warm_up = WarmUp("10")

quiz = Quiz.read("10")
