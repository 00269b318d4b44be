use std::fmt::Write;
use std::path::Path;

use proptest::prelude::*;

use super::include::tests::parsed_with;
use super::*;
use crate::ErrorKind;
use crate::types::MacAddr;

mod wrong;

pub(super) fn parsed(text: &str) -> Lab {
    schema::tests::assert_fits(text);
    parse(text, Path::new("labs/file.yaml")).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// What is wrong, one line each: `line:column message`.
pub(super) fn problems(text: &str) -> Vec<String> {
    let error = parse(text, Path::new("file.yaml")).expect_err(text);
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let found = error.file_problems().unwrap();
    for problem in &found.problems {
        let span = problem.span.clone().unwrap();
        assert!(found.source_of(problem).unwrap().text.get(span.clone()).is_some(), "{span:?} is no part of {text:?}");
    }
    found.problems.iter().map(|it| format!("{}:{} {}", it.line, it.column, it.message)).collect()
}

pub(super) fn help(text: &str) -> String {
    let error = parse(text, Path::new("file.yaml")).expect_err(text);
    error.file_problems().unwrap().problems[0].help.clone().unwrap_or_default()
}

#[test]
fn nodes_without_a_link_are_found_where_there_are_links() {
    let found = |text: &str| parsed(text).unlinked().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(found("nodes: { x: , y: , h: }\nlinks: [ a -- b ]\nsegments: { s: { members: [ h ] } }"), "x y");
    assert_eq!(found("nodes: { x: , y: }"), "");
    let devices = "nodes: { x: { interfaces: { d: dummy } }, u: }\nlinks: [ a -- b ]\nuplink: { node: u }";
    assert_eq!(found(devices), "");
}

#[test]
fn the_walk_in_one_file() {
    let lab = parsed("name: helloworld\nlinks:\n  - ns1:ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0 192.0.2.2/24\n");
    assert_eq!(lab.name.as_str(), "helloworld");
    let nodes: Vec<&str> = lab.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(nodes, ["ns1", "ns2"]);
    let [link] = lab.links.as_slice() else { panic!("{lab:?}") };
    assert_eq!((link.a.node.as_str(), link.a.ifname.as_str()), ("ns1", "ns1-veth0"));
    assert_eq!(link.b.addresses, ["192.0.2.2/24".parse().unwrap()]);
    assert_eq!(link.a.mac, MacAddr::derived(&["helloworld", "ns1", "ns1-veth0"]));
    assert_eq!(link.a.mtu, None);
}

#[test]
fn impairments_in_every_form_are_the_same() {
    let want = "delay 20ms rate 10mbit";
    for text in [
        "links:\n  - r1 -- r2 { delay: 20ms, rate: 10mbit }",
        "links:\n  - r1 -- r2 {rate: '10Mbit', delay: \"20ms\", loss: 0%} # far\n",
        "links: [ r1 -- r2 { delay: 20ms, rate: 10mbit } ]",
        "links: [\n  r1 -- r2 { delay: 20ms, rate: 10mbit },\n]",
        "links: [ 'r1 -- r2 { delay: 20ms, rate: 10mbit }' ]",
        "links:\n  - \"r1 -- r2 { a: { delay: 20ms, rate: 10mbit }, b: { delay: 20ms, rate: 10mbit } }\"",
        "links:\n  - { a: { node: r1 }, b: { node: r2 }, impair: { delay: 20ms, rate: 10mbit } }",
        "links:\n  - { impair: { delay: 20ms, rate: 10mbit }, chain: 'r[1-2]' }",
    ] {
        let lab = parsed(text);
        let [link] = lab.links.as_slice() else { panic!("{text}") };
        let shown = |end: &End| end.impair.map(|impair| impair.to_string()).unwrap_or_default();
        assert_eq!((shown(&link.a).as_str(), shown(&link.b).as_str()), (want, want), "{text}");
    }
    let lab = parsed(
        "segments:\n  s:\n    impair: { loss: 1% }\n    members:\n      - h[1-2] { delay: 5ms }\n      - h3\nlinks:\n  - h1 -- h3 { b: { rate: 8kbit } }\n",
    );
    let of = |end: &End| end.impair.map_or("-".into(), |impair| impair.to_string());
    let members: Vec<String> = lab.segments[0].members.iter().map(of).collect();
    assert_eq!(members, ["delay 5ms", "delay 5ms", "loss 1%"]);
    assert_eq!((of(&lab.links[0].a), of(&lab.links[0].b)), ("-".into(), "rate 8kbit".into()));
}

#[test]
fn braces_in_texts_of_several_lines_stay_what_they_are() {
    let lab = parsed(
        "nodes:\n  a:\n    env:\n      ONE: |\n        - x -- y { z: 1 }\n        - u { v }\n      TWO: >\n        q\n        [ a -- b { c: d },\n      THREE: a -- b {c}\nlinks:\n  - a -- b { loss: 1% }\n",
    );
    let env = &lab.nodes[0].env;
    assert_eq!(env["ONE"], "- x -- y { z: 1 }\n- u { v }\n");
    assert_eq!(env["TWO"], "q [ a -- b { c: d },\n");
    assert_eq!(env["THREE"], "a -- b {c}");
    assert!(lab.links[0].a.impair.is_some());
}

#[test]
fn segments_ranges_profiles_and_what_they_leave_to_us() {
    let lab = parsed(
        "
profiles: { edge: { forward: true, sysctl: { net.ipv4.conf.all.rp_filter: 2, net.a: 1 } } }
nodes:
  h[1-2]:
  r1: { use: edge, sysctl: { net.ipv4.conf.all.rp_filter: 0 }, addresses: { lo: [ 10.255.0.1/32 ], in: 10.9.0.1/24 } }
segments:
  lan:
    prefix: [ 10.0.0.0/24, 2001:db8::/64 ]
    members: [ 'h[1-3]', 'r1:in .254 ::fe', db 10.0.0.2/24, db .10 ]
links: [ h1 -- r1 ]
",
    );
    let names: Vec<&str> = lab.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["h1", "h2", "r1", "h3", "db"]);
    let r1 = &lab.nodes[2];
    let sysctl: Vec<String> = r1.sysctl.iter().map(|s| format!("{}={}", s.path, s.value)).collect();
    assert_eq!((r1.forward, sysctl), (true, vec!["net/a=1".into(), "net/ipv4/conf/all/rp_filter=0".into()]));
    assert_eq!(r1.loopback, ["10.255.0.1/32".parse().unwrap()]);
    let members: Vec<String> = lab.segments[0]
        .members
        .iter()
        .map(|end| {
            let addresses: Vec<String> = end.addresses.iter().map(ToString::to_string).collect();
            format!("{}:{} {}", end.node, end.ifname, addresses.join(" "))
        })
        .collect();
    assert_eq!(
        members,
        [
            "h1:eth0 10.0.0.1/24 2001:db8::1/64",
            "h2:eth0 10.0.0.3/24 2001:db8::2/64",
            "h3:eth0 10.0.0.4/24 2001:db8::3/64",
            "r1:in 10.0.0.254/24 2001:db8::fe/64 10.9.0.1/24",
            "db:eth0 10.0.0.2/24 2001:db8::4/64",
            "db:eth1 10.0.0.10/24 2001:db8::5/64",
        ]
    );
    assert_eq!((lab.links[0].a.ifname.as_str(), lab.links[0].b.ifname.as_str()), ("eth1", "eth0"));
}

