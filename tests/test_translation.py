"""Translations: none is stale, loses a number or changes code unseen, and the course does the same in each language."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from babel.messages.pofile import read_po

from course_utils import ROOT, language
from translations.tool import build, catalogues, check, units

LANGUAGES = catalogues.languages()
COMPLETE = [name for name in LANGUAGES if catalogues.about(name)["complete"]]
BUILT = sorted(language.FOLDER.glob("*/notebooks/*.ipynb"))


# -- what lies in the folder -----------------------------------------------------------------------


def test_the_languages_are_those_that_were_promised():
    assert COMPLETE == ["fi"] and {"ar", "sv"} < set(LANGUAGES)


@pytest.mark.parametrize("name", LANGUAGES)
def test_all_is_well(name):
    assert check.faults(name) == []


@pytest.mark.parametrize("path", BUILT, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_code_differs_in_texts_and_comments_alone(path):
    english, said = nbformat.read(ROOT / "notebooks" / path.name, 4), nbformat.read(path, 4)
    assert [cell.id for cell in english.cells] == [cell.id for cell in said.cells]
    pairs = [pair for pair in zip(english.cells, said.cells, strict=True) if pair[0].cell_type == "code"]
    assert [one.id for one, other in pairs if skeleton(one.source) != skeleton(other.source)] == []
    for one, other in pairs:  # no key, prompt or name that is not marked
        marked = {ast.literal_eval(f'"{text}"') for text in one.metadata.get("translate", ()) if '"' not in text}
        assert strings(one.source) - strings(other.source) <= marked, one.id


def skeleton(code: str) -> str:
    """A syntax tree without its texts; the gaps of an f-string may stand in another order."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            node.values = sorted((v for v in node.values if isinstance(v, ast.FormattedValue)), key=ast.dump)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def strings(code: str) -> set[str]:
    """The texts of a cell that have no gaps."""
    nodes = list(ast.walk(ast.parse(code)))
    parts = {id(value) for node in nodes if isinstance(node, ast.JoinedStr) for value in ast.walk(node)}
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in parts}


def test_marked_texts_stand_in_their_cells():
    lost = []
    for path in units.NOTEBOOKS:
        for cell in nbformat.read(path, 4).cells:
            marked = cell.metadata.get("translate", [])
            swapped = build.in_code(cell.source, {text: f"<{n}>" for n, text in enumerate(marked)})
            lost += [(cell.id, text) for n, text in enumerate(marked) if f"<{n}>" not in swapped]
    assert lost == []


def test_a_language_stays_small():
    size = sum(path.stat().st_size for path in (language.FOLDER / "fi").rglob("*") if path.is_file())
    assert size < 5_000_000


def test_nothing_is_listed_as_no_text_that_the_package_lacks():
    rules = tomllib.loads((language.FOLDER / "source.toml").read_text(encoding="utf-8"))
    roots = (ROOT / "course_utils", ROOT / "notebooks")
    files = [path for pattern in rules["files"] for root in roots for path in root.glob(pattern)]
    files += ROOT.glob("images/*.svg")
    there = {text for path in files for text in units._texts(path)}
    assert [text for text in rules["no_text"] if text not in there] == []
    assert [file for file in rules["words"] if not any((root / file).exists() for root in roots)] == []


def test_a_page_that_was_run_and_saved_is_as_good_and_one_that_was_edited_is_not(copy):
    path = copy / "translations/fi/notebooks/08_build_your_own_slm.ipynb"
    built = path.read_text(encoding="utf-8")
    node = nbformat.reads(built, 4)
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="1,024 tokens")], 3
    nbformat.write(node, path)
    assert "fi/notebooks/08" not in translate(copy, "--check", "fi").stdout
    for change in (("answer_2 = ...", "answer_2 = 7"), ("Lämmittely", "Lämmittelyä")):
        path.write_text(built.replace(*change), encoding="utf-8")
        assert "fi/notebooks/08_build_your_own_slm.ipynb is not what" in translate(copy, "--check", "fi").stdout
    path.write_text(built, encoding="utf-8")


# -- what a translation may not change -------------------------------------------------------------

