"""Texts cut into their tokens, each with its number."""

from html import escape

from .page import LOOK, fold
from .pieces import Piece, encode, pieces, tokenizer_of
from .view import View

# Faint enough to read through on a light and on a dark page. The border says the same without colour.
TINTS = ("rgba(33,150,243,.20)", "rgba(255,152,0,.22)", "rgba(76,175,80,.22)", "rgba(156,39,176,.18)")


class TokenStrip(View):
    """The tokens of one or more texts, with their numbers. A model that has a tokenizer will do too.

    `rows` holds, for each text, the list of its pieces.
    """

    def __init__(self, tokenizer, *texts: str):
        tokenizer = tokenizer_of(tokenizer)
        self.texts = texts
        self.rows: list[list[Piece]] = [pieces(tokenizer, encode(tokenizer, text)) for text in texts]

    def text(self) -> str:
        blocks = []
        for text, row in zip(self.texts, self.rows, strict=True):
            shown, ids = " | ".join(piece.visible for piece in row), " ".join(str(piece.id) for piece in row)
            blocks.append("\n".join([_count(text, row), shown, ids]))
        return "\n\n".join(blocks)

    def html(self) -> str:
        return "".join(_strip(text, row) for text, row in zip(self.texts, self.rows, strict=True))


def _strip(text: str, row: list[Piece]) -> str:
    boxes = "".join(_box(piece, TINTS[place % len(TINTS)]) for place, piece in enumerate(row))
    ids = " ".join(str(piece.id) for piece in row)
    return (
        f'<figure class="course-tokens" style="margin:0.4em 0;{LOOK}">'
        f'<figcaption style="margin-bottom:0.3em">{escape(_count(text, row))}</figcaption>'
        f'<div style="line-height:2.1;font-family:var(--jp-code-font-family, monospace)">{boxes}</div>'
        f"{fold('The numbers', ids)}</figure>"
    )


def _box(piece: Piece, tint: str) -> str:
    border = "2px dashed" if piece.special else "1px solid"
    look = f"background:{tint};border:{border} currentColor;border-radius:3px;padding:1px 3px;margin:0 1px"
    kind = "special token" if piece.special else "token"
    end = "<br>" if piece.text.endswith("\n") else ""
    return f'<span title="{kind} {piece.id}" style="{look}">{escape(piece.visible)}</span><wbr>{end}'


def _count(text: str, row: list[Piece]) -> str:
    each = f", {len(text) / len(row):.1f} characters per token" if row else ""
    return f"{len(row)} token{'' if len(row) == 1 else 's'} for {len(text)} characters{each}"
