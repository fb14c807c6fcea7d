//! The scope and the lifetime of a token for browsers and apps.

use std::error::Error;
use std::fmt;
use std::time::Duration;

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
/// assert!(scope.validate().is_err());
/// assert_eq!(scope.to_string(), "");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Scope {
    permissions: Vec<String>,
    error: Option<InvalidScope>,
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

    /// Lets the token read the user's inbox.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").inbox_read().to_string(), "user_id:user_123 inbox:read:messages");
    /// ```
    pub fn inbox_read(self) -> Self {
        self.permission("inbox:read:messages")
    }

    /// Lets the token mark messages in the user's inbox as read, opened, archived and so on.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").inbox_write().to_string(), "user_id:user_123 inbox:write:events");
    /// ```
    pub fn inbox_write(self) -> Self {
        self.permission("inbox:write:events")
    }

    /// Lets the token read the messages that were sent to the user.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").messages_read().to_string(), "user_id:user_123 read:messages");
    /// ```
    pub fn messages_read(self) -> Self {
        self.permission("read:messages")
    }

    /// Lets the token read the user's preferences.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").preferences_read().to_string(), "user_id:user_123 read:preferences");
    /// ```
    pub fn preferences_read(self) -> Self {
        self.permission("read:preferences")
    }

    /// Lets the token change the user's preferences.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").preferences_write().to_string(), "user_id:user_123 write:preferences");
    /// ```
    pub fn preferences_write(self) -> Self {
        self.permission("write:preferences")
    }

    /// Lets the token read the user's device tokens.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").user_tokens_read().to_string(), "user_id:user_123 read:user-tokens");
    /// ```
    pub fn user_tokens_read(self) -> Self {
        self.permission("read:user-tokens")
    }

    /// Lets the token add and remove the user's device tokens, as an app with push notifications does.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").user_tokens_write().to_string(), "user_id:user_123 write:user-tokens");
    /// ```
    pub fn user_tokens_write(self) -> Self {
        self.permission("write:user-tokens")
    }

    /// Lets the token read all brands.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").brands_read().to_string(), "user_id:user_123 read:brands");
    /// ```
    pub fn brands_read(self) -> Self {
        self.permission("read:brands")
    }

    /// Lets the token change all brands.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").brands_write().to_string(), "user_id:user_123 write:brands");
    /// ```
    pub fn brands_write(self) -> Self {
        self.permission("write:brands")
    }

    /// Lets the token read this brand.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// let scope = Scope::user("user_123").brand_read("acme").brand_write("acme");
    /// assert_eq!(scope.to_string(), "user_id:user_123 read:brands:acme write:brands:acme");
    /// ```
    pub fn brand_read(self, id: impl AsRef<str>) -> Self {
        self.permission_for("read:brands:", id.as_ref(), "")
    }

    /// Lets the token change this brand.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").brand_write("acme").to_string(), "user_id:user_123 write:brands:acme");
    /// ```
    pub fn brand_write(self, id: impl AsRef<str>) -> Self {
        self.permission_for("write:brands:", id.as_ref(), "")
    }

    /// Lets the token read all tenants. This and the following permissions are for Courier Create, the editor for
    /// templates that you embed in your own application.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").tenants_read().to_string(), "user_id:user_123 tenants:read");
    /// ```
    pub fn tenants_read(self) -> Self {
        self.permission("tenants:read")
    }

    /// Lets the token read the templates of all tenants.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// let scope = Scope::user("user_123").tenants_templates_read();
    /// assert_eq!(scope.to_string(), "user_id:user_123 tenants:notifications:read");
    /// ```
    pub fn tenants_templates_read(self) -> Self {
        self.permission("tenants:notifications:read")
    }

    /// Lets the token change the templates of all tenants.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// let scope = Scope::user("user_123").tenants_templates_write();
    /// assert_eq!(scope.to_string(), "user_id:user_123 tenants:notifications:write");
    /// ```
    pub fn tenants_templates_write(self) -> Self {
        self.permission("tenants:notifications:write")
    }

    /// Lets the token read the brands of all tenants.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").tenants_brands_read().to_string(), "user_id:user_123 tenants:brand:read");
    /// ```
    pub fn tenants_brands_read(self) -> Self {
        self.permission("tenants:brand:read")
    }

    /// Lets the token read this tenant.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").tenant_read("acme").to_string(), "user_id:user_123 tenant:acme:read");
    /// ```
    pub fn tenant_read(self, id: impl AsRef<str>) -> Self {
        self.permission_for("tenant:", id.as_ref(), ":read")
    }

    /// Lets the token read the templates of this tenant.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// let scope = Scope::user("user_123").tenant_templates_read("acme");
    /// assert_eq!(scope.to_string(), "user_id:user_123 tenant:acme:notification:read");
    /// ```
    pub fn tenant_templates_read(self, id: impl AsRef<str>) -> Self {
        self.permission_for("tenant:", id.as_ref(), ":notification:read")
    }

    /// Lets the token change the templates of this tenant.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// let scope = Scope::user("user_123").tenant_templates_write("acme");
    /// assert_eq!(scope.to_string(), "user_id:user_123 tenant:acme:notification:write");
    /// ```
    pub fn tenant_templates_write(self, id: impl AsRef<str>) -> Self {
        self.permission_for("tenant:", id.as_ref(), ":notification:write")
    }

    /// Lets the token read the brand of this tenant.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// let scope = Scope::user("user_123").tenant_brand_read("acme");
    /// assert_eq!(scope.to_string(), "user_id:user_123 tenant:acme:brand:read");
    /// ```
    pub fn tenant_brand_read(self, id: impl AsRef<str>) -> Self {
        self.permission_for("tenant:", id.as_ref(), ":brand:read")
    }

    /// Lets the token change the brand of this tenant.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// let scope = Scope::user("user_123").tenant_brand_write("acme");
    /// assert_eq!(scope.to_string(), "user_id:user_123 tenant:acme:brand:write");
    /// ```
    pub fn tenant_brand_write(self, id: impl AsRef<str>) -> Self {
        self.permission_for("tenant:", id.as_ref(), ":brand:write")
    }

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

