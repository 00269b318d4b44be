//! The options of a bond.

use std::net::IpAddr;

use nslab::wire::Request;
use nslab::wire::consts::kinds::*;

use super::{
    AD_SELECT, ARP_ALL_TARGETS, ARP_VALIDATE, FAIL_OVER_MAC, LACP_ACTIVE, LACP_RATE, MODES, PRIMARY_RESELECT,
    XMIT_HASH_POLICY,
};
use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::link::kinds::reading::{Opt, Options, Reading, Takes, UNKNOWN_COMMAND, opt, whole};
use crate::applet::ip::words::{self, Family, Words};

pub(in crate::applet::ip::link::kinds) static OPTIONS: Options = Options {
    tables: &[TABLE],
    stranger: UNKNOWN_COMMAND,
    once: false,
    begin: |_| Ok(()),
    finish: |_| Ok(()),
    usage: include_str!("usage.txt"),
};

type Read<'s> = Reading<'s, ()>;
type Done = Result<(), Fail>;

const INVALID: &str = "invalid {}";

static TABLE: &[Opt] = {
    use Takes::{By, OnOff, U8, U16, U32};
    const PEERS: &str = "invalid num_grat_arp|num_unsol_na";
    &[
        opt("mode", IFLA_BOND_MODE, By(|r, o, w| byte_of(r, o, w, MODES)), INVALID),
        opt("active_slave", IFLA_BOND_ACTIVE_SLAVE, By(read_link), ""),
        opt("clear_active_slave", IFLA_BOND_ACTIVE_SLAVE, By(no_link), ""),
        opt("miimon", IFLA_BOND_MIIMON, U32, INVALID),
        opt("updelay", IFLA_BOND_UPDELAY, U32, INVALID),
        opt("downdelay", IFLA_BOND_DOWNDELAY, U32, INVALID),
        opt("peer_notify_delay", IFLA_BOND_PEER_NOTIF_DELAY, U32, INVALID),
        opt("use_carrier", IFLA_BOND_USE_CARRIER, U8, INVALID),
        opt("arp_interval", IFLA_BOND_ARP_INTERVAL, U32, INVALID),
        opt("arp_ip_target", IFLA_BOND_ARP_IP_TARGET, By(read_targets), ""),
        whole("ns_ip6_target", IFLA_BOND_NS_IP6_TARGET, By(read_targets6), ""),
        opt("arp_validate", IFLA_BOND_ARP_VALIDATE, By(|r, o, w| word_of(r, o, w, ARP_VALIDATE)), INVALID),
        opt("arp_all_targets", IFLA_BOND_ARP_ALL_TARGETS, By(|r, o, w| word_of(r, o, w, ARP_ALL_TARGETS)), INVALID),
        opt("primary", IFLA_BOND_PRIMARY, By(read_link), ""),
        opt("primary_reselect", IFLA_BOND_PRIMARY_RESELECT, By(|r, o, w| byte_of(r, o, w, PRIMARY_RESELECT)), INVALID),
        opt("fail_over_mac", IFLA_BOND_FAIL_OVER_MAC, By(|r, o, w| byte_of(r, o, w, FAIL_OVER_MAC)), INVALID),
        opt("xmit_hash_policy", IFLA_BOND_XMIT_HASH_POLICY, By(|r, o, w| byte_of(r, o, w, XMIT_HASH_POLICY)), INVALID),
        opt("resend_igmp", IFLA_BOND_RESEND_IGMP, U32, INVALID),
        opt("num_grat_arp", IFLA_BOND_NUM_PEER_NOTIF, U8, PEERS),
        opt("num_unsol_na", IFLA_BOND_NUM_PEER_NOTIF, U8, PEERS),
        opt("all_slaves_active", IFLA_BOND_ALL_SLAVES_ACTIVE, U8, INVALID),
        opt("min_links", IFLA_BOND_MIN_LINKS, U32, INVALID),
        opt("lp_interval", IFLA_BOND_LP_INTERVAL, U32, INVALID),
        opt("packets_per_slave", IFLA_BOND_PACKETS_PER_SLAVE, U32, INVALID),
        opt("lacp_rate", IFLA_BOND_AD_LACP_RATE, By(|r, o, w| byte_of(r, o, w, LACP_RATE)), INVALID),
        whole("lacp_active", IFLA_BOND_AD_LACP_ACTIVE, By(|r, o, w| byte_of(r, o, w, LACP_ACTIVE)), INVALID),
        whole("coupled_control", IFLA_BOND_COUPLED_CONTROL, OnOff, ""),
        opt("ad_select", IFLA_BOND_AD_SELECT, By(|r, o, w| byte_of(r, o, w, AD_SELECT)), INVALID),
        opt("ad_user_port_key", IFLA_BOND_AD_USER_PORT_KEY, U16, INVALID),
        opt("ad_actor_sys_prio", IFLA_BOND_AD_ACTOR_SYS_PRIO, U16, INVALID),
        opt("ad_actor_system", IFLA_BOND_AD_ACTOR_SYSTEM, By(read_system), ""),
        opt("tlb_dynamic_lb", IFLA_BOND_TLB_DYNAMIC_LB, U8, INVALID),
        whole("arp_missed_max", IFLA_BOND_MISSED_MAX, U8, INVALID),
    ]
};

