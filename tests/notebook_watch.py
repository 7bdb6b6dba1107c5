"""Watches the kernels while nbval runs the notebooks: their memory is a verdict, their time is only told.

And a learner runs a cell more than once. So each cell that was quick is executed twice in a row; an error in the second
run fails it as one in the first does. `COURSE_AGAIN_WITHIN=600` does the same to those that take longer.

With pytest-xdist the cells run in worker processes and the summary is written by another one, so what was measured
travels with each cell's report.
"""

import os
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from nbval.plugin import IPyNbCell, NbCellError

AGAIN_WITHIN = float(os.environ.get("COURSE_AGAIN_WITHIN", "4"))  # seconds: a cell that took no longer runs twice
MOST_MEMORY = 1.5 * 10**9  # bytes, resident: leaves room for JupyterLab on a machine of 2 GB
# The files that take a worker more than a minute, the longest first. Between the two with a browser stands one without.
LONGEST = (
    "test_browser.py",
    "08_build_your_own_slm.ipynb",
    "test_browser_later.py",
    "test_translation.py",
    "test_grading.py",
    "01_slm_vs_llm.ipynb",
    "test_site_page.py",
    "test_try_comments.py",
    "test_engines.py",
    "09_other_runtimes.ipynb",
    "test_site.py",
    "test_jupyterhub.py",
)


@dataclass
class Usage:
    """What running a notebook took: code cells, seconds, bytes at the peak."""

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


def check(peak: int) -> None:
    """Promise 1 in a figure: a kernel fits into a small machine."""
    assert peak <= MOST_MEMORY, f"the kernel holds {peak / 10**6:,.0f} MB, more than {MOST_MEMORY / 10**6:,.0f} MB"


def run_again(item: IPyNbCell) -> None:
    """Execute the cell once more in its kernel; an error fails it, and says that this was the second time."""
    try:
        item.runtest()
    except NbCellError as error:
        item.raise_cell_error("The cell ran, and failed when it was run a second time", error.inner_traceback)


class NotebookWatch:
    """A pytest plugin: a cell fails when its kernel has grown too large; the summary says what each notebook took."""

    def __init__(self) -> None:
        self.notebooks: dict[str, Usage] = defaultdict(Usage)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        start = time.monotonic()
        result = yield
        if isinstance(item, IPyNbCell) and item.parent.kernel.is_alive():
            language = item.path.parts[-3] if "translations" in item.path.parts else ""
            if time.monotonic() - start <= AGAIN_WITHIN and not language:  # a translation has the same code
                run_again(item)
            peak = peak_memory(item.parent.kernel.km.provisioner.pid)
            item.user_properties.append(("notebook", (f"{item.path.stem} {language}".strip(), peak)))
            check(peak)
        return result

    def pytest_runtest_logreport(self, report) -> None:
        stem, peak = dict(report.user_properties).get("notebook", (None, 0))
        if stem is not None:
            usage = self.notebooks[stem]
            usage.seconds += report.duration
            usage.peak = max(usage.peak, peak)
            usage.cells += report.when == "call"

    def pytest_collection_modifyitems(self, items) -> None:
        # With --no-loadscope-reorder the workers take the files in this order, and end at about the same time.
        places = {name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: (places.get(item.path.name, len(places)), item.path.suffix != ".ipynb"))

    def pytest_terminal_summary(self, terminalreporter) -> None:
        for name, usage in sorted(self.notebooks.items()):
            terminalreporter.write_line(f"{name}: {usage}")
