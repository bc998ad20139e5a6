#!/bin/sh
# Makes .venv and installs requirements.txt into it, unless that has been done for these very files. Where requirements.lock
# is of this Python and this kind of machine, exactly the files are installed that it names by their hashes.
#
# Ends with 0 when .venv is ready. Everything a person can mend ends with one line on stderr and 2.
# PYTHON=/path/to/python3.12 chooses the interpreter.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

# A user's own pip and Python settings that would install beside .venv instead of into it.
unset PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV

venv=.venv
log=$venv/setup.log
ready=$venv/.ready
unfinished=$venv/.unfinished

fail() {
    printf '%s\n' "$1" >&2
    exit 2
}

# The pinned wheels exist for 3.11 to 3.13. A newer Python is tried only where there is none of these.
find_python() {
    seen=
    newer=
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.13 python3.12 python3.11 python
    fi
    for candidate in "$@"; do
        # Run, not only looked up: pyenv puts names on the PATH that answer with an error.
        version=$("$candidate" -c 'import sys; print("%d %d" % sys.version_info[:2])' 2>/dev/null) || continue
        case $version in
            '3 11' | '3 12' | '3 13') python=$candidate && return ;;
            '3 1'[4-9] | '3 '[2-9][0-9]) newer=${newer:-$candidate} ;;
            *) seen=${seen:-"; $candidate is $(printf '%s' "$version" | tr ' ' .)"} ;;
        esac
    done
    seen=${seen:-${PYTHON:+"; PYTHON=$PYTHON does not run"}}
    [ -n "$newer" ] || fail "Sesatlas needs Python 3.11 or newer and found none$seen. Install one (Debian, Ubuntu: apt-get install python3.11 python3.11-venv), then run make again; PYTHON=/path/to/python3.12 names one elsewhere."
    python=$newer
}

# What .venv was made from and where: moved environments are broken ones, their scripts hold the path.
fingerprint() {
    cat requirements.txt pyproject.toml $([ ! -f requirements.lock ] || echo requirements.lock) | cksum
    pwd -P
}

works() {
    "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# A full disk may have no room left for pip to say so in the log: ask the disk itself as well.
disk_full() {
    for folder in . "${TMPDIR:-/tmp}"; do
        [ "$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')" -lt 102400 ] 2>/dev/null && return 0
    done
    [ -f "$log" ] && said 'No space left on device|Errno 28|Disk quota exceeded|Errno 122'
}

said() {
    grep -qiE "$1" "$log"
}

explain() {
    if disk_full; then
        fail "The disk is full: .venv needs 3 GB or more, and so does ${TMPDIR:-/tmp} for a while. Free some space, then run make again (details: $log)."
    fi
    if said 'Name or service not known|Temporary failure in name resolution|nodename nor servname|getaddrinfo failed|Connection refused|Network is unreachable|No route to host|NewConnectionError|ConnectTimeout|ConnectionError|Read timed out|ReadTimeout|ProxyError|Connection reset|Connection aborted'; then
        # pip downloads everything before it installs anything: what was there before still is.
        rm -f "$unfinished"
        fail "pip cannot reach its package index: check the network or the proxy, then run make again (details: $log)."
    fi
    if said 'DO NOT MATCH THE HASHES'; then
        fail "A package is not the one that requirements.lock names by its hash, so nothing was installed. If you trust your package index, delete requirements.lock and run make again; else tell whoever keeps this project (details: $log)."
    fi
    reason=$(grep -iE '^ *error: ' "$log" | head -n 1 | sed 's/^ *[A-Za-z]*: *//; s/\.$//' | cut -c 1-200)
    fail "requirements.txt could not be installed: ${reason:-no reason given}. Details: $log"
}

# On a terminal the line that pip is at, each over the last one; elsewhere nothing, the log has it all.
follow() {
    while IFS= read -r line; do
        [ ! -t 1 ] || printf '\r\033[K  %.76s' "$line"
    done
    [ ! -t 1 ] || printf '\r\033[K'
}

if [ -f "$ready" ] && [ "$(cat "$ready")" = "$(fingerprint)" ] && works; then
    exit 0
fi

# Made anew where a set-up was cut off in the middle, the folder was moved, or its Python is gone or too old.
if [ -e "$venv" ]; then
    [ -f "$venv/pyvenv.cfg" ] || [ -e "$unfinished" ] || fail ".venv is there and is no Python environment: move it away, then run make again."
    if [ -e "$unfinished" ] || ! works || { [ -f "$ready" ] && [ "$(tail -n 1 "$ready")" != "$(pwd -P)" ]; }; then
        rm -rf "$venv"
    fi
fi

if [ ! -e "$venv" ]; then
    find_python
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "$python has no venv module. Install it (Debian, Ubuntu: apt-get install python3-venv), then run make again."
    echo "Making .venv with $("$python" --version 2>&1)."
    mkdir "$venv" 2>/dev/null || fail "Cannot make .venv in this folder: see to its rights and to the space on the disk, then run make again."
    : >"$unfinished"
    "$python" -m venv "$venv" >"$log" 2>&1 || explain
fi

# The first line of requirements.lock names the Python and the machine that it was made for.
lock_fits() {
    [ -f requirements.lock ] &&
        [ "$(head -n 1 requirements.lock)" = "# $("$venv/bin/python" -c 'import platform as p; print("Python", ".".join(p.python_version_tuple()[:2]), p.system(), p.machine())')" ]
}

# The exit status goes through a file, as sh has no other way to get it out of a pipeline.
install() {
    {
        PYTHONUNBUFFERED=1 "$venv/bin/python" -m pip install --disable-pip-version-check --no-input \
            --progress-bar off "$@" 2>&1 && rm -f "$unfinished"
    } | tee "$log" 2>/dev/null | follow
    [ ! -e "$unfinished" ]
}

rm -f "$ready"
: >"$unfinished"
echo "Installing requirements.txt into .venv: some minutes the first time, 3 GB or more. Details: $log"
# An environment made by hand may lack pip.
"$venv/bin/python" -m pip --version >"$log" 2>&1 || "$venv/bin/python" -m ensurepip >"$log" 2>&1 || explain
if ! lock_fits; then
    install -r requirements.txt || explain
elif install --require-hashes -r requirements.lock; then
    : >"$unfinished"
    # With setuptools as the lock has it, and not the newest.
    install --no-deps --no-build-isolation -e . || explain
elif said 'No matching distribution found'; then
    # Such as the CPU build of torch, which not every package index has.
    echo "requirements.lock names files that are not to be had here; requirements.txt is installed without it."
    install -r requirements.txt || explain
else
    explain
fi
fingerprint >"$ready"
echo ".venv is ready."
