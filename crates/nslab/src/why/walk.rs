//! The walk: from hop to hop, there and back, until something is wrong or all is well. Pure.

use std::net::IpAddr;

use super::evidence::{Asked, Entry, Evidence, Place, Question, Space, Taken, Way};
use super::fib::{self, Match};
use super::filter::{self, Outcome, Packet};
use super::finding::{Cause, Finding, Hop, Walked};
use super::remedy::{Act, Remedy};
use super::segment::{self, Port, Segment};
use crate::topology::observe::seen::Address;
use crate::wire::consts::nft::{
    NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING,
};
use crate::wire::consts::{IFA_F_DADFAILED, IFA_F_TENTATIVE, RTN_LOCAL, RTN_UNICAST, RTPROT_KERNEL};

/// ICMP, and its protocol number for each family.
pub(super) const ICMP: [u8; 2] = [1, 58];
/// TCP's protocol number.
pub const TCP: u8 = 6;
/// UDP's protocol number.
pub const UDP: u8 = 17;

/// Longer ways go round in circles.
const FARTHEST: usize = 64;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Who sends.
    pub from: Place,
    /// To which address.
    pub to: IpAddr,
    /// Whose address that is, where a node was asked for.
    pub node: Option<Place>,
    /// TCP or UDP ([`TCP`], [`UDP`]) and the port; ICMP echo without.
    pub service: Option<(u8, u16)>,
    /// The size of a packet in bytes that has to pass whole; without, the largest that the first link takes.
    pub size: Option<u32>,
}

/// What comes of thinking about what is known.
#[derive(Debug, Clone)]
pub enum Step {
    /// It takes more to know.
    Ask(Vec<Question>),
    /// The answer.
    Done(Box<Walked>),
}

/// Why a walk ends early.
pub(super) enum Stop {
    Ask(Vec<Question>),
    Wrong(Box<Finding>),
    /// What happens there cannot be seen.
    Unseen,
}

pub(super) type Walk<T> = Result<T, Stop>;

/// A packet on its way.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) from: Option<IpAddr>,
    pub(super) to: IpAddr,
    pub(super) ports: (Option<u16>, Option<u16>),
    pub(super) back: bool,
    pub(super) size: Option<u32>,
}

pub(super) struct Walker<'e> {
    pub(super) evidence: &'e Evidence,
    pub(super) goal: &'e Goal,
    protocol: u8,
    walked: Walked,
    /// Choices of routes that are not what the lab says, or not the usual: blamed where the way ends for want of one.
    suspects: Vec<Finding>,
    /// What may be wrong, where nothing else is and there is no answer.
    pub(super) doubts: Vec<Finding>,
    /// Source addresses that were replaced: where, what it was, what it became.
    replaced: Vec<(Place, IpAddr, IpAddr)>,
    /// The link that the packet left by last, and whom it was handed to.
    last: Option<(Port, IpAddr)>,
    /// How many tunnels this walk is inside of.
    depth: usize,
}

/// Thinks about what is known.
#[must_use]
pub fn reason(evidence: &Evidence, goal: &Goal) -> Step {
    let mut walker = Walker::new(evidence, goal, 0);
    match walker.both_ways() {
        Err(Stop::Ask(questions)) => Step::Ask(questions),
        Err(Stop::Wrong(finding)) => {
            let finding = walker.blamed(*finding);
            walker.walked.finding = Some(finding);
            Step::Done(Box::new(walker.walked))
        }
        Ok(()) | Err(Stop::Unseen) => {
            walker.walked.doubts = std::mem::take(&mut walker.doubts);
            walker.walked.unsure.sort();
            walker.walked.unsure.dedup();
            Step::Done(Box::new(walker.walked))
        }
    }
}

