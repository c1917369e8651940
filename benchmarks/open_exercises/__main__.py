"""What came out when we did the open exercises: a function `exercise_NN_K` for each, in a module per notebook.

    python benchmarks/open_exercises 01.5     one of them, anew
    python benchmarks/open_exercises          those that data/results/open_exercises lacks

Each writes a file of results there, from which `Open.answer` in the notebook takes its numbers.
"""

import importlib
import json
import sys
import time
from pathlib import Path

from gan_tutorial import files
from gan_tutorial.pictures import data_folder

FOLDER = data_folder() / "results" / "open_exercises"


def experiments() -> dict:
    modules = [importlib.import_module(path.stem) for path in Path(__file__).parent.glob("n[0-9][0-9].py")]
    named = {name: value for module in modules for name, value in vars(module).items() if name.startswith("exercise_")}
    return {name.removeprefix("exercise_").replace("_", "."): function for name, function in sorted(named.items())}


if __name__ == "__main__":
    known = experiments()
    unknown = set(sys.argv[1:]) - set(known)
    if unknown:
        sys.exit(f"There is no open exercise {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    for number in sys.argv[1:] or [number for number in known if not (FOLDER / f"{number}.json").exists()]:
        began = time.monotonic()
        results = known[number]()
        files.write(FOLDER / f"{number}.json", (json.dumps(results, indent=1) + "\n").encode())
        print(f"{number}  {time.monotonic() - began:.0f} s  {results}", flush=True)
