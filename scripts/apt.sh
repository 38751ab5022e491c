#!/bin/sh
# Installs Debian packages where that needs no password; else says in one sentence what to type.
# Usage: apt.sh WHAT_FOR PACKAGE...
set -eu
what_for=$1
shift

if [ "$(id -u)" = 0 ]; then as_root=""
elif sudo -n true 2>/dev/null; then as_root="sudo -n"
else as_root="none"
fi
if [ "$as_root" = none ] || ! command -v apt-get >/dev/null; then
    echo "$what_for needs what Debian calls: $*. Please type 'sudo apt-get install $*' and start again." >&2
    exit 1
fi

echo "$what_for needs $*: installing with apt-get"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
$as_root apt-get install -y -q --no-install-recommends "$@"
