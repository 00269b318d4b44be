# Pairs as somebody makes them who knows iproute2 well: all namespaces from one process, all cables from
# another, each end made in the namespace where it belongs; then one process for each namespace.
# The words after the number of pairs are how `ip` is called.
set -e
pairs=$1
shift

number=1
while [ "$number" -le "$pairs" ]; do
    echo "netns add a$number"
    echo "netns add b$number"
    number=$((number + 1))
done | "$@" -batch -

number=1
while [ "$number" -le "$pairs" ]; do
    echo "link add va$number netns a$number type veth peer name vb$number netns b$number"
    number=$((number + 1))
done | "$@" -batch -

number=1
while [ "$number" -le "$pairs" ]; do
    near=$(((number - 1) * 4 + 1)) far=$(((number - 1) * 4 + 2))
    "$@" -netns "a$number" -batch - <<END
address add 10.$((near >> 16)).$((near >> 8 & 255)).$((near & 255))/30 dev va$number
link set va$number up
END
    "$@" -netns "b$number" -batch - <<END
address add 10.$((far >> 16)).$((far >> 8 & 255)).$((far & 255))/30 dev vb$number
link set vb$number up
END
    number=$((number + 1))
done
