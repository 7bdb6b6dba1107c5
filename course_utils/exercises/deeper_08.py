"""The quiz of the optional part of notebook 08."""

from __future__ import annotations

from .quiz import Choice, Question, Quiz

deeper_quiz = Quiz(
    "08",
    [
        Question(
            "08.soft",
            "What does a student get from **soft targets** that a hard label does not tell?",
            [
                Choice(
                    "Which other tokens were nearly as good.", True, "The whole opinion, not only the first choice."
                ),
                Choice("The right answer, and the reason for it.", False, "The hard label tells the right token, too."),
                Choice("The weights of the teacher.", False, "It sees only what the teacher says, its probabilities."),
            ],
        ),
        Question(
            "08.outlier",
            "Why do blocks of 32 survive 4 bits better than one scale for a table?",
            [
                Choice("They use more bits for each whole number.", False, "4 bits each, in both cases."),
                Choice(
                    "They leave the outliers out of the rounding.", False, "Each is rounded, too, in its own block."
                ),
                Choice(
                    "An outlier spoils 31 neighbours only.", True, "Each block has a scale for its own largest weight."
                ),
            ],
        ),
        Question(
            "08.bias",
            "A shop says: “Our model is small, and so it has no bias.” What do you answer?",
            [
                Choice("True: less data, less bias.", False, "Some seconds of a skewed text were enough."),
                Choice("What did you measure?", True, "The leaning follows the text, and only a measurement shows it."),
                Choice("False: small models are always more biased.", False, "That is not what was measured either."),
            ],
        ),
        Question(
            "08.sure",
            "The model gave each token of its answer a probability above 98 %. Is the answer true?",
            [
                Choice("Yes, nearly certainly, for it has checked itself.", False, "It was as sure of wrong answers."),
                Choice("That says only that it is usual.", True, "Probability measures likeness to the training text."),
                Choice("No: too sure is a sign of invention.", False, "What it knows it says with the same certainty."),
            ],
        ),
    ],
    name="deeper_quiz",
)
