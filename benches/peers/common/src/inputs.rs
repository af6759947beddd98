//! The inputs of every work, from a formula that any language can follow to the bit.

/// Numbers spread evenly over `-scale .. scale`; another `stream`, other numbers.
#[must_use]
pub fn numbers(stream: u32, len: usize, scale: f32) -> Vec<f32> {
    let of = |i| (mix(i, stream) >> 8) as f32 / 8_388_608.0 - 1.0;
    (0..len as u32).map(|i| of(i) * scale).collect()
}

/// Classes below `classes`.
#[must_use]
pub fn labels(stream: u32, len: usize, classes: u32) -> Vec<u32> {
    (0..len as u32)
        .map(|i| (mix(i, stream) >> 8) % classes)
        .collect()
}

fn mix(i: u32, stream: u32) -> u32 {
    let mut x = i
        .wrapping_mul(2_654_435_761)
        .wrapping_add(stream.wrapping_mul(374_761_393));
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

macro_rules! inputs {
    ($($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $field:ident: $ty:ty = $value:expr,)* })*) => {
        $(
            $(#[$doc])*
            pub struct $name { $($(#[$note])* pub $field: $ty,)* }

            impl Default for $name {
                fn default() -> Self {
                    $name { $($field: $value,)* }
                }
            }
        )*
    };
}

/// A layer's weights, in the range in which PyTorch draws them.
fn layer(stream: u32, rows: usize, columns: usize) -> Vec<f32> {
    numbers(stream, rows * columns, 1.0 / (rows as f32).sqrt())
}

fn zeros_and_ones(stream: u32, len: usize) -> Vec<f32> {
    labels(stream, len, 2)
        .into_iter()
        .map(|y| y as f32)
        .collect()
}

inputs! {
    /// An epoch of the breast-cancer network.
    Epoch {
        /// `[455, 30]`
        x: Vec<f32> = numbers(1, Epoch::ROWS * Epoch::INPUTS, 1.7),
        /// `[455, 1]`
        y: Vec<f32> = zeros_and_ones(2, Epoch::ROWS),
        /// `[30, 100]`
        w1: Vec<f32> = layer(3, Epoch::INPUTS, Epoch::HIDDEN),
        /// `[100]`
        b1: Vec<f32> = vec![0.0; Epoch::HIDDEN],
        /// `[100, 1]`
        w2: Vec<f32> = layer(4, Epoch::HIDDEN, 1),
        /// `[1]`
        b2: Vec<f32> = vec![0.0],
    }
    /// A step of logistic regression on six points, from zeros.
    Logistic {
        /// `[6, 2]`
        x: Vec<f32> = vec![1.0, 2.0, 2.0, 3.0, 3.0, 1.0, 4.0, 3.0, 5.0, 3.0, 6.0, 2.0],
        /// `[6, 1]`
        y: Vec<f32> = vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
    }
    /// A network of three layers on a batch.
    Mlp {
        /// `[64, 784]`
        x: Vec<f32> = numbers(5, Mlp::BATCH * Mlp::SIZES[0], 1.0),
        /// `[64]`
        y: Vec<u32> = labels(6, Mlp::BATCH, Mlp::SIZES[3] as u32),
        /// `[784, 512]`, `[512, 512]`, `[512, 10]`
        weights: [Vec<f32>; 3] = [0, 1, 2].map(|i| layer(7 + i as u32, Mlp::SIZES[i], Mlp::SIZES[i + 1])),
        /// Zeros.
        biases: [Vec<f32>; 3] = [0, 1, 2].map(|i| vec![0.0; Mlp::SIZES[i + 1]]),
    }
    /// `sum(sigmoid(x w + b))`, all three alike.
    Elementwise {
        /// `[1000000]`
        x: Vec<f32> = numbers(10, Elementwise::LEN, 2.0),
        /// `[1000000]`
        w: Vec<f32> = numbers(11, Elementwise::LEN, 2.0),
        /// `[1000000]`
        b: Vec<f32> = numbers(12, Elementwise::LEN, 1.0),
    }
    /// Scores and the classes that they should have.
    Softmax {
        /// `[4096, 1000]`
        x: Vec<f32> = numbers(16, Softmax::ROWS * Softmax::CLASSES, 3.0),
        /// `[4096]`
        y: Vec<u32> = labels(17, Softmax::ROWS, Softmax::CLASSES as u32),
    }
    /// A normalised layer.
    LayerNorm {
        /// `[64, 128, 512]`
        x: Vec<f32> = numbers(18, LayerNorm::ROWS * LayerNorm::WIDTH, 2.0),
        /// `[512]`
        weight: Vec<f32> = numbers(19, LayerNorm::WIDTH, 1.0),
        /// `[512]`
        bias: Vec<f32> = numbers(20, LayerNorm::WIDTH, 1.0),
        /// The gradient of the output.
        grad: Vec<f32> = numbers(21, LayerNorm::ROWS * LayerNorm::WIDTH, 1.0),
    }
    /// Scaled dot-product attention.
    Attention {
        /// `[8, 128, 64]`
        q: Vec<f32> = numbers(22, Attention::LEN, 1.7),
        /// `[8, 128, 64]`
        k: Vec<f32> = numbers(23, Attention::LEN, 1.7),
        /// `[8, 128, 64]`
        v: Vec<f32> = numbers(24, Attention::LEN, 1.7),
        /// The gradient of the output.
        grad: Vec<f32> = numbers(25, Attention::LEN, 1.0),
    }
    /// A convolution, 3 x 3 with a border of zeros, stride 1.
    Conv {
        /// `[8, 32, 28, 28]`
        x: Vec<f32> = numbers(26, Conv::LEN, 1.7),
        /// `[32, 32, 3, 3]`
        weight: Vec<f32> = numbers(27, 32 * 32 * 9, 0.06),
        /// `[32]`
        bias: Vec<f32> = numbers(28, 32, 0.06),
        /// The gradient of the output.
        grad: Vec<f32> = numbers(29, Conv::LEN, 1.0),
    }
}

/// A product of square matrices and the gradient of its output.
pub struct Product {
    /// Left operand.
    pub a: Vec<f32>,
    /// Right operand.
    pub b: Vec<f32>,
    /// The gradient of the product.
    pub grad: Vec<f32>,
}

impl Product {
    /// Matrices of `n` rows and columns.
    #[must_use]
    pub fn new(n: usize) -> Self {
        let [a, b, grad] = [13, 14, 15].map(|stream| numbers(stream, n * n, 1.0));
        Product { a, b, grad }
    }
}

impl Epoch {
    /// Rows.
    pub const ROWS: usize = 455;
    /// Columns.
    pub const INPUTS: usize = 30;
    /// Width of the hidden layer.
    pub const HIDDEN: usize = 100;
    /// Learning rate.
    pub const LR: f64 = 0.1;
    /// What the loss adds before it takes logarithms.
    pub const EPS: f64 = 1e-8;
}

impl Logistic {
    /// Learning rate.
    pub const LR: f64 = 0.01;
}

impl Mlp {
    /// Rows.
    pub const BATCH: usize = 64;
    /// Widths from inputs to classes.
    pub const SIZES: [usize; 4] = [784, 512, 512, 10];
    /// Learning rate with momentum.
    pub const LR: f64 = 0.01;
    /// Learning rate of Adam.
    pub const ADAM_LR: f64 = 1e-4;
    /// Momentum.
    pub const MOMENTUM: f64 = 0.9;
}

impl Elementwise {
    /// Elements.
    pub const LEN: usize = 1_000_000;
}

impl Softmax {
    /// Rows.
    pub const ROWS: usize = 4096;
    /// Classes.
    pub const CLASSES: usize = 1000;
}

impl LayerNorm {
    /// Rows, of 64 x 128.
    pub const ROWS: usize = 64 * 128;
    /// Elements that are normalised together.
    pub const WIDTH: usize = 512;
    /// What the variance is raised by.
    pub const EPS: f64 = 1e-5;
}

impl Attention {
    /// Elements of each operand.
    pub const LEN: usize = 8 * 128 * 64;
}

impl Conv {
    /// Elements of the input, and of the output.
    pub const LEN: usize = 8 * 32 * 28 * 28;
}

/// Products in the chain of one number.
pub const CHAIN: usize = 1000;
/// The number that the chain multiplies.
pub const FACTOR: f32 = 1.0001;
