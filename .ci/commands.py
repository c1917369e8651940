"""The commands behind `make`; tutorial.py starts them inside .venv, in the repository's root."""

import base64
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

START = "notebooks/00_start_here.ipynb"

os.environ.setdefault("GOMP_SPINCOUNT", "0")  # as in gan_tutorial/__init__.py, for notebooks that import torch first


def run(*module: str) -> int:
    """`python -m module ...` to its end. Ctrl-C reaches it directly, and it ends in its own way."""
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.call([sys.executable, "-m", *module])


def lab() -> int:
    """JupyterLab on the first notebook, on loopback, behind a fresh token."""
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
    threading.Thread(target=announce, args=(port, token), daemon=True).start()
    return run("jupyterlab", START, "--ip=127.0.0.1", f"--port={port}", f"--ServerApp.root_dir={os.getcwd()}")


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def announce(port: int, token: str) -> None:
    """Print the address as soon as our server answers there."""
    while not answers(port, token):
        time.sleep(0.1)
    print(f"\nThe tutorial is open at  http://127.0.0.1:{port}/lab/tree/{START}?token={token}\n", flush=True)
    print("Ctrl-C here closes it.\n", flush=True)


def answers(port: int, token: str) -> bool:
    """Whether a Jupyter that knows the token is there: another one may have taken the port in the meantime."""
    server = http.client.HTTPConnection("127.0.0.1", port)
    try:
        server.request("GET", f"/api/status?token={token}")
        return server.getresponse().status == 200
    except OSError:
        return False


def test() -> int:
    """The unit tests; if they pass, every notebook: its outputs, and beside that its widgets in a browser."""
    units = run("pytest", "-n", "2", "--ignore=tests/browser")
    nbval = ("--nbval", "--nbval-current-env", "--nbval-cell-timeout", "600")
    side_by_side = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")  # the browser first, for it is slowest
    return units or run("pytest", "tests/browser", "notebooks", *nbval, *side_by_side)


def notebooks(*paths: str) -> int:
    """Execute notebooks (all, if none is named) and save those that passed, their pictures in few colours."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    from gan_tutorial.widgets import compact

    failed = 0
    for path in map(Path, paths or sorted(Path("notebooks").glob("*.ipynb"))):
        began = time.monotonic()
        notebook = nbformat.read(path, as_version=4)
        options = dict(kernel_name="python3", timeout=600, record_timing=False, store_widget_state=False)
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
        notebook.metadata = {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        unfinished = path.with_suffix(".tmp")
        nbformat.write(notebook, unfinished)
        unfinished.replace(path)
        print(f"{path}  {time.monotonic() - began:.0f} s", flush=True)
    return failed


def lint() -> int:
    return run("ruff", "check") or run("ruff", "format", "--check") or run("codespell_lib")


def benchmark() -> int:
    """What the loop costs, how fast it is, how good after how long (hours, but for the runs on file)."""
    experiments = ("n05_plane", "n11_conditional", "n12_restoration", "n13_labels", "n14_families")
    scripts = [[f"benchmarks/{name}.py"] for name in ("speed", "latency", "stability", "scale", "quality")]
    scripts += [["-m", f"gan_tutorial.experiments.{name}"] for name in experiments]
    return run("pytest", "benchmarks") or max(subprocess.call([sys.executable, *script]) for script in scripts)


COMMANDS = {command.__name__: command for command in (lab, test, notebooks, lint, benchmark)}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    if name not in COMMANDS:
        sys.exit(f"There is no command '{name}'. There are: {', '.join(COMMANDS)}.")
    try:
        sys.exit(COMMANDS[name](*arguments))
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
