//! Ranges in names: `h[1-3]` stands for h1, h2 and h3, `r[a,b][01-02]` for ra01, ra02, rb01 and rb02.

use std::ops::Range;

use super::draft::{At, word};
use super::problems::Problems;
use crate::types::{NodeName, quote};

/// One word stands for at most this many names.
const MOST: usize = 100_000;

/// The names that a word stands for: one, or those of its ranges. What is wrong is reported.
pub(super) fn node_names(text: &str, span: &Range<usize>, problems: &mut Problems<'_>) -> Vec<At<NodeName>> {
    if !text.contains('[') || text.len() > 200 {
        return word(text, span, problems).into_iter().collect();
    }
    match expand(text) {
        Ok(names) => names.iter().map_while(|name| word(name, span, problems)).collect(),
        Err(why) => {
            problems.add(span.clone(), format!("range {}: {why}", quote(text)), "write it as `h[1-3]` or `h[1,3,8]`");
            Vec::new()
        }
    }
}

pub(super) fn expand(text: &str) -> Result<Vec<String>, String> {
    let mut names = vec![String::new()];
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('[') {
        let (inside, after) = behind.split_once(']').ok_or("`[` without `]`")?;
        let mut parts = Vec::new();
        for part in inside.split(',') {
            part_of(part.trim(), &mut parts)?;
        }
        if names.len().saturating_mul(parts.len()) > MOST {
            return Err(format!("more than {MOST} names"));
        }
        let with = |name: &String| parts.iter().map(|part| format!("{name}{before}{part}")).collect::<Vec<_>>();
        names = names.iter().flat_map(with).collect();
        rest = after;
    }
    if rest.contains(']') {
        return Err("`]` without `[`".into());
    }
    names.iter_mut().for_each(|name| name.push_str(rest));
    Ok(names)
}

/// `7`, `a`, `1-3` or `01-12`, which keeps its leading zeros.
fn part_of(part: &str, into: &mut Vec<String>) -> Result<(), String> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse::<u32>().ok() } else { None }
    };
    match part.split_once('-') {
        None if part.is_empty() => Err("nothing stands in the brackets, or between two commas".into()),
        None => {
            into.push(part.into());
            Ok(())
        }
        Some((first, last)) => {
            let (Some(from), Some(to)) = (number(first), number(last)) else {
                return Err(format!("{} is not two numbers with `-` between them", quote(part)));
            };
            if from > to {
                return Err(format!("{from} is greater than {to}"));
            }
            if usize::try_from(to - from).map_or(true, |n| n >= MOST) {
                return Err(format!("more than {MOST} names"));
            }
            let width = if first.starts_with('0') { first.len() } else { 0 };
            into.extend((from..=to).map(|n| format!("{n:0width$}")));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_lists_and_both() {
        let names = |text: &str| expand(text).unwrap().join(" ");
        assert_eq!(names("h[1-3]"), "h1 h2 h3");
        assert_eq!(names("r[a,b][08-10]x"), "ra08x ra09x ra10x rb08x rb09x rb10x");
        assert_eq!(names("h[5]"), "h5");
    }

    #[test]
    fn what_is_no_range_says_why() {
        for (text, why) in [
            ("h[3-1]", "3 is greater than 1"),
            ("h[1-", "`[` without `]`"),
            ("h[1]]", "`]` without `[`"),
            ("h[]", "nothing stands"),
            ("h[1,]", "nothing stands"),
            ("h[a-b]", "is not two numbers"),
            ("h[0-4294967295]", "more than"),
            ("h[1-1000][1-1000]", "more than"),
        ] {
            let error = expand(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
