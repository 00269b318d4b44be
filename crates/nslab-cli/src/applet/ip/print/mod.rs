//! Where output goes. Each value is given once, with its JSON name and its text; which of them is written
//! depends on the options.
//!
//! In a format, `{}` stands for the value and `{:N}` for the value filled up with spaces to N bytes.
//! A format without either is written as it is; an empty one makes a value that only JSON has.

mod color;
mod general;
mod json;

use std::io::Write;

use color::{Palette, RESET};
use json::Json;

pub(in crate::applet::ip) use color::{Color, When};
pub(in crate::applet::ip) use general::general;

/// Output is handed on in pieces of about this size.
const FLUSH_AT: usize = 64 * 1024;

/// The output of one run.
#[derive(Debug, Default)]
pub(in crate::applet::ip) struct Printer {
    out: Vec<u8>,
    json: Option<Json>,
    oneline: bool,
    palette: Option<Palette>,
    want_json: Option<bool>,
    closed: bool,
}

impl Printer {
    /// Sets what the options ask for. `json` says whether it is to be pretty.
    pub(in crate::applet::ip) fn set(&mut self, json: Option<bool>, oneline: bool, color: When) {
        self.want_json = json;
        self.oneline = oneline;
        self.palette = if json.is_some() { None } else { Palette::choose(color) };
    }

    /// Begins what is, in JSON, one document: an array.
    pub(in crate::applet::ip) fn begin_document(&mut self) {
        self.json = self.want_json.map(Json::new);
        self.begin_array(None);
    }

    /// Ends the document.
    pub(in crate::applet::ip) fn end_document(&mut self) {
        self.end_array();
        if self.json.take().is_some() {
            self.out.push(b'\n');
        }
    }

    /// Forgets a document that a failure left open.
    pub(in crate::applet::ip) fn abandon_document(&mut self) {
        self.json = None;
    }

    /// Whether a JSON document has been begun.
    pub(in crate::applet::ip) fn is_json(&self) -> bool {
        self.json.is_some()
    }

    pub(in crate::applet::ip) fn is_oneline(&self) -> bool {
        self.oneline
    }

    /// Whether nobody reads what is written any more.
    pub(in crate::applet::ip) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Text that JSON does not have.
    pub(in crate::applet::ip) fn text(&mut self, text: impl AsRef<[u8]>) {
        if self.json.is_none() {
            self.out.extend_from_slice(text.as_ref());
        }
    }

    /// What ends a line that `-oneline` joins with the next.
    pub(in crate::applet::ip) fn line_end(&mut self) {
        self.text(if self.oneline { "\\" } else { "\n" });
    }

    /// A string.
    pub(in crate::applet::ip) fn string(
        &mut self,
        key: impl Into<Option<&'static str>>,
        format: &str,
        value: impl AsRef<[u8]>,
    ) {
        self.write(key.into(), format, value.as_ref(), None, |json, out, value| json.string(out, value));
    }

    /// A string in a colour, which covers all of the format.
    pub(in crate::applet::ip) fn colored(
        &mut self,
        color: impl Into<Option<Color>>,
        key: impl Into<Option<&'static str>>,
        format: &str,
        value: impl AsRef<[u8]>,
    ) {
        self.write(key.into(), format, value.as_ref(), color.into(), |json, out, value| json.string(out, value));
    }

    /// A number.
    pub(in crate::applet::ip) fn number(
        &mut self,
        key: impl Into<Option<&'static str>>,
        format: &str,
        value: impl Into<i128>,
    ) {
        let digits = Digits::of(value.into());
        self.write(key.into(), format, digits.bytes(), None, |json, out, digits| json.raw(out, digits));
    }

    /// A number that text shows as other words.
    pub(in crate::applet::ip) fn number_as(
        &mut self,
        key: impl Into<Option<&'static str>>,
        format: &str,
        value: impl Into<i128>,
        shown: impl AsRef<[u8]>,
    ) {
        let digits = Digits::of(value.into());
        self.write(key.into(), format, shown.as_ref(), None, |json, out, _| json.raw(out, digits.bytes()));
    }

    /// A number with a point, which text may show otherwise.
    pub(in crate::applet::ip) fn decimal(
        &mut self,
        key: impl Into<Option<&'static str>>,
        format: &str,
        value: &str,
        shown: impl AsRef<[u8]>,
    ) {
        self.write(key.into(), format, shown.as_ref(), None, |json, out, _| json.raw(out, value.as_bytes()));
    }

    /// `true` or `false`.
    pub(in crate::applet::ip) fn boolean(&mut self, key: impl Into<Option<&'static str>>, format: &str, value: bool) {
        let text = if value { "true" } else { "false" };
        self.write(key.into(), format, text.as_bytes(), None, |json, out, _| json.raw(out, text.as_bytes()));
    }

