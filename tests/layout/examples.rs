//! Small sources, and the imports that are found in them.

use std::collections::BTreeSet;

use crate::circles::{circles, described, joined};
use crate::sources::{Files, Sources};

/// Files by name and text, after a `lib.rs` with `lib` in it.
fn parse(lib: &str, files: &[(&str, &str)]) -> Sources {
    let owned = |&(name, text): &(&str, &str)| (name.to_string(), text.to_string());
    let files: Files = files.iter().chain(&[("lib.rs", lib)]).map(owned).collect();
    Sources::parse(&files)
}

/// `a.rs > b.rs: X, Y` for each import, none of which is wrong.
#[track_caller]
fn assert_imports(lib: &str, files: &[(&str, &str)], expected: &[&str]) {
    let (edges, wrong) = parse(lib, files).imports();
    assert_eq!(wrong, Vec::<String>::new());
    let lines = edges.iter().flat_map(|(from, all)| {
        all.iter().map(move |(to, names)| format!("{from} > {to}: {}", joined(names)))
    });
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn nested_groups() {
    assert_imports(
        "mod a; mod b; mod c;",
        &[
            (
                "a.rs",
                "use crate::{b::{self, B, inner::{Deep as D}}, c::f}; use std::{fmt, io::Read};",
            ),
            ("b.rs", "pub struct B; pub mod inner { pub enum Deep {} }"),
            ("c.rs", "pub fn f() {}"),
        ],
        &["a.rs > b.rs: B, Deep", "a.rs > c.rs: f"],
    );
}

#[test]
fn paths_in_code() {
    assert_imports(
        "mod a; mod b; mod c; mod d; mod e; mod f;",
        &[
            (
                "a.rs",
                "use crate::{b, f};
                #[crate::e::attribute]
                fn a(x: Vec<super::c::C>) { b::run(); match x { self::super::d::D::One => {} } }
                impl f::Trait for () {}",
            ),
            ("b.rs", "pub fn run() {}"),
            ("c.rs", "pub struct C;"),
            ("d.rs", "pub enum D { One }"),
            ("e.rs", "pub fn attribute() {}"),
            ("f.rs", "pub trait Trait {}"),
        ],
        &[
            "a.rs > b.rs: run",
            "a.rs > c.rs: C",
            "a.rs > d.rs: D",
            "a.rs > e.rs: attribute",
            "a.rs > f.rs: Trait",
        ],
    );
}

#[test]
fn paths_in_macros() {
    assert_imports(
        "mod a; mod b; mod c;",
        &[
            (
                "a.rs",
                "use crate::c;
                macro_rules! of_a {
                    ($name:ident) => {
                        use $crate::b::{One, inner::{self, Two}};
                        mod $name { use super::super::b::Three; use super::*; }
                        $name::One; x.c::<u8>(); <T>::c::Seven;
                    };
                }
                fn a() { assert!(c::is_so(0..c::MOST), \"crate::c::Four\"); f!(#[allow(super::c::Five)]); }
                #[derive(crate::c::Six)] struct A;",
            ),
            ("b.rs", "pub struct One; pub mod inner { pub struct Two; } pub struct Three;"),
            (
                "c.rs",
                "pub fn is_so() {} pub const MOST: u8 = 0; pub struct Four; pub struct Five; pub struct Six;
                pub struct Seven;",
            ),
        ],
        &["a.rs > b.rs: One, Three, Two", "a.rs > c.rs: Five, MOST, Six, is_so"],
    );
}

#[test]
fn macros_by_path_by_place_and_the_names_they_make() {
    assert_imports(
        "macro_rules! everywhere { () => {} } mod a; mod b; mod c;",
        &[
            ("a.rs", "everywhere!(); crate::b::by_path!(); use crate::c::Made;"),
            ("b.rs", "macro_rules! by_path { () => {} } pub(crate) use by_path;"),
            ("c.rs", "crate::b::by_path!(pub struct Made;);"),
        ],
        &[
            "a.rs > b.rs: by_path",
            "a.rs > c.rs: Made",
            "a.rs > lib.rs: everywhere",
            "c.rs > b.rs: by_path",
        ],
    );
}

#[test]
fn names_handed_on_count_where_they_are_defined() {
    assert_imports(
        "mod a; mod b; mod c;",
        &[
            ("a.rs", "use crate::b::Renamed; fn a() { crate::b::f() }"),
            ("b.rs", "pub use crate::c::{Thing as Renamed, f};"),
            ("c/mod.rs", "mod deep; pub(crate) use deep::{Thing, f}; fn c() { f() }"),
            ("c/deep.rs", "pub struct Thing; pub fn f() {}"),
        ],
        &["a.rs > c/deep.rs: Thing, f", "c/mod.rs > c/deep.rs: f"],
    );
}

#[test]
fn a_name_may_be_both_a_module_and_an_item() {
    assert_imports(
        "mod a; mod b;",
        &[
            ("a.rs", "use crate::b::same; fn a() { same() }"),
            ("b/mod.rs", "mod same; pub use same::same;"),
            ("b/same.rs", "pub fn same() {}"),
        ],
        &["a.rs > b/same.rs: same"],
    );
}

#[test]
fn children_import_from_their_parents_but_parents_only_by_use() {
    assert_imports(
        "mod a;",
        &[
            ("a/mod.rs", "mod child; pub struct Of; fn a(x: T) { x.child() }"),
            ("a/child.rs", "use super::Of; pub fn child() {} mod inner { use super::super::Of; }"),
        ],
        &["a/child.rs > a/mod.rs: Of"],
    );
}

#[test]
fn tests_do_not_count() {
    assert_imports(
        "mod a; mod b; mod c;",
        &[
            (
                "a.rs",
                "#[cfg(test)] mod tests;
                #[cfg(all(test, unix))] mod inline { use crate::b::B; }
                #[cfg(test)] use crate::b::B;
                impl A { #[cfg(test)] fn a() { crate::b::f() } }
                fn a() { #[cfg(test)] crate::b::f(); #[cfg(not(test))] crate::b::g(); }
                #[cfg(any(test, unix))] use crate::b::C;",
            ),
            ("c.rs", "pub fn g() {}"),
            ("a/tests.rs", "use crate::b::*; use super::*; mod more;"),
            ("a/tests/more.rs", "use crate::b::B;"),
            (
                "b.rs",
                "pub struct B; pub struct C; pub fn f() {} #[cfg(test)] pub use crate::c::g; #[cfg(not(test))] pub fn g() {}",
            ),
        ],
        &["a.rs > b.rs: C, g"],
    );
}

#[test]
fn a_glob_hides_names_except_of_the_own_file_of_an_enum_or_of_others() {
    let own = "use std::arch::x86_64::*; use super::b::Enum::*; use super::b;
        mod inner { use super::*; fn f() { b::f() } }";
    let b = ("b.rs", "pub enum Enum {} pub fn f() {}");
    assert_imports("mod a; mod b;", &[("a.rs", own), b], &["a.rs > b.rs: Enum, f"]);

    for glob in ["use crate::b::*;", "pub use super::b::{*};", "m!(use $crate::b::*;);"] {
        let (_, wrong) = parse("mod a; mod b;", &[("a.rs", glob), b]).imports();
        assert_eq!(wrong.len(), 1, "{glob}");
        assert!(wrong[0].starts_with("a.rs: ") && wrong[0].ends_with("hides the names it takes"));
    }
}

#[test]
fn a_path_that_leads_nowhere_is_wrong() {
    for path in
        ["use crate::b::Missing;", "use crate::b; type A = b::Missing;", "m!(super::missing);"]
    {
        let (_, wrong) = parse("mod a; mod b;", &[("a.rs", path), ("b.rs", "")]).imports();
        assert!(!wrong.is_empty() && wrong.iter().all(|w| w.ends_with("leads nowhere")), "{path}");
    }
}

#[test]
fn circles_are_found() {
    let files = [
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::{a::A, d::D}; pub struct C;"),
        ("d.rs", "use crate::e::E; pub struct D;"),
        ("e.rs", "pub struct E; fn d() -> crate::d::D {}"),
        ("f.rs", "use crate::a::A;"),
    ];
    let (edges, _) = parse("mod a; mod b; mod c; mod d; mod e; mod f;", &files).imports();
    let circle = |files: &[&str]| files.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let [abc, de] = [circle(&["a.rs", "b.rs", "c.rs"]), circle(&["d.rs", "e.rs"])];
    assert_eq!(circles(&edges), [abc, de].into());
    let last = "a circle: d.rs, e.rs\n    d.rs takes from e.rs: E\n    e.rs takes from d.rs: D\n";
    assert!(described(&edges).ends_with(last));
}

#[test]
fn the_table_judges_the_module_that_a_path_leads_through() {
    let a =
        "use super::super::b::B; use crate::{c, b::C}; use self::own::X; use std::d; m!(crate::e);";
    let files = [("a/mod.rs", "mod deep;"), ("a/deep.rs", a), ("b.rs", ""), ("c.rs", "")];
    let sources = parse("mod a; mod b; mod c;", &files);
    let through: BTreeSet<_> =
        sources.uses.iter().filter_map(|used| sources.top_level(used)).collect();
    assert_eq!(through, ["a", "b", "c", "e"].map(String::from).into());
}

#[test]
fn a_lint_lowered_for_unsafe_code_is_seen() {
    let asks = [
        "#![allow(unsafe_code)]",
        "#[cfg_attr(unix, expect(unsafe_code))] fn f() {}",
        "
        macro_rules! m { () => { #[allow(unsafe_code)] fn f() {} } }",
    ];
    for text in asks {
        let sources = parse("mod a; mod b;", &[("a.rs", text), ("b.rs", "// unsafe_code")]);
        assert_eq!(sources.ask_for_unsafe, ["a.rs".to_string()].into(), "{text}");
    }
}

#[test]
fn statics_in_any_place() {
    let source = "static mut A: u8 = 0;
        fn f(x: &'static str) { static B: u8 = 1; }
        thread_local! { /** Its own. */ static C: u8 = const { 2 }; static D: &'static u8 = &3; }
        macro_rules! made { () => { static E: u8 = 4; } }
        #[cfg(test)] static NONE: u8 = 5;
        #[cfg(test)] mod tests { thread_local! { static NONE: u8 = 6; } }";
    let statics = parse("mod a;", &[("a.rs", source)]).statics;
    let expected = ["A", "B", "C", "D", "E"].map(|name| ("a.rs".to_string(), name.to_string()));
    assert_eq!(statics, BTreeSet::from(expected));
}
