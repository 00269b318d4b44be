//! What rules are made of: expressions that load into the kernel's one register, compare it, or act.

use crate::types::Prefix;
use crate::wire::consts::NLA_F_NESTED;
use crate::wire::consts::nft::{
    NFPROTO_IPV4, NFPROTO_IPV6, NFT_CMP_EQ, NFT_CMP_NEQ, NFT_META_NFPROTO, NFT_META_OIFNAME,
    NFT_PAYLOAD_NETWORK_HEADER, NFT_REG_1, NFTA_BITWISE_DREG, NFTA_BITWISE_LEN, NFTA_BITWISE_MASK, NFTA_BITWISE_SREG,
    NFTA_BITWISE_XOR, NFTA_CMP_DATA, NFTA_CMP_OP, NFTA_CMP_SREG, NFTA_DATA_VALUE, NFTA_EXPR_DATA, NFTA_EXPR_NAME,
    NFTA_LIST_ELEM, NFTA_META_DREG, NFTA_META_KEY, NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_DREG, NFTA_PAYLOAD_LEN,
    NFTA_PAYLOAD_OFFSET,
};
use crate::wire::{Attribute, Attributes, Request};

/// The length of an interface's name in the register, zeros behind it (`IFNAMSIZ`).
const NAME_BYTES: usize = 16;

/// Packets that leave by the interface with a name, or by any other.
pub(super) fn output(list: &mut Request, name: &str, is: bool) {
    meta(list, NFT_META_OIFNAME);
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(NAME_BYTES, 0);
    compare(list, if is { NFT_CMP_EQ } else { NFT_CMP_NEQ }, &bytes);
}

