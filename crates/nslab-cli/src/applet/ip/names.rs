//! Names for numbers: groups, scopes, address protocols (the files of /etc/iproute2 and
//! /usr/share/iproute2).

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::Path;

use super::words::number;

type Table = HashMap<u32, Vec<u8>>;

/// The number-to-name half of a table that scripts and people share, such as `group`.
///
/// Each file is read from /etc/iproute2 or, where it is not there, from /usr/share/iproute2, and then
/// the files `NAME.d/*.conf` beside it.
fn load(file: &str, built_in: &[(u32, &str)]) -> Table {
    let mut table: Table = built_in.iter().map(|(n, name)| (*n, name.as_bytes().to_vec())).collect();
    let dirs = [Path::new("/etc/iproute2"), Path::new("/usr/share/iproute2")];
    if let Some(text) = dirs.iter().find_map(|dir| std::fs::read(dir.join(file)).ok()) {
        read(&text, &mut table);
    }
    for dir in dirs {
        for entry in std::fs::read_dir(dir.join(format!("{file}.d"))).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|ending| ending == "conf")
                && let Ok(text) = std::fs::read(entry.path())
            {
                read(&text, &mut table);
            }
        }
    }
    table
}

fn read(text: &[u8], table: &mut Table) {
    for line in text.split(|byte| *byte == b'\n') {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        if let (Some(first), Some(name)) = (words.next(), words.next())
            && let Some(value) = number(first).and_then(|n| u32::try_from(n).ok())
        {
            table.insert(value, name.to_vec());
        }
    }
}

/// The tables, each read when first asked.
#[derive(Debug, Default)]
pub(super) struct Tables {
    groups: OnceCell<Table>,
    scopes: OnceCell<Table>,
    address_protocols: OnceCell<Table>,
}

impl Tables {
    /// The name of a link group.
    pub(super) fn group(&self, number: u32) -> Vec<u8> {
        name(self.groups.get_or_init(|| load("group", &[(0, "default")])), number)
    }

    /// The name of a scope.
    pub(super) fn scope(&self, number: u8) -> Vec<u8> {
        let built_in = [(0, "global"), (255, "nowhere"), (254, "host"), (253, "link"), (200, "site")];
        name(self.scopes.get_or_init(|| load("rt_scopes", &built_in)), number.into())
    }

    /// The number of a scope: a name of the table, or a number.
    pub(super) fn scope_number(&self, word: &[u8]) -> Option<u8> {
        if let Some(number) = number(word) {
            return number.try_into().ok();
        }
        (0..=u8::MAX).find(|scope| self.scope(*scope) == word)
    }

    /// The name of who made an address.
    pub(super) fn address_protocol(&self, number: u8) -> Vec<u8> {
        let built_in = [(0, "unspec"), (1, "kernel_lo"), (2, "kernel_ra"), (3, "kernel_ll")];
        name(self.address_protocols.get_or_init(|| load("rt_addrprotos", &built_in)), number.into())
    }
}

fn name(table: &Table, number: u32) -> Vec<u8> {
    table.get(&number).cloned().unwrap_or_else(|| number.to_string().into_bytes())
}
