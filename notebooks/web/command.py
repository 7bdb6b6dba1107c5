"""`python -m course_utils site`: the course as a folder of pages that any web server can show.

The front page is one on which a model runs (`live/`). The notebooks, executed, are made into pages by Sphinx with
MyST-NB, in each language. Sphinx comes whole from pip; Jupyter Book 2 would need Node.js, and fetches its theme from
GitHub while it builds. No page asks another host for anything.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath

import nbformat
from babel import Locale

from course_utils.base import ROOT, CourseError, data
from course_utils.setup.installer import say
from notebooks.web import pages
from notebooks.web.models import models
from notebooks.web.vendor import vendor

HERE = Path(__file__).parent
CONF = "import json, pathlib\nglobals().update(json.loads(pathlib.Path(__file__).with_name('settings.json').read_text()))\n"
IGNORED = (".git", ".venv", ".cache", "__pycache__", "_site", "node_modules", ".ipynb_checkpoints")


def main(arguments: list[str] | None = None) -> int:
    """Build the site, and serve it if that is asked for. The exit status is 0 when all went well."""
    parser = argparse.ArgumentParser(prog="python -m course_utils site", description="Build the course's web site.")
    parser.add_argument("--output", type=Path, default=Path("_site"), help="the folder to make (default: _site)")
    parser.add_argument("--languages", nargs="+", default=["en", "fi"], help="of the notebooks (default: en fi)")
    parser.add_argument("--without", choices=["smollm2"], help="leave SmolLM2's file (about 86 MB) out of the site")
    parser.add_argument("--without-running", action="store_true", help="show the notebooks without outputs")
    parser.add_argument("--serve", action="store_true", help="then show it on this computer, until Ctrl+C")
    parser.add_argument("--port", type=int, default=8000, help="where to serve it (default: 8000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    options = parser.parse_args(arguments)
    try:
        count = build(options.output, options.languages, not options.without_running, not options.without)
        size = sum(file.stat().st_size for file in options.output.rglob("*") if file.is_file())
        say(f"The site is in {options.output}: {count} pages, {size / 1e6:.0f} MB.")
        address = f"http://127.0.0.1:{options.port}/"
        if options.json:
            facts = {"folder": str(options.output.resolve()), "pages": count, "bytes": size}
            print(json.dumps(facts | ({"url": address} if options.serve else {})), flush=True)
        if options.serve:
            with server(options.output, options.port) as serving:
                say(f"It is open at\n  {address}\nStop it with Ctrl+C.")
                serving.serve_forever()
    except CourseError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def build(output: Path, languages: list[str], run: bool = True, smollm2: bool = True) -> int:
    """Make the site in a folder, in place of an earlier one; returns the number of pages. Raises CourseError."""
    if output.exists() and any(output.iterdir()) and not (output / "index.html").exists():
        raise CourseError(f"{output} holds other things than a site. Name another folder: --output FOLDER.")
    for language in languages:
        if not (folder_of(language) / "README.md").exists():
            raise CourseError(f"There is no translation “{language}”.")
    shutil.rmtree(output, ignore_errors=True)
    shutil.copytree(HERE / "live", output)
    vendor(output)
    models(output, smollm2=smollm2)
    site = {source: place for language in languages for source, place in places(language).items()}
    with tempfile.TemporaryDirectory(prefix="course-site-") as scratch:
        copy = Path(scratch, "course")
        if run:
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*IGNORED))
        for language in languages:
            write_sources(language, Path(scratch, language), site, copy if run else None)
            sphinx(Path(scratch, language), output / language, language, languages)
    return len(site) + 1


def folder_of(language: str) -> Path:
    """Where README.md and notebooks/ of a language lie."""
    return ROOT if language == "en" else ROOT / "translations" / language


def places(language: str) -> dict[str, str]:
    """By its path in the course, where each page of a language stands in the site."""
    folder = folder_of(language)
    files = sorted([*folder.glob("notebooks/*.ipynb"), *folder.glob("notebooks/*.md")])
    inside = {file: f"{language}/notebooks/{file.stem}.html" for file in files}
    inside[folder / "README.md"] = f"{language}/index.html"
    return {file.relative_to(ROOT).as_posix(): place for file, place in inside.items()}


def say_in(language: str, english: str) -> str:
    """A text of this module in the language of a page, which is not that of the command."""
    file = ROOT / "translations" / language / "phrases.json"
    return json.loads(file.read_text(encoding="utf-8"))["texts"].get(english, english) if file.exists() else english


def write_sources(language: str, folder: Path, site: dict[str, str], copy: Path | None) -> None:
    """Put what Sphinx makes pages of into a folder; the notebooks are run in `copy` first, unless that is None."""
    own, pictures = places(language), set()
    for source, place in own.items():
        file = ROOT / source
        target = folder / PurePosixPath(place).relative_to(language).with_suffix(file.suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        rewrite = functools.partial(pages.linked, file=file, site=site, pictures=pictures)
        if file.suffix == ".ipynb":
            notebook = pages.executed(file, copy, language) if copy else nbformat.read(file, as_version=4)
            text = pages.page(notebook, rewrite, bool(copy), functools.partial(say_in, language))
        else:
            text = rewrite(file.read_text(encoding="utf-8"))
        if file.name == "README.md":
            names = [str(PurePosixPath(each).relative_to(language).with_suffix("")) for each in own.values()]
            text += "\n".join(["\n\n```{toctree}", ":hidden:", *(name for name in names if name != "index"), "```\n"])
        target.write_text(text, encoding="utf-8")
    for picture in pictures:
        target = folder / picture.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, target)


def sphinx(source: Path, target: Path, language: str, languages: list[str]) -> None:
    """Make HTML. A warning of Sphinx is a fault of ours: raises CourseError with all of them."""
    title = (source / "index.md").read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
    settings = data(__file__, "theme/settings.json", translated=False)
    settings |= {"language": language, "project": title, "html_title": title}
    settings |= {"templates_path": [str(HERE / "theme")], "html_static_path": [str(HERE / "theme" / "course.css")]}

    others = [
        {"code": other, "name": Locale.parse(other).get_language_name(other), "pages": list(places(other).values())}
        for other in languages
        if other != language
    ]
    settings["html_context"] = {"others": others, "model": say_in(language, "A model in the page")}
    (source / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (source / "conf.py").write_text(CONF, encoding="utf-8")
    made = source.with_name("made") / language  # MyST-NB writes beside it, too
    command = [sys.executable, "-m", "sphinx", "-q", "--fail-on-warning", "--keep-going", source, made]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    if run.returncode:
        raise CourseError(f"Sphinx complains about the pages ({language}):\n{run.stdout}")
    shutil.move(made, target)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files, with the two headers without which a browser gives WebAssembly one thread."""

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_) -> None:
        """Say nothing: a page is dozens of files."""


def server(folder: Path, port: int = 0) -> http.server.ThreadingHTTPServer:
    """A web server of the folder, for this computer alone; 0 takes a free port. Raises CourseError if it is taken."""
    handler = functools.partial(Handler, directory=os.fspath(folder))
    try:
        return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise CourseError(f"Port {port} is not free ({error}). Name another: --port NUMBER.") from None
