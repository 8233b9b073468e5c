#!/bin/sh
# A tour of self-hosting in a throw-away folder: the credential service on a free port of this machine, the calls of a Data
# API against it, and a rotation meanwhile. No Data API, no account, no real key.
#
#   sh examples/self-hosted/tour.sh     with vzctl[serve,age] and python3 on PATH
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d "${TMPDIR:-/tmp}/vzctl-self-hosted-XXXXXX")

# shellcheck source=examples/common.sh
. "$here/../common.sh"

work_in "$folder"

service=
asking=
stop() {
    for process in $asking $service; do
        kill "$process" 2>/dev/null || :
    done
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

heading 'Self-hosting: a database, a credential in its scope, and a token that says which database is asking'

vzctl -q init --control-plane local --organization bookshop
vzctl -q secrets identity identity.txt
use_file_store
OLD_KEY="sk-proj-made-up-key-number-one-OLD1"
NEW_KEY="sk-proj-made-up-key-number-two-NEW2"
export OLD_KEY NEW_KEY
vzctl -q databases add shop
run vzctl -q credentials add openai-prod --provider openai --scope shop --secret-env OLD_KEY
run vzctl databases token create shop --out shop.token -q

heading 'What has to be set on its Data API'

run vzctl serve config --database shop --token-file shop.token -q

heading 'The service, on a free port of this machine'

: >service.log
printf '$ vzctl serve run --bind 127.0.0.1:0 2>service.log &\n'
vzctl serve run --bind 127.0.0.1:0 2>service.log &
service=$!
url=
waited=0
while [ -z "$url" ]; do
    url=$(sed -n 's/.*"event":"listening","url":"\([^"]*\)".*/\1/p' service.log)
    waited=$((waited + 1))
    if [ "$waited" -gt 300 ]; then
        cat service.log >&2
        exit 1
    fi
    sleep 0.1
done
cat service.log
run vzctl serve check --url "$url" --token-file shop.token -q

heading 'The calls of a Data API, and a rotation while they go on'

printf '$ python3 data_api.py URL shop.token openai openai-prod stop &\n'
python3 "$here/data_api.py" "$url" shop.token openai openai-prod stop >calls &
asking=$!
sleep 1
run vzctl -q credentials rotate openai-prod --secret-env NEW_KEY --skip-test --yes
sleep 1
touch stop
wait "$asking"
asking=
cat calls
kill "$service"
wait "$service"
service=
run vzctl databases edit shop --freshness immediate -q
printf '$ vzctl rotations show openai-prod\n'
vzctl rotations show openai-prod >shown 2>said
sed -n '/^fetches/,$p' shown
cat said

printf '\nNo call failed. The service is stopped; everything is in %s\n' "$folder"
