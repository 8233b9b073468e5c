#!/bin/sh
# Makes the virtual environment DIRECTORY with vzctl[EXTRAS] in it, or does nothing when it is fresh.
#
#   sh tools/make_venv.sh DIRECTORY EXTRAS          run in the top folder of the checkout
#
# PYTHON names the interpreter; otherwise the newest Python of 3.11 or later on PATH that can make environments is taken.
# The stamp file in DIRECTORY holds what the environment was made for; one that was made elsewhere, for instance in a
# checkout that has moved since, is made anew, because its scripts name the old place.
set -eu

directory=$1
extras=$2
chosen_python=${PYTHON:-}
stamp=$directory/.vzctl-stamp
inputs="pyproject.toml constraints.txt src/vzctl/__init__.py"

fail() {
    for line in "$@"; do
        printf 'vzctl: %s\n' "$line" >&2
    done
    exit 1
}

# The third line of a stamp, the choice of Python, counts only when there is a choice now.
was_made_for_this() {
    [ "$(sed -n 1p "$stamp")" = "$(pwd -P)" ] && [ "$(sed -n 2p "$stamp")" = "$extras" ] || return 1
    [ -z "$chosen_python" ] || [ "$(sed -n 3p "$stamp")" = "$chosen_python" ]
}

is_fresh() {
    [ -f "$stamp" ] && was_made_for_this || return 1
    for input in $inputs; do
        [ -z "$(find "$input" -newer "$stamp")" ] || return 1
    done
    "$directory/bin/python" -c '' 2>/dev/null
}

is_recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

makes_environments() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        candidates=$PYTHON
        is_recent "$PYTHON" || fail "PYTHON=$PYTHON is not a Python of version 3.11 or later"
        makes_environments "$PYTHON" && return
    else
        for PYTHON in python3.14 python3.13 python3.12 python3.11 python3; do
            is_recent "$PYTHON" || continue
            candidates="${candidates:-} $PYTHON"
            makes_environments "$PYTHON" && return
        done
        [ -n "${candidates:-}" ] || fail \
            "no Python of version 3.11 or later found: looked on PATH for python3.14, 3.13, 3.12, 3.11 and python3" \
            "install one, or name it: make PYTHON=/path/to/python3"
    fi
    fail \
        "Python was found (${candidates# }), but it cannot make virtual environments: its module venv or ensurepip is missing" \
        "on Debian and Ubuntu it is in a package of its own: apt-get install python3-venv" \
        "or name another Python: make PYTHON=/path/to/python3"
}

# A stamp of another place or of another choice of Python: begin anew. No stamp: an install that was cut short goes on.
is_reusable() {
    if [ -f "$stamp" ]; then
        was_made_for_this || return 1
    elif [ -n "$chosen_python" ]; then
        return 1
    fi
    is_recent "$directory/bin/python" && "$directory/bin/python" -m pip --version >/dev/null 2>&1
}

install_packages() {
    log=$directory/install.log
    "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --editable ".[$extras]" --constraint constraints.txt >"$log" 2>&1 && return
    cat "$log" >&2
    if grep -qiE 'connection|timed out|name resolution|proxyerror|sslerror|no matching distribution' "$log"; then
        fail \
            "pip could not install what vzctl needs: the package index was not reachable, or does not have a version" \
            "that constraints.txt names; check the network, and pip's own settings with: pip config list"
    fi
    fail "pip could not install what vzctl needs; its own words are above, and in $log"
}

if is_fresh; then
    exit 0
fi
for input in $inputs; do
    [ -f "$input" ] || fail "$input is not here: run this in the top folder of a checkout of vzctl"
done
if ! is_reusable; then
    find_python
    printf 'vzctl: making %s with %s\n' "$directory" "$("$PYTHON" -V 2>&1)" >&2
    "$PYTHON" -m venv --clear "$directory" || fail "$PYTHON -m venv failed; its own words are above"
fi
rm -f "$stamp"
printf 'vzctl: installing vzctl[%s] into %s; the first time this takes a minute or two\n' "$extras" "$directory" >&2
install_packages
printf '%s\n' "$(pwd -P)" "$extras" "$chosen_python" >"$stamp"
