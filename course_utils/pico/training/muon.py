"""Muon as in `torch.optim.Muon`, in the quicker precision, and for stacks of matrices as well.

Muon makes each update nearly orthogonal by a few products of matrices (Newton-Schulz). The library computes them in
bfloat16, for which many processors need 30 times as long as for float32, and it takes single matrices only, where the
experts of a layer are one tensor.
"""

from __future__ import annotations

import time
from functools import lru_cache
from statistics import median

import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # those of the library, chosen by Keller Jordan for a steep start


@lru_cache
def half_is_quicker() -> bool:
    """Whether this processor multiplies matrices clearly faster in bfloat16 than in float32.

    Measured once in a process, within some milliseconds. What the processor says of itself is not enough: AVX-512 may
    come with bfloat16 or without. In doubt it is float32, which is nowhere slow.
    """
    matrix = torch.randn(128, 512, generator=torch.Generator().manual_seed(0))
    both = (matrix, matrix.bfloat16())
    ratios = []
    for _ in range(5):
        seconds = []
        for each in both:
            began = time.perf_counter()
            each @ each.T
            seconds.append(time.perf_counter() - began)
        ratios.append(seconds[1] / seconds[0])
    return median(ratios) < 0.7


def nearly_orthogonal(matrices: torch.Tensor, half: bool, steps: int = 5) -> torch.Tensor:
    """Each matrix with all its singular values brought near to 1. Both: [..., rows, columns]; `half`: in bfloat16."""
    a, b, c = COEFFICIENTS
    rows, columns = matrices.shape[-2:]
    result = matrices.reshape(-1, rows, columns).to(torch.bfloat16 if half else torch.float32)
    if rows > columns:
        result = result.mT
    result = result / result.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(steps):
        gram = result @ result.mT
        result = torch.baddbmm(result, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), result, beta=a)
    if rows > columns:
        result = result.mT
    return result.reshape(matrices.shape)


class Muon(torch.optim.Optimizer):
    """The optimizer of matrices, [rows, columns], and of stacks of them, [experts, rows, columns], each by itself.

    With the same settings a step is that of `torch.optim.Muon(..., adjust_lr_fn="match_rms_adamw")`, up to rounding.
    `half`: compute in bfloat16; without it, what is quicker here.
    """

    def __init__(self, params, lr: float, weight_decay: float = 0.01, momentum: float = 0.95, half: bool | None = None):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self.half = half

    @torch.no_grad()
    def step(self) -> None:
        """Move every weight that has a gradient."""
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is None:
                    continue
                state = self.state[weights]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(weights)
                past = state["momentum_buffer"].lerp_(weights.grad, 1 - group["momentum"])
                half = self.half if self.half is not None else weights.is_cuda or half_is_quicker()
                update = nearly_orthogonal(weights.grad.lerp(past, group["momentum"]), half)
                weights.mul_(1 - group["lr"] * group["weight_decay"])
                # As large, on average, as an update of AdamW would be.
                weights.add_(update, alpha=-0.2 * max(weights.shape[-2:]) ** 0.5 * group["lr"])
