"""The views of notebook 01: sizes in powers of ten, masks of attention, and a voice."""

import wave
from io import BytesIO

import numpy as np
import pytest

from course_utils import CourseError, show
from course_utils.phi import facts
from course_utils.show import voice


def test_sizes_hatch_a_rumour_and_trace_every_figure():
    rows = {name: facts.figure(name, "parameters") for name in ("phi-3.5-mini", "gpt-4")}
    view = show.sizes({"pico-mini": 2_164_416, **rows}, "Parameters")
    assert "pico-mini: 2.16 M, counted here" in view.text() and "gpt-4: 1.76 T, a rumour [2]" in view.text()
    assert "data:image/svg+xml" in view.html() and view.html().count("<li>") == 2
    assert "RUMOUR" in view.trace() and "never confirmed" in view.trace()
    bars = view.figure.axes[0].patches
    assert [bar.get_hatch() for bar in bars] == [None, None, "////"]


@pytest.mark.parametrize("rows", [{}, {"a": 0}, {"a": "large"}, {"a": facts.figure("phi-4", "licence")}])
def test_a_size_is_a_number_above_zero(rows):
    with pytest.raises(CourseError, match="size|models"):
        show.sizes(rows)


def test_masks_count_their_pairs():
    causal = np.tril(np.ones((5, 5), dtype=bool))
    view = show.masks({"causal": causal, "both ways": np.ones((5, 5), dtype=bool)})
    assert "causal: 15 of 25 pairs" in view.text() and "both ways: 25 of 25 pairs" in view.text()
    assert "x....\nxx..." in view.text() and 'alt="Grids of squares' in view.html()


def test_panels_may_share_a_scale():
    columns = {"small": [84, 20], "large": [13, 40]}
    ends = [axes.get_xlim() for axes in show.panels(["a", "b"], columns, most=100).figure.axes]
    assert ends == [(0, 120), (0, 120)]
    own = [axes.get_xlim()[1] for axes in show.panels(["a", "b"], columns).figure.axes]
    assert own[0] > 84 and 40 < own[1] < 84


def test_a_mask_may_be_narrow():
    head, own, shared = np.arange(6)[:, None], np.arange(6), np.arange(2)
    view = show.masks({"full": head == own, "grouped": head // 3 == shared}, rows="head that looks")
    assert "full: 6 of 36 pairs" in view.text() and "grouped: 6 of 12 pairs\nx.\nx.\nx.\n.x" in view.text()
    assert "a row for the head that looks" in view.html()
    wide, narrow = (axes.get_xlim() for axes in view.figure.axes)
    assert wide == (-0.5, 5.5) and narrow == (-0.5, 1.5)


@pytest.mark.parametrize(
    "named", [{}, {"a": np.ones(3)}, {"a": np.ones((2, 0))}, {"a": np.ones((2, 2)), "b": np.ones((3, 3))}]
)
def test_a_mask_has_rows_and_columns(named):
    with pytest.raises(CourseError, match="mask"):
        show.masks(named)


def test_without_a_voice_the_text_says_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    view = show.speak("A quiet <answer>.")
    assert view.sound is None and view.text().startswith("A quiet <answer>.\n(No voice here. ")
    assert "&lt;answer&gt;" in view.html() and "<audio" not in view.html()


@pytest.mark.skipif(voice.spoken("Hello.") is None, reason="no voice is installed on this computer")
def test_a_voice_reads_any_text_and_runs_none_of_it(tmp_path):
    file = tmp_path / "harm"
    view = show.speak(f"Hello $(touch {file}) `touch {file}`; touch {file} & --version. Päivää!")
    assert not file.exists() and "<audio controls" in view.html()
    with wave.open(BytesIO(view.sound)) as sound:
        assert sound.getnframes() > sound.getframerate()  # more than a second


def test_nothing_cannot_be_read_aloud():
    for text in ("", "  ", None):
        with pytest.raises(CourseError, match="nothing to read aloud"):
            show.speak(text)
