/*
 * csv_scan.h
 *	  The structure index of delimited text: where fields and records end.
 *
 * One pass over a stretch of bytes that begins at the start of a record finds
 * every delimiter and record end that is structure and not data.  Values are
 * cut out later, and only those that are needed.
 *
 * Kernels: AVX2 with carry-less multiply (chosen at run time), SSE2, NEON, and
 * scalar code that is the reference the others are tested against.
 *
 * Grammars
 *	 LINES	 (lazysimple) records end at LF, CRLF or a lone CR, always; a
 *			 delimiter is data only when the escape byte precedes it.
 *	 RAWLINES (opencsv) only record ends are found; serde.c parses the line.
 *	 QUOTED	 (csv, Athena results) what COPY ... (FORMAT csv) reads: a quote opens
 *			 and closes anywhere in a field, and delimiters and line ends between
 *			 quotes are data.  With escape different from quote, the escape
 *			 protects the next byte between quotes.
 */
#ifndef PDS_CORE_CSV_SCAN_H
#define PDS_CORE_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum PdsGrammar
{
	PDS_GRAMMAR_LINES, PDS_GRAMMAR_RAWLINES, PDS_GRAMMAR_QUOTED
} PdsGrammar;

typedef struct PdsScanDialect
{
	PdsGrammar	grammar;
	char		delimiter;
	char		quote;			/* QUOTED only, which has one */
	char		escape;			/* 0: none; QUOTED: equal to quote is the
								 * usual */
	bool		lone_cr;		/* a CR not before LF ends a record */

	/* of these the index knows nothing; QUOTED: csv_states.h, and reader.c */
	char		comment;		/* a line that begins with it where a record
								 * would is none; 0: there are no comments */
	int			skip_lines;		/* lines before the first record */
} PdsScanDialect;

/* How records end: bits of PdsIndex.line_ends. */
#define PDS_END_LF		1
#define PDS_END_CRLF	2
#define PDS_END_CR		4

/* What the block of bytes before leaves to the next one. */
typedef struct PdsScanCarry
{
	uint64_t	inside;			/* all ones when the next byte is between
								 * quotes */
	uint64_t	escaped;		/* 1: the next byte is protected */
	uint64_t	may_open;		/* 1: a quote at the next byte begins a field,
								 * or is doubled */
} PdsScanCarry;

/* a record of which not all ends were kept */
typedef struct PdsCutRecord
{
	size_t		record;
	uint32_t	dropped;
} PdsCutRecord;

/*
 * The index of one stretch.  ends[] holds the offsets of the structural bytes
 * (delimiters and record ends) in order; rec[r] is the ordinal in ends[] of
 * the end of record r.  Field f of record r spans
 *		from (rec[r-1]+1+f == 0 ? 0 : ends[rec[r-1]+f] + 1 [+1 after CRLF])
 *		to	 ends[rec[r-1]+1+f]
 * use the inline functions below.  A record end at CRLF is recorded at its LF
 * when the CR precedes it: the CR is stripped by pds_field_span.
 *
 * Of a record longer than a few kilobytes only the first `keep` ends and its own
 * end are kept, so that the index is bounded whatever a record holds.
 */
typedef struct PdsIndex
{
	uint32_t   *ends;
	size_t		nends;
	size_t		ends_cap;
	uint32_t   *rec;
	size_t		nrec;			/* complete records */
	size_t		rec_cap;
	size_t		consumed;		/* bytes up to and including the last record
								 * end */
	uint32_t	keep;			/* set by the caller: ends wanted of a record;
								 * 0: all */
	PdsCutRecord *cut;			/* records of which some were dropped,
								 * ascending */
	size_t		ncut;
	size_t		cut_cap;
	uint8_t		line_ends;		/* how the records end */
	bool		odd_quotes;		/* some quote opens elsewhere than where a
								 * field begins */
	bool		any_cr;			/* some CR was seen, if one may end a record */
	bool		any_escape;		/* some escape byte was seen */
	bool		non_ascii;		/* some byte >= 0x80 was seen */
	bool		any_nul;		/* some NUL byte was seen */
	bool		open_quote;		/* at_end: a quoted field was never closed */
	bool		failed;			/* out of memory */

	/* private: where to go on when no record was complete */
	size_t		scanned;
	PdsScanCarry carry;
	uint32_t	dropped;		/* of the record that is not complete */
} PdsIndex;

