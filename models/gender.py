"""A trained voice network in use: speech -> how likely a female and a male voice are, and an embedding.

The probabilities are of the label that the corpora it learned from give a speaker. It knows adults who read or act; it
does not know who anybody is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor

from models.audio import Samples
from models.ecapa.inference import fold_batch_norm
from models.ecapa.network import EcapaParameters, EcapaTdnn, restored
from models.gender_format import KIND, VERSION
from models.speech import SpeechFeatures

MIN_CLIP_S = 0.1
SILENCE = 10 ** (-90 / 20)
"""One step of 16 bits."""


class VoiceModelError(ValueError):
    """Weights that are no voice model, or sound that no voice can be in."""


def embed_and_classify(
    network: EcapaTdnn, features: Sequence[Tensor], batch: int = 32
) -> tuple[Tensor, Tensor]:
    """
    Embeddings (n, embedding) and logits (n, classes) of clips of any lengths, on the CPU.

    Parameters
    ----------
    features : sequence of Tensor
        (n_mels, frames) each. Clips of like length go together, so that little is filled up.
    """
    order = sorted(range(len(features)), key=lambda number: features[number].shape[1])
    device = network.head.weight.device
    embeddings = torch.empty(len(features), network.settings.embedding)
    logits = torch.empty(len(features), network.head.out_features)
    with torch.inference_mode():
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            lengths = torch.tensor([features[number].shape[1] for number in chosen])
            filled = torch.zeros(len(chosen), features[0].shape[0], int(lengths[-1]))
            for row, number in enumerate(chosen):
                filled[row, :, : lengths[row]] = features[number]
            embedding = network.embed(filled.to(device), lengths.to(device))
            embeddings[chosen], logits[chosen] = embedding.cpu(), network.classify(embedding).cpu()
    return embeddings, logits


def require_sound(samples: Samples, sample_rate_hz: int) -> None:
    """Refuse what no voice can be in.

    Raises
    ------
    VoiceModelError
        Not one channel, too short, NaN or infinite, silent.
    """
    if samples.ndim != 1:
        raise VoiceModelError(
            f"The samples have the shape {samples.shape}; expected one channel, (samples,)."
        )
    if len(samples) < MIN_CLIP_S * sample_rate_hz:
        raise VoiceModelError(
            f"The clip lasts {1000 * len(samples) / sample_rate_hz:.0f} ms; expected at least "
            f"{1000 * MIN_CLIP_S:.0f} ms of speech. Give a longer one."
        )
    peak = float(np.abs(samples).max())
    if not np.isfinite(peak):
        raise VoiceModelError("Some samples are NaN or infinite; expected finite values. Record it again.")
    if peak < SILENCE:
        raise VoiceModelError("The clip is silence (peak below -90 dBFS); expected a voice. Record it again.")


@dataclass(frozen=True, eq=False)
class VoicePrediction:
    """Of n clips: ``probabilities`` float32 (n, classes), ``logits`` the same before calibration, ``embeddings``."""

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    """float32 (n, 192)."""


class VoiceModel:
    """Weights and calibration, ready to use."""

    def __init__(
        self,
        network: EcapaTdnn,
        classes: Sequence[str],
        temperature: float,
        about: Mapping[str, str] | None = None,
    ) -> None:
        self.network = fold_batch_norm(network.eval())
        self.classes, self.temperature, self.about = tuple(classes), temperature, dict(about or {})
        self.features = SpeechFeatures().to(network.head.weight.device)

    @property
    def sample_rate_hz(self) -> int:
        return self.features.settings.sample_rate_hz

    def predict(self, clips: Sequence[Samples], batch: int = 32) -> VoicePrediction:
        """
        Parameters
        ----------
        clips : sequence of ndarray
            float32 (samples,) each, mono, at ``sample_rate_hz``.

        Raises
        ------
        VoiceModelError
            No clip; or one that is too short, silent, not finite or not mono.
        """
        if not clips:
            raise VoiceModelError("There is no clip to classify; expected at least one.")
        features = [self.features_of(clip) for clip in clips]
        embeddings, logits = embed_and_classify(self.network, features, batch)
        probabilities = torch.softmax(logits / self.temperature, 1)
        return VoicePrediction(
            *(one.numpy().astype(np.float32) for one in (probabilities, logits, embeddings))
        )

    def features_of(self, samples: Samples) -> Tensor:
        """What the network sees of one clip, (n_mels, frames), on the CPU.

        Raises
        ------
        VoiceModelError
            As ``predict``.
        """
        require_sound(samples, self.sample_rate_hz)
        whole = torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32))
        with torch.inference_mode():
            return self.features(whole[None].to(self.network.head.weight.device))[0].cpu()


def metadata(
    parameters: EcapaParameters, classes: Sequence[str], temperature: float, key: str
) -> dict[str, str]:
    """What a file of weights says of itself."""
    return {
        "kind": KIND, "version": str(VERSION), "parameters": json.dumps(asdict(parameters)),
        "classes": json.dumps(list(classes)), "temperature": repr(float(temperature)), "key": key,
    }  # fmt: skip


def load(path: Path, device: str = "cpu") -> VoiceModel:
    """
    The voice model in a safetensors file, which holds numbers only: opening it runs nothing.

    Raises
    ------
    VoiceModelError
        The file is not there, damaged, of another kind or version, or its weights do not fit.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about: dict[str, str] = dict(file.metadata() or {})
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise VoiceModelError(
            f"{path} cannot be read ({error}); expected the weights of a voice network. "
            "Train them: `python -m pipeline train gender`."
        ) from error
    if about.get("kind") != KIND or about.get("version") != str(VERSION):
        raise VoiceModelError(
            f"{path} holds {about.get('kind', 'something unknown')}, version {about.get('version', 'none')}; expected "
            f"{KIND}, version {VERSION}. Choose other weights or train them: `python -m pipeline train gender`."
        )
    return _made_of(path, state, about, device)


