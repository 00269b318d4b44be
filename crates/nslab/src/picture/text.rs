//! Text as it may be shown: names may have any characters, and a picture is no place for most of them.

/// A text of anybody's, for a picture: what is no character of a line (control characters, marks that turn the
/// direction of writing, characters without a width) as `\u{…}`.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_plain(character) { shown.push(character) } else { shown.extend(character.escape_unicode()) }
    }
    shown
}

/// The same, cut to so many cells.
#[must_use]
pub fn cut(text: &str, cells: usize) -> String {
    let text = shown(text);
    if width(&text) <= cells {
        return text;
    }
    let mut cut = String::new();
    for character in text.chars() {
        if width(&cut) + cell(character) + 1 > cells {
            break;
        }
        cut.push(character);
    }
    cut.push('…');
    cut
}

fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(u32::from(character),
            0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
            | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
            | 0xe000..=0xf8ff | 0xe0000..=0x10_ffff)
        // Marks that are set upon the character before would be set upon whatever is there.
        && !matches!(u32::from(character), 0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5bd | 0x610..=0x61a | 0x64b..=0x65f
            | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
        // Scripts that are written from right to left turn what stands beside them.
        && !matches!(u32::from(character), 0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefc | 0x10800..=0x10fff
            | 0x1e800..=0x1efff)
}

/// How many cells of a fixed-width font a text takes; East Asian wide characters and emoji take two.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().map(cell).sum()
}

fn cell(character: char) -> usize {
    match u32::from(character) {
        0x1100..=0x115f
        | 0x2329
        | 0x232a
        | 0x2e80..=0x303e
        | 0x3041..=0x33ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xa000..=0xa4cf
        | 0xa960..=0xa97f
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// For XML: text, and values of attributes.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' => safe.push('\n'),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_character_of_a_line_is_named() {
        assert_eq!(shown("a b\"<é漢>"), "a b\"<é漢>");
        assert_eq!(shown("a\u{202e}b\n\u{1b}[31m"), "a\\u{202e}b\\u{a}\\u{1b}[31m");
        assert_eq!(shown("\u{5d0}"), "\\u{5d0}");
        assert_eq!(width("é漢"), 3);
        assert_eq!(cut("abcdefgh", 5), "abcd…");
        assert_eq!(cut("abcde", 5), "abcde");
        assert_eq!(cut("漢漢漢", 4), "漢…");
        assert_eq!(xml("<a b='\"&\">"), "&lt;a b=&#39;&quot;&amp;&quot;&gt;");
    }
}
