"""Makes the tables of tests/accuracy.rs: 2,000 points of each function and type, and the nearest numbers to its values.

    pip install mpmath
    python3 make.py                               # all
    python3 make.py erf sin                       # some
    python3 make.py --seed 7 --count 20000 --to D # others, for `RETROGRAD_ACCURACY=D cargo test --test accuracy`

A file `NAME.f64` or `NAME.f32` holds rows of little-endian numbers of that type: the arguments, then the value.
The points lie over the whole range by exponent, over the range where the function is neither flat nor infinite, close
to special points from both sides, among subnormal numbers and at the ends.
"""
import argparse
import math
import random
import struct
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 60


class Type:
    def __init__(self, name, code, bits, low, high):
        self.name, self.code, self.bits, self.low, self.high = name, code, bits, low, high

    def round(self, x):
        """The nearest number of this type, halves to even."""
        if mp.isnan(x):
            return math.nan
        if x == 0 or mp.isinf(x):
            return float(x)
        if mp.mag(x) > self.high:
            return math.copysign(math.inf, x)
        exponent = max(int(mp.mag(x)) - self.bits, self.low)
        whole = int(mp.nint(mp.ldexp(x, -exponent)))
        if abs(whole) >= 1 << (self.high - exponent):
            return math.copysign(math.inf, whole)
        return math.ldexp(whole, exponent)

    def number(self, exponent, rng):
        """A number from 2^exponent to its double."""
        return self.round(mp.ldexp(1 + mpf(rng.getrandbits(80)) / 2 ** 80, exponent))


F64 = Type("f64", "<d", 53, -1074, 1024)
F32 = Type("f32", "<f", 24, -149, 128)


def odd(f, slope=1):
    """An odd function, whose value far below the last place is its slope."""
    return lambda x: mpf(x) * slope if abs(x) < mpf(2) ** -150 else f(x)


def real_log_gamma(x):
    return mp.loggamma(x).real


def digamma(x):
    return -1 / mpf(x) if abs(x) < mpf(2) ** -150 else mp.psi(0, x)


PI = mp.pi
HALF_PIES = [k * PI / 2 for k in (1, 2, 3, 4, 5, 11, 100, 355, 10 ** 6 + 1, 3 * 10 ** 9, 10 ** 15 + 1)]
ZEROS_OF_GAMMA = [mpf(z) for z in ("-2.4570247382208006", "-2.7476826467274127", "-3.1435808883499799", "-3.9552942848585979",
                                   "-4.0391615389640571", "-4.9915442456010986", "-5.0082181672260024")]
ZEROS_OF_DIGAMMA = [mpf(z) for z in ("1.4616321449683623", "-0.5040830082644554", "-1.5734984731623904",
                                     "-2.6107208684441446", "-3.6352933664369011", "-10.702953837")]
WHOLE = [mpf(k) for k in (-20, -5, -3, -2, -1, 0, 1, 2, 3, 12)]

# Name: value, domain, ranges for uniform points, special points.
ONE = {
    "exp": (mp.exp, (-1e300, 1e300), [(-1, 1), (-104, 89), (-746, 710)], [0]),
    "exp2": (lambda x: mpf(2) ** mpf(x), (-1e300, 1e300), [(-1, 1), (-150, 128), (-1075, 1024)], [0, 1, -1]),
    "expm1": (mp.expm1, (-1e300, 1e300), [(-1, 1), (-40, 89), (-40, 710)], [0]),
    "log": (mp.log, (0, mp.inf), [(0.5, 2), (0, 10)], [1]),
    "log2": (lambda x: mp.log(x) / mp.log(2), (0, mp.inf), [(0.5, 2), (0, 10)], [1, 2, 8]),
    "log10": (lambda x: mp.log(x) / mp.log(10), (0, mp.inf), [(0.5, 2), (0, 10)], [1, 10, 1000]),
    "log1p": (mp.log1p, (-1, mp.inf), [(-1, 1), (0, 10)], [0, -1]),
    "sin": (odd(mp.sin), None, [(-4, 4), (-200, 200)], [0] + HALF_PIES),
    "cos": (mp.cos, None, [(-4, 4), (-200, 200)], [0] + HALF_PIES),
    "tan": (odd(mp.tan), None, [(-4, 4), (-200, 200)], [0] + HALF_PIES),
    "asin": (odd(mp.asin), (-1, 1), [(-1, 1)], [0, 0.5, -0.5, 1, -1]),
    "acos": (mp.acos, (-1, 1), [(-1, 1)], [0, 0.5, -0.5, 1, -1]),
    "atan": (odd(mp.atan), None, [(-4, 4)], [0, 1, -1, mp.tan(PI / 8), mp.tan(3 * PI / 8)]),
    "sinh": (odd(mp.sinh), (-711, 711), [(-1.5, 1.5), (-89, 89), (-710, 710)], [0, 1, -1]),
    "cosh": (mp.cosh, (-711, 711), [(-1.5, 1.5), (-89, 89), (-710, 710)], [0]),
    "tanh": (odd(mp.tanh), (-1e5, 1e5), [(-1.5, 1.5), (-20, 20)], [0]),
    "asinh": (odd(mp.asinh), None, [(-1.5, 1.5), (-20, 20)], [0]),
    "acosh": (mp.acosh, (1, mp.inf), [(1, 2), (1, 20)], [1]),
    "atanh": (odd(mp.atanh), (-1, 1), [(-1, 1)], [0, 1, -1]),
    "erf": (odd(mp.erf, 2 / mp.sqrt(PI)), (-100, 100), [(-1, 1), (-6, 6)], [0, 1, -1]),
    "erfc": (mp.erfc, (-100, 100), [(-1, 1), (-6, 10), (0, 27.5)], [0]),
    "erfinv": (odd(mp.erfinv, mp.sqrt(PI) / 2), (-1, 1), [(-1, 1)], [0, 0.5, 1, -1]),
    "lgamma": (real_log_gamma, (-1e6, 1e300), [(0, 4), (0, 40), (-10, 0), (-50, 0)], WHOLE + ZEROS_OF_GAMMA),
    "digamma": (digamma, (-1e6, mp.inf), [(0, 4), (0, 40), (-10, 0), (-50, 0)], WHOLE + ZEROS_OF_DIGAMMA),
    "sqrt": (mp.sqrt, (0, mp.inf), [(0, 4)], [1]),
    "rsqrt": (lambda x: 1 / mp.sqrt(x), (0, mp.inf), [(0, 4)], [1]),
    "reciprocal": (lambda x: 1 / mpf(x), None, [(-4, 4)], [1]),
}
TWO = {
    "pow": lambda x, y: mpf(x) ** int(y) if x < 0 else mp.exp(mpf(y) * mp.log(x)),
    "atan2": lambda y, x: mp.atan2(y, x) if x <= 0 or abs(y) > x * mpf(2) ** -150 else mpf(y) / x,
    "hypot": lambda x, y: mp.sqrt(mpf(x) ** 2 + mpf(y) ** 2),
}


