"""The completion scripts that `vzctl completion SHELL` prints; `vzctl.completion.engine` says what they ask and read.

Each runs the program that was typed (so that `./venv/bin/vzctl` completes by its own version), or the `vzctl` on PATH
when that word is an alias.
"""

from __future__ import annotations

SHELLS = ("bash", "zsh", "fish")
FILE_NAMES = {"bash": "vzctl.bash", "zsh": "_vzctl", "fish": "vzctl.fish"}

# bash 3.2 (macOS) knows neither compopt nor mapfile; `read -a` splits without globbing in every version.
BASH = r"""# bash completion for vzctl; made by `vzctl completion bash`.
# Install: vzctl completion bash > ~/.local/share/bash-completion/completions/vzctl
# or, without the bash-completion package, put into ~/.bashrc: eval "$(vzctl completion bash)"

_vzctl() {
    local program=$1 answer=() kind
    case $program in
        "~/"*) program=$HOME/${program#"~/"} ;;
    esac
    case $(type -t "$program") in
        file | function) ;;
        *) program=vzctl ;;
    esac
    COMPREPLY=()
    IFS=$'\n' read -r -d '' -a answer <<< "$(
        _VZCTL_COMPLETE=bash "$program" -- "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2> /dev/null < /dev/null
    )"
    case ${answer[0]-} in
        values)
            unset 'answer[0]'
            COMPREPLY=(${answer[@]+"${answer[@]}"})
            ;;
        files) kind=default ;;
        directories) kind=dirnames ;;
    esac
    if [[ -n ${kind-} ]] && ! compopt -o "$kind" 2> /dev/null; then
        _vzctl_paths "$kind" "$2"
    fi
}

# Before bash 4: paths as candidates, written so that bash reads them back.
_vzctl_paths() {
    local action=-f path
    if [[ $1 == dirnames ]]; then action=-d; fi
    while IFS= read -r path; do
        if [[ -d $path ]]; then path=$path/; fi
        COMPREPLY+=("$(printf '%q' "$path")")
    done < <(compgen "$action" -- "$2")
}

complete -o nosort -F _vzctl vzctl 2> /dev/null || complete -F _vzctl vzctl
"""

ZSH = r"""#compdef vzctl
# zsh completion for vzctl; made by `vzctl completion zsh`.
# Install: vzctl completion zsh > a directory of $fpath, as _vzctl
# or put into ~/.zshrc, after compinit: eval "$(vzctl completion zsh)"

_vzctl() {
    local program=${(Q)words[1]} header
    local -a answer fields
    program=${program/#\~\//$HOME/}
    if ! (( $+commands[$program] || $+functions[$program] )) && [[ ! -x $program ]]; then
        program=vzctl
    fi
    answer=("${(@f)$(
        _VZCTL_COMPLETE=zsh $program -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null < /dev/null
    )}")
    fields=("${(@ps:\t:)answer[1]}")
    shift answer
    (( ${#fields} == 3 )) || return 1
    if (( fields[2] )); then
        compset -p $fields[2]
    fi
    case $fields[1] in
        values)
            (( ${#answer} )) && _describe -t "vzctl-$fields[3]" "$fields[3]" answer \
                -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}'
            ;;
        files) _files ;;
        directories) _files -/ ;;
    esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _vzctl "$@"
else
    compdef _vzctl vzctl
fi
"""

# One TAB asks once: whichever of the two entries below fish looks at first asks, the other one takes the same answer.
FISH = r"""# fish completion for vzctl; made by `vzctl completion fish`.
# Install: vzctl completion fish > ~/.config/fish/completions/vzctl.fish

function __vzctl_ask
    set -l line (commandline -cp)
    if set -q __vzctl_line; and test "$__vzctl_line" = "$line"
        set -e __vzctl_line
        return
    end
    set -g __vzctl_line $line
    set -l tokens (commandline -opc)
    set -l program (string replace -r '^~/' $HOME/ -- $tokens[1])
    set -e tokens[1]
    type -q -- $program; or set program vzctl
    set -l current (commandline -ct)
    set -lx _VZCTL_COMPLETE fish
    set -g __vzctl_answer ($program -- $tokens "$current" 2>/dev/null </dev/null)
end

function __vzctl_is
    __vzctl_ask
    test "$__vzctl_answer[1]" = $argv[1]
end

function __vzctl_values
    __vzctl_ask
    switch "$__vzctl_answer[1]"
        case values
            set -l values $__vzctl_answer
            set -e values[1]
            string join \n -- $values
        case directories
            __fish_complete_directories
    end
end

complete -c vzctl -f -a '(__vzctl_values)'
complete -c vzctl -n '__vzctl_is files' -F
"""


def script(shell: str) -> str:
    """Return the completion script for one of `SHELLS`."""
    return {"bash": BASH, "zsh": ZSH, "fish": FISH}[shell]
