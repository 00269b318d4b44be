//! iputils' `ping`: the same words, output, messages and exit status (ping(8)).
//!
//! Exit status: 0 answered; 1 nobody answered, or fewer than `-c` within `-w`, or a number that is none;
//! 2 any other error.

mod aim;
mod arguments;
mod called;
mod number;
mod print;
mod show;
mod sockets;

use std::ffi::OsString;
use std::io::{ErrorKind as IoErrorKind, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use nslab::Error;
use nslab::probe::engine::{Session, Settings};
use nslab::probe::{Signals, ping};
use nslab::types::strerror;

use aim::Aim;
use arguments::{Arguments, Misuse, Words};
use called::Called;
use show::Show;
use sockets::Sockets;

const USAGE: &str = include_str!("usage.txt");
/// Shorter intervals are for root.
const MIN_USER_INTERVAL: Duration = Duration::from_millis(2);
/// What a shell makes of a death by SIGPIPE, which is how a reader says "enough".
const CLOSED_PIPE: u8 = 128 + 13;

/// A message for standard error, after "ping: ", and the exit status. Without a message, it is the usage.
struct Fail(u8, String);

impl Fail {
    fn new(message: impl Into<String>) -> Self {
        Self(2, message.into())
    }

    fn usage() -> Self {
        Self(2, String::new())
    }

    fn os(what: &str, error: &Error) -> Self {
        let why = error.errno().map_or_else(|| error.to_string(), |errno| strerror(errno).into());
        Self(2, format!("{what}: {why}"))
    }
}

pub(crate) fn main(words: &[OsString]) -> ExitCode {
    let read = arguments::read(words, is_root());
    if let Err(status) = say(&read.printed) {
        return ExitCode::from(status);
    }
    read.warnings.iter().for_each(|warning| complain(warning));
    match read.words {
        Ok(Words::Ping(arguments)) => match run(&arguments) {
            Ok(status) => ExitCode::from(status),
            Err(Fail(status, message)) => {
                if message.is_empty() {
                    usage()
                } else {
                    complain(&message)
                }
                ExitCode::from(status)
            }
        },
        Ok(Words::Version) => {
            let text = concat!("ping from nslab ", env!("CARGO_PKG_VERSION"), ", stands in for iputils 20240905\n");
            say(text).map_or_else(ExitCode::from, |()| ExitCode::SUCCESS)
        }
        Ok(Words::Help) => {
            usage();
            ExitCode::from(2)
        }
        Err(Misuse { message, usage: with_usage, status }) => {
            complain(&message);
            if with_usage {
                usage();
            }
            ExitCode::from(status)
        }
    }
}

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "ping: {message}");
}

fn usage() {
    let _ = std::io::stderr().write_all(USAGE.as_bytes());
}

/// Writes to standard output at once; the exit status where that fails.
fn say(text: &str) -> Result<(), u8> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == IoErrorKind::BrokenPipe => Err(CLOSED_PIPE),
        Err(_) => {
            complain("write error");
            Err(1)
        }
    }
}

/// Opens what is needed, pings, and says what came of it.
fn run(arguments: &Arguments) -> Result<u8, Fail> {
    let sockets = Sockets::open(arguments)?;
    let Some(aim) = aim::take(arguments, sockets)? else { return Ok(1) };
    let called = Called::new(aim.named, arguments);
    if let Err(status) = say(&aim.beginning(arguments, &called)) {
        return Ok(status);
    }
    allow_interval(arguments)?;
    aim.set_up(arguments);

    let settings = settings(arguments, &aim);
    let mut session = Session::random(aim.target.address, settings);
    if let Some(identifier) = arguments.identifier {
        session = session.with_id(identifier);
    }
    let signals = Signals::watch().map_err(|error| Fail::new(error.to_string()))?;
    let show = Show::new(arguments, called, settings.any_address);
    let mut broken = None;
    ping(
        &mut session,
        &aim.socket,
        Some(&signals),
        |event, session| match say(&show.event(event, session)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(status) => {
                broken = Some(status);
                ControlFlow::Break(())
            }
        },
        |statistics| {
            let _ = std::io::stderr().write_all(print::status(statistics).as_bytes());
        },
    )
    .map_err(|error| Fail::new(error.to_string()))?;
    if let Some(status) = broken {
        return Ok(status);
    }
    let statistics = session.statistics();
    let gaps = arguments.interval.is_zero() || arguments.flood || arguments.adaptive;
    if let Err(status) = say(&print::statistics(&aim.name, statistics, gaps)) {
        return Ok(status);
    }
    let too_few = arguments.deadline.is_some() && arguments.count.is_some_and(|count| statistics.received < count);
    Ok(u8::from(statistics.received == 0 || too_few))
}

fn settings(arguments: &Arguments, aim: &Aim) -> Settings {
    let shortest = if is_root() { Duration::ZERO } else { MIN_USER_INTERVAL };
    Settings {
        count: arguments.count,
        interval: arguments.interval,
        linger: arguments.linger,
        deadline: arguments.deadline,
        data_len: arguments.size,
        preload: arguments.preload,
        adaptive: arguments.adaptive.then_some(shortest),
        // What iputils makes of a connected socket; with IPv6 it does not connect.
        only_target: arguments.connect && aim.target.address.is_ipv4(),
        any_address: aim.several,
        pattern: arguments.pattern,
    }
}

fn allow_interval(arguments: &Arguments) -> Result<(), Fail> {
    if arguments.interval < MIN_USER_INTERVAL && !is_root() {
        return Err(Fail::new("cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)"));
    }
    let most = u128::from(i32::MAX.unsigned_abs() / arguments.preload.max(1));
    if arguments.interval.as_millis() >= most {
        return Err(Fail::new(format!("illegal preload and/or interval: {}", arguments.interval.as_millis())));
    }
    Ok(())
}
