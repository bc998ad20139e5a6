"""torchaudio imports beside a torch for the CPU, and says so where a compiled part is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from models import torch_audio


def test_its_transforms_work_in_a_fresh_process() -> None:
    words = (
        "import torch; from models.torch_audio import torchaudio, transforms; "
        "assert transforms.Spectrogram(n_fft=64)(torch.ones(640)).shape == (33, 21); "
        "assert torchaudio.functional.resample(torch.ones(640), 2, 1).shape == (320,)"
    )
    subprocess.run([sys.executable, "-c", words], check=True, timeout=120)


def test_the_stand_in_claims_nothing() -> None:
    module = torch_audio._stand_in()
    assert module._IS_TORCHAUDIO_EXT_AVAILABLE is False and module._IS_ALIGN_AVAILABLE is False

    @module.fail_if_no_align
    def forced_align() -> None: ...

    with pytest.raises(RuntimeError, match="forced_align needs its compiled extension"):
        forced_align()
