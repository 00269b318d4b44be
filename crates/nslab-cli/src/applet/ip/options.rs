//! The options before the object.

use super::fail::{Fail, MISUSE, bytes};
use super::words::{Family, Words, matches};

/// What the options ask for.
#[derive(Debug, Default)]
pub(super) struct Options<'a> {
    pub(super) family: Family,
    pub(super) oneline: bool,
    pub(super) all: bool,
    pub(super) netns: Option<&'a [u8]>,
    pub(super) version: bool,
}

/// Options that `ip` has and this does not have yet, in the order in which `ip` tries them.
static NOT_YET: &[&str] = &[
    "-loops",
    "-M",
    "-B",
    "-human-readable",
    "-iec",
    "-stats",
    "-statistics",
    "-details",
    "-resolve",
    "-timestamp",
    "-tshort",
    "-force",
    "-batch",
    "-brief",
    "-json",
    "-rcvbuf",
    "-color",
    "-pretty",
    "-Numeric",
    "-echo",
];

impl<'a> Options<'a> {
    /// Reads the options and gives the words behind them.
    pub(super) fn parse(words: &'a [&'a [u8]]) -> Result<(Self, &'a [&'a [u8]]), Fail> {
        let mut options = Self::default();
        let mut words = Words::new(words);
        while let Some(typed) = words.peek().filter(|word| word.starts_with(b"-")) {
            words.take();
            if typed == b"--" {
                break;
            }
            let option = if typed.starts_with(b"--") { typed.get(1..).unwrap_or_default() } else { typed };
            match option {
                b"-4" => options.family = Family::Inet,
                b"-6" => options.family = Family::Inet6,
                b"-0" => options.family = Family::Link,
                _ if matches(option, "-family") => options.family = family(words.value()?)?,
                _ if matches(option, "-oneline") => options.oneline = true,
                _ if matches(option, "-Version") => options.version = true,
                _ if matches(option, "-netns") => options.netns = Some(words.value()?),
                _ if matches(option, "-all") => options.all = true,
                _ if matches(option, "-help") && option.len() > 2 => return Err(super::usage()),
                _ => {
                    return Err(match NOT_YET.iter().find(|name| matches(option, name)) {
                        Some(name) => Fail::not_yet(&bytes!["ip ", name]),
                        None => Fail::new(MISUSE, bytes!["Option \"", option, "\" is unknown, try \"ip -help\"."]),
                    });
                }
            }
        }
        Ok((options, words.all()))
    }
}

fn family(word: &[u8]) -> Result<Family, Fail> {
    match word {
        b"inet" => Ok(Family::Inet),
        b"inet6" => Ok(Family::Inet6),
        b"link" => Ok(Family::Link),
        b"mpls" | b"bridge" => Err(Fail::not_yet(&bytes!["ip -family ", word])),
        b"help" => Err(super::usage()),
        _ => Err(Fail::wrong(word, "invalid protocol family")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<'a>(words: &'a [&'a [u8]]) -> (Options<'a>, usize) {
        let (options, rest) = Options::parse(words).unwrap();
        (options, rest.len())
    }

    #[test]
    fn options_end_at_the_first_other_word() {
        let (options, left) = parse(&[b"-4", b"--o", b"-n", b"ns1", b"a", b"-6"]);
        assert_eq!((options.family, options.oneline, options.netns, left), (Family::Inet, true, Some(&b"ns1"[..]), 2));
        assert_eq!(parse(&[b"-a", b"--", b"-4"]).1, 1);
    }

    #[test]
    fn what_is_not_known_is_told_apart_from_what_is_not_there_yet() {
        assert!(Options::parse(&[b"-x"]).unwrap_err().text.ends_with(b"try \"ip -help\"."));
        assert!(Options::parse(&[b"-j"]).unwrap_err().text.ends_with(b"not supported yet"));
        assert_eq!(Options::parse(&[b"-n"]).unwrap_err().status, MISUSE);
    }
}
