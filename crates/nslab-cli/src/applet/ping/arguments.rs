//! The words of the command line, read as getopt(3) reads them: bundled letters, a value in the same word
//! or the next, options behind the destination too.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

use nslab::probe::engine::Pattern;
use nslab::probe::{Family, PathMtu};

use super::number;

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Arguments {
    pub(super) destination: OsString,
    /// Whether there were others in front of it.
    pub(super) hops: bool,
    /// Whether only one family will do.
    pub(super) family: Option<Family>,
    pub(super) count: Option<u64>,
    /// Whole milliseconds.
    pub(super) interval: Duration,
    /// `None`: for ever.
    pub(super) linger: Option<Duration>,
    pub(super) deadline: Option<Duration>,
    pub(super) preload: u32,
    pub(super) flood: bool,
    pub(super) adaptive: bool,
    pub(super) size: usize,
    pub(super) pattern: Option<Pattern>,
    pub(super) identifier: Option<u16>,
    pub(super) source: Option<Ipv4Addr>,
    pub(super) source6: Option<Ipv6Addr>,
    pub(super) interface: Option<Vec<u8>>,
    /// Whether the address that it begins with is kept to.
    pub(super) strict_source: bool,
    pub(super) ttl: Option<u8>,
    /// As an `int` of C.
    pub(super) traffic_class: i32,
    /// Twenty bits; 0: the kernel's choice.
    pub(super) flow: Option<u32>,
    pub(super) mark: Option<u32>,
    pub(super) path_mtu: Option<PathMtu>,
    pub(super) broadcast: bool,
    pub(super) no_loop: bool,
    pub(super) dont_route: bool,
    pub(super) connect: bool,
    pub(super) debug: bool,
    pub(super) send_buffer: Option<usize>,
    /// Whether times are those that a program sees.
    pub(super) latency: bool,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
    pub(super) numeric: bool,
    /// Whether names are looked up though the destination is an address.
    pub(super) names: bool,
    pub(super) audible: bool,
    pub(super) outstanding: bool,
    pub(super) precise: bool,
    pub(super) dated: bool,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            destination: OsString::new(),
            hops: false,
            family: None,
            count: None,
            interval: Duration::from_secs(1),
            linger: Some(Duration::from_secs(10)),
            deadline: None,
            preload: 1,
            flood: false,
            adaptive: false,
            size: 56,
            pattern: None,
            identifier: None,
            source: None,
            source6: None,
            interface: None,
            strict_source: false,
            ttl: None,
            traffic_class: 0,
            flow: None,
            mark: None,
            path_mtu: None,
            broadcast: false,
            no_loop: false,
            dont_route: false,
            connect: false,
            debug: false,
            send_buffer: None,
            latency: false,
            quiet: false,
            verbose: false,
            numeric: false,
            names: false,
            audible: false,
            outstanding: false,
            precise: false,
            dated: false,
        }
    }
}

/// What the words come to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Words {
    Ping(Box<Arguments>),
    Version,
    Help,
}

/// What is wrong with the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misuse {
    pub(super) message: String,
    /// Whether the usage follows.
    pub(super) usage: bool,
    /// The exit status.
    pub(super) status: u8,
}

/// The words, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read {
    /// For standard output before anything else.
    pub(super) printed: String,
    /// For standard error before anything else.
    pub(super) warnings: Vec<String>,
    pub(super) words: Result<Words, Misuse>,
}

/// Letters of options that take a value.
const VALUED: &[u8] = b"ceFiIlmMNpQsStTwW";
/// Letters of options that iputils has and this has not.
const MISSING: &[u8] = b"NRT";
/// The most that an ordinary user may preload.
const MOST_PRELOAD_OF_USERS: u64 = 3;
const MOST_PRELOAD: i64 = 65536;
const INT_MAX: i64 = i32::MAX as i64;

/// Reads the words behind the program's name. Some options are for root only.
pub(super) fn read(words: &[OsString], root: bool) -> Read {
    let mut reading = Reading { root, ..Reading::default() };
    let words = reading.words(words);
    Read { printed: reading.printed, warnings: reading.warnings, words }
}

