/*
 * csv_scan_kernel.h
 *	  The vector kernel, included once for each instruction set.
 *
 * The includer defines
 *		KERNEL_NAME, KERNEL_TARGET (a function attribute or nothing),
 *		Vec64 (64 bytes), vec_load, vec_eq (64-bit mask of equal bytes),
 *		VecFold (some of the bytes), fold_or and fold_min (64 bytes into one, byte
 *		by byte), fold_spaces, fold_non_ascii and fold_nul (is there such a byte?),
 *		prefix_xor, lowest_bit (of 0: anything).
 *
 * 64 bytes become bit masks: delimiters, line ends, quotes, escapes.  For
 * QUOTED, the parity of the quotes so far tells what is inside (the running
 * xor of the quote mask); a quote that opens must follow a delimiter, a record
 * end or a quote.  One that does not is data, and everything after it is
 * uncertain: the record goes to the reference machine and the kernel goes on
 * after it.
 *
 * Whether a block has delimiters, quotes or ends cannot be predicted: what
 * most blocks need is done for all of them, without branches.
 */

/* bytes between two looks at the room in the index */
#define SEGMENT 4096

/* what the case at hand is: constants, for the compiler to write a loop for each */
typedef struct Case
{
	bool		count;
	PdsGrammar	grammar;
	bool		escapes;
} Case;

/* how far the run is, what it carries from one block to the next, and what it has seen */
typedef struct State
{
	uint64_t	inside;			/* all ones when the next block begins inside
								 * quotes */
	uint64_t	escaped;		/* 1: the next byte is protected */
	uint64_t	may_open;		/* 1: a quote at the next byte may open a
								 * field */
	uint64_t	after_end;		/* 1: a record begins at the next byte */
	uint64_t	after_cr;		/* 1: ... or did at the CR before it */
	size_t		nends;			/* as of the index */
	size_t		nrec;
	size_t		record_start;
	uint64_t	quotes;			/* not 0: seen */
	uint64_t	escape_bytes;
	uint64_t	blank;
	VecFold		all_or;			/* not when counting */
	VecFold		all_min;
} State;

/* bytes that follow an odd run of escapes */
static inline __attribute__((always_inline)) KERNEL_TARGET uint64_t
find_escaped(uint64_t esc, uint64_t *carry)
{
	const uint64_t even = UINT64_C(0x5555555555555555);
	uint64_t	follows;
	uint64_t	odd_starts;
	uint64_t	sequences;
	uint64_t	overflow;

	esc &= ~*carry;
	follows = esc << 1 | *carry;
	odd_starts = esc & ~even & ~follows;
	overflow = __builtin_add_overflow(odd_starts, esc, &sequences);
	*carry = overflow;
	return (even ^ (sequences << 1)) & follows;
}

/* write the positions of the bits of mask; in groups of eight, the rest of the last is of no meaning */
static inline __attribute__((always_inline)) KERNEL_TARGET void
put_bits(uint32_t *out, uint64_t mask, uint32_t base)
{
#define PUT(k) out[k] = base + lowest_bit(mask), mask &= mask - 1
	do
	{
		PUT(0);
		PUT(1);
		PUT(2);
		PUT(3);
		PUT(4);
		PUT(5);
		PUT(6);
		PUT(7);
		out += 8;
	} while (__builtin_expect(mask != 0, 0));
#undef PUT
}

/* which of the delimiters and ends, of which n were found before, end records */
static inline __attribute__((always_inline)) KERNEL_TARGET void
put_records(uint32_t *out, uint64_t all, uint64_t ends, uint32_t n)
{
	do
	{
		*out++ = n + (uint32_t) __builtin_popcountll(all & ((ends & -ends) - 1));
		ends &= ends - 1;
	} while (__builtin_expect(ends != 0, 0));
}

/*
 * One block at p, which is at pos; valid: which of its bytes there are.
 * lf_next: bit 63 or that of the last byte, when an LF follows or cannot be
 * excluded.  Not 0: stray bytes, before the first of which all is right.
 */
