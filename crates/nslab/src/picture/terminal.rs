//! A picture in characters: boxes and lines for a small network, else a list.

use std::collections::{BTreeMap, BTreeSet};

use super::drawing::{Drawing, Look, Shape};
use super::layout::{Measure, layout};
use super::scene::{HubKind, Kind, Scene, State};
use super::text::{cut, width};

/// More boxes than this are told as a list.
const BOXES: usize = 40;

/// Draws a scene in at most so many columns; one that does not fit is told as a list.
#[must_use]
pub fn text(scene: &Scene, columns: usize) -> String {
    if scene.blocks.len() <= BOXES
        && let Some(drawn) = drawn(scene, columns)
    {
        return drawn;
    }
    list(scene)
}

/// The picture in characters, where it fits and every line finds its way.
#[must_use]
pub fn drawn(scene: &Scene, columns: usize) -> Option<String> {
    let measure = Measure { widest: columns as f64, ..Measure::CELLS };
    let drawing = layout(&one_line_each(scene), &measure);
    if drawing.width > columns as f64 + 2.0 {
        return None;
    }
    let mut grid = Grid::new(cells(drawing.width), cells(drawing.height));
    for shape in &drawing.shapes {
        grid.shape(shape);
    }
    grid.lines(&drawing)?;
    Some(grid.text())
}

/// The same with the lines of each port joined.
fn one_line_each(scene: &Scene) -> Scene {
    let mut scene = scene.clone();
    for port in scene.blocks.iter_mut().flat_map(|block| &mut block.ports) {
        port.lines = vec![port.lines.join(" ")];
    }
    for block in &mut scene.blocks {
        // Between the corners of the upper border.
        block.title = if block.kind == Kind::Point { String::new() } else { format!(" {} ", block.title) };
        block.ports.iter_mut().for_each(|port| port.colour = None);
    }
    scene
}

fn cells(length: f64) -> usize {
    // Never negative, and far below what a number holds.
    length.max(0.0).min(f64::from(u16::MAX)) as usize
}

const NORTH: u8 = 1;
const EAST: u8 = 2;
const SOUTH: u8 = 4;
const WEST: u8 = 8;

/// What a cell has: a character, or lines that meet there.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    arms: u8,
    /// Whether the lines up and down, and those across, are those of a switch.
    double: bool,
    /// Whether what joins is not up.
    off: bool,
    character: Option<char>,
    /// Covered by a wide character before it.
    covered: bool,
}

struct Grid {
    width: usize,
    cells: Vec<Cell>,
}

impl Grid {
    fn new(width: usize, height: usize) -> Self {
        Self { width, cells: vec![Cell::default(); width * height] }
    }

    fn at(&mut self, x: usize, y: usize) -> Option<&mut Cell> {
        if x < self.width { self.cells.get_mut(y * self.width + x) } else { None }
    }

    fn arms(&mut self, x: usize, y: usize, arms: u8, off: bool) {
        if let Some(cell) = self.at(x, y) {
            cell.arms |= arms;
            cell.off |= off;
        }
    }

    fn write(&mut self, x: usize, y: usize, text: &str) {
        let mut x = x;
        for character in text.chars() {
            let wide = width(character.encode_utf8(&mut [0; 4]));
            for step in 0..wide {
                if let Some(cell) = self.at(x + step, y) {
                    *cell = Cell { character: (step == 0).then_some(character), covered: step > 0, ..Cell::default() };
                }
            }
            x += wide;
        }
    }

    fn shape(&mut self, shape: &Shape) {
        let (x, y) = (cells(shape.rect.x), cells(shape.rect.y));
        let (right, bottom) = (cells(shape.rect.right()) - 1, cells(shape.rect.bottom()).saturating_sub(1));
        if shape.look != Look::Label {
            let double = shape.look == Look::Switch;
            for column in x..=right {
                let sides = if column == x {
                    EAST
                } else if column == right {
                    WEST
                } else {
                    EAST | WEST
                };
                self.arms(column, y, sides, false);
                self.arms(column, bottom, sides, false);
            }
            for row in y..=bottom {
                let sides = if row == y {
                    SOUTH
                } else if row == bottom {
                    NORTH
                } else {
                    NORTH | SOUTH
                };
                self.arms(x, row, sides, false);
                self.arms(right, row, sides, false);
            }
            for row in y..=bottom {
                for column in x..=right {
                    self.at(column, row).into_iter().for_each(|cell| cell.double = double);
                }
            }
        }
        for text in &shape.texts {
            self.write(cells(text.x), cells((text.y + 0.5).floor()), &text.text);
        }
    }

    /// Lays all lines, each turn in a column of its own. `None` where two would have to lie on each other.
    fn lines(&mut self, drawing: &Drawing) -> Option<()> {
        let mut channels: BTreeMap<(usize, usize), Vec<Way>> = BTreeMap::new();
        for line in &drawing.lines {
            let [from, leaves, arrives, to] = line.points.as_slice() else { return None };
            let way = Way {
                from: (cells(from.0), cells(from.1)),
                to: (cells(to.0), cells(to.1)),
                ends: line.ends.map(|end| end.is_some()),
                off: line.state != State::Up,
            };
            channels.entry((cells(leaves.0), cells(arrives.0))).or_default().push(way);
        }
        for ((leaves, _), ways) in channels {
            for (way, track) in ways.iter().zip(tracks(&ways)?) {
                self.lay(way, leaves + 1 + track);
            }
        }
        Some(())
    }

