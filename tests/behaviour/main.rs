//! What the public interface promises, read as a user would.

mod anomaly;
mod errors;
mod hooks;
mod in_place;
mod learning;
mod losses;
mod tape;
mod threads;
