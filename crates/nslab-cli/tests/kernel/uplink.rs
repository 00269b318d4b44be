//! A lab's way out through the machine, which here is the sandbox: with an "internet" behind it.

use libtest_mimic::Trial;

use crate::lab::{fail, succeed};
use crate::{tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    let nft = || tools::find("nft").is_none();
    vec![
        trial("uplink::with_nat_the_machine_is_seen", with_nat).with_ignored_flag(nft()),
        trial("uplink::without_nat_the_nodes_are_seen", without_nat),
        trial("uplink::ipv6_too_where_the_machine_has_it", ipv6)
            .with_ignored_flag(nft() || tools::find("bash").is_none()),
        trial("uplink::a_network_that_is_taken_is_passed_over", collision),
        trial("uplink::names_that_are_taken", names_taken).with_ignored_flag(nft()),
        trial("uplink::two_labs_at_once", two_labs).with_ignored_flag(nft()),
        trial("uplink::gone_by_hand", gone_by_hand).with_ignored_flag(nft()),
        trial("uplink::others_that_drop_are_told", obstacles).with_ignored_flag(nft()),
        trial("uplink::of_a_running_lab", running).with_ignored_flag(nft()),
        trial("uplink::what_fails_leaves_that_of_a_running_lab", running_fails).with_ignored_flag(nft()),
        trial("uplink::without_privilege", unprivileged),
        trial("uplink::the_example", example),
    ]
}

/// The machine has 203.0.113.2 on `wan`, and its default route there, to an internet that has no way back but to that.
/// `seen` shows all of the machine that an uplink may touch.
const MACHINE: &str = "
ip netns add internet
ip link add wan type veth peer name eth0 netns internet; ip link set wan addrgenmode none
ip address add 203.0.113.2/24 dev wan; ip link set wan up; ip link set lo up
ip -n internet address add 203.0.113.1/24 dev eth0; ip -n internet link set eth0 up; ip -n internet link set lo up
until ip link show wan | grep -q 'state UP'; do :; done
ip -n internet address add 8.8.8.8/32 dev lo
ip route add default via 203.0.113.1
settings() { grep -sr . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf | grep -e forwarding -e accept_ra -e disable_ipv6; }
rules() { ! command -v nft >/dev/null || nft -a list ruleset; }
# Not what comes late: carriers, and addresses that the kernel makes by itself.
steady() { sed 's/NO-CARRIER,//; s/ state [A-Z]* / /; /inet6 fe80/,+1d'; }
seen() { ip address | steady; ip route show table all; ip -6 route show table all; rules; settings; ls -A /run/netns /run/nslab 2>&1 || true; }
same() { seen >/run/after; diff /run/before /run/after; [ ! -e /run/nslab ]; }
echo 'table inet theirs { chain c { type filter hook forward priority 0; policy accept; ct state invalid accept; }; }' >/run/theirs
if command -v nft >/dev/null; then nft -f /run/theirs; fi
cat >/run/t.yaml <<END
name: t
nodes: { r: { forward: true } }
routing: auto
uplink: { node: isp }
segments: { lan: { prefix: 10.0.0.0/24, members: [ pc, 'r .254' ] } }
links: [ r 10.9.0.1/30 -- isp 10.9.0.2/30 ]
END
reaches() { ip netns exec $1 ping -q -c 1 -W 3 $2 >/dev/null; }
";

pub(crate) fn machine(script: &str) -> String {
    succeed(&format!("{MACHINE}{script}"))
}

fn with_nat() {
    let out = machine(
        "seen >/run/before; nslab up /run/t.yaml
         reaches pc 8.8.8.8; reaches r 8.8.8.8; reaches isp 203.0.113.1
         ip -n pc route show default; ip -n r route show default
         nft list tables; cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/wan/forwarding
         # The internet has no way back to the lab's own addresses, so it was the machine's that it saw.
         ip -n internet route get 198.18.0.1 2>&1 | head -1
         ip link show nslab-t | grep -c nsl-; nslab ls --json | grep -A4 uplink | grep node
         nslab up /run/t.yaml; nslab down t; same",
    );
    let expected = "\
lab t is up: 3 nodes, 1 segment, 1 link, 1 uplink
default via 10.0.0.254 dev eth0 proto static 
default via 10.9.0.2 dev eth1 proto static 
table inet theirs
table inet nslab-t
0
1
RTNETLINK answers: Network is unreachable
1
      \"node\": \"isp\",
lab t is up already; nothing to do: 3 nodes, 1 segment, 1 link, 1 uplink
lab t is down: 3 nodes, 1 segment removed
";
    assert_eq!(out, expected);
}

