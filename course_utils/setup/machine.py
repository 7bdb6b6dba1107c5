"""What this computer has: memory, cores, graphics processor, disk, Ollama, keys. Sizes are in bytes.

The standard library is enough, so that `doctor` can run before anything is installed.
"""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import platform
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

GB = 10**9
KEYS = ("OPENAI_API_KEY", "NVIDIA_API_KEY", "AZURE_OPENAI_API_KEY", "HF_TOKEN", "GITHUB_TOKEN", "OPENROUTER_API_KEY")


@dataclass(frozen=True)
class Memory:
    """`total` is what a program may use: the RAM, or the container's limit where that is lower."""

    total: int
    available: int | None
    container_limit: int | None


def memory(root: Path = Path("/")) -> Memory:
    """How much memory there is, and how much of it is free now (None where the system does not tell)."""
    total, available = _installed_memory(root)
    limit = container_limit(root)
    if limit is None or limit >= total:
        return Memory(total, available, None)
    # Pages of files that can be dropped at any time count as used in a container, but are free for us.
    used = _lowest(root, "memory", "memory.current", "memory.usage_in_bytes") or 0
    free = max(limit - used + _droppable(root), 0)
    return Memory(limit, free if available is None else min(free, available), limit)


def container_limit(root: Path = Path("/")) -> int | None:
    """The memory limit that a container (Docker, Binder, Codespaces) sets, or None without one."""
    return _lowest(root, "memory", "memory.max", "memory.limit_in_bytes")


def cores() -> int:
    """The number of CPU cores that this program may use."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows do not tell
        count = os.cpu_count() or 1
    for text in _cgroup_texts(Path("/"), "cpu", "cpu.max"):
        quota, period = text.split()
        if quota != "max":
            count = min(count, max(1, round(int(quota) / int(period))))
    return count


def gpus() -> list[dict]:
    """The graphics processors PyTorch could use: a name each, and the memory where it has its own."""
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return [{"name": "Apple GPU (Metal)", "memory": None}]
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [line.rsplit(",", 1) for line in answer.splitlines() if "," in line]
    return [{"name": name.strip(), "memory": _mebibytes(size)} for name, size in rows]


def free_disk(folder: Path) -> int:
    """Free space where `folder` is, or will be once somebody makes it."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def keys() -> dict[str, bool]:
    """Which keys of services are set. The values never leave the environment."""
    return {name: bool(os.environ.get(name)) for name in KEYS}


def ollama_address() -> str:
    """The address of the Ollama server: OLLAMA_HOST as Ollama reads it, else port 11434 of this machine."""
    scheme, _, rest = os.environ.get("OLLAMA_HOST", "").strip().rpartition("://")
    rest = rest.rpartition("@")[2]  # less name and password, which no report may show
    try:
        parts = urllib.parse.urlsplit("//" + rest)
        name, port = parts.hostname, parts.port
    except ValueError:  # a slip of the pen: keep the text, so that the report shows what is wrong
        return f"{scheme or 'http'}://{rest}"
    name = {None: "127.0.0.1", "0.0.0.0": "127.0.0.1"}.get(name, name)
    if ":" in name:  # IPv6
        name = f"[{name}]"
    port = port or {"http": 80, "https": 443}.get(scheme, 11434)
    return f"{scheme or 'http'}://{name}:{port}{parts.path.rstrip('/')}"


def ollama(address: str | None = None, seconds: float = 1.5) -> dict:
    """Whether an Ollama server answers: `{"address", "reachable", "version"}`."""
    address = address or ollama_address()
    version = None
    try:
        # No proxy: a school's proxy cannot see the learner's own machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address + "/api/version", timeout=seconds) as answer:
            version = str(json.load(answer)["version"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):  # nobody, or not Ollama
        pass
    return {"address": address, "reachable": version is not None, "version": version}


def summary(folder: Path) -> dict:
    """Everything above as one dictionary that JSON can hold; `folder` says which disk is meant."""
    return {
        "python": {"version": platform.python_version(), "path": sys.executable, "bits": bits()},
        "system": {"name": platform.system(), "release": platform.release(), "machine": platform.machine()},
        "memory": asdict(memory()),
        "cores": cores(),
        "gpus": gpus(),
        "disk": {"folder": str(folder), "free": free_disk(folder)},
        "ollama": ollama(),
        "keys": keys(),
    }


def bits() -> int:
    """64 for the usual Python, 32 for the small one that PyTorch does not support."""
    return 64 if sys.maxsize > 2**32 else 32


def _mebibytes(text: str) -> int | None:
    return int(text) * 2**20 if text.strip().isdigit() else None


def _installed_memory(root: Path) -> tuple[int, int | None]:
    if platform.system() == "Windows":
        return _windows_memory()
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        lines = (root / "proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # macOS
        return total, _available_by_psutil()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return total, kilobytes["MemAvailable"] * 1024


def _available_by_psutil() -> int | None:
    try:
        import psutil
    except ImportError:
        return None
    return psutil.virtual_memory().available


def _windows_memory() -> tuple[int, int | None]:
    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong), ("total", ctypes.c_ulonglong)]
        _fields_ += [("free", ctypes.c_ulonglong), ("others", ctypes.c_ulonglong * 5)]

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return status.total, status.free


def _cgroup_texts(root: Path, controller: str, *names: str) -> list[str]:
    """What the control groups around this process say in the files `names`, innermost group first.

    Linux has two layouts: one tree for all (version 2), or a tree for each controller (version 1).
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return []
    texts = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        group = Path(path.strip("/"))
        for inner in [group, *group.parents]:
            for name in names:
                file = root / "sys/fs/cgroup" / (controller if controllers else "") / inner / name
                if file.is_file():
                    texts.append(file.read_text(encoding="utf-8"))
    return texts


def _lowest(root: Path, controller: str, *names: str) -> int | None:
    numbers = [int(text) for text in _cgroup_texts(root, controller, *names) if text.strip().isdigit()]
    # Version 1 writes "no limit" as a number near 2**63.
    return min((number for number in numbers if number < 2**60), default=None)


def _droppable(root: Path) -> int:
    texts = _cgroup_texts(root, "memory", "memory.stat")
    rows = dict(line.split() for line in texts[0].splitlines()) if texts else {}
    return int(rows.get("total_inactive_file", rows.get("inactive_file", 0)))
