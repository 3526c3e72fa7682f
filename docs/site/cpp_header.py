"""Makes the C++ header, whose comments are Doxygen's already, ready for Doxygen."""

import re

from header import linked, overview

DETAIL = re.compile(r"^namespace detail \{\n.*?^\}  // namespace detail$", re.S | re.M)


def hidden(match):
    """A namespace detail in which nothing is documented is nobody's to use."""
    return match[0] if "///" in match[0] else f"/// @cond\n{match[0]}\n/// @endcond"


def convert(header, names):
    """The header as Doxygen is to read it. The overview at the top becomes the page `conventions-cpp`."""
    top = header[: header.index("\n#ifndef")]
    lines = [line.removeprefix("//").removeprefix(" ") for line in top.split("\n")]
    page = overview(
        lines, names, "conventions-cpp", "Conventions of the C++ interface", "Two ways to convolve", "cpp"
    )
    # Private inheritance says nothing to a user, and Doxygen takes one from a specialisation for a circle.
    body = re.sub(r" : private [\w<>]+ \{", " {", DETAIL.sub(hidden, header))
    body = re.sub(r"///.*", lambda comment: linked(comment[0], names), body)
    namespace = "/** @namespace mlxconv\n@brief All that the C++ header declares.\n*/\n"
    file = "/** @file mlx_convolve.hpp\n@brief MLX's convolve for C++17 and newer, header-only.\n*/\n"
    return namespace + file + "\n".join(["/**", *page, "*/"]) + "\n" + body
