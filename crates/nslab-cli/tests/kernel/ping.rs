//! `nslab ping` beside iputils' `ping`, in the same network: same output, same messages, same exit status.
//!
//! - [`CASES`]: the table of commands;
//! - [`unsupported`]: what iputils has and we have not must be said;
//! - [`matrix`]: the library's matrix, IPv4 and IPv6, across namespaces.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use libtest_mimic::Trial;
use nslab::namespace::Namespace;
use nslab::probe::matrix::{self, Outcome, Reason, Settings, Sockets, Source};

use crate::differential::{Mask, NETWORK_IS_THERE, compare_in_network};
use crate::{sandbox, tools, trial};

/// a (10.0.0.1) - (10.0.0.254) r (10.0.1.254) - (10.0.1.2) b, and routes of every kind.
const NETWORK: &str = r#"
ip -batch - <<X
link set lo up
netns add a
netns add r
netns add b
X
ip -n a -batch - <<X
link add v0 type veth peer name v1 netns r
address add 10.0.0.1/24 dev v0
address add fd00::1/64 dev v0 nodad
link set lo up
link set v0 up
X
ip -n r -batch - <<X
link add v2 type veth peer name v3 netns b
address add 10.0.0.254/24 dev v1
address add 10.0.1.254/24 dev v2
address add fd00::fe/64 dev v1 nodad
link set lo up
link set v1 up
link set v2 up
route add prohibit 10.0.3.0/24
X
ip -n b -batch - <<X
address add 10.0.1.2/24 dev v3
link set lo up
link set v3 up
route add default via 10.0.1.254
X
ip -n a -batch - <<X
route add 10.0.1.0/24 via 10.0.0.254
route add 10.0.2.0/24 via 10.0.0.254
route add 10.0.3.0/24 via 10.0.0.254
route add unreachable 10.0.9.0/24
route add blackhole 10.0.10.0/24
route add prohibit 10.0.11.0/24
X
ip netns exec r sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit'
printf '127.0.0.1 localhost\n10.0.0.254 router gw\n10.0.2.1 nowhere\n' > /run/hosts
mount --bind /run/hosts /etc/hosts
"#;

