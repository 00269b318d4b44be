//! One part whose things are joined: in layers, each in its order, at its place.

use std::collections::HashMap;

use super::super::drawing::{Line, Look, Shape};
use super::super::layers::Graph;
use super::super::order::Layers;
use super::super::place::{Pull, places, settle};
use super::super::scene::{HubKind, Scene};
use super::rack::{Rack, rack};
use super::{Item, Measure, Piece, Way, boxes, moved};

/// A part in layers, in order.
#[derive(Debug, Clone)]
pub(super) struct Part<'s> {
    scene: &'s Scene,
    items: Vec<&'s Item>,
    layers: Layers,
    /// The lines: their joints, the thing that is a box, the one between.
    lines: Vec<(usize, usize, usize)>,
    pub(super) crossings: usize,
    /// How badly things stand.
    pub(super) awkward: f64,
}

/// A thing with its size and where its lines end, at no place yet.
#[derive(Debug, Clone)]
struct Sized {
    shape: Option<Shape>,
    rack: Option<Rack>,
    width: f64,
    height: f64,
    /// By line: from the corner.
    anchors: HashMap<usize, (f64, f64)>,
}

impl<'s> Part<'s> {
    /// The layers counted from some things; `None` where that leads nowhere.
    pub(super) fn of(
        scene: &'s Scene,
        items: &'s [Item],
        graph: &Graph,
        joints: &[(usize, usize)],
        members: &[usize],
        roots: &[usize],
    ) -> Option<Self> {
        let far = graph.distances(roots);
        let local: HashMap<usize, usize> = members.iter().copied().zip(0..).collect();
        let mut layer = Vec::with_capacity(members.len());
        for member in members {
            layer.push(far.get(*member).copied().flatten()?);
        }
        let mut layers: Vec<Vec<usize>> = vec![Vec::new(); layer.iter().max()? + 1];
        for (at, of) in layer.iter().enumerate() {
            layers.get_mut(*of)?.push(at);
        }
        let next = members.iter().map(|member| {
            let others = graph.next.get(*member).into_iter().flatten();
            others.filter_map(|(other, _)| local.get(other).copied()).collect()
        });
        let mut layers = Layers { layers, next: next.collect(), layer };
        layers.arrange();
        let crossings = layers.crossings();
        let mut lines = Vec::new();
        for member in members {
            for (hub, joint) in graph.next.get(*member).into_iter().flatten() {
                let (block, of) = joints.get(*joint).copied()?;
                if block == *member && of == *hub {
                    lines.push((*joint, *local.get(member)?, *local.get(hub)?));
                }
            }
        }
        let items = members.iter().filter_map(|member| items.get(*member)).collect();
        let mut part = Self { scene, items, layers, lines, crossings, awkward: 0.0 };
        part.awkward = (0..part.items.len()).map(|at| part.awkward(at)).sum();
        Some(part)
    }

    fn others(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        self.layers.next.get(at).into_iter().flatten().copied()
    }

    fn is_behind(&self, other: usize, at: usize) -> bool {
        self.layer(other) > self.layer(at)
    }

    /// Whether all lines of a thing lead to one side.
    fn is_one_sided(&self, at: usize) -> bool {
        self.others(at).all(|other| self.is_behind(other, at))
            || !self.others(at).any(|other| self.is_behind(other, at))
    }

    /// How badly a thing stands: a cable that leads back, or one node between two others that is not between them; a
    /// switch whose own boxes stand on both sides, or on that of its routers.
    fn awkward(&self, at: usize) -> f64 {
        let count = self.others(at).count();
        let Some(Item::Hub(hub)) = self.items.get(at) else {
            return if count == 2 && self.is_one_sided(at) { 1.6 } else { 0.0 };
        };
        if self.scene.hubs.get(*hub).is_none_or(|hub| hub.kind != HubKind::Switch) {
            return if self.is_one_sided(at) { 1.0 } else { 0.0 };
        }
        let alone = |other: &usize| self.layers.next.get(*other).is_some_and(|next| next.len() == 1);
        let behind = |other: usize| self.is_behind(other, at);
        if self.others(at).filter(alone).any(behind) && self.others(at).filter(alone).any(|other| !behind(other)) {
            return 1.0;
        }
        let mixed = self.others(at).any(|other| alone(&other)) && self.others(at).any(|other| !alone(&other));
        if mixed && self.is_one_sided(at) { 0.6 } else { 0.0 }
    }

