//! Colours, as `ip -color` uses them (ip(8)).

use std::io::IsTerminal;

/// What is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::applet::ip) enum Color {
    IfName,
    Mac,
    Inet,
    Inet6,
    Up,
    Down,
}

/// When colours are used: the value of `-color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::applet::ip) enum When {
    #[default]
    Never,
    Auto,
    Always,
}

impl When {
    /// `-color`, `-color=auto` and so on; any beginning of `color`. `None` for another option.
    pub(in crate::applet::ip) fn parse(option: &[u8]) -> Option<Self> {
        let at = option.iter().position(|byte| *byte == b'=');
        let (word, value) = at.map_or((option, None), |at| (option.get(..at).unwrap_or(option), option.get(at + 1..)));
        if word.len() < 2 || !b"-color".starts_with(word) {
            return None;
        }
        match value {
            None | Some(b"" | b"always") => Some(Self::Always),
            Some(b"auto") => Some(Self::Auto),
            Some(b"never") => Some(Self::Never),
            Some(_) => None,
        }
    }
}

/// The colours of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    dark_background: bool,
}

impl Palette {
    /// What the option, the terminal and the environment (`COLORFGBG`, set by terminals) come to.
    pub(super) fn choose(when: When) -> Option<Self> {
        let on = match when {
            When::Never => false,
            When::Always => true,
            When::Auto => std::io::stdout().is_terminal(),
        };
        let background = std::env::var("COLORFGBG").unwrap_or_default();
        let background = background.rsplit_once(';').map_or("", |(_, background)| background);
        let dark_background = matches!(background, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "8");
        on.then_some(Self { dark_background })
    }

    /// The terminal's code for a colour.
    pub(super) fn code(self, color: Color) -> &'static str {
        match (color, self.dark_background) {
            (Color::IfName, false) => "\x1b[36m",
            (Color::IfName, true) => "\x1b[1;36m",
            (Color::Mac, false) => "\x1b[33m",
            (Color::Mac, true) => "\x1b[1;33m",
            (Color::Inet, false) => "\x1b[35m",
            (Color::Inet, true) => "\x1b[1;35m",
            (Color::Inet6, false) => "\x1b[34m",
            (Color::Inet6, true) => "\x1b[1;34m",
            (Color::Up, false) => "\x1b[32m",
            (Color::Up, true) => "\x1b[1;32m",
            (Color::Down, false) => "\x1b[31m",
            (Color::Down, true) => "\x1b[1;31m",
        }
    }
}

/// What ends a colour.
pub(super) const RESET: &str = "\x1b[0m";
