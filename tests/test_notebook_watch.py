"""The figures that notebook_watch.py judges by are true, and it does judge."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from notebook_watch import LONGEST, MOST_MEMORY, NotebookWatch, check, peak_memory

from course_utils import ROOT

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


def watched(folder: Path, *cells: str, before: str = "") -> str:
    """What pytest says of a notebook of these cells, which are watched."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    nbformat.write(notebook, folder / "tried.ipynb")
    plugin = f"import notebook_watch\n{before}\n"
    plugin += "def pytest_configure(config): config.pluginmanager.register(notebook_watch.NotebookWatch())\n"
    (folder / "conftest.py").write_text(plugin, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-q", "-c", os.devnull, "."]
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)
    return run.stdout + run.stderr


def test_a_cell_whose_kernel_grows_too_large_fails(tmp_path):
    said = watched(tmp_path, "1 + 1", HOLD, before="notebook_watch.MOST_MEMORY = 150e6")
    assert "1 failed, 1 passed" in said and "tried: 2 cells" in said, said


def test_a_cell_that_does_not_bear_a_second_run_fails(tmp_path):
    said = watched(tmp_path, "rows = [1, 2]", "rows.pop()\nrows[0]", "import time\ntime.sleep(1.5)\nrows.pop()")
    assert "2 failed, 1 passed" in said and "failed when it was run a second time" in said, said
    patient = "notebook_watch.AGAIN_WITHIN = 1"
    said = watched(tmp_path, "rows = [1]", "import time\ntime.sleep(1.5)\nrows.pop()", before=patient)
    assert "2 passed" in said, said


def test_the_longest_files_are_there_and_come_first(pytestconfig):
    """Then the notebooks, then all others: two workers take them in this order, and end at about the same time."""
    paths = [*(ROOT / "tests").glob("test_*.py"), *ROOT.glob("notebooks/*.ipynb")]
    items = [SimpleNamespace(path=path) for path in sorted(paths)]
    NotebookWatch().pytest_collection_modifyitems(items)
    names = [item.path.name for item in items]
    assert tuple(names[: len(LONGEST)]) == LONGEST
    rest = [name.endswith(".ipynb") for name in names[len(LONGEST) :]]
    assert any(rest) and rest == sorted(rest, reverse=True)
    assert not pytestconfig.option.loadscopereorder  # or xdist would sort them by their number of tests
