//! Labs that are up, changed: by hand and put right by `up`, and by their file.

use libtest_mimic::Trial;

use crate::lab::{fail, succeed};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("change::drift_by_hand_is_put_right", drift),
        trial("change::each_part_of_a_file", files),
        trial("change::an_address_is_one_change_and_disturbs_no_other_node", one_address),
        trial("change::of_two_addresses_of_a_subnet_the_second_stays", secondary),
        trial("change::a_failure_puts_back_what_was", failure),
        trial("change::what_is_somebody_elses_is_left_alone", foreign),
        trial("change::a_link_set_down_is_kept_or_reset", set),
        trial("change::a_node_whose_name_is_taken", taken),
    ]
}

const LAB: &str = "cd /run; cat >t.yaml <<END
nodes:
  r: { forward: true, sysctl: { net.ipv4.ip_default_ttl: 77, net/ipv4/conf/out/rp_filter: 2 },
       addresses: { lo: [ 10.255.0.1/32 ] } }
  h1: { routes: [ '10.77.0.0/16 via 10.0.0.254', '2001:db8:9::/48 via 2001:db8::fe' ] }
segments:
  lan: { prefix: [ 10.0.0.0/24, 2001:db8::/64 ], members: [ 'h[1-2]', 'r:in .254 ::fe' ] }
links: [ r:out 10.9.0.1/30 -- far 10.9.0.2/30 { rate: 100mbit } ]
routing: auto
END
nslab -q up t.yaml
";

/// What somebody may do to a lab, one a line.
const DRIFT: &[&str] = &[
    "ip -n h1 addr del 10.0.0.1/24 dev eth0",
    "ip -n h1 addr del 2001:db8::1/64 dev eth0",
    "ip -n h1 addr add 10.0.0.77/24 dev eth0; ip -n h1 addr add 10.3.0.77/24 dev eth0",
    "ip -n h1 addr del 10.0.0.1/24 dev eth0; ip -n h1 addr add 10.0.0.1/25 dev eth0",
    "ip -n h1 link set eth0 down",
    "ip -n h1 link set lo down",
    "ip -n h1 link set eth0 mtu 1400; ip -n h1 link set eth0 address 02:00:00:00:00:07",
    "ip -n h1 route del default; ip -n h1 route add 10.88.0.0/16 via 10.0.0.254",
    "ip -n h1 route replace default via 10.0.0.2",
    "ip -n r link del out",
    "ip -n r link set out down; ip -n r link set out name foo",
    "ip -n r link set out down; ip -n r link set out name foo; ip -n far link set eth0 down; ip -n far link set eth0 name foo",
    "ip -n r link set out netns h2",
    "ip netns del h2",
    "ip -n lan link set h1 nomaster",
    "ip -n lan link del br0",
    "ip netns del lan",
    "umount /run/netns/h1",
    "ip netns exec r sh -c 'echo 0 >/proc/sys/net/ipv4/conf/out/rp_filter; echo 0 >/proc/sys/net/ipv4/ip_forward'",
];

