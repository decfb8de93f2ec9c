//! Prints where the OpenCode under test is, for tests in other languages; installs it if it is missing.

use sidestream_tests::programs;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "it is the result")]
async fn main() {
    println!("{}", programs::opencode().await.display());
}
