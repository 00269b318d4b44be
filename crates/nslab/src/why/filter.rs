//! What a packet filter makes of a packet: its chains run over what is known of it.
//!
//! What is not known of the packet, as its source port, is unknown in the registers too; a rule that depends on it
//! may decide, and that is told.

use std::net::IpAddr;

use super::evidence::Space;
use crate::ops::nft::rules::{Chain, Data, Expression, Owner, Rule, Ruleset, Set};
use crate::wire::consts::nft::{
    NF_ACCEPT, NF_DROP, NFPROTO_IPV4, NFPROTO_IPV6, NFT_BREAK, NFT_CMP_EQ, NFT_CMP_GT, NFT_CMP_GTE, NFT_CMP_LT,
    NFT_CMP_LTE, NFT_CMP_NEQ, NFT_CONTINUE, NFT_CT_STATE, NFT_GOTO, NFT_JUMP, NFT_META_IIF, NFT_META_IIFNAME,
    NFT_META_L4PROTO, NFT_META_MARK, NFT_META_NFPROTO, NFT_META_OIF, NFT_META_OIFNAME, NFT_META_PROTOCOL,
    NFT_PAYLOAD_NETWORK_HEADER, NFT_PAYLOAD_TRANSPORT_HEADER, NFT_RETURN, NFT_SET_INTERVAL,
};

/// A packet, as far as it is known.
#[derive(Debug, Clone)]
pub(super) struct Packet {
    pub(super) from: Option<IpAddr>,
    pub(super) to: IpAddr,
    pub(super) protocol: u8,
    pub(super) ports: (Option<u16>, Option<u16>),
    /// Whether it answers one that went the other way.
    pub(super) reply: bool,
    /// Index and name of the links that it comes in and goes out by.
    pub(super) input: Option<(u32, String)>,
    pub(super) output: Option<(u32, String)>,
}

/// What a filter does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It lets the packet pass.
    Passes {
        /// With the address of the link that it leaves by for a source.
        masqueraded: bool,
    },
    /// A rule drops or refuses it.
    Rule { owner: Owner, chain: String, handle: u64, refuses: bool, shown: String },
    /// A chain drops what none of its rules lets pass.
    Policy { owner: Owner, chain: String },
}

/// Deeper jumps than the kernel allows (`NFT_JUMP_STACK_SIZE`).
const DEEPEST: usize = 16;

/// Runs the chains of a hook (`NF_INET_…`) in the order of their priorities. What may decide and is not understood
/// is added to `unsure`.
pub(super) fn run(space: &Space, hook: u32, packet: &Packet, unsure: &mut Vec<String>) -> Outcome {
    let rules = &space.filter;
    let family = if packet.to.is_ipv6() { "ip6" } else { "ip" };
    let here = |chain: &&Chain| {
        (chain.owner.family == family || chain.owner.family == "inet") && chain.hook.is_some_and(|(at, _)| at == hook)
    };
    let mut chains: Vec<&Chain> = rules.chains.iter().filter(here).collect();
    chains.sort_by_key(|chain| chain.hook.map_or(0, |(_, priority)| priority));
    let mut masqueraded = false;
    for chain in chains {
        if chain.kind == "nat" && packet.reply {
            continue;
        }
        let mut run = Run { rules, packet, unsure, masqueraded: false };
        let verdict = run.chain(chain, 0);
        masqueraded |= run.masqueraded;
        match verdict {
            Verdict::Accept => {}
            Verdict::Drop(rule, refuses) => {
                return Outcome::Rule {
                    owner: rule.owner.clone(),
                    chain: rule.chain.clone(),
                    handle: rule.handle,
                    refuses,
                    shown: shown(rules, rule),
                };
            }
            Verdict::Next if chain.policy == NF_DROP => {
                return Outcome::Policy { owner: chain.owner.clone(), chain: chain.name.clone() };
            }
            Verdict::Next => {}
        }
    }
    Outcome::Passes { masqueraded }
}

enum Verdict<'r> {
    Accept,
    Drop(&'r Rule, bool),
    /// Nobody decided.
    Next,
}

/// What one rule comes to.
enum Came<'r> {
    No,
    /// It depends on what is not known.
    Maybe(String),
    Verdict(u32, String),
    Reject(&'r Rule),
    Passed,
}

