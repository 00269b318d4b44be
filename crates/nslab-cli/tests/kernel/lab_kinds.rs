//! Interfaces of nodes beside cables: each kind that this kernel has, and what is said of those that it lacks.

use libtest_mimic::Trial;

use crate::{sandbox, tools, trial};

/// What takes VLANs.
pub(crate) const EXAMPLE: &str = "dual-stack-vlans.yaml";

pub(crate) fn trials() -> Vec<Trial> {
    let lacks = |kind: &str| {
        let script = format!("ip link add x type {kind} 2>&1 || true");
        let lacking = sandbox::is_possible() && sandbox::run(&[tools::ours()], &script).stdout != b"";
        if lacking {
            eprintln!("skipped: a lab with VLANs, for this kernel has no {kind}; scripts/guest has one that does");
        }
        lacking
    };
    vec![
        trial("lab_kinds::what_this_kernel_has", there),
        trial("lab_kinds::what_it_lacks_is_told_and_nothing_made", lacking),
        trial("lab_kinds::the_example_with_vlans", vlans).with_ignored_flag(lacks("vlan id 5 link lo")),
    ]
}

fn there() {
    let script = "
cat >a.yaml <<END
name: a
routing: auto
nodes:
  sw:
    interfaces:
      br0: { kind: bridge, ports: [ p1, p2, tap0 ], addresses: 10.0.0.9/24 }
      tap0: tap
  r1:
    forward: true
    interfaces:
      mv0: { kind: macvlan, link: eth0, addresses: 10.0.0.20/24 }
      mt0: { kind: macvtap, link: eth0, mode: private, mtu: 1400 }
      tun0: { kind: tun, owner: 4321, multi_queue: true, addresses: 10.8.0.1/24 }
      vx9: { kind: vxlan, id: 9, dev: eth0, group: 239.1.1.1, addresses: 10.9.0.1/24 }
  h2:
    interfaces:
      br1: { kind: bridge, stp: true, hello_time: 1s, priority: 100, mac: 02:00:00:00:00:07 }
links:
  - sw:p1 -- h1 10.0.0.1/24
  - sw:p2 -- r1:eth0 10.0.0.2/24
  - { kind: vxlan, id: 100, a: { node: h1, addresses: [ 10.3.0.1/24 ] }, b: { node: r1, addresses: [ 10.3.0.2/24 ] } }
  - r1 10.5.0.1/24 -- h2 10.5.0.2/24
END
nslab up a.yaml
nslab check a
ip netns exec r1 ip -d link show
ip netns exec h2 ip -d link show br1
ip netns exec sw ip link show master br0
ip netns exec h1 ip -d link show vxlan0
nslab up a.yaml
nslab down a
ip netns list
";
    let printed = sandbox::succeed(&[tools::ours()], &format!("cd /run\n{script}"));
    for expected in [
        "all reached: 30 address pairs",
        "macvlan mode bridge",
        "macvtap mode private",
        "mtu 1400",
        "type tun pi off vnet_hdr off multi_queue",
        "persist on user 4321",
        "vxlan id 9 group 239.1.1.1 dev eth0",
        "stp_state 1 priority 100",
        "link/ether 02:00:00:00:00:07",
        "vxlan id 100 remote 10.0.0.2 local 10.0.0.1",
        "p1@",
        "p2@",
        "tap0:",
        "lab a is up already; nothing to do",
        "lab a is down: 4 nodes removed\n",
    ] {
        assert!(printed.contains(expected), "no {expected:?} in\n{printed}");
    }
    assert!(printed.ends_with("removed\n"), "a name is left: {printed}");
}

/// Each kind alone: it is made, or told to be lacking with the kernel's option, and then nothing is made.
fn lacking() {
    let script = "
for lab in 'bond: CONFIG_BONDING' 'dummy: CONFIG_DUMMY' 'vrf, table: 5: CONFIG_NET_VRF' \\
    'ipvlan, link: eth0: CONFIG_IPVLAN' 'vlan, link: eth0, id: 5: CONFIG_VLAN_8021Q' \\
    'bridge, vlan_filtering: true: CONFIG_BRIDGE_VLAN_FILTERING'; do
    printf 'nodes: { a: { interfaces: { x: { kind: %s } } } }\\nlinks: [ a -- b ]\\n' \"${lab%:*}\" >b.yaml
    status=0; nslab -q up b.yaml 2>err || status=$?
    case $status in
        0) nslab -q down b ;;
        3) grep -q \"a:x cannot be made: this kernel has no .*(${lab##*: })\" err || { cat err; exit 1; } ;;
        *) cat err; exit 1 ;;
    esac
    [ -z \"$(ls /run/netns /run/nslab 2>/dev/null | grep -v : )\" ] || { ls /run/netns /run/nslab; exit 1; }
done
echo done
";
    let printed = sandbox::succeed(&[tools::ours()], &format!("cd /run\n{script}"));
    assert!(printed.ends_with("done\n"), "{printed}");
}

fn vlans() {
    let example = tools::repository("examples").join(EXAMPLE);
    let script = format!("nslab up {}\nnslab check\n", example.display());
    let printed = sandbox::succeed(&[tools::ours()], &script);
    assert!(printed.contains("all reached"), "{printed}");
}
