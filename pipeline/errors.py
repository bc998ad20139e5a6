"""Errors of the pipeline that a person can mend."""

from store.errors import SesatlasError


class PipelineError(SesatlasError):
    """The pipeline was asked for something it cannot do as asked."""


FAILURES = (SesatlasError, ValueError, ArithmeticError, LookupError, TypeError, RuntimeError, MemoryError)
"""What the libraries of methods are known to raise on odd data; a request to stop is none of it."""


def failure_sentence(error: Exception) -> str:
    """Why a projection or a clustering could not be computed, for a person."""
    if isinstance(error, SesatlasError):
        return str(error)
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    return f"It failed on these clips: {reason}. Try other parameters, or another view."
