//! Who asks whom for what, and what is expected of it. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use super::{Asked, Participant};
use crate::error::{Error, ErrorKind, Result};
use crate::topology::spec::Expect;
use crate::types::{Service, quote};

/// What is asked of whom, by the members' numbers.
pub(super) struct Rules<'e> {
    from: Option<HashSet<usize>>,
    to: Option<HashSet<usize>>,
    /// Only these pairs are asked, where that is told.
    only: Option<HashMap<usize, BTreeSet<usize>>>,
    pairs: HashMap<(usize, usize), bool>,
    ports: Vec<(usize, usize, &'e Expect)>,
}

impl<'e> Rules<'e> {
    /// `whose` is who the members are, for messages.
    pub(super) fn new(members: &[Participant], asked: &Asked, expect: &'e [Expect], whose: &str) -> Result<Self> {
        let places: HashMap<&str, usize> = members.iter().map(|member| member.name.as_str()).zip(0..).collect();
        let find = |name: &str| {
            places.get(name).copied().ok_or_else(|| {
                let some: Vec<&str> = members.iter().take(8).map(|member| member.name.as_str()).collect();
                let more = if members.len() > some.len() { ", …" } else { "" };
                let help = format!("there is: {}{more}", some.join(", "));
                Error::new(ErrorKind::NotFound, format!("{whose} has no node {}", quote(name))).with_help(help)
            })
        };
        let all = |names: &[String]| -> Result<Option<HashSet<usize>>> {
            if names.is_empty() {
                Ok(None)
            } else {
                names.iter().map(|name| find(name)).collect::<Result<_>>().map(Some)
            }
        };
        let (from, to) = (all(&asked.from)?, all(&asked.to)?);
        let mut rules = Self { from, to, only: None, pairs: HashMap::new(), ports: Vec::new() };
        let mut only: HashMap<usize, BTreeSet<usize>> = HashMap::new();
        for one in expect {
            let pair = (find(one.from.as_str()), find(one.to.as_str()));
            let (from, to) = match pair {
                (Ok(from), Ok(to)) => (from, to),
                // What the file expects was looked at with the file.
                (Err(error), _) | (_, Err(error)) if asked.expect.is_some() => return Err(error),
                _ => continue,
            };
            if !rules.is_asked(from, to) {
                continue;
            }
            if one.service.is_some() {
                rules.ports.push((from, to, one));
            } else {
                rules.pairs.insert((from, to), one.reach);
                only.entry(from).or_default().insert(to);
            }
        }
        rules.only = asked.expect.is_some().then_some(only);
        Ok(rules)
    }

    fn is_asked(&self, from: usize, to: usize) -> bool {
        let within = |all: &Option<HashSet<usize>>, one| all.as_ref().is_none_or(|all| all.contains(&one));
        from != to && within(&self.from, from) && within(&self.to, to)
    }

    /// Whom a member asks, in order.
    pub(super) fn asked_by(&self, members: usize, from: usize) -> Vec<usize> {
        match &self.only {
            Some(only) => only.get(&from).into_iter().flatten().copied().collect(),
            None => (0..members).filter(|to| self.is_asked(from, *to)).collect(),
        }
    }

    /// Whom a member asks at which addresses, in order.
    pub(super) fn questions(&self, members: &[Participant], from: usize) -> Vec<(usize, IpAddr)> {
        let of = |to: usize| {
            members
                .get(to)
                .into_iter()
                .flat_map(move |member| member.addresses.iter().map(move |address| (to, *address)))
        };
        self.asked_by(members.len(), from).into_iter().flat_map(of).collect()
    }

    /// Everyone is to reach everyone, unless something else is said.
    pub(super) fn expected(&self, from: usize, to: usize) -> bool {
        self.pairs.get(&(from, to)).copied().unwrap_or(true)
    }

    /// The ports that something is expected of: who asks, who is asked, and whether it is to be reached.
    pub(super) fn ports(&self) -> Vec<(usize, usize, Service, bool)> {
        let port = |(from, to, expect): &(usize, usize, &Expect)| Some((*from, *to, expect.service?, expect.reach));
        self.ports.iter().filter_map(port).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::spec::expectations;

    fn members() -> Vec<Participant> {
        let member = |(name, last): (&str, u8)| Participant {
            name: name.into(),
            addresses: vec![[10, 0, 0, last].into(), [10, 1, 0, last].into()],
            networks: Vec::new(),
        };
        [("a", 1), ("b", 2), ("c", 3)].map(member).into()
    }

    fn asked(asked: &Asked, expect: &[Expect]) -> (Vec<Vec<usize>>, Vec<String>) {
        let members = members();
        let rules = Rules::new(&members, asked, expect, "lab \"t\"").unwrap();
        let whom = (0..3).map(|from| rules.asked_by(3, from)).collect();
        let ports = rules.ports().into_iter().map(|(f, t, service, reach)| format!("{f}{t} {service} {reach}"));
        (whom, ports.collect())
    }

    #[test]
    fn all_or_some_are_asked() {
        let file = expectations(["a -> b:80", "c !> a", "b !> c:53/udp"]).unwrap();
        let (whom, ports) = asked(&Asked::default(), &file);
        assert_eq!(whom, [vec![1, 2], vec![0, 2], vec![0, 1]]);
        assert_eq!(ports, ["01 80 true", "12 53/udp false"]);
        let some = Asked { from: vec!["a".into(), "b".into()], to: vec!["b".into()], ..Asked::default() };
        assert_eq!(asked(&some, &file), (vec![vec![1], vec![], vec![]], vec!["01 80 true".into()]));
        let rules = expectations(["c -> a"]).unwrap();
        let only = Asked { expect: Some(rules.clone()), ..Asked::default() };
        assert_eq!(asked(&only, &rules), (vec![vec![], vec![], vec![0]], vec![]));
    }

    #[test]
    fn each_address_is_a_question() {
        let members = members();
        let rules = Rules::new(&members, &Asked::default(), &[], "x").unwrap();
        let found: Vec<String> = rules.questions(&members, 1).iter().map(|(to, at)| format!("{to} {at}")).collect();
        assert_eq!(found, ["0 10.0.0.1", "0 10.1.0.1", "2 10.0.0.3", "2 10.1.0.3"]);
    }

    #[test]
    fn who_is_not_there_is_told() {
        let asked = Asked { from: vec!["x".into()], ..Asked::default() };
        let error = Rules::new(&members(), &asked, &[], "lab \"t\"").err().unwrap();
        assert_eq!(
            (error.to_string(), error.help()),
            ("lab \"t\" has no node \"x\"".into(), Some("there is: a, b, c"))
        );
        let rules = expectations(["a -> y"]).unwrap();
        assert!(Rules::new(&members(), &Asked::default(), &rules, "x").is_ok());
        let asked = Asked { expect: Some(rules.clone()), ..Asked::default() };
        assert!(Rules::new(&members(), &asked, &rules, "x").is_err());
    }
}
