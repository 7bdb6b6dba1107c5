"""The house: rooms in order, arrows only downward, no circles, and small enough to be read in an evening.

The import graph is drawn from the syntax trees, so that an import inside of a function counts too. A few small trees at
the end of this file show that each rule can be broken.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from course_utils import ROOT

PACKAGE = "course_utils"
# From the top down; a file may import only from rooms below its own, and from its own. The package's `__init__` is what
# notebooks see of all rooms, and so stands above them.
ROOMS = (
    "__init__",
    "__main__",
    "exercises",
    "show",
    "server",
    "models",
    "phi",
    "pico/training",
    "pico/export",
    "pico",
    "pico/textbook",
    "setup",
    "base",
    "language",
)
LINES = 12_000  # of Python, besides exercises
FILE_LINES = 500
FUNCTION_LINES = 60


# -- what a tree of files holds --------------------------------------------------------------------


@dataclass(frozen=True)
class Arrow:
    """`source` imports `target`, in this line. Both are paths inside of the package, without `.py`."""

    source: str
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.source}.py:{self.line} ({room(self.source)}) imports {self.target}.py ({room(self.target)})"


parse = functools.cache(ast.parse)  # by its text: seven rules read the same files


def files(package: Path) -> dict[str, ast.Module]:
    """The syntax tree of each file, by its path inside of the package, without `.py`."""
    paths = sorted(package.rglob("*.py"))
    return {
        path.relative_to(package).with_suffix("").as_posix(): parse(path.read_text(encoding="utf-8")) for path in paths
    }


def room(name: str) -> str | None:
    """The room of a file: `pico/export` for `pico/export/gguf_file`, `pico` for `pico/records`. None: no room."""
    fitting = [each for each in ROOMS if name == each or name.startswith(each + "/")]
    return max(fitting, key=len, default=None)


def arrows(package: Path) -> list[Arrow]:
    """Which file of the package imports which, wherever in the file it does."""
    trees = files(package)
    drawn = (
        Arrow(name, target, line)
        for name, tree in trees.items()
        for module, line in imported(name, tree)
        if (target := file_of(module, trees)) and target != name
    )
    return list(dict.fromkeys(drawn))  # two names in one line are one arrow


def imported(name: str, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The dotted names of the package that a file imports. A string that is such a name is there to be imported."""
    package = [PACKAGE, *name.split("/")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value.startswith(PACKAGE + ".") and all(map(str.isidentifier, node.value.split("."))):
                yield node.value, node.lineno


def file_of(module: str, trees: dict[str, ast.Module]) -> str | None:
    """The file behind a dotted name, or behind the module that the name is taken from; None: not ours."""
    parts = module.split(".")
    if parts[0] != PACKAGE:
        return None
    for path in ("/".join(parts[1:]), "/".join(parts[1:-1])):
        for name in (path, f"{path}/__init__".lstrip("/")):
            if name in trees:
                return name
    return None


# -- the rules -------------------------------------------------------------------------------------


def upward(package: Path) -> list[str]:
    """One line for each arrow from a room to one above it."""
    height = {name: -place for place, name in enumerate(ROOMS)}
    return [
        f"{arrow}, which lies above it"
        for arrow in arrows(package)
        if height.get(room(arrow.target), 0) > height.get(room(arrow.source), 0)
    ]


def circles(package: Path) -> list[str]:
    """One line for each circle, the shortest through one of its files: a.py -> b.py -> a.py."""
    graph: dict[str, set[str]] = {}
    for arrow in arrows(package):
        graph.setdefault(arrow.source, set()).add(arrow.target)
    found: dict[frozenset[str], list[str]] = {}
    for start in sorted(graph):
        path = way_back(graph, start)
        if path:
            found.setdefault(frozenset(path), path)
    return [" -> ".join(f"{name}.py" for name in path) for path in found.values()]


def way_back(graph: dict[str, set[str]], start: str) -> list[str] | None:
    """The shortest way along the arrows from a file to itself."""
    paths, seen = deque([[start]]), set()
    while paths:
        path = paths.popleft()
        for target in sorted(graph.get(path[-1], ())):
            if target == start:
                return [*path, start]
            if target not in seen:
                seen.add(target)
                paths.append([*path, target])
    return None


def homeless(package: Path) -> list[str]:
    """Files that lie in no room."""
    return [f"{name}.py lies in none of the rooms" for name in files(package) if room(name) is None]


def lines_of(package: Path) -> dict[str, int]:
    """Lines by file, as `wc -l` counts them."""
    return {
        path.relative_to(package).with_suffix("").as_posix(): path.read_bytes().count(b"\n")
        for path in package.rglob("*.py")
    }


def too_many_lines(package: Path, limit: int = LINES) -> list[str]:
    """One line if the package holds more lines than it may; exercises do not count."""
    by_room: dict[str, int] = {}
    for name, count in lines_of(package).items():
        by_room[str(room(name))] = by_room.get(str(room(name)), 0) + count
    by_room.pop("exercises", None)
    total = sum(by_room.values())
    if total <= limit:
        return []
    rooms = ", ".join(f"{name} {count:,}" for name, count in sorted(by_room.items(), key=lambda row: -row[1]))
    return [f"{total:,} lines of Python, and {limit:,} are allowed: {rooms}"]


def long_files(package: Path, limit: int = FILE_LINES) -> list[str]:
    """One line for each file that is too long."""
    return [f"{name}.py has {count} lines" for name, count in sorted(lines_of(package).items()) if count > limit]


def long_functions(package: Path, limit: int = FUNCTION_LINES) -> list[str]:
    """One line for each function that is too long, from its `def` to its last line."""
    return [
        f"{name}.py:{node.lineno} {node.name} has {count} lines"
        for name, tree in files(package).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (count := node.end_lineno - node.lineno + 1) > limit
    ]


def shadows(package: Path) -> list[str]:
    """Files and folders with the name of a library that the package imports, or of the standard library.

    With one of them first in the path, `import onnx` finds our file; and a reader never knows which is meant.
    """
    trees = files(package)
    modules = [module for name, tree in trees.items() for module, _ in imported(name, tree)]
    libraries = sys.stdlib_module_names | {module.split(".")[0] for module in modules}
    libraries = {library for library in libraries if library.isidentifier() and not library.startswith("__")}
    places = {place for name in trees for place in [name, *map(str, Path(name).parents)]}
    return [f"{place} has the name of a library" for place in sorted(places) if Path(place).name in libraries]


RULES = (homeless, upward, circles, too_many_lines, long_files, long_functions, shadows)


@pytest.mark.parametrize("folder", ["notebooks/web", "notebooks/classroom", "translations/tool"])
def test_the_tools_beside_the_house_are_as_small(folder):
    """They make the site, the classroom's things and the translations, and no notebook needs them."""
    assert long_files(ROOT / folder) == long_functions(ROOT / folder) == []
    assert lines_of(ROOT / folder) and not [line for line in too_many_lines(ROOT / folder, 600)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_is_in_order(rule):
    broken = rule(ROOT / PACKAGE)
    assert not broken, f"{rule.__name__}: {len(broken)}\n  " + "\n  ".join(broken)


# -- each rule can be broken -----------------------------------------------------------------------


def build(folder: Path, **texts: str) -> Path:
    """A package of these files; `__` in a name stands for the folder's stroke."""
    for name, text in texts.items():
        path = folder / PACKAGE / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / PACKAGE


@pytest.mark.parametrize(
    "statement",
    [
        "import course_utils.models.hub",
        "from course_utils.models import hub",
        "from course_utils.models.hub import fetch",
        "def late():\n    from course_utils.models.hub import fetch",
        "if False:\n    from ..models import hub",
        "from ..models.hub import fetch as get",
        "import importlib\nimportlib.import_module('course_utils.models.hub')",
    ],
)
def test_an_arrow_upward_is_seen_in_every_form(tmp_path, statement):
    package = build(tmp_path, phi__speed=statement, models__hub="def fetch(): ...")
    [line] = upward(package)
    assert line.startswith("phi/speed.py:") and "(phi) imports models/hub.py (models), which lies above" in line
    downward = build(tmp_path / "other", show__speed=statement, models__hub="def fetch(): ...")
    assert arrows(downward) and not upward(downward)


def test_what_a_package_itself_holds_is_an_arrow_to_its_init(tmp_path):
    texts = {"setup__machine": "from course_utils import CourseError", "base": "class CourseError(Exception): ..."}
    package = build(tmp_path, **texts)
    (package / "__init__.py").write_text("from course_utils.base import CourseError\n", encoding="utf-8")
    [line] = upward(package)
    assert line.startswith("setup/machine.py:1 (setup) imports __init__.py")


def test_rooms_inside_of_pico_have_their_order(tmp_path):
    statement = "from course_utils.pico.{} import f"
    package = build(
        tmp_path,
        pico__training__train=statement.format("export.gguf"),
        pico__export__gguf=statement.format("records"),
        pico__records=statement.format("textbook.world"),
        pico__textbook__world="def f(): ...",
    )
    assert len(arrows(package)) == 3 and not upward(package)
    build(tmp_path, pico__textbook__world=statement.format("training.train"))
    assert "pico/textbook/world.py:1" in upward(package)[0]
    [circle] = circles(package)
    assert circle.startswith("pico/export/gguf.py -> pico/records.py -> pico/textbook/world.py -> ")
    assert circle.endswith(" -> pico/training/train.py -> pico/export/gguf.py")


def test_a_circle_inside_of_a_room_is_seen_though_it_is_lazy(tmp_path):
    package = build(
        tmp_path, phi__fit="from course_utils.phi import facts", phi__facts="def late():\n    from .fit import x"
    )
    assert circles(package) == ["phi/facts.py -> phi/fit.py -> phi/facts.py"] and not upward(package)


def test_sizes_are_counted(tmp_path):
    package = build(tmp_path, base="\n" * 5 + "def f():\n    pass\n\n    pass\n", exercises__e01="\n" * 99)
    assert too_many_lines(package, 8) == ["9 lines of Python, and 8 are allowed: base 9"]
    assert not too_many_lines(package, 9)
    assert long_files(package, 9) == ["exercises/e01.py has 99 lines"] and not long_files(package, 99)
    assert long_functions(package, 3) == ["base.py:6 f has 4 lines"] and not long_functions(package, 4)


def test_names_of_libraries_and_files_without_a_room_are_refused(tmp_path):
    package = build(tmp_path, models__onnx="import onnx", models__json="", show__random__view="", cellar__wine="")
    names = ["models/json", "models/onnx", "show/random"]
    assert shadows(package) == [f"{name} has the name of a library" for name in names]
    assert homeless(package) == ["cellar/wine.py lies in none of the rooms"]
