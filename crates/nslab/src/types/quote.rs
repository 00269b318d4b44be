//! A value of the user's, as an error message shows it.

/// The text in quotation marks, escaped, and cut where it is too long to be read.
pub(crate) fn quote(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        None => format!("{text:?}"),
        Some((cut, _)) => format!("{:?}…", text.get(..cut).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn long_values_are_cut_and_control_characters_escaped() {
        assert_eq!(quote("a\u{1b}[31m"), r#""a\u{1b}[31m""#);
        assert_eq!(quote(&"ü".repeat(1_000_000)).chars().count(), 83);
    }
}