impl<'e> Walker<'e> {
    fn new(evidence: &'e Evidence, goal: &'e Goal, depth: usize) -> Self {
        let icmp = if goal.to.is_ipv6() { ICMP[1] } else { ICMP[0] };
        let protocol = goal.service.map_or(icmp, |(protocol, _)| protocol);
        let walked = Walked::default();
        let (suspects, doubts, replaced) = (Vec::new(), Vec::new(), Vec::new());
        Self { evidence, goal, protocol, walked, suspects, doubts, replaced, last: None, depth }
    }

    fn both_ways(&mut self) -> Walk<()> {
        let port = self.goal.service.map(|(_, port)| port);
        let there = Flow { from: None, to: self.goal.to, ports: (None, port), back: false, size: self.goal.size };
        let (end, there) = self.walk(self.goal.from, there)?;
        if self.depth > 0 {
            return Ok(());
        }
        if end == self.goal.from {
            self.walked.source = Some(self.goal.to);
            return self.listening(end);
        }
        let Some(source) = there.from else { return Err(Stop::Unseen) };
        self.listening(end)?;
        let back = Flow { from: Some(self.goal.to), to: source, ports: (port, None), back: true, size: self.goal.size };
        let (home, _) = self.walk(end, back)?;
        if home != self.goal.from {
            let space = self.evidence.spaces.get(&home);
            if space.is_some_and(|space| space.addresses().any(|(_, own)| own.prefix.address() == source)) {
                return Err(self.twice(home, Some(self.goal.from), source, true));
            }
            let text = format!("the answer to {source} ends at {}", self.name(home));
            return self.wrong(Finding { back: true, ..self.finding(Cause::AddressTwice, home, None, text) });
        }
        Ok(())
    }

    /// A route that is not what the lab says, or that an unusual rule chose, is to blame where a way ends nowhere; what
    /// is broken by itself is not.
    fn blamed(&mut self, finding: Finding) -> Finding {
        let by_routes = matches!(
            finding.cause,
            Cause::NoRoute
                | Cause::NoWayBack
                | Cause::WrongGateway
                | Cause::GatewayNotOnLink
                | Cause::Loop
                | Cause::ForwardingOff
                | Cause::RouteRefuses
                | Cause::ReversePathFilter
                | Cause::NoSuchAddress
                | Cause::WrongPrefix
        );
        let suspect = self.suspects.iter().position(|suspect| suspect.back == finding.back);
        match suspect.filter(|_| by_routes) {
            Some(at) => {
                let mut suspect = self.suspects.swap_remove(at);
                if suspect.text != finding.text {
                    suspect.seen.push(format!("there, {}", finding.text));
                }
                suspect
            }
            None => finding,
        }
    }

    fn walk(&mut self, start: Place, mut flow: Flow) -> Walk<(Place, Flow)> {
        let (mut at, mut input) = (start, None);
        let mut been: Vec<(Place, Option<u32>)> = Vec::new();
        for _ in 0..FARTHEST {
            if been.contains(&(at, input)) {
                break;
            }
            been.push((at, input));
            let evidence = self.evidence;
            let space = self.space(at)?;
            if let Some((_, was, _)) =
                self.replaced.iter().find(|(place, _, now)| flow.back && *place == at && *now == flow.to)
            {
                flow.to = *was;
            }
            if fib::is_local(space, flow.to) {
                if let Some(input) = input {
                    self.arrived(at, input, &flow)?;
                }
                return Ok((at, flow));
            }
            self.unready(at, space, flow.to, flow.back)?;
            if let Some(input) = input {
                self.may_pass(at, input, &flow)?;
            }
            let asked = self.asked(at, &flow, input);
            let taken = match self.ask(&asked)? {
                Way::Taken(taken) if taken.kind == RTN_UNICAST => taken.clone(),
                Way::Taken(taken) if taken.kind == RTN_LOCAL => return Ok((at, flow)),
                Way::Taken(_) => return Err(self.no_route(at, input, &flow, 0)),
                Way::Refused(errno) => return Err(self.no_route(at, input, &flow, *errno)),
            };
            let found = fib::look_up(space, &asked);
            if input.is_none() {
                flow.from = flow.from.or(taken.source);
                if !flow.back {
                    self.walked.source = flow.from;
                }
                self.own_address(at, space, &taken, &flow)?;
            }
            self.suspect(at, &flow, &taken, found);
            let leaves = (at, taken.output);
            if flow.size.is_none() {
                flow.size = space.node.link_at(taken.output).map(|link| link.mtu);
            }
            self.pass_out(at, input, taken.output, &mut flow)?;
            let next = taken.gateway.unwrap_or(flow.to);
            let (end, through) = self.deliver(leaves, next, &taken, &flow, found)?;
            let route =
                found.and_then(|found| found.entry).map_or_else(String::new, |entry| self.route_words(space, entry));
            let hop =
                Hop { from: evidence.port(at, taken.output), to: evidence.port(end.0, end.1), through, route, next };
            if flow.back {
                self.walked.back.push(hop)
            } else {
                self.walked.there.push(hop)
            }
            self.last = Some((leaves, next));
            (at, input) = (end.0, Some(end.1));
        }
        let text = format!("packets to {} go round in circles by {}", flow.to, self.name(at));
        self.wrong(Finding { back: flow.back, ..self.finding(Cause::Loop, at, None, text) })
    }

