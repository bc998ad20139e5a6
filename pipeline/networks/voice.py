"""What the voice network says of a dataset's speakers whom it has not learned from, as an experiment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.gender_format import SEXES
from models.gender_format import VERSION as NETWORK_VERSION
from models.voice_card import NETWORK as METHOD
from models.voice_card import TITLE, Card, in_words, said
from pipeline.classify.metrics import MetricRow, Metrics, class_rows, measure
from pipeline.experiments import rows
from pipeline.experiments.spec import NETWORK, SHIPPED, TRAINED, ExpectedExperiment, ExperimentSpec, targets
from pipeline.experiments.unit import Gap
from pipeline.networks import in_use, speech_datasets
from pipeline.networks.ecapa import NAME
from pipeline.networks.exposure import LEARNED, NEVER_MET, VALIDATED, met
from pipeline.networks.rows import SOUND, experiment_row, fold_rows
from pipeline.train.layout import digest
from pipeline.train.voice.scores import answered, by_speaker, dialect_rows, each_speaker, speaker_rows
from store.reader import Reader
from store.results import ExperimentRows

VERSION = 1
"""Raise it when an experiment's rows change for a reason that neither weights nor clips tell."""
PROTOCOL = "strangers"
NEVER_MET_TITLE, CHOSEN_BY = "speakers never met", "speakers kept for validation"
SYNTHETIC = "The voices of this collection are synthetic: what holds for them need not hold for people."


def expected(root: Path, reader: Reader) -> list[ExpectedExperiment]:
    """One experiment for each spoken dataset that says who speaks and of which sex."""
    card = in_use.found(root)
    if card is None:
        return []
    hashes = reader.metadata_hashes()
    made = reader.embeddings()
    made = made[made["view"] == NAME]
    heard = {row["dataset"]: [row["key"], row["clips"]] for row in made.to_dict("records")}
    found = []
    for dataset in [name for name in speech_datasets.in_store(reader) if name in heard]:
        target = target_of(reader.clips(dataset))
        if target is None:
            continue
        spec = ExperimentSpec(
            dataset=dataset, target=target, method=METHOD, views=(SOUND,), kind=NETWORK, origin=TRAINED
        )
        key = digest([VERSION, card.digest, hashes.get(dataset), *heard[dataset]])
        found.append(ExpectedExperiment(spec, spec.id(()), key))
    return found


def target_of(clips: pd.DataFrame) -> str | None:
    """What a dataset calls the sex of its speakers: its label, or ``sex``; None where it tells no two sexes apart."""
    if not clips["speaker"].notna().any() or not set(SEXES) <= set(clips["sex"]):
        return None
    codes = pd.factorize(clips["sex"])[0]
    return next((one for one in targets(clips) if (pd.factorize(clips[one])[0] == codes).all()), None)


def make(root: Path, reader: Reader, one: ExpectedExperiment) -> ExperimentRows | Gap:
    """The rows of the experiment, or a word on why nobody is left to be tested."""
    card, dataset = in_use.used(root), one.spec.dataset
    clips = reader.clips(dataset)
    clips = clips[clips["sex"].isin(SEXES) & clips["speaker"].notna()]
    clips = clips.assign(fold=met(clips, card))
    matrix = reader.matrix(dataset, NAME)
    tested = clips[(clips["fold"] != LEARNED) & clips["clip_id"].isin(matrix.clip_ids)].reset_index(drop=True)
    if tested.empty:
        told = {"what": TITLE, "reason": nobody(clips, card), "target": one.spec.target}
        keyed = {"experiment_id": one.experiment_id, "key": one.key, "dataset": dataset}
        return Gap(one.experiment_id, told | keyed)
    at = pd.Index(matrix.clip_ids).get_indexer(pd.Index(tested["clip_id"]))
    probabilities, logits = said(card, matrix.values[at])
    (synthetic,) = [row["synthetic"] for row in reader.rows("all_datasets") if row["dataset"] == dataset]
    return _rows(
        one,
        card,
        tested,
        answered(tested, probabilities, logits),
        notes(card, clips, tested, synthetic),
    )


def protocol_title(tested: pd.DataFrame) -> str:
    """The protocol, in three words."""
    return NEVER_MET_TITLE if (tested["fold"] == NEVER_MET).any() else CHOSEN_BY


