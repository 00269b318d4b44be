//! Labs: up, looked at, down; and what others do meanwhile.

use std::fs;

use libtest_mimic::Trial;

use crate::{sandbox, tools, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("lab::the_same_network_as_the_walk", same_as_the_walk),
        trial("lab::both_forms_and_both_families", both_forms),
        trial("lab::segments_routers_and_settings", segments),
        trial("lab::settings_reach_every_node", settings),
        trial("lab::a_setting_that_is_not_there", no_such_setting),
        trial("lab::names_that_no_port_can_have", port_names),
        trial("lab::routes_as_written", routes),
        trial("lab::check_holds_what_is_expected", expected),
        trial("lab::check_of_more_neighbours_than_the_kernel_keeps", many_neighbours),
        trial("lab::programs_find_names_and_variables", programs),
        trial("lab::a_route_that_the_kernel_refuses", refused_route),
        trial("lab::examples", examples),
        trial("lab::up_twice_changes_nothing", up_twice),
        trial("lab::down_leaves_nothing", down_leaves_nothing),
        trial("lab::iproute2_lists_the_nodes_and_may_delete_one", deleted_by_iproute2)
            .with_ignored_flag(tools::reference().is_none()),
        trial("lab::what_is_not_ours_is_left_alone", not_ours),
        trial("lab::a_stray_entry_among_the_records", stray),
        trial("lab::two_commands_at_once", two_at_once),
        trial("lab::which_lab_and_which_node", which),
        trial("lab::an_earlier_boot_is_recognised", earlier_boot),
        trial("lab::check_says_who_reaches_whom", check),
        trial("lab::a_file_whose_name_is_no_text", strange_file_name),
    ]
}

/// What can be seen of labs from outside, for comparing before and after.
pub(crate) const SEEN: &str =
    "seen() { ls -A /run/netns /run/nslab 2>&1 || true; grep -c . /proc/self/mountinfo; ip link; ls -A /run; }\n";

/// The lab of the walk, in /run/hello.yaml.
pub(crate) const HELLO: &str = "cat >/run/hello.yaml <<END
name: helloworld
links:
  - ns1:ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0 192.0.2.2/24
END
";

pub(crate) fn succeed(script: &str) -> String {
    sandbox::succeed(&[tools::ours()], script)
}

/// Runs a script that is expected to fail with a status; gives what it said.
pub(crate) fn fail(script: &str, status: i32) -> String {
    let output = sandbox::run(&[tools::ours()], script);
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{script}\n{err}");
    err
}

fn same_as_the_walk() {
    let out = succeed(&format!(
        "{HELLO}nslab up /run/hello.yaml
         ip netns list
         ip -n ns1 -o -4 address show ns1-veth0; ip -n ns2 -o -4 address show ns2-veth0
         ip -n ns1 -o link show ns1-veth0 | grep -o 'link-netns .*'
         ip netns exec ns1 ping -c 1 -W 2 192.0.2.2 | grep -o '1 received, 0% packet loss'
         nslab down helloworld"
    ));
    let expected = "\
lab helloworld is up: 2 nodes, 1 link
ns2
ns1
2: ns1-veth0    inet 192.0.2.1/24 scope global ns1-veth0\\       valid_lft forever preferred_lft forever
2: ns2-veth0    inet 192.0.2.2/24 scope global ns2-veth0\\       valid_lft forever preferred_lft forever
link-netns ns2
1 received, 0% packet loss
lab helloworld is down: 2 nodes removed
";
    assert_eq!(out, expected);
}

