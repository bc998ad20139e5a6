"""A voice model in use: what it tells, and the files and sounds that it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from models.ecapa.network import EcapaParameters, made
from models.gender import KIND, StreamingVoiceModel, VoiceModel, VoiceModelError, load, metadata

SMALL = EcapaParameters(width=8, aggregated=16, bottleneck=4, embedding=6)
CLASSES = ("female", "male")


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def weights(tmp_path: Path) -> Callable[..., Path]:
    """A file of weights, with what it says of itself changed; None takes a word away."""

    def written(**changes: str | None) -> Path:
        told = metadata(SMALL, CLASSES, 2.0, "key") | {k: v for k, v in changes.items() if v is not None}
        for name in [name for name, value in changes.items() if value is None]:
            del told[name]
        path = tmp_path / "voice.safetensors"
        save_file(made(2, SMALL).state_dict(), path, metadata=told)
        return path

    return written


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


def test_it_tells_probabilities_and_embeddings_in_order(weights: Callable[..., Path]) -> None:
    model = load(weights())
    clips = [noise(length, seed) for seed, length in enumerate((16_000, 4_000, 30_000))]
    told = model.predict(clips, batch=2)
    assert told.probabilities.shape == (3, 2) and told.embeddings.shape == (3, 6)
    assert told.probabilities.dtype == told.embeddings.dtype == np.float32
    np.testing.assert_allclose(told.probabilities.sum(1), 1, atol=1e-6)
    for row, clip in enumerate(clips):  # whatever it is told with
        alone = model.predict([clip])
        np.testing.assert_allclose(alone.embeddings[0], told.embeddings[row], atol=1e-4)
    soft = np.exp(told.logits / 2.0)  # calibrated by the temperature
    np.testing.assert_allclose(told.probabilities, soft / soft.sum(1, keepdims=True), atol=1e-6)


def test_the_level_does_not_matter(weights: Callable[..., Path]) -> None:
    model = load(weights())
    loud, soft = model.predict([noise(8_000)]), model.predict([0.01 * noise(8_000)])
    np.testing.assert_allclose(loud.logits, soft.logits, atol=1e-3)


def test_half_precision_is_read_back_as_floats(tmp_path: Path) -> None:
    state = {
        name: value.half() if value.ndim > 1 else value for name, value in made(2, SMALL).state_dict().items()
    }
    save_file(state, tmp_path / "x.safetensors", metadata=metadata(SMALL, CLASSES, 1.0, "key"))
    slim = load(tmp_path / "x.safetensors").predict([noise(8_000)]).logits
    whole = VoiceModel(made(2, SMALL), CLASSES, 1.0).predict([noise(8_000)]).logits
    assert slim.dtype == np.float32
    np.testing.assert_allclose(slim, whole, atol=1e-2)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (noise(160), "lasts 10 ms; expected at least 100 ms"),
        (np.zeros(0, dtype=np.float32), "lasts 0 ms"),
        (np.zeros(8_000, dtype=np.float32), "silence"),
        (1e-5 * noise(8_000), "silence"),
        (np.full(8_000, np.nan, dtype=np.float32), "NaN or infinite"),
        (np.append(noise(8_000), np.float32(np.inf)), "NaN or infinite"),
        (noise(8_000).reshape(-1, 2), "one channel"),
    ],
)
def test_sound_that_no_voice_can_be_in(
    weights: Callable[..., Path], samples: np.ndarray, message: str
) -> None:
    with pytest.raises(VoiceModelError, match=message):
        load(weights()).predict([noise(8_000), samples])


def test_no_clip_is_refused(weights: Callable[..., Path]) -> None:
    with pytest.raises(VoiceModelError, match="no clip"):
        load(weights()).predict([])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "esc_cnn"}, f"holds esc_cnn, version 1; expected {KIND}"),
        ({"kind": None}, "holds something unknown"),
        ({"version": "99"}, "version 99; expected"),
        ({"parameters": json.dumps({"width": 16})}, "damaged: The weights do not fit"),
        ({"parameters": json.dumps({"depth": 16})}, "damaged"),
        ({"parameters": None}, "damaged"),
        ({"classes": json.dumps(["a", "b", "c"])}, "damaged: The weights do not fit"),
        ({"temperature": "warm"}, "damaged"),
    ],
)
def test_a_wrong_file_is_refused(
    weights: Callable[..., Path], changes: dict[str, str | None], message: str
) -> None:
    with pytest.raises(VoiceModelError, match=message):
        load(weights(**changes))


def test_a_file_that_is_none_is_refused(tmp_path: Path, weights: Callable[..., Path]) -> None:
    with pytest.raises(VoiceModelError, match="cannot be read"):
        load(tmp_path / "none.safetensors")
    path = weights()
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(VoiceModelError, match="cannot be read"):
        load(path)


@pytest.fixture(scope="module")
def model() -> VoiceModel:
    torch.set_num_threads(1)
    return VoiceModel(made(2, EcapaParameters(width=16, aggregated=24)).eval(), ("female", "male"), 1.5)


def test_a_window_is_classified_as_a_clip(model: VoiceModel) -> None:
    voice = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    streaming, told = StreamingVoiceModel(model), model.predict([voice])
    inference = streaming.infer(voice)
    assert np.array_equal(inference.logits, told.logits[0]) and np.array_equal(
        inference.embedding, told.embeddings[0]
    )
    assert inference.embedding.shape == (192,) and inference.features_s > 0 and inference.network_s > 0
    assert (streaming.classes, streaming.temperature) == (("female", "male"), 1.5)


def test_silence_is_refused(model: VoiceModel) -> None:
    with pytest.raises(VoiceModelError, match="silence"):
        StreamingVoiceModel(model).infer(np.zeros(16_000, np.float32))