/// The lifetime of a token, rounded up to a full second. Its text uses the largest unit of which the lifetime is a
/// whole multiple.
///
/// ```
/// use std::time::Duration;
/// use trycourier::ext::Lifetime;
///
/// assert_eq!(Lifetime::days(7).to_string(), "7 days");
/// assert_eq!(Lifetime::from(Duration::from_secs(2 * 60 * 60)).to_string(), "2 hours");
/// assert_eq!(String::from(Lifetime::minutes(90)), "90 minutes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[must_use]
pub struct Lifetime {
    seconds: u64,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Lifetime {
    /// Creates a lifetime of a number of days.
    ///
    /// ```
    /// # use trycourier::ext::Lifetime;
    /// assert_eq!(Lifetime::days(3).to_string(), "3 days");
    /// ```
    pub const fn days(days: u64) -> Self {
        Self { seconds: days.saturating_mul(DAY) }
    }

    /// Creates a lifetime of a number of hours.
    ///
    /// ```
    /// # use trycourier::ext::Lifetime;
    /// assert_eq!(Lifetime::hours(3).to_string(), "3 hours");
    /// ```
    pub const fn hours(hours: u64) -> Self {
        Self { seconds: hours.saturating_mul(HOUR) }
    }

    /// Creates a lifetime of a number of minutes.
    ///
    /// ```
    /// # use trycourier::ext::Lifetime;
    /// assert_eq!(Lifetime::minutes(3).to_string(), "3 minutes");
    /// ```
    pub const fn minutes(minutes: u64) -> Self {
        Self { seconds: minutes.saturating_mul(MINUTE) }
    }
}

impl From<Duration> for Lifetime {
    fn from(life: Duration) -> Self {
        Self { seconds: life.as_secs().saturating_add(u64::from(life.subsec_nanos() > 0)) }
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")];
        let whole = |unit: u64| self.seconds > 0 && self.seconds.is_multiple_of(unit);
        let (unit, name) = units.into_iter().find(|(unit, _)| whole(*unit)).unwrap_or((1, "second"));
        let number = self.seconds / unit;
        write!(f, "{number} {name}{}", if number == 1 { "" } else { "s" })
    }
}

impl From<Lifetime> for String {
    fn from(life: Lifetime) -> Self {
        life.to_string()
    }
}
