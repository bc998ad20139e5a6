"""The stage that listens: what lacks a vector and nothing else, on and on after a kill, with a word on what it could
not hear."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from models.voice_card import NETWORK
from pipeline.networks import embedding, voice_embedder
from pipeline.networks.embedding import ClipFile, Embedded, EmbeddingFailure
from pipeline.runtime import events, stop
from store.reader import Reader

RATE_HZ = 16_000


@pytest.fixture
def embedded_ids(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The clips that the network listens to, in their order."""
    ids: list[str] = []
    real = voice_embedder.VoiceEmbedder.embed

    def embed(embedder: voice_embedder.VoiceEmbedder, files: dict[str, ClipFile]) -> Embedded:
        ids.extend(files)
        return real(embedder, files)

    monkeypatch.setattr(voice_embedder.VoiceEmbedder, "embed", embed)
    return ids


@pytest.fixture
def embedded(built, embedded_ids):
    """A builder that has built the hums; ``embedded_ids`` begins after that."""
    embedded_ids.clear()
    return built


def reading(builder) -> Reader:
    return Reader(builder.store.current().path)


def vectors(builder) -> dict[str, np.ndarray]:
    with reading(builder) as reader:
        matrix = reader.matrix(None, "ecapa")
    return dict(zip(matrix.clip_ids, matrix.values, strict=True))


def gaps(builder, dataset: str = "hums") -> list[str]:
    with reading(builder) as reader:
        found = reader.experiment_gaps(dataset)
    return list(found[found["what"] == "The view ecapa"]["reason"])


def test_every_clip_of_speech_gets_the_vector_that_the_network_gives(
    builder, shipped, hums, embedded_ids
) -> None:
    done = builder(f"folder={hums.root}")
    assert len(embedded_ids) == 8 and done.vectors_computed == 3 * 8  # two views beside it
    found, model = vectors(builder), shipped.model
    assert set(found) == {f"hums/{name}" for name in hums.rows}
    for name in hums.rows:
        samples, _ = soundfile.read(hums.root / name, dtype="float32")
        np.testing.assert_allclose(found[f"hums/{name}"], model.predict([samples]).embeddings[0], atol=1e-4)
    said = builder.of(events.StageProgress)
    assert [(event.stage, event.done, event.total) for event in said] == [
        ("embeddings", 0, 8),
        ("embeddings", 8, 8),
    ]
    assert said[-1].dataset == "hums"
    with reading(builder) as reader:
        assert list(reader.views("hums")["learned"]) == [False, False, True]
        (row,) = reader.embeddings().to_dict("records")
        assert (row["view"], row["dataset"], row["clips"]) == ("ecapa", "hums", 8)
    assert not gaps(builder)


def test_a_second_build_embeds_nothing(embedded, embedded_ids) -> None:
    done = embedded()
    assert (done.status, done.vectors_computed, embedded_ids) == ("unchanged", 0, [])
    assert not embedded.of(events.StageProgress)


def test_an_unchanged_build_loads_no_torch(embedded, shipped, repo_root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipeline.build.build import Options, build\n"
        "from pipeline.features import VIEWS; from pipeline.networks import in_use; from store.snapshots import Store\n"
        f"in_use.HOME = Path({str(shipped.path)!r})\n"
        "views = {name: VIEWS[name] for name in ('dynamics', 'spectral')}\n"
        f"done = build(Store(Path({str(embedded.store.root)!r})), {{}}, lambda event: None, "
        "Options(n_jobs=1, analyses=False, views=views))\n"
        "print(done.status, 'torch' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=repo_root, env=os.environ
    )
    assert ran.stdout.split() == ["unchanged", "False"], ran.stderr


def test_only_new_and_changed_clips_are_embedded(embedded, hums, embedded_ids) -> None:
    before = vectors(embedded)
    hums.hum("f3-1.wav", "f3")
    hums.hum("m1-1.wav", "m1", number=7)  # another recording under the old name
    (hums.root / "f1-2.wav").rename(hums.root / "moved.wav")
    hums.rows["moved.wav"] = hums.rows.pop("f1-2.wav")
    (hums.root / "m2-2.wav").unlink()
    del hums.rows["m2-2.wav"]
    hums.table()
    embedded()
    after = vectors(embedded)
    assert sorted(embedded_ids) == ["hums/f3-1.wav", "hums/m1-1.wav"]
    assert set(after) == {f"hums/{name}" for name in hums.rows}
    assert np.abs(after["hums/m1-1.wav"] - before["hums/m1-1.wav"]).max() > 1e-4
    np.testing.assert_array_equal(after["hums/moved.wav"], before["hums/f1-2.wav"])  # the same sound
    np.testing.assert_array_equal(after["hums/f2-1.wav"], before["hums/f2-1.wav"])
    assert embedded().status == "unchanged"


