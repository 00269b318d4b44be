//! What changes disturb besides: the kernel takes routes with addresses, and addresses with links.

use super::step::{again, as_config};
use super::{Changer, is_gone};
use crate::error::Result;
use crate::namespace::settings::Settings;
use crate::topology::observe::seen;
use crate::wire::Request;
use crate::wire::consts::{RTPROT_BOOT, RTPROT_STATIC};

impl Changer {
    /// Puts back the routes of others (of routing programs, say) that went with something of ours.
    pub(super) fn restore_others(&mut self) -> Result<()> {
        self.restore(|route| !matches!(route.protocol, RTPROT_BOOT | RTPROT_STATIC), false)
    }

    /// Puts back everything that was.
    pub(super) fn restore_all(&mut self) -> Result<()> {
        self.restore(|_| true, true)
    }

    fn restore(&mut self, of_interest: impl Fn(&seen::Route) -> bool, whole: bool) -> Result<()> {
        let mut lost: Vec<(usize, Request, String)> = Vec::new();
        let mut settings: Vec<(usize, String, String)> = Vec::new();
        for place in &self.touched {
            let Some(work) = self.nodes.get(*place) else { continue };
            let Some(before) = &work.before else { continue };
            for link in before.links.iter().filter(|_| whole) {
                let Some(now) = work.now.link(&link.name).filter(|now| now.index == link.index) else { continue };
                let gone = |address: &&seen::Address| !now.addresses.iter().any(|here| here.prefix == address.prefix);
                for address in link.addresses.iter().filter(gone) {
                    let what = format!("putting address {} back to {}:{}", address.prefix, work.name, link.name);
                    lost.push((*place, as_config(link.index, address).add(), what));
                }
            }
            if whole {
                let changed = before.sysctl.iter().filter(|(path, value)| work.now.sysctl.get(*path) != Some(value));
                settings.extend(changed.filter_map(|(path, value)| Some((*place, path.clone(), value.clone()?))));
            }
            let here = |route: &seen::Route| {
                work.now.routes.iter().any(|now| now.way == route.way && now.protocol == route.protocol)
            };
            let over = |route: &seen::Route| {
                route
                    .way
                    .hops
                    .iter()
                    .all(|hop| hop.dev.as_ref().is_none_or(|dev| work.now.link(dev.as_str()).is_some()))
            };
            for route in before.routes.iter().filter(|route| of_interest(route) && !here(route) && over(route)) {
                lost.push((*place, again(route), format!("putting route {} back to {}", route.way, work.name)));
            }
        }
        let mut first = Ok(());
        for (place, request, what) in lost {
            match self.request(place, request, &what) {
                Err(error) if is_gone(&error) || !whole => {}
                done => first = first.and(done),
            }
        }
        for (place, path, value) in settings {
            first = first.and(self.write(place, &path, &value, &mut Settings::default()));
        }
        first
    }
}
