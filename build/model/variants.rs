//! The names of a union's variants.

use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::model::rust_type::RustType;

/// Names a variant after its type: the parts of the type's name, without the parts of the union's name. Adding or
/// moving a variant does not rename others.
pub fn variant_name(union: &str, kind: &RustType) -> Result<String, String> {
    Ok(match kind {
        RustType::Named(name) => {
            let union = union.to_snake_case();
            let of_union: Vec<&str> = union.split('_').collect();
            let snake = name.to_snake_case();
            let own: Vec<&str> = snake.split('_').filter(|word| !of_union.contains(word)).collect();
            let own = own.join("_").to_upper_camel_case();
            // `2fa` is not a valid start of a name.
            if own.starts_with(|first: char| first.is_alphabetic()) { own } else { name.clone() }
        }
        RustType::Text | RustType::Boolean | RustType::Integer | RustType::Number | RustType::Object => {
            format!("{kind:?}")
        }
        RustType::List(_) => "List".to_owned(),
        RustType::Boxed(inner) => variant_name(union, inner)?,
        other => {
            return Err(format!(
                "the union `{union}` has a choice of the type `{other}`, which is not supported; remove its `format` in \
                 openapi/overlay/corrections.yaml"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{RustType, variant_name};

    #[test]
    fn variant_name_omits_the_name_of_the_union() {
        for (union, name, expected) in [
            ("Recipient", "UserRecipient", "User"),
            ("Content", "ElementalContent", "Elemental"),
            ("ElementalNode", "ElementalHtml", "Html"),
            ("JourneyNode", "JourneySendNode", "Send"),
            ("Slack", "SlackByEmail", "ByEmail"),
            ("Notification", "Notification", "Notification"),
        ] {
            assert_eq!(variant_name(union, &RustType::Named(name.to_owned())).unwrap(), expected);
        }
        assert_eq!(variant_name("Recipient", &RustType::List(Box::new(RustType::Text))).unwrap(), "List");
    }
}
