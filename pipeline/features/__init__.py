"""The views: what can be computed of a clip. A new view is one file here and one line in ``VIEWS``."""

from __future__ import annotations

from pipeline.features import chroma, contrast, dynamics, mel, mfcc, pitch, spectral
from pipeline.features.view import View

VIEWS: dict[str, View] = {
    "mfcc": mfcc.VIEW,
    "chroma": chroma.VIEW,
    "contrast": contrast.VIEW,
    "spectral": spectral.VIEW,
    "mel": mel.VIEW,
    "dynamics": dynamics.VIEW,
    "pitch": pitch.VIEW,
}
