//! Which operations page, and how.

use serde_json::Value;

use crate::description::lookup::{parameters, text};
use crate::model::rust_type::RustType;
use crate::model::{Paging, PagingShape, TypeItem, TypeShape};

/// How the answer to an operation that takes a `cursor` goes on; nothing for one that takes none.
pub fn paging(operation: &Value, answer: &RustType, types: &[TypeItem]) -> Result<Option<Paging>, String> {
    if !parameters(operation).any(|parameter| text(parameter, "name") == Some("cursor")) {
        return Ok(None);
    }
    let item = types.iter().find(|item| Some(item.name.as_str()) == answer.named());
    let Some(TypeItem { shape: TypeShape::Structure { fields, .. }, .. }) = item else {
        return Err("it takes a `cursor` and answers with no object; correct the one or the other in \
                    openapi/overlay/corrections.yaml"
            .to_owned());
    };
    let has = |name: &str| fields.iter().any(|field| field.name == name);
    let shapes = [
        ("paging", PagingShape::Paging),
        ("has_more", PagingShape::HasMore),
        ("next_cursor", PagingShape::NextCursor),
        ("cursor", PagingShape::Cursor),
    ];
    let shape = shapes.into_iter().find(|(name, _)| has(name)).map(|(_, shape)| shape);
    let shape = shape.ok_or(
        "it takes a `cursor`, and its answer has none of `paging`, `has_more`, `next_cursor` and `cursor` to go on by; correct \
         the answer in openapi/overlay/corrections.yaml, or teach build/model/paging.rs this way of paging",
    )?;
    let items = fields.iter().find_map(|field| match &field.kind {
        RustType::List(item) if item.named().is_some() => Some((field, item)),
        _ => None,
    });
    let (field, item) = items.ok_or(
        "it takes a `cursor`, and its answer has no list of objects; correct the answer in \
         openapi/overlay/corrections.yaml",
    )?;
    Ok(Some(Paging { items: field.ident.clone(), items_optional: !field.required, item: RustType::clone(item), shape }))
}
