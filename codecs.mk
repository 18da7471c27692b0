# Which codecs are built in: those whose library has its header here.  WITH_ZSTD=no (LZ4, BZIP2, SNAPPY, ISAL) leaves one
# out, =yes is an error where it is not there.  libsnappy is loaded when the first object needs it, so that a server
# that reads none does not carry the C++ runtime; nothing of it is needed to build.

# bytes of "#" are octal: releases of make differ in how one is quoted
codec_header = $(if $(shell printf '\043include <$1>\n' | $(CC) $(CPPFLAGS) -E -x c - >/dev/null 2>&1 && echo yes),yes,no)
ifndef WITH_ZSTD
WITH_ZSTD := $(call codec_header,zstd.h)
endif
ifndef WITH_LZ4
WITH_LZ4 := $(call codec_header,lz4frame.h)
endif
ifndef WITH_BZIP2
WITH_BZIP2 := $(call codec_header,bzlib.h)
endif
ifndef WITH_ISAL
WITH_ISAL := $(call codec_header,isa-l/igzip_lib.h)
endif
WITH_SNAPPY ?= yes

codecs := $(if $(filter yes,$(WITH_ZSTD)),ZSTD) $(if $(filter yes,$(WITH_LZ4)),LZ4) \
	$(if $(filter yes,$(WITH_BZIP2)),BZIP2) $(if $(filter yes,$(WITH_ISAL)),ISAL) \
	$(if $(filter yes,$(WITH_SNAPPY)),SNAPPY)
CODEC_CPPFLAGS := $(patsubst %,-DPDS_WITH_%,$(codecs))
CODEC_LIBS := -lz $(if $(filter ZSTD,$(codecs)),-lzstd) $(if $(filter LZ4,$(codecs)),-llz4) \
	$(if $(filter BZIP2,$(codecs)),-lbz2) $(if $(filter ISAL,$(codecs)),-lisal) $(if $(filter SNAPPY,$(codecs)),-ldl)
