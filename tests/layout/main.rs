//! The sources obey the tables in `docs/architecture.md`: of modules, of the rooms in them, and of statics. No files
//! import each other in a circle.

mod circles;
mod examples;
mod imports;
mod sources;
mod table;
mod tokens;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use circles::Edges;
use sources::{Files, Sources};

static FILES: LazyLock<Files> = LazyLock::new(|| {
    fn walk(root: &Path, dir: &Path, files: &mut Files) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let below: Vec<_> =
                    path.strip_prefix(root).unwrap().iter().map(|s| s.to_str().unwrap()).collect();
                files.insert(below.join("/"), fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Files::new();
    walk(&root, &root, &mut files);
    files
});

static SOURCES: LazyLock<Sources> = LazyLock::new(|| Sources::parse(&FILES));

/// Imports of files, and the uses that tell nothing about them.
static IMPORTS: LazyLock<(Edges, Vec<String>)> = LazyLock::new(|| SOURCES.imports());

#[test]
fn every_file_is_a_module() {
    let modules: BTreeSet<&String> = SOURCES.modules.iter().map(|module| &module.file).collect();
    assert_eq!(modules, FILES.keys().collect());
}

#[test]
fn the_table_lists_every_module_and_no_other() {
    let listed: BTreeSet<String> = table::modules().into_keys().collect();
    let present: BTreeSet<String> =
        SOURCES.modules.iter().filter_map(|module| module.path.first().cloned()).collect();
    assert_eq!(listed, present);
}

#[test]
fn rows_import_only_rows_below_them() {
    let table = table::modules();
    for (name, module) in &table {
        for import in &module.may_import {
            let below = table.get(import).unwrap_or_else(|| panic!("{name}: no row for {import}"));
            assert!(below.row > module.row, "{name} stands below {import}, which it may import");
        }
    }
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let table = table::modules();
    let mut wrong = BTreeSet::new();
    for used in &SOURCES.uses {
        let Some(import) = SOURCES.top_level(used) else { continue };
        let module = &SOURCES.modules[used.module];
        let Some(name) = module.path.first() else { continue };
        // A name that is no module is an item of lib.rs or a macro, and the compiler's business.
        if import != *name
            && table.contains_key(&import)
            && !table[name].may_import.contains(&import)
        {
            wrong.insert(format!("{}: {name} may not import {import}", module.file));
        }
    }
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n"));
}

#[test]
fn unsafe_is_allowed_only_where_the_table_says() {
    let table = table::modules();
    let asks = SOURCES.modules.iter().filter(|m| SOURCES.ask_for_unsafe.contains(&m.file));
    // lib.rs, which belongs to no module, would open all of them at once.
    let wrong = asks.filter(|m| m.path.first().is_none_or(|name| !table[name].may_be_unsafe));
    let wrong: BTreeSet<&String> = wrong.map(|module| &module.file).collect();
    assert!(wrong.is_empty(), "unsafe code is not for: {wrong:?}");
}

#[test]
fn the_table_lists_every_static_and_no_other() {
    let listed = table::statics();
    let wrong: Vec<_> = listed.symmetric_difference(&SOURCES.statics).collect();
    assert!(wrong.is_empty(), "only in the table, or only in the sources: {wrong:?}");
}

#[test]
fn every_import_tells_the_file_it_takes_from() {
    let (_, wrong) = &*IMPORTS;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stand_in_no_circle() {
    let (edges, _) = &*IMPORTS;
    let circles = circles::described(edges);
    assert!(circles.is_empty(), "{circles}");
}

/// Modules with a table of their rooms.
const WITH_ROOMS: [&str; 2] = ["convolve", "cpu"];

#[test]
fn rooms_import_only_rooms_below_them_that_their_row_names() {
    let (edges, _) = &*IMPORTS;
    for module in WITH_ROOMS {
        let rooms = table::rooms(module);
        let room_of = |file: &str| {
            let (top, rest) = file.split_once('/')?;
            (top == module)
                .then(|| rest.split('/').next().unwrap().trim_end_matches(".rs").to_string())
        };
        let mut wrong = Vec::new();
        for (from, imports) in edges {
            let Some(room) = room_of(from) else { continue };
            let Some((row, may_import)) = rooms.get(&room) else {
                wrong.push(format!("{from}: no row for {room}"));
                continue;
            };
            for to in imports.keys() {
                let Some(other) = room_of(to).filter(|other| *other != room) else { continue };
                let is_below = rooms.get(&other).is_some_and(|(other, _)| other > row);
                if !(may_import.contains(&other) && is_below) {
                    wrong.push(format!(
                        "{from}: {room} may not import {other}, as it does with {to}"
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(
            rooms.keys().all(|room| edges.keys().any(|file| room_of(file).as_ref() == Some(room)))
        );
    }
}
