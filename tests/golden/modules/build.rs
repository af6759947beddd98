//! Modules of this crate from PyTorch's constructors: one entry for each name, generic over its arguments.

use super::python::{Call, Py};
use retrograd::Tensor;
use retrograd::functional::{self as f, PadMode, Padding};
use retrograd::nn::{self, Forward, Layer, Module};

/// A module of one input, or one of those with more.
pub(crate) enum Built {
    Layer(Box<dyn Layer>),
    Bilinear(nn::Bilinear),
    Attention(nn::MultiheadAttention),
}

impl Built {
    pub(crate) fn module(&self) -> &dyn Module {
        match self {
            Built::Layer(layer) => layer,
            Built::Bilinear(module) => module,
            Built::Attention(module) => module,
        }
    }

    pub(crate) fn forward(&self, inputs: &[Tensor]) -> Tensor {
        match self {
            Built::Layer(layer) => layer.forward(&inputs[0]),
            Built::Bilinear(module) => module.forward(&inputs[0], &inputs[1]),
            Built::Attention(module) => module.forward(&inputs[0], &inputs[1], &inputs[2]),
        }
    }
}

pub(crate) fn build(constructor: &Py) -> Built {
    let Py::Call(call) = constructor else {
        panic!("{constructor:?} builds nothing")
    };
    match call.name.as_str() {
        "Bilinear" => {
            let sizes = [
                call.size(0, "in1_features"),
                call.size(1, "in2_features"),
                call.size(2, "out_features"),
            ];
            let [in1, in2, out] = sizes;
            Built::Bilinear(match call.flag(3, "bias", true) {
                true => nn::Bilinear::new(in1, in2, out),
                false => nn::Bilinear::without_bias(in1, in2, out),
            })
        }
        "MultiheadAttention" => Built::Attention(attention(call)),
        _ => Built::Layer(layer(call)),
    }
}

/// A constructor of the modules that it knows.
type Maker = fn(&Call) -> Option<Box<dyn Layer>>;

/// Boxes the first constructor that knows the name.
fn layer(call: &Call) -> Box<dyn Layer> {
    let makers: [Maker; 5] = [container, windows, norm, activation, other];
    let found = makers.iter().find_map(|make| make(call));
    found.unwrap_or_else(|| panic!("the crate has no module {}", call.name))
}

fn boxed(layer: impl Layer) -> Option<Box<dyn Layer>> {
    Some(Box::new(layer))
}

fn inner(constructor: &Py) -> Box<dyn Layer> {
    match build(constructor) {
        Built::Layer(layer) => layer,
        _ => panic!("{constructor:?} has more than one input"),
    }
}

fn container(call: &Call) -> Option<Box<dyn Layer>> {
    if call.name != "Sequential" {
        return None;
    }
    let mut model = nn::Sequential::new();
    for arg in call.args() {
        match arg {
            Py::Call(dict) if dict.name == "OrderedDict" => {
                let Some(Py::List(pairs)) = dict.args().first() else {
                    panic!("{dict:?} has no pairs")
                };
                for pair in pairs {
                    let Py::List(pair) = pair else {
                        panic!("{pair:?} is no pair")
                    };
                    let [Py::Text(name), module] = &pair[..] else {
                        panic!("{pair:?} is no pair")
                    };
                    model = model.add_named(name, inner(module));
                }
            }
            module => model.push(inner(module)),
        }
    }
    boxed(model)
}

/// A size for each of `D` axes.
fn sizes<const D: usize>(value: &Py) -> [usize; D] {
    let numbers = value.numbers();
    std::array::from_fn(|axis| *numbers.get(axis).unwrap_or(&numbers[0]) as usize)
}

fn pad_mode(name: &str) -> PadMode {
    match name {
        "reflect" => PadMode::Reflect,
        "replicate" => PadMode::Replicate,
        "circular" => PadMode::Circular,
        _ => PadMode::default(),
    }
}