    /// What a packet has to pass where it arrives.
    fn arrived(&mut self, at: Place, input: u32, flow: &Flow) -> Walk<()> {
        self.reverse_path(at, input, flow)?;
        let space = self.space(at)?;
        let link = Some((input, space.link_name(input).to_owned()));
        self.filtered(at, NF_INET_PRE_ROUTING, flow, link.clone(), None)?;
        self.filtered(at, NF_INET_LOCAL_IN, flow, link, None)?;
        let ignored = if flow.to.is_ipv6() { space.echo_ignored.1 } else { space.echo_ignored.0 };
        if ICMP.contains(&self.protocol) && !flow.back && ignored && self.depth == 0 {
            let path =
                if flow.to.is_ipv6() { "net/ipv6/icmp/echo_ignore_all" } else { "net/ipv4/icmp_echo_ignore_all" };
            let mut finding = self.finding(Cause::EchoIgnored, at, None, format!("{} answers no ping", self.name(at)));
            finding.seen.push(format!("{} is 1 there", path.replace('/', ".")));
            finding.mend.push(self.remedy(at, Act::Setting { path: path.into(), value: "0".into() }));
            return self.wrong(finding);
        }
        Ok(())
    }

    /// What a packet has to pass where it is to be passed on.
    fn may_pass(&mut self, at: Place, input: u32, flow: &Flow) -> Walk<()> {
        let space = self.space(at)?;
        let link = Some((input, space.link_name(input).to_owned()));
        if let Some(from) = flow.from
            && fib::is_local(space, from)
        {
            return Err(self.twice(at, None, from, flow.back));
        }
        if !space.forwards(flow.to.is_ipv6(), input) {
            return Err(self.no_forwarding(at, input, flow));
        }
        self.reverse_path(at, input, flow)?;
        self.filtered(at, NF_INET_PRE_ROUTING, flow, link, None).map(drop)
    }

    fn pass_out(&mut self, at: Place, input: Option<u32>, output: u32, flow: &mut Flow) -> Walk<()> {
        let space = self.space(at)?;
        let named = |index: u32| (index, space.link_name(index).to_owned());
        let hook = if input.is_some() { NF_INET_FORWARD } else { NF_INET_LOCAL_OUT };
        self.filtered(at, hook, flow, input.map(named), Some(named(output)))?;
        let masqueraded = self.filtered(at, NF_INET_POST_ROUTING, flow, None, Some(named(output)))?;
        if masqueraded
            && !flow.back
            && let Some(from) = flow.from
        {
            let of_link = space.node.link_at(output).into_iter().flat_map(|link| &link.addresses);
            let same = |address: &&Address| address.scope == 0 && address.prefix.is_ipv6() == flow.to.is_ipv6();
            if let Some(own) = of_link.clone().find(same) {
                self.replaced.push((at, from, own.prefix.address()));
                flow.from = Some(own.prefix.address());
            }
        }
        Ok(())
    }

