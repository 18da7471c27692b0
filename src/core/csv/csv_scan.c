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

/* The last record of all has no line end. */
static bool
end_all(PdsIndex *ix, size_t len, PdsScanMode mode)
{
	size_t		before = ix->nrec;

	if (ix->consumed == len)
		return true;
	ix->open_quote = ix->carry.inside != 0;
	if ((mode == PDS_SCAN_INDEX && !pds_index_room(ix, 1, 1)) ||
		(mode == PDS_SCAN_RECORDS && !pds_index_room(ix, 0, 1)))
		return false;
	pds_index_put(ix, len, true, mode);
	ix->consumed = len;
	return ix->dropped == 0 || pds_index_note_cut(ix, before);
}

/* How the records that were found end. */
static uint8_t
line_ends(const PdsIndex *ix, const char *buf, size_t len)
{
	uint8_t		seen = 0;
	size_t		r;

	if (!ix->any_cr)
		return ix->nrec > 1 || (ix->nrec == 1 && buf[ix->consumed - 1] == '\n') ? PDS_END_LF : 0;
	for (r = 0; r < ix->nrec; r++)
	{
		uint32_t	end = ix->ends[ix->rec[r]];

		if (end < len)
			seen |= buf[end] == '\r' ? PDS_END_CR
				: end > 0 && buf[end - 1] == '\r' ? PDS_END_CRLF : PDS_END_LF;
	}
	return seen;
}

static bool
run(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end,
	PdsScanMode mode)
{
	if (kernel()->run(ix, d, buf, len, at_end, mode) && (!at_end || end_all(ix, len, mode)))
	{
		/*
		 * ends of a record that is not complete are found again, or gone on
		 * with
		 */
		PDS_ASSERT(ix->consumed <= len);
		PDS_ASSERT(mode == PDS_SCAN_COUNT || ix->nrec == 0 || ix->rec[ix->nrec - 1] < ix->nends);
		if (mode == PDS_SCAN_INDEX || !ix->any_cr)
			ix->line_ends = line_ends(ix, buf, len);
		if (mode == PDS_SCAN_INDEX && ix->nrec > 0)
			ix->nends = (size_t) ix->rec[ix->nrec - 1] + 1;
		return true;
	}
	ix->failed = true;
	return false;
}

static void
restart(PdsIndex *ix)
{
	ix->nends = ix->nrec = ix->ncut = ix->consumed = ix->scanned = 0;
	ix->line_ends = 0;
	ix->odd_quotes = ix->any_cr = ix->any_escape = ix->non_ascii = ix->any_nul = false;
	ix->open_quote = ix->failed = false;
	ix->carry = (PdsScanCarry)
	{
		.may_open = 1
	};
	ix->dropped = 0;
}

bool
pds_index_build(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end)
{
	restart(ix);
	return run(ix, d, buf, len, at_end, PDS_SCAN_INDEX);
}

bool
pds_index_continue(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end)
{
	return run(ix, d, buf, len, at_end, PDS_SCAN_INDEX);
}

bool
pds_count_records(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end,
				  uint32_t nfields, bool *regular)
{
	uint32_t	last = nfields - 1;
	uint32_t	wrong = 0;
	size_t		r;

	restart(ix);
	if (!run(ix, d, buf, len, at_end, nfields > 0 ? PDS_SCAN_RECORDS : PDS_SCAN_COUNT))
		return false;
	for (r = 0; nfields > 0 && r < ix->nrec; r++, last += nfields)
		wrong |= ix->rec[r] ^ last;
	*regular = wrong == 0 && !ix->any_cr;
	return true;
}

bool
pds_utf8_valid(const char *buf, size_t len)
{
	return kernel()->utf8_valid(buf, len);
}
