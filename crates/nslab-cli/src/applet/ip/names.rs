//! Names for numbers: the tables of /etc/iproute2 and /usr/share/iproute2 (ip-route(8), ip-link(8)).

use std::cell::OnceCell;
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::fail::{Fail, bytes};
use super::session::tell;
use super::words::number;

/// The tables. Each is read when first asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// Groups of links.
    Group,
    /// Scopes of addresses and routes.
    Scope,
    /// Who made an address.
    AddressProtocol,
    /// Routing tables.
    Table,
    /// Who made a route, rule or neighbour.
    Protocol,
    /// Realms.
    Realm,
    /// Differentiated services: a byte, shown in hexadecimal.
    DsField,
    /// Why a protocol holds a link down.
    ProtoDownReason,
}

type Words = HashMap<u32, Vec<u8>>;

#[derive(Debug, Default)]
pub(super) struct Names {
    tables: [OnceCell<Words>; 8],
    /// Numbers instead of names: `-Numeric`.
    pub(super) numeric: bool,
}

impl Name {
    fn file(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Scope => "rt_scopes",
            Self::AddressProtocol => "rt_addrprotos",
            Self::Table => "rt_tables",
            Self::Protocol => "rt_protos",
            Self::Realm => "rt_realms",
            Self::DsField => "rt_dsfield",
            Self::ProtoDownReason => "protodown_reasons",
        }
    }

    /// What is known also where there are no files.
    fn built_in(self) -> &'static [(u32, &'static str)] {
        match self {
            Self::Group => &[(0, "default")],
            Self::Scope => &[(0, "global"), (255, "nowhere"), (254, "host"), (253, "link"), (200, "site")],
            Self::AddressProtocol => &[(0, "unspec"), (1, "kernel_lo"), (2, "kernel_ra"), (3, "kernel_ll")],
            Self::Table => &[(253, "default"), (254, "main"), (255, "local")],
            Self::Protocol => &[
                (0, "unspec"),
                (1, "redirect"),
                (2, "kernel"),
                (3, "boot"),
                (4, "static"),
                (8, "gated"),
                (9, "ra"),
                (10, "mrt"),
                (11, "zebra"),
                (12, "bird"),
                (13, "dnrouted"),
                (14, "xorp"),
                (15, "ntk"),
                (16, "dhcp"),
                (18, "keepalived"),
                (42, "babel"),
                (186, "bgp"),
                (187, "isis"),
                (188, "ospf"),
                (189, "rip"),
                (192, "eigrp"),
            ],
            Self::Realm => &[(0, "unknown")],
            Self::DsField => &[(0, "0")],
            Self::ProtoDownReason => &[],
        }
    }

    fn index(self) -> usize {
        // The order of the variants.
        self as usize
    }
}

impl Names {
    /// The name of a number; its digits where it has none.
    pub(super) fn name(&self, table: Name, number: u32) -> Vec<u8> {
        self.known(table, number).unwrap_or_else(|| match table {
            Name::DsField => format!("{number:#04x}").into_bytes(),
            Name::AddressProtocol => format!("{number:#x}").into_bytes(),
            _ => number.to_string().into_bytes(),
        })
    }

    /// The name of a number, if it has one and names are wanted.
    pub(super) fn known(&self, table: Name, number: u32) -> Option<Vec<u8>> {
        if self.numeric {
            return None;
        }
        // As in `ip`: what is built in has its name without a look at the files, unless they have been read.
        let by_heart = matches!(table, Name::Scope | Name::Protocol | Name::Realm | Name::DsField)
            && self.tables.get(table.index()).is_some_and(|cell| cell.get().is_none());
        if by_heart && let Some((_, name)) = table.built_in().iter().find(|(known, _)| *known == number) {
            return Some(name.as_bytes().to_vec());
        }
        self.table(table).get(&number).cloned()
    }

    /// The number of a name of the table, or a number itself; `None` where the word is neither.
    pub(super) fn number(&self, table: Name, word: &[u8]) -> Option<u32> {
        let named = self.table(table).iter().find(|(_, name)| *name == word).map(|(number, _)| *number);
        // The numbers of differentiated services are hexadecimal, with or without 0x.
        let hexadecimal = || {
            let text = std::str::from_utf8(word).ok()?;
            let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
            u32::from_str_radix(digits, 16).ok().filter(|number| *number <= 255)
        };
        named.or_else(|| match table {
            Name::DsField => hexadecimal(),
            _ => number(word)?.try_into().ok(),
        })
    }

    fn table(&self, table: Name) -> &Words {
        static NONE: std::sync::LazyLock<Words> = std::sync::LazyLock::new(Words::new);
        self.tables.get(table.index()).map_or(&NONE, |cell| cell.get_or_init(|| load(table)))
    }
}

/// The number-to-name half of a table that scripts and people share, such as `group`.
///
/// Each file is read from /etc/iproute2 or, where it is not there, from /usr/share/iproute2, and then
/// the files `NAME.d/*.conf` beside it.
fn load(table: Name) -> Words {
    let mut words: Words = table.built_in().iter().map(|(n, name)| (*n, name.as_bytes().to_vec())).collect();
    let file = table.file();
    let dirs = [Path::new("/etc/iproute2"), Path::new("/usr/share/iproute2")];
    let found = dirs.iter().map(|dir| dir.join(file)).find_map(|path| Some((std::fs::read(&path).ok()?, path)));
    if let Some((text, path)) = found {
        read(&text, &path, &mut words);
    }
    for dir in dirs {
        for entry in std::fs::read_dir(dir.join(format!("{file}.d"))).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == "conf")
                && let Ok(text) = std::fs::read(&path)
            {
                read(&text, &path, &mut words);
            }
        }
    }
    words
}

/// Reads lines of a number and a name, up to one that is something else.
fn read(text: &[u8], path: &Path, table: &mut Words) {
    for line in text.split(|byte| *byte == b'\n') {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let Some(first) = words.next().filter(|word| !word.starts_with(b"#")) else { continue };
        let number = number(first).and_then(|n| u32::try_from(n).ok());
        match (number, words.next()) {
            (Some(number), Some(name)) => {
                table.insert(number, name.to_vec());
            }
            _ if first.starts_with(b"-") => {}
            _ => {
                let path = path.as_os_str().as_bytes();
                return tell(&Fail::new(0, bytes!["Database ", path, " is corrupted at ", line, "\n"]));
            }
        }
    }
}