#[test]
fn interfaces_of_nodes_ranges_and_profiles() {
    let lab = parsed(
        "
profiles: { edge: { interfaces: { dum0: dummy, b: { kind: bridge, ports: eth0 } } } }
nodes:
  h[1-2]: { use: edge, interfaces: { dum0: { kind: dummy, addresses: 10.9.0.1/32, mtu: 1400 } }, addresses: { b: 10.0.0.1/24 } }
segments: { lan: { prefix: 10.1.0.0/24, members: [ 'h[1-2]', x ] } }
links:
  - { chain: [ h1, h2, x ], kind: vxlan, id: 7 }
",
    );
    let shown: Vec<String> = lab
        .devices
        .iter()
        .map(|device| {
            let addresses: Vec<String> = device.addresses.iter().map(ToString::to_string).collect();
            format!("{} {}:{} {}", device.kind, device.node, device.ifname, addresses.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "dummy h1:dum0 10.9.0.1/32",
            "bridge h1:b 10.0.0.1/24",
            "dummy h2:dum0 10.9.0.1/32",
            "bridge h2:b 10.0.0.1/24",
            "vxlan h1:vxlan0 ",
            "vxlan h2:vxlan0 ",
            "vxlan h2:vxlan1 ",
            "vxlan x:vxlan0 ",
        ]
    );
    // A port of a bridge is given no address.
    let given: Vec<usize> = lab.segments[0].members.iter().map(|end| end.addresses.len()).collect();
    assert_eq!((given, lab.links.len()), (vec![0, 0, 1], 0));
    let id = |at: usize| format!("{:?}", lab.devices[at].options["id"]);
    assert_eq!((id(5), id(6)), ("Number(7)".into(), "Number(8)".into()));
    assert_eq!((lab.devices[0].mtu, lab.devices[4].mtu), (Some(1400), Some(1450)));
    assert_eq!(lab.devices[0].mac, Some(MacAddr::derived(&["file", "h1", "dum0"])));
}

/// A plan makes each behind what it stands on, and reads back from its record.
#[test]
fn interfaces_are_planned_in_order() {
    use crate::topology::plan::Plan;
    let lab = parsed(
        "nodes: { a: { interfaces: {
    v7: { kind: vlan, link: bond0, id: 7 },
    br: { kind: bridge, ports: [ v7, eth2 ], vlans: { v7: 5-9, br: 5 pvid untagged } },
    bond0: { kind: bond, mode: active-backup, miimon: 100ms, primary: eth1, ports: [ eth0, eth1 ] },
    red: { kind: vrf, table: 10, ports: v8 }, v8: { kind: vlan, link: br, id: 8, protocol: 802.1ad } } } }
