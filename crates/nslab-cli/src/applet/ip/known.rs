//! What is remembered of the links that were seen: found by index and by name, whatever their number.

use std::collections::HashMap;

use nslab::ops::link::Link;

/// What is remembered of a link.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) name: Vec<u8>,
    pub(super) flags: u32,
}

impl Known {
    pub(super) fn of(link: &Link<'_>) -> Self {
        Self { name: link.name().into(), flags: link.flags() }
    }
}

/// The links, each by its index and by its name.
#[derive(Debug, Default)]
pub(super) struct Links {
    by_index: HashMap<u32, Known>,
    by_name: HashMap<Vec<u8>, u32>,
}

impl Links {
    pub(super) fn get(&self, index: u32) -> Option<&Known> {
        self.by_index.get(&index)
    }

    pub(super) fn index(&self, name: &[u8]) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    /// A link that was seen under another name, or a name at another link, is so no more.
    pub(super) fn insert(&mut self, index: u32, known: Known) {
        if let Some(other) = self.by_name.insert(known.name.clone(), index).filter(|other| *other != index) {
            self.by_index.remove(&other);
        }
        let name = known.name.clone();
        if let Some(before) = self.by_index.insert(index, known).filter(|before| before.name != name) {
            self.by_name.remove(&before.name);
        }
    }

    pub(super) fn clear(&mut self) {
        self.by_index.clear();
        self.by_name.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_stay_in_step() {
        let known = |name: &str| Known { name: name.into(), flags: 0 };
        let mut links = Links::default();
        links.insert(2, known("a"));
        links.insert(3, known("b"));
        // Renamed, and the name given to another.
        links.insert(2, known("c"));
        assert_eq!((links.index(b"a"), links.index(b"c")), (None, Some(2)));
        links.insert(4, known("b"));
        assert_eq!((links.index(b"b"), links.get(3).is_none(), links.get(4).is_some()), (Some(4), true, true));
        links.insert(4, known("b"));
        assert_eq!(links.index(b"b"), Some(4));
        links.clear();
        assert!(links.index(b"b").is_none() && links.get(2).is_none());
    }
}
