//! Cases of `ip`, each run with the reference and with ours. A case is a short script; it starts in an
//! empty sandbox, and `r` prints a command and its exit status.

use libtest_mimic::Trial;

use crate::differential::{Mask, compare};
use crate::trial;

/// A cable with fixed addresses between `v0` and `v1`, and a namespace.
const CABLE: &str = "ip netns add ns1
ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
";

/// Name of the case, and its script. Those that begin with `|` start with [`CABLE`].
static CASES: &[(&str, &str)] = &[
    // a namespace in which nothing was done
    (
        "route_tables_that_are_not_there",
        "for o in '' -4 -6 -j '-j -p' -d -br; do for w in '' 'table main' 'table local' 'table 99' 'table all' 'dev lo' 'table 99 dev lo' 'proto static' 'table default' cache; do r ip $o route show $w; r ip $o route flush $w; done; r ip $o route get 10.0.0.1; r ip $o route list default; done; printf 'route show\\nroute show table 99\\n' >/run/b; r ip -b /run/b",
    ),
    // netns
    ("netns_list_of_nothing", "r ip netns; r ip netns list; r ip netns show; r ip netns l"),
    (
        "netns_order_is_the_directorys",
        "for n in c a b d; do r ip netns add $n; done; r ip netns; ip netns del a; r ip netns lst",
    ),
    ("netns_name_taken", "r ip netns add x; r ip netns add x; r ip netns"),
    (
        "netns_bad_names",
        "r ip netns add a/b; r ip netns add .; r ip netns add ..; r ip netns add ''; r ip netns list a/b; r ip netns exec '' true; r ip netns del /; r ip netns",
    ),
    (
        "netns_strange_names",
        "r ip netns add 'a b'; r ip netns add -x; r ip netns add ü; r ip netns add 'l
f'; r ip netns; r ip netns exec 'a b' ip link; r ip netns del -x; r ip netns del 'l
f'; r ip netns",
    ),
    (
        "netns_longest_name",
        "long=$(printf 'n%.0s' $(seq 255)); r ip netns add $long; r ip netns add ${long}n; r ip netns; r ip netns del $long",
    ),
    ("netns_not_there", "r ip netns del nope; r ip netns exec nope true; r ip -n nope link; r ip netns delete nope"),
    ("netns_words_missing", "r ip netns add; r ip netns del; r ip netns exec; ip netns add x; r ip netns exec x"),
    ("netns_unknown_verb", "r ip netns foo; r ip netns ''; r ip netns addx; r ip netns LIST"),
    (
        "netns_abbreviations",
        "r ip netn a x; r ip netns ad y; r ip netns e x ip l; r ip netns d x; r ip netns de y; r ip netns l",
    ),
    (
        "netns_stray_file",
        "ip netns add x; touch /run/netns/stray; r ip -n stray link; r ip netns exec stray true; r ip netns del stray; r ip netns",
    ),
    (
        "netns_twice_mounted_dir",
        "ip netns add x; ip netns add y; grep -c ' /run/netns ' /proc/self/mountinfo; grep ' /run/netns ' /proc/self/mountinfo | grep -c shared:",
    ),
    (
        "netns_file_mode",
        "umask 077; ip netns add x; ls -ld /run/netns | cut -c1-10; r ip netns del x; ls -l /run/netns",
    ),
    (
        "netns_file_beneath",
        "ip netns add x; umount /run/netns/x; ls -l /run/netns | cut -c1-10; r ip netns; r ip netns del x",
    ),
    ("netns_ids", "|r ip netns; r ip link set v0 netns ns1; r ip netns; r ip -n ns1 netns"),
    (
        "netns_add_shows_elsewhere",
        "mount --make-rshared /; ip netns add before; unshare -m --propagation slave sh -c 'read x; ip netns list; ip -n x link' </dev/null; ip netns add x; ls /run/netns",
    ),
    (
        "exec_status",
        "ip netns add x; r ip netns exec x false; r ip netns exec x sh -c 'exit 42'; r ip netns exec x true; r ip netns exec x sh -c 'kill -9 $$'; r ip netns exec x sh -c 'kill -TERM $$'",
    ),
    (
        "exec_of_nothing",
        "ip netns add x; r ip netns exec x nonexistent; r ip netns exec x /; r ip netns exec x /etc/passwd; r ip netns exec x ''",
    ),
    ("exec_takes_every_word", "ip netns add x; r ip netns exec x echo -n -4 --help -- a; r ip netns exec x -- true"),
    (
        "exec_inside_exec",
        "ip netns add x; ip netns add y; r ip netns exec x ip netns exec y ip link; r ip -n x netns exec y ip link",
    ),
    (
        "exec_sys_shows_the_namespace",
        "|ip link set v0 netns ns1; r ip netns exec ns1 ls /sys/class/net; ls /sys/class/net | grep v1; r ip netns exec ns1 grep -c ' /sys ' /proc/self/mountinfo; r ip netns exec ns1 grep ' /sys ' /proc/self/mountinfo | sed 's/.* - //'",
    ),
    (
        "exec_etc_files",
        "mount -t tmpfs none /mnt; mkdir -p /mnt/up /mnt/work; mount -t overlay -o lowerdir=/etc,upperdir=/mnt/up,workdir=/mnt/work none /etc || exit 0; mkdir -p /etc/netns/x; ip netns add x; echo in >/etc/netns/x/hosts; echo in >/etc/netns/x/no-such-file; r ip netns exec x cat /etc/hosts; grep -c . /etc/hosts",
    ),
    (
        "exec_mounts_stay_inside",
        "ip netns add x; mount --make-rshared /; cat /proc/self/mountinfo | wc -l >/run/before; ip netns exec x sh -c 'mount -t tmpfs inside /mnt; grep -c inside /proc/self/mountinfo'; grep -c inside /proc/self/mountinfo; cat /proc/self/mountinfo | wc -l | cmp - /run/before && echo same",
    ),
    // link add
    (
        "link_add_veth",
        "r ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02; r ip link; r ip link show v0; r ip link show dev v1; r ip l l v1",
    ),
    (
        "link_add_name_taken",
        "|r ip link add v0 type veth; r ip link add x type veth peer name v0; r ip link add y type veth peer name y; ip link | grep -c ether",
    ),
    (
        "link_add_incomplete",
        "r ip link add; r ip link add x; r ip link add x type; r ip link add type; r ip link add dev; r ip link add x type veth peer name; r ip link add x mtu",
    ),
    (
        "link_add_unknown_kind",
        "r ip link add x type nokind; r ip link add x type nokind foo bar; r ip link add x type ''",
    ),
    (
        "link_add_bad_names",
        "r ip link add a/b type veth; r ip link add 'a b' type veth; r ip link add '' type veth; r ip link add . type veth; r ip link add sixteen-bytes-xx type veth; r ip link add name sixteen-bytes-xx type veth; r ip link add v type veth peer name a/b; r ip link",
    ),
    (
        "link_add_names_twice",
        "r ip link add a1 name a2 type veth; r ip link add name a1 name a2 type veth; r ip link add v type veth peer foo bar; r ip link add v type veth peer type veth; r ip link add v dev w type veth",
    ),
    ("link_add_veth_usage", "r ip link add v type veth foo; r ip link add v type veth foo bar"),
    (
        "link_add_with_settings",
        "r ip link add v0 address 02:00:00:00:00:01 mtu 1400 txqueuelen 5 up type veth peer name v1 address 02:00:00:00:00:02 mtu 9000; r ip link show v1",
    ),
    (
        "link_add_with_index",
        "r ip link add index 77 name q0 address 02:00:00:00:00:01 type veth peer name q1 address 02:00:00:00:00:02 index 78; r ip link; r ip link add index 77 type veth; r ip link add index 0 type veth; r ip link add index x type veth; r ip link add index 5 index 6 type veth",
    ),
    (
        "link_add_peer_elsewhere",
        "ip netns add ns1; r ip link add m2 address 02:00:00:00:00:01 type veth peer netns ns1 name m3 address 02:00:00:00:00:02; r ip link; r ip -n ns1 link; r ip netns",
    ),
    (
        "link_add_both_elsewhere",
        "ip netns add a; ip netns add b; r ip link add va address 02:00:00:00:00:01 netns a type veth peer name vb address 02:00:00:00:00:02 netns b; r ip link; r ip -n a link; r ip -n b link",
    ),
    (
        "link_add_bridge_and_port",
        "|ip link add br0 address 02:00:00:00:00:09 type bridge; r ip link set v0 master br0; r ip link; r ip link set v0 nomaster; r ip link show v0; r ip link set v0 master nope; r ip link set v0 master lo",
    ),
    // link set
    (
        "link_set_up_and_down",
        "|r ip link set v0 up; r ip link; r ip link set dev v1 up; running v0 v1; r ip link; r ip link set v0 down; r ip link show v0",
    ),
    (
        "link_set_netns",
        "|r ip link set v0 netns ns1; r ip link; r ip -n ns1 link; r ip link set v0 netns ns1; r ip link set v1 netns nope; r ip link set v1 netns /nonexistent; r ip link set lo netns ns1; r ip link set v1 netns ns1; r ip link; r ip -n ns1 link",
    ),
    (
        "link_set_netns_by_path_and_pid",
        "|ip netns exec ns1 sleep 60 & moved $!; r ip link set v0 netns /run/netns/ns1; r ip link set v1 netns $! >/dev/null; r ip -n ns1 link; r ip link set lo netns 999999999; r ip link set lo netns 0; kill $!",
    ),
    (
        "link_set_netns_and_name",
        "|r ip link set v0 netns ns1 name w0; r ip -n ns1 link; r ip link set v1 netns ns1 index 33; r ip -n ns1 link",
    ),
    (
        "link_set_name",
        "|r ip link set v0 name w0; r ip link; r ip link set w0 name v1; r ip link set w0 name w0; r ip link set w0 name a/b; r ip link set w0 name ''",
    ),
    (
        "link_set_numbers",
        "|r ip link set v0 mtu 1400; r ip link set v0 mtu 0x500; r ip link set v0 mtu 1; r ip link set v0 mtu x; r ip link set v0 mtu -1; r ip link set v0 mtu 99999999999; r ip link set v0 mtu 100000; r ip link set v0 mtu 1 mtu 2; r ip link set v0 txqueuelen 0; r ip link; r ip link set v0 qlen -1; r ip link show v0",
    ),
    (
        "link_set_address",
        "|r ip link set v0 address 02:00:00:00:00:09; r ip link show v0; r ip link set v0 address zz; r ip link set v0 address 1:2:3; r ip link set v0 address 01:00:00:00:00:01; r ip link set v0 address 02:00:00:00:00:100; r ip link set v0 address 192.0.2.1; r ip link set v0 address 2:3:4:5:6:7; r ip link set v0 broadcast 03:00:00:00:00:01; r ip link show v0",
    ),
    (
        "link_set_not_there",
        "r ip link set nope up; r ip link set nope down mtu 100; r ip link set dev nope up; r ip link set a-name-longer-than-15 up; r ip link set",
    ),
    (
        "link_set_incomplete",
        "|r ip link set; r ip link set up; r ip link set v0 mtu; r ip link set dev; r ip link set v0; r ip link set v0 netns; r ip link set b; r ip link set v0 v1; r ip link set v0 up down; r ip link set v0 foo bar",
    ),
    ("link_set_is_what_s_means", "|r ip l s v0 up; r ip li s v1 up; running v0 v1; r ip l sh v0; r ip link s"),
    ("link_set_kind_word", "|r ip link set v0 type veth; r ip link set v0 type bridge; r ip link set v0 type nokind"),
    ("link_set_index", "|r ip link set v0 index 5; r ip link set v0 index 0; r ip link set v0 index 1 index 2"),
    // link delete
    ("link_delete", "|r ip link del v0; r ip link; r ip link del v0; r ip link delete lo; r ip link del; r ip l d dev"),
    // link show
    (
        "link_show_filters",
        "|ip link set v0 up; r ip link show up; r ip link show nope; r ip link show dev; r ip link show ''; r ip link show foo bar; r ip link show dev v0 dev v1; r ip link list v0; r ip link lst",
    ),
    ("link_show_families", "|r ip -4 link; r ip -6 link show v0; r ip -0 link; r ip -f link link; r ip -f inet l"),
    ("link_show_oneline", "|r ip -o link; r ip -oneline l l v0; r ip -o -4 link"),
    ("link_unknown_verb", "r ip link foo; r ip link ''; r ip link showx"),
    (
        "link_peer_unnamed_namespace",
        "|unshare -n sleep 60 & moved $!; ip link set v0 netns $!; r ip link show v1; kill $!",
    ),
    // address
    (
        "address_add_and_show",
        "|r ip address add 192.0.2.1/24 dev v0; r ip address add 2001:db8::1/64 dev v0 nodad; r ip address; r ip a show v0; r ip a s dev v0; r ip addr list v1; r ip a l lo",
    ),
    (
        "address_taken",
        "|r ip address add 192.0.2.1/24 dev v0; r ip address add 192.0.2.1/24 dev v0; r ip a a 192.0.2.1/25 dev v0; r ip a a 192.0.2.1/24 dev v1; r ip a a 2001:db8::1/64 dev v0; r ip a a 2001:db8::1/64 dev v0",
    ),
    (
        "address_bad",
        "|r ip a a 1.2.3.4/33 dev v0; r ip a a xx dev v0; r ip a a 300.1 dev v0; r ip a a 1.2.3.4/ dev v0; r ip a a 1.2.3.4/24/2 dev v0; r ip a a 1.2.3.4/255.0.255.0 dev v0; r ip a a ::1/129 dev v0; r ip a a : dev v0; r ip a a '' dev v0; r ip a a 1.2.3.4.5 dev v0; r ip a a 1.2.3.4/-1 dev v0",
    ),
    (
        "address_forms",
        "|r ip a a 10.1/16 dev v0; r ip a a 0x0a.2.0.1/0x18 dev v0; r ip a a 10.3.0.1/255.255.255.0 dev v0; r ip a a 10.4 dev v0; r ip a a local 10.5.0.1 dev v0; r ip a a 10.6.0.1/0 dev v0; r ip a a 2001:DB8:0:0::1 dev v0 nodad; r ip a a ::ffff:10.0.0.1/128 dev v0 nodad; r ip -4 a; r ip -6 a show v0",
    ),
    (
        "address_family_given",
        "|r ip -4 a a ::1 dev v0; r ip -6 a a 1.1.1.1 dev v0; r ip -4 a a 1.1.1.1 dev v0; r ip -6 a a 2001:db8::1 dev v0 nodad; r ip a",
    ),
    (
        "address_no_device",
        "r ip a a 1.2.3.4/24; r ip a a 1.2.3.4/24 dev nope; r ip a a 1.2.3.4/24 dev; r ip a add; r ip a show nope; r ip a show dev",
    ),
    ("address_no_address", "|r ip a a dev v0; r ip -6 a a dev v0; r ip a a default dev v0; r ip a a any dev v0"),
    (
        "address_scope",
        "|r ip a a 127.0.0.5/8 dev v0; r ip a a 10.0.0.1/8 dev v0 scope link; r ip a a 10.0.0.2/8 dev v0 scope 200; r ip a a 10.0.0.3/8 dev v0 scope foo; r ip a a 10.0.0.3/8 dev v0 scope 400; r ip a a 10.0.0.4/8 dev v0 scope host; r ip a s v0",
    ),
    (
        "address_garbage",
        "|r ip a a 1.2.3.4/24 dev v0 foo; r ip a a 1.2.3.4/24 5.6.7.8 dev v0; r ip a foo; r ip a ''; r ip a show v0 v1",
    ),
    (
        "address_secondary",
        "|r ip a a 10.0.0.1/24 dev v0; r ip a a 10.0.0.2/24 dev v0; r ip a a 10.0.0.3/25 dev v0; r ip a s v0",
    ),
    (
        "address_of_a_running_cable",
        "|ip link set v0 up; ip link set v1 up; ip a a 10.0.0.1/24 dev v0; running v0 v1; r ip a | sed 's/ tentative//'; r ip -4 a; r ip -o a | sed 's/ tentative//'; r ip -4 -o a; r ip -6 a | sed 's/ tentative//'; r ip a s up | sed 's/ tentative//'; r ip -0 a",
    ),
    (
        "address_inside",
        "|ip link set v0 netns ns1; r ip -n ns1 a a 10.0.0.1/24 dev v0; r ip -n ns1 a; r ip netns exec ns1 ip a s v0; r ip -netns ns1 -o a; r ip -4 a; ip -n ns1 link set v0 up; ip link set v1 up; running v1; r ip -6 -n ns1 a s v0 | sed 's/ tentative//'; r ip -4 a s v1; r ip -n ns1 -4 a s v0",
    ),
    ("loopback_up", "r ip link set lo up; r ip a; r ip -6 a; r ip -o a"),
    // options and objects
    ("objects_unknown", "r ip foo; r ip ''; r ip Link; r ip linkx"),
    ("objects_abbreviated", "r ip l; r ip li; r ip a; r ip addr; r ip ad; r ip netn"),
    (
        "options_unknown",
        "r ip -x; r ip -netnsx; r ip --x link; r ip -f foo a; r ip -family inet6 a; r ip -- link; r ip --oneline link",
    ),
    (
        "options_namespace",
        "ip netns add ns1; r ip -n ns1 link; r ip -net ns1 a; r ip --netns ns1 l; r ip -n '' link; r ip -n a/b link; r ip -n .. link",
    ),
    // who may
    (
        "no_permission",
        "ip netns add x; ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02; r() { echo \"+ $*\"; setpriv --inh-caps=-all --bounding-set=-all -- \"$@\"; echo \"= $?\"; }; r ip link set v0 up; r ip link add a type veth; r ip a a 1.2.3.4/24 dev v0; r ip netns exec x true; r ip -n x link; r ip link show v0; r ip netns; r ip netns add y; r ip netns",
    ),
];

pub(crate) fn trials() -> Vec<Trial> {
    CASES
        .iter()
        .map(|(name, script)| {
            let script = script.strip_prefix('|').map_or_else(|| (*script).into(), |rest| format!("{CABLE}{rest}"));
            trial(&format!("ip::{name}"), move || compare(&script, Mask::Nothing))
        })
        .collect()
}
