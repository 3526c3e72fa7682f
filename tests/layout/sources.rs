//! Sources parsed into modules, the names in them and the uses of names.

use std::collections::{BTreeMap, BTreeSet};

use syn::buffer::TokenBuffer;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, Item, Meta, Token, UseTree, Visibility};

use crate::tokens::{Kind, Mention, Path, mentions, tokens, words};

/// Texts of files, by their paths below `src`.
pub type Files = BTreeMap<String, String>;

#[derive(Default)]
pub struct Sources {
    /// The first is the crate.
    pub modules: Vec<Module>,
    pub uses: Vec<Use>,
    /// Files that lower the lint on unsafe code.
    pub ask_for_unsafe: BTreeSet<String>,
    /// Statics outside of tests, by their files and names.
    pub statics: BTreeSet<(String, String)>,
}

/// A file, or a module with a body inside a file.
pub struct Module {
    pub file: String,
    /// From the crate on; empty for the crate itself.
    pub path: Path,
    pub parent: Option<usize>,
    pub names: BTreeMap<String, Vec<Definition>>,
    /// Words in the macros that stand among the items: such a macro may define any of them.
    pub made: BTreeSet<String>,
    /// Imports with a star.
    pub globs: Vec<usize>,
    /// The folder of the files of its modules, with a slash behind it.
    folder: String,
}

pub struct Definition {
    pub meaning: Meaning,
    pub in_tests: bool,
}

pub enum Meaning {
    Item,
    Macro,
    Module(usize),
    /// The use that imports it.
    Import(usize),
}

/// A place where a path stands.
pub struct Use {
    pub module: usize,
    pub path: Path,
    pub kind: Kind,
    /// `pub use`, `pub(crate) use` and the like: for others. The own file's use of the name stands elsewhere.
    pub hands_on: bool,
    /// Compiled for tests only.
    pub in_tests: bool,
}

impl Sources {
    pub fn parse(files: &Files) -> Self {
        let mut reader =
            Reader { files, sources: Self::default(), module: 0, in_tests: false, in_body: false };
        reader.read("lib.rs".into(), "", None);
        reader.sources
    }
}

/// Where in the sources the parser is.
struct Reader<'a> {
    files: &'a Files,
    sources: Sources,
    module: usize,
    in_tests: bool,
    /// Of a function: its items are nobody else's.
    in_body: bool,
}

impl Reader<'_> {
    /// Reads the file of a new module, the files of whose own modules lie in `folder`.
    fn read(&mut self, file: String, folder: &str, name: Option<&str>) {
        let text = self.files.get(&file).unwrap_or_else(|| panic!("no file {file}"));
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.enter(file, folder.into(), name, |reader| {
            reader.under(&parsed.attrs, |reader| reader.visit_file(&parsed));
        });
    }

    /// Adds a module, visits its items and comes back.
    fn enter(
        &mut self,
        file: String,
        folder: String,
        name: Option<&str>,
        visit: impl FnOnce(&mut Self),
    ) {
        let (above, new) = (self.module, self.sources.modules.len());
        let parent = name.map(|_| above);
        let mut path = parent.map_or(Path::new(), |above| self.sources.modules[above].path.clone());
        path.extend(name.map(String::from));
        let (names, made, globs) = <_>::default();
        self.sources.modules.push(Module { file, path, parent, names, made, globs, folder });
        if let Some(name) = name {
            self.define(name, Meaning::Module(new));
        }
        self.module = new;
        visit(self);
        self.module = above;
    }

    fn here(&mut self) -> &mut Module {
        &mut self.sources.modules[self.module]
    }

    fn define(&mut self, name: &str, meaning: Meaning) {
        let definition = Definition { meaning, in_tests: self.in_tests };
        self.here().names.entry(name.into()).or_default().push(definition);
    }

    fn mention(&mut self, path: Path, kind: Kind, hands_on: bool) {
        let new = self.sources.uses.len();
        match &kind {
            Kind::Import(name) => self.define(name, Meaning::Import(new)),
            Kind::Glob => self.here().globs.push(new),
            Kind::Plain | Kind::Macro => {}
        }
        let (module, in_tests) = (self.module, self.in_tests);
        self.sources.uses.push(Use { module, path, kind, hands_on, in_tests });
    }

    fn found_static(&mut self, name: &str) {
        if !self.in_tests {
            let file = self.here().file.clone();
            self.sources.statics.insert((file, name.into()));
        }
    }

    /// Visits something with attributes.
    fn under(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let outside = self.in_tests;
        self.in_tests |= attributes.iter().any(is_for_tests);
        visit(self);
        self.in_tests = outside;
    }

    /// Mentions the paths in tokens. Relative ones in macros are taken to mean the place of the tokens.
    fn tokens(&mut self, buffer: &TokenBuffer) {
        let tokens = tokens(buffer.begin());
        let words = words(&tokens);
        if words.contains(&"unsafe_code") {
            let file = self.here().file.clone();
            self.sources.ask_for_unsafe.insert(file);
        }
        words
            .windows(2)
            .filter(|pair| pair[0] == "static")
            .for_each(|pair| self.found_static(pair[1]));
        for Mention { mut path, kind, depth } in mentions(&tokens) {
            if path[0] == "self" || path[0] == "super" {
                if path.iter().take_while(|word| *word == "super").count() < depth {
                    continue; // It ends among the modules that the tokens open.
                }
                path.splice(..depth, ["self".into()]);
            }
            self.mention(path, kind, false);
        }
    }

    fn use_tree(&mut self, prefix: &Path, tree: &UseTree, hands_on: bool) {
        let joined = |name: &Ident| {
            let own = (name != "self" || prefix.is_empty()).then(|| name.to_string());
            prefix.iter().cloned().chain(own).collect::<Path>()
        };
        match tree {
            UseTree::Path(tree) => self.use_tree(&joined(&tree.ident), &tree.tree, hands_on),
            UseTree::Name(tree) => {
                let path = joined(&tree.ident);
                let name = path[path.len() - 1].clone();
                self.mention(path, Kind::Import(name), hands_on);
            }
            UseTree::Rename(tree) => {
                let name = tree.rename.to_string();
                self.mention(joined(&tree.ident), Kind::Import(name), hands_on);
            }
            UseTree::Glob(_) => self.mention(prefix.clone(), Kind::Glob, hands_on),
            UseTree::Group(tree) => {
                tree.items.iter().for_each(|tree| self.use_tree(prefix, tree, hands_on));
            }
        }
    }
}

