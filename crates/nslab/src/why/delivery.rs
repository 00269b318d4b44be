//! Who gets a packet that leaves a link: whoever has the address on its segment, if nothing is in the way there.

use std::net::IpAddr;

use super::evidence::{Neighbour, Place, Taken};
use super::fib::{self, Match};
use super::finding::Cause;
use super::remedy::Act;
use super::segment::{End, Port, Segment};
use super::walk::{Flow, Stop, Walk, Walker};
use crate::topology::observe::seen::Address;
use crate::wire::consts::{IFA_F_DADFAILED, IFA_F_TENTATIVE, NUD_NOARP, NUD_PERMANENT};

impl<'e> Walker<'e> {
    /// Who gets a packet that leaves a link for a neighbour; and the switches between.
    pub(super) fn deliver(
        &mut self,
        leaves: Port,
        next: IpAddr,
        taken: &Taken,
        flow: &Flow,
        found: Option<Match<'e>>,
    ) -> Walk<(Port, Vec<String>)> {
        let segment = self.segment(leaves)?;
        let owners = self.owners(&segment, leaves.0, next);
        let Some(best) = owners.first() else {
            return Err(self.nobody(leaves, next, taken, flow, found, &segment));
        };
        if let Some(obstacle) = best.end.obstacles.first() {
            return Err(self.obstacle(leaves.0, *obstacle, flow));
        }
        if !best.ready {
            return Err(self.not_ready(best.home, best.end.port, next, flow));
        }
        if let Some(other) =
            owners.iter().find(|other| other.ready && other.end.obstacles.is_empty() && other.home != best.home)
        {
            return Err(self.twice(best.home, Some(other.home), next, flow.back));
        }
        // Who has it may have taken it from whom the lab gives it to.
        let robbed = owners.iter().find(|other| other.wished && other.home != best.home);
        if let Some(other) = robbed.filter(|_| !best.wished && self.evidence.intended.contains_key(&best.home)) {
            return Err(self.twice(best.home, Some(other.home), next, flow.back));
        }
        let (port, end) = (best.end.port, best.end.clone());
        self.neighbour(leaves, next, port.0, &segment, flow)?;
        self.asks_from(leaves, next, flow);
        let answers = self.segment(port)?;
        let way_back = answers.ends.iter().find(|end| end.port == leaves);
        if let Some(obstacle) = way_back.and_then(|end| end.obstacles.first()) {
            return Err(self.obstacle(leaves.0, *obstacle, flow));
        }
        self.fits(leaves, &end, flow)?;
        for tunnel in &end.tunnels {
            self.tunnel(*tunnel)?;
        }
        let mut through: Vec<String> = Vec::new();
        for ((place, _), _) in &end.links {
            let name = self.name(*place).to_owned();
            if *place != leaves.0 && *place != port.0 && !through.contains(&name) {
                through.push(name);
            }
        }
        Ok((port, through))
    }

