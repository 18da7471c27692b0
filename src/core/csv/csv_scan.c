/*
 * csv_scan.c
 *	  The structure index: the choice of a kernel.
 */
#include "core/csv/csv_scan.h"

#include <string.h>

#include "core/base/assert.h"
#include "core/base/utf8.h"
#include "core/csv/csv_scan_internal.h"

typedef struct NamedKernel
{
	const char *name;
	PdsScanKernel run;
	bool		(*utf8_valid) (const char *buf, size_t len);
} NamedKernel;

static const NamedKernel kernels[] = {
#if defined(__x86_64__)
	{"avx2", pds_scan_avx2, pds_utf8_avx2},
	{"sse2", pds_scan_sse2, pds_utf8_scalar},
#elif defined(__aarch64__)
	{"neon", pds_scan_neon, pds_utf8_scalar},
#endif
	{"scalar", pds_scan_scalar, pds_utf8_scalar}
};

static const NamedKernel *chosen;

static bool
runs_here(const NamedKernel *k)
{
#if defined(__x86_64__)
	if (k->run == pds_scan_avx2)
	{
		__builtin_cpu_init();
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
			__builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
			__builtin_cpu_supports("popcnt");
	}
#endif
	(void) k;
	return true;
}

static const NamedKernel *
kernel(void)
{
	if (chosen == NULL)
	{
		chosen = kernels;
		while (!runs_here(chosen))
			chosen++;
	}
	return chosen;
}

const char *
pds_scan_kernel(void)
{
	return kernel()->name;
}

bool
pds_scan_set_kernel(const char *name)
{
	size_t		i;

	for (i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (strcmp(kernels[i].name, name) == 0 && runs_here(&kernels[i]))
		{
			chosen = &kernels[i];
			return true;
		}
	return false;
}

static bool
run(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end, bool count)
{
	ix->nends = ix->nrec = ix->consumed = 0;
	ix->any_quote = ix->any_escape = ix->non_ascii = ix->any_nul = false;
	ix->open_quote = ix->failed = ix->maybe_blank = false;
	if (!count && !pds_index_room(ix, 128, 128))
		return false;
	if (!kernel()->run(ix, d, buf, len, at_end, count))
		return false;
	PDS_ASSERT(ix->consumed <= len);
	PDS_ASSERT(count || ix->nrec == 0 || ix->rec[ix->nrec - 1] < ix->nends);
	/* open for now is not open for good */
	ix->open_quote = ix->open_quote && at_end;
	return true;
}

bool
pds_index_build(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end)
{
	if (run(ix, d, buf, len, at_end, false))
		return true;
	ix->failed = true;
	return false;
}

size_t
pds_count_records(const PdsScanDialect *d, const char *buf, size_t len, bool at_end,
				  size_t *consumed, bool *maybe_blank)
{
	PdsIndex	ix;

	/* counting allocates nothing, so it cannot fail */
	pds_index_init(&ix);
	run(&ix, d, buf, len, at_end, true);
	PDS_ASSERT(ix.ends == NULL && ix.rec == NULL);
	*consumed = ix.consumed;
	*maybe_blank = ix.maybe_blank;
	return ix.nrec;
}

bool
pds_utf8_valid(const char *buf, size_t len)
{
	return kernel()->utf8_valid(buf, len);
}
