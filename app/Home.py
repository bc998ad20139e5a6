"""The entry: page config, navigation over pages/, who is let in, the store's state in the sidebar.

Run it with ``streamlit run app/Home.py``. Streamlit's server imports this file for its last line, and runs it for each
look at a page.
"""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from app.server import AllowedHosts, UploadLimit, lifespan

HERE = Path(__file__).resolve().parent
PAGES = HERE.parent / "pages"

# Threads of OpenMP that wait by spinning take the cores from those that work; read when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def draw() -> None:
    # Not above: the server answers before it has loaded what pages need.
    from app import start
    from app.cache import snapshot
    from app.error_boundary import error_boundary
    from app.ui import address

    st.set_page_config(
        page_title="Sesatlas",
        page_icon=str(HERE / "icon.svg"),
        layout="wide",
        menu_items={"About": start.ABOUT},
    )
    admitted = start.admits()
    page = st.navigation(
        {
            "": [st.Page(start.page, title="Home", icon=":material/home:", url_path="home", default=True)],
            "Collections": [
                st.Page(PAGES / "explore.py", title="Explore", icon=":material/bar_chart:"),
                st.Page(PAGES / "clusters.py", title="Clusters", icon=":material/bubble_chart:"),
                st.Page(PAGES / "similar.py", title="Similar", icon=":material/hearing:"),
                st.Page(PAGES / "models.py", title="Models", icon=":material/model_training:"),
                st.Page(PAGES / "live.py", title="Live", icon=":material/mic:"),
            ],
            "Store": [st.Page(PAGES / "pipeline.py", title="Pipeline", icon=":material/database:")],
        },
        position="sidebar" if admitted else "hidden",
    )
    if not admitted:
        return
    snapshot.pin()
    address.follow()
    start.sidebar()
    with error_boundary(page.title):
        address.notices()
        page.run()
    address.write()


if __name__ == "__main__":
    draw()
else:
    server = st.App(
        __file__, lifespan=lifespan, middleware=[Middleware(AllowedHosts), Middleware(UploadLimit)]
    )
