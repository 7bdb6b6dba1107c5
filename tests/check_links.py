"""Asks for every address that the course links to, and prints a table of the answers. Run once a week, not in CI.

    python tests/check_links.py [--timeout 20] [FILE ...]

Without files it reads README.md, the notebooks' texts, the pages beside them, those of the translations, and the
sources of the facts (`url` in the data files). Exit status: 0 when all are there, 1 when one is not. links.json names
the hosts that turn programs away, with the reason: there a refusal counts as an answer, "not found" does not.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import sys
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = json.loads(Path(__file__).with_name("links.json").read_text(encoding="utf-8"))  # host -> why
PAGES = ("README.md", "notebooks/*", "translations/*.md", "translations/*/*.md", "translations/*/notebooks/*")
DATA = ("course_utils/**/*.json", "course_utils/**/*.toml")
REFUSALS = (401, 403, 405, 406, 418, 429, 503, 999)
ADDRESS = re.compile(r"https?://[^\s<>\"'`\\|{}\[\]]+")
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; slm-course-link-check)", "Accept": "*/*"}
TRIES = 3


def addresses(file: Path) -> set[str]:
    """The addresses in a file: a page's and a notebook's texts (no code), or a data file's `url` values."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    elif file.suffix in (".json", ".toml"):
        found = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        text = "\n".join(_urls(found))
    else:
        text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return {address for found in ADDRESS.findall(text) if _outside(address := _trimmed(found))}


def _urls(value) -> Iterator[str]:
    """All texts that stand under `url`, however deep."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        if key == "url" and isinstance(child, str):
            yield child
        yield from _urls(child)


def _trimmed(address: str) -> str:
    """An address without the punctuation of the sentence around it, and without the place within the page."""
    address = address.partition("#")[0].rstrip(".,;:!?*_…”’»")
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(".,;:!?*_")
    return address


def _outside(address: str) -> bool:
    """Whether an address is one to ask for: not this computer, and no example."""
    host = urllib.parse.urlsplit(address).hostname or ""
    return "." in host and not host.endswith((".example", "example.com", ".invalid")) and not host.startswith("127.")


def ask(address: str, timeout: float = 20.0, pause: float = 2.0) -> tuple[bool, str]:
    """Whether an address is there, and what was answered. HEAD first, GET where that is refused; three tries where the
    answer may be another one in a moment, after `pause` seconds, twice and thrice as many."""
    said = ""
    for attempt in range(1, TRIES + 1):
        for method in ("HEAD", "GET"):
            request = urllib.request.Request(_quoted(address), headers=HEADERS, method=method)
            try:
                with urllib.request.urlopen(request, timeout=timeout) as answer:
                    moved = answer.url.rstrip("/") != address.rstrip("/")
                    return True, f"{answer.status}{f', at {answer.url}' if moved else ''}"
            except urllib.error.HTTPError as error:
                said, status = str(error.code), error.code
                error.close()
            except (OSError, http.client.HTTPException, ValueError) as error:
                said, status = f"{type(error).__name__}: {error}"[:80], 0
        if status and status != 429 and status < 500:
            break  # it will say the same in a moment
        if attempt < TRIES:
            time.sleep(pause * attempt)
    host = urllib.parse.urlsplit(address).hostname or ""
    if said.isdigit() and int(said) in REFUSALS and host in ALLOWED:
        return True, f"{said}, allowed: {ALLOWED[host]}"
    return False, said


def _quoted(address: str) -> str:
    """An address in ASCII, as HTTP wants it."""
    return urllib.parse.quote(address, safe="%/:=&?~#+!$,;'@()*[]")


def main(arguments: list[str] | None = None) -> int:
    """Check all links and print the table. Returns 1 if one is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="pages, notebooks or data files instead of the course's")
    parser.add_argument("--timeout", type=float, default=20.0, help="seconds for each try")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds before the second try")
    given = parser.parse_args(arguments)
    files = given.files or [path for glob in (*PAGES, *DATA) for path in sorted(ROOT.glob(glob)) if path.is_file()]
    where: dict[str, list[str]] = {}
    for file in files:
        name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
        for address in addresses(file):
            where.setdefault(address, []).append(name)
    with ThreadPoolExecutor(8) as pool:
        answers = dict(zip(where, pool.map(lambda it: ask(it, given.timeout, given.pause), where), strict=True))
    broken = [address for address in where if not answers[address][0]]
    print("| link | answer | where |\n| --- | --- | --- |")
    for address in sorted(where, key=lambda it: (answers[it][0], it)):
        there, said = answers[address]
        print(f"| {address} | {'' if there else '**broken**, '}{said} | {', '.join(sorted(where[address])[:3])} |")
    print(f"\n{len(where)} links, {len(broken)} broken.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
