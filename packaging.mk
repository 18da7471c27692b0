# What packagers call; doc/packaging.md.

# archive, Debian and RPM packages, image: built, installed, used and removed
test-packages:
	test/packages/run $(T)

# what is committed, as PGXN takes it (.zip) and as packages are built from (.tar.gz)
RELEASE_NAME = $(EXTENSION)-$(shell sed -n 's/^.define PDS_VERSION "\(.*\)"/\1/p' src/core/base/version.h)
dist:
	mkdir -p build/dist
	git archive --format=zip --prefix=$(RELEASE_NAME)/ -o build/dist/$(RELEASE_NAME).zip HEAD
	git archive --format=tar.gz --prefix=$(RELEASE_NAME)/ -o build/dist/$(RELEASE_NAME).tar.gz HEAD

.PHONY: test-packages dist