#[derive(Debug, Default)]
struct Reading {
    root: bool,
    arguments: Arguments,
    interval_given: bool,
    printed: String,
    warnings: Vec<String>,
}

impl Reading {
    fn words(&mut self, words: &[OsString]) -> Result<Words, Misuse> {
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
                            let missing = || usage(format!("option requires an argument -- '{}'", Byte(*letter)));
                            Some(rest.next().ok_or_else(missing)?.as_bytes())
                        } else {
                            Some(std::mem::take(&mut letters))
                        };
                        match letter {
                            b'V' => return Ok(Words::Version),
                            b'h' | b'?' => return Ok(Words::Help),
                            _ => self.option(*letter, value.unwrap_or_default())?,
                        }
                    }
                }
                _ => operands.push(word),
            }
        }
        match operands.as_slice() {
            [] => Err(misuse("usage error: Destination address required")),
            [hops @ .., destination] => {
                self.arguments.destination = (*destination).to_owned();
                self.arguments.hops = !hops.is_empty();
                if self.arguments.flood && !self.interval_given {
                    self.arguments.interval = Duration::ZERO;
                }
                Ok(Words::Ping(Box::new(std::mem::take(&mut self.arguments))))
            }
        }
    }

    fn option(&mut self, letter: u8, value: &[u8]) -> Result<(), Misuse> {
        let arguments = &mut self.arguments;
        match letter {
            b'3' => arguments.precise = true,
            b'4' => self.only(Family::V4)?,
            b'6' => self.only(Family::V6)?,
            b'a' => arguments.audible = true,
            b'A' => arguments.adaptive = true,
            b'b' => arguments.broadcast = true,
            b'B' => arguments.strict_source = true,
            b'c' => arguments.count = Some(integer(value, 1, i64::MAX)?),
            b'C' => arguments.connect = true,
            b'd' => arguments.debug = true,
            b'D' => arguments.dated = true,
            b'e' => arguments.identifier = u16::try_from(integer(value, 0, u16::MAX.into())?).ok(),
            b'f' => (arguments.flood, arguments.numeric) = (true, true),
            b'F' => arguments.flow = Some(flow(value)?),
            b'H' => arguments.names = true,
            b'i' => {
                let interval = self.milliseconds(value, "bad timing interval")?;
                self.arguments.interval = interval;
                self.interval_given = true;
            }
            b'I' => self.interface(value)?,
            b'l' => {
                let preload = integer(value, 1, MOST_PRELOAD)?;
                if !self.root && preload > MOST_PRELOAD_OF_USERS {
                    return Err(misuse(format!(
                        "cannot set preload to value greater than {MOST_PRELOAD_OF_USERS}: {preload}"
                    )));
                }
                arguments.preload = u32::try_from(preload).unwrap_or(1);
            }
            b'L' => arguments.no_loop = true,
            b'm' => arguments.mark = u32::try_from(integer(value, 0, u32::MAX.into())?).ok(),
            b'M' => arguments.path_mtu = Some(path_mtu(value)?),
            b'n' => (arguments.numeric, arguments.names) = (true, false),
            b'O' => arguments.outstanding = true,
            b'p' => self.pattern(value)?,
            b'q' => arguments.quiet = true,
            b'Q' => arguments.traffic_class = traffic_class(value)?,
            b'r' => arguments.dont_route = true,
            b's' => arguments.size = usize::try_from(integer(value, 0, INT_MAX)?).unwrap_or(usize::MAX),
            b'S' => arguments.send_buffer = usize::try_from(integer(value, 1, INT_MAX)?).ok(),
            b't' => arguments.ttl = u8::try_from(integer(value, 0, 255)?).ok(),
            b'U' => arguments.latency = true,
            b'v' => arguments.verbose = true,
            b'w' => {
                let seconds = integer(value, 0, INT_MAX)?;
                arguments.deadline = (seconds > 0).then(|| Duration::from_secs(seconds));
            }
            b'W' => {
                let linger = self.milliseconds(value, "bad linger time")?;
                self.arguments.linger = Some(linger).filter(|time| !time.is_zero());
            }
            _ if MISSING.contains(&letter) => {
                return Err(misuse(format!("option -{} is not supported", Byte(letter))));
            }
            _ => return Err(usage(format!("invalid option -- '{}'", Byte(letter)))),
        }
        Ok(())
    }

    fn only(&mut self, family: Family) -> Result<(), Misuse> {
        match self.arguments.family.replace(family) {
            Some(other) if other != family => Err(misuse("only one -4 or -6 option may be specified")),
            _ => Ok(()),
        }
    }

    /// An address, of each family one, else the name of an interface; an address of a link may have the
    /// interface behind it.
    fn interface(&mut self, value: &[u8]) -> Result<(), Misuse> {
        let text = std::str::from_utf8(value).unwrap_or_default();
        if value.contains(&b':') {
            let mut parts = value.splitn(2, |byte| *byte == b'%');
            let address = parts.next().and_then(|address| std::str::from_utf8(address).ok()?.parse().ok());
            let invalid = || misuse(format!("invalid source address: {}", String::from_utf8_lossy(value)));
            self.arguments.interface = parts.next().map(Into::into).or(self.arguments.interface.take());
            self.arguments.source6 = Some(address.ok_or_else(invalid)?);
            self.arguments.strict_source = true;
        } else if let Ok(address) = text.parse() {
            self.arguments.source = Some(address);
            self.arguments.strict_source = true;
        } else {
            self.arguments.interface = Some(value.into());
        }
        Ok(())
    }

    /// Two digits a byte, of the last one maybe only one. What was read is told at once.
    fn pattern(&mut self, value: &[u8]) -> Result<(), Misuse> {
        if let Some(at) = value.iter().position(|byte| !byte.is_ascii_hexdigit()) {
            let rest = String::from_utf8_lossy(value.get(at..).unwrap_or_default());
            return Err(misuse(format!("patterns must be specified as hex digits: {rest}")));
        }
        let byte = |digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 16 + hex(*digit));
        let bytes: Vec<u8> = value.chunks(2).take(Pattern::MOST).map(byte).collect();
        self.arguments.pattern = Pattern::new(&bytes);
        if !self.arguments.quiet {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            self.printed.push_str(&format!("PATTERN: 0x{digits}\n"));
        }
        Ok(())
    }

    /// Seconds with a fraction. Garbage behind the number is a warning only, as in iputils.
    fn milliseconds(&mut self, text: &[u8], problem: &str) -> Result<Duration, Misuse> {
        let shown = String::from_utf8_lossy(text).into_owned();
        if text.is_empty() {
            return Err(misuse(format!("{problem}: ")));
        }
        let read = number::real(text).unwrap_or(number::Read { value: 0.0, rest: text, out_of_range: false });
        if !read.rest.is_empty() || read.out_of_range {
            self.warnings.push(format!("option argument contains garbage: {}", String::from_utf8_lossy(read.rest)));
            self.warnings.push("this will become fatal error in the future".into());
        }
        if !read.value.is_finite() {
            return Err(misuse(format!("{problem}: {shown}: Numerical result out of range")));
        }
        let milliseconds = read.value * 1000.0;
        if milliseconds < 0.0 || milliseconds > INT_MAX as f64 {
            return Err(misuse(format!("{problem}: {shown}")));
        }
        // In range, as just checked.
        Ok(Duration::from_millis(milliseconds as u64))
    }
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0)
}

