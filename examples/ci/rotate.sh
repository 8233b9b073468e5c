#!/bin/sh
# Rotate a credential when its key is due, in a pipeline, with the state in this git repository.
#
#   NEW_KEY=… sh rotate.sh CREDENTIAL
#
# Run it in a clone on a branch that may be pushed, with the state and the `file` store set up (docs/ci.md). Only one
# may run at a time. What was changed is committed and pushed whatever happens: a rotation that stopped is in the state,
# and the next run goes on with it.
#
# Exit status: that of vzctl. 0 nothing was due, or the key is rotated; 14 a person's step at the Portal is next;
# 12 a rotation is past its point of no return and open, call somebody; anything else is an error, a name that does not
# exist (3) and a new key that is the one it has already (4) among them.
set -eu

name=${1:?usage: NEW_KEY=… sh rotate.sh CREDENTIAL}
export VZCTL_NO_INPUT=1 VZCTL_OUTPUT=human # the log is for people; what is parsed is asked for as plain

save() {
    status=$?
    trap - EXIT
    state=$(vzctl state path -o plain | sed -n 's/^real_path	//p')
    git add -- "$state" "$state.d" || status=1
    if ! git diff --cached --quiet; then
        { git commit --quiet --message "vzctl: $name" && git push --quiet; } || status=1
    fi
    exit "$status"
}

# $1 is in the first column of $2. A list comes as text, not through a pipe, so that a command that fails is noticed.
is_among() {
    printf '%s\n' "$2" | cut -f 1 | grep -Fqx -- "$1"
}

list_due() {
    vzctl credentials list --due -o plain -q
}

# A pipeline that is cancelled or too slow sends TERM: the rotation is saved then too.
trap save EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

vzctl credentials show "$name" -o plain >/dev/null

open=$(vzctl rotations list --open -o plain -q)
if is_among "$name" "$open"; then
    # Every run is another host; the concurrency rule of the pipeline says that nobody else goes on with it.
    vzctl rotations resume "$name" --secret-env NEW_KEY --take-over
    exit
fi

due=$(list_due)
if ! is_among "$name" "$due"; then
    echo "the key of $name is not due"
    exit
fi
vzctl credentials rotate "$name" --secret-env NEW_KEY --skip-test --yes
due=$(list_due)
if is_among "$name" "$due"; then
    echo "the key of $name is still due: NEW_KEY is the key that it has already" >&2
    exit 4
fi
