#!/bin/sh
# What pip needs to compile packages that have no wheel for this Python: spidev never has one, lgpio up to 3.12 only.
# Usage: compiled.sh WHAT_FOR PYTHON PACKAGE...
set -eu
what_for=$1 python=$2
shift 2
missing=""

lacks() { # lacks DEBIAN_PACKAGE COMMAND...: the command must succeed, else the package is missing
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

headers() {
    "$python" -c 'import pathlib, sysconfig; exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())'
}

for name in "$@"; do
    if [ "$name" = lgpio ]; then
        "$python" -c 'import sys; exit(sys.version_info >= (3, 13))' && continue
        lacks swig command -v swig
        lacks liblgpio-dev test -e /usr/include/lgpio.h
    fi
    lacks gcc command -v gcc
    lacks python3-dev headers
done

[ -z "$missing" ] || exec "$(dirname "$0")/apt.sh" "$what_for" $missing
