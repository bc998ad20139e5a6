"""Which views of a dataset there is something to compute of, and their vectors."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.analyses import recipe
from pipeline.inputs import ALL
from pipeline.stage import State
from store.reader import Matrix, Reader


def computable(state: State, reader: Reader) -> dict[str, list[str]]:
    """The views that there are vectors of, by dataset; :data:`ALL` where several can be put together."""
    made = reader.embeddings().query("clips > 0")
    embedded = set(zip(made["dataset"], made["view"], strict=True))
    learned = {name for name, view in state.views.items() if view.learned}
    return {
        row["dataset"]: [
            view
            for view in recipe.view_keys(state.views)
            if view not in learned or (row["dataset"], view) in embedded
        ]
        for row in reader.rows("fingerprints")
    }


def described(state: State) -> list[str]:
    """The views that know no label."""
    return [name for name, view in state.views.items() if not view.learned]


def matrices_of(state: State, reader: Reader, dataset: str, views: Iterable[str]) -> dict[str, Matrix]:
    """The vectors of the named views, and of all that :data:`ALL` stands for."""
    named = list(views)
    names = dict.fromkeys(
        [*(described(state) if ALL in named else []), *(one for one in named if one != ALL)]
    )
    return {name: reader.matrix(dataset, name) for name in names}
