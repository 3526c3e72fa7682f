"""Turns the comments of the C headers, which are laid out for people who read the headers, into Doxygen's Markdown.

- The overview at the top of mlx_convolve.h becomes the page `conventions`.
- `/* ---- Streams ---- */` begins a group of the reference.
- Lines such as `out_len  Exactly ...` become @param.
- Indented lines that are no list are shown as they are.
- The macros that only give a function its name in the library are left out; no other declaration is.
"""

import re

NAME_MACRO = re.compile(r"#define (mlx_\w+) mlx_convolve_\w+$")
SECTION = re.compile(r"/\* ---- (.+) ---- \*/$")
# `a, v     The inputs.`
PARAMETERS = re.compile(r"([a-z]\w*(?:, [a-z]\w*)*) {2,}(\S.*)")
LIST_ITEM = re.compile(r" *- ")
# `Accuracy. eps is ...`: what a paragraph is about.
TOPIC = re.compile(r"([A-Z][a-z]+)\. (?=\S)")

# The first heading of an overview.
OVERVIEW = "A first call"

# What is declared here: a function, a type, a number.
DECLARED = re.compile(
    r"^(?:#define (MLX_\w+) |typedef struct \w+ {$|typedef (?:struct )?[\w ]+ (mlx_\w+);|[\w *]*?\b(mlx_\w+)\()",
    re.M,
)


def declared(header):
    """The names that have an entry in the reference."""
    without = "\n".join(line for line in header.split("\n") if not NAME_MACRO.match(line))
    return {name for names in DECLARED.findall(without) for name in names if name}


def indentation(line):
    return len(line) - len(line.lstrip())


def as_is(lines, out, language="unparsed"):
    """Lines that are laid out by hand."""
    least = min(indentation(line) for line in lines if line)
    out += ["", "```{." + language + "}", *(line[least:] for line in lines), "```", ""]


def linked(line, names):
    """Names outside backticks lead to their entries."""
    parts = line.split("`")
    parts[::2] = [
        re.sub(r"\b(?:mlx|MLX)_\w+", lambda m: f'@ref {m[0]} "{m[0]}"' if m[0] in names else m[0], part)
        for part in parts[::2]
    ]
    return "`".join(parts)


def markdown(lines, names, language="unparsed"):
    """The text of a comment, without its stars, as Markdown."""
    out, i = [], 0
    while i < len(lines):
        line = lines[i]
        if LIST_ITEM.match(line):
            # With all that is indented deeper, and the items that follow.
            base = indentation(line)
            out.append("")
            while i < len(lines) and lines[i] and (LIST_ITEM.match(lines[i]) or indentation(lines[i]) > base):
                out.append(linked(lines[i][base:], names))
                i += 1
            out.append("")
        elif line.startswith("  "):
            block = []
            while (
                i < len(lines)
                and (lines[i].startswith("  ") or not lines[i])
                and not LIST_ITEM.match(lines[i])
            ):
                block.append(lines[i])
                i += 1
            while not block[-1]:
                block.pop()
            as_is(block, out, language)
        elif PARAMETERS.match(line):
            these, text = PARAMETERS.match(line).groups()
            out.append(f"@param {these.replace(', ', ',')} {linked(text, names)}")
            i += 1
        else:
            if i == 0 or not lines[i - 1]:
                line = TOPIC.sub(r"<b>\1.</b> ", line, count=1)
            out.append(linked(line, names))
            i += 1
    return out


def parameters_joined(lines):
    """Puts the text of a parameter, which goes on indented, on one line."""
    out, inside = [], False
    for line in lines:
        if PARAMETERS.match(line):
            inside = True
            out.append(line)
        elif inside and line.startswith("  "):
            out[-1] += " " + line.strip()
        else:
            inside = False
            out.append(line)
    return out


def overview(lines, names, page, title, begin, language):
    """A comment at the top, from the heading `begin` on, as a page. A line of its own is a heading: of a part after
    two blank lines."""
    out = [f"@page {page} {title}", ""]
    # Before, the comment says what the file is and how it is made.
    lines = lines[lines.index(begin) :]
    body, blanks = [], 2

    def flush():
        out.extend(markdown(body, names, language))
        body.clear()

    for i, line in enumerate(lines):
        alone = blanks > 0 and (i + 1 == len(lines) or not lines[i + 1])
        if line and alone and line[0] not in " -" and line[-1] not in ".:":
            flush()
            slug = re.sub(r"\W+", "-", line.lower())
            out += ["", f"@{'section' if blanks > 1 else 'subsection'} {page}-{slug} {line}", ""]
        else:
            body.append(line)
        blanks = blanks + 1 if not line else 0
    flush()
    return out


def text_of(comment):
    """The lines of a comment without its frame."""
    lines = [re.sub(r"^\s*(/\*\*?|\*/|\*(?= |$)) ?", "", line) for line in comment]
    lines[-1] = re.sub(r"\s*\*/$", "", lines[-1])
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def convert(header, names, file, brief):
    """A header as Doxygen is to read it. `names` have entries in the reference, of this header or another."""
    lines = header.split("\n")
    out = [f"/** @file {file}", f"@brief {brief}", "*/"]
    group, i = False, 0
    while i < len(lines):
        line = lines[i]
        section = SECTION.match(line)
        if section:
            title = section[1]
            slug = re.sub(r"\W+", "_", title.lower()).strip("_")
            out += ["/** @} */"] if group else []
            out += [f"/** @defgroup {slug} {title}", "@{ */"]
            group = True
        elif NAME_MACRO.match(line):
            pass
        elif line.strip().startswith("/*"):
            first = i
            while "*/" not in lines[i]:
                i += 1
            comment = lines[first : i + 1]
            if first == 0 and OVERVIEW in text_of(comment):
                out += [
                    "/**",
                    *overview(
                        text_of(comment),
                        names,
                        "conventions",
                        "Conventions of the C interface",
                        OVERVIEW,
                        "c",
                    ),
                    "*/",
                ]
            elif line.strip().startswith("/**"):
                out += ["/**", *markdown(parameters_joined(text_of(comment)), names), "*/"]
        elif group and line == "#ifdef __cplusplus" and lines[i + 1] == "}":
            out += ["/** @} */", line]
            group = False
        else:
            out.append(line)
        i += 1
    out += ["/** @} */"] if group else []
    return "\n".join(out)
