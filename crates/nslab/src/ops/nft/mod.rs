//! The packet filter nf_tables, as far as a way out through the machine takes it: tables that masquerade, and which
//! chains of others stand in a forwarded packet's way (`linux/netfilter/nf_tables.h`, nft(8)).
//!
//! All of a table is made in one transaction. It carries a mark, and is deleted by the number that the kernel gave it
//! ([`Table::handle`]), so that nobody else's is ever taken for it.

mod chain;
mod expression;
mod nat;
pub mod rules;
mod ruleset;

pub use chain::{Obstacle, obstacles};
pub use nat::{Masquerade, NatTable, Output};
pub use ruleset::{accept_by_default, delete_rule, read_all};

use crate::error::{Error, ErrorKind, Result};
use crate::netlink::{Connection, Transport};
use crate::wire::consts::nft::{
    NFPROTO_INET, NFT_MSG_DELTABLE, NFT_MSG_GETTABLE, NFTA_TABLE_HANDLE, NFTA_TABLE_NAME, NFTA_TABLE_SIZE,
    NFTA_TABLE_USERDATA,
};
use crate::wire::{self, Request};

/// A table of the family `inet`, as the kernel has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The number that no other table of the namespace has or will have.
    pub handle: u64,
    /// The comment that it was made with: the mark. None before Linux 5.10, which keeps no such thing.
    pub comment: Option<String>,
}

/// The table of the family `inet` with a name, if there is one.
///
/// # Errors
/// [`ErrorKind::Permission`] without CAP_NET_ADMIN; what else the kernel answers.
pub fn find<T: Transport>(connection: &mut Connection<T>, name: &str) -> Result<Option<Table>> {
    let mut request = Request::new(NFT_MSG_GETTABLE, 0, &header(NFPROTO_INET));
    request.string(NFTA_TABLE_NAME, name.as_bytes());
    let found = connection.get(
        request,
        || format!("looking for nftables table inet {name}"),
        |message| {
            let table: wire::Table<'_, NFTA_TABLE_SIZE> = attributes(message.body)?;
            let handle = table.get(NFTA_TABLE_HANDLE).and_then(|handle| handle.u64()).map(u64::from_be);
            let handle = handle.ok_or_else(|| Error::new(ErrorKind::Reply, "an nftables table without a handle"))?;
            let comment = table.get(NFTA_TABLE_USERDATA).and_then(|data| comment_in(data.payload));
            Ok(Table { name: name.to_owned(), handle, comment })
        },
    );
    match found {
        Ok(table) => Ok(Some(table)),
        Err(error) if error.errno() == Some(libc::ENOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Deletes a table of the family `inet` and all that is in it.
///
/// # Errors
/// [`ErrorKind::NotFound`] where it is gone; what else the kernel answers.
pub fn delete<T: Transport>(connection: &mut Connection<T>, table: &Table) -> Result<()> {
    let mut request = Request::new(NFT_MSG_DELTABLE, 0, &header(NFPROTO_INET));
    request.attribute(NFTA_TABLE_HANDLE, &table.handle.to_be_bytes());
    connection.transaction(vec![request], |_| format!("deleting nftables table inet {}", table.name))
}

/// `struct nfgenmsg`.
fn header(family: u8) -> [u8; 4] {
    [family, 0, 0, 0]
}

/// The attributes behind `struct nfgenmsg`.
fn attributes<const N: usize>(body: &[u8]) -> Result<wire::Table<'_, N>> {
    let read = body.get(4..).ok_or(wire::Malformed).and_then(wire::Table::parse);
    read.map_err(|error| super::malformed("an nftables object", error))
}

/// The type of a comment among a table's user data (`NFTNL_UDATA_TABLE_COMMENT`): what `nft list` shows as one.
const COMMENT: u8 = 0;

/// User data is a row of type, length and value, a byte each for the first two.
fn user_data(comment: &str) -> Vec<u8> {
    let text = comment.as_bytes().get(..254).unwrap_or(comment.as_bytes());
    let mut bytes = vec![COMMENT, u8::try_from(text.len() + 1).unwrap_or(u8::MAX)];
    bytes.extend(text);
    bytes.push(0);
    bytes
}

fn comment_in(mut data: &[u8]) -> Option<String> {
    while let [kind, len, rest @ ..] = data {
        let (value, next) = rest.split_at_checked(usize::from(*len))?;
        if *kind == COMMENT {
            let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
            return Some(String::from_utf8_lossy(text).into_owned());
        }
        data = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_reads_back_and_bad_data_does_not() {
        let data = user_data("nslab home 7");
        assert_eq!(comment_in(&data).as_deref(), Some("nslab home 7"));
        for end in 0..data.len() {
            assert_eq!(comment_in(&data[..end]), None, "{end}");
        }
        assert_eq!(comment_in(&[9, 1, 5, 0, 2, b'x', 0]).as_deref(), Some("x"));
        assert_eq!(comment_in(&user_data(&"x".repeat(300))).map(|text| text.len()), Some(254));
    }
}
