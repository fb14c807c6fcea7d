//! Changes to calls: their arguments in order, parameters, bodies, responses and pages.

use crate::generator::emit::surface::arguments;
use crate::generator::model::{Model, Operation, Parameter};
use crate::import::parameter_names::shape;
use crate::report::changes::Effect::{Breaking, Compatible};
use crate::report::changes::{Change, Item, Subject, method, names, pairs};

pub fn compare(changes: &mut Vec<Change>, old: &Model, new: &Model) {
    let pairs = pairs(&old.operations, &new.operations, |call| &call.name);
    // A call with another name for the same route is the same operation.
    let is_renamed = |was: &Operation, is: &Operation| {
        was.http_method == is.http_method && shape(&was.template) == shape(&is.template)
    };
    for (any, was, is) in &pairs {
        let mut item = Item { changes, subject: Subject::Operation, rust: method(any) };
        match (was, is) {
            (Some(was), Some(is)) => call(&mut item, (old, was), (new, is)),
            (Some(was), None) => {
                let mut added = pairs.iter().filter(|(_, was, _)| was.is_none());
                match added.find(|(is, ..)| is_renamed(was, is)) {
                    Some((is, ..)) => item.changed(Breaking, format!("is now {}: {}", method(is), route(is))),
                    None => item.removed(format!("removed: {}", route(was))),
                }
            }
            _ => {
                let mut removed = pairs.iter().filter(|(_, _, is)| is.is_none());
                if !removed.any(|(was, ..)| is_renamed(was, any)) {
                    item.added(Compatible, format!("added: {}", route(any)));
                }
            }
        }
    }
}

fn route(call: &Operation) -> String {
    format!("{} {}", call.http_method, call.template)
}

fn call(item: &mut Item<'_>, (old_model, old): (&Model, &Operation), (new_model, new): (&Model, &Operation)) {
    item.compare(Compatible, "is sent", format!("to {}", route(old)), format!("to {}", route(new)));
    let (was, is) = (arguments(old_model, old), arguments(new_model, new));
    if names(&was) == names(&is) {
        for (was, is) in was.iter().zip(&is) {
            let what = format!("takes `{}` as", is.ident);
            item.compare(Breaking, &what, format!("`{}`", was.accepts), format!("`{}`", is.accepts));
        }
    } else {
        item.compare(Breaking, "takes the arguments", names(&was), names(&is));
    }
    item.subject = Subject::Parameter;
    parameters(item, "query", &old.query, &new.query);
    parameters(item, "header", &old.headers, &new.headers);
    for is in &new.path_parameters {
        let was = old.path_parameters.iter().find(|was| was.ident == is.ident);
        let was = was.and_then(|was| was.deprecated.as_ref());
        item.deprecation(&format!("path parameter `{}` ", is.ident), was, is.deprecated.as_ref());
    }
    item.subject = Subject::Operation;
    // A call with a body is made by `with_body`, a call without a body by `new`.
    match (&old.body, &new.body) {
        (None, Some(is)) => item.changed(Breaking, format!("now takes a body, {is}")),
        (Some(was), None) => item.changed(Breaking, format!("no longer takes a body, was {was}")),
        (Some(was), Some(is)) => item.compare(Breaking, "takes the body", was, is),
        (None, None) => {}
    }
    if old.body == new.body {
        let form = |call: &Operation| if call.takes_text { "as text" } else { "as JSON" };
        item.compare(Compatible, "sends its body", form(old), form(new));
    }
    item.compare(Breaking, "returns", &old.response, &new.response);
    match (&old.paging, &new.paging) {
        (None, Some(_)) => item.added(Compatible, "`items()` and `pages()` added"),
        (Some(_), None) => item.removed("`items()` and `pages()` removed"),
        (Some(was), Some(is)) if was.item != is.item => item.compare(Breaking, "lists", &was.item, &is.item),
        (Some(was), Some(is)) => {
            item.compare(Breaking, "lists", format!("`{}`", was.property), format!("`{}`", is.property));
        }
        (None, None) => {}
    }
    item.deprecation("", old.deprecated.as_ref(), new.deprecated.as_ref());
    match (old.repeatable, new.repeatable) {
        (false, true) => item.changed(Compatible, "may now be repeated without a key"),
        (true, false) => item.changed(Compatible, "is no longer repeated without a key"),
        _ => {}
    }
}

fn parameters(item: &mut Item<'_>, location: &str, olds: &[Parameter], news: &[Parameter]) {
    for (any, was, is) in pairs(olds, news, |parameter| &parameter.ident) {
        let name = format!("{location} parameter `{}`", any.ident);
        match (was, is) {
            (Some(was), Some(is)) => {
                item.compare(Breaking, &format!("{name} is"), &was.kind, &is.kind);
                item.deprecation(&format!("{name} "), was.deprecated.as_ref(), is.deprecated.as_ref());
                let (was, is) = (format!("as `{}`", was.name), format!("as `{}`", is.name));
                item.compare(Compatible, &format!("{name} is sent"), was, is);
            }
            (Some(_), None) => item.removed(format!("{name} removed")),
            _ => item.added(Compatible, format!("optional {name} added")),
        }
    }
}
