//! Paths in the tokens of macros and attributes, which `syn` leaves as they are.

use syn::buffer::Cursor;

/// A path as its segments.
pub type Path = Vec<String>;

#[derive(PartialEq)]
pub enum Token {
    Word(String),
    Colons,
    Mark(char),
    Group(Vec<Token>),
}
use Token::{Colons, Group, Mark, Word};

/// A path and the way it stands there.
pub struct Mention {
    pub path: Path,
    pub kind: Kind,
    /// Modules that the same tokens open around it.
    pub depth: usize,
}

#[derive(PartialEq)]
pub enum Kind {
    /// In code, as a type or a value.
    Plain,
    /// With an exclamation mark.
    Macro,
    /// In a `use`, under this name.
    Import(String),
    /// In a `use`, with a star behind it.
    Glob,
}

/// Tokens without literals, which name nothing.
pub fn tokens(mut at: Cursor) -> Vec<Token> {
    let mut tokens = Vec::new();
    while !at.eof() {
        if let Some((inner, _, _, next)) = at.any_group() {
            tokens.push(Group(self::tokens(inner)));
            at = next;
        } else if let Some((word, next)) = at.ident() {
            tokens.push(Word(word.to_string()));
            at = next;
        } else if let Some((_, next)) = at.lifetime() {
            at = next;
        } else if let Some((mark, next)) = at.punct() {
            let colons = mark.as_char() == ':' && tokens.last() == Some(&Mark(':'));
            if colons {
                tokens.pop();
            }
            tokens.push(if colons { Colons } else { Mark(mark.as_char()) });
            at = next;
        } else {
            at = at.token_tree().unwrap().1;
        }
    }
    tokens
}

/// All words, at any depth.
pub fn words(tokens: &[Token]) -> Vec<&str> {
    let mut all = Vec::new();
    for token in tokens {
        match token {
            Word(word) => all.push(word.as_str()),
            Group(inner) => all.extend(words(inner)),
            Colons | Mark(_) => {}
        }
    }
    all
}

/// All paths, those of `use` multiplied out. Single words are paths, too.
pub fn mentions(tokens: &[Token]) -> Vec<Mention> {
    let mut mentions = Mentions { found: Vec::new(), depth: 0, in_use: false };
    mentions.read(tokens);
    mentions.found
}

struct Mentions {
    found: Vec<Mention>,
    depth: usize,
    in_use: bool,
}

impl Mentions {
    fn read(&mut self, mut rest: &[Token]) {
        while let [token, after @ ..] = rest {
            rest = match (token, after) {
                (Mark('$'), [Word(word), ..]) if word == "crate" => after,
                (Mark('.'), [Mark('.'), after @ ..]) => after,
                // `$name::X`, `value.name` and `<T>::X`: a path begins elsewhere, if there is one.
                (Mark('$' | '.') | Colons, [Word(_), ..]) => split_path(after).1,
                (Word(word), [Word(_), Group(body), after @ ..])
                | (Word(word), [Mark('$'), Word(_), Group(body), after @ ..])
                    if word == "mod" =>
                {
                    self.depth += 1;
                    self.read(body);
                    self.depth -= 1;
                    after
                }
                (Word(word), _) if word == "use" => {
                    self.in_use = true;
                    after
                }
                (Mark(';'), _) => {
                    self.in_use = false;
                    after
                }
                (Word(_), _) => self.path(&[], rest),
                (Group(inner), _) => {
                    self.read(inner);
                    after
                }
                (Mark(_) | Colons, _) => after,
            };
        }
    }

    /// Finds the path that `tokens` begin with, which continues `prefix`, and returns the tokens after it.
    fn path<'a>(&mut self, prefix: &[String], tokens: &'a [Token]) -> &'a [Token] {
        let (mut path, rest) = split_path(tokens);
        path.splice(0..0, prefix.iter().cloned());
        if path.len() > 1 {
            path.pop_if(|last| last == "self");
        }
        match rest {
            [Colons, Group(group), rest @ ..] => {
                self.group(&path, group);
                rest
            }
            [Colons, Mark('*'), rest @ ..] => {
                self.found(path, Kind::Glob);
                rest
            }
            [Word(word), Word(name), rest @ ..] if self.in_use && word == "as" => {
                self.found(path, Kind::Import(name.clone()));
                rest
            }
            [Mark('!'), Group(_), ..] => {
                self.found(path, Kind::Macro);
                &rest[1..]
            }
            _ => {
                let name = path.last().cloned().unwrap_or_default();
                self.found(path, if self.in_use { Kind::Import(name) } else { Kind::Plain });
                rest
            }
        }
    }

    /// The paths in the braces of a `use`.
    fn group(&mut self, prefix: &[String], group: &[Token]) {
        for element in group.split(|token| *token == Mark(',')) {
            match element {
                [Mark('*')] => self.found(prefix.to_vec(), Kind::Glob),
                [Word(_), ..] => _ = self.path(prefix, element),
                _ => {}
            }
        }
    }

    fn found(&mut self, path: Path, kind: Kind) {
        self.found.push(Mention { path, kind, depth: self.depth });
    }
}

/// The path that `tokens` begin with, and the tokens after it.
fn split_path(mut tokens: &[Token]) -> (Path, &[Token]) {
    let mut path = Path::new();
    while let [Word(word), after @ ..] = tokens {
        path.push(word.clone());
        match after {
            [Colons, Word(_), ..] => tokens = &after[1..],
            _ => return (path, after),
        }
    }
    (path, tokens)
}
