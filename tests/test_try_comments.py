"""Each `# try: …` comment of a notebook is tried: the changed line runs, with what it needs from the cells before it.

What stands behind `# try:` takes the place of the last thing of its kind on the line:

    for k in (1, 3, 30):  # try: 1000               a number, a text, a list, … for the last one; several for several
    print(text, end="")  # try: end="|"             name=value: the argument of that name, or a new one
    show.scores(tests, models)  # try: models[:2]   anything else: the last argument of the call
    write("hello")  # try: "47 + 38" or "hi"        `or`: one after the other

Only the statements that the changed one needs are executed, not all cells before it, so no training runs twice. A
changed line inside of a function is not executed: its calls are bound to their signatures.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import inspect
import io
import os
import symtable
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nbformat
import pytest

import course_utils
from course_utils.show.view import View

FOLDER = Path(__file__).parents[1] / "notebooks"
MARK = "# try"
CHANGING = ("append", "extend", "update", "add", "insert", "setdefault")


@dataclass(frozen=True)
class Comment:
    """`# try: wish` on a line (from 1) of a code cell; `before` are the sources of the code cells above it."""

    notebook: str
    cell: str
    line: int
    wish: str
    source: str
    before: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.cell}:{self.line}"


def comments() -> Iterator[Comment]:
    for path in sorted(FOLDER.glob("*.ipynb")):
        cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        for place, cell in enumerate(cells):
            for token in tokenize.generate_tokens(io.StringIO(cell.source).readline):
                if token.type == tokenize.COMMENT and token.string.casefold().startswith(MARK):
                    before = tuple(other.source for other in cells[:place])
                    wish = token.string.removeprefix(f"{MARK}:").strip()
                    yield Comment(path.stem, cell.id, token.start[0], wish, cell.source, before)


ALL = list(comments())


# --- what the comment asks for ------------------------------------------------------------------------


def kind(node: ast.AST) -> str:
    """Of which kind a literal is; empty for anything else."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return "text"
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return "number"
    return type(node).__name__ if isinstance(node, ast.Tuple | ast.List | ast.Dict) else ""


def changes(source: str, line: int, wish: str) -> list[str]:
    """The source of the cell after each change that the comment on this line speaks of."""
    call = ast.parse(f"_({wish})", mode="eval").body
    nodes = [n for n in ast.walk(ast.parse(source)) if getattr(n, "end_lineno", None) == line == n.lineno]
    assert call.args or call.keywords, "nothing to try"
    if call.keywords:
        (keyword,) = call.keywords
        return [with_keyword(source, nodes, keyword.arg, ast.unparse(keyword.value))]
    if len(call.args) == 1 and isinstance(call.args[0], ast.BoolOp):
        return [changed for value in call.args[0].values for changed in changes(source, line, ast.unparse(value))]
    formatted = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    inner = {part for node in formatted for part in ast.walk(node) if part is not node}
    places = [n for n in nodes if n not in inner and kind(n) and kind(n) == kind(call.args[0])]
    places = [n for n in places if not any(m is not n and m in places for m in ast.walk(n))]
    places.sort(key=lambda node: node.col_offset)
    if len(places) < len(call.args):
        assert len(call.args) == 1, f"there are not so many of them on the line: {wish}"
        calls = [n for n in nodes if isinstance(n, ast.Call) and n.args]
        places = [max(calls, key=lambda node: node.end_col_offset).args[-1]]
    for node, value in reversed(list(zip(places[-len(call.args) :], call.args, strict=True))):
        source = spliced(source, node, ast.unparse(value))
    return [source]


def with_keyword(source: str, nodes: list[ast.AST], name: str, value: str) -> str:
    """The source with this argument: in the place of one that is called so, or nearly so, or as one more."""
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    there = {keyword.arg: keyword for call in calls for keyword in call.keywords if keyword.arg}
    near = [name] if name in there else difflib.get_close_matches(name, there, cutoff=0.8)
    if near:
        return spliced(source, there[near[0]], f"{name}={value}")
    outermost = min(calls, key=lambda call: (call.col_offset, -call.end_col_offset))
    return spliced(source, outermost, f"{ast.unparse(outermost)[:-1]}, {name}={value})")


def spliced(source: str, node: ast.AST, text: str) -> str:
    lines = source.splitlines(keepends=True)
    line = lines[node.lineno - 1].encode()  # Python counts columns in bytes
    lines[node.lineno - 1] = (line[: node.col_offset] + text.encode() + line[node.end_col_offset :]).decode()
    return "".join(lines)


@pytest.mark.parametrize(
    ("line", "wish", "changed"),
    [
        ("for k in (1, 3, 30): pass", "1000", ["for k in (1, 3, 1000): pass"]),
        ("for k in (1, 3, 30): pass", "7, 8", ["for k in (1, 7, 8): pass"]),
        ("say('ä', 2, f'{k} b')", "'c'", ["say('ä', 2, 'c')"]),
        ("say('a', 'b').it(3)", "'c', 'd'", ["say('c', 'd').it(3)"]),
        ("go([(1, 2), (3, 4)])", "(5, 6)", ["go([(1, 2), (5, 6)])"]),
        ("print(a, end='')", "end='|'", ["print(a, end='|')"]),
        ("f = g(a, tmp=1)", "temp=2", ["f = g(a, temp=2)"]),
        ("f = g(h(a))", "b=2", ["f = g(h(a), b=2)"]),
        ("go(a, b.c(d))", "d[:2]", ["go(a, d[:2])"]),
        ("go('a')", "'b' or 'c'", ["go('b')", "go('c')"]),
        ("go({'a': 1}, {'b': 2})", "{'c': 3}", ["go({'a': 1}, {'c': 3})"]),
    ],
)
def test_what_is_tried_takes_the_place_of_the_last_of_its_kind(line, wish, changed):
    assert changes(line, 1, wish) == changed


