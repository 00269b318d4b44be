//! The shapes of boxes and of what is between them, at no place yet.

use super::super::drawing::{Cell, Look, Rect, Shape, Stand, Text};
use super::super::scene::{Block, Hub, HubKind, Kind, Port, State};
use super::super::text::width;
use super::{Measure, Way};

/// A shape whose corner is at zero, and where lines end at its sides.
#[derive(Debug, Clone)]
pub(super) struct Built {
    pub(super) shape: Shape,
    /// Where the lines of the side towards the layer before end, and those of the other side.
    pub(super) anchors: [Vec<(f64, f64)>; 2],
}

fn text_width(text: &str, measure: &Measure) -> f64 {
    width(text) as f64 * measure.cell
}

fn widest<'t>(lines: impl IntoIterator<Item = &'t String>, measure: &Measure) -> f64 {
    lines.into_iter().map(|line| text_width(line, measure)).fold(0.0, f64::max)
}

fn text(line: &str, within: (f64, f64), y: f64, stand: Stand, measure: &Measure) -> Text {
    let width = text_width(line, measure);
    let x = match stand {
        Stand::Left => within.0 + measure.side,
        Stand::Middle => f64::midpoint(within.0, within.1) - width / 2.0,
        Stand::Right => within.1 - measure.side - width,
    };
    Text { x, y, width, height: measure.line, text: line.to_owned(), stand, strong: false, alert: false }
}

/// A box, with ports on the sides towards the layer before and the one behind.
pub(super) fn block(block: &Block, sides: [&[usize]; 2], way: Way, measure: &Measure) -> Built {
    block_of(block, sides, 0.0, way, measure)
}

/// The same, of at least a width.
pub(super) fn block_of(block: &Block, sides: [&[usize]; 2], least: f64, way: Way, measure: &Measure) -> Built {
    if block.kind == Kind::Point {
        let ends = sides.map(|side| side.iter().map(|_| (0.0, 0.0)).collect());
        return Built { shape: shape(Rect::default(), Look::Label, None, &block.about), anchors: ends };
    }
    let look = match block.kind {
        Kind::Machine => Look::Machine,
        Kind::Folded => Look::Folded,
        Kind::Node | Kind::Point => Look::Node,
    };
    let ports = sides.map(|side| side.iter().filter_map(|port| block.ports.get(*port)).collect::<Vec<&Port>>());
    let head = text_width(&block.title, measure).max(widest(&block.rows, measure)) + 2.0 * measure.side;
    let head = head.max(least);
    let head_height = (1 + block.rows.len()) as f64 * measure.line + 2.0 * measure.above;
    let mut built =
        Built { shape: shape(Rect::default(), look, None, &block.about), anchors: [Vec::new(), Vec::new()] };
    match way {
        Way::Right => side_by_side(&mut built, &ports, head, head_height, measure),
        Way::Down => above_and_below(&mut built, &ports, head, head_height, measure),
    }
    let top = match way {
        Way::Right => 0.0,
        Way::Down => row_height(&ports[0], measure),
    };
    let whole = (0.0, built.shape.rect.width);
    let mut title = text(&block.title, whole, top + measure.above, Stand::Middle, measure);
    title.strong = true;
    built.shape.texts.push(title);
    for (row, line) in block.rows.iter().enumerate() {
        let y = top + measure.above + (row + 1) as f64 * measure.line;
        built.shape.texts.push(text(line, whole, y, Stand::Left, measure));
    }
    built
}

fn shape(rect: Rect, look: Look, colour: Option<usize>, about: &str) -> Shape {
    Shape { rect, look, colour, cells: Vec::new(), texts: Vec::new(), about: about.to_owned() }
}

fn cell_width(port: &Port, measure: &Measure) -> f64 {
    widest(&port.lines, measure) + 2.0 * measure.side
}

fn cell_height(port: &Port, measure: &Measure) -> f64 {
    port.lines.len() as f64 * measure.line + 2.0 * measure.above
}

fn row_height(ports: &[&Port], measure: &Measure) -> f64 {
    ports.iter().map(|port| cell_height(port, measure)).fold(0.0, f64::max)
}

fn put(shape: &mut Shape, port: &Port, rect: Rect, stand: Stand, measure: &Measure) {
    shape.cells.push(Cell { rect, colour: port.colour, state: port.state });
    let height = port.lines.len() as f64 * measure.line;
    let top = rect.y + (rect.height - height) / 2.0;
    for (at, line) in port.lines.iter().enumerate() {
        let y = top + at as f64 * measure.line;
        let mut text = text(line, (rect.x, rect.right()), y, stand, measure);
        text.alert = port.state != State::Up && (line == "down" || line == "no carrier");
        shape.texts.push(text);
    }
}

