"""check_links.py SITE: fails if a link of the site leads nowhere, or if a page loads something from elsewhere."""

import posixpath
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The anchors of a page, the links of its text, and what it loads."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.loads = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        self.loads += [given[key] for key in ("src", "data") if given.get(key)]
        if tag == "link" and given.get("href"):
            self.loads.append(given["href"])


site = Path(sys.argv[1])
pages = {path.relative_to(site).as_posix(): Page(path.read_text()) for path in site.rglob("*.html")}
assert len(pages) > 20, "where is the site?"
wrong, checked = [], 0
for name, page in pages.items():
    for url in page.links + page.loads:
        parts = urlsplit(url)
        if url == "javascript:void(0)":
            continue
        if parts.scheme or parts.netloc:
            if url in page.loads:
                wrong.append(f"{name} loads {url}")
            continue
        checked += 1
        target = (
            posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
            if parts.path
            else name
        )
        if not (site / target).is_file():
            wrong.append(f"{name}: no file for {url}")
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
            wrong.append(f"{name}: no anchor for {url}")
print(*wrong, f"{len(pages)} pages, {checked} links, {len(wrong)} wrong", sep="\n")
sys.exit(bool(wrong))
