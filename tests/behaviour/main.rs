//! What the public interface promises, read as a user would.

mod anomaly;
mod bad_data;
mod checkpoint;
mod data;
mod errors;
mod function;
mod functional;
mod graph;
mod hooks;
mod in_place;
mod kinks;
mod learning;
mod losses;
mod minimize;
mod non_finite;
mod plan;
mod plan_few;
mod shapes;
mod tape;
mod threads;
mod warnings;
