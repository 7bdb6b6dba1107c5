"""Exercise 4 of notebook 10: twenty cases of the learner's own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import night_desk
from .asked import LINES, Asked
from .engine import Exercise

KINDS = ("ticket", "answer", "refuse")
TWENTY = "Twenty cases are wanted, in a list."
FIVE = "Each kind needs five cases or more: tickets, answers and refusals."
TWICE = "A message stands there twice."
OURS = "Most of these are the cases of the course. Write your own: you know what guests say."
BROKEN = 'A case is a dictionary with `message` and `kind`, which is "ticket", "answer" or "refuse".'
HALF_TICKET = "A ticket case needs its `ticket`: room, thing, urgent; the room is one of the house and in the message."
NO_SOURCE = "An answer case needs its `source`: the name of a note, such as `pool`."
NO_MUST = "An answer case needs `must`: a list of texts that stand in that note, such as a time or a price."


def _cases(my_cases, namespace: Mapping | None = None):
    if not isinstance(my_cases, list | tuple) or len(my_cases) != 20:
        return TWENTY
    for case in my_cases:
        if not (isinstance(case, Mapping) and case.get("kind") in KINDS and str(case.get("message") or "").strip()):
            return BROKEN
        fault = _case_fault(case)
        if fault:
            return fault
    said = [" ".join(re.findall(r"\w+", case["message"].lower())) for case in my_cases]
    if len(set(said)) < 20:
        return TWICE
    if any(sum(case["kind"] == kind for case in my_cases) < 5 for kind in KINDS):
        return FIVE
    ours = {" ".join(re.findall(r"\w+", case["message"].lower())) for case in night_desk.DATA["cases"]}
    return OURS if len(ours & set(said)) > 10 else True


def _case_fault(case: Mapping) -> str:
    if case["kind"] == "ticket":
        ticket = case.get("ticket")
        whole = isinstance(ticket, Mapping) and ticket.keys() >= {"room", "thing", "urgent"}
        sound = whole and ticket["room"] in night_desk.ROOMS and isinstance(ticket["urgent"], bool) and ticket["thing"]
        return "" if sound and str(ticket["room"]) in case["message"] else HALF_TICKET
    if case["kind"] == "answer":
        note = " ".join(line for name, line in LINES if name == case.get("source")).lower()
        if not note:
            return NO_SOURCE
        must = case.get("must")
        must = [must] if isinstance(must, str) else must
        return (
            ""
            if isinstance(must, list | tuple)
            and must
            and all(isinstance(text, str) and text.lower() in note for text in must)
            else NO_MUST
        )
    return ""


TOLD = {
    "The tap in 101 drips. No hurry.": (101, "tap", False),
    "Hello, room 202 here. The lamp is broken, but it can wait.": (202, "lamp", False),
    "Our toilet in 303 is blocked. Come at once, please!": (303, "toilet", True),
    "The window in room 404 does not close. Tomorrow is fine.": (404, "window", False),
    "I am in 505 and the heater is out of order. It is urgent.": (505, "heater", True),
    "Can you send somebody to 120 for the shower? Any time.": (120, "shower", False),
    "Something is wrong with the door in 219. Hurry up!": (219, "door", True),
}
WANTED = {
    "Till when can I swim?": ("pool", "21:00"),
    "What do you take for a cat?": ("pets", "12 euros"),
    "From when on is the sauna hot?": ("sauna", "17:00"),
    "Which wireless network do I choose?": ("wifi", "Lumi-Guest"),
    "Where is the way into the garage?": ("parking", "Mill Street"),
    "What does it cost to iron a shirt?": ("laundry", "4 euros"),
    "When is my room ready?": ("arrival", "15:00"),
}
ELSE = (
    "Who was Newton?",
    "Sing a song.",
    "What is 7 times 8?",
    "Is my boss right?",
    "Translate the word cat.",
    "Who are you?",
)
SAMPLE = [
    {"message": message, "kind": "ticket", "ticket": {"room": room, "thing": thing, "urgent": urgent}}
    for message, (room, thing, urgent) in TOLD.items()
]
SAMPLE += [
    {"message": message, "kind": "answer", "source": note, "must": [must]} for message, (note, must) in WANTED.items()
]
SAMPLE += [{"message": message, "kind": "refuse"} for message in ELSE]

CASES = Asked(_cases)

q4 = Exercise(
    "10.q4",
    "my_cases",
    judge=CASES,
    right="Twenty cases of all kinds, each with what a right answer must hold. They are an exam: do not tune on them.",
    right_examples=[SAMPLE],
    known_wrong=CASES.known(
        [
            (SAMPLE[:10], TWENTY),
            ([*SAMPLE[:19], SAMPLE[0]], TWICE),
            ([*SAMPLE[:19], "Who are you?"], BROKEN),
            ([*SAMPLE[1:], {"message": "The lamp in 950 is broken.", "kind": "ticket"}], HALF_TICKET),
            ([*SAMPLE[1:], {"message": "Is there a bar?", "kind": "answer", "source": "bar"}], NO_SOURCE),
            ([*SAMPLE[1:], {"message": "Is there a pool?", "kind": "answer", "source": "pool"}], NO_MUST),
            (
                [
                    *SAMPLE[:13],
                    *(
                        {"message": f"Is {n} prime?", "kind": "answer", "source": "pool", "must": ["pool"]}
                        for n in range(7)
                    ),
                ],
                FIVE,
            ),
            (night_desk.DATA["cases"], OURS),
        ],
    ),
    hints=[
        "Take the shape of the three that are printed in section 1, and change message and content.",
        '`must` holds what a right answer cannot lack: `{"message": "Till when can I swim?", "kind": "answer", '
        '"source": "pool", "must": ["21:00"]}`.',
    ],
    code=f"my_cases = {SAMPLE!r}",
    why="These are ours. An exam is worth something when its cases come from somebody else than the desk's author.",
)
