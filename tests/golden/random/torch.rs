//! PyTorch's CPU generator, and what draws from it: layers, initialisers, loaders.

use super::call::{Arg, Call};
use super::check;
use retrograd::Generator;
use retrograd::random::Real;
use serde_json::{Value, json};

#[test]
fn torch_draws_agree() {
    check("torch", |seed, calls, expected| {
        let mut g = Generator::new(seed);
        let count = expected.as_array().map_or(0, Vec::len);
        let mut drawn: Vec<Value> = calls.iter().map(|call| draw(&mut g, call, count)).collect();
        match drawn.len() {
            1 => drawn.swap_remove(0),
            _ => drawn
                .iter()
                .flat_map(|d| d.as_array().expect("a list").clone())
                .collect(),
        }
    });
}

fn draw(g: &mut Generator, call: &Call, count: usize) -> Value {
    let args = &call.args;
    match call.name.as_str() {
        "randint" => {
            let mut out = vec![0; args[2].numbers().iter().product::<f64>() as usize];
            g.fill_randint(&mut out, args[0].int(), args[1].int());
            json!(out)
        }
        "randperm" => json!(g.randperm(args[0].size())),
        "random_" => json!(
            (0..call.of().unwrap_or(count))
                .map(|_| g.draw_seed())
                .collect::<Vec<_>>()
        ),
        "multinomial" => {
            let weights: Vec<f32> = args[0].numbers().iter().map(|&w| w as f32).collect();
            let drawn = g.multinomial(&weights, args[1].size(), call.has("replacement"));
            json!(drawn.expect("weights that PyTorch takes"))
        }
        "Linear" => linear(g, args[0].size(), args[1].size()),
        "DataLoader" => epochs(g, call),
        "random_split" => random_split(g, call),
        _ if call.has("f64") => fill::<f64>(g, call),
        _ => fill::<f32>(g, call),
    }
}

fn fill<T: Real + Into<f64> + Default + Clone>(g: &mut Generator, call: &Call) -> Value {
    let shape = call.shape();
    let float = |i: usize| call.args[i].number();
    let count = call.of().unwrap_or_else(|| match &call.args[0] {
        Arg::Call(ones) => ones.shape().iter().product(),
        _ => shape.iter().product(),
    });
    let mut out = vec![T::default(); count];
    match call.name.strip_prefix("init.") {
        Some(init) => initialise(g, init, &shape, &mut out),
        None => match call.name.as_str() {
            "rand" => g.fill_uniform(&mut out, 0.0, 1.0),
            "randn" => g.fill_normal(&mut out, 0.0, 1.0),
            "uniform_" => g.fill_uniform(&mut out, float(0), float(1)),
            "normal_" => g.fill_normal(&mut out, float(0), float(1)),
            "bernoulli" => g.fill_bernoulli(&mut out, float(0)),
            "exponential_" => g.fill_exponential(&mut out, float(0)),
            "dropout" => g.fill_dropout_mask(&mut out, float(1)),
            _ => panic!("no draw is known for {call:?}"),
        },
    }
    json!(out.into_iter().map(Into::into).collect::<Vec<f64>>())
}

fn initialise<T: Real>(g: &mut Generator, init: &str, shape: &[usize], out: &mut [T]) {
    let (fan_out, fan_in) = (shape[0] as f64, shape[1] as f64);
    let xavier = (2.0 / (fan_in + fan_out)).sqrt();
    let kaiming = 2f64.sqrt() / fan_in.sqrt();
    match init {
        "xavier_uniform_" => g.fill_uniform(out, -3f64.sqrt() * xavier, 3f64.sqrt() * xavier),
        "kaiming_uniform_" => g.fill_uniform(out, -3f64.sqrt() * kaiming, 3f64.sqrt() * kaiming),
        "xavier_normal_" => g.fill_normal(out, 0.0, xavier),
        "kaiming_normal_" => g.fill_normal(out, 0.0, kaiming),
        "trunc_normal_" => g
            .fill_trunc_normal(out, 0.0, 1.0, -2.0, 2.0)
            .expect("bounds near the mean"),
        "normal_" => g.fill_normal(out, 0.0, 1.0),
        "uniform_" => g.fill_uniform(out, 0.0, 1.0),
        _ => panic!("no draw is known for init.{init}"),
    }
}

fn linear(g: &mut Generator, inputs: usize, outputs: usize) -> Value {
    let bound = 1.0 / (inputs as f64).sqrt();
    let (mut weight, mut bias) = (vec![0f32; inputs * outputs], vec![0f32; outputs]);
    g.fill_uniform(&mut weight, -bound, bound);
    g.fill_uniform(&mut bias, -bound, bound);
    json!(
        weight
            .iter()
            .chain(&bias)
            .map(|&v| f64::from(v))
            .collect::<Vec<_>>()
    )
}

/// The batches of each epoch of a shuffling loader over `arange(n)`.
fn epochs(g: &mut Generator, call: &Call) -> Value {
    let Arg::Call(data) = &call.args[0] else {
        panic!("no draw is known for {call:?}")
    };
    let (n, batch) = (data.args[0].size(), call.args[1].size());
    assert!(
        call.has("shuffle") && call.has("two"),
        "no draw is known for {call:?}"
    );
    let epoch = |_| {
        g.draw_seed();
        let order = Generator::new(g.draw_seed()).randperm(n);
        json!(order.chunks(batch).collect::<Vec<_>>())
    };
    (0..2).map(epoch).collect()
}

fn random_split(g: &mut Generator, call: &Call) -> Value {
    let order = g.randperm(call.args[0].size());
    let mut rest = order.as_slice();
    let part = |&length: &f64| {
        let (part, after) = rest.split_at(length as usize);
        rest = after;
        json!(part)
    };
    call.args[1].numbers().iter().map(part).collect()
}
