//! The maintainer's commands, in top-down order. `main.rs` lists the commands.
//!
//! ```text
//! release.rs, fetch.rs    the newest release of the official client, an address, or a file
//!    ▼  import/           its structure only, in the committed order
//! openapi/upstream.yaml
//!    ▼  passes.rs         the list of passes: overlays (overlay/), names (naming/), rules (normalize/), checks
//! openapi/courier.yaml, docs/coming-from.md
//!    ▼  report/           the effect on callers, from the surfaces that the generator makes of both
//! ```

// The commands.
pub mod check_docs;
pub mod conformance;
pub mod generate_spec;
pub mod live_check;
pub mod prepare_release;
pub mod update_spec;

// The report of an update.
pub mod report;

// From an update to courier.yaml.
pub mod fetch;
pub mod import;
pub mod passes;
pub mod release;

// The steps of the passes.
pub mod argument_order;
pub mod naming;
pub mod normalize;
pub mod omitted;
pub mod overlay;
pub mod supported;

// Shared by everything above.
pub mod coming_from;
pub mod crate_copy;
pub mod document;
pub mod files;
pub mod findings;
pub mod programs;
pub mod references;
pub mod secret_names;

pub use trycourier_generator as generator;
