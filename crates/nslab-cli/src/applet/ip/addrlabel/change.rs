//! `ip addrlabel add` and `ip addrlabel delete`.

use nslab::ops::addrlabel::LabelConfig;
use nslab::types::Prefix;

use super::family;
use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Family, Words};

pub(super) fn add(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let config = parse(session, words)?;
    session.talk(config.add())
}

pub(super) fn delete(session: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    let config = parse(session, words)?;
    session.talk(config.delete())
}

/// Reads the words. Of a keyword that comes twice the last counts; other words are passed over, as `ip` does.
fn parse(session: &mut Session, mut words: Words<'_>) -> Result<LabelConfig, Fail> {
    let mut prefix = None;
    let mut label = None;
    let mut link = 0;
    while let Some(word) = words.take() {
        match word {
            b"prefix" => prefix = Some(read_prefix(words.value()?, session.family)?),
            b"dev" => {
                let name = words.value()?;
                link = session.index(name).map_err(|_| Fail::wrong(name, "dev is invalid\n"))?;
            }
            b"label" => {
                let word = words.value()?;
                // The largest number stands for none.
                let number = words::u32(word).filter(|number| *number != u32::MAX);
                label = Some(number.ok_or_else(|| Fail::wrong(word, "label is invalid\n"))?);
            }
            _ => {}
        }
    }
    let missing = |word| Fail::new(FAILED, format!("Not enough information: \"{word}\" argument is required."));
    let prefix = prefix.ok_or_else(|| missing("prefix"))?;
    let label = label.ok_or_else(|| missing("label"))?;
    let prefix = prefix.map(|prefix| (prefix.address(), prefix.len()));
    Ok(LabelConfig { family: family(session), prefix, link, label })
}

/// A prefix; `None` for a word for none. Where the family is given, `default` is its address of zeros.
fn read_prefix(word: &[u8], family: Family) -> Result<Option<Prefix>, Fail> {
    match (word, family) {
        (b"default", Family::Inet) => words::prefix(b"0.0.0.0/0", family).map(Some),
        (b"default", Family::Inet6) => words::prefix(b"::/0", family).map(Some),
        _ => words::prefix_or_none(word, family),
    }
}
