//! A picture with everything in its place, and whether it is a good one.

use super::scene::State;

/// A picture. Its unit is what was measured with: a pixel, or a cell of a terminal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawing {
    /// What the network is called.
    pub name: String,
    /// Its width; everything is within.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// Boxes, switches and labels.
    pub shapes: Vec<Shape>,
    /// What joins them.
    pub lines: Vec<Line>,
}

/// A box, a switch or a label.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Where it is.
    pub rect: Rect,
    /// What it looks like.
    pub look: Look,
    /// The colour of its network.
    pub colour: Option<usize>,
    /// The cells of its ports; within it.
    pub cells: Vec<Cell>,
    /// What is written on it; within it.
    pub texts: Vec<Text>,
    /// All that is known of what it stands for.
    pub about: String,
}

/// A port of a box.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Where it is.
    pub rect: Rect,
    /// The colour of its network.
    pub colour: Option<usize>,
    /// How it is.
    pub state: State,
}

/// What a shape looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A node.
    Node,
    /// The machine's own namespace.
    Machine,
    /// Several nodes as one.
    Folded,
    /// A switch.
    Switch,
    /// What a cable is called.
    Label,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// Its left end.
    pub x: f64,
    /// Its upper end.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// What it says.
    pub text: String,
    /// Which side it is written from, where a font is not as wide as was thought.
    pub stand: Stand,
    /// Whether it is a name that others are told from.
    pub strong: bool,
    /// Whether it is something that is not as usual.
    pub alert: bool,
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// At its left end.
    Left,
    /// In the middle.
    Middle,
    /// At its right end.
    Right,
}

/// What joins two shapes: straight, a curve between two layers, straight.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// From where it comes, by the corners of its way. Between the second and the third it may be a curve that leaves
    /// and arrives in the direction of the layers.
    pub points: Vec<(f64, f64)>,
    /// Whether the layers are side by side; else they are one above the other.
    pub right: bool,
    /// The shapes that it joins; one that is not drawn is none.
    pub ends: [Option<usize>; 2],
    /// The colour of its network.
    pub colour: Option<usize>,
    /// How it is.
    pub state: State,
    /// Whether it is a tunnel.
    pub tunnel: bool,
    /// What it joins.
    pub about: String,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// Its left side.
    pub x: f64,
    /// Its upper side.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// Sums of numbers with fractions are off by less.
const SLACK: f64 = 0.01;

impl Rect {
    /// One side more to the right.
    #[must_use]
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Its lower side.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    fn overlaps(&self, other: &Self) -> bool {
        // What touches does not overlap.
        let apart = |one: f64, other: f64| one + SLACK >= other;
        !(apart(self.x, other.right())
            || apart(other.x, self.right())
            || apart(self.y, other.bottom())
            || apart(other.y, self.bottom()))
    }

    fn contains(&self, other: &Self) -> bool {
        self.x <= other.x + SLACK
            && self.y <= other.y + SLACK
            && other.right() <= self.right() + SLACK
            && other.bottom() <= self.bottom() + SLACK
    }

    fn has_inside(&self, (x, y): (f64, f64)) -> bool {
        x > self.x + SLACK && x < self.right() - SLACK && y > self.y + SLACK && y < self.bottom() - SLACK
    }
}

/// What is wrong with a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Two shapes overlap.
    Shapes(usize, usize),
    /// A text is not within its shape, or overlaps another there.
    Text(usize, String),
    /// A line leads through a shape.
    Through(usize, usize),
    /// A shape or a line is not within the picture.
    Outside(usize),
}

impl Line {
    /// Points along it, close to each other.
    #[must_use]
    pub fn along(&self) -> Vec<(f64, f64)> {
        const STEPS: u32 = 24;
        let mut all = Vec::new();
        for (at, pair) in self.points.windows(2).enumerate() {
            let [from, to] = pair else { continue };
            for step in 0..=STEPS {
                let t = f64::from(step) / f64::from(STEPS);
                all.push(if at == 1 && self.points.len() == 4 {
                    self.curve(*from, *to, t)
                } else {
                    between(*from, *to, t)
                });
            }
        }
        all
    }

    /// The curve's two points that it is drawn towards.
    #[must_use]
    pub fn controls(&self, from: (f64, f64), to: (f64, f64)) -> [(f64, f64); 2] {
        if self.right {
            let middle = f64::midpoint(from.0, to.0);
            [(middle, from.1), (middle, to.1)]
        } else {
            let middle = f64::midpoint(from.1, to.1);
            [(from.0, middle), (to.0, middle)]
        }
    }

    fn curve(&self, from: (f64, f64), to: (f64, f64), t: f64) -> (f64, f64) {
        let [one, two] = self.controls(from, to);
        let u = 1.0 - t;
        let mix =
            |a: f64, b: f64, c: f64, d: f64| u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d;
        (mix(from.0, one.0, two.0, to.0), mix(from.1, one.1, two.1, to.1))
    }
}

fn between(from: (f64, f64), to: (f64, f64), t: f64) -> (f64, f64) {
    (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)
}

impl Drawing {
    /// Everything that is wrong with it: overlapping shapes and texts, lines through shapes, anything outside.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let whole = Rect { x: 0.0, y: 0.0, width: self.width, height: self.height };
        for (at, shape) in self.shapes.iter().enumerate() {
            if !whole.contains(&shape.rect) {
                faults.push(Fault::Outside(at));
            }
            for (other, with) in self.shapes.iter().enumerate().skip(at + 1) {
                if shape.rect.overlaps(&with.rect) {
                    faults.push(Fault::Shapes(at, other));
                }
            }
            for (n, text) in shape.texts.iter().enumerate() {
                let rect = text.rect();
                let hits = |other: &Text| other.rect().overlaps(&rect);
                let cut = |cell: &Cell| cell.rect.overlaps(&rect) && !cell.rect.contains(&rect);
                let bad = !shape.rect.contains(&rect)
                    || shape.texts.iter().skip(n + 1).any(hits)
                    || shape.cells.iter().any(cut);
                if bad {
                    faults.push(Fault::Text(at, text.text.clone()));
                }
            }
        }
        for (at, line) in self.lines.iter().enumerate() {
            let points = line.along();
            if points.iter().any(|(x, y)| *x < 0.0 || *y < 0.0 || *x > self.width || *y > self.height) {
                faults.push(Fault::Outside(at));
            }
            for (of, shape) in self.shapes.iter().enumerate() {
                if points.iter().any(|point| shape.rect.has_inside(*point)) {
                    faults.push(Fault::Through(at, of));
                }
            }
        }
        faults
    }
}

impl Text {
    /// Where it is.
    #[must_use]
    pub fn rect(&self) -> Rect {
        Rect { x: self.x, y: self.y, width: self.width, height: self.height }
    }
}
