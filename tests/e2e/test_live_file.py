"""The Live page with recordings: dropped in, heard at full speed, read off, clicked and heard; and bad ones."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
import soundfile

from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.e2e.conftest import View

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e live")]

RATE_HZ = 16_000
FILES = "/live?live_way=Recording+or+file"
# A player may have ended before a busy machine asks whether it plays: it is remembered where it was heard.
LISTEN = """
window.heard = [];
document.addEventListener('timeupdate', (event) => window.heard.push(event.target.currentTime), true);
const listen = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (how) {
    const root = listen.call(this, how);
    root.addEventListener('timeupdate', (event) => window.heard.push(event.target.currentTime), true);
    return root;
};
"""


@pytest.fixture(scope="module")
def talk(demo_store: Path) -> NDArray[np.float32]:
    """A woman of the demo, two seconds of silence, a man."""
    current = Store(demo_store).current()
    assert current is not None
    with Reader(current.path) as reader:
        clips, roots = reader.clips("demo_voices"), reader.datasets().set_index("dataset")["path"]
    parts = [np.zeros(RATE_HZ, np.float32)]
    for sex in ("female", "male"):
        own = clips[clips["sex"] == sex]
        own = own.loc[own["speaker"] == own["speaker"].iloc[0], "relative_path"][:3]
        read = [soundfile.read(Path(roots["demo_voices"]) / one, dtype="float32") for one in own]
        assert {rate_hz for _, rate_hz in read} == {RATE_HZ}
        parts += [*(samples for samples, _ in read), np.zeros(2 * RATE_HZ, np.float32)]
    return np.concatenate(parts)


def encoded(samples: NDArray[np.float32], container: str, codec: str) -> bytes:
    """As a phone or a browser would record it, at 48 kHz."""
    made = io.BytesIO()
    with av.open(made, "w", format=container) as out:
        stream = out.add_stream(codec, rate=48_000, layout="mono")
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=48_000, frame_size=960)
        frame = av.AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
        frame.sample_rate = RATE_HZ
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return made.getvalue()


def test_a_webm_becomes_a_time_line_that_is_clicked_and_heard(
    open_view: Callable[..., View], talk: NDArray[np.float32]
) -> None:
    view = open_view()
    view.page.add_init_script(LISTEN)
    view.open(FILES)
    view.drop("talk.webm", encoded(talk, "webm", "libopus"))
    rows = view.page.locator("tr[data-at]")
    rows.first.wait_for(timeout=60_000)
    told = rows.all_inner_texts()
    women = [at for at, text in enumerate(told) if "female-like voice" in text]
    men = [at for at, text in enumerate(told) if "male-like voice" in text and at not in women]
    assert women and men and max(women) < min(men)
    assert "no speech" in told[0] and any("pause" in told[at] for at in men)
    row = rows.nth(men[0])
    from_s = float(str(row.get_attribute("data-at")))
    row.click()
    view.page.wait_for_function("from => window.heard.some(at => at > from)", arg=from_s, timeout=30_000)
    view.page.get_by_text("Something is wrong").click()
    view.page.get_by_role("radio", name="female-like voice").click()
    view.page.get_by_role("button", name="Keep this correction").click()
    view.page.get_by_text("You have corrected 1 decision.").wait_for()
    assert not view.look()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("notes.wav", b"This is no sound but a letter.\n" * 40, "can read it"),
        ("empty.mp3", b"", "empty"),
        ("cut.flac", b"fLaC" + bytes(200), "can read it"),
    ],
)
def test_what_is_no_recording_gets_a_word_and_the_page_goes_on(
    open_view: Callable[..., View], talk: NDArray[np.float32], name: str, data: bytes, said: str
) -> None:
    view = open_view()
    view.open(FILES)
    view.drop(name, data)
    words = view.page.locator('[data-testid="stAlertContentWarning"]').first
    words.wait_for(timeout=30_000)
    assert said in words.inner_text() and name in words.inner_text()
    wav = io.BytesIO()
    soundfile.write(wav, talk[: 4 * RATE_HZ], RATE_HZ, format="WAV")
    view.drop("talk.wav", wav.getvalue())
    view.page.locator("tr[data-at]").first.wait_for(timeout=60_000)
    assert not view.look()
