//! The tables of `docs/architecture.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// One row of the table of modules.
pub struct Module {
    pub row: usize,
    pub may_import: BTreeSet<String>,
    pub may_be_unsafe: bool,
}

/// The cells of the first table whose heading begins with `first`.
fn rows(first: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let text = fs::read_to_string(path).unwrap();
    let table = text.lines().skip_while(|line| !line.starts_with(&format!("| {first} |")));
    let rows = table.skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split('|').map(|s| s.trim().into()).collect();
    rows.map(cells).collect()
}

/// The names in a cell.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split(", ").filter(|s| !s.is_empty()).map(String::from).collect()
}

pub fn modules() -> BTreeMap<String, Module> {
    let modules = rows("module").into_iter().enumerate().map(|(row, cells)| {
        let [name, _, imports, unsafety] = &cells[..] else { panic!("not four cells: {cells:?}") };
        let may_be_unsafe = unsafety == "yes";
        (name.clone(), Module { row, may_import: names(imports), may_be_unsafe })
    });
    modules.collect()
}

/// Statics by their files and names. One row may be of several files.
pub fn statics() -> BTreeSet<(String, String)> {
    let mut statics = BTreeSet::new();
    for cells in rows("state") {
        let [_, places, _, _, _] = &cells[..] else { panic!("not five cells: {cells:?}") };
        for place in places.split("; ") {
            let (file, of_file) = place.split_once(": ").expect("a file and its statics");
            statics.extend(names(of_file).into_iter().map(|name| (file.to_string(), name)));
        }
    }
    statics
}

/// The rooms of a module, each with its row and the rooms that it may import. One row may be of several.
pub fn rooms(of: &str) -> BTreeMap<String, (usize, BTreeSet<String>)> {
    let rooms = rows(&format!("room of {of}")).into_iter().enumerate().flat_map(|(row, cells)| {
        let [rooms, _, imports] = &cells[..] else { panic!("not three cells: {cells:?}") };
        let may_import = names(imports);
        names(rooms).into_iter().map(move |room| (room, (row, may_import.clone())))
    });
    rooms.collect()
}
