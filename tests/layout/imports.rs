//! From the uses of names to the files that define them.

use std::collections::BTreeSet;
use std::iter;

use crate::circles::Edges;
use crate::sources::{Meaning, Module, Sources, Use};
use crate::tokens::Kind;

impl Sources {
    /// Imports of files, and the uses that tell nothing about them.
    pub fn imports(&self) -> (Edges, Vec<String>) {
        let (mut edges, mut wrong) = (Edges::new(), Vec::new());
        for used in &self.uses {
            let file = &self.modules[used.module].file;
            let found = Search::run(self, used);
            if found.is_empty() && Search::begins_with_module(self, used) {
                wrong.push(format!("{file}: {} leads nowhere", used.path.join("::")));
            }
            if used.in_tests {
                continue;
            }
            for found in found {
                match found {
                    Found::Module(module) => {
                        if used.kind == Kind::Glob && self.modules[module].file != *file {
                            let path = used.path.join("::");
                            wrong.push(format!("{file}: {path}::* hides the names it takes"));
                        }
                    }
                    Found::Item(other, _) if other == file || used.hands_on => {}
                    Found::Item(other, name) => {
                        let of_file = edges.entry(file.clone()).or_default();
                        of_file.entry(other.into()).or_default().insert(name.into());
                    }
                }
            }
        }
        (edges, wrong)
    }

    /// The module of the crate that a path from `crate`, `super` or `self` leads through.
    pub fn top_level(&self, used: &Use) -> Option<String> {
        let mut place = self.modules[used.module].path.clone();
        for segment in used.path.iter().filter(|_| used.is_relative()) {
            match segment.as_str() {
                "crate" => place.clear(),
                "self" => {}
                "super" => _ = place.pop(),
                name => {
                    place.push(name.into());
                    break;
                }
            }
        }
        place.into_iter().next()
    }
}

impl Use {
    fn is_relative(&self) -> bool {
        ["crate", "super", "self"].contains(&self.path[0].as_str())
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Found<'a> {
    /// Defined in this file under this name.
    Item(&'a str, &'a str),
    Module(usize),
}

/// The search for the meaning of one path.
struct Search<'a> {
    sources: &'a Sources,
    in_tests: bool,
    /// The imports it goes through, each once.
    trail: Vec<usize>,
}

type All<'a> = BTreeSet<Found<'a>>;

impl<'a> Search<'a> {
    fn run(sources: &'a Sources, used: &Use) -> All<'a> {
        let mut search = Self { sources, in_tests: used.in_tests, trail: Vec::new() };
        let found = search.follow(used.module, &used.path);
        match &used.path[..] {
            [name] if found.is_empty() && used.kind == Kind::Macro => {
                search.macro_above(used.module, name)
            }
            _ => found,
        }
    }

    fn begins_with_module(sources: &'a Sources, used: &Use) -> bool {
        let mut search = Self { sources, in_tests: used.in_tests, trail: Vec::new() };
        let found = search.follow(used.module, &used.path[..1]);
        found.iter().any(|found| matches!(found, Found::Module(_)))
    }

    /// All that `path` may mean in a module: names of types, values and macros are not told apart.
    fn follow(&mut self, module: usize, path: &[String]) -> All<'a> {
        let [first, rest @ ..] = path else { return All::from([Found::Module(module)]) };
        let found = match first.as_str() {
            "crate" => All::from([Found::Module(0)]),
            "self" => All::from([Found::Module(module)]),
            "super" => self.sources.modules[module].parent.into_iter().map(Found::Module).collect(),
            name => self.named(module, name),
        };
        let modules = found.iter().filter_map(|found| match found {
            Found::Module(module) => Some(*module),
            Found::Item(..) => None,
        });
        let modules: Vec<usize> = modules.collect();
        if rest.is_empty() || modules.is_empty() {
            return found; // What follows the name of a type belongs to the type.
        }
        modules.into_iter().flat_map(|module| self.follow(module, rest)).collect()
    }

    fn named(&mut self, module: usize, name: &str) -> All<'a> {
        let Module { file, names, globs, made, .. } = &self.sources.modules[module];
        let mut found = All::new();
        if let Some((name, definitions)) = names.get_key_value(name) {
            let in_tests = self.in_tests;
            for definition in definitions.iter().filter(|d| in_tests || !d.in_tests) {
                match definition.meaning {
                    Meaning::Item | Meaning::Macro => _ = found.insert(Found::Item(file, name)),
                    Meaning::Module(module) => _ = found.insert(Found::Module(module)),
                    Meaning::Import(import) => found.extend(self.import(import, &[])),
                }
            }
        }
        if found.is_empty() {
            let through_globs = globs.iter().flat_map(|glob| self.import(*glob, &[name.into()]));
            found.extend(through_globs);
        }
        if found.is_empty() {
            found.extend(made.get(name).map(|name| Found::Item(file, name)));
        }
        found
    }

    /// The meaning of an import, or of `rest` in the module that it names.
    fn import(&mut self, import: usize, rest: &[String]) -> All<'a> {
        let used = &self.sources.uses[import];
        if self.trail.contains(&import) || used.in_tests && !self.in_tests {
            return All::new();
        }
        self.trail.push(import);
        let found = self.follow(used.module, &[&used.path, rest].concat());
        self.trail.pop();
        found
    }

    /// A macro of a module around this one, which needs no path.
    fn macro_above(&self, module: usize, name: &str) -> All<'a> {
        let above = |module: &usize| self.sources.modules[*module].parent;
        let defined = iter::successors(above(&module), above).find_map(|module| {
            let Module { file, names, .. } = &self.sources.modules[module];
            let (name, definitions) = names.get_key_value(name)?;
            let is_macro = definitions.iter().any(|d| matches!(d.meaning, Meaning::Macro));
            is_macro.then_some(Found::Item(file, name))
        });
        defined.into_iter().collect()
    }
}
