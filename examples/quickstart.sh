#!/bin/sh
# A tour of vzctl in a throw-away folder: no account, no real key, no network, nothing outside that folder.
#
#   make quickstart                     installs vzctl into a virtual environment of its own and runs this
#   sh examples/quickstart.sh [POINT]   with vzctl on PATH; POINT is where the rotation is killed, 1 to 4
#
# Without POINT every run kills its rotation at another point than the run before.
set -eu

examples=$(cd "$(dirname "$0")" && pwd)
base=${TMPDIR:-/tmp}

# shellcheck source=examples/common.sh
. "$examples/common.sh"

# ------------------------------------------------------------------ a folder of its own

# The folders of earlier runs sort by time; the last one that is ours to read knows where it was killed.
earlier=$(cat "$base"/vzctl-quickstart-*/killed-at 2>/dev/null | tail -n 1) || earlier=
point=${1:-}
if [ -z "$point" ]; then
    seconds=$(date +%s)
    case $earlier in
        [1-4]) point=$(((earlier + seconds % 3) % 4 + 1)) ;;
        *) point=$((seconds % 4 + 1)) ;;
    esac
fi
case $point in
    [1-4]) ;;
    *)
        echo 'quickstart.sh: POINT is 1, 2, 3 or 4' >&2
        exit 2
        ;;
esac
folder=$(mktemp -d "$base/vzctl-quickstart-$(date -u +%Y%m%d%H%M%S)-XXXXXX")

work_in "$folder"

heading 'A state file, and a secret store: files encrypted with age, for an identity made here'

run vzctl init --control-plane local --organization bookshop
run vzctl -q secrets identity identity.txt
use_file_store
run cat config/vzctl/config.toml
run vzctl secrets test

heading 'An organization: 6 databases, 5 integrations, 8 credentials, 12 collections, 4 tables'

sh "$examples/organization/load.sh"
run vzctl status

heading 'What is really there: answers of the DevOps API and the Data API, compared with the state'

observed=$examples/observed
run vzctl sync --from "$observed/databases.json" "$observed/embedding-providers.json" --dry-run
run vzctl sync --from "$observed/databases.json" --yes
run vzctl sync --from "$observed/shop-collections.json" "$observed/shop-tables.json" \
    --database shop --keyspace default_keyspace --yes
run vzctl state check --no-exit-code
run vzctl scope add openai-archive shop

heading 'Let another database use a credential: also while it is initializing'

run vzctl scope add openai-prod staging

heading 'What would stop if a credential were removed? A dry run changes nothing'

run vzctl credentials remove openai-prod --dry-run

heading 'Rotate a credential: a new key under the same name and scope'

# shellcheck source=examples/organization/keys.sh
. "$examples/organization/keys.sh"
NEW_OPENAI_KEY=$(made_up_key sk-proj- 48 8)
export NEW_OPENAI_KEY
run vzctl credentials rotate openai-prod --dry-run
run vzctl credentials rotate openai-prod --secret-env NEW_OPENAI_KEY --skip-test --yes

# ------------------------------------------------------------------ the crash

state=$folder/state/vzctl/default/state.toml
pid=

stop_rotation() {
    if [ -n "$pid" ]; then
        kill -KILL "$pid" 2>/dev/null || :
    fi
}
trap stop_rotation EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

finished() {
    grep -c '^step = "DONE"' "$state" || :
}

secrets_held() {
    set -- "$state.d"/secrets/*/*/*.age
    echo $#
}

# Sets `reached`: 0 before the rotation has begun, 1 to 4 the points, 5 when it is finished.
look() {
    # The step of the open rotation is a line of its own; the times of a rotation name steps too.
    case $(sed -n 's/^step = //p' "$state") in
        *TESTED*) reached=4 ;;
        *STAGED*) reached=3 ;;
        *STAGING*) if [ "$(secrets_held)" -gt "$held" ]; then reached=2; else reached=1; fi ;;
        *) if [ "$(finished)" -gt "$done_before" ]; then reached=5; else reached=0; fi ;;
    esac
}

