//! Finds the OpenCode program, and installs it from npm as the last resort.
//!
//! The native binary is what gets executed, never npm's launcher script, whose death would leave
//! the server behind (v1 contract, §1).

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;
use tokio::sync::Mutex;

use super::version::Family;
use crate::protocol::{Error, ErrorKind};

/// The OpenCode that is installed when there is none, and that the tests run against.
pub const PINNED_VERSION: &str = "1.18.33";
/// The other one that the tests run against.
pub const PINNED_VERSION_2: &str = "2.0.15";

/// An OpenCode program, ready to be started with `serve` and so on behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub path: PathBuf,
    pub args: Vec<String>,
    pub found_by: FoundBy,
}

/// Why this one was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    Setting,
    Environment,
    Path,
    InstallFolder,
    Npm,
}

impl FoundBy {
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Setting => "the setting server.command",
            Self::Environment => "OPENCODE_BIN",
            Self::Path => "PATH",
            Self::InstallFolder => "its usual install folder",
            Self::Npm => "npm, installed by Sidestream",
        }
    }
}

/// The setting, then `OPENCODE_BIN`, PATH, the usual folders, and npm. `announce` gets a line when
/// something takes long.
///
/// # Errors
/// `serverNotFound`, with what was tried.
pub async fn find(
    command: &[String],
    announce: &(dyn Fn(String) + Sync),
) -> Result<Program, Error> {
    if let [program, args @ ..] = command {
        let path = which(OsStr::new(program)).ok_or_else(|| {
            missing(format!(
                "The setting server.command names {program}, which is not there."
            ))
        })?;
        return Ok(Program {
            path: native(path),
            args: args.to_vec(),
            found_by: FoundBy::Setting,
        });
    }
    let program = |path: PathBuf, found_by| Program {
        path: native(path),
        args: Vec::new(),
        found_by,
    };
    if let Some(named) = env::var_os("OPENCODE_BIN").filter(|named| !named.is_empty()) {
        let path = which(&named).ok_or_else(|| {
            missing(format!(
                "OPENCODE_BIN names {}, which is not there.",
                named.display()
            ))
        })?;
        return Ok(program(path, FoundBy::Environment));
    }
    if let Some(path) = which(OsStr::new("opencode")) {
        return Ok(program(path, FoundBy::Path));
    }
    if let Some(path) = usual_places().into_iter().find(|path| is_executable(path)) {
        return Ok(program(path, FoundBy::InstallFolder));
    }
    let path = install(PINNED_VERSION, announce).await?;
    Ok(program(path, FoundBy::Npm))
}

/// Other programs of the name that would have been taken without this one, in that order.
#[must_use]
pub fn passed_over(taken: &Program) -> Vec<Program> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join("opencode"));
    let candidates = on_path.map(|path| (path, FoundBy::Path)).chain(
        usual_places()
            .into_iter()
            .map(|path| (path, FoundBy::InstallFolder)),
    );
    let mut seen = vec![taken.path.clone()];
    let mut others = Vec::new();
    for (path, found_by) in candidates.filter(|(path, _)| is_executable(path)) {
        let path = native(path);
        if seen.contains(&path) {
            continue;
        }
        seen.push(path.clone());
        others.push(Program {
            path,
            args: Vec::new(),
            found_by,
        });
    }
    others
}

fn missing(message: String) -> Error {
    Error::new(ErrorKind::ServerNotFound, message)
        .hint("Install OpenCode (https://opencode.ai) or set `server.command` to its program.")
}

/// A path as it is, a bare name as PATH has it.
fn which(program: &OsStr) -> Option<PathBuf> {
    let given = Path::new(program);
    if given.components().count() > 1 {
        return Some(given.to_owned()).filter(|path| is_executable(path));
    }
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(given))
        .find(|path| is_executable(path))
}

fn usual_places() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    [".opencode/bin", ".local/bin", ".bun/bin", ".npm-global/bin"]
        .iter()
        .map(|folder| home.join(folder).join("opencode"))
        .chain([PathBuf::from("/usr/local/bin/opencode")])
        .collect()
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The native binary beside npm's launcher script, or the path itself: also a user's own wrapper
/// script is fine, because the guard ends whatever it starts.
fn native(path: PathBuf) -> PathBuf {
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    if !is_script(&real) {
        return real;
    }
    // Both generations may be installed side by side; a launcher is of the one in whose scope it lies.
    let is_two = real
        .components()
        .any(|part| part.as_os_str() == "@opencode");
    let families = match is_two {
        true => [Family::Two, Family::One],
        false => [Family::One, Family::Two],
    };
    let packages: Vec<String> = families.into_iter().flat_map(platform_packages).collect();
    real.ancestors()
        .skip(1)
        .flat_map(|folder| [folder.to_owned(), folder.join("node_modules")])
        .flat_map(|folder| packages.iter().map(move |name| folder.join(name)))
        .map(|package| package.join("bin/opencode"))
        .find(|binary| is_executable(binary))
        .unwrap_or(path)
}

