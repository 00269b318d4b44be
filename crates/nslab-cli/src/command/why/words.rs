//! Whom the words mean.

use std::net::IpAddr;

use nslab::lab::Store;
use nslab::why::evidence::MACHINE;
use nslab::why::{Machine, TCP, UDP};
use nslab::{Error, ErrorKind, Result};

use super::{Question, unknown};
use crate::command::which;

/// Whom to reach.
pub(super) struct Target {
    pub(super) whom: Whom,
    pub(super) service: Option<(u8, u16)>,
}

pub(super) enum Whom {
    Address(IpAddr),
    Node(String),
}

/// Reads `NODE`, `ADDRESS`, either with `:PORT`, `:PORT/tcp` or `:PORT/udp`.
pub(super) fn target(word: &str) -> Result<Target> {
    if let Ok(address) = word.parse() {
        return Ok(Target { whom: Whom::Address(address), service: None });
    }
    let (name, port) = match word.rsplit_once(':') {
        Some((name, port)) => (name, Some(service(word, port)?)),
        None => (word, None),
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let whom = match bare.parse() {
        Ok(address) => Whom::Address(address),
        Err(_) => Whom::Node(name.to_owned()),
    };
    Ok(Target { whom, service: port })
}

fn service(word: &str, text: &str) -> Result<(u8, u16)> {
    let (port, protocol) = match text.split_once('/') {
        Some((port, "tcp")) => (port, TCP),
        Some((port, "udp")) => (port, UDP),
        Some((_, other)) => {
            return Err(Error::invalid(format!("{word}: no protocol \"{other}\" here")).with_help("it is tcp or udp"));
        }
        None => (text, TCP),
    };
    let number: u16 = port.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
        Error::invalid(format!("{word}: \"{port}\" is no port")).with_help("a port is a number from 1 to 65535")
    })?;
    Ok((protocol, number))
}

/// Joins the lab without root that a node is of, where there is one. To be called before anything is opened.
pub(super) fn reach(store: &Store, word: &str) -> Result<()> {
    match which::node(store, word) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The place of a namespace: that of a lab's node, or of any name.
pub(super) fn place(store: &Store, machine: &Machine, word: &str) -> Result<usize> {
    let (name, file) = match which::node(store, word) {
        Ok(found) => {
            let name = found.node.netns_name().to_string_lossy().into_owned();
            (name, Some(store.read(&found.lab)?.file))
        }
        Err(error) if error.kind() == ErrorKind::NotFound && !word.contains('/') => (word.to_owned(), None),
        Err(error) => return Err(error),
    };
    if let Some(place) = machine.place(&name) {
        return Ok(place);
    }
    if let Some(file) = file {
        let message = format!("node {word}: its namespace {name} is not there: somebody took it away");
        let help = format!("nslab up {} makes it again", file.display());
        return Err(Error::new(ErrorKind::NotFound, message).with_help(help));
    }
    let names = machine.evidence().names.iter().map(String::as_str).filter(|name| *name != MACHINE);
    let names: Vec<&str> = names.take(20).collect();
    Err(unknown(word).with_help(match names.as_slice() {
        [] => "no namespace has a name; nslab up FILE makes a lab".into(),
        names => format!("names: {}", names.join(", ")),
    }))
}

/// Who is asked about, as people read it.
pub(super) fn question(machine: &Machine, from: usize, target: &Target, store: &Store) -> Result<Question> {
    let to = match &target.whom {
        Whom::Address(address) => address.to_string(),
        Whom::Node(word) => machine.evidence().name(place(store, machine, word)?).to_owned(),
    };
    Ok(Question { from: machine.evidence().name(from).to_owned(), to, service: target.service })
}
