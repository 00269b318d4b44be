//! iputils' `ping` for IPv4: the same words, output, messages and exit status (ping(8)).
//!
//! Exit status: 0 answered; 1 nobody answered, or fewer than `-c` within `-w`, or a number that is none;
//! 2 any other error.

mod arguments;
mod number;
mod print;

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind as IoErrorKind, Write};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use nslab::netlink::Connection;
use nslab::probe::engine::{Event, Session, Settings};
use nslab::probe::{Family, ProbeSocket, Resolved, Signals, name_of, numeric, ping, resolve, source_address};
use nslab::types::strerror;
use nslab::wire::consts::AF_INET;
use nslab::{Error, ops};

use arguments::{Arguments, Misuse, Words};

const USAGE: &str = include_str!("usage.txt");
/// The longest data that fits behind the headers of ICMP and IPv4.
const MAX_SIZE: usize = 65_507;
/// Shorter intervals are for root.
const MIN_USER_INTERVAL: Duration = Duration::from_millis(2);
/// What a shell makes of a death by SIGPIPE, which is how a reader says "enough".
const CLOSED_PIPE: u8 = 128 + 13;

/// A message for standard error, after "ping: ", and the exit status.
struct Fail(u8, String);

impl Fail {
    fn os(what: &str, error: &Error) -> Self {
        let why = error.errno().map_or_else(|| error.to_string(), |errno| strerror(errno).into());
        Self(2, format!("{what}: {why}"))
    }
}

pub(crate) fn main(words: &[OsString]) -> ExitCode {
    match arguments::read(words) {
        Ok(Words::Ping(arguments)) => match run(&arguments) {
            Ok(status) => ExitCode::from(status),
            Err(Fail(status, message)) => {
                complain(&message);
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
        Err(Misuse { warnings, message, usage: with_usage, status }) => {
            warnings.iter().for_each(|warning| complain(warning));
            complain(&message);
            if with_usage {
                usage();
            }
            ExitCode::from(status)
        }
    }
}

fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "ping: {message}");
}

fn usage() {
    let _ = std::io::stderr().write_all(USAGE.as_bytes());
}

/// Writes to standard output at once; the exit status where that fails.
fn say(text: &str) -> Result<(), u8> {
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
    arguments.warnings.iter().for_each(|warning| complain(warning));
    let socket = ProbeSocket::open(Family::V4).map_err(|error| no_socket(&error))?;
    let Destination { name, named, addresses } = destination(arguments)?;
    if arguments.size > MAX_SIZE {
        let size = arguments.size;
        return Err(Fail(1, format!("invalid -s value: '{size}': out of range: 0 <= value <= {MAX_SIZE}")));
    }
    let (target, source) = route(arguments, &socket, &addresses)?;
    if let Some(ttl) = arguments.ttl {
        socket.set_ttl(ttl).map_err(|error| Fail::os("cannot set unicast time-to-live", &error))?;
    }
    // A packet of the greatest size, and what the kernel adds to it.
    socket.grow_buffers(256 * 1024);

    let interface = arguments.interface.as_deref().map_or_else(Default::default, String::from_utf8_lossy);
    let restricted = arguments.interface.is_some() || arguments.source.is_some();
    let from = source.filter(|_| restricted).map(|source| (source, &*interface));
    if let Err(status) = say(&print::beginning(&name, target, from, arguments.size)) {
        return Ok(status);
    }
    allow_interval(arguments.interval)?;

    let settings = Settings {
        count: arguments.count,
        interval: arguments.interval,
        linger: arguments.linger,
        deadline: arguments.deadline,
        data_len: arguments.size,
    };
    let mut session = Session::random(target, settings);
    let signals = Signals::watch().map_err(|error| Fail(2, error.to_string()))?;
    let mut called = Called { look_up: named && !arguments.numeric, known: HashMap::new() };
    let mut broken = None;
    ping(
        &mut session,
        &socket,
        Some(&signals),
        |event| {
            if arguments.quiet {
                return ControlFlow::Continue(());
            }
            match say(&line(event, &mut called)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(status) => {
                    broken = Some(status);
                    ControlFlow::Break(())
                }
            }
        },
        |statistics| {
            let _ = std::io::stderr().write_all(print::status(statistics).as_bytes());
        },
    )
    .map_err(|error| Fail(2, error.to_string()))?;
    if let Some(status) = broken {
        return Ok(status);
    }
    let statistics = session.statistics();
    if let Err(status) = say(&print::statistics(&name, statistics, &settings)) {
        return Ok(status);
    }
    let too_few = arguments.deadline.is_some() && arguments.count.is_some_and(|count| statistics.received < count);
    Ok(u8::from(statistics.received == 0 || too_few))
}

fn line(event: &Event<'_>, called: &mut Called) -> String {
    match event {
        Event::Reply(reply) => print::reply(reply, &called.name(reply.from)),
        Event::Notice { from, notice, error } => print::notice(notice, &called.name(*from), *error),
    }
}

