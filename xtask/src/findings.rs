//! The findings of an update or a pass that require a person, as one list.
//!
//! To report a new kind of finding, add a [`Section`] with its title, and a [`Finding`] in the code that detects it: in a pass,
//! or in `report::Report::new`.

use serde::Serialize;
use serde_json::Value;

/// One item to review or to fix by hand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    pub section: Section,
    /// The subject: an operation, a Rust name, a schema, the target of an overlay.
    pub target: String,
    /// The line in the report.
    pub text: String,
    /// The overlay action that resolves it, once a person has reviewed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Value>,
}

impl Finding {
    pub fn new(section: Section, target: impl Into<String>, text: impl Into<String>) -> Self {
        Self { section, target: target.into(), text: text.into(), action: None }
    }

    pub fn with_action(self, action: Option<Value>) -> Self {
        Self { action, ..self }
    }
}

/// The kind of a finding, in the order of the report.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    Removal,
    BrokenReference,
    OperationName,
    EmptyTag,
    OmittedOperation,
    UnusedType,
    GoneTarget,
    SharedAnchor,
    SuperfluousCorrection,
    ReplacedValue,
    Secret,
    Mark,
    Service,
    ResourceWithoutFeature,
    SecondSource,
    ListedValues,
    StaleReference,
    RenamedSchema,
    SchemaName,
    UnnamedOperation,
    Undescribed,
}

impl Section {
    /// The heading in the report.
    pub fn title(self) -> &'static str {
        match self {
            Self::Removal => "Removals: nothing is written unless `--allow-removals` is given",
            Self::BrokenReference => "References without a target",
            Self::OperationName => "Operation names that clash or do not fit: change them in names.yaml",
            Self::EmptyTag => "Operations with an empty tag: give them one in names.yaml",
            Self::OmittedOperation => "Operations that are left out: callers use `Client::request`",
            Self::UnusedType => "Types that no operation uses anymore (breaking)",
            Self::GoneTarget => "Overlay targets that no longer exist: remove them or change them",
            Self::SharedAnchor => "Anchors that other actions use: move them before you remove the action",
            Self::SuperfluousCorrection => "Corrections that Courier has made itself: remove these values",
            Self::ReplacedValue => "Changes that an overlay hides: check whether its action is still right",
            Self::Secret => {
                "New properties and parameters that look like secrets: if they are, mark them in corrections.yaml"
            }
            Self::Mark => "Marks that similar items have: review, and add them to corrections.yaml",
            Self::Service => {
                "Servers, authorization, and how parameters are written: the client in src/ may need a change"
            }
            Self::ResourceWithoutFeature => {
                "Resources without a feature in Cargo.toml: they are not generated until they have one"
            }
            Self::SecondSource => "In only one of the two descriptions",
            Self::ListedValues => "Changed enums whose descriptions list their values",
            Self::StaleReference => "Lines that mention something that is gone, or a number that has changed",
            Self::RenamedSchema => "Schemas that Courier may have renamed: `x-name` in types.yaml keeps the name",
            Self::SchemaName => "Schemas that need a name in openapi/overlay/types.yaml",
            Self::UnnamedOperation => "openapi/overlay/names.yaml gives no `x-method` to",
            Self::Undescribed => "Items without a description",
        }
    }

    /// Returns `true` if `generate-spec` writes nothing as long as there is such a finding.
    pub fn is_refused(self) -> bool {
        matches!(
            self,
            Self::GoneTarget
                | Self::SuperfluousCorrection
                | Self::UnnamedOperation
                | Self::SchemaName
                | Self::OperationName
                | Self::EmptyTag
        )
    }

    /// The heading of the actions to paste into an overlay. Sections with the same heading share a block.
    pub fn template(self) -> Option<&'static str> {
        match self {
            Self::UnnamedOperation => Some("Operations that have no name yet: add to openapi/overlay/names.yaml"),
            Self::RenamedSchema | Self::SchemaName => {
                Some("Proposed type names: review and add to openapi/overlay/types.yaml")
            }
            Self::Mark => Some("Marks that similar items have: add to openapi/overlay/corrections.yaml"),
            Self::Undescribed => Some("New and undescribed: fill in and add to an overlay"),
            _ => None,
        }
    }

    /// Returns `true` if the report has only the block of actions, without a line for each finding.
    pub fn is_template_only(self) -> bool {
        matches!(self, Self::UnnamedOperation | Self::Undescribed)
    }
}

/// The first few of a list, and the number of others.
pub fn first_few(list: &[impl AsRef<str>], separator: &str) -> String {
    const MAX_SHOWN: usize = 5;
    let mut shown: Vec<String> = list.iter().take(MAX_SHOWN).map(|one| one.as_ref().to_owned()).collect();
    if let Some(more) = list.len().checked_sub(MAX_SHOWN).filter(|more| *more > 0) {
        shown.push(format!("and {more} more"));
    }
    shown.join(separator)
}
