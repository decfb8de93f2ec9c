//! The table of versions, and its place in the README.

use std::path::Path;
use std::{env, fs};

const BEGIN: &str = "<!-- versions: made by tests/versions -->\n";
const END: &str = "<!-- /versions -->";

/// A column for each version, a row for each check.
pub fn render(checks: &[&str], versions: &[(&&str, &Vec<bool>)]) -> String {
    let line = |first: &str, cells: Vec<&str>| format!("| {first} | {} |\n", cells.join(" | "));
    let names = versions.iter().map(|(name, _)| **name).collect();
    let mut table = line("OpenCode", names);
    table.push_str(&format!("|---|{}\n", ":-:|".repeat(versions.len())));
    for (index, check) in checks.iter().enumerate() {
        let cell = |held: &Vec<bool>| if held[index] { "✓" } else { "✗" };
        let cells = versions.iter().map(|(_, held)| cell(held)).collect();
        table.push_str(&line(check, cells));
    }
    table
}

/// # Errors
/// The README shows another table.
pub fn compare_with_readme(table: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let missing = || "README.md has no place for the table of versions".to_owned();
    let (before, rest) = readme.split_once(BEGIN).ok_or_else(missing)?;
    let (shown, after) = rest.split_once(END).ok_or_else(missing)?;
    if shown == table {
        return Ok(());
    }
    if env::var_os("UPDATE").is_some() {
        let updated = format!("{before}{BEGIN}{table}{END}{after}");
        return fs::write(&path, updated).map_err(|error| error.to_string());
    }
    Err("README.md shows another table; UPDATE=1 writes this one".into())
}
