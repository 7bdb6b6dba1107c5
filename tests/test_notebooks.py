"""The structure rules: what a learner and a contributor can rely on in every notebook."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import nbformat
import pytest

from course_utils.exercises import notebook_modules
from course_utils.exercises.engine import Exercise

FOLDER = Path(__file__).parents[1] / "notebooks"
GLOSSARY = FOLDER / "glossary.md"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LINK = r"(!?)\[([^\]]*)\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)"
RECAP = "recap|what you (?:did|can|know|have)"


@dataclass
class Notebook:
    """A notebook and the parts of it that the rules speak of."""

    path: Path
    node: nbformat.NotebookNode

    @property
    def number(self) -> str:
        return self.path.name[:2]

    @property
    def cells(self) -> list:
        return self.node.cells

    @property
    def code(self) -> list:
        """The code cells, but for the one that does something on Google Colab alone: tests/badges.py makes that."""
        return [
            cell for cell in self.cells if cell.cell_type == "code" and "elsewhere" not in cell.metadata.get("tags", ())
        ]

    @property
    def prose(self) -> str:
        """All markdown, without its code blocks."""
        texts = (cell.source for cell in self.cells if cell.cell_type == "markdown")
        return re.sub(r"^```.*?^```", "", "\n\n".join(texts), flags=re.DOTALL | re.MULTILINE)

    @property
    def opening(self) -> str:
        """The markdown before the first code cell."""
        first = self.cells.index(self.code[0])
        return "\n\n".join(cell.source for cell in self.cells[:first] if cell.cell_type == "markdown")

    def section(self, title: str) -> str:
        """The markdown under the heading that matches `title`, up to the next heading of its level."""
        for part in re.split(r"^## ", self.prose, flags=re.MULTILINE)[1:]:
            heading, _, text = part.partition("\n")
            if re.search(title, heading, re.IGNORECASE):
                return text
        raise AssertionError(f"there is no section “{title}”")

    def sections(self) -> list[tuple[str, str]]:
        """(heading, code) of each second-level section."""
        parts: list[tuple[str, str]] = []
        for cell in self.cells:
            heading = re.search(r"^## (.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
            if heading:
                parts.append((heading.group(1), ""))
            elif cell.cell_type == "code" and parts:
                parts[-1] = (parts[-1][0], parts[-1][1] + cell.source + "\n")
        return parts


NOTEBOOKS = [Notebook(path, nbformat.read(path, as_version=4)) for path in sorted(FOLDER.glob("*.ipynb"))]
every_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.path.stem)


def bullets(text: str) -> list[str]:
    return re.findall(r"^(?:[-*]|\d+\.) (.+)$", text, re.MULTILINE)


def prose_without_code(text: str) -> str:
    return re.sub(r"`[^`]*`", "", text)


def slug(heading: str) -> str:
    """The anchor that GitHub and JupyterLab agree on, for headings of plain words."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


# --- the file ----------------------------------------------------------------------------------------


@every_notebook
def test_the_file_is_valid_and_named_in_reading_order(notebook):
    nbformat.validate(notebook.node)
    assert re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", notebook.path.name)
    assert notebook.node.metadata == METADATA
    assert notebook.node.nbformat == 4 and notebook.node.nbformat_minor >= 5


