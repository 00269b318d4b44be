# Measures `nslab up` once, as root or as a user with no privileges: NSLAB USER PAIRS A B. Root goes the same way.
set -e
nslab=/run/bin/nslab uid=$2 pairs=$3 a=$4 b=$5
mkdir /run/bin; cp "$1" $nslab; mkdir -m 700 /run/home; chown "$uid:$uid" /run/home
as() {
    setpriv --reuid "$uid" --regid "$uid" --clear-groups --no-new-privs \
        env HOME=/run/home XDG_RUNTIME_DIR=/run/home "$@"
}
cd /run/home
start=$(date +%s.%N)
as $nslab -q up /run/pairs.yaml
end=$(date +%s.%N)
# Every node is there, and two that must reach each other do.
[ "$(as $nslab ls --json | grep -c "\"[ab][0-9]*\"")" = $((pairs * 2)) ]
as $nslab -q check --from "$a" --to "$b" >/dev/null
as $nslab -q down pairs
echo "$start $end" | awk '{ print $2 - $1 }'
