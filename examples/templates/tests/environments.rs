//! Two environments, each a fake Courier, and a folder of templates between them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::fs;
use std::path::PathBuf;

use indicatif::ProgressBar;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use templates::Project;
use trycourier::testing::Courier;
use trycourier::types::{ElementalContent, NotificationTemplateInput, TemplateState};
use trycourier::{calls, types};

struct Environments {
    folder: TempDir,
    staging: Courier,
    production: Courier,
}

impl Environments {
    /// Staging has a template; production has a different one.
    async fn new() -> Self {
        let environments =
            Self { folder: TempDir::new().unwrap(), staging: Courier::new(), production: Courier::new() };
        let create =
            environments.staging.client().notifications().create(template("Order confirmed", "Order {{number}}"));
        create.state(TemplateState::Published).await.unwrap();
        environments.production.client().notifications().create(template("Other", "t")).await.unwrap();
        environments
    }

    fn project(&self, environment: &str) -> Project {
        Project::open(self.folder.path(), environment).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.file("order-confirmed.json")).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(self.file("order-confirmed.json"), text.replace(from, to)).unwrap();
    }
}

fn template(name: &str, title: &str) -> NotificationTemplateInput {
    let elements = json!([{"type": "channel", "channel": "email", "elements": [
        {"type": "meta", "title": title}, {"type": "text", "content": "It is on its way."},
    ]}]);
    let content: ElementalContent =
        serde_json::from_value(json!({"version": "2022-01-01", "elements": elements})).unwrap();
    NotificationTemplateInput::new(name, content, ["shop"])
}

fn bar() -> ProgressBar {
    ProgressBar::hidden()
}

fn data(data: Value) -> Map<String, Value> {
    data.as_object().unwrap().clone()
}

async fn pulled() -> Environments {
    let environments = Environments::new().await;
    let mut project = environments.project("staging");
    assert_eq!(project.pull(&environments.staging.client(), &bar()).await.unwrap(), ["order-confirmed"]);
    environments
}

#[tokio::test]
async fn pull_writes_what_can_be_pushed_again() {
    let environments = pulled().await;
    let staging = environments.staging.client();
    let text = fs::read_to_string(environments.file("order-confirmed.json")).unwrap();
    for absent in ["checksum", "\"state\"", "creator", "\"created\""] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
    let mut project = environments.project("staging");
    assert_eq!(project.pull(&staging, &bar()).await.unwrap(), [""; 0]);
    assert_eq!(project.diff(&staging, &bar()).await.unwrap(), "");
    assert_eq!(project.push(&staging, &bar()).await.unwrap(), [""; 0]);
    assert!(environments.staging.calls_of::<calls::NotificationsReplace>().is_empty());
}