    /// Whether it passes a hook of the packet filter; and whether it gets another source address there.
    fn filtered(
        &mut self,
        at: Place,
        hook: u32,
        flow: &Flow,
        input: Option<(u32, String)>,
        output: Option<(u32, String)>,
    ) -> Walk<bool> {
        let space = self.space(at)?;
        let (protocol, ports) = (self.protocol, flow.ports);
        let packet = Packet { from: flow.from, to: flow.to, protocol, ports, reply: flow.back, input, output };
        let (owner, chain, mend, seen) = match filter::run(space, hook, &packet, &mut self.walked.unsure) {
            Outcome::Passes { masqueraded } => return Ok(masqueraded),
            Outcome::Rule { owner, chain, handle, refuses, shown } => {
                let does = if refuses { "refuses" } else { "drops" };
                let seen = format!("{shown} of {} {} {chain} {does} it", owner.family, owner.table);
                let (family, table) = (owner.family, owner.table.clone());
                (owner, chain.clone(), Act::DeleteFilterRule { family, table, chain, handle }, seen)
            }
            Outcome::Policy { owner, chain } => {
                let seen =
                    format!("no rule of {} {} {chain} lets it pass, and its policy is drop", owner.family, owner.table);
                let (family, table) = (owner.family, owner.table.clone());
                (owner, chain.clone(), Act::FilterAccepts { family, table, chain }, seen)
            }
        };
        let what = match hook {
            NF_INET_LOCAL_IN | NF_INET_PRE_ROUTING => "what comes in",
            NF_INET_FORWARD => "what it would pass on",
            _ => "what goes out",
        };
        let text = format!(
            "the packet filter of {} stops {what}: nftables chain {} {} {chain}",
            self.name(at),
            owner.family,
            owner.table
        );
        let mut finding = self.finding(Cause::Filtered, at, None, text);
        finding.back = flow.back;
        finding.seen.push(seen);
        finding.seen.push(format!("the packet: {}", self.packet_words(flow)));
        finding.hint = Some("or put a rule that accepts it in front".into());
        finding.mend.push(self.remedy(at, mend));
        self.wrong(finding)
    }

    fn packet_words(&self, flow: &Flow) -> String {
        let from = flow.from.map_or("?".into(), |from| from.to_string());
        match (self.goal.service, flow.back) {
            (Some((protocol, port)), false) => format!("{} {from} -> {} port {port}", protocol_name(protocol), flow.to),
            (Some((protocol, port)), true) => format!("{} {from} port {port} -> {}", protocol_name(protocol), flow.to),
            (None, false) => format!("ICMP echo request {from} -> {}", flow.to),
            (None, true) => format!("ICMP echo reply {from} -> {}", flow.to),
        }
    }

    fn reverse_path(&mut self, at: Place, input: u32, flow: &Flow) -> Walk<()> {
        let space = self.space(at)?;
        let (Some(from), false) = (flow.from, flow.to.is_ipv6()) else { return Ok(()) };
        let filter = space.rp_filter(input);
        if filter == 0 {
            return Ok(());
        }
        let back = Asked { place: at, to: from, from: None, input: None, protocol: self.protocol, ports: None };
        let way = self.ask(&back)?.clone();
        let wrong = match &way {
            Way::Taken(taken) => filter == 1 && taken.output != input,
            Way::Refused(_) => true,
        };
        if !wrong {
            return Ok(());
        }
        Err(self.reverse_path_drops(at, input, from, &way, flow))
    }

