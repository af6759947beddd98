//! Matrix products and their kin.

use super::Run;

pub(crate) const TABLE: &[(&str, Run)] = &[
    ("matmul", |call| {
        Ok(vec![call.input()?.try_matmul(call.tensor(0, "other")?)?])
    }),
    ("mm", |call| {
        Ok(vec![call.input()?.try_mm(call.tensor(0, "mat2")?)?])
    }),
];
