"""Exercises, warm-up and quizzes of notebook 01, small and large language models."""

from __future__ import annotations

import re

from ..language import english
from .engine import Exercise, choice, number
from .quiz import Quiz, WarmUp
from .values import describe, plain_value

# --- 1: room for a giant

q1 = Exercise(
    "01.q1",
    "answer_1",
    judge=number(350, within=0.01, unit="GB"),
    right="350 GB: more than twenty laptops with 16 GB each. That is what makes a large model large.",
    right_examples=[350, 175e9 * 2 / 1e9],
    known_wrong=[
        (175, "That would be one byte a weight. 16 bits are two bytes."),
        (2800, "That is 16 **bytes** a weight. A byte has 8 bits, so 16 bits are 2 bytes."),
        (350e9, "The number of bytes is right. In gigabytes, divide it by a billion."),
        (175e9 * 2 / 2**30, "Those are GiB, of 1,024³ bytes. Asked are gigabytes, billions of bytes."),
        (700, "That would be 32 bits a weight, as in training."),
        (1400, "That would be 64 bits a weight. Here it is 16."),
        (87.5, "That would be 4 bits a weight, as in exercise 4 of notebook 00. Here it is 16."),
        (175 / 8, "That would be one **bit** a weight. Here each has 16 of them."),
        (7.6, "That is Phi-3.5-mini, with 3.8 billion weights. Asked is GPT-3, with 175 billion."),
        (3520, "That is the rumour about GPT-4, 1.76 trillion weights. Asked is GPT-3, with 175 billion."),
    ],
    hints=["16 bits are 2 bytes.", "175 billion weights, 2 bytes each, divided by a billion."],
    code="answer_1 = 175e9 * 2 / 1e9",
    why="Phi-3.5-mini takes 7.6 GB in the same form, and fits into a laptop.",
)

# --- 2: what to expect

q2 = Exercise(
    "01.q2",
    "answer_2",
    judge=choice("b", of="abc"),
    right="Facts by heart are what a small model has no room for. Give it the list, and (b) becomes an easy task, too.",
    right_examples=["b", "B"],
    known_wrong=[
        (
            "a",
            "Here the text is given. The model needs no knowledge of its own, and that is where small ones are good.",
        ),
        ("c", "Three folders are a narrow task with few answers: the best case for a small model."),
    ],
    hints=[
        "Which of the three needs knowledge that is not in the prompt?",
        "Think of SmolLM2's ten answers: where did it go wrong?",
    ],
    code='answer_2 = "b"',
    why="Phi-3-mini's own makers advise a search engine for facts (Phi-3 report, arXiv 2404.14219).",
)

# --- 3: who is right?

q3 = Exercise(
    "01.q3",
    "answer_3",
    judge=choice("c", of="abcd"),
    right="It names what was asked, how often, and what happened. Anybody can repeat it, with another model too.",
    right_examples=["c", "C"],
    known_wrong=[
        ("a", "Size is a reason to hope, and no measurement. You have just seen the bars of two small models."),
        ("b", "Chosen text can help. But pico-mini read nothing else, and its bars were not equal."),
        ("d", "Size is no measurement in this direction either."),
        (
            4 / 500,
            "That is the share of changed answers in (c). Asked is who says something to check: write the letter.",
        ),
    ],
    hints=[
        "Which sentence could turn out to be false, if you tried?",
        "Three of them argue from a cause. One counted.",
    ],
    code='answer_3 = "c"',
    why="A claim about bias needs the sentences, their number, and the difference: then others can check it.",
)

# --- 4: five cases

