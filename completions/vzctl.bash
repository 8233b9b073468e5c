# bash completion for vzctl; made by `vzctl completion bash`.
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
