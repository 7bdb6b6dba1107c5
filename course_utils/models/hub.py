"""Fetch a real model from the Hugging Face hub, after asking, into the course's cache folder, and check every byte. The
environment variable COURSE_DOWNLOAD (yes or no) answers for programs, where nobody can be asked.

The library's `hf_hub_download` (2.4) compares lengths only, and throws an unfinished file away when it is stopped: too
much for 2.7 GB and the network of a classroom. Here a file that was begun is gone on with, and each is held to the
checksum that the catalogue has pinned, or where it has none to the hub's own for the pinned revision."""

import hashlib
import os
import sys
from pathlib import Path

from filelock import FileLock

from course_utils.base import cache_folder
from course_utils.phi.catalog import Download, File
from course_utils.setup import machine
from course_utils.setup.fetching import NotFetched, here
from course_utils.setup.installer import untrusted
from course_utils.setup.machine import GB, in_gb

SPARE_DISK = GB // 2  # bytes that stay free on the disk


def fetch(name: str, runtime: str, model: Download, in_memory: bool = True) -> Path:
    """The folder with the files of `model`, downloaded if need be. Raises NotFetched. What came before an interrupt or
    a dropped connection is kept, and the next call goes on from there. `in_memory=False` leaves out the check of the
    main memory, for a model that goes to a graphics processor."""
    target = cache_folder() / "models" / f"{name}-{runtime}-{model.revision[:12]}"
    free = machine.memory().available
    if in_memory and free < model.memory:
        needs = f"it needs {in_gb(model.memory)} of memory and {in_gb(free)} is free"
        raise NotFetched(f"{needs}; close other programs and notebooks, or use a larger machine")
    try:
        if not all(here(target / file.path, file.size) for file in model.files):
            _ask(name, model, target)
            target.mkdir(parents=True, exist_ok=True)
            with FileLock(target / ".lock"):  # two notebooks that fetch the same model take turns
                for file in model.files:
                    if not here(target / file.path, file.size):
                        _download(model, file, target / file.path)
    except NotFetched:
        raise
    except Exception as error:  # of the disk, or of the HTTP library, which is another one every few years
        reason = f"the download stopped ({type(error).__name__}: {' '.join(str(error).split())[:240]})"
        mend = "what came is kept; try again when the network is back, or tell the course's authors if a file is gone"
        if told := untrusted(error):
            mend = told.rstrip(".")
        elif isinstance(error, OSError) and error.errno:
            reason = f"the files cannot be kept in {target} ({error.strerror})"
            mend = "free some space, or set COURSE_CACHE to another folder you may write to"
        raise NotFetched(f"{reason}; {mend}") from error
    return target


def _ask(name: str, model: Download, target: Path) -> None:
    """Show what the download costs, and return only when there is room for it and somebody agreed to it."""
    here = sum(file.stat().st_size for file in target.glob("*") if file.is_file())
    left, disk = max(model.size - here, 0), machine.free_disk(target)
    if disk < left + SPARE_DISK:
        raise NotFetched(f"it needs {in_gb(left + SPARE_DISK)} of disk and {in_gb(disk)} is free for {target}")
    answer = os.environ.get("COURSE_DOWNLOAD", "").strip().lower()
    # A question can be answered in a notebook or a terminal, but not in a script or a test.
    somebody = "ipykernel" in sys.modules or bool(sys.stdin and sys.stdin.isatty())
    if answer == "yes" or (answer != "no" and somebody):
        print(f"{name} is {model.repo} on the Hugging Face hub, revision {model.revision[:12]}.")
        print(f"  to download    {in_gb(left)}")
        print(f"  free disk      {in_gb(disk)}")
        print(f"  memory needed  {in_gb(model.memory)}, free now: {in_gb(machine.memory().available)}")
        print(f"  licence        {model.licence}")
        print(f"  kept in        {target}", flush=True)
        if answer != "yes":
            try:
                answer = input("Download it now? Type yes or no: ").strip().lower()
            except (EOFError, NotImplementedError):  # the second is what a notebook run by a program raises
                answer = "no"
    if answer not in ("y", "yes"):
        ways = "answer yes when asked, or set the environment variable COURSE_DOWNLOAD=yes"
        raise NotFetched(f"nobody agreed to the download of {in_gb(left)}; {ways}")


def _download(model: Download, file: File, path: Path) -> None:
    """Fetch one file into `path`.part, going on where an earlier try stopped; rename it once it is right."""
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get

    constants.DOWNLOAD_CHUNK_SIZE = 2**16  # bytes that a lost connection takes with it; the library's own are 10 MB
    part = path.with_name(path.name + ".part")
    url = hf_hub_url(model.repo, file.path, subfolder=model.folder, revision=model.revision)
    hub = get_hf_file_metadata(url, token=False)
    with part.open("ab") as output:  # the library goes on there, and asks again where a connection drops
        how = {"resume_size": output.tell(), "expected_size": hub.size, "displayed_filename": file.path}
        http_get(hub.location, output, headers={"Accept-Encoding": "identity"}, **how)
    expected, digest = file.sha256 or hub.etag, hashlib.sha256()
    if len(expected or "") == 40:  # of a small file the hub gives Git's checksum, which begins with a few words
        digest = hashlib.sha1(f"blob {part.stat().st_size}\0".encode(), usedforsecurity=False)
    with part.open("rb") as content:
        hashlib.file_digest(content, lambda: digest)
    if digest.hexdigest() != expected:
        part.unlink()
        raise NotFetched(f"the file {file.path} came damaged (wrong checksum) and was deleted; try again")
    part.rename(path)
