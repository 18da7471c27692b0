# pds_fdw: the AWS data lake as PostgreSQL tables
#
#   make            build                 make test       all tests that take minutes; T=FILE: one of them
#   make install    install               make unit       the core alone
#   make demo       see it work           make demo-stop  stop what the demo left running
#   make bench      measure               make lint       what no compiler checks
#   make clean                            make dist       archives of what is committed

EXTENSION = pds_fdw
MODULE_big = pds_fdw
# make installcheck: they need a server that runs, and no network
REGRESS = $(filter-out pds_fdw--%,$(basename $(notdir $(wildcard sql/*.sql))))
# their expected outputs are of UTF-8, in the order of code points
ENCODING = UTF8
NO_LOCALE = 1
DATA = $(wildcard sql/pds_fdw--*.sql)
# below the server's folder of documents, as there is more than one README.md
DOCS = README.md CHANGELOG.md
override docmoduledir := extension/pds_fdw
PAGES = $(wildcard doc/*.md)
SRCS = $(wildcard src/*.c src/*/*.c src/*/*/*.c)
OBJS = $(SRCS:.c=.o)

PG_CONFIG ?= pg_config

# -MMD: each object is rebuilt when a header that it includes changes
include codecs.mk
PG_CPPFLAGS = -MMD -MP -Isrc $(CODEC_CPPFLAGS) $(shell pkg-config --cflags libcjson 2>/dev/null)
# the core's assertions go with the server's
ifneq ($(findstring --enable-cassert,$(shell $(PG_CONFIG) --configure 2>/dev/null)),)
PG_CPPFLAGS += -DPDS_CASSERT
endif
# The language is the compiler's, as the server's headers were configured for it: those of a C23 compiler
# have words that -std=gnu11 takes away.  WERROR=1 (tests, CI): a warning is an error.
PG_CFLAGS = -O2 -Wall -Wextra $(if $(WERROR),-Werror) -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -Wno-cast-function-type -Wno-clobbered
SHLIB_LINK = -lcurl -lcrypto -lcjson $(CODEC_LIBS) -lexpat -lm

# Bitcode for inlining into JIT code would bring nothing: no function here is
# called from an expression in a hot loop.
override with_llvm = no

PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

# On a new machine there is no server yet: demo and test install what they need.
ifneq ($(PGXS),)
include $(PGXS)
else
all install:
	@echo "pg_config was not found: install postgresql-server-dev-NN, or make PG_CONFIG=/path/to/pg_config" >&2
	@false
clean:
.PHONY: all install clean
endif

# the pages where README.md has its links to them
install: install-pages
install-pages:
	$(MKDIR_P) '$(DESTDIR)$(docdir)/$(docmoduledir)/doc'
	$(INSTALL_DATA) $(PAGES) '$(DESTDIR)$(docdir)/$(docmoduledir)/doc/'
uninstall: uninstall-pages
uninstall-pages:
	rm -rf '$(DESTDIR)$(docdir)/$(docmoduledir)'
.PHONY: install-pages uninstall-pages

include packaging.mk

-include $(OBJS:.o=.d)

# other codecs than the last time, another build
$(patsubst %.c,%.o,$(wildcard src/core/codec/*.c)): build/codecs
build/codecs: FORCE
	@mkdir -p build; echo '$(CODEC_CPPFLAGS)' | cmp -s - $@ || echo '$(CODEC_CPPFLAGS)' >$@
# what pds.version() says of the source: of the work tree, or of the commit that make dist packed
REVISION := $(shell if [ -e .git ]; then git describe --always --dirty=+ --abbrev=12 --exclude '*' 2>/dev/null; \
	else sed '/Format/d' REVISION 2>/dev/null; fi)
src/sql/session/version.o: override CPPFLAGS += $(if $(REVISION),-DPDS_REVISION='"$(REVISION)"')
src/sql/session/version.o: build/revision
build/revision: FORCE
	@mkdir -p build; echo '$(REVISION)' | cmp -s - $@ || echo '$(REVISION)' >$@
FORCE:

ifneq ($(shell id -u),0)
SUDO ?= sudo
endif

demo:
	test/lib/deps demo
	$(MAKE) -s all
	$(SUDO) $(MAKE) -s install
	demo/run

demo-stop:
	test/stack/down --dir build/demo

# T: suites or files, as T=test/t/040_faults.pl; PDS_JOBS: how many side by side
test:
	test/run $(T)

# Trino's answers, anew; T as above
record:
	test/record $(T)

# do they still hold?
verify:
	test/record --verify $(T)

# the value of a variable, for scripts: make -s print-PG_CFLAGS
print-%:
	@echo '$($*)'

unit:
	$(MAKE) -C test/unit

# one backend's long life, many backends, and what ends them: ten minutes
soak: install
	test/soak/run.py

lint:
	test/lint/run

# each rule broken once, in a copy
lint-selftest:
	test/lint/selftest

# every parser of remote bytes under libFuzzer: make fuzz [T="target ..."] [PDS_FUZZ_SECONDS=60]
fuzz:
	test/fuzz/run $(T)

# what of the core the inputs of fuzzers reach, by file
fuzz-coverage:
	test/fuzz/coverage

# the core compiled for ARM, and its structure index, plain values and borders run in an emulator
test-neon:
	$(MAKE) -s -C test/unit neon BUILD=$(CURDIR)/build/unit

test-law test-ship test-tpch test-corpus test-wrangler test-versions: test-%:
	test/run $*

# built and run on the servers of other releases: make test-releases RELEASE="16 18"
test-releases:
	test/releases/run $(RELEASE)

# on Trino itself; PDS_SEED and PDS_QUERIES: other queries, and how many
test-law-random:
	PDS_TEST_ENGINE=trino PDS_SEED=$${PDS_SEED:-$$(date +%s)} PDS_QUERIES=$${PDS_QUERIES:-1000} test/run random

# the engine of the demo, judged by awswrangler
test-demo:
	PDS_TEST_ENGINE=duckdb test/run wrangler

# all of it, in parts; SUITE=bookworm|trixie is the machine of test-fresh
test-all:
	test/all $(T)

test-fresh:
	test/fresh $(SUITE)

# peaks of memory of records of so many MB, and cancels within them
test-memory:
	PDS_RECORD_MB="$${PDS_RECORD_MB:-64 1023}" test/run memory

# 100,000 random records against COPY
test-copy-law:
	PDS_RECORDS=$${PDS_RECORDS:-100000} test/run test/t/290_copy_law.pl

# the same for scans of random tables against a heap; it needs no Trino
test-scans: all
	$(SUDO) $(MAKE) -s install
	test/stack/up --engine duckdb --dir build/scans
	. build/scans/env && PDS_CASES=$${PDS_CASES:-3000} "$$PDS_STACK_PYTHON" test/fuzz/scans.py; status=$$?; test/stack/down --dir build/scans; exit $$status

# doc/tpch.md anew
test-tpch-page:
	PDS_TPCH_PAGE=1 test/run tpch

# PDS_SERDE_CASES=file, PDS_BIAS_VECTORS=file: the cases of that file
test-serde test-bias: test-%:
	test/run $*

# SQL and TAP tests on a PostgreSQL with assertions, which is built into the cache first
test-assert:
	test/assert/run

bench:
	bench/run

clean: clean-build
clean-build:
	rm -rf build/unit build/unit-san build/unit-neon build/test build/codecs build/revision $(OBJS:.o=.d)

.PHONY: demo demo-stop test record verify unit lint lint-selftest soak test-assert fuzz fuzz-coverage bench clean-build test-ship test-law test-corpus test-wrangler test-versions test-bias test-serde \
	test-tpch test-tpch-page test-law-random test-neon test-demo test-releases test-scans test-memory test-copy-law test-all test-fresh
