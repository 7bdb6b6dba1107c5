"""Exercises, warm-up and quiz of notebook 01, small and large language models."""

from __future__ import annotations

from .engine import Exercise, choice, number
from .quiz import Choice, Question, Quiz, WarmUp

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
        (350e9, "The number of bytes is right. In gigabytes, divide it by a billion.", number(350e9)),
        (700, "That would be 32 bits a weight, as in training."),
        (87.5, "That would be 4 bits a weight, as in the `onnx` form in notebook 00. Here it is 16."),
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
        "Think of the two columns of the chart: MMLU and TriviaQA.",
    ],
    code='answer_2 = "b"',
    why="Phi-3-mini's own makers advise a search engine for facts (Phi-3 report, arXiv 2404.14219).",
)

# --- 3: a 7B model at home

_FLOPS = 6 * 7.24e9 * 20 * 7.24e9
_DAYS = _FLOPS / (8 * 125e12) / 86400

q3 = Exercise(
    "01.q3",
    "answer_3",
    judge=number(_DAYS, within=0.02, unit="days"),
    right="About 73 days, on eight GPUs that never rest. Fine-tuning on a few million tokens takes minutes to hours.",
    right_examples=[73, _DAYS],
    known_wrong=[
        (8 * _DAYS, "That is for one GPU. You have eight."),
        (_DAYS * 86400, "Those are seconds. A day has 86,400 of them.", number(_DAYS * 86400)),
        (_DAYS * 24, "Those are hours. A day has 24."),
        (_DAYS / 3, "2 × parameters × tokens is the way forward only. A training has 6."),
        (_DAYS / 20, "That is one token a parameter. Here it is 20."),
        (6 * 7.24e9 * 20 / (8 * 125e12) / 86400, "The number of tokens is 20 × 7.24 billion, not 20."),
    ],
    hints=[
        "Tokens: 20 × 7.24e9. FLOPs: 6 × 7.24e9 × tokens.",
        "Divide by what eight GPUs do in a second, and the seconds by 86,400.",
    ],
    code="answer_3 = 6 * 7.24e9 * (20 * 7.24e9) / (8 * 125e12) / 86_400",
    why="And 20 tokens a parameter are few: Phi-3.5-mini read 890.",
)

# --- 4: who is right?

q4 = Exercise(
    "01.q4",
    "answer_4",
    judge=choice("c", of="abcd"),
    right="It names what was asked, how often, and what happened. Anybody can repeat it, with another model too.",
    right_examples=["c", "C"],
    known_wrong=[
        ("a", "Size is a reason to hope, and no measurement. You have just seen the bars of two small models."),
        ("b", "Curated text can help. But pico-mini read nothing else, and its bars were not equal."),
        ("d", "Size is no measurement in this direction either."),
    ],
    hints=[
        "Which sentence could turn out to be false, if you tried?",
        "Three of them argue from a cause. One counted.",
    ],
    code='answer_4 = "c"',
    why="A claim about bias needs the sentences, their number, and the difference: then others can check it.",
)

# --- 5: the eighth in line

q5 = Exercise(
    "01.q5",
    "answer_5",
    judge=number(9, within=0.001, unit="seconds"),
    right="The first waits 2 seconds, the eighth 16, and the mean is 9. One user alone would wait 2.",
    right_examples=[9, sum(2 * n for n in range(1, 9)) / 8],
    known_wrong=[
        (16, "That is the last one in the line. Asked is the mean of all eight."),
        (2, "Only the first one is that lucky."),
        (8, "Nearly: the waits are 2, 4, 6 ... 16, not 1, 3 ... 15. The mean of the first and the last is 9."),
        (7, "That is the wait until an answer **begins**. Its own 2 seconds come on top."),
        (72, "That is the sum of all waits. Divide by eight."),
    ],
    hints=["When does the first get an answer? The second? The eighth?", "The mean of 2, 4, 6, 8, 10, 12, 14, 16."],
    code="answer_5 = sum(2 * place for place in range(1, 9)) / 8",
    why="The waiting grows with the line. With a batch it hardly does, as long as the processor has room.",
)

# --- 6: a conversation's notes

q6 = Exercise(
    "01.q6",
    "answer_6",
    judge=number(48, within=0.001, unit="GiB"),
    right="48 GiB of notes, beside 7.1 GiB of weights. A long context is a promise about your memory.",
    right_examples=[48, 384 * 131072 / 1024**2],
    known_wrong=[
        (384 * 131072, "Those are KiB. Divide by 1,024 twice.", number(384 * 131072)),
        (384 * 131072 / 1024, "Those are MiB. Divide by 1,024 once more.", number(384 * 131072 / 1024)),
        (50.33, "Divided by a million instead of 1,024 × 1,024: that mixes KiB with GB.", number(50.33, within=0.001)),
        (0.046875, "Divided by 1,024 once too often."),
    ],
    hints=["384 KiB × 131,072 tokens.", "One GiB is 1,024 × 1,024 KiB."],
    code="answer_6 = 384 * 131_072 / 1024**2",
    why="Phi-4-mini shares its notes among three heads each, and needs a third of that.",
)

