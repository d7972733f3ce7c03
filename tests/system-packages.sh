#!/bin/sh
# Finds what the tests need from the system. As root on a Debian machine it installs what is missing;
# otherwise it prints the one command and lets the rest of the tests run. Under CI=true missing means failure.
set -eu
here=$(dirname "$0")
packages=$(grep -v '^#' "$here/debian-packages.txt" | tr '\n' ' ')

missing=""
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
# An authoritative name server for the scanner's tests; its program stands in sbin, which is not always in PATH.
command -v nsd >/dev/null 2>&1 || [ -x /usr/sbin/nsd ] || missing="$missing nsd"

[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing: $packages"
    DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    exit 0
fi
echo "missing:$missing. Install with: sudo apt-get install --no-install-recommends $packages" >&2
[ "${CI:-}" = true ] && exit 1
exit 0
