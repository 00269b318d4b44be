//! Groups of nexthops: their members, and how they choose among them.

use nslab::ops::nexthop::{Member, NexthopConfig, Resilience};
use nslab::wire::consts::{NEXTHOP_GRP_TYPE_MPATH, NEXTHOP_GRP_TYPE_RES};

use crate::applet::ip::fail::Fail;
use crate::applet::ip::words::{Words, u32};

/// Seconds from here on are refused: in hundredths they would not fit.
const END_OF_TIME: u32 = u32::MAX / 100;

/// `ID[,WEIGHT][/ID[,WEIGHT]]...`.
pub(super) fn members(word: &[u8]) -> Result<Vec<Member>, Fail> {
    word.split(|byte| *byte == b'/').map(|part| member(part, word)).collect()
}

fn member(part: &[u8], whole: &[u8]) -> Result<Member, Fail> {
    let mut halves = part.splitn(2, |byte| *byte == b',');
    let invalid = || {
        // What is named is what stands before the first separator, wherever the fault is.
        let head = whole.split(|byte| matches!(byte, b'/' | b',')).next().unwrap_or_default();
        Fail::wrong(head, "\"group\" value is invalid\n")
    };
    let id = halves.next().and_then(u32).ok_or_else(invalid)?;
    let weight_less_one = match halves.next() {
        None => 0,
        Some(weight) => {
            let number = u32(weight).and_then(|number| number.checked_sub(1));
            let number = number.and_then(|number| u16::try_from(number).ok());
            number.ok_or_else(|| Fail::wrong(weight, "\"weight\" is invalid\n"))?
        }
    };
    Ok(Member { id, weight_less_one })
}

/// What follows `type`.
pub(super) fn kind(config: &mut NexthopConfig, words: &mut Words<'_>) -> Result<(), Fail> {
    let value = words.value()?;
    config.group_type = match value {
        b"mpath" => Some(NEXTHOP_GRP_TYPE_MPATH),
        b"resilient" => Some(NEXTHOP_GRP_TYPE_RES),
        _ => return Err(Fail::wrong(value, "\"type\" value is invalid\n")),
    };
    if value == b"resilient" {
        let resilience = resilience(words)?;
        if !resilience.is_empty() {
            config.resilience = Some(resilience);
        }
    }
    Ok(())
}

/// The words that may follow `type resilient`, up to one that is none of them.
fn resilience(words: &mut Words<'_>) -> Result<Resilience, Fail> {
    let mut resilience = Resilience::default();
    while let Some(word) = words.peek() {
        match word {
            b"buckets" => {
                words.take();
                let value = words.value()?;
                let buckets = u32(value).and_then(|number| u16::try_from(number).ok());
                resilience.buckets = Some(buckets.ok_or_else(|| Fail::wrong(value, "invalid buckets value"))?);
            }
            b"idle_timer" => resilience.idle_timer = Some(timer(words, "invalid idle timer value")?),
            b"unbalanced_timer" => {
                resilience.unbalanced_timer = Some(timer(words, "invalid unbalanced timer value")?);
            }
            _ => break,
        }
    }
    Ok(resilience)
}

/// Seconds behind a keyword, as hundredths.
fn timer(words: &mut Words<'_>, why: &str) -> Result<u32, Fail> {
    words.take();
    let value = words.value()?;
    let seconds = u32(value).filter(|seconds| *seconds < END_OF_TIME);
    seconds.and_then(|seconds| seconds.checked_mul(100)).ok_or_else(|| Fail::wrong(value, why))
}
