"""Writes the lists of requirements with the newest versions allowed, or in the form that pip-audit reads.

    python tests/newest.py FOLDER            requirements.txt and tests/requirements.txt with >= in the place of ==
    python tests/newest.py --pinned FILE     all pins of both in one file, and nothing else

The pins are what learners get. Once a week the tests run on whatever is newest, so that a new version breaks them
before it breaks the next pins.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LISTS = ("requirements.txt", "tests/requirements.txt")
PIN = re.compile(r"^([\w.-]+(?:\[[\w,-]+\])?)==(?=[\w.])", re.MULTILINE)


def loosened(text: str) -> str:
    """A list of requirements in which each pin is the oldest version that will do."""
    return PIN.sub(r"\1>=", text)


def pinned(*texts: str) -> str:
    """The pinned lines of these lists, each once and in order."""
    lines = [line for text in texts for line in text.splitlines() if PIN.match(line)]
    return "\n".join(dict.fromkeys(lines)) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write what was asked for. Returns 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("where", type=Path, help="the folder, or with --pinned the file, to write")
    parser.add_argument("--pinned", action="store_true", help="the pins as they are, for pip-audit")
    given = parser.parse_args(arguments)
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in LISTS}
    files = {given.where: pinned(*texts.values())}
    if not given.pinned:
        files = {given.where / name: loosened(text) for name, text in texts.items()}
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
