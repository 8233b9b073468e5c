#!/bin/sh
# Makes what compose.yaml needs: a state with one database, a credential from OPENAI_API_KEY, a service token, the settings
# of the Data API, and the user number of whoever owns these files.
#
#   OPENAI_API_KEY=… sh prepare.sh [FOLDER]     with vzctl[age] on PATH; FOLDER is where compose.yaml is
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here}
: "${OPENAI_API_KEY:?give the key that collections will use}"
for made in vzctl data-api.compose.yaml data-api-token.env; do
    if [ -e "$folder/$made" ]; then
        echo "prepare.sh: $folder/$made is there already" >&2
        exit 1
    fi
done
umask 077
mkdir -p "$folder/vzctl/config" "$folder/vzctl/state"
cd "$folder"

# In the container the same folders are /etc/vzctl and /var/lib/vzctl.
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir "$home/config" "$home/state"
ln -s "$folder/vzctl/config" "$home/config/vzctl"
ln -s "$folder/vzctl/state" "$home/state/vzctl"
export XDG_CONFIG_HOME="$home/config" XDG_STATE_HOME="$home/state" VZCTL_NO_INPUT=1

vzctl -q secrets identity vzctl/config/identity.txt >"$home/said"
recipient=$(sed -n 's/^# public key: //p' vzctl/config/identity.txt)
write_configuration() {
    cat >vzctl/config/config.toml <<TOML
[secrets]
store = "file"
[secrets.file]
recipients = ["$recipient"]
identity_file = "$1/identity.txt"
TOML
}
write_configuration "$folder/vzctl/config"
{
    vzctl -q init --control-plane local
    vzctl -q databases add shop --endpoint http://127.0.0.1:8181
    vzctl -q databases edit shop --freshness immediate
    vzctl -q credentials add openai-prod --provider openai --scope shop --secret-env OPENAI_API_KEY
    vzctl -q databases token create shop --out "$home/token"
    vzctl -q serve config --database shop --format compose --token-file "$home/token" --write .
} >"$home/said"
write_configuration /etc/vzctl

# The container runs as the owner of these files, and never as root.
user=$(id -u):$(id -g)
if [ "$(id -u)" = 0 ]; then
    user=10001:10001
    chown -R "$user" vzctl
fi
printf 'VZCTL_USER=%s\n' "$user" >.env

printf 'next: docker compose -f compose.yaml -f data-api.compose.yaml up --wait\n'
