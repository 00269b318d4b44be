//! Every option of `ping`, of both families, beside iputils: as it is, in wrong words, and many together.

use libtest_mimic::Trial;

use crate::differential::{Mask, NETWORK_IS_THERE, compare_in_network};
use crate::{tools, trial};

/// a (10.0.0.1, fd00::1) - (…254, …fe) r (10.0.1.254, fd01::fe, MTU 1400) - (10.0.1.2, fd01::2) b.
const NETWORK: &str = r#"
ip -batch - <<X
link set lo up
netns add a
netns add r
netns add b
X
ip -n a -batch - <<X
link add v0 address 02:00:00:00:00:0a type veth peer name v1 address 02:00:00:00:00:0e netns r
address add 10.0.0.1/24 brd + dev v0
address add fd00::1/64 dev v0 nodad
link set lo up
link set v0 addrgenmode none
link set v0 up
address add fe80::a/64 dev v0 nodad
X
ip -n r -batch - <<X
link add v2 type veth peer name v3 netns b
address add 10.0.0.254/24 brd + dev v1
address add fd00::fe/64 dev v1 nodad
address add 10.0.1.254/24 dev v2
address add fd01::fe/64 dev v2 nodad
link set lo up
link set v1 addrgenmode none
link set v1 up
address add fe80::e/64 dev v1 nodad
link set v2 up mtu 1400
route add prohibit 10.0.3.0/24
route add blackhole 10.0.4.0/24
route add prohibit fd03::/64
route add blackhole fd04::/64
X
ip -n b -batch - <<X
address add 10.0.1.2/24 dev v3
address add fd01::2/64 dev v3 nodad
link set lo up
link set v3 up mtu 1400
route add default via 10.0.1.254
route add default via fd01::fe
X
ip -n a -batch - <<X
route add 10.0.0.0/16 via 10.0.0.254
route add fd01::/64 via fd00::fe
route add fd02::/64 via fd00::fe
route add fd03::/64 via fd00::fe
route add fd04::/64 via fd00::fe
route add unreachable fd09::/64
route add blackhole fd0a::/64
route add prohibit fd0b::/64
X
ip netns exec r sh -c 'cd /proc/sys/net; echo 1 > ipv4/ip_forward; echo 1 > ipv6/conf/all/forwarding
echo 0 > ipv4/icmp_ratemask; echo 0 > ipv6/icmp/ratemask; echo 0 > ipv4/icmp_echo_ignore_broadcasts'
cat > /run/hosts <<X
127.0.0.1 localhost
10.0.0.254 router gw
fd00::fe router6 gw6
fd00::fe both b
10.0.0.254 both b
fd02::5 half h
10.0.0.254 half h
fe80::5 ll
10.0.0.1 me
fd00::1 me6
X
mount --bind /run/hosts /etc/hosts
"#;

