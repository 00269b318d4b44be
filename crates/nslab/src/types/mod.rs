//! The words of the field as types: parsed strictly, printed as the field prints them, nothing else.
//!
//! Nothing in here does I/O or can panic on any input.

mod address_kind;
pub mod cidr;
mod delay;
mod if_name;
mod impair;
mod key;
mod lab_name;
mod mac;
mod name_prefix;
mod node_name;
mod percent;
mod prefix;
mod process_name;
mod quantity;
mod quote;
mod rate;
mod service;
mod text;

pub use crate::errno::strerror;
pub use address_kind::AddressKind;
pub use cidr::Cidr;
pub use delay::Delay;
pub use if_name::IfName;
pub use impair::Impair;
pub use key::Key;
pub use lab_name::LabName;
pub use mac::MacAddr;
pub use name_prefix::NamePrefix;
pub use node_name::{NodeName, check_netns_name};
pub use percent::Percent;
pub use prefix::Prefix;
pub use process_name::ProcessName;
pub(crate) use quote::quote;
pub use rate::Rate;
pub use service::{Protocol, Service};
