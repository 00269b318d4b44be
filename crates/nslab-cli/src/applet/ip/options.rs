//! The options before the object (ip(8)).

use super::fail::{Fail, MISUSE, bytes};
use super::print::When;
use super::words::{Family, Words, atoi, matches, number};

/// What the options ask for.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    pub(super) family: Family,
    pub(super) oneline: bool,
    pub(super) all: bool,
    /// How often `-statistics` was given.
    pub(super) statistics: u32,
    pub(super) details: bool,
    pub(super) brief: bool,
    pub(super) json: bool,
    pub(super) pretty: bool,
    /// Numbers instead of names.
    pub(super) numeric: bool,
    /// Host names instead of addresses.
    pub(super) resolve: bool,
    pub(super) human_readable: bool,
    pub(super) iec: bool,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) color: When,
    /// A batch goes on past a command that fails.
    pub(super) force: bool,
    pub(super) echo: bool,
    /// How many rounds `flush` makes; 0 for as many as it takes, and none where it is negative.
    pub(super) loops: Option<i32>,
    pub(super) receive_buffer: Option<u32>,
    pub(super) batch: Option<Vec<u8>>,
    pub(super) version: bool,
}

/// How `monitor` shows the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timestamp {
    Long,
    Short,
}

impl Options {
    /// Reads the options and gives the words behind them. `enter` is called with the name behind each
    /// `-netns` at once, as `ip` does it: what comes later is wrong only if that went well.
    pub(super) fn parse<'a>(
        words: &'a [&'a [u8]],
        mut enter: impl FnMut(&[u8]) -> Result<(), Fail>,
    ) -> Result<(Self, &'a [&'a [u8]]), Fail> {
        let mut options = Self::default();
        let mut words = Words::new(words);
        while let Some(typed) = words.peek().filter(|word| word.starts_with(b"-")) {
            words.take();
            if typed == b"--" {
                break;
            }
            let option = if typed.starts_with(b"--") { typed.get(1..).unwrap_or_default() } else { typed };
            if let Some(name) = options.take(option, &mut words)? {
                enter(name)?;
            }
            if options.version {
                break;
            }
        }
        Ok((options, words.all()))
    }

    /// In the order in which `ip` tries them: `-h` is `-human-readable`, `-he` is `-help`. Gives the name
    /// of a namespace that is to be entered.
    fn take<'a>(&mut self, option: &[u8], words: &mut Words<'a>) -> Result<Option<&'a [u8]>, Fail> {
        let needed = |words: &mut Words<'a>, what: &str| {
            words.take().ok_or_else(|| Fail::new(MISUSE, format!("Error: argument \"{what}\" is required")))
        };
        match option {
            _ if matches(option, "-loops") => {
                self.loops = Some(atoi(needed(words, "loop count")?));
            }
            _ if matches(option, "-family") => {
                self.family = family(needed(words, "family type")?)?;
            }
            b"-4" => self.family = Family::Inet,
            b"-6" => self.family = Family::Inet6,
            b"-0" => self.family = Family::Link,
            b"-M" => self.family = Family::Mpls,
            b"-B" => self.family = Family::Bridge,
            _ if matches(option, "-human-readable") => self.human_readable = true,
            _ if matches(option, "-iec") => self.iec = true,
            _ if matches(option, "-stats") || matches(option, "-statistics") => self.statistics += 1,
            _ if matches(option, "-details") => self.details = true,
            _ if matches(option, "-resolve") => self.resolve = true,
            _ if matches(option, "-oneline") => self.oneline = true,
            _ if matches(option, "-timestamp") => self.timestamp = Some(Timestamp::Long),
            _ if matches(option, "-tshort") => self.timestamp = Some(Timestamp::Short),
            _ if matches(option, "-Version") => self.version = true,
            _ if matches(option, "-force") => self.force = true,
            _ if matches(option, "-batch") => self.batch = Some(needed(words, "batch file")?.to_vec()),
            _ if matches(option, "-brief") => self.brief = true,
            _ if matches(option, "-json") => self.json = true,
            _ if matches(option, "-pretty") => self.pretty = true,
            _ if matches(option, "-rcvbuf") => {
                let word = needed(words, "rcvbuf size")?;
                let size = number(word).and_then(|n| n.try_into().ok());
                self.receive_buffer =
                    Some(size.ok_or_else(|| Fail::new(MISUSE, bytes!["Invalid rcvbuf size '", word, "'"]))?);
            }
            _ if When::parse(option).is_some() => self.color = When::parse(option).unwrap_or_default(),
            _ if matches(option, "-help") && option.len() > 2 => return Err(super::usage()),
            _ if matches(option, "-netns") => {
                let text = "Cannot open network namespace \"(null)\": No such file or directory";
                return words.take().map(Some).ok_or_else(|| Fail::new(MISUSE, text));
            }
            _ if matches(option, "-Numeric") => self.numeric = true,
            _ if matches(option, "-all") => self.all = true,
            b"-echo" => self.echo = true,
            _ => return Err(Fail::new(MISUSE, bytes!["Option \"", option, "\" is unknown, try \"ip -help\"."])),
        }
        Ok(None)
    }
}

fn family(word: &[u8]) -> Result<Family, Fail> {
    match word {
        b"inet" => Ok(Family::Inet),
        b"inet6" => Ok(Family::Inet6),
        b"link" => Ok(Family::Link),
        b"bridge" => Ok(Family::Bridge),
        b"mpls" => Ok(Family::Mpls),
        b"help" => Err(super::usage()),
        _ => Err(Fail::wrong(word, "invalid protocol family")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&[u8]]) -> (Options, usize, Vec<Vec<u8>>) {
        let mut entered = Vec::new();
        let (options, rest) = Options::parse(words, |name| {
            entered.push(name.to_vec());
            Ok(())
        })
        .unwrap();
        (options, rest.len(), entered)
    }

    fn fail(words: &[&[u8]]) -> Fail {
        Options::parse(words, |_| Err(Fail::new(1, "not entered"))).unwrap_err()
    }

    #[test]
    fn options_end_at_the_first_other_word() {
        let (options, left, entered) = parse(&[b"-4", b"--o", b"-n", b"ns1", b"a", b"-6"]);
        assert_eq!((options.family, options.oneline, left), (Family::Inet, true, 2));
        assert_eq!(entered, [b"ns1"]);
        assert_eq!(parse(&[b"-a", b"--", b"-4"]).1, 1);
    }

    #[test]
    fn an_abbreviation_is_the_first_that_it_begins() {
        let (options, ..) = parse(&[b"-s", b"-s", b"-d", b"-j", b"-p", b"-br", b"-h", b"-c=auto", b"-t"]);
        assert_eq!((options.statistics, options.details, options.json, options.pretty), (2, true, true, true));
        assert_eq!((options.brief, options.human_readable, options.color), (true, true, When::Auto));
        assert_eq!(options.timestamp, Some(Timestamp::Long));
    }

    #[test]
    fn options_are_done_in_their_order() {
        assert!(fail(&[b"-x"]).text.ends_with(b"try \"ip -help\"."));
        assert_eq!(fail(&[b"-n", b"a", b"-x"]).text, b"not entered");
        assert_eq!(fail(&[b"-n"]).status, MISUSE);
        assert!(parse(&[b"-V", b"-x"]).0.version);
    }
}
