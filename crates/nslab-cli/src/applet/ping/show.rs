//! What is printed of each event.

use std::io::IsTerminal;
use std::time::{SystemTime, UNIX_EPOCH};

use nslab::probe::Scoped;
use nslab::probe::engine::{Event, Session};
use nslab::types::strerror;

use super::arguments::Arguments;
use super::called::Called;
use super::complain;
use super::print::{self, Style};

pub(super) struct Show<'a> {
    arguments: &'a Arguments,
    called: Called,
    /// Whether several may answer.
    several: bool,
    /// Dots of a flood that fit the terminal.
    width: u64,
}

impl<'a> Show<'a> {
    pub(super) fn new(arguments: &'a Arguments, called: Called, several: bool) -> Self {
        Self { arguments, called, several, width: width() }
    }

    /// The text of an event, which may be none. What is wrong on this side goes to standard error.
    pub(super) fn event(&self, event: &Event<'_>, session: &Session) -> String {
        let Arguments { quiet, flood, outstanding, verbose, .. } = *self.arguments;
        match event {
            Event::Unanswered { seq } if outstanding => {
                format!("{}no answer yet for icmp_seq={seq}\n", self.date())
            }
            Event::Unanswered { .. } => String::new(),
            _ if quiet => String::new(),
            Event::Sent { .. } if flood && self.fits(session) => ".".into(),
            Event::Sent { .. } => String::new(),
            Event::Refused { error: false, .. } => String::new(),
            Event::Refused { .. } if flood => "E".into(),
            Event::Refused { errno, .. } => {
                complain(&format!("sendmsg: {}", strerror(*errno)));
                String::new()
            }
            Event::Reply(reply) if flood => {
                let bell = if self.arguments.audible { "\x07" } else { "" };
                format!("{}{bell}", if reply.corrupted { "\x08C" } else { "\x08 \x08" })
            }
            Event::Reply(reply) => {
                let style = Style {
                    precise: self.arguments.precise,
                    audible: self.arguments.audible,
                    identifier: verbose.then(|| session.id()),
                    many_answer: self.several && !verbose,
                };
                let sender = self.called.name(Scoped { address: reply.from, scope: reply.scope });
                format!("{}{}", self.date(), print::reply(reply, &sender, style))
            }
            Event::Notice { error, .. } if flood => (if *error { "\x08E" } else { "" }).into(),
            Event::Notice { from, scope, notice, error } => {
                let sender = self.called.name(Scoped { address: *from, scope: *scope });
                format!("{}{}", self.date(), print::notice(notice, &sender, *error))
            }
        }
    }

    /// A long row of dots would not be taken back on a terminal.
    fn fits(&self, session: &Session) -> bool {
        let pipe = u64::from(session.statistics().pipe);
        (u64::from(self.arguments.preload) < self.width && pipe < self.width)
            || u64::from(session.on_their_way()) < self.width
    }

    fn date(&self) -> String {
        if !self.arguments.dated {
            return String::new();
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("[{}.{:06}] ", now.as_secs(), now.subsec_micros())
    }
}

fn width() -> u64 {
    let out = std::io::stdout();
    let columns = if out.is_terminal() { rustix::termios::tcgetwinsize(&out).ok() } else { None };
    columns.map(|size| u64::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(u64::MAX)
}
