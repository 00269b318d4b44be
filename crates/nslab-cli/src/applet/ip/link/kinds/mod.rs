//! The kinds of `ip link … type KIND`: one entry a kind, one file a kind (ip-link(8)).
//!
//! A kind that is not here, or has no options here, may still be made: the kernel says whether it has it.

mod bareudp;
mod bond;
mod bond_slave;
mod bridge;
mod bridge_slave;
mod ethertype;
mod fields;
mod geneve;
mod hsr;
mod ipvlan;
mod macsec;
mod macvlan;
mod netkit;
mod querier;
mod reading;
mod tun;
mod tunnel;
mod udp;
mod veth;
mod vlan;
mod vrf;
mod vxlan;
mod xfrm;

use nslab::ops::link::Link;
use nslab::wire::consts::IFLA_LINKINFO;
use nslab::wire::{Attribute, Table};

use self::fields::Field;
use self::reading::Options;
use super::keywords::Settings;
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{Words, matches};

/// A kind of link, or what a master keeps of a link: `KIND_slave`.
struct Kind {
    name: &'static str,
    reads: Reads,
    /// What `-details` shows.
    fields: &'static [Field],
}

/// What may stand behind a kind.
enum Reads {
    /// No words, and no usage.
    Nothing,
    /// No words.
    NoOptions,
    /// The kind's own options.
    Own(&'static dyn ReadOptions),
    /// A master's options for the link.
    Slave(&'static dyn ReadOptions),
    /// The other end.
    Peer,
    /// Options of both ends, and the other end.
    Netkit,
    /// Options that `ip` has and this does not have yet.
    NotYet,
}

static KINDS: &[Kind] = {
    use Reads::{Netkit, NoOptions, NotYet, Nothing, Own, Peer, Slave};
    &[
        kind("bareudp", Own(&bareudp::OPTIONS), bareudp::FIELDS),
        kind("bond", Own(&bond::OPTIONS), bond::FIELDS),
        kind("bond_slave", Slave(&bond_slave::OPTIONS), bond_slave::FIELDS),
        kind("bridge", Own(&bridge::OPTIONS), bridge::FIELDS),
        kind("bridge_slave", Slave(&bridge_slave::OPTIONS), bridge_slave::FIELDS),
        kind("dummy", NoOptions, &[]),
        kind("erspan", Own(&tunnel::ERSPAN), tunnel::GRE_FIELDS),
        kind("geneve", Own(&geneve::OPTIONS), geneve::FIELDS),
        kind("gre", Own(&tunnel::GRE), tunnel::GRE_FIELDS),
        kind("gretap", Own(&tunnel::GRE), tunnel::GRE_FIELDS),
        kind("hsr", Own(&hsr::OPTIONS), hsr::FIELDS),
        kind("ifb", NoOptions, &[]),
        kind("ip6erspan", Own(&tunnel::IP6GRE), tunnel::IP6GRE_FIELDS),
        kind("ip6gre", Own(&tunnel::IP6GRE), tunnel::IP6GRE_FIELDS),
        kind("ip6gretap", Own(&tunnel::IP6GRE), tunnel::IP6GRE_FIELDS),
        kind("ip6tnl", Own(&tunnel::IP6TNL), tunnel::IP6TNL_FIELDS),
        kind("ipip", Own(&tunnel::IPIP), tunnel::IPIP_FIELDS),
        kind("ipvlan", Own(&ipvlan::OPTIONS), ipvlan::FIELDS),
        kind("ipvtap", Own(&ipvlan::OPTIONS), ipvlan::FIELDS),
        kind("macsec", Own(&macsec::OPTIONS), macsec::FIELDS),
        kind("macvlan", Own(&macvlan::OPTIONS), macvlan::FIELDS),
        kind("macvtap", Own(&macvlan::OPTIONS), macvlan::FIELDS),
        kind("netdevsim", NoOptions, &[]),
        kind("netkit", Netkit, netkit::FIELDS),
        kind("nlmon", NoOptions, &[]),
        kind("sit", Own(&tunnel::SIT), tunnel::IPIP_FIELDS),
        kind("team", NoOptions, &[]),
        kind("team_slave", NoOptions, &[]),
        kind("tun", Nothing, tun::FIELDS),
        kind("vcan", NoOptions, &[]),
        kind("veth", Peer, &[]),
        kind("virt_wifi", NoOptions, &[]),
        kind("vlan", Own(&vlan::OPTIONS), vlan::FIELDS),
        kind("vrf", Own(&vrf::OPTIONS), vrf::FIELDS),
        kind("vrf_slave", Nothing, vrf::SLAVE_FIELDS),
        kind("vti", Own(&tunnel::VTI), tunnel::VTI_FIELDS),
        kind("vti6", Own(&tunnel::VTI6), tunnel::VTI_FIELDS),
        kind("vxcan", Peer, &[]),
        kind("vxlan", Own(&vxlan::OPTIONS), vxlan::FIELDS),
        kind("xfrm", Own(&xfrm::OPTIONS), xfrm::FIELDS),
        kind("amt", NotYet, &[]),
        kind("can", NotYet, &[]),
        kind("dsa", NotYet, &[]),
        kind("gtp", NotYet, &[]),
        kind("ipoib", NotYet, &[]),
        kind("rmnet", NotYet, &[]),
        kind("wwan", NotYet, &[]),
    ]
};

const fn kind(name: &'static str, reads: Reads, fields: &'static [Field]) -> Kind {
    Kind { name, reads, fields }
}

/// Options of any kind.
trait ReadOptions: Sync {
    fn read(
        &self,
        session: &mut Session,
        kind: &'static str,
        existing: Option<u32>,
        words: Words<'_>,
    ) -> Result<Vec<u8>, Fail>;

    fn usage(&self, kind: &str) -> String;
}

impl<S: Default> ReadOptions for Options<S> {
    fn read(
        &self,
        session: &mut Session,
        kind: &'static str,
        existing: Option<u32>,
        words: Words<'_>,
    ) -> Result<Vec<u8>, Fail> {
        self.read(session, kind, existing, words)
    }

    fn usage(&self, kind: &str) -> String {
        self.usage(kind)
    }
}

/// What the words behind a kind ask for.
pub(super) enum Asked<'a> {
    /// Options of the kind, as attributes.
    Own(Vec<u8>),
    /// Options that a master keeps, as attributes.
    Slave(Vec<u8>),
    /// Options of the kind, and settings of the other end.
    Peer(Vec<u8>, Box<Settings<'a>>),
}

fn find(name: &[u8]) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name.as_bytes() == name)
}

