"""The chart: each peer's time over ours in every cell, on a logarithmic axis."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter  # noqa: E402

# Marker and colour of each peer, in their order.
STYLES = [(mark, f"C{number}") for number, mark in enumerate(["o", "s", "^", "D", "v", "P", "X"])]


def draw(panels, names, file):
    """`panels`: dtype -> {cell: (text, {peer: (ratio, trusted)})}. `names`: the peers in order, as shown."""
    rows = max(len(found) for found in panels.values())
    figure, axes = plt.subplots(
        1,
        len(panels),
        figsize=(5.2 * len(panels) + 1.6, 0.32 * rows + 1.8),
        sharey=True,
        squeeze=False,
    )
    for axis, (dtype, found) in zip(axes[0], panels.items(), strict=True):
        places = {cell: place for place, cell in enumerate(found)}
        for (peer, name), (mark, colour) in zip(names.items(), STYLES, strict=True):
            points = [
                (kept[peer][0], places[cell]) for cell, (_, kept) in found.items() if peer in kept
            ]
            if points:
                x, y = zip(*points, strict=True)
                axis.scatter(
                    x, y, marker=mark, color=colour, s=34, label=name, zorder=3, linewidths=0
                )
        axis.axvline(1, color="black", linewidth=1)
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        axis.set_yticks(range(len(found)), [str(cell) for cell in found])
        axis.grid(True, axis="both", color="0.9", zorder=0)
        axis.set_title(dtype)
        axis.set_xlabel("peer's time / ours (right of 1: ours is faster)")
    axes[0][0].invert_yaxis()
    axes[0][0].set_ylabel("N x K")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0.6 / figure.get_figheight(), 1, 1))
    figure.savefig(file, dpi=130)
    plt.close(figure)
