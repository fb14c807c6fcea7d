//! Constructors for the operations that change a profile.

use crate::types::{PatchOperation, ProfilePatch};

/// The operations that change one value.
impl ProfilePatch {
    /// Sets a value, which does not need to exist yet. The path begins with a slash: `/locale`.
    ///
    /// ```
    /// use trycourier::types::ProfilePatch;
    ///
    /// let patch = [ProfilePatch::add("/locale", "en-GB")];
    /// ```
    pub fn add(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(PatchOperation::Add, path).value(value)
    }

    /// Replaces an existing value.
    ///
    /// ```
    /// use trycourier::types::ProfilePatch;
    ///
    /// let patch = [ProfilePatch::replace("/email", "ada@example.com"), ProfilePatch::remove("/phone_number")];
    /// ```
    pub fn replace(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(PatchOperation::Replace, path).value(value)
    }

    /// Removes a value.
    ///
    /// ```
    /// use trycourier::types::ProfilePatch;
    ///
    /// let patch = [ProfilePatch::remove("/phone_number")];
    /// ```
    pub fn remove(path: impl Into<String>) -> Self {
        Self::new(PatchOperation::Remove, path)
    }
}
