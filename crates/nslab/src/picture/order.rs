//! The order within layers, with few crossings.

/// Layers in order, and the lines from each thing to the next layer and to the one before, by their places there.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    /// The things of each layer.
    pub(super) layers: Vec<Vec<usize>>,
    /// The other ends of the lines of each thing.
    pub(super) next: Vec<Vec<usize>>,
    /// Which layer a thing is in.
    pub(super) layer: Vec<usize>,
}

/// Passes over all layers, to and fro.
const PASSES: usize = 16;

impl Layers {
    /// Where each thing stands in its layer.
    pub(super) fn positions(&self) -> Vec<usize> {
        let mut positions = vec![0; self.next.len()];
        for layer in &self.layers {
            for (position, at) in layer.iter().enumerate() {
                if let Some(slot) = positions.get_mut(*at) {
                    *slot = position;
                }
            }
        }
        positions
    }

    fn neighbours(&self, at: usize, layer: usize) -> impl Iterator<Item = usize> + '_ {
        let others = self.next.get(at).into_iter().flatten().copied();
        others.filter(move |other| self.layer.get(*other) == Some(&layer))
    }

    /// Puts things beside those that they are joined with.
    pub(super) fn arrange(&mut self) {
        let (mut best, mut least) = (self.layers.clone(), self.crossings());
        for pass in 0..PASSES {
            if least == 0 {
                break;
            }
            let count = self.layers.len();
            let order: Vec<(usize, usize)> = match pass % 2 {
                0 => (1..count).map(|layer| (layer, layer - 1)).collect(),
                _ => (0..count.saturating_sub(1)).rev().map(|layer| (layer, layer + 1)).collect(),
            };
            for (layer, towards) in order {
                self.by_middles(layer, towards, pass % 4 > 1);
            }
            self.swap_neighbours();
            let crossings = self.crossings();
            if crossings < least {
                (best, least) = (self.layers.clone(), crossings);
            }
        }
        self.layers = best;
    }

    /// Sorts a layer by the middles of what its things are joined with.
    fn by_middles(&mut self, layer: usize, towards: usize, last_first: bool) {
        let positions = self.positions();
        let middle = |at: usize| -> Option<f64> {
            let mut sum = (0.0, 0.0);
            for other in self.neighbours(at, towards) {
                sum = (sum.0 + positions.get(other).map_or(0.0, |it| *it as f64), sum.1 + 1.0);
            }
            (sum.1 > 0.0).then(|| sum.0 / sum.1)
        };
        let Some(things) = self.layers.get(layer) else { return };
        let mut keyed: Vec<(f64, usize, usize)> = Vec::new();
        for (position, at) in things.iter().enumerate() {
            // One that is joined with nothing there stays beside its neighbour.
            let key = middle(*at).or(keyed.last().map(|(key, ..)| *key)).unwrap_or(0.0);
            keyed.push((key, position, *at));
        }
        let turned = |position: usize| if last_first { usize::MAX - position } else { position };
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| turned(a.1).cmp(&turned(b.1))));
        if let Some(things) = self.layers.get_mut(layer) {
            *things = keyed.into_iter().map(|(_, _, at)| at).collect();
        }
    }

    /// Swaps things that stand side by side where that saves crossings.
    fn swap_neighbours(&mut self) {
        const MOST: usize = 400;
        if self.next.len() > MOST {
            return;
        }
        for layer in 0..self.layers.len() {
            let positions = self.positions();
            let ends = |at: usize, towards: usize| -> Vec<usize> {
                self.neighbours(at, towards).filter_map(|other| positions.get(other).copied()).collect()
            };
            let crossed = |left: &[usize], right: &[usize]| -> usize {
                left.iter().map(|one| right.iter().filter(|other| *other < one).count()).sum()
            };
            let mut things = self.layers.get(layer).cloned().unwrap_or_default();
            for at in 1..things.len() {
                let (Some(left), Some(right)) = (things.get(at - 1).copied(), things.get(at).copied()) else {
                    continue;
                };
                let mut saved = (0, 0);
                for towards in [layer.checked_sub(1), Some(layer + 1)].into_iter().flatten() {
                    let (one, other) = (ends(left, towards), ends(right, towards));
                    saved = (saved.0 + crossed(&one, &other), saved.1 + crossed(&other, &one));
                }
                if saved.1 < saved.0 {
                    things.swap(at - 1, at);
                }
            }
            if let Some(slot) = self.layers.get_mut(layer) {
                *slot = things;
            }
        }
    }

    /// How many pairs of lines cross.
    pub(super) fn crossings(&self) -> usize {
        let positions = self.positions();
        let position = |at: usize| positions.get(at).copied().unwrap_or(0);
        let mut crossings = 0;
        for (layer, things) in self.layers.iter().enumerate() {
            let mut lines: Vec<(usize, usize)> = Vec::new();
            for at in things {
                lines.extend(self.neighbours(*at, layer + 1).map(|other| (position(*at), position(other))));
            }
            lines.sort_unstable();
            crossings += inversions(lines.into_iter().map(|(_, to)| to).collect());
        }
        crossings
    }
}

/// How many pairs stand the wrong way round.
fn inversions(mut numbers: Vec<usize>) -> usize {
    fn sort(numbers: &mut [usize], room: &mut Vec<usize>) -> usize {
        if numbers.len() < 2 {
            return 0;
        }
        let (left, right) = numbers.split_at_mut(numbers.len() / 2);
        let mut count = sort(left, room) + sort(right, room);
        room.clear();
        let (mut one, mut other) = (left.iter().peekable(), right.iter().peekable());
        loop {
            match (one.peek(), other.peek()) {
                (Some(a), Some(b)) if b < a => {
                    count += one.len();
                    room.extend(other.next());
                }
                (Some(_), _) => room.extend(one.next()),
                (None, Some(_)) => room.extend(other.next()),
                (None, None) => break,
            }
        }
        numbers.copy_from_slice(room);
        count
    }
    sort(&mut numbers, &mut Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_the_wrong_way_round() {
        for (numbers, expected) in [(vec![], 0), (vec![1, 2, 3], 0), (vec![3, 2, 1], 3), (vec![2, 2, 1, 3, 0], 6)] {
            assert_eq!(inversions(numbers.clone()), expected, "{numbers:?}");
        }
    }

    #[test]
    fn what_can_be_untangled_is() {
        // 0, 1, 2 above 5, 4, 3.
        let next = vec![vec![3], vec![4], vec![5], vec![0], vec![1], vec![2]];
        let mut layers = Layers { layers: vec![vec![0, 1, 2], vec![5, 4, 3]], next, layer: vec![0, 0, 0, 1, 1, 1] };
        assert_eq!(layers.crossings(), 3);
        layers.arrange();
        assert_eq!(layers.crossings(), 0);
    }
}
