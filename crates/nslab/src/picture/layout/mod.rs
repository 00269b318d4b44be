//! Gives everything in a scene its place.
//!
//! What is joined is laid out in layers; of several ways to count them, and of layers side by side or one above the
//! other, that is taken which crosses fewest lines and has the handiest shape. Parts that nothing joins stand beside
//! each other.

mod boxes;
mod part;
mod rack;

use std::collections::BTreeMap;

use self::part::Part;
use super::drawing::{Drawing, Line, Shape};
use super::layers::Graph;
use super::scene::{HubKind, Kind, Scene};

/// What things are measured with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The width of a cell of the font.
    pub cell: f64,
    /// The height of a line.
    pub line: f64,
    /// Room left and right of a text in its box.
    pub side: f64,
    /// Room above and below texts in their box.
    pub above: f64,
    /// Room between things of a layer.
    pub gap: f64,
    /// The least room between layers.
    pub channel: f64,
    /// The most.
    pub widest_channel: f64,
    /// Room around a part.
    pub margin: f64,
    /// Whether everything has a whole number for its place, as on a terminal: then layers follow each other to the
    /// right, a port takes one line, and there is room between layers for each line to turn by itself.
    pub whole: bool,
    /// What is wider than this is of no use.
    pub widest: f64,
}

impl Measure {
    /// Pixels, with a fixed-width font of 13.
    pub const PIXELS: Self = Self {
        cell: 7.83,
        line: 17.0,
        side: 10.0,
        above: 5.0,
        gap: 18.0,
        channel: 32.0,
        widest_channel: 150.0,
        margin: 20.0,
        whole: false,
        widest: f64::INFINITY,
    };

    /// Cells of a terminal. A box's border and its title take its first line.
    pub const CELLS: Self = Self {
        cell: 1.0,
        line: 1.0,
        side: 2.0,
        above: 0.0,
        gap: 2.0,
        channel: 4.0,
        widest_channel: 4.0,
        margin: 1.0,
        whole: true,
        widest: f64::INFINITY,
    };
}

/// More of one switch's own nodes than this stand in a rack.
const RACK_ABOVE: usize = 8;

/// From this many things on, fewer ways to lay them out are tried.
const MANY: usize = 400;

/// How much better layers from left to right are, as one reads, than layers from top to bottom.
const DOWN: f64 = 1.08;

/// A thing that has a place.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// A box.
    Block(usize),
    /// What is between.
    Hub(usize),
    /// Boxes that are on one switch alone, in rows.
    Rack(Vec<usize>),
}

/// Which way layers follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the right.
    Right,
    /// Downwards.
    Down,
}

/// A laid out part: its size, and what is in it.
#[derive(Debug, Clone, Default)]
struct Piece {
    width: f64,
    height: f64,
    shapes: Vec<Shape>,
    lines: Vec<Line>,
}

/// Lays out a scene.
#[must_use]
pub fn layout(scene: &Scene, measure: &Measure) -> Drawing {
    let (items, graph, joints) = graph(scene, measure);
    let mut pieces = Vec::new();
    for members in graph.parts() {
        let roots = graph.roots(&members, members.len() > MANY);
        let mut best: Option<(f64, Piece)> = None;
        for roots in roots {
            let Some(layered) = Part::of(scene, &items, &graph, &joints, &members, &roots) else { continue };
            for way in if measure.whole { &[Way::Right][..] } else { &[Way::Right, Way::Down] } {
                let way = *way;
                let piece = layered.clone().piece(way, measure);
                let turned = if way == Way::Down { DOWN } else { 1.0 };
                let score = turned * score(&piece, layered.crossings, layered.awkward, measure);
                if best.as_ref().is_none_or(|(least, _)| score < *least) {
                    best = Some((score, piece));
                }
            }
        }
        pieces.extend(best.map(|(_, piece)| piece));
    }
    packed(scene, pieces, measure)
}

/// How bad a piece is: large ones, those much wider or higher than a page, and those with crossings.
fn score(piece: &Piece, crossings: usize, awkward: f64, measure: &Measure) -> f64 {
    let (mut width, height) = (piece.width + 2.0 * measure.margin, piece.height + 2.0 * measure.margin);
    if width > measure.widest {
        return f64::MAX;
    }
    if measure.whole {
        // A cell is half as wide as high.
        width /= 2.0;
    }
    let page = (width / 1.9).max(height);
    let long: f64 = piece.lines.iter().map(length).sum::<f64>() / (piece.lines.len().max(1) as f64);
    // Where there are many crossings, some more matter less.
    const FEW: usize = 8;
    let crossed = crossings.min(FEW) as f64 * 3.0 + crossings.saturating_sub(FEW) as f64 * 0.4;
    page + (width * height).sqrt() * 0.5 + long * 0.6 + (crossed + awkward * 12.0) * measure.line
}

