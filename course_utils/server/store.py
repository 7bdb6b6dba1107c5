"""The models that the practice server knows: those of the course, and those that a client has made from them."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from course_utils import pico
from course_utils.base import CourseError, cache_folder
from course_utils.pico import export

from .engine import Loaded, open_folder

KEEP = 300.0  # seconds that a model stays in memory after its last use, as with Ollama
LARGEST_BLOB = 64 * 10**6  # bytes
DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}(/[\w.-]{1,64})?(:[\w.-]{1,64})?")


class NoModel(CourseError):
    """There is no model of that name."""


class Refused(CourseError):
    """A file or a name that the server does not take."""


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
    def checkpoint(self) -> Path:
        return pico.folder(self.base) if self.base in pico.SHIPPED else Path(self.base)

    @property
    def size(self) -> int:
        """Bytes of the weights."""
        return sum(file.stat().st_size for file in self.checkpoint.glob("*.safetensors"))

    @property
    def digest(self) -> str:
        """Sixty-four letters that change with the weights and with what was added."""
        told = json.dumps([self.system, self.template, self.parameters], sort_keys=True).encode()
        return hashlib.sha256(told + _fingerprint(self.checkpoint).encode()).hexdigest()

    @property
    def parameter_count(self) -> int:
        from safetensors import safe_open

        with safe_open(next(self.checkpoint.glob("*.safetensors")), "numpy") as file:
            return sum(_product(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118

    def config(self) -> dict:
        """The configuration of the language model: of one that sees, that of its decoder."""
        config = json.loads((self.checkpoint / "config.json").read_text(encoding="utf-8"))
        return config.get("text_config", config)

    @cached_property
    def sees(self) -> bool:
        """Whether it takes pictures."""
        return export.is_vision(self.checkpoint)

    def modified_at(self) -> str:
        return datetime.fromtimestamp(self.modified, UTC).isoformat().replace("+00:00", "Z")


_prints: dict[Path, str] = {}


def _fingerprint(checkpoint: Path) -> str:
    if checkpoint not in _prints:
        digest = hashlib.sha256()
        for file in sorted(checkpoint.glob("*.safetensors")):
            digest.update(file.read_bytes())
        _prints[checkpoint] = digest.hexdigest()
    return _prints[checkpoint]


def _product(shape) -> int:
    total = 1
    for side in shape:
        total *= side
    return total


def plain(name: str) -> str:
    """A name without the tag `:latest`."""
    return name.removesuffix(":latest")


class Store:
    """All models by name, and which of them are in memory. Safe to use from several threads."""

    def __init__(self, models=pico.SERVED, precision: str = "fp32"):
        self.entries = {name: Entry(name, name, modified=_day(name)) for name in models}
        self.precision = precision
        self._loaded: dict[str, tuple[Loaded, float]] = {}  # by base: the model, and until when it stays
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.RLock()
        _sweep(cache_folder())
        self.folder = Path(tempfile.mkdtemp(prefix="server-", dir=_made(cache_folder())))

    def close(self) -> None:
        """Forget everything that clients have made."""
        self._loaded.clear()
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

        `keep`: seconds for which it stays after this; below 0: for ever; 0: it leaves at the next chance.
        """
        keep = KEEP if keep is None else keep
        until = float("inf") if keep < 0 else time.time() + keep
        with self._lock:
            self._drop_expired()
            known = self._loaded.get(entry.base)
            if known:
                self._loaded[entry.base] = known[0], until
                return known[0], 0.0
            turn = self._loading.setdefault(entry.base, threading.Lock())
        began = time.perf_counter()
        with turn:  # others go on asking the models that are loaded
            known = self._loaded.get(entry.base)
            loaded = known[0] if known else open_folder(self._onnx(entry))
        with self._lock:
            self._loaded[entry.base] = loaded, until
        return loaded, time.perf_counter() - began

    def unload(self, entry: Entry) -> None:
        with self._lock:
            self._loaded.pop(entry.base, None)

    def in_memory(self) -> dict[str, float]:
        """{name: until when it stays, in seconds since 1970} of the models that are loaded."""
        with self._lock:
            self._drop_expired()
            found = {}
            for base, (_, until) in self._loaded.items():
                name = next((name for name, entry in self.entries.items() if entry.base == base), base)
                found[name] = until
            return found

    def _drop_expired(self) -> None:
        now = time.time()
        for base in [base for base, (_, until) in self._loaded.items() if until < now]:
            del self._loaded[base]

    def _onnx(self, entry: Entry) -> Path:
        precision = "fp32" if entry.sees else self.precision
        base = entry.base if entry.base in pico.SHIPPED else entry.checkpoint
        return export.onnx_folder(base, precision, progress=False)

    # what clients make

    def create(self, name: str, base: Entry | Path, **added) -> Entry:
        """A new entry from another one or from a checkpoint folder. Raises Refused for a bad name."""
        name = plain(name)
        if not NAME.fullmatch(name):
            raise Refused(f"invalid model name {name!r}")
        if isinstance(base, Entry):
            system = added.get("system") or base.system
            template = added.get("template") or base.template
            parameters = base.parameters | (added.get("parameters") or {})
            entry = Entry(name, base.base, system, template, parameters, parent=base.name)
        else:
            parameters = added.get("parameters") or {}
            entry = Entry(name, str(base), added.get("system") or "", added.get("template") or "", parameters)
        with self._lock:
            self.entries[name] = entry
        return entry

    def copy(self, source: str, target: str) -> None:
        entry = self.get(source)
        self.create(target, entry)

    def delete(self, name: str) -> None:
        """Raises NoModel, and Refused for a model of the course."""
        entry = self.get(name)
        if entry.name in pico.SHIPPED:
            raise Refused(f"{entry.name} belongs to the course and stays; copies of it can be deleted")
        with self._lock:
            del self.entries[entry.name]

    # files from clients

    def blob(self, digest: str) -> Path:
        """Where a blob is or would be kept. Raises Refused for what is no sha256 digest."""
        found = DIGEST.fullmatch(digest)
        if not found:
            raise Refused("invalid digest: sha256: and 64 hexadecimal digits are wanted")
        return self.folder / f"sha256-{found.group(1)}"

    def put_blob(self, digest: str, content: bytes) -> None:
        """Keep a blob, if it is what its name says. Raises Refused."""
        file = self.blob(digest)
        if hashlib.sha256(content).hexdigest() != file.name.removeprefix("sha256-"):
            raise Refused("digest mismatch: the content has another sha256 than its name says")
        if len(content) > LARGEST_BLOB:
            raise Refused(f"the file has {len(content) / 1e6:.0f} MB; this server takes {LARGEST_BLOB / 1e6:.0f}")
        file.write_bytes(content)

    def checkpoint_from(self, files: dict[str, str]) -> Path:
        """A checkpoint folder from uploaded files, {file name: digest}: one GGUF, or safetensors with their JSON files.

        Raises Refused for missing blobs, for names that are paths, and for what cannot be read.
        """
        for name in files:
            if Path(name).name != name or not name.endswith((".gguf", ".safetensors", ".json", ".jinja")):
                raise Refused(f"{name!r} is not taken: give a .gguf, or .safetensors with .json and .jinja files")
        blobs = {name: self.blob(digest) for name, digest in files.items()}
        missing = [name for name, blob in blobs.items() if not blob.is_file()]
        if missing:
            raise Refused(f"the content of {missing[0]!r} has not been uploaded to /api/blobs yet")
        folder = Path(tempfile.mkdtemp(prefix="model-", dir=self.folder))
        try:
            if any(name.endswith(".gguf") for name in files):
                return self._from_gguf(blobs, folder)
            for name, blob in blobs.items():
                shutil.copyfile(blob, folder / name)
            _check_checkpoint(folder)
            return folder
        except Refused:
            with suppress(OSError):
                shutil.rmtree(folder)
            raise

    def _from_gguf(self, blobs: dict[str, Path], folder: Path) -> Path:
        from course_utils.pico.export import gguf_file

        if len(blobs) != 1:
            raise Refused("give one .gguf file and nothing beside it")
        try:
            return gguf_file.read(next(iter(blobs.values())), folder / f"gguf-{folder.name}")
        except CourseError as error:
            raise Refused(str(error)) from error


def _check_checkpoint(folder: Path) -> None:
    """Refuse what is no Phi-3 checkpoint with a tokenizer. Nothing of it is run: JSON and safetensors only."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if config.get("architectures") != ["Phi3ForCausalLM"] or not (folder / "tokenizer.json").is_file():
            raise Refused("only Phi3ForCausalLM with its tokenizer.json is taken here")
        from safetensors import safe_open

        for file in folder.glob("*.safetensors"):
            with safe_open(file, "numpy"):
                pass
    except Refused:
        raise
    except Exception as error:
        raise Refused(f"the files are no checkpoint: {error}") from error


def _sweep(cache: Path) -> None:
    """Remove what servers have left that were killed more than a day ago."""
    for left in cache.glob("server-*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > 24 * 3600:
                shutil.rmtree(left)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _day(name: str) -> float:
    """When a course model was finished, in seconds since 1970: not when Git wrote the file."""
    told = json.loads((pico.folder(name) / "training.json").read_text(encoding="utf-8"))
    return datetime.fromisoformat(told["date"]).replace(tzinfo=UTC).timestamp()
