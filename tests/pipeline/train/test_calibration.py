"""Temperature scaling finds the temperature that was planted."""

from __future__ import annotations

import pytest
import torch

from pipeline.train.calibration import LIMITS, best_temperature


@pytest.mark.parametrize("planted", [0.5, 1.0, 3.0])
def test_a_planted_temperature_is_found(planted: float) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(20_000, 2, generator=generator)
    codes = torch.multinomial(torch.softmax(logits, 1), 1, generator=generator)[:, 0]
    assert best_temperature(logits * planted, codes) == pytest.approx(planted, rel=0.05)


def test_where_all_is_right_or_wrong_it_stays_within_its_limits() -> None:
    logits, codes = torch.tensor([[2.0, 0.0], [0.0, 2.0]]), torch.tensor([0, 1])
    assert best_temperature(logits, codes) == pytest.approx(LIMITS[0], rel=1e-2)
    assert best_temperature(logits, 1 - codes) == pytest.approx(LIMITS[1], rel=1e-2)