/// Reads the words behind a kind, of which there is one at least. `existing` is the index of a link that is
/// to be changed.
pub(super) fn read<'a>(
    session: &mut Session,
    name: &[u8],
    existing: Option<u32>,
    words: Words<'a>,
) -> Result<Asked<'a>, Fail> {
    let first = words.peek().unwrap_or_default();
    let Some(kind) = find(name) else { return Err(garbage(first)) };
    match kind.reads {
        Reads::Own(options) => Ok(Asked::Own(options.read(session, kind.name, existing, words)?)),
        Reads::Slave(options) => Ok(Asked::Slave(options.read(session, kind.name, existing, words)?)),
        Reads::Peer => Ok(Asked::Peer(Vec::new(), Box::new(veth::parse(session, kind.name, words)?))),
        Reads::Netkit => Ok(match netkit::parse(session, words)? {
            (own, Some(peer)) => Asked::Peer(own, peer),
            (own, None) => Asked::Own(own),
        }),
        Reads::NotYet => Err(Fail::not_yet(&bytes!["ip link … type ", kind.name, " ", first])),
        Reads::Nothing | Reads::NoOptions => Err(garbage(first)),
    }
}

fn garbage(word: &[u8]) -> Fail {
    if matches(word, "help") {
        return super::usage::usage();
    }
    Fail::new(FAILED, bytes!["Garbage instead of arguments \"", word, " ...\". Try \"ip link help\"."])
}

/// The usage of a kind, with a line break at its end, for `ip link help KIND`.
pub(super) fn usage(name: &[u8]) -> Option<String> {
    let kind = find(name)?;
    match kind.reads {
        Reads::Own(options) | Reads::Slave(options) => Some(options.usage(kind.name)),
        Reads::Peer => Some(veth::usage(kind.name)),
        Reads::Netkit => Some(netkit::USAGE.into()),
        Reads::NoOptions => Some(format!("Usage: ... {}\n", kind.name)),
        Reads::Nothing | Reads::NotYet => None,
    }
}

/// Prints what a link's kind and its master's kind know of it, for `-details`.
pub(super) fn print_details(session: &mut Session, link: &Link<'_>) {
    if link.attribute(IFLA_LINKINFO).is_none() {
        return;
    }
    session.print.begin_object("linkinfo");
    if let Some(name) = link.kind() {
        session.print.line_end();
        session.print.string("info_kind", "    {} ", name);
        print_fields(session, "info_data", find(name), link.info_data());
    }
    if let Some(name) = link.info_slave_kind() {
        session.print.line_end();
        session.print.string("info_slave_kind", "    {}_slave ", name);
        print_fields(session, "info_slave_data", find(&bytes![name, "_slave"]), link.info_slave_data());
    }
    session.print.end_object();
}

fn print_fields(session: &mut Session, key: &'static str, kind: Option<&Kind>, data: Option<Attribute<'_>>) {
    let (Some(kind), Some(data)) = (kind.filter(|kind| !kind.fields.is_empty()), data) else { return };
    let Ok(details) = Table::parse(data.payload) else { return };
    session.print.begin_object(key);
    fields::print(session, kind.fields, &details);
    session.print.end_object();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_there_once() {
        for (at, kind) in KINDS.iter().enumerate() {
            assert!(KINDS[..at].iter().all(|other| other.name != kind.name), "{}", kind.name);
        }
    }

    #[test]
    fn attributes_of_any_length_do_no_harm() {
        let mut session = Session::default();
        for kind in KINDS.iter().filter(|kind| !kind.fields.is_empty()) {
            for (attribute, len) in (0..64).flat_map(|attribute| (0..24).map(move |len| (attribute, len))) {
                for byte in [0, 0xff] {
                    let mut data = nslab::wire::Request::attributes_alone();
                    data.attribute(attribute, &vec![byte; len]);
                    let bytes = data.into_attributes();
                    fields::print(&mut session, kind.fields, &Table::parse(&bytes).unwrap());
                }
            }
        }
    }

    #[test]
    fn usages_end_their_lines() {
        for kind in KINDS {
            let usage = usage(kind.name.as_bytes()).unwrap_or_default();
            assert!(usage.is_empty() || usage.starts_with("Usage: ") && usage.ends_with('\n'), "{usage}");
        }
    }
}
