# fish completion for vzctl; made by `vzctl completion fish`.
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
