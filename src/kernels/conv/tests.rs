//! Every way to convolve against the sums that say what a convolution is.

use super::*;

/// Whole numbers, of which every sum is exact in either type and in any order.
fn whole<T: Float>(len: usize, salt: usize) -> Vec<T> {
    let number = |i: usize| ((i * 7 + i / 13 + salt * 3) % 11) as f64 - 5.0;
    (0..len).map(|i| T::from(number(i)).unwrap()).collect()
}

/// Calls `f` with the places in the output, the input and the weight of each product that a convolution sums.
fn products(g: &Geometry, mut f: impl FnMut(usize, usize, usize)) {
    let [channels, out] = g.channels;
    for i in 0..g.batch * g.groups {
        for (o, c) in (0..out).flat_map(|o| (0..channels).map(move |c| (o, c))) {
            for (y, x) in (0..g.output[0]).flat_map(|y| (0..g.output[1]).map(move |x| (y, x))) {
                for (row, col) in g.positions() {
                    let at = |axis: usize, of: usize, position: usize| {
                        (of * g.stride[axis] + position * g.dilation[axis])
                            .checked_sub(g.before[axis])
                            .filter(|&at| at < g.input[axis])
                    };
                    if let (Some(from), Some(at)) = (at(0, y, row), at(1, x, col)) {
                        let group = i % g.groups;
                        f(
                            ((i * out + o) * g.output[0] + y) * g.output[1] + x,
                            ((i * channels + c) * g.input[0] + from) * g.input[1] + at,
                            (((group * out + o) * channels + c) * g.kernel[0] + row) * g.kernel[1]
                                + col,
                        );
                    }
                }
            }
        }
    }
}

fn agrees<T: Product + Lanes + Float>(g: &Geometry) {
    let pixels = g.batch * g.groups * g.channels[1] * g.windows();
    let size = g.groups * g.channels[1] * g.window();
    let x: Vec<T> = whole(g.batch * g.groups * g.image(), 1);
    let (w, grad): (Vec<T>, Vec<T>) = (whole(size, 2), whole(pixels, 3));
    let bias: Vec<T> = whole(g.groups * g.channels[1], 4);
    let [mut out, mut plain] = [vec![T::zero(); pixels], vec![T::zero(); pixels]];
    let (mut dx, mut dw) = (vec![T::zero(); x.len()], vec![T::zero(); size]);
    products(g, |o, i, k| {
        plain[o] = plain[o] + x[i] * w[k];
        dx[i] = dx[i] + grad[o] * w[k];
        dw[k] = dw[k] + grad[o] * x[i];
    });
    for (i, (out, &plain)) in out.iter_mut().zip(&plain).enumerate() {
        *out = plain + bias[i / g.windows() % bias.len()];
    }
    let planes = g.has_planes();
    assert_eq!(output(g, &x, &w, None)[..], plain, "{planes} {g:?}");
    assert_eq!(output(g, &x, &w, Some(&bias))[..], out, "{planes} {g:?}");
    assert_eq!(input(g, &grad, &w)[..], dx, "{planes} {g:?}");
    assert_eq!(weight(g, &x, &grad)[..], dw, "{planes} {g:?}");
}

fn geometry(input: [usize; 2], kernel: [usize; 2]) -> Geometry {
    Geometry {
        batch: 2,
        groups: 1,
        channels: [2, 3],
        input,
        kernel,
        output: [0, 0],
        stride: [1, 1],
        dilation: [1, 1],
        before: [0, 0],
    }
}

/// With so many zeros behind the last element of each axis, too.
fn padded(g: Geometry, before: [usize; 2], after: [usize; 2]) -> Geometry {
    let output = [0, 1].map(|axis| {
        let free = g.input[axis] + before[axis] + after[axis] - g.reach(axis) - 1;
        free / g.stride[axis] + 1
    });
    Geometry {
        output,
        before,
        ..g
    }
}

