//! Changes to calls: their arguments in order, parameters, bodies, responses and pages.

use std::collections::BTreeMap;

use crate::generator::emit::surface::arguments;
use crate::generator::model::rust_type::RustType;
use crate::generator::model::{Model, Operation, Parameter};
use crate::import::parameter_names::shape;
use crate::report::changes::{Changes, Effect, Subject, method, names};

pub fn compare(changes: &mut Changes, old: &Model, new: &Model) {
    let known: BTreeMap<_, &Operation> = old.operations.iter().map(|call| (&call.path, call)).collect();
    let left: BTreeMap<_, &Operation> = new.operations.iter().map(|call| (&call.path, call)).collect();
    let route = |call: &Operation| (call.http_method.clone(), shape(&call.template));
    // A call with another name for the same route is the same operation.
    let renamed = |call: &Operation| {
        let mut others = new.operations.iter().filter(|other| !known.contains_key(&other.path));
        others.find(|other| route(other) == route(call))
    };
    let mut taken = Vec::new();
    for was in &old.operations {
        let rust = method(was);
        match left.get(&was.path) {
            Some(is) => call(changes, (old, was), (new, is)),
            None => match renamed(was) {
                Some(is) => {
                    taken.push(&is.path);
                    changes.breaking(Subject::Operation, &rust, format!("is now {}: {}", method(is), route_of(is)));
                }
                None => changes.removed(Subject::Operation, &rust, format!("removed: {}", route_of(was))),
            },
        }
    }
    for is in new.operations.iter().filter(|is| !known.contains_key(&is.path) && !taken.contains(&&is.path)) {
        let what = format!("added: {}", route_of(is));
        changes.added(Subject::Operation, Effect::Compatible, &method(is), what);
    }
}

fn route_of(call: &Operation) -> String {
    format!("{} {}", call.http_method, call.template)
}

fn call(changes: &mut Changes, (old_model, old): (&Model, &Operation), (new_model, new): (&Model, &Operation)) {
    let rust = method(new);
    if route_of(old) != route_of(new) {
        changes.compatible(
            Subject::Operation,
            &rust,
            format!("is sent to {}, was to {}", route_of(new), route_of(old)),
        );
    }
    let (was, is) = (arguments(old_model, old), arguments(new_model, new));
    let types: Vec<(&str, &str, &str)> = was
        .iter()
        .zip(&is)
        .filter(|(was, is)| was.ident == is.ident && was.accepts != is.accepts)
        .map(|(was, is)| (is.ident.as_str(), is.accepts.as_str(), was.accepts.as_str()))
        .collect();
    if was.iter().map(|was| &was.ident).ne(is.iter().map(|is| &is.ident)) {
        let what = format!("takes the arguments {}, was {}", names(&is), names(&was));
        changes.breaking(Subject::Operation, &rust, what);
    } else {
        for (ident, is, was) in types {
            changes.breaking(Subject::Operation, &rust, format!("takes `{ident}` as `{is}`, was `{was}`"));
        }
    }
    parameters(changes, &rust, "query", &old.query, &new.query);
    parameters(changes, &rust, "header", &old.headers, &new.headers);
    let deprecated = |parameters: &[Parameter], name: &str| -> Option<String> {
        parameters.iter().find(|other| other.ident == name)?.deprecated.clone()
    };
    for is in &new.path_parameters {
        let was = deprecated(&old.path_parameters, &is.ident);
        changes.deprecation(
            Subject::Parameter,
            &rust,
            &format!("path parameter `{}` ", is.ident),
            &was,
            &is.deprecated,
        );
    }
    body(changes, &rust, old.body.as_ref(), new.body.as_ref());
    if old.body == new.body && old.takes_text != new.takes_text {
        let form = |takes_text: bool| if takes_text { "text" } else { "JSON" };
        let what = format!("sends its body as {}, was as {}", form(new.takes_text), form(old.takes_text));
        changes.compatible(Subject::Operation, &rust, what);
    }
    if old.response != new.response {
        let what = format!("returns {}, was {}", new.response, old.response);
        changes.breaking(Subject::Operation, &rust, what);
    }
    match (&old.paging, &new.paging) {
        (None, Some(_)) => {
            changes.added(Subject::Operation, Effect::Compatible, &rust, "`items()` and `pages()` added")
        }
        (Some(_), None) => changes.removed(Subject::Operation, &rust, "`items()` and `pages()` removed"),
        (Some(was), Some(is)) if was.item != is.item => {
            changes.breaking(Subject::Operation, &rust, format!("lists {}, was {}", is.item, was.item));
        }
        (Some(was), Some(is)) if was.property != is.property => {
            changes.breaking(Subject::Operation, &rust, format!("lists `{}`, was `{}`", is.property, was.property));
        }
        _ => {}
    }
    changes.deprecation(Subject::Operation, &rust, "", &old.deprecated, &new.deprecated);
    if old.repeatable != new.repeatable {
        let what =
            if new.repeatable { "may now be repeated without a key" } else { "is no longer repeated without a key" };
        changes.compatible(Subject::Operation, &rust, what);
    }
}

fn parameters(changes: &mut Changes, rust: &str, location: &str, olds: &[Parameter], news: &[Parameter]) {
    for was in olds {
        let Some(is) = news.iter().find(|is| is.ident == was.ident) else {
            changes.removed(Subject::Parameter, rust, format!("{location} parameter `{}` removed", was.ident));
            continue;
        };
        if is.kind != was.kind {
            let what = format!("{location} parameter `{}` is {}, was {}", was.ident, is.kind, was.kind);
            changes.breaking(Subject::Parameter, rust, what);
        }
        let prefix = format!("{location} parameter `{}` ", was.ident);
        changes.deprecation(Subject::Parameter, rust, &prefix, &was.deprecated, &is.deprecated);
        if is.name != was.name {
            let what = format!("{location} parameter `{}` is sent as `{}`, was as `{}`", was.ident, is.name, was.name);
            changes.compatible(Subject::Parameter, rust, what);
        }
    }
    for is in news.iter().filter(|is| !olds.iter().any(|was| was.ident == is.ident)) {
        let what = format!("optional {location} parameter `{}` added", is.ident);
        changes.added(Subject::Parameter, Effect::Compatible, rust, what);
    }
}

/// Compares the bodies: a call with a body is made by `with_body`, a call without a body by `new`.
fn body(changes: &mut Changes, rust: &str, old: Option<&RustType>, new: Option<&RustType>) {
    match (old, new) {
        (None, Some(is)) => changes.breaking(Subject::Operation, rust, format!("now takes a body, {is}")),
        (Some(was), None) => {
            changes.breaking(Subject::Operation, rust, format!("no longer takes a body, was {was}"));
        }
        (Some(was), Some(is)) if was != is => {
            changes.breaking(Subject::Operation, rust, format!("takes the body {is}, was {was}"));
        }
        _ => {}
    }
}