FAULTS = [
    ("A step takes 1,024 tokens.", "Askel vie 1024 sanaketta.", []),
    ("A step takes 1,024 tokens.", "Askel vie 1\u00a0024 sanaketta.", []),
    ("A step takes 1,024 tokens.", "Askel vie 1\u00a0042 sanaketta.", ["number"]),
    ("It takes 1.5 GB.", "Se vie 1,5 GB.", []),
    ("It takes 1.5 GB.", "Se vie noin 2 GB.", ["number"]),
    ("Run `q1.check()`.", "Aja `q1.check()`.", []),
    ("Run `q1.check()`.", "Aja `q1.hint()`.", ["inline code"]),
    ("See [there](a.ipynb).", "Katso [tuolta](a.ipynb).", []),
    ("See [there](a.ipynb).", "Katso [tuolta](b.ipynb).", ["address"]),
    ("![A fox](../images/a.svg)", "![Kettu](../images/b.svg)", ["address"]),
    ("See https://example.org/a now.", "Katso https://example.org/b nyt.", ["address"]),
    ("So $a_1 + b$ it is.", "Siis $a_1 + b$.", []),
    ("So $a_1 + b$ it is.", "Siis $a_1 - b$.", ["formula"]),
    ("<b>Here</b>", "<i>Tässä</i>", ["tag"]),
    ("## The end", "### Loppu", ["heading"]),
    ("- one\n- two", "- yksi", ["list"]),
    ("A **small** one.", "Pieni.", ["bold"]),
    ("Its attention.", "Sen huomio.", ["term"]),
    ("Its attention.", "Sen tarkkaavuudessa.", []),
    ("Its `attention`.", "Sen `attention`.", []),
]


@pytest.mark.parametrize(("english", "said", "kinds"), FAULTS)
def test_each_kind_of_fault_is_found(english, said, kinds):
    assert [line.partition(":")[0] for line in check.unlike(english, said, "fi")] == kinds


@pytest.mark.parametrize(
    ("english", "said", "kinds"),
    [
        ("{n} of {all}", "{all}:stä {n}", []),
        ("{n} of {all}", "{n}", ["gap"]),
        ("{n} of {all}", "{n} / {all} {x}", ["gap"]),
        ("{n} file{s_if_n?}", "Tiedostoja: {n}", []),
        ("{n} file{s_if_n?}", "Tiedostoja{s_if_n?}", ["gap"]),
        ("in {size:,.1f} GB", "{size:,.2f} GB", ["gap"]),
        ("says:", 'sanoo "näin":', ["quotation mark"]),
        ("says:", r"sanoo \"näin\":", []),
    ],
)
def test_gaps_and_quotes_of_code_are_kept(english, said, kinds):
    assert [line.partition(":")[0] for line in check.unlike(english, said, "fi", code=True)] == kinds


def test_a_link_to_nowhere_is_found():
    page = language.FOLDER / "fi/notebooks/glossary.md"
    good = "[a](../../../README.md) [b](00_start_here.ipynb) [c](../../../README.md#start) [d](https://example.org)"
    assert check.broken(page, good) == []
    for address in ("../README.txt", "../../../README.md#no-such-heading", "00_start_here.ipynb#Nowhere"):
        assert len(check.broken(page, f"{good} [e]({address})")) == 1


# -- the English changes ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The course without its weights, to change sentences in."""
    folder = tmp_path_factory.mktemp("copy")
    for name in (
        "course_utils",
        "images",
        "notebooks",
        "tests",
        "translations",
        "findings",
        ".ci",
        ".devcontainer",
        ".github",
        ".binder",
    ):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.safetensors", "*.onnx*", "__pycache__")
        )
    for name in ("README.md", "requirements.txt", "LICENSE"):
        shutil.copy2(ROOT / name, folder / name)
    return folder


