"""`python -m course_utils site`: the course as a folder of pages that any web server can show.

On the front page a model runs (`live/`). The notebooks, executed, are made into pages by Sphinx with MyST-NB, which
come whole from pip; Jupyter Book 2 needs Node.js, and fetches its theme from GitHub while it builds. No page asks
another host for anything.
"""

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
from babel.messages import Catalog, pofile

from course_utils.base import ROOT, CourseError, data
from course_utils.setup import programs
from course_utils.setup.installer import say
from notebooks.web import pages
from notebooks.web.models import models
from notebooks.web.vendor import vendor

HERE = Path(__file__).parent
IGNORED = shutil.ignore_patterns(".git", ".venv", ".cache", "__pycache__", "_site", "node_modules")


def main(arguments: list[str] | None = None) -> int:
    """Build the site, and serve it if that is asked for. The exit status is 0 when all went well."""
    parser = argparse.ArgumentParser(prog="python -m course_utils site", description="Build the course's web site.")
    parser.add_argument("--output", type=Path, default=Path("_site"), help="the folder to make (default: _site)")
    parser.add_argument("--languages", nargs="+", default=["en", "fi"], help="of the notebooks (default: en fi)")
    parser.add_argument("--without", choices=["smollm2"], help="leave SmolLM2's file (139 MB) out of the site")
    parser.add_argument("--without-running", action="store_true", help="show the notebooks without outputs")
    parser.add_argument("--serve", action="store_true", help="then show it on this computer, until Ctrl+C")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    options = parser.parse_args(arguments)
    try:
        result = build(options.output, options.languages, None if options.without_running else "", not options.without)
        say("The site is in {folder}: {pages} pages, {bytes:,} bytes.".format(**result))
        with server(options.output, programs.free_port(None) if options.serve else 0) as serving:
            result |= {"url": f"http://127.0.0.1:{serving.server_port}/"} if options.serve else {}
            if options.json:
                print(json.dumps(result), flush=True)  # at once: the command goes on
            if options.serve:
                say(f"It is open at\n  {result['url']}\nStop it with Ctrl+C.")
                serving.serve_forever()
    except CourseError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def build(output: Path, languages: list[str], run: str | None = "", smollm2: bool = True) -> dict:
    """Make the site in a folder, in place of an earlier one. Notebooks that `run` begins, as in en/00, are executed.

    Returns its "folder", and how many "pages" and "bytes" it has. Raises CourseError.
    """
    if output.exists() and any(output.iterdir()) and not (output / "index.html").exists():
        raise CourseError(f"{output} holds other things than a site. Name another folder: --output FOLDER.")
    if missing := [language for language in languages if not (folder_of(language) / "README.md").exists()]:
        raise CourseError(f"There is no translation “{missing[0]}”.")
    shutil.rmtree(output, ignore_errors=True)
    shutil.copytree(HERE / "live", output)
    vendor(output)
    models(output, smollm2=smollm2)
    for language in languages:
        words = data(__file__, "live/words.json", translated=False).items()
        text = json.dumps({name: in_language(language, word) for name, word in words}, ensure_ascii=False)
        (output / f"words.{language}.json").write_text(text, encoding="utf-8")
    site = {source: place for language in languages for source, place in places(language).items()}
    with tempfile.TemporaryDirectory(prefix="course-site-") as scratch:
        if run is not None:
            shutil.copytree(ROOT, Path(scratch, "course"), ignore=IGNORED)
        for language in languages:
            write_sources(language, Path(scratch), site, run)
            sphinx(Path(scratch, language), output / language, language, languages)
    size = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
    return {"folder": str(output.resolve()), "pages": len(list(output.rglob("*.html"))), "bytes": size}


def folder_of(language: str) -> Path:
    """Where README.md and notebooks/ of a language lie."""
    return ROOT if language == "en" else ROOT / "translations" / language


def places(language: str) -> dict[str, str]:
    """By its path in the course, where each page of a language stands in the site."""
    files = [file for kind in ("ipynb", "md") for file in sorted(folder_of(language).glob(f"notebooks/*.{kind}"))]
    inside = {folder_of(language) / "README.md": "index"} | {file: f"notebooks/{file.stem}" for file in files}
    return {file.relative_to(ROOT).as_posix(): f"{language}/{name}.html" for file, name in inside.items()}


