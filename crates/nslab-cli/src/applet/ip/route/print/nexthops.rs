//! The nexthops of a route, and the nexthop object that it names.

use nslab::ops::nexthop::{self, Nexthop, ResilienceReply};
use nslab::ops::route::{NextHops, Route};
use nslab::wire::Messages;
use nslab::wire::consts::{RTA_ENCAP, RTA_ENCAP_TYPE, RTA_FLOW, RTA_NEWDST};

use super::{Lines, encap, flags, print_realms};
use crate::applet::ip::names::Name;
use crate::applet::ip::print::{Color, Printer, general};
use crate::applet::ip::session::Session;

impl Lines {
    pub(super) fn nexthops(&mut self, session: &mut Session, route: &Route<'_>, hops: NextHops<'_>) {
        session.print.begin_array("nexthops");
        for hop in hops {
            session.print.begin_object(None);
            session.print.line_end();
            session.print.text("\tnexthop ");
            if let (Some(kind), Some(what)) = (hop.attribute(RTA_ENCAP_TYPE), hop.attribute(RTA_ENCAP)) {
                encap::print(&mut session.print, kind.u16().unwrap_or(0), what);
            }
            if hop.attribute(RTA_NEWDST).is_some()
                && let Some(address) = route.new_destination()
            {
                self.host(session, address);
                session.print.string("to", "as to {} ", &self.text);
            }
            if let Some(address) = hop.gateway() {
                self.gateway(session, address);
            }
            if let Some(address) = hop.via() {
                self.via(session, address);
            }
            if let Some(realms) = hop.attribute(RTA_FLOW).and_then(|realms| realms.u32()) {
                print_realms(session, realms);
            }
            let name = self.link(session, hop.output);
            session.print.string("dev", "dev {} ", name);
            session.print.number("weight", "weight {} ", hop.weight);
            flags(&mut session.print, hop.flags.into());
            session.print.end_object();
        }
        session.print.end_array();
    }

    /// With `-details`: the object that a route names. One that is gone by now is passed over.
    pub(super) fn named_object(&mut self, session: &mut Session, id: u32) {
        // Statistics, and those of the hardware.
        let wanted = [0, 1].get(session.options.statistics as usize).copied().unwrap_or(3);
        let mut kept = self.objects.get(&id).cloned().unwrap_or_default();
        if kept.is_empty() {
            let Ok(connection) = session.connection() else { return };
            let found = nexthop::get(connection, id, wanted, |object| {
                object.message().append_to(&mut kept);
                Ok(())
            });
            if found.is_err() {
                return;
            }
            self.objects.insert(id, kept.clone());
        }
        let Some(Ok(message)) = Messages::new(&kept).next() else { return };
        let Ok(object) = Nexthop::parse(&message) else { return };
        session.print.begin_object("nh_info");
        // Not joined with the line before, even with `-oneline`.
        session.print.text("\n\tnh_info ");
        self.object_values(session, &object);
        session.print.end_object();
    }

    /// A nexthop object on a line of its own.
    pub(in crate::applet::ip) fn object(&mut self, session: &mut Session, object: &Nexthop<'_>) {
        session.print.begin_object(None);
        if object.is_deleted() {
            session.print.boolean("deleted", "Deleted ", true);
        }
        self.object_values(session, object);
        session.print.text("\n");
        session.print.end_object();
    }

    fn object_values(&mut self, session: &mut Session, object: &Nexthop<'_>) {
        if let Some(id) = object.id() {
            session.print.number("id", "id {} ", id);
        }
        let members: Vec<(u32, u16)> = object.group().collect();
        if !members.is_empty() {
            session.print.text("group ");
            session.print.begin_array("group");
            for (at, (id, weight)) in members.iter().enumerate() {
                session.print.text(if at == 0 { "" } else { "/" });
                session.print.begin_object(None);
                session.print.number("id", "{}", *id);
                if *weight != 1 {
                    session.print.number("weight", ",{}", *weight);
                }
                session.print.end_object();
            }
            session.print.text(" ");
            session.print.end_array();
        }
        if object.is_resilient() {
            session.print.string("type", "type {} ", "resilient");
        }
        if let Some(resilience) = object.resilience() {
            print_resilience(&mut session.print, resilience);
        }
        if let Some((kind, what)) = object.encapsulation() {
            encap::print(&mut session.print, kind, what);
        }
        if let Some(address) = object.gateway() {
            self.gateway(session, address);
        }
        if let Some(output) = object.output() {
            session.print.text("dev ");
            let name = self.link(session, output);
            session.print.colored(Color::IfName, "dev", "{} ", name);
        }
        if object.scope() != 0 || session.options.details {
            session.print.string("scope", "scope {} ", session.names.name(Name::Scope, object.scope().into()));
        }
        if object.is_blackhole() {
            session.print.null("blackhole", "blackhole ");
        }
        if object.protocol() != 0 || session.options.details {
            let name = session.names.name(Name::Protocol, object.protocol().into());
            session.print.string("protocol", "proto {} ", name);
        }
        flags(&mut session.print, object.flags());
        if object.is_fdb() {
            session.print.null("fdb", "fdb");
        }
        if session.options.statistics > 0 {
            statistics(session, object);
        }
    }
}

/// How a group with buckets works; times in seconds.
fn print_resilience(print: &mut Printer, resilience: ResilienceReply) {
    print.begin_object("resilient_args");
    print.number("buckets", "buckets {} ", resilience.buckets);
    let times = [
        ("idle_timer", "idle_timer {} ", resilience.idle_timer.into()),
        ("unbalanced_timer", "unbalanced_timer {} ", resilience.unbalanced_timer.into()),
        ("unbalanced_time", "unbalanced_time {} ", resilience.unbalanced_time),
    ];
    for (key, format, time) in times {
        let seconds = general(time);
        print.decimal(key, format, &seconds, &seconds);
    }
    print.end_object();
}

fn statistics(session: &mut Session, object: &Nexthop<'_>) {
    let hardware = session.options.statistics > 1;
    let print = &mut session.print;
    if let Some((enabled, used)) = object.hardware_statistics() {
        print.begin_object("hw_stats");
        print.on_off("enabled", "hw_stats {} ", enabled);
        print.on_off("used", "used {} ", used);
        print.end_object();
    }
    let members: Vec<_> = object.statistics().collect();
    if members.is_empty() {
        return;
    }
    print.begin_array("group_stats");
    print.line_end();
    print.text("  stats:");
    for member in members {
        print.line_end();
        print.begin_object(None);
        print.number("id", "    id {}", member.id);
        print.number("packets", " packets {}", member.packets);
        if let Some(packets) = member.hardware_packets.filter(|_| hardware) {
            print.number("packets_hw", " packets_hw {}", packets);
        }
        print.end_object();
    }
    print.end_array();
}
