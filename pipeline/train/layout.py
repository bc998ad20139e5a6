"""What trainings share on disk: where their networks lie, the keys by which they know what they were made of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError


class TrainError(PipelineError):
    """A network cannot be trained, or read back, as asked."""


def network_folder(root: Path, network: str) -> Path:
    """Where trainings into the store at ``root`` keep a network: weights, what describes them, checkpoints."""
    return root / "networks" / network


def digest(content: object) -> str:
    """A short name for JSON content, the same wherever the content is."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def plain(parameters: Any) -> Any:
    """As JSON gives it back, so that what is compared is alike: tuples become lists."""
    return json.loads(json.dumps(parameters))