fn both_forms() {
    let out = succeed(
        "cat >/run/t.yaml <<END
nodes: { alone: }
links:
  - a:x 10.0.0.1/24 2001:db8::1/64 -- b 2001:db8::2/64 10.0.0.2/24
  - { a: { node: b, ifname: y, addresses: [ 10.1.0.1/30 ], mac: '02:00:00:00:00:01', mtu: 9000 },
      b: { node: c, addresses: [ 10.1.0.2/30 ], mtu: 9000 } }
END
nslab -q up /run/t.yaml
ip netns list | sort | tr '\\n' ' '; echo
ip -n a -o address show x | grep -o 'inet6* [^ ]*'
ip -n b -o link | cut -d' ' -f2,4-5
ip -n b -o link show y | grep -o 02:00:00:00:00:01
ip -n c -o -4 address show eth0 | grep -o 'inet [^ ]*'
ip -n alone -o link | cut -d' ' -f2,3
nslab down t",
    );
    let (start, end) = out.split_once("inet6 fe80:").unwrap();
    assert_eq!(start, "a alone b c \ninet 10.0.0.1/24\ninet6 2001:db8::1/64\n");
    let expected = "lo: mtu 65536\neth0@if2: mtu 1500\ny@if2: mtu 9000\n02:00:00:00:00:01\ninet 10.1.0.2/30\n\
                    lo: <LOOPBACK,UP,LOWER_UP>\nlab t is down: 4 nodes removed\n";
    assert_eq!(end.split_once('\n').unwrap().1, expected);
}

fn segments() {
    let out = succeed(
        "cat >/run/t.yaml <<END
nodes:
  r: { forward: true, sysctl: { net.ipv4.conf.all.rp_filter: 0, net/ipv4/conf/out/rp_filter: 2 },
       addresses: { lo: 10.255.0.1/32, out: [ 10.9.0.1/30 ] } }
segments:
  lan: { prefix: [ 10.0.0.0/24, 2001:db8::/64 ], members: [ 'h[1-2]', 'r:in .254 ::fe', a-node-with-a-long-name ] }
links: [ r:out -- far 10.9.0.2/30 ]
END
nslab up /run/t.yaml
ip netns list | sort | tr '\\n' ' '; echo
ip -n h2 -o address show eth0 | grep -v fe80 | grep -o 'inet6* [^ ]*'
ip -n lan -o link | grep -o '^[0-9]*: [^@:]*\\|master br0'
ip -n lan address | grep inet || echo the switch has no addresses
ip -n r -o -4 address show lo | grep -o '10[^ ]*'
cd /proc/sys/net
ip netns exec r cat ipv4/ip_forward ipv6/conf/all/forwarding ipv4/conf/all/rp_filter ipv4/conf/out/rp_filter
ip netns exec h1 cat ipv4/ip_forward
ip netns exec h1 ping -c 1 -W 2 10.0.0.2 | grep -o '1 received'
nslab ls; nslab down t; ls -A /run/netns",
    );
    let expected = "\
lab t is up: 5 nodes, 1 segment, 1 link
a-node-with-a-long-name far h1 h2 lan r 
inet 10.0.0.2/24
inet6 2001:db8::2/64
1: lo
2: br0
3: h1
master br0
4: h2
master br0
5: r
master br0
6: port3
master br0
the switch has no addresses
10.255.0.1/32
1
1
0
2
0
1 received
LAB  STATE  NODES  SEGMENTS  LINKS  FILE
t    up     5      1         1      /run/t.yaml
lab t is down: 5 nodes, 1 segment removed
";
    assert_eq!(out, expected);
}