def test_another_label_is_nothing_to_embed(embedded, hums, embedded_ids) -> None:
    hums.rows["f1-1.wav"]["label"] = "X"
    hums.table()
    assert embedded().status == "published" and not embedded_ids and embedded().status == "unchanged"


def test_other_weights_embed_all_again(embedded, own, embedded_ids) -> None:
    before = vectors(embedded)
    own.write(seed=1)
    embedded()
    assert len(embedded_ids) == 8
    after = vectors(embedded)
    assert all(np.abs(after[name] - before[name]).max() > 1e-4 for name in before)
    own.weights.write_bytes(b"damaged")  # back to the shipped one
    embedded()
    again = vectors(embedded)
    assert all(np.abs(again[name] - before[name]).max() < 1e-4 for name in before)
    assert embedded().status == "unchanged"


def test_without_speech_there_is_no_such_view(builder, shipped, hums, esc50, embedded_ids) -> None:
    builder(f"esc50={esc50.root}")
    with reading(builder) as reader:
        assert "ecapa" not in set(reader.views()["view"]) and reader.embeddings().empty
    builder(f"folder={hums.root}")
    assert set(vectors(builder)) == {f"hums/{name}" for name in hums.rows}
    with reading(builder) as reader:
        assert "ecapa" not in set(reader.views("esc50")["view"])
    builder(forget=["hums"])
    with reading(builder) as reader:
        assert "ecapa" not in set(reader.views()["view"]) and reader.embeddings().empty
    assert builder().status == "unchanged"


def test_what_is_speech_no_more_loses_its_vectors(builder, shipped, hums, tmp_path, embedded_ids) -> None:
    other = type(hums)(tmp_path / "others")
    other.hum("f9-1.wav", "f9")
    builder(f"folder={hums.root}", f"folder={other.root}")
    for row in hums.rows.values():
        row["speaker"] = ""
    hums.table()
    embedded_ids.clear()
    builder()
    assert set(vectors(builder)) == {"others/f9-1.wav"} and not embedded_ids
    with reading(builder) as reader:
        assert list(reader.embeddings()["dataset"]) == ["others"]
    assert builder().status == "unchanged"


def test_without_any_network_a_build_goes_on(builder, shipped, hums, caplog) -> None:
    shipped.weights.unlink()
    builder(f"folder={hums.root}")
    with reading(builder) as reader:
        assert list(reader.views()["view"]) == ["dynamics", "spectral"]
        assert reader.experiments("card:gender_ecapa").empty
    assert "Install the program again" in caplog.text
    shipped.write()
    builder()
    assert len(vectors(builder)) == 8


def _bat(path: Path, number: int = 0) -> None:
    """A recording that holds sound for a build, but none below 8 kHz."""
    cry = np.sin(2 * np.pi * (21_000 + number) * np.arange(48_000) / 48_000)
    soundfile.write(path, 0.05 * np.hanning(48_000) * cry, 48_000, subtype="FLOAT")


def test_what_cannot_be_embedded_is_reported_and_left_alone(builder, shipped, hums, embedded_ids) -> None:
    for number in range(4):
        _bat(hums.hum(f"f3-{number}.wav", "f3", number), number)
    done = builder(f"folder={hums.root}")
    assert done.failed == 0 and done.vectors_computed == 2 * 12 + 8
    (reason,) = gaps(builder)
    assert reason.startswith("4 clips have no vector") and "hums/f3-0.wav" in reason and "silence" in reason
    assert reason.endswith("And 1 more.")
    embedded_ids.clear()
    assert builder().status == "unchanged" and not embedded_ids
    hums.hum("f1-9.wav", "f1", 9)  # with the collection, they are tried again
    builder()
    assert len(embedded_ids) == 5 and len(gaps(builder)) == 1
    for number in range(4):
        hums.hum(f"f3-{number}.wav", "f3", number)
    builder()
    assert not gaps(builder) and len(vectors(builder)) == 13 and builder().status == "unchanged"


