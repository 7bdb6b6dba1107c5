"""Watches the kernels while nbval runs the notebooks, so that test_memory.py need not run them again."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from nbval.plugin import IPyNbCell


@dataclass
class Usage:
    """What running a notebook took: code cells, seconds (the start of its kernel too), bytes at the peak."""

    cells: int = 0
    seconds: float = 0.0
    peak: int = 0

    def __str__(self) -> str:
        return f"{self.cells} cells, {self.seconds:.1f} s, {self.peak / 10**6:,.0f} MB at the peak"


def peak_memory(pid: int) -> int:
    """The most memory (bytes, resident) that a process has held so far. On macOS only what it holds now."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        rows = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        return int(rows["VmHWM"].split()[0]) * 1024
    memory = psutil.Process(pid).memory_info()
    return getattr(memory, "peak_wset", memory.rss)


class KernelWatch:
    """A pytest plugin: adds up each notebook's cells as they pass by."""

    def __init__(self) -> None:
        self.notebooks: dict[str, Usage] = defaultdict(Usage)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        began = time.perf_counter()
        result = yield
        if isinstance(item, IPyNbCell):
            self.notebooks[item.path.stem].seconds += time.perf_counter() - began
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        try:
            return (yield)
        finally:
            if isinstance(item, IPyNbCell) and item.parent.kernel.is_alive():
                usage = self.notebooks[item.path.stem]
                usage.cells += 1
                usage.peak = max(usage.peak, peak_memory(item.parent.kernel.km.provisioner.pid))

    def pytest_collection_modifyitems(self, items) -> None:
        items.sort(key=lambda item: item.path.name == "test_memory.py")  # last: it judges what was seen

    def pytest_terminal_summary(self, terminalreporter) -> None:
        for name, usage in self.notebooks.items():
            terminalreporter.write_line(f"{name}: {usage}")