fn drift() {
    let each = DRIFT.iter().map(|hand| {
        format!(
            "{hand}
             if nslab diff t >diff; then echo 'no difference seen'; exit 1; fi
             [ -n \"$(nslab up --dry-run t.yaml)\" ]
             nslab -q up t.yaml; nslab diff t
             ip netns exec h1 ping -q -c 1 -W 2 10.0.0.2 >/dev/null; ip netns exec far ping -q -c 1 -W 2 10.0.0.1 >/dev/null\n"
        )
    });
    let script = format!("{LAB}nslab diff t\n{}nslab down t; ls -A /run/netns", each.collect::<String>());
    assert_eq!(succeed(&script), "lab t is down: 4 nodes, 1 segment removed\n");
}

fn files() {
    let out = succeed(&format!(
        "{LAB}cp t.yaml a.yaml; cat >b.yaml <<END
name: t
nodes:
  r: {{ forward: true }}
  h1: {{ env: {{ A: 2 }} }}
  n: {{ forward: true, sysctl: {{ net.ipv4.ip_default_ttl: 78 }}, addresses: {{ lo: 10.255.0.1/32 }} }}
segments:
  lan: {{ prefix: 10.0.0.0/24, members: [ h1, h3, 'r:in .254' ] }}
  dmz: {{ prefix: 10.5.0.0/24, members: [ w, 'n:d .254' ] }}
links: [ r:out 10.9.0.1/30 -- n 10.9.0.2/30 {{ rate: 50mbit }} ]
routing: auto
END
         sed s/100mbit/20mbit/ t.yaml >c.yaml; sed 's/ {{ rate: 100mbit }}//' t.yaml >d.yaml
         sed -i '1iname: t' a.yaml c.yaml d.yaml
         for file in b c d a b a; do
             nslab up $file.yaml >said; grep -q change said; nslab diff $file.yaml; nslab up $file.yaml | cut -d: -f1
         done
         ip netns list | sort | tr '\\n' ' '; ip netns exec r cat /proc/sys/net/ipv4/ip_default_ttl
         nslab -q up b.yaml; ip netns list | sort | tr '\\n' ' '; nslab -q check t; nslab exec h1 sh -c 'echo $A'
         ip netns exec r cat /proc/sys/net/ipv4/ip_default_ttl; nslab down t; ls -A /run/netns"
    ));
    let already = "lab t is up already; nothing to do\n".repeat(6);
    let expected = format!(
        "{already}far h1 h2 lan r 77\ndmz h1 h3 lan n r w all reached: 32 address pairs\n2\n64\n\
         lab t is down: 5 nodes, 2 segments removed\n"
    );
    assert_eq!(out, expected);
}

fn one_address() {
    let out = succeed(&format!(
        "{LAB}sed 's/10.9.0.2.30/10.9.0.2\\/30 10.9.7.1\\/30/' t.yaml >u.yaml; sed -i '1iname: t' u.yaml
         nslab up --dry-run u.yaml | grep -v ' r route\\| h. route'
         identity() {{ ip -n far -o link show eth0 | cut -d: -f1; }}; before=$(identity)
         nslab -q up u.yaml; [ \"$before\" = \"$(identity)\" ]; nslab diff u.yaml"
    ));
    assert_eq!(out, "ip -n far address add 10.9.7.1/30 dev eth0\n");
}

fn secondary() {
    let out = succeed(
        "cd /run; echo 'links: [ a 10.0.0.1/24 10.0.0.2/24 10.0.0.3/24 -- b 10.0.0.9/24 ]' >t.yaml; nslab -q up t.yaml
         echo 'links: [ a 10.0.0.4/24 10.0.0.2/24 10.0.0.3/24 -- b 10.0.0.9/24 ]' >t.yaml; nslab up t.yaml
         ip -n a -o -4 address show eth0 | grep -o '10[^ ]*' | sort | tr '\\n' ' '; nslab diff t.yaml
         cat /proc/sys/net/ipv4/conf/all/promote_secondaries
         ip netns exec a cat /proc/sys/net/ipv4/conf/eth0/promote_secondaries",
    );
    let (said, rest) = out.split_once('\n').unwrap();
    assert_eq!(said, "lab t is up: 2 changes");
    assert!(rest.starts_with("10.0.0.2/24 10.0.0.3/24 10.0.0.4/24 "), "{out}");
    assert!(rest.ends_with("\n0\n"), "{out}");
}

fn failure() {
    let err = fail(
        &format!(
            "{LAB}# Without what the kernel is still doing with addresses of its own.
             seen() {{
                 for node in h1 h2 r far lan; do
                     ip -n $node -o link | sed 's/ state.*//'; ip -n $node -o address | grep -v 'inet6 fe80'
                     ip -n $node route; ip -n $node -6 route
                 done 2>/dev/null; ls /run/netns
             }}
             seen | sort >before
             cat >u.yaml <<END
name: t
nodes:
  r: {{ sysctl: {{ net.ipv4.ip_default_ttl: 78 }} }}
  h1: {{ routes: [ 10.44.0.0/16 via 10.0.0.254 src 10.66.0.1 ] }}
segments: {{ lan: {{ prefix: 10.0.0.0/24, members: [ 'h[1-3]', 'r:in .254' ] }} }}
links: [ r:out 10.9.0.1/30 -- new 10.9.0.2/30 ]
END
             nslab up u.yaml; status=$?
             seen | sort | diff before - >&2; nslab diff t >&2; exit $status"
        ),
        3,
    );
    let words = "nslab: ip -n h1 route add 10.44.0.0/16 via 10.0.0.254 src 10.66.0.1: ";
    assert!(err.starts_with(words) && err.ends_with("help: lab \"t\" is as it was before\n"), "{err}");
}

fn foreign() {
    let out = succeed(&format!(
        "{LAB}ip -n h1 link add foo type veth peer name bar; ip -n h1 addr add 10.5.0.1/24 dev foo; ip -n h1 link set foo up
         ip -n h1 link set bar up; ip -n h1 route add 10.6.0.0/16 via 10.5.0.2 dev foo
         ip -n h1 route add 10.7.0.0/16 via 10.0.0.254 proto 186
         ip -n h1 link set eth0 down; nslab up t.yaml 2>&1 | sort
         ip -n h1 route | grep -c '10.6.0.0'"
    ));
    assert!(out.starts_with("h1:bar: not made by nslab; left alone\nh1:foo: "), "{out}");
    assert!(out.ends_with("\n1\n"), "{out}");
}

fn set() {
    let out = succeed(&format!(
        "{LAB}nslab set h1:eth0 down; nslab diff t >diff && exit 1; grep -q '^+up' diff
         nslab up --keep t.yaml; ip -n h1 link show eth0 | grep -o 'state DOWN'
         nslab set h1:eth0 up; nslab diff t; nslab -q set --both lan:h1 down; nslab -q up t.yaml; nslab diff t
         nslab set nope:eth0 down 2>&1 || echo status $?"
    ));
    let expected = "lab t: 1 change\nlab t is up already; nothing to do: 4 nodes, 1 segment, 1 link\nstate DOWN\n";
    assert!(out.starts_with(expected), "{out}");
    assert!(out.ends_with("nslab: lab \"t\" has no cable that ends at nope:eth0\nstatus 2\n"), "{out}");
}

fn taken() {
    let err = fail(&format!("{LAB}ip netns delete h2; ip netns add h2; nslab up t.yaml"), 3);
    assert!(
        err.starts_with("nslab: lab \"t\" is up, but the name of its node h2 now stands for something else"),
        "{err}"
    );
    assert!(err.contains("nslab ip netns delete h2"), "{err}");
}
