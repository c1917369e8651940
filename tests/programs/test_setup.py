"""`tutorial.py`, `.ci/commands.py` and what else is started as a program, above all when something is missing."""

import ast
import http.server
import importlib.util
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
CI = ROOT / ".ci"
posix = pytest.mark.skipif(os.name == "nt", reason="needs shell scripts and signals")


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tutorial(monkeypatch):
    """The script as a module, which sets nothing up for real, with the versions that were tried."""
    monkeypatch.delenv("OLDEST", raising=False)
    monkeypatch.delenv("NEWEST", raising=False)
    module = load(ROOT / "tutorial.py")
    monkeypatch.setattr(module, "checked", lambda command, **streams: pytest.fail(f"{command} was started"))
    return module


@pytest.fixture
def commands():
    return load(CI / "commands.py")


@pytest.fixture
def copy(tmp_path):
    """A checkout's files for the set-up, without a .venv."""
    shutil.copytree(CI, tmp_path / ".ci")
    for name in ("tutorial.py", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run(folder, *arguments, **environment):
    script = [sys.executable, str(folder / "tutorial.py"), *arguments]
    return subprocess.run(script, env=os.environ | environment, capture_output=True, text=True)


def fake_python(path, body):
    """A Python in name: a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(0o755)


# An old Python


def test_an_old_python_can_read_the_script():
    tree = ast.parse((ROOT / "tutorial.py").read_text("utf-8"), feature_version=(3, 4))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation]


def test_an_old_python_alone_is_told_what_to_install(tutorial, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match=r"^Python 3\.8 is too old: the tutorial needs Python 3\.11 or newer"):
        tutorial.main(["lab"])


@posix
def test_an_old_python_hands_over_to_a_newer_one(tutorial, monkeypatch, tmp_path):
    fake_python(tmp_path / "python3.13", "exit 127")  # a name without a Python behind it
    fake_python(tmp_path / "python3.12", 'case "$2" in *version_info*) exit 0;; esac; exit 7')
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tutorial.main(["lab"]) == 7


# Setting up


@posix
def test_a_second_run_sets_nothing_up_until_a_requirement_changes(copy):
    fake_python(copy / ".venv/bin/python", f'echo "$@" >> "{copy}/log"')

    def pip_calls():
        assert run(copy, "lint").returncode == 0
        log = (copy / "log").read_text()
        (copy / "log").unlink()
        assert log.splitlines()[-1] == f"{copy}/.ci/commands.py lint"
        return log.count("pip install")

    assert [pip_calls(), pip_calls()] == [1, 0]
    for name in ("pyproject.toml", "constraints.txt"):
        with (copy / name).open("a") as file:
            file.write("# changed\n")
        assert [pip_calls(), pip_calls()] == [1, 0]


@pytest.mark.nightly
@posix
def test_a_broken_venv_is_made_anew_and_a_missing_network_is_named(copy):
    (copy / ".venv/bin").mkdir(parents=True)
    (copy / ".venv/bin/python").symlink_to(copy / "no-longer-there")
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    result = run(copy, "lab", **offline, PIP_FIND_LINKS="", PIP_EXTRA_INDEX_URL="")
    assert result.returncode == 1
    assert result.stderr.startswith("The packages cannot be downloaded. Check the network"), result.stderr
    assert result.stderr.count("\n") == 1
    assert subprocess.call([copy / ".venv/bin/python", "-c", ""]) == 0
    assert not (copy / ".venv/set-up-with").exists()


@posix
def test_a_full_disk_is_named(copy):
    error = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    fake_python(copy / ".venv/bin/python", f'case "$*" in *"pip install"*) echo "{error}" >&2; exit 1;; esac')
    result = run(copy, "lab")
    assert result.returncode == 1
    assert result.stderr == (
        "The disk is full: the tutorial needs about 2 GB, here and in the temporary folder. "
        "Free some room and run this again.\n"
    )


@pytest.mark.parametrize(
    "said, told",
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("not created successfully because ensurepip is not\navailable.  On Debian/Ubuntu", "apt install python3-venv"),
        ("Error: [Errno 13] Permission denied: '/opt/gan/.venv'", "cannot be written to"),
        ("WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError", "Check the network"),
        ("pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool", "Check the network"),
        ("ERROR: No matching distribution found for torch==2.13.0", "Install Python 3.13"),
        ("a thing nobody foresaw", "a thing nobody foresaw\nSetting up failed. Delete the folder .venv"),
    ],
)
def test_every_trouble_has_its_sentence(tutorial, said, told):
    assert told in tutorial.explain(said)
    assert tutorial.explain(said).endswith("run this again.")


def test_packages_whose_files_are_gone_are_installed_afresh(tutorial, monkeypatch, tmp_path):
    steps, complete = [], iter([False, True])
    monkeypatch.setattr(tutorial, "VENV", str(tmp_path / "venv"))
    monkeypatch.setattr(tutorial, "STAMP", str(tmp_path / "stamp"))
    monkeypatch.setattr(tutorial, "succeeds", lambda *command: True)
    monkeypatch.setattr(tutorial, "complete", lambda: next(complete))
    monkeypatch.setattr(tutorial, "checked", lambda command, **streams: steps.append(command[2]))
    monkeypatch.setattr(tutorial, "pip_settings", str)
    monkeypatch.setattr(tutorial, "torch_index", list)
    tutorial.set_up(afresh=False)
    assert steps == ["pip", "venv", "pip"]
    assert tutorial.stamped()


PIP = "Your pip has a setting that keeps packages out of .venv: "


@posix
def test_a_pip_that_installs_elsewhere_is_named_with_the_setting_to_remove(copy):
    fake_python(copy / ".venv/bin/python", f'case "$*" in *install*) exit 1;; esac; exec "{sys.executable}" "$@"')
    (copy / "pip.conf").write_text("[install]\ntarget = elsewhere\n")
    for name, value, setting in [
        ("PIP_USER", "1", "the environment variable PIP_USER"),
        ("PIP_TARGET", "nowhere", "the environment variable PIP_TARGET"),
        ("PIP_PREFIX", "elsewhere", "the environment variable PIP_PREFIX"),
        ("PIP_REQUIRE_HASHES", "true", "the environment variable PIP_REQUIRE_HASHES"),
        ("PIP_CONFIG_FILE", str(copy / "pip.conf"), "install.target, in a file that `pip config debug` names"),
    ]:
        result = run(copy, "lint", **{name: value})
        assert result.returncode == 1
        assert result.stderr == f"{PIP}{setting}. Remove it and run this again.\n"


@pytest.mark.parametrize(
    "settings", ["", ":env:.user='0'\nglobal.target=''", "global.user='false'\nglobal.index-url='http://mirror/user'"]
)
def test_a_pip_that_installs_here_is_left_alone(tutorial, monkeypatch, settings):
    monkeypatch.setattr(subprocess, "check_output", lambda *command, **options: settings)
    assert tutorial.pip_settings() == settings


def test_the_versions_are_the_tried_ones_or_the_newest_or_the_oldest(tutorial, monkeypatch, tmp_path):
    assert tutorial.versions() == ["--constraint=constraints.txt"]
    monkeypatch.setattr(tutorial, "OLDEST", True)
    monkeypatch.setattr(tutorial, "VENV", str(tmp_path))
    [option] = tutorial.versions()
    oldest = Path(option.removeprefix("--constraint=")).read_text().splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for required in map(Requirement, project["dependencies"] + sum(project["optional-dependencies"].values(), [])):
        [pin] = [line.split("==")[1] for line in oldest if line.split("==")[0] == required.name]
        assert f">={pin}" in str(required.specifier).split(",")
    monkeypatch.setattr(tutorial, "NEWEST", True)
    assert "--upgrade" in tutorial.versions()


@pytest.mark.parametrize(
    "platform, gpu, settings, answers, spared",
    [
        ("linux", None, "", True, True),
        ("linux", None, "", False, False),
        ("linux", "/usr/bin/nvidia-smi", "", True, False),
        ("linux", None, ":env:.find-links='/wheels'", True, False),
        ("linux", None, "global.index-url='http://mirror'", True, False),
        ("linux", None, "global.extra-index-url='http://mirror'", True, False),
        ("darwin", None, "", True, False),
    ],
)
def test_only_a_linux_without_gpu_and_without_sources_of_its_own_is_given_the_cpu_index(
    tutorial, monkeypatch, platform, gpu, settings, answers, spared
):
    def urlopen(url, timeout):
        if answers:
            return io.BytesIO()
        raise urllib.error.URLError("no answer")

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(shutil, "which", lambda name: gpu)
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    assert tutorial.torch_index(settings) == ["--extra-index-url", tutorial.CPU_TORCH] * spared


# The commands


def test_a_command_that_does_not_exist_is_answered_with_those_that_do():
    result = subprocess.run([sys.executable, CI / "commands.py", "leb"], capture_output=True, text=True)
    assert result.returncode == 1
    assert (
        result.stderr
        == "There is no command 'leb'. There are: lab, test, nightly, notebooks, exercises, lint, benchmark.\n"
    )


@pytest.mark.parametrize("arguments", [("lint", "07"), ("test", "07", "08")])
def test_more_than_a_command_takes_is_answered_in_a_sentence(arguments):
    result = subprocess.run([sys.executable, CI / "commands.py", *arguments], capture_output=True, text=True)
    assert result.returncode == 1 and result.stderr.startswith(f"'{arguments[0]}' cannot do with '07")


def test_a_taken_port_is_named_and_another_one_used(commands, monkeypatch, capsys):
    monkeypatch.setattr(commands, "listening", lambda port: port < 8890)
    monkeypatch.setattr(commands, "announce", lambda port, token, notebook: None)
    monkeypatch.setattr(commands, "run", lambda *command: command)
    assert "--port=8890" in commands.lab()
    assert capsys.readouterr().out == "Port 8888 is taken, perhaps by another Jupyter; this one uses port 8890.\n"
    monkeypatch.setattr(commands, "listening", lambda port: True)
    with pytest.raises(SystemExit, match=r"^The ports 8888 to 8907 are all taken\. Close"):
        commands.lab()


def test_listening_tells_a_taken_port_from_a_free_one(commands):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert commands.listening(port)
    assert not commands.listening(port)


def test_the_address_is_that_of_the_server_that_knows_the_token(commands, capsys):
    class Door(http.server.BaseHTTPRequestHandler):
        guests = []

        def do_GET(self):
            self.guests.append(self.path)
            self.send_response(200 if self.path == "/api/status?token=ours" and len(self.guests) > 2 else 403)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert not commands.answers(server.server_port, "theirs")
        commands.announce(server.server_port, "ours", Path("notebooks/00_start_here.ipynb"))
        server.shutdown()
    assert Door.guests == ["/api/status?token=theirs"] + 2 * ["/api/status?token=ours"]
    assert f"http://127.0.0.1:{server.server_port}/lab/tree/notebooks/00" in capsys.readouterr().out
    assert not commands.answers(server.server_port, "ours")


def write_notebook(path, *sources):
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, sources))), path)


HIS_OWN = """\
c.IdentityProvider.token = "mine"
c.ServerApp.base_url = "/jupyter/"
c.ServerApp.certfile = "none.pem"
c.ServerApp.port = 9999
"""


@posix
@pytest.mark.parametrize(
    "settings", [pytest.param("", marks=pytest.mark.nightly), HIS_OWN], ids=["no settings", "settings of his own"]
)
def test_the_lab_opens_on_loopback_behind_its_token_and_ends_with_ctrl_c(tmp_path, settings):
    write_notebook(tmp_path / "notebooks/00_start_here.ipynb", "1")
    (tmp_path / ".jupyter").mkdir()
    for name in ("server", "lab"):
        (tmp_path / f".jupyter/jupyter_{name}_config.py").write_text(settings)
    environment = os.environ | {"HOME": str(tmp_path), "BROWSER": "true"}
    command = [sys.executable, CI / "commands.py", "lab"]
    lab = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    late = threading.Timer(60, os.killpg, (lab.pid, signal.SIGKILL))
    late.start()
    try:
        found = next(filter(None, (re.search(r"open at\s+(\S+)", line) for line in lab.stdout)), None)
        assert found, "no address was printed within a minute"
        address = found.group(1)
        assert re.match(r"http://127\.0\.0\.1:\d+/lab/tree/notebooks/00_start_here\.ipynb\?token=\w{32}$", address)
        file = address.replace("/lab/tree/", "/api/contents/")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        assert b"00_start_here.ipynb" in direct.open(file).read()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            direct.open(file.split("?")[0])
    finally:
        late.cancel()
        os.killpg(lab.pid, signal.SIGINT)
    assert lab.wait(timeout=30) == 0


def test_a_home_that_cannot_be_written_is_named_with_the_remedy(tmp_path):
    write_notebook(tmp_path / "notebooks/00_start_here.ipynb", "1")
    (tmp_path / "home").touch()  # no folder can be made in it, not even by root
    places = {name: "" for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "XDG_DATA_HOME")}
    environment = os.environ | places | {"HOME": str(tmp_path / "home"), "APPDATA": str(tmp_path / "home")}
    command = [sys.executable, CI / "commands.py", "lab"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1 and result.stdout == ""
    assert re.fullmatch(
        r"JupyterLab cannot write into its folder .*home.*: .+\. Make it writable, or set the environment variable "
        r"HOME to a folder that is, and run this again\.\n",
        result.stderr,
    )


def test_notebooks_are_saved_as_run_only_if_every_cell_passed(commands, monkeypatch, tmp_path, capsys):
    good, bad, other = (tmp_path / f"notebooks/{name}.ipynb" for name in ("01_good", "02_bad", "03_other"))
    write_notebook(good, "import os; print(os.getcwd())", "1 + 1")
    write_notebook(bad, "1 / 0")
    write_notebook(other, "2 + 2")
    before, others = bad.read_bytes(), other.read_bytes()
    ids = [cell.id for cell in nbformat.read(good, 4).cells]
    monkeypatch.chdir(tmp_path)
    assert commands.notebooks("02", "1") == 1
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert (bad.read_bytes(), other.read_bytes()) == (before, others)
    notebook = nbformat.read(good, 4)
    assert [cell.id for cell in notebook.cells] == ids
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert notebook.cells[0].outputs[0].text.strip() == str(good.parent)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info.file_extension == ".py"
    assert set(good.parent.iterdir()) == {good, bad, other}


def test_a_number_names_one_notebook_and_none_names_all(commands, monkeypatch, tmp_path):
    names = ["00_start_here", "07_dcgan", "10_latent_space"]
    for name in names:
        write_notebook(tmp_path / f"notebooks/{name}.ipynb")
    monkeypatch.chdir(tmp_path)
    stems = lambda *numbers: [path.stem for path in commands.chosen(*numbers)]  # noqa: E731
    assert stems() == names
    assert stems("07") == stems("7") == ["07_dcgan"]
    assert stems("10", "00") == ["10_latent_space", "00_start_here"]
    for command in (commands.lab, commands.test, commands.notebooks):
        with pytest.raises(SystemExit, match=r"^There is no notebook '16'\. Give the number of one, from 00 to 10\.$"):
            command("16")


def test_make_hands_the_number_on(tmp_path):
    if not shutil.which("make"):
        pytest.skip("there is no make")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}  # these tests run under make, too
    for target in ("lab", "test", "notebooks"):
        command = ["make", "-n", target, "NB=07", "PYTHON=py"]
        said = subprocess.check_output(command, cwd=ROOT, text=True, env=environment)
        assert said == f"py tutorial.py {target} 07\n"


@pytest.fixture
def started(commands, monkeypatch):
    """What the commands start, each with the exit status 0."""
    started = []
    monkeypatch.setattr(commands, "run", lambda *module: started.append(module) or 0)
    return started


@pytest.mark.parametrize("browser", [None, "/usr/bin/chromium"])
def test_every_notebook_is_compared_once_in_a_browser_or_by_nbval_alone(commands, started, monkeypatch, browser):
    monkeypatch.setattr(shutil, "which", lambda name: browser)
    commands.test()
    units, later, notebooks = started
    for words in started:
        assert "not nightly" in words
    for folder in ("tests/programs", "tests/course"):
        assert f"--ignore={folder}" in units and folder in later
    assert "--ignore=tests/browser" in units
    assert "tests/browser" in notebooks and ("--nbval" in notebooks) == (browser is None)
    started.clear()
    commands.test("07")
    [one] = started
    assert "tests/course/test_exercises.py" in one and any("07_dcgan" in word for word in one)
    assert ("--nbval" in one) == (browser is None)


def test_nightly_leaves_no_test_out_and_tells_what_they_reach(commands, started):
    commands.nightly()
    units, notebooks = started
    assert "-m" not in units and "--cov=gan_tutorial" in units
    assert "--nbval" in notebooks and "tests/browser" not in notebooks


def test_long_subjects_of_new_commits_are_named(commands, monkeypatch, tmp_path, capsys):
    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *arguments], check=True, capture_output=True)

    monkeypatch.chdir(tmp_path)
    assert commands.subjects() == 0  # not a git checkout
    git("init")
    git("commit", "--allow-empty", "-m", 80 * "o")
    assert commands.subjects() == 0  # there is nothing to compare with
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("commit", "--allow-empty", "-m", 72 * "s")
    assert commands.subjects() == 0
    git("commit", "--allow-empty", "-m", 73 * "l")
    assert commands.subjects() == 1
    said = capsys.readouterr().out
    assert 73 * "l" in said and "A subject with more than 72 characters" in said and 72 * "s" + "\n" not in said
    monkeypatch.setenv("PATH", "")
    assert commands.subjects() == 0  # there is no git


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Chromium need not be there")
@pytest.mark.parametrize("ci, word", [("", "1 skipped"), ("true", "1 error")])
def test_without_chromium_the_browser_tests_are_skipped_but_fail_in_continuous_integration(tmp_path, ci, word):
    for name in ("conftest.py", "lab.py"):
        shutil.copy(ROOT / "tests/browser" / name, tmp_path)
    (tmp_path / "test_play.py").write_text("def test_play():\n    pass\n")
    environment = os.environ | {"PATH": str(tmp_path), "CI": ci}
    command = [sys.executable, "-m", "pytest", "-ra"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert word in result.stdout and "sudo apt install chromium" in result.stdout
    assert result.returncode == bool(ci)


def test_the_command_is_there():
    for line, status, said in (
        ("train --objective best", 1, "error: objective is 'best'"),
        ("", 2, "usage: python -m"),
    ):
        done = subprocess.run([sys.executable, "-m", "gan_tutorial", *line.split()], capture_output=True, text=True)
        assert done.returncode == status and done.stderr.startswith(said)


def test_a_notebook_becomes_a_python_script(tmp_path):
    first = min((ROOT / "notebooks").glob("*.ipynb"))
    convert = [sys.executable, "-m", "nbconvert", "--to", "script", first, f"--output-dir={tmp_path}"]
    subprocess.run(convert, check=True, capture_output=True)
    [script] = tmp_path.iterdir()
    assert script.name == f"{first.stem}.py"
    ast.parse(script.read_text("utf-8"))
