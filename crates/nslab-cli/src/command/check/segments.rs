//! Who reaches whom, by segment: for more nodes than fit in a picture.

use std::collections::BTreeMap;

use nslab::lab::Checked;

use crate::output::{count, table};

/// As many segments are told of where all is as expected.
const MOST: usize = 20;

#[derive(Debug, Default)]
struct Row {
    nodes: usize,
    /// Within it, to others, from others: how many are as expected, of how many.
    counts: [(usize, usize); 3],
}

/// A line for each segment; of many, for each where something is not as expected.
pub(super) fn summary(checked: &Checked) -> String {
    let place = |at: usize| match checked.members.get(at).map(|member| member.networks.as_slice()) {
        Some([one]) => one.as_str(),
        Some([]) | None => "(no segment)",
        Some(_) => "(several)",
    };
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for at in 0..checked.members.len() {
        rows.entry(place(at)).or_default().nodes += 1;
    }
    for pair in &checked.pairs {
        let (from, to) = (place(pair.from), place(pair.to));
        let kinds: &[(&str, usize)] = if from == to { &[(from, 0)] } else { &[(from, 1), (to, 2)] };
        for (segment, kind) in kinds {
            if let Some((good, all)) = rows.get_mut(segment).and_then(|row| row.counts.get_mut(*kind)) {
                *all += 1;
                *good += usize::from(pair.good());
            }
        }
    }
    let is_good = |row: &Row| row.counts.iter().all(|(good, all)| good == all);
    let (total, mut good) = (rows.len(), 0);
    if total > MOST {
        good = rows.values().filter(|row| is_good(row)).count();
        rows.retain(|_, row| !is_good(row));
    }
    let mut text = String::new();
    if !rows.is_empty() {
        let head = ["SEGMENT", "NODES", "WITHIN", "TO OTHERS", "FROM OTHERS"].map(String::from);
        let cell = |(good, all): (usize, usize)| match all {
            0 => "-".into(),
            _ if good == all => format!("all {all}"),
            _ => format!("{good} of {all}"),
        };
        let line = |(segment, row): (&&str, &Row)| {
            let [within, to, from] = row.counts.map(cell);
            [(*segment).to_owned(), row.nodes.to_string(), within, to, from]
        };
        text.push_str(&table(std::iter::once(head).chain(rows.iter().map(line))));
    }
    if good > 0 {
        text.push_str(&format!("as expected throughout: {}\n", count(good, "segment")));
    }
    text
}
