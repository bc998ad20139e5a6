"""Errors of training that a person can mend."""

from __future__ import annotations

from pipeline.errors import PipelineError


class TrainError(PipelineError):
    """A network cannot be trained, or read back, as asked."""
