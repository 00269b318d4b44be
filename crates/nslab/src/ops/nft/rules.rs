//! What a packet filter says: its chains, rules and sets as values. Pure; [`read_all`](super::read_all) reads them.
//!
//! Of expressions, those that most rules are made of are understood; of others the name is kept.

use crate::wire::consts::nft::{
    NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_NETDEV, NFT_SET_ELEM_CATCHALL, NFT_SET_ELEM_INTERVAL_END,
    NFTA_BITWISE_DREG, NFTA_BITWISE_LEN, NFTA_BITWISE_MASK, NFTA_BITWISE_OP, NFTA_BITWISE_SIZE, NFTA_BITWISE_SREG,
    NFTA_BITWISE_XOR, NFTA_CHAIN_HOOK, NFTA_CHAIN_NAME, NFTA_CHAIN_POLICY, NFTA_CHAIN_SIZE, NFTA_CHAIN_TABLE,
    NFTA_CHAIN_TYPE, NFTA_CMP_DATA, NFTA_CMP_OP, NFTA_CMP_SIZE, NFTA_CMP_SREG, NFTA_CT_DREG, NFTA_CT_KEY, NFTA_CT_SIZE,
    NFTA_DATA_SIZE, NFTA_DATA_VALUE, NFTA_DATA_VERDICT, NFTA_EXPR_DATA, NFTA_EXPR_NAME, NFTA_EXPR_SIZE, NFTA_HOOK_DEV,
    NFTA_HOOK_DEVS, NFTA_HOOK_HOOKNUM, NFTA_HOOK_PRIORITY, NFTA_HOOK_SIZE, NFTA_IMMEDIATE_DATA, NFTA_IMMEDIATE_DREG,
    NFTA_IMMEDIATE_SIZE, NFTA_LOOKUP_DREG, NFTA_LOOKUP_FLAGS, NFTA_LOOKUP_SET, NFTA_LOOKUP_SIZE, NFTA_LOOKUP_SREG,
    NFTA_META_DREG, NFTA_META_KEY, NFTA_META_SIZE, NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_DREG, NFTA_PAYLOAD_LEN,
    NFTA_PAYLOAD_OFFSET, NFTA_PAYLOAD_SIZE, NFTA_RANGE_FROM_DATA, NFTA_RANGE_OP, NFTA_RANGE_SIZE, NFTA_RANGE_SREG,
    NFTA_RANGE_TO_DATA, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS, NFTA_RULE_HANDLE, NFTA_RULE_SIZE, NFTA_RULE_TABLE,
    NFTA_SET_ELEM_DATA, NFTA_SET_ELEM_FLAGS, NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_KEY_END, NFTA_SET_ELEM_LIST_ELEMENTS,
    NFTA_SET_ELEM_LIST_SIZE, NFTA_SET_ELEM_SIZE, NFTA_SET_FLAGS, NFTA_SET_KEY_LEN, NFTA_SET_NAME, NFTA_SET_SIZE,
    NFTA_SET_TABLE, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE, NFTA_VERDICT_SIZE,
};
use crate::wire::{Attribute, Table};

/// All of a namespace's packet filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruleset {
    /// The chains, in the kernel's order.
    pub chains: Vec<Chain>,
    /// The rules; those of a chain in the order in which they are tried.
    pub rules: Vec<Rule>,
    /// The sets.
    pub sets: Vec<Set>,
}

/// What a chain, rule or set is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The family's word: `ip`, `ip6`, `inet` or `netdev`.
    pub family: &'static str,
    /// The table.
    pub table: String,
}

/// A chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its table.
    pub owner: Owner,
    /// Its name.
    pub name: String,
    /// Where it hangs: the number of the hook (`NF_INET_…`) and the priority; none for one that others jump to.
    pub hook: Option<(u32, i32)>,
    /// Its type: `filter`, `nat`, `route`.
    pub kind: String,
    /// What becomes of packets that no rule decides about (`NF_ACCEPT`, `NF_DROP`).
    pub policy: u32,
    /// The interfaces that it is for (`netdev`); none for all.
    pub devices: Vec<String>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its table.
    pub owner: Owner,
    /// Its chain.
    pub chain: String,
    /// Its number.
    pub handle: u64,
    /// What it is made of.
    pub expressions: Vec<Expression>,
}

