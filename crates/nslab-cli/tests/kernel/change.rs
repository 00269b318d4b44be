//! Labs that are up, changed: by hand and put right by `up`, and by their file.

use libtest_mimic::Trial;

use crate::lab::{fail, succeed};
use crate::{tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("change::drift_by_hand_is_put_right", drift),
        trial("change::each_part_of_a_file", files),
        trial("change::an_address_is_one_change_and_disturbs_no_other_node", one_address),
        trial("change::of_two_addresses_of_a_subnet_the_second_stays", secondary),
        trial("change::a_failure_puts_back_what_was", failure),
        trial("change::what_is_somebody_elses_is_left_alone", foreign),
        trial("change::a_link_set_down_is_kept_or_reset", set),
        trial("change::impairments_are_set_kept_and_reset", impaired),
        trial("change::set_where_a_node_was_taken_away", set_without),
        trial("change::words_that_are_no_link_or_no_impairment", set_refused),
        trial("change::status_shows_what_is_there", status),
        trial("change::a_node_whose_name_is_taken", taken),
        trial("change::interfaces_beside_cables", devices),
        trial("change::interfaces_beside_cables_after_a_failure", devices_failure),
        trial("change::a_connection_lives_on", connection).with_ignored_flag(connectable()),
        trial("change::one_address_is_one_event_in_one_node", one_event)
            .with_ignored_flag(tools::reference().is_none()),
        trial("change::a_new_node_disturbs_no_other", new_node).with_ignored_flag(tools::reference().is_none()),
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
                     ip -n $node -o link | sed 's/ state.*//; s/NO-CARRIER,//; s/,LOWER_UP//'; ip -n $node -o address | grep -v 'inet6 fe80'
                     {{ ip -n $node route; ip -n $node -6 route; }} | sed 's/ linkdown//'
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
        "{LAB}nslab set h1:eth0 down; nslab diff >diff && exit 1; grep -q '^+up' diff
         nslab up --keep t.yaml; ip -n h1 link show eth0 | grep -o 'state DOWN'
         nslab set h1:eth0 up; nslab diff t; nslab -q set --both t/lan:h1 down; nslab -q up t.yaml; nslab diff t
         nslab set nope:eth0 down 2>&1 || echo status $?
         echo 'nodes: {{ alone: }}' >other.yaml; nslab -q up other.yaml; nslab set h1:eth0 down 2>&1 || echo status $?
         nslab diff 2>&1 || echo status $?; nslab set h1--lan sideways 2>&1 || echo status $?"
    ));
    let expected = "lab t: 1 change\nlab t is up already; nothing to do: 4 nodes, 1 segment, 1 link\nstate DOWN\n";
    assert!(out.starts_with(expected), "{out}");
    let refused = "nslab: lab \"t\" has no cable that ends at nope:eth0\nstatus 3
nslab: several labs are up: say which\n  help: labs that are up: other, t; say it as LAB/h1:eth0\nstatus 2
nslab: several labs are up: say which\n  help: labs that are up: other, t\nstatus 2
nslab: \"sideways\" is neither down, up nor clear, nor an impairment with its value
  help: impairments are written as in the file, for example: delay 20ms loss 1%\nstatus 2\n";
    assert!(out.ends_with(refused), "{out}");
}

fn impaired() {
    let out = succeed(&format!(
        "{LAB}qdisc() {{ ip -n $1 link show $2 | grep -o 'qdisc [a-z]*'; }}
         nslab -v set h1--lan rate 1mbit; qdisc h1 eth0; qdisc lan h1
         nslab diff t | grep -v '^+++'; nslab up --keep t.yaml | cut -d: -f1; qdisc h1 eth0
         nslab -q set h1:eth0 down; nslab -q set h1:eth0 up; qdisc h1 eth0
         nslab -q set h1:eth0 '{{ rate: 2mbit }}'; nslab -q set --both h1:eth0 clear; nslab diff t; qdisc h1 eth0
         nslab -q set r:out clear; qdisc r out; nslab diff t | grep '^[+@]'; nslab -q set r:out rate: 100mbit; nslab diff t
         nslab -q set h1:eth0 delay 1ms 2>&1 | grep -q 'no `netem`: nslab set h1:eth0 delay 1ms: ' || nslab -q set h1:eth0 clear
         nslab -q set far--r rate 3mbit; nslab up -v t.yaml | head -2; nslab diff t
         grep -c '\"kept\"' /run/nslab/t/record.json || true"
    ));
    let expected = "\
nslab set h1:eth0 rate 1mbit
nslab set lan:h1 rate 1mbit
lab t: 2 changes
qdisc tbf
qdisc tbf
--- lab t
@@ h1:eth0 @@
-impair rate 1mbit
@@ lan:h1 @@
-impair rate 1mbit
lab t is up already; nothing to do
qdisc tbf
qdisc tbf
qdisc noqueue
qdisc noqueue
+++ /run/t.yaml
@@ r:out @@
+impair rate 100mbit
nslab set r:out rate 100mbit
nslab set far:eth0 rate 100mbit
0
";
    assert_eq!(out, expected);
}

