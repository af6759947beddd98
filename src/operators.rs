//! Every operator: its name in PyTorch, what does it here, the orders of derivative that the tests check, and the
//! module of its source.
//!
//! The table is made from what each operator's file declares; a test fails where it is stale. Derivatives are checked
//! against finite differences on contiguous, strided, stretched, empty and 0-d operands and on one tensor in the place
//! of several. An operator without derivatives never passes a gradient in silence: its result does not require one, or
//! its backward is an error with its name.
//!
#![doc = include_str!("operators.md")]
