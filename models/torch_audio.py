"""torchaudio beside any torch: the one place that imports it.

torchaudio 2.11 comes as one wheel for everyone. Its compiled extension is linked against CUDA, so beside a
torch for the CPU it cannot be loaded, and ``import torchaudio`` ends in an ``OSError``. What we use of it
(mel filter banks, spectrograms, masks) is plain torch and needs no extension: torchaudio itself has flags
for a build without one. Where the import fails, a stand-in with these flags off takes the extension's place
in ``sys.modules``; nothing on disk is touched, and beside a torch for CUDA nothing is replaced.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

EXTENSION = "torchaudio._extension"


def load() -> ModuleType:
    """Import torchaudio, with its compiled extension where that can be loaded and without it elsewhere.

    Raises
    ------
    ImportError
        torchaudio or torch is not installed.
    """
    try:
        return importlib.import_module("torchaudio")
    except OSError:
        # Half-imported parts would be found again by the second try.
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        sys.modules[EXTENSION] = _stand_in()
        return importlib.import_module("torchaudio")


def _stand_in() -> ModuleType:
    """What torchaudio's own ``_extension`` is in a build without compiled parts."""
    module = ModuleType(EXTENSION, "Stands in for torchaudio's compiled extension, which cannot be loaded.")
    flags: dict[str, Any] = {
        "_IS_TORCHAUDIO_EXT_AVAILABLE": False,
        "_IS_ALIGN_AVAILABLE": False,
        "fail_if_no_align": _refuse,
    }
    vars(module).update(flags)
    return module


def _refuse(function: Callable[..., Any]) -> Callable[..., Any]:
    """Replace a function that needs the extension by one that says so when it is called."""

    def refused(*arguments: Any, **options: Any) -> Any:
        raise RuntimeError(
            f"torchaudio's {function.__name__} needs its compiled extension, which does not load beside "
            "this torch. Install the torch build that the extension was made for."
        )

    return refused


torchaudio = load()
transforms = importlib.import_module("torchaudio.transforms")
