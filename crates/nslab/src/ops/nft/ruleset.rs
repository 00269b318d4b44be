//! A packet filter read whole, and a rule of it taken away.

use super::header;
use super::rules::{Chain, Rule, Ruleset, Set};
use crate::error::Result;
use crate::netlink::{Connection, Transport};
use crate::wire::consts::nft::{
    NF_ACCEPT, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_NETDEV, NFPROTO_UNSPEC, NFT_MSG_DELRULE,
    NFT_MSG_GETCHAIN, NFT_MSG_GETRULE, NFT_MSG_GETSET, NFT_MSG_GETSETELEM, NFT_MSG_NEWCHAIN, NFTA_CHAIN_NAME,
    NFTA_CHAIN_POLICY, NFTA_CHAIN_TABLE, NFTA_RULE_CHAIN, NFTA_RULE_HANDLE, NFTA_RULE_TABLE, NFTA_SET_ELEM_LIST_SET,
    NFTA_SET_ELEM_LIST_TABLE,
};
use crate::wire::{Messages, Request};

/// Reads all chains, rules and sets of the families `ip`, `ip6`, `inet` and `netdev`.
///
/// # Errors
/// [`ErrorKind::Permission`](crate::ErrorKind::Permission) without CAP_NET_ADMIN; what else the kernel answers.
pub fn read_all<T: Transport>(connection: &mut Connection<T>) -> Result<Ruleset> {
    let dump = |kind| Request::new(kind, 0, &header(NFPROTO_UNSPEC));
    let mut all = Ruleset::default();
    let chains = connection.dump(&dump(NFT_MSG_GETCHAIN), || "listing nftables chains".into())?;
    all.chains.extend(Messages::new(&chains).flatten().filter_map(|message| Chain::read(message.body)));
    if all.chains.iter().all(|chain| chain.hook.is_none()) {
        return Ok(all);
    }
    let rules = connection.dump(&dump(NFT_MSG_GETRULE), || "listing nftables rules".into())?;
    all.rules.extend(Messages::new(&rules).flatten().filter_map(|message| Rule::read(message.body)));
    let sets = connection.dump(&dump(NFT_MSG_GETSET), || "listing nftables sets".into())?;
    all.sets.extend(Messages::new(&sets).flatten().filter_map(|message| Set::read(message.body)));
    for set in &mut all.sets {
        let mut request = Request::new(NFT_MSG_GETSETELEM, 0, &header(number_of(set.owner.family)));
        request.string(NFTA_SET_ELEM_LIST_TABLE, set.owner.table.as_bytes());
        request.string(NFTA_SET_ELEM_LIST_SET, set.name.as_bytes());
        let name = set.name.clone();
        let elements = connection.dump(&request, || format!("listing nftables set {name}"))?;
        Messages::new(&elements).flatten().for_each(|message| set.add(message.body));
    }
    Ok(all)
}

/// Takes a rule away. The family is its word, as [`Owner`](super::rules::Owner) has it.
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where it is gone; what else the kernel answers.
pub fn delete_rule<T: Transport>(
    connection: &mut Connection<T>,
    family: &str,
    table: &str,
    chain: &str,
    handle: u64,
) -> Result<()> {
    let mut request = Request::new(NFT_MSG_DELRULE, 0, &header(number_of(family)));
    request.string(NFTA_RULE_TABLE, table.as_bytes()).string(NFTA_RULE_CHAIN, chain.as_bytes());
    request.attribute(NFTA_RULE_HANDLE, &handle.to_be_bytes());
    connection
        .transaction(vec![request], |_| format!("deleting rule {handle} of nftables chain {family} {table} {chain}"))
}

/// Lets a chain accept what no rule of it decides about.
///
/// # Errors
/// As [`delete_rule`].
pub fn accept_by_default<T: Transport>(
    connection: &mut Connection<T>,
    family: &str,
    table: &str,
    chain: &str,
) -> Result<()> {
    let mut request = Request::new(NFT_MSG_NEWCHAIN, 0, &header(number_of(family)));
    request.string(NFTA_CHAIN_TABLE, table.as_bytes()).string(NFTA_CHAIN_NAME, chain.as_bytes());
    request.u32(NFTA_CHAIN_POLICY, NF_ACCEPT.to_be());
    connection.transaction(vec![request], |_| format!("setting the policy of nftables chain {family} {table} {chain}"))
}

fn number_of(family: &str) -> u8 {
    match family {
        "ip" => NFPROTO_IPV4,
        "ip6" => NFPROTO_IPV6,
        "netdev" => NFPROTO_NETDEV,
        _ => NFPROTO_INET,
    }
}
