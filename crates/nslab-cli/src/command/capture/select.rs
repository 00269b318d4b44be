//! Which interfaces: from the words that were typed.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use nslab::capture::{Interface, Wanted, interfaces};
use nslab::lab::{Record, Store};
use nslab::namespace::Namespace;
use nslab::topology::plan::Port;
use nslab::types::Prefix;
use nslab::{Error, ErrorKind, Result};

use super::super::{rootless, which};

/// Interfaces to capture on, and the namespaces that they are in.
pub(super) struct Selection {
    places: Vec<Place>,
    pub(super) chosen: Vec<Chosen>,
    records: Vec<Record>,
    /// Whether the words are about one lab only.
    given: bool,
}

/// A namespace.
struct Place {
    namespace: Namespace,
    netns: OsString,
    /// The node, or the name of a namespace that is no node.
    name: String,
    /// The lab's place among the records, and the node's in the lab.
    node: Option<(usize, usize)>,
    interfaces: Vec<Interface>,
}

/// An interface.
pub(super) struct Chosen {
    place: usize,
    pub(super) interface: Interface,
    /// As `node:ifname`.
    pub(super) name: String,
    /// What it is, for people.
    pub(super) text: String,
}

/// What the kernel makes in each namespace, once it can do tunnels of a kind; nobody's traffic is there.
const FALLBACKS: [&str; 9] =
    ["tunl0", "gre0", "gretap0", "erspan0", "sit0", "ip_vti0", "ip6tnl0", "ip6gre0", "ip6_vti0"];

impl Selection {
    pub(super) fn of(store: &Store, words: &[String], prefixed: &which::Prefixed) -> Result<Self> {
        let (lab, rest) = match words.split_first() {
            Some((first, rest)) if names_a_lab(store, first, prefixed) => (Some(first.as_str()), rest),
            _ => (None, words),
        };
        let given = lab.is_some() || rest.is_empty() || prefixed.prefix.is_some();
        let records = if given { vec![which::record(store, lab, prefixed)?] } else { Vec::new() };
        // A node that is named is looked at on its own.
        if rest.is_empty() {
            records.iter().try_for_each(|record| store.check_whole(record))?;
        }
        let mut selection = Self { places: Vec::new(), chosen: Vec::new(), records, given };
        if rest.is_empty() {
            selection.whole_lab(store)?;
        }
        for word in rest {
            selection.word(store, word)?;
        }
        selection.tell_labs_apart();
        Ok(selection)
    }