links: [ a -- b, a -- b, a -- b ]",
    );
    let plan = Plan::new(&lab);
    let names: Vec<&str> = plan.devices.iter().map(|device| device.ifname.as_str()).collect();
    assert_eq!(names, ["bond0", "v7", "br", "v8", "red"]);
    assert_eq!(plan.devices.iter().map(|device| device.index).collect::<Vec<_>>(), [5, 6, 7, 8, 9]);
    let master = |at: usize| plan.cables[at].a.master.as_ref().map(|name| name.as_str());
    assert_eq!((master(0), master(1), master(2)), (Some("bond0"), Some("bond0"), Some("br")));
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
}

#[test]
fn pools_give_nothing_twice_and_go_on_with_their_next_prefix() {
    let lab = parsed(
        "pools: { a: 10.0.0.0/16, b: 10.0.0.0/24, c: [ 10.1.0.0/31, 10.2.0.0/24 ] }
links:
  - { chain: [ x, y ], pool: a }
  - { chain: [ x, y ], pool: b }
  - { chain: [ x, y, z ], pool: c }
",
    );
    let given: Vec<String> = lab.links.iter().map(|link| link.a.addresses[0].to_string()).collect();
    assert_eq!(given, ["10.0.0.0/31", "10.0.0.2/31", "10.1.0.0/31", "10.2.0.0/31"]);
}

#[test]
fn expectations_of_many_are_quick_and_have_a_limit() {
    let all = |n: usize| format!("nodes: {{ 'h[1-{n}]': }}\nexpect: [ 'h[1-{n}] !> h[1-{n}]', h1 -> h2 ]\n");
    let lab = parsed(&all(300));
    assert_eq!(lab.expect.len(), 300 * 299);
    assert_eq!(lab.expect.iter().filter(|expect| expect.reach).count(), 1);
    assert_eq!(problems(&all(2000)), ["2:12 expectations of more than 1000000 pairs"]);
}

