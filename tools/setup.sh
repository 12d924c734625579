#!/bin/sh
# Make .venv from the lock, install Fieldstation into it as an editable package, and see that Qt finds its libraries.
set -eu
cd "$(dirname "$0")/.."

# The versions that every locked library has a wheel for come first.
for newest in 13 99; do
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$name" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $newest))" 2>/dev/null; then
            python=$name
            break 2
        fi
    done
done
if [ -z "${python:-}" ]; then
    echo "Fieldstation needs Python 3.11 or newer; install it, or name it: make setup PYTHON=/path/to/python3" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$python lacks venv; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2
    exit 1
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "Installing what requirements/dev.txt locks into .venv; the first time this takes a few minutes."
install=".venv/bin/python -m pip install --quiet --disable-pip-version-check"
$install --require-hashes --requirement requirements/dev.txt
# The build back end is in the lock as well, so that this fetches nothing.
$install --no-deps --no-build-isolation --no-index --editable .
.venv/bin/python -m tools.qt_libraries
