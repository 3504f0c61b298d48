#!/bin/sh
# Create the virtual environment with pinned versions and airsonde itself, editable.
set -eu

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "airsonde needs Python 3.11 or newer; name one: make PYTHON=/usr/bin/python3.12" >&2
    exit 1
}

if ! "$PYTHON" -m venv --clear "$VENV" >/dev/null 2>&1; then
    # Debian and Ubuntu ship venv as a package of its own.
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        apt-get install -y -qq python3-venv
        "$PYTHON" -m venv --clear "$VENV"
    else
        echo "Python's venv module is missing; install it: sudo apt install python3-venv" >&2
        exit 1
    fi
fi

"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable .
echo "$VENV is ready"
