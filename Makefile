# Each target sets up .venv if need be and runs one command of tutorial.py. NB is the number of a notebook: make test NB=07
# Without make: python tutorial.py test 07 (on Windows: py tutorial.py test 07)

PYTHON ?= python3
NB ?=
FOLDER ?=

.PHONY: lab test nightly notebooks exercises lint benchmark

lab test notebooks:
	@$(PYTHON) tutorial.py $@ $(NB)

nightly lint benchmark:
	@$(PYTHON) tutorial.py $@

exercises:
	@$(PYTHON) tutorial.py $@ "$(FOLDER)"