# --- what has to run before it ------------------------------------------------------------------------


def names_needed(source: str) -> set[str]:
    """The names of the notebook that a piece of code uses, in its functions too."""
    needed, tables = set(), [symtable.symtable(source, "cell", "exec")]
    for table in tables:
        tables += table.get_children()
        outer = table.get_type() == "module"
        needed |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (outer or s.is_global())}
    return needed - set(dir(builtins))


def names_used(statement: ast.stmt) -> set[str]:
    """The names that a statement needs from before: a loop or a `with` brings its own."""
    own = set()
    if isinstance(statement, ast.For | ast.With | ast.Try):
        own = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names_needed(ast.unparse(statement)) - own


LOCAL = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def names_given(node: ast.AST) -> set[str]:
    """The names that a statement sets or changes in the notebook; what functions keep to themselves is left out."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    given = set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        given |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    elif isinstance(getattr(node, "ctx", None), ast.Store):
        given.add(root(node))
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in CHANGING:
        given.add(root(node.func))
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, LOCAL) or isinstance(child, ast.FunctionDef | ast.ClassDef):
            given |= names_given(child)
    return given


def root(node: ast.AST) -> str:
    """`a` of `a.b[0].c`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return getattr(node, "id", "")


def needed_before(earlier: list[ast.stmt], later: list[ast.stmt]) -> list[ast.stmt]:
    """Those of the earlier statements without which the later ones cannot run."""
    needed = set().union(*map(names_used, later))
    chosen = []
    for statement in reversed(earlier):
        given = names_given(statement)
        if given & needed:
            chosen.append(statement)
            if not isinstance(statement, ast.For | ast.With | ast.If | ast.While | ast.Try | ast.Expr | ast.AugAssign):
                plain = not isinstance(statement, ast.Assign) or all(
                    isinstance(target, ast.Name | ast.Tuple) for target in statement.targets
                )
                needed -= given if plain else set()
            needed |= names_used(statement)
    return chosen[::-1]


def test_only_what_is_needed_runs():
    code = "import a\nb = a.c(1)\nslow = a.train()\nd = []\nd.append(b)\nfor x in b: d[x] = x\ndef f(): d = 1\nb = 3"
    earlier = ast.parse(code).body
    chosen = needed_before(earlier, ast.parse("print(d, [x for x in b])").body)
    assert [ast.unparse(statement) for statement in chosen] == [
        "import a",
        "b = a.c(1)",
        "d = []",
        "d.append(b)",
        "for x in b:\n    d[x] = x",
        "b = 3",
    ]


# --- trying it ----------------------------------------------------------------------------------------


def run(statements: list[ast.stmt], namespace: dict) -> object:
    """Execute statements one after the other; the value of the last, where it is an expression."""
    value = None
    for statement in statements:
        module = ast.fix_missing_locations(ast.Module([statement], []))
        if isinstance(statement, ast.Expr):
            value = eval(compile(ast.Expression(statement.value), "notebook", "eval"), namespace)
        else:
            exec(compile(module, "notebook", "exec"), namespace)
            value = None
    return value


def try_it(comment: Comment, source: str) -> None:
    statements = ast.parse(source).body
    at = next(i for i, s in enumerate(statements) if s.lineno <= comment.line <= s.end_lineno)
    later = statements[at:]
    inside = isinstance(later[0], ast.FunctionDef)
    if inside:
        later = later[:1]
    if isinstance(later[0], ast.Try):  # what the cell would only print may not happen here
        later = [*later[0].body, *later[1:]]
    earlier = [statement for cell in comment.before for statement in ast.parse(cell).body] + statements[:at]
    namespace = {"__name__": "__main__"}
    run(needed_before(earlier, later), namespace)
    value = run(later, namespace)
    if isinstance(value, View):
        assert value.text() and value.html()
    if inside:
        for call in (n for n in ast.walk(later[0]) if isinstance(n, ast.Call) and n.lineno == comment.line):
            function = eval(compile(ast.Expression(call.func), "notebook", "eval"), namespace)
            inspect.signature(function).bind(*call.args, **{k.arg: k.value for k in call.keywords})


@pytest.fixture(scope="module")
def loaded_once():
    """Many a comment needs a model from the cells before it, and none changes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course_utils, "load", lru_cache(maxsize=4)(course_utils.load))
        yield


@pytest.fixture
def at_the_notebooks(monkeypatch, loaded_once):
    before = dict(os.environ)
    monkeypatch.chdir(FOLDER)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize("comment", ALL, ids=str)
def test_what_a_notebook_says_to_try_works(comment, at_the_notebooks):
    sources = changes(comment.source, comment.line, comment.wish)
    for source in sources:
        assert source != comment.source
        try_it(comment, source)


def test_most_notebooks_have_something_to_try():
    assert len({comment.notebook for comment in ALL}) >= 7 and len(ALL) >= 35
