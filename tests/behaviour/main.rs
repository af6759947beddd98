//! What the public interface promises, read as a user would.

mod errors;
mod in_place;
mod learning;
mod losses;
mod tape;
mod threads;
