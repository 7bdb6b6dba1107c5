"""The figures that notebook_watch.py judges by are true, and it does judge."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from notebook_watch import MOST_MEMORY, check, peak_memory

HOLD = "held = b'x' * 200_000_000"


def test_the_peak_is_measured():
    program = f"{HOLD}; del held; print('ready', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        peak = peak_memory(other.pid)
        other.communicate(b"\n")
    assert 200 * 10**6 <= peak <= 300 * 10**6


def test_too_much_memory_is_refused():
    check(int(MOST_MEMORY))
    with pytest.raises(AssertionError, match="the kernel holds 1,501 MB, more than 1,500 MB"):
        check(1501 * 10**6)


def test_a_cell_whose_kernel_grows_too_large_fails(tmp_path):
    cells = [nbformat.v4.new_code_cell(text) for text in ("1 + 1", HOLD)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "large.ipynb")
    plugin = "import notebook_watch; notebook_watch.MOST_MEMORY = 150e6\n"
    plugin += "def pytest_configure(config): config.pluginmanager.register(notebook_watch.NotebookWatch())\n"
    (tmp_path / "conftest.py").write_text(plugin, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-q", "-c", os.devnull, "."]
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)
    assert "1 failed, 1 passed" in run.stdout, run.stdout + run.stderr
    assert "large: 2 cells" in run.stdout
