//! The words of the command line, read as getopt(3) reads them: bundled letters, a value in the same word
//! or the next, options behind the destination too.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

use super::number;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) destination: OsString,
    pub(super) count: Option<u64>,
    /// Whole milliseconds.
    pub(super) interval: Duration,
    /// `None`: for ever.
    pub(super) linger: Option<Duration>,
    pub(super) deadline: Option<Duration>,
    /// Whether only IPv4 will do.
    pub(super) only_v4: bool,
    pub(super) quiet: bool,
    pub(super) numeric: bool,
    pub(super) size: usize,
    pub(super) ttl: Option<u8>,
    pub(super) source: Option<IpAddr>,
    pub(super) interface: Option<Vec<u8>>,
    /// What to say on standard error before anything else.
    pub(super) warnings: Vec<String>,
}

/// What the words come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Words {
    Ping(Box<Arguments>),
    Version,
    Help,
}

/// What is wrong with the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misuse {
    pub(super) warnings: Vec<String>,
    pub(super) message: String,
    /// Whether the usage follows.
    pub(super) usage: bool,
    /// The exit status.
    pub(super) status: u8,
}

/// Letters of options that take a value.
const VALUED: &[u8] = b"ceFiIlmMNpQsStTwW";
/// Letters of options that iputils has and that are not done yet.
const MISSING: &[u8] = b"36aAbBCdDefFHlLmMNOpQrRSTUv";
const INT_MAX: i64 = i32::MAX as i64;

/// Reads the words behind the program's name.
pub(super) fn read(words: &[OsString]) -> Result<Words, Misuse> {
    let mut reading = Reading::default();
    let mut rest = words.iter();
    let mut operands: Vec<&OsStr> = Vec::new();
    while let Some(word) = rest.next() {
        let bytes = word.as_bytes();
        match bytes {
            b"--" => {
                operands.extend(rest.by_ref().map(OsString::as_os_str));
            }
            [b'-', letters @ ..] if !letters.is_empty() => {
                let mut letters = letters;
                while let [letter, behind @ ..] = letters {
                    letters = behind;
                    let value = if !VALUED.contains(letter) {
                        None
                    } else if letters.is_empty() {
                        match rest.next() {
                            Some(word) => Some(word.as_bytes()),
                            None => {
                                return Err(
                                    reading.usage(format!("option requires an argument -- '{}'", Byte(*letter)))
                                );
                            }
                        }
                    } else {
                        Some(std::mem::take(&mut letters))
                    };
                    match letter {
                        b'V' => return Ok(Words::Version),
                        b'h' => return Ok(Words::Help),
                        _ => reading.option(*letter, value.unwrap_or_default())?,
                    }
                }
            }
            _ => operands.push(word),
        }
    }
    match operands.as_slice() {
        [] => Err(reading.misuse("usage error: Destination address required".into())),
        [destination] => Ok(Words::Ping(Box::new(reading.finish((*destination).to_owned())))),
        [..] => Err(reading.misuse("intermediate hops are not supported yet".into())),
    }
}

#[derive(Debug, Default)]
struct Reading {
    count: Option<u64>,
    interval_ms: Option<u64>,
    linger_ms: Option<u64>,
    deadline: Option<u64>,
    only_v4: bool,
    quiet: bool,
    numeric: bool,
    size: Option<usize>,
    ttl: Option<u8>,
    source: Option<IpAddr>,
    interface: Option<Vec<u8>>,
    warnings: Vec<String>,
}

impl Reading {
    fn option(&mut self, letter: u8, value: &[u8]) -> Result<(), Misuse> {
        match letter {
            b'4' => self.only_v4 = true,
            b'6' if self.only_v4 => return Err(self.misuse("only one -4 or -6 option may be specified".into())),
            b'q' => self.quiet = true,
            b'n' => self.numeric = true,
            b'c' => self.count = Some(self.integer(value, 1, i64::MAX)?),
            b's' => self.size = usize::try_from(self.integer(value, 0, INT_MAX)?).ok(),
            b't' => self.ttl = u8::try_from(self.integer(value, 0, 255)?).ok(),
            b'w' => self.deadline = Some(self.integer(value, 0, INT_MAX)?).filter(|seconds| *seconds > 0),
            b'i' => self.interval_ms = Some(self.milliseconds(value, "bad timing interval")?),
            b'W' => self.linger_ms = Some(self.milliseconds(value, "bad linger time")?),
            b'I' => self.interface(value),
            _ if MISSING.contains(&letter) => {
                return Err(self.misuse(format!("option -{} is not supported yet", Byte(letter))));
            }
            _ => return Err(self.usage(format!("invalid option -- '{}'", Byte(letter)))),
        }
        Ok(())
    }

