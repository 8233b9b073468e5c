#!/bin/sh
# Set up vzctl on a machine of a pipeline: the `file` store, with the identity from the variable VZCTL_IDENTITY.
# The identity goes into the folder of the configuration, never into the repository. Where vzctl is set up already,
# nothing is replaced.
set -eu

folder=${XDG_CONFIG_HOME:-$HOME/.config}/vzctl
umask 077
mkdir -p "$folder"
for file in identity.txt config.toml; do
    if [ -e "$folder/$file" ]; then
        echo "$folder/$file is there already; nothing was replaced" >&2
        exit 1
    fi
done
printf '%s\n' "${VZCTL_IDENTITY:?the content of the identity file}" >"$folder/identity.txt"
recipient=$(sed -n 's/^# public key: //p' "$folder/identity.txt")
cat >"$folder/config.toml" <<TOML
[secrets]
store = "file"
[secrets.file]
recipients = ["${recipient:?the identity file has no line with its public key}"]
identity_file = "$folder/identity.txt"
TOML
