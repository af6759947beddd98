//! What loops by hand are made of. `benches/peers/limit` has it, too.

/// `exp` without branches, so that a loop over it becomes vector code.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, 12_582_912.0);
    let n = shifted - 12_582_912.0;
    let r = n.mul_add(-1.428_606_8e-6, n.mul_add(-0.693_145_75, x));
    let coefficients = [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let p = coefficients.iter().fold(0.0_f32, |p, c| p.mul_add(r, *c));
    p * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// Runs loops compiled for the machine's widest instruction set.
#[inline(always)]
pub(crate) fn vector<R>(body: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(body)
}
