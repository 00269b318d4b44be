//! `type netkit`: a cable whose ends run programs (ip-link(8), `linux/if_link.h`).

use nslab::wire::consts::kinds::{
    IFLA_NETKIT_MODE, IFLA_NETKIT_PEER_POLICY, IFLA_NETKIT_PEER_SCRUB, IFLA_NETKIT_POLICY, IFLA_NETKIT_PRIMARY,
    IFLA_NETKIT_SCRUB,
};
use nslab::wire::{Attribute, Request};

use super::fields::{Field, Shape, field};
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::link::keywords::Settings;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::Words;

pub(super) const USAGE: &str = include_str!("netkit.txt");

/// `NETKIT_PASS` and `NETKIT_DROP`.
const FORWARD: u32 = 0;
const BLACKHOLE: u32 = 2;
/// `NETKIT_L2`, `NETKIT_L3` and `NETKIT_SCRUB_…`, by number.
const MODES: [&str; 2] = ["l2", "l3"];
const SCRUBS: [&str; 2] = ["none", "default"];

/// Reads the options of this end, and behind `peer` those of the other, as attributes; and what of the other
/// is as with any link.
pub(super) fn parse<'a>(
    session: &mut Session,
    mut words: Words<'a>,
) -> Result<(Vec<u8>, Option<Box<Settings<'a>>>), Fail> {
    let mut data = Request::attributes_alone();
    let mut peer = false;
    while let Some(word) = words.peek() {
        let (policy, scrub) = match peer {
            false => (IFLA_NETKIT_POLICY, IFLA_NETKIT_SCRUB),
            true => (IFLA_NETKIT_PEER_POLICY, IFLA_NETKIT_PEER_SCRUB),
        };
        match word {
            b"forward" => data.u32(policy, FORWARD),
            b"blackhole" => data.u32(policy, BLACKHOLE),
            b"scrub" => {
                words.take();
                let value = words.peek().ok_or_else(Fail::incomplete)?;
                let wrong = || Fail::new(FAILED, "Error: scrub must be either \"none\" or \"default\"");
                data.u32(scrub, place(value, &SCRUBS).ok_or_else(wrong)?)
            }
            b"mode" if !peer => {
                words.take();
                let value = words.peek().ok_or_else(Fail::incomplete)?;
                let wrong = || Fail::new(FAILED, "Error: argument of \"mode\" must be either \"l3\" or \"l2\"");
                data.u32(IFLA_NETKIT_MODE, place(value, &MODES).ok_or_else(wrong)?)
            }
            b"peer" if !peer => {
                peer = true;
                &mut data
            }
            _ if peer => break,
            _ => {
                let text = bytes!["netkit: unknown option \"", word, "\"?\n", USAGE.trim_end()];
                return Err(Fail::new(FAILED, text));
            }
        };
        words.take();
    }
    if words.is_empty() {
        return Ok((data.into_attributes(), None));
    }
    let settings = Settings::parse(session, &mut words)?;
    match settings.kind {
        Some(_) => Err(Fail::duplicate("type", b"(null)")),
        None => Ok((data.into_attributes(), Some(Box::new(settings)))),
    }
}

fn place(word: &[u8], among: &[&str]) -> Option<u32> {
    among.iter().zip(0..).find(|(name, _)| name.as_bytes() == word).map(|(_, place)| place)
}

pub(super) static FIELDS: &[Field] = {
    use Shape::By;
    &[
        field(IFLA_NETKIT_MODE, "mode", "mode {} ", By(|s, f, a| show_word(s, f, a, &MODES))),
        field(IFLA_NETKIT_PRIMARY, "type", "type {} ", By(show_side)),
        field(IFLA_NETKIT_POLICY, "policy", "policy {} ", By(show_policy)),
        field(IFLA_NETKIT_PEER_POLICY, "peer_policy", "peer policy {} ", By(show_policy)),
        field(IFLA_NETKIT_SCRUB, "scrub", "scrub {} ", By(|s, f, a| show_word(s, f, a, &SCRUBS))),
        field(IFLA_NETKIT_PEER_SCRUB, "peer_scrub", "peer scrub {} ", By(|s, f, a| show_word(s, f, a, &SCRUBS))),
    ]
};

fn show_word(session: &mut Session, field: &Field, attribute: Attribute<'_>, among: &[&str]) {
    let place = attribute.u32().and_then(|number| usize::try_from(number).ok());
    let word = place.and_then(|place| among.get(place)).copied().unwrap_or("unknown");
    session.print.string(field.key, field.format, word);
}

fn show_side(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let primary = attribute.u8().is_some_and(|primary| primary != 0);
    session.print.string(field.key, field.format, if primary { "primary" } else { "peer" });
}

fn show_policy(session: &mut Session, field: &Field, attribute: Attribute<'_>) {
    let word = match attribute.u32() {
        Some(FORWARD) => "forward",
        Some(BLACKHOLE) => "blackhole",
        _ => "unknown",
    };
    session.print.string(field.key, field.format, word);
}