    /// An address, else the name of an interface; each counts, so both can be given. An IPv6 address is
    /// taken for no source of IPv4, but is one as far as the first line of output is concerned.
    fn interface(&mut self, value: &[u8]) {
        match std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()) {
            Some(IpAddr::V6(address)) => {
                self.source.get_or_insert(IpAddr::V6(address));
            }
            Some(address) => self.source = Some(address),
            None => self.interface = Some(value.into()),
        }
    }

    fn integer(&mut self, text: &[u8], min: i64, max: i64) -> Result<u64, Misuse> {
        let shown = String::from_utf8_lossy(text);
        let message = match number::integer(text) {
            Some(read) if !read.rest.is_empty() => format!("invalid argument: '{shown}'"),
            Some(read) if read.out_of_range => {
                format!("invalid argument: '{shown}': Numerical result out of range")
            }
            Some(read) => match u64::try_from(read.value) {
                Ok(value) if (min..=max).contains(&read.value) => return Ok(value),
                _ => format!("invalid argument: '{shown}': out of range: {min} <= value <= {max}"),
            },
            None => format!("invalid argument: '{shown}'"),
        };
        Err(Misuse { status: 1, ..self.misuse(message) })
    }

    /// Seconds with a fraction. Garbage behind the number is a warning only, as in iputils.
    fn milliseconds(&mut self, text: &[u8], problem: &str) -> Result<u64, Misuse> {
        let shown = String::from_utf8_lossy(text).into_owned();
        if text.is_empty() {
            return Err(self.misuse(format!("{problem}: ")));
        }
        let read = number::real(text).unwrap_or(number::Read { value: 0.0, rest: text, out_of_range: false });
        if !read.rest.is_empty() || read.out_of_range {
            self.warnings.push(format!("option argument contains garbage: {}", String::from_utf8_lossy(read.rest)));
            self.warnings.push("this will become fatal error in the future".into());
        }
        if !read.value.is_finite() {
            return Err(self.misuse(format!("{problem}: {shown}: Numerical result out of range")));
        }
        let milliseconds = read.value * 1000.0;
        if milliseconds < 0.0 || milliseconds > INT_MAX as f64 {
            return Err(self.misuse(format!("{problem}: {shown}")));
        }
        // In range, as just checked.
        Ok(milliseconds as u64)
    }

    fn finish(self, destination: OsString) -> Arguments {
        Arguments {
            destination,
            count: self.count,
            interval: Duration::from_millis(self.interval_ms.unwrap_or(1000)),
            linger: Some(Duration::from_millis(self.linger_ms.unwrap_or(10_000))).filter(|time| !time.is_zero()),
            deadline: self.deadline.map(Duration::from_secs),
            only_v4: self.only_v4,
            quiet: self.quiet,
            numeric: self.numeric,
            size: self.size.unwrap_or(56),
            ttl: self.ttl,
            source: self.source,
            interface: self.interface,
            warnings: self.warnings,
        }
    }

    fn misuse(&mut self, message: String) -> Misuse {
        Misuse { warnings: std::mem::take(&mut self.warnings), message, usage: false, status: 2 }
    }

    fn usage(&mut self, message: String) -> Misuse {
        Misuse { usage: true, ..self.misuse(message) }
    }
}

/// A letter as typed: a byte that is no ASCII has no form of its own in text.
struct Byte(u8);

