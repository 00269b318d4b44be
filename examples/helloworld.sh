#!/bin/sh
# Two network namespaces joined by a cable, a ping across it, and nothing left of it in the end.
#
# usage: examples/helloworld.sh
#
# Builds nslab with cargo, or takes the program that NSLAB names. It needs no root where the machine lets its users have
# namespaces; else it asks sudo for each command. No other network tool is needed.
# What has the names that it needs (lab helloworld, namespaces ns1 and ns2) is left as it is.
set -eu
cd "$(dirname "$0")/.."
file=examples/helloworld.yaml

fail() {
    echo "examples/helloworld.sh: $*" >&2
    exit 1
}

if [ -z "${NSLAB:-}" ]; then
    command -v cargo >/dev/null || fail "no cargo: install a Rust toolchain (https://rustup.rs), or set NSLAB to a built nslab"
    cargo build --release --locked --package nslab-cli
    target=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    NSLAB=$target/release/nslab
fi
nslab=$(command -v "$NSLAB") || fail "NSLAB is $NSLAB, which is no program"

# Whether this user may have namespaces is seen by having some.
as_root=
if [ "$(id -u)" != 0 ] && ! unshare --user --map-root-user --net --mount true 2>/dev/null; then
    command -v sudo >/dev/null || fail "this machine does not let its users have namespaces: run this as root, or install sudo"
    as_root=sudo
fi

# Shows a command as one would type it, and runs it.
run() {
    echo "\$ nslab $*" | sed "s|$nslab|nslab|g"
    $as_root "$nslab" "$@"
}

is_up() {
    case "
$($as_root "$nslab" ls)" in *"
helloworld "*) return 0 ;; esac
    return 1
}

is_up && fail "a lab named helloworld is up already, and is left alone; nslab down helloworld takes it away"

# From here on the lab is ours, whatever ends this script.
end() {
    status=$?
    trap - EXIT
    if is_up; then
        run down helloworld || status=$?
    fi
    exit $status
}
trap end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

run up $file
run exec ns1 "$nslab" ping -c 3 192.0.2.2
run check helloworld
run down helloworld
