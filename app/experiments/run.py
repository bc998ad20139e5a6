"""Running an experiment from the page: the form, the command that runs it, and the way to its result."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import permissions
from app.builds import panel
from app.cache import snapshot, tables
from app.experiments import selection, summary
from app.experiments.selection import EXPERIMENT, TARGET
from app.experiments.summary import Names
from app.ui import address, escape
from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import COMBINATIONS, TOGETHER
from pipeline.experiments.spec import DETAILED, PAGE, ExperimentSpec, targets

REQUESTED = "experiment_requested"
PART, RESULTS, RUN, VOICE = "part", "Results", "Run", "Voice"
MOST_SEED = 2**31 - 1
VIEWS = "run_views"
TITLES = {"together": "side by side", "vote": "each view votes"}


def lead() -> None:
    """Show the form; for a button's callback."""
    st.session_state[PART] = RUN


def draw(dataset: pd.Series) -> None:
    """Draw the form, the experiment that is running, and those that could not be run."""
    name, names = str(dataset["dataset"]), summary.names_of(dataset)
    there = targets(snapshot.clips(name))
    if not there:
        selection.explain_none(dataset, lead)
        return
    why = permissions.reason()
    if why is not None:
        st.info(why, icon=":material/lock:")
        panel.progress()
        selection.draw_gaps(name)
        return
    st.markdown(
        "Train a classifier on this collection and test it by the leaderboard's protocol. Experiments run here also "
        "get a learning curve and column importances, and later builds keep them up to date."
    )
    spec = request_form(name, names, there)
    if spec is not None:
        _start(spec, spec.id(names.usual))
    panel.progress()
    selection.draw_gaps(name)


def _start(spec: ExperimentSpec, experiment_id: str) -> None:
    if address.PINNED in st.session_state:
        st.info("You are looking at an older snapshot. The new experiment will be in the current one.")
    before = _made_at(spec.dataset, experiment_id)
    if st.button(
        "Run it again" if before else "Run the experiment",
        type="primary",
        disabled=_busy(),
        icon=":material/play_arrow:",
    ):
        panel.begin(arguments(spec), command="learn")
        st.session_state[REQUESTED] = (spec.dataset, spec.target, experiment_id, before)
        st.rerun()
    there = ", replacing the existing one" if before else ""
    st.caption(f"It will be named {escape.code(experiment_id)}{there}.")


def arguments(spec: ExperimentSpec) -> list[str]:
    """The command-line arguments of an experiment."""
    options = {
        "dataset": spec.dataset,
        "target": spec.target,
        "method": spec.method,
        "views": ",".join(spec.views),
        "combination": spec.combination,
        "seed": str(spec.seed),
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]


def arrive() -> None:
    """Show the requested experiment as soon as it is there; call it before any box is drawn."""
    if REQUESTED not in st.session_state:
        return
    dataset, target, experiment_id, before = st.session_state[REQUESTED]
    if _made_at(dataset, experiment_id) == before:
        if not _busy():
            del st.session_state[REQUESTED]  # it failed, and the form says why
        return
    del st.session_state[REQUESTED]
    st.session_state[PART] = RESULTS
    st.session_state[address.key_of(TARGET)] = target
    st.query_params.update({"dataset": dataset, TARGET: target, EXPERIMENT: experiment_id})
    st.toast(f"Done: {escape.code(experiment_id)}", icon=":material/check:")


def _made_at(dataset: str, experiment_id: str) -> str | None:
    """When the experiment that is shown was made; None where there is none."""
    rows = tables.experiments(dataset)
    found = rows.loc[rows["experiment_id"] == experiment_id, "made_at"]
    return str(found.iloc[0]) if len(found) else None


def _busy() -> bool:
    """Whether anything is being written to the store, or about to be."""
    process = st.session_state.get(panel.PROCESS)
    return snapshot.store().is_building() or (process is not None and process.poll() is None)


def request_form(dataset: str, names: Names, there: Sequence[str]) -> ExperimentSpec | None:
    """Draw the form; the experiment it requests, None where something is still to be chosen.

    Parameters
    ----------
    dataset : str
    names : Names
    there : sequence of str
        The targets that can be classified.
    """
    if st.session_state.get("run_target") not in there:
        st.session_state.pop("run_target", None)  # of another collection
    left, right = st.columns(2)
    with left:
        target = st.selectbox("Target", there, format_func=names.target, key="run_target")
        method = _method()
    with right:
        views = _views(dataset, names)
        combination = _combination(disabled=len(views) < 2)
        seed = st.number_input(
            "Seed", 0, MOST_SEED, 0, key="run_seed", width=160, help="For everything random."
        )
    if not views:
        st.info("Choose at least one view to learn from.", icon=":material/info:")
        return None
    return ExperimentSpec(
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
