"""The mean of what windows say: recent ones count more, and many say no more than one."""

from __future__ import annotations

import numpy as np
import pytest

from models.belief import Belief


def logits(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_equal_windows_add_no_certainty() -> None:
    belief = Belief(0.5)
    for number in range(20):
        belief.hear(logits(2, 0), 0.25 * number)
        assert belief.probabilities(2.0) == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))])


def test_a_window_fades_by_its_age() -> None:
    belief = Belief(smooth_s=2.0)
    belief.hear(logits(3, 0), 5.0)
    belief.hear(logits(0, 3), 7.0)
    left = np.exp(-1)  # of the first
    first = 3 * left / (1 + left) - 3 / (1 + left)
    assert belief.probabilities(1.0) == pytest.approx([1 / (1 + np.exp(-first)), 1 / (1 + np.exp(first))])


def test_forgotten_is_forgotten_and_nothing_is_nothing() -> None:
    belief = Belief(0.5)
    assert belief.probabilities(1.0) is None
    belief.hear(logits(9, 0), 1.0)
    belief.forget()
    assert belief.probabilities(1.0) is None
    belief.hear(logits(0, 1), 1.1)
    told = belief.probabilities(1.0)
    assert told is not None and told[1] == pytest.approx(1 / (1 + np.exp(-1)))


def test_large_logits_do_not_overflow() -> None:
    belief = Belief(0.5)
    belief.hear(logits(1e4, -1e4), 0.0)
    assert belief.probabilities(0.5) == pytest.approx([1, 0])
