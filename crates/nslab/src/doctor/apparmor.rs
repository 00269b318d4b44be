//! The AppArmor profile (apparmor.d(5)) that lets nslab make user namespaces.

use std::path::Path;

/// The shipped profile, which is for an nslab in /usr/bin or /usr/local/bin.
const SHIPPED: &str = include_str!("../../../../packaging/apparmor/nslab");
const SHIPPED_PATH: &str = "/usr/{,local/}bin/nslab";

/// The profile for an nslab at a path: it lets that make user namespaces and restricts nothing.
///
/// ```
/// let text = nslab::doctor::profile("/opt/nslab/nslab".as_ref());
/// assert!(text.contains("profile nslab \"/opt/nslab/nslab\" flags=(unconfined) {\n  userns,\n"));
/// ```
#[must_use]
pub fn profile(program: &Path) -> String {
    // What matches more than itself in a profile, or ends the quotes.
    let special = |c: char| "*?[]{}^\"\\@,#".contains(c);
    let mut path = String::from("\"");
    for c in program.display().to_string().chars() {
        if special(c) {
            path.push('\\');
        }
        path.push(c);
    }
    path.push('"');
    let text: Vec<&str> = SHIPPED.lines().filter(|line| !line.contains("nslab doctor --apparmor")).collect();
    text.join("\n").replace(SHIPPED_PATH, &path) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_for_one_path_and_matches_no_other() {
        assert!(SHIPPED.contains(SHIPPED_PATH) && SHIPPED.contains("\n  userns,\n"));
        let text = profile(Path::new("/home/a b/{x}*\"/nslab"));
        assert!(text.contains("profile nslab \"/home/a b/\\{x\\}\\*\\\"/nslab\" flags=(unconfined) {"), "{text}");
        assert!(!text.contains(SHIPPED_PATH) && !text.contains("somewhere else"), "{text}");
        assert!(text.contains("\n  userns,\n") && text.ends_with("}\n"));
    }
}
