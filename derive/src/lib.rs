//! `#[derive(Module)]` for the crate `retrograd`, which documents and re-exports it.

mod expand;
mod options;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct or an enum a module of `retrograd`: its fields are its parameters, buffers and children.
///
/// A field takes part by its type: `Param` and `Buffer` under the field's name, a module (also in `Option`, `Vec`,
/// `Box`, an array or a tuple) as a child, `Training` as the flag that `train()` and `eval()` set. Numbers, `bool`,
/// `char`, strings and `PhantomData` are settings and are passed over. Fields of a tuple struct are named `0`, `1`, ...
/// An enum shows the fields of its present variant.
///
/// The type is also given `Display`, which prints it as PyTorch prints a module.
///
/// # Attributes
/// - `#[module(skip)]` on a field: it is no part of the module, whatever its type.
/// - `#[module(extra_repr = path)]` on the type: `path(&self)` returns the text printed between the parentheses.
/// - `#[module(no_display)]` on the type: leaves `Display` to you.
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::module(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
