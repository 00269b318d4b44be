//! Labs at random: healthy ones, in which nothing is to be found, and ones that are broken in two ways at once, of
//! which the first on the way is to be named, and then the other.
//!
//! `NSLAB_WHY_RANDOM` is how many of each are tried (20 by default), `NSLAB_WHY_SEED` where they begin.

use std::fmt::Write;

use libtest_mimic::Trial;

use super::REACHED;
use crate::{sandbox, tools, trial};

pub(super) fn trials() -> Vec<Trial> {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (count, seed) = (number("NSLAB_WHY_RANDOM", 20), number("NSLAB_WHY_SEED", 1));
    let nft = super::has_program("nft");
    let mut trials = Vec::new();
    for at in seed..seed + count {
        trials.push(trial(&format!("why::random::two_breakages_{at}"), move || two_breakages(at, nft)));
        trials.push(trial(&format!("why::random::healthy_{at}"), move || healthy(at)));
    }
    trials
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A row of routers between two hosts, each end with a switch or a cable.
struct Row {
    text: String,
    /// The nodes from one host to the other, switches left out.
    path: Vec<String>,
    routers: usize,
    /// Whether there is a switch at the left and the right end.
    switches: [bool; 2],
    ipv6: bool,
}

impl Row {
    fn new(random: &mut Random) -> Self {
        let (routers, ipv6) = (1 + random.below(4), random.chance(40));
        let switches = [random.chance(60), random.chance(60)];
        let mut text = String::from("name: lab\nrouting: auto\nnodes:\n");
        (1..=routers).for_each(|n| writeln!(text, "  r{n}: {{ forward: true }}").unwrap());
        let mut links = String::new();
        let mut segments = String::new();
        let address = |net: usize, host: usize| {
            let both = format!("10.0.{net}.{host}/24 2001:db8:{net}::{host}/64");
            if ipv6 { both } else { format!("10.0.{net}.{host}/24") }
        };
        for (side, net, host, router, extra) in
            [(0, 0, "h1", "r1:left".to_owned(), "x1"), (1, routers, "h2", format!("r{routers}:right"), "x2")]
        {
            let (own, its) = (address(net, 10), address(net, 1));
            if switches[side] {
                writeln!(
                    segments,
                    "  sw{side}: {{ members: [ {host}:eth0 {own}, {router} {its}, {extra}:eth0 {} ] }}",
                    address(net, 20)
                )
                .unwrap();
            } else {
                writeln!(links, "  - {host}:eth0 {own} -- {router} {its}").unwrap();
            }
        }
        for n in 1..routers {
            writeln!(links, "  - r{n}:right {} -- r{}:left {}", address(n, 2), n + 1, address(n, 1)).unwrap();
        }
        if !segments.is_empty() {
            write!(text, "segments:\n{segments}").unwrap();
        }
        if !links.is_empty() {
            write!(text, "links:\n{links}").unwrap();
        }
        let path = std::iter::once("h1".to_owned())
            .chain((1..=routers).map(|n| format!("r{n}")))
            .chain(["h2".to_owned()])
            .collect();
        Self { text, path, routers, switches, ipv6 }
    }

    fn address(&self, net: usize, host: usize) -> String {
        if self.ipv6 { format!("2001:db8:{net}::{host}") } else { format!("10.0.{net}.{host}") }
    }

    /// The address of a node of the path on the side towards h1.
    fn towards_h1(&self, at: usize) -> String {
        if at == self.path.len() - 1 { self.address(self.routers, 10) } else { self.address(at - 1, 1) }
    }

    fn towards_h2(&self, at: usize) -> String {
        match at {
            0 => self.address(0, 10),
            at if at == self.routers => self.address(at, 1),
            at => self.address(at, 2),
        }
    }

    fn out(&self, at: usize) -> &'static str {
        if at == 0 { "eth0" } else { "right" }
    }

    fn input(&self, at: usize) -> &'static str {
        if at == self.path.len() - 1 { "eth0" } else { "left" }
    }
}