    fn listening(&mut self, at: Place) -> Walk<()> {
        let Some((protocol, port)) = self.goal.service else { return Ok(()) };
        let Some(listeners) = self.evidence.listeners.get(&at) else {
            return Err(Stop::Ask(vec![Question::Listeners(at)]));
        };
        let own = |address: IpAddr| address.is_unspecified() || address == self.goal.to;
        let takes = |family: IpAddr| family.is_ipv6() || self.goal.to.is_ipv4();
        let mut of_port = listeners.iter().filter(|one| one.protocol == protocol && one.port == port);
        if of_port.clone().any(|one| own(one.address) && takes(one.address)) {
            return Ok(());
        }
        let name = protocol_name(protocol);
        let text = format!("nobody waits at {} port {port} of {}", name, self.name(at));
        let mut finding = self.finding(Cause::NotListening, at, None, text);
        if let Some(other) = of_port.next() {
            finding.text =
                format!("whoever waits at {name} port {port} of {} does so at {} only", self.name(at), other.address);
            finding.hint = Some(format!("have it listen at {} or at any address", self.goal.to));
        } else {
            let mut ports: Vec<String> =
                listeners.iter().filter(|one| one.protocol == protocol).map(|one| one.port.to_string()).collect();
            ports.sort();
            ports.dedup();
            finding.seen.push(if ports.is_empty() {
                format!("no {name} socket waits there at all")
            } else {
                format!("{name} sockets wait there at port {}", ports.join(", "))
            });
            finding.hint = Some(format!(
                "start the program in {0}: nslab exec {0} COMMAND, or `run` of {0} in the lab file",
                self.name(at)
            ));
        }
        self.wrong(finding)
    }

    pub(super) fn segment(&self, from: Port) -> Walk<Segment> {
        segment::search(self.evidence, from)
            .map_err(|places| Stop::Ask(places.into_iter().map(Question::Space).collect()))
    }

    /// Whether what is in a tunnel arrives at its other end.
    pub(super) fn tunnel(&mut self, near: Port) -> Walk<()> {
        let Some(remote) = self.space(near.0)?.more(near.1).vxlan.and_then(|tunnel| tunnel.remote) else {
            return Ok(());
        };
        if remote.is_multicast() || self.depth > 2 {
            return Ok(());
        }
        let goal = Goal { from: near.0, to: remote, node: None, service: Some((UDP, 4789)), size: None };
        let mut inner = Walker::new(self.evidence, &goal, self.depth + 1);
        match inner.both_ways() {
            Err(Stop::Wrong(finding)) => {
                let mut finding = inner.blamed(*finding);
                finding.seen.push(format!("tunnel {} leads to {remote}", self.evidence.port(near.0, near.1)));
                self.wrong(finding)
            }
            Err(Stop::Ask(questions)) => Err(Stop::Ask(questions)),
            Ok(()) | Err(Stop::Unseen) => Ok(()),
        }
    }

    /// An address of this namespace that packets cannot come to.
    fn unready(&mut self, at: Place, space: &Space, address: IpAddr, back: bool) -> Walk<()> {
        let has = space.addresses().find(|(_, own)| own.prefix.address() == address).map(|(link, _)| link.index);
        let wished = self.evidence.intended.get(&at).and_then(|intended| {
            let of = |wish: &&super::evidence::Wish| wish.addresses.iter().any(|own| own.address() == address);
            space.node.link(&intended.links.iter().find(of)?.name).map(|link| link.index)
        });
        let Some(link) = has.or(wished) else { return Ok(()) };
        let flow = Flow { from: None, to: address, ports: (None, None), back, size: None };
        Err(self.not_ready(at, (at, link), address, &flow))
    }

