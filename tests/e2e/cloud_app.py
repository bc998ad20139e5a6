"""The cloud alone, over synthetic clips: ``streamlit run tests/e2e/cloud_app.py``.

The address says what is drawn: ``n`` clips in ``groups`` groups, ``colour`` by label or level, ``scenes``
both, 3 or 2, ``symbols``; ``chosen`` and ``selected`` are written back to it, as a page does.
"""

from __future__ import annotations

import io

import numpy as np
import soundfile
import streamlit as st
from numpy.typing import NDArray

from app.components.cloud import data
from app.components.cloud.cloud import Colouring, Scene, cloud

RATE_HZ = 22_050
WORDS = ("rain", "frog", "clock", "bells", "steps", "birds", "insects", "knock", "helicopter", "clapping")


@st.cache_data
def synthetic(n: int, groups: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    random = np.random.default_rng(3)
    group = random.integers(0, groups, n)
    centres = random.normal(0, 3, (groups, 3))
    spread = random.uniform(0.3, 0.9, (groups, 3))
    solid = centres[group] + random.normal(0, 1, (n, 3)) * spread[group]
    flat = solid[:, :2] + 0.35 * np.sin(solid[:, 2:])
    return solid.astype(np.float32), flat.astype(np.float32), group.astype(np.uint8)


def tone(index: int) -> bytes:
    seconds = np.arange(2 * RATE_HZ) / RATE_HZ
    wave = 0.2 * np.sin(2 * np.pi * (220 + 10 * (index % 60)) * seconds) * np.exp(-seconds)
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, RATE_HZ, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def keep(name: str, text: str) -> None:
    if text:
        st.query_params[name] = text
    else:
        st.query_params.pop(name, None)


st.set_page_config(layout="wide")
asked = st.query_params
n, groups = int(asked.get("n", "400")), int(asked.get("groups", "10"))
solid, flat, group = synthetic(n, groups)
names = tuple(WORDS[at] if at < len(WORDS) else f"group {at}" for at in range(groups))
label = Colouring("label", group, names)
found = np.where(np.abs(flat[:, 0]) < 0.2, 255, group).astype(np.uint8)
cluster = Colouring("cluster", found, tuple(f"cluster {at}" for at in range(groups)), missing="noise")
low, high = float(solid[:, 2].min(initial=0)), float(solid[:, 2].max(initial=0))
codes = np.round((solid[:, 2] - low) / (high - low or 1) * 254).astype(np.uint8)
level = Colouring("level", codes, low=low, high=high, unit="dB")
st.session_state.setdefault("by", asked.get("colour", "label"))
by = st.segmented_control("Colour by", ["label", "cluster", "level"], key="by")
st.query_params["colour"] = by or "label"
pictures = [
    Scene("solid", 3, solid, "PCA, 3-D", ("PC1 (41 %)", "PC2 (23 %)", "PC3 (9 %)")),
    Scene("flat", 2, flat, "UMAP, 2-D", ("UMAP 1", "UMAP 2")),
]
shown = {"both": pictures, "3": pictures[:1], "2": pictures[1:]}[asked.get("scenes", "both")]
chosen = int(asked["chosen"]) if "chosen" in asked else None
selected = data.decode(asked["selected"], n) if "selected" in asked else None
links = [] if chosen is None else np.argsort(np.linalg.norm(solid - solid[chosen], axis=1))[1:11].tolist()
if st.toggle("Show", value=True):
    cloud(
        shown,
        [f"{names[one]}/{index:06d}.wav" for index, one in enumerate(group)],
        label,
        cluster,
        {"label": label, "cluster": cluster, "level": level}[by or "label"],
        symbols="symbols" in asked,
        selected=selected,
        chosen=chosen,
        links=links,
        sound=None if chosen is None else tone(chosen),
        on_choose=lambda index: keep("chosen", str(index)),
        on_select=lambda mask: keep("selected", data.encode(mask) if mask.any() else ""),
        key="cloud",
    )
st.button("Run again")
st.write(f"chosen: {chosen}, selected: {0 if selected is None else int(selected.sum())}")