    /// Those on a segment who have an address or ought to have it, the easiest to reach first.
    fn owners<'s>(&self, segment: &'s Segment, asker: Place, address: IpAddr) -> Vec<Owner<'s>> {
        let mut owners = Vec::new();
        for end in segment.ends.iter().filter(|end| end.port.0 != asker) {
            let Some((space, link)) = self.evidence.space_of(end.port) else { continue };
            let stray = self.evidence.stray(end.port);
            let (home, here) = (stray.map_or(end.port.0, |(home, _)| home), stray.is_none());
            let on_link = link.addresses.iter().any(|own| own.prefix.address() == address);
            let link_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
            let ready = here && fib::is_local(space, address) && (on_link || !link_local);
            let own_wish = || self.evidence.intended.get(&home)?.wish(&link.name);
            let wished = stray.map(|(_, wish)| wish).or_else(own_wish);
            let wished = wished.is_some_and(|wish| wish.addresses.iter().any(|own| own.address() == address));
            // An address of another link counts where nobody else has it: any link answers for it.
            let elsewhere = here && space.addresses().any(|(_, own)| own.prefix.address() == address);
            if ready || (here && on_link) || wished || elsewhere {
                owners.push(Owner { home, end, ready, wished });
            }
        }
        owners.sort_by_key(|owner| owner.end.obstacles.len() + usize::from(!owner.ready));
        owners
    }

    fn neighbour(&mut self, leaves: Port, next: IpAddr, owner: Place, segment: &Segment, flow: &Flow) -> Walk<()> {
        let space = self.space(leaves.0)?;
        let is_it = |neighbour: &&Neighbour| neighbour.index == leaves.1 && neighbour.address == next;
        let Some(neighbour) = space.neighbours.iter().find(is_it) else { return Ok(()) };
        let Some(mac) = neighbour.mac else { return Ok(()) };
        if space.more(leaves.1).noarp {
            return Ok(());
        }
        let of_owner = segment.ends.iter().filter(|end| end.port.0 == owner);
        let mut macs = of_owner.filter_map(|end| self.evidence.space_of(end.port).and_then(|(_, link)| link.mac));
        let Some(right) = macs.clone().next() else { return Ok(()) };
        if macs.any(|own| own == mac) {
            return Ok(());
        }
        let (name, link) = (self.name(leaves.0), space.link_name(leaves.1));
        let text = format!("{name} takes {mac} for the hardware address of {next}, and it is {right}");
        let mut finding = self.finding(Cause::WrongNeighbour, leaves.0, Some(leaves.1), text);
        finding.back = flow.back;
        let fixed = neighbour.state & (NUD_PERMANENT | NUD_NOARP) != 0;
        let state = if fixed { ", permanent: it does not ask" } else { "" };
        finding.seen.push(format!("neighbour {next} of {name}:{link} lladdr {mac}{state}"));
        finding.mend.push(self.remedy(leaves.0, Act::DeleteNeighbour { link: link.into(), address: next }));
        if fixed {
            return self.wrong(finding);
        }
        // One that was learned is asked again in a while.
        self.doubts.push(finding);
        Ok(())
    }

    /// A router asks for IPv6 neighbours from its link-local address: one that is not usable yet is a doubt.
    fn asks_from(&mut self, leaves: Port, next: IpAddr, flow: &Flow) {
        let Some((space, link)) = self.evidence.space_of(leaves) else { return };
        let known =
            space.neighbours.iter().any(|own| own.index == leaves.1 && own.address == next && own.mac.is_some());
        if !next.is_ipv6() || known || space.more(leaves.1).noarp || !link.carrier {
            return;
        }
        let unready = IFA_F_TENTATIVE | IFA_F_DADFAILED;
        let of_link = |own: &&Address| matches!(own.prefix.address(), IpAddr::V6(own) if own.is_unicast_link_local());
        let mut own = link.addresses.iter().filter(of_link);
        let first = own.clone().next().filter(|_| own.all(|own| own.flags & unready != 0)).cloned();
        if let Some(first) = first
            && let Stop::Wrong(finding) = self.tentative(leaves.0, leaves.1, &first, flow.back)
        {
            self.doubts.push(*finding);
        }
    }

    /// Whether packets of the size pass every link to a neighbour.
    fn fits(&mut self, leaves: Port, end: &End, flow: &Flow) -> Walk<()> {
        let space = self.space(leaves.0)?;
        let Some(first) = space.node.link_at(leaves.1) else { return Ok(()) };
        let size = flow.size.unwrap_or(first.mtu);
        let explicit = self.goal.size.is_some();
        if size > first.mtu && explicit {
            return Err(self.too_small(leaves, size, None, flow));
        }
        // A router tells the sender of a smaller link, and it sends smaller ones.
        let size = size.min(first.mtu);
        for (port, _) in &end.links {
            let Some((_, link)) = self.evidence.space_of(*port) else { continue };
            // A bridge is no link: frames pass its ports. A VLAN tag has room beside the MTU.
            let counts = *port == end.port || !link.is("bridge");
            if counts && link.mtu.saturating_add(4) < size {
                return Err(self.too_small(*port, size, Some(leaves), flow));
            }
        }
        Ok(())
    }
}

/// Somebody who has an address, or ought to.
struct Owner<'s> {
    home: Place,
    end: &'s End,
    /// Whether packets to the address are taken there.
    ready: bool,
    /// Whether a lab gives it the address.
    wished: bool,
}
