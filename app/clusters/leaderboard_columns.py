"""What the leaderboard shows: its columns with what each means, and parameters in words."""

from __future__ import annotations

import json

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
    "told": (ABOUT, "parameters", None, "What the algorithm was told."),
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
    "agreement": (SCORED, "confirmed (bits)", "%.2f", "How much of what these groups tell of a clip other views "
                  "tell as well, in bits beyond chance: 1 is two even groups, 2 are four, that all views find."),
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
    "nmi": (COMPARED, "NMI", "%.2f", "How much the cluster tells of the label and the label of the cluster: 0 is "
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


def in_words(parameters: str) -> str:
    """Parameters, a JSON object, as a person would say them."""
    given = json.loads(parameters)
    told = [
        WORDS.get(name, f"{name.replace('_', ' ')} {{}}").format(_short(value))
        for name, value in given.items()
        if name not in UNSAID and value is not None
    ]
    return ", ".join(told)


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