    /// Every node that is no switch, and all that it has.
    fn whole_lab(&mut self, store: &Store) -> Result<()> {
        let hosts: Vec<usize> =
            self.records.first().map(|record| record.hosts().map(|(at, _)| at).collect()).unwrap_or_default();
        for at in hosts {
            let place = self.node(store, 0, at)?;
            self.choose_all(place);
        }
        if self.chosen.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "no node of the lab has an interface but lo")
                .with_help("lo has to be named: NODE:lo"));
        }
        Ok(())
    }

    /// `NODE`, `NODE:IFNAME`, the same with the lab in front, or so of another namespace.
    fn word(&mut self, store: &Store, word: &str) -> Result<()> {
        // A namespace may have a colon in its name, an interface may not.
        if let Some(place) = self.place(store, word)? {
            if !self.choose_all(place) {
                return Err(Error::new(ErrorKind::NotFound, format!("{word} has no interface but lo"))
                    .with_help(format!("lo has to be named: {word}:lo")));
            }
            return Ok(());
        }
        let Some((node, ifname)) = word.rsplit_once(':') else { return Err(self.unknown(store, word)) };
        let Some(place) = self.place(store, node)? else { return Err(self.unknown(store, node)) };
        let interfaces = self.places.get(place).map_or(&[][..], |place| &place.interfaces);
        let Some(interface) = interfaces.iter().find(|interface| interface.name == ifname).cloned() else {
            let names: Vec<&str> = interfaces.iter().map(|interface| interface.name.as_str()).collect();
            return Err(Error::new(ErrorKind::NotFound, format!("{node} has no interface \"{ifname}\""))
                .with_help(format!("it has: {}", names.join(", "))));
        };
        self.choose(place, interface);
        Ok(())
    }

    fn unknown(&self, store: &Store, node: &str) -> Error {
        let (message, help) = match self.records.first().filter(|_| self.given) {
            Some(record) => {
                let names: Vec<&str> = record.nodes.iter().map(|node| node.name.as_str()).collect();
                let message = format!("no node \"{node}\" in lab \"{}\", and no network namespace", record.plan.lab);
                (message, format!("its nodes: {}", names.join(", ")))
            }
            None => {
                let message = format!("no lab, no node and no network namespace named \"{node}\"");
                (message, which::names_of_labs(store).unwrap_or_default())
            }
        };
        Error::new(ErrorKind::NotFound, message).with_help(help)
    }

    /// The node, or the namespace, with a name; none where there is none.
    fn place(&mut self, store: &Store, word: &str) -> Result<Option<usize>> {
        if self.given {
            let nodes = self.records.first().map(|record| record.nodes.as_slice()).unwrap_or_default();
            if let Some(at) = nodes.iter().position(|node| node.name.as_str() == word) {
                return self.node(store, 0, at).map(Some);
            }
            return self.foreign(store, word);
        }
        let found = match which::node(store, word) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return self.foreign(store, word),
            Err(error) => return Err(error),
        };
        let known = self.records.iter().position(|record| record.plan.lab == found.lab);
        let record = match known {
            Some(at) => at,
            None => {
                self.records.push(store.read(&found.lab)?);
                self.records.len() - 1
            }
        };
        let nodes = self.records.get(record).map(|record| record.nodes.as_slice()).unwrap_or_default();
        match nodes.iter().position(|node| node.name == found.node.name) {
            Some(at) => self.node(store, record, at).map(Some),
            None => Ok(None),
        }
    }

    /// Opens a node, or finds it opened.
    fn node(&mut self, store: &Store, record: usize, at: usize) -> Result<usize> {
        if let Some(known) = self.places.iter().position(|place| place.node == Some((record, at))) {
            return Ok(known);
        }
        let found = self.records.get(record).and_then(|record| Some((record, record.nodes.get(at)?)));
        let Some((lab, node)) = found else { return Err(Error::new(ErrorKind::NotFound, "no such node")) };
        let namespace = store.open_node(&lab.plan.lab, node)?;
        let (netns, name) = (node.netns_name(), node.name.to_string());
        self.open(namespace, netns, name, Some((record, at)))
    }

    /// Opens a namespace that is no node; none where there is none of that name.
    fn foreign(&mut self, store: &Store, word: &str) -> Result<Option<usize>> {
        let known = |place: &Place| place.node.is_none() && place.name == word;
        if let Some(known) = self.places.iter().position(known) {
            return Ok(Some(known));
        }
        match store.names().open(word.as_ref()) {
            Ok(namespace) => self.open(namespace, word.into(), word.into(), None).map(Some),
            // A word that can be no name, as one with `/`, names nothing.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open(
        &mut self,
        namespace: Namespace,
        netns: OsString,
        name: String,
        node: Option<(usize, usize)>,
    ) -> Result<usize> {
        let interfaces = interfaces(&namespace)?;
        self.places.push(Place { namespace, netns, name, node, interfaces });
        Ok(self.places.len() - 1)
    }

    /// All interfaces of a place but lo; false where there are none.
    fn choose_all(&mut self, place: usize) -> bool {
        let all = self.places.get(place).map(|place| place.interfaces.clone()).unwrap_or_default();
        let wanted = |it: &Interface| !it.loopback && !FALLBACKS.contains(&it.name.as_str());
        let all: Vec<Interface> = all.into_iter().filter(wanted).collect();
        let any = !all.is_empty();
        all.into_iter().for_each(|interface| self.choose(place, interface));
        any
    }

    fn choose(&mut self, place: usize, interface: Interface) {
        let same = |chosen: &Chosen| chosen.place == place && chosen.interface.index == interface.index;
        if self.chosen.iter().any(same) {
            return;
        }
        let Some(of) = self.places.get(place) else { return };
        let (name, text) = (format!("{}:{}", of.name, interface.name), self.text(of, &interface));
        self.chosen.push(Chosen { place, interface, name, text });
    }

    /// What an interface is: its kind, its other end, its lab.
    fn text(&self, place: &Place, interface: &Interface) -> String {
        let mut parts: Vec<String> = interface.kind.iter().cloned().collect();
        if let Some((record, node)) = place.node
            && let Some(record) = self.records.get(record)
        {
            let is = |port: &Port| port.node == node && port.ifname.as_str() == interface.name;
            let far = record.plan.cables.iter().find_map(|cable| match (is(&cable.a), is(&cable.b)) {
                (true, _) => Some(&cable.b),
                (_, true) => Some(&cable.a),
                _ => None,
            });
            if let Some(far) = far
                && let Some(node) = record.nodes.get(far.node)
            {
                parts.push(format!("other end {}:{}", node.name, far.ifname));
            }
            parts.push(format!("lab {}", record.plan.lab));
        }
        parts.join(", ")
    }

    /// Puts the lab in front of names where several have nodes of one name.
    fn tell_labs_apart(&mut self) {
        let mut seen = BTreeSet::new();
        let twice: BTreeSet<String> =
            self.chosen.iter().filter(|chosen| !seen.insert(&chosen.name)).map(|chosen| chosen.name.clone()).collect();
        for chosen in self.chosen.iter_mut().filter(|chosen| twice.contains(&chosen.name)) {
            let node = self.places.get(chosen.place).and_then(|place| place.node);
            if let Some(record) = node.and_then(|(record, _)| self.records.get(record)) {
                chosen.name = format!("{}/{}", record.plan.lab, chosen.name);
            }
        }
    }

    /// What `--host` names: addresses, networks, and nodes with all of their addresses.
    pub(super) fn hosts(&self, words: &[String]) -> Result<Vec<Prefix>> {
        let mut hosts = Vec::new();
        for word in words {
            let bad = match word.parse::<Prefix>() {
                Ok(prefix) => {
                    hosts.push(prefix);
                    continue;
                }
                Err(bad) => bad,
            };
            let node = |record: &Record| {
                let at = record.nodes.iter().position(|node| node.name.as_str() == word)?;
                record.plan.addresses().get(at).cloned()
            };
            let mut found = self.records.iter().filter_map(node).flatten().peekable();
            if found.peek().is_none() {
                return Err(Error::invalid(format!("--host {word}: {bad}"))
                    .with_help("a host is an address, a network, or a node of the lab that has addresses"));
            }
            for prefix in found {
                hosts.push(Prefix::new(prefix.address(), prefix.max_len())?);
            }
        }
        Ok(hosts)
    }

    pub(super) fn wanted(&self) -> impl Iterator<Item = Wanted<'_>> {
        self.chosen.iter().filter_map(|chosen| {
            let place = self.places.get(chosen.place)?;
            Some(Wanted {
                namespace: &place.namespace,
                netns: place.netns.clone(),
                interface: chosen.interface.clone(),
            })
        })
    }
}

/// Whether the first word is a lab: a file, or the name of one that is up.
fn names_a_lab(store: &Store, word: &str, prefixed: &which::Prefixed) -> bool {
    // LAB/NODE looks like a path too.
    let is_file = which::is_file(word) && (!word.contains('/') || Path::new(word).exists());
    is_file
        || (!word.contains('/') && which::lab_named(word, prefixed).is_ok_and(|lab| rootless::is_known(store, &lab)))
}
