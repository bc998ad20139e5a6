"""The voice network in a build: its vectors, and its experiment on the speakers of a dataset whom it has not met."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.gender_format import SEXES
from models.gender_format import VERSION as NETWORK_VERSION
from models.voice_card import NETWORK as METHOD
from models.voice_card import Card, classify_embeddings, describe_corpora
from pipeline.classify.metrics import MetricRow, Metrics, class_rows, measure
from pipeline.experiments import rows
from pipeline.experiments.spec import CARD, NETWORK, TRAINED, ExpectedExperiment, ExperimentSpec, targets
from pipeline.experiments.unit import Gap
from pipeline.networks import NETWORKS, exposure, in_use, voice_card_rows
from pipeline.networks.embedding import ClipEmbedder, ClipVectors
from pipeline.networks.exposure import LEARNED, NEVER_MET, VALIDATED
from pipeline.networks.network import NetworkBuild
from pipeline.networks.rows import SOUND, experiment_row, fold_rows
from pipeline.networks.voice_card_rows import card_parameters
from pipeline.networks.voice_view import LONGEST_S, any_speech, find_view, speech_datasets
from pipeline.networks.voice_view import NAME as VIEW
from pipeline.train.layout import digest
from pipeline.train.voice.scores import (
    by_speaker,
    dialect_rows,
    prediction_table,
    rows_by_speaker,
    speaker_rows,
)
from store.reader import Reader
from store.results import ExperimentRows

VERSION = 1
"""Raise it when an experiment's rows change for a reason that neither weights nor clips show."""
PROTOCOL = "strangers"
NEVER_MET_TITLE, CHOSEN_BY = "speakers never met", "speakers kept for validation"
SYNTHETIC = "The voices of this collection are synthetic: what holds for them need not hold for people."


def expected(root: Path, reader: Reader) -> list[ExpectedExperiment]:
    """One experiment for each part that the card measures, and for each spoken dataset with speakers of both sexes."""
    card = in_use.find_card(root)
    if card is None:
        return []
    hashes = reader.metadata_hashes()
    made = reader.embeddings()
    made = made[made["view"] == VIEW]
    embedded = {row["dataset"]: [row["key"], row["clips"]] for row in made.to_dict("records")}
    found = voice_card_rows.expected(card)
    for dataset in [name for name in speech_datasets(reader) if name in embedded]:
        target = target_of(reader.clips(dataset))
        if target is None:
            continue
        spec = ExperimentSpec(
            dataset=dataset, target=target, method=METHOD, views=(SOUND,), kind=NETWORK, origin=TRAINED
        )
        key = digest([VERSION, card.digest, hashes.get(dataset), *embedded[dataset]])
        found.append(ExpectedExperiment(spec, spec.id(()), key))
    return found


def target_of(clips: pd.DataFrame) -> str | None:
    """What a dataset calls the sex of its speakers: its label, or ``sex``; None where it knows no two sexes."""
    if not clips["speaker"].notna().any() or not set(SEXES) <= set(clips["sex"]):
        return None
    codes = pd.factorize(clips["sex"])[0]
    return next((one for one in targets(clips) if (pd.factorize(clips[one])[0] == codes).all()), None)


def make(root: Path, reader: Reader, one: ExpectedExperiment) -> ExperimentRows | Gap:
    """The rows of one of the network's experiments, or why there are none."""
    return voice_card_rows.make(root, one) if one.spec.kind == CARD else _on_dataset(root, reader, one)


def _on_dataset(root: Path, reader: Reader, one: ExpectedExperiment) -> ExperimentRows | Gap:
    card, dataset = in_use.load_card(root), one.spec.dataset
    clips = reader.clips(dataset)
    clips = clips[clips["sex"].isin(SEXES) & clips["speaker"].notna()]
    clips = clips.assign(fold=exposure.by_clip(clips, card))
    matrix = reader.matrix(dataset, VIEW)
    tested = clips[(clips["fold"] != LEARNED) & clips["clip_id"].isin(matrix.clip_ids)].reset_index(drop=True)
    if tested.empty:
        row = {
            "experiment_id": one.experiment_id, "dataset": dataset, "target": one.spec.target, "key": one.key,
            "what": NETWORKS[METHOD].title, "reason": nobody_left(clips, card),
        }  # fmt: skip
        return Gap(one.experiment_id, row)
    at = pd.Index(matrix.clip_ids).get_indexer(pd.Index(tested["clip_id"]))
    probabilities, logits = classify_embeddings(card, matrix.values[at])
    (synthetic,) = [row["synthetic"] for row in reader.rows("all_datasets") if row["dataset"] == dataset]
    return _rows(
        one,
        card,
        tested,
        prediction_table(tested, probabilities, logits),
        notes(card, clips, tested, synthetic),
    )


def _rows(
    one: ExpectedExperiment, card: Card, tested: pd.DataFrame, predictions: pd.DataFrame, notes: list[str]
) -> ExperimentRows:
    classes = np.array(
        [tested.loc[tested["sex"] == sex, one.spec.target].iloc[0] for sex in SEXES], dtype=object
    )
    truth, predicted = (
        np.array([SEXES.index(sex) for sex in predictions[name]], dtype=np.intp)
        for name in ("sex", "predicted")
    )
    probabilities = predictions[list(SEXES)].to_numpy(dtype=np.float32)
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
            parameters=card_parameters(card), versions=card.content["versions"], notes=notes,
            seed=int(card.content["seed"]), seconds=card.seconds,
        ),
        predictions=rows.predictions(table, probabilities),
        metrics=[
            *_fold_rows(card, tested["fold"], truth, probabilities),
            *_measured(metrics, list(classes), predictions),
        ],
    )  # fmt: skip


def _measured(metrics: Metrics, classes: list[str], predictions: pd.DataFrame) -> list[MetricRow]:
    each = rows_by_speaker(by_speaker(predictions))
    return [*class_rows(metrics, classes), *speaker_rows(predictions), *dialect_rows(predictions), *each]


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


def protocol_title(tested: pd.DataFrame) -> str:
    """The protocol, in three words."""
    return NEVER_MET_TITLE if (tested["fold"] == NEVER_MET).any() else CHOSEN_BY


def protocol_sentence(card: Card, tested: pd.DataFrame) -> str:
    """From whom it has learned, and who is tested."""
    return (
        f"The network has learned from {describe_corpora(card.speakers['train'])}. {len(tested):,} clips by "
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
        *([f"{lost:,} clips could not be embedded; left out."] if lost else []),
    ]  # fmt: skip


def nobody_left(clips: pd.DataFrame, card: Card) -> str:
    """Why there is no experiment."""
    known = int((clips["fold"] == LEARNED).sum())
    return (
        f"Nobody is left to be tested: the network has learned from the speakers of {known:,} of the {len(clips):,} "
        "clips, and of the others it has no vector. Another collection, whose speakers it has not met, can show how "
        f"good it is; its card describes {describe_corpora(card.speakers['validation'])}."
    )


def _embedder(root: Path, n_jobs: int) -> ClipEmbedder:
    from pipeline.networks.voice_embedder import VoiceEmbedder  # torch takes seconds to load

    return VoiceEmbedder(in_use.load_card(root).weights, LONGEST_S, joblib.effective_n_jobs(n_jobs))


BUILD = NetworkBuild(
    find_view=find_view,
    fits=lambda view, sources, scans: any_speech(sources, scans),
    vectors=ClipVectors(datasets=speech_datasets, embedder=_embedder),
    expected=expected,
    make=make,
)
