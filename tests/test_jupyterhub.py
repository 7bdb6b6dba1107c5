"""A real JupyterHub on this computer: several students at once, each with a server and a kernel of her own.

`python tests/measure_hub.py 2 4 8` measures more of them. What Kubernetes or The Littlest JupyterHub do besides, limits
and accounts of the system, cannot be tried here.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import yaml

from course_utils import ROOT, cache_folder
from tests import classroom, hub

STUDENTS = 3
WRITES = "from course_utils import server\nserver.start().stop()"  # as notebooks 03 and 05 do: it keeps a folder
MEMORY = 3e9  # bytes of a student at most, a loose bound; measured: notebooks/many_students.md


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """What each student got, who have all run the same cells at once, and the models' folder before and after."""
    python, folder = classroom.python(tmp_path_factory), tmp_path_factory.mktemp("hub")
    cache = folder / "cache"
    cache.mkdir()
    for made in ("smollm2", "minilm", "onnx"):  # what a teacher has fetched and built
        if (cache_folder() / made).exists():
            (cache / made).symlink_to(cache_folder() / made)
    if not (cache / "onnx").exists():
        (cache / "onnx").mkdir()
    before = files(cache)
    with hub.running(python, folder, cache, [f"student{number}" for number in range(1, STUDENTS + 1)]) as address:
        found = hub.lesson(address, folder, [*core("00_start_here"), WRITES], STUDENTS)
        stranger = hub.get(address + "/user/student1/api/contents", "wrong-token")
        neighbour = hub.get(address + "/user/student1/api/contents", found[1]["token"])
    return folder, found, before, files(cache), (stranger, neighbour)


def files(cache: Path) -> dict[str, tuple]:
    """What is in the shared folder, and when it was written."""
    found = [path for top in [cache, *cache.iterdir()] for path in top.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in found if path.suffix != ".lock"}


def core(name: str) -> list[str]:
    """The code cells of a notebook up to its deeper part."""
    cells = []
    for cell in nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## Deeper"):
            return cells
        if cell.cell_type == "code":
            cells.append(cell.source)
    raise AssertionError(f"{name} has no deeper part")


def test_every_student_runs_the_core_without_an_error(classes, record_property):
    _, found, *_ = classes
    assert [student["errors"] for student in found] == [[]] * STUDENTS
    assert [student["cells"] for student in found] == [len(core("00_start_here")) + 1] * STUDENTS
    assert all("parameters" in student["text"] for student in found)
    for name in ("seconds", "memory"):
        record_property(f"{name} of each student", [round(student[name]) for student in found])
    print(json.dumps([{key: student[key] for key in ("name", "seconds", "memory", "resident")} for student in found]))


def test_each_has_a_kernel_of_her_own_and_memory_for_it(classes):
    _, found, *_ = classes
    assert len({student["pid"] for student in found}) == STUDENTS
    if sys.platform == "linux":
        assert all(100e6 < student["resident"] < MEMORY for student in found)


def test_each_keeps_her_own_progress_and_nobody_changes_the_models(classes):
    folder, found, before, after, _ = classes
    assert before == after
    for student in found:
        assert (folder / "homes" / student["name"] / ".course-models" / "server").is_dir()
        kept = json.loads((folder / "homes" / student["name"] / "my_progress.json").read_text(encoding="utf-8"))
        assert kept["00.q1"]["right"]


def test_nobody_comes_into_anothers_server(classes):
    """JupyterHub's own promise, with our settings: an unknown token, and a neighbour's."""
    assert set(classes[-1]) <= {401, 403}


def test_the_settings_for_one_machine_and_for_kubernetes_agree():
    """The same limits, and variables that the course reads."""
    one, many, ours = (hub.OURS / name for name in ("tljh.yaml", "kubernetes.yaml", "course_hub.py"))
    limits, room = yaml.safe_load(one.read_text())["limits"], yaml.safe_load(many.read_text())["singleuser"]
    found = SimpleNamespace(Spawner=SimpleNamespace())
    exec(ours.read_text(encoding="utf-8"), {"get_config": lambda: found})
    told = found.Spawner
    assert limits["memory"] == room["memory"]["limit"] == told.mem_limit
    assert limits["cpu"] == room["cpu"]["limit"] == told.cpu_limit
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "course_utils").rglob("*.py") if path != ours)
    assert {*told.environment, *room["extraEnv"]} == {name for name in told.environment if f'"{name}"' in code}
