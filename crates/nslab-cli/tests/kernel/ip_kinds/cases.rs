//! Cases of kinds and of `ip tuntap` that stand for themselves.

/// Name, and script. One that begins with `TIMERS` has running timers.
pub(super) static CASES: &[(&str, &str)] = &[
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
        "TIMERS cable; bridge; ip link set v0 master br0; ip link set v0 type bridge_slave learning off; ip link set br0 up; ip link set v0 up; ip link set v1 up; running v0 br0; r ip -d link show br0; r ip -d link show v0; r ip -d -j link show br0; r ip -d -j link show v0",
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