/// A set, or a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Its table.
    pub owner: Owner,
    /// Its name.
    pub name: String,
    /// Its flags (`NFT_SET_…`).
    pub flags: u32,
    /// The length of a key in bytes.
    pub key_len: usize,
    /// What is in it.
    pub elements: Vec<Element>,
}

/// An element of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The key; empty for one that stands for all others.
    pub key: Vec<u8>,
    /// The last key of a range of concatenated keys.
    pub key_end: Option<Vec<u8>>,
    /// Whether it is the end of the interval that the one before begins.
    pub ends_interval: bool,
    /// Whether it stands for all that is not in the set otherwise.
    pub catch_all: bool,
    /// Of a map: what it maps to.
    pub data: Option<Data>,
}

/// A value, or a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Bytes.
    Value(Vec<u8>),
    /// The code (`NF_…`, `NFT_…`), and the chain of a jump.
    Verdict(u32, String),
}

/// What rules are made of. Registers are numbered as the kernel does (`NFT_REG_…`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// Loads something about the packet (`NFT_META_…`).
    Meta {
        /// What.
        key: u32,
        /// The register.
        to: u32,
    },
    /// Loads bytes of the packet.
    Payload {
        /// From which header (`NFT_PAYLOAD_…`).
        base: u32,
        /// From where in it.
        offset: usize,
        /// How many.
        len: usize,
        /// The register.
        to: u32,
    },
    /// Loads something about the connection (`NFT_CT_…`).
    Connection {
        /// What.
        key: u32,
        /// The register.
        to: u32,
    },
    /// Compares; the rule ends where it does not hold.
    Compare {
        /// The register.
        from: u32,
        /// How (`NFT_CMP_…`).
        how: u32,
        /// With what.
        with: Vec<u8>,
    },
    /// Compares with a range.
    Range {
        /// The register.
        from: u32,
        /// Whether it must be outside.
        outside: bool,
        /// First and last.
        between: (Vec<u8>, Vec<u8>),
    },
    /// Changes bits: those of the mask stay, those of the other are turned over.
    Bits {
        /// The register.
        from: u32,
        /// Where the result goes.
        to: u32,
        /// The mask.
        mask: Vec<u8>,
        /// What is turned over.
        xor: Vec<u8>,
    },
    /// Looks up in a set.
    LookUp {
        /// The register.
        from: u32,
        /// Where the data of a map goes: a register, 0 for the verdict.
        to: Option<u32>,
        /// The set.
        set: String,
        /// Whether it must not be in it.
        outside: bool,
    },
    /// Decides, or loads a value.
    Immediate {
        /// The register.
        to: u32,
        /// What.
        data: Data,
    },
    /// Refuses with a message.
    Reject,
    /// Gives the packet the address of the interface that it leaves by.
    Masquerade,
    /// Decides nothing: counts, logs.
    Aside,
    /// Another one, by its name.
    Other(String),
}

fn number(attribute: Option<Attribute<'_>>) -> Option<u32> {
    attribute?.u32().map(u32::from_be)
}

fn string(attribute: Option<Attribute<'_>>) -> String {
    attribute.map(|text| String::from_utf8_lossy(text.string()).into_owned()).unwrap_or_default()
}

fn table<const N: usize>(payload: &[u8]) -> Option<Table<'_, N>> {
    Table::parse(payload).ok()
}

impl Owner {
    /// The word of a family that is understood here.
    pub(super) fn read(body: &[u8], name: Option<Attribute<'_>>) -> Option<Self> {
        let family = match *body.first()? {
            NFPROTO_IPV4 => "ip",
            NFPROTO_IPV6 => "ip6",
            NFPROTO_INET => "inet",
            NFPROTO_NETDEV => "netdev",
            _ => return None,
        };
        Some(Self { family, table: string(name) })
    }
}

