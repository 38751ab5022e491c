#!/bin/sh
# What the tests need that is not a Python package; a missing one is a failure, never a skipped test.
set -eu
missing=""

need() { # need PACKAGES COMMAND...: the command must succeed, else the packages are missing
    packages=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $packages"
}

postgresql() { # the newest server on this machine is 15 or newer
    newest=$(ls -d /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
    [ "$(echo "$newest" | cut -d / -f 5)" -ge 15 ]
}

libatomic() { # Playwright's driver is linked against it
    /sbin/ldconfig -p | grep -q 'libatomic\.so\.1'
}

c_compiler() { # builds the chip that GPIO drivers are tested with
    echo '#include <linux/gpio.h>' | gcc -fsyntax-only -x c -
}

need chromium command -v chromium
need postgresql postgresql
need nodejs command -v node
need npm command -v npm
need systemd command -v systemd-analyze
need "gcc libc6-dev" c_compiler
need openssl command -v openssl
need libatomic1 libatomic

[ -z "$missing" ] || exec "$(dirname "$0")/../scripts/apt.sh" "make test" $missing
