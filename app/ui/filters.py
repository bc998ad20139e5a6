"""Widgets that narrow a dataset down, each bound to the URL: what a person sees can be linked to."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from app.cache import snapshot
from app.ui import address, escape
from pipeline.fields import Field, Role, with_role
from store.errors import SesatlasError


@dataclass(frozen=True, slots=True)
class Selection:
    """A dataset and the part of its clips that passes the filters."""

    dataset: pd.Series
    clips: pd.DataFrame
    total: int

    @property
    def name(self) -> str:
        return str(self.dataset["dataset"])

    def fields(self, role: Role) -> dict[str, Field]:
        """The columns of these clips that have a role, by name."""
        return with_role(role, self.clips.columns)

    def facets(self) -> dict[str, str]:
        """The facets that tell these clips apart, with the label under its own name."""
        names = {column: field.title for column, field in self.fields("filter").items()}
        names["label"] = str(self.dataset["label_name"]).capitalize()
        there = {column: name for column, name in names.items() if self.clips[column].notna().any()}
        # TIMIT's label is the sex: one facet, not two of the same.
        if "sex" in there and "label" in there and self.dataset["label_name"] == "sex":
            del there["sex"]
        return there


def choose_dataset() -> pd.Series:
    """The dataset box, kept in ``?dataset=``.

    Raises
    ------
    SesatlasError
        The store holds no dataset.
    """
    datasets = snapshot.datasets().set_index("dataset", drop=False)
    if datasets.empty:
        raise SesatlasError("The store holds no collection. Go to Pipeline and add one.")
    requested = address.asked("dataset")
    if requested and requested not in datasets.index:
        st.warning(
            f"This store holds no collection '{escape.markdown(requested[:80])}'; it may have another name here.",
            icon=":material/info:",
        )
    name = address.choice(
        st.selectbox, "Collection", datasets.index.tolist(), parameter="dataset", titles=titles(datasets)
    )
    return datasets.loc[[name]].iloc[0]


def titles(datasets: pd.DataFrame) -> dict[str, str]:
    """A name for each collection that tells it from the others, those of the same kind included."""
    twice = datasets["title"].duplicated(keep=False)
    names = datasets["title"].where(~twice, datasets["title"] + " (" + datasets["dataset"] + ")")
    return dict(zip(datasets["dataset"], names, strict=True))


def choose() -> Selection:
    """The dataset box and a box for each facet in which its clips differ."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = choose_dataset()
        clips = snapshot.clips(str(dataset["dataset"]))
        whole = Selection(dataset, clips, len(clips))
        kept = pd.Series(True, index=clips.index)
        for column, name in whole.facets().items():
            options = sorted(clips[column].dropna().unique().tolist())
            if len(options) > 1:
                label = escape.markdown(name)
                chosen = st.multiselect(label, options, key=column, bind="query-params", placeholder="all")
                if chosen:
                    kept &= clips[column].isin(chosen)
    return Selection(dataset, clips[kept], len(clips))
