//! How a module's field takes part in it, by its type.

use super::module::{Module, Visitor, VisitorMut};
use super::param::{Buffer, Param, Training};
use std::marker::PhantomData;

/// A type that a field of a module may have. Every [`Module`] is one; so are parameters, buffers, and plain settings.
///
/// `#[derive(Module)]` asks for it; there is no need to implement it. A plain tensor is refused, since only its owner
/// knows whether it is trained:
///
/// ```compile_fail,E0277
/// #[derive(retrograd::nn::Module)]
/// struct Scale {
///     factor: retrograd::Tensor, // `Param`, `Buffer`, or `#[module(skip)]`
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a module",
    label = "neither parameter, buffer, module nor a plain setting",
    note = "a tensor is `nn::Param` if it is trained, `nn::Buffer` if it is kept in the state",
    note = "a type with parameters of its own needs `#[derive(Module)]`",
    note = "anything else needs `#[module(skip)]` on the field"
)]
pub trait Field {
    /// Whether a list of these is settings too.
    const PLAIN: bool = false;

    /// Shows the field to `visitor`.
    fn visit_field<'a>(&'a self, name: &str, visitor: &mut dyn Visitor<'a>);

    /// Shows the field to `visitor`, which may replace it.
    fn visit_field_mut(&mut self, name: &str, visitor: &mut dyn VisitorMut);
}

impl<M: Module> Field for M {
    fn visit_field<'a>(&'a self, name: &str, visitor: &mut dyn Visitor<'a>) {
        if !self.is_plain() {
            visitor.module(name, self);
        }
    }

    fn visit_field_mut(&mut self, name: &str, visitor: &mut dyn VisitorMut) {
        if !self.is_plain() {
            visitor.module(name, self);
        }
    }
}

impl Field for Param {
    fn visit_field<'a>(&'a self, name: &str, visitor: &mut dyn Visitor<'a>) {
        visitor.param(name, self);
    }

    fn visit_field_mut(&mut self, name: &str, visitor: &mut dyn VisitorMut) {
        visitor.param(name, self);
    }
}

impl Field for Buffer {
    fn visit_field<'a>(&'a self, name: &str, visitor: &mut dyn Visitor<'a>) {
        visitor.buffer(name, self);
    }

    fn visit_field_mut(&mut self, name: &str, visitor: &mut dyn VisitorMut) {
        visitor.buffer(name, self);
    }
}

impl Field for Training {
    fn visit_field<'a>(&'a self, _: &str, visitor: &mut dyn Visitor<'a>) {
        visitor.training(self);
    }

    fn visit_field_mut(&mut self, _: &str, _: &mut dyn VisitorMut) {}
}

impl<F: Field> Field for Option<F> {
    const PLAIN: bool = F::PLAIN;

    fn visit_field<'a>(&'a self, name: &str, visitor: &mut dyn Visitor<'a>) {
        if let Some(field) = self {
            field.visit_field(name, visitor);
        }
    }

    fn visit_field_mut(&mut self, name: &str, visitor: &mut dyn VisitorMut) {
        if let Some(field) = self {
            field.visit_field_mut(name, visitor);
        }
    }
}

macro_rules! settings {
    ($($T:ty $(where $P:ident)?),* $(,)?) => { $(
        impl$(<$P>)? Field for $T {
            const PLAIN: bool = true;
            fn visit_field<'a>(&'a self, _: &str, _: &mut dyn Visitor<'a>) {}
            fn visit_field_mut(&mut self, _: &str, _: &mut dyn VisitorMut) {}
        }
    )* };
}

settings! {
    (), bool, char, f32, f64, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, String, &'static str,
    crate::DType, PhantomData<P> where P,
}

macro_rules! list {
    ($($List:ty where $T:ident $(, const $N:ident)?;)*) => { $(
        impl<$T: Field $(, const $N: usize)?> Module for $List {
            fn name(&self) -> &str {
                "ModuleList"
            }

            fn is_plain(&self) -> bool {
                $T::PLAIN
            }

            fn visit<'a>(&'a self, visitor: &mut dyn Visitor<'a>) {
                self.iter().enumerate().for_each(|(at, field)| field.visit_field(&at.to_string(), visitor));
            }

            fn visit_mut(&mut self, visitor: &mut dyn VisitorMut) {
                self.iter_mut().enumerate().for_each(|(at, field)| field.visit_field_mut(&at.to_string(), visitor));
            }
        }
    )* };
}

list!(Vec<T> where T; [T; N] where T, const N;);

macro_rules! tuple {
    ($($T:ident $at:tt),*) => {
        impl<$($T: Field),*> Module for ($($T,)*) {
            fn name(&self) -> &str {
                "ModuleList"
            }

            fn is_plain(&self) -> bool {
                $($T::PLAIN)&&*
            }

            fn visit<'a>(&'a self, visitor: &mut dyn Visitor<'a>) {
                $(self.$at.visit_field(stringify!($at), visitor);)*
            }

            fn visit_mut(&mut self, visitor: &mut dyn VisitorMut) {
                $(self.$at.visit_field_mut(stringify!($at), visitor);)*
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);

impl<M: Module + ?Sized> Module for Box<M> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn extra_repr(&self) -> String {
        (**self).extra_repr()
    }

    fn is_plain(&self) -> bool {
        (**self).is_plain()
    }

    fn visit<'a>(&'a self, visitor: &mut dyn Visitor<'a>) {
        (**self).visit(visitor);
    }

    fn visit_mut(&mut self, visitor: &mut dyn VisitorMut) {
        (**self).visit_mut(visitor);
    }
}
