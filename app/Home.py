"""The entry: page config, navigation over pages/, the store's state in the sidebar.

Run it with ``streamlit run app/Home.py``.
"""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from app import sidebar, start
from app.snapshot import EmptyStoreError
from store.errors import SesatlasError

HERE = Path(__file__).resolve().parent
PAGES = HERE.parent / "pages"
log = logging.getLogger(__name__)

st.set_page_config(
    page_title="Sesatlas", page_icon=str(HERE / "icon.svg"), layout="wide", menu_items={"About": start.ABOUT}
)

page = st.navigation(
    {
        "": [st.Page(start.page, title="Home", icon=":material/home:", url_path="home", default=True)],
        "Collections": [st.Page(PAGES / "explore.py", title="Explore", icon=":material/bar_chart:")],
        "Store": [st.Page(PAGES / "pipeline.py", title="Pipeline", icon=":material/database:")],
    }
)
sidebar.draw()
try:
    page.run()
except EmptyStoreError as error:
    st.info(str(error), icon=":material/info:")
except SesatlasError as error:
    st.error(str(error), icon=":material/error:")
except Exception:
    log.exception("The page %s failed", page.title)
    st.error(
        "This page failed for a reason nobody has foreseen. Reload it; if it fails again, the terminal that "
        "runs Sesatlas shows the details, and `python -m pipeline doctor` tells what is wrong with the store.",
        icon=":material/error:",
    )