fn set_without() {
    let out = succeed(&format!(
        "{LAB}ip netns del far; nslab -q set h1:eth0 down; nslab ls --json | grep -c '\"state\": \"up\"'
         nslab -q up t.yaml; nslab diff t; nslab down t; ls -A /run/netns"
    ));
    assert_eq!(out, "1\nlab t is down: 4 nodes, 1 segment removed\n");
}

fn set_refused() {
    let out = succeed(
        "cd /run; echo 'links: [ a -- b, a -- b, b -- c--d ]' >t.yaml; nslab -q up t.yaml
         for words in 'a--b down' 'a--c--d down' 'a--x up' 'a up' 'b--c--d rate' 'b:eth2 lose 1%' 'b:eth2 loss 101%' \
             'b:eth2 limit 3' 'a:eth7 up' 'a:eth0 [' 'b--c--d clear'; do nslab -q set $words 2>&1 || echo status $?; done",
    );
    let said: Vec<&str> = out.lines().filter(|line| !line.starts_with("status ")).collect();
    assert_eq!((out.matches("status 2\n").count(), out.matches("status 3\n").count()), (8, 2), "{out}");
    let expected = [
        "nslab: 2 links are between the two nodes of a--b",
        "  help: say which by an end, with --both for the other too: a:eth0, a:eth1",
        "nslab: lab \"t\" has no link between the two nodes of a--c--d",
    ];
    assert_eq!(said[..3], expected, "{out}");
    assert!(out.contains("nslab: lab \"t\" has no node \"x\"\n"), "{out}");
    assert!(out.contains("help: ends there: a:eth0, a:eth1\n"), "{out}");
    assert!(out.contains("`limit` without a `delay` or a `rate`\n"), "{out}");
}

fn status() {
    let out = succeed(&format!(
        "{LAB}nslab status; nslab status --json t | grep -c '\"state\": \"up\"'
         ip -n h1 link set eth0 down; nslab -q set --both r:out clear; ip -n r link add foo type veth peer name bar
         ip netns delete h2; ip netns add h2; ip -n lan link delete r
         until ! ip -n lan link show h2 2>/dev/null && ip -n lan link show br0 | grep -q NO-CARRIER; do :; done >/dev/null
         nslab status t.yaml || echo status $?
         nslab status --json | grep -c '\"missing\": true\\|\"state\": \"missing\"'; nslab -q down t; nslab status t 2>&1 || echo status $?"
    ));
    let expected = "\
lab t: up
INTERFACE  STATE  PEER      ADDRESSES                      IMPAIRED
r:lo       up     -         10.255.0.1/32
r:in       up     lan:r     10.0.0.254/24 2001:db8::fe/64
r:out      up     far:eth0  10.9.0.1/30                    rate 100mbit
h1:eth0    up     lan:h1    10.0.0.1/24 2001:db8::1/64
h2:eth0    up     lan:h2    10.0.0.2/24 2001:db8::2/64
far:eth0   up     r:out     10.9.0.2/30                    rate 100mbit
lan:br0    up     -         -
lan:h1     up     h1:eth0   -
lan:h2     up     h2:eth0   -
lan:r      up     r:in      -
14
lab t: up
INTERFACE  STATE       PEER      ADDRESSES
r:lo       up          -         10.255.0.1/32
r:out      up          far:eth0  10.9.0.1/30
r:bar      down        r:foo     -
r:foo      down        r:bar     -
r:in       missing     -         -
h1:eth0    down        lan:h1    10.0.0.1/24
h2         missing     -         -
far:eth0   up          r:out     10.9.0.2/30
lan:br0    no carrier  -         -
lan:h1     no carrier  h1:eth0   -
lan:h2     missing     -         -
lan:r      missing     -         -
status 1
4
nslab: no lab named \"t\" is up
  help: no lab is up
status 3
";
    assert_eq!(out, expected);
}

fn taken() {
    let err = fail(&format!("{LAB}ip netns delete h2; ip netns add h2; nslab up t.yaml"), 3);
    assert!(
        err.starts_with("nslab: lab \"t\" is up, but the name of its node h2 now stands for something else"),
        "{err}"
    );
    assert!(err.contains("nslab ip netns delete h2"), "{err}");
}

const DEVICES: &str = "cd /run; cat >a.yaml <<END
name: t
nodes:
  sw: { interfaces: { br0: { kind: bridge, ports: [ p1, p2, tap0 ], addresses: [ 10.0.0.9/24, 2001:db8::9/64 ] }, tap0: tap } }
  r: { interfaces: { mv0: { kind: macvlan, link: eth0, addresses: 10.0.0.20/24 }, tun0: { kind: tun, addresses: 10.8.0.1/24 } },
       routes: [ 10.44.0.0/16 via 10.8.0.2 ] }
