//! Cases of the kinds of links and of `ip tuntap`, each run with the reference and with ours.
//!
//! Most are made: every setup shown in every mode, every option with good, bad and missing values.

use std::collections::BTreeSet;

use libtest_mimic::Trial;

use crate::differential::{Mask, compare};
use crate::{sandbox, tools, trial};

/// - `first COMMAND…` runs a command and prints its status, the first line of standard error and whether there
///   is more: behind that line may stand a usage, which is worded otherwise.
const PRELUDE: &str = r#"
first() {
    echo "+ $*"
    "$@" >/run/out 2>/run/err
    echo "= $?"
    sed -n '1{s/^Usage:.*/usage/;p}' /run/err
    [ "$(wc -l </run/err)" -le 1 ] || echo more
    cat /run/out
}
cable() { ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02; }
bridge() { ip link add br0 address 02:00:00:00:00:10 type bridge "$@"; }
port() { cable; bridge; ip link set v0 master br0; ip link set v0 type bridge_slave "$@"; }
vxlan() { ip link add vx0 address 02:00:00:00:00:20 type vxlan "$@"; }
macvlan() { cable; ip link add link v0 mv0 address 02:00:00:00:00:30 type macvlan "$@"; }
macvtap() { cable; ip link add link v0 mt0 address 02:00:00:00:00:31 type macvtap "$@"; }
sysfs() { mount -t sysfs sysfs /sys; }
"#;

const MODES: [(&str, &str); 6] = [
    ("details", "-d"),
    ("json", "-d -j"),
    ("pretty", "-d -j -p"),
    ("oneline", "-d -o"),
    ("colour", "-d -c=always"),
    ("plain", ""),
];

