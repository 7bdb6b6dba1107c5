"""The badges of README and the notebooks, and the cell that fetches the course on Google Colab, from one address.

`python tests/badges.py` writes them from `[project.urls]` in pyproject.toml, in English and in all translations;
`python tests/badges.py OWNER/REPO` writes that address there first, as .github/workflows/address.yml does once a copy
is pushed. `--check` writes nothing and ends with 1 where something is not as it would be written.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

ROOT = Path(__file__).parents[1]
HOST = "https://github.com/"
PLACEHOLDER = "YOUR_NAME/YOUR_COPY"  # nobody can own it: an underscore is not allowed in an owner's name there
OWNER_REPO = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")
FIRST = "notebooks/00_start_here.ipynb"  # what the badges of README open
SERVICES = {
    "binder": ("Open in Binder", "https://mybinder.org/v2/gh/{repo}/HEAD?urlpath=lab/tree/{page}"),
    "codespaces": ("Open in Codespaces", "https://codespaces.new/{repo}"),
    "colab": ("Open in Colab", "https://colab.research.google.com/github/{repo}/blob/HEAD/{page}"),
}
BEFORE = [
    HOST,
    *(address.partition("{repo}")[0] for _, address in SERVICES.values()),
]  # what an address is written after
COMMENT = "Google Colab has this notebook alone: there, this cell fetches the rest. Anywhere else it does nothing."
FAILED = "{address} cannot be fetched. YOUR_NAME in it: this copy has no address yet."
CELL = f"""\
# {COMMENT}
import os
import sys

if "google.colab" in sys.modules:
    address = "{HOST}REPO"
    if os.system(f"test -d ~/course || git clone --quiet --depth 1 {{address}} ~/course"):
        sys.exit(f"{FAILED}")
    os.chdir(os.environ["HOME"] + "/course")
    from course_utils.setup import colab

    colab.prepare()"""


def repository() -> str:
    """OWNER/REPO, as pyproject.toml says."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["urls"]["Repository"].removeprefix(HOST)


def badges(repo: str, page: str, images: str) -> str:
    """One line of HTML: it has no words to translate, and JupyterLab, GitHub and the site all show it."""
    links = (
        f'<a href="{address.format(repo=repo, page=page)}"><img src="{images}/badge_{name}.svg" alt="{alt}"></a>'
        for name, (alt, address) in SERVICES.items()
    )
    return " ".join(links)


def notebook(path: Path, repo: str) -> str:
    """A notebook with its two cells, made or brought up to date; the one for Colab stands before all other code."""
    node, number = nbformat.read(path, as_version=4), path.name[:2]
    line = new_markdown_cell(badges(repo, f"notebooks/{path.name}", "../images"), id=f"{number}-badges")
    fetch = new_code_cell(CELL.replace("REPO", repo), id=f"{number}-elsewhere")
    fetch.metadata = nbformat.from_dict({"tags": ["elsewhere"], "translate": [COMMENT, FAILED]})
    title, *others = [cell for cell in node.cells if cell.id not in (line.id, fetch.id)]
    first = next(at for at, cell in enumerate(others) if cell.cell_type == "code")
    node.cells = [title, line, *others[:first], fetch, *others[first:]]
    return nbformat.writes(node).rstrip("\n") + "\n"


def files(repo: str) -> dict[Path, str]:
    """The text of every file that names the address, as it is to be."""
    found = {path: notebook(path, repo) for path in sorted(ROOT.glob("notebooks/*.ipynb"))}
    old = rf"({'|'.join(map(re.escape, BEFORE))}){re.escape(repository())}(?![\w.-])"
    pages = ("pyproject.toml", "README.md", "translations/*/README.md", "translations/*/notebooks/*.ipynb")
    for path in sorted(path for page in pages for path in ROOT.glob(page)):
        found[path] = re.sub(old, rf"\g<1>{repo}", path.read_text(encoding="utf-8"))
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", nargs="?", default=repository(), metavar="OWNER/REPO")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    if options.repository != PLACEHOLDER and not OWNER_REPO.fullmatch(options.repository):
        parser.error(f"{options.repository} is no OWNER/REPO of GitHub.")
    changed = {
        path: text for path, text in files(options.repository).items() if path.read_text(encoding="utf-8") != text
    }
    for path, text in changed.items():
        print(path.relative_to(ROOT).as_posix(), "differs" if options.check else "written")
        if not options.check:
            path.write_text(text, encoding="utf-8", newline="\n")
    return 1 if changed and options.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
