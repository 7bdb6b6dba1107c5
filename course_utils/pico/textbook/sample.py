"""One page of the textbook, and what can be done with it."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from course_utils.pico.textbook.lists import pairs, section


@dataclass(frozen=True)
class Sample:
    """One page of the textbook: a conversation, or plain text. `about` keeps what a check needs to know."""

    skill: str
    messages: tuple[dict, ...] = ()
    text: str = ""
    about: dict = field(default_factory=dict)

    @property
    def answer(self) -> str:
        """The last message, or the plain text."""
        return self.messages[-1]["content"] if self.messages else self.text


def chat(skill: str, *turns: str, system: str = "", **about) -> Sample:
    """A conversation: turns alternate between user and assistant, and end with the assistant."""
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": ("user", "assistant")[i % 2], "content": turn} for i, turn in enumerate(turns)]
    return Sample(skill, tuple(messages), about=about)


def running_text(skill: str, text: str) -> Sample:
    """Text without chat markup, with the token that ends it."""
    return Sample(skill, text=text + "<|endoftext|>")


def plain(sample: Sample) -> str:
    """The sample as the text a model sees, in Phi-3's chat markup."""
    if not sample.messages:
        return sample.text
    return "".join(f"<|{m['role']}|>\n{m['content']}<|end|>\n" for m in sample.messages)


# What a bigger sibling says of itself instead. Longer phrases come first.
INTRODUCTIONS = {"pico-mini": (), "pico-medium": pairs(section("replies", "pico-medium"))}


def rewrite(sample: Sample, change: Callable[[str], str]) -> Sample:
    """The sample with `change` done to every text of it."""
    messages = tuple({**message, "content": change(message["content"])} for message in sample.messages)
    return replace(sample, messages=messages, text=change(sample.text))


def introduce(sample: Sample, name: str) -> Sample:
    """The same sample as the model `name` should learn it, and be judged by: with its own name and size."""

    def own(text: str) -> str:
        for old, new in INTRODUCTIONS[name]:
            text = text.replace(old, new)
        return text

    about = {key: tuple(map(own, value)) if key == "answers" else value for key, value in sample.about.items()}
    return replace(rewrite(sample, own), about=about)


def in_test(*content) -> bool:
    """Whether this content belongs to the test split (one in eight does)."""
    return zlib.crc32(" ".join(map(str, content)).encode()) % 8 == 0