@every_notebook
def test_cell_ids_are_readable_and_unique(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert [id for id in ids if not re.fullmatch(notebook.number + r"-[a-z0-9-]+", id)] == []


@every_notebook
def test_outputs_are_stripped(notebook):
    for cell in notebook.code:
        assert cell.outputs == [] and cell.execution_count is None, cell.id
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags", "translate"}, cell.id


# --- opening and close -------------------------------------------------------------------------------


@every_notebook
def test_the_opening_is_fixed(notebook):
    assert re.match(r"# \S", notebook.cells[0].source)
    assert len(re.findall(r"^# ", notebook.prose, re.MULTILINE)) == 1
    goals = re.search(r"In this notebook you will(.*)", notebook.opening, re.DOTALL)
    assert goals and 3 <= len(bullets(goals.group(1))) <= 5
    told = re.search(r"^.*\bminutes\b.*$", notebook.opening, re.MULTILINE)  # how many: test_lesson_time.py
    assert told and "ownload" in told.group(0)
    setup = ast.parse(notebook.code[0].source)
    imported = [alias for node in setup.body if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    ours = [alias.name for alias in imported if not re.fullmatch(r"q\d+|\w*quiz|warm_up", alias.name)]
    assert 1 <= len(ours) <= 10, f"the first code cell is the setup: {ours}"
    if notebook.number != "00":
        assert "warm_up" in notebook.code[1].source, "the second code cell is the warm-up"


@every_notebook
def test_the_close_is_fixed(notebook):
    headings = re.findall(r"^## (.+)$", notebook.prose, re.MULTILINE)
    order = [
        next((at for at, heading in enumerate(headings) if re.search(words, heading, re.IGNORECASE)), None)
        for words in (RECAP, "^quiz$", "^deeper$", "go further")
    ]
    assert None not in order and order == sorted(order), headings
    assert any("quiz.show()" in cell.source for cell in notebook.code)
    goals = bullets(notebook.opening.partition("In this notebook you will")[2])
    assert len(bullets(notebook.section(RECAP))) == len(goals)
    later = [other.path.name for other in NOTEBOOKS if other.number > notebook.number]
    if later:
        last = "\n".join(cell.source for cell in notebook.cells[-3:])
        assert f"]({later[0]})" in last, f"the end links to {later[0]}"


# --- size --------------------------------------------------------------------------------------------


@every_notebook
def test_the_prose_has_the_length_of_a_lesson(notebook):
    words = len(re.findall(r"\w[\w'’.-]*", notebook.prose))
    least = 900 if notebook.number == "00" else 1500
    assert least <= words <= 3500, f"{words} words"


@every_notebook
def test_code_cells_are_few_and_short(notebook):
    assert len(notebook.code) <= 40
    lengths = {cell.id: len([line for line in cell.source.splitlines() if line.strip()]) for cell in notebook.code}
    assert median(lengths.values()) <= 6, lengths
    assert [id for id, length in lengths.items() if length > 30 or length == 0] == []


@every_notebook
def test_prose_stands_between_the_code(notebook):
    """Three code cells in a row are the most: a measurement, an answer, and its check."""
    kinds = "".join("c" if cell in notebook.code else cell.cell_type[0].upper() for cell in notebook.cells)
    assert "cccc" not in kinds


@every_notebook
def test_the_learner_does_something_in_every_section(notebook):
    """A prediction, an answer, an edit or a widget, wherever a section has code."""
    gaps, answers, widgets = (
        r"= \.\.\.|^\s*\.\.\.$",
        r"\.check\(\)|compare\(",
        r"show\.\w+\(|\.show\(\)|interact",
    )
    hands = rf"{gaps}|{answers}|{widgets}|# *(?:[Cc]hange|[Tt]ry|[Ee]dit)"
    idle = [heading for heading, code in notebook.sections() if code and not re.search(hands, code, re.MULTILINE)]
    optional = [heading for heading in idle if not re.search("go further", heading, re.IGNORECASE)]
    assert optional == []


# --- what code cells may do --------------------------------------------------------------------------


@every_notebook
def test_code_cells_are_plain_portable_python(notebook):
    faults = []
    for cell in notebook.code:
        if re.search(r"^\s*[!%]", cell.source, re.MULTILINE):
            faults.append(f"{cell.id}: a shell line or a magic")
        if "trust_remote_code" in cell.source:
            faults.append(f"{cell.id}: trust_remote_code")
        faults += [f"{cell.id}: {fault}" for fault in portability_faults(ast.parse(cell.source))]
    assert faults == []


def portability_faults(tree: ast.AST) -> list[str]:
    """Absolute paths, os.path, and text files that are opened without saying in which encoding."""
    faults = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.match(r"(/(?!/)\w+/|~/|[A-Za-z]:[\\/]|\\\\)", node.value):
                faults.append(f"an absolute path, {node.value!r}")
        if isinstance(node, ast.Attribute) and node.attr == "path" and getattr(node.value, "id", "") == "os":
            faults.append("os.path instead of pathlib")
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            modes = [
                arg.value for arg in [*node.args, *(k.value for k in node.keywords)] if isinstance(arg, ast.Constant)
            ]
            binary = any(isinstance(mode, str) and re.fullmatch(r"[rwax]b\+?", mode) for mode in modes)
            said = any(keyword.arg == "encoding" for keyword in node.keywords)
            if name in ("read_text", "write_text") and not said:
                faults.append(f"{name} without encoding")
            picture = getattr(getattr(node.func, "value", None), "attr", "") == "Images"  # of ONNX Runtime GenAI
            if name == "open" and not said and not binary and not picture:
                faults.append("open without encoding")
    return faults


@pytest.mark.parametrize(
    "line",
    [
        "p = '/home/me/x'",
        r"p = 'C:\\x'",
        "os.path.join(a)",
        "open('a.txt')",
        "p.read_text()",
        "open('a', 'w')",
    ],
)
def test_a_line_that_is_not_portable_is_found(line):
    assert portability_faults(ast.parse(line))


@pytest.mark.parametrize(
    "line",
    ["a = 'x/y'", "open(p, 'rb')", "open(p, encoding='utf-8')", "a = 6 / 2", "'</p>'", "og.Images.open(p)"],
)
def test_a_portable_line_is_let_through(line):
    assert portability_faults(ast.parse(line)) == []


# --- links, pictures, words --------------------------------------------------------------------------


def broken_links(path: Path, text: str) -> list[str]:
    """Links to files or headings that do not exist, and pictures without alt text."""
    faults = []
    for picture, words, target in re.findall(LINK, prose_without_code(text)):
        file, _, anchor = target.partition("#")
        if picture and len(words.split()) < 3:
            faults.append(f"{target}: no alt text")
        if re.match(r"https://|mailto:", target):
            continue
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or file.startswith("/"):
            faults.append(f"{target}: no such file")
        elif anchor and there.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            faults += [] if anchor in map(slug, headings) else [f"{target}: no such heading"]
    for image in re.findall(r"<img\b[^>]*>", text):
        if not re.search(r'\balt="[^"]{10,}"', image):
            faults.append(f"{image}: no alt text")
        source = re.search(r'\bsrc="([^"]+)"', image)
        if source and not source.group(1).startswith("https://") and not (path.parent / source.group(1)).exists():
            faults.append(f"{image}: no such file")
    return faults


@every_notebook
def test_links_resolve_and_pictures_have_alt_text(notebook):
    assert broken_links(notebook.path, notebook.prose) == []


@pytest.mark.parametrize("path", [GLOSSARY, FOLDER.parent / "README.md"], ids=lambda path: path.name)
def test_links_of_the_other_pages_resolve(path):
    assert broken_links(path, path.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found():
    text = "[a](nowhere.md), ![](x.svg), [b](glossary.md#nothing), <img src='x'>, [c](http://insecure.example)"
    assert len(broken_links(GLOSSARY, text)) == 6


def glossary() -> dict[str, tuple[str, str]]:
    """{term: (definition, number of the notebook where it first appears)}, in the order of the page."""
    text = GLOSSARY.read_text(encoding="utf-8")
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \| \[(\d\d)\]\(\S+\) \|$", text, re.MULTILINE)
    assert len(rows) == len(re.findall(r"^\| \*\*", text, re.MULTILINE)), "a row of another form"
    return {term: (definition, number) for term, definition, number in rows}


def bold(notebook: Notebook) -> list[str]:
    """Everything in bold."""
    return re.findall(r"\*\*([^*\n]+)\*\*", prose_without_code(notebook.prose))


def terms(notebook: Notebook) -> list[str]:
    """What is in bold and looks like a term: **a word**, not **A label.**"""
    return [words for words in bold(notebook) if re.fullmatch(r"[a-z].*[\w)]", words)]


def singular(term: str) -> str:
    return term.casefold().removesuffix("s")


@every_notebook
def test_bold_terms_stand_in_the_glossary(notebook):
    known = set(map(singular, glossary()))
    assert [term for term in terms(notebook) if singular(term) not in known] == []


def test_the_glossary_is_in_order_and_names_the_first_notebook():
    entries = glossary()
    assert list(entries) == sorted(entries, key=str.casefold)
    for term, (definition, number) in entries.items():
        first = next((n.number for n in NOTEBOOKS if singular(term) in map(singular, bold(n))), None)
        assert first == number, f"{term} first appears in {first}"
        assert definition.endswith("."), term


# --- exercises ---------------------------------------------------------------------------------------


def exercises(notebook: Notebook) -> dict[str, Exercise]:
    module = notebook_modules()[notebook.number]
    return {name: item for name, item in vars(module).items() if isinstance(item, Exercise)}


def hands_out(cell, name: str) -> bool:
    """Whether a cell leaves a variable or function of this name to the learner: `name = ...`, `def name`."""
    if cell.cell_type != "code":
        return False
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.Assign) and any(
            isinstance(n, ast.Constant) and n.value is ... for n in ast.walk(node.value)
        ):
            if any(isinstance(n, ast.Name) and n.id == name for target in node.targets for n in ast.walk(target)):
                return True
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return True
    return False


@every_notebook
def test_every_exercise_is_used(notebook):
    here = exercises(notebook)
    assert len(here) >= 4
    for name, exercise in here.items():
        assert exercise.id == f"{notebook.number}.{name}"
        check = [
            at
            for at, cell in enumerate(notebook.cells)
            if f"{name}.check()" in cell.source and cell.cell_type == "code"
        ]
        assert len(check) == 1, f"{name}.check() stands in {len(check)} cells"
        before = notebook.cells[max(check[0] - 2, 0) : check[0]]
        for variable in exercise.names:
            assert any(hands_out(cell, variable) for cell in before), f"no cell with {variable} before {name}.check()"
    solved = [cell.id for cell in notebook.code if re.search(r"^[^#]*\.solution\(\)", cell.source, re.MULTILINE)]
    assert solved == [], "solutions are shown on request only"


@every_notebook
def test_the_quiz_is_this_notebooks_own(notebook):
    quiz = notebook_modules()[notebook.number].quiz
    assert quiz.notebook == notebook.number
    assert len(quiz.questions) >= 5
    right = [letter for question in quiz.questions for letter, choice in question.choices.items() if choice.right]
    assert len(set(right)) > 1, "the right answer is not always at the same place"
    assert all(question.id.startswith(notebook.number + ".") for question in quiz.questions)


def test_every_exercise_module_has_its_notebook():
    assert set(notebook_modules()) == {notebook.number for notebook in NOTEBOOKS}
