"""What lies on disk is read without torch, tells whether it is out of date, and complains when damaged."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.train.esc.trained import read_trained, training_folder
from pipeline.train.layout import TrainError

pytestmark = pytest.mark.xdist_group("networks")


@pytest.fixture
def mine(trained_store: Path, tmp_path: Path) -> Path:
    """A copy of the trained networks' folder of a dataset, to be damaged; its store is ``tmp_path``."""
    shutil.copytree(trained_store / "networks", tmp_path / "networks")
    return training_folder(tmp_path, "tones")


def test_everything_has_a_row_a_clip(trained_store: Path) -> None:
    found = read_trained(trained_store, "tones")
    assert found is not None
    assert found.probabilities.shape == (36, 3) and found.probabilities.dtype == np.float32
    np.testing.assert_allclose(found.probabilities.sum(1), 1, rtol=1e-5)
    assert found.embeddings.shape == (36, 16) and np.isfinite(found.embeddings).all()
    assert len(found.clip_ids) == len(found.truth) == len(found.fold_of) == 36
    assert list(found.history.columns) == ["fold", "epoch", "metric", "value"]
    table = found.fold_table()
    assert table["train"].tolist() == [24, 24, 24] and table["test"].tolist() == [12, 12, 12]
    assert (table["seconds"] > 0).all() and found.seed == 0 and "torch" in found.versions


def test_nothing_is_none(tmp_path: Path) -> None:
    assert read_trained(tmp_path, "tones") is None


def test_the_files_are_read_once_until_one_of_them_changes(mine: Path, tmp_path: Path) -> None:
    found = read_trained(tmp_path, "tones")
    assert read_trained(tmp_path, "tones") is found
    (mine / "fold-3.json").unlink()
    again = read_trained(tmp_path, "tones")
    assert found is not None and again is not None and (found.complete, again.complete) == (True, False)


def test_it_knows_whether_the_clips_are_still_those(trained_store: Path, tones) -> None:
    found = read_trained(trained_store, "tones")
    assert found is not None
    clips = tones.clips
    assert found.matches(clips) and found.matches(clips.sample(frac=1, random_state=0).reset_index(drop=True))
    for changed in (
        clips.assign(content_hash=["x", *clips["content_hash"][1:]]),
        clips.assign(label=["low", *clips["label"][1:]]),
        clips.assign(fold=[3, *clips["fold"][1:]]),
        clips.iloc[1:],
    ):
        assert not found.matches(changed)
        assert "have changed since" in (found.mismatch(changed) or "")
    assert "has a 'label'" in (found.mismatch(clips.assign(label=None)) or "")


def test_files_of_another_training_do_not_count(mine: Path, tmp_path: Path) -> None:
    told = json.loads((mine / "fold-3.json").read_text())
    (mine / "fold-3.json").write_text(json.dumps(told | {"key": "another"}))
    found = read_trained(tmp_path, "tones")
    assert found is not None and [fold.name for fold in found.folds] == ["fold 1", "fold 2"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("recipe.json", b"{"),
        ("recipe.json", b"{}"),
        ("fold-1.json", b'{"key"'),
        ("fold-1.safetensors", b"1234567890"),
    ],
)
def test_damage_is_reported_with_the_file(mine: Path, tmp_path: Path, name: str, content: bytes) -> None:
    (mine / name).write_bytes(content)
    with pytest.raises(TrainError, match="Delete it and train again"):
        read_trained(tmp_path, "tones")


def test_json_and_weights_of_two_trainings_are_refused(mine: Path, tmp_path: Path) -> None:
    recipe, fold = (json.loads((mine / name).read_text()) for name in ("recipe.json", "fold-1.json"))
    (mine / "recipe.json").write_text(json.dumps(recipe | {"key": "newer"}))
    (mine / "fold-1.json").write_text(json.dumps(fold | {"key": "newer"}))
    with pytest.raises(TrainError, match="does not belong to the JSON beside it"):
        read_trained(tmp_path, "tones")


def test_reading_needs_no_torch(trained_store: Path) -> None:
    words = (
        "import sys; from pathlib import Path; from pipeline.train.esc.trained import read_trained; "
        f"assert read_trained(Path({str(trained_store)!r}), 'tones').complete; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", words], check=True, timeout=120)
