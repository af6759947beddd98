"""Prints the coefficients of src/kernels/math: polynomials through Chebyshev nodes, for f64 and f32.

    python3 fit.py            # all
    python3 fit.py ERF        # one

Each line gives the type, the greatest error over the range as a power of 2, and the coefficients from high to low.
"""
import struct
import sys

from mpmath import asin, atan, cos, erf, erfc, erfinv, exp, log, loggamma, mp, mpf, pi, sin, sinh, sqrt

mp.dps = 50


def quotient(f, known, power):
    """(f(x) - known(x)) / x^power, at 0 taken beside it."""
    def value(x):
        x = x if abs(x) > mpf(10) ** -22 else mpf(10) ** -22
        with mp.workdps(200):
            y = (f(x) - known(x)) / x ** power
        return +y
    return value


def even(f, known, power):
    """As `quotient`, as a function of z = x^2."""
    g = quotient(f, known, power)
    return lambda z: g(sqrt(max(z, mpf(0))))


def log_tail(first):
    """(log((1 + s) / (1 - s)) / s - 2 [- 2/3 z]) / z^(1 or 2) in z = s^2."""
    known = {1: lambda s: 2 * s, 2: lambda s: 2 * s + 2 * s ** 3 / 3}[first]
    return even(lambda s: log((1 + s) / (1 - s)), known, 2 * first + 1)


def erfcx(t):
    a = 4 * (1 + t) / (1 - t)
    return (1 + 2 * a) * exp(a * a) * erfc(a) - 1


def erfinv_tail(w):
    """erfinv(x) / w for w = sqrt(-log((1 - x)(1 + x)))."""
    with mp.workdps(80):
        y = erfinv(sqrt(-mp.expm1(-w * w))) / w
    return +y


TAN_EIGHTH = (sqrt(mpf(2)) - 1) ** 2 + mpf(2) ** -20
LOG_RANGE = (sqrt(mpf(2)) - 1) ** 2 / (sqrt(mpf(2)) + 1) ** 2 + mpf(2) ** -20
QUARTER = (pi / 4 + mpf(2) ** -10) ** 2
HALF_LN2 = log(2) / 2 + mpf(2) ** -10

# Name: function, range, coefficients for f64 and f32.
FITS = {
    # exp(r) = 1 + r + r^2 P(r)
    "EXP": (quotient(exp, lambda r: 1 + r, 2), (-HALF_LN2, HALF_LN2), 11, 5),
    # log((1 + s) / (1 - s)) = 2 s + s z P(z)
    "LOG": (log_tail(1), (0, LOG_RANGE), 7, 3),
    # .. = 2 s + s z (2/3 + z P(z))
    "LOG_LONG": (log_tail(2), (0, LOG_RANGE), 8, 4),
    # sin(r) = r + r z P(z), cos(r) = 1 - z / 2 + z^2 P(z)
    "SIN": (even(sin, lambda x: x, 3), (0, QUARTER), 6, 3),
    "COS": (even(cos, lambda x: 1 - x * x / 2, 4), (0, QUARTER), 6, 3),
    # asin(x) = x + x z P(z), as atan and sinh
    "ASIN": (even(asin, lambda x: x, 3), (0, mpf(1) / 4), 13, 5),
    "ATAN": (even(atan, lambda x: x, 3), (0, TAN_EIGHTH), 11, 5),
    "SINH": (even(sinh, lambda x: x, 3), (0, 1), 7, 4),
    # erf(x) = x + x P(z)
    "ERF": (even(erf, lambda x: x, 1), (0, 1), 13, 6),
    # (1 + 2 a) exp(a^2) erfc(a) = 1 + P((a - 4) / (a + 4))
    "ERFCX": (erfcx, (-1, mpf(3) / 4), 23, 12),
    # erfinv(x) = x + x P(z)
    "ERFINV": (even(erfinv, lambda x: x, 1), (0, mpf(1) / 4), 14, 6),
    # erfinv(x) = w P(w)
    "ERFINV_TAIL": (erfinv_tail, (mpf("0.53"), mpf("6.05")), 14, 10),
    # In f64 alone, lgamma(2 + z) = z (1 - Euler's constant) + z^2 P(z)
    "LGAMMA": (quotient(lambda z: loggamma(2 + z), lambda z: (1 - mp.euler) * z, 2),
               (-mpf(1) / 2, mpf(1) / 2), 18, 0),
}


def nodes(f, low, high, count):
    """The polynomial through the Chebyshev nodes, from high to low."""
    low, high = mpf(low), mpf(high)
    at = [(low + high) / 2 + (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    rows = mp.matrix(count, count)
    right = mp.matrix(count, 1)
    for i, x in enumerate(at):
        for j in range(count):
            rows[i, j] = x ** (count - 1 - j)
        right[i] = f(x)
    return list(mp.lu_solve(rows, right))


def f32(x):
    return struct.unpack("f", struct.pack("f", float(x)))[0]


def shortest(x, rounded):
    """The fewest digits that give the number again."""
    return next(text for digits in range(1, 17) if rounded(float(text := f"{x:.{digits}e}")) == x)


def tidy(text):
    """Rust's style: underscores in long fractions."""
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction.rstrip("0") or "0"
    if len(fraction) > 5:
        fraction = "_".join(fraction[i:i + 3] for i in range(0, len(fraction), 3))
    exponent = int(exponent or 0)
    return f"{whole}.{fraction}" + (f"e{exponent}" if exponent else "")


def main():
    for name, (f, (low, high), count, count32) in FITS.items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        for kind, n in (("f64", count), ("f32", count32)):
            if n == 0:
                continue
            exact = nodes(f, low, high, n)
            low_, width = mpf(low), mpf(high) - mpf(low)
            # Past the nodes' count, between nodes and at the ends.
            errors = []
            for i in range(301):
                x = low_ + width * i / 300
                errors.append(abs(mp.polyval(exact, x) - f(x)))
            bound = log(max(errors), 2)
            rounded = float if kind == "f64" else f32
            texts = [tidy(shortest(rounded(c), rounded)) for c in exact]
            print(f"{name} {kind}: 2^{float(bound):.1f}\n    " + ", ".join(texts))


main()
