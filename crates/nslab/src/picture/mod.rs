//! Pictures of networks: what to draw, where, and in which format.
//!
//! Pure, and deterministic: the same network, the same picture. A [`Scene`] says what there is to be seen of a network;
//! [`layout`] gives everything its place, in any unit; [`svg`], [`terminal`] and the others write it down. A view that
//! changes while one looks stands on the same three.
//!
//! Nodes are boxes with a cell for each interface that leads somewhere. What joins them is drawn too: a switch as a
//! bar, a cable as a line with its network for a label. So the picture is a graph of two kinds of things, boxes and
//! what is between them, and in layers counted from any set of boxes each line leads from one layer to the next:
//! there is nothing between two layers that a line could cross but other lines.

pub mod dot;
mod drawing;
mod layers;
pub mod layout;
pub mod mermaid;
mod order;
mod place;
mod scene;
pub mod svg;
pub mod terminal;
pub mod text;

pub use drawing::{Cell, Drawing, Fault, Line, Look, Rect, Shape, Stand, Text};
pub use scene::{Block, Hub, HubKind, Joint, Kind, Port, Scene, State};

#[cfg(test)]
mod tests;
