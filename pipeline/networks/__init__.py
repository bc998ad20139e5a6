"""The networks that were trained here, beside the classifiers and the views of a clip's spectra."""

from __future__ import annotations

from importlib import import_module

from pipeline.networks.network import Network, NetworkBuild


def _build_of(module: str) -> NetworkBuild:
    build: NetworkBuild = import_module(f"pipeline.networks.{module}").BUILD
    return build


NETWORKS: dict[str, Network] = {
    "esc_cnn": Network(
        name="esc_cnn",
        title="Log-mel CNN",
        noun="the network for environmental sounds",
        view="esc_cnn",
        command="esc",
        purpose="a log-mel CNN for environmental sounds, trained from scratch, out of fold",
        training="pipeline.train.esc.command",
        load=lambda: _build_of("esc_cnn"),
    ),
    "gender_ecapa": Network(
        name="gender_ecapa",
        title="ECAPA-TDNN (voice network)",
        noun="the voice network",
        view="ecapa",
        command="gender",
        purpose="an ECAPA-TDNN that classifies voices as female or male, from corpora with sex and speaker",
        training="pipeline.train.voice.command",
        load=lambda: _build_of("voice"),
        learned_elsewhere=True,
        has_card=True,
        trained_on_speech=True,
        page={"part": "Voice", "voice": "Training"},
    ),
}
"""By name."""