def fits(x, domain):
    inside = domain is None or domain[0] <= x <= domain[1]
    return inside and math.isfinite(x) and x != 0


def points(kind, domain, ranges, special, rng):
    signs = [1] if domain and domain[0] >= 0 else [-1, 1]
    exponents = [(kind.low, kind.high - 1), (-30, 3), (kind.low, kind.low + kind.bits)]
    while True:
        low, high = exponents[rng.choice([0, 0, 0, 0, 0, 0, 1, 1, 1, 2])]
        yield rng.choice(signs) * kind.number(rng.randint(low, high), rng)
        low, high = rng.choice(ranges)
        yield kind.round(low + (mpf(high) - low) * mpf(rng.getrandbits(80)) / 2 ** 80)
        near = mpf(rng.choice(special))
        distance = mp.ldexp(rng.choice([-1, 1]), -rng.randint(1, kind.bits)) * (1 + rng.random())
        yield kind.round(near + distance * max(abs(near), 0.5))


def pairs(name, kind, rng):
    top = kind.high - 1
    while True:
        x = kind.number(rng.randint(kind.low, top), rng)
        if name == "pow":
            near_one = kind.round(1 + mp.ldexp(rng.choice([-1, 1]), -rng.randint(1, kind.bits - 1)) * (1 + rng.random()))
            for base in (x, kind.number(rng.randint(-3, 3), rng), near_one):
                if base > 0 and base != 1:
                    most = kind.high * mp.log(2) / abs(mp.log(base))
                    yield base, kind.round(most * rng.uniform(-1.03, 1.03))
            yield -kind.number(rng.randint(-3, 3), rng), float(rng.randint(-40, 40))
            continue
        y = kind.number(rng.randint(kind.low, top), rng)
        yield x * rng.choice([-1, 1]), y * rng.choice([-1, 1])
        close = min(max(math.frexp(x)[1] + rng.randint(-3, 3), kind.low), top)
        yield x * rng.choice([-1, 1]), kind.number(close, rng) * rng.choice([-1, 1])


def table(name, kind, options):
    rng = random.Random(f"{name} {kind.name} {options.seed}")
    rows = []
    if name in ONE:
        f, domain, ranges, special = ONE[name]
        source = ((x,) for x in points(kind, domain, ranges, special, rng) if fits(x, domain))
    else:
        f = TWO[name]
        source = ((x, y) for x, y in pairs(name, kind, rng) if fits(x, None) and fits(y, None))
    for arguments in source:
        try:
            exact = f(*map(mpf, arguments))
        except ValueError:  # At a pole.
            continue
        rows.append((*arguments, kind.round(exact)))
        if len(rows) == options.count:
            break
    data = b"".join(struct.pack(kind.code, value) for row in rows for value in row)
    (options.to / f"{name}.{kind.name}").write_bytes(data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--to", type=Path, default=Path(__file__).parent)
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    for name in options.names or [*ONE, *TWO]:
        for kind in (F64, F32):
            table(name, kind, options)
        print(name)


main()