fn running() {
    let out = machine(
        "cd /run; grep -v uplink: t.yaml >none.yaml; cp t.yaml nat.yaml
         sed 's/node: isp/node: isp, nat: false, prefix: 192.0.2.0\\/30, ifname: out/' t.yaml >plain.yaml
         # Without an uplink, and with a default route of its own where the uplink's would be.
         sed 's/r: { forward: true }/r: { forward: true }, isp: { routes: [ default via 10.9.0.1 ] }/' none.yaml >other.yaml
         seen >/run/before; nslab -q up none.yaml; ip -n isp -o link show eth0 | cut -d: -f1 >id
         up() { nslab up -v $1.yaml | grep uplink; nslab diff $1.yaml; nslab up $1.yaml | cut -d: -f1; }
         up nat; reaches pc 8.8.8.8; ip netns exec isp nft list tables
         up plain; ! reaches pc 8.8.8.8; reaches pc 203.0.113.2; ip netns exec isp nft list tables; nft list tables
         nslab diff nat.yaml | grep '^[-+@]' | grep -v '^+++' || true
         ip link delete nslab-t; nslab diff plain.yaml | grep '^[-+@]' | grep -v '^+++'; up plain; reaches pc 203.0.113.2
         up nat; ip netns delete isp; nslab -q up nat.yaml; nslab diff nat.yaml; reaches pc 8.8.8.8
         nslab up other.yaml | cut -d: -f1; nslab diff other.yaml; ip -n isp route show default; ip netns exec isp nft list tables
         nslab -q up nat.yaml; nslab diff nat.yaml; reaches pc 8.8.8.8; nslab -q up none.yaml
         nslab down t; rm *.yaml id; same",
    );
    let expected = "\
isp:uplink: uplink nat
lab t is up already; nothing to do
table inet nslab
isp:uplink: no uplink nat
isp:out: uplink prefix 192.0.2.0/30
lab t is up already; nothing to do
table inet theirs
--- lab t
@@ isp:out @@
-uplink prefix 192.0.2.0/30
@@ isp:uplink @@
+uplink nat
--- lab t
@@ isp:out @@
+uplink prefix 192.0.2.0/30
isp:out: uplink prefix 192.0.2.0/30
lab t is up already; nothing to do
isp:out: no uplink prefix 192.0.2.0/30
isp:uplink: uplink nat
lab t is up already; nothing to do
lab t is up
default via 10.9.0.1 dev eth0 proto static 
lab t is down: 3 nodes, 1 segment removed
";
    assert_eq!(out, expected);
}

fn running_fails() {
    let out = machine(
        "cd /run; seen >/run/before; nslab -q up t.yaml; reaches pc 8.8.8.8
         lab() { { seen; ip -n isp address | steady; ip -n isp route; ip netns exec isp nft list ruleset; } | grep -v inet6 |
             sed 's/^[0-9]*: //; s/@[^:]*//; s/ link-netns.*//; s/ *# handle.*//; s/nsl-[^ ]* dev//'; }
         lab >was; cp t.yaml bad.yaml
         sed -i 's/node: isp/node: isp, prefix: 203.0.113.0\\/30/' bad.yaml; nslab up bad.yaml 2>&1 || echo status $?
         reaches pc 8.8.8.8; lab | diff was -
         sed 's/node: isp/node: isp, nat: false/; s/r: {/pc: { routes: [ 10.44.0.0\\/16 via 10.0.0.254 src 10.66.0.1 ] }, r: {/' t.yaml >bad.yaml
         nslab up bad.yaml 2>&1 || echo status $?
         lab | diff was -; nslab diff t.yaml; reaches pc 8.8.8.8; rm bad.yaml; nslab -q up t.yaml
         nslab down t; rm was; rm -f *.yaml; same",
    );
    let expected = "\
nslab: the uplink's network 203.0.113.0/30 overlaps 203.0.113.0/24, which the machine has already
  help: say another `prefix` in the lab file's `uplink`, or none to have one chosen; lab \"t\" is as it was before
status 3
nslab: ip -n pc route add 10.44.0.0/16 via 10.0.0.254 src 10.66.0.1: Invalid prefsrc address
  help: lab \"t\" is as it was before
status 3
lab t is down: 3 nodes, 1 segment removed
";
    assert_eq!(out, expected);
}

