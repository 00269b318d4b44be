//! A picture's things in the language of Mermaid, for pages that draw it themselves.

use std::fmt::Write;

use super::scene::{HubKind, Kind, Scene, State};

/// Writes a scene as a flowchart. A cable's label is on its line.
#[must_use]
pub fn text(scene: &Scene) -> String {
    let mut text = String::from("flowchart LR\n");
    for (at, block) in scene.blocks.iter().enumerate().filter(|(_, block)| block.kind != Kind::Point) {
        let mut lines = vec![format!("<b>{}</b>", safe(&block.title))];
        lines.extend(block.rows.iter().map(|row| safe(row.trim_start())));
        let _ = writeln!(text, "  b{at}[\"{}\"]", lines.join("<br/>"));
    }
    let is_drawn = |hub: usize| scene.hubs.get(hub).is_some_and(|hub| hub.kind == HubKind::Switch);
    for (at, hub) in scene.hubs.iter().enumerate().filter(|(at, _)| is_drawn(*at)) {
        let lines: Vec<String> = hub.lines.iter().map(|line| safe(line)).collect();
        let _ = writeln!(text, "  h{at}([\"{}\"])", lines.join("<br/>"));
    }
    let port = |joint: &super::scene::Joint| {
        let lines = joint.port.and_then(|port| scene.blocks.get(joint.block)?.ports.get(port)).map(|port| &port.lines);
        lines.into_iter().flatten().map(|line| safe(line)).collect::<Vec<_>>().join(" ")
    };
    for (at, hub) in scene.hubs.iter().enumerate() {
        let joints: Vec<_> = scene.joints.iter().filter(|joint| joint.hub == at).collect();
        if is_drawn(at) {
            for joint in joints.iter().filter(|joint| joint.port.is_some()) {
                let _ =
                    writeln!(text, "  b{} {}|\"{}\"| h{at}", joint.block, arrow(joint.state, hub.kind), port(joint));
            }
        } else if let [one, other] = joints.as_slice() {
            let mut lines = vec![port(one)];
            lines.extend(hub.lines.iter().map(|line| safe(line)));
            lines.push(port(other));
            let arrow = arrow(one.state.max(other.state), hub.kind);
            let _ = writeln!(text, "  b{} {arrow}|\"{}\"| b{}", one.block, lines.join("<br/>"), other.block);
        }
    }
    // Two switches that are joined, through what is a point elsewhere.
    for (at, _) in scene.blocks.iter().enumerate().filter(|(_, block)| block.kind == Kind::Point) {
        let ends: Vec<_> = scene.joints.iter().filter(|joint| joint.block == at).collect();
        if let [one, other] = ends.as_slice() {
            let _ = writeln!(text, "  h{} {} h{}", one.hub, arrow(one.state, HubKind::Cable), other.hub);
        }
    }
    text
}

fn arrow(state: State, kind: HubKind) -> &'static str {
    match (state, kind) {
        (State::Up, HubKind::Tunnel) => "-.-",
        (State::Up, _) => "---",
        _ => "-.-",
    }
}

/// As the entities that Mermaid reads: all that might mean something to it or to the page.
fn safe(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        if character.is_alphanumeric() || " .:/-_…".contains(character) {
            safe.push(character);
        } else {
            let _ = write!(safe, "#{};", u32::from(character));
        }
    }
    safe
}