/// Packets whose source address is in a prefix.
pub(super) fn source(list: &mut Request, prefix: Prefix) {
    meta(list, NFT_META_NFPROTO);
    compare(list, NFT_CMP_EQ, &[if prefix.is_ipv6() { NFPROTO_IPV6 } else { NFPROTO_IPV4 }]);
    // Where the source address is in the header (RFC 791, RFC 8200).
    let (offset, network) = match prefix.network().address() {
        std::net::IpAddr::V4(address) => (12, address.octets().to_vec()),
        std::net::IpAddr::V6(address) => (8, address.octets().to_vec()),
    };
    let len = u32::try_from(network.len()).unwrap_or(0);
    expression(list, "payload", |data| {
        number(data, NFTA_PAYLOAD_DREG, NFT_REG_1);
        number(data, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
        number(data, NFTA_PAYLOAD_OFFSET, offset);
        number(data, NFTA_PAYLOAD_LEN, len);
    });
    expression(list, "bitwise", |data| {
        number(data, NFTA_BITWISE_SREG, NFT_REG_1);
        number(data, NFTA_BITWISE_DREG, NFT_REG_1);
        number(data, NFTA_BITWISE_LEN, len);
        value(data, NFTA_BITWISE_MASK, &mask(prefix.len(), network.len()));
        value(data, NFTA_BITWISE_XOR, &vec![0; network.len()]);
    });
    compare(list, NFT_CMP_EQ, &network);
}

/// The packet gets the address of the interface that it leaves by as its source.
pub(super) fn masquerade(list: &mut Request) {
    expression(list, "masq", |_| ());
}

/// Whether the kernel tells of a row of expressions as it was sent; it may tell more of each.
pub(super) fn are_told(wanted: Attributes<'_>, told: Attributes<'_>) -> bool {
    let (wanted, told) = (whole(wanted), whole(told));
    let pairs = wanted.zip(told);
    pairs.is_some_and(|(wanted, told)| {
        wanted.len() == told.len() && wanted.iter().zip(&told).all(|(w, t)| is_told(*w, *t))
    })
}

/// Whether an attribute has the same payload, or in it all that is wanted.
fn is_told(wanted: Attribute<'_>, told: Attribute<'_>) -> bool {
    if wanted.kind != told.kind || wanted.payload == told.payload {
        return wanted.kind == told.kind;
    }
    let parts = whole(wanted.nested()).zip(whole(told.nested()));
    let all = |(wanted, told): (Vec<Attribute<'_>>, Vec<Attribute<'_>>)| {
        !wanted.is_empty() && wanted.iter().all(|wanted| told.iter().any(|told| is_told(*wanted, *told)))
    };
    parts.is_some_and(all)
}

/// The attributes of a payload that is nothing else.
fn whole(attributes: Attributes<'_>) -> Option<Vec<Attribute<'_>>> {
    attributes.collect::<Result<_, _>>().ok()
}

fn mask(len: u8, bytes: usize) -> Vec<u8> {
    let bits = |at: usize| usize::from(len).saturating_sub(at * 8).min(8);
    (0..bytes).map(|at| u8::try_from(0xff00_u32 >> bits(at) & 0xff).unwrap_or(0)).collect()
}

fn meta(list: &mut Request, key: u32) {
    expression(list, "meta", |data| {
        number(data, NFTA_META_KEY, key);
        number(data, NFTA_META_DREG, NFT_REG_1);
    });
}

fn compare(list: &mut Request, how: u32, with: &[u8]) {
    expression(list, "cmp", |data| {
        number(data, NFTA_CMP_SREG, NFT_REG_1);
        number(data, NFTA_CMP_OP, how);
        value(data, NFTA_CMP_DATA, with);
    });
}

fn expression(list: &mut Request, name: &str, content: impl FnOnce(&mut Request)) {
    list.nest(NFTA_LIST_ELEM | NLA_F_NESTED, |element| {
        element.string(NFTA_EXPR_NAME, name.as_bytes());
        element.nest(NFTA_EXPR_DATA | NLA_F_NESTED, content);
    });
}

/// Numbers of nf_tables are in network byte order.
fn number(data: &mut Request, kind: u16, number: u32) {
    data.u32(kind, number.to_be());
}

fn value(data: &mut Request, kind: u16, bytes: &[u8]) {
    data.nest(kind | NLA_F_NESTED, |data| {
        data.attribute(NFTA_DATA_VALUE, bytes);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(put: impl FnOnce(&mut Request)) -> Vec<u8> {
        let mut list = Request::attributes_alone();
        put(&mut list);
        list.into_attributes()
    }

    fn told(wanted: &[u8], told: &[u8]) -> bool {
        are_told(Attributes::new(wanted), Attributes::new(told))
    }

    #[test]
    fn what_is_told_is_compared_with_what_was_sent() {
        let sent = |prefix: &str| row(|list| source(list, prefix.parse().unwrap()));
        let wanted = sent("192.0.2.0/30");
        assert!(told(&wanted, &wanted) && !told(&wanted, &[]) && !told(&wanted, &sent("192.0.2.4/30")));
        // What the kernel adds: a key that was left out.
        let more = row(|list| {
            expression(list, "masq", |data| number(data, 9, 1));
        });
        let (plain, other) =
            (row(|list| expression(list, "masq", |_| ())), row(|list| expression(list, "log", |_| ())));
        assert!(!told(&plain, &other) && !told(&more, &plain));
        let less = row(|list| expression(list, "meta", |data| number(data, NFTA_META_KEY, NFT_META_OIFNAME)));
        assert!(told(&less, &row(|list| meta(list, NFT_META_OIFNAME))));
        assert!(!told(&less, &row(|list| meta(list, NFT_META_NFPROTO))));
        for end in 1..wanted.len() {
            assert!(!told(&wanted, &wanted[..end]), "{end}");
        }
    }

    #[test]
    fn masks_of_prefix_lengths() {
        assert_eq!(mask(30, 4), [255, 255, 255, 252]);
        assert_eq!(mask(0, 4), [0; 4]);
        assert_eq!(mask(32, 4), [255; 4]);
        assert_eq!(mask(9, 4), [255, 128, 0, 0]);
        assert_eq!(mask(64, 16)[7..9], [255, 0]);
    }
}
