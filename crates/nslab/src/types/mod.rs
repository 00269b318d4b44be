//! The words of the field as types: parsed strictly, printed as the field prints them, nothing else.
//!
//! Nothing in here does I/O or can panic on any input.

mod address_kind;
pub mod cidr;
mod if_name;
mod lab_name;
mod mac;
mod node_name;
mod prefix;
mod process_name;
mod quote;
mod text;

pub use crate::errno::strerror;
pub use address_kind::AddressKind;
pub use cidr::Cidr;
pub use if_name::IfName;
pub use lab_name::LabName;
pub use mac::MacAddr;
pub use node_name::{NodeName, check_netns_name};
pub use prefix::Prefix;
pub use process_name::ProcessName;
pub(crate) use quote::quote;
