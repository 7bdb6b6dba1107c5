"""The models that the practice server knows: those of the course, and those that a client has made from them."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from course_utils import pico
from course_utils.base import CourseError, cache_folder
from course_utils.pico import export

from .checkpoint import Refused, checkpoint_from
from .engine import Loaded

KEEP = 300.0  # seconds that a model stays in memory after its last use, as with Ollama
LARGEST_BLOB = 64 * 10**6  # bytes
MOST_BLOBS = 256 * 10**6  # bytes of all blobs together
BUILD_SECONDS = 120.0  # for the ONNX form of a client's model
DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}(/[\w.-]{1,64})?(:[\w.-]{1,64})?")


class NoModel(CourseError):
    """There is no model of that name."""


@dataclass
class Entry:
    """One model: where its checkpoint and its ONNX form are, and what a client has added to it."""

    name: str
    base: str  # the name of a course model, or a folder of the store
    system: str = ""
    template: str = ""
    parameters: dict = field(default_factory=dict)
    modified: float = field(default_factory=time.time)
    parent: str = ""

    @property
    def uploaded(self) -> bool:
        """Whether a client has brought its weights."""
        return self.base not in pico.SHIPPED

    @property
    def checkpoint(self) -> Path:
        return Path(self.base) if self.uploaded else pico.folder(self.base)

    @cached_property
    def size(self) -> int:
        """Bytes of the weights."""
        return sum(file.stat().st_size for file in self.checkpoint.glob("*.safetensors"))

    @cached_property
    def digest(self) -> str:
        """Sixty-four letters that change with the weights and with what was added."""
        digest = hashlib.sha256(json.dumps([self.system, self.template, self.parameters], sort_keys=True).encode())
        for file in sorted(self.checkpoint.glob("*.safetensors")):
            digest.update(file.read_bytes())
        return digest.hexdigest()

    @cached_property
    def parameter_count(self) -> int:
        from safetensors import safe_open

        count = 0
        for file in self.checkpoint.glob("*.safetensors"):
            with safe_open(file, "numpy") as tensors:
                count += sum(math.prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118
        return count

    def config(self) -> dict:
        """The configuration of the language model: of one that sees, that of its decoder."""
        config = json.loads((self.checkpoint / "config.json").read_text(encoding="utf-8"))
        return config.get("text_config", config)

    @cached_property
    def sees(self) -> bool:
        """Whether it takes pictures."""
        return export.is_vision(self.checkpoint)


@dataclass
class Slot:
    """A model in memory, and the seconds that it stays after its last use."""

    loaded: Loaded
    keep: float = KEEP

    @property
    def until(self) -> float:
        """When it leaves, in seconds since 1970."""
        return math.inf if self.keep < 0 else self.loaded.used + self.keep


class Store:
    """All models by name, and which of them are in memory. Safe to use from several threads."""

    def __init__(self):
        self.entries = {name: Entry(name, name, modified=_day(name)) for name in pico.SERVED}
        self.forget: Callable[[str], None] = lambda base: None  # told of an uploaded model that has gone
        self._slots: dict[str, Slot] = {}  # by base
        self._loading: dict[str, threading.Lock] = {}
        self._blobs: dict[str, list[Path]] = {}  # by base: what an uploaded model was made from
        self._lock = threading.RLock()
        cache = cache_folder()
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        self.folder = Path(tempfile.mkdtemp(prefix="server-", dir=cache))
        self._alive = FileLock(
            self.folder / "lock", thread_local=False
        )  # let go when this process ends, however it ends
        with suppress(NotImplementedError):  # a disk without locks: nothing is swept there
            self._alive.acquire()

    def close(self) -> None:
        """Forget everything that clients have made."""
        self._slots.clear()
        self._alive.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def get(self, name: str) -> Entry:
        """Raises NoModel."""
        entry = self.entries.get(plain(name))
        if entry is None:
            raise NoModel(f"model '{name}' not found")
        return entry

    # memory

    def load(self, entry: Entry, keep: float | None = None) -> tuple[Loaded, float]:
        """The model of an entry in memory, and the seconds that loading took (0 if it was there already).

        `keep`: seconds for which it stays after its last use; below 0: for ever; None: as it was. Raises CourseError.
        """
        self.drop_expired()
        with self._lock:
            turn = self._loading.setdefault(entry.base, threading.Lock())
        began, took = time.perf_counter(), 0.0
        with turn:  # others go on asking the models that are loaded
            slot = self._slots.get(entry.base)
            if slot is None:
                slot = Slot(Loaded.open(self._onnx(entry)))
                took = time.perf_counter() - began
            slot.loaded.used = time.time()
            slot.keep = slot.keep if keep is None else keep
            with self._lock:
                self._slots[entry.base] = slot
        return slot.loaded, took

    def unload(self, base: str) -> None:
        with self._lock:
            self._slots.pop(base, None)

    def in_memory(self) -> list[tuple[Entry, float]]:
        """The models that are loaded, and until when each stays, in seconds since 1970."""
        self.drop_expired()
        with self._lock:
            by_base = {entry.base: entry for entry in reversed(self.entries.values())}
            return [(by_base[base], slot.until) for base, slot in self._slots.items() if base in by_base]

    def drop_expired(self) -> None:
        """Let go of the models that nobody writes with, and whose time is over."""
        now = time.time()
        with self._lock:
            for base in [base for base, slot in self._slots.items() if not slot.loaded.users and slot.until <= now]:
                del self._slots[base]

    def _onnx(self, entry: Entry) -> Path:
        """The folder with the model in ONNX form. That of a client's model lies beside it, and goes with it."""
        if not entry.uploaded:
            return export.onnx_folder(entry.base, progress=False)
        work = entry.checkpoint / "onnx"
        if not (work / "model").is_dir():
            work.mkdir(exist_ok=True)
            try:
                export.run_builder(entry.checkpoint, work, "fp32", progress=False, limit=BUILD_SECONDS)
            except CourseError:
                shutil.rmtree(work, ignore_errors=True)
                raise
        return work / "model"

    # what clients make

    def create(
        self, name: str, base: Entry | Path, system: str = "", template: str = "", parameters: dict | None = None
    ) -> None:
        """A new entry from another one or from a checkpoint folder. Raises Refused."""
        name, parameters = plain(name), parameters or {}
        self.check_name(name)
        if isinstance(base, Entry):
            system, template = system or base.system, template or base.template
            entry = Entry(name, base.base, system, template, base.parameters | parameters, parent=base.name)
        else:
            entry = Entry(name, str(base), system, template, parameters)
        with self._lock:
            old = self.entries.get(name)
            self.entries[name] = entry
        self._tidy(old)

    def check_name(self, name: str) -> None:
        """Raise Refused for what is no name, and for that of a course model."""
        if not NAME.fullmatch(name):
            raise Refused(f"invalid model name {name!r}")
        if plain(name) in pico.SHIPPED:
            raise Refused(f"{plain(name)} belongs to the course and stays as it is; give yours another name", 403)

    def delete(self, name: str) -> None:
        """Raises NoModel, and Refused for a model of the course."""
        entry = self.get(name)
        self.check_name(entry.name)
        with self._lock:
            del self.entries[entry.name]
        self._tidy(entry)

    def _tidy(self, entry: Entry | None) -> None:
        """Remove the uploaded weights of an entry that is gone, from memory and disk, if no other has them."""
        with self._lock:
            if entry is None or not entry.uploaded or any(e.base == entry.base for e in self.entries.values()):
                return
            self.unload(entry.base)
            self._loading.pop(entry.base, None)
            blobs = set(self._blobs.pop(entry.base, []))
            for blob in blobs.difference(*self._blobs.values()):
                blob.unlink(missing_ok=True)
        self.forget(entry.base)
        shutil.rmtree(entry.checkpoint, ignore_errors=True)

    # files from clients

    def blob(self, digest: str) -> Path:
        """Where a blob is or would be kept. Raises Refused for what is no sha256 digest."""
        match = DIGEST.fullmatch(digest)
        if not match:
            raise Refused("invalid digest: sha256: and 64 hexadecimal digits are wanted")
        return self.folder / f"sha256-{match.group(1)}"

    def put_blob(self, digest: str, content: bytes) -> None:
        """Keep a blob, if it is what its name says and there is room. Raises Refused."""
        file = self.blob(digest)
        if hashlib.sha256(content).hexdigest() != file.name.removeprefix("sha256-"):
            raise Refused("digest mismatch: the content has another sha256 than its name says")
        with self._lock:
            kept = sum(blob.stat().st_size for blob in self.folder.glob("sha256-*") if blob != file)
            if kept + len(content) > MOST_BLOBS:
                text = f"there are {kept / 1e6:.0f} MB of files here, and no more than {MOST_BLOBS / 1e6:.0f} fit"
                raise Refused(text, 507)
            file.write_bytes(content)

    def checkpoint_from(self, files: dict[str, str]) -> Path:
        """A checkpoint folder from uploaded files, {file name: digest}. Raises Refused; see checkpoint.py."""
        blobs = {name: self.blob(digest) for name, digest in files.items()}
        folder = checkpoint_from(blobs, self.folder)
        with self._lock:
            self._blobs[str(folder)] = list(blobs.values())
        return folder


def plain(name: str) -> str:
    """A name without the tag `:latest`."""
    return name.removesuffix(":latest")


def _sweep(cache: Path) -> None:
    """Remove what servers have left that were killed: the folders with a lock that nobody holds."""
    for left in cache.glob("server-*"):
        with suppress(OSError, Timeout, NotImplementedError):
            if time.time() - left.stat().st_mtime > 60:  # a younger one may not have its lock yet
                with FileLock(left / "lock", timeout=0):
                    pass
                shutil.rmtree(left)


def _day(name: str) -> float:
    """When a course model was finished, in seconds since 1970: not when Git wrote the file."""
    training = json.loads((pico.folder(name) / "training.json").read_text(encoding="utf-8"))
    return datetime.fromisoformat(training["date"]).replace(tzinfo=UTC).timestamp()
