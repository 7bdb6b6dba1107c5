"""Muon as in `torch.optim.Muon`, in the quicker precision, and for stacks of matrices as well. Muon makes each update
nearly orthogonal by a few products of matrices (Newton-Schulz). The library computes them in bfloat16, for which many
processors need 30 times as long as for float32, and it takes single matrices only, where the experts of a layer are one
tensor."""

import timeit
from functools import lru_cache

import torch


@lru_cache
def prefers_half(device: str = "cpu") -> bool:
    """Whether training computes in bfloat16 there: always on a GPU, and on a processor that is clearly quicker with it.
    Measured once in a process, within milliseconds: AVX-512 may come with bfloat16 or without. In doubt it is
    float32."""
    if device == "cuda":
        return True
    single = torch.randn(128, 512, generator=torch.Generator().manual_seed(0))
    seconds = [
        min(timeit.repeat("matrix @ matrix.T", globals={"matrix": matrix}, number=1, repeat=5))
        for matrix in (single, single.bfloat16())
    ]
    return seconds[1] < 0.7 * seconds[0]


def nearly_orthogonal(matrices: torch.Tensor, half: bool) -> torch.Tensor:
    """Each matrix with all its singular values brought near to 1. Both: [..., rows, columns]; `half`: in bfloat16."""
    a, b, c = 3.4445, -4.7750, 2.0315  # those of the library, chosen by Keller Jordan for a steep start
    rows, columns = matrices.shape[-2:]
    result = matrices.reshape(-1, rows, columns).to(torch.bfloat16 if half else torch.float32)
    if rows > columns:
        result = result.mT
    result = result / result.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(5):
        gram = result @ result.mT
        result = torch.baddbmm(result, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), result, beta=a)
    if rows > columns:
        result = result.mT
    return result.reshape(matrices.shape)


class Muon(torch.optim.Optimizer):
    """The optimizer of matrices, [rows, columns], and of stacks of them, [experts, rows, columns], each by itself. With
    the same settings a step is that of `torch.optim.Muon(..., adjust_lr_fn="match_rms_adamw")`, up to rounding."""

    def __init__(self, params, lr: float, weight_decay: float = 0.01, momentum: float = 0.95):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

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
                wanted = weights.grad.lerp(past, group["momentum"])
                update = nearly_orthogonal(wanted, prefers_half(weights.device.type))
                weights.mul_(1 - group["lr"] * group["weight_decay"])
                # As large, on average, as an update of AdamW would be.
                weights.add_(update, alpha=-0.2 * max(weights.shape[-2:]) ** 0.5 * group["lr"])
