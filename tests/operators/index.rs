//! Gathering, scattering, sorting.

use super::Run;

pub(crate) const TABLE: &[(&str, Run)] = &[];