# NAME VARIABLE: begins a rotation, lets it run for a moment at a time, looks at its files while it stands still, and
# kills it at the point, or where it has come to when it was faster than that. `nice` keeps it from being faster.
rotate_and_kill() {
    held=$(secrets_held)
    done_before=$(finished)
    printf '$ nice vzctl credentials rotate %s --secret-env %s --skip-test --yes &\n' "$1" "$2"
    nice vzctl credentials rotate "$1" --secret-env "$2" --skip-test --yes >"$folder/rotation.log" 2>&1 &
    pid=$!
    reached=0
    looks=0
    while [ "$reached" -lt "$point" ] && [ "$looks" -lt 20000 ]; do
        kill -CONT "$pid" 2>/dev/null || break
        /bin/sh -c :
        kill -STOP "$pid" 2>/dev/null || break
        look
        looks=$((looks + 1))
    done
    kill -KILL "$pid" 2>/dev/null || :
    status=0
    wait "$pid" 2>/dev/null || status=$?
    pid=
    look
}

heading 'Kill a rotation half way with SIGKILL, which no program can catch, and go on'

VOYAGE_KEY_2=$(made_up_key pa- 43 9)
JINA_KEY_2=$(made_up_key jina_ 40 10)
AZURE_KEY_2=$(made_up_key '' 84 11)
export VOYAGE_KEY_2 JINA_KEY_2 AZURE_KEY_2
for pair in voyage-docs:VOYAGE_KEY_2 jina-code:JINA_KEY_2 azure-search:AZURE_KEY_2; do
    name=${pair%%:*}
    variable=${pair#*:}
    rotate_and_kill "$name" "$variable"
    if [ "$reached" -ne 5 ]; then
        break
    fi
    echo 'it was finished before it could be killed; once more'
done
case $reached in
    1) at='STAGING: the rotation is announced, its new key is in no store yet' ;;
    2) at='STAGING: its new key is in the store, but the state does not know it yet' ;;
    3) at='STAGED: its new key is in the store, and the state knows it' ;;
    4) at='TESTED: everything is done but the switch to the new key' ;;
    *)
        cat "$folder/rotation.log"
        echo "quickstart.sh: the rotation could not be killed half way" >&2
        exit 1
        ;;
esac
printf '$ kill -KILL $!\n'
printf 'killed (exit status %s) at the step %s\n' "$status" "$at"
echo "$reached" >"$folder/killed-at"

run vzctl rotations list --open
run vzctl rotations resume "$name" --secret-env "$variable"
run vzctl credentials show "$name"

heading 'What happened, from the audit'

run vzctl audit --subject "$name"
run vzctl state check

heading 'Whose fault is an error? One of the provider, one of Astra, and one that nobody can tell'

diagnose() {
    printf '$ echo "%s" | vzctl diagnose\n' "$1"
    printf '%s\n' "$1" | vzctl diagnose
    echo
}

diagnose "openai.RateLimitError: Error code: 429 - {'error': {'code': 'insufficient_quota'}}"
diagnose "Invalid credential name for vectorize: the credential name 'openai-prdo' is not valid. Credential not found."
diagnose 'Error: 503 Service Unavailable'

heading 'The map: what hangs together, as a page for the browser'

run vzctl map --out "$folder/map.html"

# ------------------------------------------------------------------ self-hosting

# A folder inside this one, with a state of its own: the tour of the credential service leaves the organization as it is.
TMPDIR=$folder sh "$examples/self-hosted/tour.sh"

cat >"$folder/env.sh" <<SH
export XDG_CONFIG_HOME='$folder/config' XDG_STATE_HOME='$folder/state'
export PATH='$(dirname "$(command -v vzctl)")':"\$PATH"
SH

heading 'That was it'

cat <<TEXT
The state file: $state
The map of it:  $folder/map.html
To go on in this organization, first: . $folder/env.sh
Then try:
  vzctl status
  vzctl databases show search
  vzctl revocations list
It all lives in one folder; to forget it: rm -r $folder
TEXT
