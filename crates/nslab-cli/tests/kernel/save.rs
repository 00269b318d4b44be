//! Lab files written from what is there: what `up` makes of them elsewhere is the same network.

use std::fmt::Write;
use std::path::Path;

use libtest_mimic::Trial;

use crate::graph::{WALK, alone};
use crate::lab::succeed;
use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("save::the_walk_by_hand", walk).with_ignored_flag(tools::reference().is_none()),
        trial("save::what_was_made_by_hand", by_hand),
        trial("save::examples", examples),
        trial("save::random_labs", random),
        trial("save::a_network_of_mininet", mininet).with_ignored_flag(no_mininet()),
        trial("save::hardware_addresses", macs),
        trial("save::what_there_is_not", nothing),
    ]
}

/// Makes what a file says in another sandbox; there, it is what the file says, is saved as the same, and looks the same.
fn again(saved: &str, drawn: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("saved.yaml"), saved).unwrap();
    let folder = folder.path().display();
    let out = succeed(&format!(
        "cd /run; cp {folder}/saved.yaml .; name=$(sed -n 's/^name: //p' saved.yaml); nslab -q up saved.yaml; nslab diff saved.yaml
         until ! nslab graph $name --format json | grep -q 'no carrier'; do :; done
         nslab save $name | grep -v '^#' >again.yaml; grep -v '^#' saved.yaml | diff - again.yaml >&2
         nslab graph $name | sed 's/(machine)//'"
    ));
    if !drawn.is_empty() {
        assert_eq!(out, drawn, "{saved}");
    }
}

fn walk() {
    let script = format!("cd /run; {WALK} nslab save ns1 ns2 -o pair.yaml; cat pair.yaml");
    let saved = sandbox::succeed(&[tools::reference().unwrap(), tools::ours()], &script);
    let expected = "\
# Saved from what was there.
# Not in this file:
# - ns1:lo is down: in a lab loopback is up
# - ns2:lo is down: in a lab loopback is up
# - hardware addresses: an interface has the one that the names of lab, node and interface give
name: pair
nodes:
  ns1:
  ns2:
links:
  - ns1:ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0 192.0.2.2/24
";
    assert_eq!(saved, expected);
    let script = format!(
        "cd /run; {WALK} nslab save --machine -o pair.yaml; cat pair.yaml; nslab graph --machine >drawn; echo ----; cat drawn"
    );
    let out = sandbox::succeed(&[tools::reference().unwrap(), tools::ours()], &alone(&script));
    let (saved, drawn) = out.split_once("----\n").unwrap();
    assert_eq!(saved, expected);
    again(saved, drawn);
}

/// What a network made by hand may have.
const HAND: &str = "
for node in r h1 h2 sw far; do ip netns add $node; ip -n $node link set lo up; done
ip -n sw link add br0 type bridge; ip -n sw link set br0 up
for node in r h1 h2; do
    ip -n $node link add lan type veth peer name to-$node netns sw; ip -n $node link set lan up
    ip -n sw link set to-$node master br0; ip -n sw link set to-$node up
done
ip -n r addr add 10.0.0.254/24 dev lan; ip -n r addr add 2001:db8::fe/64 dev lan
ip -n h1 addr add 10.0.0.1/24 dev lan; ip -n h1 addr add 10.0.0.11/24 dev lan; ip -n h2 addr add 10.0.0.2/24 dev lan
ip -n r link add out type veth peer name in netns far; ip -n r link set out mtu 9000; ip -n far link set in mtu 9000
ip -n r link set out up; ip -n far link set in up; ip -n r addr add 10.9.0.1/30 dev out; ip -n far addr add 10.9.0.2/30 dev in
ip netns exec r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 77 >/proc/sys/net/ipv4/ip_default_ttl; echo 2 >/proc/sys/net/ipv4/conf/out/rp_filter'
ip -n r addr add 10.255.0.1/32 dev lo
ip -n h1 route add default via 10.0.0.254; ip -n h1 route add 10.44.0.0/16 via 10.0.0.2 metric 7
ip -n far route add 10.0.0.0/24 via 10.9.0.1; ip -n far route add blackhole 10.66.0.0/16; ip -n far route add 10.67.0.0/16 dev in table 100
ip -n far link add vx0 type vxlan id 5 local 10.9.0.2 remote 10.9.0.1 dstport 4789; ip -n far link set vx0 up; ip -n far addr add 10.3.0.2/24 dev vx0
ip -n r link add vx0 type vxlan id 5 local 10.9.0.1 remote 10.9.0.2 dstport 4789; ip -n r link set vx0 up; ip -n r addr add 10.3.0.1/24 dev vx0
ip -n h2 link add mv0 link lan type macvlan mode bridge; ip -n h2 link set mv0 up; ip -n h2 addr add 10.0.0.3/24 dev mv0
ip -n far link add br7 type bridge; ip -n far link set br7 type bridge forward_delay 400; ip -n far link set br7 up; ip -n far addr add 10.7.0.1/24 dev br7
ip -n far link add p0 type veth peer name p1; ip -n far link set p0 master br7; ip -n far link set p0 up; ip -n far link set p1 up
";

