"""Promise 1 in figures: each notebook's kernel fits into a small machine, and nobody waits long for it.

The figures come from nbval's run of the notebooks, which kernel_watch.py watches. Where nbval has not run a
notebook whole (when this file is run alone), it is run here.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from kernel_watch import Usage, peak_memory
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
MOST_MEMORY = 1.5 * 10**9  # bytes, resident: leaves room for JupyterLab on a machine of 2 GB
MOST_SECONDS = 100  # 50 s is the budget on two quiet cores; a test machine may be half as fast
TRAINS = {"08_build_your_own_slm": 480}  # 4 minutes on two quiet cores: it trains a dozen models


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_fits_into_a_small_machine(path, watched, record_property):
    notebook = nbformat.read(path, as_version=4)
    usage = watched.get(path.stem, Usage())
    if usage.cells < sum(cell.cell_type == "code" for cell in notebook.cells):
        usage = run(notebook, path.parent)
    record_property("seconds", round(usage.seconds, 1))
    record_property("peak_bytes", usage.peak)
    assert usage.peak > 50 * 10**6, f"this cannot be a kernel with a model in it: {usage}"
    assert usage.peak <= MOST_MEMORY, usage
    assert usage.seconds <= TRAINS.get(path.stem, MOST_SECONDS), usage


def test_the_peak_is_measured():
    program = "held = b'x' * 200_000_000; print('ready', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        peak = peak_memory(other.pid)
        other.communicate(b"\n")
    assert 200 * 10**6 <= peak <= 300 * 10**6


def run(notebook, folder: Path) -> Usage:
    """Run a notebook from top to bottom, as Run All does. An error in a cell fails the test."""
    began = time.perf_counter()
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        peak = peak_memory(client.km.provisioner.pid)
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    return Usage(cells, time.perf_counter() - began, peak)
