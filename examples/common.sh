# shellcheck shell=sh
# Sourced by the tours, not run: how they show what they do, and a throw-away folder that vzctl keeps within.

heading() {
    printf '\n== %s\n\n' "$1"
}

run() {
    printf '$ %s\n' "$*"
    "$@"
}

# FOLDER: from here on vzctl has its configuration and its state in there, and nothing of the person who runs this.
work_in() {
    folder=$1
    for variable in $(env | sed -n 's/^\(VZCTL_[A-Z_]*\)=.*/\1/p'); do
        unset "$variable"
    done
    export XDG_CONFIG_HOME="$folder/config" XDG_STATE_HOME="$folder/state"
    export VZCTL_OUTPUT=human VZCTL_NO_INPUT=1
    cd "$folder"
}

# Secrets are files encrypted with age, for the identity in identity.txt.
use_file_store() {
    recipient=$(sed -n 's/^# public key: //p' identity.txt)
    mkdir -p config/vzctl
    cat >config/vzctl/config.toml <<TOML
[secrets]
store = "file"
[secrets.file]
recipients = ["$recipient"]
identity_file = "$folder/identity.txt"
TOML
}