/// Name of the trial, and what is run in namespace a.
const CASES: &[(&str, &str)] = &[
    // IPv6.
    ("six", "ping -c1 fd00::fe"),
    ("six_asked_for", "ping -6 -c1 fd00::fe"),
    ("six_through_a_router", "ping -c2 -i.05 fd01::2"),
    ("six_own", "ping -c1 fd00::1"),
    ("six_loopback", "ping -c1 ::1"),
    ("six_unspecified", "ping -c1 ::"),
    ("six_anycast", "ping -c1 -W 3 fd00::"),
    ("six_name", "ping -c1 gw6"),
    ("six_name_numeric", "ping -n -c1 gw6"),
    ("six_quiet", "ping -q -c 2 -i .05 fd00::fe"),
    ("six_sizes", "for s in 0 15 16 1452 1453 20000 65527; do r ping -c1 -s $s fd00::fe; done"),
    ("six_size_too_great", "r ping -s 65528 fd00::fe; r ping -6 -s 65528 localhost; r ping -s 65528 gw"),
    ("six_no_route", "for to in fd99::1 fd09::1 fd0a::1 fd0b::1; do r ping -c1 $to; done"),
    ("six_refused", "for to in fd02::1 fd03::1; do r ping -c2 -i.05 $to; done"),
    ("six_hop_limit", "ping -c2 -i.05 -t 1 fd01::2"),
    ("six_host_unreachable", "ping -c3 -i.1 fd00::77"),
    ("six_no_answer", "ping -c1 -W .2 fd04::1"),
    ("six_deadline", "ping -i.3 -w 1 fd00::fe"),
    ("six_four", "r ping -4 fd00::1; r ping -6 10.0.0.1; r ping -6 gw; r ping -4 gw6; r ping -6 -4 gw"),
    ("six_interrupted", "ping -i .2 fd00::fe & sleep .5; kill -INT $!; wait $!"),
    ("six_status", "ping -i .2 fd00::fe & sleep .5; kill -QUIT $!; sleep .05; kill -INT $!; wait $!"),
    ("six_two_destinations", "ping -c1 fd00::fe fd00::1"),
    (
        "six_not_an_address",
        "r ping -c1 fd00::fg; r ping -c1 fd00::fe%v0; r ping -c1 'fd00::fe '; r ping -c1 ::ffff:10.0.0.254",
    ),
    // Addresses of a link.
    ("link_local", "ping -c1 fe80::e%v0"),
    ("link_local_by_index", "ping -c1 fe80::e%2"),
    ("link_local_option", "r ping -c1 -I v0 fe80::e; r ping -c1 -I fe80::a%v0 fe80::e"),
    ("link_local_without", "ping -c1 -W 1 fe80::e"),
    ("link_local_nope", "ping -c1 fe80::e%nope"),
    ("link_local_name", "ping -c1 ll"),
    ("link_local_nobody", "ping -c1 -W .3 fe80::77%v0"),
    // Which of several addresses.
    ("both", "r ping -c1 b; r ping -4 -c1 b; r ping -6 -c1 b"),
    ("both_verbose", "r ping -v -c1 b; r ping -v -4 -c1 b; r ping -v -6 -c1 gw"),
    // Groups and broadcasts.
    ("group", "r ping -c1 -W.3 -I v0 224.0.0.1; r ping -c1 -W .3 -L -I v0 224.0.0.1; r ping -c1 224.0.0.9"),
    ("group_6", "r ping -c1 ff02::1%v0; r ping -c1 -I v0 ff02::1; r ping -L -c1 -I v0 ff02::1"),
    ("group_6_anywhere", "ping -c1 -W .5 ff02::1"),
    ("group_6_loopback", "ping -c1 -W .3 ff02::1%lo"),
    ("broadcast", "r ping -c2 -i.05 -b 10.0.0.255; r ping -c1 10.0.0.255; r ping -b -c1 10.0.0.254"),
    ("broadcast_verbose", "ping -b -v -c1 10.0.0.255"),
    ("broadcast_from", "r ping -c1 -W.3 -I 10.0.0.1 10.0.0.255; r ping -c1 -W.3 -b -I 10.0.0.1 10.0.0.255"),
    ("broadcast_no_route", "ping -b -c1 203.0.113.255"),
    // Sources and interfaces.
    ("source_6", "r ping -c1 -I fd00::1 fd00::fe; r ping -c1 -I fd00::1%v0 fd00::fe; r ping -c1 -I fd00::9 fd00::fe"),
    ("source_6_bad", "r ping -I fd00::z fd00::fe; r ping -I :: -c1 fd00::fe; r ping -I fe80::1%v0 -c1 fd00::fe"),
    ("source_of_the_other_family", "r ping -c1 -I fd00::1 10.0.0.254; r ping -c1 -I 10.0.0.1 fd00::fe"),
    (
        "interface_6",
        "r ping -c1 -I v0 fd00::fe; r ping -c1 -I nope fd00::fe; r ping -c1 -I lo fd00::fe; r ping -c1 -I '' fd00::fe",
    ),
    ("interface_by_name", "r ping -c1 -I v0 gw6; r ping -c1 -I v0 gw"),
    ("interface_long_6", "ping -c1 -I averyveryverylonginterfacename fd00::fe"),
    ("sticky", "r ping -c1 -B 10.0.0.254; r ping -c1 -B fd00::fe; r ping -c1 -B -I v0 gw"),
    ("unspecified_source", "r ping -c1 -I 0.0.0.0 10.0.0.254; r ping -c1 -I 10.0.0.1 0"),
    // Whether to fragment, and sizes.
    ("mtu_do", "r ping -c3 -i.05 -M do -s 2000 10.0.0.254; r ping -c3 -i.05 -M do -s 2000 fd00::fe"),
    ("mtu_probe", "r ping -c1 -M probe -s 2000 10.0.0.254; r ping -c2 -i.1 -M probe -s 1450 fd01::2"),
    (
        "mtu_others",
        "for m in want dont; do r ping -c1 -M $m -s 2000 10.0.0.254; r ping -c1 -M $m -s 2000 fd00::fe; done",
    ),
    (
        "mtu_learned",
        "r ping -c3 -i.1 -M do -s 1450 10.0.1.2; r ping -c2 -i.1 -M do -s 1450 10.0.1.2; r ping -c1 -s 1450 10.0.1.2",
    ),
    (
        "mtu_learned_6",
        "r ping -c3 -i.1 -M do -s 1450 fd01::2; r ping -c2 -i.1 -M do -s 1450 fd01::2; r ping -c1 -s 1450 fd01::2",
    ),
    (
        "mtu_quiet_and_flood",
        "r ping -q -c2 -i.05 -M do -s 2000 10.0.0.254; r ping -f -c2 -i.05 -M do -s 2000 10.0.0.254",
    ),
    ("mtu_bad", "r ping -M x 10.0.0.254; r ping -M '' 10.0.0.254; r ping -M DO 10.0.0.254"),
    ("size_of_a_name", "r ping -c2 -i.05 -s 65510 gw; r ping -4 -s 65510 gw"),
    // Preload, flood, adaptive.
    ("preload", "r ping -c3 -l 3 10.0.0.254; r ping -c4 -l 2 -i.2 10.0.0.254; r ping -c3 -l 3 fd00::fe"),
    ("preload_interval_zero", "ping -c10 -i 0 -l 5 10.0.0.254"),
    ("preload_unanswered", "r ping -c3 -l 3 -W.2 10.0.4.1; r ping -c4 -l 3 -O -i.1 -W.2 10.0.4.1"),
    ("preload_bad", "for n in 0 65537 x -1; do r ping -l $n 10.0.0.254; done"),
    ("preload_too_much_for_buffers", "ping -l 65536 -c1 10.0.0.254"),
    ("preload_and_interval", "ping -l 3 -i 1000000 10.0.0.254"),
    ("flood", "r ping -f -c 20 10.0.0.254; r ping -f -c 20 fd00::fe"),
    ("flood_slow", "r ping -f -i.05 -c3 10.0.0.254; r ping -f -a -c3 10.0.0.254; r ping -f -q -c3 10.0.0.254"),
    (
        "flood_unanswered",
        "r ping -f -c5 -W.1 10.0.4.1; r ping -f -O -c3 -W.1 10.0.4.1; r ping -f -O -q -c3 -W.1 fd04::1",
    ),
    ("flood_refused", "r ping -f -c3 10.0.2.1; r ping -f -c3 fd02::1"),
    ("flood_names", "r ping -f -H -c3 gw; r ping -f -D -c3 gw"),
    ("flood_until", "ping -f -i.2 -w 1 10.0.0.254"),
    ("adaptive", "r ping -A -c5 10.0.0.254; r ping -A -c5 fd00::fe; r ping -A -q -c5 -i.1 gw"),
    ("adaptive_unanswered", "r ping -A -c2 -W.2 -i.2 10.0.4.1; r ping -A -f -c3 10.0.0.254"),
    // What is shown.
    (
        "outstanding",
        "r ping -O -c3 -i.1 -W.2 10.0.4.1; r ping -O -c3 -i.1 -W.2 fd04::1; r ping -O -q -c2 -i.1 -W.2 10.0.4.1",
    ),
    ("outstanding_answered", "ping -O -c3 -i.05 10.0.0.254"),
    ("outstanding_refused", "r ping -O -c3 -i.1 10.0.2.1; r ping -O -D -c3 -i.1 fd02::1"),
    ("dated", "r ping -D -c2 -i.05 10.0.0.254; r ping -D -c1 fd02::1; r ping -D -O -c2 -i.1 -W.2 10.0.4.1"),
    ("verbose", "r ping -v -c1 10.0.0.254; r ping -v -c1 fd00::fe; r ping -v -q -c1 gw; r ping -v -c1 10.0.2.1"),
    ("verbose_one_family", "r ping -4 -v -c1 10.0.0.254; r ping -6 -v -c1 fd00::fe"),
    ("verbose_identifier", "r ping -v -e 0 -c1 10.0.0.254; r ping -v -e 65535 -c1 fd00::fe"),
    ("audible", "r ping -a -c1 10.0.0.254; r ping -a -q -c1 fd00::fe; r ping -a -c1 10.0.2.1"),
    ("precise", "r ping -3 -c1 10.0.0.254; r ping -3 -c1 -s 8 fd00::fe"),
    (
        "names_forced",
        "r ping -H -c1 10.0.0.254; r ping -H -c1 fd00::fe; r ping -n -H -c1 fd00::fe; r ping -H -n -c1 fd00::fe",
    ),
    ("names_of_refusers", "r ping -c1 -H 10.0.2.1; r ping -c1 -H fd02::1; r ping -c1 nowhere.invalid"),
    ("canonical", "r ping -c1 gw; r ping -q -c1 router; r ping -c1 b; r ping -4 -c1 b"),
    // What only changes packets.
    ("identifier", "r ping -e 5 -c1 10.0.0.254; r ping -e 65536 10.0.0.254; r ping -e x 10.0.0.254; r ping -e -1 gw"),
    ("mark", "r ping -m 5 -c1 10.0.0.254; r ping -m 4294967295 -c1 fd00::fe; r ping -m 4294967296 gw; r ping -m -1 gw"),
    (
        "mark_routes",
        "ip rule add fwmark 9 prohibit; ip -6 rule add fwmark 9 prohibit; r ping -m 9 -c1 10.0.1.2; r ping -m 9 -c1 fd01::2",
    ),
    (
        "class",
        "for q in 0 0x10 255 010 '' 0x -1; do r ping -Q \"$q\" -c1 10.0.0.254; done; r ping -Q 0x10 -c1 fd00::fe",
    ),
    ("class_bad", "for q in 256 x 0x10z 0x100; do r ping -Q $q 10.0.0.254; done; r ping -Q -5 -c1 gw"),
    ("class_routes", "ip rule add tos 8 prohibit; r ping -Q 8 -c1 10.0.1.2"),
    (
        "flow",
        "r ping -F 5 -c1 fd00::fe; r ping -F 0xfffff -c1 fd00::fe; r ping -F 5 -I v0 -c1 gw6; r ping -F 5 -c1 10.0.0.254",
    ),
    ("flow_random", "r ping -F 0 -c1 fd00::fe; r ping -F '' -c1 fd00::fe"),
    ("flow_bad", "for f in 0x100000 zz -1 5x; do r ping -F $f fd00::fe; done"),
    (
        "pattern",
        "r ping -p ff00 -c1 10.0.0.254; r ping -p f -c1 fd00::fe; r ping -p '' -c1 gw; r ping -p ABCDEF0 -c1 gw",
    ),
    ("pattern_quiet", "r ping -q -p ff -c1 gw; r ping -p ff -q -c1 gw; r ping -p fg gw; r ping -p ff -c 0 gw"),
    ("pattern_twice", "r ping -p ff -p 00 -c1 gw; r ping -p 00112233445566778899aabbccddeeff0011 -c1 gw"),
    ("send_buffer", "r ping -S 1 -c1 10.0.0.254; r ping -S 100000 -c1 fd00::fe; r ping -S 0 gw; r ping -S x gw"),
    (
        "hop_limits",
        "r ping -t 0 -c1 fd00::fe; r ping -t 255 -c1 fd00::fe; r ping -t 2 -c1 fd01::2; r ping -t 256 fd00::fe",
    ),
    (
        "no_routes",
        "r ping -r -c1 10.0.0.254; r ping -r -c1 -W.3 10.0.1.2; r ping -r -c1 203.0.113.1; r ping -r -c1 fd01::2",
    ),
    (
        "connected",
        "r ping -C -c1 10.0.0.254; r ping -C -c1 fd00::fe; r ping -C -I v0 -c1 10.0.0.254; r ping -C -c2 -i.05 10.0.2.1",
    ),
    ("latency", "r ping -U -c1 10.0.0.254; r ping -U -D -c2 -i.05 fd00::fe"),
    ("debug", "r ping -d -c1 10.0.0.254; r ping -d -c1 fd00::fe"),
    // Words.
    ("question_mark", "r ping '-?'; r ping -h; r ping -q?c1 gw"),
    ("unknown", "for o in j g k o u x y z E G J K P X Y Z; do r ping -$o gw; done"),
    ("needs_a_value", "for o in c e F i I l m M p Q s S t w W; do r ping -$o; done"),
    (
        "numbers",
        "for o in c e l m s S t w; do for n in '' ' 1' 1. 0x1 +1 1x 99999999999999999999; do r ping -q -$o \"$n\" -h; done; done",
    ),
    ("times", "for n in '' x .x 1e -0 nan inf -1 1e9 2147483.648; do r ping -i \"$n\" -h; r ping -W \"$n\" -h; done"),
    ("bundles", "r ping -6qnc1 fd00::fe; r ping -4Dvqc1 gw; r ping -c1q gw; r ping gw -c1 -q"),
    ("no_permission_6", "setpriv --bounding-set=-net_raw --inh-caps=-net_raw ping -6 -c1 fd00::fe"),
    ("no_permission_verbose", "setpriv --bounding-set=-net_raw --inh-caps=-net_raw ping -v -c1 fd00::fe"),
    // The network changes meanwhile.
    ("route_lost_6", "(sleep .3; ip route add unreachable fd01::2)& ping -c 4 -i .2 fd01::2"),
    ("route_prohibited", "(sleep .3; ip route add prohibit 10.0.1.2)& ping -c 4 -i .2 10.0.1.2"),
    ("route_blackholed", "(sleep .3; ip route add blackhole 10.0.1.2)& ping -c 4 -i .2 10.0.1.2"),
    ("link_lost", "(sleep .3; ip link set v0 down)& ping -c 4 -i .2 -W.2 10.0.0.254"),
    ("address_lost", "(sleep .3; ip address del fd00::1/64 dev v0)& ping -c 4 -i .2 -W.2 fd00::fe"),
    ("no_loopback", "ip link set lo down; r ping -c1 -w 4 10.0.0.77; r ping -c1 -w 4 fd00::77"),
];

