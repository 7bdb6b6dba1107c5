"""Tokens as text a person can see: spaces and line ends made visible, half characters as their bytes."""

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import cycle

from course_utils.base import CourseError
from course_utils.models.chat import BadPrompt

from .page import LOOK, fold
from .view import View

MARKS = str.maketrans({" ": "·", "\n": "↵", "\t": "⇥", "\r": "␍"})
# Faint enough to read through on a light and on a dark page. The border says the same without colour.
TINTS = ("rgba(33,150,243,.20)", "rgba(255,152,0,.22)", "rgba(76,175,80,.22)", "rgba(156,39,176,.18)")


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


def encode(tokenizer, thing: str) -> list[int]:
    """The numbers of the tokens of a text, without any special tokens added around it. Raises BadPrompt."""
    if not isinstance(thing, str):
        raise BadPrompt(f"A text in quotes is wanted here; this is of type {type(thing).__name__}.")
    if hasattr(tokenizer, "convert_ids_to_tokens"):
        return list(tokenizer(thing, add_special_tokens=False)["input_ids"])
    return [int(id) for id in tokenizer.encode(thing)]


def pieces(tokenizer, ids) -> list[Piece]:
    """The text of each token number, for tokenizers of Transformers and of ONNX Runtime GenAI."""
    ids = [int(id) for id in ids]
    if not hasattr(tokenizer, "convert_ids_to_tokens"):
        return [Piece(id, tokenizer.decode([id])) for id in ids]
    special = set(tokenizer.all_special_ids)
    special |= {id for id, token in getattr(tokenizer, "added_tokens_decoder", {}).items() if token.special}
    # In byte-level BPE a space is Ġ; in SentencePiece it is ▁, and Ġ only a Maltese letter.
    space, byte = (id in (None, tokenizer.unk_token_id) for id in tokenizer.convert_tokens_to_ids(["▁", "Ġ"]))
    raws, by_bytes = map(str, tokenizer.convert_ids_to_tokens(ids)), space and not byte
    rows = zip(ids, raws, strict=True)
    return [Piece(id, raw if id in special else _text(raw, by_bytes), id in special) for id, raw in rows]


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


class TokenStrip(View):
    """The tokens of one or more texts, with their numbers. A model that has a tokenizer will do too.

    `rows` holds, for each text, the list of its pieces.
    """

    def __init__(self, tokenizer, *texts: str):
        thing, tokenizer = tokenizer, getattr(tokenizer, "tokenizer", None) or tokenizer
        if not callable(getattr(tokenizer, "encode", None)):
            raise CourseError(f"A {type(thing).__name__} has no tokenizer. Give a tokenizer, or a model that has one.")
        self.texts = texts
        self.rows: list[list[Piece]] = [pieces(tokenizer, encode(tokenizer, text)) for text in texts]

    def text(self) -> str:
        blocks = []
        for text, row in zip(self.texts, self.rows, strict=True):
            blocks.append("\n".join([_count(text, row), " | ".join(piece.visible for piece in row), _ids(row)]))
        return "\n\n".join(blocks)

    def html(self) -> str:
        page = ""
        for text, row in zip(self.texts, self.rows, strict=True):
            page += (
                f'<figure class="course-tokens" style="margin:0.4em 0;{LOOK}">'
                f'<figcaption style="margin-bottom:0.3em">{escape(_count(text, row))}</figcaption>'
                '<div style="line-height:2.1;font-family:var(--jp-code-font-family, monospace)">'
                f"{''.join(map(_box, row, cycle(TINTS)))}</div>{fold('The numbers', _ids(row))}</figure>"
            )
        return page


def _ids(row: list[Piece]) -> str:
    return " ".join(str(piece.id) for piece in row)


def _box(piece: Piece, tint: str) -> str:
    kind, border = ("special token", "2px dashed") if piece.special else ("token", "1px solid")
    look = f"background:{tint};border:{border} currentColor;border-radius:3px;padding:1px 3px;margin:0 1px"
    end = "<br>" if piece.text.endswith("\n") else ""
    return f'<span title="{kind} {piece.id}" style="{look}">{escape(piece.visible)}</span><wbr>{end}'


def _count(text: str, row: list[Piece]) -> str:
    each = f", {len(text) / len(row):.1f} characters per token" if row else ""
    return f"{len(row)} token{'' if len(row) == 1 else 's'} for {len(text)} characters{each}"
