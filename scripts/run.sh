#!/bin/sh
# The dashboard, from whatever state this folder is in: .venv, a store from the demo corpora, the server.
#
# PORT=8502 serves elsewhere than on 8501; HEADLESS=1 opens no browser window.
# SESATLAS_STORE names a store folder other than data/store.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

port=${PORT:-8501}
store=${SESATLAS_STORE:-data/store}

# Asked before the minutes of set-up and again after them.
check_port() {
    [ ! -x .venv/bin/python ] || .venv/bin/python scripts/check_port.py "$port" || exit 2
}

check_port
sh scripts/setup.sh
check_port
if [ ! -f "$store/CURRENT" ]; then
    echo "No store in $store yet: building one from the demo corpora, which are synthetic."
    .venv/bin/python -m pipeline build --dataset demo
fi
if [ -n "${HEADLESS:-}" ] && [ "$HEADLESS" != 0 ]; then
    set -- --server.headless true
else
    set --
fi
exec .venv/bin/python -m streamlit run app/Home.py --server.port "$port" "$@"