#[test]
fn expectations_of_ports() {
    let lab = parsed(
        "nodes: { 'h[1-2]': , web: }\n\
         expect: [ 'h[1-2] -> web:80', 'h1 !> web:80', 'h1 -> web:5[3,4]/udp', h1 -> web, 'h2 -> web:[80,443]' ]\n",
    );
    let found: Vec<String> = lab.expect.iter().map(ToString::to_string).collect();
    let expected =
        ["h1 -> web", "h1 -> web:53/udp", "h1 -> web:54/udp", "h1 !> web:80", "h2 -> web:80", "h2 -> web:443"];
    assert_eq!(found, expected);
    let ports = "nodes: { 'h[1-9]': }\nexpect: [ 'h[1-9] -> h[1-9]:[1-20000]' ]\n";
    assert_eq!(problems(ports), ["2:12 expectations of more than 1000000 pairs"]);
}

#[test]
fn nothing_behind_a_key_is_nothing() {
    let text = "expect:\npools:\nprofiles:\nlinks:\nsegments: { s: { members: } }\n\
                nodes: { a: { env: , sysctl: , routes: , addresses: } }\n";
    assert_eq!(parsed(text).nodes.len(), 1);
}

#[test]
fn a_setting_is_of_an_interface_that_is_there() {
    let file =
        |setting: &str| format!("nodes: {{ a: {{ sysctl: {{ {setting}: 1 }} }} }}\nlinks: [ a -- b, a:x.1 -- b ]");
    for setting in [
        "net.ipv4.conf.eth0.rp_filter",
        "net/ipv6/conf/x.1/mtu",
        "net.ipv4.conf.all.rp_filter",
        "net.ipv6.conf.default.mtu",
        "net.ipv4.conf.lo.rp_filter",
        "net.ipv4.ip_forward",
        "net.ipv4.conf",
    ] {
        parsed(&file(setting));
    }
    for setting in ["net.ipv4.conf.eth9.rp_filter", "net/ipv6/neigh/eth9/retrans_time_ms"] {
        assert_eq!(problems(&file(setting)), ["1:25 node \"a\" has no interface \"eth9\""]);
        assert_eq!(help(&file(setting)), "did you mean `eth0`? it has eth0, x.1");
    }
    let of_profile = "profiles: { p: { sysctl: { net.ipv4.conf.x.mtu: 1 } } }\nnodes: { a: { use: p }, b: { use: p } }";
    let found = ["1:28 node \"a\" has no interface \"x\"", "1:28 node \"b\" has no interface \"x\""];
    assert_eq!(problems(of_profile), found);
    assert_eq!(help(of_profile), "it has no interfaces");
}

#[test]
fn a_range_and_an_entry_of_its_own_add_up() {
    let lab = parsed("nodes: { 'h[1-2]': { forward: true, env: { A: 1, B: 1 } }, h1: { env: { B: 2 } } }");
    let [h1, h2] = lab.nodes.as_slice() else { panic!("{lab:?}") };
    assert_eq!((h1.forward, h1.env["A"].as_str(), h1.env["B"].as_str()), (true, "1", "2"));
    assert_eq!((h2.forward, h2.env["B"].as_str()), (true, "1"));
}

#[test]
fn patterns_stand_for_links_and_pools_give_addresses() {
    let links = |text: &str| -> Vec<String> {
        let shown = |end: &End| {
            let addresses: String = end.addresses.iter().map(|address| format!(" {address}")).collect();
            format!("{}:{}{addresses}", end.node, end.ifname)
        };
        parsed(text).links.iter().map(|link| format!("{} -- {}", shown(&link.a), shown(&link.b))).collect()
    };
    assert_eq!(
        links(
            "pools: { wan: [ 10.0.0.0/29, 2001:db8::/124 ] }\nlinks: [ { ring: 'r[1-3]', pool: wan }, a 10.0.0.2/31 -- b 10.0.0.3/31 ]"
        ),
        [
            "r1:eth0 10.0.0.0/31 2001:db8::/127 -- r2:eth0 10.0.0.1/31 2001:db8::1/127",
            "r2:eth1 10.0.0.4/31 2001:db8::2/127 -- r3:eth0 10.0.0.5/31 2001:db8::3/127",
            "r3:eth1 10.0.0.6/31 2001:db8::4/127 -- r1:eth1 10.0.0.7/31 2001:db8::5/127",
            "a:eth0 10.0.0.2/31 -- b:eth0 10.0.0.3/31",
        ]
    );
    assert_eq!(links("links: [ { chain: [ a, 'b[1-2]' ] } ]"), ["a:eth0 -- b1:eth0", "b1:eth1 -- b2:eth0"]);
    assert_eq!(links("links: [ { star: 'h[1-2]', hub: r } ]"), ["r:eth0 -- h1:eth0", "r:eth1 -- h2:eth0"]);
    assert_eq!(links("links: [ { mesh: 'm[1-4]' } ]").len(), 6);
}

