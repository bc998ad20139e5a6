"""Would more recordings help? Accuracy over the share of the training clips that is learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.classify.classifier import TOGETHER
from pipeline.classify.protocol import Protocol, Split, protocol
from pipeline.classify.run import Experiment, Views, classifier_named, joined
from pipeline.classify.train import train
from pipeline.inputs import InputError
from pipeline.runtime import stop
from pipeline.runtime.events import ProgressCallback

SHARES = (0.1, 0.25, 0.5, 1.0)
SHARES_OF_MANY = (0.1, 0.25, 1.0)
MANY_CLIPS = 5_000
"""Half of so many clips costs as much as everything before it and hardly differs from all of them."""

Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Point:
    """Accuracy with ``share`` of the training groups: of all tested clips, and of each fold."""

    share: float
    clips: float
    accuracy: float
    fold_accuracies: tuple[float, ...]
    train_accuracy: float

    @property
    def spread(self) -> float:
        return float(np.std(self.fold_accuracies))


def learning_curve(
    values: Views,
    clips: pd.DataFrame,
    target: str,
    classifier: str,
    *,
    shares: Sequence[float] | None = None,
    combination: str = TOGETHER,
    seed: int = 0,
    by: Protocol | None = None,
    whole: Experiment | None = None,
    on_progress: ProgressCallback | None = None,
) -> list[Point]:
    """
    Learn from parts of each training fold and test on all of the same test fold.

    A part has whole groups, in like shares of the classes; a larger part holds the smaller ones. A share of
    which some part has one class only, or vectors that are all the same, is left out.
    Everything is found anew in each part, hyper-parameters too. ``shares`` are ``SHARES``, of many clips fewer.
    ``whole`` is the experiment on all training clips, where it is at hand: its models are not learned again.
    Other arguments and errors as in ``run``.
    """
    chosen = classifier_named(classifier)
    matrix, blocks = joined(values, len(clips), combination)
    planned = by or protocol(clips, target, seed=seed)
    matrix = matrix[planned.rows]
    shares = shares or (SHARES if len(matrix) < MANY_CLIPS else SHARES_OF_MANY)
    orders = [_order(planned, split, seed) for split in planned.splits]
    points = []
    for number, share in enumerate(sorted(shares)):
        sizes, rights, trained = [], [], []
        for place, (split, order) in enumerate(zip(planned.splits, orders, strict=True)):
            stop.check()
            part = np.sort(split.train[order <= share])
            if len(set(planned.codes[part])) < 2:
                break
            codes, groups = planned.codes[part], planned.inner_groups[part]
            try:
                with threadpool_limits(1):
                    model = (
                        whole.models[place] if whole is not None and len(part) == len(split.train)
                        else train(chosen, matrix[part], codes, groups, blocks, len(planned.classes), seed)
                    )  # fmt: skip
            except InputError:  # e.g. no voiced frame in any of so few clips
                break
            with threadpool_limits(1):
                found = model.probabilities(matrix[split.test]).argmax(axis=1)
                known = model.probabilities(matrix[part]).argmax(axis=1)
            sizes.append(len(part))
            rights.append(found == planned.codes[split.test])
            trained.append(float((known == codes).mean()))
        else:
            folds = tuple(float(right.mean()) for right in rights)
            accuracy = float(np.concatenate(rights).mean())
            points.append(Point(share, float(np.mean(sizes)), accuracy, folds, float(np.mean(trained))))
        if on_progress:
            on_progress((number + 1) / len(shares))
    return points


def _order(planned: Protocol, split: Split, seed: int) -> NDArray[np.float64]:
    """
    From which share on each training clip is learned from, (train,).

    Groups of each class come in an order drawn by ``seed``; the first of each class comes in at once, so
    that even a small part has every class.
    """
    codes, groups = planned.codes[split.train], planned.groups[split.train]
    frame = pd.DataFrame({"code": codes, "group": groups})
    # A group of several classes counts for its most frequent one.
    main = frame.groupby("group")["code"].agg(lambda found: int(np.bincount(found).argmax()))
    generator = np.random.default_rng(seed)
    share_of: dict[int, float] = {}
    for code in sorted(set(main)):
        members = main.index[main == code].to_numpy()
        places = np.arange(1, len(members) + 1) / len(members)
        places[0] = 0.0
        share_of.update(zip(generator.permutation(members).tolist(), places.tolist(), strict=True))
    return np.array([share_of[group] for group in groups.tolist()])
