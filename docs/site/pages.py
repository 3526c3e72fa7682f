"""Turns the project's Markdown, as GitHub shows it, into Doxygen's.

- A page's name is that of its file: docs/options.md becomes options.html.
- Headings get the anchors that GitHub gives them, with the name of the page in front.
- A link to a page or heading becomes a reference, which Doxygen checks; one to a source file leads to a
  page with that file; pictures and data are copied.
- The names of functions in the text lead to the reference.
"""

import posixpath
import re
import shutil
from pathlib import Path

# The pages outside docs/. start.md is the start page; its lists are the tree.
OTHERS = {
    "docs/site/start.md": "index",
    "README.md": "readme",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
}
# What is shown as a page of the site, and how Doxygen colours it.
SOURCES = {
    ".c": "c",
    ".h": "c",
    ".cpp": "cpp",
    ".hpp": "cpp",
    ".py": "py",
    ".sh": "unparsed",
    ".swift": "unparsed",
    ".txt": "unparsed",
}
FENCES = {"c": "c", "cpp": "cpp", "c++": "cpp", "python": "py"}

FENCE = re.compile(r"```(\S*)")
HEADING = re.compile(r"(#+) (.+)$")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)]+)\)")
NAME = re.compile(r"`((?:mlx_|MLX_)\w+)`")


def slug(heading):
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")


class Site:
    """All pages, and what they lead to."""

    def __init__(self, root, out, declared):
        self.root, self.out, self.declared = root, out, declared
        self.extras = set()
        self.sources = set()
        self.names = {f"docs/{page.name}": page.stem for page in root.glob("docs/*.md")}
        self.names |= OTHERS
        self.texts = {path: (root / path).read_text() for path in self.names}
        self.headings = {path: anchors(text) for path, text in self.texts.items()}

    def target(self, page, link):
        """Where a link of a page leads: Doxygen's words for it."""
        if re.match(r"(https?|mailto):", link):
            return link
        path, _, anchor = link.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        if path in self.names:
            if anchor and anchor not in self.headings[path]:
                raise SystemExit(f"{page}: no heading for the link {link}")
            if not anchor and path == "docs/site/start.md":
                return "index.html"
            return f"@ref {self.names[path]}{'-' + anchor if anchor else ''}"
        file = self.root / path
        if not file.is_file() or anchor:
            raise SystemExit(f"{page}: the link {link} leads nowhere")
        if file.suffix in SOURCES:
            self.sources.add(path)
            return f"@ref {source_name(path)}"
        self.extras.add(path)
        return posixpath.basename(path)

    def prose(self, page, text):
        """Lines outside code."""

        def image(match):
            file = self.target(page, match[2])
            # The link shows it larger, on a phone.
            return f'<a href="{file}"><img src="{file}" alt="{match[1]}"/></a>'

        def link(match):
            words, target = match[1].replace("\n", " "), self.target(page, match[2])
            return f"[{words}]({target})" if target.startswith("@ref") else f'<a href="{target}">{words}</a>'

        def name(match):
            return f'<code>@ref {match[1]} "{match[1]}"</code>' if match[1] in self.declared else match[0]

        parts = re.split(r"(\[[^\]]+\]\([^)]+\))", IMAGE.sub(image, text))
        return "".join(
            LINK.sub(link, part) if LINK.fullmatch(part) else NAME.sub(name, part) for part in parts
        )

    def page(self, path):
        """A page as Doxygen reads it."""
        name, text, out, prose, inside = self.names[path], self.texts[path], [], [], False
        anchors = iter(self.headings[path])
        long = len([0 for level, _ in headings(text) if level == 2]) > 3
        for line in text.split("\n"):
            fence, heading = FENCE.match(line), HEADING.match(line)
            if not (fence or heading or inside or line.startswith("    ")):
                prose.append(line)
                continue
            if prose:
                out.append(self.prose(path, "\n".join(prose)))
                prose.clear()
            anchor = next(anchors) if heading and not inside else None
            if fence:
                inside = not inside
                out.append("```{." + FENCES.get(fence[1], "unparsed") + "}" if inside else "```")
            elif inside or line.startswith("    "):
                out.append(line)
            elif heading[1] == "#":
                out.append(f"# {heading[2].replace('`', '')} {{#{'mainpage' if name == 'index' else name}}}")
                out += ["", "[TOC]"] if long and name != "index" else []
            elif name == "index":
                out.append(f"<h2>{heading[2]}</h2>")
            else:
                out.append(f"{heading[1]} {heading[2].replace('`', '')} {{#{name}-{anchor}}}")
        return "\n".join([*out, self.prose(path, "\n".join(prose))])

    def groups(self):
        """The lists of the start page: title, and text and target of each page. Every page must be in them."""
        groups = []
        for line in self.texts["docs/site/start.md"].split("\n"):
            heading, item = HEADING.match(line), re.match(r"- \[([^\]]+)\]\(([^)#]+\.md)\)", line)
            if heading:
                groups.append((heading[2], []))
            if item:
                groups[-1][1].append((item[1], self.target("docs/site/start.md", item[2])))
        listed = {target for _, group in groups for _, target in group}
        for path, name in self.names.items():
            if f"@ref {name}" not in listed and name != "index":
                raise SystemExit(f"docs/site/start.md does not list {path}")
        return [(title, group) for title, group in groups if group]

    def write(self):
        """Writes the pages, and what they lead to."""
        pages = self.out / "pages"
        pages.mkdir(parents=True)
        for path, name in self.names.items():
            (pages / f"{name}.md").write_text(self.page(path))
        for path in self.sources:
            code = (self.root / path).read_text()
            (pages / f"{source_name(path)}.md").write_text(
                f"# {path} {{#{source_name(path)}}}\n\n```{{.{SOURCES[Path(path).suffix]}}}\n{code}```\n"
            )
        files = self.out / "files"
        files.mkdir()
        for path in self.extras:
            copy = files / posixpath.basename(path)
            if copy.exists():
                raise SystemExit(f"{path}: the site has another file of this name")
            shutil.copy(self.root / path, copy)


def headings(text):
    """Level and text of each heading outside code."""
    inside = False
    for line in text.split("\n"):
        if FENCE.match(line):
            inside = not inside
        match = HEADING.match(line)
        if match and not inside:
            yield len(match[1]), match[2]


def anchors(text):
    """The anchor of each heading. GitHub numbers those that come again."""
    slugs = [slug(heading) for _, heading in headings(text)]
    earlier = [slugs[:i].count(this) for i, this in enumerate(slugs)]
    return [this + (f"-{count}" if count else "") for this, count in zip(slugs, earlier)]


def source_name(path):
    return "source-" + re.sub(r"\W", "-", path)
