//! Takes what is nobody's business out of a recording: secrets, and where on this machine it was made.

use serde_json::Value;

/// Where a recording is said to be made.
pub const DIRECTORY: &str = "/workspace";
const HOME: &str = "/home/user";
const REMOVED: &str = "[removed]";
/// A text under a name that ends in one of these is a secret, as `apiKey` or `GITHUB_TOKEN`.
const SECRET_NAMES: [&str; 5] = ["key", "token", "password", "secret", "authorization"];

/// Texts that stand for others.
#[derive(Default)]
pub struct Disguise {
    pieces: Vec<(String, &'static str)>,
    places: Vec<(String, String)>,
    secret_names: bool,
}

impl Disguise {
    /// For a recording made in this directory.
    #[must_use]
    pub fn of(directory: &str, home: Option<&str>, password: Option<&str>) -> Self {
        let home = home.filter(|home| *home != "/");
        let home = home.map(|home| (home.to_owned(), HOME.to_owned()));
        let mut disguise = Self::placed(directory, DIRECTORY);
        disguise.places.extend(home);
        let password = password.filter(|password| !password.is_empty());
        disguise.pieces = password
            .map(|password| (password.to_owned(), REMOVED))
            .into_iter()
            .collect();
        disguise.secret_names = true;
        disguise
    }

    /// One place in another's stead.
    #[must_use]
    pub fn placed(from: &str, to: &str) -> Self {
        Self {
            places: vec![(from.to_owned(), to.to_owned())],
            ..Self::default()
        }
    }

    /// An event's data, as it is where nothing has to be changed.
    #[must_use]
    pub fn data(&self, data: &str) -> String {
        match serde_json::from_str::<Value>(data) {
            Ok(plain) => {
                let disguised = self.value(plain.clone());
                if disguised == plain {
                    data.to_owned()
                } else {
                    disguised.to_string()
                }
            }
            Err(_) => self.text(data),
        }
    }

    #[must_use]
    pub fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(fields) => {
                let field = |(name, value): (String, Value)| {
                    let value = match value {
                        Value::String(text)
                            if self.secret_names && !text.is_empty() && is_secret(&name) =>
                        {
                            REMOVED.into()
                        }
                        other => self.value(other),
                    };
                    (self.text(&name), value)
                };
                Value::Object(fields.into_iter().map(field).collect())
            }
            other => other,
        }
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (piece, other) in &self.pieces {
            text = text.replace(piece, other);
        }
        for (place, other) in &self.places {
            text = elsewhere(&text, place, other);
        }
        text
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET_NAMES.iter().any(|secret| name.ends_with(secret))
}

/// A path is only that path where its last name ends.
fn elsewhere(text: &str, place: &str, other: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(place) {
        let (before, found) = rest.split_at(at);
        let after = &found[place.len()..];
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
        result.push_str(before);
        result.push_str(if goes_on { place } else { other });
        rest = after;
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn disguise() -> Disguise {
        Disguise::of("/home/ann/project", Some("/home/ann"), Some("hunter2"))
    }

    #[test]
    fn places_are_others_wherever_they_stand() {
        let told = json!({
            "directory": "/home/ann/project",
            "/home/ann/project/a.rs": ["see /home/ann/project/a.rs:3, and /home/ann/.cache"],
            "other": "/home/ann/projects and /home/anna",
        });
        let disguised = json!({
            "directory": "/workspace",
            "/workspace/a.rs": ["see /workspace/a.rs:3, and /home/user/.cache"],
            "other": "/home/user/projects and /home/anna",
        });
        assert_eq!(disguise().value(told), disguised);
    }

    #[test]
    fn secrets_are_removed_by_their_names_and_the_password_everywhere() {
        let told = json!({
            "options": {"apiKey": "sk-1", "baseURL": "http://x"},
            "env": {"GITHUB_TOKEN": "ghp", "PATH": "/bin"},
            "headers": {"Authorization": "Bearer x"},
            "tokens": {"input": 5},
            "key": "",
            "text": "it is hunter2.",
        });
        let disguised = json!({
            "options": {"apiKey": "[removed]", "baseURL": "http://x"},
            "env": {"GITHUB_TOKEN": "[removed]", "PATH": "/bin"},
            "headers": {"Authorization": "[removed]"},
            "tokens": {"input": 5},
            "key": "",
            "text": "it is [removed].",
        });
        assert_eq!(disguise().value(told), disguised);
    }

    #[test]
    fn data_without_secrets_stays_as_it_was_on_the_wire() {
        let data = "{ \"cost\": 1e-7, \"text\": \"\\u00e9\" }";
        assert_eq!(disguise().data(data), data);
        assert_eq!(disguise().data("no JSON: hunter2"), "no JSON: [removed]");
    }

    #[test]
    fn a_recording_comes_to_be_of_another_folder() {
        let here = Disguise::placed(DIRECTORY, "/w");
        let told = json!({"path": "/workspace/a", "key": "a word", "other": "/workspaces"});
        let placed = json!({"path": "/w/a", "key": "a word", "other": "/workspaces"});
        assert_eq!(here.value(told), placed);
    }
}