fn routes() {
    let out = succeed(
        "cat >/run/t.yaml <<END
nodes:
  r: { forward: true }
  a:
    routes:
      - default via 10.1.0.2
      - 10.9.0.0/16 via 10.1.0.2 dev eth0 metric 7 mtu 1400 src 10.1.0.1
      - 10.8.0.0/16 nexthop via 10.1.0.2 weight 3 nexthop via 10.2.0.2 dev eth1
      - 10.7.0.0/16 dev eth1
      - 10.6.0.1 via 192.0.2.1 dev eth0 onlink
      - blackhole 10.5.0.0/16
      - 10.4.0.0/16 via 10.1.0.2 table 1000
      - 2001:db8:9::/48 via 2001:db8::2
      - unreachable 2001:db8:8::/48
links:
  - a 10.1.0.1/24 2001:db8::1/64 -- r 10.1.0.2/24 2001:db8::2/64
  - a 10.2.0.1/24 -- r 10.2.0.2/24
END
nslab -q up /run/t.yaml
ip -n a route | grep -v 'proto kernel'; ip -n a route show table 1000; ip -n a -6 route | grep -v 'proto kernel'
nslab -q down t",
    );
    let expected = "\
default via 10.1.0.2 dev eth0 proto static 
blackhole 10.5.0.0/16 proto static 
10.6.0.1 via 192.0.2.1 dev eth0 proto static onlink 
10.7.0.0/16 dev eth1 proto static scope link 
10.8.0.0/16 proto static 
\tnexthop via 10.1.0.2 dev eth0 weight 3 
\tnexthop via 10.2.0.2 dev eth1 weight 1 
10.9.0.0/16 via 10.1.0.2 dev eth0 proto static src 10.1.0.1 metric 7 mtu 1400 
10.4.0.0/16 via 10.1.0.2 dev eth0 proto static 
unreachable 2001:db8:8::/48 dev lo proto static metric 1024 pref medium
2001:db8:9::/48 via 2001:db8::2 dev eth0 proto static metric 1024 pref medium
";
    assert_eq!(out, expected);
}