fn without_nat() {
    let out = machine(
        "sed -i 's/node: isp/node: isp, nat: false, prefix: 192.0.2.0\\/30, ifname: out/' /run/t.yaml; seen >/run/before
         nslab up /run/t.yaml; reaches isp 203.0.113.2; reaches pc 203.0.113.2; reaches pc 192.0.2.1
         ! reaches pc 8.8.8.8
         ip -n internet route add 192.0.2.0/30 via 203.0.113.2; reaches isp 8.8.8.8
         ip -n internet route add 10.0.0.0/24 via 203.0.113.2; reaches pc 8.8.8.8
         ip -n isp -o -4 address show out | grep -o 'inet [^ ]*'
         ip route | grep -o '^10[^ ]* via [^ ]*'; ! rules | grep nslab
         nslab -q down t; same",
    );
    assert_eq!(
        out,
        "lab t is up: 3 nodes, 1 segment, 1 link, 1 uplink\ninet 192.0.2.2/30\n10.0.0.0/24 via 192.0.2.2\n10.9.0.0/30 via 192.0.2.2\n"
    );
}

/// Where nobody listens, a connection is refused by who has the address; else there is no way.
fn ipv6() {
    let out = machine(
        "ip address add 2001:db8:f::2/64 dev wan nodad; ip -6 route add default via 2001:db8:f::1
         ip -n internet address add 2001:db8:f::1/64 dev eth0 nodad; ip -n internet address add 2001:db8:8::8/128 dev lo
         { echo 'nodes: { isp: { forward: true } }'; echo 'routing: auto'; echo 'uplink: { node: isp }'; echo name: t
           echo 'links: [ pc 2001:db8::1/64 10.0.0.1/24 -- isp 2001:db8::2/64 10.0.0.2/24 ]'; } >/run/t.yaml
         # Before Linux 6.17, only a machine that is a router passes IPv6 on.
         [ -e /proc/sys/net/ipv6/conf/wan/force_forwarding ] || echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
         seen >/run/before; nslab -q up /run/t.yaml; reaches pc 8.8.8.8
         ip netns exec pc bash -c '</dev/tcp/2001:db8:8::8/9' 2>&1 | grep -o 'Connection refused' | head -1
         ip -n isp -6 -o address show uplink | grep -o 'inet6 fd6e[^ ]*' | grep -c ::2/64
         ip -n pc -6 route show default | cut -d' ' -f1-3
         nslab -q down t; same",
    );
    assert_eq!(out, "Connection refused\n1\ndefault via 2001:db8::2\n");
}

fn collision() {
    let out = machine(
        "address() { ip -n isp -o -4 address show uplink | grep -o '198[^ ]*/30'; }
         nslab -q up /run/t.yaml; first=$(address); nslab -q down t
         nslab -q up /run/t.yaml; [ $first = $(address) ]; nslab -q down t
         nslab up --dry-run /run/t.yaml | grep -c \"isp:uplink address $first\"
         ip route add $(echo $first | sed 's/[0-9]*.30$/0\\/24/') dev wan
         nslab -q up /run/t.yaml; second=$(address); [ $first != $second ]; reaches pc 8.8.8.8
         nslab up /run/t.yaml >/dev/null; [ $second = $(address) ]; nslab -q down t
         sed -i 's/node: isp/node: isp, prefix: 203.0.113.128\\/30/' /run/t.yaml; nslab up /run/t.yaml 2>&1 || echo status $?
         sed -i 's/prefix: 203.0.113.128.30/nat: false/' /run/t.yaml; ip route add 10.0.0.0/8 dev wan
         nslab up /run/t.yaml 2>&1 | head -1; ls -A /run/netns; [ ! -e /run/nslab ]",
    );
    let expected = "1
nslab: the uplink's network 203.0.113.128/30 overlaps 203.0.113.0/24, which the machine has already
  help: say another `prefix` in the lab file's `uplink`, or none to have one chosen
status 3
nslab: the uplink's network 10.0.0.0/24 overlaps 10.0.0.0/8, which the machine has already
internet
";
    assert_eq!(out, expected);
}

