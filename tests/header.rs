//! `include/mlx_convolve.h` and `include/mlx_convolve_types.h` are what the C surface in `src/capi` says, and are C99 and
//! C++98.
//!
//! `UPDATE_HEADER=1 cargo test --test header` writes them anew.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use cbindgen::{Builder, Config, ItemType};

/// Names that C spells as they are exported. Every other `mlx_convolve_x` is `mlx_x` in C.
const OWN: [&str; 11] = [
    "mlx_convolve",
    "mlx_convolve_into",
    "mlx_convolve_length",
    "mlx_convolve_explain",
    "mlx_convolve_version",
    "mlx_convolve_options_init",
    "mlx_convolve_with",
    "mlx_convolve_into_with",
    "mlx_convolve_length_with",
    "mlx_convolve_explain_with",
    "mlx_convolve_rows",
];

/// The headers of mlx-c 0.6 and 0.7, by the middle of their include guards.
const MLX_C: [&str; 30] = [
    "ALL",
    "ARRAY",
    "CLOSURE",
    "COMPILE",
    "CUDA",
    "DEVICE",
    "DISTRIBUTED",
    "DISTRIBUTED_GROUP",
    "ERROR",
    "EXPORT",
    "FAST",
    "FFT",
    "GRAPH_UTILS",
    "HALF",
    "IO",
    "IO_TYPES",
    "LINALG",
    "MAP",
    "MEMORY",
    "METAL",
    "OPS",
    "OPTIONAL",
    "RANDOM",
    "STREAM",
    "STRING",
    "TRANSFORMS",
    "TRANSFORMS_IMPL",
    "VECTOR",
    "VERSION",
    "H",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The nouns of `mlx_convolve.h`, one file of `src/capi` each: what a declaration uses stands before it.
const NOUNS: [&str; 14] = [
    "version",
    "error",
    "dtype",
    "string",
    "device",
    "stream",
    "array",
    "item",
    "data",
    "convolve",
    "options",
    "convolve_with",
    "rows",
    "memory",
];

/// What cbindgen writes for the items of some kinds in one file.
fn declarations(file: &Path, kinds: &[ItemType]) -> String {
    let mut config = Config::from_file(root().join("cbindgen.toml")).unwrap();
    config.export.item_types = kinds.to_vec();
    let bindings = Builder::new().with_config(config).with_src(file).generate().unwrap();
    let mut text = Vec::new();
    bindings.write(&mut text);
    tidy(&String::from_utf8(text).unwrap())
}

/// Comments of one line on one line, numbers below each other, types by their short names.
fn tidy(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        if !line.starts_with("typedef") {
            line = line.replace("struct mlx_", "mlx_");
        }
        // In parentheses, a negative number stays one in every expression.
        if line.starts_with("#define")
            && let Some((name, magnitude)) = line.split_once(" -")
        {
            line = format!("{name} (-{magnitude})");
        }
        lines.push(line);
        if let [.., open, only, close] = &lines[..]
            && (open.trim(), close.trim()) == ("/**", "*/")
        {
            let indent = &open[..open.len() - open.trim_start().len()];
            let only = format!("{indent}/** {} */", only.trim().trim_start_matches("* "));
            lines.truncate(lines.len() - 3);
            lines.push(only);
        }
        if let [.., number, blank, comment] = &lines[..]
            && number.starts_with("#define")
            && blank.is_empty()
            && comment.starts_with("/** ")
        {
            lines.remove(lines.len() - 2);
        }
    }
    lines.join("\n")
}

