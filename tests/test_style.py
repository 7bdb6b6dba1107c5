"""One style for code and notebooks, as pyproject.toml sets it."""

from __future__ import annotations

import subprocess
import sys

from course_utils import ROOT


def test_ruff_finds_nothing():
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "."]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
