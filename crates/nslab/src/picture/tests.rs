//! Pictures as they must be, whatever the network.

use std::fmt::Write;
use std::path::Path;

use super::layout::{Measure, layout};
use super::scene::{FOLD_ABOVE, Kind};
use super::{Drawing, Look, Scene, dot, mermaid, svg, terminal};
use crate::topology::observe::network::{Network, Role};
use crate::topology::plan::Plan;
use crate::topology::spec::parse;

fn network(text: &str) -> Network {
    let lab = parse(text, Path::new("t.yaml")).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Network::of_plan(&Plan::new(&lab))
}

fn drawing(network: &Network) -> Drawing {
    layout(&Scene::of(network), &Measure::PIXELS)
}

fn faultless(network: &Network, what: &str) {
    let drawing = drawing(network);
    let faults = drawing.faults();
    assert!(faults.is_empty(), "{what}: {faults:?}");
    // Every node can be seen, and every cable.
    let nodes = network.nodes.iter().filter(|node| node.role != Role::Switch).count();
    let boxes = drawing.shapes.iter().filter(|shape| matches!(shape.look, Look::Node | Look::Machine)).count();
    assert_eq!(boxes, nodes, "{what}");
    let switches = network.nodes.iter().filter(|node| node.role == Role::Switch).count();
    assert_eq!(drawing.shapes.iter().filter(|shape| shape.look == Look::Switch).count(), switches, "{what}");
    for wire in network.wires() {
        let name = wire.ends.map(|end| network.name_of(end)).join(" -- ");
        let drawn = drawing.lines.iter().map(|line| &line.about).chain(drawing.shapes.iter().map(|shape| &shape.about));
        assert!(drawn.into_iter().any(|about| *about == name), "{what}: {name} is not drawn");
    }
    assert_eq!(svg::svg(&drawing), svg::svg(&self::drawing(network)), "{what}");
}

/// The next of a row of numbers that looks like chance (xorshift64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// A lab of nodes, switches with some of them, and cables between any two.
fn random(seed: u64) -> String {
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let nodes = 1 + chance.below(60);
    let mut text = String::from("nodes:\n");
    for node in 0..nodes {
        let router = if chance.below(4) == 0 { "{ forward: true, addresses: { lo: 10.255.0.1/32 } }" } else { "" };
        let _ = writeln!(text, "  n{node}: {router}");
    }
    let mut ends = 0;
    let mut segments = String::new();
    for segment in 0..chance.below(6) {
        let mut members: Vec<u64> = (0..nodes).filter(|_| chance.below(5) == 0).collect();
        members.truncate(40);
        let listed: Vec<String> = members.iter().map(|node| format!("n{node}:s{segment}")).collect();
        let _ =
            writeln!(segments, "  s{segment}: {{ prefix: 10.{segment}.0.0/16, members: [ {} ] }}", listed.join(", "));
    }
    if !segments.is_empty() {
        let _ = write!(text, "segments:\n{segments}");
    }
    let mut links = String::new();
    for link in 0..chance.below(nodes * 2) {
        let (a, b) = (chance.below(nodes), chance.below(nodes));
        let impair = if chance.below(4) == 0 { " { delay: 20ms, jitter: 3ms, rate: 10mbit }" } else { "" };
        let addresses = |last: u64| match chance_of(link) {
            0 => String::new(),
            1 => format!(" 172.16.{link}.{last}/24"),
            _ => format!(" 172.16.{link}.{last}/24 2001:db8:{link:x}::{last}/64"),
        };
        let _ = writeln!(links, "  - n{a}:e{ends}{} -- n{b}:e{}{}{impair}", addresses(1), ends + 1, addresses(2));
        ends += 2;
    }
    if !links.is_empty() {
        let _ = write!(text, "links:\n{links}");
    }
    text
}

fn chance_of(link: u64) -> u64 {
    link % 3
}

#[test]
fn random_networks_are_drawn_without_faults() {
    for seed in 0..100 {
        faultless(&network(&random(seed)), &format!("random network {seed}"));
    }
}

#[test]
fn examples_are_drawn_without_faults() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            faultless(&network(&std::fs::read_to_string(&path).unwrap()), &path.display().to_string());
            count += 1;
        }
    }
    assert!(count > 10);
}

#[test]
fn two_nodes_and_a_cable() {
    let network = network("links: [ ns1:ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0 192.0.2.2/24 ]");
    let drawing = drawing(&network);
    let texts = |at: usize| drawing.shapes[at].texts.iter().map(|text| text.text.as_str()).collect::<Vec<_>>();
    assert_eq!(drawing.shapes.len(), 3);
    assert_eq!(texts(0), ["ns1-veth0", "192.0.2.1/24", "ns1"]);
    assert_eq!(texts(1), ["ns2-veth0", "192.0.2.2/24", "ns2"]);
    assert_eq!(texts(2), ["192.0.2.0/24"]);
    // Side by side, and one straight line through the middle.
    let [one, other, label] = [0, 1, 2].map(|at: usize| drawing.shapes[at].rect);
    assert!(one.right() < label.x && label.right() < other.x);
    let heights: Vec<f64> = drawing.lines.iter().flat_map(|line| &line.points).map(|point| point.1).collect();
    assert!(heights.iter().all(|height| (height - heights[0]).abs() < 0.01), "{heights:?}");
}

