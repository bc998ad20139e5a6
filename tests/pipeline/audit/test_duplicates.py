"""Planted copies are found, strangers are not, and fingerprints are what their docstring says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.audit.duplicates import agreement, align, duplicates, near
from pipeline.audit.fingerprint import ABSENT, CODES
from pipeline.audit.splits import AuditError
from pipeline.features.spectra import SAMPLE_RATE_HZ

pytestmark = pytest.mark.xdist_group("esc10")

KINDS = ("late", "quiet", "mp3")


def linked(table: pd.DataFrame) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in zip(table["first"], table["second"], strict=True)}


@pytest.fixture(scope="module")
def few(made, printed, changes):
    """Thirty strangers, and copies of the first five of each kind: ids and fingerprints."""
    sounds = {f"clip{seed}": made(seed) for seed in range(30)}
    for kind, change in changes.items():
        sounds |= {f"{kind}:clip{seed}": change(sounds[f"clip{seed}"], SAMPLE_RATE_HZ) for seed in range(5)}
    return list(sounds), np.array([printed(sound) for sound in sounds.values()])


def test_planted_copies_are_found_and_strangers_are_not(few):
    ids, prints = few
    table = near(ids, prints)
    found = linked(table)
    wanted = {frozenset((f"{kind}:clip{seed}", f"clip{seed}")) for kind in KINDS for seed in range(5)}
    assert wanted <= found
    assert all(len({name.split(":")[-1] for name in pair}) == 1 for pair in found)
    assert table["similarity"].between(0.4, 1).all()


def test_the_lag_says_how_much_later_the_second_is(few):
    ids, prints = few
    table = near(ids, prints).set_index(["first", "second"])
    assert table.loc[("clip1", "late:clip1"), "lag_s"] == pytest.approx(0.5, abs=0.024)
    assert table.loc[("clip1", "quiet:clip1"), "lag_s"] == 0


def test_a_few_seconds_of_a_long_recording_are_found(made, printed):
    whole = made(1, 60.0)
    start, stop = 20 * SAMPLE_RATE_HZ + 300, 28 * SAMPLE_RATE_HZ
    strangers = [printed(made(seed, 60.0)) for seed in range(2, 6)]
    table = near(list("wpabcd"), np.array([printed(whole), printed(whole[start:stop]), *strangers]))
    assert linked(table) == {frozenset("wp")}
    assert table["lag_s"][0] == pytest.approx(-start / SAMPLE_RATE_HZ, abs=0.024)


def test_a_print_is_of_fixed_size_ascending_and_blind_to_gain(made, printed):
    sound = made(3, 12.0)
    whole, louder = printed(sound), printed(sound * np.float32(0.25))
    assert whole.shape == (2, CODES) and whole.dtype == np.uint32
    assert (np.diff(whole[1].astype(int)) > 0).all()
    np.testing.assert_array_equal(whole, louder)


@pytest.mark.parametrize("seconds", [0.01, 0.05])
def test_too_short_and_silent_clips_have_no_codes_and_no_twin(made, printed, seconds):
    prints = np.array(
        [printed(made(1, seconds)), printed(made(1, seconds)), printed(np.zeros(9000, np.float32))]
    )
    assert (prints == ABSENT).all()
    assert near(["a", "b", "c"], prints).empty
    assert agreement(prints[0], prints[1], 0) == (0.0, 0)


def test_a_band_that_holds_nothing_makes_no_strangers_alike(made, printed):
    def dull(seed: int):
        spectrum = np.fft.rfft(made(seed))
        spectrum[len(spectrum) // 12 :] = 0  # nothing above 900 Hz
        return np.fft.irfft(spectrum).astype(np.float32)

    assert near(
        [str(seed) for seed in range(12)], np.array([printed(dull(seed)) for seed in range(12)])
    ).empty


def test_equal_files_are_exact_and_tie_near_ones_into_one_group(few):
    ids, prints = few
    at = [ids.index(name) for name in ("clip1", "clip1", "clip1", "quiet:clip1", "clip7")]
    clips = pd.DataFrame({"clip_id": list("abcde"), "content_hash": ["x", "x", "x", "y", "z"]})
    found = duplicates(clips, prints[at])
    assert found.pairs["kind"].tolist() == ["exact", "exact", "near"]
    assert linked(found.pairs) == {frozenset("ab"), frozenset("ac"), frozenset("ad")}
    assert found.groups.to_dict() == dict.fromkeys("abcd", 0)
    assert len(duplicates(clips, None).pairs) == 2


def test_no_duplicates_give_an_empty_table(few):
    ids, prints = few
    clips = pd.DataFrame({"clip_id": ids[:9], "content_hash": ids[:9]})
    found = duplicates(clips, prints[:9])
    assert found.pairs.empty and found.groups.empty and "group" in found.pairs


def test_bad_input_is_a_sentence(few):
    clips = pd.DataFrame({"clip_id": ["a", "b"], "content_hash": ["x", "y"]})
    with pytest.raises(AuditError, match="needs two or more"):
        duplicates(clips[:1], None)
    with pytest.raises(AuditError, match="twice"):
        duplicates(pd.concat([clips, clips]), None)
    with pytest.raises(AuditError, match=r"expected \(2, 2, 256\)"):
        duplicates(clips, few[1])


def test_samples_laid_over_each_other_tell_the_lag_and_the_sign(made, changes):
    sound = made(1)
    found = align(sound, -changes["late"](sound, SAMPLE_RATE_HZ), SAMPLE_RATE_HZ, 0.48)
    assert (round(found.lag_s, 4), round(found.correlation, 2)) == (0.5, -1.0)
    assert abs(align(sound, made(2), SAMPLE_RATE_HZ, 0.0).correlation) < 0.1
    with pytest.raises(AuditError, match="do not overlap"):
        align(sound, sound, SAMPLE_RATE_HZ, 9.0)


def test_among_the_real_clips_twenty_planted_of_each_kind_are_found(esc10, printed, changes):
    ids = esc10.clips["clip_id"].tolist()
    chosen = np.random.default_rng(4).permutation(len(ids))[:20]
    names, prints, wanted = list(ids), [esc10.prints], set()
    for kind, change in changes.items():
        for number in chosen:
            samples, rate = esc10.sounds[number]
            names.append(f"{kind}:{ids[number]}")
            prints.append(printed(change(samples, rate), rate)[None])
            wanted.add(frozenset((names[-1], ids[number])))
    hashes = [*esc10.clips["content_hash"], *names[len(ids) :]]
    clips = pd.DataFrame({"clip_id": names, "content_hash": hashes})
    copies = pd.DataFrame(
        {"clip_id": [f"same:{ids[i]}" for i in chosen], "content_hash": [hashes[i] for i in chosen]}
    )
    clips = pd.concat([clips, copies], ignore_index=True)
    found = duplicates(clips, np.concatenate([*prints, esc10.prints[chosen]]))
    exact = found.pairs["kind"] == "exact"
    assert linked(found.pairs[exact]) == {frozenset((f"same:{ids[i]}", ids[i])) for i in chosen}
    assert wanted <= linked(found.pairs[~exact])

    # What else is found among the 400 are real copies: their samples agree, at the lag that is told.
    real = found.pairs[found.pairs["first"].isin(ids) & found.pairs["second"].isin(ids)]
    sounds = dict(zip(ids, esc10.sounds, strict=True))
    heard = [
        align(sounds[row["first"]][0], sounds[row["second"]][0], 44_100, row["lag_s"]).correlation
        for _, row in real.iterrows()
    ]
    assert sum(correlation < 0.3 for correlation in heard) <= 2
    assert frozenset(("2-28314-A-12.wav", "2-30322-A-12.wav")) in linked(real)


def test_two_thousand_clips_take_seconds(made, printed):
    import time

    base = np.array([printed(made(seed, 2.0)) for seed in range(40)])
    random = np.random.default_rng(0)
    prints = np.repeat(base, 50, axis=0)
    prints[:, 0] = random.integers(0, 2**32, prints[:, 0].shape, dtype=np.uint32)
    prints[1999, 0] = prints[0, 0]
    prints[1999, 1] = prints[0, 1]
    began = time.perf_counter()
    table = near([str(number) for number in range(2000)], prints)
    assert linked(table) == {frozenset(("0", "1999"))}
    assert time.perf_counter() - began < 30
