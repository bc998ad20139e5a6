"""What a person wants to be learned: target, method, views, how they are combined, and the seed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.cache import snapshot
from app.experiments.summary import Names
from pipeline.classify import CLASSIFIERS
from pipeline.classify.run import COMBINATIONS, TOGETHER
from pipeline.experiments.spec import DETAILED, PAGE, Wanted

MOST_SEED = 2**31 - 1
VIEWS = "run_views"
TITLES = {"together": "side by side", "vote": "each view votes"}


def draw(dataset: str, names: Names, there: Sequence[str]) -> Wanted | None:
    """Draw the form; the experiment it asks for, None where something is still to be chosen.

    Parameters
    ----------
    dataset : str
    names : Names
    there : sequence of str
        The targets that can be learned.
    """
    if st.session_state.get("run_target") not in there:
        st.session_state.pop("run_target", None)  # of another collection
    left, right = st.columns(2)
    with left:
        target = st.selectbox("What to learn", there, format_func=names.target, key="run_target")
        method = _method()
    with right:
        views = _views(dataset, names)
        combination = _combination(disabled=len(views) < 2)
        seed = st.number_input(
            "Seed", 0, MOST_SEED, 0, key="run_seed", width=160, help="For what is drawn by chance."
        )
    if not views:
        st.info("Choose one view or more to learn from.", icon=":material/info:")
        return None
    return Wanted(
        dataset=dataset, target=target, method=method, views=views, seed=int(seed), origin=PAGE, detailed=True,
        combination=combination if len(views) > 1 else TOGETHER,
    )  # fmt: skip


def _method() -> str:
    methods = list(CLASSIFIERS)
    method = st.selectbox(
        "Method",
        methods,
        index=methods.index(DETAILED),
        format_func=lambda one: CLASSIFIERS[one].title,
        key="run_method",
    )
    st.caption(CLASSIFIERS[method].source)
    return str(method)


def _views(dataset: str, names: Names) -> tuple[str, ...]:
    known = snapshot.views(dataset)["view"].tolist()
    if VIEWS in st.session_state:  # of another collection, which may have a view that this one lacks
        st.session_state[VIEWS] = [one for one in st.session_state[VIEWS] if one in known]
    chosen = st.multiselect(
        "Views",
        known,
        default=[one for one in known if one in names.usual],
        format_func=lambda one: names.of_views([one]),
        key=VIEWS,
    )
    # In the store's order: the same views in another one would be the same experiment under another name.
    return tuple(one for one in known if one in chosen)


def _combination(*, disabled: bool) -> str:
    combination = st.segmented_control(
        "Several views",
        list(COMBINATIONS),
        default=TOGETHER,
        required=True,
        format_func=lambda one: TITLES.get(one, one),
        key="run_combination",
        disabled=disabled,
    )
    st.caption(COMBINATIONS[combination])
    return str(combination)
