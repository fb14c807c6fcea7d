//! A folder of templates: a JSON file for each, and `ids.json` with their ids in each environment.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use futures::TryStreamExt as _;
use indicatif::ProgressBar;
use serde_json::{Map, Value};
use similar::TextDiff;
use trycourier::types::{Message, NotificationListItem, NotificationTemplate, NotificationTemplateInput, Recipient};
use trycourier::{Client, ErrorKind};

/// The properties of a template that Courier sets.
const READ_ONLY: [&str; 6] = ["id", "created", "creator", "state", "updated", "updater"];

/// The ids of the templates by their names, in each environment.
type Ids = BTreeMap<String, BTreeMap<String, String>>;

/// A folder of templates, and the environment to work with.
pub struct Project {
    folder: PathBuf,
    environment: String,
    ids: Ids,
}

impl Project {
    /// Opens a folder, which does not need to exist yet.
    pub fn open(folder: impl Into<PathBuf>, environment: impl Into<String>) -> Result<Self> {
        let folder = folder.into();
        let ids = read(&folder.join("ids.json"))?.unwrap_or_default();
        Ok(Self { folder, environment: environment.into(), ids })
    }

    /// Writes each draft of the environment into its file. Returns the names of the files that have changed.
    pub async fn pull(&mut self, client: &Client, bar: &ProgressBar) -> Result<Vec<String>> {
        let items: Vec<NotificationListItem> = client.notifications().list().items().try_collect().await?;
        let mut changed = Vec::new();
        bar.set_length(items.len() as u64);
        for item in bar.wrap_iter(items.into_iter()) {
            // Templates of Courier's older editor have no content that can be written.
            let NotificationListItem::TemplateSummary(summary) = item else { continue };
            let name = self.name(&summary.id, &summary.name);
            bar.set_message(name.clone());
            let draft = text(&draft(client, &summary.id).await?)?;
            let file = self.file(&name);
            if fs::read_to_string(&file).ok().as_ref() != Some(&draft) {
                write(&file, &draft)?;
                changed.push(name.clone());
            }
            self.set_id(&name, summary.id)?;
        }
        bar.finish_and_clear();
        Ok(changed)
    }

    /// Returns how the drafts would change by a push, as a unified diff.
    pub async fn diff(&self, client: &Client, bar: &ProgressBar) -> Result<String> {
        let mut diff = String::new();
        let names = self.names()?;
        bar.set_length(names.len() as u64);
        for name in bar.wrap_iter(names.iter()) {
            let mut template = self.template(name)?;
            let before = match self.id(name) {
                Some(id) => {
                    let draft = draft(client, id).await?;
                    adopt_ids(&mut template, &draft)?;
                    text(&draft)?
                }
                None => String::new(),
            };
            let after = text(&template)?;
            let lines = TextDiff::from_lines(&before, &after);
            let header = (format!("{}/{name}", self.environment), self.file(name).display().to_string());
            diff.push_str(&lines.unified_diff().header(&header.0, &header.1).to_string());
        }
        bar.finish_and_clear();
        Ok(diff)
    }

    /// Changes the drafts into what the files have. Returns the names of those that were created or changed.
    pub async fn push(&mut self, client: &Client, bar: &ProgressBar) -> Result<Vec<String>> {
        // A mistake in any file is found before anything is changed.
        let names = self.names()?;
        let templates = names.into_iter().map(|name| Ok((self.template(&name)?, name)));
        let templates = templates.collect::<Result<Vec<_>>>()?;
        let mut changed = Vec::new();
        bar.set_length(templates.len() as u64);
        for (mut template, name) in bar.wrap_iter(templates.into_iter()) {
            bar.set_message(name.clone());
            match self.id(&name) {
                Some(id) => {
                    let draft = draft(client, id).await?;
                    adopt_ids(&mut template, &draft)?;
                    if template == draft {
                        continue;
                    }
                    client.notifications().replace(id, template).await?;
                }
                None => {
                    // If the program is killed before it has stored the id, the next run gets the same template.
                    let key = format!("create-template-{}-{name}", self.environment);
                    let created = client.notifications().create(template).idempotency_key(key).await?;
                    self.set_id(&name, created.into_inner().id)?;
                }
            }
            changed.push(name);
        }
        bar.finish_and_clear();
        Ok(changed)
    }

