# One fping a node, all at once: each asks for every address. Whoever does not answer is told of on standard error.
# The arguments are how many nodes there are and their addresses.
nodes=$1
shift
for node in $(seq "$nodes"); do
    nsenter --net="/run/netns/h$node" fping -u -r 3 -i 1 "$@" >"/run/lost$node" 2>/dev/null &
done
wait
lost=$(cat /run/lost* | wc -l)
[ "$lost" = 0 ] || echo "fping: $lost of $((nodes * nodes)) not answered" >&2
