//! The transcendental functions against tables of the nearest numbers to their exact values, made with mpmath by
//! `tests/data/accuracy/make.py`; their values at the ends of their range; the error of long sums.

use retrograd::{Element, Tensor, grad};
use std::path::Path;

/// A type's bits, of which neighbouring numbers have neighbouring ones.
trait Bits: Element + Into<f64> {
    const NAME: &'static str;
    fn read(bytes: &[u8]) -> Self;
    fn rank(self) -> i64;
}
impl Bits for f64 {
    const NAME: &'static str = "f64";
    fn read(bytes: &[u8]) -> f64 {
        f64::from_le_bytes(bytes.try_into().expect("eight bytes"))
    }
    fn rank(self) -> i64 {
        let bits = self.to_bits() as i64;
        if bits < 0 { i64::MIN - bits } else { bits }
    }
}
impl Bits for f32 {
    const NAME: &'static str = "f32";
    fn read(bytes: &[u8]) -> f32 {
        f32::from_le_bytes(bytes.try_into().expect("four bytes"))
    }
    fn rank(self) -> i64 {
        let bits = self.to_bits() as i32;
        i64::from(if bits < 0 { i32::MIN - bits } else { bits })
    }
}

/// The columns of a table; `RETROGRAD_ACCURACY` names another folder than the one beside this file.
fn table<T: Bits>(name: &str, arity: usize) -> Vec<Vec<T>> {
    let folder =
        std::env::var_os("RETROGRAD_ACCURACY").unwrap_or_else(|| "tests/data/accuracy".into());
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folder)
        .join(format!("{name}.{}", T::NAME));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let numbers: Vec<T> = bytes.chunks_exact(size_of::<T>()).map(T::read).collect();
    let column = |i: usize| numbers.iter().copied().skip(i).step_by(arity + 1).collect();
    (0..=arity).map(column).collect()
}

type Function<'a> = &'a dyn Fn(&[Tensor]) -> Tensor;

/// How far from the nearest number a value may lie.
enum Limit {
    Units(i64),
    /// Or 1e-15 within 0.1 of a zero, which the function's slope tells.
    UnitsOrByZero(i64),
}
const USUAL: Limit = Limit::Units(2);
const WIDE: Limit = Limit::UnitsOrByZero(4);

/// Whether Newton's method sees a zero within 0.1 of each point.
fn by_zero(f: Function<'_>, x: &[Tensor]) -> Vec<bool> {
    let x = x[0].double().requires_grad_();
    let y = f(std::slice::from_ref(&x));
    let slope = grad(y.sum(), &x).run().remove(0);
    (y.detach() / slope).abs().lt(0.1).to_vec::<bool>()
}

/// Prints a function's greatest error, and says whether it is within the limit.
fn measure<T: Bits>(name: &str, arity: usize, limit: &Limit, f: Function<'_>) -> bool {
    let columns = table::<T>(name, arity);
    let arguments: Vec<Tensor> = columns[..arity]
        .iter()
        .map(|x| Tensor::from(x.clone()))
        .collect();
    let (found, exact) = (f(&arguments).to_vec::<T>(), &columns[arity]);
    assert!(exact.len() >= 2000, "{name}: a table has 2,000 points");
    let (units, spared) = match *limit {
        Limit::Units(units) => (units, vec![false; exact.len()]),
        Limit::UnitsOrByZero(units) => (units, by_zero(f, &arguments)),
    };
    let error = |i: usize| {
        let (found, exact): (f64, f64) = (found[i].into(), exact[i].into());
        (found - exact).abs()
    };
    let distance = |i: usize| match error(i).is_nan() && found[i] != exact[i] {
        true => i64::MAX,
        false => (found[i].rank() - exact[i].rank()).abs(),
    };
    let counted = (0..exact.len()).filter(|&i| !(spared[i] && error(i) <= 1e-15));
    let worst = counted
        .max_by_key(|&i| distance(i))
        .expect("points far from zeros");
    let at: Vec<T> = columns[..arity]
        .iter()
        .map(|column| column[worst])
        .collect();
    println!(
        "{name} {}: at most {} units, at {at:?}: {:?}, nearest {:?}",
        T::NAME,
        distance(worst),
        found[worst],
        exact[worst]
    );
    distance(worst) <= units
}