static inline __attribute__((always_inline)) KERNEL_TARGET uint64_t
kernel_block(State *st, PdsIndex *ix, PdsScanDialect d, const Case c, const char *p, size_t pos,
			 uint64_t valid, uint64_t lf_next)
{
	const bool	quoted = c.grammar == PDS_GRAMMAR_QUOTED;
	Vec64		v = vec_load(p);
	uint64_t	ends = vec_eq(v, '\n') & valid;
	uint64_t	fields = 0;
	uint64_t	stray = 0;
	uint64_t	cr = 0;
	uint64_t	all;

	if (!c.count)
	{
		st->all_or = fold_or(st->all_or, v);
		st->all_min = fold_min(st->all_min, v);
	}
	if (d.lone_cr || c.count)
	{
		cr = vec_eq(v, '\r');
		if (d.lone_cr)
			ends |= cr & ~(ends >> 1 | lf_next) & valid;
	}
	if (c.grammar != PDS_GRAMMAR_RAWLINES)
		fields = vec_eq(v, d.delimiter) & valid;
	if (c.grammar == PDS_GRAMMAR_LINES && c.escapes)
	{
		uint64_t	esc = vec_eq(v, d.escape) & valid;

		st->escape_bytes |= esc;
		if (esc | st->escaped)
			fields &= ~find_escaped(esc, &st->escaped);
	}
	if (quoted)
	{
		uint64_t	quote = vec_eq(v, d.quote) & valid;
		uint64_t	inside;

		if (c.escapes)
		{
			uint64_t	esc = vec_eq(v, d.escape) & valid;

			st->escape_bytes |= esc;
			if (esc | st->escaped)
			{
				quote &= ~find_escaped(esc, &st->escaped);
				/* outside quotes an escape is data: leave it to the reference */
				stray = esc & ~(prefix_xor(quote) ^ st->inside);
			}
		}
		st->quotes |= quote;
		inside = prefix_xor(quote) ^ st->inside;
		fields &= ~inside;
		ends &= ~inside;
		stray |= quote & inside & ~((fields | ends | quote) << 1 | st->may_open);
		st->inside = (uint64_t) ((int64_t) inside >> 63);
		st->may_open = (fields | ends | quote) >> 63;
		if (__builtin_expect(stray != 0, 0))
		{
			uint64_t	before = (stray & -stray) - 1;

			fields &= before;
			ends &= before;
		}
	}
	all = fields | ends;
	if (c.count)
	{
		uint64_t	starts = ends << 1 | st->after_end;

		st->blank |= ends & (starts | (cr & starts) << 1 | st->after_cr);
		st->after_end = ends >> 63;
		st->after_cr = (cr & starts) >> 63;
	}
	else
	{
		put_bits(ix->ends + st->nends, all, (uint32_t) pos);
		put_records(ix->rec + st->nrec, all, ends, (uint32_t) st->nends);
		st->nends += (size_t) __builtin_popcountll(all);
	}
	st->nrec += (size_t) __builtin_popcountll(ends);
	st->record_start = ends ? pos + 64 - (size_t) __builtin_clzll(ends) : st->record_start;
	return stray;
}

/* The record with the stray byte again, by the reference.  *next 0: it is not complete. */
static KERNEL_TARGET bool
kernel_stray(State *st, PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t pos,
			 size_t len, bool at_end, bool count, size_t *next)
{
	ix->nends = count || st->nrec == 0 ? 0 : ix->rec[st->nrec - 1] + 1;
	ix->nrec = st->nrec;
	if (!pds_scan_record(ix, d, buf, st->record_start, len, at_end, count, next))
		return false;
	st->nends = ix->nends;
	if (*next == 0)
		return true;
	pds_scan_note(ix, d, buf + pos, *next - pos);
	if (!count)
		ix->rec[st->nrec] = (uint32_t) ix->nends - 1;
	st->nrec++;
	st->record_start = *next;
	st->inside = st->escaped = st->after_cr = 0;
	st->may_open = st->after_end = 1;
	return true;
}