/// Words for options; those of a row exclude each other.
const WORDS: &[&[&str]] = &[
    &["-q", "-v", "-a", "-D", "-3", "-O", "-aD", "-vO", "-3D"],
    &["-n", "-H", "-nH"],
    &["-s 0", "-s 8", "-s 16", "-s 56", "-s 999", "-s 1472", "-s 1473", "-s 5000"],
    &["-p ff", "-p 00", "-p 123"],
    &["-t 1", "-t 2", "-t 64"],
    &["-M do", "-M dont", "-M want", "-M probe"],
    &["-Q 0", "-Q 16", "-Q 0xb8"],
    &["-I v0", "-I 10.0.0.1", "-I fd00::1", "-I v0 -I 10.0.0.1", "-B"],
    &["-l 2", "-l 3", "-A", "-f"],
    &["-U", "-d", "-S 9000", "-e 77", "-m 3", "-L", "-b", "-F 9"],
    &["-4", "-6"],
];
#[rustfmt::skip]
const DESTINATIONS: &[&str] = &[
    "10.0.0.254", "10.0.1.2", "fd00::fe", "fd01::2", "gw", "gw6", "b", "10.0.2.1", "fd02::1", "10.0.4.1", "fd04::1",
    "10.0.0.1", "::1", "10.0.3.1", "fd03::1", "203.0.113.1", "fd99::1", "fe80::e%v0", "h", "localhost",
];
/// Random commands in a trial, and trials.
const TOGETHER: usize = 30;
const RANDOM: u64 = 6;

