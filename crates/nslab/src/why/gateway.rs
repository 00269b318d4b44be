//! Gateways: whether the one that a route has is right, and which one would be.

use std::net::IpAddr;

use super::evidence::{Entry, Place, Space, Taken};
use super::fib;
use super::finding::{Cause, Finding};
use super::remedy::{Act, Remedy};
use super::routes::{probe, way_in};
use super::segment::Port;
use super::walk::{Flow, Stop, Walker};
use super::words;
use crate::types::Prefix;
use crate::wire::consts::{RT_TABLE_MAIN, RTN_UNICAST, RTPROT_KERNEL};

impl Walker<'_> {
    /// A router on one of the namespace's segments that knows a way to an address; another than one.
    pub(super) fn guess_gateway(
        &self,
        at: Place,
        space: &Space,
        to: IpAddr,
        not: Option<IpAddr>,
    ) -> Result<Option<(String, IpAddr)>, Stop> {
        for link in space.node.links.iter().filter(|link| link.up && link.name != "lo" && link.master.is_none()) {
            let own: Vec<Prefix> = link.addresses.iter().filter(|own| own.scope == 0).map(|own| own.prefix).collect();
            let segment = self.segment((at, link.index))?;
            for end in segment.ends.iter().filter(|end| end.obstacles.is_empty() && end.port.0 != at) {
                let Some((there, far)) = self.evidence.space_of(end.port) else { continue };
                let knows = fib::look_up(there, &probe(end.port.0, to)).and_then(|found| found.entry);
                let elsewhere = knows.is_some_and(|entry| {
                    entry.kind == crate::wire::consts::RTN_LOCAL
                        || entry.kind == RTN_UNICAST && entry.hops.iter().all(|hop| hop.index != far.index)
                });
                if !there.is_router(to.is_ipv6()) || !elsewhere {
                    continue;
                }
                let of_family =
                    far.addresses.iter().filter(|own| own.scope == 0 && own.prefix.is_ipv6() == to.is_ipv6());
                let mut theirs = of_family.map(|own| own.prefix.address());
                if let Some(via) = theirs.find(|via| Some(*via) != not && own.iter().any(|own| own.contains(*via))) {
                    return Ok(Some((link.name.clone(), via)));
                }
            }
        }
        Ok(None)
    }

    /// Whether a route is another than the lab intends for the destination.
    pub(super) fn not_as_intended(
        &self,
        at: Place,
        space: &Space,
        flow: &Flow,
        taken: &Taken,
        entry: &Entry,
    ) -> Option<Finding> {
        let way = way_in(self.evidence.intended.get(&at)?, flow.to)?;
        let vias: Vec<Option<IpAddr>> =
            way.route.map_or(vec![None], |route| route.hops.iter().map(|hop| hop.via).collect());
        if vias.contains(&taken.gateway) {
            return None;
        }
        let name = self.name(at);
        let (link, words) = (space.link_name(taken.output), words::route(space, entry));
        let text = match taken.gateway {
            Some(gateway) => format!("{name} sends packets to {} to the wrong gateway, {gateway}", flow.to),
            None => format!("{name} takes {} to be on {link} itself", flow.to),
        };
        let on_link = |gateway: IpAddr| {
            let link_local = matches!(gateway, IpAddr::V6(gateway) if gateway.is_unicast_link_local());
            let link = space.node.link_at(taken.output);
            link_local || link.is_some_and(|link| link.addresses.iter().any(|own| own.prefix.contains(gateway)))
        };
        let (cause, text) = match taken.gateway {
            Some(gateway) if !on_link(gateway) => (
                Cause::GatewayNotOnLink,
                format!(
                    "the gateway {gateway} of {name} is not on the link: no address of {link} shares a network with it"
                ),
            ),
            _ => (Cause::WrongGateway, text),
        };
        let mut finding = self.finding(cause, at, Some(taken.output), text);
        finding.back = flow.back;
        finding.seen.push(format!("route {words} of {name}"));
        finding.seen.push(match way.route {
            Some(route) => format!("the lab says: {route}"),
            None => format!("the lab has it on {} itself", way.wish.name),
        });
        finding.mend.push(self.delete_route(at, space, entry));
        finding.mend.extend(self.intended_routes_missing(at, space, flow.to));
        Some(finding)
    }

    /// Whether another router would have been right.
    pub(super) fn wrong_router(&self, from: Port, next: IpAddr, flow: &Flow) -> Result<Option<Finding>, Stop> {
        let space = self.space(from.0)?;
        let Some((_, right)) = self.guess_gateway(from.0, space, flow.to, Some(next))? else { return Ok(None) };
        let found = fib::look_up(space, &self.asked(from.0, flow, None)).and_then(|found| found.entry);
        let Some(entry) = found.filter(|entry| entry.protocol != RTPROT_KERNEL) else { return Ok(None) };
        let name = self.name(from.0);
        let text = format!("{name} sends packets to {} to the wrong gateway, {next}", flow.to);
        let mut finding = self.finding(Cause::WrongGateway, from.0, Some(from.1), text);
        finding.back = flow.back;
        finding.seen.push(format!("route {} of {name}; {next} passes nothing on", words::route(space, entry)));
        finding.seen.push(format!("{right} does, and knows the way"));
        finding.mend.extend(self.instead(from, space, entry, right));
        Ok(Some(finding))
    }

    fn instead(&self, from: Port, space: &Space, entry: &Entry, via: IpAddr) -> Vec<Remedy> {
        let link = Some(space.link_name(from.1).to_owned());
        let table = Some(entry.table).filter(|table| *table != RT_TABLE_MAIN);
        let act = Act::Route { to: entry.to, via: Some(via), link, table, metric: None, replace: false };
        vec![self.delete_route(from.0, space, entry), self.remedy(from.0, act)]
    }

    pub(super) fn wrong_gateway(
        &mut self,
        leaves: Port,
        next: IpAddr,
        taken: &Taken,
        flow: &Flow,
        entry: Option<&Entry>,
        on_link: bool,
    ) -> Stop {
        let (space, name) = match self.space(leaves.0) {
            Ok(space) => (space, self.name(leaves.0)),
            Err(stop) => return stop,
        };
        let link = space.link_name(leaves.1);
        let (cause, text) = match (taken.gateway, on_link) {
            (Some(_), true) => (
                Cause::WrongGateway,
                format!("nobody on the segment of {name}:{link} has the gateway's address, {next}"),
            ),
            (Some(_), false) => (
                Cause::GatewayNotOnLink,
                format!(
                    "the gateway {next} of {name} is not on the link: no address of {link} shares a network with it"
                ),
            ),
            (None, _) => {
                (Cause::WrongGateway, format!("{name} takes {next} to be on {link} itself, and nobody there has it"))
            }
        };
        let mut finding = self.finding(cause, leaves.0, Some(leaves.1), text);
        finding.back = flow.back;
        if let Some(entry) = entry {
            finding.seen.push(format!("route {} of {name}", words::route(space, entry)));
        }
        let own = space
            .node
            .link_at(leaves.1)
            .map(|link| link.addresses.iter().filter(|own| own.scope == 0 && own.prefix.is_ipv6() == next.is_ipv6()));
        let own: Vec<String> = own.into_iter().flatten().map(|own| own.prefix.to_string()).collect();
        finding
            .seen
            .push(format!("{name}:{link} has {}", if own.is_empty() { "no address".into() } else { own.join(", ") }));
        if let Some(entry) = entry {
            let intended = self.intended_routes_missing(leaves.0, space, flow.to);
            let planned =
                self.evidence.intended.get(&leaves.0).and_then(|intended| way_in(intended, flow.to)).is_some();
            if planned {
                finding.mend.push(self.delete_route(leaves.0, space, entry));
                finding.mend.extend(intended);
            } else {
                match self.guess_gateway(leaves.0, space, flow.to, Some(next)) {
                    Ok(Some((_, right))) => finding.mend.extend(self.instead(leaves, space, entry, right)),
                    Ok(None) => finding.hint = Some("delete the route, and add one by a router of the segment".into()),
                    Err(stop) => return stop,
                }
            }
        }
        self.stop(finding)
    }
}
