/*
 * infer_dialect.c
 *	  Delimiter, quote and escape of delimited text.
 *
 * Every candidate reads the beginning of the samples with the engine itself.
 * A candidate is good when its records have the same number of fields, several
 * of them, and when the fields look like values: numbers, times, text in
 * quotes or without another delimiter in it.  (Counting characters, as crawlers do,
 * takes the commas of a text for delimiters.)
 */
#include "core/infer/infer_internal.h"

#include <string.h>

/* of each sample, what candidates read */
#define SNIFF_BYTES		(128 * 1024)
/* of all of them */
#define SNIFF_SAMPLES	4
#define SNIFF_RECORDS	2000
#define MAX_FIELDS		2000
/* share of records with the usual number of fields, below which a candidate is none */
#define MIN_ALIKE		0.6
/* share of records of two numbers of fields, for a table whose records are of both kinds */
#define MIN_TWO_KINDS	0.9
/* ... and what that is worth beside records that are all alike */
#define TWO_KINDS_WORTH	0.8
/*
 * ... and what it is worth when records leave fields out at their end, at most
 * half of the header's
 */
#define SHORT_WORTH		0.65

static const char delimiters[] = {',', '\t', ';', '|', '\001', '^', '~'};

typedef struct Score
{
	int			records;
	/* of the text at hand */
	int			nfields[SNIFF_RECORDS]; /* by record */
	int			nrecords;
	int			counts[MAX_FIELDS + 1]; /* records by number of fields */
	/* of all, without what stands before their tables */
	int			tables[MAX_FIELDS + 1]; /* records by the usual number of
										 * their text */
	double		alike;			/* records with the usual number of their text */
	int			table_records;
	int			odd_first;		/* texts whose first record has another number */
	int			texts;
	int			fields;			/* cells looked at */
	int			clean;			/* that look like a value */
	int			good_quotes;
	int			bad_quotes;
	bool		open_quote;		/* a quote that never ends */
	double		score;
	int			ncolumns;
} Score;

/* a field that begins with the quote: does it end with it, and only there? */
static bool
is_well_quoted(const PdsDialect *d, const char *p, size_t n)
{
	bool		escapes = d->escape != 0 && d->escape != d->quote;
	size_t		i;

	if (n < 2)
		return false;
	for (i = 1; i < n; i++)
	{
		if (escapes && p[i] == d->escape)
			i++;
		else if (p[i] == d->quote)
		{
			if (i + 1 == n)
				return true;
			if (p[i + 1] != d->quote)
				return false;
			i++;
		}
	}
	return false;
}

/* no other delimiter in it, no quote in front */
static bool
clean_text(const PdsDialect *d, const char *p, size_t n)
{
	size_t		i;

	if (p[0] == '"')
		return false;
	for (i = 0; i < n; i++)
		if (p[i] == ';' || p[i] == '|' || p[i] == '\t' || p[i] == '\001')
			return d->escape != 0 && d->quote == 0 && i > 0 && p[i - 1] == d->escape;
	return true;
}

static void
score_field(const PdsDialect *d, const char *p, size_t n, Score *s)
{
	PdsCell		cell;

	s->fields++;
	if (n > 0 && d->quote != 0 && p[0] == d->quote)
	{
		if (is_well_quoted(d, p, n))
		{
			s->good_quotes++;
			s->clean++;
		}
		else
			s->bad_quotes++;
		return;
	}
	if (n > 0)
	{
		pds_cell_classify(p, n, &cell);
		if (cell.can == 0 && !clean_text(d, p, n))
			return;
	}
	s->clean++;
}

static void
score_record(const PdsDialect *d, const PdsText *t, size_t r, Score *s)
{
	uint32_t	nf = pds_record_nfields(&t->ix, r);
	uint32_t	f;

	if (pds_record_blank(&t->ix, t->buf, r))
		return;
	s->records++;
	s->nfields[s->nrecords++] = nf > MAX_FIELDS ? MAX_FIELDS : (int) nf;
	for (f = 0; f < nf && f < MAX_FIELDS; f++)
	{
		uint32_t	start;
		uint32_t	end;

		pds_field_span(&t->ix, t->buf, r, f, &start, &end);
		score_field(d, t->buf + start, end - start, s);
	}
}

/* the most frequent number of fields but `other`; 0: there is none */
static int
most_frequent(const Score *s, int other)
{
	int			best = 0;
	int			i;

	for (i = 1; i <= MAX_FIELDS; i++)
		if (i != other && s->counts[i] > s->counts[best])
			best = i;
	return best;
}

/*
 * Records of two kinds are alike as far as the header is one of them; those that leave fields out
 * at their end, where none has more than the header.  Then its fields are the columns: *alike grows
 * to what that is worth.
 */
