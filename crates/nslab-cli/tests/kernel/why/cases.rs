//! Labs, and what breaks them.

use super::Alone::{Mends, Named, Other};
use super::{Alone, Case};

/// Labs by name.
pub(super) static LABS: &[(&str, &str)] = &[
    (
        "routed",
        "name: lab
routing: auto
nodes:
  r1: { forward: true }
  r2: { forward: true }
segments:
  sw:
    members:
      - h1:eth0 10.0.1.1/24 2001:db8:1::1/64
      - h3:eth0 10.0.1.3/24 2001:db8:1::3/64
      - r1:eth0 10.0.1.254/24 2001:db8:1::fe/64
links:
  - r1:eth1 10.0.12.1/30 2001:db8:12::1/64 -- r2:eth0 10.0.12.2/30 2001:db8:12::2/64
  - r2:eth1 10.0.2.254/24 2001:db8:2::fe/64 -- h2:eth0 10.0.2.2/24 2001:db8:2::2/64
",
    ),
    (
        // What is sent to the right goes by one cable, and what comes back by the other.
        "two-ways",
        "name: ways
nodes:
  a: { routes: [ default via 10.0.1.254 ] }
  r1: { forward: true, routes: [ 10.0.2.0/24 via 10.0.12.2 ] }
  r2: { forward: true, routes: [ 10.0.1.0/24 via 10.0.13.1 ] }
  b: { routes: [ default via 10.0.2.254 ] }
links:
  - a:eth0 10.0.1.1/24 -- r1:eth0 10.0.1.254/24
  - r1:eth1 10.0.12.1/24 -- r2:eth1 10.0.12.2/24
  - r1:eth2 10.0.13.1/24 -- r2:eth2 10.0.13.2/24
  - r2:eth0 10.0.2.254/24 -- b:eth0 10.0.2.1/24
",
    ),
    (
        "bridges",
        "name: bridges
nodes:
  s1: { interfaces: { br0: { kind: bridge, ports: [ p1, p2, t ] }, br9: bridge } }
  s2: { interfaces: { br0: { kind: bridge, ports: [ p1, t ] } } }
  h4: { interfaces: { mv0: { kind: macvlan, link: eth0, addresses: 10.0.0.40/24 } } }
links:
  - h1:eth0 10.0.0.1/24 -- s1:p1
  - h2:eth0 10.0.0.2/24 -- s1:p2
  - s1:t -- s2:t
  - h4:eth0 10.0.0.4/24 -- s2:p1
",
    ),
];

const V4: &str = "h1 10.0.2.2";
const V6: &str = "h1 2001:db8:2::2";

const fn routed(
    name: &'static str,
    asks: &'static str,
    breaks: &'static str,
    cause: &'static str,
    at: &'static str,
    alone: Alone,
) -> Case {
    Case { name, lab: "routed", asks, breaks, cause, at, alone }
}

const fn ways(name: &'static str, breaks: &'static str, cause: &'static str, at: &'static str, alone: Alone) -> Case {
    Case { name, lab: "two-ways", asks: "a b", breaks, cause, at, alone }
}

const fn bridges(
    name: &'static str,
    asks: &'static str,
    breaks: &'static str,
    cause: &'static str,
    at: &'static str,
    alone: Alone,
) -> Case {
    Case { name, lab: "bridges", asks, breaks, cause, at, alone }
}