/// Name, and what is made; then all links are shown.
static SETUPS: &[(&str, &str)] = &[
    ("veth", "cable"),
    ("veth_in_a_bridge", "port"),
    ("ifb", "ip link add ifb7 address 02:00:00:00:00:40 type ifb"),
    ("bridge", "bridge"),
    ("bridge_times", "TIMERS bridge forward_delay 400 hello_time 300 max_age 1000 ageing_time 5000"),
    ("bridge_stp", "bridge stp_state 1 priority 4096"),
    ("bridge_group", "bridge group_fwd_mask 0x4008 group_address 01:80:c2:00:00:0e"),
    ("bridge_no_group_bits", "bridge group_fwd_mask 0"),
    ("bridge_switches", "bridge no_linklocal_learn 1 fdb_max_learned 500"),
    ("bridge_snooping_off", "bridge mcast_snooping 0 mcast_router 2"),
    ("bridge_querier", "bridge mcast_querier 1 mcast_query_use_ifaddr 1 mcast_stats_enabled 1"),
    ("bridge_hash", "bridge mcast_hash_elasticity 8 mcast_hash_max 512"),
    ("bridge_mcast_counts", "bridge mcast_last_member_count 5 mcast_startup_query_count 7"),
    (
        "bridge_mcast_intervals",
        "bridge mcast_last_member_interval 200 mcast_membership_interval 30000 mcast_querier_interval 20000 \
         mcast_query_interval 13000 mcast_query_response_interval 1100 mcast_startup_query_interval 4000",
    ),
    ("bridge_mcast_versions", "bridge mcast_igmp_version 3 mcast_mld_version 2"),
    ("bridge_netfilter", "bridge nf_call_iptables 1 nf_call_ip6tables 1 nf_call_arptables 1"),
    ("bridge_changed", "bridge hello_time 200; ip link set br0 type bridge priority 100 hello_time 500 fdb_flush"),
    ("port_defaults", "port learning on"),
    ("port_cost", "port priority 8 cost 77"),
    ("port_switches", "port hairpin on guard on root_block on fastleave on learning off flood off"),
    ("port_floods", "port mcast_flood off bcast_flood off mcast_to_unicast on mcast_router 2 mcast_fast_leave on"),
    ("port_proxies", "port proxy_arp on proxy_arp_wifi on neigh_suppress on neigh_vlan_suppress on"),
    ("port_isolated", "port isolated on locked on mab on vlan_tunnel on"),
    ("port_groups", "port group_fwd_mask 0x4105"),
    ("port_groups_more", "port group_fwd_mask 0xfff8"),
    ("port_backup", "port; ip link set v1 master br0; ip link set v0 type bridge_slave backup_port v1 backup_nhid 9"),
    (
        "port_no_backup",
        "port; ip link set v1 master br0; ip link set v0 type bridge_slave backup_port v1; \
         ip link set v0 type bridge_slave nobackup_port fdb_flush",
    ),
    ("vxlan_plain", "vxlan id 5 dstport 4789"),
    ("vxlan_remote", "vxlan id 5 remote 192.0.2.1 local 192.0.2.2 dstport 4789"),
    ("vxlan_remote6", "vxlan id 5 remote 2001:db8::1 local 2001:db8::2 dstport 4789 flowlabel 0x12345"),
    ("vxlan_group", "cable; vxlan id 16777215 group 239.1.1.1 dev v0 dstport 8472"),
    ("vxlan_group6", "cable; vxlan id 1 dev v0 group ff02::8 dstport 0"),
    ("vxlan_ttl_tos", "vxlan id 5 dstport 4789 ttl 64 tos 0xb8 df set"),
    ("vxlan_inherit", "vxlan id 5 dstport 4789 ttl inherit tos inherit df inherit"),
    ("vxlan_auto", "vxlan id 5 dstport 4789 ttl auto tos 0 df unset"),
    ("vxlan_ports", "vxlan id 5 dstport 4789 srcport 10000 20000"),
    ("vxlan_limits", "vxlan id 5 dstport 4789 ageing 100 maxaddress 1000 reserved_bits 0xff"),
    ("vxlan_no_limits", "vxlan id 5 dstport 4789 ageing none maxaddress unlimited"),
    ("vxlan_switches", "vxlan id 5 dstport 4789 nolearning proxy rsc l2miss l3miss nolocalbypass"),
    ("vxlan_checksums", "vxlan id 5 dstport 4789 noudpcsum udp6zerocsumtx udp6zerocsumrx remcsumtx remcsumrx"),
    (
        "vxlan_switched_off",
        "vxlan id 5 dstport 4789 learning noproxy norsc nol2miss nol3miss udpcsum noudp6zerocsumtx \
         noudp6zerocsumrx noremcsumtx noremcsumrx localbypass noexternal novnifilter",
    ),
    ("vxlan_gbp", "vxlan id 5 dstport 4789 gbp"),
    ("vxlan_external", "vxlan external dstport 4789"),
    ("vxlan_external_filter", "vxlan external vnifilter dstport 4789 learning"),
    ("vxlan_gpe", "vxlan external gpe"),
    (
        "vxlan_changed",
        "cable; vxlan id 5 dstport 4789; ip link set vx0 type vxlan ttl 9 ageing 77 remote 192.0.2.7 dev v0 nolearning",
    ),
    ("macvlan", "macvlan"),
    ("macvlan_private", "macvlan mode private bcqueuelen 7"),
    ("macvlan_vepa", "macvlan mode vepa"),
    ("macvlan_bridge", "macvlan mode bridge; ip link set mv0 type macvlan bclim 5"),
    ("macvlan_no_limit", "macvlan mode bridge; ip link set mv0 type macvlan bclim -1"),
    ("macvlan_passthru", "macvlan mode passthru flag nopromisc flag nodst"),
    ("macvlan_nodst", "macvlan mode source flag nodst"),
    (
        "macvlan_source",
        "macvlan mode source; m() { ip link set mv0 type macvlan macaddr $*; }; m add 02:00:00:00:00:a1; \
         m add 02:00:00:00:00:a2; m add 02:00:00:00:00:a3; m del 02:00:00:00:00:a2",
    ),
    ("macvlan_source_at_once", "macvlan mode source macaddr set 02:00:00:00:00:a1 02:00:00:00:00:a2"),
    (
        "macvlan_source_flushed",
        "macvlan mode source macaddr add 02:00:00:00:00:a1; ip link set mv0 type macvlan mode source macaddr flush",
    ),
    ("macvlan_changed", "macvlan mode vepa; ip link set mv0 type macvlan mode bridge bcqueuelen 9 flag nodst"),
    ("macvtap", "macvtap"),
    ("macvtap_modes", "macvtap mode passthru flag nopromisc"),
    ("tun", "ip tuntap add tt0 mode tun"),
    ("tun_user", "ip tuntap add tt0 mode tun user root group root one_queue pi vnet_hdr"),
    ("tun_numbers", "ip tuntap add tt0 mode tun user 54321 group 54322"),
    ("tap", "ip tuntap add tt0 mode tap; ip link set tt0 address 02:00:00:00:00:50"),
    ("tap_queues", "ip tuntap add tt0 mode tap multi_queue vnet_hdr; ip link set tt0 address 02:00:00:00:00:50"),
];

/// Words of a kind's options that take a value, by what the value is.
struct Grammar {
    /// How the commands begin.
    command: &'static str,
    /// Options that every command needs.
    needed: &'static str,
    options: &'static [(&'static str, &'static str)],
}

/// Values of every sort: for each option, those of another sort are the wrong ones.
const NUMBERS: &str = "0 1 5 255 256 65535 65536 4294967295 4294967296 18446744073709551616 -1 0x10 010 5x x";
const SWITCH: &str = "on off 1 0 ON yes";
const ADDRESSES: &str = "192.0.2.1 239.0.0.1 fd00::1 ff02::1 any 0 192.0.2.256 x";