/// Something that breaks the way from h1 to h2.
struct Break {
    what: String,
    /// What is touched, so that two do not touch the same.
    touches: String,
    causes: &'static [&'static str],
    /// Where it may be said to be.
    at: String,
}

fn breakage(row: &Row, random: &mut Random, nft: bool) -> Break {
    let last = row.path.len() - 1;
    let family = if row.ipv6 { "-6" } else { "-4" };
    let len = if row.ipv6 { 64 } else { 24 };
    let (h1, h2) = (row.address(0, 10), row.address(row.routers, 10));
    // A node that sends on the way there, from h1 to the last router.
    let at = random.below(last);
    let (node, next) = (row.path[at].clone(), row.path[at + 1].clone());
    let (out, input) = (row.out(at), row.input(at + 1));
    let one = |what: String, touches: String, causes: &'static [&'static str], at: String| Break {
        what,
        touches,
        causes,
        at,
    };
    let port = |node: &str, link: &str| format!("{node}:{link}");
    loop {
        return match random.below(14) {
            0 => one(
                format!("nslab ip -n {node} link set dev {out} down"),
                format!("link {at}"),
                &["link-down", "peer-down"],
                port(&node, out),
            ),
            1 => one(
                format!("nslab ip -n {next} link set dev {input} down"),
                format!("link {at}"),
                &["peer-down", "link-down"],
                port(&next, input),
            ),
            2 => {
                let address = row.towards_h1(at + 1);
                one(
                    format!("nslab ip -n {next} address delete {address}/{len} dev {input}"),
                    format!("link {at}"),
                    &["no-address"],
                    port(&next, input),
                )
            }
            3 => {
                let to = if at == 0 {
                    "default".into()
                } else {
                    format!("{}/{len}", row.address(row.routers, 0).trim_end_matches('0'))
                };
                let to = if row.ipv6 || at == 0 { to } else { format!("10.0.{}.0/24", row.routers) };
                // The last router is on the network itself.
                if at == row.routers {
                    continue;
                }
                one(
                    format!("nslab ip {family} -n {node} route delete {to}"),
                    format!("route {at}"),
                    &["no-route"],
                    node.clone(),
                )
            }
            4 => {
                let back = at + 1;
                if back == 1 {
                    continue;
                }
                let node = &row.path[back];
                let to = match back {
                    back if back == last => "default".into(),
                    _ if row.ipv6 => "2001:db8:0::/64".into(),
                    _ => "10.0.0.0/24".to_owned(),
                };
                one(
                    format!("nslab ip {family} -n {node} route delete {to}"),
                    format!("back {back}"),
                    &["no-way-back"],
                    node.clone(),
                )
            }
            5 => {
                let router = &row.path[1 + random.below(row.routers)];
                let path = if row.ipv6 { "net.ipv6.conf.all.forwarding" } else { "net.ipv4.ip_forward" };
                one(
                    format!("nslab ip netns exec {router} sysctl -qw {path}=0"),
                    format!("forwarding {router}"),
                    &["forwarding-off"],
                    router.clone(),
                )
            }
            6 if nft => {
                let router = &row.path[1 + random.below(row.routers)];
                let policy = if random.chance(50) { "policy drop; }" } else { "}; add rule inet f c counter drop" };
                one(
                    format!(
                        "nslab ip netns exec {router} nft 'add table inet f; add chain inet f c {{ type filter hook forward priority 0; {policy}'"
                    ),
                    format!("filter {router}"),
                    &["filtered"],
                    router.clone(),
                )
            }
            7 if nft => one(
                format!(
                    "nslab ip netns exec h2 nft 'add table inet f; add chain inet f c {{ type filter hook input priority 0; }}; add rule inet f c {} saddr {h1} drop'",
                    if row.ipv6 { "ip6" } else { "ip" }
                ),
                "filter h2".into(),
                &["filtered"],
                "h2".into(),
            ),
            8 => {
                let gateway = row.towards_h1(at + 1);
                one(
                    format!(
                        "nslab ip -n {node} neighbour replace {gateway} lladdr 02:00:00:00:00:99 dev {out} nud permanent"
                    ),
                    format!("neighbour {at}"),
                    &["wrong-neighbour"],
                    port(&node, out),
                )
            }
            9 => {
                let back = at + 1;
                let (node, link) = (&row.path[back], row.input(back));
                one(
                    format!(
                        "nslab ip -n {node} neighbour replace {} lladdr 02:00:00:00:00:98 dev {link} nud permanent",
                        row.towards_h2(at)
                    ),
                    format!("neighbour back {back}"),
                    &["wrong-neighbour"],
                    port(node, link),
                )
            }
            10 => {
                let kind = ["blackhole", "unreachable", "prohibit"][random.below(3)];
                one(
                    format!("nslab ip {family} -n {node} route add {kind} {h2}"),
                    format!("route {at}"),
                    &["route-refuses"],
                    node.clone(),
                )
            }
            11 => one(
                format!(
                    "nslab ip {family} -n {node} rule add to {h2} table 100; nslab ip {family} -n {node} route add unreachable default table 100"
                ),
                format!("rule {at}"),
                &["policy-rule"],
                node.clone(),
            ),
            12 => {
                let side = random.below(2);
                if !row.switches[side] {
                    continue;
                }
                let member = ["h1", "h2"][side];
                one(
                    format!("nslab ip -n sw{side} link set dev {member} nomaster"),
                    format!("port {member}"),
                    &["not-in-bridge"],
                    port(&format!("sw{side}"), member),
                )
            }
            13 => {
                if !row.switches[0] || row.routers == 0 {
                    continue;
                }
                let nodad = if row.ipv6 { "nodad" } else { "" };
                one(
                    format!("nslab ip -n x1 address add {}/{len} dev eth0 {nodad}", row.address(0, 1)),
                    "twice".into(),
                    &["address-twice"],
                    "x1:eth0".into(),
                )
            }
            _ => continue,
        };
    }
}