static bool
is_ragged_table(const Score *s, int first, int usual, double *alike)
{
	int			header = s->nfields[first];
	int			n = s->nrecords - first;
	int			second = most_frequent(s, usual);
	int			half = 0;
	int			most_short;
	double		worth = 0;
	int			i;

	if (usual > 1 && second > 1 && (header == usual || header == second) &&
		usual - second <= 2 && second - usual <= 2 &&
		s->counts[usual] + s->counts[second] >= MIN_TWO_KINDS * n)
		worth = TWO_KINDS_WORTH * (s->counts[usual] + s->counts[second]);
	else if (header > 2)
	{
		for (i = first; i < s->nrecords && s->nfields[i] <= header; i++)
			half += s->nfields[i] * 2 >= header;

		/*
		 * one line of a few words, such as a total's, is nothing in a small
		 * file, too
		 */
		most_short = n >= 5 && (1 - MIN_TWO_KINDS) * n < 1 ? 1 : (int) ((1 - MIN_TWO_KINDS) * n);
		if (i == s->nrecords && n - half <= most_short)
			worth = SHORT_WORTH * n;
	}
	if (worth <= *alike)
		return false;
	*alike = worth;
	return true;
}

/*
 * One text: how many of its records are alike.  Titles and comments before its
 * table do not count.
 */
static void
add_text(Score *s)
{
	int			first = 0;
	int			usual;
	double		alike;
	int			i;

	if (s->nrecords == 0)
		return;
	memset(s->counts, 0, sizeof(s->counts));
	for (i = 0; i < s->nrecords; i++)
		s->counts[s->nfields[i]]++;
	usual = most_frequent(s, 0);
	while (first < s->nrecords - 1 && first < PDS_INFER_PREAMBLE &&
		   pds_infer_is_title(s->nfields[first], usual))
		s->counts[s->nfields[first++]]--;
	alike = s->counts[usual];
	if (alike < MIN_TWO_KINDS * (s->nrecords - first) && is_ragged_table(s, first, usual, &alike))
		usual = s->nfields[first];
	s->alike += alike;
	s->table_records += s->nrecords - first;
	s->tables[usual] += s->nrecords - first;
	s->texts++;
	s->odd_first += s->nfields[first] != usual;
	s->nrecords = 0;
}

static void
add_up(Score *s)
{
	int			usual = 0;
	double		alike;
	double		clean;
	int			i;

	s->score = 0;
	s->ncolumns = 0;
	if (s->table_records == 0)
		return;
	for (i = 1; i <= MAX_FIELDS; i++)
		if (s->tables[i] > s->tables[usual])
			usual = i;
	s->ncolumns = usual;
	alike = s->alike / s->table_records;
	clean = s->fields > 0 ? (double) s->clean / s->fields : 0;
	if (usual < 2 || alike < MIN_ALIKE)
		return;
	s->score = alike * alike * (usual - 1) / usual * (0.3 + 0.7 * clean * clean);
	/* the first line is the header, more often than not */
	if (s->odd_first * 2 > s->texts)
		s->score *= 0.5;
	if (s->open_quote)
		s->score *= 0.2;
	if (s->bad_quotes > 0)
		s->score *= 1.0 - 0.9 * s->bad_quotes / (s->good_quotes + s->bad_quotes);
}

/* Read the beginning of the samples as d says. */
static bool
try_dialect(PdsText *texts, int n, const PdsDialect *d, Score *s)
{
	PdsScanDialect scan;
	int			used = 0;
	int			i;

	memset(s, 0, sizeof(*s));
	pds_dialect_scan(d, &scan);
	for (i = 0; i < n && used < SNIFF_SAMPLES && s->records < SNIFF_RECORDS; i++)
	{
		PdsText    *t = &texts[i];
		bool		whole = t->len <= SNIFF_BYTES;
		size_t		len = whole ? t->len : SNIFF_BYTES;
		size_t		r;

		if (!t->from_start)
			continue;
		used++;
		if (!pds_index_build(&t->ix, &scan, t->buf, len, whole && t->complete))
			return false;
		for (r = 0; r < t->ix.nrec && s->records < SNIFF_RECORDS; r++)
			score_record(d, t, r, s);
		add_text(s);
		/* a quote left open swallows what follows */
		if (d->quote != 0 &&
			(t->ix.open_quote || (len - t->ix.consumed > len / 2 && len > 4096)))
			s->open_quote = true;
	}
	add_up(s);
	return true;
}

/* does byte b occur, before a byte `next` when that is >= 0? */
static bool
occurs(const PdsText *texts, int n, char b, int next)
{
	int			i;

	for (i = 0; i < n; i++)
	{
		const char *p = texts[i].buf;
		const char *end = p + (texts[i].len > SNIFF_BYTES ? SNIFF_BYTES : texts[i].len);

		while (p < end && (p = memchr(p, b, (size_t) (end - p))) != NULL)
		{
			p++;
			if (next < 0 || (p < end && *p == (char) next))
				return true;
		}
	}
	return false;
}