def test_a_file_in_motion_is_tried_again_by_the_next_build(builder, shipped, hums, monkeypatch) -> None:
    whole = voice_embedder.VoiceEmbedder._read

    def moved(embedder: voice_embedder.VoiceEmbedder, file: ClipFile) -> object:
        return (
            EmbeddingFailure(voice_embedder.MOVED, lasting=False)
            if file.path.name == "f1-1.wav"
            else whole(embedder, file)
        )

    monkeypatch.setattr(voice_embedder.VoiceEmbedder, "_read", moved)
    builder(f"folder={hums.root}")
    assert len(vectors(builder)) == 7 and len(gaps(builder)) == 1
    monkeypatch.setattr(voice_embedder.VoiceEmbedder, "_read", whole)
    assert builder(analyses=True).status == "published"
    assert len(vectors(builder)) == 8 and not gaps(builder)


class KilledError(Exception):
    pass


def test_a_killed_build_goes_on_with_the_others(builder, shipped, hums, embedded_ids, monkeypatch) -> None:
    monkeypatch.setattr(embedding, "BATCH", 3)

    def kill(event: events.Event) -> None:
        if isinstance(event, events.StageProgress) and event.done == 3:
            raise KilledError

    monkeypatch.setattr(builder, "told", _OnEvent(kill))
    with pytest.raises(KilledError):
        builder(f"folder={hums.root}")
    assert builder.store.current() is None and len(embedded_ids) == 3
    monkeypatch.setattr(builder, "told", [])
    builder()
    assert len(embedded_ids) == len(set(embedded_ids)) == 8 and len(vectors(builder)) == 8
    assert builder.of(events.StageProgress)[0].total == 5 and builder.of(events.Started)[0].resumed


class _OnEvent(list):
    """What a builder keeps of events, with somebody who acts on each."""

    def __init__(self, act) -> None:
        super().__init__()
        self.act = act

    def append(self, event: events.Event) -> None:
        super().append(event)
        self.act(event)


def test_a_stop_takes_effect_between_batches(builder, shipped, hums, embedded_ids, monkeypatch) -> None:
    monkeypatch.setattr(embedding, "BATCH", 3)

    def ask(event: events.Event) -> None:
        if isinstance(event, events.StageProgress) and event.done == 3:
            stop._requested.set()

    monkeypatch.setattr(builder, "told", _OnEvent(ask))
    try:
        with pytest.raises(KeyboardInterrupt):
            builder(f"folder={hums.root}")
    finally:
        stop._requested.clear()
    assert len(embedded_ids) == 3


def test_batches_hold_no_more_than_fits() -> None:
    clips = pd.DataFrame({"duration_s": [1.0] * 40 + [100.0, 200.0, 300.0, 500.0]})
    sizes = [len(batch) for batch in embedding._batches(clips)]
    assert sum(sizes) == 44 and sizes == [32, 9, 1, 1, 1]


def test_missing_vectors_are_no_gap_of_an_experiment(builder, shipped, hums) -> None:
    """They are recorded with the vectors, and stay when experiments that are out of date go."""
    _bat(hums.hum("f3-1.wav", "f3"))
    builder.analyses = True
    builder(f"folder={hums.root}", views={})
    with reading(builder) as reader:
        ids = set(reader.experiment_keys()["experiment_id"])
        (row,) = reader.embeddings().to_dict("records")
    assert f"hums.label.sound.{NETWORK}" in ids and not any(one.startswith("hums.ecapa") for one in ids)
    assert (row["clips"], row["missing"]) == (8, 1) and "hums/f3-1.wav" in row["reason"]
    assert builder(views={}).status == "unchanged" and len(gaps(builder)) == 1


def test_lent_vectors_are_those_of_the_same_sound(embedded, hums, tmp_path, embedded_ids) -> None:
    other = type(hums)(tmp_path / "copies")
    other.hum("f1-1.wav", "f1", 1, 0.4)
    assert other.hash("f1-1.wav") == hums.hash("f1-1.wav")
    embedded(f"folder={other.root}")
    assert not embedded_ids
    found = vectors(embedded)
    np.testing.assert_array_equal(found["copies/f1-1.wav"], found["hums/f1-1.wav"])


def test_the_events_go_to_the_log(embedded) -> None:
    (done,) = embedded.of(events.Finished)
    lines = (embedded.store.builds / f"{done.build_id}.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines if '"stageprogress"' in line]
    assert [one["done"] for one in told] == [0, 8]