def translate(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    program = "import sys; from translations.tool.command import main; sys.exit(main(sys.argv[1:]))"
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8")


def states(folder: Path) -> Counter:
    """Each entry of each language that is not simply translated, by language, catalogue and English text."""
    found: Counter = Counter()
    for file in (folder / "translations").glob("*/*.po"):
        with file.open("rb") as opened:
            for entry in read_po(opened):
                state = catalogues.state(entry)
                if entry.id and state != "translated":
                    found[file.parent.name, file.stem, " ".join(entry.id.split()), state] += 1
    return found


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_changed_sentences_flag_their_entries_in_all_languages_and_no_others(copy):
    before = states(copy)
    edits = {
        "notebooks/00_start_here.ipynb": ("Nobody had stored that answer.", "Nobody had kept that answer."),
        "README.md": ("Read a claim about a model, and test it before you believe it.", "Read a claim, and test it."),
        "course_utils/exercises/note.py": ('"Not attempted"', '"Not yet attempted"'),
        "course_utils/exercises/quizzes/00.toml": ("SmolLM2 has about 135 million", "SmolLM2 has some 135 million"),
    }
    for name, (old, new) in edits.items():
        edit(copy / name, old, new)
    faults = translate(copy, "--check", "fi", "--json")
    lacking = [line for line in json.loads(faults.stdout)["fi"] if "translate --update" in line]
    assert faults.returncode == 1 and len(lacking) == 2 * len(edits)  # each text is gone, and another one is there
    assert translate(copy, "--update").returncode == 0
    flagged = states(copy) - before
    new = {text for _, text in edits.values()}
    for name in LANGUAGES:
        mine = {(catalogue, text) for lang, catalogue, text, state in flagged if lang == name}
        places = {catalogue for catalogue, _ in mine}
        had = {stem for stem in catalogues.wanted(name)} & {"00_start_here", "README", "exercises", "exercises_00"}
        assert places <= had and all(any(part.strip('"') in text for part in new) for _, text in mine), mine
    finnish = [(text, state) for lang, _, text, state in flagged if lang == "fi"]
    assert len(finnish) == len(edits) and {state for _, state in finnish} == {"stale"}

    assert translate(copy, "--build").returncode == 0
    page = (copy / "translations/fi/notebooks/00_start_here.ipynb").read_text(encoding="utf-8")
    assert page.count("⚠ *") == 1  # the block says so, and so does the line under the title
    assert "⚠" in (copy / "translations/fi/README.md").read_text(encoding="utf-8")
    again = json.loads(translate(copy, "--check", "fi", "--json").stdout)["fi"]
    assert len(again) == len(edits) and all(line.endswith("stale") for line in again)


def test_white_space_alone_and_outputs_flag_nothing(tmp_path, copy):
    folder = tmp_path / "course"
    shutil.copytree(copy, folder)
    translate(folder, "--update")
    before = states(folder)
    edit(folder / "README.md", "You read a little, you\nguess, you run", "You read a little, you guess, you\nrun")
    notebook = folder / "notebooks/00_start_here.ipynb"
    node = nbformat.read(notebook, 4)
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="1,024 tokens")], 3
    nbformat.write(node, notebook)
    assert translate(folder, "--update").returncode == 0
    assert states(folder) == before


def test_a_paragraph_put_in_or_moved_disturbs_no_other(tmp_path, copy):
    folder = tmp_path / "course"
    shutil.copytree(copy, folder)
    translate(folder, "--update")
    before = states(folder)
    notebook = folder / "notebooks/01_slm_vs_llm.ipynb"
    node = nbformat.read(notebook, 4)
    cell = next(cell for cell in node.cells if cell.cell_type == "markdown" and cell.source.count("\n\n") > 2)
    first, second, *rest = cell.source.split("\n\n")
    cell.source = "\n\n".join([first, "A zebra is new here, and quite alone.", *rest, second])
    nbformat.write(node, notebook)
    assert translate(folder, "--update", "fi").returncode == 0
    assert [key[2:] for key in states(folder) - before] == [("A zebra is new here, and quite alone.", "missing")]


def test_a_file_that_is_no_catalogue_and_a_language_that_is_none_are_one_line(tmp_path, copy):
    folder = tmp_path / "course"
    shutil.copytree(copy, folder)
    (folder / "translations/fi/README.po").write_text('msgid "a"\nmsgstr "b\nnonsense\n', encoding="utf-8")
    for arguments, words in ((["--check", "fi"], "README.po"), (["--build", "xx"], "translations/xx/language.toml")):
        done = translate(folder, *arguments)
        assert done.returncode == 1 and words in done.stdout and "Traceback" not in done.stderr
        assert len(done.stdout.strip().splitlines()) == 1


# -- the course in another language ----------------------------------------------------------------


def speak(code: str, name: str = "fi", **more: str) -> str:
    """What a Python says in which the course speaks a language."""
    environment = os.environ | {"COURSE_LANG": name, "PYTHONPATH": str(ROOT)} | more
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, encoding="utf-8", cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


OUTCOMES = """
import json, sys
sys.path.insert(0, "tests")
import test_answers as t
said = {}
for exercise in t.EXERCISES:
    for kind in ("right", "wrong"):
        for answer in t.of(exercise)[kind]:
            verdict = t.verdict(exercise, answer if kind == "right" else answer["code"])
            said[f"{exercise.id} {kind} {answer}"] = [verdict.outcome, verdict.message]
print()
print(json.dumps(said))
"""