fn integer(text: &[u8], min: i64, max: i64) -> Result<u64, Misuse> {
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
    Err(Misuse { status: 1, ..misuse(message) })
}

fn traffic_class(text: &[u8]) -> Result<i32, Misuse> {
    match number::int(text) {
        Some(class) if class > 255 => {
            Err(misuse(format!("the decimal value of TOS bits must be in range 0-255: {class}")))
        }
        Some(class) => Ok(class),
        None => Err(misuse(format!("bad TOS value: {}", String::from_utf8_lossy(text)))),
    }
}

fn flow(text: &[u8]) -> Result<u32, Misuse> {
    let shown = String::from_utf8_lossy(text);
    let label = number::int(text).ok_or_else(|| misuse(format!("bad value for flowinfo: {shown}")))?;
    let too_great = || misuse(format!("flow value is greater than 20 bits: {shown}"));
    u32::try_from(label).ok().filter(|label| *label <= 0xf_ffff).ok_or_else(too_great)
}

fn path_mtu(text: &[u8]) -> Result<PathMtu, Misuse> {
    Ok(match text {
        b"do" => PathMtu::Do,
        b"dont" => PathMtu::Dont,
        b"want" => PathMtu::Want,
        b"probe" => PathMtu::Probe,
        _ => return Err(misuse(format!("invalid -M argument: {}", String::from_utf8_lossy(text)))),
    })
}

