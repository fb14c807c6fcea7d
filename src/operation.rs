//! The static facts of an operation.

use std::time::Duration;

/// An operation of the description. The generated code has a constant for each.
#[derive(Debug)]
pub struct Operation {
    /// Its dotted name, such as `bulk.list_users`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path with the names of its parameters, whose values only the server gets.
    pub path: &'static str,
    /// The names of the path's parameters that are credentials, by the description's `x-sensitive`.
    pub secret_parameters: &'static [&'static str],
    /// The description of the body of a success.
    pub response: ResponseBody,
    /// The property of its response with the id of what it creates or sends, which a success cannot lack.
    pub id_property: Option<&'static str>,
    /// `true` if its response is an object around a list.
    pub is_list: bool,
    /// `true` if its response can contain secrets.
    pub sensitive: bool,
    /// `true` if sending it twice does no more than sending it once, even without an idempotency key.
    pub repeatable: bool,
    /// `true` if its 409 is final: the same request would get the same response.
    pub final_conflict: bool,
    /// The number of requests that Courier documents as the limit for a period.
    pub rate_limit: Option<(u32, Duration)>,
}

/// The description of the body of a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseBody {
    /// The response has no body.
    None,
    /// No field is required, so an empty body is accepted as well.
    Optional,
    /// It has required fields.
    Required,
}