fn programs() {
    let out = succeed(
        "cat >/run/t.yaml <<END
profiles: { p: { env: { LANG: C, X: p } } }
nodes: { a: { use: p, env: { X: 'a b' } } }
links: [ a 10.1.0.1/24 2001:db8::1/64 -- b 10.1.0.2/24 2001:db8::2/64 ]
END
before=$(hostname; cat /etc/hosts)
nslab -q up /run/t.yaml
nslab exec a sh -c 'hostname; echo $LANG,$X,$NSLAB_LAB,$NSLAB_NODE; cat /etc/hosts'
nslab exec b sh -c 'hostname; echo $X.; ping -4 -c 1 -W 2 a | head -n 1'
[ \"$before\" = \"$(hostname; cat /etc/hosts)\" ]
nslab -q down t; [ ! -e /run/nslab ]",
    );
    let expected = "\
a
C,a b,t,a
127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
10.1.0.1 a
2001:db8::1 a
10.1.0.2 b
2001:db8::2 b
b
.
PING a (10.1.0.1) 56(84) bytes of data.
";
    assert_eq!(out, expected);
}

fn expected() {
    let lab = |expect: &str| {
        format!(
            "cat >/run/t.yaml <<END
nodes: {{ r: {{ forward: true, routes: [ 'blackhole 10.2.0.2/32' ] }} }}
routing: auto
links: [ a 10.1.0.2/24 -- r 10.1.0.1/24, b 10.2.0.2/24 -- r 10.2.0.1/24 ]
expect: [ {expect} ]
END
nslab -q up /run/t.yaml; "
        )
    };
    let out = succeed(&format!("{}nslab check -q; nslab down t", lab("a !> b, r !> b, b !> a, b !> r")));
    assert_eq!(out, "as expected: 8 address pairs\nlab t is down: 3 nodes removed\n");
    let script = format!("{}nslab check -q --deadline 0.2 t >&2", lab("a !> b, r !> b, a !> r"));
    let err = fail(&script, 1);
    assert!(err.contains("a reaches r at 10.1.0.1, which it must not\n"), "{err}");
    assert!(err.contains("b reaches nobody: ") && err.ends_with("of 8 address pairs\n"), "{err}");
}

/// 40 nodes on a switch make 1,560 neighbours; by default the kernel keeps 1,024.
fn many_neighbours() {
    let out = succeed(
        "echo 'segments: { lan: { prefix: 10.0.0.0/24, members: [ \"h[1-40]\" ] } }' >/run/t.yaml
         nslab -q up /run/t.yaml; nslab -q check t; ip -n h1 neigh; nslab -q down t",
    );
    assert_eq!(out, "all reached: 1560 address pairs\n");
}

fn refused_route() {
    let err = fail(
        "{ echo 'nodes: { a: { routes: [ default via 10.1.0.2 src 10.1.0.9 ] } }'; echo 'links: [ a 10.1.0.1/24 -- b ]'; } \
         >/run/t.yaml; nslab up /run/t.yaml || { status=$?; ls -A /run/netns /run/nslab; exit $status; }",
        3,
    );
    assert!(err.starts_with("nslab: adding route to a: default via 10.1.0.2 src 10.1.0.9: "), "{err}");
}

/// On more nodes than one instance of procfs serves; and in a user namespace, where there is none to be had.
fn settings() {
    let script = "mount -t tmpfs tmpfs /run; cd /proc/sys/net
        printf \"nodes:\\n  n[1-70]: { sysctl: { net.ipv4.ip_default_ttl: 77 } }\\n\" >/run/t.yaml
        nslab -q up /run/t.yaml
        for node in $(ip netns list); do
            ip netns exec $node cat ipv6/conf/default/accept_ra ipv4/ip_default_ttl
        done | sort -n | uniq -c | tr -s \" \"
        cat ipv6/conf/default/accept_ra ipv4/ip_default_ttl";
    for sandbox in ["unshare --net --mount", "unshare --user --map-root-user --net --mount"] {
        assert_eq!(succeed(&format!("{sandbox} sh -ec '{script}'")), " 70 0\n 70 77\n1\n64\n", "{sandbox}");
    }
}

fn no_such_setting() {
    let err =
        fail("echo 'nodes: { a: , b: { sysctl: { net.ipv4.no_such: 1 } } }' >/run/t.yaml; nslab up /run/t.yaml", 3);
    let expected = "nslab: making node b: setting net/ipv4/no_such to \"1\": No such file or directory\n";
    assert!(err.starts_with(expected), "{err}");
    let err = fail(
        "{ echo 'nodes: { a: { sysctl: { net/ipv4/conf/eth0/no_such: 1 } } }'; echo 'links: [ a -- b ]'; } >/run/t.yaml
         nslab up /run/t.yaml || { status=$?; ls -A /run/netns /run/nslab; exit $status; }",
        3,
    );
    assert!(err.contains("node a: setting net/ipv4/conf/eth0/no_such"), "{err}");
}

/// A switch's ports are named as the nodes at them, where the kernel takes that.
fn port_names() {
    let out = succeed(
        "echo 'segments: { lan: { prefix: 10.0.0.0/24, members: [ all, default, lo, br0, port1, x, x ] } }' >/run/t.yaml
         nslab -q up /run/t.yaml; ip -n lan -o link | grep -o '^[0-9]*: [^@:]*' | tr '\\n' ' '; nslab check t | tail -1",
    );
    let ports = "1: lo 2: br0 3: port0 4: port1 5: port2 6: port3 7: port4 8: x 9: port6 ";
    assert_eq!(out, format!("{ports}all reached: 35 address pairs\n"));
}

/// Every example is a lab that comes up, whose nodes reach each other, and that goes.
fn examples() {
    let mut count = 0;
    for entry in fs::read_dir(tools::repository("examples")).unwrap() {
        let path = entry.unwrap().path();
        // Some need what not every kernel has, and have tests of their own.
        let everywhere = ![crate::impair::EXAMPLE, crate::lab_kinds::EXAMPLE].iter().any(|name| path.ends_with(name));
        if everywhere && path.extension().is_some_and(|ending| ending == "yaml") {
            let path = path.display();
            succeed(&format!("nslab up {path}; nslab check {path}; nslab down {path}; test ! -e /run/nslab"));
            count += 1;
        }
    }
    assert!(count >= 9, "only {count} examples");
}

fn up_twice() {
    let out = succeed(&format!(
        "{HELLO}nslab -q up /run/hello.yaml; sha256sum /run/nslab/helloworld/record.json >/run/sum
         nslab up /run/hello.yaml; sha256sum --quiet -c /run/sum; ip netns list"
    ));
    assert_eq!(out, "lab helloworld is up already; nothing to do: 2 nodes, 1 link\nns2\nns1\n");
}

fn down_leaves_nothing() {
    // The first name on a machine makes /run/netns a shared mount, as with `ip netns add`; that stays.
    let script = format!(
        "{HELLO}{SEEN}[ $(id -u) != 0 ] || ip netns add other; touch /run/before /run/after; seen >/run/before
         for i in 1 2 3; do nslab -q up /run/hello.yaml; nslab -q down helloworld; done
         seen >/run/after; diff /run/before /run/after; echo same"
    );
    assert_eq!(succeed(&script), "same\n");
}

fn deleted_by_iproute2() {
    let ip = tools::reference().unwrap().join("ip");
    let ip = ip.display();
    let out = succeed(&format!(
        "{HELLO}nslab -q up /run/hello.yaml; {ip} netns list; {ip} -n ns1 link show ns1-veth0 | grep -c UP
         {ip} netns delete ns1; nslab check 2>&1 || echo status $?
         nslab exec ns1 true 2>&1 || echo status $?
         nslab down helloworld; {ip} netns list; ls /run"
    ));
    let expected = "\
ns2\nns1\n1
nslab: lab \"helloworld\" is up, but its node ns1 was taken away by hand
  help: nslab up with the lab's file makes it anew; nslab down helloworld takes the rest away
status 3
nslab: lab \"helloworld\" is up, but its node ns1 was taken away by hand
  help: nslab up with the lab's file makes it anew; nslab down helloworld takes the rest away
status 3
lab helloworld is down: 1 node removed
hello.yaml\nnetns
";
    assert_eq!(out, expected);
}

/// Somebody deletes the nodes and gives their names to a namespace and a file of their own.
fn not_ours() {
    let out = succeed(&format!(
        "{HELLO}nslab -q up /run/hello.yaml
         ip netns delete ns1; ip netns add ns1; ip netns delete ns2; echo mine >/run/netns/ns2
         nslab down helloworld 2>&1; ip netns list 2>/dev/null; ip -n ns1 link | grep -c lo:; cat /run/netns/ns2"
    ));
    let expected = "\
ns1: this name is now another namespace's; left alone
ns2: this name is now another namespace's; left alone
lab helloworld is down: 0 nodes removed
ns2\nns1\n1\nmine
";
    assert_eq!(out, expected);
}

/// What is no lab's is told of once, and keeps no lab from being listed and taken down.
fn stray() {
    let out = succeed(&format!(
        "{HELLO}nslab -q up /run/hello.yaml; mkdir /run/nslab/.x
         nslab ls 2>&1 | cut -c1-20; nslab down --all 2>&1 || echo status $?; ls -A /run/netns /run/nslab"
    ));
    let (told, rest) = out.split_once("lab helloworld is down: 2 nodes removed\n").unwrap();
    assert_eq!((told.matches("helloworld").count(), told.matches(".x").count()), (1, 1), "{out}");
    assert!(rest.contains("status 2\n") && rest.ends_with("/run/netns:\n\n/run/nslab:\n.x\n"), "{out}");
    assert_eq!(rest.matches("\".x\"").count(), 1, "{out}");
}

fn two_at_once() {
    let out = succeed(
        "{ echo name: t; echo links:
           for i in $(seq 60); do echo \"- a$i 10.0.$i.1/24 -- b$i 10.0.$i.2/24\"; done; } >/run/t.yaml
         for i in 1 2 3 4; do nslab up /run/t.yaml 2>>/run/err & done; wait
         for i in 1 2 3 4; do nslab down t 2>>/run/err & done; wait
         ip netns list; ls -A /run/netns; test ! -e /run/nslab
         grep -v -e 'waiting for another command' -e 'no lab named' -e 'nslab ls lists' /run/err || echo quiet",
    );
    let count = |line: &str| out.lines().filter(|l| *l == line).count();
    assert_eq!(count("lab t is up: 120 nodes, 60 links"), 1, "{out}");
    assert_eq!(count("lab t is up already; nothing to do: 120 nodes, 60 links"), 3, "{out}");
    assert_eq!(count("lab t is down: 120 nodes removed"), 1, "{out}");
    assert_eq!(count("quiet"), 1, "{out}");
}

fn which() {
    let setup = format!("{HELLO}nslab -q up /run/hello.yaml; mkdir /run/here; cd /run/here; ");
    let out = succeed(&format!(
        "{setup}nslab exec ns1 sh -c 'echo $NSLAB_LAB $NSLAB_NODE'; nslab exec helloworld/ns2 true
         SHELL=/bin/true nslab sh ns1; nslab exec ns1 sh -c 'exit 5' || echo $?
         nslab exec ns1 sh -c 'kill -9 $$' || echo $?
         nslab ls --json | tr -d ' \\n'; echo
         cp /run/hello.yaml nslab.yaml; nslab down; nslab ls; echo none"
    ));
    let expected = "helloworld ns1\n5\n137\n\
        [{\"name\":\"helloworld\",\"state\":\"up\",\"nodes\":[\"ns1\",\"ns2\"],\"segments\":[],\"links\":1,\"processes\":[],\"file\":\"/run/hello.yaml\"}]\n\
        lab helloworld is down: 2 nodes removed\nnone\n";
    assert_eq!(out, expected);
    assert!(fail(&format!("{setup}nslab exec nope true"), 3).contains("labs that are up: helloworld"));
    assert!(fail(&format!("{setup}nslab exec ns1 /nonexistent"), 127).contains("No such file"));
    assert!(fail(&format!("{setup}nslab exec ns1 /etc/passwd"), 126).contains("Permission denied"));
    assert!(fail(&format!("{setup}nslab down"), 2).contains("labs that are up: helloworld"));
    assert!(fail(&format!("{setup}nslab down nope"), 3).contains("no lab named \"nope\" is up"));
    assert!(fail(&format!("{setup}nslab down ../hello"), 2).contains("hello"));
    assert!(fail("nslab exec", 2).contains("Usage"));
    // A lab that is not there leaves no trace of having been asked for.
    assert_eq!(succeed("nslab down nope 2>/dev/null || ls -A /run"), "");
}

fn earlier_boot() {
    let out = succeed(&format!(
        "{HELLO}nslab -q up /run/hello.yaml
         sed -i 's/\"boot_id\":\"[^\"]*\"/\"boot_id\":\"another\"/' /run/nslab/helloworld/record.json
         ip netns del ns1; ip netns del ns2; ip netns add ns1
         nslab ls | cut -c1-30; nslab down helloworld; ip netns; ls /run"
    ));
    let expected = "\
LAB         STATE            N
helloworld  gone at restart  2
lab helloworld is down: 0 nodes removed
ns1
hello.yaml
netns
";
    assert_eq!(out, expected);
}

fn check() {
    let out = succeed(&format!("{HELLO}nslab -q up /run/hello.yaml; nslab check"));
    assert!(out.contains("ns1") && out.contains("ns2") && out.contains("ms"), "{out}");
    let output = sandbox::run(
        &[tools::ours()],
        &format!("{HELLO}nslab -q up /run/hello.yaml; ip -n ns2 link set ns2-veth0 down; nslab check helloworld"),
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("ns1") && text.contains("ns2"), "{text}");
    fail("nslab check", 3);
    fail("nslab check nope", 3);
}

fn strange_file_name() {
    let out = succeed(&format!(
        "{HELLO}mv /run/hello.yaml \"$(printf '/run/h\\377.yaml')\"; nslab -q up /run/h*.yaml; nslab ls; nslab down helloworld"
    ));
    assert!(out.contains("/run/h\u{fffd}.yaml\n") && out.ends_with("2 nodes removed\n"), "{out}");
}
