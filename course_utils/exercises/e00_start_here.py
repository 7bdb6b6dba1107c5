"""Exercises and quiz of notebook 00: start here."""

from __future__ import annotations

import re

from course_utils.models.chat import Reply

from .engine import Exercise, given, number
from .quiz import Choice, Question, Quiz

# A reply as the notebook measures one, to try the exercises on: 16 words in 20 tokens.
_WORDS = "A red fox found a bell in the forest. It rang until the owl woke up."
_REPLY = Reply(_WORDS, 18, 20, 0.05, 0.16, 180.0, "stop")


def _never(answer) -> bool:
    """For wrong answers that the judge itself tells by what was measured, not by a fixed value."""
    return False


def _judge_words(answer, namespace):
    reply = namespace["reply"]
    words = len(reply.text.split())
    verdict = number(words / reply.seconds, within=0.02).one(answer, namespace)
    if verdict is True:
        return True
    known = {
        _TOKENS: reply.tokens_per_second,
        _ALL_TOKENS: reply.completion_tokens / reply.seconds,
        _LETTERS: len(reply.text) / reply.seconds,
        _NOT_DIVIDED: words,
        _UPSIDE_DOWN: reply.seconds / words,
    }
    return _met(answer, namespace, known) or verdict


def _judge_wait(answer, namespace):
    tokens, speed = namespace["reply"].completion_tokens, namespace["phi_speed"]
    verdict = number(tokens / speed, within=0.02, unit="seconds").one(answer, namespace)
    if verdict is True:
        return True
    known = {
        _TIMES: tokens * speed,
        _PER_TOKEN: 1 / speed,
        _IN_WORDS: len(namespace["reply"].text.split()) / speed,
        _OWN_TIME: namespace["reply"].seconds,
    }
    return _met(answer, namespace, known) or verdict


def _met(answer, namespace, known: dict[str, float]) -> str:
    """The message of the first known wrong value that the answer is near, or nothing."""
    near = (text for text, value in known.items() if number(value).one(answer, namespace) is True)
    return next(near, "")


_TOKENS = "That is `reply.tokens_per_second`: tokens, not words. A word can be several tokens, and a full stop is one."
_ALL_TOKENS = "Those are tokens per second. Count words: `reply.text.split()` is the list of them."
_LETTERS = "Those are letters per second. `reply.text.split()` cuts the text into words; count those."
_NOT_DIVIDED = "That is the number of words. How many is that per second?"
_UPSIDE_DOWN = "That is seconds per word, the same fraction upside down."

q1 = Exercise(
    "00.q1",
    "answer_1",
    judge=_judge_words,
    right="Words per second, the wait for the first one included.",
    right_examples=[given(answer_1=100.0, reply=_REPLY), given(answer_1=len(_WORDS.split()) / 0.16, reply=_REPLY)],
    known_wrong=[
        (given(answer_1=180.0, reply=_REPLY), _TOKENS, _never),
        (given(answer_1=125.0, reply=_REPLY), _ALL_TOKENS, _never),
        (given(answer_1=len(_WORDS) / 0.16, reply=_REPLY), _LETTERS, _never),
        (given(answer_1=16, reply=_REPLY), _NOT_DIVIDED, _never),
        (given(answer_1=0.01, reply=_REPLY), _UPSIDE_DOWN, _never),
    ],
    hints=[
        "`reply.text.split()` gives the list of words, and `len(...)` counts what is in a list.",
        "Words per second is the number of words, divided by `reply.seconds`.",
    ],
    code="answer_1 = len(reply.text.split()) / reply.seconds",
    why="The number of words, divided by the seconds they took.",
)

_ASKED_FIRST = "The question comes first there. Tell the fact first, and then ask."
_DENIED = "That says where Max is not. Tell the model where he is."


def _judge_told(answer):
    if not isinstance(answer, str):
        return "A text in quotes is wanted here."
    text = answer.casefold().replace("’", "'")
    asks = r"\bwhere\b|\b(?:at|in) which place\b"
    told = re.search(r"\bmax\b[^.?!\n]*?\bstation\b(?!\s*\?)", text)
    if told and re.search(r"(?:\bnot|n't)\s(?:\w+\s){0,3}station", told.group()):
        return _DENIED
    if told and re.search(asks, text[told.end() :]):
        return True
    asked = re.search(asks, text)
    return _ASKED_FIRST if asked and "station" in text[asked.end() :] else False


q2 = Exercise(
    "00.q2",
    "answer_2",
    judge=_judge_told,
    right="The fact stands in the prompt now, so the model need not remember it. Run the next cell to see its answer.",
    right_examples=[
        "Max is at the station.\nWhere is Max?",
        "Max is at the station. Where is he?",
        "Read this: Max is at the station. Where can I find Max?",
        "Max is not at the mill, he is at the station. Where’s Max?",
    ],
    known_wrong=[
        (
            "Where is Max?",
            "That is the question alone. The model has nothing to read the answer from: tell it first, then ask.",
            lambda answer: "station" not in answer.casefold(),
        ),
        (
            "Max is at the station.",
            "That tells the fact and asks nothing. Put the question after it, in the same text.",
            lambda answer: "where" not in answer.casefold() and "?" not in answer,
        ),
        ("Where is Max? Max is at the station.", _ASKED_FIRST, _never),
        ("Max is not at the station. Where is Max?", _DENIED, _never),
    ],
    hints=[
        "One text, two sentences: first the fact, then the question.",
        'Begin with `"Max is at the station.` and end with the question and a `"`.',
    ],
    code='answer_2 = "Max is at the station. Where is Max?"',
    nudge="Two sentences are wanted: that Max is at the station, and then the question where he is.",
    why="A model answers from its training or from its prompt, and the prompt is the part that you write.",
)