    /// Publishes the drafts that have changed; all of them if there are no names. Returns the names of the published.
    pub async fn publish(&self, client: &Client, names: &[String], bar: &ProgressBar) -> Result<Vec<String>> {
        let names = if names.is_empty() { self.names()? } else { names.to_vec() };
        let mut published = Vec::new();
        bar.set_length(names.len() as u64);
        for name in bar.wrap_iter(names.into_iter()) {
            bar.set_message(name.clone());
            let id = self.known_id(&name)?;
            let draft = client.notifications().list_versions(id).await?;
            if draft.versions.iter().any(|version| version.has_changes == Some(true)) {
                client.notifications().publish(id).await?;
                published.push(name);
            }
        }
        bar.finish_and_clear();
        Ok(published)
    }

    /// Sends a published template, and returns its title and text as Courier has rendered them.
    ///
    /// Courier renders a variable without data as nothing, so this fails before it sends if the data lacks one.
    pub async fn render(&self, client: &Client, name: &str, data: Map<String, Value>, to: &str) -> Result<String> {
        let id = self.known_id(name)?;
        let published = client.notifications().retrieve(id).await?;
        let missing: Vec<String> =
            variables(&text(&*published)?).into_iter().filter(|name| !has(&data, name)).collect();
        ensure!(missing.is_empty(), "the data has no {}", missing.join(", "));
        let message = Message::new().to(Recipient::email(to)).template(id).data(data);
        let sent = client.send().message(message).await?;
        let message = client.messages().retrieve(&sent.request_id).until_delivered().await?;
        let content = client.messages().content(&message.id).await?;
        let rendered = content.results.first().ok_or_else(|| anyhow!("{name} has rendered nothing"))?;
        // An email has a subject and a text, other channels a title and a body.
        let content = &rendered.content;
        let title = content.title.as_ref().or(content.subject.as_ref());
        let text = content.text.as_ref().or(content.body.as_ref());
        let parts: Vec<&str> = [title, text].into_iter().flatten().map(String::as_str).collect();
        Ok(parts.join("\n\n"))
    }

    /// Publishes an earlier version again, by default the one before the current. Returns the name of that version.
    ///
    /// The draft and the file do not change: correct them before the next push.
    pub async fn roll_back(&self, client: &Client, name: &str, version: Option<&str>) -> Result<String> {
        let id = self.known_id(name)?;
        let versions: Vec<_> = client.notifications().list_versions(id).items().try_collect().await?;
        // The newest is first. `published:v002` is the current.
        let mut earlier = versions.iter().skip_while(|version| !version.version.starts_with("published:")).skip(1);
        let version = match version {
            Some(version) => version,
            None => &earlier.next().ok_or_else(|| anyhow!("{name} has no earlier version"))?.version,
        };
        client.notifications().publish(id).version(version).await?;
        Ok(version.to_owned())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    /// The names of the files.
    fn names(&self) -> Result<Vec<String>> {
        let files = fs::read_dir(&self.folder).with_context(|| format!("cannot read {}", self.folder.display()))?;
        let mut names = Vec::new();
        for file in files {
            let path = file?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).filter(|name| *name != "ids");
            if let Some(name) = name.filter(|_| path.extension().is_some_and(|extension| extension == "json")) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn template(&self, name: &str) -> Result<NotificationTemplateInput> {
        let file = self.file(name);
        let template: NotificationTemplateInput =
            read(&file)?.ok_or_else(|| anyhow!("{} does not exist", file.display()))?;
        // A misspelled property would silently have no effect.
        if let Some((property, _)) = template.extra.iter().next() {
            bail!("{}: unknown property `{property}`", file.display());
        }
        Ok(template)
    }

    fn id(&self, name: &str) -> Option<&str> {
        Some(self.ids.get(&self.environment)?.get(name)?.as_str())
    }

    fn known_id(&self, name: &str) -> Result<&str> {
        self.id(name).ok_or_else(|| anyhow!("ids.json has no `{name}` in `{}`; push it first", self.environment))
    }

    /// The name of a template's file: as before, or else made of the template's name.
    fn name(&self, id: &str, title: &str) -> String {
        let own = self.ids.get(&self.environment);
        if let Some((name, _)) = own.and_then(|ids| ids.iter().find(|(_, known)| *known == id)) {
            return name.clone();
        }
        let words = title.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let slug = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
        let slug = if slug.is_empty() || slug == "ids" { format!("template-{slug}") } else { slug };
        let is_free = |name: &String| self.id(name).is_none();
        let numbered = (2..).map(|number| format!("{slug}-{number}"));
        std::iter::once(slug.clone()).chain(numbered).find(is_free).unwrap_or(slug)
    }

    fn set_id(&mut self, name: &str, id: String) -> Result<()> {
        let ids = self.ids.entry(self.environment.clone()).or_default();
        if ids.insert(name.to_owned(), id.clone()).as_ref() == Some(&id) {
            return Ok(());
        }
        write(&self.folder.join("ids.json"), &format!("{}\n", serde_json::to_string_pretty(&self.ids)?))
    }
}

/// Returns the draft of a template, in the form in which it can be written.
async fn draft(client: &Client, id: &str) -> Result<NotificationTemplateInput> {
    let draft = client.notifications().retrieve(id).version("draft").await;
    let draft = draft.map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow!("{id} of ids.json does not exist in this environment"),
        _ => error.into(),
    })?;
    writable(&draft)
}