fn by_hand() {
    let script = format!("cd /run; {HAND} nslab save r h1 h2 sw far -o hand.yaml; cat hand.yaml");
    let saved = succeed(&script);
    let expected = "\
# Saved from what was there.
# Not in this file:
# - hardware addresses: an interface has the one that the names of lab, node and interface give
# - the names of the interfaces of switch sw: a segment's are br0 and those of its members
name: hand
nodes:
  far:
    interfaces:
      vx0: { kind: vxlan, id: 5, local: 10.9.0.2, remote: 10.9.0.1, addresses: 10.3.0.2/24 }
      br7: { kind: bridge, ports: [ p0 ], forward_delay: 4s, addresses: 10.7.0.1/24 }
    routes:
      - 10.0.0.0/24 via 10.9.0.1
      - 10.67.0.0/16 dev in table 100
      - blackhole 10.66.0.0/16
  h1:
    routes:
      - 10.44.0.0/16 via 10.0.0.2 metric 7
      - default via 10.0.0.254
  h2:
    interfaces:
      mv0: { kind: macvlan, link: lan, addresses: 10.0.0.3/24 }
  r:
    sysctl:
      net.ipv4.ip_forward: 1
      net.ipv4.conf.out.rp_filter: 2
      net.ipv4.ip_default_ttl: 77
    addresses:
      lo: 10.255.0.1/32
    interfaces:
      vx0: { kind: vxlan, id: 5, local: 10.9.0.1, remote: 10.9.0.2, addresses: 10.3.0.1/24 }
segments:
  sw:
    members:
      - r:lan 10.0.0.254/24 2001:db8::fe/64
      - h1:lan 10.0.0.1/24 10.0.0.11/24
      - h2:lan 10.0.0.2/24
links:
  - { a: { node: far, ifname: in, addresses: [ 10.9.0.2/30 ], mtu: 9000 }, b: { node: r, ifname: out, addresses: [ 10.9.0.1/30 ], mtu: 9000 } }
  - far:p1 -- far:p0
";
    assert_eq!(saved, expected);
    again(&saved, "");
}

fn examples() {
    // Those that this kernel can make, and that touch nothing outside.
    for name in ["office", "ring", "fat-tree", "ipv6-only", "static-routes", "dual-stack", "triangle"] {
        let file = tools::repository(&format!("examples/{name}.yaml"));
        let saved =
            succeed(&format!("cd /run; nslab -q up {0}; nslab save {name}; nslab -q down {name}", file.display()));
        again(&saved, "");
    }
}

/// As many random labs, or as many as `NSLAB_SAVE_LABS` says: 100 are the whole test.
fn random() {
    let count = std::env::var("NSLAB_SAVE_LABS").ok().and_then(|count| count.parse().ok()).unwrap_or(6);
    for seed in 0..count {
        let lab = random_lab(seed);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lab.yaml"), &lab).unwrap();
        let out = sandbox::run(
            &[tools::ours()],
            &format!(
                "set -e; cd /run; cp {}/lab.yaml .; nslab -q up lab.yaml; nslab save lab -o saved.yaml; nslab graph lab --format json >before
                 nslab -q down lab; nslab -q up saved.yaml; nslab diff saved.yaml; nslab graph lab --format json >after
                 # Interfaces come in another order, and a carrier, with the kernel's own addresses, a moment later.
                 seen() {{ grep -v '\"index\"\\|\"state\"\\|\"fe80:\\|\"addresses\"\\|^ *\\]' $1 | sed 's/,$//' | sort; }}
                 seen before >a; seen after >b; diff a b; nslab save lab | diff saved.yaml -",
                folder.path().display()
            ),
        );
        let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "lab {seed}\n{lab}\n{said}");
    }
}

/// The next of a row of numbers that looks like chance (xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

