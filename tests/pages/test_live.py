"""The Live page without a browser: what it shows of a session, and what it says where something is missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from app.cache import tables
from app.live import corrections, webrtc
from app.live.frame_queue import FrameQueue
from app.live.session import LiveSession
from app.live.webrtc import SILENT_S, Connection, SessionAudioSink
from models.decisions import State
from models.stream import VoiceStream
from models.vad import Silero
from pipeline.networks.in_use import VoiceCardError
from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from tests.pages.conftest import Page

ON = Connection(playing=True, signalling=False)


class Clock:
    """Stands still until it is set."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def voice(demo_store: Path) -> tuple[np.ndarray, int]:
    """A woman of the demo says some sentences."""
    current = Store(demo_store).current()
    assert current is not None
    with Reader(current.path) as reader:
        clips, root = reader.clips("demo_voices"), reader.datasets().set_index("dataset")["path"]
    own = clips[clips["sex"] == "female"]
    own = own[own["speaker"] == own["speaker"].iloc[0]]
    files = [Path(root["demo_voices"]) / one for one in own["relative_path"][:4]]
    read = [soundfile.read(file, dtype="float32") for file in files]
    return np.concatenate([samples for samples, _ in read])[: 7 * read[0][1]], read[0][1]


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[Callable[[Connection], SessionAudioSink]]:
    """``sink(connection)``: what the page hears by, without WebRTC; on a clock that stands still."""
    made: list[SessionAudioSink] = []

    def connected(connection: Connection) -> SessionAudioSink:
        def session() -> LiveSession:
            queue = FrameQueue(max_frames=1_000, max_bytes=2**28, clock=clock)
            return LiveSession(VoiceStream(tables.voice_model(), Silero()), queue=queue, clock=clock)

        own = SessionAudioSink(session)
        made.append(own)
        monkeypatch.setattr(webrtc, "connect", lambda make, clean_up: (connection, own))
        return own

    yield connected
    for one in made:
        if one.session is not None:
            one.session.close()


def speak(sink: SessionAudioSink, sound: np.ndarray, rate_hz: int) -> None:
    """Push a sound into a new session, and wait until it was heard."""
    sink.begin()
    assert sink.session is not None
    for start in range(0, len(sound), rate_hz // 50):
        sink.session.push(sound[start : start + rate_hz // 50], rate_hz)
    ends, due_s = time.monotonic() + 60, len(sound) / rate_hz - 0.6
    while not (recent := sink.session.state().recent) or recent[-1].time_s < due_s:
        assert time.monotonic() < ends, "it was not heard"
        time.sleep(0.01)


def test_before_the_microphone_is_on_the_page_says_what_to_do(
    open_page: Callable[..., Page], demo_store: Path
) -> None:
    page = open_page(demo_store, "live").sound()
    assert "allow the microphone" in page.text and "Nothing is stored" in page.text
    assert "Speak for a second" in page.text


def test_a_voice_is_shown_named_on_the_map_and_timed(
    open_page: Callable[..., Page],
    demo_store: Path,
    drawn: dict[str, dict[str, Any]],
    sink: Callable[[Connection], SessionAudioSink],
    voice: tuple[np.ndarray, int],
) -> None:
    open_page(demo_store, "home")  # from here on the store is that one
    speak(sink(ON), *voice)
    page = open_page(demo_store, "live").sound()
    sure_from = tables.voice_parameters().sure_from
    assert drawn["monitor"]["state"] == State.FEMALE and drawn["monitor"]["probability"] >= sure_from
    assert drawn["monitor"]["sure_from"] == sure_from
    (trail,) = drawn["cloud"]["trails"]
    assert len(trail) > 5 and np.abs(trail).max() < 3  # among the sentences, not somewhere
    shares = page.at.dataframe[0].value.set_index("state")["share"]
    assert shares[State.FEMALE] > 0.4 and shares[State.MALE] == 0
    latency = page.at.dataframe[1].value.set_index("step")
    assert latency.loc["network", "decisions"] > 10 and latency.loc["network", "median (ms)"] > 0
    assert "All 5 are 'female'" in page.text


def test_a_decision_is_corrected_listed_and_forgotten(
    open_page: Callable[..., Page],
    demo_store: Path,
    sink: Callable[[Connection], SessionAudioSink],
    voice: tuple[np.ndarray, int],
) -> None:
    open_page(demo_store, "home")
    speak(sink(ON), *voice)
    page = open_page(demo_store, "live").sound()
    page.box("That's wrong").click().run()
    (choice,) = [one for one in page.at.get("button_group") if str(one.label).startswith("At ")]
    assert list(choice.options) == [str(one) for one in corrections.others(State.FEMALE)]
    choice.set_value(State.MALE).run()
    page.sound()
    assert "You have corrected 1 decision." in page.text
    (kept,) = page.at.session_state[corrections.KEY]
    assert (kept.predicted, kept.should) == (State.FEMALE, State.MALE) and len(kept.sound) == 48_000
    page.box("Delete them").click().run()
    assert "Corrections" not in page.text and page.at.session_state[corrections.KEY] == []


def test_without_sound_for_ten_seconds_the_page_says_what_to_try(
    open_page: Callable[..., Page],
    demo_store: Path,
    sink: Callable[[Connection], SessionAudioSink],
    clock: Clock,
) -> None:
    own = sink(ON)
    own.begin()
    clock.now_s += SILENT_S - 1
    assert "finding each other" in open_page(demo_store, "live").sound().text
    clock.now_s += 2
    assert "firewall" in open_page(demo_store, "live").sound().text
    assert own.session is not None
    own.session.push(np.zeros(960, np.int16), 48_000)
    assert "firewall" not in open_page(demo_store, "live").sound().text
    clock.now_s += SILENT_S
    assert "unplugged" in open_page(demo_store, "live").sound().text


def test_a_session_that_failed_says_so_and_the_page_goes_on(
    open_page: Callable[..., Page], demo_store: Path, sink: Callable[[Connection], SessionAudioSink]
) -> None:
    own = sink(ON)
    own.begin()
    assert own.session is not None
    own.session.end("Listening stopped because of an error: it broke.")
    page = open_page(demo_store, "live")
    assert "it broke" in page.text and "Listen to" in [one.label for one in page.at.get("button_group")]


def test_a_store_without_speech_says_what_the_map_needs(
    open_page: Callable[..., Page], tones_store: Path
) -> None:
    assert "collection of speech" in open_page(tones_store, "live").sound().text


def test_without_a_network_the_page_says_so(
    open_page: Callable[..., Page], demo_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> None:
        raise VoiceCardError("The weights are damaged; expected a whole network. Install the program again.")

    monkeypatch.setattr(tables, "voice_card", none)
    assert "Install the program again" in open_page(demo_store, "live").text


def test_an_empty_store_keeps_nobody_from_speaking(
    open_page: Callable[..., Page],
    tmp_path: Path,
    sink: Callable[[Connection], SessionAudioSink],
    drawn: dict[str, dict[str, Any]],
    voice: tuple[np.ndarray, int],
) -> None:
    open_page(tmp_path / "nothing", "home")
    speak(sink(ON), *voice)
    page = open_page(tmp_path / "nothing", "live").sound()
    assert drawn["monitor"]["state"] == State.FEMALE and "collection of speech" in page.text