extern void pds_index_init(PdsIndex *ix);
extern void pds_index_free(PdsIndex *ix);

/*
 * Index buf[0..len), which begins at a record start.  PDS_SLICE_PADDING bytes
 * after buf+len may be read.  len < 4 GB.  at_end: no more bytes will follow,
 * so an unterminated last record is complete (ends[] then holds len for it;
 * no record when the last byte was a record end).  Without at_end, bytes after
 * ix->consumed are given again at the front of the next stretch; a CR as the
 * very last byte is not yet a record end.  False: out of memory.
 */
extern bool pds_index_build(PdsIndex *ix, const PdsScanDialect *d,
							const char *buf, size_t len, bool at_end);

/*
 * The same when pds_index_build found no complete record in the same bytes, and more have come
 * behind them: looks at those only.
 */
extern bool pds_index_continue(PdsIndex *ix, const PdsScanDialect *d,
							   const char *buf, size_t len, bool at_end);

/*
 * Count records by the same rules without their ends: ix->nrec, consumed and line_ends.
 * nfields > 0: *regular tells whether all of them are known to have so many fields, and to end in
 * one way.  False: out of memory.
 */
extern bool pds_count_records(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len,
							  bool at_end, uint32_t nfields, bool *regular);

/* ends dropped of record r */
extern uint32_t pds_index_dropped(const PdsIndex *ix, size_t r);

/* number of fields of record r */
static inline uint32_t
pds_record_nfields(const PdsIndex *ix, size_t r)
{
	return ix->rec[r] - (r == 0 ? (uint32_t) -1 : ix->rec[r - 1]) +
		(ix->ncut > 0 ? pds_index_dropped(ix, r) : 0);
}

/*
 * Raw bytes of field f (one of those kept) of record r: [*start, *end), quotes
 * included, the CR of a CRLF record end excluded.
 */
static inline void
pds_field_span(const PdsIndex *ix, const char *buf, size_t r, uint32_t f,
			   uint32_t *start, uint32_t *end)
{
	uint32_t	base = (r == 0) ? 0 : ix->rec[r - 1] + 1;
	uint32_t	ord = base + f;

	*start = (ord == 0) ? 0 : ix->ends[ord - 1] + 1;
	*end = ix->ends[ord];
	if (ord == ix->rec[r] && *end > *start && buf[*end] == '\n' && buf[*end - 1] == '\r')
		(*end)--;
}

/* where record r ends, its line end not included */
static inline uint32_t
pds_record_end(const PdsIndex *ix, const char *buf, size_t r)
{
	uint32_t	end = ix->ends[ix->rec[r]];

	return end > 0 && buf[end] == '\n' && buf[end - 1] == '\r' ? end - 1 : end;
}

/* where record r begins */
static inline uint32_t
pds_record_start(const PdsIndex *ix, size_t r)
{
	return r == 0 ? 0 : ix->ends[ix->rec[r - 1]] + 1;
}

/* is the record empty (a blank line)? */
static inline bool
pds_record_blank(const PdsIndex *ix, const char *buf, size_t r)
{
	uint32_t	start,
				end;

	if (pds_record_nfields(ix, r) != 1)
		return false;
	pds_field_span(ix, buf, r, 0, &start, &end);
	return start == end;
}

/* kernels, for tests and benchmarks: "scalar", "sse2", "avx2", "neon" */
extern const char *pds_scan_kernel(void);
extern bool pds_scan_set_kernel(const char *name);	/* false: not on this
													 * machine */

/* Is buf valid UTF-8 (as PostgreSQL and Unicode define it)?  By the kernel's instructions. */
extern bool pds_utf8_valid(const char *buf, size_t len);

#endif							/* PDS_CORE_CSV_SCAN_H */
