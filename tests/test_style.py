"""One style for code and notebooks, as pyproject.toml sets it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from course_utils import ROOT


@pytest.mark.parametrize("command", [["check", "--output-format=concise"], ["format", "--check"]], ids=lambda c: c[0])
def test_ruff_finds_nothing(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--no-cache", "."], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_line_is_kept_out_of_the_style():
    files = [path for folder in ("course_utils", "notebooks", "tests") for path in (ROOT / folder).rglob("*.py")]
    marks = {path.name: re.findall(r"# fmt: \w+", path.read_text(encoding="utf-8")) for path in files}
    assert {name for name, found in marks.items() if found} == set()


def test_data_files_are_read_in_one_place():
    """By `data` in base.py"""
    other_ways = re.compile(r'tomllib|(__file__|HERE).*\.(json|toml)"\W+read_text')
    files = {path: path.read_text(encoding="utf-8") for path in (ROOT / "course_utils").rglob("*.py")}
    assert [path.name for path, text in files.items() if other_ways.search(text)] == ["base.py"]