links: [ sw:p1 -- h1 10.0.0.1/24, sw:p2 -- r:eth0 10.0.0.2/24 ]
END
nslab -q up a.yaml
";

/// What somebody may do to such a lab, one a line.
const DEVICES_DRIFT: &[&str] = &[
    "ip -n sw link set br0 down",
    "ip -n sw addr flush dev br0",
    "ip -n sw link del br0",
    "ip -n sw link set p1 nomaster; ip -n sw link set tap0 nomaster",
    "ip -n sw link del tap0",
    "ip -n r link del mv0; ip -n r link del tun0",
    "ip -n r addr del 10.0.0.20/24 dev mv0; ip -n r addr add 10.0.0.21/24 dev mv0; ip -n r link set tun0 down",
    "ip -n r link del eth0",
    "ip netns del sw",
    "ip netns del r",
];

fn devices() {
    let each = DEVICES_DRIFT.iter().map(|hand| {
        format!(
            "{hand}
             if nslab diff t >/dev/null; then echo 'no difference seen'; exit 1; fi
             nslab -q up a.yaml; nslab diff t
             for to in 10.0.0.2 10.0.0.9 10.0.0.20; do ip netns exec h1 ping -q -c 1 -W 2 $to >/dev/null; done
             ip -n r route show 10.44.0.0/16 | grep -q tun0\n"
        )
    });
    let out = succeed(&format!(
        "{DEVICES}nslab diff t\n{}
         sed 's/ addresses: 10.0.0.20.24/ mode: private, mtu: 1400, addresses: 10.0.0.22\\/24/; s/, tap0: tap/, tap1: tap, tap2: tap/; s/p2, tap0/p2, tap1/' a.yaml >b.yaml
         sed 's/, 2001:db8::9.64//; s/10.8.0.1.24/[ 10.8.0.1\\/24, 10.8.7.1\\/24 ]/' a.yaml >c.yaml
         sed 's/interfaces: .*tun0.*$/forward: true,/; s/routes: .*$/}}/' a.yaml | sed 's/forward: true,/forward: true/' >d.yaml
         nslab up --dry-run c.yaml
         for file in b c d a d b a; do
             nslab up $file.yaml | cut -d: -f1; nslab diff $file.yaml; ip netns exec h1 ping -q -c 1 -W 2 10.0.0.9 >/dev/null
         done
         sed 's/tap0: tap }}/tap0: tap, b0: bond }}/' a.yaml >e.yaml
         nslab up e.yaml 2>&1 | grep -q 'lab \"t\": sw:b0: bond: this cannot be done while it is up'; nslab diff a.yaml
         nslab down t",
        each.collect::<String>()
    ));
    let up = "lab t is up\n".repeat(7);
    let dry = "ip -n r address add 10.8.7.1/24 dev tun0\nip -n sw address delete 2001:db8::9/64 dev br0\n";
    assert!(out.starts_with("ip -n ") && out.ends_with("lab t is down: 3 nodes removed\n"), "{out}");
    assert!(out.contains(&up), "{out}");
    let mut said: Vec<&str> = out.lines().take(2).collect();
    said.sort_unstable();
    assert_eq!(said.join("\n") + "\n", dry, "{out}");
}

fn devices_failure() {
    let err = fail(
        &format!(
            "{DEVICES}seen() {{
                 for node in h1 r sw; do
                     ip -n $node -d -o link | sed 's/ state.*//; s/NO-CARRIER,//; s/,LOWER_UP//'; ip -n $node -o address | grep -v 'inet6 fe80'; ip -n $node route | sed 's/ linkdown//'
                 done; ip -n sw link show master br0 | grep -o '^[0-9].*:'
             }}
             seen | sort >before
             sed 's/ports: \\[/stp: true, ports: [/; s/mv0: {{/mv1: tap, mv0: {{ mode: private,/; s/, tun0: {{.*$/ }},/; s/via 10.8.0.2/via 10.0.0.1 src 10.66.0.1/' a.yaml >b.yaml
             nslab up b.yaml; status=$?; seen | sort | diff before - >&2; nslab diff a.yaml >&2; exit $status"
        ),
        3,
    );
    let words = "nslab: ip -n r route add 10.44.0.0/16 via 10.0.0.1 src 10.66.0.1: ";
    assert!(err.starts_with(words) && err.ends_with("help: lab \"t\" is as it was before\n"), "{err}");
}

/// Whether there is nothing here to hold a connection with.
fn connectable() -> bool {
    let missing = tools::find("python3").is_none();
    if missing {
        eprintln!("skipped: a connection over a link that changes, for want of python3");
    }
    missing
}