impl Chain {
    /// Reads the body of an `NFT_MSG_NEWCHAIN` message.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let chain: Table<'_, NFTA_CHAIN_SIZE> = table(body.get(4..)?)?;
        let hook = chain.get(NFTA_CHAIN_HOOK).and_then(|hook| table::<NFTA_HOOK_SIZE>(hook.payload));
        let mut devices = Vec::new();
        if let Some(hook) = &hook {
            devices.extend(hook.get(NFTA_HOOK_DEV).map(|name| string(Some(name))));
            let list = hook.get(NFTA_HOOK_DEVS).into_iter().flat_map(|list| list.nested());
            devices.extend(list.map_while(Result::ok).map(|name| string(Some(name))));
        }
        let place = |hook: &Table<'_, NFTA_HOOK_SIZE>| {
            Some((number(hook.get(NFTA_HOOK_HOOKNUM))?, number(hook.get(NFTA_HOOK_PRIORITY))?.cast_signed()))
        };
        Some(Self {
            owner: Owner::read(body, chain.get(NFTA_CHAIN_TABLE))?,
            name: string(chain.get(NFTA_CHAIN_NAME)),
            hook: hook.as_ref().and_then(place),
            kind: string(chain.get(NFTA_CHAIN_TYPE)),
            policy: number(chain.get(NFTA_CHAIN_POLICY)).unwrap_or(1),
            devices,
        })
    }
}

impl Rule {
    /// Reads the body of an `NFT_MSG_NEWRULE` message.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let rule: Table<'_, NFTA_RULE_SIZE> = table(body.get(4..)?)?;
        let list = rule.get(NFTA_RULE_EXPRESSIONS).into_iter().flat_map(|list| list.nested());
        Some(Self {
            owner: Owner::read(body, rule.get(NFTA_RULE_TABLE))?,
            chain: string(rule.get(NFTA_RULE_CHAIN)),
            handle: rule.get(NFTA_RULE_HANDLE).and_then(|handle| handle.u64()).map_or(0, u64::from_be),
            expressions: list.map_while(Result::ok).map(|element| Expression::read(element.payload)).collect(),
        })
    }
}

impl Set {
    /// Reads the body of an `NFT_MSG_NEWSET` message; its elements come apart.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let set: Table<'_, NFTA_SET_SIZE> = table(body.get(4..)?)?;
        Some(Self {
            owner: Owner::read(body, set.get(NFTA_SET_TABLE))?,
            name: string(set.get(NFTA_SET_NAME)),
            flags: number(set.get(NFTA_SET_FLAGS)).unwrap_or(0),
            key_len: number(set.get(NFTA_SET_KEY_LEN)).and_then(|len| usize::try_from(len).ok()).unwrap_or(0),
            elements: Vec::new(),
        })
    }

    /// Adds what the body of an `NFT_MSG_NEWSETELEM` message has.
    pub(super) fn add(&mut self, body: &[u8]) {
        let Some(list) = body.get(4..).and_then(table::<NFTA_SET_ELEM_LIST_SIZE>) else { return };
        let elements = list.get(NFTA_SET_ELEM_LIST_ELEMENTS).into_iter().flat_map(|list| list.nested());
        self.elements.extend(elements.map_while(Result::ok).filter_map(|element| Element::read(element.payload)));
    }
}

impl Element {
    fn read(payload: &[u8]) -> Option<Self> {
        let element: Table<'_, NFTA_SET_ELEM_SIZE> = table(payload)?;
        let flags = number(element.get(NFTA_SET_ELEM_FLAGS)).unwrap_or(0);
        let value = |kind: u16| match Data::read(element.get(kind)?.payload)? {
            Data::Value(value) => Some(value),
            Data::Verdict(..) => None,
        };
        Some(Self {
            key: value(NFTA_SET_ELEM_KEY).unwrap_or_default(),
            key_end: value(NFTA_SET_ELEM_KEY_END),
            ends_interval: flags & NFT_SET_ELEM_INTERVAL_END != 0,
            catch_all: flags & NFT_SET_ELEM_CATCHALL != 0,
            data: element.get(NFTA_SET_ELEM_DATA).and_then(|data| Data::read(data.payload)),
        })
    }
}

impl Data {
    fn read(payload: &[u8]) -> Option<Self> {
        let data: Table<'_, NFTA_DATA_SIZE> = table(payload)?;
        if let Some(value) = data.get(NFTA_DATA_VALUE) {
            return Some(Self::Value(value.payload.to_vec()));
        }
        let verdict: Table<'_, NFTA_VERDICT_SIZE> = table(data.get(NFTA_DATA_VERDICT)?.payload)?;
        Some(Self::Verdict(number(verdict.get(NFTA_VERDICT_CODE))?, string(verdict.get(NFTA_VERDICT_CHAIN))))
    }

