//! Shapes, views, joins and splits.

use super::Run;

pub(crate) const TABLE: &[(&str, Run)] = &[];
