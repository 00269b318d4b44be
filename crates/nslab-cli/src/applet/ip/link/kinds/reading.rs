//! How the words behind `type KIND` become attributes: a table of options, read in order.

use nslab::wire::Request;

use crate::applet::ip::fail::{FAILED, Fail, bytes};
use crate::applet::ip::names::Name;
use crate::applet::ip::session::Session;
use crate::applet::ip::words::{self, Words, matches};

/// An option of a kind.
pub(super) struct Opt<S: 'static = ()> {
    /// Its word.
    pub(super) word: &'static str,
    /// Whether only the whole word counts, or any beginning of it too.
    pub(super) whole: bool,
    /// The attribute that it becomes.
    pub(super) attribute: u16,
    /// What follows the word.
    pub(super) takes: Takes<S>,
    /// What is said of a value that is none. In it, `{}` stands for the word.
    pub(super) wrong: &'static str,
}

/// What follows an option's word, and what is sent.
pub(super) enum Takes<S: 'static> {
    /// Nothing; an attribute without a value.
    Nothing,
    /// Nothing; this byte.
    Byte(u8),
    /// A number of 8 bits.
    U8,
    /// A number of 16 bits.
    U16,
    /// A number of 32 bits.
    U32,
    /// A number of 64 bits. A negative one wraps, as in C.
    U64,
    /// `on` or `off`, as a byte.
    OnOff,
    /// `on` or `off`: a bit of the attribute that holds bits and which of them count.
    OnOffBit(u32),
    /// A number of 8 bits that is 0 or not: a bit, as above.
    NumberBit(u32),
    /// Something of its own.
    By(ReadValue<S>),
}

pub(super) type ReadValue<S> = fn(&mut Reading<'_, S>, &Opt<S>, &mut Words<'_>) -> Result<(), Fail>;

/// A kind's options, and what is said where they are not understood.
pub(super) struct Options<S: 'static = ()> {
    /// In the order in which they are tried: one table after the other.
    pub(super) tables: &'static [&'static [Opt<S>]],
    /// What is said of a word that is no option, before the usage. In it, `{}` stands for the word; it may be
    /// empty.
    pub(super) stranger: &'static str,
    /// Whether each may be given once only.
    pub(super) once: bool,
    /// What is known before the first option is read.
    pub(super) begin: fn(&mut Reading<'_, S>) -> Result<(), Fail>,
    /// What must hold when all are read, and what is sent behind them.
    pub(super) finish: fn(&mut Reading<'_, S>) -> Result<(), Fail>,
    /// What `help` says. In it, `KIND` stands for the kind.
    pub(super) usage: &'static str,
}

/// The options of a kind while they are read.
pub(super) struct Reading<'s, S> {
    pub(super) session: &'s mut Session,
    /// The kind as it was given.
    pub(super) kind: &'static str,
    /// The index of the link that is to be changed; `None` where one is to be made.
    pub(super) existing: Option<u32>,
    /// The option's word as it was typed.
    pub(super) typed: &'s [u8],
    /// What has been read so far.
    pub(super) data: Request,
    /// What the kind keeps to itself until the end.
    pub(super) state: S,
    bits: Option<Bits>,
    seen: Vec<&'static str>,
}

/// Bits, and which of them count (`struct br_boolopt_multi`, `struct ifla_vlan_flags`).
#[derive(Debug, Clone, Copy)]
struct Bits {
    attribute: u16,
    value: u32,
    mask: u32,
}

impl<S: Default> Options<S> {
    /// Reads all words.
    pub(super) fn read(
        &self,
        session: &mut Session,
        kind: &'static str,
        existing: Option<u32>,
        mut words: Words<'_>,
    ) -> Result<Vec<u8>, Fail> {
        let mut reading = Reading {
            session,
            kind,
            existing,
            typed: b"",
            data: Request::attributes_alone(),
            state: S::default(),
            bits: None,
            seen: Vec::new(),
        };
        (self.begin)(&mut reading)?;
        while let Some(word) = words.take() {
            reading.typed = word;
            let found = self
                .options()
                .find(|option| word == option.word.as_bytes() || !option.whole && matches(word, option.word));
            match found {
                Some(option) => self.take(&mut reading, option, &mut words)?,
                None if matches(word, "help") => return Err(Fail::new(FAILED, trimmed(self.usage(kind)))),
                None => return Err(self.unknown(kind, word)),
            }
        }
        (self.finish)(&mut reading)?;
        let Reading { mut data, bits, .. } = reading;
        if let Some(bits) = bits {
            let both = [bits.value.to_ne_bytes(), bits.mask.to_ne_bytes()].concat();
            data.attribute(bits.attribute, &both);
        }
        Ok(data.into_attributes())
    }

    /// A word that is no option.
    pub(super) fn unknown(&self, kind: &str, word: &[u8]) -> Fail {
        let usage = trimmed(self.usage(kind));
        let text = match self.stranger.split_once("{}") {
            Some((before, after)) => bytes![kind, ": ", before, word, after, "\n", usage],
            None => usage.into_bytes(),
        };
        Fail::new(FAILED, text)
    }

