//! The modules of the crate form layers: a room uses only the rooms below it, in the order in `src/lib.rs`.
//!
//! A room is a folder or file at the top of `src/`, or of a folder in [`DIVIDED`]. A path is followed through
//! re-exports to the file that defines what it names.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Meta, UseTree, Visibility};

/// The folders that are rooms of rooms: their `mod.rs` lists them from the top down, as `lib.rs` does.
const DIVIDED: [&str; 2] = ["ext", "testing"];

/// The files that only join rooms: they may name every one of them.
const JOINS: [&str; 4] = ["lib.rs", "ext/mod.rs", "testing/mod.rs", "fuzzing.rs"];

/// The most files inside one room that may use each other in a circle. The circles are those of a `mod.rs` that has a type and
/// the file that extends it, such as `wait/mod.rs` and `wait/poll.rs`.
const MAX_CIRCLE: usize = 3;

type ModulePath = Vec<String>;

/// A reference to another module, and the line that makes it.
struct Reference {
    path: ModulePath,
    line: usize,
}

#[derive(Default)]
struct House {
    /// The file of each module, inline modules included.
    files: BTreeMap<ModulePath, String>,
    /// The names that a module re-exports, and the paths that they stand for.
    reexports: BTreeMap<ModulePath, BTreeMap<String, ModulePath>>,
    references: BTreeMap<String, Vec<Reference>>,
    /// The modules of a file in the order in which it declares them.
    declared: BTreeMap<String, Vec<String>>,
}

impl House {
    fn read(source: &Path) -> Self {
        let mut house = Self::default();
        for (file, text) in sources(source) {
            let mut module: ModulePath = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            if ["mod", "lib"].contains(&module.last().unwrap().as_str()) {
                module.pop();
            }
            let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
            house.files.insert(module.clone(), file.clone());
            let mut reader = Reader { house: &mut house, file, module };
            reader.visit_file(&parsed);
        }
        house
    }

    /// Returns the file that defines what a path names.
    fn resolve(&self, path: &[String], depth: usize) -> &str {
        assert!(depth < 20, "the re-export {} leads in a circle", path.join("::"));
        let known = (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length])).unwrap();
        let target = path.get(known).and_then(|name| self.reexports.get(&path[..known])?.get(name));
        match target {
            Some(target) => self.resolve(&[target, &path[known + 1..]].concat(), depth + 1),
            None => &self.files[&path[..known]],
        }
    }

    /// Returns the rooms from the top down.
    fn rooms(&self) -> Vec<String> {
        let mut rooms = Vec::new();
        for room in &self.declared["lib.rs"] {
            if DIVIDED.contains(&room.as_str()) {
                let inner = &self.declared[&format!("{room}/mod.rs")];
                rooms.extend(inner.iter().map(|inner| format!("{room}/{inner}")));
            } else {
                rooms.push(room.clone());
            }
        }
        rooms
    }

    /// Returns the files that each file uses, with the line of the first use.
    fn uses(&self) -> BTreeMap<&str, BTreeMap<&str, usize>> {
        let mut uses: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (file, references) in &self.references {
            for Reference { path, line } in references {
                let target = self.resolve(path, 0);
                if target != file && !JOINS.contains(&target) && !JOINS.contains(&file.as_str()) {
                    uses.entry(file).or_default().entry(target).or_insert(*line);
                }
            }
        }
        uses
    }

    /// Returns a sentence for each use that leads up.
    fn uses_upwards(&self) -> Vec<String> {
        let rooms = self.rooms();
        let height = |file: &str| {
            let room = room(file);
            let found = rooms.iter().position(|known| *known == room);
            found.unwrap_or_else(|| panic!("{file} is in no room that src/lib.rs lists"))
        };
        let mut found = Vec::new();
        for (file, targets) in self.uses() {
            for (target, line) in targets {
                if room(file) != room(target) && height(target) < height(file) {
                    found.push(format!(
                        "src/{file}:{line} uses src/{target}, but {} is above {}",
                        room(target),
                        room(file)
                    ));
                }
            }
        }
        found
    }

    /// Returns the circles of files, largest first.
    fn circles(&self) -> Vec<BTreeSet<&str>> {
        let uses = self.uses();
        let reachable = |start: &str| {
            let mut reached = BTreeSet::new();
            let mut open: Vec<&str> = uses.get(start).into_iter().flatten().map(|(target, _)| *target).collect();
            while let Some(file) = open.pop() {
                if reached.insert(file) {
                    open.extend(uses.get(file).into_iter().flatten().map(|(target, _)| *target));
                }
            }
            reached
        };
        let reached: BTreeMap<&str, BTreeSet<&str>> = uses.keys().map(|file| (*file, reachable(file))).collect();
        let mut circles = BTreeSet::new();
        for (file, targets) in &reached {
            let circle: BTreeSet<&str> = targets
                .iter()
                .filter(|target| reached.get(*target).is_some_and(|back| back.contains(file)))
                .copied()
                .collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        let mut circles: Vec<_> = circles.into_iter().collect();
        circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        circles
    }
}

