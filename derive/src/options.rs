//! What stands in `#[module(..)]`.

use syn::{Attribute, Error, Path, Result};

/// Options of the type.
#[derive(Default)]
pub(crate) struct TypeOptions {
    pub(crate) extra_repr: Option<Path>,
    pub(crate) no_display: bool,
}

impl TypeOptions {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("module")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("extra_repr") {
                    options.extra_repr = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("no_display") {
                    options.no_display = true;
                } else if meta.path.is_ident("skip") {
                    return Err(meta.error("`skip` belongs on a field, not on the type"));
                } else {
                    return Err(meta
                        .error("unknown option: a type has `extra_repr = path` and `no_display`"));
                }
                Ok(())
            })?;
        }
        Ok(options)
    }
}

/// Whether a field has `#[module(skip)]`.
pub(crate) fn is_skipped(attributes: &[Attribute]) -> Result<bool> {
    let mut skip = false;
    for attribute in attributes.iter().filter(|a| a.path().is_ident("module")) {
        attribute.parse_nested_meta(|meta| {
            skip = meta.path.is_ident("skip");
            if skip {
                Ok(())
            } else {
                Err(meta.error("unknown option: a field has `skip`"))
            }
        })?;
    }
    Ok(skip)
}

/// Refuses `#[module(..)]` where it means nothing.
pub(crate) fn refuse(attributes: &[Attribute], place: &str) -> Result<()> {
    match attributes.iter().find(|a| a.path().is_ident("module")) {
        Some(found) => Err(Error::new_spanned(
            found,
            format!("`#[module(..)]` has no meaning on {place}"),
        )),
        None => Ok(()),
    }
}
