//! A picture's things in the language of Graphviz, for other layouts.

use std::fmt::Write;

use super::scene::{HubKind, Kind, Scene, State};
use super::text::xml;

/// Writes a scene as an undirected graph. Ports are cells of their nodes.
#[must_use]
pub fn text(scene: &Scene) -> String {
    let mut text = format!("graph {} {{\n", quoted(&scene.name));
    text.push_str("  graph [overlap=false, splines=true]\n  node [shape=plain, fontname=monospace]\n  edge [fontname=monospace]\n");
    for (at, block) in scene.blocks.iter().enumerate() {
        if block.kind == Kind::Point {
            let _ = writeln!(text, "  b{at} [shape=point]");
            continue;
        }
        let style = if block.kind == Kind::Machine { " STYLE=\"rounded\"" } else { "" };
        let mut label = format!(
            "<TABLE BORDER=\"1\" CELLBORDER=\"0\" CELLSPACING=\"0\"{style}><TR><TD><B>{}</B></TD></TR>",
            xml(&block.title)
        );
        for row in &block.rows {
            let _ = write!(label, "<TR><TD ALIGN=\"LEFT\">{}</TD></TR>", xml(row));
        }
        for (port, of) in block.ports.iter().enumerate() {
            let lines: Vec<String> = of.lines.iter().map(|line| xml(line)).collect();
            let _ = write!(label, "<TR><TD PORT=\"p{port}\" BORDER=\"1\">{}</TD></TR>", lines.join("<BR/>"));
        }
        let _ = writeln!(text, "  b{at} [label=<{label}</TABLE>>]");
    }
    for (at, hub) in scene.hubs.iter().enumerate() {
        let shape = match hub.kind {
            HubKind::Switch => "shape=box, style=\"rounded,filled\", fillcolor=lightgrey",
            _ if hub.lines.is_empty() => "shape=point",
            _ => "shape=plaintext",
        };
        let lines: Vec<String> = hub.lines.iter().map(|line| escaped(line)).collect();
        let _ = writeln!(text, "  h{at} [{shape}, label=\"{}\"]", lines.join("\\n"));
    }
    for joint in &scene.joints {
        let port = joint.port.map(|port| format!(":p{port}")).unwrap_or_default();
        let tunnel = scene.hubs.get(joint.hub).is_some_and(|hub| hub.kind == HubKind::Tunnel);
        let style = match (joint.state, tunnel) {
            (State::Up, false) => "",
            (State::Up, true) => ", style=dashed",
            _ => ", style=dotted, color=red",
        };
        let _ = writeln!(text, "  b{}{port} -- h{} [tooltip={}{style}]", joint.block, joint.hub, quoted(&joint.about));
    }
    text.push_str("}\n");
    text
}

/// The entities of XML are read everywhere, in labels of HTML and in strings.
fn escaped(text: &str) -> String {
    xml(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}