fn room(file: &str) -> String {
    let parts: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    match parts[..] {
        [room, inner, ..] if DIVIDED.contains(&room) => format!("{room}/{inner}"),
        _ => parts[0].to_owned(),
    }
}

fn sources(source: &Path) -> Vec<(String, String)> {
    let mut folders = vec![source.to_owned()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file: PathBuf = path.strip_prefix(source).unwrap().iter().collect();
                let file = file.to_str().unwrap().replace('\\', "/");
                // Unit tests may use everything.
                if !file.contains("/tests/") {
                    sources.push((file, fs::read_to_string(path).unwrap()));
                }
            }
        }
    }
    sources.sort();
    sources
}

/// Adds a file, with its modules and its uses of others.
struct Reader<'h> {
    house: &'h mut House,
    file: String,
    module: ModulePath,
}

impl Reader<'_> {
    /// Records a path of the crate. Other paths lead to other crates, or stay in the module.
    fn refer(&mut self, path: &[String], line: usize) {
        if let Some(path) = self.absolute(path) {
            self.house.references.entry(self.file.clone()).or_default().push(Reference { path, line });
        }
    }

    fn absolute(&self, path: &[String]) -> Option<ModulePath> {
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([&self.module, &path[1..]].concat()),
            "super" => {
                let up = path.iter().take_while(|name| *name == "super").count();
                let parent = &self.module[..self.module.len().checked_sub(up)?];
                Some([parent, &path[up..]].concat())
            }
            name => {
                let child = [&self.module[..], &[name.to_owned()]].concat();
                let declared = self.house.declared.get(&self.file).is_some_and(|all| all.iter().any(|one| one == name));
                declared.then(|| [&child[..], &path[1..]].concat())
            }
        }
    }

    fn uses(&mut self, tree: &UseTree, before: &[String], is_reexport: bool) {
        let line = tree.span().start().line;
        let leaf = |reader: &mut Self, name: String, renamed: String| {
            let path = if name == "self" { before.to_vec() } else { [before, &[name]].concat() };
            if is_reexport && let Some(target) = reader.absolute(&path) {
                reader.house.reexports.entry(reader.module.clone()).or_default().insert(renamed, target);
            }
            reader.refer(&path, line);
        };
        match tree {
            UseTree::Path(path) => self.uses(&path.tree, &[before, &[path.ident.to_string()]].concat(), is_reexport),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.uses(tree, before, is_reexport)),
            UseTree::Name(name) => leaf(self, name.ident.to_string(), name.ident.to_string()),
            UseTree::Rename(name) => leaf(self, name.ident.to_string(), name.rename.to_string()),
            UseTree::Glob(_) => self.refer(before, line),
        }
    }

    /// Finds the paths in the tokens of a macro, which are not parsed: `crate::…` and `$crate::…`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(ident) if ident == "crate" => {
                    let line = ident.span().start().line;
                    let mut path = vec!["crate".to_owned()];
                    let is_colon =
                        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
                    while tokens.next_if(is_colon).is_some() && tokens.next_if(is_colon).is_some() {
                        let Some(TokenTree::Ident(name)) = tokens.next_if(|token| matches!(token, TokenTree::Ident(_)))
                        else {
                            break;
                        };
                        path.push(name.to_string());
                    }
                    self.refer(&path, line);
                }
                _ => {}
            }
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_file(&mut self, file: &'ast syn::File) {
        // Declared first, because a `use` above can name them.
        let declared = file.items.iter().filter_map(|item| match item {
            Item::Mod(module) if !is_test(&module.attrs) => Some(module.ident.to_string()),
            _ => None,
        });
        self.house.declared.insert(self.file.clone(), declared.collect());
        visit::visit_file(self, file);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if is_test(&module.attrs) {
            return;
        }
        if module.content.is_some() {
            self.module.push(module.ident.to_string());
            self.house.files.insert(self.module.clone(), self.file.clone());
            visit::visit_item_mod(self, module);
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.uses(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 && path.leading_colon.is_none() {
            self.refer(&names, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.tokens(invocation.tokens.clone());
        visit::visit_macro(self, invocation);
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

fn house() -> House {
    House::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

#[test]
fn rooms_use_only_rooms_below() {
    let upwards = house().uses_upwards();
    assert!(upwards.is_empty(), "{} uses lead up:\n{}", upwards.len(), upwards.join("\n"));
}

#[test]
fn circles_of_files_stay_inside_a_room_and_small() {
    let house = house();
    for circle in house.circles() {
        let rooms: BTreeSet<String> = circle.iter().map(|file| room(file)).collect();
        assert!(rooms.len() == 1 && circle.len() <= MAX_CIRCLE, "these files use each other in a circle: {circle:?}");
    }
}

#[test]
fn every_room_has_files() {
    let house = house();
    let used: BTreeSet<String> = house.files.values().map(|file| room(file)).collect();
    for room in house.rooms() {
        assert!(used.contains(&room), "src/lib.rs lists the room {room}, and it has no file");
    }
    for file in JOINS {
        assert!(house.files.values().any(|known| known == file), "{file} is an exception for no file");
    }
    for folder in DIVIDED {
        assert!(house.declared.contains_key(&format!("{folder}/mod.rs")), "{folder} is divided, and has no mod.rs");
    }
    let top = house.files.values().filter(|file| !file.contains('/')).collect::<BTreeSet<_>>();
    assert!(top.len() <= 12, "{top:?}");
}

/// The check itself, on a crate with each fault.
#[test]
fn faults_are_found_and_named() {
    let folder = std::env::temp_dir().join(format!("rooms-{}", std::process::id()));
    let write = |file: &str, text: &str| {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod top;\nmod middle;\nmod low;\npub use low::Value;\n");
    write("top.rs", "use crate::{middle::Thing, Value};\npub struct Top(Thing, Value);\n");
    write("middle/mod.rs", "mod inner;\npub use inner::Thing;\npub use crate::low::Value;\n");
    write("middle/inner.rs", "pub struct Thing;\n");
    write("low.rs", "pub struct Value;\n#[cfg(test)]\nmod tests { use crate::top::Top; }\n");
    assert_eq!(House::read(&folder).uses_upwards(), Vec::<String>::new());

    // Through a re-export of the root, in a macro, and by a path without `use`.
    write("low.rs", "pub struct Value;\nfn a() {}\nfn b(_: crate::middle::Thing) {}\n");
    assert_eq!(House::read(&folder).uses_upwards(), ["src/low.rs:3 uses src/middle/inner.rs, but middle is above low"]);
    write("low.rs", "pub struct Value;\nmacro_rules! m { () => { $crate::top::Top } }\n");
    assert_eq!(House::read(&folder).uses_upwards(), ["src/low.rs:2 uses src/top.rs, but top is above low"]);
    write("low.rs", "pub struct Value;\n");
    write("middle/inner.rs", "pub struct Thing;\nuse super::second::A;\n");
    write("middle/second.rs", "pub struct A;\nuse super::inner::Thing;\n");
    write("middle/mod.rs", "mod inner;\nmod second;\npub use inner::Thing;\n");
    let house = House::read(&folder);
    let circles: Vec<Vec<&str>> = house.circles().into_iter().map(|circle| circle.into_iter().collect()).collect();
    assert_eq!(circles, [["middle/inner.rs", "middle/second.rs"]]);
    fs::remove_dir_all(folder).unwrap();
}