static inline __attribute__((always_inline)) KERNEL_TARGET bool
kernel_run(PdsIndex *ix, const PdsScanDialect *dialect, const char *buf, size_t len, bool at_end,
		   const Case c)
{
	/* a copy that the index written to cannot change */
	const PdsScanDialect d = *dialect;
	State		st = {.may_open = 1, .after_end = 1, .all_or = fold_spaces(), .all_min = fold_spaces()};
	size_t		pos = 0;

	while (pos < len)
	{
		size_t		upto = len - pos < SEGMENT ? len : pos + SEGMENT;
		uint64_t	stray = 0;
		size_t		next;

		ix->nends = st.nends;
		ix->nrec = st.nrec;
		if (!c.count && !pds_index_room(ix, SEGMENT + 8, SEGMENT + 2))
			return false;
		for (; upto - pos >= 64 && pos + 64 < len; pos += 64)
		{
			stray = kernel_block(&st, ix, d, c, buf + pos, pos, ~UINT64_C(0),
								 (uint64_t) (buf[pos + 64] == '\n') << 63);
			if (__builtin_expect(stray != 0, 0))
				break;
		}
		if (stray == 0 && pos < upto)
		{
			/* the last bytes */
			size_t		here = upto - pos;
			char		tail[64];

			memcpy(tail, buf + pos, here);
			memset(tail + here, ' ', 64 - here);
			stray = kernel_block(&st, ix, d, c, tail, pos, ~UINT64_C(0) >> (64 - here),
								 at_end ? 0 : UINT64_C(1) << (here - 1));
			if (stray == 0)
				pos = upto;
		}
		if (stray != 0)
		{
			/*
			 * a copy whose address is taken: the state itself stays in
			 * registers
			 */
			State		slow = st;

			if (!kernel_stray(&slow, ix, &d, buf, pos, len, at_end, c.count, &next))
				return false;
			st = slow;
			if (next == 0)
				break;
			pos = next;
		}
	}
	ix->nends = st.nends;
	ix->nrec = st.nrec;
	ix->non_ascii |= fold_non_ascii(st.all_or);
	ix->any_nul |= fold_nul(st.all_min);
	ix->maybe_blank |= st.blank != 0;
	ix->any_quote |= st.quotes != 0;
	ix->any_escape |= st.escape_bytes != 0;
	if (at_end && st.record_start < len && pos >= len)
	{
		/* the last record has no end */
		ix->open_quote = c.grammar == PDS_GRAMMAR_QUOTED && st.inside != 0;
		if (!c.count)
		{
			if (!pds_index_room(ix, 1, 1))
				return false;
			ix->ends[ix->nends++] = (uint32_t) len;
			ix->rec[ix->nrec] = (uint32_t) ix->nends - 1;
		}
		ix->nrec++;
		st.record_start = len;
	}
	if (!c.count)
		ix->nends = ix->nrec ? ix->rec[ix->nrec - 1] + 1 : 0;
	ix->consumed = st.record_start;
	return true;
}

static inline __attribute__((always_inline))
Case
kernel_case(bool count, PdsGrammar grammar, bool escapes)
{
	Case		c = {count, grammar, escapes};

	return c;
}

KERNEL_TARGET bool
KERNEL_NAME(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end,
			bool count)
{
#define CASE(grammar, escapes) \
	(count ? kernel_run(ix, d, buf, len, at_end, kernel_case(true, grammar, escapes)) \
	 : kernel_run(ix, d, buf, len, at_end, kernel_case(false, grammar, escapes)))

	if (d->grammar == PDS_GRAMMAR_RAWLINES)
		return CASE(PDS_GRAMMAR_RAWLINES, false);
	if (d->grammar == PDS_GRAMMAR_LINES && d->escape != 0)
		return CASE(PDS_GRAMMAR_LINES, true);
	if (d->grammar == PDS_GRAMMAR_LINES || d->quote == 0)
		return CASE(PDS_GRAMMAR_LINES, false);
	if (d->escape != 0 && d->escape != d->quote)
		return CASE(PDS_GRAMMAR_QUOTED, true);
	return CASE(PDS_GRAMMAR_QUOTED, false);
#undef CASE
}
