"""Fetch a real model from the Hugging Face hub, after asking, and check every byte of it.

The files are kept in the course's cache folder, in `models`. Environment variables:
COURSE_DOWNLOAD  yes or no: the answer for programs, where nobody can be asked
HF_ENDPOINT      another hub, a mirror for example
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from pathlib import Path

from course_utils.base import CourseError, cache_folder
from course_utils.phi.catalog import GB, Download, File
from course_utils.setup import machine

SPARE_DISK = GB // 2  # bytes that stay free on the disk


class DownloadError(CourseError):
    """The model is not here. The message is a clause: the reason, and what to do."""


class Refused(DownloadError):
    """Nobody said yes."""


class NotEnoughDisk(DownloadError):
    """The disk is too small."""


class NotEnoughMemory(DownloadError):
    """The model would not run here."""


class DownloadStopped(DownloadError):
    """The hub does not answer, or stopped answering."""


class FileMissing(DownloadError):
    """The hub does not have a file that the model needs."""


class FileCorrupted(DownloadError):
    """A file came, but it is not the right one."""


def fetch(name: str, runtime: str, model: Download, in_memory: bool = True) -> Path:
    """The folder with the files of `model`, downloaded if need be. Raises a DownloadError.

    What came before an interrupt or a dropped connection is kept, and the next call goes on from there.
    `in_memory=False` leaves out the check of the main memory, for a model that goes to a graphics processor.
    """
    target = cache_folder() / "models" / f"{name}-{runtime}-{model.revision[:12]}"
    try:
        missing = [file for file in model.files if not (target / file.path).is_file()]
        if in_memory:
            _check_memory(model)
        if missing:
            _check_disk(model, target)
            _ask(name, model, target)
            _download_all(model, missing, target)
    except DownloadError:
        raise
    except Exception as error:  # of the disk, or of the HTTP library, which is another one every few years
        raise _stopped(error, target) from error
    return target


def _check_memory(model: Download) -> None:
    free = machine.memory().available
    if free is not None and free < model.memory:
        raise NotEnoughMemory(
            f"it needs {_gb(model.memory)} of memory and {_gb(free)} is free; close other programs and "
            "notebooks, or use a larger machine"
        )


def _check_disk(model: Download, target: Path) -> None:
    needed, free = _left(model, target) + SPARE_DISK, machine.free_disk(target)
    if free < needed:
        raise NotEnoughDisk(f"it needs {_gb(needed)} of disk and {_gb(free)} is free for {target}")


def _left(model: Download, target: Path) -> int:
    here = sum(file.stat().st_size for file in target.glob("*") if file.is_file())
    return max(model.size - here, 0)


def _ask(name: str, model: Download, target: Path) -> None:
    """Show what the download costs, and return only when somebody agreed to it."""
    answer = os.environ.get("COURSE_DOWNLOAD", "").strip().lower()
    if answer == "yes" or (answer != "no" and _somebody_is_here()):
        _show(name, model, target)
        if answer != "yes":
            answer = _question("Download it now? Type yes or no: ")
    if answer not in ("y", "yes"):
        raise Refused(
            f"nobody agreed to the download of {_gb(_left(model, target))}; answer yes when asked, or set "
            "the environment variable COURSE_DOWNLOAD=yes"
        )


def _show(name: str, model: Download, target: Path) -> None:
    free = machine.memory().available
    print(f"{name} is {model.repo} on the Hugging Face hub, revision {model.revision[:12]}.")
    print(f"  to download    {_gb(_left(model, target))}")
    print(f"  free disk      {_gb(machine.free_disk(target))}")
    print(f"  memory needed  {_gb(model.memory)}, free now: {'unknown' if free is None else _gb(free)}")
    print(f"  licence        {model.licence}")
    print(f"  kept in        {target}", flush=True)


def _somebody_is_here() -> bool:
    """Whether a question can be answered: in a notebook or a terminal, but not in a script or a test."""
    return "ipykernel" in sys.modules or bool(sys.stdin and sys.stdin.isatty())


def _question(text: str) -> str:
    try:
        return input(text).strip().lower()
    except (EOFError, NotImplementedError):  # the second is what a notebook run by a program raises
        return "no"


def _download_all(model: Download, files: list[File], target: Path) -> None:
    from filelock import FileLock

    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target / ".lock"):  # two notebooks that fetch the same model take turns
        for file in files:
            if not (target / file.path).is_file():
                _download(model, file, target / file.path)


def _download(model: Download, file: File, path: Path) -> None:
    """Fetch one file into `path`.part, going on where an earlier try stopped; rename it once it is right."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError
    from huggingface_hub.file_download import http_get

    part = path.with_name(path.name + ".part")
    url = hf_hub_url(model.repo, file.path, subfolder=model.folder, revision=model.revision)
    try:
        hub = get_hf_file_metadata(url, token=False)
    except (EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise FileMissing(
            f"the hub has no file {file.path} in {model.repo}; please tell the course's authors"
        ) from error
    if file.size and hub.size and file.size != hub.size:
        raise FileCorrupted(
            f"the hub's file {file.path} has {hub.size:,} bytes instead of {file.size:,}; please tell the "
            "course's authors"
        )
    # hf_hub_download does all of this in one call, but since huggingface_hub 2 it throws an unfinished file
    # away when it gives up. Its own http_get can go on from a part, and a classroom's network needs that.
    with part.open("ab") as output:
        http_get(
            hub.location,
            output,
            resume_size=output.tell(),
            expected_size=hub.size,
            displayed_filename=file.path,
        )
    _verify(file, hub.etag, part)
    part.rename(path)


def _verify(file: File, etag: str | None, part: Path) -> None:
    """Compare the checksum with the pinned one, or the hub's: SHA-256, and Git's SHA-1 for small files."""
    expected = file.sha256 or etag or ""
    digest = hashlib.sha256()
    if len(expected) == 40:
        digest = hashlib.sha1(f"blob {part.stat().st_size}\0".encode(), usedforsecurity=False)
    with part.open("rb") as content:
        while block := content.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != expected:
        part.unlink()
        raise FileCorrupted(f"the file {file.path} came damaged (wrong checksum) and was deleted; try again")


def _stopped(error: Exception, target: Path) -> DownloadError:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return NotEnoughDisk(f"the disk is full; free some space for {target} and try again")
    if isinstance(error, OSError) and error.filename:
        return DownloadStopped(
            f"the files cannot be kept in {target} ({error.strerror}); set COURSE_CACHE to a folder you may write to"
        )
    first = (str(error).splitlines() or [""])[0][:120]
    return DownloadStopped(
        f"the download stopped ({type(error).__name__}: {first}); what came is kept, so try again when the "
        "network is back"
    )


def _gb(size: int) -> str:
    return f"{size / GB:,.1f} GB" if size >= GB / 10 else f"{size / 10**6:,.1f} MB"
