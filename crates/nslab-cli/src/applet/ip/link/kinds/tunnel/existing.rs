//! What a tunnel is already.

use std::net::{IpAddr, Ipv4Addr};

use nslab::ops::link::{self, Select};
use nslab::wire::Table;
use nslab::wire::consts::kinds::*;

use super::encap::Encap;
use super::{GRE_NUMBERS, IP_NUMBERS, Numbers, Read, Tunnel};
use crate::applet::ip::fail::{FAILED, Fail};
use crate::applet::ip::link::kinds::fields::{Details, ip_address};

/// Begins with what is there; with `new` where there is nothing.
fn begin(reading: &mut Read<'_>, new: Tunnel, of: fn(&Details<'_>) -> Tunnel) -> Result<(), Fail> {
    let Some(index) = reading.existing else {
        reading.state = new;
        return Ok(());
    };
    let connection = reading.session.connection()?;
    let found = link::get(connection, Select::Index(index), |link| {
        Ok(link.info_data().and_then(|data| Table::parse(data.payload).ok().map(|details| of(&details))))
    });
    let none = || Fail::new(FAILED, "Failed to get existing tunnel info.");
    reading.state = found.map_err(|error| Fail::kernel(&error))?.ok_or_else(none)?;
    Ok(())
}

pub(super) fn gre(reading: &mut Read<'_>) -> Result<(), Fail> {
    begin(reading, Tunnel::default(), |details| of_gre(details, Tunnel::default()))
}

pub(super) fn ip6gre(reading: &mut Read<'_>) -> Result<(), Fail> {
    begin(reading, Tunnel::over_ipv6(), |details| of_gre(details, Tunnel::over_ipv6()))
}

pub(super) fn ip(reading: &mut Read<'_>) -> Result<(), Fail> {
    begin(reading, Tunnel::default(), |details| of_ip(details, Tunnel::default()))
}

pub(super) fn ip6tnl(reading: &mut Read<'_>) -> Result<(), Fail> {
    begin(reading, Tunnel::over_ipv6(), |details| of_ip(details, Tunnel::over_ipv6()))
}

pub(super) fn vti(reading: &mut Read<'_>) -> Result<(), Fail> {
    begin(reading, Tunnel::default(), of_vti)
}

fn u8_of(details: &Details<'_>, number: u16) -> Option<u8> {
    details.get(number)?.u8()
}

fn u16_of(details: &Details<'_>, number: u16) -> Option<u16> {
    details.get(number)?.u16()
}

fn u32_of(details: &Details<'_>, number: u16) -> Option<u32> {
    details.get(number)?.u32()
}

fn key_of(details: &Details<'_>, number: u16) -> [u8; 4] {
    details.get(number).and_then(|key| key.payload.first_chunk().copied()).unwrap_or_default()
}

fn address_of(details: &Details<'_>, number: u16) -> Option<IpAddr> {
    details.get(number).and_then(ip_address).filter(|address| !address.is_unspecified())
}

fn shared(details: &Details<'_>, numbers: &Numbers, new: Tunnel) -> Tunnel {
    Tunnel {
        link: u32_of(details, numbers.link).unwrap_or(0),
        local: address_of(details, numbers.local),
        remote: address_of(details, numbers.remote),
        ttl: u8_of(details, numbers.ttl).unwrap_or(new.ttl),
        tos: u8_of(details, numbers.tos).unwrap_or(new.tos),
        path_mtu_discovery: u8_of(details, numbers.path_mtu_discovery).is_none_or(|on| on != 0),
        encap_limit: u8_of(details, numbers.encap_limit).unwrap_or(new.encap_limit),
        flow: u32_of(details, numbers.flow).map_or(new.flow, u32::from_be),
        fwmark: u32_of(details, numbers.fwmark).unwrap_or(0),
        external: details.get(numbers.external).is_some(),
        encap: Encap::of(details, numbers),
        ..new
    }
}

fn of_gre(details: &Details<'_>, new: Tunnel) -> Tunnel {
    let flags = |number| u16_of(details, number).map_or(0, u16::from_be);
    let new = shared(details, &GRE_NUMBERS, new);
    Tunnel {
        ignore_df: u8_of(details, IFLA_GRE_IGNORE_DF).map(|on| on != 0),
        flags: [flags(IFLA_GRE_IFLAGS), flags(IFLA_GRE_OFLAGS)],
        keys: [key_of(details, IFLA_GRE_IKEY), key_of(details, IFLA_GRE_OKEY)],
        ip6_flags: u32_of(details, IFLA_GRE_FLAGS).unwrap_or(0),
        erspan_version: u8_of(details, IFLA_GRE_ERSPAN_VER).unwrap_or(new.erspan_version),
        erspan_index: u32_of(details, IFLA_GRE_ERSPAN_INDEX).unwrap_or(0),
        erspan_direction: u8_of(details, IFLA_GRE_ERSPAN_DIR).unwrap_or(0),
        erspan_hwid: u16_of(details, IFLA_GRE_ERSPAN_HWID).unwrap_or(0),
        ..new
    }
}

fn of_ip(details: &Details<'_>, new: Tunnel) -> Tunnel {
    // The same number holds the flags of sit in 16 bits, and those of ip6tnl in 32.
    let flags = details.get(IFLA_IPTUN_FLAGS);
    let prefix = |number, len| Some((details.get(number).and_then(ip_address)?, u16_of(details, len)?));
    let prefix_6rd = match prefix(IFLA_IPTUN_6RD_PREFIX, IFLA_IPTUN_6RD_PREFIXLEN) {
        Some((IpAddr::V6(prefix), len)) => (prefix, len),
        _ => new.prefix_6rd,
    };
    let relay_prefix_6rd = match prefix(IFLA_IPTUN_6RD_RELAY_PREFIX, IFLA_IPTUN_6RD_RELAY_PREFIXLEN) {
        Some((IpAddr::V4(prefix), len)) => (prefix, len),
        _ => (Ipv4Addr::UNSPECIFIED, 0),
    };
    Tunnel {
        protocol: u8_of(details, IFLA_IPTUN_PROTO).unwrap_or(0),
        isatap: flags
            .filter(|flags| flags.payload.len() == 2)
            .and_then(|flags| flags.u16())
            .is_some_and(|f| f & 1 != 0),
        ip6_flags: flags.filter(|flags| flags.payload.len() == 4).and_then(|flags| flags.u32()).unwrap_or(0),
        prefix_6rd,
        relay_prefix_6rd,
        ..shared(details, &IP_NUMBERS, new)
    }
}

fn of_vti(details: &Details<'_>) -> Tunnel {
    Tunnel {
        link: u32_of(details, IFLA_VTI_LINK).unwrap_or(0),
        local: address_of(details, IFLA_VTI_LOCAL),
        remote: address_of(details, IFLA_VTI_REMOTE),
        keys: [key_of(details, IFLA_VTI_IKEY), key_of(details, IFLA_VTI_OKEY)],
        fwmark: u32_of(details, IFLA_VTI_FWMARK).unwrap_or(0),
        ..Tunnel::default()
    }
}
