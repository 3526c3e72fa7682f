"""From samples to figures: medians, and ratios round by round; and figures as text."""

import statistics

# A sample is trusted if the process ran for this share of its wall time. It was interrupted otherwise.
UNDISTURBED = 0.97
# So many trusted samples make a trusted median.
ENOUGH = 3


def middle(values, trusted):
    """The median of the trusted values; of all, and False, where those are too few."""
    chosen = [value for value, trust in zip(values, trusted, strict=True) if trust]
    if len(chosen) >= ENOUGH:
        return statistics.median(chosen), True
    return statistics.median(values), False


def undisturbed(times):
    """For each of a contestant's samples, whether it is trusted."""
    return [share >= UNDISTURBED for share in times["share"]]


def nanoseconds(times):
    """A contestant's median, and whether it is trusted."""
    return middle(times["ns"], undisturbed(times))


def ratio(ours, theirs):
    """The median over the rounds of their time over ours, and whether it is trusted."""
    ratios = [other / own for own, other in zip(ours["ns"], theirs["ns"], strict=True)]
    both = [x and y for x, y in zip(undisturbed(ours), undisturbed(theirs), strict=True)]
    return middle(ratios, both)


def contest(record):
    """Our times, and for each peer the times of its fastest way."""
    ours, *others = record["times"]
    best = {}
    for times in others:
        rival = best.get(times["peer"])
        if rival is None or nanoseconds(times) < nanoseconds(rival):
            best[times["peer"]] = times
    return ours, best


def time_text(nanoseconds, trusted=True):
    """A time in a unit that suits it, with ~ where it was disturbed."""
    unit, scale = next(
        (unit, scale)
        for unit, scale in (("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1))
        if nanoseconds >= 0.9995 * scale or unit == "ns"  # 999.7 us is 1 ms
    )
    return f"{'' if trusted else '~'}{nanoseconds / scale:.3g} {unit}"


def ratio_text(value, trusted=True):
    """A ratio to about three digits, with ~ where it was disturbed."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{'' if trusted else '~'}{value:.{digits}f}"


def table(header, rows):
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
