//! One run of `ip`: its options, its connection to the kernel, its output.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use nslab::ErrorKind;
use nslab::namespace::{MountNamespace, Names, Namespace, become_named};
use nslab::netlink::Connection;
use nslab::ops::{link, nsid};
use nslab::probe::name_of;
use nslab::types::IfName;
use nslab::wire::Request;

use super::fail::{Fail, MISUSE, bytes};
use super::known::{Known, Links};
use super::names::Names as TableNames;
use super::options::Options;
use super::print::Printer;
use super::words::{Family, atoi};

/// One run of `ip`.
#[derive(Default)]
pub(super) struct Session {
    pub(super) options: Options,
    /// The family that the command is about: the options', unless a word of the command says another.
    pub(super) family: Family,
    pub(super) print: Printer,
    pub(super) names: TableNames,
    connection: Option<Connection>,
    links: Links,
    /// The command before this one cannot have changed a link.
    links_hold: bool,
    netns_names: Option<HashMap<u32, Vec<u8>>>,
    /// The mounts as they were before `-n`.
    outside: Option<MountNamespace>,
    /// The commands come from a file, and share this process.
    pub(super) in_batch: bool,
}

impl Session {
    /// Takes over the options.
    pub(super) fn set_options(&mut self, options: Options) -> Result<(), Fail> {
        self.print.set(options.json.then_some(options.pretty), options.oneline, options.color);
        self.names.numeric = options.numeric;
        self.options = options;
        if self.options.version {
            self.print.text(format!("ip utility, iproute2-6.15.0, nslab {}\n", env!("CARGO_PKG_VERSION")));
            return Err(Fail::silent(0));
        }
        Ok(())
    }

    /// Moves this process into a namespace: `-netns`.
    pub(super) fn enter(&mut self, name: &[u8]) -> Result<(), Fail> {
        if self.outside.is_none() {
            self.outside = MountNamespace::current().ok();
        }
        enter(name)
    }

    /// Runs one command. What earlier ones learned of links may be out of date by now.
    pub(super) fn command(&mut self, words: &[&[u8]]) -> Result<(), Fail> {
        self.family = self.options.family;
        if !std::mem::take(&mut self.links_hold) {
            self.links.clear();
        }
        self.netns_names = None;
        let result = super::run_object(self, words);
        self.print.abandon_document();
        result
    }

    pub(super) fn connection(&mut self) -> Result<&mut Connection, Fail> {
        if self.connection.is_none() {
            let connection = Connection::open().map_err(|error| Fail::own(1, &error))?;
            if let Some(bytes) = self.options.receive_buffer.and_then(|bytes| usize::try_from(bytes).ok()) {
                connection.transport().grow_receive_buffer(bytes);
            }
            self.connection = Some(connection);
        }
        self.connection.as_mut().ok_or_else(|| Fail::new(1, "no connection to the kernel"))
    }

    /// What is known of links serves the next command of a batch too.
    pub(super) fn keep_links(&mut self) {
        self.links_hold = true;
    }

    /// The connection, for an exchange during which others are needed: those go over a second one.
    pub(super) fn take_connection(&mut self) -> Result<Connection, Fail> {
        self.connection()?;
        self.connection.take().ok_or_else(|| Fail::new(1, "no connection to the kernel"))
    }

    /// Gives it back.
    pub(super) fn return_connection(&mut self, connection: Connection) {
        self.connection = Some(connection);
    }

    /// Sends a request; the kernel's answer is the failure.
    pub(super) fn talk(&mut self, request: Request) -> Result<(), Fail> {
        self.connection()?.request(request, String::new).map_err(|error| Fail::kernel(&error))
    }

    pub(super) fn remember(&mut self, link: &link::Link<'_>) {
        self.links.insert(link.index(), Known::of(link));
    }

    /// A link by index: remembered, or asked for.
    pub(super) fn known(&mut self, index: u32) -> Option<Known> {
        if let Some(known) = self.links.get(index) {
            return Some(known.clone());
        }
        let seen = link::get(self.connection().ok()?, link::Select::Index(index), |link| Ok(Known::of(link)));
        let known = seen.ok()?;
        self.links.insert(index, known.clone());
        Some(known)
    }

    /// The index of a link that a command acts on.
    pub(super) fn index(&mut self, name: &[u8]) -> Result<u32, Fail> {
        if let Some(index) = self.links.index(name) {
            return Ok(index);
        }
        let seen = link::get(self.connection()?, link::Select::Name(name), |link| Ok((link.index(), Known::of(link))));
        let found = seen.ok().map(|(index, known)| {
            self.links.insert(index, known);
            index
        });
        // What follows a colon was once the name of an alias, and still does not count.
        let before = name.split(|byte| *byte == b':').next().filter(|before| before.len() < name.len());
        let named = match (found, before) {
            (Some(index), _) => Some(index),
            (None, Some(before)) if name.len() <= IfName::MAX_BYTES => link::index_of(self.connection()?, before).ok(),
            _ => None,
        };
        named.or_else(|| numbered(name)).ok_or_else(|| Fail::no_device(name))
    }