fn side_by_side(built: &mut Built, ports: &[Vec<&Port>; 2], head: f64, head_height: f64, measure: &Measure) {
    let widths = [0, 1].map(|side: usize| {
        ports.get(side).into_iter().flatten().map(|port| cell_width(port, measure)).fold(0.0, f64::max)
    });
    let heights = [0, 1]
        .map(|side: usize| ports.get(side).into_iter().flatten().map(|port| cell_height(port, measure)).sum::<f64>());
    let width = head.max(widths[0] + widths[1]);
    let tall = heights[0].max(heights[1]);
    // The lower border of a box of characters.
    let border = if measure.whole { measure.line } else { 0.0 };
    built.shape.rect = Rect { x: 0.0, y: 0.0, width, height: head_height + tall + border };
    let both = !ports[0].is_empty() && !ports[1].is_empty();
    for (side, of_side) in ports.iter().enumerate() {
        let column = match (both, side) {
            (false, _) => (0.0, width),
            (true, 0) => (0.0, widths[0] + (width - widths[0] - widths[1]) / 2.0),
            (true, _) => (widths[0] + (width - widths[0] - widths[1]) / 2.0, width),
        };
        let room = tall - heights.get(side).copied().unwrap_or(0.0);
        let each = if measure.whole { 0.0 } else { room / of_side.len().max(1) as f64 };
        let mut y = head_height;
        for port in of_side {
            let rect = Rect { x: column.0, y, width: column.1 - column.0, height: cell_height(port, measure) + each };
            put(&mut built.shape, port, rect, if side == 0 { Stand::Left } else { Stand::Right }, measure);
            let anchor = (if side == 0 { 0.0 } else { width }, y + rect.height / 2.0);
            built.anchors.get_mut(side).into_iter().for_each(|anchors| anchors.push(anchor));
            y += rect.height;
        }
    }
}

fn above_and_below(built: &mut Built, ports: &[Vec<&Port>; 2], head: f64, head_height: f64, measure: &Measure) {
    let sums = [0, 1]
        .map(|side: usize| ports.get(side).into_iter().flatten().map(|port| cell_width(port, measure)).sum::<f64>());
    let width = head.max(sums[0]).max(sums[1]);
    let rows = [row_height(&ports[0], measure), row_height(&ports[1], measure)];
    let height = rows[0] + head_height + rows[1];
    built.shape.rect = Rect { x: 0.0, y: 0.0, width, height };
    for (side, of_side) in ports.iter().enumerate() {
        let each = (width - sums.get(side).copied().unwrap_or(0.0)) / of_side.len().max(1) as f64;
        let (y, tall) = if side == 0 { (0.0, rows[0]) } else { (height - rows[1], rows[1]) };
        let mut x = 0.0;
        for port in of_side {
            let rect = Rect { x, y, width: cell_width(port, measure) + each, height: tall };
            put(&mut built.shape, port, rect, Stand::Middle, measure);
            let anchor = (x + rect.width / 2.0, if side == 0 { 0.0 } else { height });
            built.anchors.get_mut(side).into_iter().for_each(|anchors| anchors.push(anchor));
            x += rect.width;
        }
    }
}

/// What is between boxes; `across` is the least that it measures across the layers. Its lines end anywhere on its
/// sides, and get their places later.
pub(super) fn hub(hub: &Hub, across: f64, way: Way, measure: &Measure) -> Shape {
    let look = if hub.kind == HubKind::Switch { Look::Switch } else { Look::Label };
    if hub.lines.is_empty() {
        return shape(Rect::default(), look, hub.colour, &hub.about);
    }
    let above = match (look, measure.whole) {
        (Look::Switch, true) => measure.line,
        (Look::Switch, false) => measure.above,
        _ => measure.above / 2.0,
    };
    let mut width = widest(&hub.lines, measure) + 2.0 * measure.side;
    let mut height = hub.lines.len() as f64 * measure.line + 2.0 * above;
    match way {
        Way::Right => height = height.max(across),
        Way::Down => width = width.max(across),
    }
    let mut built = shape(Rect { x: 0.0, y: 0.0, width, height }, look, hub.colour, &hub.about);
    let top = (height - hub.lines.len() as f64 * measure.line) / 2.0;
    for (at, line) in hub.lines.iter().enumerate() {
        let mut text = text(line, (0.0, width), top + at as f64 * measure.line, Stand::Middle, measure);
        text.strong = look == Look::Switch && at == 0;
        built.texts.push(text);
    }
    built
}