fn two_breakages(seed: u64, nft: bool) {
    let mut random = Random(seed);
    let row = Row::new(&mut random);
    let first = breakage(&row, &mut random, nft);
    let mut second = breakage(&row, &mut random, nft);
    while second.touches == first.touches {
        second = breakage(&row, &mut random, nft);
    }
    let ask = format!("h1 {}", row.address(row.routers, 10));
    // The one may have taken away what the other was to break.
    let mut script = format!(
        "{REACHED}cd /run; cat >lab.yaml <<'END'\n{}END\nnslab -q up lab.yaml\nreached {ask}\n{}\n{{ {}; }} || true\n",
        row.text, first.what, second.what
    );
    // Each round: the cause is named, and mended.
    script.push_str(&format!(
        "for round in 1 2 3; do
    if nslab why --json {ask} >said || grep -q '\"unknown\"' said; then reached {ask}; echo REACHED; break; fi
    cat said; sed -n '/\"mend\": \\[/,/\\]/s/^ *\"\\(.*\\)\",\\{{0,1\\}}$/\\1/p' said >mend; cat mend; sh -e mend || {{ echo 'cannot be mended so'; exit 1; }}
    echo MENDED
done\n"
    ));
    if !row.ipv6 {
        writeln!(script, "nslab exec h1 nslab ping -c 3 -i 0.2 -W 5 {}", row.address(row.routers, 10)).unwrap();
    }
    let output = sandbox::run(&[tools::ours()], &format!("set -e\n{script}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let told = || format!("seed {seed}: {} + {}\n{}\n{printed}", first.what, second.what, row.text);
    assert!(output.status.success() && printed.contains("REACHED"), "{}", told());
    let rounds: Vec<(String, String)> = printed.split("MENDED").filter_map(named).collect();
    let fits = |said: &(String, String), broken: &Break| {
        let at = |place: &String| {
            said.1 == *place || said.1.split(':').next() == Some(place) || place.split(':').next() == Some(&said.1)
        };
        broken.causes.contains(&said.0.as_str()) && at(&broken.at)
    };
    // Mending one may mend the other with it, as where a route goes with its link; nothing else is ever named.
    assert!(!rounds.is_empty() && rounds.len() <= 2, "{}", told());
    let order: Vec<bool> = rounds.iter().map(|said| fits(said, &first)).collect();
    assert!(rounds.iter().all(|said| fits(said, &first) || fits(said, &second)), "{:?}: {}", rounds, told());
    assert!(order.iter().filter(|is| **is).count() <= 1 || fits(&rounds[0], &second), "{}", told());
}

/// The cause that was named, and where.
fn named(said: &str) -> Option<(String, String)> {
    let value = |key: &str| {
        let line = said.lines().find(|line| line.trim_start().starts_with(&format!("\"{key}\": ")))?;
        Some(line.split_once(": ")?.1.trim_end_matches(',').trim_matches('"').to_owned())
    };
    let (node, link) = (value("node")?, value("interface")?);
    Some((value("cause")?, if link == "null" { node } else { format!("{node}:{link}") }))
}

/// Routers in a tree, in a ring or in pairs with two ways, with switches and hosts at them, of one family or both.
fn healthy(seed: u64) {
    let mut random = Random(seed.wrapping_mul(7919));
    let routers = 1 + random.below(5);
    let (v4, v6) = match random.below(3) {
        0 => (true, false),
        1 => (false, true),
        _ => (true, true),
    };
    let address = |net: usize, host: usize| {
        let v4 = if v4 { format!(" 10.{}.{}.{host}/24", net / 200, net % 200) } else { String::new() };
        let v6 = if v6 { format!(" 2001:db8:{net}::{host:x}/64") } else { String::new() };
        v4 + &v6
    };
    let mut net = 0;
    let (mut nodes, mut links, mut segments, mut hosts) = (String::new(), String::new(), String::new(), Vec::new());
    for r in 1..=routers {
        let strict =
            if random.chance(30) && !random.chance(0) { ", sysctl: { net.ipv4.conf.all.rp_filter: 2 }" } else { "" };
        writeln!(nodes, "  r{r}: {{ forward: true{strict} }}").unwrap();
    }
    for r in 2..=routers {
        net += 1;
        let other = 1 + random.below(r - 1);
        writeln!(links, "  - r{r}{} -- r{other}{}", address(net, 1), address(net, 2)).unwrap();
        if random.chance(30) {
            // A second cable beside the first.
            net += 1;
            writeln!(links, "  - r{r}{} -- r{other}{}", address(net, 1), address(net, 2)).unwrap();
        }
    }
    if routers > 2 && random.chance(50) {
        net += 1;
        writeln!(links, "  - r{routers}{} -- r1{}", address(net, 1), address(net, 2)).unwrap();
    }
    for r in 1..=routers {
        let count = 1 + random.below(3);
        net += 1;
        if random.chance(60) {
            let mut members = vec![format!("r{r}{}", address(net, 254))];
            for host in 1..=count {
                let name = format!("h{r}x{host}");
                members.push(format!("{name}{}", address(net, host)));
                hosts.push(name);
            }
            writeln!(segments, "  sw{r}: {{ members: [ {} ] }}", members.join(", ")).unwrap();
        } else {
            let name = format!("h{r}");
            writeln!(links, "  - r{r}{} -- {name}{}", address(net, 254), address(net, 1)).unwrap();
            hosts.push(name);
        }
    }
    let mut text = format!("name: lab\nrouting: auto\nnodes:\n{nodes}");
    for (key, entries) in [("segments", segments), ("links", links)] {
        if !entries.is_empty() {
            write!(text, "{key}:\n{entries}").unwrap();
        }
    }
    hosts.extend((1..=routers).map(|r| format!("r{r}")));
    let mut script = format!("{REACHED}cd /run; cat >lab.yaml <<'END'\n{text}END\nnslab -q up lab.yaml\n");
    for _ in 0..6 {
        let (from, to) = (random.below(hosts.len()), random.below(hosts.len()));
        if from != to {
            writeln!(
                script,
                "reached --json {0} {1}; ! grep '\"cause\"' last; ! grep -A1 '\"unsure\": \\[$' last",
                hosts[from], hosts[to]
            )
            .unwrap();
        }
    }
    sandbox::succeed(&[tools::ours()], &script);
}
