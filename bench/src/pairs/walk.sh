# Pairs the way people type them: one command at a time, one process a command, made here and then moved.
# The words after the number of pairs are how `ip` is called.
set -e
pairs=$1
shift
number=1
while [ "$number" -le "$pairs" ]; do
    near=$(((number - 1) * 4 + 1)) far=$(((number - 1) * 4 + 2))
    "$@" netns add "a$number"
    "$@" netns add "b$number"
    "$@" link add "va$number" type veth peer name "vb$number"
    "$@" link set "va$number" netns "a$number"
    "$@" link set "vb$number" netns "b$number"
    "$@" netns exec "a$number" "$@" address add "10.$((near >> 16)).$((near >> 8 & 255)).$((near & 255))/30" dev "va$number"
    "$@" netns exec "b$number" "$@" address add "10.$((far >> 16)).$((far >> 8 & 255)).$((far & 255))/30" dev "vb$number"
    "$@" netns exec "a$number" "$@" link set "va$number" up
    "$@" netns exec "b$number" "$@" link set "vb$number" up
    number=$((number + 1))
done