    /// `on` or `off`; in JSON `true` or `false`.
    pub(in crate::applet::ip) fn on_off(&mut self, key: impl Into<Option<&'static str>>, format: &str, value: bool) {
        let (text, raw) = if value { ("on", "true") } else { ("off", "false") };
        self.write(key.into(), format, text.as_bytes(), None, |json, out, _| json.raw(out, raw.as_bytes()));
    }

    /// A word that is there or not; in JSON a member that is `null`.
    pub(in crate::applet::ip) fn null(&mut self, key: impl Into<Option<&'static str>>, format: &str) {
        self.write(key.into(), format, b"", None, |json, out, _| json.raw(out, b"null"));
    }

    /// Begins an object: of JSON alone, as all brackets are.
    pub(in crate::applet::ip) fn begin_object(&mut self, key: impl Into<Option<&'static str>>) {
        if let Some(json) = &mut self.json {
            if let Some(key) = key.into() {
                json.key(&mut self.out, key);
            }
            json.begin_object(&mut self.out);
        }
    }

    pub(in crate::applet::ip) fn end_object(&mut self) {
        if let Some(json) = &mut self.json {
            json.end_object(&mut self.out);
        }
    }

    pub(in crate::applet::ip) fn begin_array(&mut self, key: impl Into<Option<&'static str>>) {
        if let Some(json) = &mut self.json {
            if let Some(key) = key.into() {
                json.key(&mut self.out, key);
            }
            json.begin_array(&mut self.out);
        }
    }

    pub(in crate::applet::ip) fn end_array(&mut self) {
        if let Some(json) = &mut self.json {
            json.end_array(&mut self.out);
        }
    }

    fn write(
        &mut self,
        key: Option<&'static str>,
        format: &str,
        value: &[u8],
        color: Option<Color>,
        to_json: impl FnOnce(&mut Json, &mut Vec<u8>, &[u8]),
    ) {
        let Some(json) = &mut self.json else {
            let code = self.palette.zip(color).map(|(palette, color)| palette.code(color));
            self.out.extend_from_slice(code.unwrap_or_default().as_bytes());
            fill(&mut self.out, format, value);
            self.out.extend_from_slice(code.map_or("", |_| RESET).as_bytes());
            return;
        };
        if let Some(key) = key {
            json.key(&mut self.out, key);
        }
        to_json(json, &mut self.out, value);
    }

    /// Hands on what has been written so far, if that is much.
    pub(in crate::applet::ip) fn flush_some(&mut self) {
        if self.out.len() >= FLUSH_AT {
            self.flush();
        }
    }

    /// Hands on what has been written so far.
    pub(in crate::applet::ip) fn flush(&mut self) {
        let mut out = std::io::stdout().lock();
        if !self.closed && out.write_all(&self.out).and_then(|()| out.flush()).is_err() {
            // Nobody reads any more; there is nobody to tell either.
            self.closed = true;
        }
        self.out.clear();
    }
}

/// A number in decimal, without a heap.
struct Digits {
    buffer: [u8; 40],
    len: usize,
}

impl Digits {
    fn of(value: i128) -> Self {
        let mut buffer = [0; 40];
        let mut rest = buffer.as_mut_slice();
        // 40 bytes hold any number of 128 bits. The short way is much the faster.
        let _ = match i64::try_from(value) {
            Ok(short) => write!(rest, "{short}"),
            Err(_) => write!(rest, "{value}"),
        };
        let len = 40 - rest.len();
        Self { buffer, len }
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }
}

/// Writes a format with the value in its place.
fn fill(out: &mut Vec<u8>, format: &str, value: &[u8]) {
    let place = format.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (width, after))) = place else {
        out.extend_from_slice(format.as_bytes());
        return;
    };
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(value);
    let width: usize = width.strip_prefix(':').and_then(|width| width.parse().ok()).unwrap_or(0);
    out.resize(out.len() + width.saturating_sub(value.len()), b' ');
    out.extend_from_slice(after.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(printer: &mut Printer) -> String {
        printer.begin_document();
        printer.begin_object(None);
        printer.colored(Color::IfName, "ifname", "{:6} ", "v0");
        printer.number("mtu", "mtu {} ", 1500);
        printer.null("up", "up ");
        printer.on_off("learning", "learning {}", true);
        printer.string("only_json", "", "x");
        printer.text(";");
        printer.end_object();
        printer.end_document();
        String::from_utf8(std::mem::take(&mut printer.out)).unwrap()
    }

    #[test]
    fn the_same_values_as_text_and_as_json() {
        let mut printer = Printer::default();
        assert_eq!(some(&mut printer), "v0     mtu 1500 up learning on;");
        printer.set(Some(false), false, When::Always);
        let json = r#"[{"ifname":"v0","mtu":1500,"up":null,"learning":true,"only_json":"x"}]"#;
        assert_eq!(some(&mut printer), format!("{json}\n"));
        printer.set(None, false, When::Always);
        assert!(some(&mut printer).starts_with("\x1b[36mv0     \x1b[0mmtu"));
    }
}
