"""A view is computed where it is new or computed otherwise, and nowhere else."""

from __future__ import annotations

from pipeline.features import VIEWS


def test_a_new_view_is_the_only_one_computed(builder, esc50, monkeypatch, view_of) -> None:
    builder(f"esc50={esc50.root}")
    computed = []
    real = VIEWS["dynamics"].compute
    spied = view_of("dynamics", compute=lambda spectra: computed.append(1) or real(spectra))
    monkeypatch.setitem(VIEWS, "dynamics", spied)
    done = builder(views={name: VIEWS[name] for name in ("dynamics", "spectral", "contrast")})
    assert (done.vectors_computed, done.added, done.updated, computed) == (6, 0, 0, [])
    assert builder.ask("select view from views order by position") == [
        ("dynamics",),
        ("spectral",),
        ("contrast",),
    ]


def test_a_view_of_another_key_is_computed_anew(builder, esc50, view_of) -> None:
    builder(f"esc50={esc50.root}")
    old = builder.ask("select version, key from views where view = 'dynamics'")
    views = {"dynamics": view_of("dynamics", version=99), "spectral": VIEWS["spectral"]}
    done = builder(views=views)
    assert done.vectors_computed == 6
    ((version, key),) = builder.ask("select version, key from views where view = 'dynamics'")
    assert version == 99 and [(version, key)] != old
    assert builder(views=views).status == "unchanged"


def test_a_view_that_is_no_longer_wanted_goes(builder, esc50) -> None:
    builder(f"esc50={esc50.root}")
    builder(views={"spectral": VIEWS["spectral"]})
    assert builder.ask("select view from views") == [("spectral",)]
    assert builder.ask("select * from duckdb_tables() where table_name = 'view_dynamics'") == []


def test_new_words_on_a_view_cost_no_listening(builder, esc50, view_of) -> None:
    builder(f"esc50={esc50.root}")
    views = {"dynamics": view_of("dynamics", notes="Other words."), "spectral": VIEWS["spectral"]}
    done = builder(views=views)
    assert (done.status, done.vectors_computed) == ("published", 0)
    assert builder.ask("select notes from views where view = 'dynamics'") == [("Other words.",)]
