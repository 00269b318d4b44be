//! Many boxes on one switch: in rows, left and right of lines that come down from one above.

use super::super::drawing::{Line, Rect, Shape};
use super::super::scene::{Joint, Scene};
use super::{Measure, Way, boxes, moved};

/// A rack at no place yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Rack {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
    pub(super) lines: Vec<Line>,
    /// Where the line to the switch ends.
    pub(super) anchor: (f64, f64),
}

/// Builds one.
pub(super) fn rack(scene: &Scene, blocks: &[usize], way: Way, measure: &Measure) -> Rack {
    let built = |side: usize, at: &usize, least: f64| {
        let sides: [&[usize]; 2] = if side == 0 { [&[], &[0]] } else { [&[0], &[]] };
        scene.blocks.get(*at).map(|block| boxes::block_of(block, sides, least, Way::Right, measure))
    };
    let all: Vec<(usize, boxes::Built)> = blocks.iter().filter_map(|at| Some((*at, built(0, at, 0.0)?))).collect();
    let width = all.iter().map(|(_, it)| it.shape.rect.width).fold(0.0, f64::max);
    let height = all.iter().map(|(_, it)| it.shape.rect.height).fold(0.0, f64::max);
    let (stub, gap) = (measure.gap, measure.gap * 0.6);
    let pair = 2.0 * (width + stub) + measure.gap;
    // As many pairs of columns as make it half as wide again as high.
    let pairs = ((all.len() as f64 / 2.0 * (height + gap) * 1.5 / pair).sqrt().round().max(1.0)) as usize;
    let rows = all.len().div_ceil(2 * pairs);
    let bus = measure.gap;
    let mut rack = Rack {
        width: pairs as f64 * pair - measure.gap,
        height: bus + rows as f64 * (height + gap) - gap,
        ..Rack::default()
    };
    let middle = |pair_at: usize| pair_at as f64 * pair + width + stub;
    let mut lowest = vec![0.0; pairs];
    for (at, (block, _)) in all.iter().enumerate() {
        let (row, column) = (at / (2 * pairs), at % (2 * pairs));
        let side = column % 2;
        let Some(it) = built(side, block, width) else { continue };
        let x = if side == 0 { middle(column / 2) - stub - it.shape.rect.width } else { middle(column / 2) + stub };
        let y = bus + row as f64 * (height + gap);
        let anchor = it.anchors.iter().flatten().next().copied().unwrap_or_default();
        let end = (x + anchor.0, y + anchor.1);
        let joint = scene.joints.iter().find(|joint| joint.block == *block);
        let shape = rack.shapes.len();
        rack.shapes.push(moved(it.shape, x, y));
        rack.lines.extend(joint.map(|joint| line(scene, joint, vec![(middle(column / 2), end.1), end], Some(shape))));
        if let Some(lowest) = lowest.get_mut(column / 2) {
            *lowest = f64::max(*lowest, end.1);
        }
    }
    let Some(joint) = blocks.first().and_then(|block| scene.joints.iter().find(|joint| joint.block == *block)) else {
        return rack;
    };
    let of_switch = Joint { about: String::new(), state: super::super::scene::State::Up, ..joint.clone() };
    let last = middle(pairs - 1);
    let first = middle(0);
    match way {
        Way::Right => {
            rack.anchor = (0.0, 0.0);
            rack.lines.push(line(scene, &of_switch, vec![(0.0, 0.0), (last, 0.0)], None));
        }
        Way::Down => {
            rack.anchor = (f64::midpoint(first, last), 0.0);
            if pairs > 1 {
                rack.lines.push(line(scene, &of_switch, vec![(first, 0.0), (last, 0.0)], None));
            }
        }
    }
    for (at, lowest) in lowest.into_iter().enumerate() {
        rack.lines.push(line(scene, &of_switch, vec![(middle(at), 0.0), (middle(at), lowest)], None));
    }
    rack
}

fn line(scene: &Scene, joint: &Joint, points: Vec<(f64, f64)>, shape: Option<usize>) -> Line {
    Line {
        points,
        right: true,
        ends: [shape, None],
        colour: scene.hubs.get(joint.hub).and_then(|hub| hub.colour),
        state: joint.state,
        tunnel: false,
        about: joint.about.clone(),
    }
}

impl Rack {
    /// Where it is when its corner is there.
    pub(super) fn rect(&self) -> Rect {
        Rect { x: 0.0, y: 0.0, width: self.width, height: self.height }
    }
}
