//! A filter as a program: first what the packet is, then whether that is wanted.

use std::net::IpAddr;

use super::program::{
    A_TO_X, ADD, ADD_X, AND, IF_AT_LEAST, IF_EQUAL, IF_GREATER, Instruction, LOAD_BYTE_AT_X, LOAD_CONSTANT, LOAD_HALF,
    LOAD_HALF_AT_X, LOAD_MEMORY, LOAD_WORD, LOAD_WORD_AT_X, Label, Program, RETURN, SHIFT_LEFT, STORE, STORE_X,
    X_CONSTANT, X_MEMORY,
};
use super::{ARP, Filter, IPV4, IPV6, Protocol};
use crate::capture::LinkType;
use crate::error::Result;
use crate::types::Prefix;

// What the kernel knows of a packet beside its bytes (`SKF_AD_OFF` and the like, linux/filter.h).
const BESIDE: u32 = 0xffff_f000;
const PROTOCOL: u32 = BESIDE;
const KIND: u32 = BESIDE + 4;
const VLAN_TAG: u32 = BESIDE + 44;
const VLAN_TAG_PRESENT: u32 = BESIDE + 48;
/// `PACKET_OUTGOING`.
const OUTGOING: u32 = 4;

/// Types of Ethernet that are the tag of a VLAN.
const TAGS: [u32; 3] = [0x8100, 0x88a8, 0x9100];
/// So many tags are passed over, beside the one that the kernel takes off.
const MOST_TAGS: usize = 2;
/// So many extension headers of IPv6 are passed over.
const MOST_EXTENSIONS: usize = 6;
/// Protocols that begin with two ports.
const WITH_PORTS: [u32; 5] = [6, 17, 33, 132, 136];

// Places in the program's memory.
const TYPE: u32 = 0;
const NETWORK: u32 = 1;
const TRANSPORT: u32 = 2;
const CARRIED: u32 = 3;
const FRAGMENT: u32 = 4;
/// What nothing carries.
const NONE: u32 = 0x100;

pub(super) fn compile(filter: &Filter, link: LinkType, once: bool, snap_len: u32) -> Result<Vec<Instruction>> {
    let mut program = Program::default();
    let refuse = program.label();
    if once {
        program.push(LOAD_WORD, KIND);
        program.when(IF_EQUAL, OUTGOING, refuse);
    }
    if !filter.vlans.is_empty() {
        vlans(&mut program, &filter.vlans, link, refuse);
    }
    let carried = filter.protocols.iter().any(|protocol| matches!(protocol, Protocol::Ip(_)));
    if !filter.protocols.is_empty() || !filter.hosts.is_empty() || !filter.ports.is_empty() {
        network(&mut program, link);
    }
    if carried || !filter.ports.is_empty() {
        transport(&mut program);
    }
    if !filter.protocols.is_empty() {
        protocols(&mut program, &filter.protocols, refuse);
    }
    if !filter.hosts.is_empty() {
        hosts(&mut program, &filter.hosts, refuse);
    }
    if !filter.ports.is_empty() {
        ports(&mut program, filter, refuse);
    }
    program.push(RETURN, snap_len);
    program.set(refuse);
    program.push(RETURN, 0);
    program.finish()
}

/// The outermost tag: what the kernel took off, or what the packet begins with.
fn vlans(program: &mut Program, ids: &[u16], link: LinkType, refuse: Label) {
    let (fits, inside, compare) = (program.label(), program.label(), program.label());
    program.push(LOAD_WORD, VLAN_TAG_PRESENT);
    program.when(IF_EQUAL, 0, inside);
    program.push(LOAD_WORD, VLAN_TAG);
    program.jump(compare);
    program.set(inside);
    if link == LinkType::Ethernet {
        let tagged = program.label();
        program.push(LOAD_HALF, 12);
        for tag in TAGS {
            program.when(IF_EQUAL, tag, tagged);
        }
        program.jump(refuse);
        program.set(tagged);
        program.push(LOAD_HALF, 14);
    } else {
        program.jump(refuse);
    }
    program.set(compare);
    program.push(AND, 0xfff);
    for id in ids {
        program.when(IF_EQUAL, (*id).into(), fits);
    }
    program.jump(refuse);
    program.set(fits);
}