def _made_of(path: Path, state: dict[str, Tensor], about: dict[str, str], device: str) -> VoiceModel:
    try:
        parameters: dict[str, Any] = json.loads(about["parameters"])
        classes, temperature = json.loads(about["classes"]), float(about["temperature"])
        network = restored(state, len(classes), EcapaParameters(**parameters))
    except (KeyError, TypeError, ValueError) as error:
        raise VoiceModelError(f"{path} is damaged: {error} Train the weights again.") from error
    return VoiceModel(network.to(device), classes, temperature, about)


@dataclass(frozen=True, slots=True, eq=False)
class Inference:
    """Of one window: float32 ``logits`` (classes,) before calibration and ``embedding`` (192,)."""

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    features_s: float
    network_s: float


class StreamingModel(Protocol):
    """What a stream needs of a voice model. It keeps nothing of its input, so that many streams may share one."""

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def temperature(self) -> float: ...

    def infer(self, voice: Samples) -> Inference:
        """float32 (samples,), mono at 16 kHz, not silent."""
        ...


class StreamingVoiceModel:
    """A trained voice model as a stream uses it."""

    def __init__(self, model: VoiceModel) -> None:
        self.model = model

    @property
    def classes(self) -> tuple[str, ...]:
        return self.model.classes

    @property
    def temperature(self) -> float:
        return self.model.temperature

    def infer(self, voice: Samples) -> Inference:
        began = time.perf_counter()
        features = self.model.features_of(voice)
        between = time.perf_counter()
        embeddings, logits = embed_and_classify(self.model.network, [features])
        ended = time.perf_counter()
        return Inference(logits[0].numpy(), embeddings[0].numpy(), between - began, ended - between)


def load_streaming_model(weights: Path) -> StreamingVoiceModel:
    """
    The voice model in a file, for live use.

    torch uses one thread then, in the whole process: a window of 3 s takes 10 ms then, and a second thread that
    has to wait for a busy core can make it take a hundred times as long.

    Raises
    ------
    VoiceModelError
        As :func:`models.gender.load`.
    """
    torch.set_num_threads(1)
    return StreamingVoiceModel(load(weights))