struct Run<'r, 'u> {
    rules: &'r Ruleset,
    packet: &'r Packet,
    unsure: &'u mut Vec<String>,
    masqueraded: bool,
}

impl<'r> Run<'r, '_> {
    fn chain(&mut self, chain: &'r Chain, depth: usize) -> Verdict<'r> {
        if depth > DEEPEST {
            return Verdict::Next;
        }
        let of_chain = |rule: &&Rule| rule.owner == chain.owner && rule.chain == chain.name;
        for rule in self.rules.rules.iter().filter(of_chain) {
            match self.rule(rule) {
                Came::No | Came::Passed => {}
                Came::Maybe(why) => {
                    let Owner { family, table } = &rule.owner;
                    self.unsure
                        .push(format!("a rule of nftables chain {family} {table} {} may decide: {why}", rule.chain));
                }
                Came::Reject(rule) => return Verdict::Drop(rule, true),
                Came::Verdict(code, to) => match code {
                    NF_ACCEPT => return Verdict::Accept,
                    NF_DROP => return Verdict::Drop(rule, false),
                    NFT_RETURN => return Verdict::Next,
                    NFT_JUMP | NFT_GOTO => {
                        let there = |other: &&Chain| other.owner == chain.owner && other.name == to;
                        if let Some(next) = self.rules.chains.iter().find(there) {
                            match self.chain(next, depth + 1) {
                                Verdict::Next if code == NFT_GOTO => return Verdict::Next,
                                Verdict::Next => {}
                                decided => return decided,
                            }
                        }
                    }
                    _ => {}
                },
            }
        }
        Verdict::Next
    }

    fn rule(&mut self, rule: &'r Rule) -> Came<'r> {
        let mut registers = Registers::default();
        for expression in &rule.expressions {
            match expression {
                Expression::Meta { key, to } => registers.put(*to, &meta(self.packet, *key)),
                Expression::Payload { base, offset, len, to } => {
                    let bytes = payload(self.packet, *base);
                    let known = |at: usize| bytes.get(offset + at).copied().flatten();
                    registers.put(*to, &(0..*len).map(known).collect::<Vec<_>>());
                }
                Expression::Connection { key, to } => {
                    // Bits of the state: 2 for established, 8 for new.
                    let state: u32 = if self.packet.reply { 2 } else { 8 };
                    let known = *key == NFT_CT_STATE;
                    registers.put(*to, &state.to_ne_bytes().map(|byte| known.then_some(byte)));
                }
                Expression::Compare { from, how, with } => match compare(&registers.get(*from, with.len()), *how, with)
                {
                    Some(true) => {}
                    Some(false) => return Came::No,
                    None => return Came::Maybe("it looks at what is not known of the packet".into()),
                },
                Expression::Range { from, outside, between: (first, last) } => {
                    let value = registers.get(*from, first.len());
                    match (compare(&value, NFT_CMP_GTE, first), compare(&value, NFT_CMP_LTE, last)) {
                        (Some(low), Some(high)) if (low && high) != *outside => {}
                        (Some(_), Some(_)) => return Came::No,
                        _ => return Came::Maybe("it looks at what is not known of the packet".into()),
                    }
                }
                Expression::Bits { from, to, mask, xor } => {
                    let value = registers.get(*from, mask.len());
                    let bit = |((value, mask), xor): ((&Option<u8>, &u8), &u8)| match (value, mask) {
                        (_, 0) => Some(*xor),
                        (value, mask) => value.map(|value| value & mask ^ xor),
                    };
                    registers.put(*to, &value.iter().zip(mask).zip(xor).map(bit).collect::<Vec<_>>());
                }
                Expression::LookUp { from, to, set, outside } => {
                    let of_name = |other: &&Set| other.owner == rule.owner && other.name == *set;
                    let Some(set) = self.rules.sets.iter().find(of_name) else {
                        return Came::Maybe(format!("it looks into set {set}, which cannot be read"));
                    };
                    let Some(found) = look_up(set, &registers.get(*from, set.key_len)) else {
                        return Came::Maybe(format!("it looks into set {}", set.name));
                    };
                    match (found, to) {
                        (None, _) if *outside => {}
                        (None, _) => return Came::No,
                        (Some(_), _) if *outside => return Came::No,
                        (Some(Some(Data::Verdict(code, chain))), Some(0)) => {
                            return Came::Verdict(*code, chain.clone());
                        }
                        (Some(Some(Data::Value(value))), Some(to)) => {
                            registers.put(*to, &value.iter().map(|byte| Some(*byte)).collect::<Vec<_>>());
                        }
                        _ => {}
                    }
                }
                Expression::Immediate { to: 0, data: Data::Verdict(code, chain) } => match *code {
                    NFT_CONTINUE | NFT_BREAK => return Came::Passed,
                    code => return Came::Verdict(code, chain.clone()),
                },
                Expression::Immediate { to, data: Data::Value(value) } => {
                    registers.put(*to, &value.iter().map(|byte| Some(*byte)).collect::<Vec<_>>());
                }
                Expression::Immediate { .. } | Expression::Aside => {}
                Expression::Reject => return Came::Reject(rule),
                Expression::Masquerade => {
                    self.masqueraded = true;
                    return Came::Verdict(NF_ACCEPT, String::new());
                }
                Expression::Other(name) => {
                    return Came::Maybe(format!("it has \"{name}\", which nslab does not follow"));
                }
            }
        }
        Came::Passed
    }
}

/// The registers: 16 of four bytes, which are also 4 of sixteen. A byte may be unknown.
struct Registers([Option<u8>; 64]);

impl Default for Registers {
    fn default() -> Self {
        Self([None; 64])
    }
}

impl Registers {
    fn start(register: u32) -> usize {
        let register = usize::try_from(register).unwrap_or(usize::MAX);
        match register {
            1..=4 => (register - 1) * 16,
            8..=23 => (register - 8) * 4,
            _ => NOWHERE,
        }
    }

    fn put(&mut self, register: u32, bytes: &[Option<u8>]) {
        let start = Self::start(register);
        let padded = bytes.len().next_multiple_of(4);
        let zeros = std::iter::repeat_n(Some(0), padded - bytes.len());
        for (place, byte) in self.0.iter_mut().skip(start).zip(bytes.iter().copied().chain(zeros)) {
            *place = byte;
        }
    }

    fn get(&self, register: u32, len: usize) -> Vec<Option<u8>> {
        let start = Self::start(register);
        (0..len).map(|at| self.0.get(start + at).copied().flatten()).collect()
    }
}

/// Behind the last register.
const NOWHERE: usize = 64;

fn meta(packet: &Packet, key: u32) -> Vec<Option<u8>> {
    let number = |value: u32| value.to_ne_bytes().map(Some).to_vec();
    let name = |link: &Option<(u32, String)>| {
        let mut bytes: Vec<Option<u8>> = link.iter().flat_map(|(_, name)| name.bytes().map(Some)).collect();
        bytes.resize(16, Some(0));
        bytes
    };
    let index = |link: &Option<(u32, String)>| number(link.as_ref().map_or(0, |(index, _)| *index));
    let ipv6 = packet.to.is_ipv6();
    match key {
        NFT_META_PROTOCOL => (if ipv6 { 0x86dd_u16 } else { 0x0800 }).to_be_bytes().map(Some).to_vec(),
        NFT_META_MARK => number(0),
        NFT_META_IIF => index(&packet.input),
        NFT_META_OIF => index(&packet.output),
        NFT_META_IIFNAME => name(&packet.input),
        NFT_META_OIFNAME => name(&packet.output),
        NFT_META_NFPROTO => vec![Some(if ipv6 { NFPROTO_IPV6 } else { NFPROTO_IPV4 })],
        NFT_META_L4PROTO => vec![Some(packet.protocol)],
        _ => vec![None; 16],
    }
}

/// The bytes of a header, as far as they are known.
fn payload(packet: &Packet, base: u32) -> Vec<Option<u8>> {
    let address = |address: Option<IpAddr>, len: usize| -> Vec<Option<u8>> {
        match address {
            Some(IpAddr::V4(address)) => address.octets().map(Some).to_vec(),
            Some(IpAddr::V6(address)) => address.octets().map(Some).to_vec(),
            None => vec![None; len],
        }
    };
    match base {
        NFT_PAYLOAD_NETWORK_HEADER if packet.to.is_ipv6() => {
            let mut bytes = vec![Some(0x60), None, None, None, None, None, Some(packet.protocol), None];
            bytes.extend(address(packet.from, 16));
            bytes.extend(address(Some(packet.to), 16));
            bytes
        }
        NFT_PAYLOAD_NETWORK_HEADER => {
            let mut bytes = vec![Some(0x45), Some(0), None, None, None, None, None, None, None];
            bytes.extend([Some(packet.protocol), None, None]);
            bytes.extend(address(packet.from, 4));
            bytes.extend(address(Some(packet.to), 4));
            bytes
        }
        NFT_PAYLOAD_TRANSPORT_HEADER => {
            let port = |port: Option<u16>| match port {
                Some(port) => port.to_be_bytes().map(Some),
                None => [None; 2],
            };
            match packet.protocol {
                // Echo and its answer.
                1 => vec![Some(if packet.reply { 0 } else { 8 }), Some(0)],
                58 => vec![Some(if packet.reply { 129 } else { 128 }), Some(0)],
                protocol => {
                    let mut bytes = [port(packet.ports.0), port(packet.ports.1)].concat();
                    if protocol == 6 {
                        // The header's flags: SYN, or SYN and ACK.
                        bytes.extend([None; 9]);
                        bytes.push(Some(if packet.reply { 0x12 } else { 0x02 }));
                    }
                    bytes
                }
            }
        }
        _ => Vec::new(),
    }
}

fn compare(value: &[Option<u8>], how: u32, with: &[u8]) -> Option<bool> {
    // One byte that differs is enough, whatever the others are.
    if matches!(how, NFT_CMP_EQ | NFT_CMP_NEQ)
        && value.iter().zip(with).any(|(value, with)| value.is_some_and(|value| value != *with))
    {
        return Some(how == NFT_CMP_NEQ);
    }
    let known: Vec<u8> = value.iter().copied().collect::<Option<_>>()?;
    let order = known.as_slice().cmp(with);
    Some(match how {
        NFT_CMP_EQ => order.is_eq(),
        NFT_CMP_NEQ => order.is_ne(),
        NFT_CMP_LT => order.is_lt(),
        NFT_CMP_LTE => order.is_le(),
        NFT_CMP_GT => order.is_gt(),
        NFT_CMP_GTE => order.is_ge(),
        _ => return None,
    })
}

/// Whether a key is in a set, and what a map has for it. `None` where the key is not known.
fn look_up<'s>(set: &'s Set, key: &[Option<u8>]) -> Option<Option<Option<&'s Data>>> {
    let key: Vec<u8> = key.iter().copied().collect::<Option<_>>()?;
    let catch_all = || set.elements.iter().find(|element| element.catch_all).map(|element| element.data.as_ref());
    let mut elements: Vec<_> = set.elements.iter().filter(|element| !element.catch_all).collect();
    if set.flags & NFT_SET_INTERVAL == 0 {
        let found = elements.iter().find(|element| element.key == key).map(|element| element.data.as_ref());
        return Some(found.or_else(catch_all));
    }
    if let Some(found) = elements.iter().find(|element| {
        element.key_end.as_ref().is_some_and(|end| {
            // Each field of four bytes lies between its ends.
            let fields = |bytes: &[u8]| bytes.chunks(4).map(<[u8]>::to_vec).collect::<Vec<_>>();
            let (low, high, own) = (fields(&element.key), fields(end), fields(&key));
            own.iter().zip(low.iter().zip(&high)).all(|(own, (low, high))| low <= own && own <= high)
        })
    }) {
        return Some(Some(found.data.as_ref()));
    }
    elements.retain(|element| element.key_end.is_none());
    // At the same key an interval ends before the next begins.
    elements.sort_by(|a, b| (&a.key, !a.ends_interval).cmp(&(&b.key, !b.ends_interval)));
    let last = elements.into_iter().take_while(|element| element.key <= key).last();
    let found = last.filter(|element| !element.ends_interval).map(|element| element.data.as_ref());
    Some(found.or_else(catch_all))
}

/// A rule in a few words, for what is not read by nft.
fn shown(rules: &Ruleset, rule: &Rule) -> String {
    let of_chain = |other: &&Rule| other.owner == rule.owner && other.chain == rule.chain;
    let number =
        rules.rules.iter().filter(of_chain).position(|other| other.handle == rule.handle).map_or(0, |at| at + 1);
    format!("rule {number} of its chain (handle {})", rule.handle)
}
