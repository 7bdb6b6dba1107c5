"""What this computer is and has: Python, memory, cores, graphics processor, disk, Ollama. Sizes are in bytes.

The standard library is enough, so that `doctor` can run before anything is installed.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

GB = 10**9
OLDEST, NEWEST = 11, 14  # Python 3.…
DOWNLOAD = "Get one from https://www.python.org/downloads/ and start the command again with it."


def unsupported(version: tuple = (), system: str = "", arch: str = "", bits: int = 0) -> tuple[str, str] | None:
    """Why the course cannot run on this Python, and the way out; None where it can."""
    version = version or sys.version_info[:3]
    shown = ".".join(map(str, version))
    if not (3, OLDEST) <= tuple(version[:2]) <= (3, NEWEST):
        what = f"The course needs Python 3.{OLDEST} to 3.{NEWEST}, and this is Python {shown} ({sys.executable})."
        names = [f"python3.{minor}" for minor in range(NEWEST, OLDEST - 1, -1)]
        there = next((name for name in names if works(name, "-V")), None)
        return what, f"This computer has one that fits. Use it instead: {there}" if there else DOWNLOAD
    if (bits or sys.maxsize.bit_length() + 1) != 64:
        return f"PyTorch needs a 64-bit Python, and this {shown} is a 32-bit one.", DOWNLOAD
    if (system or platform.system(), arch or platform.machine()) == ("Darwin", "x86_64"):
        what = "PyTorch and ONNX Runtime GenAI no longer come for Macs with an Intel processor."
        return what, "Open the course in Codespaces or Binder: see README.md."
    return None


def works(*command: str) -> bool:
    """Whether a command ends well; not if it cannot be started at all."""
    try:
        return subprocess.run(command, capture_output=True, timeout=120).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


@dataclass(frozen=True)
class Memory:
    """`total` is what a program may use: the RAM, or the container's limit where that is lower.

    `available` is what is free of it now, or all of it where the system does not tell.
    """

    total: int
    available: int
    container_limit: int | None


def memory(root: Path = Path("/")) -> Memory:
    """How much memory there is, and how much of it is free now."""
    total, available = _installed_memory(root)
    limit = None
    for group in _groups(root, "memory"):
        text = _read(group, "memory.max", "memory.limit_in_bytes")
        if text.isdigit() and int(text) < total:
            total = limit = int(text)
            # Pages of files that can be dropped at any time count as used in a container, but are free for us.
            stat = dict(line.split() for line in _read(group, "memory.stat").splitlines())
            droppable = int(stat.get("total_inactive_file", stat.get("inactive_file", 0)))
            used = int(_read(group, "memory.current", "memory.usage_in_bytes") or 0) - droppable
            available = min(max(limit - used, 0), available)
    return Memory(total, available, limit)


def cores(root: Path = Path("/")) -> int:
    """The number of CPU cores that this program may use."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows do not tell
        count = os.cpu_count() or 1
    for group in _groups(root, "cpu"):
        version_1 = [_read(group, f"cpu.cfs_{name}_us") for name in ("quota", "period")]
        quota, period = (_read(group, "cpu.max") or " ".join(version_1)).split() or ("max", "")
        if quota not in ("max", "-1"):
            count = min(count, max(1, round(int(quota) / int(period))))
    return count


def cpu() -> str:
    """The name of the processor, or at least its kind."""
    with contextlib.suppress(OSError, subprocess.SubprocessError, ImportError):
        if platform.system() == "Windows":
            import winreg

            path = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
                return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
        if platform.system() == "Darwin":
            command = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M)
        if found:
            return found[1].strip()
    return platform.machine()


def system() -> str:
    """The operating system and its version, without the name that its owner gave the computer."""
    with contextlib.suppress(OSError, AttributeError):  # a Linux without that file, an old Python
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    version = platform.mac_ver()[0] or platform.release()
    return f"{platform.system().replace('Darwin', 'macOS')} {version}"


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
    return [{"name": n.strip(), "memory": int(size) * 2**20 if size.strip().isdigit() else None} for n, size in rows]


def in_gb(size: float) -> str:
    """A number of bytes in words: 2.7 GB."""
    return f"{size / GB:,.1f} GB" if size >= GB / 10 else f"{size / 10**6:,.1f} MB"


def free_disk(folder: Path) -> int:
    """Free space where `folder` is, or will be once somebody makes it."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def ollama_address() -> str:
    """The address of the Ollama server: OLLAMA_HOST as Ollama reads it, else port 11434 of this machine."""
    text = os.environ.get("OLLAMA_HOST", "").strip()
    # Less name and password, which no report may show. A slip of the pen stays, so that the report shows what is wrong.
    parts = re.match(r"(?:(\w+)://)?(?:.*@)?(\[[^]]*\]?|[^:/]*):?(\w*)(.*)", text)
    scheme, name, port, path = parts.groups()
    name = "127.0.0.1" if name in ("", "0.0.0.0") else name
    port = port or {"http": 80, "https": 443}.get(scheme, 11434)
    return f"{scheme or 'http'}://{name}:{port}{path.rstrip('/')}"


def ollama(address: str | None = None, seconds: float = 1.5) -> dict:
    """Whether an Ollama server answers: `{"address", "reachable", "version"}`."""
    import http.client  # here: `load` asks this file for the cores, and a learner waits
    import urllib.request

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


def _installed_memory(root: Path) -> tuple[int, int]:
    if platform.system() == "Windows":
        return _windows_memory()
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError):  # macOS has no such file
        text = (root / "proc/meminfo").read_text(encoding="utf-8")
        return total, int(re.search(r"MemAvailable: *(\d+)", text)[1]) * 1024
    with contextlib.suppress(ImportError):
        import psutil

        return total, psutil.virtual_memory().available
    return total, total


def _windows_memory() -> tuple[int, int]:
    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong), ("total", ctypes.c_ulonglong)]
        _fields_ += [("free", ctypes.c_ulonglong), ("others", ctypes.c_ulonglong * 5)]

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return status.total, status.free


def _groups(root: Path, controller: str) -> list[Path]:
    """The folders of the control groups around this process, the innermost first; none where it is not Linux.

    Linux has two layouts: one tree for all (version 2), or a tree for each controller (version 1).
    """
    folders = []
    file = root / "proc/self/cgroup"
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        _, controllers, path = line.split(":", 2)
        if not controllers or controller in controllers.split(","):
            group = Path(path.strip("/"))
            tree = root / "sys/fs/cgroup" / (controller if controllers else "")
            folders += [tree / inner for inner in (group, *group.parents)]
    return folders


def _read(group: Path, *names: str) -> str:
    """What the first of these files says; nothing if there is none."""
    return next(((group / name).read_text(encoding="utf-8").strip() for name in names if (group / name).is_file()), "")
