"""How long a notebook takes a learner who knows a little Python and no machine learning.

`notebooks/times.json` is the one place: it holds the rule, what computing was measured (seconds, on two quiet cores),
and the minutes that follow. `python tests/lesson_time.py` recomputes the minutes, and writes them there, into the head
and the break of each notebook and into README's map; `test_lesson_time.py` fails when one of these says something else.
"""

import ast
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
TIMES = FOLDER / "times.json"
DEEPER = re.compile(r"^## Deeper\s*$", re.MULTILINE)
HEAD = re.compile(r"\*\*Time:\*\* .*?(?=\*\*|$)", re.MULTILINE)
BACK = re.compile(r"(?:about |some )?\d+ seconds")


@dataclass(frozen=True)
class Part:
    """What a part of a notebook asks of a learner."""

    words: int = 0
    code_cells: int = 0
    exercises: int = 0
    questions: int = 0  # predictions, and the questions of quizzes and warm-ups

    def minutes(self, rule: dict, computing_seconds: float) -> int:
        """Minutes, rounded up: reading, running, doing and answering by the rule, and the computing on top."""
        work = self.words / rule["words_a_minute"] + rule["code_cell"] * self.code_cells
        work += rule["exercise"] * self.exercises + rule["question"] * self.questions
        return math.ceil(work + computing_seconds / 60)


def words(markdown: str) -> int:
    """The words of a text, without code blocks, addresses and HTML tags."""
    text = re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\]\([^)]*\)|<[^>]+>", " ", text)
    return len(re.findall(r"\w[\w'’.-]*", text))


def gaps(source: str) -> set[str]:
    """The names that a cell leaves to the learner: `my_guess = ...`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value is ...:
            found |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return found


def parts(path: Path) -> dict[str, Part]:
    """`{"core": …, "deeper": …}`: what stands before the heading *Deeper*, and from it on."""
    from course_utils.exercises import notebook_modules
    from course_utils.exercises.engine import Exercise

    module = vars(notebook_modules()[path.name[:2]])
    answers = {name for item in module.values() if isinstance(item, Exercise) for name in item.names}
    cells = nbformat.read(path, as_version=4).cells
    skipped = set(json.loads(TIMES.read_text(encoding="utf-8"))["not_counted"])
    cells = [cell for cell in cells if not skipped & set(cell.metadata.get("tags", ()))]
    border = next((at for at, cell in enumerate(cells) if is_deeper(cell)), len(cells))
    found = {}
    for name, chosen in {"core": cells[:border], "deeper": cells[border:]}.items():
        code = [cell.source for cell in chosen if cell.cell_type == "code"]
        shown = [module.get(quiz) for source in code for quiz in re.findall(r"^(\w+)\.show\(\)", source, re.MULTILINE)]
        asked = sum(getattr(quiz, "count", None) or len(quiz.questions) for quiz in shown if hasattr(quiz, "questions"))
        found[name] = Part(
            words=sum(words(cell.source) for cell in chosen if cell.cell_type == "markdown"),
            code_cells=len(code),
            exercises=sum(len(re.findall(r"\bq\d+\.check\(\)", source)) for source in code),
            questions=asked + sum(len(gaps(source) - answers) for source in code),
        )
    return found


def is_deeper(cell) -> bool:
    """Whether the optional part of a notebook begins with this cell."""
    return cell.cell_type == "markdown" and bool(DEEPER.search(cell.source))


def minutes(path: Path, times: dict) -> dict[str, int]:
    """The minutes of the core and of the deeper part."""
    seconds = times["computing_seconds"][path.stem]
    return {name: part.minutes(times["rule"], seconds[name]) for name, part in parts(path).items()}


def head(of: dict[str, int]) -> str:
    """The sentence in the opening of a notebook."""
    more = f", and {of['deeper']} more for *Deeper*" if of["deeper"] > 1 else ""
    return f"**Time:** {of['core']} minutes for the core{more}, computing included. "


def way_back(computing_seconds: float) -> str:
    """What it costs to come back at the break: running everything above it again."""
    return f"about {5 * math.ceil(computing_seconds / 5)} seconds"


def in_map(of: dict[str, int]) -> str:
    """The last column of README's map."""
    return f"{of['core']} + {of['deeper']}" if of["deeper"] > 1 else f"{of['core']}"


def mapped(readme: str, path: Path, text: str) -> str:
    """README with these minutes in the row of this notebook."""
    return re.sub(rf"(?m)^(\| \[.+?\]\(notebooks/{path.name}\) \|.+\|) .+ \|$", rf"\1 {text} |", readme)


def write() -> None:
    """Recompute all minutes and write them wherever they are said."""
    times = json.loads(TIMES.read_text(encoding="utf-8"))
    page = ROOT / "README.md"
    readme = page.read_text(encoding="utf-8")
    for path in sorted(FOLDER.glob("*.ipynb")):
        of = times["minutes"][path.stem] = minutes(path, times)
        readme = mapped(readme, path, in_map(of))
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[0].source = HEAD.sub(head(of), notebook.cells[0].source, count=1).strip()
        deeper = next(filter(is_deeper, notebook.cells))
        deeper.source = BACK.sub(way_back(times["computing_seconds"][path.stem]["core"]), deeper.source, count=1)
        nbformat.write(notebook, path)
        print(path.stem, of, *parts(path).values(), sep="\n  ")
    page.write_text(readme, encoding="utf-8")
    TIMES.write_text(json.dumps(times, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(ROOT))
    write()