#[tokio::test]
async fn file_without_ids_is_pushed_once() {
    let environments = pulled().await;
    let staging = environments.staging.client();
    fs::write(environments.file("new.json"), serde_json::to_string(&template("New", "t")).unwrap()).unwrap();
    let mut project = environments.project("staging");
    assert_eq!(project.push(&staging, &bar()).await.unwrap(), ["new"]);
    assert_eq!(project.diff(&staging, &bar()).await.unwrap(), "");
    assert_eq!(project.push(&staging, &bar()).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn push_changes_only_drafts_that_differ() {
    let environments = pulled().await;
    let staging = environments.staging.client();
    environments.edit("Order {{number}}", "Your order {{number}}");
    let mut project = environments.project("staging");
    let diff = project.diff(&staging, &bar()).await.unwrap();
    assert!(diff.contains("-") && diff.contains("Your order {{number}}") && diff.contains("staging/order-confirmed"));
    assert_eq!(project.push(&staging, &bar()).await.unwrap(), ["order-confirmed"]);
    assert_eq!(project.diff(&staging, &bar()).await.unwrap(), "");

    let rendered = |number| {
        let (project, staging) = (environments.project("staging"), staging.clone());
        async move { project.render(&staging, "order-confirmed", data(json!({"number": number})), "ada@example.com").await }
    };
    assert!(rendered("A-1").await.unwrap().starts_with("Order A-1\n\n"), "a draft is not published yet");
    assert_eq!(project.publish(&staging, &[], &bar()).await.unwrap(), ["order-confirmed"]);
    assert_eq!(project.publish(&staging, &[], &bar()).await.unwrap(), [""; 0]);
    assert!(rendered("A-1").await.unwrap().starts_with("Your order A-1\n\n"));

    assert_eq!(project.roll_back(&staging, "order-confirmed", None).await.unwrap(), "v001");
    assert!(rendered("A-1").await.unwrap().starts_with("Order A-1\n\n"));
    assert_eq!(project.roll_back(&staging, "order-confirmed", Some("v002")).await.unwrap(), "v002");
    assert!(rendered("A-1").await.unwrap().starts_with("Your order A-1\n\n"));
}

#[tokio::test]
async fn each_environment_has_its_ids() {
    let environments = pulled().await;
    let production = environments.production.client();
    let mut project = environments.project("production");
    let error = project.publish(&production, &["order-confirmed".to_owned()], &bar()).await.unwrap_err();
    assert!(error.to_string().contains("push it first"), "{error}");
    assert_eq!(project.push(&production, &bar()).await.unwrap(), ["order-confirmed"]);
    project.publish(&production, &[], &bar()).await.unwrap();

    let ids: Value = serde_json::from_str(&fs::read_to_string(environments.file("ids.json")).unwrap()).unwrap();
    let id = |environment: &str| ids[environment]["order-confirmed"].as_str().unwrap().to_owned();
    assert_ne!(id("staging"), id("production"));
    let pushed = production.notifications().retrieve(id("production")).await.unwrap();
    assert_eq!((pushed.name.as_str(), pushed.tags.as_slice()), ("Order confirmed", ["shop".to_owned()].as_slice()));
    assert_eq!(project.diff(&production, &bar()).await.unwrap(), "");
}

#[tokio::test]
async fn killed_push_creates_no_second_template() {
    let environments = pulled().await;
    let production = environments.production.client();
    let before = fs::read_to_string(environments.file("ids.json")).unwrap();
    environments.project("production").push(&production, &bar()).await.unwrap();
    // The program died before it had stored the id.
    fs::write(environments.file("ids.json"), before).unwrap();
    environments.project("production").push(&production, &bar()).await.unwrap();
    assert_eq!(production.notifications().list().await.unwrap().results.len(), 2);
}

#[tokio::test]
async fn render_refuses_data_without_a_variable() {
    let environments = pulled().await;
    let staging = environments.staging.client();
    let project = environments.project("staging");
    let error = project.render(&staging, "order-confirmed", Map::new(), "ada@example.com").await.unwrap_err();
    assert_eq!(error.to_string(), "the data has no number");
    assert_eq!(environments.staging.sent().len(), 0);
}

#[tokio::test]
async fn invalid_file_is_refused_before_any_change() {
    let environments = pulled().await;
    let staging = environments.staging.client();
    let mut misspelled = serde_json::to_value(template("n", "t")).unwrap();
    misspelled["tag"] = "x".into();
    for name in ["brand", "routing", "subscription"] {
        misspelled[name] = Value::Null;
    }
    let misspelled = misspelled.to_string();
    for (text, part) in
        [("{\n  \"name\": \"n\",\n", "a.json: EOF while parsing"), (&misspelled, "unknown property `tag`")]
    {
        // Before the valid file by its name, and after it.
        for name in ["a.json", "z.json"] {
            fs::write(environments.file(name), text).unwrap();
            environments.edit("It is on its way.", "It is on its way!");
            let error = environments.project("staging").push(&staging, &bar()).await.unwrap_err();
            assert!(format!("{error:#}").contains(&part.replace("a.json", name)), "{error:#}");
            assert!(environments.staging.calls_of::<calls::NotificationsReplace>().is_empty());
            environments.edit("It is on its way!", "It is on its way.");
            fs::remove_file(environments.file(name)).unwrap();
        }
    }
}

#[tokio::test]
async fn same_names_get_different_files() {
    let environments = Environments::new().await;
    let staging = environments.staging.client();
    staging.notifications().create(template("Order: confirmed!", "t")).await.unwrap();
    let mut project = environments.project("staging");
    let mut names = project.pull(&staging, &bar()).await.unwrap();
    names.sort();
    assert_eq!(names, ["order-confirmed", "order-confirmed-2"]);
    let listed: types::NotificationListResponse = staging.notifications().list().await.unwrap().into_inner();
    assert_eq!(listed.results.len(), 2);
}
