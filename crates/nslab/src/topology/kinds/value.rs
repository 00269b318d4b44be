//! The value of an option: read from a word, shown as one.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{KindOption, Takes};
use crate::types::{AddressKind, IfName};

/// A value of an option of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptionValue {
    /// On or off.
    Switch(bool),
    /// A number, or the kernel's number for a word.
    Number(u32),
    /// Milliseconds.
    Time(u32),
    /// An address.
    Address(IpAddr),
    /// An interface of the same node.
    Interface(IfName),
}

impl OptionValue {
    /// Reads what an option takes.
    ///
    /// # Errors
    /// What it takes, for a reader.
    pub fn read(option: &KindOption, text: &str) -> Result<Self, String> {
        Self::read_as(option.takes, text)
    }

    /// Reads a word as a value of some kind.
    ///
    /// # Errors
    /// What it takes, for a reader.
    pub fn read_as(takes: Takes, text: &str) -> Result<Self, String> {
        let value = match takes {
            Takes::Switch => text.parse().ok().map(Self::Switch),
            Takes::Number(least, most) => {
                number(text).filter(|number| (least..=most).contains(number)).map(Self::Number)
            }
            Takes::Time(least, most, step) => {
                let fits = |time: &u32| (least..=most).contains(time) && time.is_multiple_of(step);
                time(text).filter(fits).map(Self::Time)
            }
            Takes::Word(words) => words.iter().find(|(word, _)| *word == text).map(|(_, number)| Self::Number(*number)),
            Takes::Address => address(text).filter(|address| usable(*address)).map(Self::Address),
            Takes::Group => address(text).filter(IpAddr::is_multicast).map(Self::Address),
            Takes::Port => text.parse().ok().map(Self::Interface),
        };
        value.ok_or_else(|| takes.to_string())
    }

    /// The value in the words of its option.
    #[must_use]
    pub fn shown(&self, option: &KindOption) -> String {
        let word = |number: u32| match option.takes {
            Takes::Word(words) => words.iter().find(|(_, known)| *known == number).map(|(word, _)| (*word).to_owned()),
            _ => None,
        };
        match self {
            Self::Switch(on) => on.to_string(),
            Self::Number(number) => word(*number).unwrap_or_else(|| number.to_string()),
            Self::Time(time) if time.is_multiple_of(1000) && *time > 0 => format!("{}s", time / 1000),
            Self::Time(time) => format!("{time}ms"),
            Self::Address(address) => address.to_string(),
            Self::Interface(name) => name.to_string(),
        }
    }
}

/// In digits alone: `+5` is no number in a lab file.
fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// `100ms`, `2s`, `1.5s`, `0`.
fn time(text: &str) -> Option<u32> {
    if text == "0" {
        return Some(0);
    }
    if let Some(milliseconds) = text.strip_suffix("ms") {
        return number(milliseconds);
    }
    let seconds = text.strip_suffix('s')?;
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    let part = if part.len() <= 3 { number(&format!("{part:0<3}"))? } else { return None };
    number(whole)?.checked_mul(1000)?.checked_add(part)
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

fn usable(address: IpAddr) -> bool {
    AddressKind::of(address).is_for_an_interface()
}

/// What is allowed, as a message's help says it.
impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch => f.write_str("it is `true` or `false`"),
            Self::Number(least, most) => write!(f, "it is a number, {least} to {most}"),
            Self::Time(least, most, step) => {
                let shown = |time: u32| match time {
                    0 => "0".into(),
                    time if time.is_multiple_of(1000) => format!("{}s", time / 1000),
                    time => format!("{time}ms"),
                };
                write!(f, "it is a time with its unit, as `100ms` or `2s`: {} to {}", shown(*least), shown(*most))?;
                if *step > 1 { write!(f, ", in steps of {}", shown(*step)) } else { Ok(()) }
            }
            Self::Word(words) => {
                let all: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
                write!(f, "it is one of {}", all.join(", "))
            }
            Self::Address => f.write_str("it is an address of an interface, as `192.0.2.1` or `2001:db8::1`"),
            Self::Group => f.write_str("it is a multicast address, as `239.1.1.1` or `ff05::100`"),
            Self::Port => f.write_str("it is one of the `ports`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::LinkKind;
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, expected) in [
            ("100ms", Some(100)),
            ("2s", Some(2000)),
            ("1.5s", Some(1500)),
            ("0.025s", Some(25)),
            ("0", Some(0)),
            ("100", None),
            ("s", None),
            ("ms", None),
            ("1.2345s", None),
            ("-1s", None),
            ("+1s", None),
            ("5000000s", None),
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
    }

    /// What is shown reads back as the same value, and the table of a kind names nothing twice.
    #[test]
    fn options_are_shown_as_they_are_read() {
        for kind in LinkKind::ALL {
            let options = kind.facts().options;
            for option in options {
                assert_eq!(options.iter().filter(|other| other.name == option.name).count(), 1, "{kind}");
                let texts: Vec<String> = match option.takes {
                    Takes::Switch => vec!["true".into(), "false".into()],
                    Takes::Number(least, most) => vec![least.to_string(), most.to_string()],
                    Takes::Time(least, most, _) => vec![format!("{least}ms"), format!("{most}ms")],
                    Takes::Word(words) => words.iter().map(|(word, _)| (*word).into()).collect(),
                    Takes::Address => vec!["192.0.2.1".into(), "2001:db8::1".into()],
                    Takes::Group => vec!["239.0.0.1".into(), "ff05::1".into()],
                    Takes::Port => vec!["eth0".into()],
                };
                for text in texts {
                    let value = OptionValue::read(option, &text).unwrap_or_else(|why| panic!("{text}: {why}"));
                    assert_eq!(OptionValue::read(option, &value.shown(option)), Ok(value));
                }
                assert!(OptionValue::read(option, "no such/thing").is_err(), "{kind} {}", option.name);
            }
        }
    }
}