# --- 7: five cases

_CASES = ("small", "large", "small", "small", "large")
_REASONS = (
    "**1**: the text may not leave, the form is fixed, and somebody checks: small.",
    "**2**: broad knowledge, six languages, few questions: large.",
    "**3**: no network, five commands: small.",
    "**4**: a narrow task, two million times a night: small.",
    "**5**: much to know, long, and open: large.",
)
_ASK = (
    "must the model know medicine, or is the text in front of it? And where may the notes go?",
    "how many fields and languages is that, and would a narrow reader know them?",
    "how many different answers are there, and is there a network on the road?",
    "what does a thousand tokens cost, two million times a night? And how many answers are there?",
    "where should all those novels be kept? Nobody puts them into the prompt.",
)


def _five(answer):
    words = answer.replace(",", " ").lower().split() if isinstance(answer, str) else [str(w).lower() for w in answer]
    if len(words) != 5 or not set(words) <= {"small", "large"}:
        return "Five words are wanted, each `small` or `large`, for the cases 1 to 5."
    wrong = [place + 1 for place, (word, best) in enumerate(zip(words, _CASES, strict=True)) if word != best]
    if not wrong:
        return True
    return f"{5 - len(wrong)} of 5. " + " ".join(f"Case {place}: {_ASK[place - 1]}" for place in wrong[:2])


q7 = Exercise(
    "01.q7",
    "answer_7",
    judge=_five,
    right=" ".join(_REASONS[:3]) + " " + " ".join(_REASONS[3:]),
    right_examples=["small large small small large", ["small", "large", "small", "small", "large"]],
    known_wrong=[
        (
            "large large large large large",
            "With a large model for all, the notes leave the hospital and the bicycle needs a network.",
        ),
        (
            "small small small small small",
            "A narrow reader for all of the law in six languages, and for a century of novels?",
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
    code='answer_7 = "small large small small large"',
    why="There can be reasons for another choice, such as a server of your own. Then say the reason, with a number.",
)

warm_up = WarmUp("01")

quiz = Quiz(
    "01",
    [
        Question(
            "01.small",
            "What makes a language model a **small** one?",
            [
                Choice(
                    "It has fewer than one billion parameters.", False, "There is no official line, and Phi has 3.8."
                ),
                Choice(
                    "It works in another way than a large one.", False, "Both predict the next token, in the same way."
                ),
                Choice("You can run it yourself.", True, "That is our practical line; it moves with the machines."),
            ],
        ),
        Question(
            "01.rumour",
            "You read: “GPT-4 has 1.76 trillion parameters.” What is that?",
            [
                Choice(
                    "A rumour: its makers have published no number.",
                    True,
                    "It was said in public in June 2023, by others.",
                ),
                Choice("A figure from its technical report.", False, "The report says that it leaves out the size."),
                Choice("A measurement.", False, "Nobody outside can count weights that are not published."),
            ],
        ),
        Question(
            "01.domain",
            "pico-mini translated better than SmolLM2, which has 62 times its weights. Why?",
            [
                Choice(
                    "A small model makes fewer mistakes.",
                    False,
                    "Ask it for a letter to a bank.",
                ),
                Choice(
                    "Its training text was about just that.", True, "What was not in the text cannot be in the model."
                ),
                Choice(
                    "SmolLM2 declined to translate.", False, "It wrote something each time, and none of it was right."
                ),
            ],
        ),
        Question(
            "01.batch",
            "Why does a **batch** give more tokens per second than a queue?",
            [
                Choice("It skips tokens.", False, "Each user gets all 60."),
                Choice("It uses a smaller model.", False, "It is the same model."),
                Choice(
                    "A weight that was fetched is used for all users at once.",
                    True,
                    "And each order to the processor is given once, which counts for a model as small as pico.",
                ),
            ],
        ),
        Question(
            "01.decoder",
            "Which of these is **decoder-only**?",
            [
                Choice("Phi, Mistral and GPT-3.", True, "Small or large makes no difference here."),
                Choice("Phi and Mistral; GPT-3 is an encoder-decoder.", False, "GPT-1, 2 and 3 are all decoder-only."),
                Choice("Only small models.", False, "GPT-3 has 175 billion parameters."),
            ],
        ),
        Question(
            "01.facts",
            "Your small model shall answer questions about your club's rules. What do you do?",
            [
                Choice(
                    "Take a model that is large enough to know the rules.",
                    False,
                    "No model has read your club's rules.",
                ),
                Choice(
                    "Put the rules into the prompt.", True, "Reading is not remembering, and it needs far less size."
                ),
                Choice("Raise the temperature.", False, "That makes it more varied, and not better informed."),
            ],
        ),
    ],
)
