//! The scope of a token for browsers and apps.

use std::error::Error;
use std::fmt;

/// The permissions of a token, for [`auth.issue_token`](crate::resources::Auth::issue_token).
///
/// Courier checks a scope only when the token is used, so a missing or misspelled permission would show up late, in the
/// browser. These methods cannot be misspelled.
///
/// ```
/// use trycourier::ext::Scope;
///
/// let scope = Scope::user("user_123").inbox_read().inbox_write().preferences_read();
/// assert_eq!(scope.to_string(), "user_id:user_123 inbox:read:messages inbox:write:events read:preferences");
///
/// let scope = Scope::users(["user_1", "user_2"]).and_user("user_3").custom("read:reports");
/// assert_eq!(scope.to_string(), "user_id:user_1 user_id:user_2 user_id:user_3 read:reports");
///
/// let scope = Scope::new().tenant_brand_read("acme");
/// assert_eq!(scope.to_string(), "tenant:acme:brand:read");
/// ```
///
/// The permissions of a scope are separated by spaces, so an id must not contain whitespace; otherwise, a user who can
/// choose an id could choose the permissions of the token. For the same reason, the id of a tenant must not contain a
/// colon. [`validate`](Self::validate) refuses a scope with such an id, or an empty id. The text of an invalid scope is
/// empty, which grants nothing.
///
/// ```
/// # use trycourier::ext::Scope;
/// let scope = Scope::user("mallory user_id:ada").inbox_read();
/// let error = scope.validate().unwrap_err();
/// assert_eq!(error.to_string(), "an id in the scope contains white space or control characters");
/// assert_eq!(scope.to_string(), "");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Scope {
    permissions: Vec<String>,
    error: Option<InvalidScope>,
}

/// Adds a method for a permission, either for everything of a kind or for the thing with an id.
macro_rules! permission {
    ($documentation:literal, $name:ident, $permission:literal) => {
        #[doc = $documentation]
        ///
        /// ```
        /// # use trycourier::ext::Scope;
        #[doc = concat!("let scope = Scope::user(\"user_123\").", stringify!($name), "();")]
        #[doc = concat!("assert_eq!(scope.to_string(), \"user_id:user_123 ", $permission, "\");")]
        /// ```
        pub fn $name(self) -> Self {
            self.permission($permission)
        }
    };
    ($documentation:literal, $name:ident, $prefix:literal, $suffix:literal) => {
        #[doc = $documentation]
        ///
        /// ```
        /// # use trycourier::ext::Scope;
        #[doc = concat!("let scope = Scope::user(\"user_123\").", stringify!($name), "(\"acme\");")]
        #[doc = concat!("assert_eq!(scope.to_string(), \"user_id:user_123 ", $prefix, "acme", $suffix, "\");")]
        /// ```
        pub fn $name(self, id: impl AsRef<str>) -> Self {
            self.permission_for($prefix, id.as_ref(), $suffix)
        }
    };
}

impl Scope {
    /// Creates an empty scope, which grants nothing.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// let scope = ["user_1", "user_2"].into_iter().fold(Scope::new(), Scope::and_user).messages_read();
    /// assert_eq!(scope.to_string(), "user_id:user_1 user_id:user_2 read:messages");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a scope for one user; [`and_user`](Self::and_user) adds others.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").to_string(), "user_id:user_123");
    /// ```
    pub fn user(id: impl AsRef<str>) -> Self {
        Self::new().and_user(id)
    }

    /// Creates a scope for several users.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::users(["user_1", "user_2"]), Scope::user("user_1").and_user("user_2"));
    /// ```
    pub fn users<I: AsRef<str>>(ids: impl IntoIterator<Item = I>) -> Self {
        ids.into_iter().fold(Self::new(), Self::and_user)
    }

    /// Adds a user.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_1").and_user("user_2").to_string(), "user_id:user_1 user_id:user_2");
    /// ```
    pub fn and_user(self, id: impl AsRef<str>) -> Self {
        self.permission_for("user_id:", id.as_ref(), "")
    }