    fn value(attribute: Option<Attribute<'_>>) -> Option<Vec<u8>> {
        match Self::read(attribute?.payload)? {
            Self::Value(value) => Some(value),
            Self::Verdict(..) => None,
        }
    }
}

impl Expression {
    fn read(payload: &[u8]) -> Self {
        let Some(expression) = table::<NFTA_EXPR_SIZE>(payload) else { return Self::Other("?".into()) };
        let name = string(expression.get(NFTA_EXPR_NAME));
        let data = expression.get(NFTA_EXPR_DATA).map_or(&[][..], |data| data.payload);
        Self::of(&name, data).unwrap_or(Self::Other(name))
    }

    fn of(name: &str, data: &[u8]) -> Option<Self> {
        let size = |attribute| number(attribute).and_then(|number| usize::try_from(number).ok());
        Some(match name {
            "meta" => {
                let meta: Table<'_, NFTA_META_SIZE> = table(data)?;
                Self::Meta { key: number(meta.get(NFTA_META_KEY))?, to: number(meta.get(NFTA_META_DREG))? }
            }
            "payload" => {
                let payload: Table<'_, NFTA_PAYLOAD_SIZE> = table(data)?;
                Self::Payload {
                    base: number(payload.get(NFTA_PAYLOAD_BASE))?,
                    offset: size(payload.get(NFTA_PAYLOAD_OFFSET))?,
                    len: size(payload.get(NFTA_PAYLOAD_LEN))?,
                    to: number(payload.get(NFTA_PAYLOAD_DREG))?,
                }
            }
            "ct" => {
                let ct: Table<'_, NFTA_CT_SIZE> = table(data)?;
                Self::Connection { key: number(ct.get(NFTA_CT_KEY))?, to: number(ct.get(NFTA_CT_DREG))? }
            }
            "cmp" => {
                let cmp: Table<'_, NFTA_CMP_SIZE> = table(data)?;
                Self::Compare {
                    from: number(cmp.get(NFTA_CMP_SREG))?,
                    how: number(cmp.get(NFTA_CMP_OP))?,
                    with: Data::value(cmp.get(NFTA_CMP_DATA))?,
                }
            }
            "range" => {
                let range: Table<'_, NFTA_RANGE_SIZE> = table(data)?;
                Self::Range {
                    from: number(range.get(NFTA_RANGE_SREG))?,
                    outside: number(range.get(NFTA_RANGE_OP))? != 0,
                    between: (
                        Data::value(range.get(NFTA_RANGE_FROM_DATA))?,
                        Data::value(range.get(NFTA_RANGE_TO_DATA))?,
                    ),
                }
            }
            "bitwise" => {
                let bits: Table<'_, NFTA_BITWISE_SIZE> = table(data)?;
                // Other operations are shifts, and such with two registers.
                if number(bits.get(NFTA_BITWISE_OP)).unwrap_or(0) != 0 {
                    return None;
                }
                size(bits.get(NFTA_BITWISE_LEN))?;
                Self::Bits {
                    from: number(bits.get(NFTA_BITWISE_SREG))?,
                    to: number(bits.get(NFTA_BITWISE_DREG))?,
                    mask: Data::value(bits.get(NFTA_BITWISE_MASK))?,
                    xor: Data::value(bits.get(NFTA_BITWISE_XOR))?,
                }
            }
            "lookup" => {
                let lookup: Table<'_, NFTA_LOOKUP_SIZE> = table(data)?;
                Self::LookUp {
                    from: number(lookup.get(NFTA_LOOKUP_SREG))?,
                    to: number(lookup.get(NFTA_LOOKUP_DREG)),
                    set: string(lookup.get(NFTA_LOOKUP_SET)),
                    outside: number(lookup.get(NFTA_LOOKUP_FLAGS)).unwrap_or(0) & 1 != 0,
                }
            }
            "immediate" => {
                let immediate: Table<'_, NFTA_IMMEDIATE_SIZE> = table(data)?;
                Self::Immediate {
                    to: number(immediate.get(NFTA_IMMEDIATE_DREG))?,
                    data: Data::read(immediate.get(NFTA_IMMEDIATE_DATA)?.payload)?,
                }
            }
            "reject" => Self::Reject,
            "masq" => Self::Masquerade,
            "counter" | "log" => Self::Aside,
            _ => return None,
        })
    }
}
