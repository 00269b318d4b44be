//! Places across the layers: each thing as near as can be to where its lines lead, in the order of its layer.

use super::order::Layers;

/// A line between two things: how far from their middles it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pull {
    /// The thing at the other end.
    pub(super) other: usize,
    /// How far from the thing's own middle it begins.
    pub(super) own: f64,
    /// How far from the other's middle it ends.
    pub(super) far: f64,
}

/// Passes over all layers, to and fro.
const PASSES: usize = 12;

/// The middles of all things, by their sizes. Those of one layer have at least a gap between them.
pub(super) fn places(layers: &Layers, sizes: &[f64], gap: f64, pulls: &[Vec<Pull>]) -> Vec<f64> {
    let mut middles = vec![0.0; sizes.len()];
    let size = |at: usize| sizes.get(at).copied().unwrap_or(0.0);
    for layer in &layers.layers {
        let mut edge = 0.0;
        for at in layer {
            if let Some(slot) = middles.get_mut(*at) {
                *slot = edge + size(*at) / 2.0;
            }
            edge += size(*at) + gap;
        }
    }
    let count = layers.layers.len();
    for pass in 0..PASSES {
        let order: Vec<usize> = if pass % 2 == 0 { (0..count).collect() } else { (0..count).rev().collect() };
        let both = pass + 4 >= PASSES;
        for layer in order {
            let Some(things) = layers.layers.get(layer) else { continue };
            let mut wishes = Vec::with_capacity(things.len());
            for at in things {
                let seen = |pull: &&Pull| {
                    let of_other = layers.layer.get(pull.other).copied().unwrap_or(layer);
                    both || if pass % 2 == 0 { of_other < layer } else { of_other > layer }
                };
                let (mut sum, mut weight) = (0.0, 0.0);
                for pull in pulls.get(*at).into_iter().flatten().filter(seen) {
                    sum += middles.get(pull.other).copied().unwrap_or(0.0) + pull.far - pull.own;
                    weight += 1.0;
                }
                wishes.push(match weight > 0.0 {
                    true => (sum / weight, weight),
                    false => (middles.get(*at).copied().unwrap_or(0.0), 0.1),
                });
            }
            let of_layer: Vec<f64> = things.iter().map(|at| size(*at)).collect();
            for (at, middle) in things.iter().zip(settle(&wishes, &of_layer, gap)) {
                if let Some(slot) = middles.get_mut(*at) {
                    *slot = middle;
                }
            }
        }
    }
    middles
}

/// The middles nearest to the wished ones (least squares) that keep the order and the gaps: things that would overlap
/// are moved together (pool adjacent violators).
pub(super) fn settle(wishes: &[(f64, f64)], sizes: &[f64], gap: f64) -> Vec<f64> {
    // With the room before each taken off, the order is all that is left to keep.
    let mut offsets = Vec::with_capacity(sizes.len());
    let mut edge = 0.0;
    for size in sizes {
        offsets.push(edge + size / 2.0);
        edge += size + gap;
    }
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for ((wish, weight), offset) in wishes.iter().zip(&offsets) {
        let mut pool = (wish - offset, *weight, 1);
        while let Some(before) = pools.pop_if(|before| before.0 >= pool.0) {
            let weight = before.1 + pool.1;
            pool = ((before.0 * before.1 + pool.0 * pool.1) / weight, weight, before.2 + pool.2);
        }
        pools.push(pool);
    }
    let settled = pools.iter().flat_map(|(at, _, count)| std::iter::repeat_n(*at, *count));
    settled.zip(&offsets).map(|(at, offset)| at + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_met_where_there_is_room() {
        assert_eq!(settle(&[(5.0, 1.0), (50.0, 1.0)], &[10.0, 10.0], 2.0), [5.0, 50.0]);
        assert_eq!(settle(&[(5.0, 1.0), (5.0, 1.0)], &[10.0, 10.0], 2.0), [-1.0, 11.0]);
        assert_eq!(settle(&[(9.0, 1.0), (0.0, 3.0)], &[10.0, 10.0], 2.0), [-6.75, 5.25]);
        assert_eq!(settle(&[], &[], 2.0), Vec::<f64>::new());
    }
}
