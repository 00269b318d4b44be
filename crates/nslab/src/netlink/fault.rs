//! Requests that fail when a test says so: refused, or done with the kernel's answer lost. On the kernel's own sockets,
//! so that what is left can be looked at. Not there in a release: only with the feature `fake-kernel`.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use rustix::io::Errno;

use super::fake::acknowledge;
use crate::wire::consts::NLM_F_ACK;
use crate::wire::consts::nft::{NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END, NFNL_SUBSYS_NFTABLES};
use crate::wire::{Message, Messages};

/// What the kernel says of a request that is refused.
pub const WORDS: &str = "refused by a test";

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does not reach the kernel, and is answered with `EIO` and [`WORDS`].
    Refused,
    /// It is done, and its answer is lost (`ENOBUFS`).
    Lost,
}

/// Which requests are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that change something.
    Changes,
    /// Those that ask.
    Questions,
}

/// What happens to the requests of this process, on whichever socket and thread.
#[derive(Debug, Default)]
struct Plan {
    /// How many such requests there were.
    seen: usize,
    next: Option<(usize, Fault, Which)>,
}

static PLAN: Mutex<Plan> = Mutex::new(Plan { seen: 0, next: None });

/// Has the request with a number fail, of those that are meant, counted from 1 from now on.
pub fn arm(nth: usize, fault: Fault, which: Which) {
    *lock() = Plan { seen: 0, next: Some((nth, fault, which)) };
}

/// Lets all requests pass again. Whether one has failed.
pub fn disarm() -> bool {
    let plan = std::mem::take(&mut *lock());
    plan.next.is_some_and(|(nth, ..)| nth <= plan.seen)
}

fn lock() -> std::sync::MutexGuard<'static, Plan> {
    PLAN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a socket is to send of a datagram, and what it is to receive before what comes.
pub(super) fn strike(datagram: &[u8], port: u32, pending: &mut VecDeque<Result<Vec<u8>, Errno>>) -> Vec<u8> {
    let mut plan = lock();
    let mut rest = Vec::new();
    let (mut together, mut aborted) = (false, false);
    for message in Messages::new(datagram).flatten() {
        // Numbers of links' messages are the same, but these have more in them.
        let is_mark =
            [NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END].contains(&message.header.kind) && message.body.len() == 4;
        together |= is_mark;
        let meant = plan.next.filter(|(.., which)| !is_mark && kind_of(message.header.kind) == *which);
        plan.seen += usize::from(meant.is_some());
        let fault = meant.filter(|(nth, ..)| *nth == plan.seen).map(|(_, fault, _)| fault);
        match fault {
            Some(Fault::Refused) => {
                pending.push_back(Ok(answer(&message, libc::EIO, Some(WORDS), port)));
                aborted = together;
                continue;
            }
            Some(Fault::Lost) => pending.push_back(Err(Errno::NOBUFS)),
            // Of a transaction that is not done the last request is answered all the same.
            None if aborted && message.header.flags & NLM_F_ACK != 0 => {
                pending.push_back(Ok(answer(&message, 0, None, port)));
            }
            None => {}
        }
        message.append_to(&mut rest);
    }
    if aborted { Vec::new() } else { rest }
}

/// Messages come in threes of new, get and delete in the packet filter; elsewhere in fours of new, delete, get and set.
fn kind_of(message: u16) -> Which {
    let question = match message.checked_sub(NFNL_SUBSYS_NFTABLES << 8) {
        Some(of_filter) => of_filter % 3 == 1,
        None => message % 4 == 2,
    };
    if question { Which::Questions } else { Which::Changes }
}

/// An acknowledgement as a socket with a port gets it.
fn answer(message: &Message<'_>, errno: i32, words: Option<&str>, port: u32) -> Vec<u8> {
    let mut answer = acknowledge(message, errno, words);
    if let Some(of_header) = answer.get_mut(12..16) {
        of_header.copy_from_slice(&port.to_ne_bytes());
    }
    answer
}
