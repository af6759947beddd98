//! Reductions and cumulative operators.

use super::Run;

pub(crate) const TABLE: &[(&str, Run)] = &[];