pub(crate) fn trials() -> Vec<Trial> {
    let case = |name: &str, script: String| {
        trial(&format!("ping_options::{name}"), move || compare_in_network(&in_a(&script), Mask::Ping))
    };
    let cases = CASES.iter().map(|&(name, script)| case(name, script.into()));
    let random = (1..=RANDOM).map(|seed| case(&format!("random_{seed}"), random(seed)));
    cases.chain(random).collect()
}

/// A script in namespace a of the network, which the reference `ip` sets up.
fn in_a(script: &str) -> String {
    let ip = format!("ip() {{ {} \"$@\"; }}\n", tools::reference().unwrap().join("ip").display());
    let shown = "r() { echo \"+ $*\"; echo \"+ $*\" >&2; \"$@\"; echo \"= $?\"; }\n";
    let inside = format!("{shown}{ip}{script}").replace('\'', r"'\''");
    format!("set -e\n{ip}{NETWORK}\nset +e\necho {NETWORK_IS_THERE}\nip netns exec a sh -c '{inside}'")
}

/// The same commands each time.
fn random(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    let mut script = String::new();
    for _ in 0..TOGETHER {
        let mut words = vec![format!("r ping -c {} -i .{:02} -W .2", 1 + next(3), 2 + next(9))];
        for row in WORDS {
            if next(4) == 0 {
                words.push(row[next(row.len())].into());
            }
        }
        words.push(DESTINATIONS[next(DESTINATIONS.len())].into());
        script.push_str(&words.join(" "));
        script.push('\n');
    }
    script
}
