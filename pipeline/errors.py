"""Errors of the pipeline that a person can mend."""

from store.errors import SesatlasError


class PipelineError(SesatlasError):
    """The pipeline was asked for something it cannot do as asked."""
