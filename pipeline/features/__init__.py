"""The views: what can be computed of a clip. A new view is one file here and one line in ``VIEWS``."""

from __future__ import annotations

from pipeline.features.view import View

VIEWS: dict[str, View] = {}