fn random_lab(seed: u64) -> String {
    let mut chance = Chance((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let nodes = 2 + chance.below(10);
    let mut text = String::from("name: lab\nnodes:\n");
    for node in 0..nodes {
        let forward = chance.one(&["", "forward: true, ", "sysctl: { net.ipv4.ip_forward: 1 }, "]);
        let lo = chance.one(&["", "addresses: { lo: [ 10.255.1.@/32, 'fd00::1:@/128' ] }, "]);
        let own = chance.one(&[
            "",
            "",
            "interfaces: { bridge0: { kind: bridge, stp: true, addresses: 10.200.@.1/24 } }, ",
            "interfaces: { t0: tap, x0: { kind: vxlan, id: 7, port: 5000, ttl: 9, mtu: 1400 } }, ",
        ]);
        let routes = chance.one(&["", "routes: [ blackhole 10.66.0.0/16, unreachable 2001:db8:66::/48 metric 5 ], "]);
        let said = format!("{forward}{lo}{own}{routes}").replace("@", &node.to_string());
        let _ = writeln!(text, "  n{node}: {{ {said} }}");
    }
    let impair = ["", "", " { rate: 10mbit }", " { a: { rate: 1mbit }, b: { rate: 2gbit } }"];
    let _ = writeln!(text, "segments:");
    for segment in 0..1 + chance.below(3) {
        let members: Vec<String> =
            (0..nodes).filter(|_| chance.below(3) > 0).map(|node| format!("n{node}:s{segment}")).collect();
        let rate = chance.one(&["", ", impair: { rate: 5mbit }"]);
        let _ = writeln!(
            text,
            "  sw{segment}: {{ prefix: [ 10.{segment}.0.0/24, '2001:db8:{segment}::/64' ], members: [ {} ]{rate} }}",
            members.join(", ")
        );
    }
    let _ = writeln!(text, "links:\n  - n0:first 172.31.0.1/30 -- n1:first 172.31.0.2/30");
    for link in 0..chance.below(8) {
        let (a, b) = (chance.below(nodes), chance.below(nodes));
        let way = chance.one(&impair);
        if chance.below(3) == 0 {
            let _ = writeln!(
                text,
                "  - {{ a: {{ node: n{a}, ifname: a{link}, mtu: 9000 }}, b: {{ node: n{b}, ifname: b{link}, mtu: 1400, addresses: [ 10.77.{link}.1/24 ] }} }}"
            );
        } else {
            let _ = writeln!(text, "  - n{a}:a{link} 172.16.{link}.1/24 -- n{b}:b{link} 172.16.{link}.2/24{way}");
        }
    }
    if chance.below(2) == 0 {
        text.push_str("routing: auto\n");
    }
    text
}

fn no_mininet() -> bool {
    let missing = !Path::new("/usr/lib/python3/dist-packages/mininet").exists() || tools::find("brctl").is_none();
    if missing {
        eprintln!("skipped: a network of mininet, for want of Debian's packages mininet and bridge-utils");
    }
    missing
}

/// Five hosts and two switches that mininet makes, with Linux bridges for switches: these are the machine's own.
fn mininet() {
    let script = "cd /run; cat >net.py <<END
import subprocess
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import LinearTopo
net = Mininet(topo=LinearTopo(k=2, n=2), switch=LinuxBridge, controller=None, waitConnected=False)
net.start()
try:
    subprocess.run(['nslab', 'save', '--machine', '-o', 'mini.yaml'], check=True)
    subprocess.run(['nslab', 'graph', '--machine', '-o', 'mini.txt'], check=True)
finally:
    net.stop()
END
/usr/bin/python3 net.py >&2; cat mini.yaml; echo ----; cat mini.txt";
    let out = sandbox::succeed(&[tools::ours()], &alone(script));
    let (saved, drawn) = out.split_once("----\n").unwrap();
    for name in ["h1s1", "h2s1", "h1s2", "h2s2", "s1", "s2"] {
        assert!(saved.contains(&format!("  {name}:\n")) && drawn.contains(&format!(" {name} ")), "{out}");
    }
    assert!(saved.contains("10.0.0.4/8") && drawn.contains("10.0.0.4/8"), "{out}");
    again(saved, drawn);
}

fn macs() {
    let script = "cd /run; ip netns add pc; ip netns add sw; ip -n sw link add br0 type bridge; ip -n sw link set br0 up
         ip -n pc link add e0 address 02:00:00:00:00:07 type veth peer name pc address 02:00:00:00:00:08 netns sw
         ip -n sw link set pc master br0; ip -n sw link set pc up; ip -n pc link set e0 up; ip -n sw link set br0 address 02:00:00:00:00:09
         nslab save pc sw | grep -v '^#'; nslab save --macs pc sw | grep -v '^#'";
    let expected = "\
name: saved
nodes:
  pc:
segments:
  sw:
    members:
      - pc:e0
name: saved
nodes:
  pc:
  sw:
    interfaces:
      br0: { kind: bridge, ports: [ pc ], mac: \"02:00:00:00:00:09\" }
links:
  - { a: { node: pc, ifname: e0, mac: \"02:00:00:00:00:07\" }, b: { node: sw, ifname: pc, mac: \"02:00:00:00:00:08\" } }
";
    assert_eq!(succeed(script), expected);
}

fn nothing() {
    let script = "nslab save nope 2>&1 || echo status $?; nslab save nope other 2>&1 || echo status $?
         ip netns add a; nslab save a 2>&1 | tail -2; nslab save a --machine 2>/dev/null || echo status $?";
    let expected = "\
nslab: no lab named \"nope\" is up
  help: no lab is up
status 3
nslab: Cannot open network namespace \"nope\": No such file or directory
status 3
nodes:
  a:
status 2
";
    assert_eq!(succeed(script), expected);
}
