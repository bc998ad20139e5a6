"""The voice network over recordings: what it makes of a file, in parts where it is long, and why it has no vector."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import save_file

from models.ecapa.network import EcapaParameters, made
from models.gender import load, metadata
from pipeline.audio.decode import load_mono, resample
from pipeline.networks.embedding import ClipFile
from pipeline.networks.voice_embedder import MOVED, VoiceEmbedder

SMALL = EcapaParameters(width=8, aggregated=16, bottleneck=4, embedding=6)
RATE_HZ = 16_000


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "voice.safetensors"
    save_file(made(2, SMALL).state_dict(), path, metadata=metadata(SMALL, ("female", "male"), 1.0, "k"))
    return path


@pytest.fixture
def embedder(weights: Path) -> VoiceEmbedder:
    return VoiceEmbedder(weights, longest_s=2.0)


@pytest.fixture
def recorded(tmp_path: Path):
    """A file of given samples, and how a store knows it."""

    def write(name: str, samples: np.ndarray, rate_hz: int = RATE_HZ, subtype: str = "PCM_16") -> ClipFile:
        path = tmp_path / name
        soundfile.write(path, samples, rate_hz, subtype=subtype)
        return ClipFile(path, hashlib.sha256(path.read_bytes()).hexdigest())

    return write


def noise(seconds: float, seed: int = 0, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Noise that rises, so that each part of it is another sound."""
    count = round(seconds * rate_hz)
    shape = np.cumsum(np.random.default_rng(seed).normal(0, 0.01, count))
    return 0.05 * np.random.default_rng(seed + 1).normal(size=count) + 0.1 * np.tanh(shape)


def test_clips_have_the_vectors_that_the_network_gives_each_alone(
    embedder: VoiceEmbedder, weights: Path, recorded
) -> None:
    files = {
        "a": recorded("a.wav", noise(0.5)),
        "b": recorded("b.wav", np.stack([noise(1.4, 1), noise(1.4, 2)], axis=1)),
        "c": recorded("c.flac", noise(0.9, 3, 44_100), 44_100),
    }
    embedded = embedder.embed(files)
    assert list(embedded.clip_ids) == ["a", "b", "c"] and not embedded.failures
    assert embedded.vectors.shape == (3, 6) and embedded.vectors.dtype == np.float32
    for row, file in enumerate(files.values()):
        samples, rate_hz = load_mono(file.path)
        alone = load(weights).predict([resample(samples, rate_hz, RATE_HZ)]).embeddings[0]
        np.testing.assert_allclose(embedded.vectors[row], alone, atol=1e-4)


def test_a_long_clip_is_the_mean_of_its_parts_but_for_silence(
    embedder: VoiceEmbedder, weights: Path, recorded
) -> None:
    sound = noise(5.0)  # three parts of at most two seconds
    model = load(weights)
    samples, _ = load_mono(recorded("x.wav", sound).path)
    parts = np.array_split(samples, 3)
    expected = model.predict(parts).embeddings
    embedded = embedder.embed({"a": recorded("a.wav", sound), "short": recorded("s.wav", noise(0.4))})
    np.testing.assert_allclose(embedded.vectors[0], expected.mean(axis=0), atol=1e-4)
    sound[len(parts[0]) : len(parts[0]) + len(parts[1])] = 0
    (vector,) = embedder.embed({"a": recorded("b.wav", sound)}).vectors
    np.testing.assert_allclose(vector, expected[[0, 2]].mean(axis=0), atol=1e-4)


def test_what_cannot_be_embedded_is_named_beside_what_can(
    embedder: VoiceEmbedder, recorded, tmp_path: Path
) -> None:
    high = 0.05 * np.hanning(48_000) * np.sin(2 * np.pi * 21_000 * np.arange(48_000) / 48_000)
    changed = recorded("changed.wav", noise(0.5))
    files = {
        "gone": ClipFile(tmp_path / "none.wav", "x"),
        "changed": ClipFile(changed.path, "0" * 64),
        "bat": recorded("bat.wav", high, 48_000, "FLOAT"),  # nothing of it below 8 kHz
        "good": recorded("good.wav", noise(0.5)),
    }
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    files["broken"] = ClipFile(broken, hashlib.sha256(b"no sound").hexdigest())
    embedded = embedder.embed(files)
    assert list(embedded.clip_ids) == ["good"] and embedded.vectors.shape == (1, 6)
    failures = {name: (one.lasting, one.reason) for name, one in embedded.failures.items()}
    assert set(failures) == {"gone", "changed", "bat", "broken"}
    assert failures["gone"][0] is False and "not there any more" in failures["gone"][1]
    assert failures["changed"] == (False, MOVED)
    assert failures["bat"][0] and "silence" in failures["bat"][1]
    assert failures["broken"][0] and failures["broken"][1]


def test_nothing_to_embed_is_no_vector(embedder: VoiceEmbedder) -> None:
    assert embedder.embed({}).vectors.shape == (0, 6)


def test_it_takes_as_many_threads_as_it_is_given(weights: Path) -> None:
    before = torch.get_num_threads()
    try:
        VoiceEmbedder(weights, 30.0, threads=2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
