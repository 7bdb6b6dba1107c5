"""The JavaScript that the page loads, in the versions of package-lock.json, out of the registry's own packages."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import os
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

from course_utils.base import CourseError, cache_folder, data
from course_utils.setup.installer import explain, say

FILES = data(__file__, "vendor.json", translated=False)  # by package: which files of it, and their names in the page


def vendor(target: Path, packages: dict[str, dict[str, str]] = FILES) -> None:
    """Put what the page loads, or these files of packages, into `target`/vendor. Raises CourseError."""
    lock = data(__file__, "package-lock.json", translated=False)["packages"]
    try:
        (target / "vendor").mkdir(parents=True, exist_ok=True)
        for name, files in packages.items():
            content = _package(name, lock[f"node_modules/{name}"])
            with tarfile.open(fileobj=io.BytesIO(content)) as package:
                for inside, ours in files.items():
                    (target / "vendor" / ours).write_bytes(package.extractfile(f"package/{inside}").read())
    except OSError as error:
        raise CourseError(f"The page's JavaScript could not be kept ({error}); free some space.") from error


def _package(name: str, known: dict) -> bytes:
    """A package of the registry, from the cache or fetched, and what the lock says it is. Raises CourseError."""
    file = cache_folder() / "npm" / known["resolved"].rpartition("/")[2]
    content = file.read_bytes() if file.is_file() else None
    if content is None or not whole(content, known["integrity"]):
        content = _fetch(name, known)
        if not whole(content, known["integrity"]):
            raise CourseError(f"{name} came damaged (its hash is not the one in package-lock.json); try again.")
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        part.write_bytes(content)
        os.replace(part, file)
    return content


def _fetch(name: str, known: dict) -> bytes:
    say(f"Fetching {name} {known['version']} from {known['resolved'].split('/')[2]}.")
    try:
        with urllib.request.urlopen(known["resolved"], timeout=60) as answer:
            return answer.read()
    except (OSError, http.client.HTTPException) as error:
        reason = explain([f"ERROR: {error}"]) or f"{known['resolved']} cannot be read ({error})."
        raise CourseError(f"{name}, which the page with the model loads, is not here. {reason}") from error


def whole(content: bytes, integrity: str) -> bool:
    """Whether these bytes have the hash that a lock file names, as "sha512-…" in base 64."""
    kind, _, digest = integrity.partition("-")
    return base64.b64encode(hashlib.new(kind, content).digest()).decode() == digest
