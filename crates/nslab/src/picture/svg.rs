//! A picture as SVG: light or dark as the reader has it, with text that can be selected, a title on each shape, and
//! nothing from elsewhere.

use std::fmt::Write;

use super::drawing::{Cell, Drawing, Line, Look, Shape, Stand, Text};
use super::layout::Measure;
use super::scene::State;
use super::text::xml;

/// The colours of a network: of lines and of faces, in light and in dark.
const COLOURS: [[&str; 4]; 8] = [
    ["#2563eb", "#dbeafe", "#60a5fa", "#16294d"],
    ["#c2570c", "#ffedd5", "#fb923c", "#43270f"],
    ["#15803d", "#dcfce7", "#4ade80", "#123420"],
    ["#7e22ce", "#f3e8ff", "#c084fc", "#331c4d"],
    ["#be123c", "#ffe4e6", "#fb7185", "#4a1824"],
    ["#0f766e", "#ccfbf1", "#2dd4bf", "#0f3633"],
    ["#a16207", "#fef3c7", "#facc15", "#3d2f0a"],
    ["#4f46e5", "#e0e7ff", "#818cf8", "#25265a"],
];

const FONT: &str = "'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,ui-monospace,monospace";

/// Writes a picture that was laid out with [`Measure::PIXELS`].
#[must_use]
pub fn svg(drawing: &Drawing) -> String {
    let mut svg = String::new();
    let (width, height) = (drawing.width.ceil(), drawing.height.ceil());
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" xml:space=\"preserve\">"
    );
    let _ = writeln!(svg, "<title>{}</title>", xml(&drawing.name));
    svg.push_str(&style(drawing));
    let _ = writeln!(svg, "<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>");
    for line in &drawing.lines {
        write_line(&mut svg, line);
    }
    for shape in &drawing.shapes {
        write_shape(&mut svg, shape);
    }
    svg.push_str("</svg>\n");
    svg
}

