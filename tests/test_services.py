"""Binder, Codespaces, Colab, VS Code: what they are given is whole, and says one address. And how large the course is.

The services themselves cannot be reached by a test. What each does with its files is done here instead: Colab's cell is
run in a folder with a notebook alone, in an environment that has some packages in other versions.
"""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import badges
import nbformat
import pytest
import yaml

from course_utils import ROOT, cache_folder
from course_utils.setup import environment, installer, minilm, smollm2

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
MB = 10**6


def cell(path: Path, name: str):
    """One of the generated cells of a notebook."""
    return next(each for each in nbformat.read(path, 4).cells if each.id == f"{path.name[:2]}-{name}")


# -- one address -----------------------------------------------------------------------------------


def test_everything_that_names_the_address_says_what_pyproject_says():
    wrong = [str(path) for path, text in badges.files(badges.repository()).items() if path.read_text("utf-8") != text]
    assert wrong == [], "run `python tests/badges.py`"
    assert badges.badges(badges.repository(), badges.FIRST, "images") in README and (ROOT / badges.FIRST).exists()


def test_what_ships_is_an_address_that_nobody_can_own():
    assert not badges.OWNER_REPO.fullmatch(badges.PLACEHOLDER)
    assert badges.OWNER_REPO.fullmatch(badges.repository()) or badges.repository() == badges.PLACEHOLDER


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_badge_opens_what_it_stands_in_and_asks_no_other_host(path):
    source = cell(path, "badges").source
    pages = re.findall(r"(?:lab/tree|blob/HEAD)/([^\"]+)\"", source)
    assert pages == [f"notebooks/{path.name}"] * 2 and (ROOT / pages[0]).exists()
    pictures = re.findall(r'<img src="([^"]+)" alt="(Open in \w+)">', source)
    assert len(pictures) == source.count("<img") == len(badges.SERVICES)
    for picture, _ in pictures:
        drawn = (path.parent / picture).read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "://" not in drawn and "<image" not in drawn


