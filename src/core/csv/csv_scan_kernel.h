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
 * QUOTED, the parity of the quotes so far tells what is inside: the running xor of
 * the quote mask.
 *
 * Whether a block has delimiters, quotes or ends cannot be predicted: what
 * most blocks need is done for all of them, without branches.
 */

/* what the case at hand is: constants, for the compiler to write a loop for each */
typedef struct Case
{
	PdsScanMode mode;
	PdsGrammar	grammar;
	bool		escapes;
} Case;

/* how far the run is, and what it has seen */
typedef struct State
{
	uint64_t	inside;			/* these as in PdsScanCarry: in a struct they
								 * would stay in memory */
	uint64_t	escaped;
	uint64_t	may_open;
	size_t		nends;			/* as of the index */
	size_t		nrec;
	size_t		record_start;
	uint64_t	odd;			/* not 0: seen */
	uint64_t	escape_bytes;
	uint64_t	cr;
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

/* The quotes that open or close: escapes count between quotes only. */
static KERNEL_TARGET uint64_t
toggling(uint64_t quote, uint64_t esc, bool inside, uint64_t *carry)
{
	uint64_t	special = quote | esc;
	uint64_t	toggle = 0;
	uint64_t	escaped = *carry;	/* the bit that is protected */

	*carry = 0;
	while (special != 0)
	{
		uint64_t	bit = special & -special;

		special ^= bit;
		if (inside && bit == escaped)
			continue;
		if (quote & bit)
		{
			toggle |= bit;
			inside = !inside;
		}
		else if (inside)
		{
			escaped = bit << 1;
			*carry = bit >> 63;
		}
	}
	return toggle;
}

/*
 * write the positions of the bits of mask; in groups of eight, the rest of the
 * last is of no meaning
 */
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
 * excluded.
 */
static inline __attribute__((always_inline)) KERNEL_TARGET void
kernel_block(State *st, PdsIndex *ix, PdsScanDialect d, const Case c, const char *p, size_t pos,
			 uint64_t valid, uint64_t lf_next)
{
	const bool	quoted = c.grammar == PDS_GRAMMAR_QUOTED;
	Vec64		v = vec_load(p);
	uint64_t	lf = vec_eq(v, '\n') & valid;
	uint64_t	ends = lf;
	uint64_t	fields = 0;
	uint64_t	all;

	if (c.mode == PDS_SCAN_INDEX)
	{
		st->all_or = fold_or(st->all_or, v);
		st->all_min = fold_min(st->all_min, v);
	}
	if (d.lone_cr)
	{
		uint64_t	cr = vec_eq(v, '\r') & valid;

		st->cr |= cr;
		ends |= cr & ~(lf >> 1 | lf_next);
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
				uint64_t	escaped = st->escaped;

				quote = toggling(quote, esc, st->inside != 0, &escaped);
				st->escaped = escaped;
			}
		}
		inside = prefix_xor(quote) ^ st->inside;
		fields &= ~inside;
		ends &= ~inside;
		st->odd |= quote & inside & ~((fields | ends | quote) << 1 | st->may_open);
		st->inside = (uint64_t) ((int64_t) inside >> 63);
		st->may_open = (fields | ends | quote) >> 63;
	}
	all = fields | ends;
	if (c.mode == PDS_SCAN_INDEX)
		put_bits(ix->ends + st->nends, all, (uint32_t) pos);
	if (c.mode != PDS_SCAN_COUNT)
	{
		put_records(ix->rec + st->nrec, all, ends, (uint32_t) st->nends);
		st->nends += (size_t) __builtin_popcountll(all);
	}
	st->nrec += (size_t) __builtin_popcountll(ends);
	st->record_start = ends ? pos + 64 - (size_t) __builtin_clzll(ends) : st->record_start;
}

/* Of the last block's bytes, of which there are `here`: a CR may still become a CRLF. */
static inline __attribute__((always_inline)) KERNEL_TARGET void
kernel_tail(State *st, PdsIndex *ix, PdsScanDialect d, const Case c, const char *p, size_t pos,
			size_t here, bool at_end)
{
	char		tail[64];

	memcpy(tail, p, here);
	memset(tail + here, ' ', 64 - here);
	kernel_block(st, ix, d, c, tail, pos, ~UINT64_C(0) >> (64 - here),
				 at_end ? 0 : UINT64_C(1) << (here - 1));
}

