//! Chains of others that a forwarded packet has to pass.

use super::{attributes, header};
use crate::error::Result;
use crate::netlink::{Connection, Transport};
use crate::wire::consts::nft::{
    NF_DROP, NF_INET_FORWARD, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_UNSPEC, NFT_MSG_GETCHAIN,
    NFT_MSG_GETRULE, NFTA_CHAIN_HOOK, NFTA_CHAIN_NAME, NFTA_CHAIN_POLICY, NFTA_CHAIN_SIZE, NFTA_CHAIN_TABLE,
    NFTA_DATA_SIZE, NFTA_DATA_VERDICT, NFTA_EXPR_DATA, NFTA_EXPR_NAME, NFTA_EXPR_SIZE, NFTA_HOOK_HOOKNUM,
    NFTA_HOOK_SIZE, NFTA_IMMEDIATE_DATA, NFTA_IMMEDIATE_SIZE, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS, NFTA_RULE_SIZE,
    NFTA_RULE_TABLE, NFTA_VERDICT_CODE, NFTA_VERDICT_SIZE,
};
use crate::wire::{Attribute, Attributes, Messages, Request, Table};

/// A chain that drops, or refuses, each forwarded packet that no rule of it lets pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Its family: `ip`, `ip6` or `inet`.
    pub family: &'static str,
    /// Its table.
    pub table: String,
    /// Its name.
    pub chain: String,
    /// Whether one of its rules mentions the text that was asked for.
    pub mentions: bool,
}

/// The chains at the forward hook whose policy is to drop, or one of whose rules drops or refuses whatever comes.
/// `text` is looked for in the rules, as in an interface's name.
///
/// # Errors
/// [`ErrorKind::Permission`](crate::ErrorKind::Permission) without CAP_NET_ADMIN; what else the kernel answers.
pub fn obstacles<T: Transport>(connection: &mut Connection<T>, text: &str) -> Result<Vec<Obstacle>> {
    let dump = |kind| Request::new(kind, 0, &header(NFPROTO_UNSPEC));
    let chains = connection.dump(&dump(NFT_MSG_GETCHAIN), || "listing nftables chains".into())?;
    let mut forward: Vec<(Obstacle, bool)> = Vec::new();
    for message in Messages::new(&chains).flatten() {
        let Some(family) = message.body.first().and_then(|family| family_name(*family)) else { continue };
        let table: Table<'_, NFTA_CHAIN_SIZE> = attributes(message.body)?;
        let hook = table.get(NFTA_CHAIN_HOOK).and_then(|hook| Table::<NFTA_HOOK_SIZE>::parse(hook.payload).ok());
        if hook.and_then(|hook| number(hook.get(NFTA_HOOK_HOOKNUM)?)) != Some(NF_INET_FORWARD) {
            continue;
        }
        let drops = table.get(NFTA_CHAIN_POLICY).and_then(number) == Some(NF_DROP);
        let (chain, table) = (string(table.get(NFTA_CHAIN_NAME)), string(table.get(NFTA_CHAIN_TABLE)));
        forward.push((Obstacle { family, table, chain, mentions: false }, drops));
    }
    if forward.is_empty() {
        return Ok(Vec::new());
    }
    let rules = connection.dump(&dump(NFT_MSG_GETRULE), || "listing nftables rules".into())?;
    for message in Messages::new(&rules).flatten() {
        let Some(family) = message.body.first().and_then(|family| family_name(*family)) else { continue };
        let rule: Table<'_, NFTA_RULE_SIZE> = attributes(message.body)?;
        let (table, chain) = (string(rule.get(NFTA_RULE_TABLE)), string(rule.get(NFTA_RULE_CHAIN)));
        let of_rule =
            |(there, _): &&mut (Obstacle, bool)| there.family == family && there.table == table && there.chain == chain;
        let Some((obstacle, drops)) = forward.iter_mut().find(of_rule) else { continue };
        let Some(expressions) = rule.get(NFTA_RULE_EXPRESSIONS) else { continue };
        obstacle.mentions |= contains(expressions.payload, text.as_bytes());
        *drops |= drops_all(expressions.nested());
    }
    Ok(forward.into_iter().filter_map(|(obstacle, drops)| drops.then_some(obstacle)).collect())
}

fn family_name(family: u8) -> Option<&'static str> {
    match family {
        NFPROTO_IPV4 => Some("ip"),
        NFPROTO_IPV6 => Some("ip6"),
        NFPROTO_INET => Some("inet"),
        _ => None,
    }
}

fn number(attribute: Attribute<'_>) -> Option<u32> {
    attribute.u32().map(u32::from_be)
}

fn string(attribute: Option<Attribute<'_>>) -> String {
    attribute.map(|text| String::from_utf8_lossy(text.string()).into_owned()).unwrap_or_default()
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    !text.is_empty() && bytes.windows(text.len()).any(|window| window == text)
}

/// Whether a rule has nothing but what counts or logs before it drops or refuses.
fn drops_all(expressions: Attributes<'_>) -> bool {
    for element in expressions.map_while(Result::ok) {
        let Ok(expression) = Table::<NFTA_EXPR_SIZE>::parse(element.payload) else { return false };
        let data = expression.get(NFTA_EXPR_DATA);
        match expression.get(NFTA_EXPR_NAME).map(|name| name.string()) {
            Some(b"counter" | b"log") => {}
            Some(b"reject") => return true,
            Some(b"immediate") => return data.and_then(verdict) == Some(NF_DROP),
            _ => return false,
        }
    }
    false
}

fn verdict(data: Attribute<'_>) -> Option<u32> {
    let immediate = Table::<NFTA_IMMEDIATE_SIZE>::parse(data.payload).ok()?;
    let data = Table::<NFTA_DATA_SIZE>::parse(immediate.get(NFTA_IMMEDIATE_DATA)?.payload).ok()?;
    let verdict = Table::<NFTA_VERDICT_SIZE>::parse(data.get(NFTA_DATA_VERDICT)?.payload).ok()?;
    number(verdict.get(NFTA_VERDICT_CODE)?)
}
