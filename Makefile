# One word each. PYTHON is the interpreter of the virtual environment.
PYTHON ?= .venv/bin/python

.PHONY: test test-all lint docs evaluate serve

test:            ## the fast tests
	$(PYTHON) -m pytest

test-all:        ## slow ones too
	$(PYTHON) -m pytest -m "slow or not slow"

lint:            ## style and types
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

docs:            ## writes the generated pages
	$(PYTHON) -m docs.generate

evaluate:        ## the shipped question set over the shipped corpus
	$(PYTHON) -m qa build
	$(PYTHON) -m qa evaluate tests/data/corpus-dev.jsonl

serve:           ## the page at http://127.0.0.1:7860/
	$(PYTHON) app.py