fn is_script(path: &Path) -> bool {
    let mut start = [0; 2];
    fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok()
        && &start == b"#!"
}

/// The npm packages with a binary for this machine, the best one first.
fn platform_packages(family: Family) -> Vec<String> {
    let os = match env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let arch = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    if family == Family::Two {
        // The only one there is for this processor (v2 contract, §1.1).
        let baseline = if arch == "x64" { "-baseline" } else { "" };
        return vec![format!("@opencode/cli-{os}-{arch}{baseline}")];
    }
    let base = format!("opencode-{os}-{arch}");
    let libc = if os == "linux" && is_musl() {
        "-musl"
    } else {
        ""
    };
    let mut packages = vec![format!("{base}{libc}")];
    if arch == "x64" {
        let baseline = format!("{base}-baseline{libc}");
        // The plain build needs AVX2; on a processor without it, it dies of an illegal instruction.
        let at = if has_avx2() { 1 } else { 0 };
        packages.insert(at, baseline);
    }
    packages
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    true
}

fn is_musl() -> bool {
    fs::read_dir("/lib").is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("ld-musl-"))
    })
}

/// Where a version installed from npm lies: `$XDG_CACHE_HOME/sidestream/opencode/VERSION`.
#[must_use]
pub fn cache_folder(version: &str) -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME")
        .filter(|cache| !cache.is_empty())
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap_or_else(env::temp_dir);
    cache.join("sidestream/opencode").join(version)
}

/// Installs a version from npm, unless it is there already.
///
/// # Errors
/// `serverNotFound`, with npm's own last words.
pub async fn install(version: &str, announce: &(dyn Fn(String) + Sync)) -> Result<PathBuf, Error> {
    let folder = cache_folder(version);
    let package = &platform_packages(Family::of(Some(version)))[0];
    let binary = folder
        .join("node_modules")
        .join(package)
        .join("bin/opencode");
    // Folders of one editor wait for each other, and find what the first of them has installed.
    static TURN: Mutex<()> = Mutex::const_new(());
    let _turn = TURN.lock().await;
    if is_executable(&binary) {
        return Ok(binary);
    }
    announce(format!(
        "Installing OpenCode {version} from npm (about 180 MB, once) …"
    ));
    let failed = |why: String| {
        missing(format!(
            "There is no OpenCode on this machine, and npm could not install it: {why}"
        ))
    };
    // Two editors may do this at once: each installs into a folder of its own, and the first to
    // be ready is kept.
    let parent = folder.parent().unwrap_or(&folder);
    fs::create_dir_all(parent).map_err(|error| failed(error.to_string()))?;
    let staging = parent.join(format!(".{version}.{}", std::process::id()));
    let output = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
        .args(["--no-save", "--loglevel=error", "--prefix"])
        .arg(&staging)
        .arg(format!("{package}@{version}"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| failed(format!("npm did not start: {error}")))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(failed(words.trim().to_owned()));
    }
    if fs::rename(&staging, &folder).is_err() {
        fs::remove_dir_all(&staging).map_err(|error| failed(error.to_string()))?;
    }
    if is_executable(&binary) {
        announce(format!("OpenCode {version} is installed."));
        Ok(binary)
    } else {
        Err(failed(format!("{package} holds no program")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn write_program(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_native_binary_is_taken_instead_of_npms_launcher() {
        let root = tempfile::tempdir().unwrap();
        let modules = root.path().canonicalize().unwrap().join("node_modules");
        // Side by side, each launcher has its own.
        for (launcher, family) in [("opencode-ai", Family::One), ("@opencode/cli", Family::Two)] {
            let binary = &platform_packages(family)[0];
            write_program(&modules.join(binary).join("bin/opencode"), "\x7fELF");
            let launcher = modules.join(launcher).join("bin/opencode");
            write_program(&launcher, "#!/usr/bin/env node\n");
        }
        for (launcher, family) in [("opencode-ai", Family::One), ("@opencode/cli", Family::Two)] {
            let launcher = modules.join(launcher).join("bin/opencode");
            let binary = &platform_packages(family)[0];
            assert_eq!(native(launcher), modules.join(binary).join("bin/opencode"));
        }
    }

    #[tokio::test]
    async fn a_setting_that_names_nothing_is_an_error_and_not_a_fallback() {
        let error = find(&["/nowhere/opencode".into()], &|_| {})
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerNotFound);
        assert!(error.message.contains("/nowhere/opencode"));
    }
}