/// Finds the type and where the network's header begins.
fn network(program: &mut Program, link: LinkType) {
    if link != LinkType::Ethernet {
        program.push(X_CONSTANT, 0);
        program.push(STORE_X, NETWORK);
        program.push(LOAD_WORD, PROTOCOL);
        program.push(STORE, TYPE);
        return;
    }
    let found = program.label();
    program.push(X_CONSTANT, 14);
    program.push(LOAD_HALF, 12);
    for _ in 0..MOST_TAGS {
        let tagged = program.label();
        for tag in TAGS {
            program.when(IF_EQUAL, tag, tagged);
        }
        program.jump(found);
        program.set(tagged);
        program.push(LOAD_CONSTANT, 4);
        program.push(ADD_X, 0);
        program.push(STORE, NETWORK);
        // The type that stands behind the tag.
        program.push(LOAD_HALF_AT_X, 2);
        program.push(X_MEMORY, NETWORK);
    }
    program.set(found);
    program.push(STORE, TYPE);
    program.push(STORE_X, NETWORK);
}

/// Finds what IP carries, where that begins, and whether it is a later part of something.
fn transport(program: &mut Program) {
    let (v4, v6, done) = (program.label(), program.label(), program.label());
    program.push(LOAD_CONSTANT, 0);
    program.push(STORE, TRANSPORT);
    program.push(STORE, FRAGMENT);
    program.push(LOAD_CONSTANT, NONE);
    program.push(STORE, CARRIED);
    program.push(X_MEMORY, NETWORK);
    program.push(LOAD_MEMORY, TYPE);
    program.when(IF_EQUAL, IPV4.into(), v4);
    program.when(IF_EQUAL, IPV6.into(), v6);
    program.jump(done);

    program.set(v4);
    program.push(LOAD_HALF_AT_X, 6);
    program.push(AND, 0x1fff);
    program.push(STORE, FRAGMENT);
    program.push(LOAD_BYTE_AT_X, 9);
    program.push(STORE, CARRIED);
    program.push(LOAD_BYTE_AT_X, 0);
    program.push(AND, 0xf);
    program.push(SHIFT_LEFT, 2);
    program.push(ADD_X, 0);
    program.push(STORE, TRANSPORT);
    program.jump(done);

    program.set(v6);
    program.push(LOAD_BYTE_AT_X, 6);
    program.push(STORE, CARRIED);
    program.push(LOAD_CONSTANT, 40);
    program.push(ADD_X, 0);
    program.push(A_TO_X, 0);
    let end = program.label();
    for _ in 0..MOST_EXTENSIONS {
        let (options, authentication, fragment, next) =
            (program.label(), program.label(), program.label(), program.label());
        program.push(LOAD_MEMORY, CARRIED);
        // Hop-by-hop options, routing, options for the destination.
        for kind in [0, 43, 60] {
            program.when(IF_EQUAL, kind, options);
        }
        program.when(IF_EQUAL, 51, authentication);
        program.when(IF_EQUAL, 44, fragment);
        program.jump(end);

        program.set(options);
        program.push(LOAD_BYTE_AT_X, 0);
        program.push(STORE, CARRIED);
        program.push(LOAD_BYTE_AT_X, 1);
        program.push(ADD, 1);
        program.push(SHIFT_LEFT, 3);
        program.jump(next);

        program.set(authentication);
        program.push(LOAD_BYTE_AT_X, 0);
        program.push(STORE, CARRIED);
        program.push(LOAD_BYTE_AT_X, 1);
        program.push(ADD, 2);
        program.push(SHIFT_LEFT, 2);
        program.jump(next);

        program.set(fragment);
        program.push(LOAD_BYTE_AT_X, 0);
        program.push(STORE, CARRIED);
        program.push(LOAD_HALF_AT_X, 2);
        program.push(AND, 0xfff8);
        program.push(STORE, FRAGMENT);
        let first = program.label();
        program.when(IF_EQUAL, 0, first);
        // Behind the header of a later part there is no other.
        program.jump(end);
        program.set(first);
        program.push(LOAD_CONSTANT, 8);

        program.set(next);
        program.push(ADD_X, 0);
        program.push(A_TO_X, 0);
    }
    program.set(end);
    program.push(STORE_X, TRANSPORT);
    program.set(done);
}