fn length(line: &Line) -> f64 {
    line.points
        .windows(2)
        .map(|pair| match pair {
            [from, to] => (to.0 - from.0).hypot(to.1 - from.1),
            _ => 0.0,
        })
        .sum()
}

/// The graph of a scene: its things, and what joins them. Each line bears the number of its joint.
fn graph(scene: &Scene, measure: &Measure) -> (Vec<Item>, Graph, Vec<(usize, usize)>) {
    let mut of_block: Vec<Vec<usize>> = vec![Vec::new(); scene.blocks.len()];
    for joint in &scene.joints {
        if let Some(hubs) = of_block.get_mut(joint.block) {
            hubs.push(joint.hub);
        }
    }
    let mut racks: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (block, hubs) in of_block.iter().enumerate() {
        let [hub] = hubs.as_slice() else { continue };
        let is_switch = scene.hubs.get(*hub).is_some_and(|hub| hub.kind == HubKind::Switch);
        if is_switch && scene.blocks.get(block).is_some_and(|block| block.kind == Kind::Node && block.ports.len() == 1)
        {
            racks.entry(*hub).or_default().push(block);
        }
    }
    racks.retain(|_, blocks| blocks.len() > RACK_ABOVE && !measure.whole);
    let mut items = Vec::new();
    let mut places = vec![usize::MAX; scene.blocks.len()];
    let racked: std::collections::HashSet<usize> = racks.values().flatten().copied().collect();
    for (block, place) in places.iter_mut().enumerate().filter(|(block, _)| !racked.contains(block)) {
        *place = items.len();
        items.push(Item::Block(block));
    }
    let mut rack_items = Vec::new();
    for (hub, blocks) in racks {
        for block in &blocks {
            places.get_mut(*block).into_iter().for_each(|place| *place = items.len());
        }
        rack_items.push((hub, items.len()));
        items.push(Item::Rack(blocks));
    }
    let first_hub = items.len();
    items.extend((0..scene.hubs.len()).map(Item::Hub));
    let mut graph = Graph {
        next: vec![Vec::new(); items.len()],
        is_block: items.iter().map(|item| !matches!(item, Item::Hub(_))).collect(),
        is_leaf_only: items.iter().map(|item| matches!(item, Item::Rack(_))).collect(),
    };
    let mut joints = Vec::new();
    for (joint, of) in scene.joints.iter().enumerate() {
        let (Some(block), hub) = (places.get(of.block).copied(), first_hub + of.hub) else { continue };
        joints.push((block, hub));
        // A rack is joined once.
        let is_rack = matches!(items.get(block), Some(Item::Rack(_)));
        if is_rack && graph.next.get(block).is_some_and(|next| !next.is_empty()) {
            continue;
        }
        graph.next.get_mut(block).into_iter().for_each(|next| next.push((hub, joint)));
        graph.next.get_mut(hub).into_iter().for_each(|next| next.push((block, joint)));
    }
    (items, graph, joints)
}

/// Pieces side by side, in rows of a handy width.
fn packed(scene: &Scene, pieces: Vec<Piece>, measure: &Measure) -> Drawing {
    let margin = measure.margin;
    let area: f64 = pieces.iter().map(|piece| (piece.width + margin) * (piece.height + margin)).sum();
    let widest = pieces.iter().map(|piece| piece.width).fold(0.0, f64::max);
    let most = widest.max((area * 1.5).sqrt());
    let mut drawing = Drawing { name: scene.name.clone(), ..Drawing::default() };
    let (mut x, mut y, mut row) = (margin, margin, 0.0);
    for piece in pieces {
        if x > margin && x + piece.width > margin + most {
            (x, y, row) = (margin, y + row + margin, 0.0);
        }
        let first = drawing.shapes.len();
        drawing.shapes.extend(piece.shapes.into_iter().map(|shape| moved(shape, x, y)));
        drawing.lines.extend(piece.lines.into_iter().map(|mut line| {
            line.points.iter_mut().for_each(|point| *point = (point.0 + x, point.1 + y));
            line.ends.iter_mut().flatten().for_each(|end| *end += first);
            line
        }));
        drawing.width = drawing.width.max(x + piece.width + margin);
        row = f64::max(row, piece.height);
        x += piece.width + margin;
    }
    drawing.height = y + row + margin;
    drawing.width = drawing.width.max(2.0 * margin);
    drawing
}

fn moved(mut shape: Shape, x: f64, y: f64) -> Shape {
    (shape.rect.x, shape.rect.y) = (shape.rect.x + x, shape.rect.y + y);
    for cell in &mut shape.cells {
        (cell.rect.x, cell.rect.y) = (cell.rect.x + x, cell.rect.y + y);
    }
    for text in &mut shape.texts {
        (text.x, text.y) = (text.x + x, text.y + y);
    }
    shape
}
