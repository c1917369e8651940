"""Check the answers in all notebooks of a folder, for a teacher: python -m gan_tutorial.exercises.collect FOLDER

This runs the learners' code on this machine, as you: imports, functions and the cells with exercises of each notebook,
in a process of its own with a time limit. What does not come from people you trust belongs into a container.
"""

import ast
import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

SECONDS = 300  # for a notebook; an exercise has its own, shorter limit


def main(folder: str, seconds: float = SECONDS) -> int:
    paths = sorted(path for path in Path(folder).rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    if not paths:
        print(f"There is no notebook in {folder}.")
        return 1
    print(f"Running the code of {len(paths)} notebooks on this machine, each at most {seconds:g} s.", flush=True)
    for path in paths:
        verdicts, trouble = ask(path, seconds)
        if verdicts or trouble:
            right = sum(verdict == "Right." for verdict in verdicts.values())
            print(f"\n{path.relative_to(folder)}: {right} of {len(verdicts)} right{trouble}")
            for number, verdict in verdicts.items():
                print(f"  {number}  {verdict}")
    return 0


def ask(path: Path, seconds: float) -> tuple[dict[str, str], str]:
    """The verdicts on the answers in a notebook, by number, and what went wrong with the notebook itself."""
    command = [sys.executable, "-m", __spec__.name if __spec__ else __name__, "--one", path.name]
    own = {"GAN_TUTORIAL_EXERCISES": "", "MPLBACKEND": "agg", "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        done = subprocess.run(
            command, cwd=path.parent, env=os.environ | own, timeout=seconds, capture_output=True, encoding="utf-8"
        )
    except subprocess.TimeoutExpired as stopped:
        heard, trouble = stopped.stdout or b"", f"; stopped after {seconds:g} s"
        lines = (heard if isinstance(heard, str) else heard.decode("utf-8", "replace")).splitlines()
    else:
        lines = done.stdout.splitlines()
        trouble = f"; it ended with {done.stderr.strip().splitlines()[-1]}" if done.returncode else ""
    verdicts: dict[str, str] = {}
    for line in lines:
        with contextlib.suppress(ValueError):
            verdicts |= json.loads(line)
    return verdicts, trouble


def one(path: Path) -> None:
    """Print the verdicts on the answers in a notebook, a JSON object in each line, as they come."""
    from .engine import Exercise

    out = sys.stdout

    def check(self: Exercise, answer, prediction=None) -> None:
        print(json.dumps({self.number: self.verdict(answer)}), file=out, flush=True)

    Exercise.check = check  # type: ignore[method-assign]
    names: dict = {"__name__": "__main__"}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                exec(compile(needed(source), path.name, "exec"), names)
            except (Exception, SystemExit) as error:
                for name in re.findall(r"exercise\.(\w+)\.check\(", source):
                    known = getattr(names.get("exercise"), name, None)
                    number = known.number if isinstance(known, Exercise) else name
                    print(
                        json.dumps({number: f"The cell stops with {type(error).__name__}: {error}"}),
                        file=out,
                        flush=True,
                    )


def needed(source: str) -> ast.Module:
    """Of a cell with an exercise everything; of another what an answer may build on: imports, functions, classes."""
    tree = ast.parse("\n".join("" if line.lstrip()[:1] in ("%", "!") else line for line in source.splitlines()))
    if not re.search(r"\bexercise\.\w+\.check\(", source):
        kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
        tree.body = [node for node in tree.body if isinstance(node, kinds)]
    return tree


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]))
    elif len(sys.argv) != 2 or not sys.argv[1] or not Path(sys.argv[1]).is_dir():
        sys.exit("Name a folder with notebooks: python -m gan_tutorial.exercises.collect FOLDER")
    else:
        sys.exit(main(sys.argv[1]))
