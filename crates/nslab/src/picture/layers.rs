//! Layers: how far each thing is from some of them. In a graph of two kinds of things each line leads from one layer to
//! the next one.

use std::collections::VecDeque;

/// A graph whose every line joins things of two kinds.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    /// The things at the other ends of a thing's lines, with the lines.
    pub(super) next: Vec<Vec<(usize, usize)>>,
    /// Which are of the first kind: boxes.
    pub(super) is_block: Vec<bool>,
    /// Which may not be the beginning: they have their lines on one side.
    pub(super) is_leaf_only: Vec<bool>,
}

impl Graph {
    /// The parts that nothing joins, each in the order of its things.
    pub(super) fn parts(&self) -> Vec<Vec<usize>> {
        let mut part: Vec<Option<usize>> = vec![None; self.next.len()];
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for start in 0..self.next.len() {
            if part.get(start).is_some_and(Option::is_some) {
                continue;
            }
            let mut members = Vec::new();
            let mut queue = vec![start];
            while let Some(at) = queue.pop() {
                let Some(slot @ None) = part.get_mut(at) else { continue };
                *slot = Some(parts.len());
                members.push(at);
                queue.extend(self.next.get(at).into_iter().flatten().map(|(other, _)| *other));
            }
            members.sort_unstable();
            parts.push(members);
        }
        parts
    }

    /// How far each thing of a part is from the nearest of some, which are of one kind.
    pub(super) fn distances(&self, from: &[usize]) -> Vec<Option<usize>> {
        let mut far: Vec<Option<usize>> = vec![None; self.next.len()];
        let mut queue: VecDeque<usize> = VecDeque::new();
        for start in from {
            if let Some(slot) = far.get_mut(*start) {
                *slot = Some(0);
                queue.push_back(*start);
            }
        }
        while let Some(at) = queue.pop_front() {
            let Some(distance) = far.get(at).copied().flatten() else { continue };
            for (other, _) in self.next.get(at).into_iter().flatten() {
                if let Some(slot @ None) = far.get_mut(*other) {
                    *slot = Some(distance + 1);
                    queue.push_back(*other);
                }
            }
        }
        far
    }

    fn degree(&self, at: usize) -> usize {
        self.next.get(at).map_or(0, Vec::len)
    }

    /// From where the layers of a part may be counted, in the order of preference; no set twice.
    pub(super) fn roots(&self, part: &[usize], few: bool) -> Vec<Vec<usize>> {
        let may = |at: &&usize| !self.is_leaf_only.get(**at).copied().unwrap_or(false);
        let block = |at: &&usize| self.is_block.get(**at).copied().unwrap_or(false);
        let leaf = |at: &&usize| block(at) && self.degree(**at) == 1;
        let mut found: Vec<Vec<usize>> = Vec::new();
        let mut add = |roots: Vec<usize>| {
            if !roots.is_empty() && !found.contains(&roots) {
                found.push(roots);
            }
        };
        // The middle: what is farthest from all leaves.
        let leaves: Vec<usize> = part.iter().filter(leaf).copied().collect();
        if !leaves.is_empty() {
            let far = self.distances(&leaves);
            let blocks = || part.iter().filter(block).filter(may);
            let most = blocks().filter_map(|at| far.get(*at).copied().flatten()).max().unwrap_or(0);
            if most > 0 {
                add(blocks().filter(|at| far.get(**at).copied().flatten() == Some(most)).copied().collect());
            }
        }
        // What has most lines.
        let by_degree = |at: &&usize| (self.degree(**at), std::cmp::Reverse(**at));
        add(part.iter().filter(may).max_by_key(by_degree).copied().into_iter().collect());
        // One end: the farthest from the first, with its fellows on the same switch.
        let first: Vec<usize> = part.iter().filter(may).filter(block).take(1).copied().collect();
        let mut end = first.clone();
        for _ in 0..2 {
            let far = self.distances(&end);
            let distance = |at: &&usize| far.get(**at).copied().flatten();
            let most = part.iter().filter(may).filter(block).filter_map(|at| distance(&at)).max();
            let farthest = part.iter().filter(may).filter(block).find(|at| distance(at) == most).copied();
            let Some(farthest) = farthest else { break };
            let hubs = self.next.get(farthest).into_iter().flatten().map(|(hub, _)| *hub);
            let fellows = hubs.flat_map(|hub| self.next.get(hub).into_iter().flatten().map(|(other, _)| *other));
            let mut roots: Vec<usize> = match self.degree(farthest) {
                1 => fellows.filter(|at| leaf(&at) && may(&at)).collect(),
                _ => vec![farthest],
            };
            roots.sort_unstable();
            roots.dedup();
            add(roots.clone());
            add(vec![farthest]);
            end = vec![farthest];
        }
        add(first);
        if few {
            found.truncate(3);
        }
        // Of two that are as good, the one that begins with what comes first.
        found.sort_by_key(|roots| roots.iter().min().copied());
        found
    }
}
