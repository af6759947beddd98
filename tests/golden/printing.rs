//! `str(tensor)`, character by character.

use super::tensors::{dtype, tensor};
use crate::common::golden;

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
