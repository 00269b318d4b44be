//! JSON as `ip` lays it out: no white space at all, or (pretty) four spaces a level, objects begun on the
//! line of the bracket before them, and arrays of plain values on one line.

/// Writes JSON piece by piece.
#[derive(Debug)]
pub(super) struct Json {
    pretty: bool,
    depth: usize,
    /// Whether something stands before what comes next on this level.
    behind: bool,
}

impl Json {
    pub(super) fn new(pretty: bool) -> Self {
        Self { pretty, depth: 0, behind: false }
    }

    pub(super) fn begin_object(&mut self, out: &mut Vec<u8>) {
        self.begin(out, b'{');
    }

    pub(super) fn end_object(&mut self, out: &mut Vec<u8>) {
        self.end(out, b'}');
    }

    pub(super) fn begin_array(&mut self, out: &mut Vec<u8>) {
        self.begin(out, b'[');
        if self.pretty {
            out.push(b' ');
        }
    }

    pub(super) fn end_array(&mut self, out: &mut Vec<u8>) {
        if self.pretty && self.behind {
            out.push(b' ');
        }
        self.behind = false;
        self.end(out, b']');
    }

    /// The name of a member; its value comes next.
    pub(super) fn key(&mut self, out: &mut Vec<u8>, key: &str) {
        self.separate(out);
        self.break_line(out);
        quote(out, key.as_bytes());
        out.push(b':');
        if self.pretty {
            out.push(b' ');
        }
        self.behind = false;
    }

    /// A value that needs no quotes.
    pub(super) fn raw(&mut self, out: &mut Vec<u8>, value: &[u8]) {
        self.separate(out);
        out.extend_from_slice(value);
        self.behind = true;
    }

    pub(super) fn string(&mut self, out: &mut Vec<u8>, value: &[u8]) {
        self.separate(out);
        quote(out, value);
        self.behind = true;
    }

    fn begin(&mut self, out: &mut Vec<u8>, bracket: u8) {
        self.separate(out);
        out.push(bracket);
        self.depth += 1;
        self.behind = false;
    }

    fn end(&mut self, out: &mut Vec<u8>, bracket: u8) {
        self.depth = self.depth.saturating_sub(1);
        if self.behind {
            self.break_line(out);
        }
        out.push(bracket);
        self.behind = true;
    }

    fn separate(&mut self, out: &mut Vec<u8>) {
        if self.behind {
            out.push(b',');
        }
    }

    fn break_line(&self, out: &mut Vec<u8>) {
        if self.pretty {
            out.push(b'\n');
            out.resize(out.len() + 4 * self.depth, b' ');
        }
    }
}

fn quote(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        let escaped = match byte {
            b'\t' => b't',
            b'\n' => b'n',
            b'\r' => b'r',
            0x0c => b'f',
            0x08 => b'b',
            b'\\' | b'"' => byte,
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', escaped]);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pretty: bool) -> String {
        let (mut json, mut out) = (Json::new(pretty), Vec::new());
        json.begin_array(&mut out);
        json.begin_object(&mut out);
        json.key(&mut out, "a");
        json.raw(&mut out, b"1");
        json.key(&mut out, "b");
        json.begin_array(&mut out);
        json.string(&mut out, b"x\"y");
        json.string(&mut out, b"z");
        json.end_array(&mut out);
        json.key(&mut out, "c");
        json.begin_array(&mut out);
        json.end_array(&mut out);
        json.end_object(&mut out);
        json.begin_object(&mut out);
        json.end_object(&mut out);
        json.end_array(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn plain_has_no_white_space() {
        assert_eq!(written(false), r#"[{"a":1,"b":["x\"y","z"],"c":[]},{}]"#);
    }

    #[test]
    fn pretty_is_as_ip_lays_it_out() {
        let expected = "[ {\n        \"a\": 1,\n        \"b\": [ \"x\\\"y\",\"z\" ],\n        \"c\": [ ]\n    },{} ]";
        assert_eq!(written(true), expected);
    }
}
