//! Constructors for the most common values.

#[cfg(feature = "automations")]
mod automation;
#[cfg(has_type = "Content")]
mod content;
#[cfg(has_type = "Delay")]
mod delay;
#[cfg(has_type = "ElementalNode")]
mod elements;
#[cfg(feature = "journeys")]
mod journey;
#[cfg(feature = "profiles")]
mod profile_patch;
#[cfg(has_type = "Recipient")]
mod recipient;
#[cfg(has_type = "Routing")]
mod routing;
#[cfg(feature = "users")]
mod token_patch;