/// Visits nodes with the attributes they have. On other nodes `cfg(test)` is not noticed, and their uses count.
macro_rules! with_attributes {
    ($($visit:ident: $Node:ident),*) => {$(
        fn $visit(&mut self, node: &'ast syn::$Node) {
            self.under(&node.attrs, |reader| visit::$visit(reader, node));
        }
    )*};
}

impl<'ast> Visit<'ast> for Reader<'_> {
    with_attributes!(
        visit_impl_item_const: ImplItemConst, visit_impl_item_fn: ImplItemFn,
        visit_impl_item_type: ImplItemType, visit_impl_item_macro: ImplItemMacro,
        visit_trait_item_const: TraitItemConst, visit_trait_item_fn: TraitItemFn,
        visit_trait_item_type: TraitItemType, visit_trait_item_macro: TraitItemMacro,
        visit_field: Field, visit_field_value: FieldValue, visit_variant: Variant, visit_arm: Arm,
        visit_local: Local, visit_stmt_macro: StmtMacro, visit_expr_block: ExprBlock,
        visit_expr_call: ExprCall, visit_expr_method_call: ExprMethodCall
    );

    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = head(item);
        self.under(attributes, |reader| {
            if let Some(name) = name.filter(|_| !reader.in_body) {
                let is_macro = matches!(item, Item::Macro(_));
                let meaning = if is_macro { Meaning::Macro } else { Meaning::Item };
                reader.define(&name.to_string(), meaning);
            }
            if let Item::Static(item) = item {
                reader.found_static(&item.ident.to_string());
            }
            visit::visit_item(reader, item);
        });
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        let outside = std::mem::replace(&mut self.in_body, true);
        visit::visit_block(self, block);
        self.in_body = outside;
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        assert!(!item.attrs.iter().any(|a| a.path().is_ident("path")), "a module with a path");
        let name = item.ident.to_string();
        let folder = format!("{}{name}/", self.here().folder);
        if let Some((_, items)) = &item.content {
            let file = self.here().file.clone();
            self.enter(file, folder, Some(&name), |reader| {
                items.iter().for_each(|item| reader.visit_item(item));
            });
        } else {
            let plain = format!("{}{name}.rs", self.here().folder);
            let file =
                if self.files.contains_key(&plain) { plain } else { folder.clone() + "mod.rs" };
            self.read(file, &folder, Some(&name));
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            let hands_on = !matches!(item.vis, Visibility::Inherited);
            self.use_tree(&Path::new(), &item.tree, hands_on);
        }
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.ident.is_none() && !self.in_body {
            let buffer = TokenBuffer::new2(item.mac.tokens.clone());
            let tokens = tokens(buffer.begin());
            self.here().made.extend(words(&tokens).into_iter().map(String::from));
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        self.mention(segments(&node.path), Kind::Macro, false);
        self.tokens(&TokenBuffer::new2(node.tokens.clone()));
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.tokens(&TokenBuffer::new2(list.tokens.clone()));
        }
        visit::visit_attribute(self, attribute);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.mention(segments(path), Kind::Plain, false);
        }
        visit::visit_path(self, path);
    }
}

fn segments(path: &syn::Path) -> Path {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

/// `cfg(test)`, or a condition that includes it.
fn is_for_tests(attribute: &Attribute) -> bool {
    fn needs_test(condition: &Meta) -> bool {
        let parts = |list: &syn::MetaList| {
            list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap()
        };
        match condition {
            Meta::Path(path) => path.is_ident("test"),
            Meta::List(list) if list.path.is_ident("all") => parts(list).iter().any(needs_test),
            Meta::List(list) if list.path.is_ident("any") => parts(list).iter().all(needs_test),
            Meta::List(_) | Meta::NameValue(_) => false,
        }
    }
    attribute.path().is_ident("cfg") && needs_test(&attribute.parse_args().unwrap())
}

/// The attributes of an item, and its name unless it is a module.
fn head(item: &Item) -> (&[Attribute], Option<&Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::ExternCrate(item) => (&item.attrs, None),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::ForeignMod(item) => (&item.attrs, None),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::TraitAlias(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => panic!("an item that syn does not know"),
    }
}
