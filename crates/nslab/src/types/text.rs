//! The types as strings in JSON: what [`Display`](std::fmt::Display) writes and
//! [`FromStr`](std::str::FromStr) checks.

macro_rules! as_text {
    ($($name:ty),+) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

as_text!(
    super::IfName,
    super::LabName,
    super::MacAddr,
    super::NamePrefix,
    super::NodeName,
    super::Prefix,
    super::ProcessName,
    super::Rate,
    super::Delay,
    super::Percent
);
