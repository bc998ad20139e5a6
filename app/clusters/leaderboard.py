"""All clusterings of a collection in one table, best first, and the chosen one in a line."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app.ui import escape, show

SCORED = "Scores without labels"
COMPARED = "Against the labels, which chose nothing"
ABOUT = "Clustering"
COLUMNS = {
    "rank": (ABOUT, "rank", None, "By what other views confirm, how stable it is, how well it carries over to "
             "held-out clips, and whether its clusters hold none that are stable themselves. Several share a rank "
             "where other resamples could turn them round. No label was looked at."),
    "view": (ABOUT, "view", None, "The features that were clustered."),
    "space": (ABOUT, "space", None, "Where distances were taken: all standardised features, their leading "
              "principal components, or a UMAP of few dimensions. Never the 2-D or 3-D picture."),
    "method": (ABOUT, "method", None, "The algorithm that decides which clips belong together."),
    "settings": (ABOUT, "parameters", None, "The parameters of the algorithm."),
    "clusters": (ABOUT, "clusters", "%d", "How many clusters it found, noise not counted."),
    "noise_percent": (ABOUT, "noise %", "%.0f", "Share of clips that it put into no cluster."),
    "stability": (SCORED, "stability", "%.2f", "Cluster four fifths of the clips again, ten times: how far the "
                  "clusters come out the same. 1 is always, 0 is chance (mean adjusted Rand index)."),
    "stability_spread": (SCORED, "±", "%.2f", "How much the stability varies over the ten times (standard "
                         "deviation)."),
    "generalisation": (SCORED, "carries over", "%.2f", "Cluster one half of the clips, carry the clusters over to the "
                       "other half, and cluster that half by itself: how far both agree. 1 is always, 0 is chance."),
    "within_stability": (SCORED, "within", "%.2f", "How stable partitions within its clusters are: the lower the "
                         "better, for a cluster with stable parts should have been several."),
    "agreement": (SCORED, "confirmed (bits)", "%.2f", "How much of what these groups say of a clip other views "
                  "say as well, in bits beyond chance: 1 is two even groups, 2 are four, that all views find."),
    "silhouette": (SCORED, "silhouette", "%.2f", "Are clips nearer to their own cluster than to the next? 1 is "
                   "clearly, 0 is on the border, below 0 is nearer to another."),
    "dbcv": (SCORED, "DBCV", "%.2f", "As the silhouette, but by density, so that long and bent clusters count as "
             "well: -1 to 1, higher is better."),
    "davies_bouldin": (SCORED, "Davies-Bouldin", "%.2f", "How wide clusters are against the gaps between them: "
                       "from 0, lower is better."),
    "calinski_harabasz": (SCORED, "Calinski-Harabasz", "%.0f", "Spread between clusters over spread within: "
                          "higher is better; only comparable within one view and space."),
    "ari": (COMPARED, "ARI", "%.2f", "Do two clips share a cluster where they share a label? 1 is always, 0 is "
            "chance (adjusted Rand index)."),
    "nmi": (COMPARED, "NMI", "%.2f", "How much the cluster says about the label and the label of the cluster: 0 is "
            "nothing, 1 is all (normalised mutual information)."),
    "homogeneity": (COMPARED, "homogeneity", "%.2f", "1 where each cluster holds clips of one label only."),
    "completeness": (COMPARED, "completeness", "%.2f", "1 where all clips of a label lie in one cluster."),
    "why": ("Reasons", "why this place", None, "What the rank is made of, or what put it out of the running."),
}  # fmt: skip
"""Column: the heading it stands under, its name, its number format, and what it means."""
FILTERS = {"method": "Method", "view": "View", "space": "Space"}
WORDS = {
    "n_clusters": "k = {}",
    "n_components": "k = {}",
    "eps": "eps = {}",
    "of_knee": "{} × knee",
    "min_samples": "min. samples {}",
    "min_cluster_size": "min. cluster size {}",
    "n_neighbors": "{} neighbours",
    "linkage": "{} linkage",
    "covariance_type": "{} covariance",
    "cluster_selection_method": "{} selection",
    "metric": "{} distance",
}
UNSAID = {"seed", "random_state", "n_init", "reg_covar"}
"""Parameters that no row differs in."""


def describe_parameters(parameters: str) -> str:
    """Parameters, a JSON object, as a person would say them."""
    given = json.loads(parameters)
    parts = [
        WORDS.get(name, f"{name.replace('_', ' ')} {{}}").format(_short(value))
        for name, value in given.items()
        if name not in UNSAID and value is not None
    ]
    return ", ".join(parts)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


HIGHEST_PX = 460
"""Eleven rows; the table scrolls."""
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
STEADY = {
    0.9: "Nearly the same clusters come back",
    0.7: "Much the same clusters come back",
    0.5: "Roughly the same clusters come back",
    -1.0: "Other clusters come back",
}
"""From which stability on this is said."""
BORNE_OUT_BITS = 0.5


Titles = Mapping[str, Mapping[str, str]]
"""Names for people by column (``view``, ``space``, ``method``); what is not in it keeps the short name."""


def shown(clusterings: pd.DataFrame, titles: Titles | None = None) -> pd.DataFrame:
    """The table as it is shown.

    Parameters
    ----------
    clusterings : DataFrame
        As the store gives them; see ``clusterings`` in its README.
    titles : Titles, optional

    Returns
    -------
    DataFrame
        Indexed by ``clustering_id``, best rank first, the columns of ``COLUMNS``.
    """
    named = {column: (titles or {}).get(column, {}) for column in ("view", "space", "method")}
    # Those that share a rank come in the order of their places, which a rule has given them.
    table = clusterings.set_index("clustering_id").sort_values("place", kind="stable", na_position="last")
    table["settings"] = [describe_parameters(one) for one in table["parameters"]]
    table["rank"] = places(table["rank"])
    table["noise_percent"] = 100 * table["noise"] / table["clips"].clip(lower=1)
    table["space"] = [
        named["space"].get(name, name) + ("" if pd.isna(dimension) else f", {int(dimension)}-D")
        for name, dimension in zip(table["space"], table["space_dimension"], strict=True)
    ]
    for column in ("view", "method"):
        table[column] = [named[column].get(one, one) for one in table[column]]
    return table[list(COLUMNS)]


def heading(row: pd.Series) -> str:
    """A row of :func:`shown` as a name: method, parameters, view, space."""
    settings = f" ({row['settings']})" if row["settings"] else ""
    return f"{row['method']}{settings} on {row['view']}, {row['space']}"


def places(ranks: pd.Series) -> list[str | None]:
    """Ranks as places: ``1``, or ``1=`` where several share it. As wide as the widest, so that they sort as text."""
    shared = ranks.duplicated(keep=False)
    parts = [
        None if pd.isna(rank) else f"{int(rank)}{'=' if both else ''}"
        for rank, both in zip(ranks, shared, strict=True)
    ]
    digits = max((len(one.rstrip("=")) for one in parts if one), default=0)
    return [one and " " * (digits - len(one.rstrip("="))) + one for one in parts]


def headline(clusterings: pd.DataFrame, chosen: str, titles: Titles | None = None) -> str:
    """The chosen clustering in a line of Markdown: its place, its name, its clusters, what speaks for it."""
    table = shown(clusterings, titles)
    row = clusterings.set_index("clustering_id").loc[chosen]
    if pd.isna(row["rank"]):
        place, sharing = "Unranked, one", 0
    else:
        sharing = int((clusterings["rank"] == row["rank"]).sum()) - 1
        place = "First" if row["rank"] == 1 else f"Place {table.loc[chosen, 'rank'].strip()}"
    size = show.counted(int(row["clusters"]), "cluster")
    name = f"**{place} of {len(table):,}: {escape.markdown(heading(table.loc[chosen]))}, {size}.**"
    return " ".join(filter(None, [name, speaks_for(row), _shared(sharing)]))


def speaks_for(row: pd.Series) -> str:
    """What makes a clustering worth a look, by the numbers that rank it; why it has no place, where it has none."""
    if pd.isna(row["rank"]) or str(row["why"]).startswith("Out of the running"):
        return escape.sentence(row["why"] or "")
    parts = []
    if pd.notna(row["stability"]):
        words = next(words for least, words in STEADY.items() if row["stability"] >= least)
        parts.append(f"{words} when some of the clips are left out (stability {row['stability']:.2f})")
    if pd.notna(row["generalisation"]):
        parts.append(f"they carry over to clips held out ({row['generalisation']:.2f})")
    if pd.notna(row["agreement"]):
        words = "bear them out" if row["agreement"] >= BORNE_OUT_BITS else "say little of them"
        parts.append(f"other views {words} ({row['agreement']:.2f} bits a clip)")
    elif pd.notna(row["silhouette"]):
        parts.append(f"its silhouette is {row['silhouette']:.2f}")
    sentence = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}" if parts else ""
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _shared(others: int) -> str:
    if not others:
        return ""
    count = NUMBERS[others].capitalize() if others < len(NUMBERS) else f"{others:,}"
    return f"{count} {'other shares' if others == 1 else 'others share'} this place."


def filtered(table: pd.DataFrame, kept: Mapping[str, list[str]]) -> pd.DataFrame:
    """Rows whose columns are among the values asked for; an empty list asks for all."""
    for column, values in kept.items():
        if values:
            table = table[table[column].isin(values)]
    return table


def draw(
    clusterings: pd.DataFrame,
    chosen: str | None = None,
    *,
    key: str,
    titles: Titles | None = None,
) -> str | None:
    """Draw the table; the id of the clustering chosen in it, None where there is none to choose.

    Parameters
    ----------
    clusterings : DataFrame
        As for :func:`shown`.
    chosen : str or None
        What is chosen so far, e.g. in the URL; without it, or where the store does not hold it, the first.
    key : str
        A prefix, unique on the page.
    """
    if clusterings.empty:
        return None
    table = shown(clusterings, titles)
    chosen = chosen if chosen in table.index else str(table.index[0])
    st.header("All clusterings", anchor=False)
    kept = filtered(table, _filters(table, key))
    st.caption(
        f"{len(kept):,} of {len(table):,} clusterings. Tick a row to see it in the clouds above; click a heading "
        "to sort."
    )
    if kept.empty:
        return chosen
    return show.choose_row(kept, COLUMNS, chosen, key=key, highest_px=HIGHEST_PX)


def _filters(table: pd.DataFrame, key: str) -> dict[str, list[str]]:
    kept = {}
    with st.popover("Filter", icon=":material/filter_list:"):
        for column, name in FILTERS.items():
            options = sorted(table[column].unique().tolist())
            if len(options) > 1:
                kept[column] = st.multiselect(name, options, key=f"{key}_{column}", placeholder="all")
    return kept