fn names_taken() {
    let out = machine(
        "nft add table inet nslab-t; nslab up /run/t.yaml 2>&1 || echo status $?; nft delete table inet nslab-t
         nslab -q up /run/t.yaml; name=$(ip -o link show nslab-t | sed 's/^[0-9]*: //; s/@.*//'); nslab -q down t
         ip link add $name type veth peer name x; nslab up /run/t.yaml 2>&1 | sed s/$name/NAME/ ; ip -o link show $name | wc -l
         ls -A /run/netns; [ ! -e /run/nslab ]",
    );
    let expected = "\
nslab: the uplink cannot be made: the machine has nftables table inet nslab-t already
  help: if nobody needs it: nft delete table inet nslab-t
status 3
nslab: the uplink cannot be made: the machine has an interface NAME already
  help: if nobody needs it: nslab ip link delete nsl-";
    assert!(out.starts_with(expected.trim_end_matches("nsl-")), "{out}");
    assert!(out.ends_with("\n1\ninternet\n"), "{out}");
}

fn two_labs() {
    let out = machine(
        "echo 'name: u
uplink: { node: a }
links: [ a -- b ]' >/run/u.yaml
         seen >/run/before
         nslab -q up /run/t.yaml & nslab -q up /run/u.yaml & wait
         reaches pc 8.8.8.8; reaches a 8.8.8.8
         nslab -q down t; reaches a 8.8.8.8; cat /proc/sys/net/ipv4/conf/wan/forwarding
         nslab -q up /run/t.yaml; nslab -q down u; reaches pc 8.8.8.8
         nslab -q up /run/u.yaml; nslab -q down t & nslab -q down u & wait; same
         # Who makes the machine a router meanwhile keeps it.
         nslab -q up /run/t.yaml; echo 1 >/proc/sys/net/ipv4/ip_forward; nslab -q down t
         cat /proc/sys/net/ipv4/conf/wan/forwarding",
    );
    assert_eq!(out, "1\n1\n");
}

fn gone_by_hand() {
    let out = machine(
        "seen >/run/before
         nslab -q up /run/t.yaml; nft delete table inet nslab-t; nft add table inet nslab-t; ip link delete nslab-t
         nslab down t; nft delete table inet nslab-t; echo theirs was left; same
         nslab -q up /run/t.yaml; ip link set nslab-t down; ip link set nslab-t name other0
         ip netns add elsewhere; ip netns exec elsewhere nslab -q down t; ip netns delete elsewhere; same",
    );
    assert_eq!(out, "lab t is down: 3 nodes, 1 segment removed\ntheirs was left\n");
}

fn obstacles() {
    let out = machine(
        "nft add table ip filter; nft 'add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'
         nft add table inet wall; nft 'add chain inet wall passing { type filter hook forward priority 1; }'
         nft add rule inet wall passing counter reject
         nslab up /run/t.yaml 2>&1 | cut -d' ' -f1-8
         nft insert rule ip filter FORWARD iifname 'nsl-*' accept; nft delete table inet wall; nslab up /run/t.yaml 2>&1
         nslab -q down t; nft delete table ip filter; ip route delete default; nslab up /run/t.yaml 2>&1",
    );
    let expected = "\
the machine's nftables chain ip filter FORWARD drops
the machine's nftables chain inet wall passing drops
lab t is up: 3 nodes, 1 segment,
lab t is up already; nothing to do: 3 nodes, 1 segment, 1 link, 1 uplink
the machine has no default route: the uplink gets no further than to its own networks
lab t is up: 3 nodes, 1 segment, 1 link, 1 uplink
";
    assert_eq!(out, expected);
}

/// In a user namespace that has no power over the machine's network.
fn unprivileged() {
    let err = fail(
        &format!(
            "{MACHINE}unshare --user --map-root-user --mount sh -c 'mount -t tmpfs tmpfs /run; exec nslab up /dev/stdin' </run/t.yaml 2>/run/err || true
             cp /run/t.yaml /tmp/nslab-uplink-$$.yaml
             unshare --user --map-root-user --mount sh -c \"mount -t tmpfs tmpfs /run; exec nslab up /tmp/nslab-uplink-$$.yaml\" || {{ s=$?; rm /tmp/nslab-uplink-$$.yaml; exit $s; }}"
        ),
        3,
    );
    assert!(
        err.contains("help: an uplink is made in the network namespace that nslab runs in, which takes root there"),
        "{err}"
    );
}

fn example() {
    let file = tools::repository("examples/nat-home.yaml");
    let file = file.display();
    let out = machine(&format!(
        "seen >/run/before; nslab up {file}; nslab check {file} | tail -1
         reaches laptop 8.8.8.8; reaches phone 8.8.8.8; nslab down {file}
         seen >/run/after; diff /run/before /run/after; [ ! -e /run/nslab ]"
    ));
    assert!(out.starts_with("lab nat-home is up: 3 nodes, 1 segment, 1 uplink\nall reached: "), "{out}");
}
