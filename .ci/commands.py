"""The commands behind `make`; tutorial.py starts them inside .venv, in the repository's root."""

import base64
import http.client
import inspect
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir

NBVAL = ("--nbval", "--nbval-current-env", "--nbval-cell-timeout", "600")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}

os.environ.setdefault("GOMP_SPINCOUNT", "0")  # as in gan_tutorial/__init__.py, for notebooks that import torch first


def run(*module: str) -> int:
    """`python -m module ...` to its end. Ctrl-C reaches it directly, and it ends in its own way."""
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.call([sys.executable, "-m", *module])


def chosen(*numbers: str) -> list[Path]:
    """The notebooks with these numbers; all, if none is given."""
    paths = {path.stem[:2]: path for path in sorted(Path("notebooks").glob("*.ipynb"))}
    for number in numbers:
        if number.zfill(2) not in paths:
            sys.exit(f"There is no notebook '{number}'. Give the number of one, from {min(paths)} to {max(paths)}.")
    return [paths[number.zfill(2)] for number in numbers] or list(paths.values())


def lab(number: str = "00") -> int:
    """JupyterLab on a notebook, on loopback, behind a fresh token."""
    [notebook] = chosen(number)
    check_folders()
    ports = range(8888, 8908)
    port = next((port for port in ports if not listening(port)), None)
    if port is None:
        sys.exit(f"The ports {ports[0]} to {ports[-1]} are all taken. Close a running Jupyter and try again.")
    if port != ports[0]:
        print(f"Port {ports[0]} is taken, perhaps by another Jupyter; this one uses port {port}.", flush=True)
    token = secrets.token_hex(16)
    os.environ["JUPYTER_TOKEN"] = token
    ours = str(Path(__file__).with_name("jupyter"))  # on top of the user's own settings
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [ours, os.environ.get("JUPYTER_CONFIG_PATH")]))
    threading.Thread(target=announce, args=(port, token, notebook), daemon=True).start()
    where = ("--ip=127.0.0.1", f"--port={port}", f"--ServerApp.root_dir={os.getcwd()}")
    return run("jupyterlab", notebook.as_posix(), *where)


