"""The navigation of the site and the order of a page of the reference: Doxygen's own layout, changed."""

import re
import subprocess

# What Doxygen lists itself. Only C++ has namespaces.
LISTS = """
<tab type="modules" visible="yes" title="C by subject" intro=""/>
<tab type="classlist" visible="yes" title="Structs and classes" intro=""/>
<tab type="filelist" visible="yes" title="Headers" intro=""/>
"""
NAMESPACES = '<tab type="namespacelist" visible="yes" title="C++ namespace" intro=""/>'


def navigation(groups, cpp):
    """A folder for each group of pages, and one for the reference."""
    xml = ['<tab type="mainpage" visible="yes" title="Start"/>']
    reference = [("Conventions of the C interface", "@ref conventions")]
    reference += [("Conventions of the C++ interface", "@ref conventions-cpp")] if cpp else []
    for title, pages in [*groups, ("Reference", reference)]:
        xml.append(f'<tab type="usergroup" visible="yes" title="{title}">')
        xml += [f'<tab type="user" visible="yes" url="{target}" title="{text}"/>' for text, target in pages]
        if title == "Reference":
            xml.append(LISTS + (NAMESPACES if cpp else ""))
        xml.append("</tab>")
    return "\n".join(xml)


def group_page(xml):
    """Functions stand first; groups have no description of their own."""
    xml = xml.replace('<detaileddescription title=""/>', '<detaileddescription visible="no"/>')
    xml = xml.replace('<functions title=""/>', "")
    return xml.replace(
        '<defines title=""/>', '<functions title=""/><typedefs title=""/><defines title=""/>'
    ).replace('<typedefs title=""/>\n', "\n")


def layout(groups, cpp):
    """The whole of Doxygen's layout file."""
    xml = subprocess.run(["doxygen", "-l", "-"], capture_output=True, text=True, check=True).stdout
    for element, change in (("navindex", lambda _: navigation(groups, cpp)), ("group", group_page)):
        xml, count = re.subn(
            f"(?<=<{element}>)(.*?)(?=</{element}>)", lambda match: change(match[1]), xml, count=1, flags=re.S
        )
        assert count == 1
    return xml