/// The rules for what is used, the dark ones behind the light ones.
fn style(drawing: &Drawing) -> String {
    let shapes = drawing
        .shapes
        .iter()
        .flat_map(|shape| [shape.colour].into_iter().chain(shape.cells.iter().map(|cell| cell.colour)));
    let used =
        shapes.chain(drawing.lines.iter().map(|line| line.colour)).flatten().map(|colour| colour % COLOURS.len());
    let used: std::collections::BTreeSet<usize> = used.collect();
    let mut light = String::new();
    let mut dark = String::new();
    for (at, [stroke, fill, dark_stroke, dark_fill]) in COLOURS.iter().enumerate().filter(|(at, _)| used.contains(at)) {
        let _ = writeln!(
            light,
            ".line.c{at}{{stroke:{stroke}}}.face.c{at}{{stroke:{stroke};fill:{fill}}}.cell.c{at}{{fill:{fill}}}"
        );
        let _ = writeln!(
            dark,
            ".line.c{at}{{stroke:{dark_stroke}}}.face.c{at}{{stroke:{dark_stroke};fill:{dark_fill}}}.cell.c{at}{{fill:{dark_fill}}}"
        );
    }
    format!(
        "<style>
text{{font:13px {FONT};fill:#1e293b;white-space:pre}}
.strong{{font-weight:bold;fill:#0f172a}}
.alert{{fill:#b91c1c}}
.page{{fill:#ffffff}}
.face{{fill:#ffffff;stroke:#475569;stroke-width:1.5}}
.machine{{fill:#f8fafc;stroke-dasharray:6 3}}
.folded{{stroke-width:4}}
.cell{{fill:#f1f5f9}}
.line{{fill:none;stroke:#64748b;stroke-width:2}}
.line.off{{stroke:#b91c1c;stroke-dasharray:3 4}}
.line.tunnel{{stroke-dasharray:9 4}}
{light}@media (prefers-color-scheme:dark){{
text{{fill:#cbd5e1}}
.strong{{fill:#f8fafc}}
.alert{{fill:#f87171}}
.page{{fill:#0f172a}}
.face{{fill:#1e293b;stroke:#94a3b8}}
.machine{{fill:#16213a}}
.cell{{fill:#27364d}}
.line{{stroke:#94a3b8}}
.line.off{{stroke:#f87171}}
{dark}}}
</style>
"
    )
}

fn class(colour: Option<usize>) -> String {
    colour.map(|colour| format!(" c{}", colour % COLOURS.len())).unwrap_or_default()
}

/// A number without digits that say nothing.
fn n(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    // Not `-0`.
    if rounded == 0.0 { "0".into() } else { rounded.to_string() }
}

fn title(svg: &mut String, about: &str) {
    if !about.is_empty() {
        let _ = write!(svg, "<title>{}</title>", xml(about));
    }
}

fn write_line(svg: &mut String, line: &Line) {
    let mut path = String::new();
    let mut last = None;
    for (at, point) in line.points.iter().enumerate() {
        match last {
            None => {
                let _ = write!(path, "M{} {}", n(point.0), n(point.1));
            }
            Some(before) if before == *point => {}
            Some(before) if at == 2 && line.points.len() == 4 && is_bent(before, *point, line.right) => {
                let [one, two] = line.controls(before, *point);
                let _ = write!(path, "C{} {} {} {}", n(one.0), n(one.1), n(two.0), n(two.1));
                let _ = write!(path, " {} {}", n(point.0), n(point.1));
            }
            Some(_) => {
                let _ = write!(path, "L{} {}", n(point.0), n(point.1));
            }
        }
        last = Some(*point);
    }
    let off = if line.state == State::Up { "" } else { " off" };
    let tunnel = if line.tunnel { " tunnel" } else { "" };
    svg.push_str("<g>");
    title(svg, &line.about);
    let _ = writeln!(svg, "<path class=\"line{}{tunnel}{off}\" d=\"{path}\"/></g>", class(line.colour));
}

fn is_bent(from: (f64, f64), to: (f64, f64), right: bool) -> bool {
    let across = if right { to.1 - from.1 } else { to.0 - from.0 };
    across.abs() > 0.05
}

fn write_shape(svg: &mut String, shape: &Shape) {
    let kind = match shape.look {
        Look::Machine => " machine",
        Look::Folded => " folded",
        _ => "",
    };
    let colour = match shape.look {
        Look::Switch | Look::Label => class(shape.colour),
        _ => String::new(),
    };
    let round = match shape.look {
        Look::Label => shape.rect.height.min(shape.rect.width) / 2.0,
        Look::Switch => 8.0,
        _ => 4.0,
    };
    let rect = shape.rect;
    svg.push_str("<g>");
    title(svg, &shape.about);
    let _ = write!(
        svg,
        "<rect class=\"face{kind}{colour}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
        n(rect.x),
        n(rect.y),
        n(rect.width),
        n(rect.height),
        n(f64::min(round, 12.0))
    );
    for cell in &shape.cells {
        write_cell(svg, cell);
    }
    for text in &shape.texts {
        write_text(svg, text);
    }
    svg.push_str("</g>\n");
}

fn write_cell(svg: &mut String, cell: &Cell) {
    const INSET: f64 = 2.5;
    let rect = cell.rect;
    let _ = write!(
        svg,
        "<rect class=\"cell{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\"/>",
        class(cell.colour),
        n(rect.x + INSET),
        n(rect.y + INSET),
        n(rect.width - 2.0 * INSET),
        n(rect.height - 2.0 * INSET)
    );
}

fn write_text(svg: &mut String, text: &Text) {
    let (x, anchor) = match text.stand {
        Stand::Left => (text.x, ""),
        Stand::Middle => (text.x + text.width / 2.0, " text-anchor=\"middle\""),
        Stand::Right => (text.x + text.width, " text-anchor=\"end\""),
    };
    let class = match (text.strong, text.alert) {
        (true, _) => " class=\"strong\"",
        (_, true) => " class=\"alert\"",
        _ => "",
    };
    // The base line of a font of 13 in a line of 17.
    let base = text.y + Measure::PIXELS.line * 0.75;
    let _ = write!(svg, "<text{class} x=\"{}\" y=\"{}\"{anchor}>{}</text>", n(x), n(base), xml(&text.text));
}
