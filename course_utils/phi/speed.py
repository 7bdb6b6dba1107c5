"""How fast this computer runs the parts of a language model: `measure`."""

import itertools
import os
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from course_utils.setup.machine import GB, Memory, cores, memory

PROBE = 200 * 10**6  # bytes of weights in a probe: so many that what the cache keeps of them hardly counts
WIDTH = 2048  # of its matrices, as in a model of a few hundred million parameters
# Bytes a weight: a quantized one has its bits, and one scale of 32 bits with 31 neighbours.
BYTES = {"int4": 0.5 + 4 / 32, "int8": 1 + 4 / 32, "fp32": 4, "bf16": 2}
Run = Callable[[int], object]  # sends so many rows through a chain of matrices


@dataclass(frozen=True)
class Speed:
    """How fast this computer runs the parts of a language model, by precision ("fp32", "bf16", "int8", "int4").

    read:     bytes of weights a second while one token is computed: what decoding waits for
    compute:  floating-point operations a second while 128 tokens are read at once: what a prompt waits for
    operator: seconds that an operator of a layer costs besides its matrices
    """

    cores: int
    memory: Memory
    read: dict[str, float]
    compute: dict[str, float]
    operator: float

    def __str__(self) -> str:
        lines = [f"{self.cores} cores, {self.memory.available / GB:.1f} GB of memory free"]
        for precision, rate in self.read.items():
            computes = f"{self.compute[precision] / GB:,.0f} billion operations a second"
            lines.append(f"{precision}: reads {rate / GB:.1f} GB of weights a second, computes {computes}")
        return "\n".join(lines)


def measure(precisions: Iterable[str] = tuple(BYTES)) -> Speed:
    """Measure this computer with the engines that will run: ONNX Runtime, and PyTorch for bf16. Under 10 seconds.

    Each probe is a chain of matrices of one precision, with more weights than the cache holds. One row through it reads
    every weight for one use, as decoding does; 128 rows use each weight 128 times, as reading a prompt does. Needs
    650 MB of free memory for a moment. `precisions`: those that are wanted; fewer take less time.
    """
    read, compute = {}, {}
    for precision in precisions:
        run, size = _torch_probe() if precision == "bf16" else _onnx_probe(precision)
        read[precision] = size / _seconds(run, 1)
        if precision == "bf16":  # where the processor does not know it, all of them would take half a minute
            run, size = _torch_probe(PROBE // 10)
        compute[precision] = 2 * (size / BYTES[precision]) * 128 / _seconds(run, 128)
        del run  # and its weights with it, before the next are made
    return Speed(cores(), memory(), read, compute, _operator_seconds())


def _seconds(run: Run, rows: int, budget: float = 0.3) -> float:
    """The shortest time of a call, of as many as fit into the budget: what nothing disturbed. At least four, if quick.
    Where most calls take much longer than the shortest, other programs are at work: then it listens longer."""
    times, began = [], time.perf_counter()
    while True:
        start = time.perf_counter()
        run(rows)
        end = time.perf_counter()
        times.append(end - start)
        disturbed = statistics.median(times) > 1.25 * min(times)
        enough = len(times) >= 4 and end - began > (2.5 * budget if disturbed else budget)
        if enough or end - began > 5 * budget:
            return min(times)


def _onnx_probe(precision: str) -> tuple[Run, int]:
    """A chain of MatMul or MatMulNBits in ONNX Runtime, as its model builder writes them: (run(rows), bytes)."""
    import numpy
    from onnx import helper

    rng = numpy.random.default_rng(0)
    count = max(1, int(PROBE / (WIDTH**2 * BYTES[precision])))
    nodes, weights = [], {}
    for i in range(count):
        inputs, out = ["x" if i == 0 else f"h{i - 1}", f"w{i}"], [f"h{i}"]
        if precision == "fp32":
            weights[f"w{i}"] = rng.random((WIDTH, WIDTH), dtype=numpy.float32) / WIDTH
            nodes.append(helper.make_node("MatMul", inputs, out))
            continue
        bits = int(precision[3:])
        weights[f"w{i}"] = rng.integers(0, 256, (WIDTH, WIDTH // 32, 4 * bits), dtype=numpy.uint8)
        weights[f"s{i}"] = numpy.full(WIDTH * WIDTH // 32, 0.5**bits / WIDTH, dtype=numpy.float32)
        how = {"K": WIDTH, "N": WIDTH, "bits": bits, "block_size": 32, "accuracy_level": 4}
        nodes.append(helper.make_node("MatMulNBits", [*inputs, f"s{i}"], out, domain="com.microsoft", **how))
    size = sum(weight.nbytes for weight in weights.values())
    return _runner(nodes, weights, f"h{count - 1}"), size


def _torch_probe(size: int = PROBE) -> tuple[Run, int]:
    """The same chain in PyTorch, in bfloat16: (run(rows), bytes)."""
    import torch

    count = int(size / (2 * WIDTH**2))
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
    return _seconds(_runner(nodes, {"scale": scale}, names[-1]), 1, budget=0.1) / count


def _runner(nodes: list, weights: dict, result: str) -> Run:
    """Runs in ONNX Runtime, on all usable cores: the nodes of a graph with one input, "x", and their arrays."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import numpy
    import onnxruntime
    from onnx import TensorProto, helper

    tensors = []  # names and shapes only: in the graph, the arrays themselves would be copied several times
    for name, array in weights.items():
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        tensors.append(TensorProto(name=name, dims=array.shape, data_type=kind, data_location=TensorProto.EXTERNAL))
        tensors[-1].external_data.add(key="location", value="in memory")
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", WIDTH]) for name in ("x", result))
    graph = helper.make_graph(nodes, "probe", [x], [y], tensors)
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    held = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    options.add_external_initializers(list(weights), held)
    model = helper.make_model(graph, opset_imports=sets, ir_version=9).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda rows: session.run(None, {"x": numpy.ones((rows, WIDTH), dtype=numpy.float32)})