    fn lay(&mut self, way: &Way, turn: usize) {
        // On the border of a box, or into the room beside a label.
        let start = if way.ends[0] { way.from.0.saturating_sub(1) } else { way.from.0 };
        let end = way.to.0;
        self.across(start, turn, way.from.1, way.off);
        self.across(turn, end, way.to.1, way.off);
        let (high, low) = (way.from.1.min(way.to.1), way.from.1.max(way.to.1));
        for row in high..=low {
            let mut arms = 0;
            arms |= if row > high { NORTH } else { 0 };
            arms |= if row < low { SOUTH } else { 0 };
            self.arms(turn, row, arms, way.off);
        }
    }

    fn across(&mut self, from: usize, to: usize, row: usize, off: bool) {
        for column in from..=to.max(from) {
            let mut arms = 0;
            arms |= if column > from { WEST } else { 0 };
            arms |= if column < to { EAST } else { 0 };
            self.arms(column, row, arms, off);
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for row in self.cells.chunks(self.width.max(1)) {
            let line: String = row.iter().filter(|cell| !cell.covered).map(Cell::glyph).collect();
            // The margin is for the layout.
            text.push_str(line.get(1..).unwrap_or_default().trim_end());
            text.push('\n');
        }
        let text = text.trim_matches('\n');
        format!("{text}\n")
    }
}

impl Cell {
    fn glyph(&self) -> char {
        if let Some(character) = self.character {
            return character;
        }
        const SINGLE: [char; 16] = [' ', '╵', '╶', '└', '╷', '│', '┌', '├', '╴', '┘', '─', '┴', '┐', '┤', '┬', '┼'];
        const DOUBLE: [char; 16] = [' ', '║', '═', '╚', '║', '║', '╔', '╟', '═', '╝', '═', '╧', '╗', '╢', '╤', '╬'];
        const OFF: [char; 16] = [' ', '╵', '╶', '└', '╷', '┊', '┌', '├', '╴', '┘', '┄', '┴', '┐', '┤', '┬', '┼'];
        let glyphs = match (self.double, self.off) {
            (true, _) => DOUBLE,
            (false, true) => OFF,
            (false, false) => SINGLE,
        };
        glyphs.get(usize::from(self.arms)).copied().unwrap_or(' ')
    }
}

/// A line between two layers.
#[derive(Debug, Clone, Copy)]
struct Way {
    from: (usize, usize),
    to: (usize, usize),
    /// Whether there is a shape at an end.
    ends: [bool; 2],
    off: bool,
}

/// A column for each line to turn in, such that no two lie on each other in a row: one that begins in the row in which
/// another ends turns before that. `None` where that cannot be.
fn tracks(ways: &[Way]) -> Option<Vec<usize>> {
    let mut left: BTreeSet<usize> = (0..ways.len()).collect();
    let mut tracks = vec![0; ways.len()];
    let mut next = 0;
    while !left.is_empty() {
        let free = |at: &&usize| {
            let Some(way) = ways.get(**at) else { return false };
            let before = |other: &usize| {
                let of_other = ways.get(*other).is_some_and(|other| other.from.1 == way.to.1 && other.to != way.to);
                of_other && *other != **at
            };
            !left.iter().any(before)
        };
        // Down: the lowest first; up: the highest first. So those that go the same way do not cross.
        let key = |at: &&usize| {
            let way = ways.get(**at).map_or((0, 0), |way| (way.from.1, way.to.1));
            let down = way.1 > way.0;
            (way.0 != way.1, if down { usize::MAX - way.0 } else { way.0 })
        };
        let at = *left.iter().filter(free).min_by_key(key)?;
        left.remove(&at);
        let straight = ways.get(at).is_some_and(|way| way.from.1 == way.to.1);
        if let Some(track) = tracks.get_mut(at) {
            *track = if straight { 0 } else { next };
        }
        next += usize::from(!straight);
    }
    Some(tracks)
}

/// Nodes with their interfaces, and what each leads to.
#[must_use]
pub fn list(scene: &Scene) -> String {
    let mut text = String::new();
    let mut of_hub: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, joint) in scene.joints.iter().enumerate() {
        of_hub.entry(joint.hub).or_default().push(at);
    }
    let port_of = |joint: usize| {
        let joint = scene.joints.get(joint)?;
        let block = scene.blocks.get(joint.block)?;
        let port = joint.port.and_then(|port| block.ports.get(port));
        Some((block, port))
    };
    let far = |joint: usize, hub: usize| -> String {
        let Some(of) = scene.hubs.get(hub) else { return String::new() };
        if of.kind == HubKind::Switch {
            return of.lines.first().cloned().unwrap_or_default();
        }
        let others = of_hub.get(&hub).into_iter().flatten().filter(|other| **other != joint);
        let named = others.filter_map(|other| port_of(*other)).map(|(block, port)| {
            let name = port.and_then(|port| port.lines.first()).map_or("", String::as_str);
            format!("{}:{name}", block.title)
        });
        let mut words: Vec<String> = named.collect();
        words.extend(of.lines.iter().skip_while(|line| line.contains('/')).cloned());
        words.join(" ")
    };
    for hub in scene.hubs.iter().filter(|hub| hub.kind == HubKind::Switch) {
        text.push_str(&format!("{}\n", hub.lines.join(" ")));
    }
    for (at, block) in scene.blocks.iter().enumerate().filter(|(_, block)| block.kind != Kind::Point) {
        text.push_str(&format!("{}\n", block.title));
        for row in &block.rows {
            text.push_str(&format!("  {row}\n"));
        }
        for (joint, of) in scene.joints.iter().enumerate().filter(|(_, joint)| joint.block == at) {
            let port = of.port.and_then(|port| block.ports.get(port)).map(|port| port.lines.join(" "));
            text.push_str(&format!("  {} -- {}\n", port.unwrap_or_default(), cut(&far(joint, of.hub), 120)));
        }
    }
    text
}
