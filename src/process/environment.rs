//! Environment variables.

use std::fmt;

use super::Once;

/// The value that an environment variable asks for. The variable is read once, when it is first
/// needed. Blanks around the value do not count. An empty value asks for nothing.
pub struct Setting<T: 'static> {
    variable: &'static str,
    /// The known values, for people.
    values: &'static str,
    parse: fn(&str) -> Option<T>,
    reading: Once<Reading<T>>,
}

struct Reading<T> {
    value: Option<T>,
    /// A value that is not known.
    unknown: Option<String>,
}

impl<T: Copy> Setting<T> {
    /// A setting that has not been read yet. `parse` tells what a value asks for, and `values`
    /// lists the known values.
    pub const fn new(
        variable: &'static str,
        values: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Self {
        Self { variable, values, parse, reading: Once::new() }
    }

    /// The value that the variable asks for, if any.
    #[inline]
    pub fn get(&self) -> Option<T> {
        self.reading().value
    }

    /// The variable's value, if it is ignored because it is not known.
    pub fn ignored(&self) -> Option<Ignored<'_>> {
        let value = self.reading().unknown.as_deref()?;
        Some(Ignored { variable: self.variable, value, reason: self.values })
    }

    #[inline]
    fn reading(&self) -> &Reading<T> {
        self.reading.get(|| self.read(value_of(self.variable)))
    }

    #[cold]
    fn read(&self, text: Option<String>) -> Reading<T> {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return Reading { value: None, unknown: None };
        };
        let value = (self.parse)(text.trim());
        let unknown = if value.is_none() { Some(text) } else { None };
        Reading { value, unknown }
    }
}

/// A variable's value that has no effect, and the reason. It is meant to be printed.
pub struct Ignored<'a> {
    /// The variable's name.
    pub variable: &'static str,
    /// The variable's value.
    pub value: &'a str,
    /// Why the value has no effect.
    pub reason: &'a str,
}

impl fmt::Display for Ignored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={:?} ({})", self.variable, self.value, self.reason)
    }
}

/// The value of an environment variable, if it is set. In secure execution, there is no value: if a
/// program runs with more rights than its caller (setuid, setgid, capabilities), the caller's
/// environment is not trusted.
fn value_of(variable: &str) -> Option<String> {
    if is_secure() {
        return None;
    }
    Some(std::env::var_os(variable)?.to_string_lossy().into_owned())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[allow(unsafe_code)]
fn is_secure() -> bool {
    // SAFETY: the function only reads a number. `secure_getenv` makes the same check.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
#[allow(unsafe_code)]
fn is_secure() -> bool {
    unsafe extern "C" {
        fn issetugid() -> libc::c_int;
    }
    // SAFETY: the function has no arguments. Apple's systems and the BSDs have it.
    unsafe { issetugid() != 0 }
}

#[cfg(not(unix))]
fn is_secure() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_do_not_count_and_unknown_values_are_told() {
        let parse = |text: &str| text.parse::<u8>().ok();
        let setting = Setting::new("NUMBER", "numbers below 256", parse);
        let read = |text: &str| {
            let Reading { value, unknown } = setting.read(Some(text.to_owned()));
            (value, unknown.is_some())
        };
        assert_eq!(["7", " 7", "\t7\n"].map(read), [(Some(7), false); 3]);
        assert_eq!(["", "  "].map(read), [(None, false); 2]);
        assert_eq!(["256", "7 8", "seven"].map(read), [(None, true); 3]);
        let Reading { value, unknown } = setting.read(None);
        assert!(value.is_none() && unknown.is_none());
    }

    #[test]
    fn an_ignored_value_is_printed_on_one_line() {
        let ignored = Ignored { variable: "NUMBER", value: "a\nb", reason: "numbers below 256" };
        assert_eq!(ignored.to_string(), r#"NUMBER="a\nb" (numbers below 256)"#);
    }
}
