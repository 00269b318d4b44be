# Hosts on one switch as somebody makes them who knows iproute2 well: all namespaces from one process, all
# cables from another, each end made where it belongs; then one process for each host.
# The words after the number of hosts are how `ip` is called.
set -e
hosts=$1
shift
count() {
    number=1
    while [ "$number" -le "$hosts" ]; do
        eval "echo \"$1\""
        number=$((number + 1))
    done
}
{
    echo netns add lan
    count 'netns add h$number'
} | "$@" -batch -
printf 'link add br0 type bridge\nlink set br0 up\n' | "$@" -netns lan -batch -
count 'link add p$number netns lan type veth peer name eth0 netns h$number' | "$@" -batch -
count 'link set p$number master br0 up' | "$@" -netns lan -batch -
number=1
while [ "$number" -le "$hosts" ]; do
    "$@" -netns "h$number" -batch - <<END
address add 10.0.$((number >> 8 & 255)).$((number & 255))/16 dev eth0
link set eth0 up
END
    number=$((number + 1))
done