macro_rules! conv {
    ($call:ident, $Conv:ident, $Options:ident) => {{
        let mut options = f::$Options::new().groups($call.count(6, "groups").unwrap_or(1));
        if let Some(stride) = $call.arg(3, "stride") {
            options = options.stride(sizes(stride));
        }
        match $call.arg(4, "padding") {
            Some(Py::Text(name)) if name == "same" => options = options.padding(Padding::Same),
            Some(Py::Text(_)) | None => {}
            Some(padding) => options = options.padding(sizes(padding)),
        }
        if let Some(dilation) = $call.arg(5, "dilation") {
            options = options.dilation(sizes(dilation));
        }
        let (channels, out) = ($call.size(0, "in_channels"), $call.size(1, "out_channels"));
        let kernel = sizes($call.arg(2, "kernel_size").expect("a kernel"));
        let layer = match $call.flag(7, "bias", true) {
            true => nn::$Conv::with(channels, out, kernel, options),
            false => nn::$Conv::without_bias(channels, out, kernel, options),
        };
        boxed(layer.padding_mode(pad_mode($call.text(8, "padding_mode").unwrap_or("zeros"))))
    }};
}

/// Gives a pool sizes as they stand: one number, or one for each axis.
macro_rules! given {
    ($value:expr, |$size:ident| $use:expr) => {
        match $value {
            Py::Number(number) => {
                let $size = *number as usize;
                $use
            }
            list => {
                let $size = sizes(list);
                $use
            }
        }
    };
}

macro_rules! pool {
    ($call:ident, $Pool:ident, $Options:ident, $ceil_mode:literal, |$options:ident| $more:expr) => {{
        let mut options = f::$Options::new();
        if let Some(stride) = $call.arg(1, "stride") {
            options = given!(stride, |size| options.stride(size));
        }
        if let Some(padding) = $call.arg(2, "padding") {
            options = given!(padding, |size| options.padding(size));
        }
        let $options = options.ceil_mode($call.flag($ceil_mode, "ceil_mode", false));
        let options = $more;
        let kernel = $call.arg(0, "kernel_size").expect("a kernel");
        boxed(given!(kernel, |size| nn::$Pool::with(size, options)))
    }};
}

fn windows(call: &Call) -> Option<Box<dyn Layer>> {
    match call.name.as_str() {
        "Conv1d" => conv!(call, Conv1d, Conv1dOptions),
        "Conv2d" => conv!(call, Conv2d, Conv2dOptions),
        "MaxPool1d" => pool!(call, MaxPool1d, MaxPool1dOptions, 5, |options| match call
            .arg(3, "dilation")
        {
            Some(dilation) => given!(dilation, |size| options.dilation(size)),
            None => options,
        }),
        "MaxPool2d" => pool!(call, MaxPool2d, MaxPool2dOptions, 5, |options| match call
            .arg(3, "dilation")
        {
            Some(dilation) => given!(dilation, |size| options.dilation(size)),
            None => options,
        }),
        "AvgPool1d" => pool!(call, AvgPool1d, AvgPool1dOptions, 3, |options| {
            options.count_include_pad(call.flag(4, "count_include_pad", true))
        }),
        "AvgPool2d" => pool!(call, AvgPool2d, AvgPool2dOptions, 3, |options| {
            let options = options.count_include_pad(call.flag(4, "count_include_pad", true));
            match call.float(5, "divisor_override") {
                Some(divisor) => options.divisor_override(divisor as i64),
                None => options,
            }
        }),
        "AdaptiveAvgPool1d" => {
            given!(call.arg(0, "output_size").expect("a size"), |size| boxed(
                nn::AdaptiveAvgPool1d::new(size)
            ))
        }
        "AdaptiveAvgPool2d" => {
            given!(call.arg(0, "output_size").expect("a size"), |size| boxed(
                nn::AdaptiveAvgPool2d::new(size)
            ))
        }
        _ => None,
    }
}

macro_rules! batch_norm {
    ($call:ident, $Norm:ident, $affine:literal) => {{
        let mut norm = nn::$Norm::new($call.size(0, "num_features"))
            .affine($call.flag(3, "affine", $affine))
            .track_running_stats($call.flag(4, "track_running_stats", $affine));
        if let Some(eps) = $call.float(1, "eps") {
            norm = norm.eps(eps);
        }
        if let Some(momentum) = $call.float(2, "momentum") {
            norm = norm.momentum(momentum);
        }
        boxed(if $call.is_none("momentum") {
            norm.momentum(None)
        } else {
            norm
        })
    }};
}

fn shape(call: &Call) -> Vec<usize> {
    let shape = call.arg(0, "normalized_shape").expect("a shape");
    shape
        .numbers()
        .into_iter()
        .map(|size| size as usize)
        .collect()
}

