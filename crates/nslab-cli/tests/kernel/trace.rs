//! `nslab trace`: the way that packets really take, and where it ends, in labs that are broken in one place.

use libtest_mimic::Trial;
use regex_lite::Regex;

use crate::lab::{fail, succeed};
use crate::{sandbox, tools, trial};

/// pc - r1 - r2 - r3 - srv, and a node on no link. Routers answer as often as they are asked.
const LAB: &str = "cat >/run/way.yaml <<END
name: way
routing: auto
profiles:
  router: { forward: true, sysctl: { net.ipv4.icmp_ratemask: 0, net.ipv6.icmp.ratemask: 0 } }
nodes:
  r1: { use: router }
  r2: { use: router }
  r3: { use: router }
  lonely: {}
links:
  - pc 10.0.1.2/24 fd01::2/64 -- r1 10.0.1.1/24 fd01::1/64
  - r1 10.0.2.1/24 fd02::1/64 -- r2 10.0.2.2/24 fd02::2/64
  - r2 10.0.3.1/24 fd03::1/64 -- r3 10.0.3.2/24 fd03::2/64
  - r3 10.0.4.1/24 fd04::1/64 -- srv 10.0.4.2/24 fd04::2/64
END
nslab -q up /run/way.yaml 2>/dev/null
";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("trace::names_of_every_hop", names),
        trial("trace::which_address", which),
        trial("trace::as_json", as_json),
        trial("trace::one_of_several_ways", one_of_several),
        trial("trace::words", words),
        trial("trace::nothing_is_left", nothing_left),
    ];
    for &(name, script, end) in BROKEN {
        trials.push(trial(&format!("trace::{name}"), move || broken(script, end)));
    }
    trials
}

/// Times differ from run to run.
fn masked(text: &str) -> String {
    Regex::new(r"[0-9]+\.[0-9]{3} ms").unwrap().replace_all(text, "T ms").into_owned()
}

fn names() {
    let out = succeed(&format!("{LAB}nslab trace pc srv; nslab trace -6 pc srv; nslab trace srv pc"));
    let expected = "\
1  r1:eth0   10.0.1.1  T ms
2  r2:eth0   10.0.2.2  T ms
3  r3:eth0   10.0.3.2  T ms
4  srv:eth0  10.0.4.2  T ms
pc reaches srv at 10.0.4.2: 4 hops
1  r1:eth0   fd01::1  T ms
2  r2:eth0   fd02::2  T ms
3  r3:eth0   fd03::2  T ms
4  srv:eth0  fd04::2  T ms
pc reaches srv at fd04::2: 4 hops
1  r3:eth1  10.0.4.1  T ms
2  r2:eth1  10.0.3.1  T ms
3  r1:eth1  10.0.2.1  T ms
4  pc:eth0  10.0.1.2  T ms
srv reaches pc at 10.0.1.2: 4 hops
";
    assert_eq!(masked(&out), expected);
}

fn which() {
    let out = succeed(&format!(
        "{LAB}nslab -q trace pc r1; nslab -q trace pc r2; nslab -q trace pc r3:eth1; nslab -q trace pc pc
         nslab -q trace pc 10.0.3.1; nslab -q trace way/pc way/srv; nslab -q trace pc srv way
         nslab -q trace pc srv /run/way.yaml; nslab -q trace -6 pc r2; nslab -q trace --hops 4 pc srv"
    ));
    let expected = "\
pc reaches r1 at 10.0.1.1: 1 hop
pc reaches r2 at 10.0.2.2: 2 hops
pc reaches r3 at 10.0.4.1: 3 hops
pc reaches pc at 10.0.1.2: 1 hop
pc reaches r2 at 10.0.3.1: 2 hops
pc reaches srv at 10.0.4.2: 4 hops
pc reaches srv at 10.0.4.2: 4 hops
pc reaches srv at 10.0.4.2: 4 hops
pc reaches r2 at fd02::2: 2 hops
pc reaches srv at 10.0.4.2: 4 hops
";
    assert_eq!(out, expected);
}