impl fmt::Display for Byte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OsString::from_vec(vec![self.0]);
        write!(f, "{}", text.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Words, Misuse> {
        read(&line.split(' ').filter(|word| !word.is_empty()).map(Into::into).collect::<Vec<_>>())
    }

    fn good(line: &str) -> Arguments {
        match parse(line) {
            Ok(Words::Ping(arguments)) => *arguments,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn bad(line: &str) -> (String, bool, u8) {
        let misuse = parse(line).expect_err(line);
        (misuse.message, misuse.usage, misuse.status)
    }

    #[test]
    fn without_options() {
        let arguments = good("192.0.2.2");
        assert_eq!(arguments.destination, "192.0.2.2");
        assert_eq!((arguments.count, arguments.size, arguments.ttl), (None, 56, None));
        assert_eq!((arguments.interval.as_millis(), arguments.linger.map(|t| t.as_secs())), (1000, Some(10)));
        assert_eq!(arguments.deadline, None);
    }

    #[test]
    fn letters_bundle_and_values_stick() {
        let same = good("-q -n -4 -c 3 -i 0.2 -W 1.5 -w 7 -s 100 -t 9 d");
        assert_eq!(good("-qn4c3 -i.2 -W1.5 -w7 -s100 -t9 d"), same);
        assert_eq!(good("d -qn4c3 -i.2 -W1.5 -w7 -s100 -t9"), same);
        assert_eq!(good("-qn4c3 -i.2 -W1.5 -w7 -s100 -t9 -- d"), same);
        assert_eq!((same.count, same.interval.as_millis(), same.ttl), (Some(3), 200, Some(9)));
        assert_eq!((same.linger.map(|t| t.as_millis()), same.deadline.map(|t| t.as_secs())), (Some(1500), Some(7)));
    }

    #[test]
    fn two_dashes_end_the_options() {
        assert_eq!(good("-- -c").destination, "-c");
        assert_eq!(good("-").destination, "-");
    }

    #[test]
    fn a_value_may_look_like_an_option() {
        assert_eq!(bad("-s -1 d").0, "invalid argument: '-1': out of range: 0 <= value <= 2147483647");
        assert_eq!(bad("-c -q d").0, "invalid argument: '-q'");
    }

    #[test]
    fn zero_means_no_limit() {
        assert_eq!((good("-W 0 d").linger, good("-w 0 d").deadline), (None, None));
        assert_eq!(good("-W 0.0001 d").linger, None);
    }

    #[test]
    fn the_last_of_two_counts() {
        assert_eq!(good("-c 2 -c 1 d").count, Some(1));
    }

    #[test]
    fn interface_and_address_can_both_be_given() {
        for line in ["-I v0 -I 10.0.0.1 d", "-I 10.0.0.1 -I v0 d"] {
            let arguments = good(line);
            assert_eq!(arguments.interface.as_deref(), Some(&b"v0"[..]));
            assert_eq!(arguments.source, Some([10, 0, 0, 1].into()));
        }
        assert_eq!(good("-I 10.1 d").interface.as_deref(), Some(&b"10.1"[..]));
    }

    #[test]
    fn misuse_has_the_words_and_the_status_of_iputils() {
        for (line, message, usage, status) in [
            ("", "usage error: Destination address required", false, 2),
            ("-c", "option requires an argument -- 'c'", true, 2),
            ("-c 0 d", "invalid argument: '0': out of range: 1 <= value <= 9223372036854775807", false, 1),
            ("-c 1x d", "invalid argument: '1x'", false, 1),
            (
                "-c 99999999999999999999 d",
                "invalid argument: '99999999999999999999': Numerical result out of range",
                false,
                1,
            ),
            ("-t 256 d", "invalid argument: '256': out of range: 0 <= value <= 255", false, 1),
            ("-i -1 d", "bad timing interval: -1", false, 2),
            ("-i nan d", "bad timing interval: nan: Numerical result out of range", false, 2),
            ("-W 2147484 d", "bad linger time: 2147484", false, 2),
            ("-Z d", "invalid option -- 'Z'", true, 2),
            ("--count d", "invalid option -- '-'", true, 2),
            ("-4 -6 d", "only one -4 or -6 option may be specified", false, 2),
            ("-f d", "option -f is not supported yet", false, 2),
            ("a b", "intermediate hops are not supported yet", false, 2),
        ] {
            assert_eq!(bad(line), (message.to_owned(), usage, status), "{line}");
        }
    }

    #[test]
    fn garbage_behind_a_time_is_a_warning() {
        let arguments = good("-i 1x d");
        assert_eq!(arguments.interval.as_secs(), 1);
        assert_eq!(
            arguments.warnings,
            ["option argument contains garbage: x", "this will become fatal error in the future"]
        );
    }

    #[test]
    fn every_byte_is_an_option_known_or_not() {
        for byte in 1..=255_u8 {
            for words in [vec![b'-', byte], vec![b'-', byte, b'9'], vec![b'-', b'q', byte]] {
                let _ = read(&[OsString::from_vec(words), "d".into()]);
            }
        }
    }
}