/// Name of the trial, and what is run in namespace a.
const CASES: &[(&str, &str)] = &[
    // Answers.
    ("the_walk", "ping -c 3 -i 0.1 10.0.0.254"),
    ("through_a_router", "ping -c1 10.0.1.2"),
    ("own_address", "ping -c1 10.0.0.1"),
    ("quiet", "ping -q -c 2 -i .01 10.0.0.254"),
    ("interval_zero", "ping -c 3 -i 0 10.0.0.254"),
    ("deadline", "ping -i .3 -w 1 10.0.0.254"),
    ("short_notation", "ping -c1 127.1"),
    ("zero_is_this_host", "ping -c1 0"),
    ("size_0", "ping -c1 -s 0 10.0.0.254"),
    ("size_15_has_no_time", "ping -c1 -s 15 10.0.0.254"),
    ("size_16_has_a_time", "ping -c1 -s 16 10.0.0.254"),
    ("size_in_fragments", "ping -c1 -s 20000 10.0.0.254"),
    ("size_at_its_most", "ping -c1 -s 65507 10.0.0.254"),
    ("options_behind", "ping 10.0.0.254 -qnc1"),
    ("two_dashes", "ping -c1 -- 10.0.0.254"),
    ("linger_zero_is_for_ever", "ping -W 0 -c1 10.0.0.254"),
    ("deadline_zero_is_none", "ping -w 0 -c1 10.0.0.254"),
    // Names.
    ("name", "ping -c1 gw"),
    ("name_numeric", "ping -n -c1 gw"),
    ("name_refused", "ping -c1 nowhere"),
    ("no_such_name", "ping -c1 no.such.host.invalid"),
    ("no_name", "ping -c1 ''"),
    ("name_with_a_space", "ping -c1 ' 10.0.0.254'"),
    ("four_and_an_ipv6_address", "ping -c1 -4 ::1"),
    // Interfaces and sources.
    ("interface", "ping -c1 -I v0 10.0.0.254"),
    ("source", "ping -c1 -I 10.0.0.1 10.0.0.254"),
    ("source_and_interface", "ping -c1 -I 10.0.0.1 -I v0 10.0.0.254"),
    ("interface_that_is_not_on_the_way", "ping -c1 -W .1 -I lo 10.0.0.254"),
    ("no_such_interface", "ping -c1 -I nope 10.0.0.254"),
    ("interface_name_too_long", "ping -c1 -I averyveryverylonginterfacename 10.0.0.254"),
    ("no_such_source", "ping -c1 -I 10.9.9.9 10.0.0.254"),
    // Refusals.
    ("host_unreachable", "ping -c1 10.0.0.77"),
    ("hosts_unreachable_pipe", "ping -c 4 -i 0.1 10.0.0.77"),
    ("time_to_live_exceeded", "ping -c1 -t 1 10.0.1.2"),
    ("net_unreachable", "ping -c1 10.0.2.1"),
    ("prohibited", "ping -c1 10.0.3.1"),
    ("refused_quietly", "ping -q -c1 10.0.2.1"),
    ("deadline_ends_with_the_first_error", "ping -i .1 -w 2 10.0.2.1"),
    ("no_answer", "ping -c 1 -W 0.2 10.0.0.77"),
    ("no_answer_until_the_deadline", "ping -w 1 10.0.0.77"),
    ("no_route", "ping -c1 203.0.113.1"),
    ("route_unreachable", "ping -c1 10.0.9.1"),
    ("route_blackhole", "ping -c1 10.0.10.1"),
    ("route_prohibit", "ping -c1 10.0.11.1"),
    ("broadcast", "ping -c1 10.0.0.255"),
    ("route_lost_in_between", "(sleep .3; ip route add unreachable 10.0.1.2)& ping -c 4 -i .2 10.0.1.2"),
    // Signals.
    ("interrupted", "ping -i .2 10.0.0.254 & sleep .5; kill -INT $!; wait $!"),
    ("status_on_sigquit", "ping -i .2 10.0.0.254 & sleep .5; kill -QUIT $!; sleep .05; kill -INT $!; wait $!"),
    // Misuse.
    ("no_destination", "ping"),
    ("unknown_option", "ping -Z 10.0.0.254"),
    ("long_option", "ping --count 10.0.0.254"),
    ("help", "ping -h"),
    ("missing_value", "ping -c"),
    ("count_0", "ping -c 0 10.0.0.254"),
    ("count_negative", "ping -c -1 10.0.0.254"),
    ("count_text", "ping -c x 10.0.0.254"),
    ("count_empty", "ping -c '' 10.0.0.254"),
    ("count_huge", "ping -c 99999999999999999999 10.0.0.254"),
    ("interval_negative", "ping -i -1 10.0.0.254"),
    ("interval_garbage", "ping -c1 -i 1x 10.0.0.254"),
    ("interval_comma", "ping -c1 -i 0,1 10.0.0.254"),
    ("interval_out_of_range", "ping -i 1e400 10.0.0.254"),
    ("interval_too_long", "ping -i 2147483.647 10.0.0.254"),
    ("linger_bad", "ping -W 1e9 10.0.0.254"),
    ("deadline_fraction", "ping -w 1.5 10.0.0.254"),
    ("size_too_great", "ping -s 65508 10.0.0.254"),
    ("size_negative", "ping -s -1 10.0.0.254"),
    ("ttl_0", "ping -t 0 10.0.0.254"),
    ("ttl_256", "ping -t 256 10.0.0.254"),
    ("four_and_six", "ping -4 -6 10.0.0.254"),
    ("no_permission", "setpriv --bounding-set=-net_raw --inh-caps=-net_raw ping -c1 10.0.0.254"),
];