static GRAMMARS: &[Grammar] = &[
    Grammar {
        command: "ip link add x address 02:00:00:00:00:99 type bridge",
        needed: "",
        options: &[
            ("forward_delay", NUMBERS),
            ("hello_time", NUMBERS),
            ("max_age", NUMBERS),
            ("ageing_time", NUMBERS),
            ("stp_state", NUMBERS),
            ("mst_enabled", NUMBERS),
            ("priority", NUMBERS),
            ("group_fwd_mask", NUMBERS),
            ("group_address", "01:80:c2:00:00:05 1:2:3 1.2.3.4 zz 01:80:c2:00:00:0z 01:80:c2:00:00:01"),
            ("no_linklocal_learn", NUMBERS),
            ("fdb_max_learned", NUMBERS),
            ("vlan_filtering", NUMBERS),
            ("vlan_protocol", "802.1Q 802.1ad 802.1AD ip 0x8100 x 70000"),
            ("vlan_default_pvid", NUMBERS),
            ("vlan_stats_enabled", NUMBERS),
            ("vlan_stats_per_port", NUMBERS),
            ("mcast_snooping", NUMBERS),
            ("mcast_vlan_snooping", NUMBERS),
            ("mcast_router", NUMBERS),
            ("mcast_query_use_ifaddr", NUMBERS),
            ("mcast_querier", NUMBERS),
            ("mcast_hash_elasticity", NUMBERS),
            ("mcast_hash_max", NUMBERS),
            ("mcast_last_member_count", NUMBERS),
            ("mcast_startup_query_count", NUMBERS),
            ("mcast_last_member_interval", NUMBERS),
            ("mcast_membership_interval", NUMBERS),
            ("mcast_querier_interval", NUMBERS),
            ("mcast_query_interval", "1000 20000 -1 x"),
            ("mcast_query_response_interval", NUMBERS),
            ("mcast_startup_query_interval", "1000 20000 -1 x"),
            ("mcast_stats_enabled", NUMBERS),
            ("mcast_igmp_version", NUMBERS),
            ("mcast_mld_version", NUMBERS),
            ("nf_call_iptables", NUMBERS),
            ("nf_call_ip6tables", NUMBERS),
            ("nf_call_arptables", NUMBERS),
            ("fdb_flush", "x"),
        ],
    },
    Grammar {
        command: "ip link set v0 type bridge_slave",
        needed: "",
        options: &[
            ("state", NUMBERS),
            ("priority", NUMBERS),
            ("cost", NUMBERS),
            ("guard", SWITCH),
            ("hairpin", SWITCH),
            ("fastleave", SWITCH),
            ("root_block", SWITCH),
            ("learning", SWITCH),
            ("flood", SWITCH),
            ("proxy_arp", SWITCH),
            ("proxy_arp_wifi", SWITCH),
            ("mcast_router", NUMBERS),
            ("mcast_fast_leave", SWITCH),
            ("mcast_flood", SWITCH),
            ("bcast_flood", SWITCH),
            ("mcast_to_unicast", SWITCH),
            ("group_fwd_mask", NUMBERS),
            ("neigh_suppress", SWITCH),
            ("neigh_vlan_suppress", SWITCH),
            ("vlan_tunnel", SWITCH),
            ("isolated", SWITCH),
            ("locked", SWITCH),
            ("mab", SWITCH),
            ("backup_port", "br0 v1 nope 1"),
            ("nobackup_port", "x"),
            ("backup_nhid", NUMBERS),
            ("fdb_flush", "x"),
        ],
    },
    Grammar {
        command: "ip link add x address 02:00:00:00:00:99 type vxlan",
        needed: "id 7 dstport 4789",
        options: &[
            ("group", ADDRESSES),
            ("remote", ADDRESSES),
            ("local", ADDRESSES),
            ("ttl", "auto inherit 64 255 256 -1 x inh"),
            ("hoplimit", "auto 64 x"),
            ("tos", "inherit 0 10 b8 0xb8 CS1 AF11 EF 255 0x100 x"),
            ("dsfield", "inherit EF x"),
            ("df", "set unset inherit 1 x"),
            ("flowlabel", "0 0xfffff 0x100000 x"),
            ("dev", "v0 nope 1"),
            ("reserved_bits", NUMBERS),
            ("ageing", "0 none 300 unlimited -1 x"),
            ("maxaddress", "0 unlimited 300 none -1 x"),
            ("learning", "x learning nolearning"),
            ("proxy", "x noproxy"),
            ("rsc", "x norsc"),
            ("l2miss", "x nol2miss"),
            ("l3miss", "x nol3miss"),
            ("udpcsum", "x noudpcsum"),
            ("udp6zerocsumtx", "x noudp6zerocsumtx"),
            ("udp6zerocsumrx", "x noudp6zerocsumrx"),
            ("remcsumtx", "x noremcsumtx"),
            ("remcsumrx", "x noremcsumrx"),
            ("localbypass", "x nolocalbypass"),
            ("external", "x noexternal"),
            ("vnifilter", "x novnifilter"),
            ("gbp", "x gbp"),
            ("gpe", "x gpe"),
        ],
    },
    Grammar {
        command: "ip link add x address 02:00:00:00:00:99 type vxlan",
        needed: "id 7",
        options: &[("dstport", NUMBERS), ("srcport", "'1 2' '5 1' '0 0' '1 x' 'x 1' '1 65536' 1"), ("port", "'1 2' 1")],
    },
    Grammar {
        command: "ip link add x address 02:00:00:00:00:99 type vxlan",
        needed: "dstport 4789",
        options: &[("id", NUMBERS), ("vni", "5 16777215 16777216"), ("external", "gpe vnifilter learning 'id 5'")],
    },
    Grammar {
        command: "ip link add link v0 x address 02:00:00:00:00:99 type macvlan",
        needed: "",
        options: &[
            ("mode", "private vepa bridge passthru source any p"),
            ("flag", "null nopromisc nodst x 'nodst flag null' 'nopromisc mode passthru'"),
            (
                "macaddr",
                "'add 2:0:0:0:0:1' 'del 2:0:0:0:0:1' flush set x 'add zz' 'add 1:2' 'set 2:0:0:0:0:1 mode source'",
            ),
            ("bcqueuelen", NUMBERS),
            ("bclim", NUMBERS),
        ],
    },
    Grammar {
        command: "ip link add link v0 x type vlan",
        needed: "",
        options: &[
            ("id", NUMBERS),
            ("protocol", "802.1Q 802.1ad 0x88a8 x"),
            ("reorder_hdr", SWITCH),
            ("gvrp", SWITCH),
            ("mvrp", SWITCH),
            ("loose_binding", SWITCH),
            ("bridge_binding", SWITCH),
            ("ingress-qos-map", "1:2 '1:2 3:4' x 1:x x:1 : 1:2:3"),
            ("egress-qos-map", "1:2 '1:2 3:4' '1:2 gvrp on' 'gvrp on' 1"),
        ],
    },
    Grammar { command: "ip link add x type vrf", needed: "", options: &[("table", "1 main 0 x -1 4294967296")] },
];

