//! The sources obey the table of modules in `docs/architecture.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// One row of the table.
struct Module {
    row: usize,
    may_import: BTreeSet<String>,
    may_be_unsafe: bool,
}

type Table = BTreeMap<String, Module>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table() -> Table {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with("| module ")).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .enumerate()
        .map(|(row, line)| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [name, _, imports, unsafety] = cells[..] else { panic!("not four cells: {line}") };
            let may_import = imports.split(", ").filter(|s| !s.is_empty()).map(String::from);
            let module =
                Module { row, may_import: may_import.collect(), may_be_unsafe: unsafety == "yes" };
            (name.to_string(), module)
        })
        .collect()
}

/// Every source file with its top-level module; `lib.rs` belongs to none.
fn sources() -> Vec<(String, PathBuf)> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let src = root().join("src");
    let mut files = Vec::new();
    walk(&src, &mut files);
    files
        .into_iter()
        .map(|path| {
            let first = path.strip_prefix(&src).unwrap().iter().next().unwrap();
            (first.to_str().unwrap().trim_end_matches(".rs").to_string(), path)
        })
        .filter(|(module, _)| module != "lib")
        .collect()
}

/// The code of a file without line comments, where links to other modules are welcome.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| line.split("//").next().unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// The first path segments after `crate::`, in plain and in braced imports.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code[at + "crate::".len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group)),
            None => found.extend(head(rest)),
        }
    }
    found
}

/// The identifier that `text` begins with, if it is a module's: lower case.
fn head(text: &str) -> Option<String> {
    let name: String =
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    name.starts_with(|c: char| c.is_lowercase()).then_some(name)
}

/// The heads of the comma-separated paths up to the brace that closes the group.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut begin, mut heads) = (1, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            heads.extend(head(&group[begin..at]));
            begin = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

#[test]
fn imports_are_read_from_plain_and_braced_paths() {
    let code = "use crate::array::View;\nuse crate::{cpu::{Isa, Real}, dtype,\n error::Result};\n\
                let s = $crate::memory::Aligned::new(); use crate::Thing;";
    let expected = ["array", "cpu", "dtype", "error", "memory"].map(String::from);
    assert_eq!(imports(code), BTreeSet::from(expected));
}

#[test]
fn the_table_lists_every_module_and_no_other() {
    let listed: BTreeSet<String> = table().into_keys().collect();
    let present: BTreeSet<String> = sources().into_iter().map(|(module, _)| module).collect();
    assert_eq!(listed, present);
}

#[test]
fn rows_import_only_rows_below_them() {
    let table = table();
    for (name, module) in &table {
        for import in &module.may_import {
            let below = table.get(import).unwrap_or_else(|| panic!("{name}: no row for {import}"));
            assert!(below.row > module.row, "{name} stands below {import}, which it may import");
        }
    }
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let table = table();
    let mut wrong = Vec::new();
    for (module, path) in sources() {
        let allowed = &table[&module].may_import;
        for import in imports(&code(&path)) {
            // A name that is no module is an item of lib.rs or a macro, and the compiler's business.
            if import != module && table.contains_key(&import) && !allowed.contains(&import) {
                wrong.push(format!("{}: {module} may not import {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_is_allowed_only_where_the_table_says() {
    let table = table();
    let mut wrong = Vec::new();
    for (module, path) in sources() {
        let code = code(&path);
        let asks = ["allow(unsafe_code", "expect(unsafe_code", "warn(unsafe_code"];
        if asks.iter().any(|ask| code.contains(ask)) && !table[&module].may_be_unsafe {
            wrong.push(path.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "unsafe code is not for:\n{}", wrong.join("\n"));
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    assert!(!lib.contains("unsafe_code"), "lib.rs opens all modules at once");
}