def test_a_copy_gets_its_own_address_everywhere_by_one_command(tmp_path, monkeypatch, capsys):
    for part in ("notebooks", "pyproject.toml", "README.md", "translations"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        more = {"ignore": shutil.ignore_patterns(".ipynb_checkpoints")} if (ROOT / part).is_dir() else {}
        copy(ROOT / part, tmp_path / part, **more)
    before = badges.repository()
    monkeypatch.setattr(badges, "ROOT", tmp_path)
    assert badges.main(["Some-One/slm.course"]) == 0
    assert capsys.readouterr().out.count("notebooks/") >= len(NOTEBOOKS)
    found = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Repository"]
    assert found == "https://github.com/Some-One/slm.course"
    texts = {path: path.read_text("utf-8") for path in tmp_path.rglob("*") if path.suffix in (".ipynb", ".md", ".toml")}
    assert [path for path, text in texts.items() if before in text] == []
    assert badges.main(["--check"]) == 0  # a second push commits nothing
    with pytest.raises(SystemExit):
        badges.main(["evil.example/a b"])
    assert "is no OWNER/REPO" in capsys.readouterr().err


def test_the_workflow_runs_that_command():
    text = (ROOT / ".github/workflows/address.yml").read_text(encoding="utf-8")
    assert 'python tests/badges.py "$GITHUB_REPOSITORY"' in text and "contents: write" in text
    assert re.search(r"^nbformat==", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", ["address", "pages", "test", "weekly"])
def test_a_workflow_runs_what_was_looked_at_and_fails_where_a_step_fails(name):
    """Actions by their commit, GitHub's token kept only where it is used, no exit status lost behind a pipe."""
    found = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text("utf-8"))
    steps = [step for job in found["jobs"].values() for step in job["steps"]]
    used = [step for step in steps if "uses" in step]
    assert [step["uses"] for step in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"])] == []
    keeps = [step.get("with", {}).get("persist-credentials", True) for step in used if "/checkout@" in step["uses"]]
    assert keeps and set(keeps) == {name == "address"}
    piped = [step for step in steps if re.search(r"[^|]\|[^|]", step.get("run", ""))]
    assert not piped or found["defaults"]["run"]["shell"] == "bash"


# -- Google Colab ----------------------------------------------------------------------------------


def test_the_cell_is_the_same_everywhere_and_small():
    cells = [cell(path, "elsewhere") for path in NOTEBOOKS]
    assert len({each.source for each in cells}) == 1 and all(each.metadata.tags == ["elsewhere"] for each in cells)
    assert len(ast.parse(cells[0].source).body) == 3  # two imports, and one condition


def test_anywhere_else_the_cell_does_nothing(tmp_path):
    watched = "import os, sys; before = os.getcwd(), list(sys.path), dict(os.environ)\n"
    after = "\nassert (os.getcwd(), list(sys.path), dict(os.environ)) == before and 'course_utils' not in sys.modules"
    program = watched + cell(NOTEBOOKS[0], "elsewhere").source + after
    assert subprocess.run([sys.executable, "-c", program], cwd=tmp_path).returncode == 0
    assert list(tmp_path.iterdir()) == []


OTHERS = {"torch": "2.11.0+cu128", "ipython": "7.34.0", "psutil": "7.0.0"}
THERE = OTHERS | {"filelock": "2.9", "tokenizers": "0.22.2"}  # else our versions; these are too old for us
MISSING = ("tqdm", "jupyterlab")  # one that has to come, and one that Colab does not need
AFTER = """
import json, os, sys
from importlib.metadata import version
import course_utils, google.colab.output
names = ("torch", "ipython", "psutil", "filelock", "tokenizers", "tqdm")
found = {name: version(name) for name in names}
print(json.dumps([found, os.getcwd(), course_utils.__file__, google.colab.output.asked]))
"""


@pytest.fixture(scope="module")
def colab(tmp_path_factory) -> dict:
    """An environment like Colab's, a folder with nothing but a notebook in it, and where the course is fetched from."""
    if not shutil.which("git") or os.name == "nt":
        pytest.skip("Colab is a Linux with git")
    folder = tmp_path_factory.mktemp("colab").resolve()
    venv.create(folder / "env")
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    shutil.copytree(Path(importlib.util.find_spec("pip").origin).parent, site / "pip")
    for name, pin in (environment.pins() | THERE).items():
        if name in MISSING:
            continue
        info = site / f"{name.replace('-', '_')}-{pin}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {pin}\n", encoding="utf-8")
        (info / "INSTALLER").write_text("pip\n", encoding="utf-8")
        files = "".join(f"{info.name}/{file},,\n" for file in ("METADATA", "INSTALLER", "RECORD"))
        (info / "RECORD").write_text(files, encoding="utf-8")
    (site / "google/colab").mkdir(parents=True)
    (site / "google/colab/__init__.py").touch()
    output = "asked = []\ndef enable_custom_widget_manager():\n    asked.append(1)\n"
    (site / "google/colab/output.py").write_text(output, encoding="utf-8")
    (site / "colab.pth").write_text("import google.colab\n", encoding="utf-8")  # a kernel there has it from the start
    (folder / "content").mkdir()
    shutil.copy2(NOTEBOOKS[0], folder / "content")

    course, parts = folder / "repository", ("course_utils", "notebooks", "requirements.txt")
    for part in parts:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        more = {"ignore": shutil.ignore_patterns("weights", "__pycache__")} if (ROOT / part).is_dir() else {}
        course.mkdir(exist_ok=True)
        copy(ROOT / part, course / part, **more)
    who = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "The course"]):
        subprocess.run(["git", *words], cwd=course, check=True)
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    address = badges.HOST + badges.repository()
    settings = {
        "HOME": str(folder),
        "COURSE_CACHE": str(cache_folder().resolve()),
        "COURSE_SMOLLM2": "0",  # the models are not the subject: nothing is fetched where they are not there yet
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{course.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
        "GIT_TERMINAL_PROMPT": "0",
    }
    return {"folder": folder, "python": folder / "env/bin/python", "settings": kept | settings}


def run_cell(colab: dict, after: str = "", **settings: str) -> subprocess.CompletedProcess:
    """Run the cell of the notebook as a kernel there would, and then `after`."""
    source = cell(next((colab["folder"] / "content").glob("*.ipynb")), "elsewhere").source
    command, where = [str(colab["python"]), "-c", source + "\n" + after], colab["folder"] / "content"
    variables = colab["settings"] | settings
    return subprocess.run(command, cwd=where, env=variables, capture_output=True, encoding="utf-8", timeout=300)


def test_where_the_address_is_nobodys_the_cell_says_so_in_one_line(colab):
    done = run_cell(colab, GIT_CONFIG_KEY_0=f"url.{(colab['folder'] / 'nowhere').as_uri()}.insteadOf")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == badges.FAILED.replace("{address}", badges.HOST + badges.repository())
    assert not (colab["folder"] / "course").exists()


def test_without_an_index_pips_fault_is_explained(colab):
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    done = run_cell(colab, PIP_EXTRA_INDEX_URL="", PIP_FIND_LINKS="", **nowhere)
    assert done.returncode == 1 and "There is no connection to the package index" in done.stderr


def test_the_cell_fetches_the_course_and_installs_only_what_is_missing(colab):
    done = run_cell(colab, AFTER)
    if "There is no connection to the package index" in done.stderr:
        pytest.skip("no package index answers here")
    assert done.returncode == 0, done.stderr
    found, where, package, asked = json.loads(done.stdout.splitlines()[-1])
    pins, course = environment.pins(), colab["folder"] / "course"
    assert found == OTHERS | {name: pins[name] for name in ("filelock", "tokenizers", "tqdm")}
    assert (Path(where), Path(package)) == (course / "notebooks", course / "course_utils/__init__.py")
    assert asked == [1] and f"{len(pins) - 4} of the course's packages" in done.stderr
    assert not list((colab["folder"] / "env").glob("lib/python*/site-packages/jupyterlab-4*"))
    again = run_cell(colab, AFTER)  # a restarted kernel runs it again, from the first folder
    assert again.returncode == 0 and "; 0 are missing." in again.stderr and "Installing" not in again.stderr


def test_without_widgets_of_others_a_line_says_what_to_do(colab):
    (output,) = (colab["folder"] / "env").glob("lib/python*/site-packages/google/colab/output.py")
    output.write_text("asked = []\n", encoding="utf-8")
    done = run_cell(colab, AFTER)
    assert done.returncode == 0 and "call the sheet's `shape`" in done.stderr


# -- Binder, Codespaces, VS Code -------------------------------------------------------------------


def test_binder_finds_what_its_files_name():
    folder = ROOT / ".binder"
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").split("\n")
    (included,) = [line.removeprefix("-r ") for line in lines if line.startswith("-r ")]
    assert (folder / included).resolve() == ROOT / "requirements.txt"  # pip looks beside the file that names it
    assert "-e ." in (ROOT / "requirements.txt").read_text(encoding="utf-8").split("\n")  # from the repository's root
    minor = int((folder / "runtime.txt").read_text(encoding="utf-8").removeprefix("python-3."))
    assert 11 <= minor <= 14
    script = (folder / "postBuild").read_text(encoding="utf-8")
    assert (
        script.startswith("#!")
        and "exec(MODELS)" in script
        and (ROOT / "course_utils/setup/jupyter/labconfig").exists()
    )
    if shutil.which("bash"):
        assert subprocess.run(["bash", "-n", str(folder / "postBuild")]).returncode == 0


def test_the_dev_container_is_pinned_and_makes_the_environment_that_vs_code_takes():
    about = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    assert re.fullmatch(r"mcr\.microsoft\.com/devcontainers/python:\d+-3\.1[1-4]-\w+", about["image"])
    code = re.fullmatch(r'python -c "([^"]+)"', about["postCreateCommand"])[1]
    names = [alias.name for node in ast.parse(code).body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert all(hasattr(environment, name) for name in names) and names == ["prepare"]
    settings = about["customizations"]["vscode"]["settings"]
    assert settings["python.defaultInterpreterPath"] == "${workspaceFolder}/.venv/bin/python"
    assert environment.VENV == ROOT / ".venv"
    assert settings["jupyter.widgetScriptSources"] == []  # no other host: the widgets' files are in the environment
    assert all((ROOT / file).exists() for file in about["customizations"]["codespaces"]["openFiles"])


def test_the_environment_holds_the_files_of_the_widgets_that_vs_code_would_fetch():
    assert Path(sys.prefix, "share/jupyter/nbextensions/ipycanvas/index.js").exists()


# -- sizes -----------------------------------------------------------------------------------------


@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="this is no clone")
def test_a_clone_is_as_small_as_we_say(tmp_path):
    said = re.search(r"`git clone --depth 1`[^)]*?(\d+) MB; a full clone is (\d+) MB", " ".join(README.split()))
    latest, full = map(int, said.groups())
    shallow = subprocess.run(["git", "rev-parse", "--is-shallow-repository"], cwd=ROOT, capture_output=True, text=True)
    sizes: dict[str, float] = {}
    for name, options in {"full": [], "latest": ["--depth", "1"]}.items():
        command = ["git", "clone", "-q", "--bare", *options, ROOT.as_uri(), str(tmp_path / name)]
        subprocess.run(command, check=True)
        sizes[name] = sum(file.stat().st_size for file in (tmp_path / name).rglob("*.pack")) / MB
    assert sizes["full"] < 75
    assert abs(sizes["latest"] - latest) < 5
    if shallow.stdout.strip() == "false":  # a shallow clone's clone is as shallow
        assert abs(sizes["full"] - full) < 8


def test_readme_and_set_up_say_the_same_sizes():
    for data in (smollm2.DATA, minilm.DATA):
        assert f"{data['wheel']['size'] / MB:.0f} MB" in README
    assert "1.8 GB of disk" in README and 1.8e9 < installer.SPACE <= 3e9