def test_every_answer_gets_the_same_verdict_and_in_finnish():
    english, finnish = (json.loads(speak(OUTCOMES, name).splitlines()[-1]) for name in ("", "fi"))
    assert len(english) > 1000 and english.keys() == finnish.keys()
    assert {key: said for key, said in finnish.items() if said[0] != english[key][0]} == {}
    same = {
        key: said[1]
        for key, said in finnish.items()
        if said[1] == english[key][1] and re.search(r"[a-z]{3} [a-z]{2}", said[1])
    }
    assert same == {}


def test_words_and_units_of_answers_are_finnish_too():
    said = speak(
        "from course_utils.exercises.predictions import compared\n"
        "for guess in ('sama', 'Samat', 'same', 'eri'): print(compared(guess, 'same'))\n"
        "print(compared(3, 4, 'of 10')); print(compared(..., 1.5, 'seconds'))"
    ).splitlines()
    assert all("Niin kuin arvasit" in line for line in said[:3]) and "“sama”" in said[0] and "“eri”" in said[3]
    assert "/ 10" in said[4] and "1.5 sekuntia" in said[5]


def test_a_text_with_gaps_keeps_formats_order_and_code():
    tree = ast.parse('def f(n, size): return f\'{n:,} of {size / 2:.1f} {{x}} file{"s" if n > 1 else ""}\'')
    node = next(node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))
    key = language.known_as(node)
    assert key == "{n} of {size_2} {{x}} file{s_if_n_1_else?}"
    said = speak(
        "import ast\nfrom course_utils import language\n"
        f"language.phrases()['texts'][{key!r}] = '{{size_2}} {{{{x}}}}, tiedostoja {{n}}'\n"
        f"tree = language._Translator().visit(ast.parse({ast.unparse(tree)!r}))\n"
        "exec(compile(tree, 'x', 'exec'))\nprint(f(1234, 5))"
    )
    assert said.strip() == "2.5 {x}, tiedostoja 1,234"


def test_english_compiles_nothing_anew_and_another_folder_chooses_its_language():
    finders = "import sys, course_utils; print(any(f is course_utils.language._Loader for f in sys.meta_path))"
    assert speak(finders, "").strip() == "False" and speak(finders).strip() == "True"
    assert speak(finders, "no-such-language").strip() == "False"
    inside = (
        "import os; os.chdir('translations/fi/notebooks'); import course_utils; print(course_utils.language.chosen())"
    )
    assert speak(inside, "").strip() == "fi"


def test_every_gap_of_a_finnish_text_is_one_of_its_code():
    """All files of the package are compiled in Finnish: a gap that no code fills would raise here."""
    compiled = speak(
        "import ast, pathlib\nfrom course_utils import language\n"
        "for path in sorted(pathlib.Path('course_utils').rglob('*.py')):\n"
        "    loader = language._Loader('x', str(path))\n"
        "    loader.source_to_code(path.read_bytes(), str(path))\n    print(path.as_posix())"
    )
    assert len(compiled.splitlines()) > 100


def test_a_view_is_mirrored_where_one_reads_from_right_to_left():
    code = (
        "from course_utils.show.view import View, front_end\n"
        "import course_utils.show.view as v\nv.front_end = lambda: True\n"
        "import ipywidgets\n"
        "class Shown(View):\n"
        "    def text(self): return 'text'\n"
        "    def html(self): return '<p>text</p>'\n"
        "    def build(self): return ipywidgets.HTML('x')\n"
        "bundle = Shown()._repr_mimebundle_()\n"
        "id = bundle['application/vnd.jupyter.widget-view+json']['model_id']\n"
        "print(bundle['text/html'], ipywidgets.widgets.widget._instances[id]._dom_classes)"
    )
    assert speak(code, "ar").strip() == "<div dir=\"rtl\"><p>text</p></div> ('course-rtl',)"
    assert speak(code, "fi").strip() == "<p>text</p> ()"


def test_every_view_is_there_in_finnish():
    """Its class is looked up by a name, and "Race" is a word of a button, too."""
    names = "from course_utils import show\nprint([getattr(show, name) for name in show.VIEWS] != [])"
    assert speak(names).strip() == "True"


def test_lab_names_the_languages_there_are():
    done = subprocess.run(
        [sys.executable, "-m", "course_utils", "lab", "--lang", "xx", "--no-browser"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 1 and "“xx”" in done.stdout + done.stderr and "fi" in done.stdout + done.stderr
