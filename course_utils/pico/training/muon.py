"""The library's Muon, quick on every processor.

Muon makes each update nearly orthogonal by a few products of matrices (Newton-Schulz), and the library computes them in
bfloat16. A processor that does not know bfloat16 needs 30 times as long for that as in float32, so there it is float32.
"""

from __future__ import annotations

import torch
from torch.optim import Muon, _muon

HALF = torch.backends.cpu.get_cpu_capability() not in ("DEFAULT", "AVX2")  # whether bfloat16 is the quicker one
__all__ = ["HALF", "Muon"]


def nearly_orthogonal(grad, coefficients: tuple[float, float, float], steps: int, eps: float):
    """The iteration of torch.optim.Muon in float32. `grad` and the result: [rows, columns]."""
    a, b, c = coefficients
    found = grad.T if grad.size(0) > grad.size(1) else grad
    found = found.float() / found.norm().clamp(min=eps)
    for _ in range(steps):
        gram = found @ found.T
        found = torch.addmm(found, torch.addmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found.T if grad.size(0) > grad.size(1) else found


if not HALF:
    _muon._zeropower_via_newtonschulz = nearly_orthogonal