/// One noun: types, then the numbers of those types, the macros that cbindgen cannot write, functions.
fn section(noun: &str) -> String {
    let file = &root().join(format!("src/capi/{noun}.rs"));
    let source = fs::read_to_string(file).unwrap();
    let title = source.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap();
    let mut text = format!("/* ---- {title} ---- */\n");
    let macros = fs::read_to_string(file.with_extension("h")).unwrap_or_default();
    for part in [
        declarations(file, &[ItemType::Structs, ItemType::Typedefs, ItemType::OpaqueItems]),
        declarations(file, &[ItemType::Constants]),
        macros,
        declarations(file, &[ItemType::Functions]),
    ] {
        if !part.trim().is_empty() {
            write!(text, "\n{}\n", part.trim()).unwrap();
        }
    }
    text
}

/// The exported functions, in the order of the text.
fn exported(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    // A comment's line begins with ` *`. Outside of comments a name's arguments follow it.
    for line in text.lines().filter(|line| !line.starts_with([' ', '/'])) {
        for (at, _) in line.match_indices("mlx_convolve") {
            let name = line[at..].split(|c: char| c != '_' && !c.is_alphanumeric()).next().unwrap();
            if line[at + name.len()..].starts_with('(') {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// How C spells an exported name.
fn c_name(exported: &str) -> String {
    if OWN.contains(&exported) {
        return exported.to_owned();
    }
    format!("mlx_{}", exported.strip_prefix("mlx_convolve_").unwrap())
}

/// The line of the text around a position, from its start.
fn line(text: &str, at: usize) -> &str {
    &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..]
}

/// How Swift spells the declaration of a C name: with a `_:` for each parameter.
fn swift_name(body: &str, name: &str) -> String {
    // Comments name functions too; their lines begin with a blank or a slash.
    let begins =
        |at: &usize| body[..*at].ends_with([' ', '*']) && !line(body, *at).starts_with([' ', '/']);
    let call = format!("{name}(");
    let at = body.match_indices(&call).map(|(at, _)| at).find(begins).unwrap();
    let (parameters, _) = body[at + call.len()..].split_once(");").unwrap();
    let count = if parameters == "void" { 0 } else { parameters.split(',').count() };
    format!("{name}({})", "_:".repeat(count))
}

/// Declarations that cbindgen broke below the names that it knew, broken below the start instead.
fn wrap(text: &str) -> String {
    let mut wrapped = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut declaration = line.to_owned();
        while declaration.ends_with(',') && !line.starts_with([' ', '/', '#']) {
            declaration += " ";
            declaration += lines.next().unwrap().trim();
        }
        if declaration.len() > 100 {
            // Before the last argument that still fits.
            let at = declaration[..99].rfind(", ").map(|at| at + 1);
            if let Some(at) = at.filter(|_| !line.starts_with([' ', '/', '#'])) {
                declaration.replace_range(at..=at, "\n    ");
            }
        }
        wrapped += &declaration;
        wrapped += "\n";
    }
    wrapped
}

/// The text of a header that `src/capi` has by the name of its template.
fn template(file: &str) -> String {
    fs::read_to_string(root().join("src/capi").join(file)).unwrap()
}

/// `mlx_convolve_types.h`: what other headers share with `mlx_convolve.h`.
fn generate_types() -> String {
    template("overview_types.h").replace("@DECLARATIONS@", &section("mode"))
}

/// `mlx_convolve.h`
fn generate() -> String {
    let mut body = NOUNS.map(section).join("\n");
    let names = exported(&body);
    let mut defines = String::new();
    for name in names.iter().filter(|name| !OWN.contains(&name.as_str())) {
        writeln!(defines, "#define {} {name}", c_name(name)).unwrap();
        body = body.replace(&format!("{name}("), &format!("{}(", c_name(name)));
    }
    let mut swift_names = String::new();
    for name in names.iter().filter(|name| !OWN.contains(&name.as_str())).map(|name| c_name(name)) {
        let swift_name = swift_name(&body, &name);
        writeln!(swift_names, "MLX_SWIFT_NAME({name}, \"{swift_name}\");").unwrap();
    }
    let body = wrap(&body);
    let mut version = String::new();
    for (part, value) in [
        ("MAJOR", env!("CARGO_PKG_VERSION_MAJOR")),
        ("MINOR", env!("CARGO_PKG_VERSION_MINOR")),
        ("PATCH", env!("CARGO_PKG_VERSION_PATCH")),
    ] {
        writeln!(version, "/** The {} version of this header. */", part.to_lowercase()).unwrap();
        writeln!(version, "#define MLX_CONVOLVE_VERSION_{part} {value}").unwrap();
    }
    let guards = MLX_C.map(|name| match name {
        "H" => "defined(MLX_H)".to_owned(),
        name => format!("defined(MLX_{name}_H)"),
    });
    // Lines of three: a preprocessor line has no other way to break.
    let guards = guards.chunks(3).map(|line| line.join(" || ")).collect::<Vec<_>>();
    template("overview.h")
        .replace("@MLX_C_GUARDS@", &guards.join(" || \\\n    "))
        .replace("@NAMES@\n", &defines)
        .replace("@SWIFT_NAMES@\n", &swift_names)
        .replace("@DECLARATIONS@", &format!("{version}\n{body}"))
}

/// The generated headers, by name.
fn headers() -> [(&'static str, String); 2] {
    [("mlx_convolve_types.h", generate_types()), ("mlx_convolve.h", generate())]
}

#[test]
fn the_headers_are_what_would_be_generated() {
    for (name, fresh) in headers() {
        let header = root().join("include").join(name);
        if env::var_os("UPDATE_HEADER").is_some() {
            fs::write(&header, &fresh).unwrap();
        }
        let committed = fs::read_to_string(&header).unwrap_or_default().replace("\r\n", "\n");
        let differs = committed.lines().zip(fresh.lines()).position(|(old, new)| old != new);
        assert!(
            committed == fresh,
            "include/{name} is stale from line {}: UPDATE_HEADER=1 cargo test --test header",
            differs.map_or(committed.lines().count().min(fresh.lines().count()), |line| line) + 1
        );
    }
}

#[test]
fn the_headers_are_c99_and_cpp98() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, text) in headers() {
        fs::write(directory.join(name), text).unwrap();
    }
    let whole = "#include \"mlx_convolve.h\"\n\
        #include \"mlx_convolve.h\"\n\
        mlx_convolve_options defaults = MLX_CONVOLVE_OPTIONS_INIT;\n";
    // Beside the headers of mlx-c, too.
    let types = "#define MLX_ARRAY_H\n\
        #include \"mlx_convolve_types.h\"\n\
        #include \"mlx_convolve_types.h\"\n\
        mlx_mode mode = MLX_MODE_SAME;\n";
    for text in [whole, types] {
        // The one that builds C on this machine, and the one that imports C into Swift.
        for compiler in [None, Some("clang")] {
            let compile =
                |file: &str, standard: &str, set: fn(&mut cc::Build) -> &mut cc::Build| {
                    let source = directory.join(file);
                    fs::write(&source, text).unwrap();
                    let mut build = cc::Build::new();
                    build.target(env!("TARGET")).host(env!("TARGET")).opt_level(0);
                    build.cargo_metadata(false).warnings(true).extra_warnings(true);
                    build.warnings_into_errors(true).flag("-pedantic");
                    build.include(directory).file(source).out_dir(directory).std(standard);
                    if let Some(compiler) = compiler {
                        build.compiler(compiler);
                    }
                    if let Err(error) = set(&mut build).try_compile_intermediates() {
                        let compiler = compiler.unwrap_or("the default compiler");
                        panic!("{compiler} as {standard}: {text}{error}");
                    }
                };
            compile("header.c", "c99", |build| build.flag("-Wstrict-prototypes"));
            if compiler.is_some() {
                compile("header.c", "c11", |build| build.define("__swift__", "60000"));
            }
            compile("header.cpp", "c++98", |build| build.cpp(true));
            compile("header.cpp", "c++17", |build| build.cpp(true));
        }
    }
}
