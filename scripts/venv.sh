#!/bin/sh
# Makes the virtual environment of this checkout, installing what `python3 -m venv` itself lacks on a fresh Debian.
# Usage: venv.sh PYTHON DIRECTORY
set -eu
python=$1
directory=$2
here=$(dirname "$0")

command -v "$python" >/dev/null || "$here/apt.sh" "Bollard" python3
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Bollard needs Python 3.11 or newer, but $python is $("$python" -V 2>&1)." \
         "Install a newer one and name it: make PYTHON=python3.12 ..." >&2
    exit 1
fi

"$python" -c 'import ensurepip, venv' 2>/dev/null || "$here/apt.sh" "A virtual environment" python3-venv
echo "Making the virtual environment $directory with $("$python" -V)"
"$python" -m venv --clear "$directory"