#[test]
fn both_forms_and_json_give_the_same_model() {
    let short = parsed("links: [ 'r1:up 198.51.100.1/30 2001:db8::1/64 -- isp 198.51.100.2/30 2001:db8::2/64' ]");
    let long = "
links:
  - a: { node: r1, ifname: up, addresses: [ 198.51.100.1/30, '2001:db8::1/64' ] }
    b:
      node: isp
      addresses:
        - 198.51.100.2/30
        - 2001:db8::2/64
";
    assert_eq!(parsed(long), short);
    let json = r#"{"links": [{"a": {"node": "r1", "ifname": "up", "addresses": ["198.51.100.1/30", "2001:db8::1/64"]},
        "b": {"node": "isp", "addresses": ["198.51.100.2/30", "2001:db8::2/64"]}}]}"#;
    assert_eq!(parsed(json), short);
    assert_eq!(parsed(&long.replace('\n', "\r\n")), short);
}

#[test]
fn the_long_form_says_mac_and_mtu() {
    let lab = parsed("links: [ { a: { node: r1, mac: 02:00:00:00:00:01, mtu: 9000 }, b: { node: h1, mtu: 68 } } ]");
    let link = &lab.links[0];
    assert_eq!(link.a.mac.to_string(), "02:00:00:00:00:01");
    assert_eq!((link.a.mtu, link.b.mtu), (Some(9000), Some(68)));
}

#[test]
fn unnamed_interfaces_are_numbered_around_the_named() {
    let lab = parsed("links: [ a -- b, a:eth0 -- b:eth2, a -- b, a -- b, a:x -- a ]");
    let names: Vec<String> =
        lab.links.iter().map(|link| format!("{} {}", link.a.ifname.as_str(), link.b.ifname.as_str())).collect();
    assert_eq!(names, ["eth1 eth0", "eth0 eth2", "eth2 eth1", "eth3 eth3", "x eth4"]);
}

