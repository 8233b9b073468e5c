# A secret store of files in $ITEMS, for the exec store: get|set|delete ITEM. An item that is not there: exit 3.
#
# With $CALLS (a file) the calls that write are counted there; the call with the number $STRIKE_CALL is struck at $STRIKE_AT:
#   asked    the caller is killed when its value was read, before it is written; the program goes on
#   torn     half of the value is in the item's own file; caller and program die
#   done     the caller is killed when the work is done, before it hears of it
# With $GATE (a folder) a call that is $GATE_AT (set-key, delete-key, set-canary …) says that it is there and waits until
# $GATE/open exists.
#
# Little but the shell itself is used: this runs thousands of times.
verb=$1
case $2 in
canary-*) kind=canary ;;
*) kind=key ;;
esac
IFS=/
set -- $2
file=$ITEMS/$1,$2,$3

strike() {
    if [ "$number" = "${STRIKE_CALL:-}" ] && [ "$1" = "${STRIKE_AT:-}" ]; then
        : >"$CALLS.struck"
        kill -9 $PPID
        if [ "$1" = torn ]; then exit 9; fi
    fi
}

number=0
if [ -n "${CALLS:-}" ] && [ $verb != get ]; then
    echo $verb >>"$CALLS"
    while read -r _; do number=$((number + 1)); done <"$CALLS"
fi
if [ -n "${GATE:-}" ] && [ "$verb-$kind" = "$GATE_AT" ]; then
    : >"$GATE/$$.waiting"
    while [ ! -e "$GATE/open" ]; do sleep 0.01; done
fi

value=
case $verb in
get)
    [ -f "$file" ] || exit 3
    read -r value <"$file"
    printf %s "$value"
    ;;
set)
    read -r value
    strike asked
    if [ "${STRIKE_AT:-}" = torn ] && [ "$number" = "${STRIKE_CALL:-}" ]; then
        printf %s "${value%????????}" >"$file"
        strike torn
    fi
    if ! printf %s "$value" >"$file.new" || ! mv "$file.new" "$file"; then
        rm -f "$file.new"
        exit 5
    fi
    strike 'done'
    ;;
delete)
    strike asked
    [ -f "$file" ] || exit 3
    rm "$file"
    strike 'done'
    ;;
esac
exit 0