macro_rules! functions {
    ($($test:ident: $($method:ident),*; $limit:ident;)*) => { $(
        #[test]
        fn $test() {
            let mut wrong = Vec::new();
            $(
                let (name, f) = (stringify!($method), |x: &[Tensor]| x[0].$method());
                if !(measure::<f64>(name, 1, &$limit, &f) & measure::<f32>(name, 1, &$limit, &f)) {
                    wrong.push(name);
                }
            )*
            assert!(wrong.is_empty(), "farther from the exact values than allowed: {wrong:?}");
        }
    )* };
}
functions! {
    exponentials: exp, exp2, expm1; USUAL;
    logarithms: log, log2, log10, log1p; USUAL;
    trigonometric: sin, cos, tan, asin, acos, atan; USUAL;
    hyperbolic: sinh, cosh, tanh, asinh, acosh, atanh; USUAL;
    error_functions: erf, erfc; USUAL;
    roots: sqrt, rsqrt, reciprocal; USUAL;
    special: erfinv, lgamma, digamma; WIDE;
}

#[test]
fn functions_of_two() {
    type Two = fn(&[Tensor]) -> Tensor;
    let functions: [(&str, Two); 3] = [
        ("pow", |x| x[0].pow(&x[1])),
        ("atan2", |x| x[0].atan2(&x[1])),
        ("hypot", |x| x[0].hypot(&x[1])),
    ];
    for (name, f) in functions {
        assert!(
            measure::<f64>(name, 2, &USUAL, &f) & measure::<f32>(name, 2, &USUAL, &f),
            "{name}"
        );
    }
}