def check_folders() -> None:
    """JupyterLab keeps settings and sessions in the user's home, and ends in a traceback if it cannot."""
    for folder in map(Path, (jupyter_config_dir(), jupyter_data_dir(), jupyter_runtime_dir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            sys.exit(
                f"JupyterLab cannot write into its folder {folder}: {error.strerror}. Make it writable, "
                "or set the environment variable HOME to a folder that is, and run this again."
            )


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def announce(port: int, token: str, notebook: Path) -> None:
    """Print the address as soon as our server answers there."""
    while not answers(port, token):
        time.sleep(0.1)
    address = f"http://127.0.0.1:{port}/lab/tree/{notebook.as_posix()}?token={token}"
    print(f"The tutorial is open at  {address}\n", flush=True)
    print("Ctrl-C here closes it.\n", flush=True)


def answers(port: int, token: str) -> bool:
    """Whether a Jupyter that knows the token is there: another one may have taken the port in the meantime."""
    server = http.client.HTTPConnection("127.0.0.1", port)
    try:
        server.request("GET", f"/api/status?token={token}")
        return server.getresponse().status == 200
    except OSError:
        return False


def test(number: str = "") -> int:
    """The unit tests; then what starts other programs, and the course's exercises and experiments; then every notebook,
    outputs and widgets in a browser, or without one its outputs alone.

    With a number, that notebook and the tests of its exercises.
    """
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if number:
        [path] = chosen(number)
        its_own = ("tests/course/test_exercises.py", "-k", f"{path.stem[:2]}. or n{path.stem[:2]} or {path.stem}")
        return run("pytest", *its_own, *(["tests/browser/test_notebooks.py"] if browser else [str(path), *NBVAL]))
    two = ("-n", "2", "-m", "not nightly")
    later = ("tests/programs", "tests/course")
    left_out = [f"--ignore={folder}" for folder in (*later, "tests/browser")]
    how = ("--maxschedchunk", "1") if browser else ("notebooks", *NBVAL, "--dist", "loadfile")
    return (
        run("pytest", *two, "-p", "no:nbval", *left_out)
        or run("pytest", *two, "-p", "no:nbval", *later)
        or run("pytest", *two, "tests/browser", *how)
    )


def nightly() -> int:
    """What is slow by nature: all tests, those marked so too, with their coverage; the notebooks by nbval alone."""
    units = run("pytest", "-n", "2", "--ignore=tests/browser/test_notebooks.py", "--cov=gan_tutorial")
    return units or run("pytest", "notebooks", "-n", "2", "--dist", "loadfile", *NBVAL)


def notebooks(*numbers: str) -> int:
    """Execute notebooks (all, if no number is given) and save those that passed, their pictures in few colours."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    from gan_tutorial.widgets import compact

    os.environ["GAN_TUTORIAL_EXERCISES"] = ""  # saved as for a newcomer
    failed = 0
    for path in chosen(*numbers):
        began = time.monotonic()
        notebook = nbformat.read(path, as_version=4)
        options = dict(kernel_name="python3", timeout=600, record_timing=False, store_widget_state=False)
        options["coalesce_streams"] = True  # what is printed slowly is one output, too
        try:
            NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}, **options).execute()
        except (CellControlSignal, DeadKernelError) as error:  # a cell failed or took too long, or the kernel died
            failed = 1
            print(f"{path} is left as it was: {error}", flush=True)
            continue
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
        for data in (output["data"] for output in outputs if "image/png" in output.get("data", {})):
            picture = base64.b64decode(data["image/png"])
            data["image/png"] = base64.b64encode(min(picture, compact(picture), key=len)).decode()
        notebook.metadata = {"kernelspec": KERNEL, "language_info": LANGUAGE}
        unfinished = path.with_suffix(".tmp")
        nbformat.write(notebook, unfinished)
        unfinished.replace(path)
        print(f"{path}  {time.monotonic() - began:.0f} s", flush=True)
    return failed


def exercises(folder: str) -> int:
    """The answers to the exercises in all notebooks of a folder, checked: this runs their code."""
    return run("gan_tutorial.exercises.collect", folder)


def lint() -> int:
    types = run("ruff", "check") or run("ruff", "format", "--check") or run("mypy")
    return types or run("codespell_lib") or subjects()


def subjects() -> int:
    """Name the commits that are not yet on origin/main (where there is one) and have a subject too long to be read."""
    if not shutil.which("git"):
        return 0
    log = ["git", "log", "--no-merges", "--format=%h %s", "origin/main.."]
    lines = subprocess.run(log, capture_output=True, text=True, encoding="utf-8").stdout.splitlines()
    long = [line for line in lines if len(line.partition(" ")[2]) > 72]
    for line in long:
        print(f"{line}\n  A subject with more than 72 characters. Shorten it: git commit --amend, or git rebase -i.")
    return bool(long)


def benchmark() -> int:
    """What the loop costs, how fast it is, how good after how long (hours, but for the runs on file)."""
    experiments = (
        "n03_rates",
        "n04_collapse",
        "n05_plane",
        "n07_curves",
        "n08_rest",
        "n09_lines",
        "n10_starts",
        "n11_conditional",
        "n12_restoration",
        "n13_labels",
        "n14_families",
    )
    scripts = [[f"benchmarks/{name}.py"] for name in ("speed", "latency", "memory", "stability", "scale", "quality")]
    scripts += [["-m", f"gan_tutorial.experiments.{name}"] for name in experiments]
    return run("pytest", "benchmarks") or max(subprocess.call([sys.executable, *script]) for script in scripts)


COMMANDS = {command.__name__: command for command in (lab, test, nightly, notebooks, exercises, lint, benchmark)}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    if name not in COMMANDS:
        sys.exit(f"There is no command '{name}'. There are: {', '.join(COMMANDS)}.")
    try:
        inspect.signature(COMMANDS[name]).bind(*arguments)
    except TypeError:
        sys.exit(
            f"'{name}' cannot do with '{' '.join(arguments)}'. lab and test take one number of a notebook at most, "
            "exercises takes a folder."
        )
    try:
        sys.exit(COMMANDS[name](*arguments))
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