/// Cases that stand for themselves.
static CASES: &[(&str, &str)] = &[
    (
        "kinds_that_the_kernel_lacks",
        "r ip link add x type dummy; r ip link add x type vrf table 5; cable; r ip link add link v0 x type vlan id 5; r ip link add x type nokind; r ip link add x type bridge_slave; r ip link add x type bridge_slave learning on; r ip link",
    ),
    (
        "kinds_without_options",
        "first ip link add x type ifb foo; first ip link add x type dummy foo bar; first ip link add x type tun mode tap; first ip link set lo type vrf_slave foo; first ip link add x type nokind foo; first ip link add x type tun; first ip link set lo type team foo",
    ),
    (
        "unknown_options",
        "cable; for k in bridge bridge_slave vxlan macvlan macvtap vlan vrf; do first ip link add x type $k foo; first ip link add x type $k ''; first ip link set v0 type $k foo bar; first ip link add x type $k help; first ip link add x type $k he; done",
    ),
    (
        "set_a_kind_alone",
        "cable; for k in bridge bridge_slave vxlan macvlan vlan vrf veth foo_slave nokind ''; do r ip link set v0 type $k; done",
    ),
    (
        "set_options_of_another_kind",
        "cable; bridge; r ip link set v0 type bridge hello_time 200; r ip link set br0 type vxlan ttl 5; r ip link set v0 type bridge_slave learning off; r ip link set v0 type macvlan mode bridge; r ip link set v0 type vlan gvrp on; r ip link set br0 type bridge_slave learning on",
    ),
    (
        "set_for_no_link",
        "first ip link set nope type bridge foo; first ip link set type bridge hello_time 5; first ip link set nope type bridge_slave learning on; first ip link set dev",
    ),
    (
        "set_with_settings",
        "cable; bridge; r ip link set v0 mtu 1400 master br0 type bridge_slave learning off; r ip link set br0 mtu 1300 type bridge priority 7; r ip -d link; first ip link set v0 type bridge_slave learning on up",
    ),
    (
        "veth_peer_of_an_existing_cable",
        "cable; r ip link set v0 type veth peer; r ip link set v0 type veth peer name v1; r ip link set v0 type veth peer name nope; r ip link set v0 type veth peer name v1 mtu 1400; r ip link set v0 type veth foo; r ip link set v0 type veth p v1",
    ),
    (
        "veth_peers",
        "r ip link add a type veth peer; r ip link add b address 02:00:00:00:00:01 type veth peer name c address 02:00:00:00:00:02 mtu 1400 txqueuelen 7 index 99; r ip -d link show b; r ip -d link show c; r ip link add q type veth pe name e; r ip link add q type veth peer dev; r ip link add q type veth peer foo bar",
    ),
    (
        "delete_with_a_kind",
        "cable; bridge; first ip link del v0 type bridge foo; first ip link del v0 type bridge hello_time; r ip link del br0 type bridge hello_time 5; r ip link del v0 type veth; r ip link del nope type bridge; r ip link",
    ),
    (
        "bridge_running",
        "TIMERS cable; bridge; ip link set v0 master br0; ip link set br0 up; ip link set v0 up; ip link set v1 up; running v0 br0; r ip -d link show br0; r ip -d link show v0; r ip -d -j link show br0; r ip -d -j link show v0",
    ),
    (
        "bridge_running_stp",
        "TIMERS cable; bridge stp_state 1 forward_delay 3000; ip link set v0 master br0; ip link set br0 up; ip link set v0 up; ip link set v1 up; running v0; r ip -d link show v0; r ip -d -j -p link show v0; r ip link set v0 type bridge_slave state 3; r ip -d link show v1",
    ),
    (
        "bridge_querier_elsewhere",
        "TIMERS cable; bridge mcast_querier 1 mcast_startup_query_interval 100; ip link add br1 address 02:00:00:00:00:11 type bridge mcast_querier 1 mcast_query_use_ifaddr 1 mcast_startup_query_interval 100; ip link set v0 master br0; ip link set v1 master br1; ip address add 192.0.2.9/24 dev br1; for l in br0 br1 v0 v1; do ip link set $l up; done; running v0 v1; until ip -d link show br0 | grep -q querier_ipv4_port; do :; done; q() { ip -d $* link show br0 | sed 's/.*mcast_querier //; s/.*\"mcast_querier\"//; s/mcast_hash_el.*//; /querier/!d; s/other_timer[^0-9]*[0-9.e+]*[mu]*s/other_timer T/'; }; q; q -j; q -j -p; q -c=always",
    ),
    (
        "bridge_switched_on",
        "bridge; r ip link set br0 type bridge mcast_querier 1 mcast_stats_enabled 1; r ip -d link show br0; r ip link set br0 type bridge vlan_filtering 1; r ip link set br0 type bridge mst_enabled 1; r ip link set br0 type bridge mcast_vlan_snooping 1; r ip -d link show br0",
    ),
    (
        "bridge_options_twice",
        "r ip link add x type bridge hello_time 200 hello_time 300 mst_enabled 0 no_linklocal_learn 1 no_linklocal_learn 0; r ip -d link show x | sed 's/..:..:..:..:..:../MAC/g; s/8000.[0-9a-f:]*/ID/g'",
    ),
    (
        "bridge_abbreviated",
        "i=0; for w in f fd fdb_ h m a s p v vl vlan_p vlan_d vlan_s vlan_stats_p mst_enable mst no_l no_linklocal_lear fdb_max_l g group group_a mc mcast mcast_s mcast_v mcast_vlan_snoopin mcast_r mcast_q mcast_queri mcast_querier_ mcast_query_i mcast_query_r mcast_h mcast_hash_m mcast_l mcast_last_member_i mcast_st mcast_startup_query_i mcast_sta mcast_m mcast_ml mcast_i n nf_call_ip6 nf_call_a he; do first ip link add x type bridge $w; ip link del x 2>/dev/null; first ip link add x type bridge $w 300 foo; done",
    ),
    (
        "port_abbreviated",
        "cable; bridge; ip link set v0 master br0; for w in f fd fl fa s p pr pro proxy_arp_ c g gr gu h r l le lo i m mc mcast_r mcast_f mcast_fa mcast_fl mcast_t ma mab b bc ba backup_n backup_nhi n ne neigh_v neigh_vlan_suppres no v; do first ip link set v0 type bridge_slave $w; first ip link set v0 type bridge_slave $w on; first ip link set v0 type bridge_slave $w 1; done; ip -d link show v0",
    ),
    (
        "vxlan_abbreviated",
        "cable; for w in i v vn g gr gb gp r re rem remc rs res l lo le l2 l3 local localb t tt to h d ds dst de df dev f fl p po pr s src n no nol nol2 nor nore nou noud noudp6 nolo noe novni u udp udp6 udp6zerocsumr a m e ex noremcsumr; do first ip link add x type vxlan id 5 dstport 4789 $w; first ip link add x type vxlan id 5 dstport 4789 $w 10; first ip link add x type vxlan dstport 4789 $w 10.0.0.1; ip link del x 2>/dev/null; done",
    ),
    (
        "macvlan_abbreviated",
        "cable; for w in m mo ma f b bc bcl bclim bcq; do first ip link add link v0 x type macvlan $w; first ip link add link v0 x type macvlan $w 5; first ip link add link v0 x type macvlan $w flush; ip link del x 2>/dev/null; done",
    ),
    (
        "vxlan_rules",
        "cable; n() { first ip link add x type vxlan \"$@\"; ip link del x 2>/dev/null; }; n; n id 5; n id 5 gpe; n external; n external id 5; n external id 5 vnifilter; n vnifilter; n vnifilter id 5; n vnifilter external; n group 239.0.0.1; n id 5 group 239.0.0.1; n id 5 group 239.0.0.1 dev v0; n id 5 group 239.0.0.1 remote 10.0.0.1; n id 5 remote 10.0.0.1 local fd00::1; n id 5 local fd00::1 remote 10.0.0.1; n id 5 dev v0 group ff02::1 local 10.0.0.1; n noexternal; n learning; n gbp gpe id 5 dstport 0",
    ),
    (
        "vxlan_twice",
        "cable; n() { first ip link add x type vxlan \"$@\"; ip link del x 2>/dev/null; }; for o in 'id 5' 'vni 5' 'remote 10.0.0.1' 'local 10.0.0.1' 'group 239.0.0.1' 'dev v0' 'ttl 5' 'ttl inherit' 'hoplimit 5' 'tos 5' 'dsfield 5' 'df set' 'flowlabel 5' 'ageing 5' 'maxaddress 5' 'srcport 1 2' 'port 1 2' 'dstport 5' 'reserved_bits 5' learning nolearning nol proxy noproxy rsc l2miss l3miss udpcsum noudpcsum udp6zerocsumtx udp6zerocsumrx remcsumtx remcsumrx localbypass nolocalbypass external noexternal vnifilter novnifilter gbp gpe; do n $o $o; done; n ttl 5 ttl; n ttl 5 ttl x; n learning nolearning; n external noexternal",
    ),
    (
        "vxlan_changes",
        "cable; vxlan id 5 dstport 4789; for o in 'ttl 5' 'id 6' 'dstport 9' learning nolearning 'remote 10.0.0.5' 'group 239.0.0.1' 'group 239.0.0.1 dev v0' 'local 10.0.0.6' external noexternal vnifilter novnifilter proxy noproxy 'ageing 5' 'tos 5' gpe gbp 'srcport 5 6' 'df set' udpcsum 'maxaddress 9' 'flowlabel 5' 'reserved_bits 5'; do r ip link set vx0 type vxlan $o; done; r ip -d link show vx0; r ip link set vx0 type vxlan",
    ),
    (
        "vxlan_families",
        "for f in -4 -6; do first ip $f link add x type vxlan id 5 dstport 4789 local 10.0.0.1; ip link del x 2>/dev/null; first ip $f link add x type vxlan id 5 dstport 4789 local fd00::1; ip link del x 2>/dev/null; done",
    ),
    (
        "macvlan_of_nothing",
        "r ip link add x type macvlan; r ip link add x type macvtap mode bridge; r ip link add link nope x type macvlan; r ip link add link lo x type macvlan mode passthru",
    ),
    (
        "macvlan_changes",
        "macvlan mode bridge; for o in 'mode vepa' 'mode passthru' 'mode source' 'flag nodst' 'flag null' 'flag nopromisc' 'bcqueuelen 5' 'bclim 3' 'macaddr add 2:0:0:0:0:5' 'macaddr flush' 'bcqueuelen 1 bclim 2 bcqueuelen 3'; do first ip link set mv0 type macvlan $o; done; r ip -d link show mv0; r ip link set mv0 type macvtap mode bridge; r ip link add link mv0 mv1 address 02:00:00:00:00:77 type macvlan; r ip -d link show mv1",
    ),
    // tuntap
    ("tuntap_of_nothing", "sysfs; r ip tuntap; r ip tuntap show; r ip -j tuntap; r ip -j -p tuntap list; r ip tap; r ip -d tuntap lst"),
    (
        "tuntap_show",
        "sysfs; ip tuntap add a0 mode tun user root; ip tuntap add a1 mode tap multi_queue vnet_hdr pi group 0; ip tuntap add a2 mode tap user 12345 group 54321 one_queue; for o in '' -j '-j -p' -o -br -s -N -c=always -4 -6; do r ip $o tuntap; done; r ip tuntap show dev a0; r ip tuntap l mode tap foo bar; r ip tuntap sh help",
    ),
    ("tuntap_without_sysfs", "mount -t tmpfs none /sys; ip tuntap add a0 mode tun; r ip tuntap; r ip -j tuntap"),
    (
        "tuntap_verbs",
        "sysfs; first ip tuntap foo; first ip tuntap ''; r ip tuntap a a0 mode tun; r ip tuntap s; r ip tuntap d a0 mode tun; r ip tuntap l; first ip tuntap change; first ip tuntap get; first ip tuntap addx; first ip tunt; first ip ta a a1 mode tap; first ip tap",
    ),
    (
        "tuntap_words",
        "sysfs; for w in mode m user u group g pi p one_queue o vnet_hdr v multi_queue mu dev d name n foo; do first ip tuntap add $w; first ip tuntap add mode tun $w; first ip tuntap add mode tap a0 $w; first ip tuntap del mode tap a0 $w; done; r ip tuntap",
    ),
    (
        "tuntap_modes",
        "sysfs; first ip tuntap add; first ip tuntap add a0; first ip tuntap add a0 mode x; first ip tuntap add a0 mode ''; first ip tuntap add a0 mode t; first ip tuntap add a1 mode ta; first ip tuntap add a2 mode tun mode tap; first ip tuntap del a0; first ip tuntap del a0 mode tap; first ip tuntap del a1 mode tap; r ip tuntap",
    ),
    (
        "tuntap_names",
        "sysfs; for n in a/b '' . .. 'a b' sixteen-bytes-xx x%d lo; do first ip tuntap add \"$n\" mode tun; first ip tuntap add dev \"$n\" mode tap; first ip tuntap add name \"$n\" mode tap; first ip tuntap del \"$n\" mode tap; done; r ip tuntap add mode tun; r ip tuntap add mode tap; r ip tuntap",
    ),
    (
        "tuntap_names_twice",
        "sysfs; first ip tuntap add a b mode tun; first ip tuntap add a name b mode tun; first ip tuntap add dev a name b mode tun; first ip tuntap add dev a dev b mode tun; first ip tuntap add a dev b mode tap; first ip tuntap add name a dev c mode tap; r ip tuntap",
    ),
    (
        "tuntap_owners",
        "sysfs; i=0; for u in root nobody nosuchuser -1 -5 4294967295 4294967296 18446744073709551616 07 0x10 '' 5x ' 5' +5; do i=$((i+1)); first ip tuntap add a$i mode tun user \"$u\"; first ip tuntap add b$i mode tun group \"$u\"; done; first ip tuntap add c mode tun user root user nobody; first ip tuntap del c mode tun user root; first ip tuntap del c mode tun group root; r ip tuntap; for l in a1 a2 a5 a9 b1 b5; do ip -d link show $l; done",
    ),
    (
        "tuntap_taken",
        "sysfs; cable; r ip tuntap add a0 mode tun; r ip tuntap add a0 mode tun; r ip tuntap add a0 mode tap; r ip tuntap add v0 mode tap; r ip tuntap del v0 mode tap; r ip tuntap del lo mode tun; r ip tuntap del nope mode tun; r ip tuntap del a0 mode tap; r ip tuntap del a0 mode tun; r ip tuntap",
    ),
    (
        "tuntap_queues",
        "sysfs; r ip tuntap add a0 mode tap multi_queue vnet_hdr pi; r ip tuntap del a0 mode tap; r ip tuntap del a0 mode tap multi_queue; r ip tuntap add a0 mode tap; r ip tuntap del a0 mode tap multi_queue; r ip tuntap del a0 mode tap one_queue pi vnet_hdr; r ip tuntap",
    ),
    (
        "tuntap_without_device",
        "mount -t tmpfs none /dev; r ip tuntap add a0 mode tun; r ip tuntap del a0 mode tun; mkdir /dev/net; : >/dev/net/tun; r ip tuntap add a0 mode tun; rm /dev/net/tun; mkdir /dev/net/tun; r ip tuntap add a0 mode tun; r ip tuntap del a0 mode tun",
    ),
    (
        "tuntap_without_privilege",
        "sysfs; ip tuntap add a0 mode tun; ip tuntap add a1 mode tap user root; r() { echo \"+ $*\"; setpriv --inh-caps=-all --bounding-set=-all -- \"$@\"; echo \"= $?\"; }; r ip tuntap add b0 mode tun; r ip tuntap; r ip -d link show a0",
    ),
    (
        "tuntap_renamed_and_elsewhere",
        "sysfs; ip netns add ns1; ip tuntap add a0 mode tun; r ip link set a0 name b0; r ip tuntap; r ip link set b0 netns ns1; r ip tuntap; r ip -n ns1 tuntap; r ip -n ns1 tuntap add c0 mode tap; r ip -n ns1 tuntap",
    ),
    (
        "tuntap_batch",
        "sysfs; printf 'tuntap add a0 mode tun\\ntuntap add a1 mode\\ntuntap add a2 mode tap\\ntuntap\\n' >/run/b; r ip -batch /run/b; r ip -force -batch /run/b; printf 'tuntap add a0 mode tun\\ntuntap add a2 mode tap\\ntuntap del a2 mode tap\\ntuntap\\n' >/run/b; r ip -batch /run/b; r ip -force -batch /run/b; r ip tuntap",
    ),
    (
        "tuntap_processes",
        "unshare -pf --mount-proc sh -c 'mount -t sysfs sysfs /sys; ip tuntap add a0 mode tun; ip tuntap add a1 mode tap; for o in -d \"-d -j\" \"-d -j -p\" \"-d -o\"; do echo \"+ $o\"; ip $o tuntap; done'",
    ),
    (
        "batch_of_kinds",
        "cat >/run/b <<E
link add br0 address 02:00:00:00:00:10 type bridge hello_time 300
link add vx0 address 02:00:00:00:00:20 type vxlan id 5 dstport 4789
link add vx1 type vxlan
link add br1 type bridge hello_time x
link set br0 type bridge guard on
link set vx0 master br0 type bridge_slave learning xx
link set vx0 master br0
link set vx0 type bridge_slave learning off
E
r ip -batch /run/b 2>&1 | grep -v '^ \\|Usage'; ip link del vx0; ip link del br0; r ip -force -batch /run/b 2>&1 | grep -v '^[[:space:]]\\|Usage\\|^Where\\|^$'; r ip -d link",
    ),
];