pub(super) static CASES: &[Case] = &[
    // Links.
    routed("link_down_here", V4, "nslab ip -n h1 link set eth0 down", "link-down", "h1:eth0", Named),
    routed("link_down_here_6", V6, "nslab ip -n h1 link set eth0 down", "link-down", "h1:eth0", Named),
    routed("link_of_a_router_down", V4, "nslab ip -n r1 link set eth1 down", "link-down", "r1:eth1", Named),
    routed("link_set_down_by_nslab", V4, "nslab -q set h1:eth0 down", "link-down", "h1:eth0", Other),
    routed("peer_down", V4, "nslab ip -n h2 link set eth0 down", "peer-down", "h2:eth0", Named),
    routed("peer_down_6", V6, "nslab ip -n h2 link set eth0 down", "peer-down", "h2:eth0", Other),
    routed("port_of_the_switch_down", V4, "nslab ip -n sw link set h1 down", "peer-down", "sw:h1", Mends),
    routed("bridge_down", V4, "nslab ip -n sw link set br0 down", "peer-down", "sw:br0", Mends),
    routed("gateway_down", V4, "nslab ip -n r1 link set eth0 down", "peer-down", "r1:eth0", Named),
    bridges("macvlan_of_a_link_down", "h1 10.0.0.40", "nslab ip -n h4 link set eth0 down", "peer-down", "h4:eth0", Mends),
    bridges("trunk_down", "h1 h4", "nslab ip -n s2 link set dev t down", "peer-down", "s2:t", Mends),
    // Addresses.
    routed("no_address", V4, "nslab ip -n h1 address delete 10.0.1.1/24 dev eth0", "no-address", "h1:eth0", Named),
    routed("no_address_6", V6, "nslab ip -n h1 address delete 2001:db8:1::1/64 dev eth0", "no-address", "h1:eth0", Named),
    routed("no_address_there", V4, "nslab ip -n h2 address flush dev eth0", "no-address", "h2:eth0", Other),
    routed("no_address_of_the_gateway", V4, "nslab ip -n r1 address delete 10.0.1.254/24 dev eth0", "no-address", "r1:eth0", Other),
    routed("no_address_there_6", V6, "nslab ip -n h2 address delete 2001:db8:2::2/64 dev eth0", "no-address", "h2:eth0", Other),
    routed(
        "prefix_too_long",
        "h1 10.0.1.3",
        "nslab ip -n h1 address add 10.0.1.1/31 dev eth0; nslab ip -n h1 address delete 10.0.1.1/24 dev eth0
         nslab ip -n h1 route delete default",
        "wrong-prefix",
        "h1:eth0",
        Mends,
    ),
    routed(
        "prefix_too_short",
        V4,
        "nslab ip -n h1 address add 10.0.1.1/8 dev eth0; nslab ip -n h1 address delete 10.0.1.1/24 dev eth0",
        "wrong-prefix",
        "h1:eth0",
        Mends,
    ),
    routed(
        "another_network",
        "h1 h3",
        "nslab ip -n h3 address add 10.0.9.3/24 dev eth0; nslab ip -n h3 address delete 10.0.1.3/24 dev eth0",
        "wrong-prefix",
        "h3:eth0",
        Other,
    ),
    routed(
        "another_network_here",
        "h1 h3",
        "nslab ip -n h1 address add 10.0.9.1/24 dev eth0; nslab ip -n h1 address delete 10.0.1.1/24 dev eth0
         nslab ip -n h1 route delete default",
        "wrong-prefix",
        "h1:eth0",
        Mends,
    ),
    routed(
        "prefix_too_short_6",
        V6,
        "nslab ip -n h1 address delete 2001:db8:1::1/64 dev eth0; nslab ip -n h1 address add 2001:db8:1::1/32 dev eth0 nodad
         nslab ip -n h1 -6 route replace default via 2001:db8:1::fe dev eth0",
        "wrong-prefix",
        "h1:eth0",
        Mends,
    ),
    routed("address_twice", V4, "nslab ip -n h3 address add 10.0.1.254/24 dev eth0", "address-twice", "h3:eth0", Mends),
    routed("own_address_twice", "h1 10.0.12.2", "nslab ip -n h3 address add 10.0.1.1/24 dev eth0", "address-twice", "h3:eth0", Mends),
    routed("own_address_elsewhere", V4, "nslab ip -n h2 address add 10.0.1.1/32 dev lo", "address-twice", "h2:lo", Mends),
    routed("address_twice_6", V6, "nslab ip -n h3 address add 2001:db8:1::fe/64 dev eth0 nodad", "address-twice", "h3:eth0", Mends),
    routed(
        "tentative",
        V6,
        "nslab ip netns exec h2 sysctl -qw net.ipv6.conf.eth0.dad_transmits=600
         nslab ip -n h2 address delete 2001:db8:2::2/64 dev eth0; nslab ip -n h2 address add 2001:db8:2::2/64 dev eth0
         nslab ip -n h2 -6 route replace default via 2001:db8:2::fe dev eth0",
        "address-tentative",
        "h2:eth0",
        Mends,
    ),
    // Routes.
    routed("no_route", V4, "nslab ip -n h1 route delete default", "no-route", "h1", Mends),
    routed("no_route_6", V6, "nslab ip -n h1 -6 route delete default", "no-route", "h1", Mends),
    routed("no_route_on_the_way", V4, "nslab ip -n r1 route delete 10.0.2.0/24", "no-route", "r1", Mends),
    routed("no_way_back", V4, "nslab ip -n h2 route delete default", "no-way-back", "h2", Mends),
    routed("no_way_back_6", V6, "nslab ip -n h2 -6 route delete default", "no-way-back", "h2", Mends),
    routed("no_way_back_on_the_way", V4, "nslab ip -n r2 route delete 10.0.1.0/24", "no-way-back", "r2", Mends),
    routed("wrong_gateway", V4, "nslab ip -n h1 route replace default via 10.0.1.3", "wrong-gateway", "h1:eth0", Mends),
    routed("gateway_that_nobody_is", V4, "nslab ip -n h1 route replace default via 10.0.1.77", "wrong-gateway", "h1:eth0", Mends),
    routed(
        "gateway_that_nobody_is_6",
        V6,
        "nslab ip -n h1 -6 route delete default; nslab ip -n h1 -6 route add default via 2001:db8:1::77",
        "wrong-gateway",
        "h1:eth0",
        Mends,
    ),
    routed("a_route_without_gateway", V4, "nslab ip -n h1 route add 10.0.2.0/24 dev eth0", "wrong-gateway", "h1:eth0", Other),
    routed("a_better_route_that_is_wrong", V4, "nslab ip -n h1 route add 10.0.2.2 via 10.0.1.3", "wrong-gateway", "h1:eth0", Mends),
    routed(
        "gateway_not_on_link",
        V4,
        "nslab ip -n h1 route replace default via 192.168.7.1 dev eth0 onlink",
        "gateway-not-on-link",
        "h1:eth0",
        Mends,
    ),
    routed("blackhole", V4, "nslab ip -n r1 route add blackhole 10.0.2.2", "route-refuses", "r1", Mends),
    routed("unreachable", V4, "nslab ip -n h1 route add unreachable 10.0.2.0/24", "route-refuses", "h1", Mends),
    routed("prohibit_6", V6, "nslab ip -n r2 -6 route add prohibit 2001:db8:2::2", "route-refuses", "r2", Mends),
    routed("blackhole_back", V4, "nslab ip -n h2 route add blackhole 10.0.1.1", "route-refuses", "h2", Mends),
    routed(
        "rule_to_a_table",
        V4,
        "nslab ip -n h1 rule add to 10.0.2.0/24 priority 100 table 100; nslab ip -n h1 route add default via 10.0.1.3 table 100",
        "policy-rule",
        "h1",
        Mends,
    ),
    routed("rule_that_refuses", V4, "nslab ip -n r1 rule add from 10.0.1.0/24 to 10.0.2.0/24 prohibit", "policy-rule", "r1", Mends),
    routed(
        "rule_to_a_table_6",
        V6,
        "nslab ip -n r1 -6 rule add to 2001:db8:2::/64 table 100; nslab ip -n r1 -6 route add unreachable default table 100",
        "policy-rule",
        "r1",
        Mends,
    ),
    routed("loop", V4, "nslab ip -n r2 route add 10.0.2.2 via 10.0.12.1", "wrong-gateway", "r2:eth0", Other),
    // What routers do.
    routed("forwarding_off", V4, "nslab ip netns exec r1 sysctl -qw net.ipv4.ip_forward=0", "forwarding-off", "r1", Mends),
    routed("forwarding_off_6", V6, "nslab ip netns exec r2 sysctl -qw net.ipv6.conf.all.forwarding=0", "forwarding-off", "r2", Mends),
    routed(
        "forwarding_off_of_an_interface",
        V4,
        "nslab ip netns exec r1 sysctl -qw net.ipv4.conf.eth0.forwarding=0",
        "forwarding-off",
        "r1:eth0",
        Mends,
    ),
    ways(
        "reverse_path_filter",
        "nslab ip netns exec r1 sysctl -qw net.ipv4.conf.all.rp_filter=1",
        "reverse-path-filter",
        "r1:eth2",
        Mends,
    ),
    ways(
        "reverse_path_filter_of_an_interface",
        "nslab ip netns exec r2 sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=1",
        "reverse-path-filter",
        "r2:eth1",
        Mends,
    ),
    routed("echo_ignored", V4, "nslab ip netns exec h2 sysctl -qw net.ipv4.icmp_echo_ignore_all=1", "echo-ignored", "h2", Mends),
    // The packet filter.
    routed(
        "filtered_in",
        V4,
        "nslab ip netns exec h2 nft 'add table inet f; add chain inet f in { type filter hook input priority 0; }; \
         add rule inet f in ct state established accept; add rule inet f in ip protocol icmp counter drop'",
        "filtered",
        "h2",
        Mends,
    ),
    routed(
        "filtered_forward",
        V4,
        "nslab ip netns exec r1 nft 'add table ip f; add chain ip f fw { type filter hook forward priority 0; policy drop; }; \
         add rule ip f fw tcp dport { 22, 80 } accept'",
        "filtered",
        "r1",
        Mends,
    ),
    routed(
        "filtered_out",
        V4,
        "nslab ip netns exec h1 nft 'add table inet f; add set inet f bad { type ipv4_addr; flags interval; }; \
         add element inet f bad { 10.0.2.0/24, 10.9.0.1-10.9.0.5 }; \
         add chain inet f out { type filter hook output priority 0; }; add rule inet f out ip daddr @bad reject'",
        "filtered",
        "h1",
        Mends,
    ),
    routed(
        "filtered_by_a_chain_that_is_jumped_to",
        V6,
        "nslab ip netns exec r2 nft 'add table inet f; add chain inet f deep; add rule inet f deep iifname \"eth1\" return; \
         add rule inet f deep ip6 saddr 2001:db8:1::/64 drop; \
         add chain inet f fw { type filter hook forward priority 0; }; \
         add rule inet f fw meta nfproto ipv6 meta l4proto ipv6-icmp jump deep'",
        "filtered",
        "r2",
        Mends,
    ),
    routed(
        "answers_filtered",
        V4,
        "nslab ip netns exec r1 nft 'add table inet f; add chain inet f fw { type filter hook forward priority 0; }; \
         add rule inet f fw iifname vmap { \"eth0\" : accept, \"eth1\" : drop }'",
        "filtered",
        "r1",
        Mends,
    ),
    // What a link takes.
    routed("mtu_of_a_router", V4, "nslab ip -n r2 link set eth1 mtu 1400", "mtu-too-small", "r2:eth1", Mends),
    routed("mtu_of_a_port", V4, "nslab ip -n sw link set h1 mtu 1300", "mtu-too-small", "sw:h1", Mends),
    routed("mtu_6", V6, "nslab ip -n r2 link set eth1 mtu 1400", "mtu-too-small", "r2:eth1", Mends),
    // Switches.
    routed("not_in_the_bridge", V4, "nslab ip -n sw link set h1 nomaster", "not-in-bridge", "sw:h1", Mends),
    routed("not_in_the_bridge_6", V6, "nslab ip -n sw link set r1 nomaster", "not-in-bridge", "sw:r1", Mends),
    bridges("in_another_bridge", "h1 h2", "nslab ip -n s1 link set p2 master br9; nslab ip -n s1 link set br9 up", "not-in-bridge", "s1:p2", Other),
    bridges("trunk_not_in_the_bridge", "h2 h4", "nslab ip -n s2 link set dev t nomaster", "not-in-bridge", "s2:t", Mends),
    routed(
        "spanning_tree",
        V4,
        "nslab ip -n sw link set br0 type bridge stp_state 1 forward_delay 3000
         nslab ip -n sw link set h1 down; nslab ip -n sw link set h1 up",
        "spanning-tree",
        "sw:h1",
        Mends,
    ),
    // Neighbours.
    routed(
        "neighbour",
        V4,
        "nslab ip -n h1 neighbour replace 10.0.1.254 lladdr 02:00:00:00:00:99 dev eth0 nud permanent",
        "wrong-neighbour",
        "h1:eth0",
        Mends,
    ),
    routed(
        "neighbour_6",
        V6,
        "nslab ip -n r2 neighbour replace 2001:db8:2::2 lladdr 02:00:00:00:00:99 dev eth1 nud permanent",
        "wrong-neighbour",
        "r2:eth1",
        Mends,
    ),
    routed(
        "neighbour_back",
        V4,
        "nslab ip -n r1 neighbour replace 10.0.1.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent",
        "wrong-neighbour",
        "r1:eth0",
        Mends,
    ),
    // Namespaces.
    routed("in_another_namespace", V4, "nslab ip -n h2 link set eth0 netns h3 name eth7; nslab ip -n h3 link set eth7 name eth0x", "wrong-namespace", "h3:eth0x", Other),
    bridges("interface_in_another_namespace", "h1 h2", "nslab ip netns add x; nslab ip -n h2 link set eth0 netns x", "wrong-namespace", "x:eth0", Other),
    bridges("own_interface_in_another_namespace", "h1 h2", "nslab ip netns add x; nslab ip -n h1 link set eth0 netns x", "wrong-namespace", "x:eth0", Other),
    bridges("port_in_another_namespace", "h1 h4", "nslab ip netns add x; nslab ip -n s1 link set dev t netns x", "wrong-namespace", "x:t", Other),
];
