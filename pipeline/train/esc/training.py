"""What is to be trained: clips by a protocol, a recipe, and the folder of the networks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.classify.protocol import Protocol, protocol
from pipeline.train import layout
from pipeline.train.esc.kept import read_json
from pipeline.train.esc.recipe import EscRecipe


@dataclass(frozen=True, eq=False)
class Training:
    """A recipe, the clips it is for, and where the networks shall lie."""

    dataset: str
    clips: pd.DataFrame
    protocol: Protocol
    recipe: EscRecipe
    place: Path

    @property
    def data(self) -> str:
        return layout.data_key(self.clips, self.protocol)

    @property
    def key(self) -> str:
        return layout.training_key(layout.plain(self.recipe.parameters()), self.data)

    def is_there(self, fold: str) -> bool:
        path = self.place / f"{layout.file_stem(fold)}.json"
        return path.exists() and read_json(path).get("key") == self.key


def planned(root: Path, dataset: str, clips: pd.DataFrame, recipe: EscRecipe) -> Training:
    """
    A training on the clips of a dataset, into the store's folder ``root``.

    Raises
    ------
    ClassifyError
        The clips have no labels, or none that can be learned and tested.
    """
    asked = protocol(clips, "label")
    return Training(dataset, clips, asked, recipe, layout.folder(root, dataset))
