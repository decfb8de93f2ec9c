//! Lists of which every entry is read by itself: one that this version does not understand is left
//! out, and hides none of the others.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The entries that were understood, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Each<T>(pub Vec<T>);

impl<T> Default for Each<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Each<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Vec::<Box<RawValue>>::deserialize(deserializer)?;
        Ok(Self(keep(
            raw.iter().map(|entry| serde_json::from_str(entry.get())),
        )))
    }
}

/// Those that were understood; of the others the log tells.
pub fn keep<T>(read: impl IntoIterator<Item = serde_json::Result<T>>) -> Vec<T> {
    let understood = |entry: serde_json::Result<T>| match entry {
        Ok(entry) => Some(entry),
        Err(error) => {
            tracing::warn!("something the server lists was not understood: {error}");
            None
        }
    };
    read.into_iter().filter_map(understood).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_another_shape_hides_no_other() {
        let read: Each<u32> = serde_json::from_str(r#"[1, "two", {"three": 3}, 4]"#).unwrap();
        assert_eq!(read, Each(vec![1, 4]));
    }
}
