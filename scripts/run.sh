#!/bin/sh
# The dashboard, from whatever state this folder is in: .venv, the server, and behind it a store from the demo corpora.
#
# PORT=8502 serves elsewhere than on 8501; HEADLESS=1 opens no browser window.
# SESATLAS_STORE names a store folder other than data/store.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

port=${PORT:-8501}

# Asked before the minutes of set-up and again after them.
check_port() {
    [ ! -x .venv/bin/python ] || .venv/bin/python scripts/check_port.py "$port" || exit 2
}

check_port
sh scripts/setup.sh
check_port
if [ -n "${HEADLESS:-}" ] && [ "$HEADLESS" != 0 ]; then
    set -- --server.headless true
else
    set --
fi
exec .venv/bin/python scripts/serve.py --server.port "$port" "$@"
