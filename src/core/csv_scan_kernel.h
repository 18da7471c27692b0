/*
 * csv_scan_kernel.h
 *	  The vector kernel, included once for each instruction set.
 *
 * The includer defines
 *		KERNEL_NAME, KERNEL_TARGET (a function attribute or nothing),
 *		Vec64 (64 bytes), vec_load, vec_eq (64-bit mask of equal bytes),
 *		vec_or, vec_high_bits (mask of bytes >= 0x80), prefix_xor.
 *
 * 64 bytes become bit masks: delimiters, line ends, quotes, escapes.  For
 * QUOTED, the parity of the quotes so far tells what is inside (the running
 * xor of the quote mask); a quote that opens must follow a delimiter, a record
 * end or a quote.  One that does not is data, and everything after it is
 * uncertain: the record goes to the reference machine and the kernel goes on
 * after it.
 */

typedef struct State
{
	uint64_t	inside;			/* all ones when the next block begins inside quotes */
	uint64_t	escaped;		/* 1: the next byte is protected */
	uint64_t	may_open;		/* 1: a quote at the next byte may open a field */
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

/* write the positions of the bits of mask */
static inline __attribute__((always_inline)) KERNEL_TARGET void
put_bits(uint32_t *out, uint64_t mask, uint32_t base)
{
	while (mask)
	{
		int			k;

		for (k = 0; k < 8; k++)
		{
			out[k] = base + (uint32_t) __builtin_ctzll(mask | UINT64_C(1) << 63);
			mask &= mask - (mask != 0);
		}
		out += 8;
	}
}

static inline __attribute__((always_inline)) KERNEL_TARGET bool
kernel_run(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end,
		   const bool count, const PdsGrammar grammar, const bool escapes, const bool lone_cr)
{
	const bool	quoted = grammar == PDS_GRAMMAR_QUOTED;
	State		st = {0, 0, 1};
	size_t		pos = 0;
	size_t		record_start = 0;
	uint64_t	seen_high = 0;
	uint64_t	seen_nul = 0;
	uint64_t	seen_quote = 0;
	uint64_t	seen_escape = 0;
	char		tail[64];

	while (pos < len)
	{
		size_t		here = len - pos < 64 ? len - pos : 64;
		const char *p = buf + pos;
		Vec64		v;
		uint64_t	valid = ~UINT64_C(0);
		uint64_t	lf;
		uint64_t	ends;
		uint64_t	fields = 0;
		uint64_t	stray = 0;
		uint64_t	all;

		if (here < 64)
		{
			memcpy(tail, p, here);
			memset(tail + here, ' ', 64 - here);
			p = tail;
			valid = (UINT64_C(1) << here) - 1;
		}
		v = vec_load(p);
		seen_high |= vec_high_bits(v);
		seen_nul |= vec_eq(v, '\0');
		lf = vec_eq(v, '\n') & valid;
		ends = lf;
		if (lone_cr)
		{
			uint64_t	cr = vec_eq(v, '\r');

			if (cr)
			{
				uint64_t	next_lf = lf >> 1;

				if (here == 64 && pos + 64 < len)
					next_lf |= (uint64_t) (buf[pos + 64] == '\n') << 63;
				else if (!at_end)
					next_lf |= UINT64_C(1) << (here - 1);	/* not known yet */
				ends |= cr & ~next_lf & valid;
			}
		}
		if (grammar != PDS_GRAMMAR_RAWLINES)
			fields = vec_eq(v, d->delimiter) & valid;
		if (grammar == PDS_GRAMMAR_LINES && escapes)
		{
			uint64_t	esc = vec_eq(v, d->escape) & valid;

			seen_escape |= esc;
			if (esc | st.escaped)
				fields &= ~find_escaped(esc, &st.escaped);
		}
		if (quoted)
		{
			uint64_t	quote = vec_eq(v, d->quote) & valid;

			if (escapes)
			{
				uint64_t	esc = vec_eq(v, d->escape) & valid;

				seen_escape |= esc;
				if (esc | st.escaped)
				{
					uint64_t	escaped = find_escaped(esc, &st.escaped);

					quote &= ~escaped;
					/* outside quotes an escape is data: leave it to the reference */
					stray = esc & ~(prefix_xor(quote) ^ st.inside);
				}
			}
			seen_quote |= quote;
			if (quote | st.inside)
			{
				uint64_t	inside = prefix_xor(quote) ^ st.inside;
				uint64_t	opening = quote & inside;

				fields &= ~inside;
				ends &= ~inside;
				stray |= opening & ~((fields | ends | quote) << 1 | st.may_open);
				st.inside = (uint64_t) ((int64_t) inside >> 63);
			}
			st.may_open = (fields | ends | quote) >> 63;
			if (stray)
			{
				/* what stands before the first stray byte is right */
				uint64_t	before = (stray & -stray) - 1;

				fields &= before;
				ends &= before;
			}
		}
		all = fields | ends;
		if (!count && all)
		{
			uint64_t	e = ends;

			if (!pds_index_room(ix, 72, 64))
				return false;
			put_bits(ix->ends + ix->nends, all, (uint32_t) pos);
			while (e)
			{
				uint64_t	below = (e & -e) - 1;

				ix->rec[ix->nrec++] = (uint32_t) ix->nends +
					(uint32_t) __builtin_popcountll(all & below);
				e &= e - 1;
			}
			ix->nends += (size_t) __builtin_popcountll(all);
		}
		else if (count)
			ix->nrec += (size_t) __builtin_popcountll(ends);
		if (ends)
			record_start = pos + 64 - (size_t) __builtin_clzll(ends);
		if (quoted && stray)
		{
			size_t		next;

			/* the record with the stray byte again, by the reference */
			if (!count)
				ix->nends = ix->nrec ? ix->rec[ix->nrec - 1] + 1 : 0;
			if (!pds_scan_record(ix, d, buf, record_start, len, at_end, count, &next))
				return false;
			if (next == 0)
				break;
			pds_scan_note(ix, d, buf + pos, next - pos);
			if (!count)
			{
				if (!pds_index_room(ix, 0, 1))
					return false;
				ix->rec[ix->nrec] = (uint32_t) ix->nends - 1;
			}
			ix->nrec++;
			record_start = pos = next;
			st = (State) {0, 0, 1};
			continue;
		}
		pos += here;
	}
	ix->non_ascii |= seen_high != 0;
	ix->any_nul |= seen_nul != 0;
	ix->any_quote |= seen_quote != 0;
	ix->any_escape |= seen_escape != 0;
	if (at_end && record_start < len && pos >= len)
	{
		/* the last record has no end */
		ix->open_quote = quoted && st.inside != 0;
		if (!count)
		{
			if (!pds_index_room(ix, 1, 1))
				return false;
			ix->ends[ix->nends++] = (uint32_t) len;
			ix->rec[ix->nrec] = (uint32_t) ix->nends - 1;
		}
		ix->nrec++;
		record_start = len;
	}
	if (!count)
		ix->nends = ix->nrec ? ix->rec[ix->nrec - 1] + 1 : 0;
	ix->consumed = record_start;
	return true;
}

KERNEL_TARGET bool
KERNEL_NAME(PdsIndex *ix, const PdsScanDialect *d, const char *buf, size_t len, bool at_end,
			bool count)
{
	bool		cr = d->lone_cr;

	/* constants make the compiler write a loop for each case */
#define CASE(grammar, escapes) \
	(count ? kernel_run(ix, d, buf, len, at_end, true, grammar, escapes, cr) \
	 : kernel_run(ix, d, buf, len, at_end, false, grammar, escapes, cr))

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
