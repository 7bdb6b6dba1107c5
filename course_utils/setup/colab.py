"""Google Colab, which opens a notebook alone: the first cell of each fetches the course and calls `prepare`."""

import importlib
import os
import sys
import tempfile
from pathlib import Path

from course_utils.base import ROOT
from course_utils.setup import environment, fetching, minilm, smollm2
from course_utils.setup.installer import pip_install, say

STAYS = ("torch", "ipython", "ipywidgets")  # the kernel and the page depend on them
OURS = ("transformers", "tokenizers", "huggingface_hub")  # with Transformers 5.15, notebook 04 stops


def prepare() -> None:
    """Install what is missing or of another first number, fetch the models, go to the notebooks. Raises CourseError."""
    python, pins = Path(sys.executable), environment.pins()
    has = {name: version for name in pins if (version := environment.installed(name, python))}
    fits = {name for name in has if name not in OURS and has[name].split(".")[0] == pins[name].split(".")[0]}
    kept = [name for name in has if name in STAYS or name in fits or has[name] == pins[name]]
    missing = [f"{name}=={pins[name]}" for name in pins if name not in kept and not name.startswith("jupyterlab")]
    say(f"Google Colab has {len(kept)} of the course's packages, which stay as they are; {len(missing)} are missing.")
    if missing:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "kept.txt").write_text("\n".join(f"{name}=={has[name]}" for name in kept), encoding="utf-8")
            pip_install(python, ["-c", str(Path(folder, "kept.txt")), *missing])
    if fetching.wanted() and not (smollm2.ready() and minilm.ready()):
        environment.prepare_models(python)
    importlib.invalidate_caches()  # this kernel looked for the packages before they came
    try:  # widgets that are not Colab's own, such as the sheet to draw on, with code from its server
        importlib.import_module("google.colab.output").enable_custom_widget_manager()
    except (ImportError, AttributeError, ValueError):
        say("Colab shows no sheet to draw on here. In notebook 07, open a picture, or call the sheet's `shape`.")
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT / "notebooks")