/// Where `help` says what a kind or an object takes.
static HELPS: &[(&str, &str)] = &[
    ("bridge", "ip link add x type bridge help"),
    ("bridge_slave", "ip link set lo type bridge_slave help"),
    ("vxlan", "ip link add x type vxlan help"),
    ("macvlan", "ip link add x type macvlan help"),
    ("macvtap", "ip link add x type macvtap help"),
    ("vlan", "ip link add x type vlan help"),
    ("vrf", "ip link add x type vrf help"),
    ("veth", "ip link add x type veth help"),
    ("tuntap", "ip tuntap help"),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (setup, script) in SETUPS {
        for (mode, options) in MODES {
            let (script, mask) = masked(script);
            let script = format!("{PRELUDE}{script}; r ip {options} link");
            trials.push(trial(&format!("ip_kinds::show::{setup}::{mode}"), move || compare(&script, mask)));
        }
    }
    for grammar in GRAMMARS {
        for (word, values) in grammar.options {
            let kind = grammar.command.rsplit(' ').next().unwrap();
            let script = format!("{PRELUDE}{}", options(grammar, word, values));
            let name = format!("ip_kinds::{kind}::{}{word}", if grammar.needed == "id 7" { "id_" } else { "" });
            // A bridge that is told its ageing time sets its timer.
            let mask = if *word == "ageing_time" { Mask::Timers } else { Mask::Nothing };
            trials.push(trial(&name, move || compare(&script, mask)));
        }
    }
    for (name, script) in CASES {
        let (script, mask) = masked(script);
        let script = format!("{PRELUDE}{script}");
        trials.push(trial(&format!("ip_kinds::{name}"), move || compare(&script, mask)));
    }
    for (name, command) in HELPS {
        trials.push(trial(&format!("ip_kinds::help::{name}"), move || every_word_is_there(command)));
    }
    trials
}