_CASES = ("small", "large", "small", "small", "large")
_REASONS = (
    "**1**: the text may not leave, the form is fixed, and somebody checks: small.",
    "**2**: much to know, six languages, few questions, no secrets: large.",
    "**3**: no network, five commands: small.",
    "**4**: a narrow task, two million times a night: small.",
    "**5**: much to know, long, and open: large.",
)
_ASK = (
    "must the model know medicine, or is the text in front of it? And where may the notes go?",
    "how many books and languages is that, and would a model with little room know them?",
    "how many different answers are there, and is there a network on the road?",
    "what does it cost, two million times a night? And how many different answers are there?",
    "where should all those novels be kept? Nobody puts them into the prompt.",
)


def _five(answer):
    if isinstance(answer, set | frozenset):
        return "A set has no order. Write five words in order, such as a text or a list."
    items = plain_value(answer)
    items = items if isinstance(items, list | tuple) else [items]
    said = " ".join(item for item in items if isinstance(item, str)).casefold()
    words = list(map(english, re.findall(r"[^\W\d_]+", said)))
    if len(words) != 5 or not set(words) <= {"small", "large"}:
        return f"Five words are wanted, each `small` or `large`, for the cases 1 to 5; this is {describe(answer)}."
    wrong = [place + 1 for place, (word, best) in enumerate(zip(words, _CASES, strict=True)) if word != best]
    if not wrong:
        return True
    return f"{5 - len(wrong)} of 5. " + " ".join(f"Case {place}: {_ASK[place - 1]}" for place in wrong[:2])


q4 = Exercise(
    "01.q4",
    "answer_4",
    judge=_five,
    right=" ".join(_REASONS),
    right_examples=["small large small small large", ["small", "large", "small", "small", "large"]],
    known_wrong=[
        (
            "large large large large large",
            "With a large model for all, the notes leave the hospital and the bicycle needs a network.",
        ),
        (
            "small small small small small",
            "A narrow reader for any book in six languages, and for a century of novels?",
        ),
        (
            "large large small small large",
            "In case 1 the text is **given**, a nurse checks, and nothing may leave the building.",
        ),
        (
            "small large small large large",
            "In case 4 the task has three answers, and it comes two million times. Think of the electricity.",
        ),
    ],
    hints=[
        "Where is everything that is needed in the prompt? There knowledge counts little.",
        "Two of the five need much knowledge that is not given.",
    ],
    code='answer_4 = "small large small small large"',
    why="There can be reasons for another choice, such as a server of your own. Then say the reason, with a number.",
)

# --- 5: a 7B model at home

_FLOPS = 6 * 7.24e9 * 20 * 7.24e9
_DAYS = _FLOPS / (8 * 125e12) / 86400

q5 = Exercise(
    "01.q5",
    "answer_5",
    judge=number(_DAYS, within=0.02, unit="days"),
    right="About 73 days, on eight GPUs that never rest. Fine-tuning on a few million tokens takes minutes to hours.",
    right_examples=[73, _DAYS],
    known_wrong=[
        (8 * _DAYS, "That is for one GPU. You have eight."),
        (64 * _DAYS, "You multiplied by eight. Eight GPUs need an eighth of the time."),
        (_DAYS * 86400, "Those are seconds. A day has 86,400 of them."),
        (_DAYS * 1440, "Those are minutes. A day has 1,440 of them."),
        (_DAYS * 24, "Those are hours. A day has 24."),
        (_DAYS / 7, "Those are weeks. Asked are days."),
        (_DAYS / 365, "Those are years. Asked are days."),
        (_FLOPS, "Those are the FLOPs. How many of them do eight GPUs do in a day?"),
        (_DAYS / 3, "2 × parameters × tokens is the way forward only. A training has 6."),
        (_DAYS / 6, "The 6 of the rule is missing: 6 × parameters × tokens."),
        (_DAYS / 20, "That is one token a parameter. Here it is 20."),
        (6 * 7.24e9 * 20 / (8 * 125e12) / 86400, "The number of tokens is 20 × 7.24 billion, not 20."),
        (_DAYS * (7 / 7.24) ** 2, "You took 7 billion parameters. Mistral 7B has 7.24 billion, and they count twice."),
    ],
    hints=[
        "Tokens: 20 × 7.24e9. FLOPs: 6 × 7.24e9 × tokens.",
        "Divide by what eight GPUs do in a second, and the seconds by 86,400.",
    ],
    code="answer_5 = 6 * 7.24e9 * (20 * 7.24e9) / (8 * 125e12) / 86_400",
    why="And 20 tokens a parameter are few: Phi-3.5-mini read 890.",
)

