"""A list of words for a model of one's own, and what is wrong with it: exercise 5 of notebook 08."""

from __future__ import annotations

from collections.abc import Mapping

FEW = "A few words more: a list of **twenty** is what an evening with a dialect gives."
NO_DICTIONARY = 'Write a dictionary: `{"guitar": "kitara", "rocket": "raketti"}`.'
NO_TEXTS = "Words and meanings are texts, in quotes, and not empty."
SAME = "Twenty words want at least ten different meanings. Otherwise one answer for all of them would pass."
ITSELF = "Most of these words mean themselves, so there is nothing to learn."
NOT_YOURS = "That is the list of the course. Write words of **your** own."
OTHER = "The model was trained on another list. Run the cells of this section again, from `my_words` on."
UNLEARNED = "It answers fewer than 6 of 10 of them in new wordings. Give `learn` more steps, and run it again."
LOST = "It knows your words, but has lost too much: on average its old skills fell by more than 15 points. "
LOST += "Mix in more old pages than 0.5, and run it again."


def fault(my_words, namespace: Mapping) -> str | None:
    if not isinstance(my_words, Mapping):
        return NO_DICTIONARY
    if not all(isinstance(text, str) and text.strip() for pair in my_words.items() for text in pair):
        return NO_TEXTS
    if len(my_words) < 20:
        return FEW
    if sum(word.casefold() == meaning.casefold() for word, meaning in my_words.items()) > len(my_words) / 2:
        return ITSELF
    if len(set(my_words.values())) < 10:
        return SAME
    if len(set(my_words.items()) & set(namespace["course_words"].items())) > len(my_words) / 2:
        return NOT_YOURS
    if dict(namespace["words"]) != dict(my_words):
        return OTHER
    if namespace["learned"] < 0.6:
        return UNLEARNED
    before, after = namespace["skills_before"], namespace["skills_after"]
    return LOST if sum(before[skill] - after[skill] for skill in before) / len(before) > 0.15 else None


def met(known: str):
    return lambda my_words, namespace: fault(my_words, namespace) == known


ENGLISH = "uncle aunt cousin nephew niece twins wedding funeral birthday attic cellar hallway roof chimney fence"
FINNISH = "setä täti serkku veljenpoika veljentytär kaksoset häät hautajaiset syntymäpäivä ullakko kellari eteinen"
ENGLISH += " ladder bucket shovel rake neighbour"
FINNISH += " katto savupiippu aita tikkaat ämpäri lapio harava naapuri"
TWENTY = dict(zip(ENGLISH.split(), FINNISH.split(), strict=True))
KEPT = {"translate": 0.95, "sum": 0.9, "story": 1.0}
DONE = {
    "my_words": TWENTY,
    "words": TWENTY,
    "learned": 0.95,
    "skills_before": KEPT,
    "skills_after": KEPT,
    "course_words": {"lion": "leijona"},
}
GONE = {"skills_after": {"translate": 0.3, "sum": 0.9, "story": 0.5}}
WRONG = [
    (DONE | {"my_words": {"a": "b"}}, FEW),
    (DONE | {"my_words": ["guitar", "kitara"]}, NO_DICTIONARY),
    (DONE | {"my_words": {"a": 1}}, NO_TEXTS),
    (DONE | {"my_words": dict.fromkeys(TWENTY, "x")}, SAME),
    (DONE | {"my_words": {word: word for word in TWENTY}}, ITSELF),
    (DONE | {"course_words": TWENTY}, NOT_YOURS),
    (DONE | {"words": {"guitar": "kitara"}}, OTHER),
    (DONE | {"learned": 0.4}, UNLEARNED),
    (DONE | GONE, LOST),
]
