//! Constructors for the operations that change a device token.

use crate::types::{PatchOperation, TokenPatch, TokenPatchValue};

/// The operations that change one value.
impl TokenPatch {
    /// Replaces an existing value. The path begins with a slash: `/status`.
    ///
    /// ```
    /// use trycourier::types::TokenPatch;
    ///
    /// let patch = [TokenPatch::replace("/status", "revoked")];
    /// ```
    pub fn replace(path: impl Into<String>, value: impl Into<TokenPatchValue>) -> Self {
        Self::new(PatchOperation::Replace, path).value(value)
    }

    /// Removes a value.
    ///
    /// ```
    /// use trycourier::types::TokenPatch;
    ///
    /// let patch = [TokenPatch::remove("/tracking")];
    /// ```
    pub fn remove(path: impl Into<String>) -> Self {
        Self::new(PatchOperation::Remove, path)
    }
}
