//! The graph as a user sees it.

use retrograd::nn::{Hooked, Identity, Linear, Sequential, Tanh};
use retrograd::prelude::*;

#[test]
fn a_drawing_shows_names_shapes_lines_and_saved_bytes() {
    let (w, b) = (zeros([3, 2]).requires_grad_(), zeros([2]).requires_grad_());
    let x = ones([5, 3]);
    let loss = (x.matmul(&w) + &b).sigmoid().mean();
    let dot = loss.to_dot();
    let count = |text: &str| dot.matches(text).count();
    assert_eq!(count("label=\"leaf\\n"), 2, "{dot}");
    assert!(dot.contains("label=\"leaf\\n[3, 2] f32\""), "{dot}");
    // The product keeps x for w's gradient, and not w, since x needs none; the sigmoid keeps its output.
    assert!(dot.contains("label=\"Mm\\n[5, 2] f32\\ngraph.rs:"), "{dot}");
    assert!(
        dot.contains("\\nsaved 60 B\"") && dot.contains("\\nsaved 40 B\""),
        "{dot}"
    );
    assert!(dot.contains("2 storages"), "{dot}");
    assert_eq!(count(" -> "), 5, "{dot}");
    assert!(w.grad().is_none(), "nothing is changed");
    loss.backward();
    let after = loss.to_dot();
    assert!(after.contains("\\nfreed\""), "{after}");
    assert_eq!(w.grad().unwrap().shape(), [3, 2]);
    let text = x.try_to_dot().unwrap_err().to_string();
    assert!(
        text.starts_with("to_dot: the tensor has no graph"),
        "{text}"
    );
}

#[test]
fn a_deep_graph_is_drawn_without_recursion() {
    let x = tensor![1.0].requires_grad_();
    let y = (0..20_000).fold(x, |x, _| x * 1.0);
    assert_eq!(y.to_dot().matches(" -> ").count(), 20_000);
}

#[test]
fn module_hooks_change_read_and_go() {
    let module = Hooked::new(Identity);
    let x = tensor![1.0];
    let double = module.register_forward_pre_hook(|input| Some(input * 2.0));
    module.register_forward_pre_hook(|input| Some(input + 1.0));
    let minus = module.register_forward_hook(|input, output| {
        assert!(input.is_same(output));
        Some(-output)
    });
    module.register_forward_hook(|_, _| None);
    assert_eq!(module.forward(&x), tensor![-3.0]);
    assert_eq!(module.try_forward(&x).unwrap(), tensor![-3.0]);
    double.remove();
    assert_eq!(module.forward(&x), tensor![-2.0]);
    minus.remove();
    assert_eq!(module.forward(&x), tensor![2.0]);
}

#[test]
fn a_hooked_module_is_the_module_to_all_else() {
    let model = Sequential::new()
        .add(Hooked::new(Linear::new(4, 3)))
        .add(Hooked::new(Tanh));
    let names: Vec<String> = model
        .named_parameters()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["0.weight", "0.bias"]);
    assert_eq!(
        model.to_string(),
        "Sequential(\n  (0): Linear(in_features=4, out_features=3, bias=True)\n  (1): Tanh()\n)"
    );
    let hooked = model.get::<Hooked<Linear>>(0).unwrap();
    let handle = hooked.register_forward_hook(|_, output| Some(output.zeros_like()));
    assert_eq!(model.forward(&ones([2, 4])), zeros([2, 3]));
    drop(model);
    handle.remove();
}
