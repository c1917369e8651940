# Each target sets up .venv if need be and runs one command of .ci/tutorial.py.
# Without make: python .ci/tutorial.py lab (on Windows: py .ci/tutorial.py lab)

PYTHON ?= python3
NB ?=

.PHONY: lab test notebooks lint benchmark

lab test lint benchmark:
	@$(PYTHON) .ci/tutorial.py $@

# all of them, or some: make notebooks NB=notebooks/07_dcgan.ipynb
notebooks:
	@$(PYTHON) .ci/tutorial.py $@ $(NB)
