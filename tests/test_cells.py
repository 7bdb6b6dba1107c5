"""Coming back works: cells may run twice, and in another order within a section.

A name that a cell reads before it sets it is set by one cell only, and no cell changes what another one made. These two
rules are read off the syntax trees. That each cell runs twice in a row is tried in a kernel, by `notebook_watch.py`.
"""

import ast
from collections import Counter

import pytest
from test_notebooks import every_notebook
from test_try_comments import names_given, names_used, root

CHANGING = {"append", "extend", "update", "add", "insert", "setdefault", "pop", "remove", "clear", "sort", "reverse"}


def plainly_set(statement: ast.stmt) -> set[str]:
    """The names that a statement binds itself: not those whose items it changes, and no `+=`."""
    if isinstance(statement, ast.AugAssign | ast.Expr | ast.Delete):
        return set()
    return names_given(statement) & {
        node.id if isinstance(node, ast.Name) else getattr(node, "name", getattr(node, "asname", "") or "")
        for node in ast.walk(statement)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) or isinstance(getattr(node, "ctx", None), ast.Store)
    } | ({name for name in names_given(statement)} if isinstance(statement, ast.Import | ast.ImportFrom) else set())


def changed(statement: ast.stmt) -> set[str]:
    """The names whose value a statement changes in place."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.AugAssign | ast.Delete):
            targets = node.targets if isinstance(node, ast.Delete) else [node.target]
            found |= {root(target) for target in targets}
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            found.add(root(node))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            found.add(root(node.func))
    return found


def local_names(statement: ast.stmt) -> set[str]:
    """Names that belong to functions, comprehensions and lambdas of a statement."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            found |= {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
        if isinstance(node, ast.FunctionDef):
            found |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if isinstance(node, ast.comprehension):
            found |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
    return found


def entangled(sources: list[str]) -> list[str]:
    """What hinders the cells (their sources) from being run twice, or in another order."""
    trees = [ast.parse(source).body for source in sources]
    imports = (ast.Import, ast.ImportFrom)
    bound = [set().union(*(plainly_set(s) for s in body if not isinstance(s, imports)), set()) for body in trees]
    known = set().union(*bound, set())
    times = Counter(name for names in bound for name in names)
    faults = []
    for place, body in enumerate(trees):
        here: set[str] = set()
        for statement in body:
            own = plainly_set(statement) if isinstance(statement, ast.For | ast.With | ast.If | ast.Try) else set()
            before = (names_used(statement) & known) - here - own
            faults += [
                f"cell {place} reads {name}, which {times[name]} cells set" for name in before if times[name] > 1
            ]
            foreign = changed(statement) - here - own - local_names(statement)
            faults += [f"cell {place} changes {name} of another cell" for name in foreign & known]
            here |= plainly_set(statement)
    return faults


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (["a = 1", "print(a)"], ""),
        (["a = 1", "a = 2\nprint(a)"], ""),
        (["import a", "import a\na.b()"], ""),
        (["rows = []\nrows.append(1)\nrows[0] = 2", "print(rows)"], ""),
        (["for x in (1, 2):\n    print(x)", "for x in (3, 4):\n    print(x)"], ""),
        (["def f(a):\n    a.append(1)\n    return a", "a = f([])"], ""),
        (["total = 0\nfor x in (1, 2):\n    total += x", "print(total)"], ""),
        (["text = 1", "text = 2", "print(text)"], "reads text, which 2 cells set"),
        (["text = 1", "text = text + 1"], "reads text"),
        (["def f():\n    return text", "text = 1", "text = 2", "f()"], "reads text"),
        (["rows = []", "rows.append(1)"], "changes rows"),
        (["rows = {}", "rows['a'] = 1"], "changes rows"),
        (["rows = {}", "for x in (1, 2):\n    rows[x] = 1"], "changes rows"),
        (["count = 0", "count += 1"], "changes count"),
        (["model = 1", "del model"], "changes model"),
    ],
)
def test_the_rule(cells, fault):
    faults = entangled(cells)
    assert any(fault in found for found in faults) if fault else faults == []


@every_notebook
def test_cells_may_run_twice_and_in_another_order(notebook):
    ids = [cell.id for cell in notebook.code]
    faults = entangled([cell.source for cell in notebook.code])
    assert [f"{ids[int(fault.split()[1])]}: {fault}" for fault in faults] == []