static inline __attribute__((always_inline)) KERNEL_TARGET bool
kernel_run(PdsIndex *ix, const PdsScanDialect *dialect, const char *buf, size_t len, bool at_end,
		   const Case c)
{
	/* a copy that the index written to cannot change */
	const PdsScanDialect d = *dialect;
	State		st = {
		.inside = ix->carry.inside, .escaped = ix->carry.escaped, .may_open = ix->carry.may_open,
		.nends = ix->nends, .all_or = fold_spaces(), .all_min = fold_spaces()
	};
	size_t		pos = ix->scanned;

	while (pos < len)
	{
		size_t		upto = len - pos < PDS_SCAN_SEGMENT ? len : pos + PDS_SCAN_SEGMENT;
		size_t		before = st.nrec;

		ix->nends = st.nends;
		ix->nrec = st.nrec;
		if (c.mode != PDS_SCAN_COUNT &&
			!pds_index_room(ix, c.mode == PDS_SCAN_INDEX ? PDS_SCAN_SEGMENT + 8 : 0,
							PDS_SCAN_SEGMENT + 2))
			return false;
		for (; upto - pos >= 64 && pos + 64 < len; pos += 64)
			kernel_block(&st, ix, d, c, buf + pos, pos, ~UINT64_C(0),
						 (uint64_t) (buf[pos + 64] == '\n') << 63);
		ix->carry = (PdsScanCarry)
		{
			st.inside, st.escaped, st.may_open
		};
		ix->scanned = pos;
		ix->nends = st.nends;
		if (pos < upto)
		{
			kernel_tail(&st, ix, d, c, buf + pos, pos, upto - pos, at_end);
			pos = upto;
			/* without a record this block is looked at once more */
			if (st.nrec > 0 || at_end)
				ix->nends = st.nends;
		}
		ix->nrec = st.nrec;
		if (c.mode == PDS_SCAN_INDEX && !pds_index_trim(ix, before))
			return false;
		st.nends = ix->nends;
	}
	ix->non_ascii |= fold_non_ascii(st.all_or);
	ix->any_nul |= fold_nul(st.all_min);
	ix->odd_quotes |= st.odd != 0;
	ix->any_escape |= st.escape_bytes != 0;
	ix->any_cr |= st.cr != 0;
	if (at_end)
		ix->carry.inside = st.inside;
	ix->consumed = st.record_start;
	return true;
}

static inline __attribute__((always_inline))
Case
kernel_case(PdsScanMode mode, PdsGrammar grammar, bool escapes)
{
	Case		c = {mode, grammar, escapes};

	return c;
}

static inline __attribute__((always_inline)) KERNEL_TARGET
bool
kernel_mode(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end,
			const PdsScanMode mode)
{
#define CASE(grammar, escapes) kernel_run(ix, d, buf, len, at_end, kernel_case(mode, grammar, escapes))

	if (d->grammar == PDS_GRAMMAR_RAWLINES)
		return CASE(PDS_GRAMMAR_RAWLINES, false);
	if (d->grammar == PDS_GRAMMAR_LINES && d->escape != 0)
		return CASE(PDS_GRAMMAR_LINES, true);
	if (d->grammar == PDS_GRAMMAR_LINES)
		return CASE(PDS_GRAMMAR_LINES, false);
	if (d->escape != 0 && d->escape != d->quote)
		return CASE(PDS_GRAMMAR_QUOTED, true);
	return CASE(PDS_GRAMMAR_QUOTED, false);
#undef CASE
}

KERNEL_TARGET bool
KERNEL_NAME(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end,
			PdsScanMode mode)
{
	switch (mode)
	{
		case PDS_SCAN_COUNT:
			return kernel_mode(ix, d, buf, len, at_end, PDS_SCAN_COUNT);
		case PDS_SCAN_RECORDS:
			return kernel_mode(ix, d, buf, len, at_end, PDS_SCAN_RECORDS);
		default:
			return kernel_mode(ix, d, buf, len, at_end, PDS_SCAN_INDEX);
	}
}