    fn options(&self) -> impl Iterator<Item = &'static Opt<S>> {
        self.tables.iter().copied().flatten()
    }

    fn take(&self, reading: &mut Reading<'_, S>, option: &Opt<S>, words: &mut Words<'_>) -> Result<(), Fail> {
        let word = reading.typed;
        let name = self.name(option);
        let read = match option.takes {
            Takes::By(read) => return read(reading, option, words),
            Takes::Nothing | Takes::Byte(_) => word,
            _ => words.value()?,
        };
        if self.once {
            // A word without a value is called what was typed.
            let said = if matches!(option.takes, Takes::Nothing | Takes::Byte(_)) { word } else { name.as_bytes() };
            reading.once_as(name, said, read)?;
        }
        let attribute = option.attribute;
        let wrong = || option.wrong(read);
        match option.takes {
            Takes::Nothing => reading.data.attribute(attribute, &[]),
            Takes::Byte(byte) => reading.data.u8(attribute, byte),
            Takes::U8 => reading.data.u8(attribute, small(read).ok_or_else(wrong)?),
            Takes::U16 => reading.data.u16(attribute, small(read).ok_or_else(wrong)?),
            Takes::U32 => reading.data.u32(attribute, small(read).ok_or_else(wrong)?),
            Takes::U64 => reading.data.u64(attribute, words::u64_wrapping(read).ok_or_else(wrong)?),
            Takes::OnOff => reading.data.u8(attribute, on_off(read).ok_or_else(|| option.not_on_off(read))?.into()),
            Takes::OnOffBit(bit) => {
                let on = on_off(read).ok_or_else(|| option.neither_on_nor_off(read))?;
                return reading.bit(attribute, bit, on);
            }
            Takes::NumberBit(bit) => {
                let number: u8 = small(read).ok_or_else(wrong)?;
                return reading.bit(attribute, bit, number != 0);
            }
            Takes::By(_) => return Ok(()),
        };
        Ok(())
    }

    /// The first word for what an option sets.
    fn name(&self, option: &Opt<S>) -> &'static str {
        self.options().find(|other| other.attribute == option.attribute).map_or(option.word, |first| first.word)
    }

    /// The usage, with a line break at its end.
    pub(super) fn usage(&self, kind: &str) -> String {
        self.usage.replace("KIND", kind)
    }
}

/// What fails brings its own last line break.
fn trimmed(text: String) -> String {
    text.trim_end().to_owned()
}

impl<S> Opt<S> {
    /// A value that is none.
    pub(super) fn wrong(&self, value: &[u8]) -> Fail {
        Fail::wrong(value, &self.wrong.replace("{}", self.word))
    }

    fn not_on_off(&self, value: &[u8]) -> Fail {
        let text = bytes!["Error: argument of \"", self.word, "\" must be one of \"off\", \"on\", not \"", value, "\""];
        Fail::new(FAILED, text).ending_batch()
    }

    fn neither_on_nor_off(&self, value: &[u8]) -> Fail {
        self.must_be("\"on\" or \"off\"", value)
    }

    /// A value that is none of those that can be.
    pub(super) fn must_be(&self, those: &str, value: &[u8]) -> Fail {
        let text = bytes!["Error: argument of \"", self.word, "\" must be ", those, ", not \"", value, "\""];
        Fail::new(FAILED, text)
    }
}

impl<S> Reading<'_, S> {
    /// Notes that an option was given; an error if it was before.
    pub(super) fn once(&mut self, name: &'static str, value: &[u8]) -> Result<(), Fail> {
        self.once_as(name, name.as_bytes(), value)
    }

    /// The same, with another name said.
    pub(super) fn once_as(&mut self, name: &'static str, said: &[u8], value: &[u8]) -> Result<(), Fail> {
        if self.seen.contains(&name) {
            return Err(Fail::duplicate_or_garbage(said, value));
        }
        self.seen.push(name);
        Ok(())
    }

    /// Whether an option was given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.seen.contains(&name)
    }

    /// Whether the link is to be made, rather than changed.
    pub(super) fn is_new(&self) -> bool {
        self.existing.is_none()
    }

    fn bit(&mut self, attribute: u16, bit: u32, on: bool) -> Result<(), Fail> {
        let bits = self.bits.get_or_insert(Bits { attribute, value: 0, mask: 0 });
        bits.mask |= bit;
        bits.value = if on { bits.value | bit } else { bits.value & !bit };
        Ok(())
    }

    /// Something that fails because of the kind's own rules.
    pub(super) fn refuse(&self, why: &str) -> Fail {
        Fail::new(FAILED, bytes![self.kind, ": ", why])
    }
}

/// A byte of differentiated services: a number, hexadecimal with 0x or without, or a name.
pub(super) fn ds_field(session: &Session, word: &[u8]) -> Option<u8> {
    let value = match word {
        [b'0'..=b'9', ..] => words::hexadecimal(word),
        _ => session.names.number(Name::DsField, word),
    };
    value?.try_into().ok()
}

fn small<T: TryFrom<u64>>(word: &[u8]) -> Option<T> {
    words::number(word)?.try_into().ok()
}

fn on_off(word: &[u8]) -> Option<bool> {
    match word {
        b"on" => Some(true),
        b"off" => Some(false),
        _ => None,
    }
}

pub(super) const UNKNOWN_COMMAND: &str = "unknown command \"{}\"?";
pub(super) const UNKNOWN_OPTION: &str = "unknown option \"{}\"?";

/// An option that any beginning of its word stands for.
pub(super) const fn opt<S>(word: &'static str, attribute: u16, takes: Takes<S>, wrong: &'static str) -> Opt<S> {
    Opt { word, whole: false, attribute, takes, wrong }
}

/// An option that only its whole word stands for.
pub(super) const fn whole<S>(word: &'static str, attribute: u16, takes: Takes<S>, wrong: &'static str) -> Opt<S> {
    Opt { word, whole: true, attribute, takes, wrong }
}
