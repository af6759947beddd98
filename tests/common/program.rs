//! The example programs, started as a user would.

use std::process::Command;

/// The program that Cargo built of an example, beside this test.
pub(crate) fn program(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test knows where it lies");
    let profile = test.ancestors().nth(2).expect("target/profile/deps/test");
    let path = profile
        .join("examples")
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        path.exists(),
        "{} is missing: run `cargo build --examples` first",
        path.display()
    );
    Command::new(path)
}
