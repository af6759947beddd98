//! Activation functions.

use super::Run;

pub(crate) const TABLE: &[(&str, Run)] = &[];