fn as_json() {
    let out = succeed(&format!("{LAB}nslab trace --json pc r2; nslab trace --json pc 203.0.113.1 || echo $?"));
    let out = Regex::new(r#""rtt_ms": [0-9.]+"#).unwrap().replace_all(&out, r#""rtt_ms": T"#).into_owned();
    let out: String = out.split_whitespace().collect();
    let hop = |hop, node: &str, address: &str, says: &str| {
        format!(r#"{{"hop":{hop},"node":"{node}","ifname":"eth0","address":"{address}","rtt_ms":T,"says":{says}}}"#)
    };
    let reached = format!(
        r#"{{"lab":"way","from":"pc","to":"r2","address":"10.0.2.2","reached":true,"end":"reached","reason":null,"hops":[{},{}]}}"#,
        hop(1, "r1", "10.0.1.1", "null"),
        hop(2, "r2", "10.0.2.2", "null")
    );
    let refused = format!(
        r#"{{"lab":"way","from":"pc","to":null,"address":"203.0.113.1","reached":false,"end":"refused","reason":"networkunreachable,saysr1","hops":[{}]}}1"#,
        hop(1, "r1", "10.0.1.1", r#""networkunreachable""#)
    );
    assert_eq!(out, format!("{reached}{refused}"));
}

/// Name, what breaks the lab, and what a trace from pc to srv says then, after its hops.
const BROKEN: &[(&str, &str, &str)] = &[
    ("a_blackhole", "nslab ip -n r2 route add blackhole 10.0.4.2", "1\nno answer behind r1"),
    ("a_route_that_refuses", "nslab ip -n r2 route add unreachable 10.0.4.2", "1 2\nhost unreachable, says r2"),
    (
        "a_route_that_prohibits",
        "nslab ip -n r2 route add prohibit 10.0.4.2",
        "1 2\nadministratively prohibited, says r2",
    ),
    ("no_route", "nslab ip -n r2 route del 10.0.4.0/24", "1 2\nnetwork unreachable, says r2"),
    ("no_way_back", "nslab ip -n srv route flush root 0/0", "1 2 3\nno answer behind r3"),
    ("a_circle", "nslab ip -n r2 route add 10.0.4.2 via 10.0.2.1", "1 2 3\npackets go in a circle: r1, r2"),
    ("no_forwarding", "nslab ip netns exec r2 sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'", "1\nno answer behind r1"),
    ("nobody_there", "nslab ip -n srv link set eth0 down", "1 2 3\nno answer behind r3"),
    (
        "another_address",
        "nslab ip -n srv address add 10.0.4.3/24 dev eth0; nslab ip -n srv address del 10.0.4.2/24 dev eth0; nslab ip -n r3 neigh flush all; to=10.0.4.2",
        "1 2 3 4\nhost unreachable, says r3",
    ),
    ("no_address_here", "six=-4; nslab ip -n pc address del 10.0.1.2/24 dev eth0", "\npc has no IPv4 address"),
    ("link_down_here", "nslab ip -n pc link set eth0 down", "\npc cannot send: Network is unreachable"),
    (
        "next_hop_down",
        "nslab ip -n r1 address add 10.0.1.9/24 dev eth0; nslab ip -n r1 address del 10.0.1.1/24 dev eth0; nslab ip -n pc neigh flush all",
        "1\nhost unreachable, says pc itself",
    ),
    ("the_source_refuses", "nslab ip -n pc route add unreachable 10.0.4.2", "\npc cannot send: No route to host"),
    ("no_route_6", "six=-6; nslab ip -n r2 -6 route del fd04::/64", "1 2\nno route, says r2"),
    ("a_circle_6", "six=-6; nslab ip -n r2 route add fd04::2 via fd02::1", "1 2 3 4\npackets go in a circle: r2, r1"),
    (
        "no_forwarding_6",
        "six=-6; nslab ip netns exec r2 sh -c 'echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'",
        "1\nno answer behind r1",
    ),
    ("too_few_hops", "hops='--hops 2'", "1 2\nno answer behind r2"),
];

fn broken(script: &str, end: &str) {
    let (hops, reason) = end.split_once('\n').unwrap();
    // A router takes three seconds to find out that a neighbour does not answer; nobody else is waited for.
    let patient = if reason.contains("host unreachable") { 20 } else { 2 };
    // The neighbours are known before anything breaks.
    let warm = "nslab -q trace pc srv >/dev/null; nslab -q trace -6 pc srv >/dev/null; to=srv";
    let trace = format!("nslab trace --deadline {patient} $six $hops pc $to || echo \"= $?\"");
    let out = masked(&succeed(&format!("{LAB}{warm}\n{script}\n{trace}")));
    let lines: Vec<&str> = out.lines().collect();
    let [told @ .., last, status] = lines.as_slice() else { panic!("{out}") };
    assert_eq!(*status, "= 1", "{out}");
    let (_, why) = last.split_once(": ").unwrap();
    assert!(last.starts_with("pc does not reach "), "{out}");
    assert_eq!(why, reason, "{out}");
    let numbers: Vec<&str> = told.iter().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(numbers.join(" "), hops, "{out}");
}

/// Two ways of equal cost: all requests take the same.
fn one_of_several() {
    let lab = "cat >/run/two.yaml <<END
name: two
nodes:
  pc: { routes: [ default via 10.1.0.1 ] }
  r: { forward: true }
  a: { forward: true, routes: [ 10.1.0.0/24 via 10.2.0.1, 10.4.0.0/24 via 10.3.0.2 ] }
  b: { forward: true, routes: [ 10.1.0.0/24 via 10.2.1.1, 10.4.0.0/24 via 10.3.1.2 ] }
  s: { forward: true, routes: [ default via 10.3.0.1 ] }
  srv: { routes: [ default via 10.4.0.1 ] }
links:
  - pc 10.1.0.2/24 -- r 10.1.0.1/24
  - r 10.2.0.1/24 -- a 10.2.0.2/24
  - r 10.2.1.1/24 -- b 10.2.1.2/24
  - a 10.3.0.1/24 -- s 10.3.0.2/24
  - b 10.3.1.1/24 -- s 10.3.1.2/24
  - s 10.4.0.1/24 -- srv 10.4.0.2/24
END
nslab -q up /run/two.yaml
nslab ip -n r route add 10.4.0.0/24 nexthop via 10.2.0.2 nexthop via 10.2.1.2
nslab trace pc srv";
    let out = masked(&succeed(lab));
    // s answers by its way back, whichever way the question came.
    let way = |middle: &str, near: &str| {
        format!(
            "1  r:eth0    10.1.0.1  T ms\n2  {middle}:eth0    {near}  T ms\n3  s:eth0    10.3.0.2  T ms\n\
             4  srv:eth0  10.4.0.2  T ms\npc reaches srv at 10.4.0.2: 4 hops\n"
        )
    };
    let (one, other) = (way("a", "10.2.0.2"), way("b", "10.2.1.2"));
    assert!(out == one || out == other, "{out}");
}

fn words() {
    for (words, status, message) in [
        ("nope srv", 3, "no node named \"nope\" in any lab"),
        (
            "pc nope",
            3,
            "\"nope\" is no address, and lab \"way\" has no node of that name\n  help: its nodes: r1, r2, r3, lonely, pc, srv",
        ),
        ("pc srv:eth9", 3, "node srv has no interface \"eth9\"\n  help: its interfaces: lo, eth0"),
        ("pc lonely", 2, "lonely has no address to follow a way to"),
        ("pc srv:lo", 2, "srv:lo has no address to follow a way to"),
        ("-6 pc 10.0.4.2", 2, "10.0.4.2 is not an IPv6 address"),
        ("pc fe80::1", 2, "fe80::1 is an address of one link"),
        ("pc srv nowhere", 3, "no lab named \"nowhere\" is up"),
        ("-4 -6 pc srv", 2, "cannot be used with"),
        ("--hops 0 pc srv", 2, "0"),
        ("--hops 256 pc srv", 2, "256"),
        ("--deadline 0 pc srv", 2, "not between 0.01 and 3600"),
        ("--deadline x pc srv", 2, "not a number"),
        ("pc", 2, "Usage"),
    ] {
        let error = fail(&format!("{LAB}nslab trace {words}"), status);
        assert!(error.contains(message), "{words}: {error}");
    }
    let error = fail(&format!("{LAB}nslab ip netns delete srv; nslab trace pc srv"), 3);
    assert!(error.contains("node srv was taken away by hand"), "{error}");
    let switch = "printf 'name: sw\\nsegments: { lan: { prefix: 10.7.0.0/24, members: [ a, b ] } }\\n' >/run/sw.yaml; nslab -q up /run/sw.yaml; ";
    assert!(fail(&format!("{switch}nslab trace lan a"), 2).contains("lan is a switch"));
    assert!(fail(&format!("{switch}nslab trace a lan"), 2).contains("name a node behind it"));
    assert_eq!(masked(&succeed(&format!("{switch}nslab -q trace a b"))), "a reaches b at 10.7.0.2: 1 hop\n");
}

/// Looking changes nothing: not the nodes, and not what is on record.
fn nothing_left() {
    let seen = "seen() { cat /run/nslab/way/record.json; nslab ip -n pc address; nslab ip -n pc route; nslab ip netns list; }\n";
    let script = format!(
        "{LAB}{seen}seen >/run/before; nslab trace pc srv >/dev/null; seen >/run/after; cmp /run/before /run/after"
    );
    let output = sandbox::run(&[tools::ours()], &script);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
