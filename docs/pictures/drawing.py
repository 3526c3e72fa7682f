"""A few shapes as SVG, with the same text for the same picture everywhere."""

BLUE, ORANGE, GREY, LIGHT, TEXT = "#0072b2", "#c2410c", "#9aa7b5", "#dfe5eb", "#1f2937"
# So narrow that the text can be read on a phone.
WIDTH = 460


def number(x):
    """At most two decimals, and no -0."""
    return f"{round(float(x), 2) + 0.0:.2f}".rstrip("0").rstrip(".")


class Picture:
    """Shapes on a white page of a fixed width."""

    def __init__(self, height, title):
        self.height, self.title, self.shapes = height, title, []

    def text(self, x, y, words, colour=TEXT, size=13, anchor="start", mono=False, bold=False):
        family = "monospace" if mono else "sans-serif"
        weight = ' font-weight="bold"' if bold else ""
        words = words.replace("&", "&amp;").replace("<", "&lt;")
        self.shapes.append(
            f'<text x="{number(x)}" y="{number(y)}" fill="{colour}" font-size="{size}" font-family="{family}"'
            f' text-anchor="{anchor}"{weight}>{words}</text>'
        )

    def line(self, x1, y1, x2, y2, colour=GREY, width=1.0, dashed=False):
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        self.shapes.append(
            f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" stroke="{colour}"'
            f' stroke-width="{number(width)}"{dash}/>'
        )

    def box(self, x, y, width, height, fill, edge="none"):
        self.shapes.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" fill="{fill}"'
            f' stroke="{edge}"/>'
        )

    def dot(self, x, y, colour, radius=3.5):
        self.shapes.append(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{colour}"/>'
        )

    def stems(self, xs, y, values, scale, colour, radius=3.5):
        """A dot for each value, on a stem from the line at `y`."""
        for x, value in zip(xs, values):
            self.line(x, y, x, y - scale * value, colour, 2)
            self.dot(x, y - scale * value, colour, radius)

    def __str__(self):
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" width="{WIDTH}"'
                f' height="{self.height}" role="img">',
                f"<title>{self.title}</title>",
                f'<rect width="{WIDTH}" height="{self.height}" fill="#fff"/>',
                *self.shapes,
                "</svg>\n",
            ]
        )
