import importlib
import json
import pkgutil
import sys
import time

import benchmarks.open_exercises as package
from gan_tutorial import files
from gan_tutorial.pictures import data_folder

FOLDER = data_folder() / "results" / "open_exercises"


def experiments() -> dict:
    modules = (importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__))
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