/// One of several words, or its number.
fn place_of(option: &Opt, word: &[u8], among: &[&str]) -> Result<usize, Fail> {
    let number = words::number(word).and_then(|number| usize::try_from(number).ok());
    let named = among.iter().position(|name| name.as_bytes() == word);
    named.or(number.filter(|number| *number < among.len())).ok_or_else(|| option.wrong(word))
}

fn byte_of(reading: &mut Read<'_>, option: &Opt, words: &mut Words<'_>, among: &[&str]) -> Done {
    let place = place_of(option, words.value()?, among)?;
    reading.data.u8(option.attribute, place.try_into().unwrap_or(u8::MAX));
    Ok(())
}

fn word_of(reading: &mut Read<'_>, option: &Opt, words: &mut Words<'_>, among: &[&str]) -> Done {
    let place = place_of(option, words.value()?, among)?;
    reading.data.u32(option.attribute, place.try_into().unwrap_or(u32::MAX));
    Ok(())
}

fn read_link(reading: &mut Read<'_>, option: &Opt, words: &mut Words<'_>) -> Done {
    let index = reading.session.index(words.value()?)?;
    reading.data.u32(option.attribute, index);
    Ok(())
}

fn no_link(reading: &mut Read<'_>, option: &Opt, _: &mut Words<'_>) -> Done {
    reading.data.u32(option.attribute, 0);
    Ok(())
}

/// `ADDRESS,…`; none where the words end.
fn targets(words: &mut Words<'_>, read: impl Fn(&[u8]) -> Result<Vec<u8>, Fail>) -> Result<Vec<u8>, Fail> {
    let mut targets = Request::attributes_alone();
    let list = words.take().unwrap_or_default();
    for (word, place) in list.split(|byte| *byte == b',').filter(|word| !word.is_empty()).zip(0..) {
        targets.attribute(place, &read(word)?);
    }
    Ok(targets.into_attributes())
}

fn read_targets(reading: &mut Read<'_>, option: &Opt, words: &mut Words<'_>) -> Done {
    let targets = targets(words, |word| match words::address(word) {
        Some(IpAddr::V4(address)) => Ok(address.octets().into()),
        _ => {
            let text = bytes!["Error: an IP address is expected rather than \"", word, "\""];
            Err(Fail::new(FAILED, text).ending_batch())
        }
    })?;
    reading.data.attribute(option.attribute, &targets);
    Ok(())
}

fn read_targets6(reading: &mut Read<'_>, option: &Opt, words: &mut Words<'_>) -> Done {
    let targets = targets(words, |word| match words::address_of(word, Family::Inet6)? {
        IpAddr::V6(address) => Ok(address.octets().into()),
        IpAddr::V4(address) => Ok(address.octets().into()),
    })?;
    reading.data.attribute(option.attribute, &targets);
    Ok(())
}

fn read_system(reading: &mut Read<'_>, option: &Opt, words: &mut Words<'_>) -> Done {
    let address = words::hardware_address(words.value()?)?;
    reading.data.attribute(option.attribute, &address);
    Ok(())
}
