//! `sidestream doctor`: says which program and whose server it has examined, and what it leaves behind.

use std::sync::Arc;

use serde_json::Value;
use sidestream_tests::generation::{Generation, generation};
use sidestream_tests::{Sandbox, processes, programs};
use tokio::process::Command;

/// What it found, step by step.
async fn findings(sandbox: &Arc<Sandbox>, scope: &str) -> Vec<(String, String)> {
    let output = Command::new(programs::sidestream())
        .args(["doctor", "--json", "--scope", scope])
        .envs(sandbox.environment())
        .env("OPENCODE_BIN", programs::opencode().await)
        .current_dir(&sandbox.folders[0])
        .output()
        .await
        .unwrap();
    let report: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{report:#?}");
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    let steps = report.iter();
    steps
        .map(|check| (text(check, "name"), text(check, "detail")))
        .collect()
}

fn detail<'a>(findings: &'a [(String, String)], name: &str) -> &'a str {
    let found = findings.iter().find(|(step, _)| step == name);
    &found.unwrap_or_else(|| panic!("{name}: {findings:?}")).1
}

#[tokio::test]
async fn it_tells_the_program_the_server_and_what_goes_on() {
    let sandbox = Sandbox::new(1, 1).await;
    let first = findings(&sandbox, "auto").await;
    let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    let steps = [
        "program",
        "version",
        "start",
        "health",
        "stream",
        "round trip",
    ];
    assert_eq!(names, steps);
    assert!(detail(&first, "program").contains("found by OPENCODE_BIN"));
    assert!(detail(&first, "version").contains(generation().version()));
    let start = detail(&first, "start");
    match generation() {
        Generation::One => {
            assert!(start.contains("a private server (process "), "{start}");
            // It has routes of 2.x's kind, too (v2 contract, §5).
            assert!(detail(&first, "health").ends_with("dialect V1"));
            processes::all_gone(|| sandbox.processes()).await;
        }
        Generation::Two => {
            assert!(start.contains("which this check has started"), "{start}");
            assert!(start.contains("service.json"), "{start}");
            assert!(start.contains("opencode service stop"), "{start}");
            assert!(detail(&first, "health").ends_with("dialect V2"));
            // Whatever the scope: no second server on the same sessions (v2 contract, §0, rule 3).
            for scope in ["shared", "workspace"] {
                let again = findings(&sandbox, scope).await;
                let start = detail(&again, "start");
                assert!(start.contains("runs already"), "{scope}: {start}");
            }
        }
    }
}

#[tokio::test]
async fn a_private_server_ends_with_the_check() {
    let sandbox = Sandbox::new(1, 1).await;
    let findings = findings(&sandbox, "workspace").await;
    let start = detail(&findings, "start");
    assert!(start.contains("a private server (process "), "{start}");
    processes::all_gone(|| sandbox.processes()).await;
}
