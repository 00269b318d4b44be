//! Cases of `ip route` written by hand.

/// Name of the case, and its script behind [`LINKS`](super::LINKS).
pub(super) static CASES: &[(&str, &str)] = &[
    (
        "verbs",
        "for v in a ad add ap append c ch chg change r re rep p pr pre prepend d de del delete t te test f fl flush g ge get xx '' ADD; do r ip route $v 2>/run/e; head -1 /run/e; done",
    ),
    (
        "verbs_that_show",
        "for v in l li list ls lst s sh sho show; do r ip route $v; done; r ip ro; r ip r; r ip rou show",
    ),
    (
        "family_words",
        "r ip -f inet route; r ip -f inet6 route; r ip -0 route; r ip -0 route show table all; r ip -f link route add 10.9/16 dev v0; r ip -6 route add 10.9/16 dev v0; r ip -4 route add 2001:db8:9::/48 dev v0; r ip -0 route add default dev v0; r ip -0 route get 10.0.0.5",
    ),
    (
        "add_of_nothing",
        "for c in add 'add dev v0' 'add table 5' 'add to' 'add unicast' 'add default default' 'add 10.1/16 10.2/16' 'add xx' \"add ''\" 'add 10.1/33' 'add 10.1.1.1/16' 'add any dev v0' 'add all dev v0' 'add 256' 'add 9 10.1/16' 'add blackhole blackhole'; do eval r ip route $c 2>/run/e; head -1 /run/e; done; r ip route",
    ),
    (
        "add_twice",
        "r ip route add 10.9/16 dev v0; r ip route add 10.9/16 dev v0; r ip route add 10.9/16 dev v1; r ip route add 10.9/16 dev v1 metric 5; r ip -6 route add 2001:db8:9::/48 dev v0; r ip -6 route add 2001:db8:9::/48 dev v0; r ip -6 route add 2001:db8:9::/48 dev v1; r ip route; r ip -6 route",
    ),
    (
        "add_default_of_each_family",
        "r ip route add default dev v0; r ip -6 route add default dev v0; r ip route add default via 2001:db8::5; r ip route add default via inet6 2001:db8::6 dev v0; r ip route add all via 10.0.0.5 metric 7; r ip route add default; r ip route show default; r ip -6 route show default",
    ),
    (
        "change_replace_append_prepend",
        "r ip route change 10.9/16 via 10.0.0.5; r ip route replace 10.9/16 via 10.0.0.5; r ip route change 10.9/16 via 10.0.0.6; r ip route chg 10.9/16 via 10.0.0.7; r ip route append 10.9/16 via 10.0.0.8; r ip route prepend 10.9/16 via 10.0.0.9; r ip route prepend 10.9/16 via 10.0.0.9; r ip route test 10.9/16 via 10.0.0.7; r ip route test 10.10/16 via 10.0.0.7; r ip route show 10.9/16; r ip route del 10.9/16; r ip route show 10.9/16",
    ),
    (
        "change_replace_append_prepend_6",
        "p=2001:db8:9::/48; r ip route change $p via 2001:db8::5; r ip route replace $p via 2001:db8::5; r ip route change $p via 2001:db8::6; r ip route append $p via 2001:db8::8; r ip route prepend $p via 2001:db8::9; r ip route test $p via 2001:db8::7; r ip -6 route show $p; r ip route del $p; r ip -6 route show $p",
    ),
    (
        "delete",
        "ip route add 10.9/16 via 10.0.0.5 metric 5; ip route add 10.9/16 via 10.0.0.6 metric 6 proto static; ip route add blackhole 10.10/16; ip route add local 10.11/16 dev lo; ip route add 10.12/16 dev v0 table 9; r ip route del 10.9/16 via 10.0.0.7; r ip route del 10.9/16 metric 7; r ip route del 10.9/16 metric 6; r ip route del 10.9/16 proto static; r ip route del 10.9/16 dev v1; r ip route del 10.9/16 dev v0; r ip route del 10.9/16; r ip route del 10.10/16; r ip route del blackhole 10.10/16; r ip route del 10.11/16; r ip route del local 10.11/16; r ip route del 10.12/16; r ip route del 10.12/16 table 9; r ip route del 10.12/16 table 10; r ip route del default; r ip route show table all",
    ),
    (
        "delete_multipath",
        "ip route add 10.9/16 nexthop via 10.0.0.5 nexthop via 10.0.1.5; ip -6 route add 2001:db8:9::/48 nexthop via 2001:db8::5 nexthop via 2001:db8:1::5; r ip route del 10.9/16 nexthop via 10.0.0.5 nexthop via 10.0.1.6; r ip route del 10.9/16 nexthop via 10.0.0.5 nexthop via 10.0.1.5; r ip route; r ip -6 route del 2001:db8:9::/48 via 2001:db8::5; r ip -6 route; r ip -6 route del 2001:db8:9::/48; r ip -6 route",
    ),
    (
        "delete_6",
        "ip -6 route add 2001:db8:9::/48 via 2001:db8::5 metric 5; ip -6 route add 2001:db8:9::/48 dev v1 metric 6; ip -6 route add default dev v0; r ip -6 route del 2001:db8:9::/48 metric 7; r ip -6 route del 2001:db8:9::/48 metric 6; r ip -6 route del 2001:db8:9::/48 dev v1; r ip -6 route del 2001:db8:9::/48; r ip -6 route del default; r ip -6 route del ::/0; r ip -6 route",
    ),
    (
        "tables_by_name",
        "mount -t tmpfs none /etc/iproute2; printf '100 blue\\n0x65 green\\n' >/etc/iproute2/rt_tables; printf '7 seven\\n' >/etc/iproute2/rt_realms; printf '77 mine\\n' >/etc/iproute2/rt_protos; printf '42 near\\n' >/etc/iproute2/rt_scopes; printf '0x20 slow\\n' >/etc/iproute2/rt_dsfield; r ip route add 10.9/16 dev v0 table blue proto mine realms seven/7 tos slow; r ip route add 10.10/16 dev v0 table green scope near; r ip route show table all; r ip -N route show table all; r ip -j -d route show table blue; r ip route show table 101; r ip route show table blue proto mine; r ip route show table blue realm seven; r ip route show table blue tos slow; r ip route show table red; r ip route del 10.9/16 table blue",
    ),
    (
        "dsfield_is_hexadecimal",
        "for t in 10 0x10 20 4 04 fc 100 ff 1 AF11 default 0; do r ip route add 10.9/16 dev v0 tos $t; r ip route show 10.9/16; r ip route del 10.9/16 tos $t; done",
    ),
    (
        "times",
        "for t in 1 8 36 5ms 5.4ms .5s 1s 1.5s 1000ms 999ms 1001ms 5sec 5secs 5msec 5msecs 5MS 0x10 07 -1 1e3 5us 5m inf '5 ms' 99999999999 1000000s; do r ip route replace 10.9/16 dev v0 rtt \"$t\" rttvar \"$t\" rto_min \"$t\"; r ip route show 10.9/16; r ip -j route show 10.9/16; ip route del 10.9/16 >/dev/null 2>&1; done",
    ),
    (
        "numbers",
        "for n in 010 0x10 ' 7' +7 4294967295 0; do r ip route replace 10.9/16 dev v0 metric \"$n\" mtu \"$n\" window \"$n\"; r ip route show 10.9/16; done",
    ),
    (
        "realms",
        "for n in 3 3/4 3/ /4 / 0/4 4/0 65535/65535 65536 70000 5/70000 70000/5 cosmos cosmos/4 4/cosmos; do r ip route replace 10.9/16 dev v0 realms $n; r ip route show 10.9/16; r ip -j route show realms $n; done",
    ),
    (
        "empty_addresses",
        "r ip route add 10.9/16 via any; r ip route add 10.9/16 via default; r ip route add 10.9/16 dev v0 src default; r ip route add 10.10/16 dev v0 src any; r ip -6 route add 2001:db8:9::/48 via any; r ip -6 route add 2001:db8:9::/48 via default dev v0; r ip route; r ip -6 route",
    ),
    (
        "short_addresses",
        "r ip route add 10.9/16 via 10.0.5 dev v0 onlink; r ip route add 11 dev v0; r ip route add 12/8 dev v0; r ip route add 10.9.9/255.255.255.0 dev v0; r ip route add 10.0x10/16 dev v0; r ip route add 10.9.8/255.0.255.0 dev v0; r ip route",
    ),
    (
        "abbreviations_of_add",
        "for w in a b c d e f g i j k l m n o p q r s t u v w x y z ad an as ca co cw de di ds ex fa fe fr ho in init initc initr la lo ma me mt mu ne nh on pe pr pre pref prefe pri pro re rea reo ro rt rttv rto sc sr ss ta to tt un vi vr we wi br brd bl mul any prohib unr uni loc na thr xres; do r ip route add 10.60/16 $w xx; done",
    ),
    (
        "abbreviations_before_a_prefix",
        "for w in a b an any br brd bl black mu multi pr proh un uni unr lo loc na th thr x xr u; do r ip route add $w 10.60/33; done",
    ),
    (
        "abbreviations_of_show",
        "for w in a b c d e f g h i j k l m n o p q r s t u v w x y z ma me ex re ro pr pre pri prio pref ca cl co ta to ty fr ii oi de vi vr sr sc tos ds mark; do r ip route show $w xx; done",
    ),
    (
        "abbreviations_of_get",
        "for w in a b c d e f g i j k l m n o p q r s t u v w x y z fi fl fr fib co con no not ip ii ipp oi ui sp dp de ma vr ds to tos as; do r ip route get 10.0.0.5 $w xx; done; r ip route get 10.0.0.5 f 10.0.0.1; r ip route get 10.0.0.5 c; r ip route get n 10.0.0.5",
    ),
    (
        "abbreviations_of_nexthop",
        "for w in a b c d e f g i j k l m n o p q r s t u v w x y z re as we vi de on onl en oif pervasive; do r ip route add 10.60/16 nexthop $w xx; done",
    ),
    (
        "nexthop_ends",
        "r ip route add 10.9/16 nexthop; r ip route add 10.9/16 nexthop nexthop; r ip route add 10.9/16 nexthop via 10.0.0.5 nexthop; r ip route add 10.9/16 nexthop via 10.0.0.5 metric 5; r ip route add 10.9/16 nexthop dev nope; r ip route add 10.9/16 nexthop via 10.0.0.5 dev v0 dev v1; r ip route add 10.9/16 dev v0 nexthop via 10.0.0.5; r ip route add 10.9/16 via 10.0.0.5 nexthop via 10.0.1.5; r ip route add 10.9/16 nhid 5 nexthop via 10.0.1.5; r ip route add 10.9/16 nexthop via ::1; r ip route",
    ),
    (
        "weights",
        "for w in 1 2 256 257 0 -1 x 0x10 010; do r ip route replace 10.9/16 nexthop via 10.0.0.5 weight $w nexthop via 10.0.1.5; r ip route show 10.9/16; done",
    ),
    (
        "devices_that_are_not",
        "for c in 'add 10.9/16' 'del 10.9/16' 'show' 'flush' 'get 10.0.0.5'; do for d in nope \"''\" a/b sixteen-bytes-xx 999; do eval r ip route $c dev $d; done; done; r ip route show iif nope; r ip route get 10.0.0.5 iif nope; r ip route get 10.0.0.5 oif nope",
    ),
    (
        "altnames",
        "$REF link property add dev v0 altname other; r ip route add 10.9/16 dev other; r ip route show dev other; r ip route get 10.0.0.5 oif other; r ip route add 10.10/16 nexthop dev other nexthop dev v1; r ip route",
    ),
    (
        "flush",
        "fill() { for i in 1 2 3; do ip route add 10.9.$i/24 via 10.0.0.5 proto static; ip route add 10.10.$i/24 dev v0 table 9; ip -6 route add 2001:db8:9$i::/48 via 2001:db8::5; ip -6 route add 2001:db8:8$i::/48 via 2001:db8::5 table 9; done; }; for o in '' -s '-s -s' '-s -s -d' '-s -s -j' '-s -s -o' '-6 -s -s' '-4 -s' '-0 -s'; do for f in 'proto static' 'table 9' 'root 10.9/16' '10.9.2/24' 'dev v1' 'table all dev v0' 'scope link' 'type blackhole' 'table 10' 'via 10.0.0.5' 'exact default' 'xx' 'table xx' 'dev nope'; do fill 2>/dev/null; r ip $o route flush $f; done; r ip route show table all; r ip -6 route show table all; done",
    ),
    (
        "flush_of_nothing",
        "r ip route flush; r ip -s route flush; r ip -6 route flush; r ip route flush table; r ip route flush cache dev; r ip route flush help",
    ),
    (
        "flush_cache",
        "for o in '' -s '-s -s' -4 '-4 -s' '-6 -s' '-0 -s' '-j -s'; do for f in cache cached 'table cache' 'cached dev v0' 'cache table 9'; do r ip $o route flush $f; done; done",
    ),
    (
        "flush_all",
        "ip route add default via 10.0.0.5; ip -6 route add default via 2001:db8::5; r ip -s -s route flush table main; r ip route; r ip -6 -s -s route flush table main; r ip -6 route; r ip -s route flush table local; r ip -s -6 route flush table local; r ip route show table all; r ip -s route flush table all; r ip -s route flush table 0",
    ),
    (
        "flush_many",
        "for i in $(seq 1 2000); do echo route add 20.0.$((i/256)).$((i%256)) dev v0; done >/run/b; r ip -b /run/b; r ip -s route flush root 20/8; r ip route",
    ),
    (
        "flush_6_many",
        "for i in $(seq 1 300); do echo route add 2001:db8:5:$i::/64 dev v0; done >/run/b; r ip -b /run/b; r ip -s -6 route flush root 2001:db8:5::/48; r ip -6 route",
    ),
    (
        "no_permission",
        "p='setpriv --bounding-set -all --inh-caps -all'; r $p ip route; r $p ip route add 10.9/16 dev v0; r $p ip route del 10.0.0.0/24; r $p ip route get 10.0.0.5; r $p ip route flush table main; r $p ip -s -s route flush table main; r $p ip -6 route add 2001:db8:9::/48 dev v0; r $p ip route show table 9",
    ),
    (
        "echo",
        "for o in '' -d -j '-j -p' '-j -d' -o -6; do r ip -echo $o route add 10.9/16 via 10.0.0.5; r ip -echo $o route replace 10.9/16 via 10.0.0.6 metric 0; r ip -echo $o route add 10.9/16 dev v0; r ip -echo $o route del 10.9/16; r ip -echo $o route del 10.9/16; done; r ip -echo -6 route add 2001:db8:9::/48 via 2001:db8::5; r ip -echo -6 route del 2001:db8:9::/48",
    ),
    (
        "get_prefixes",
        "for p in 10.0.0.0/24 10.0.0.5/32 10.0.0.5/33 default any all ::/0 2001:db8::/64 2001:db8::5/128 '' xx 10.0 10; do r ip route get $p; done; r ip -4 route get default; r ip -6 route get default; r ip -6 route get 10.0.0.5; r ip -4 route get ::1; r ip route get; r ip route get to; r ip route get oif v0; r ip route get 10.0.0.5 10.0.0.6; r ip route get 10.0.0.5 ::1",
    ),
    (
        "get_forwarded",
        "echo 1 >/proc/sys/net/ipv4/ip_forward; ip route add 10.9/16 via 10.0.1.5; for o in '' -d '-s -d' -j '-j -p -d' -o -N -c; do r ip $o route get 10.9.0.1 from 10.0.0.9 iif v0; r ip $o route get 10.0.0.7 from 10.0.0.9 iif v0; r ip $o route get 10.0.1.1 from 10.0.0.9 iif v0; r ip $o route get 10.0.0.255 from 10.0.0.9 iif v0; r ip $o route get 224.0.0.5 from 10.0.0.9 iif v0; r ip $o route get 10.9.0.1 from 10.77.0.9 iif v0; r ip $o route get 8.8.8.8 from 10.0.0.9 iif v0; r ip $o route get 10.9.0.1 iif v0; r ip $o route get 10.9.0.1 from 10.0.0.9 iif v0 mark 5 tos 4; done",
    ),
    (
        "get_connected",
        "ip route add 10.9/16 via 10.0.1.5; for o in '' -d -j '-j -p' -o; do r ip $o route get connected 10.9.0.1; r ip $o route get connected fibmatch 10.9.0.1; r ip $o route get connected 10.9.0.1 from 10.0.0.1; r ip $o route get notify 10.9.0.1; ip route flush cache; r ip $o route get connected 2001:db8::5; r ip $o route get 10.0.0.5 connected fibmatch; done",
    ),
    (
        "get_fibmatch",
        "ip route add 10.9/16 metric 5 nexthop via 10.0.0.5 nexthop via 10.0.1.5; ip route add blackhole 10.10/16; ip -6 route add 2001:db8:9::/48 mtu 1400 nexthop via 2001:db8::5 nexthop via 2001:db8:1::5; ip -6 route add blackhole 2001:db8:10::/48; for o in '' -d -j '-j -p -d' -o -s; do for a in 10.9.0.1 10.10.0.1 10.0.0.1 10.0.0.255 127.0.0.1 8.8.8.8 2001:db8:9::1 2001:db8:10::1 2001:db8::1 ::1 2001:5::1; do r ip $o route get fibmatch $a; done; done",
    ),
    (
        "get_unreachable",
        "ip route add unreachable 10.9/16; ip route add prohibit 10.10/16; ip route add blackhole 10.11/16; ip route add throw 10.12/16; ip -6 route add unreachable 2001:db8:9::/48; ip -6 route add prohibit 2001:db8:10::/48; ip -6 route add blackhole 2001:db8:11::/48; for o in '' -j -s; do for a in 10.9.0.1 10.10.0.1 10.11.0.1 10.12.0.1 8.8.8.8 2001:db8:9::1 2001:db8:10::1 2001:db8:11::1 2001:5::1; do r ip $o route get $a; done; done",
    ),
    (
        "resolve",
        "printf '10.0.0.5 gw\\n10.0.0.1 me\\n10.9.1.1 host\\n2001:db8::5 gw6\\n2001:db8:9::1 host6\\n' >/run/hosts; mount --bind /run/hosts /etc/hosts; : >/run/resolv; mount --bind /run/resolv /etc/resolv.conf; ip route add 10.9.1.1 via 10.0.0.5; ip route add 10.10/16 nexthop via 10.0.0.5 nexthop dev v1; ip -6 route add 2001:db8:9::1 via 2001:db8::5; r ip -r route; r ip -r -6 route; r ip -r -j route; r ip -r route get 10.9.1.1; r ip -r route get 10.9.1.1 from 10.0.0.1; r ip -r route get 2001:db8:9::1; r ip -r route show via 10.0.0.0/24",
    ),
    (
        "namespaces",
        "ip netns add ns1; ip link set w1 netns ns1; ip -n ns1 link set w1 up; ip -n ns1 address add 10.9.0.2/24 dev w1; r ip -n ns1 route; r ip -n ns1 route add default via 10.9.0.1; r ip -n ns1 -d route; r ip -netns ns1 -j route get 10.9.0.7; r ip -n ns1 route flush table main; r ip -n ns1 route",
    ),
    (
        "batch_stops_at_the_first",
        "printf 'route add 10.9/16 via 10.0.0.5\\nroute add 10.9/16 via 10.0.0.5\\nroute add 10.10/16 via 10.0.0.5\\n' >/run/b; r ip -b /run/b; r ip route; r ip -force -b /run/b; r ip route; r ip -b - </run/b; r ip -force -b - </run/b",
    ),
    (
        "batch_prints_in_order",
        "printf 'route add 10.9/16 via 10.0.0.5\\nroute show 10.9/16\\nroute add 10.9/16 via 10.0.0.5\\nroute get 10.9.0.1\\nroute add 10.10/16 dev v1\\nroute show dev v1\\nroute del 10.9/16\\nroute flush 10.10/16\\nroute\\n' >/run/b; for o in '' -j '-d -o' '-s -s'; do r ip $o -force -b /run/b; done",
    ),
    (
        "batch_links_change",
        "printf 'route add 10.9/16 dev w0\\nlink set w0 down\\nlink set w0 name x0\\nroute add 10.10/16 dev v0\\nlink set x0 up\\nroute add 10.11/16 dev x0\\nroute add 10.12/16 dev w0\\nroute show dev x0\\nroute\\n' >/run/b; r ip -force -b /run/b; r ip route",
    ),
    (
        "batch_6",
        "printf 'route add 2001:db8:9::/48 via 2001:db8::5\\nroute add 2001:db8:9::/48 via 2001:db8::5\\nroute add default dev v0\\nroute\\n' >/run/b; r ip -6 -force -b /run/b; r ip -6 -b /run/b",
    ),
    (
        "batch_of_10000",
        "for i in $(seq 0 9999); do echo route add 20.0.$((i/256)).$((i%256)) via 10.0.0.5; done >/run/b; r ip -b /run/b; ip route | wc -l; ip route show root 20/8 | sha1sum; r ip -force -b /run/b >/run/o 2>&1; sha1sum /run/o",
    ),
    (
        "closed_pipe",
        "for i in $(seq 0 4999); do echo route add 20.0.$((i/256)).$((i%256)) via 10.0.0.5; done >/run/b; ip -b /run/b; ip route | head -3; ip -j route | head -c 50; ip -6 route | true",
    ),
    (
        "duplicate_words",
        "r ip route add 10.9/16 dev v0 metric 5 metric 6 mtu 100 mtu 200 proto 5 proto 6 scope link scope host src 10.0.0.1 src 10.0.0.1 table 7 table 8 tos 4 tos 8; r ip -d route show table 8; r ip route show dev v0 dev v1 proto static proto kernel table 8 table main scope host scope link; r ip route show 10.9/16 10.0.0.0/24; r ip route get 10.0.0.5 oif v1 oif v0 mark 5 mark 6",
    ),
    (
        "cables_names",
        "r ip link set w0 down; r ip link set w0 name 'x y' ; r ip link set w0 name ü; r ip link set ü up; r ip route add 10.9/16 dev ü; r ip route show 10.9/16; r ip -j route show 10.9/16",
    ),
    (
        "unsupported_addresses",
        "r ip route add 10.9/16 via 10.0.0.5/24; r ip route add 10.9/16 via 10.0.0.5 via 10.0.0.6; r ip route add 10.9/16 via foo 10.0.0.5; r ip route add 10.9/16 via ::1; r ip route add 2001:db8:9::/48 via 10.0.0.5; r ip -6 route add 2001:db8:9::/48 via inet 10.0.0.5; r ip route add 10.9/16 src ::1; r ip route add 10.9/16 as ::1; r ip route add as 10.1/33; r ip route add via xx; r ip route add default src ::1 via 10.0.0.5",
    ),
    (
        "old_features",
        "for f in ecn tcp_usec_ts sack timestamp allfrag 1 xx 'ecn ecn' 'ecn tcp_usec_ts' 'lock ecn'; do r ip route replace 10.9/16 dev v0 features $f; r ip route show 10.9/16; done",
    ),
    (
        "get_in_batch_ends",
        "for c in 'add xx' 'add 10.1/16 mtu x' 'add 10.1/16 via xx' 'add 10.1/16 dev nope' 'add' 'show xx' 'show table xx' 'show table 77' 'get xx' 'get' 'get 10.0.0.5 oif nope' 'add 10.1/16 nexthop xx' 'add 10.1/16 nexthop' 'add 10.1/16 nexthop dev nope' 'show via xx' 'get 10.0.0.5 from xx' 'get 10.0.0.5 uid x' 'xx' 'flush' 'flush table 77' 'flush dev nope' 'add 10.1/16 scope xx' 'add 10.1/16 to 10.2/16' 'add 10.1/16 vrf xx' 'add 10.0.0.0/24 dev v0' 'del 10.9/16' 'get 8.8.8.8'; do printf 'route %s\\nroute show 10.0.0.0/24\\n' \"$c\" >/run/b; r ip -force -b /run/b 2>/run/e; head -1 /run/e; tail -1 /run/e; r ip -b /run/b 2>/run/e; tail -1 /run/e; done",
    ),
    (
        "batch_filters_by_itself",
        "ip route add 10.41/16 nexthop dev v1 nexthop via 10.0.0.5; ip route add blackhole 10.42/16; printf 'route show dev w0\nroute show dev v0\nroute show proto kernel\nroute show table all type unicast\nroute show table 99\nroute flush table 99\nroute show table cache\n' >/run/b; for o in '' -4 -6 -0 -s -j; do r ip $o -b /run/b; done; printf 'route flush cache\nroute flush proto boot\nroute\n' >/run/b; r ip -s -b /run/b",
    ),
    (
        "exceptions",
        "ip netns add r; ip link set v1 netns r; $REF -n r link set v1 up; $REF -n r link set lo up
$REF -n r address add 10.0.0.5/24 dev v1; $REF -n r address add 2001:db8::5/64 dev v1 nodad
$REF -n r link add x0 type veth peer name x1; $REF -n r link set x0 up mtu 1400; $REF -n r link set x1 up mtu 1400
$REF -n r address add 10.7.0.1/24 dev x0; $REF -n r address add 2001:db8:7::1/64 dev x0 nodad
$REF netns exec r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
$REF -n r neigh add 10.7.0.2 lladdr 02:00:00:00:00:99 dev x0; $REF -n r neigh add 2001:db8:7::2 lladdr 02:00:00:00:00:99 dev x0
ip route add 10.7/16 via 10.0.0.5; ip -6 route add 2001:db8:7::/48 via 2001:db8::5; running v0
until $REF -n r -6 route show table local | grep -q 'local 2001:db8::5 ' && $REF -n r -6 route | grep -q '2001:db8:7::'; do :; done
until $REF route get 10.7.0.2 | grep -q mtu; do ${REF%ip}ping -c1 -W1 -s 1450 -M do 10.7.0.2 >/dev/null 2>&1; done
until $REF route get 2001:db8:7::2 | grep -q mtu; do ${REF%ip}ping -6 -c1 -W1 -s 1450 -M do 2001:db8:7::2 >/dev/null 2>&1; done
for o in '' -s -d -j -o '-j -p -s -d'; do r ip $o route get 10.7.0.2; r ip $o route get 2001:db8:7::2; r ip $o route show cache; r ip $o -6 route show cache; r ip $o -6 route show table cache dev v0; r ip $o -6 route; r ip $o route; done
r ip -s -s -6 route flush cache; r ip -6 route show cache; r ip -s route flush cache; r ip route show cache",
    ),
];