def protocol_sentence(card: Card, tested: pd.DataFrame) -> str:
    """From whom it has learned, and who is tested."""
    return (
        f"The network has learned from {in_words(card.speakers['train'])}. {len(tested):,} clips by "
        f"{tested['speaker'].nunique()} speakers are tested, and no clip of a speaker that it has learned from."
    )


def notes(card: Card, clips: pd.DataFrame, tested: pd.DataFrame, synthetic: bool) -> list[str]:
    """What to bear in mind when one reads the figures."""
    learned, chosen = int((clips["fold"] == LEARNED).sum()), int((tested["fold"] == VALIDATED).sum())
    lost = len(clips) - learned - len(tested)
    return [
        *([SYNTHETIC] if synthetic else []),
        *([f"{learned:,} clips are by speakers that it has learned from; left out."] if learned else []),
        *(
            [f"Its epoch and its calibration were chosen on speakers of {chosen:,} of these clips: it may do a "
             "little worse on people whom nobody had in mind."] if chosen else []
        ),
        *([f"{lost:,} clips could not be listened to; left out."] if lost else []),
    ]  # fmt: skip


def nobody(clips: pd.DataFrame, card: Card) -> str:
    """Why there is no experiment."""
    known = int((clips["fold"] == LEARNED).sum())
    return (
        f"Nobody is left to be tested: the network has learned from the speakers of {known:,} of the {len(clips):,} "
        "clips, and of the others it has no vector. Another collection, whose speakers it has not met, can tell how "
        f"good it is; its card tells of {in_words(card.speakers['validation'])}."
    )


def _rows(
    one: ExpectedExperiment, card: Card, tested: pd.DataFrame, told: pd.DataFrame, notes: list[str]
) -> ExperimentRows:
    classes = np.array(
        [tested.loc[tested["sex"] == sex, one.spec.target].iloc[0] for sex in SEXES], dtype=object
    )
    truth, predicted = (
        np.array([SEXES.index(sex) for sex in told[name]], dtype=np.intp) for name in ("sex", "predicted")
    )
    probabilities = told[list(SEXES)].to_numpy(dtype=np.float32)
    codes = {name: pd.factorize(tested[name])[0].astype(np.intp) for name in ("fold", "speaker")}
    metrics = measure(truth, predicted, probabilities, folds=codes["fold"], groups=codes["speaker"])
    table = pd.DataFrame(
        {
            "clip_id": tested["clip_id"], "fold": tested["fold"],
            "truth": classes[truth], "predicted": classes[predicted],
        }
    )  # fmt: skip
    return ExperimentRows(
        experiment=experiment_row(
            one, metrics, version=NETWORK_VERSION, classes=list(classes), protocol=PROTOCOL,
            protocol_title=protocol_title(tested), protocol_summary=protocol_sentence(card, tested), unit="speaker",
            parameters=parameters(card), versions=card.told["versions"], notes=notes,
            seed=int(card.told["seed"]), seconds=card.seconds,
        ),
        predictions=rows.predictions(table, probabilities),
        metrics=[*_fold_rows(card, tested["fold"], truth, probabilities), *_measured(metrics, list(classes), told)],
    )  # fmt: skip


def _measured(metrics: Metrics, classes: list[str], told: pd.DataFrame) -> list[MetricRow]:
    each = each_speaker(by_speaker(told))
    return [*class_rows(metrics, classes), *speaker_rows(told), *dialect_rows(told), *each]


def _fold_rows(
    card: Card, fold: pd.Series, truth: NDArray[np.intp], probabilities: NDArray[np.float32]
) -> list[MetricRow]:
    learned = sum(one.clips for one in card.speakers["train"])
    found: list[MetricRow] = []
    for name in (NEVER_MET, VALIDATED):
        mine = (fold == name).to_numpy()
        if mine.any():
            found += fold_rows(name, truth[mine], probabilities[mine], learned, card.seconds)
    return found


def parameters(card: Card) -> dict[str, object]:
    """What there is to know of the network and its training."""
    names = [
        "recipe",
        "speakers",
        "seeds",
        "over_seeds",
        "temperature",
        "seed",
        "parameters",
        "says",
        "device",
        "made",
    ]
    return {name: card.told[name] for name in names} | {"weights": card.sha256, "origin": origin(card)}


def origin(card: Card) -> str:
    return SHIPPED if card.shipped else TRAINED