type Points<'a> = &'a [(f64, f64)];
type Triples<'a> = &'a [(f64, f64, f64)];
/// C99's values (annex F), with the sign of zero; for both types.
#[test]
fn values_at_the_ends() {
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};
    const INF: f64 = f64::INFINITY;
    const NAN: f64 = f64::NAN;
    type One = fn(&Tensor) -> Tensor;
    let odd: [(&str, One, f64); 10] = [
        ("sin", Tensor::sin, NAN),
        ("tan", Tensor::tan, NAN),
        ("asin", Tensor::asin, NAN),
        ("atan", Tensor::atan, FRAC_PI_2),
        ("sinh", Tensor::sinh, INF),
        ("tanh", Tensor::tanh, 1.0),
        ("asinh", Tensor::asinh, INF),
        ("atanh", Tensor::atanh, NAN),
        ("erf", Tensor::erf, 1.0),
        ("erfinv", Tensor::erfinv, NAN),
    ];
    for (name, f, end) in odd {
        check_ends(
            name,
            f,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (INF, end),
                (-INF, -end),
                (NAN, NAN),
            ],
        );
    }
    let others: [(&str, One, Points<'_>); 18] = [
        (
            "exp",
            Tensor::exp,
            &[(0.0, 1.0), (INF, INF), (-INF, 0.0), (-1e4, 0.0), (1e4, INF)],
        ),
        (
            "exp2",
            Tensor::exp2,
            &[
                (-0.0, 1.0),
                (INF, INF),
                (-INF, 0.0),
                (10.0, 1024.0),
                (-1e4, 0.0),
            ],
        ),
        (
            "expm1",
            Tensor::expm1,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (INF, INF),
                (-INF, -1.0),
                (1e4, INF),
            ],
        ),
        (
            "log",
            Tensor::log,
            &[
                (0.0, -INF),
                (-0.0, -INF),
                (1.0, 0.0),
                (INF, INF),
                (-1.0, NAN),
                (-INF, NAN),
            ],
        ),
        (
            "log2",
            Tensor::log2,
            &[(0.0, -INF), (1.0, 0.0), (8.0, 3.0), (INF, INF), (-1.0, NAN)],
        ),
        (
            "log10",
            Tensor::log10,
            &[
                (0.0, -INF),
                (1.0, 0.0),
                (1000.0, 3.0),
                (INF, INF),
                (-1.0, NAN),
            ],
        ),
        (
            "log1p",
            Tensor::log1p,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (-1.0, -INF),
                (INF, INF),
                (-2.0, NAN),
            ],
        ),
        (
            "cos",
            Tensor::cos,
            &[(0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN)],
        ),
        (
            "acos",
            Tensor::acos,
            &[
                (1.0, 0.0),
                (-1.0, PI),
                (0.0, FRAC_PI_2),
                (1.5, NAN),
                (-INF, NAN),
            ],
        ),
        (
            "asin",
            Tensor::asin,
            &[
                (1.0, FRAC_PI_2),
                (-1.0, -FRAC_PI_2),
                (1.5, NAN),
                (-1.5, NAN),
            ],
        ),
        (
            "cosh",
            Tensor::cosh,
            &[(0.0, 1.0), (INF, INF), (-INF, INF), (-1e4, INF)],
        ),
        (
            "acosh",
            Tensor::acosh,
            &[(1.0, 0.0), (INF, INF), (0.5, NAN), (-INF, NAN)],
        ),
        (
            "atanh",
            Tensor::atanh,
            &[(1.0, INF), (-1.0, -INF), (1.5, NAN), (-1.5, NAN)],
        ),
        (
            "erfc",
            Tensor::erfc,
            &[
                (0.0, 1.0),
                (INF, 0.0),
                (-INF, 2.0),
                (40.0, 0.0),
                (-40.0, 2.0),
            ],
        ),
        (
            "erfinv",
            Tensor::erfinv,
            &[(1.0, INF), (-1.0, -INF), (1.5, NAN)],
        ),
        (
            "lgamma",
            Tensor::lgamma,
            &[
                (1.0, 0.0),
                (2.0, 0.0),
                (0.0, INF),
                (-3.0, INF),
                (INF, INF),
                (-INF, INF),
            ],
        ),
        (
            "digamma",
            Tensor::digamma,
            &[
                (0.0, -INF),
                (-0.0, INF),
                (-3.0, NAN),
                (INF, INF),
                (-INF, NAN),
            ],
        ),
        (
            "sqrt",
            Tensor::sqrt,
            &[(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-1.0, NAN)],
        ),
    ];
    for (name, f, values) in others {
        check_ends(name, f, values);
        check_ends(name, f, &[(NAN, NAN)]);
    }
    type Two = fn(&Tensor, &Tensor) -> Tensor;
    let pow: Two = |x, y| x.pow(y);
    let atan2: Two = |y, x| y.atan2(x);
    let of_two: [(&str, Two, Triples<'_>); 2] = [
        (
            "pow",
            pow,
            &[
                (0.0, -3.0, INF),
                (-0.0, -3.0, -INF),
                (-0.0, -2.0, INF),
                (0.0, -INF, INF),
                (0.0, 3.0, 0.0),
                (-0.0, 3.0, -0.0),
                (-0.0, 2.5, 0.0),
                (-1.0, INF, 1.0),
                (-1.0, -INF, 1.0),
                (1.0, NAN, 1.0),
                (NAN, 0.0, 1.0),
                (NAN, 1.0, NAN),
                (2.0, NAN, NAN),
                (-2.0, 0.5, NAN),
                (0.5, -INF, INF),
                (2.0, -INF, 0.0),
                (0.5, INF, 0.0),
                (-2.0, INF, INF),
                (-INF, -3.0, -0.0),
                (-INF, -2.0, 0.0),
                (-INF, 3.0, -INF),
                (-INF, 2.0, INF),
                (-INF, 0.5, INF),
                (INF, -1.0, 0.0),
                (INF, 0.1, INF),
                (-2.0, 3.0, -8.0),
                (-2.0, 1e4, INF),
                (-2.0, 10_001.0, -INF),
                (-2.0, -10_001.0, -0.0),
            ],
        ),
        (
            "atan2",
            atan2,
            &[
                (0.0, -0.0, PI),
                (-0.0, -0.0, -PI),
                (0.0, 0.0, 0.0),
                (-0.0, 0.0, -0.0),
                (0.0, -1.0, PI),
                (-0.0, -1.0, -PI),
                (0.0, 1.0, 0.0),
                (-0.0, 1.0, -0.0),
                (-1.0, 0.0, -FRAC_PI_2),
                (1.0, -0.0, FRAC_PI_2),
                (1.0, -INF, PI),
                (-1.0, -INF, -PI),
                (1.0, INF, 0.0),
                (-1.0, INF, -0.0),
                (INF, 1.0, FRAC_PI_2),
                (-INF, -1.0, -FRAC_PI_2),
                (INF, -INF, 3.0 * FRAC_PI_4),
                (-INF, -INF, -3.0 * FRAC_PI_4),
                (INF, INF, FRAC_PI_4),
                (-INF, INF, -FRAC_PI_4),
                (NAN, INF, NAN),
                (INF, NAN, NAN),
                (NAN, 1.0, NAN),
                (0.0, NAN, NAN),
            ],
        ),
    ];
    for (name, f, values) in of_two {
        for &(x, y, value) in values {
            let whole = |v: f64| retrograd::full([40], v).double();
            let found = f(&whole(x), &whole(y));
            same(&found, value, &format!("{name}({x}, {y})"));
            let found = f(&whole(x).float(), &whole(y).float());
            same(
                &found,
                f64::from(value as f32),
                &format!("{name}({x}, {y}) in f32"),
            );
        }
    }
}

