//! A table that does one thing: give packets the address of the interface that they leave by.

use super::{Table, attributes, expression, find, header, user_data};
use crate::error::{Error, ErrorKind, Result};
use crate::netlink::{Connection, Transport};
use crate::types::Prefix;
use crate::wire::consts::nft::{
    NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC, NFPROTO_INET, NFT_MSG_GETRULE, NFT_MSG_NEWCHAIN, NFT_MSG_NEWRULE,
    NFT_MSG_NEWTABLE, NFTA_CHAIN_HOOK, NFTA_CHAIN_NAME, NFTA_CHAIN_TABLE, NFTA_CHAIN_TYPE, NFTA_HOOK_HOOKNUM,
    NFTA_HOOK_PRIORITY, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS, NFTA_RULE_SIZE, NFTA_RULE_TABLE, NFTA_TABLE_NAME,
    NFTA_TABLE_USERDATA,
};
use crate::wire::consts::{NLA_F_NESTED, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL};
use crate::wire::{self, Attributes, Messages, Request};

/// The name of such a table's only chain.
const CHAIN: &[u8] = b"postrouting";

/// By which interface a packet leaves, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output<'a> {
    /// By this one.
    Is(&'a str),
    /// By any but this one.
    IsNot(&'a str),
}

/// Which packets get the address of the interface that they leave by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masquerade<'a> {
    /// Those with a source address in a prefix; without one, all.
    pub source: Option<Prefix>,
    /// Of these, those that leave so.
    pub output: Output<'a>,
}

/// A table of the family `inet`, with one chain of the type `nat`.
#[derive(Debug, Clone)]
pub struct NatTable<'a> {
    /// Its name, 1 to 255 bytes.
    pub name: &'a str,
    /// What tells it from one that somebody else made of the same name; `nft list tables` shows it as the comment.
    pub comment: &'a str,
    /// Its rules.
    pub rules: &'a [Masquerade<'a>],
}

impl NatTable<'_> {
    /// Makes it, all at once.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] where there is a table of that name; [`ErrorKind::Unsupported`] where the kernel does not
    /// have what it takes; what else the kernel answers. Nothing is left then.
    pub fn create<T: Transport>(&self, connection: &mut Connection<T>) -> Result<Table> {
        let name = self.name.as_bytes();
        let mut table = Request::new(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, &header(NFPROTO_INET));
        table.string(NFTA_TABLE_NAME, name).attribute(NFTA_TABLE_USERDATA, &user_data(self.comment));
        let mut chain = Request::new(NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, &header(NFPROTO_INET));
        chain.string(NFTA_CHAIN_TABLE, name).string(NFTA_CHAIN_NAME, CHAIN);
        chain.nest(NFTA_CHAIN_HOOK | NLA_F_NESTED, |hook| {
            hook.u32(NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING.to_be());
            hook.u32(NFTA_HOOK_PRIORITY, NF_IP_PRI_NAT_SRC.cast_unsigned().to_be());
        });
        chain.string(NFTA_CHAIN_TYPE, b"nat");
        let mut requests = vec![table, chain];
        requests.extend(self.rules.iter().map(|rule| self.rule(rule)));
        let operation = |at: usize| match at {
            0 => format!("making nftables table inet {}", self.name),
            1 => format!("making a chain for NAT in nftables table inet {}", self.name),
            _ => format!("adding a rule that masquerades to nftables table inet {}", self.name),
        };
        connection.transaction(requests, operation).map_err(without_support)?;
        let gone = || Error::new(ErrorKind::Busy, format!("nftables table inet {} was taken away at once", self.name));
        find(connection, self.name)?.ok_or_else(gone)
    }

    fn rule(&self, rule: &Masquerade<'_>) -> Request {
        let mut request = Request::new(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, &header(NFPROTO_INET));
        request.string(NFTA_RULE_TABLE, self.name.as_bytes()).string(NFTA_RULE_CHAIN, CHAIN);
        request.nest(NFTA_RULE_EXPRESSIONS | NLA_F_NESTED, |list| rule.put(list));
        request
    }

    /// Whether it is there as [`create`](Self::create) makes it: with its comment and all its rules, maybe among others.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn is_there<T: Transport>(&self, connection: &mut Connection<T>) -> Result<bool> {
        let table = find(connection, self.name)?;
        if table.and_then(|table| table.comment).as_deref() != Some(self.comment) {
            return Ok(false);
        }
        let mut request = Request::new(NFT_MSG_GETRULE, 0, &header(NFPROTO_INET));
        request.string(NFTA_RULE_TABLE, self.name.as_bytes());
        let told = connection.dump(&request, || format!("listing the rules of nftables table inet {}", self.name))?;
        let mut missing: Vec<Vec<u8>> = self.rules.iter().map(Masquerade::expressions).collect();
        for message in Messages::new(&told).flatten() {
            let rule: wire::Table<'_, NFTA_RULE_SIZE> = attributes(message.body)?;
            let name = |kind| rule.get(kind).map(|name| name.string());
            let Some(told) = rule.get(NFTA_RULE_EXPRESSIONS) else { continue };
            // Older kernels tell the rules of all tables.
            if (name(NFTA_RULE_TABLE), name(NFTA_RULE_CHAIN)) == (Some(self.name.as_bytes()), Some(CHAIN)) {
                missing.retain(|wanted| !expression::are_told(Attributes::new(wanted), told.nested()));
            }
        }
        Ok(missing.is_empty())
    }
}

impl Masquerade<'_> {
    fn put(&self, list: &mut Request) {
        if let Some(prefix) = self.source {
            expression::source(list, prefix);
        }
        match self.output {
            Output::Is(name) => expression::output(list, name, true),
            Output::IsNot(name) => expression::output(list, name, false),
        }
        expression::masquerade(list);
    }

    fn expressions(&self) -> Vec<u8> {
        let mut list = Request::attributes_alone();
        self.put(&mut list);
        list.into_attributes()
    }
}

/// What the kernel answers for want of a part of itself: to the beginning where it has no nf_tables at all, to
/// the chain where it has no NAT, to the rule where it has no masquerading.
fn without_support(error: Error) -> Error {
    match error.errno() {
        Some(libc::ENOENT | libc::EOPNOTSUPP | libc::EPROTONOSUPPORT | libc::EAFNOSUPPORT | libc::EINVAL) => {
            error.with_kind(ErrorKind::Unsupported).with_help(
                "NAT takes a kernel with CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET, CONFIG_NFT_NAT and CONFIG_NFT_MASQ, \
                 Linux 5.2 or later",
            )
        }
        _ => error,
    }
}
