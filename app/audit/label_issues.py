"""Label issues, one at a time and as a list, with a mark for each that is stored at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app import permissions
from app.audit import data, duplicates
from app.audit.data import Audit
from app.cache import snapshot, sounds
from app.components.clip_rows.clip_rows import clip_rows
from app.ui import escape, show
from pipeline.audit.report import LABEL_ISSUES
from store.annotations import DOUBT, KEEP, Mark, delete_mark, load_marks, save_mark
from store.errors import SesatlasError

FIRST = 50
"""How many of the likeliest issues are listed, each with its player."""
COLUMNS = {
    "rank": ("rank", "{:,}"),
    "given": ("label", "{}"),
    "suggested": ("predicted", "{}"),
    "mark": ("mark", "{}"),
    "self_confidence": ("probability of the label", "{:.1%}"),
    "issue": ("issue", "{}"),
    "name": ("clip", "{}"),
}
MARKED = {KEEP: "kept", DOUBT: "questioned", "": ""}
FAULT = "audit_marks_fault"


def draw(audit: Audit) -> None:
    """One clip to judge, the first fifty, and what was marked so far."""
    st.markdown(audit.summaries[LABEL_ISSUES])
    table = with_marks(audit)
    place = place_to_judge(audit.name, table)
    with st.container(border=True, key="audit_label_issue"):
        _clip(audit, table, place)
    _counts(audit, table)
    _rows(audit, table.head(FIRST), place)
    st.caption(
        f"The {min(FIRST, len(table))} labels with the lowest margin: the probability of the label less that of "
        "the best other one. ▶ plays a row, a click on it shows it above. "
        f"*Issue*: by confident learning (Northcutt et al. 2021). {audit.caption(len(table), 'tested clip')}"
    )


def _clip(audit: Audit, table: pd.DataFrame, place: int) -> None:
    row = table.iloc[place]
    clip = snapshot.clips(audit.name).set_index("clip_id", drop=False).loc[row["clip_id"]]
    mark = f" :gray-badge[{MARKED[row['mark']]}]" if row["mark"] else ""
    given, suggested = escape.markdown(row["given"]), escape.markdown(row["suggested"])
    st.markdown(
        f"**{place + 1:,} of {len(table):,}**: labelled **{given}**, predicted **{suggested}**{mark}"
        if row["given"] != row["suggested"]
        else f"**{place + 1:,} of {len(table):,}**: labelled **{given}**, and predicted so{mark}"
    )
    sound = data.sound(audit.dataset, clip)
    if sound is None:
        st.warning("This recording can no longer be read.", icon=":material/hearing_disabled:")
    else:
        st.audio(sound, format="audio/mp3")
    _buttons(audit, table, place)
    with st.container(horizontal=True, vertical_alignment="center"):
        path, *more = escape.code(clip["relative_path"]), *map(escape.markdown, duplicates.where(clip)[1:])
        words = [path, *more, confidence(row)]
        st.caption(" · ".join(words), width="content")
        here = {"dataset": audit.name, "clip": row["clip_id"]}
        st.page_link(
            "../pages/similar.py",
            label="Similar",
            icon=":material/hearing:",
            query_params=here,
            width="content",
        )
    if st.session_state.get(FAULT):
        st.warning(escape.sentence(st.session_state.pop(FAULT)), icon=":material/bookmark_remove:")


def confidence(row: pd.Series) -> str:
    """The probability of the label, in words."""
    issue = ", an issue" if row["issue"] else ""
    return f"probability of the label {row['self_confidence']:.1%}{issue}"


def _buttons(audit: Audit, table: pd.DataFrame, place: int) -> None:
    row = table.iloc[place]
    with st.container(horizontal=True):
        if permissions.may_change():
            _mark_button(audit, table, place, KEEP, "Keep the label", ":material/check:")
            _mark_button(audit, table, place, DOUBT, "Question the label", ":material/flag:")
            st.button(
                "Clear", key="audit_clear", icon=":material/backspace:", disabled=not row["mark"],
                on_click=clear, args=(audit.name, row["clip_id"]),
            )  # fmt: skip
        _step(audit, table, place - 1, "Previous", ":material/chevron_left:")
        _step(audit, table, place + 1, "Next", ":material/chevron_right:")


def _mark_button(audit: Audit, table: pd.DataFrame, place: int, word: str, label: str, icon: str) -> None:
    st.button(
        label, key=f"audit_{word}", icon=icon,
        type="primary" if table["mark"].iloc[place] == word else "secondary",
        on_click=put_mark, args=(audit.name, table, place, word),
    )  # fmt: skip


def _step(audit: Audit, table: pd.DataFrame, to: int, label: str, icon: str) -> None:
    there = 0 <= to < len(table)
    st.button(
        label, key=f"audit_{label}", icon=icon, disabled=not there,
        on_click=choose, args=(audit.name, table["clip_id"].iloc[to] if there else ""),
    )  # fmt: skip


def _counts(audit: Audit, table: pd.DataFrame) -> None:
    questioned = table[table["mark"] == DOUBT]
    kept = int((table["mark"] == KEEP).sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"So far: **{kept:,}** kept, **{len(questioned):,}** questioned, "
            f"**{len(table) - kept - len(questioned):,}** not marked.",
            width="content",
        )
        if len(questioned):
            show.download(questioned, f"{audit.name}_questioned_labels")


def _rows(audit: Audit, table: pd.DataFrame, chosen: int) -> None:
    clips = snapshot.clips(audit.name).set_index("clip_id", drop=False)
    there = table.assign(
        name=clips["relative_path"].reindex(table["clip_id"]).to_numpy(),
        issue=_yes(table["issue"]),
        mark=table["mark"].map(MARKED),
    )
    cells = pd.DataFrame(
        {title: [form.format(one) for one in there[column]] for column, (title, form) in COLUMNS.items()},
        dtype="string",
    )
    # The rows tell the browser by their clips alone whether they are others: after a mark they must be.
    state = hashlib.sha256("\n".join(table["mark"]).encode()).hexdigest()[:12]
    clip_rows(
        cells,
        table["clip_id"].tolist(),
        [_sound(audit, clips.loc[clip_id], place) for place, clip_id in enumerate(table["clip_id"])],
        chosen=str(table["clip_id"].iloc[chosen]) if chosen < len(table) else None,
        on_choose=lambda clip_id: choose(audit.name, clip_id),
        key=f"audit_label_rows_{state}",
    )


def _sound(audit: Audit, clip: pd.Series, place: int) -> str | None:
    sound = data.sound(audit.dataset, clip)
    return None if sound is None else sounds.url(sound, "audio/mpeg", f"audit_label_{place}")


def _yes(issue: pd.Series) -> list[str]:
    return ["yes" if one else "" for one in issue]


def with_marks(audit: Audit) -> pd.DataFrame:
    """The label issues with the marks of this collection, see :func:`join_marks`."""
    try:
        marks = load_marks(snapshot.store(), audit.name)
    except SesatlasError as error:
        st.warning(escape.sentence(error), icon=":material/bookmark_remove:")
        marks = {}
    table, obsolete = join_marks(audit.label_issues, marks)
    if obsolete:
        st.caption(
            f":orange[{show.counted(obsolete, 'mark')} of clips that are gone or have another label since.]"
        )
    return table


def join_marks(table: pd.DataFrame, marks: Mapping[str, Mark]) -> tuple[pd.DataFrame, int]:
    """The table with ``mark`` and ``marked_at``, empty where there is none, and how many marks belong to no row.

    Parameters
    ----------
    table : DataFrame
        ``clip_id`` and ``given``, the label.
    marks : mapping of str to Mark
        By clip_id; one that was given to another label does not count.
    """
    own = [
        mark if mark is not None and mark.label == label else None
        for mark, label in zip(map(marks.get, table["clip_id"]), table["given"], strict=True)
    ]
    joined = table.assign(
        mark=[one.mark if one else "" for one in own],
        marked_at=[f"{one.marked_at:%Y-%m-%d %H:%M}" if one else "" for one in own],
    )
    return joined, len(marks) - sum(one is not None for one in own)


def place_to_judge(dataset: str, table: pd.DataFrame) -> int:
    """Which row is to be judged: the one that was clicked, else the first without a mark."""
    ids = table["clip_id"].tolist()
    kept = st.session_state.get(_key(dataset))
    if kept in ids:
        return ids.index(kept)
    return next((place for place, mark in enumerate(table["mark"]) if not mark), 0)


def put_mark(dataset: str, table: pd.DataFrame, place: int, word: str) -> None:
    """Store a mark, and go on to the next clip that has none."""
    row = table.iloc[place]
    one = Mark(clip_id=row["clip_id"], mark=word, label=row["given"], snapshot=snapshot.current().number)
    try:
        permissions.require()
        save_mark(snapshot.store(), dataset, one)
    except SesatlasError as error:
        st.session_state[FAULT] = str(error)
        return
    later = table.iloc[place + 1 :]
    left = later[later["mark"] == ""]
    choose(dataset, str((left if len(left) else table.iloc[[place]])["clip_id"].iloc[0]))


def clear(dataset: str, clip_id: str) -> None:
    """Take a mark away; the clip stays in view."""
    try:
        permissions.require()
        delete_mark(snapshot.store(), dataset, clip_id)
    except SesatlasError as error:
        st.session_state[FAULT] = str(error)
    choose(dataset, clip_id)


def choose(dataset: str, clip_id: str) -> None:
    """Bring a clip up to be judged."""
    st.session_state[_key(dataset)] = clip_id


def _key(dataset: str) -> str:
    return f"audit_label_at_{dataset}"
