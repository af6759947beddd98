//! Products of a single row, and of a single term: too little work for the setting up of a tile of several rows.

use super::lanes::Lanes;
use super::tile::write;
use super::{Matrix, PIECES};
use crate::kernels::threads;
use pulp::{Arch, Simd, WithSimd};

/// Vectors summed side by side: enough to hide the latency of a fused multiply-add, twice over where two run at once.
const VECTORS: usize = 8;

/// Writes the product of `row` and `b`, whose rows' elements stand side by side, to `out`, or adds it.
#[inline(always)]
pub(super) fn times_matrix<S: Simd, T: Lanes>(
    simd: S,
    row: &[T],
    b: Matrix<'_, T>,
    out: &mut [T],
    add: bool,
) {
    let wide = VECTORS * T::width::<S>();
    for (i, out) in out[..b.cols].chunks_mut(wide).enumerate() {
        let rows = Rows {
            values: &b.values[i * wide..],
            step: b.row_step,
        };
        macro_rules! of {
            ($($n:literal)*) => {
                match out.len().div_ceil(T::width::<S>()) {
                    $( $n => sum::<S, T, $n>(simd, row, rows, out, add), )*
                    _ => unreachable!("no more vectors than in a chunk"),
                }
            };
        }
        of!(1 2 3 4 5 6 7 8);
    }
}

/// Rows of a matrix from a column on, `step` apart.
#[derive(Clone, Copy)]
struct Rows<'a, T> {
    values: &'a [T],
    step: usize,
}

/// One chain of sums for each element of `out`, which takes `N` vectors, the last of them in part.
#[inline(always)]
fn sum<S: Simd, T: Lanes, const N: usize>(
    simd: S,
    row: &[T],
    right: Rows<'_, T>,
    out: &mut [T],
    add: bool,
) {
    let mut sums = [T::splat(simd, T::default()); N];
    let (cols, before) = (out.len(), (N - 1) * T::width::<S>());
    let mut rest = right.values;
    for &factor in row {
        // A panic in the loop would keep the sums in memory too.
        let Some((whole, last)) = rest
            .get(..cols)
            .and_then(|row| row.split_at_checked(before))
        else {
            break;
        };
        rest = &rest[right.step.min(rest.len())..];
        let (factor, whole) = (T::splat(simd, factor), T::vectors::<S>(whole));
        for j in 0..N - 1 {
            sums[j] = T::mul_add(simd, factor, whole[j], sums[j]);
        }
        sums[N - 1] = T::mul_add(simd, factor, T::load_some(simd, last), sums[N - 1]);
    }
    write(simd, sums, out, add);
}

/// `out[i, j] = a[i] b[j]` with the elements of `b` side by side, on several threads if `shared`.
pub(super) fn outer<T: Lanes>(a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut [T], shared: bool) {
    let height = match shared {
        true => a.rows.div_ceil(PIECES * threads::num_threads()),
        false => a.rows,
    };
    threads::for_each_chunk(out, height * b.cols, shared, |i, out| {
        let rows = i * height..a.rows.min((i + 1) * height);
        let a = a.take_rows(rows);
        Arch::new().dispatch(Outer { a, b, out });
    });
}

struct Outer<'a, T> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    out: &'a mut [T],
}

impl<T: Lanes> WithSimd for Outer<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let row = &self.b.values[..self.b.cols];
        for (i, out) in self.out.chunks_exact_mut(row.len()).enumerate() {
            let factor = self.a.values[i * self.a.row_step];
            for (out, &value) in out.iter_mut().zip(row) {
                *out = T::mul_add_one::<S>(factor, value, T::default());
            }
        }
    }
}