fn misuse(message: impl Into<String>) -> Misuse {
    Misuse { message: message.into(), usage: false, status: 2 }
}

fn usage(message: String) -> Misuse {
    Misuse { usage: true, ..misuse(message) }
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

    fn parse(line: &str) -> Read {
        read(&line.split(' ').filter(|word| !word.is_empty()).map(Into::into).collect::<Vec<_>>(), true)
    }

    fn good(line: &str) -> Arguments {
        match parse(line).words {
            Ok(Words::Ping(arguments)) => *arguments,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn bad(line: &str) -> (String, bool, u8) {
        let misuse = parse(line).words.expect_err(line);
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
            assert_eq!(arguments.source, Some(Ipv4Addr::new(10, 0, 0, 1)));
            assert!(arguments.strict_source);
        }
        assert_eq!(good("-I 10.1 d").interface.as_deref(), Some(&b"10.1"[..]));
        let arguments = good("-I fe80::1%v0 d");
        assert_eq!((arguments.source6, arguments.interface.as_deref()), ("fe80::1".parse().ok(), Some(&b"v0"[..])));
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
            ("-R d", "option -R is not supported", false, 2),
            ("-p fg d", "patterns must be specified as hex digits: g", false, 2),
            ("-M x d", "invalid -M argument: x", false, 2),
            ("-Q 256 d", "the decimal value of TOS bits must be in range 0-255: 256", false, 2),
            ("-F -1 d", "flow value is greater than 20 bits: -1", false, 2),
            ("-I ::x d", "invalid source address: ::x", false, 2),
        ] {
            assert_eq!(bad(line), (message.to_owned(), usage, status), "{line}");
        }
    }

    #[test]
    fn garbage_behind_a_time_is_a_warning() {
        assert_eq!(good("-i 1x d").interval.as_secs(), 1);
        assert_eq!(
            parse("-i 1x d").warnings,
            ["option argument contains garbage: x", "this will become fatal error in the future"]
        );
    }

    #[test]
    fn a_pattern_is_told_unless_it_is_quiet_by_then() {
        assert_eq!(parse("-p fff d").printed, "PATTERN: 0xff0f\n");
        assert_eq!(parse("-p f -c 0 d").printed, "PATTERN: 0x0f\n");
        assert_eq!(parse("-q -p ff d").printed, "");
        assert_eq!(good("-p 00112233445566778899aabbccddeeff00 d").pattern.map(|pattern| pattern.byte(15)), Some(0xff));
    }

    #[test]
    fn users_may_preload_three() {
        let read = |line: [&str; 3]| read(&line.map(OsString::from), false).words;
        assert!(read(["-l", "3", "d"]).is_ok());
        let misuse = read(["-l", "4", "d"]).unwrap_err();
        assert_eq!(misuse.message, "cannot set preload to value greater than 3: 4");
    }

    #[test]
    fn every_byte_is_an_option_known_or_not() {
        for byte in 1..=255_u8 {
            for words in [vec![b'-', byte], vec![b'-', byte, b'9'], vec![b'-', b'q', byte]] {
                let _ = read(&[OsString::from_vec(words), "d".into()], false);
            }
        }
    }
}