def in_language(language: str, english: str) -> str:
    """A text of this room in the language of a page, which need not be that of the command."""
    file = folder_of(language) / "phrases.json"
    return json.loads(file.read_text(encoding="utf-8"))["texts"].get(english, english) if file.exists() else english


def write_sources(language: str, scratch: Path, site: dict[str, str], run: str | None) -> None:
    """Write what Sphinx makes pages of to a folder of `scratch`; notebooks are run in the copy of the course there."""
    pictures, translate = set(), functools.partial(in_language, language)
    for source, place in places(language).items():
        file, target = ROOT / source, (scratch / place).with_suffix(Path(source).suffix)
        rewrite = functools.partial(pages.linked, file=file, site=site, pictures=pictures)
        if file.suffix == ".ipynb":
            ran = run is not None and f"{language}/{file.name}".startswith(run)
            notebook = pages.executed(file, scratch / "course", language) if ran else nbformat.read(file, as_version=4)
            text = pages.page(notebook, rewrite, ran, translate)
        else:
            text = rewrite(file.read_text(encoding="utf-8"))
        if target.stem == "index":
            names = [
                str(PurePosixPath(each).relative_to(language).with_suffix("")) for each in places(language).values()
            ]
            text += "\n".join(["\n\n```{toctree}", ":hidden:", *names[1:], "```\n"])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for picture in pictures:
        target = scratch / language / picture.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, target)


def sphinx(source: Path, target: Path, language: str, languages: list[str]) -> None:
    """Make HTML. A warning of Sphinx is a fault of ours: raises CourseError with all of them."""
    title = (source / "index.md").read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
    others = [
        {"code": code, "name": Locale.parse(code).get_language_name(code), "pages": list(places(code).values())}
        for code in languages
        if code != language
    ]
    settings = data(__file__, "theme/settings.json", translated=False)
    settings |= {"language": language, "project": title, "html_title": title, "templates_path": [str(HERE / "theme")]}
    settings |= {"locale_dirs": [str(interface(source / "locales", language))]}
    settings |= {"html_static_path": [str(HERE / "theme/course.css")], "html_favicon": str(HERE / "theme/favicon.svg")}
    settings["html_context"] |= {"others": others, "model": in_language(language, "Live model")}
    lines = [f"{name} = {value!r}\n" for name, value in settings.items()]
    (source / "conf.py").write_text("".join(lines), encoding="utf-8")
    made = source.parent / "made" / language  # and not the target: MyST-NB writes beside it, too
    command = [sys.executable, "-m", "sphinx", "-q", "--fail-on-warning", "--keep-going", source, made]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    if run.returncode:
        raise CourseError(f"Sphinx complains about the pages ({language}):\n{run.stdout}")
    shutil.move(made, target)


def interface(locales: Path, language: str) -> Path:
    """The folder of what Sphinx and its theme say around the pages, in our words.

    Sphinx's own for a language have gaps, and count what a search has found with true and false in the place of
    numbers, at which its script stops.
    """
    words = data(__file__, "theme/words.json", translated=False)
    texts = {text: in_language(language, text) for part in words.values() for text in part}
    texts = {english: own for english, own in texts.items() if own != english}
    folder = locales / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    ours = Catalog(language)
    for english, own in texts.items():
        ours.add(english, own)
    with (folder / "sphinx.po").open("wb") as file:
        pofile.write_po(file, ours)
    messages = texts | {words["found"][0]: [texts.get(text, text) for text in words["found"]]}
    catalogue = {"locale": language, "messages": messages, "plural_expr": "n === 1 ? 0 : 1"}
    (folder / "sphinx.js").write_text(f"Documentation.addTranslations({json.dumps(catalogue)});", encoding="utf-8")
    return locales


class _Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_) -> None:
        """A page is dozens of files."""


def server(folder: Path, port: int = 0) -> http.server.ThreadingHTTPServer:
    """A web server for this computer alone, with the headers without which WebAssembly gets no threads."""
    return http.server.ThreadingHTTPServer(
        ("127.0.0.1", port), functools.partial(_Handler, directory=os.fspath(folder))
    )
