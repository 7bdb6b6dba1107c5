"""`python -m course_utils translate`: keeps the translations up to the English. Guide: translations/README.md."""

import argparse
import json

from course_utils.base import CourseError
from course_utils.language import FOLDER


def main(arguments: list[str]) -> int:
    """Run one of --update, --build and --check; the exit status is 0 where nothing has to be mended."""
    from . import build, catalogues, check

    def write(language: str) -> list[str]:
        wanted = build.build(language)
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        return [f"{len(wanted)} files written to {FOLDER.name}/{language}"]

    parser = argparse.ArgumentParser(prog="python -m course_utils translate", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    for name, run, about in (
        ("--update", catalogues.update, "bring the catalogues up to the English texts"),
        ("--build", write, "write the pages from the catalogues"),
        ("--check", check.faults, "say what has to be mended"),
    ):
        what.add_argument(name, dest="run", action="store_const", const=run, help=about)
    parser.add_argument("languages", nargs="*", metavar="LANG", help="such as fi; without it, all")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    options = parser.parse_args(arguments)
    try:
        said = {language: options.run(language) for language in options.languages or catalogues.languages()}
    except CourseError as error:
        print(json.dumps({"error": str(error)}) if options.json else error)
        return 1
    lines = [f"{language}: {line}" for language, lines in said.items() for line in lines or ["all is well"]]
    print(json.dumps(said, ensure_ascii=False) if options.json else "\n".join(lines))
    return int(options.run is check.faults and any(said.values()))
