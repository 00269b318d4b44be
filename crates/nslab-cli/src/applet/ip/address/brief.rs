//! What `-brief` shows of a link before its addresses: name and state.

use nslab::ops::link::Link;

use crate::applet::ip::print::Color;
use crate::applet::ip::session::Session;

/// Prints the two columns.
pub(super) fn head(session: &mut Session, link: &Link<'_>) {
    let lower = match (link.link(), link.link_netnsid()) {
        (None, _) => None,
        (Some(0), _) => Some(b"NONE".to_vec()),
        (Some(index), Some(_)) => Some(format!("if{index}").into_bytes()),
        (Some(index), None) => {
            Some(session.known(index).map_or_else(|| format!("if{index}").into_bytes(), |known| known.name))
        }
    };
    let print = &mut session.print;
    if print.is_json() {
        match (link.link(), link.link_netnsid(), lower) {
            (Some(0), ..) => print.null("link", ""),
            (Some(index), Some(_), _) => print.number("link_index", "", index),
            (.., Some(lower)) => print.string("link", "", lower),
            (.., None) => {}
        }
        print.string("ifname", "", link.name());
    } else {
        let mut text = link.name().to_vec();
        if let Some(lower) = lower {
            text.push(b'@');
            text.extend(lower);
        }
        print.colored(Color::IfName, None, "{:16} ", text);
    }
    if let Some(state) = link.oper_state() {
        let color = match state.0 {
            6 => Some(Color::Up),
            2 => Some(Color::Down),
            _ => None,
        };
        print.colored(color, "operstate", "{:14} ", state.to_string());
    }
}
