//! `#[derive(Module)]` for retrograd.
