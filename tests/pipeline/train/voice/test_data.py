"""Who is learned from: speakers are never divided, and what cannot be learned from is told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.clips import Clip
from pipeline.train.layout import TrainError
from pipeline.train.voice.data import Voices, clip_table, divide_speakers


def corpus(name: str, women: int, men: int, clips: int = 3, split: bool = False) -> list[Clip]:
    """``clips`` sentences by each speaker, the first one read by all; with a split every third speaker is tested."""
    made = []
    for sex, count in (("female", women), ("male", men)):
        for number in range(count):
            part = ("test" if number % 3 == 2 else "train") if split else None
            for sentence in range(clips):
                path = f"{sex}{number}/{sentence}.wav"
                made.append(
                    Clip(
                        dataset=name, path=Path("/somewhere") / path, relative_path=path, speaker=f"{sex}{number}",
                        sex=sex, split=part, sentence_type="SX" if sentence else "SA",
                    )  # type: ignore[arg-type]
                )  # fmt: skip
    return made


def speakers(clips: pd.DataFrame, **of: str) -> set[str]:
    for column, value in of.items():
        clips = clips[clips[column] == value]
    return set(clips["speaker"])


def whole(voices: Voices) -> list[set[str]]:
    return [speakers(one) for one in (voices.train, voices.validation, voices.test)]


def test_no_speaker_is_in_two_parts_and_each_sex_and_corpus_in_both() -> None:
    voices = divide_speakers(clip_table(corpus("a", 10, 10) + corpus("b", 5, 6)))
    train, validation, test = whole(voices)
    assert not train & validation and not test and len(train | validation) == 31
    for dataset, sex, count in (("a", "female", 2), ("a", "male", 2), ("b", "female", 1), ("b", "male", 1)):
        assert len(speakers(voices.validation, dataset=dataset, sex=sex)) == count
    assert len(voices.train) + len(voices.validation) == 31 * 3


def test_a_share_for_the_test_is_kept_apart() -> None:
    train, validation, test = whole(divide_speakers(clip_table(corpus("a", 10, 10)), test_share=0.3))
    assert (len(train), len(validation), len(test)) == (10, 4, 6)
    assert not (train & validation or train & test or validation & test)


def test_an_official_split_is_only_tested_on_beside_others() -> None:
    voices = divide_speakers(clip_table(corpus("a", 5, 5) + corpus("timit", 6, 6, split=True)))
    assert speakers(voices.test) == {f"timit/{sex}{n}" for sex in ("female", "male") for n in range(6)}
    assert len(voices.test) == 36  # all of its sentences
    assert set(voices.train["dataset"]) | set(voices.validation["dataset"]) == {"a"}


@pytest.mark.parametrize("asked", [(), ("timit",)])
def test_alone_or_named_its_split_holds_without_what_everybody_reads(asked: tuple[str, ...]) -> None:
    others = corpus("a", 5, 5) if asked else []
    voices = divide_speakers(clip_table(corpus("timit", 9, 9, split=True) + others), train_on=asked)
    own = voices.test[voices.test["dataset"] == "timit"]
    assert len(own) == 6 * 2 and set(own["sentence_type"]) == {"SX"} and set(own["split"]) == {"test"}
    assert set(voices.train["split"]) == {"train"} and "SA" in set(voices.train["sentence_type"])
    assert not speakers(voices.train) & speakers(voices.validation)
    assert ("a" in set(voices.test["dataset"])) == bool(asked)


def test_a_seed_divides_the_same_whatever_else_is_there() -> None:
    alone, beside = (
        speakers(divide_speakers(clip_table(clips)).validation, dataset="a")
        for clips in (corpus("a", 10, 10), corpus("b", 4, 4) + corpus("a", 10, 10)[::-1])
    )
    assert alone == beside
    assert (
        len(
            {
                frozenset(speakers(divide_speakers(clip_table(corpus("a", 10, 10)), seed=n).validation))
                for n in range(5)
            }
        )
        > 1
    )


def test_equal_names_in_two_corpora_are_two_people() -> None:
    assert clip_table(corpus("a", 1, 1) + corpus("b", 1, 1))["speaker"].nunique() == 4


def test_clips_that_say_nothing_are_left_out_and_noted() -> None:
    unknown = Clip(dataset="a", path=Path("/x.wav"), relative_path="x.wav", speaker="x")
    voices = divide_speakers(clip_table([*corpus("a", 5, 5), unknown]))
    assert voices.notes == ("1 clips say nothing of their speaker's sex or name; left out.",)
    assert "a/x.wav" not in set(voices.train["clip_id"])


@pytest.mark.parametrize(
    ("clips", "asked", "message"),
    [
        ([], (), "No clip says who speaks"),
        (corpus("a", 5, 5), ("b",), "no dataset 'b' to learn voices from; there are: a"),
        (corpus("a", 5, 0) + corpus("b", 5, 5), (), "the dataset 'a' has female voices only"),
        (corpus("a", 5, 2), (), "There are 2 male speakers to learn from; expected at least 3"),
        (
            [*corpus("a", 5, 5), Clip(dataset="esc", path=Path("/x"), relative_path="x")],
            ("esc",),
            "does not say who speaks",
        ),
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    clips: list[Clip], asked: tuple[str, ...], message: str
) -> None:
    with pytest.raises(TrainError, match=message):
        divide_speakers(clip_table(clips), train_on=asked)


def test_the_real_corpora(shared_data: Path) -> None:
    from pipeline.sources import parse

    words = ("ravdess=ravdess", "emodb=emodb", "timit=timit_sample")
    sources = parse([word.replace("=", f"={shared_data}/") for word in words])
    found = [clip for name, one in sources.items() for clip in one.dataset.scan(one.path, name).clips]
    voices = divide_speakers(clip_table(found))
    assert (len(voices.test), voices.test["speaker"].nunique()) == (160, 16)
    assert set(voices.test["dataset"]) == {"timit"}
    assert voices.train["speaker"].nunique() + voices.validation["speaker"].nunique() == 34
    assert voices.validation.groupby(["dataset", "sex"])["speaker"].nunique().tolist() == [1, 1, 2, 2]
