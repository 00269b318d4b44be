//! `ip tuntap add` and `del`.

use nslab::ops::tuntap::{Mode, Tuntap};

use super::usage;
use crate::applet::ip::accounts::Accounts;
use crate::applet::ip::fail::{FAILED, Fail, MISUSE, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Words, check_if_name, matches};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Mode,
    User,
    Group,
    OneQueue,
    Pi,
    VnetHdr,
    MultiQueue,
    Dev,
    Name,
    Help,
}

/// In the order in which `ip` tries them.
const KEYWORDS: [(&str, Key); 10] = [
    ("mode", Key::Mode),
    ("user", Key::User),
    ("group", Key::Group),
    ("pi", Key::Pi),
    ("one_queue", Key::OneQueue),
    ("vnet_hdr", Key::VnetHdr),
    ("multi_queue", Key::MultiQueue),
    ("dev", Key::Dev),
    ("name", Key::Name),
    ("help", Key::Help),
];

pub(super) fn add(_: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    parse(words, true)?.add().map_err(|error| Fail::own(FAILED, &error))
}

pub(super) fn delete(_: &mut Session, words: Words<'_>) -> Result<(), Fail> {
    parse(words, false)?.delete().map_err(|error| Fail::own(FAILED, &error))
}

/// Reads all words. Owners are only for what is to be made.
fn parse(mut words: Words<'_>, making: bool) -> Result<Tuntap<'_>, Fail> {
    let mut mode = None;
    let mut found = Tuntap {
        name: b"",
        mode: Mode::Tun,
        packet_info: false,
        vnet_hdr: false,
        one_queue: false,
        multi_queue: false,
        owner: None,
        group: None,
        index: None,
    };
    while let Some(word) = words.take() {
        let key = KEYWORDS.iter().find(|(keyword, _)| matches(word, keyword)).map(|(_, key)| *key);
        match key.filter(|key| making || !matches!(key, Key::User | Key::Group)) {
            Some(Key::Mode) => {
                let word = words.value()?;
                if mode.is_some() {
                    return Err(Fail::new(MISUSE, "You managed to ask for more than one tunnel mode."));
                }
                mode = Some(parse_mode(word)?);
            }
            Some(Key::User) => found.owner = account(Accounts::Users, "user", words.value()?)?,
            Some(Key::Group) => found.group = account(Accounts::Groups, "group", words.value()?)?,
            Some(Key::OneQueue) => found.one_queue = true,
            Some(Key::Pi) => found.packet_info = true,
            Some(Key::VnetHdr) => found.vnet_hdr = true,
            Some(Key::MultiQueue) => found.multi_queue = true,
            Some(Key::Dev) => {
                let word = words.value()?;
                check_new_name(word, "dev")?;
                found.name = word;
            }
            Some(Key::Help) => return Err(usage()),
            Some(Key::Name) | None => {
                let word = if key == Some(Key::Name) { words.value()? } else { word };
                if !found.name.is_empty() {
                    return Err(Fail::duplicate_or_garbage("name", word));
                }
                check_if_name(word, "name")?;
                found.name = word;
            }
        }
    }
    found.mode = mode.ok_or_else(|| Fail::new(FAILED, "You failed to specify a tunnel mode"))?;
    Ok(found)
}

/// Unlike elsewhere, a name behind `dev` is a new one here: no altname, and no longer than one may be.
fn check_new_name(word: &[u8], key: &str) -> Result<(), Fail> {
    check_if_name(word, "name").map_err(|_| Fail::wrong(word, &format!("\"{key}\" not a valid ifname")))
}

fn parse_mode(word: &[u8]) -> Result<Mode, Fail> {
    match word {
        _ if matches(word, "tun") => Ok(Mode::Tun),
        _ if matches(word, "tap") => Ok(Mode::Tap),
        _ => Err(Fail::new(MISUSE, bytes!["Unknown tunnel mode \"", word, "\""])),
    }
}

/// An account by number, which C's strtoul(3) cuts to 32 bits, or by name. All ones stand for none.
fn account(accounts: Accounts, called: &str, word: &[u8]) -> Result<Option<u32>, Fail> {
    let number = || {
        let text = std::str::from_utf8(word).ok()?.trim_ascii_start();
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let digits = if negative { digits } else { digits.strip_prefix('+').unwrap_or(digits) };
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // Only what is too large for 64 bits does not parse now, and stands for the largest there is.
        let Ok(value) = digits.parse::<u64>() else { return Some(u32::MAX) };
        let value = if negative { value.wrapping_neg() } else { value };
        Some(u32::try_from(value & u64::from(u32::MAX)).unwrap_or_default())
    };
    let id = number().or_else(|| accounts.id(word));
    let id = id.ok_or_else(|| Fail::new(MISUSE, bytes!["invalid ", called, " \"", word, "\""]))?;
    Ok(Some(id).filter(|id| *id != u32::MAX))
}
