//! The scope and the lifetime of a token for a browser.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The permissions of a token, for [`auth.issue_token`](crate::resources::Auth::issue_token).
///
/// Courier checks a scope only when the token is used, so a missing or misspelled word would show up late, in the browser. With
/// these methods nothing can be misspelled.
///
/// ```
/// use trycourier::ext::Scope;
///
/// let scope = Scope::user("user_123").inbox_read().inbox_write().preferences_read();
/// assert_eq!(scope.to_string(), "user_id:user_123 inbox:read:messages inbox:write:events read:preferences");
/// ```
///
/// The words of a scope are separated by spaces, so an id must not contain white space: a user who can choose an id could otherwise
/// choose what their token may do. A scope with such an id, or an empty one, is refused by [`validate`](Self::validate), and its text is
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
    words: Vec<String>,
    refused: Option<InvalidScope>,
}

impl Scope {
    /// An empty scope, which grants nothing.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// let scope = ["user_1", "user_2"].into_iter().fold(Scope::new(), Scope::and_user).messages_read();
    /// assert_eq!(scope.to_string(), "user_id:user_1 user_id:user_2 read:messages");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// A scope for one user; [`and_user`](Self::and_user) adds others.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").to_string(), "user_id:user_123");
    /// ```
    pub fn user(id: impl AsRef<str>) -> Self {
        Self::new().and_user(id)
    }

    /// A scope for several users.
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
        self.word_of("user_id:", id.as_ref())
    }

    /// Lets the token read the user's inbox.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").inbox_read().to_string(), "user_id:user_123 inbox:read:messages");
    /// ```
    pub fn inbox_read(self) -> Self {
        self.word("inbox:read:messages")
    }

    /// Lets the token mark messages in the user's inbox as read, opened, archived and so on.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").inbox_write().to_string(), "user_id:user_123 inbox:write:events");
    /// ```
    pub fn inbox_write(self) -> Self {
        self.word("inbox:write:events")
    }

    /// Lets the token read the messages that were sent to the user.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").messages_read().to_string(), "user_id:user_123 read:messages");
    /// ```
    pub fn messages_read(self) -> Self {
        self.word("read:messages")
    }

    /// Lets the token read the user's preferences.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").preferences_read().to_string(), "user_id:user_123 read:preferences");
    /// ```
    pub fn preferences_read(self) -> Self {
        self.word("read:preferences")
    }

    /// Lets the token change the user's preferences.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").preferences_write().to_string(), "user_id:user_123 write:preferences");
    /// ```
    pub fn preferences_write(self) -> Self {
        self.word("write:preferences")
    }

    /// Lets the token read the user's device tokens.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").user_tokens_read().to_string(), "user_id:user_123 read:user-tokens");
    /// ```
    pub fn user_tokens_read(self) -> Self {
        self.word("read:user-tokens")
    }

    /// Lets the token add and remove the user's device tokens, as an app with push messages does.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").user_tokens_write().to_string(), "user_id:user_123 write:user-tokens");
    /// ```
    pub fn user_tokens_write(self) -> Self {
        self.word("write:user-tokens")
    }

    /// Lets the token read all brands.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").brands_read().to_string(), "user_id:user_123 read:brands");
    /// ```
    pub fn brands_read(self) -> Self {
        self.word("read:brands")
    }

    /// Lets the token change all brands.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").brands_write().to_string(), "user_id:user_123 write:brands");
    /// ```
    pub fn brands_write(self) -> Self {
        self.word("write:brands")
    }

    /// Lets the token read this brand.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// let scope = Scope::user("user_123").brand_read("acme").brand_write("acme");
    /// assert_eq!(scope.to_string(), "user_id:user_123 read:brands:acme write:brands:acme");
    /// ```
    pub fn brand_read(self, id: impl AsRef<str>) -> Self {
        self.word_of("read:brands:", id.as_ref())
    }

    /// Lets the token change this brand.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").brand_write("acme").to_string(), "user_id:user_123 write:brands:acme");
    /// ```
    pub fn brand_write(self, id: impl AsRef<str>) -> Self {
        self.word_of("write:brands:", id.as_ref())
    }

    /// Adds words that this version has no method for, unchanged. Never pass an id that a user can choose.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert_eq!(Scope::user("user_123").custom("read:tenants").to_string(), "user_id:user_123 read:tenants");
    /// ```
    pub fn custom(self, words: impl AsRef<str>) -> Self {
        words.as_ref().split_whitespace().fold(self, Self::word)
    }

    /// Checks that every id is valid.
    ///
    /// ```
    /// # use trycourier::ext::Scope;
    /// assert!(Scope::user("user_123").validate().is_ok());
    /// let error = Scope::user("user 123").validate().unwrap_err();
    /// assert_eq!(error.to_string(), "an id in the scope has white space or control characters in it");
    /// ```
    ///
    /// # Errors
    ///
    /// An id that is empty, or has white space or control characters in it.
    pub fn validate(&self) -> Result<(), InvalidScope> {
        self.refused.map_or(Ok(()), Err)
    }

    fn word_of(mut self, prefix: &str, id: &str) -> Self {
        if id.is_empty() {
            self.refused.get_or_insert(InvalidScope("an id in the scope is empty"));
        } else if id.contains(|c: char| c.is_whitespace() || c.is_control()) {
            self.refused.get_or_insert(InvalidScope("an id in the scope has white space or control characters in it"));
        }
        self.word(&format!("{prefix}{id}"))
    }

    fn word(mut self, word: &str) -> Self {
        if !self.words.iter().any(|earlier| earlier == word) {
            self.words.push(word.to_owned());
        }
        self
    }
}

/// The words with a space between; nothing where the scope [is refused](Scope::validate).
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.refused.is_some() { Ok(()) } else { f.write_str(&self.words.join(" ")) }
    }
}

/// As [`Display`](Scope#impl-Display-for-Scope) has it.
impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

/// An id in a [`Scope`] is empty, or has white space or control characters in it. The error does not show the id.
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

/// How long a token lives, written in the largest unit of which it is a whole number, and rounded up to a full second.
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
    /// A number of days.
    ///
    /// ```
    /// # use trycourier::ext::Lifetime;
    /// assert_eq!(Lifetime::days(3).to_string(), "3 days");
    /// ```
    pub const fn days(days: u64) -> Self {
        Self { seconds: days.saturating_mul(DAY) }
    }

    /// A number of hours.
    ///
    /// ```
    /// # use trycourier::ext::Lifetime;
    /// assert_eq!(Lifetime::hours(3).to_string(), "3 hours");
    /// ```
    pub const fn hours(hours: u64) -> Self {
        Self { seconds: hours.saturating_mul(HOUR) }
    }

    /// A number of minutes.
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
