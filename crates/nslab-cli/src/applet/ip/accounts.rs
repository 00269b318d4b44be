//! Users and groups by name and number, from /etc/passwd and /etc/group (passwd(5), group(5)).

use super::words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accounts {
    Users,
    Groups,
}

impl Accounts {
    /// The name of a number, if it has one.
    pub(super) fn name(self, id: u32) -> Option<Vec<u8>> {
        self.find(|_, known| known == id).map(|(name, _)| name)
    }

    /// The number of a name.
    pub(super) fn id(self, name: &[u8]) -> Option<u32> {
        self.find(|known, _| known == name).map(|(_, id)| id)
    }

    fn find(self, wanted: impl Fn(&[u8], u32) -> bool) -> Option<(Vec<u8>, u32)> {
        let file = match self {
            Self::Users => "/etc/passwd",
            Self::Groups => "/etc/group",
        };
        let text = std::fs::read(file).ok()?;
        // Both files: name, password, number, and more.
        let account = |line: &[u8]| {
            let mut parts = line.split(|byte| *byte == b':');
            let name = parts.next()?.to_vec();
            Some((name, words::u32(parts.nth(1)?)?))
        };
        text.split(|byte| *byte == b'\n').filter_map(account).find(|(name, id)| wanted(name, *id))
    }
}