fn writable(template: &NotificationTemplate) -> Result<NotificationTemplateInput> {
    let Value::Object(mut properties) = serde_json::to_value(template)? else { bail!("a template is an object") };
    properties.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    let mut template: NotificationTemplateInput = serde_json::from_value(Value::Object(properties))?;
    template.content = template.content.normalized();
    Ok(template)
}

/// Gives the elements of a template the ids that they have in the draft, if the file has none: Courier sets them, and keeps
/// translations under them.
fn adopt_ids(template: &mut NotificationTemplateInput, draft: &NotificationTemplateInput) -> Result<()> {
    fn adopt(value: &mut Value, draft: &Value) {
        match (value, draft) {
            (Value::Object(value), Value::Object(draft)) => {
                for (name, member) in &mut *value {
                    draft.get(name).into_iter().for_each(|draft| adopt(member, draft));
                }
                if let (true, Some(id)) = (value.get("type") == draft.get("type"), draft.get("id")) {
                    value.entry("id").or_insert_with(|| id.clone());
                }
            }
            (Value::Array(values), Value::Array(drafts)) => {
                values.iter_mut().zip(drafts).for_each(|(v, d)| adopt(v, d))
            }
            _ => {}
        }
    }
    let mut value = serde_json::to_value(&*template)?;
    adopt(&mut value, &serde_json::to_value(draft)?);
    *template = serde_json::from_value(value)?;
    Ok(())
}

/// The text of a template's file.
fn text(template: &impl serde::Serialize) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(&serde_json::to_value(template)?)?))
}

/// The names of the variables in a text: `order.number` of `{{order.number}}`.
fn variables(text: &str) -> BTreeSet<String> {
    let names = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    let names = names.map(|(name, _)| name.trim().trim_start_matches("data.").to_owned());
    // Helpers, such as `{{#if …}}`, are more than names; Courier fills in the profile and others itself.
    let is_name = |name: &String| name.chars().all(|letter| letter.is_alphanumeric() || "._-".contains(letter));
    names.filter(|name| is_name(name) && !name.starts_with("profile.")).collect()
}

fn has(data: &Map<String, Value>, name: &str) -> bool {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let value = data.get(first);
    match rest {
        "" => value.is_some(),
        rest => value.and_then(Value::as_object).is_some_and(|object| has(object, rest)),
    }
}

/// Reads a JSON file; `None` if it does not exist.
fn read<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(serde_json::from_str(&text).with_context(|| file.display().to_string())?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// Replaces a file atomically, so that a killed program never leaves half a file.
fn write(file: &Path, text: &str) -> Result<()> {
    let new = file.with_extension("new");
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))
        .and_then(|()| fs::write(&new, text))
        .and_then(|()| fs::rename(&new, file))
        .with_context(|| format!("cannot write {}", file.display()))
}