fn protocols(program: &mut Program, protocols: &[Protocol], refuse: Label) {
    let fits = program.label();
    for protocol in protocols {
        match *protocol {
            Protocol::Ethernet(number) => {
                program.push(LOAD_MEMORY, TYPE);
                program.when(IF_EQUAL, number.into(), fits);
            }
            Protocol::Ip(number) => {
                program.push(LOAD_MEMORY, CARRIED);
                program.when(IF_EQUAL, number.into(), fits);
            }
        }
    }
    program.jump(refuse);
    program.set(fits);
}

fn hosts(program: &mut Program, hosts: &[Prefix], refuse: Label) {
    let (v4, arp, v6, fits) = (program.label(), program.label(), program.label(), program.label());
    program.push(X_MEMORY, NETWORK);
    program.push(LOAD_MEMORY, TYPE);
    program.when(IF_EQUAL, IPV4.into(), v4);
    program.when(IF_EQUAL, ARP.into(), arp);
    program.when(IF_EQUAL, IPV6.into(), v6);
    program.jump(refuse);

    program.set(v4);
    for at in [12, 16] {
        any_of(program, hosts, at, false, fits);
    }
    program.jump(refuse);

    program.set(arp);
    // ARP for IPv4, over hardware addresses of any length.
    program.push(LOAD_HALF_AT_X, 2);
    program.unless(IF_EQUAL, IPV4.into(), refuse);
    program.push(LOAD_BYTE_AT_X, 4);
    program.unless(IF_EQUAL, 6, refuse);
    for at in [14, 24] {
        any_of(program, hosts, at, false, fits);
    }
    program.jump(refuse);

    program.set(v6);
    for at in [8, 24] {
        any_of(program, hosts, at, true, fits);
    }
    program.jump(refuse);
    program.set(fits);
}

/// Whether an address, at so many bytes from X, is of one of the networks.
fn any_of(program: &mut Program, hosts: &[Prefix], at: u32, ipv6: bool, fits: Label) {
    for host in hosts.iter().filter(|host| host.is_ipv6() == ipv6) {
        let bits = match host.network().address() {
            IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
            IpAddr::V6(address) => address.to_bits(),
        };
        let mask = u128::MAX.checked_shl(128 - u32::from(host.len())).unwrap_or(0);
        let next = program.label();
        for (word, at) in (0..4).zip((at..).step_by(4)) {
            let part = |number: u128| (number >> (96 - 32 * word)) as u32;
            if part(mask) == 0 {
                break;
            }
            program.push(LOAD_WORD_AT_X, at);
            if part(mask) != u32::MAX {
                program.push(AND, part(mask));
            }
            program.unless(IF_EQUAL, part(bits), next);
        }
        program.jump(fits);
        program.set(next);
    }
}

fn ports(program: &mut Program, filter: &Filter, refuse: Label) {
    let (with_ports, fits) = (program.label(), program.label());
    program.push(LOAD_MEMORY, FRAGMENT);
    program.unless(IF_EQUAL, 0, refuse);
    program.push(LOAD_MEMORY, CARRIED);
    for number in WITH_PORTS {
        program.when(IF_EQUAL, number, with_ports);
    }
    program.jump(refuse);
    program.set(with_ports);
    program.push(X_MEMORY, TRANSPORT);
    for at in [0, 2] {
        program.push(LOAD_HALF_AT_X, at);
        for ports in &filter.ports {
            let next = program.label();
            program.unless(IF_AT_LEAST, (*ports.0.start()).into(), next);
            program.when(IF_GREATER, (*ports.0.end()).into(), next);
            program.jump(fits);
            program.set(next);
        }
    }
    program.jump(refuse);
    program.set(fits);
}