#[test]
fn nodes_are_in_the_order_of_the_file() {
    let names = |text| parsed(text).nodes.iter().map(|node| node.name.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(names("nodes: { c: , a: {}, b: ~ }\nlinks: [ z -- a, y -- c ]"), "c a b z y");
    assert_eq!(names("links: [ z -- a ]\nnodes: { c: , a: }"), "z a c");
    // What looks like a number or a truth value is a name all the same.
    assert_eq!(names("nodes: { 1: , yes: , 1e3: , 0x10: , .nan: , '~': , 'true': }"), "1 yes 1e3 0x10 .nan ~ true");
}

#[test]
fn the_name_is_the_files_where_the_text_has_none() {
    assert_eq!(parsed("nodes: { a: }").name.as_str(), "file");
    assert_eq!(parsed("name: 12\nnodes: { a: }").name.as_str(), "12");
    for path in ["my lab.yaml", "/", "", "..", ".yaml", "-.yaml"] {
        let error = parse("nodes: { a: }", Path::new(path)).unwrap_err();
        let problem = &error.file_problems().unwrap().problems[0];
        assert!(problem.message.starts_with("the file's name gives no name for the lab"), "{path}: {error}");
    }
}

#[test]
fn anchors_stand_for_what_they_mark() {
    let lab = parsed("nodes: { &n r1: }\nlinks: [ { a: { node: *n }, b: { node: r2 } } ]");
    assert_eq!((lab.nodes.len(), lab.links[0].a.node.as_str()), (2, "r1"));
}

#[test]
fn a_given_mac_is_not_the_one_made_for_the_other_end() {
    let made = MacAddr::derived(&["file", "b", "eth0"]);
    let text = format!("links: [ {{ a: {{ node: a, mac: '{made}' }}, b: {{ node: b }} }} ]");
    assert_eq!(problems(&text), [format!("1:31 MAC address \"{made}\" is the one that the other end is given")]);
}

#[test]
fn two_of_many_addresses_share_a_segment() {
    parsed("links: [ a 10.0.0.1/24 fe80::1/64 fd00::1/64 -- b 10.9.0.1/24 10.0.0.2/24 fe80::2/64 ]");
    parsed("links: [ a 10.0.0.1/24 -- b fd00::1/64, c 10.0.0.0/31 -- d 10.0.0.1/31, e 10.0.0.1/24 -- f ]");
    let addresses: String = (0..300).map(|n| format!(" 10.0.{}.{}/16", n / 250, n % 250 + 1)).collect();
    assert_eq!(problems(&format!("links: [ a{addresses} -- b ]")), ["1:3476 300 addresses on one interface"]);
}

#[test]
fn ten_thousand_links_are_read_and_bombs_are_not() {
    let mut long = String::from("links:\n");
    for n in 0..10_000 {
        let (x, y) = (n / 250, n % 250);
        let _ = writeln!(
            long,
            "- {{ a: {{ node: r{n}, ifname: up, addresses: [ 10.{x}.{y}.1/30, fe80::1/64 ], mtu: 1500 }}, \
                 b: {{ node: r{}, ifname: down, addresses: [ 10.{x}.{y}.2/30, fe80::2/64 ], mtu: 1500 }} }}",
            n + 1
        );
    }
    assert_eq!(parsed(&long).nodes.len(), 10_001);

    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for n in 1..12 {
        let _ = writeln!(bomb, "a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 9].join(","));
    }
    assert_eq!(problems(&bomb), ["6:10 here the file gets larger or deeper than a lab file may be"]);
    assert_eq!(problems(&"[".repeat(100_000)), ["1:33 here the file gets deeper than a lab file may be"]);
    assert_eq!(problems(&"- ".repeat(100_000)), ["1:65 here the file gets larger or deeper than a lab file may be"]);
    assert_eq!(problems(&format!("name: {}", "x".repeat(1_000_000)))[0].len(), 115);
}

#[test]
fn what_is_no_lab_file_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let kind_and_text = |path: &Path| {
        let error = read(path, &|_| None, None).unwrap_err();
        (error.kind(), error.to_string().replace(&dir.path().display().to_string(), "DIR"))
    };

    assert_eq!(
        kind_and_text(&path("missing.yaml")),
        (ErrorKind::NotFound, "reading the lab file DIR/missing.yaml: No such file or directory".into())
    );
    assert!(
        read(&path("missing.yaml"), &|_| None, None)
            .unwrap_err()
            .help()
            .unwrap()
            .starts_with("name the lab file, or write one")
    );
    assert_eq!(kind_and_text(dir.path()), (ErrorKind::Invalid, "DIR is a directory, not a lab file".into()));
    let zero = Path::new("/dev/zero");
    assert_eq!(kind_and_text(zero), (ErrorKind::Invalid, "/dev/zero is a device, not a lab file".into()));

    rustix::fs::mknodat(rustix::fs::CWD, path("fifo"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    assert_eq!(kind_and_text(&path("fifo")), (ErrorKind::Invalid, "DIR/fifo is a pipe, not a lab file".into()));

    let large = std::fs::File::create(path("large.yaml")).unwrap();
    large.set_len(100 << 20).unwrap();
    let refused = (ErrorKind::Invalid, "DIR/large.yaml is larger than a lab file may be".into());
    assert_eq!(kind_and_text(&path("large.yaml")), refused);
    // A file of /proc says that it is empty, whatever is in it.
    assert_eq!(read(Path::new("/proc/self/status"), &|_| None, None).unwrap_err().kind(), ErrorKind::Invalid);

    std::fs::write(path("latin1.yaml"), b"nodes:\n  m\xfcnchen:\n").unwrap();
    let latin1 = "DIR/latin1.yaml:2:4: the byte 0xfc is not UTF-8";
    assert_eq!(kind_and_text(&path("latin1.yaml")), (ErrorKind::Invalid, latin1.into()));
    std::fs::write(path("cut.yaml"), b"nodes: \xc3").unwrap();
    let cut = "DIR/cut.yaml:1:8: the byte 0xc3 is not UTF-8";
    assert_eq!(kind_and_text(&path("cut.yaml")), (ErrorKind::Invalid, cut.into()));

    std::fs::write(path("good.yaml"), "nodes: { a: }").unwrap();
    assert_eq!(read(&path("good.yaml"), &|_| None, None).unwrap().name.as_str(), "good");
}

const VALID: &str = "# A comment\nname: lab\nnodes:\n  r1: {}\n  &x isp:\n  \
    b: { interfaces: { br: { kind: bridge, ports: [ v ], vlans: { v: 7 pvid } }, v: { kind: vlan, link: d, id: 7 }, d: dummy } }\nlinks:\n  - r1:up 198.51.100.1/30 -- isp:eth0 198.51.100.2/30\n  \
    - { a: { node: r1, ifname: x, addresses: [ 2001:db8::1/64 ], mac: \"02:00:00:00:00:01\", mtu: 9000 }, b: { node: *x } }\n  \
    - 'ü -- \"'\n";

#[test]
fn a_near_miss_is_suggested() {
    for (text, near) in [
        ("routing: atuo\nnodes: { a: }", "did you mean `auto`? "),
        ("profiles: { edge: {} }\nnodes: { a: { use: egde } }", "did you mean `edge`? "),
        ("pools: { wan: 10.0.0.0/24 }\nlinks: [ { chain: [ a, b ], pool: wam } ]", "did you mean `wan`? "),
        ("nodes: { web: , db: }\nexpect: [ wbe -> db ]", "did you mean `web`? "),
        ("nodes: { a: { routes: [ default dev eth1 ] } }\nlinks: [ a:eth0 -- b ]", "did you mean `eth0`? "),
    ] {
        assert!(help(text).starts_with(near), "{text}: {}", help(text));
    }
}

/// Parses, and looks at what the errors promise.
fn check_any(text: &str) {
    let _ = parsed_with(text, &[("labs/a", text), ("labs/b", "nodes: { x: }")]);
    match parse(text, Path::new("file.yaml")) {
        Ok(lab) => {
            assert!(!lab.nodes.is_empty());
            let plan = crate::topology::plan::Plan::new(&lab);
            assert_eq!(plan.devices.len(), lab.devices.len());
            assert!(!plan.to_string().is_empty());
        }
        Err(error) => {
            let found = error.file_problems().unwrap();
            assert!(!found.problems.is_empty());
            assert!(found.problems.is_sorted_by_key(|problem| (problem.line, problem.column)));
            for problem in &found.problems {
                assert!(problem.line > 0 && problem.column > 0);
                assert!(
                    found.source_of(problem).unwrap().text.get(problem.span.clone().unwrap()).is_some(),
                    "{problem:?} of {text:?}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), yaml in "[-a-c0-9 :,.\\[\\]{}&*!|>'\"#%@\\\\/\n\t\r\u{feff}\u{85}é~<?$]{0,80}") {
        check_any(&text);
        check_any(&yaml);
        check_any(&format!("links:\n  - {yaml}\n"));
        check_any(&format!("links: [ \"r1 {yaml}\" ]"));
        check_any(&format!("include: [ a, b, {yaml} ]\nlinks:\n  - ${{LEFT}}{yaml} -- b\n"));
    }

    #[test]
    fn no_change_to_a_file_makes_it_panic(
        changes in proptest::collection::vec((0..1000_usize, 0..12_usize, "[-a-c0-9 :,./\\[\\]{}&*!|>'\"#\n\té]{0,4}"), 1..6),
    ) {
        let mut text: Vec<char> = VALID.chars().collect();
        for (at, cut, put) in changes {
            let at = at % (text.len() + 1);
            let end = (at + cut).min(text.len());
            text.splice(at..end, put.chars());
        }
        check_any(&text.into_iter().collect::<String>());
    }
}

#[test]
fn the_file_that_is_mutated_is_valid() {
    assert_eq!(parsed(VALID).links.len(), 3);
}
