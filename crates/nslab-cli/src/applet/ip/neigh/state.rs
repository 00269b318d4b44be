//! The states of a neighbour (`NUD_…`, neighbour unreachability detection).

use nslab::wire::consts::{
    NUD_DELAY, NUD_FAILED, NUD_INCOMPLETE, NUD_NOARP, NUD_PERMANENT, NUD_PROBE, NUD_REACHABLE, NUD_STALE,
};

use crate::applet::ip::words::{matches, number};

const STATES: &[(&str, u16)] = &[
    ("permanent", NUD_PERMANENT),
    ("reachable", NUD_REACHABLE),
    ("noarp", NUD_NOARP),
    ("none", 0),
    ("stale", NUD_STALE),
    ("incomplete", NUD_INCOMPLETE),
    ("delay", NUD_DELAY),
    ("probe", NUD_PROBE),
    ("failed", NUD_FAILED),
];

/// The names that `ip` also knows by their beginnings.
const SHORTENED: &[&str] = &["permanent", "reachable", "failed"];

/// In the order in which `ip` prints them.
const SHOWN: &[(u16, &str)] = &[
    (NUD_INCOMPLETE, "INCOMPLETE"),
    (NUD_REACHABLE, "REACHABLE"),
    (NUD_STALE, "STALE"),
    (NUD_DELAY, "DELAY"),
    (NUD_PROBE, "PROBE"),
    (NUD_FAILED, "FAILED"),
    (NUD_NOARP, "NOARP"),
    (NUD_PERMANENT, "PERMANENT"),
];

/// A state by its name or the beginning of that, or by its number, which must be that of one state.
pub(super) fn parse(word: &[u8]) -> Option<u16> {
    let is = |name: &str| name.as_bytes() == word || SHORTENED.contains(&name) && matches(word, name);
    let named = STATES.iter().find(|(name, _)| is(name)).map(|(_, state)| *state);
    named.or_else(|| {
        let state = number(word).and_then(|number| u8::try_from(number).ok())?;
        (state.count_ones() <= 1).then_some(state.into())
    })
}

/// The words of a state.
pub(super) fn words(state: u16) -> impl Iterator<Item = &'static str> {
    SHOWN.iter().filter(move |(bit, _)| state & bit != 0).map(|(_, word)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_names_beginnings_and_numbers() {
        assert_eq!((parse(b"p"), parse(b"pro"), parse(b"0x40")), (Some(NUD_PERMANENT), None, Some(0x40)));
        assert_eq!((parse(b"none"), parse(b"0"), parse(b"3"), parse(b"256")), (Some(0), Some(0), None, None));
        assert_eq!(words(NUD_STALE | NUD_NOARP).collect::<Vec<_>>(), ["STALE", "NOARP"]);
    }
}
