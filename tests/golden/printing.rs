//! `str(tensor)` of PyTorch, `str` and `repr` of NumPy, character by character.

use super::tensors::{dtype, tensor};
use crate::common::golden;
use retrograd::numpy::{self, PrintOptions};

#[test]
fn tensors_print_as_in_pytorch() {
    let Some(file) = golden("printing.json") else {
        return;
    };
    for case in file["torch"].as_array().expect("a list") {
        let x = tensor(
            &case["shape"],
            &case["data"],
            dtype(case["dtype"].as_str().unwrap()),
        );
        if case["requires_grad"] == true {
            x.requires_grad_();
        }
        assert_eq!(
            x.to_string(),
            case["text"].as_str().unwrap(),
            "{}",
            case["shape"]
        );
        assert_eq!(format!("{x:?}"), x.to_string());
    }
}

#[test]
fn arrays_print_as_in_numpy() {
    let Some(file) = golden("printing.json") else {
        return;
    };
    let short = PrintOptions::new().precision(3).suppress(true);
    let three_places = PrintOptions::new().formatter(|v| format!("{:.3}", numpy::float(v)));
    for case in file["numpy"].as_array().expect("a list") {
        let x = tensor(
            &case["shape"],
            &case["data"],
            dtype(case["dtype"].as_str().unwrap()),
        );
        let check = |field: &str, printed: String| {
            if let Some(text) = case[field].as_str() {
                assert_eq!(
                    printed, text,
                    "{field} of {} {}",
                    case["dtype"], case["shape"]
                );
            }
        };
        check("str", numpy::array(&x).to_string());
        check("repr", format!("{:?}", numpy::array(&x)));
        check("str_precision3_suppress", short.array(&x).to_string());
        check("str_three_places", three_places.array(&x).to_string());
    }
}
