"""``python -m pipeline``; see ``pipeline/cli/main.py``."""

import os
import sys

from pipeline.runtime import stop

if __name__ == "__main__":
    # Threads of OpenMP that wait by spinning take the cores from those that work; read when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    stop.handle_signals()
    try:
        # Here, because Ctrl-C shall end the program quietly while this is loaded as well.
        from pipeline.cli.main import main

        code = main()
    except KeyboardInterrupt:
        sys.stderr.write(f"{stop.STOPPED}\n")
        code = 130
    stop.ignore_signals()
    sys.exit(code)
