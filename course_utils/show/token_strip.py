"""Texts cut into their tokens, each with its number."""

from __future__ import annotations

from html import escape

from .pieces import Piece, encode, pieces, tokenizer_of
from .view import View

# Faint enough to read through on a light and on a dark page. The border says the same without colour.
TINTS = ("rgba(33,150,243,.20)", "rgba(255,152,0,.22)", "rgba(76,175,80,.22)", "rgba(156,39,176,.18)")


class TokenStrip(View):
    """`rows` holds, for each text, the list of its pieces."""

    def __init__(self, tokenizer, *texts: str):
        tokenizer = tokenizer_of(tokenizer)
        self.texts = texts
        self.rows: list[list[Piece]] = [pieces(tokenizer, encode(tokenizer, text)) for text in texts]

    def text(self) -> str:
        """Each text as its pieces, their numbers, and the count."""
        blocks = []
        for text, row in zip(self.texts, self.rows, strict=True):
            blocks.append(
                "\n".join(
                    [
                        _count(text, row),
                        " | ".join(piece.visible for piece in row),
                        " ".join(str(p.id) for p in row),
                    ]
                )
            )
        return "\n\n".join(blocks)

    def html(self) -> str:
        """Each text as a strip of boxes; a number shows on hover, and all of them in a folded line."""
        return "".join(self._strip(text, row) for text, row in zip(self.texts, self.rows, strict=True))

    @staticmethod
    def _strip(text: str, row: list[Piece]) -> str:
        boxes = "".join(_box(piece, TINTS[place % len(TINTS)]) for place, piece in enumerate(row))
        ids = " ".join(str(piece.id) for piece in row)
        look = "margin:0.4em 0;color:var(--jp-content-font-color1, inherit)"
        return (
            f'<figure class="course-tokens" style="{look}">'
            f'<figcaption style="margin-bottom:0.3em">{escape(_count(text, row))}</figcaption>'
            f'<div style="line-height:2.1;font-family:var(--jp-code-font-family, monospace)">{boxes}</div>'
            f'<details style="margin-top:0.2em"><summary>The numbers</summary>{ids}</details></figure>'
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