    permission!("Permits reading the user's inbox.", inbox_read, "inbox:read:messages");
    permission!(
        "Permits marking messages in the user's inbox as read, opened, archived and so on.",
        inbox_write,
        "inbox:write:events"
    );
    permission!("Permits reading the messages that were sent to the user.", messages_read, "read:messages");
    permission!("Permits reading the user's preferences.", preferences_read, "read:preferences");
    permission!("Permits changing the user's preferences.", preferences_write, "write:preferences");
    permission!("Permits reading the user's device tokens.", user_tokens_read, "read:user-tokens");
    permission!(
        "Permits adding and removing the user's device tokens, as an app with push notifications does.",
        user_tokens_write,
        "write:user-tokens"
    );
    permission!("Permits reading all brands.", brands_read, "read:brands");
    permission!("Permits changing all brands.", brands_write, "write:brands");
    permission!("Permits reading this brand.", brand_read, "read:brands:", "");
    permission!("Permits changing this brand.", brand_write, "write:brands:", "");
    permission!(
        "Permits reading all tenants. This and the following permissions are for Courier Create, the editor for \
         templates that you embed in your own application.",
        tenants_read,
        "tenants:read"
    );
    permission!("Permits reading the templates of all tenants.", tenants_templates_read, "tenants:notifications:read");
    permission!(
        "Permits changing the templates of all tenants.",
        tenants_templates_write,
        "tenants:notifications:write"
    );
    permission!("Permits reading the brands of all tenants.", tenants_brands_read, "tenants:brand:read");
    permission!("Permits reading this tenant.", tenant_read, "tenant:", ":read");
    permission!(
        "Permits reading the templates of this tenant.",
        tenant_templates_read,
        "tenant:",
        ":notification:read"
    );
    permission!(
        "Permits changing the templates of this tenant.",
        tenant_templates_write,
        "tenant:",
        ":notification:write"
    );
    permission!("Permits reading the brand of this tenant.", tenant_brand_read, "tenant:", ":brand:read");
    permission!("Permits changing the brand of this tenant.", tenant_brand_write, "tenant:", ":brand:write");

    /// Adds permissions for which this version does not have a method, unchanged. Never pass an id that a user can
    /// choose.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").custom("read:reports").to_string(), "user_id:user_123 read:reports");
    /// ```
    pub fn custom(self, permissions: impl AsRef<str>) -> Self {
        permissions.as_ref().split_whitespace().fold(self, Self::permission)
    }

    /// Checks that every id is valid.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert!(Scope::user("user_123").validate().is_ok());
    /// let error = Scope::user("user 123").validate().unwrap_err();
    /// assert_eq!(error.to_string(), "an id in the scope contains white space or control characters");
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] if an id is empty, or contains whitespace or control characters, or if the id of a tenant contains
    /// a colon.
    pub fn validate(&self) -> Result<(), InvalidScope> {
        self.error.map_or(Ok(()), Err)
    }

    fn permission_for(mut self, prefix: &str, id: &str, suffix: &str) -> Self {
        if id.is_empty() {
            self.error.get_or_insert(InvalidScope("an id in the scope is empty"));
        } else if id.contains(|c: char| c.is_whitespace() || c.is_control()) {
            self.error.get_or_insert(InvalidScope("an id in the scope contains white space or control characters"));
        } else if !suffix.is_empty() && id.contains(':') {
            // `tenant:<id>:read` with the id `acme:brand` would read the brand of `acme`.
            self.error.get_or_insert(InvalidScope("a tenant's id in the scope contains a colon"));
        }
        self.permission(&format!("{prefix}{id}{suffix}"))
    }

    fn permission(mut self, permission: &str) -> Self {
        if !self.permissions.iter().any(|earlier| earlier == permission) {
            self.permissions.push(permission.to_owned());
        }
        self
    }
}

/// The permissions, separated by spaces; empty if the scope [is invalid](Scope::validate).
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.error.is_some() { Ok(()) } else { f.write_str(&self.permissions.join(" ")) }
    }
}

/// Returns the same text as [`Display`](Scope#impl-Display-for-Scope).
impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

/// The error of a [`Scope`] with an id that is empty, or contains characters that would change the permissions. It does
/// not show the id.
///
/// ```
/// use trycourier::ext::{InvalidScope, Scope};
///
/// fn scope_of(user_id: &str) -> Result<Scope, InvalidScope> {
///     let scope = Scope::user(user_id).inbox_read();
///     scope.validate().map(|()| scope)
/// }
/// assert!(scope_of("user_123").is_ok() && scope_of("").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidScope(&'static str);

impl fmt::Display for InvalidScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for InvalidScope {}