fn norm(call: &Call) -> Option<Box<dyn Layer>> {
    let eps = call.float(if call.name == "GroupNorm" { 2 } else { 1 }, "eps");
    match call.name.as_str() {
        "BatchNorm1d" => batch_norm!(call, BatchNorm1d, true),
        "BatchNorm2d" => batch_norm!(call, BatchNorm2d, true),
        "InstanceNorm1d" => batch_norm!(call, InstanceNorm1d, false),
        "InstanceNorm2d" => batch_norm!(call, InstanceNorm2d, false),
        "LayerNorm" => boxed(
            nn::LayerNorm::new(shape(call))
                .elementwise_affine(call.flag(2, "elementwise_affine", true))
                .bias(call.flag(3, "bias", true))
                .eps(eps.unwrap_or(1e-5)),
        ),
        "GroupNorm" => boxed(
            nn::GroupNorm::new(call.size(0, "num_groups"), call.size(1, "num_channels"))
                .affine(call.flag(3, "affine", true))
                .eps(eps.unwrap_or(1e-5)),
        ),
        "RMSNorm" => {
            let norm = nn::RMSNorm::new(shape(call)).elementwise_affine(call.flag(
                2,
                "elementwise_affine",
                true,
            ));
            boxed(match eps {
                Some(eps) => norm.eps(eps),
                None => norm,
            })
        }
        _ => None,
    }
}

fn activation(call: &Call) -> Option<Box<dyn Layer>> {
    let number = |position, name, default| call.float(position, name).unwrap_or(default);
    let axis = |default: f64| number(0, "dim", default) as i64;
    match call.name.as_str() {
        "Identity" => boxed(nn::Identity),
        "ReLU" => boxed(nn::ReLU),
        "Sigmoid" => boxed(nn::Sigmoid),
        "Tanh" => boxed(nn::Tanh),
        "ReLU6" => boxed(nn::ReLU6),
        "SELU" => boxed(nn::SELU),
        "SiLU" => boxed(nn::SiLU),
        "Mish" => boxed(nn::Mish),
        "Softsign" => boxed(nn::Softsign),
        "LogSigmoid" => boxed(nn::LogSigmoid),
        "Hardsigmoid" => boxed(nn::Hardsigmoid),
        "Hardswish" => boxed(nn::Hardswish),
        "Tanhshrink" => boxed(nn::Tanhshrink),
        "LeakyReLU" => {
            boxed(nn::LeakyReLU::new().negative_slope(number(0, "negative_slope", 0.01)))
        }
        "GELU" => boxed(match call.text(0, "approximate") {
            Some("tanh") => nn::GELU::tanh(),
            _ => nn::GELU::new(),
        }),
        "ELU" => boxed(nn::ELU::new().alpha(number(0, "alpha", 1.0))),
        "CELU" => boxed(nn::CELU::new().alpha(number(0, "alpha", 1.0))),
        "Softplus" => boxed(
            nn::Softplus::new()
                .beta(number(0, "beta", 1.0))
                .threshold(number(1, "threshold", 20.0)),
        ),
        "Hardtanh" => boxed(
            nn::Hardtanh::new()
                .min_val(number(0, "min_val", -1.0))
                .max_val(number(1, "max_val", 1.0)),
        ),
        "Softshrink" => boxed(nn::Softshrink::new().lambd(number(0, "lambd", 0.5))),
        "Hardshrink" => boxed(nn::Hardshrink::new().lambd(number(0, "lambd", 0.5))),
        "Threshold" => boxed(nn::Threshold::new(
            number(0, "threshold", 0.0),
            number(1, "value", 0.0),
        )),
        "GLU" => boxed(nn::GLU::new(axis(-1.0))),
        "Softmax" => boxed(nn::Softmax::new(axis(-1.0))),
        "Softmin" => boxed(nn::Softmin::new(axis(-1.0))),
        "LogSoftmax" => boxed(nn::LogSoftmax::new(axis(-1.0))),
        _ => None,
    }
}

/// How much comes before and behind each axis.
fn edges<const N: usize>(call: &Call) -> [i64; N] {
    let numbers = call.arg(0, "padding").expect("the padding").numbers();
    std::array::from_fn(|edge| *numbers.get(edge).unwrap_or(&numbers[0]) as i64)
}

