"""The later notebooks in JupyterLab and a real browser: in a file of their own, so that two workers share them all."""

from __future__ import annotations

import pytest
from browser import visit_notebook

pytestmark = pytest.mark.timeout(2400)  # a whole notebook is one test, and the machine may be busy
LATER = ("06_onnx_genai", "07_vision_and_moe", "08_build_your_own_slm", "09_other_runtimes", "10_capstone")


@pytest.mark.parametrize("notebook", LATER)
def test_a_learner_uses_the_notebook(notebook, lab, browser):
    visit_notebook(notebook, lab, browser)
