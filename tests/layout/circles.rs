//! Circles of files, each of which imports the next.

use std::collections::{BTreeMap, BTreeSet};

/// Files that can all be reached from one another: more than one of them.
pub type Circle = BTreeSet<String>;

/// From each file, the files that it imports, with the names it takes from them.
pub type Edges = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// All files that `start` reaches along one or more edges.
fn reached<'a>(edges: &'a Edges, start: &'a str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(file) = open.pop() {
        let next = edges.get(file).into_iter().flat_map(BTreeMap::keys);
        open.extend(next.map(String::as_str).filter(|file| seen.insert(*file)));
    }
    seen
}

pub fn circles(edges: &Edges) -> BTreeSet<Circle> {
    let reached: BTreeMap<&str, _> =
        edges.keys().map(|file| (file.as_str(), reached(edges, file))).collect();
    let circle_of = |(file, others): (&&str, &BTreeSet<&str>)| {
        let comes_back = |other: &&&str| reached.get(**other).is_some_and(|set| set.contains(file));
        others.iter().filter(comes_back).map(ToString::to_string).collect::<Circle>()
    };
    reached.iter().map(circle_of).filter(|circle| circle.len() > 1).collect()
}

/// The circles, each with the imports one of which is to be cut.
pub fn described(edges: &Edges) -> String {
    let mut text = String::new();
    for circle in circles(edges) {
        text += &format!("a circle: {}\n", joined(&circle));
        for from in &circle {
            for (to, names) in edges[from].iter().filter(|(to, _)| circle.contains(*to)) {
                text += &format!("    {from} takes from {to}: {}\n", joined(names));
            }
        }
    }
    text
}

pub fn joined(names: &BTreeSet<String>) -> String {
    Vec::from_iter(names.iter().cloned()).join(", ")
}