fn other(call: &Call) -> Option<Box<dyn Layer>> {
    let p = || call.float(0, "p").unwrap_or(0.5);
    match call.name.as_str() {
        "Linear" => {
            let (features, out) = (call.size(0, "in_features"), call.size(1, "out_features"));
            boxed(match call.flag(2, "bias", true) {
                true => nn::Linear::new(features, out),
                false => nn::Linear::without_bias(features, out),
            })
        }
        "Embedding" => boxed(embedding(call)),
        "PReLU" => {
            let prelu = nn::PReLU::with(call.count(0, "num_parameters").unwrap_or(1));
            boxed(prelu.init(call.float(1, "init").unwrap_or(0.25)))
        }
        "Dropout" => boxed(nn::Dropout::new(p())),
        "Dropout1d" => boxed(nn::Dropout1d::new(p())),
        "Dropout2d" => boxed(nn::Dropout2d::new(p())),
        "AlphaDropout" => boxed(nn::AlphaDropout::new(p())),
        "FeatureAlphaDropout" => boxed(nn::FeatureAlphaDropout::new(p())),
        "Flatten" => {
            let axis = |position, name, default| {
                call.float(position, name)
                    .map_or(default, |axis| axis as i64)
            };
            boxed(nn::Flatten::between(
                axis(0, "start_dim", 1),
                axis(1, "end_dim", -1),
            ))
        }
        "Unflatten" => {
            let sizes = call.arg(1, "unflattened_size").expect("sizes").numbers();
            let sizes: Vec<i64> = sizes.into_iter().map(|size| size as i64).collect();
            boxed(nn::Unflatten::new(
                call.float(0, "dim").expect("an axis") as i64,
                sizes,
            ))
        }
        "ZeroPad1d" => boxed(nn::ZeroPad1d::new(edges(call))),
        "ZeroPad2d" => boxed(nn::ZeroPad2d::new(edges(call))),
        "ReflectionPad1d" => boxed(nn::ReflectionPad1d::new(edges(call))),
        "ReflectionPad2d" => boxed(nn::ReflectionPad2d::new(edges(call))),
        "ReplicationPad1d" => boxed(nn::ReplicationPad1d::new(edges(call))),
        "ReplicationPad2d" => boxed(nn::ReplicationPad2d::new(edges(call))),
        "CircularPad1d" => boxed(nn::CircularPad1d::new(edges(call))),
        "CircularPad2d" => boxed(nn::CircularPad2d::new(edges(call))),
        "ConstantPad1d" => boxed(nn::ConstantPad1d::new(edges(call), call.float(1, "value")?)),
        "ConstantPad2d" => boxed(nn::ConstantPad2d::new(edges(call), call.float(1, "value")?)),
        _ => None,
    }
}

fn embedding(call: &Call) -> nn::Embedding {
    let mut options =
        f::EmbeddingOptions::new().scale_grad_by_freq(call.flag(5, "scale_grad_by_freq", false));
    if let Some(row) = call.float(2, "padding_idx") {
        options = options.padding_idx(row as i64);
    }
    if let Some(max_norm) = call.float(3, "max_norm") {
        options = options.max_norm(max_norm);
    }
    if let Some(norm_type) = call.float(4, "norm_type") {
        options = options.norm_type(norm_type);
    }
    nn::Embedding::with(
        call.size(0, "num_embeddings"),
        call.size(1, "embedding_dim"),
        options,
    )
}

fn attention(call: &Call) -> nn::MultiheadAttention {
    let mut options = nn::MultiheadOptions::new()
        .dropout(call.float(2, "dropout").unwrap_or(0.0))
        .bias(call.flag(3, "bias", true))
        .add_bias_kv(call.flag(4, "add_bias_kv", false))
        .add_zero_attn(call.flag(5, "add_zero_attn", false))
        .batch_first(call.flag(8, "batch_first", false));
    if let Some(kdim) = call.count(6, "kdim") {
        options = options.kdim(kdim);
    }
    if let Some(vdim) = call.count(7, "vdim") {
        options = options.vdim(vdim);
    }
    nn::MultiheadAttention::with(
        call.size(0, "embed_dim"),
        call.size(1, "num_heads"),
        options,
    )
}
