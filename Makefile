# Every target only calls a script, so that systems without make can do the same: python scripts/run.py
PYTHON ?= python3

.PHONY: run test bench fuzz soak screenshots
run:
	@$(PYTHON) scripts/run.py

test:
	@$(PYTHON) scripts/test.py

bench:
	@$(PYTHON) scripts/bench.py $(ARGS)

fuzz:
	@$(PYTHON) scripts/fuzz.py $(ARGS)

soak:
	@$(PYTHON) scripts/soak.py $(ARGS)

screenshots:
	@$(PYTHON) scripts/screenshots.py