    /// The index of a link that must be a VRF.
    pub(super) fn vrf(&mut self, name: &[u8]) -> Result<u32, Fail> {
        let found = link::get(self.connection()?, link::Select::Name(name), |link| {
            Ok((link.index(), link.kind().is_some_and(|kind| kind == b"vrf")))
        });
        match found {
            Ok((index, true)) => Ok(index),
            _ => Err(Fail::wrong(name, "Not a valid VRF name\n")),
        }
    }

    /// A host's address as it is shown: with `-resolve`, its name where it has one.
    pub(super) fn host(&self, address: IpAddr) -> Vec<u8> {
        let name = if self.options.resolve { name_of(address) } else { None };
        name.map_or_else(|| address_text(address).into_bytes(), |name| name.as_bytes().to_vec())
    }

    /// The name of the namespace that this one knows by an id. Of a file that is no namespace, it complains
    /// once.
    pub(super) fn netns_name(&mut self, id: u32) -> Option<Vec<u8>> {
        if self.netns_names.is_none() {
            self.find_netns_names();
        }
        self.netns_names.as_ref()?.get(&id).cloned()
    }

    /// Asks for the ids of all names.
    pub(super) fn find_netns_names(&mut self) {
        let names = Names::default();
        let mut found = HashMap::new();
        for name in names.list().unwrap_or_default() {
            let Ok(namespace) = names.open(&name) else { continue };
            match self.netns_id(&namespace) {
                Ok(Some(id)) => {
                    found.entry(id).or_insert_with(|| name.as_bytes().to_vec());
                }
                Ok(None) => {}
                Err(error) => tell(&Fail::kernel(&error)),
            }
        }
        self.netns_names = Some(found);
    }

    /// Runs `work` where the mounts are those that this process was started with: names that are made
    /// belong there, not into the mounts that `-n` makes for one command.
    pub(super) fn outside<T: Send>(&self, work: impl FnOnce() -> nslab::Result<T> + Send) -> nslab::Result<T> {
        match &self.outside {
            Some(mounts) => mounts.run(work),
            None => work(),
        }
    }

    /// The id by which this namespace knows another.
    pub(super) fn netns_id(&mut self, namespace: &Namespace) -> Result<Option<u32>, nslab::Error> {
        let connection = self.connection().map_err(|_| nslab::Error::invalid("no connection to the kernel"))?;
        nsid::get(connection, namespace)
    }

    /// Writes what is left, tells of a failure, and gives the exit status.
    pub(super) fn end(mut self, result: Result<(), Fail>) -> ExitCode {
        match result {
            Ok(()) => {
                self.print.flush();
                ExitCode::SUCCESS
            }
            Err(fail) => {
                self.tell(&fail);
                ExitCode::from(fail.status)
            }
        }
    }

    /// Writes a failure's words to standard error, behind all that was printed before.
    pub(super) fn tell(&mut self, fail: &Fail) {
        self.print.flush();
        tell(fail);
    }
}

/// The index in `if7`, which stands for a link without a name; the kernel says whether there is one.
fn numbered(name: &[u8]) -> Option<u32> {
    Some(atoi(name.strip_prefix(b"if")?).cast_unsigned()).filter(|index| *index != 0)
}

/// An address as inet_ntop(3) writes it: the last 32 bits with dots too where only zeros come before them.
fn address_text(address: IpAddr) -> String {
    match address {
        IpAddr::V6(v6) if v6.to_bits() >> 32 == 0 && v6.to_bits() >> 16 != 0 => {
            let [.., a, b, c, d] = v6.octets();
            format!("::{a}.{b}.{c}.{d}")
        }
        _ => address.to_string(),
    }
}

/// Writes a warning to standard error, at once: what is to be printed may come behind it, as with `ip`.
pub(super) fn warn(text: impl Into<Vec<u8>>) {
    tell(&Fail::new(0, text));
}

/// Writes a failure's words to standard error at once: before what is printed and not yet handed on.
pub(super) fn tell(fail: &Fail) {
    if !fail.text.is_empty() {
        let mut line = fail.text.clone();
        line.push(b'\n');
        let _ = std::io::stderr().lock().write_all(&line);
    }
}

/// Moves this process into a namespace, as `-n` and `netns exec` do.
pub(super) fn enter(name: &[u8]) -> Result<(), Fail> {
    let entered = become_named(&Names::default(), OsStr::from_bytes(name));
    warn_all(&entered.map_err(|error| not_entered(name, &error))?);
    Ok(())
}

/// What could not be put in place in the namespace's /etc.
pub(super) fn warn_all(warnings: &[nslab::Error]) {
    for warning in warnings {
        tell(&Fail::own(0, warning));
    }
}

/// Why a namespace was not entered.
pub(super) fn not_entered(name: &[u8], error: &nslab::Error) -> Fail {
    match error.kind() {
        // A name that cannot be a file's: what opening it or entering it would say.
        ErrorKind::Invalid if name.contains(&b'/') => {
            Fail::new(MISUSE, bytes!["Cannot open network namespace \"", name, "\": No such file or directory"])
        }
        ErrorKind::Invalid => {
            Fail::new(MISUSE, bytes!["setting the network namespace \"", name, "\" failed: Invalid argument"])
        }
        _ => Fail::own(MISUSE, error),
    }
}
