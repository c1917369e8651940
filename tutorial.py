"""Set the tutorial up, then run one of its commands:

    python tutorial.py lab [NUMBER] | test [NUMBER] | nightly | notebooks [NUMBER] | exercises FOLDER | lint | benchmark

NUMBER is that of a notebook, such as 07. Everything is installed into the folder .venv, once; a stamp in it tells the
next run that nothing is left to do. This file needs only Python itself, and avoids newer syntax so that an old Python
can say that it is too old. The commands are in .ci/commands.py, which runs inside .venv. In place of the pins in
constraints.txt, NEWEST=1 installs the newest versions that pyproject.toml allows, and OLDEST=1 the oldest.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys

OLDEST_PYTHON = (3, 11)
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, *(["Scripts", "python.exe"] if os.name == "nt" else ["bin", "python"]))
STAMP = os.path.join(VENV, "set-up-with")
NEWEST = bool(os.environ.get("NEWEST"))
OLDEST = bool(os.environ.get("OLDEST"))
CPU_TORCH = "https://download.pytorch.org/whl/cpu"

# What pip, venv or the system said -> what to tell the learner. The first match counts.
REMEDIES = [
    (
        r"Errno 28|WinError 112|Errno 122",
        "The disk is full: the tutorial needs about 2 GB, here and in the temporary folder. Free some room",
    ),
    (
        r"ensurepip is not\s+available|No module named '?(venv|ensurepip)",
        "This Python cannot make virtual environments. On Debian or Ubuntu: sudo apt install python3-venv. Do that",
    ),
    (
        r"Errno 13|Errno 30|WinError 5\b",
        "This folder cannot be written to. Move the tutorial to a folder of your own",
    ),
    (
        r"(?i)connection broken|ConnectionError|Timeout|Max retries|ProxyError|SSLError|IncompleteRead",
        "The packages cannot be downloaded. Check the network (and the proxy, if you have one)",
    ),
    (
        r"No matching distribution found|ResolutionImpossible",
        "Some package has no version for Python %d.%d on this system. Install Python 3.13, delete the folder .venv"
        % sys.version_info[:2],
    ),
]


def explain(output):
    """The sentence for what went wrong; if that is unknown, the last words of the program that failed."""
    for pattern, sentence in REMEDIES:
        if re.search(pattern, output):
            return sentence + " and run this again."
    last_words = output.strip().splitlines()[-5:]
    return "\n".join(last_words + ["Setting up failed. Delete the folder .venv and run this again."])


def succeeds(*command):
    """Whether a command exists and ends well, its output unseen."""
    try:
        with open(os.devnull, "w") as nowhere:
            return subprocess.call(command, stdout=nowhere, stderr=nowhere) == 0
    except OSError:
        return False


def newer_python():
    """The name of a Python on the PATH that is new enough, or None."""
    check = "import sys; sys.exit(sys.version_info < %r)" % (OLDEST_PYTHON,)
    names = ["python3.13", "python3.12", "python3.11", "python3", "python"]
    return next((name for name in names if succeeds(name, "-c", check)), None)


def wanted():
    """What the stamp holds: a hash of everything that decides what is installed, and where."""
    digest = hashlib.sha256(repr((ROOT, NEWEST, OLDEST)).encode())
    for name in ("pyproject.toml", "constraints.txt"):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def stamped():
    try:
        with open(STAMP) as file:
            return file.read() == wanted()
    except OSError:
        return False


def complete():
    """Whether the Python in .venv runs and finds what the commands need."""
    modules = ["gan_tutorial", "torch", "jupyterlab", "ipywidgets", "nbval", "nbclient", "xdist", "playwright"]
    modules += ["ruff", "mypy"]  # of `make lint`
    check = "import sys, importlib.util as u; sys.exit(not all(map(u.find_spec, %r)))" % modules
    return succeeds(PYTHON, "-I", "-c", check)


def checked(command, **streams):
    """Run a step of the set-up; if it fails, end with a sentence. Ours to read is what it says on the piped streams."""
    step = subprocess.Popen(command, cwd=ROOT, universal_newlines=True, errors="replace", **streams)
    output = "".join(text or "" for text in step.communicate())
    if step.returncode:
        sys.exit(explain(output))


def pip_settings():
    """The user's own settings of pip, a line each. If one keeps the packages out of .venv, end with a sentence."""
    settings = subprocess.check_output([PYTHON, "-m", "pip", "config", "list"], universal_newlines=True)
    hostile = re.search(r"(?mi)^(\S+)\.(user|target|prefix|root|require-hashes)='(?!(0|n|no|f|false|off)?')", settings)
    if hostile:
        where, name = hostile.group(1, 2)
        if where == ":env:":
            setting = "the environment variable PIP_" + name.upper().replace("-", "_")
        else:
            setting = "%s.%s, in a file that `pip config debug` names" % (where, name)
        sys.exit("Your pip has a setting that keeps packages out of .venv: %s. Remove it and run this again." % setting)
    return settings


def torch_index(settings):
    """Spare a Linux without NVIDIA GPU the CUDA build of several GB, unless the user's pip has its own sources."""
    if not sys.platform.startswith("linux") or shutil.which("nvidia-smi"):
        return []
    if "index-url" in settings or "find-links" in settings:
        return []
    from urllib.request import urlopen

    try:
        urlopen(CPU_TORCH + "/torch/", timeout=2).close()
    except OSError:
        return []
    return ["--extra-index-url", CPU_TORCH]


def versions():
    """The options of pip that choose the versions: those of constraints.txt, or the newest or oldest allowed ones."""
    if NEWEST:
        return ["--upgrade", "--upgrade-strategy=eager"]
    if not OLDEST:
        return ["--constraint=constraints.txt"]
    import tomllib  # new in Python 3.11

    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        project = tomllib.load(file)["project"]
    required = project["dependencies"] + sum(project["optional-dependencies"].values(), [])
    constraints = os.path.join(VENV, "oldest.txt")
    with open(constraints, "w") as file:
        file.writelines(re.sub(r">=([^,]+).*", r"==\1", line) + "\n" for line in required)
    return ["--constraint=" + constraints]


def set_up(afresh):
    """Make .venv, or mend the one that is there, and install into it."""
    if afresh or not succeeds(PYTHON, "-m", "pip", "--version"):
        shutil.rmtree(VENV, ignore_errors=True)
        checked([sys.executable, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    settings = pip_settings()
    install = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--editable", ".[notebooks,dev]"]
    checked(install + versions() + torch_index(settings), stderr=subprocess.PIPE)
    if complete():
        with open(STAMP, "w") as file:
            file.write(wanted())
    elif afresh:
        sys.exit(explain(""))
    else:  # pip saw packages whose files are gone
        set_up(afresh=True)


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    if sys.version_info < OLDEST_PYTHON:
        newer = newer_python()
        if newer:
            return subprocess.call([newer, os.path.abspath(__file__)] + arguments)
        sys.exit(
            "Python %d.%d is too old: the tutorial needs Python 3.11 or newer, from https://www.python.org/downloads/. "
            "Install it and run this again." % sys.version_info[:2]
        )
    if not (stamped() and complete()):
        print("Setting up in .venv: this happens once, takes a few minutes and about 2 GB of the disk.")
        sys.stdout.flush()
        set_up(afresh=False)
    # The command hears Ctrl-C itself and ends in its own way; here it only must not end the waiting.
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.call([PYTHON, os.path.join(ROOT, ".ci", "commands.py")] + arguments, cwd=ROOT)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run this again to go on.")
    except OSError as error:
        sys.exit(explain(str(error)))