pub(crate) fn trials() -> Vec<Trial> {
    let cases = CASES.iter().map(|&(name, script)| {
        trial(&format!("ping::{name}"), move || compare_in_network(&in_a(script), Mask::Nothing))
    });
    // The matrix opens its sockets in this process, which must be allowed to enter the namespaces.
    let root = rustix::process::geteuid().is_root();
    let matrix = trial("ping::matrix", matrix).with_ignored_flag(!root);
    cases.chain([trial("ping::unsupported", unsupported), matrix]).collect()
}

/// A script in namespace a of the network, which the reference `ip` sets up.
fn in_a(script: &str) -> String {
    let ip = format!("ip() {{ {} \"$@\"; }}\n", tools::reference().unwrap().join("ip").display());
    let inside = format!("{ip}{script}").replace('\'', r"'\''");
    format!("set -e\n{ip}{NETWORK}\nset +e\necho {NETWORK_IS_THERE}\nip netns exec a sh -c '{inside}'")
}

fn unsupported() {
    for (option, letter) in [("-R", "-R"), ("-T tsonly", "-T"), ("-N name", "-N")] {
        let found = sandbox::run(&[tools::ours()], &format!("ping {option} 10.0.0.254"));
        assert_eq!(found.status.code(), Some(2), "{option}");
        assert_eq!(String::from_utf8_lossy(&found.stdout), "");
        let err = String::from_utf8_lossy(&found.stderr).into_owned();
        assert_eq!(err, format!("ping: option {letter} is not supported\n"));
    }
    let script = "ip link set lo up; ping -c1 127.0.0.1 127.0.0.1";
    let found = sandbox::run(&[tools::ours()], script);
    assert_eq!(String::from_utf8_lossy(&found.stderr), "ping: intermediate hops are not supported\n");
    assert_eq!(found.status.code(), Some(2));
}

fn matrix() {
    // The namespaces live as long as the script waits for the end of its input. `$!` would be the shell's function.
    let live = |name: &str| {
        format!("ip netns exec {name} sh -c 'echo $$ >/run/{name}; read end' <&3 &\nread {name} </run/{name}\n")
    };
    let inside = in_a("true");
    let script = format!("exec 3<&0\n{inside}\nmkfifo /run/a /run/r\n{}{}echo $a $r; read end", live("a"), live("r"));
    let mut child =
        sandbox::command(&[], "sh", &["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut out, mut line) = (BufReader::new(child.stdout.take().unwrap()), String::new());
    while line.is_empty() || line.trim_end() == NETWORK_IS_THERE {
        line.clear();
        assert_ne!(out.read_line(&mut line).unwrap(), 0, "the script ended");
    }
    let pids: Vec<&str> = line.split_whitespace().collect();
    let to_a = ["10.0.0.254", "10.0.1.2", "fd00::fe", "203.0.113.1", "10.0.2.1", "10.0.0.77", "10.0.0.254"];
    let to_r = ["10.0.0.1", "fd00::1", "fd00::77"];
    let source = |pid: &str, to: &[&str]| Source {
        sockets: sockets(pid),
        targets: to.iter().map(|to| to.parse().unwrap()).collect(),
    };
    let found = matrix::run(&[source(pids[0], &to_a), source(pids[1], &to_r)], &Settings::default()).unwrap();
    drop(child.stdin.take());
    child.wait().unwrap();
    let reached = |outcome: &Outcome| matches!(outcome, Outcome::Reached { .. });
    let answers: Vec<Vec<bool>> = found.iter().map(|row| row.iter().map(reached).collect()).collect();
    assert_eq!(answers, [vec![true, true, true, false, false, false, true], vec![true, true, false]], "{found:?}");
    assert_eq!(found[0][3], Outcome::NotReached(Reason::Send { errno: 101 }), "no route");
    let router = "10.0.0.254".parse().unwrap();
    assert_eq!(found[0][4], Outcome::NotReached(Reason::Notice { from: router, kind: 3, code: 0 }));
}

fn sockets(pid: &str) -> Sockets {
    let namespace = Namespace::open(Path::new(&format!("/proc/{pid}/ns/net"))).unwrap();
    namespace.enter(Sockets::open).unwrap().unwrap()
}
