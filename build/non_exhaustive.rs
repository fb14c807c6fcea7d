//! What Courier adds to its API is no breaking release of ours.

use syn::visit_mut::{self, VisitMut};
use syn::{Fields, File, ItemEnum, ItemMod, ItemStruct, Visibility, parse_quote};

/// Marks every public struct and enum of `types` as one that can grow. The builders are left out: their fields are
/// private anyway.
pub fn non_exhaustive(code: &mut File) {
    NonExhaustive.visit_file_mut(code);
}

struct NonExhaustive;

impl VisitMut for NonExhaustive {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if module.ident != "builder" && module.ident != "error" {
            visit_mut::visit_item_mod_mut(self, module);
        }
    }

    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        if matches!(item.vis, Visibility::Public(_)) && matches!(item.fields, Fields::Named(_)) {
            item.attrs.push(parse_quote!(#[non_exhaustive]));
        }
    }

    fn visit_item_enum_mut(&mut self, item: &mut ItemEnum) {
        item.attrs.push(parse_quote!(#[non_exhaustive]));
    }
}

#[cfg(test)]
mod tests {
    use super::non_exhaustive;

    #[test]
    fn types_can_grow_and_builders_are_left_alone() {
        let mut code = syn::parse_str(
            "pub mod types { pub struct Thing { pub a: u8 } pub enum Kind { A } pub mod builder { pub struct Thing { a: u8 } } }",
        )
        .unwrap();
        non_exhaustive(&mut code);
        let code = prettyplease::unparse(&code);
        assert_eq!(code.matches("#[non_exhaustive]").count(), 2, "{code}");
        assert!(code.contains("#[non_exhaustive]\n    pub struct Thing"), "{code}");
    }
}
