"""Streamlit's command in a process that, at SIGUSR1, counts its threads, peer connections and tracks into a file."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from streamlit.web.cli import main

COUNTS = "SESATLAS_TEST_COUNTS"


def count(number: int, frame: FrameType | None) -> None:
    # Not before somebody has opened the Live page: to import it costs a second.
    aiortc = sys.modules.get("aiortc")
    peers = tracks = 0
    if aiortc is not None:
        gc.collect()
        everything = gc.get_objects()
        peers = sum(
            type(one) is aiortc.RTCPeerConnection and one.connectionState != "closed" for one in everything
        )
        tracks = sum(
            issubclass(type(one), aiortc.MediaStreamTrack) and one.readyState == "live" for one in everything
        )
    told = {"threads": sorted(one.name for one in threading.enumerate()), "peers": peers, "tracks": tracks}
    file = Path(os.environ[COUNTS])
    file.with_suffix(".new").write_text(json.dumps(told), encoding="utf-8")
    file.with_suffix(".new").replace(file)


signal.signal(signal.SIGUSR1, count)
sys.exit(main())
