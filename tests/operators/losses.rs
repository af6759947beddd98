//! Losses.

use super::Run;

pub(crate) const TABLE: &[(&str, Run)] = &[];