# --- 6: the eighth in line

q6 = Exercise(
    "01.q6",
    "answer_6",
    judge=number(9, within=0.001, unit="seconds"),
    right="The first waits 2 seconds, the eighth 16, and the mean is 9. One user alone would wait 2.",
    right_examples=[9, sum(2 * n for n in range(1, 9)) / 8],
    known_wrong=[
        (16, "That is the last one in the line. Asked is the mean of all eight."),
        (2, "Only the first one is that lucky."),
        (8, "That is half of 16, as if the first one had no wait at all. Nobody waits less than 2 seconds."),
        (7, "That is the wait until an answer **begins**. Its own 2 seconds come on top."),
        (4.5, "That is the mean place in the line. Each place takes 2 seconds."),
        (4, "That is people divided by seconds. Write down who waits how long: 2, 4, and so on."),
        (10, "The waits are 2, 4, 6 and so on up to 16. 10 is the wait of the fifth, and not the mean."),
        (72 / 7, "The sum is right. Divide it by all eight of them, not by seven."),
        (0.25, "That shares 2 seconds among eight. Each answer takes 2 seconds, one after the other."),
        (18, "That is the first and the last wait together. Their mean is half of it."),
        (72, "That is the sum of all waits. Divide by eight."),
    ],
    hints=["When does the first get an answer? The second? The eighth?", "The mean of 2, 4, 6, 8, 10, 12, 14, 16."],
    code="answer_6 = sum(2 * place for place in range(1, 9)) / 8",
    why="The waiting grows with the line. With a batch it grows much less, as long as the processor has room.",
)

# --- 7: a conversation's notes

_KIB = 384 * 131072

q7 = Exercise(
    "01.q7",
    "answer_7",
    judge=number(48, within=0.001, unit="GiB"),
    right="48 GiB of notes, beside 7.1 GiB of weights. A long context is a promise about your memory.",
    right_examples=[48, _KIB / 1024**2],
    known_wrong=[
        (_KIB, "Those are KiB. Divide by 1,024 twice."),
        (_KIB / 1024, "Those are MiB. Divide by 1,024 once more."),
        (_KIB * 1024, "Those are bytes. A GiB has 1,024 × 1,024 × 1,024 of them."),
        (50.33, "Divided by a million instead of 1,024 × 1,024: that mixes KiB with GB."),
        (51.54, "Those are GB, billions of bytes. A GiB is a bit more: 1,024 × 1,024 KiB."),
        (_KIB / 1024**3, "Divided by 1,024 once too often."),
        (384, "384 is the KiB of **one** token, or the answer in bits. Asked are GiB, for 131,072 tokens."),
        (96, "384 KiB hold keys **and** values already. You doubled once more."),
        (131072 / 384, "You divided the tokens by the KiB. Each token needs 384 KiB, so multiply."),
        (25, "That is Phi-3-medium's 200 KiB a token. Phi-3.5-mini keeps 384."),
        (1.5, "That is for 4,096 tokens. This conversation has 131,072."),
        (46.875, "That is for 128,000 tokens. The longest has 131,072."),
    ],
    hints=["384 KiB × 131,072 tokens.", "One GiB is 1,024 × 1,024 KiB."],
    code="answer_7 = 384 * 131_072 / 1024**2",
    why="Phi-4-mini shares its notes among three heads each, and needs a third of that.",
)

warm_up = WarmUp("01")

quiz = Quiz.read("01")

deeper_quiz = Quiz.read("01", "deeper_quiz")