typedef struct Search
{
	PdsText    *texts;
	int			n;
	const PdsInferOptions *opt;
	PdsDialect	best;
	Score		best_score;
	bool		found;
	Score		score;			/* of the candidate at hand */
} Search;

/* Keep d when it is better than what there is: earlier candidates win ties. */
static bool
candidate(Search *s, const PdsDialect *d)
{
	if (!try_dialect(s->texts, s->n, d, &s->score))
		return false;
	/* quotes that close nothing are none */
	if (d->quote != 0 && d->quote != '"' && s->opt->quote < 0 && s->score.good_quotes == 0)
		return true;
	if (!s->found || s->score.score > s->best_score.score + 1e-9)
	{
		s->best = *d;
		s->best_score = s->score;
		s->found = true;
	}
	return true;
}

/* candidates of one delimiter and one quote */
static bool
with_escapes(Search *s, PdsDialect *d)
{
	int			escape = s->opt->escape;

	if (escape >= 0)
	{
		d->escape = (char) escape;
		return candidate(s, d);
	}
	d->escape = d->quote;
	if (!candidate(s, d))
		return false;
	if (!occurs(s->texts, s->n, '\\', d->quote))
		return true;
	d->escape = '\\';
	return candidate(s, d);
}

/* no quotes: fields as lazysimple reads them, with escaped delimiters where there are some */
static bool
without_quotes(Search *s, char delimiter)
{
	PdsDialect	d;
	int			escape = s->opt->escape;

	pds_dialect_init(&d, PDS_FORMAT_CSV);
	d.delimiter = delimiter;
	d.quote = d.escape = 0;
	if (escape <= 0 && !candidate(s, &d))
		return false;
	if (escape < 0 && !occurs(s->texts, s->n, '\\', delimiter))
		return true;
	if (escape == 0)
		return true;
	pds_dialect_init(&d, PDS_FORMAT_LAZYSIMPLE);
	d.delimiter = delimiter;
	d.escape = escape > 0 ? (char) escape : '\\';
	return candidate(s, &d);
}

static bool
with_delimiter(Search *s, char delimiter)
{
	static const char quotes[] = {'"', '\''};
	PdsDialect	d;
	int			i;

	pds_dialect_init(&d, PDS_FORMAT_CSV);
	d.delimiter = delimiter;
	if (s->opt->quote > 0)
	{
		d.quote = (char) s->opt->quote;
		return with_escapes(s, &d);
	}
	for (i = 0; i < 2 && s->opt->quote < 0; i++)
	{
		d.quote = quotes[i];
		if ((i == 0 || occurs(s->texts, s->n, quotes[i], -1)) && !with_escapes(s, &d))
			return false;
	}
	return without_quotes(s, delimiter);
}

/* The one column there is must not be split: a delimiter that does not occur. */
static bool
one_column(Search *s)
{
	Score	   *best = &s->best_score;
	size_t		i = sizeof(delimiters);

	if (s->opt->delimiter < 0)
		for (i = 0; i < sizeof(delimiters); i++)
			if (!occurs(s->texts, s->n, delimiters[i], -1))
				break;
	pds_dialect_init(&s->best, PDS_FORMAT_CSV);
	if (s->opt->delimiter >= 0)
		s->best.delimiter = (char) s->opt->delimiter;
	else if (i < sizeof(delimiters))
		s->best.delimiter = delimiters[i];
	if (s->opt->quote >= 0)
		s->best.quote = (char) s->opt->quote;
	s->best.escape = s->opt->escape >= 0 ? (char) s->opt->escape : s->best.quote;
	return try_dialect(s->texts, s->n, &s->best, best);
}

bool
pds_infer_dialect(PdsText *texts, int n, const PdsInferOptions *opt, PdsDialect *out,
				  int *ncolumns, double *score, PdsError *err)
{
	Search		s;
	size_t		i;
	bool		ok = true;

	memset(&s, 0, sizeof(s));
	s.texts = texts;
	s.n = n;
	s.opt = opt;
	if (opt->delimiter >= 0)
		ok = with_delimiter(&s, (char) opt->delimiter);
	else
		for (i = 0; i < sizeof(delimiters) && ok; i++)
			if (occurs(texts, n, delimiters[i], -1))
				ok = with_delimiter(&s, delimiters[i]);
	if (ok && (!s.found || s.best_score.score == 0))
		ok = one_column(&s);
	if (!ok)
		return pds_error_oom(err);
	/* a delimiter of Hive's own comes with Hive's own format */
	if (s.best.format == PDS_FORMAT_CSV && s.best.delimiter == '\001' &&
		s.best_score.good_quotes == 0 && opt->escape < 0)
	{
		pds_dialect_init(&s.best, PDS_FORMAT_LAZYSIMPLE);
		s.best.delimiter = '\001';
	}
	*out = s.best;
	*ncolumns = s.best_score.ncolumns;
	*score = s.best_score.score;
	return true;
}
