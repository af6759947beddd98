//! NumPy's legacy `RandomState`, and scikit-learn's split that draws from it.

use super::call::{Arg, Call};
use super::check;
use retrograd::NumpyRandomState;
use serde_json::{Value, json};

#[test]
fn numpy_draws_agree() {
    check("numpy", |seed, calls, _| {
        let mut random = NumpyRandomState::new(u32::try_from(seed).expect("a seed of 32 bits"));
        let mut drawn: Vec<Value> = calls.iter().map(|call| draw(&mut random, call)).collect();
        match drawn.len() {
            1 => drawn.swap_remove(0),
            _ => drawn
                .iter()
                .flat_map(|d| d.as_array().expect("a list").clone())
                .collect(),
        }
    });
}

fn draw(random: &mut NumpyRandomState, call: &Call) -> Value {
    let args = &call.args;
    let float = |i: usize| args[i].number();
    let size = |at: usize| -> usize {
        let size = call.option("size").or(args.get(at));
        size.map_or(1, |size| size.numbers().iter().product::<f64>() as usize)
    };
    match call.name.as_str() {
        "random_sample" => json!(random.random_sample(size(0))),
        "rand" => json!(random.random_sample(call.shape().iter().product())),
        "randn" => json!(random.randn(call.shape().iter().product())),
        "standard_normal" => json!(random.randn(size(0))),
        "normal" => json!(random.normal(float(0), float(1), size(2))),
        "uniform" => json!(random.uniform(float(0), float(1), size(2))),
        "exponential" => json!(random.exponential(float(0), size(1))),
        "randint" => json!(random.randint(args[0].int(), args[1].int(), size(2))),
        "permutation" => json!(random.permutation(args[0].size())),
        "shuffle" => {
            let mut items = population(&args[0]);
            random.shuffle(&mut items);
            json!(items)
        }
        "choice" => choice(random, call, size(1)),
        "train_test_split" => train_test_split(random, call),
        _ => panic!("no draw is known for {call:?}"),
    }
}

fn choice(random: &mut NumpyRandomState, call: &Call, size: usize) -> Value {
    let from = population(&call.args[0]);
    let replace = !call.option("replace").is_some_and(|a| a.is("False"));
    let drawn = match call.option("p") {
        Some(p) => random.choice_p(&p.numbers(), size, replace),
        None => random.choice(from.len(), size, replace),
    };
    drawn
        .expect("a choice that NumPy makes")
        .iter()
        .map(|&i| from[i as usize])
        .collect()
}

/// `n` stands for the integers below it.
fn population(arg: &Arg) -> Vec<i64> {
    match arg {
        Arg::Call(arange) if arange.name == "arange" => population(&arange.args[0]),
        Arg::List(_) => arg.numbers().iter().map(|&n| n as i64).collect(),
        n => (0..n.int()).collect(),
    }
}

fn train_test_split(random: &mut NumpyRandomState, call: &Call) -> Value {
    let n = call.args[0].size();
    let share = call.option("test_size").expect("a test_size").number();
    let order = random.permutation(n);
    let (test, train) = order.split_at((share * n as f64).ceil() as usize);
    json!([train, test])
}
