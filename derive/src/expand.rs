//! The code written for one type.

use crate::options::{TypeOptions, is_skipped, refuse};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Generics, Result, Type, parse_quote};

pub(crate) fn module(input: &DeriveInput) -> Result<TokenStream> {
    let options = TypeOptions::parse(&input.attrs)?;
    let variants = variants(input)?;
    let generics = bounded(&input.generics, &variants);
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    let ident = &input.ident;
    let name = ident.unraw().to_string();
    let visit = variants.iter().map(|v| v.arm(quote!(visit_field)));
    let visit_mut = variants.iter().map(|v| v.arm(quote!(visit_field_mut)));
    // An empty enum has no arm, and only a match on the place itself is then exhaustive.
    let (shared, unique) = match variants.is_empty() {
        true => (quote!(*self), quote!(*self)),
        false => (quote!(self), quote!(self)),
    };
    let extra_repr = options.extra_repr.map(|path| {
        quote_spanned! {path.span()=>
            fn extra_repr(&self) -> ::std::string::String { #path(self) }
        }
    });
    let display = (!options.no_display).then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics ::std::fmt::Display for #ident #type_generics #bounds {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    ::retrograd::nn::fmt_module(self, f)
                }
            }
        }
    });
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::retrograd::nn::Module for #ident #type_generics #bounds {
            fn name(&self) -> &str { #name }
            #extra_repr
            fn visit<'visit>(&'visit self, visitor: &mut dyn ::retrograd::nn::Visitor<'visit>) {
                let _ = &visitor;
                match #shared { #(#visit)* }
            }
            fn visit_mut(&mut self, visitor: &mut dyn ::retrograd::nn::VisitorMut) {
                let _ = &visitor;
                match #unique { #(#visit_mut)* }
            }
        }
        #display
    })
}

/// A field that takes part: how a pattern names it, its name in the module, its type.
struct Part<'a> {
    member: TokenStream,
    binding: Ident,
    name: String,
    ty: &'a Type,
}

/// A struct, or one variant of an enum.
struct Variant<'a> {
    path: TokenStream,
    parts: Vec<Part<'a>>,
}

impl Variant<'_> {
    /// The arm of a match that shows each part to the visitor.
    fn arm(&self, method: TokenStream) -> TokenStream {
        let path = &self.path;
        let bindings = self.parts.iter().map(
            |Part {
                 member, binding, ..
             }| quote!(#member: #binding,),
        );
        let calls = self.parts.iter().map(
            |Part {
                 binding, name, ty, ..
             }| {
                quote_spanned! {ty.span()=>
                    ::retrograd::nn::Field::#method(#binding, #name, visitor);
                }
            },
        );
        quote!(#path { #(#bindings)* .. } => { #(#calls)* })
    }
}

fn variants(input: &DeriveInput) -> Result<Vec<Variant<'_>>> {
    match &input.data {
        Data::Struct(data) => Ok(vec![Variant {
            path: quote!(Self),
            parts: parts(&data.fields)?,
        }]),
        Data::Enum(data) => data.variants.iter().map(variant).collect(),
        Data::Union(data) => Err(Error::new(
            data.union_token.span,
            "a union cannot be a module: its fields cannot be read safely",
        )),
    }
}

fn variant(variant: &syn::Variant) -> Result<Variant<'_>> {
    refuse(&variant.attrs, "a variant")?;
    let ident = &variant.ident;
    Ok(Variant {
        path: quote!(Self::#ident),
        parts: parts(&variant.fields)?,
    })
}

fn parts(fields: &Fields) -> Result<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        if is_skipped(&field.attrs)? {
            continue;
        }
        let index = syn::Index::from(at);
        let (member, name) = match &field.ident {
            Some(ident) => (ident.to_token_stream(), ident.unraw().to_string()),
            None => (index.to_token_stream(), at.to_string()),
        };
        parts.push(Part {
            member,
            binding: format_ident!("field_{at}", span = field.ty.span()),
            name,
            ty: &field.ty,
        });
    }
    Ok(parts)
}

/// The type's generics, with the demand that every field whose type names one of them can be a field of a module.
fn bounded(generics: &Generics, variants: &[Variant<'_>]) -> Generics {
    let parameters: HashSet<String> = generics
        .type_params()
        .map(|p| p.ident.to_string())
        .collect();
    let mut bounded = generics.clone();
    let mut seen = HashSet::new();
    for Part { ty, .. } in variants.iter().flat_map(|v| &v.parts) {
        if names_one_of(ty.to_token_stream(), &parameters)
            && seen.insert(ty.to_token_stream().to_string())
        {
            bounded
                .make_where_clause()
                .predicates
                .push(parse_quote!(#ty: ::retrograd::nn::Field));
        }
    }
    bounded
}

fn names_one_of(tokens: TokenStream, parameters: &HashSet<String>) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&ident.to_string()),
        TokenTree::Group(group) => names_one_of(group.stream(), parameters),
        _ => false,
    })
}