/// A server that gives back each line, and a client that says one, waits for the lab to be changed, and says more.
const CONNECTION: &str = "cat >/run/server.py <<END
import socket
s = socket.create_server(('10.0.0.2', 7)); open('/run/listens', 'w').write('')
c = s.accept()[0]; f = c.makefile('rw')
for line in f: f.write(line); f.flush()
END
cat >/run/client.py <<END
import socket, subprocess, time
c = socket.create_connection(('10.0.0.2', 7), 10); c.settimeout(10); f = c.makefile('rw')
def say(word):
    f.write(word + chr(10)); f.flush()
    assert f.readline() == word + chr(10)
say('before'); open('/run/talks', 'w').write('')
with open('/run/changed') as fifo:
    for line in fifo: say(line.strip()); print('after', line, end='', flush=True)
c.close()
END
mkfifo /run/changed
";

fn connection() {
    let out = succeed(&format!(
        "{CONNECTION}cd /run; echo 'links: [ \"a 10.0.0.1/24 -- b 10.0.0.2/24 {{ rate: 100mbit }}\" ]' >t.yaml; nslab -q up t.yaml
         timeout 60 ip netns exec b python3 server.py & server=$!
         until [ -e listens ]; do :; done
         timeout 60 ip netns exec a python3 client.py & client=$!
         exec 3>changed; until [ -e talks ]; do :; done
         echo 'links: [ \"a 10.0.0.1/24 -- b 10.0.0.2/24 10.0.0.9/24 {{ rate: 100mbit }}\" ]' >t.yaml; nslab -q up t.yaml; echo address >&3
         nslab -q set a--b rate 5mbit; echo rate >&3
         echo 'links: [ \"a 10.0.0.1/24 -- b 10.0.0.2/24 10.0.0.9/24\", b -- c ]' >t.yaml; nslab -q up t.yaml; echo node >&3
         exec 3>&-; wait $client; wait $server; nslab diff t"
    ));
    assert_eq!(out, "after address\nafter rate\nafter node\n");
}

/// Listens in each of some nodes with the reference's `ip`, which has nothing but what the kernel tells, and gives what
/// it was told while something is done. A last event of its own in each node says that all before it was told.
fn told(nodes: &str, of: &str, done: &str) -> String {
    let reference = tools::reference().unwrap().display();
    format!(
        "for node in {nodes}; do
             # What the kernel does with its own addresses of IPv6 is over.
             until [ $(ip -n $node -6 -o address show scope link | grep -vc tentative) = \\
                 $(ip -n $node -o link show type veth | grep -c .) ]; do :; done
         done
         for node in {nodes}; do
             timeout 60 nslab exec t/$node {reference}/ip -o monitor {of} >$node.told & echo $! >$node.pid
             # It listens once it tells of something.
             until [ -s $node.told ]; do
                 ip -n $node addr add 127.9.9.9/32 dev lo; ip -n $node addr delete 127.9.9.9/32 dev lo
             done
             ip -n $node addr add 127.8.8.8/32 dev lo; ip -n $node addr delete 127.8.8.8/32 dev lo
             until grep -q 'Deleted.* 127.8.8.8' $node.told; do :; done
             sync=$(grep -c . $node.told); echo $sync >$node.lines
         done
         {done}
         for node in {nodes}; do
             ip -n $node addr add 127.7.7.7/32 dev lo; ip -n $node addr delete 127.7.7.7/32 dev lo
             until grep -q 'Deleted.* 127.7.7.7' $node.told; do :; done
             kill $(cat $node.pid)
             sed \"1,$(cat $node.lines)d\" $node.told | grep -v ' 127\\.[789]\\.' | sed \"s/^/$node: /\" || true
         done"
    )
    .replace("\\\"", "\"")
}

fn one_event() {
    let script = told("h1 h2 r far", "address", "nslab -q up u.yaml");
    let out = succeed(&format!(
        "{LAB}sed 's/10.9.0.2.30/10.9.0.2\\/30 10.9.7.1\\/30/' t.yaml >u.yaml; sed -i '1iname: t' u.yaml; {script}"
    ));
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines.len() == 1 && lines[0].starts_with("far: 2: eth0    inet 10.9.7.1/30 "), "{out}");
}

fn new_node() {
    let script = told("h1 h2 r", "", "nslab -q up u.yaml");
    let out = succeed(&format!(
        "{LAB}sed 's/^routing: auto/routing: none/' t.yaml >v.yaml; sed -i '1iname: t' v.yaml; nslab -q up v.yaml
         sed '/^links:/s/ \\]$/, far -- new 10.8.0.1\\/24 ]/' v.yaml >u.yaml; {script}; nslab diff u.yaml"
    ));
    assert_eq!(out, "");
}