    fn layer(&self, at: usize) -> usize {
        self.layers.layer.get(at).copied().unwrap_or(0)
    }

    /// Gives all a place.
    pub(super) fn piece(self, way: Way, measure: &Measure) -> Piece {
        let mut all = self.sized(way, measure);
        let middles = self.middles(&all, way, measure);
        let corners = self.corners(&mut all, &middles, way, measure);
        self.drawn(all, &corners, way)
    }

    /// The lines of a thing on one side, in the order in which the things at their other ends stand.
    fn side(&self, at: usize, behind: bool, positions: &[usize]) -> Vec<usize> {
        let own = self.layer(at);
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for (line, (joint, block, hub)) in self.lines.iter().enumerate() {
            let other = match at {
                _ if at == *block => *hub,
                _ if at == *hub => *block,
                _ => continue,
            };
            if (self.layer(other) > own) == behind {
                let port = self.scene.joints.get(*joint).and_then(|joint| joint.port).unwrap_or(0);
                found.push((positions.get(other).copied().unwrap_or(0), port, line));
            }
        }
        found.sort_unstable();
        found.into_iter().map(|(_, _, line)| line).collect()
    }

    fn sized(&self, way: Way, measure: &Measure) -> Vec<Sized> {
        let positions = self.layers.positions();
        let mut of_thing: Vec<[Vec<usize>; 2]> = Vec::new();
        for at in 0..self.items.len() {
            of_thing.push([false, true].map(|behind| self.side(at, behind, &positions)));
        }
        let port_of = |line: &usize| self.scene.joints.get(self.lines.get(*line)?.0)?.port;
        let mut all: Vec<Sized> = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            let empty = [Vec::new(), Vec::new()];
            let sides = of_thing.get(at).unwrap_or(&empty);
            let mut sized = Sized { shape: None, rack: None, width: 0.0, height: 0.0, anchors: HashMap::new() };
            match item {
                Item::Block(block) => {
                    let Some(block) = self.scene.blocks.get(*block) else { continue };
                    // A port that several lines lead to has one cell on each side.
                    let mut cells: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
                    for (cells, side) in cells.iter_mut().zip(sides) {
                        for port in side.iter().map(|line| port_of(line).unwrap_or(0)) {
                            if !cells.contains(&port) {
                                cells.push(port);
                            }
                        }
                    }
                    let built = boxes::block(block, [&cells[0], &cells[1]], way, measure);
                    for ((cells, side), anchors) in cells.iter().zip(sides).zip(&built.anchors) {
                        for line in side {
                            let cell = cells.iter().position(|port| *port == port_of(line).unwrap_or(0));
                            let anchor = cell.and_then(|cell| anchors.get(cell)).copied().unwrap_or_default();
                            sized.anchors.insert(*line, anchor);
                        }
                    }
                    (sized.width, sized.height) = (built.shape.rect.width, built.shape.rect.height);
                    sized.shape = (block.kind != super::super::scene::Kind::Point).then_some(built.shape);
                }
                Item::Rack(blocks) => {
                    let built = rack(self.scene, blocks, way, measure);
                    (sized.width, sized.height) = (built.rect().width, built.rect().height);
                    sized.anchors.extend(sides.iter().flatten().map(|line| (*line, built.anchor)));
                    sized.rack = Some(built);
                }
                // When the boxes are known.
                Item::Hub(_) => {}
            }
            all.push(sized);
        }
        self.sized_hubs(&mut all, &of_thing, way, measure);
        all
    }

    /// A switch is as long as the boxes that are on it alone take side by side.
    fn sized_hubs(&self, all: &mut [Sized], of_thing: &[[Vec<usize>; 2]], way: Way, measure: &Measure) {
        for (at, item) in self.items.iter().enumerate() {
            let Item::Hub(hub) = item else { continue };
            let Some(hub) = self.scene.hubs.get(*hub) else { continue };
            let mut across: f64 = 0.0;
            for side in of_thing.get(at).into_iter().flatten() {
                let mut of_side = 0.0;
                for line in side {
                    let Some((_, block, _)) = self.lines.get(*line) else { continue };
                    let alone = of_thing.get(*block).is_some_and(|sides| sides.iter().flatten().count() == 1);
                    let size = all.get(*block).map_or(0.0, |it| if way == Way::Right { it.height } else { it.width });
                    let is_rack = matches!(self.items.get(*block), Some(Item::Rack(_)));
                    of_side += if is_rack {
                        0.0
                    } else if alone {
                        size + measure.gap
                    } else {
                        2.0 * measure.line
                    };
                }
                across = across.max(of_side - measure.gap);
            }
            let across = if hub.kind == HubKind::Switch { across.max(0.0) } else { 0.0 };
            let shape = boxes::hub(hub, across, way, measure);
            if let Some(sized) = all.get_mut(at) {
                (sized.width, sized.height) = (shape.rect.width, shape.rect.height);
                sized.shape = (!hub.lines.is_empty()).then_some(shape);
            }
        }
    }

    /// The middles of all things across the layers.
    fn middles(&self, all: &[Sized], way: Way, measure: &Measure) -> Vec<f64> {
        let size = |it: &Sized| if way == Way::Right { it.height } else { it.width };
        let across = |point: (f64, f64)| if way == Way::Right { point.1 } else { point.0 };
        let sizes: Vec<f64> = all.iter().map(size).collect();
        let mut pulls: Vec<Vec<Pull>> = vec![Vec::new(); all.len()];
        let offset = |at: usize, line: usize| {
            let it = all.get(at)?;
            Some(across(*it.anchors.get(&line)?) - size(it) / 2.0)
        };
        for (line, (_, block, hub)) in self.lines.iter().enumerate() {
            let own = offset(*block, line).unwrap_or(0.0);
            for (at, pull) in
                [(*block, Pull { other: *hub, own, far: 0.0 }), (*hub, Pull { other: *block, own: 0.0, far: own })]
            {
                pulls.get_mut(at).into_iter().for_each(|of_thing| of_thing.push(pull));
            }
        }
        places(&self.layers, &sizes, measure.gap, &pulls)
    }

    /// The corners of all, with the lines' ends at what is between put in place.
    fn corners(&self, all: &mut [Sized], middles: &[f64], way: Way, measure: &Measure) -> Vec<(f64, f64)> {
        let size = |it: &Sized| if way == Way::Right { (it.width, it.height) } else { (it.height, it.width) };
        let least = |(at, it): (usize, &Sized)| middles.get(at).copied().unwrap_or(0.0) - size(it).1 / 2.0;
        let start = all.iter().enumerate().map(least).fold(f64::INFINITY, f64::min);
        let start = if start.is_finite() { start } else { 0.0 };
        let across: Vec<f64> = middles.iter().map(|middle| middle - start).collect();
        self.hub_anchors(all, &across, way, measure);
        let mut corners = vec![(0.0, 0.0); all.len()];
        let mut edge = 0.0;
        for (layer, things) in self.layers.layers.iter().enumerate() {
            let thick = things.iter().filter_map(|at| all.get(*at)).map(|it| size(it).0).fold(0.0, f64::max);
            for at in things {
                let (Some(it), Some(middle)) = (all.get(*at), across.get(*at)) else { continue };
                let (along, wide) = size(it);
                // A cable without a label that leads back turns at once.
                let turns = along == 0.0 && matches!(self.items.get(*at), Some(Item::Hub(_))) && self.is_one_sided(*at);
                let back = turns && !self.others(*at).any(|other| self.is_behind(other, *at));
                let rack = matches!(self.items.get(*at), Some(Item::Rack(_)));
                let aside = match (turns, back) {
                    (false, _) if rack => 0.0,
                    (false, _) => (thick - along) / 2.0,
                    (true, true) => 0.0,
                    (true, false) => thick,
                };
                let corner = (edge + aside, middle - wide / 2.0);
                let corner = if measure.whole { (corner.0.floor(), corner.1.floor()) } else { corner };
                if let Some(slot) = corners.get_mut(*at) {
                    *slot = if way == Way::Right { corner } else { (corner.1, corner.0) };
                }
            }
            edge += thick + self.channel(all, &across, layer, way, measure);
        }
        corners
    }

    /// How far apart two layers are: farther where lines have far to go across.
    fn channel(&self, all: &[Sized], across: &[f64], layer: usize, way: Way, measure: &Measure) -> f64 {
        let size = |it: &Sized| if way == Way::Right { it.height } else { it.width };
        let end = |at: usize, line: usize| {
            let it = all.get(at)?;
            let anchor = it.anchors.get(&line)?;
            let anchor = if way == Way::Right { anchor.1 } else { anchor.0 };
            Some(across.get(at)? - size(it) / 2.0 + anchor)
        };
        let mut most: f64 = 0.0;
        let mut turns = 0.0;
        for (line, (_, block, hub)) in self.lines.iter().enumerate() {
            if self.layer(*block).min(self.layer(*hub)) == layer
                && let (Some(from), Some(to)) = (end(*block, line), end(*hub, line))
            {
                most = most.max((from - to).abs());
                turns += 1.0;
            }
        }
        if measure.whole {
            return measure.channel + turns;
        }
        (most * 0.3).clamp(measure.channel, measure.widest_channel)
    }

    /// Lines end at what is between as near to straight as its side allows.
    fn hub_anchors(&self, all: &mut [Sized], across: &[f64], way: Way, measure: &Measure) {
        let positions = self.layers.positions();
        let wide = |it: &Sized| if way == Way::Right { it.height } else { it.width };
        for (at, item) in self.items.iter().enumerate() {
            let Item::Hub(_) = item else { continue };
            let Some(own) = all.get(at).cloned() else { continue };
            let corner = across.get(at).copied().unwrap_or(0.0) - wide(&own) / 2.0;
            for behind in [false, true] {
                let mut lines: Vec<(f64, usize)> = Vec::new();
                for line in self.side(at, behind, &positions) {
                    let Some((_, block, _)) = self.lines.get(line) else { continue };
                    let Some(other) = all.get(*block) else { continue };
                    let anchor = other.anchors.get(&line).copied().unwrap_or_default();
                    let anchor = if way == Way::Right { anchor.1 } else { anchor.0 };
                    let far = across.get(*block).copied().unwrap_or(0.0) - wide(other) / 2.0 + anchor;
                    lines.push((far - corner, line));
                }
                lines.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let edge = (measure.line * 0.7).min(wide(&own) / 2.0);
                let room = (wide(&own) - 2.0 * edge).max(0.0);
                let gap = (room / lines.len().max(2).saturating_sub(1) as f64).min(measure.line * 0.7);
                let wishes: Vec<(f64, f64)> = lines.iter().map(|(at, _)| (at.clamp(edge, edge + room), 1.0)).collect();
                let count = lines.len();
                for ((_, line), (n, place)) in
                    lines.iter().zip(settle(&wishes, &vec![0.0; count], gap).into_iter().enumerate())
                {
                    // Those that were moved together may stand out.
                    let low = edge + n as f64 * gap;
                    let high = edge + room - (count - 1 - n) as f64 * gap;
                    let mut place = place.max(low.min(high)).min(high.max(low));
                    if measure.whole && wide(&own) > 0.0 {
                        // In the middle of a row, not on a border.
                        let border =
                            if own.shape.as_ref().is_some_and(|shape| shape.look == Look::Switch) { 1.5 } else { 0.5 };
                        place = (place.floor() + 0.5).min(wide(&own) - border).max(border);
                    }
                    let along = match (behind, way) {
                        (false, _) => 0.0,
                        (true, Way::Right) => own.width,
                        (true, Way::Down) => own.height,
                    };
                    let anchor = if way == Way::Right { (along, place) } else { (place, along) };
                    all.get_mut(at).into_iter().for_each(|it| {
                        it.anchors.insert(*line, anchor);
                    });
                }
            }
        }
    }

    fn drawn(self, all: Vec<Sized>, corners: &[(f64, f64)], way: Way) -> Piece {
        let mut piece = Piece::default();
        let mut sides: Vec<(f64, f64)> = vec![(f64::INFINITY, f64::NEG_INFINITY); self.layers.layers.len()];
        for (at, it) in all.iter().enumerate() {
            let corner = corners.get(at).copied().unwrap_or_default();
            piece.width = piece.width.max(corner.0 + it.width);
            piece.height = piece.height.max(corner.1 + it.height);
            let (low, high) = match way {
                Way::Right => (corner.0, corner.0 + it.width),
                Way::Down => (corner.1, corner.1 + it.height),
            };
            if let Some(side) = sides.get_mut(self.layer(at)) {
                *side = (side.0.min(low), side.1.max(high));
            }
        }
        let mut shapes: Vec<Option<usize>> = Vec::new();
        let mut anchors: Vec<HashMap<usize, (f64, f64)>> = Vec::new();
        for (at, it) in all.into_iter().enumerate() {
            let corner = corners.get(at).copied().unwrap_or_default();
            shapes.push(it.shape.is_some().then_some(piece.shapes.len()));
            piece.shapes.extend(it.shape.map(|shape| moved(shape, corner.0, corner.1)));
            if let Some(rack) = it.rack {
                let first = piece.shapes.len();
                piece.shapes.extend(rack.shapes.into_iter().map(|shape| moved(shape, corner.0, corner.1)));
                piece.lines.extend(rack.lines.into_iter().map(|mut line| {
                    line.points.iter_mut().for_each(|point| *point = (point.0 + corner.0, point.1 + corner.1));
                    line.ends.iter_mut().flatten().for_each(|end| *end += first);
                    line
                }));
            }
            let placed = it.anchors.into_iter().map(|(line, end)| (line, (end.0 + corner.0, end.1 + corner.1)));
            anchors.push(placed.collect());
        }
        for (line, (joint, block, hub)) in self.lines.iter().enumerate() {
            let end = |at: usize| anchors.get(at).and_then(|of_thing| of_thing.get(&line)).copied().unwrap_or_default();
            let (near, far) = if self.layer(*block) < self.layer(*hub) { (*block, *hub) } else { (*hub, *block) };
            let leaves = sides.get(self.layer(near)).map_or(0.0, |side| side.1);
            let arrives = sides.get(self.layer(far)).map_or(0.0, |side| side.0);
            let (from, to) = (end(near), end(far));
            let points = match way {
                Way::Right => vec![from, (leaves, from.1), (arrives, to.1), to],
                Way::Down => vec![from, (from.0, leaves), (to.0, arrives), to],
            };
            let of_hub = match self.items.get(*hub) {
                Some(Item::Hub(hub)) => self.scene.hubs.get(*hub),
                _ => None,
            };
            let Some(joint) = self.scene.joints.get(*joint) else { continue };
            let is_rack = matches!(self.items.get(*block), Some(Item::Rack(_)));
            piece.lines.push(Line {
                points,
                right: way == Way::Right,
                ends: [near, far].map(|at| shapes.get(at).copied().flatten()),
                colour: of_hub.and_then(|hub| hub.colour),
                state: if is_rack { super::super::scene::State::Up } else { joint.state },
                tunnel: of_hub.is_some_and(|hub| hub.kind == HubKind::Tunnel),
                about: if is_rack { String::new() } else { joint.about.clone() },
            });
        }
        piece
    }
}