#[test]
fn large_networks_fold_by_switch() {
    let network = network(
        "segments:\n  a: { prefix: 10.0.0.0/16, members: [ 'h[1-300]', 'r:a .255.254' ] }\n  b: { prefix: 10.1.0.0/16, members: [ 'w[1-300]', r ] }",
    );
    let scene = Scene::of(&network);
    assert!(network.nodes.len() > FOLD_ABOVE);
    let folded: Vec<&str> =
        scene.blocks.iter().filter(|block| block.kind == Kind::Folded).map(|block| block.title.as_str()).collect();
    assert_eq!(folded, ["h1 … h300", "w1 … w300"]);
    assert_eq!(scene.blocks.len(), 3);
    assert_eq!(layout(&scene, &Measure::PIXELS).faults(), []);
}

#[test]
fn many_hosts_of_a_switch_stand_in_rows() {
    let network = network("segments: { lan: { prefix: 10.0.0.0/16, members: [ 'h[1-150]', 'r .255.254' ] } }");
    let drawing = drawing(&network);
    assert_eq!(drawing.faults(), []);
    assert!(drawing.width / drawing.height < 3.0 && drawing.height / drawing.width < 3.0);
}

/// Names are somebody's: in no format do they become anything else.
#[test]
fn names_cannot_break_out() {
    let mut network = network("links: [ a 192.0.2.1/24 -- b 192.0.2.2/24 ]");
    let names = ["</text><script>alert('&\"')</script>", "a b\n\u{1b}[31m\u{202e}gnp.\u{2066}\u{0}", "\u{5d0}\"]]>-->"];
    network.name = names[2].into();
    for (node, name) in network.nodes.iter_mut().zip(names) {
        node.name = name.into();
        node.about.push(names[2].into());
        node.seen.links.iter_mut().for_each(|link| link.name = names[1].into());
    }
    let scene = Scene::of(&network);
    let formats = [
        svg::svg(&drawing(&network)),
        dot::text(&scene),
        mermaid::text(&scene),
        terminal::text(&scene, 200),
        terminal::list(&scene),
    ];
    for (at, text) in formats.iter().enumerate() {
        faultless_text(text);
        // What is no markup may have words of any.
        assert!(at > 2 || !text.contains("<script>"), "{text}");
    }
}

/// The formats that others draw have all nodes and all that joins them.
#[test]
fn other_formats_have_everything() {
    for seed in 0..20 {
        let network = network(&random(seed));
        let scene = Scene::of(&network);
        let count = |text: &str, word: &str| text.matches(word).count();
        let dot = dot::text(&scene);
        assert_eq!(count(&dot, " -- h"), scene.joints.len());
        let nodes = network.nodes.iter().filter(|node| node.role != Role::Switch);
        let mermaid = mermaid::text(&scene);
        for node in nodes {
            assert!(
                dot.contains(&format!("<B>{}</B>", node.name)) && mermaid.contains(&format!("<b>{}</b>", node.name))
            );
        }
        assert_eq!(count(&mermaid, " --- ") + count(&mermaid, " ---|"), network.wires().len(), "{mermaid}");
    }
}

/// In characters no line is lost and none lies on another: a picture of a random network, if there is one, has the
/// names of all nodes, and its list has them too.
#[test]
fn small_networks_are_drawn_in_characters() {
    let mut count = 0;
    for seed in 0..60 {
        let network = network(&random(seed));
        let scene = Scene::of(&network);
        let list = terminal::list(&scene);
        for drawn in terminal::drawn(&scene, 240).iter().chain([&list]) {
            count += 1;
            for node in &network.nodes {
                assert!(drawn.contains(&node.name), "{}\n{drawn}", node.name);
            }
        }
    }
    assert!(count > 70, "{count}");
    let two = network("links: [ ns1:ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0 192.0.2.2/24 ]");
    let expected = "\
┌───────── ns1 ──────────┐                          ┌───────── ns2 ──────────┐
│ ns1-veth0 192.0.2.1/24 ├─────╴ 192.0.2.0/24 ╶─────┤ ns2-veth0 192.0.2.2/24 │
└────────────────────────┘                          └────────────────────────┘
";
    assert_eq!(terminal::text(&Scene::of(&two), 80), expected);
    assert_eq!(
        terminal::text(&Scene::of(&two), 40),
        "ns1\n  ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0\nns2\n  ns2-veth0 192.0.2.2/24 -- ns1:ns1-veth0\n"
    );
}

fn faultless_text(text: &str) {
    for bad in ["\u{1b}", "\u{202e}", "\u{2066}", "\u{0}", "\u{5d0}"] {
        assert!(!text.contains(bad), "{bad:?} in\n{text}");
    }
}