/// A script that begins with `TIMERS` has running timers.
fn masked(script: &str) -> (&str, Mask) {
    match script.strip_prefix("TIMERS ") {
        Some(script) => (script, Mask::Timers),
        None => (script, Mask::Nothing),
    }
}

/// An option without a value, with each value, twice, and what has become of it.
fn options(grammar: &Grammar, word: &str, values: &str) -> String {
    let Grammar { command, needed, .. } = grammar;
    format!(
        "cable; {setup}
        n() {{ first {command} {needed} {word} \"$@\"; {show} }}
        n
        for v in {values}; do n $v; done
        first {command} {needed} {word} foo bar
        first {command} {word}\n",
        setup = if command.contains("_slave") { "bridge; ip link set v0 master br0;" } else { "" },
        show = if command.contains("_slave") {
            "ip -d link show v0;"
        } else {
            "ip -d link show x 2>/dev/null; ip link del x 2>/dev/null;"
        },
    )
}

/// A usage is worded otherwise, but scripts look for words in it.
fn every_word_is_there(command: &str) {
    let words = |folder| {
        let output = sandbox::run(&[folder], command);
        let all = [output.stdout.as_slice(), b" ", &output.stderr].concat();
        let text = String::from_utf8_lossy(&all).into_owned();
        let between = |c: char| !(c.is_alphanumeric() || "_-".contains(c));
        let words: BTreeSet<String> = text.split(between).filter(|word| !word.is_empty()).map(Into::into).collect();
        (words, output.status.code(), output.stdout.is_empty())
    };
    let (expected, status, quiet) = words(tools::reference().unwrap());
    let got = words(tools::ours());
    assert_eq!((got.1, got.2), (status, quiet), "{command}: status, and whether standard output is empty");
    let missing: Vec<&String> = expected.difference(&got.0).collect();
    assert!(missing.is_empty(), "{command}: not in the usage: {missing:?}");
}