#[test]
fn a_convolution_and_its_gradients_are_their_sums() {
    let wide = |channels| Geometry {
        channels,
        ..geometry([5, 6], [3, 3])
    };
    let cases = [
        padded(geometry([5, 6], [3, 3]), [1, 1], [1, 1]),
        padded(geometry([5, 6], [3, 2]), [0, 3], [4, 0]),
        padded(geometry([1, 40], [1, 5]), [0, 2], [0, 2]),
        padded(geometry([40, 1], [5, 1]), [2, 0], [2, 0]),
        // Fewer elements than the kernel reaches, and more zeros than it.
        padded(geometry([1, 1], [3, 3]), [1, 1], [1, 1]),
        padded(geometry([2, 1], [2, 2]), [3, 4], [5, 6]),
        padded(geometry([3, 3], [1, 1]), [1, 2], [0, 3]),
        padded(geometry([3, 3], [1, 1]), [0, 0], [0, 0]),
        padded(geometry([12, 30], [2, 12]), [0, 0], [0, 11]),
        padded(
            Geometry {
                dilation: [2, 3],
                ..geometry([9, 20], [3, 3])
            },
            [2, 3],
            [1, 0],
        ),
        padded(
            Geometry {
                stride: [2, 3],
                ..geometry([9, 20], [3, 4])
            },
            [1, 1],
            [1, 2],
        ),
        // Each group by itself, in few channels and in vectors of them.
        padded(
            Geometry {
                groups: 3,
                channels: [1, 1],
                ..geometry([6, 7], [3, 3])
            },
            [1, 1],
            [1, 1],
        ),
        padded(
            Geometry {
                groups: 2,
                channels: [3, 21],
                ..geometry([6, 70], [3, 3])
            },
            [1, 1],
            [1, 1],
        ),
        // More terms than a block takes, and channels for which windows are copied.
        padded(wide([130, 9]), [1, 1], [1, 1]),
        padded(wide([3, 70]), [1, 1], [1, 1]),
        padded(wide([3, 12]), [1, 1], [1, 1]),
        padded(
            Geometry {
                channels: [2, 17],
                ..geometry([40, 35], [3, 3])
            },
            [1, 1],
            [1, 1],
        ),
        Geometry {
            batch: 0,
            ..padded(geometry([5, 6], [3, 3]), [1, 1], [1, 1])
        },
    ];
    for g in cases {
        agrees::<f32>(&g);
        agrees::<f64>(&g);
    }
}

#[test]
fn one_image_alone_and_many_have_the_same_bits_on_any_number_of_threads() {
    let many = padded(
        Geometry {
            batch: 9,
            channels: [16, 20],
            ..geometry([40, 50], [3, 3])
        },
        [1, 1],
        [1, 1],
    );
    let one = Geometry { batch: 1, ..many };
    assert!(many.has_planes() && many.operations() > 1 << 22 && one.operations() > 1 << 22);
    let fraction = |v: f32| v / 7.0 + 0.1;
    let x: Vec<f32> = whole(9 * many.image(), 1)
        .into_iter()
        .map(fraction)
        .collect();
    let w: Vec<f32> = whole(20 * many.window(), 2)
        .into_iter()
        .map(fraction)
        .collect();
    let grad: Vec<f32> = whole(9 * 20 * many.windows(), 3)
        .into_iter()
        .map(fraction)
        .collect();
    let of = |g: &Geometry| {
        let (x, grad) = (
            &x[..g.batch * g.image()],
            &grad[..g.batch * 20 * g.windows()],
        );
        let [out, dx] = [output(g, x, &w, None), input(g, grad, &w)].map(|data| data.to_vec());
        (out, dx, weight(g, x, grad).to_vec())
    };
    let (out, dx, dw) = of(&many);
    let (first, dfirst, _) = of(&one);
    assert_eq!(
        (&out[..first.len()], &dx[..dfirst.len()]),
        (&first[..], &dfirst[..])
    );
    threads::set_num_threads(1);
    assert_eq!(of(&many), (out, dx, dw));
    threads::set_num_threads(0);
}

#[test]
fn an_infinite_element_reaches_the_windows_that_hold_it_alone() {
    let g = padded(
        Geometry {
            channels: [1, 8],
            ..geometry([4, 5], [3, 3])
        },
        [1, 1],
        [1, 1],
    );
    let mut x: Vec<f32> = whole(2 * g.image(), 1);
    x[9] = f32::INFINITY;
    let ones = vec![1.0; 8 * g.window()];
    let out = output(&g, &x, &ones, None);
    let reached: Vec<usize> = (0..20).filter(|&at| !out[at].is_finite()).collect();
    assert_eq!(reached, [3, 4, 8, 9, 13, 14]);
    let mut grad = vec![0.0; 2 * 8 * g.windows()];
    grad[10] = 1.0;
    let dw = weight(&g, &x, &grad);
    // No window holds it at its left edge, for it stands at the right edge of the image.
    assert!((0..dw.len()).all(|k| dw[k].is_finite() == (k % 3 == 0)));
}
