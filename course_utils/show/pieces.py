"""Tokens as text a person can see: spaces and line ends made visible, half characters as their bytes."""

import re
from dataclasses import dataclass
from functools import cache

from course_utils.base import CourseError
from course_utils.models.chat import BadPrompt

MARKS = str.maketrans({" ": "·", "\n": "↵", "\t": "⇥", "\r": "␍"})


@dataclass(frozen=True)
class Piece:
    """One token: its number, the text it stands for, and whether it is a special one such as <|end|>."""

    id: int
    text: str
    special: bool = False

    @property
    def visible(self) -> str:
        """The text with its spaces and line ends as signs."""
        return self.text.translate(MARKS) or "∅"


def tokenizer_of(thing):
    """The tokenizer of a model, or the thing itself if it is one."""
    tokenizer = getattr(thing, "tokenizer", None) or thing
    if not callable(getattr(tokenizer, "encode", None)):
        raise CourseError(f"A {type(thing).__name__} has no tokenizer. Give a tokenizer, or a model that has one.")
    return tokenizer


def encode(tokenizer, text: str) -> list[int]:
    """The numbers of the tokens of a text, without any special tokens added around it. Raises BadPrompt."""
    check_text(text)
    if hasattr(tokenizer, "convert_ids_to_tokens"):
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    return [int(id) for id in tokenizer.encode(text)]


def check_text(thing) -> None:
    """Raises BadPrompt for anything but a text."""
    if not isinstance(thing, str):
        raise BadPrompt(f"A text in quotes is wanted here; this is of type {type(thing).__name__}.")


def pieces(tokenizer, ids) -> list[Piece]:
    """The text of each token number, for tokenizers of Transformers and of ONNX Runtime GenAI."""
    if not hasattr(tokenizer, "convert_ids_to_tokens"):
        return [Piece(int(id), tokenizer.decode([int(id)])) for id in ids]
    special = set(tokenizer.all_special_ids)
    special |= {id for id, token in getattr(tokenizer, "added_tokens_decoder", {}).items() if token.special}
    raws, by_bytes = tokenizer.convert_ids_to_tokens([int(id) for id in ids]), _by_bytes(tokenizer)
    return [
        Piece(int(id), str(raw) if int(id) in special else _text(str(raw), by_bytes), int(id) in special)
        for id, raw in zip(ids, raws, strict=True)
    ]


def _by_bytes(tokenizer) -> bool:
    """True for byte-level BPE. Its space is Ġ; in SentencePiece that is ▁, and Ġ only a Maltese letter."""
    unknown = (None, tokenizer.unk_token_id)
    piece, byte = tokenizer.convert_tokens_to_ids(["▁", "Ġ"])
    return piece in unknown and byte not in unknown


@cache
def _bytes() -> dict[str, int]:
    """Byte-level BPE writes each of the 256 bytes as one printable sign: this is the table back."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    return {sign: byte for byte, sign in bytes_to_unicode().items()}


def _text(raw: str, by_bytes: bool = True) -> str:
    """The text of a vocabulary entry of SentencePiece (▁ for a space, <0xE4>) or byte-level BPE (Ġ, Ã)."""
    if re.fullmatch(r"<0x[0-9A-F]{2}>", raw):
        return f"⟨{raw[3:5]}⟩"
    if not by_bytes or "▁" in raw or any(sign not in _bytes() for sign in raw):
        return raw.replace("▁", " ")
    data = bytes(_bytes()[sign] for sign in raw)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:  # a part of a character, as with rare letters and emoji
        return "".join(chr(byte) if byte < 128 else f"⟨{byte:02X}⟩" for byte in data)