_TIMES = "You multiplied. At 3.5 tokens in one second, many tokens need fewer seconds than there are tokens."
_PER_TOKEN = "That is the time for one token. The story has `reply.completion_tokens` of them."
_IN_WORDS = "You counted words. The speed is in tokens, so count those: `reply.completion_tokens`."
_OWN_TIME = "That is what pico-mini needed. Take its number of tokens, and the speed of the larger model."

q3 = Exercise(
    "00.q3",
    "answer_3",
    judge=_judge_wait,
    right="That is the price of more than a thousand times as many parameters, on the same two cores.",
    right_examples=[
        given(answer_3=20 / 3.5, reply=_REPLY, phi_speed=3.5),
        given(answer_3=5.7, reply=_REPLY, phi_speed=3.5),
    ],
    known_wrong=[
        (given(answer_3=70.0, reply=_REPLY, phi_speed=3.5), _TIMES, _never),
        (given(answer_3=1 / 3.5, reply=_REPLY, phi_speed=3.5), _PER_TOKEN, _never),
        (given(answer_3=16 / 3.5, reply=_REPLY, phi_speed=3.5), _IN_WORDS, _never),
        (given(answer_3=0.16, reply=_REPLY, phi_speed=3.5), _OWN_TIME, _never),
    ],
    hints=[
        "Tokens divided by tokens per second leaves seconds.",
        "The story's length is `reply.completion_tokens`, the speed is `phi_speed`.",
    ],
    code="answer_3 = reply.completion_tokens / phi_speed",
    why="A model writes one token after another, so the time grows in step with the length of the answer.",
)

quiz = Quiz(
    "00",
    [
        Question(
            "00.where",
            "Where was the story about the fox computed?",
            [
                Choice("In a data centre.", False, "Pull the network cable and run the cell again: it still answers."),
                Choice(
                    "On this computer.",
                    True,
                    "Its weights lie in the course's folder, and your processor did the sums.",
                ),
                Choice(
                    "Nowhere: it was stored.", False, "Change the animal in the prompt, and another story is written."
                ),
            ],
        ),
        Question(
            "00.parameters",
            "What are the **parameters** of a model?",
            [
                Choice(
                    "The numbers inside it that training has set.", True, "pico-mini has about two million of them."
                ),
                Choice(
                    "The settings you give, such as `temperature`.",
                    False,
                    "Those are options. You choose them; training does not.",
                ),
                Choice("The words it knows.", False, "Those are its vocabulary, a much shorter list."),
            ],
        ),
        Question(
            "00.temperature",
            "You want the same answer each time, whatever the seed. Which `temperature`?",
            [
                Choice("2", False, "That gives chance the largest say."),
                Choice(
                    "1",
                    False,
                    "Then each token is drawn with the model's own probabilities: another seed, another answer.",
                ),
                Choice("0", True, "Always the likeliest token: same prompt, same answer, whatever the seed."),
            ],
        ),
        Question(
            "00.hallucination",
            "pico-mini is asked for a fact that its textbook left out. What can you rely on?",
            [
                Choice(
                    "It says so.",
                    False,
                    "Sometimes it does. It may as well make up an answer in the same calm tone.",
                ),
                Choice("It looks it up.", False, "A model on its own cannot look anything up: it continues a text."),
                Choice(
                    "Nothing in its tone.",
                    True,
                    "A made-up answer sounds like a right one. Check it, or give the fact in the prompt.",
                ),
            ],
        ),
        Question(
            "00.download",
            'What happens when you run `load("phi-3.5-mini", runtime="onnx")` for the first time?',
            [
                Choice("It downloads at once.", False, "Not before you agreed: several gigabytes are yours to spend."),
                Choice(
                    "It shows the cost and asks.",
                    True,
                    "Size, disk, memory and licence first. Say no, and pico-mini answers instead.",
                ),
                Choice("It sends your prompt to Microsoft.", False, "The model comes to you. Your prompts stay here."),
            ],
        ),
        Question(
            "00.interrupt",
            "A cell has shown `[*]` for minutes, and you want to stop it. What first?",
            [
                Choice(
                    "Kernel ▸ Interrupt Kernel.",
                    True,
                    "It stops the cell and keeps all variables; the model stays usable.",
                ),
                Choice("Close the browser.", False, "The kernel goes on working without you."),
                Choice("Delete the notebook.", False, "Please don't. It did nothing to you."),
            ],
        ),
    ],
)
