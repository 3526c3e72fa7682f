"""What a figure was measured on: machine, compilers, commit, load."""

import os
import platform
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def _run(*command):
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip()


def processor():
    """The processor's name, and its family and model where names are hidden from virtual machines."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return _run("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor()
    fields = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", text.partition("\n\n")[0], re.M))
    name = fields.get("model name", platform.machine())
    numbers = (
        f"{key} {fields[key]}" for key in ("cpu family", "model", "stepping") if key in fields
    )
    return f"{name} ({', '.join(numbers)})"


def caches():
    """What lscpu says of the caches, all cores' together."""
    return ", ".join(
        f"{name} {' '.join(size.split())}"
        for name, size in re.findall(r"^(L\w+) cache: (.*)$", _run("lscpu"), re.M)
    )


def commit():
    """The commit, and whether the tree differs from it."""
    dirty = "-dirty" if _run("git", "status", "--porcelain", "--untracked-files=no") else ""
    return _run("git", "rev-parse", "--short", "HEAD") + dirty


def load():
    """The load average of the last 1, 5 and 15 minutes."""
    return "{:.1f} {:.1f} {:.1f}".format(*os.getloadavg())


def describe():
    """All of it but the load, by name."""
    return {
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "processor": processor(),
        "caches": caches(),
        "commit": commit(),
        "rustc": _run("rustc", "--version"),
    }