    /// Whether the sender has an address to send from.
    fn own_address(&mut self, at: Place, space: &Space, taken: &Taken, flow: &Flow) -> Walk<()> {
        let Some(link) = space.node.link_at(taken.output) else { return Ok(()) };
        let link_local = |address: IpAddr| matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
        let unready = IFA_F_TENTATIVE | IFA_F_DADFAILED;
        let own = link.addresses.iter().filter(|own| own.prefix.is_ipv6() && own.scope == 0);
        if flow.to.is_ipv6()
            && let Some(own) = own.clone().find(|own| own.flags & unready != 0)
        {
            let none_else = flow.from.is_none_or(|from| link_local(from) || from == own.prefix.address());
            if none_else {
                return Err(self.tentative(at, link.index, own, flow.back));
            }
        }
        // An address of the link is no source for what goes farther.
        if flow.from.is_some_and(link_local) && !link_local(flow.to) {
            let missing = self.missing_address(at, link.index, flow);
            return Err(match missing {
                Some(finding) => self.stop(finding),
                None => self.without_address(at, space, flow),
            });
        }
        Ok(())
    }

    /// Notes a choice of routes that may turn out to be wrong.
    fn suspect(&mut self, at: Place, flow: &Flow, taken: &Taken, found: Option<Match<'e>>) {
        let Some(found) = found else { return };
        let Some(space) = self.evidence.spaces.get(&at) else { return };
        if !fib::is_usual(found.rule) {
            let finding = self.rule_sends_elsewhere(at, space, flow, found);
            self.suspects.push(finding);
            return;
        }
        let Some(entry) = found.entry.filter(|entry| entry.protocol != RTPROT_KERNEL) else { return };
        if let Some(finding) = self.not_as_intended(at, space, flow, taken, entry) {
            self.suspects.push(finding);
        }
    }

    pub(super) fn space(&self, place: Place) -> Walk<&'e Space> {
        self.evidence.spaces.get(&place).ok_or_else(|| Stop::Ask(vec![Question::Space(place)]))
    }

    pub(super) fn ask(&self, asked: &Asked) -> Walk<&'e Way> {
        let answer = self.evidence.ways.iter().find(|(other, _)| other == asked);
        answer.map(|(_, way)| way).ok_or_else(|| Stop::Ask(vec![Question::Way(asked.clone())]))
    }

    pub(super) fn asked(&self, place: Place, flow: &Flow, input: Option<u32>) -> Asked {
        let ports = match flow.ports {
            (None, None) => None,
            (from, to) => Some((from.unwrap_or(0), to.unwrap_or(0))),
        };
        Asked { place, to: flow.to, from: flow.from, input, protocol: self.protocol, ports }
    }

    pub(super) fn name(&self, place: Place) -> &'e str {
        self.evidence.name(place)
    }

    pub(super) fn last_hop(&self) -> Option<(Port, IpAddr)> {
        self.last
    }

    /// Whether it is the one that sends, or has the address that is to be reached by right of what was asked.
    pub(super) fn is_end(&self, place: Place) -> bool {
        place == self.goal.from || Some(place) == self.goal.node
    }

    pub(super) fn unsure(&mut self, what: String) {
        self.walked.unsure.push(what);
    }

    pub(super) fn finding(&self, cause: Cause, place: Place, link: Option<u32>, text: String) -> Finding {
        let link = link.and_then(|index| Some(self.evidence.spaces.get(&place)?.link_name(index).to_owned()));
        let (seen, mend) = (Vec::new(), Vec::new());
        Finding { cause, space: self.name(place).into(), link, back: false, text, seen, mend, hint: None }
    }

    pub(super) fn remedy(&self, place: Place, act: Act) -> Remedy {
        Remedy { space: self.evidence.command_name(place).into(), act }
    }

    pub(super) fn wrong<T>(&self, finding: Finding) -> Walk<T> {
        Err(Stop::Wrong(Box::new(finding)))
    }

    pub(super) fn route_words(&self, space: &Space, entry: &Entry) -> String {
        super::words::route(space, entry)
    }
}

pub(super) fn protocol_name(protocol: u8) -> &'static str {
    match protocol {
        TCP => "TCP",
        UDP => "UDP",
        _ => "ICMP",
    }
}