fn no_socket(error: &Error) -> Fail {
    complain("socktype: SOCK_RAW");
    let fail = Fail::os("socket", error);
    if rustix::process::getuid().is_root() {
        return fail;
    }
    Fail(2, format!("{}\nping: => missing cap_net_raw+p capability or setuid?", fail.1))
}

/// Whom to ping, under which name.
struct Destination {
    name: String,
    /// Whether it was given by name, so that answers are printed with names too.
    named: bool,
    addresses: Vec<IpAddr>,
}

fn destination(arguments: &Arguments) -> Result<Destination, Fail> {
    let word = arguments.destination.as_os_str();
    let shown = word.to_string_lossy().into_owned();
    if let Some(address @ IpAddr::V4(_)) = numeric(word) {
        return Ok(Destination { name: shown, named: false, addresses: vec![address] });
    }
    let found = resolve(word, arguments.only_v4.then_some(Family::V4));
    let Resolved { addresses, canonical } = found.map_err(|error| Fail(2, format!("{shown}: {error}")))?;
    if addresses.first().is_some_and(IpAddr::is_ipv6) {
        let address = addresses.first().map(IpAddr::to_string).unwrap_or_default();
        return Err(Fail(2, format!("{shown}: IPv6 ({address}) is not supported yet; -4 asks for IPv4")));
    }
    let name = canonical.map_or(shown, |name: OsString| OsStr::to_string_lossy(&name).into_owned());
    Ok(Destination { name, named: true, addresses })
}

/// Chooses the address to ping, the first that there is a way to, and the address to ping from.
fn route(arguments: &Arguments, socket: &ProbeSocket, addresses: &[IpAddr]) -> Result<(IpAddr, Option<IpAddr>), Fail> {
    let interface = arguments.interface.as_deref();
    if let Some(name) = interface {
        let shown = String::from_utf8_lossy(name);
        socket.bind_interface(name).map_err(|error| Fail::os(&format!("SO_BINDTODEVICE {shown}"), &error))?;
    }
    let given = arguments.source.filter(|source| source.is_ipv4() && !source.is_unspecified());
    let mut candidates = addresses.iter().filter(|address| address.is_ipv4()).peekable();
    while let Some(&address) = candidates.next() {
        // As iputils has it, 0.0.0.0 is this host.
        let target = if address.is_unspecified() { std::net::Ipv4Addr::LOCALHOST.into() } else { address };
        if let Some(source) = given {
            socket.bind_address(source).map_err(|error| Fail::os("bind", &error))?;
            return Ok((target, Some(source)));
        }
        match source_address(target, interface) {
            Ok(source) => {
                if let Some(name) = interface {
                    warn_unless_on(name, source);
                }
                return Ok((target, Some(source)));
            }
            Err(error) => match error.errno().map(rustix::io::Errno::from_raw_os_error) {
                Some(rustix::io::Errno::HOSTUNREACH | rustix::io::Errno::NETUNREACH) if candidates.peek().is_some() => {
                }
                Some(rustix::io::Errno::ACCESS) => {
                    let advice = "Do you want to ping broadcast? Then -b. If not, check your local firewall rules";
                    return Err(Fail(2, advice.into()));
                }
                _ => return Err(Fail::os("connect", &error)),
            },
        }
    }
    // The resolver was asked, and gave at least one.
    Err(Fail(2, "no address to ping".into()))
}

/// The kernel may choose an address of another interface than the one that it must send through.
fn warn_unless_on(interface: &[u8], source: IpAddr) {
    if !is_on(interface, source).unwrap_or(false) {
        let shown = String::from_utf8_lossy(interface);
        complain(&format!("Warning: source address might be selected on device other than: {shown}"));
    }
}

fn is_on(interface: &[u8], source: IpAddr) -> nslab::Result<bool> {
    let mut connection = Connection::open()?;
    let index = ops::link::index_of(&mut connection, interface)?;
    let mut found = false;
    ops::address::dump(&mut connection, AF_INET, Some(index), |address| {
        found |= address.index() == index && address.local() == Some(source);
        Ok(())
    })?;
    Ok(found)
}

fn allow_interval(interval: Duration) -> Result<(), Fail> {
    if interval.as_millis() >= u128::from(i32::MAX.unsigned_abs()) {
        return Err(Fail(2, format!("illegal preload and/or interval: {}", interval.as_millis())));
    }
    if interval < MIN_USER_INTERVAL && !rustix::process::getuid().is_root() {
        let text = "cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)";
        return Err(Fail(2, text.into()));
    }
    Ok(())
}

/// What addresses are called.
struct Called {
    look_up: bool,
    known: HashMap<IpAddr, String>,
}

impl Called {
    fn name(&mut self, address: IpAddr) -> String {
        if !self.look_up {
            return address.to_string();
        }
        let name = self.known.entry(address).or_insert_with(|| match name_of(address) {
            Some(name) => format!("{} ({address})", name.display()),
            None => address.to_string(),
        });
        name.clone()
    }
}
