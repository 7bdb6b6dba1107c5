"""What this computer has: memory, cores, graphics processor, disk, Ollama, keys; and how fast it is, `measure`.

The standard library is enough for all but `measure`, so that `doctor` can run before anything is installed. Sizes are
in bytes.
"""

from __future__ import annotations

import ctypes
import http.client
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

GB = 10**9
KEYS = ("OPENAI_API_KEY", "NVIDIA_API_KEY", "AZURE_OPENAI_API_KEY", "HF_TOKEN", "GITHUB_TOKEN")


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


@dataclass(frozen=True)
class Speed:
    """How fast this computer runs the parts of a language model, by precision ("fp32", "bf16", "int8", "int4").

    read:     bytes of weights a second while one token is computed: what decoding waits for
    compute:  floating-point operations a second while 128 tokens are read at once: what a prompt waits for
    operator: seconds that an operator of a layer costs besides its matrices
    seconds:  how long the measurement took
    """

    cores: int
    memory: Memory
    gpus: tuple[dict, ...]
    read: dict[str, float]
    compute: dict[str, float]
    operator: float
    seconds: float

    def __str__(self) -> str:
        free = self.memory.total if self.memory.available is None else self.memory.available
        lines = [f"{self.cores} cores, {free / GB:.1f} GB of memory free"]
        lines += [f"graphics: {gpu['name']}" for gpu in self.gpus]
        for precision, rate in self.read.items():
            lines.append(
                f"{precision}: reads {rate / GB:.1f} GB of weights a second, "
                f"computes {self.compute[precision] / GB:,.0f} billion operations a second"
            )
        return "\n".join(lines)


PROBE = 200 * 10**6  # bytes of weights in a probe: more than the cache of most processors holds
WIDTH = 2048  # of its matrices, as in a model of a few hundred million parameters


def measure() -> Speed:
    """Measure this computer with the engines that will run: ONNX Runtime, and PyTorch for bf16. Under 10 seconds.

    Each probe is a chain of matrices of one precision, with more weights than the cache holds. One row through it reads
    every weight for one use, as decoding does; 128 rows use each weight 128 times, as reading a prompt does. Needs
    600 MB of free memory for a moment.
    """
    began = time.perf_counter()
    read, compute = {}, {}
    for precision in ("int4", "int8", "fp32", "bf16"):
        run, size = (_torch_probe if precision == "bf16" else _onnx_probe)(precision)
        weights = size / _bytes_a_weight(precision)
        read[precision] = size / _seconds(run, 1)
        compute[precision] = 2 * weights * 128 / _seconds(run, 128)
    operator = _operator_seconds()
    return Speed(cores(), memory(), tuple(gpus()), read, compute, operator, time.perf_counter() - began)


def _bytes_a_weight(precision: str) -> float:
    """A quantized weight has its bits, and one scale of 32 bits with 31 neighbours."""
    return {"fp32": 4, "bf16": 2, "int8": 1 + 4 / 32, "int4": 0.5 + 4 / 32}[precision]


def _seconds(run, rows: int, budget: float = 0.3) -> float:
    """The shortest time of a call, of as many as fit into the budget and at least four: what nothing disturbed."""
    times, end = [], time.perf_counter() + budget
    while len(times) < 4 or time.perf_counter() < end:
        began = time.perf_counter()
        run(rows)
        times.append(time.perf_counter() - began)
    return min(times)


def _onnx_probe(precision: str):
    """A chain of MatMul or MatMulNBits in ONNX Runtime, as its model builder writes them: (run(rows), bytes)."""
    import numpy
    from onnx import helper

    dice = numpy.random.default_rng(0)
    count = max(1, int(PROBE / (WIDTH**2 * _bytes_a_weight(precision))))
    nodes, weights = [], {}
    for i in range(count):
        inputs, out = ["x" if i == 0 else f"h{i - 1}", f"w{i}"], [f"h{i}"]
        if precision == "fp32":
            weights[f"w{i}"] = dice.random((WIDTH, WIDTH), dtype=numpy.float32) / WIDTH
            nodes.append(helper.make_node("MatMul", inputs, out))
            continue
        bits = int(precision[3:])
        weights[f"w{i}"] = dice.integers(0, 256, (WIDTH, WIDTH // 32, 4 * bits), dtype=numpy.uint8)
        weights[f"s{i}"] = numpy.full(WIDTH * WIDTH // 32, 0.5**bits / WIDTH, dtype=numpy.float32)
        how = {"K": WIDTH, "N": WIDTH, "bits": bits, "block_size": 32, "accuracy_level": 4}
        nodes.append(helper.make_node("MatMulNBits", [*inputs, f"s{i}"], out, domain="com.microsoft", **how))
    size = sum(weight.nbytes for weight in weights.values())
    return _runner(_session(nodes, weights, f"h{count - 1}")), size


def _torch_probe(precision: str):
    """The same chain in PyTorch, in bfloat16: (run(rows), bytes)."""
    import torch

    count = int(PROBE / (2 * WIDTH**2))
    tables = [torch.rand(WIDTH, WIDTH).to(torch.bfloat16) / WIDTH for _ in range(count)]

    def run(rows: int) -> None:
        x = torch.ones(rows, WIDTH, dtype=torch.bfloat16)
        with torch.inference_mode():
            for table in tables:
                x = torch.nn.functional.linear(x, table)

    return run, 2 * count * WIDTH**2


def _operator_seconds(count: int = 100) -> float:
    """What an operator without large matrices costs for one token: the mean of a chain of layer norms."""
    import numpy
    from onnx import helper

    names = ["x", *(f"h{i}" for i in range(count))]
    how = {"axis": -1, "epsilon": 1e-5, "stash_type": 1}
    nodes = [
        helper.make_node("SimplifiedLayerNormalization", [before, "scale"], [after], **how)
        for before, after in itertools.pairwise(names)
    ]
    scale = numpy.ones(WIDTH, dtype=numpy.float32)
    run = _runner(_session(nodes, {"scale": scale}, names[-1]))
    return _seconds(run, 1, budget=0.1) / count


def _session(nodes: list, weights: dict, result: str):
    """An ONNX Runtime session on all usable cores, from the nodes of a graph with one input, "x", and their arrays."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime
    from onnx import TensorProto, helper

    def value(name: str):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", WIDTH])

    tensors = []  # names and shapes only: in the graph, the arrays themselves would be copied several times
    for name, array in weights.items():
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        tensors.append(TensorProto(name=name, dims=array.shape, data_type=kind, data_location=TensorProto.EXTERNAL))
        tensors[-1].external_data.add(key="location", value="in memory")
    graph = helper.make_graph(nodes, "probe", [value("x")], [value(result)], tensors)
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    held = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    options.add_external_initializers(list(weights), held)
    model = helper.make_model(graph, opset_imports=sets, ir_version=9).SerializeToString()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _runner(session):
    import numpy

    return lambda rows: session.run(None, {"x": numpy.ones((rows, WIDTH), dtype=numpy.float32)})


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
