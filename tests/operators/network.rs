//! Convolution, pooling, normalisation, attention, padding, embedding.

use super::Run;

pub(crate) const TABLE: &[(&str, Run)] = &[];