fn check_ends(name: &str, f: fn(&Tensor) -> Tensor, values: &[(f64, f64)]) {
    for &(x, value) in values {
        let whole = retrograd::full([40], x).double();
        same(&f(&whole), value, &format!("{name}({x})"));
        same(
            &f(&whole.float()),
            f64::from(value as f32),
            &format!("{name}({x}) in f32"),
        );
        // Few elements take another loop.
        same(
            &f(&whole.narrow(0, 0, 1)),
            value,
            &format!("{name}({x}) alone"),
        );
    }
}

#[track_caller]
fn same(found: &Tensor, value: f64, what: &str) {
    for found in found.double().to_vec::<f64>() {
        let ok = found.to_bits() == value.to_bits() || found.is_nan() && value.is_nan();
        assert!(ok, "{what} = {found:?}, C99 has {value:?}");
    }
}

/// Sums of 10^7 numbers, of which the exact value is got in 128-bit integers.
#[test]
fn long_sums() {
    retrograd::manual_seed(3);
    let n = 10_000_000;
    let uniform = retrograd::rand([n]);
    let signed = retrograd::randn([n]) * 1e3;
    let ascending = Tensor::from((0..n).map(|i| i as f32 * 1e-3).collect::<Vec<f32>>());
    for (name, x) in [
        ("rand", uniform),
        ("randn", signed),
        ("ascending", ascending),
    ] {
        let values = x.to_vec::<f32>();
        let unit = 2.0_f64.powi(-60);
        let exact = values
            .iter()
            .map(|&v| (f64::from(v) / unit) as i128)
            .sum::<i128>() as f64
            * unit;
        let size = values.iter().map(|&v| f64::from(v.abs())).sum::<f64>();
        let error = |found: f32, exact: f64, size: f64| (f64::from(found) - exact).abs() / size;
        let sum = error(x.sum().item(), exact, size);
        let mean = error(x.mean().item(), exact / n as f64, size / n as f64);
        let rows = error(
            x.reshape([n as i64 / 10, 10]).sum_dim(0).sum().item(),
            exact,
            size,
        );
        let columns = error(
            x.reshape([10, n as i64 / 10]).sum_dim(1).sum().item(),
            exact,
            size,
        );
        let (mut so_far, mut size_so_far, mut running) = (0, 0.0, 0.0_f64);
        for (found, &v) in x.cumsum(0).to_vec::<f32>().into_iter().zip(&values) {
            so_far += (f64::from(v) / unit) as i128;
            size_so_far += f64::from(v.abs());
            if size_so_far > 0.0 {
                running = running.max(error(found, so_far as f64 * unit, size_so_far));
            }
        }
        println!(
            "{name}: running {running:.1e}, sum {sum:.1e}, mean {mean:.1e}, down rows {rows:.1e}, along rows {columns:.1e}"
        );
        assert!(running.max(sum).max(mean).max(rows).max(columns) < 1e-6);
    }
}
