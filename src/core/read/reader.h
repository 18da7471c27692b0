/*
 * reader.h
 *	  Records of a scan: fetcher, decoder, structure index and dialect joined.
 *
 * A PdsReader walks the splits of a PdsFetch and hands out batches: a
 * stretch of bytes with its index, holding complete records only.  It deals
 * with what lies between bytes and records: the record cut by a slice's end,
 * the first record of a split that does not begin at its first byte, headers
 * and footers, the byte order mark, compressed objects, records too long.
 */
#ifndef PDS_CORE_READER_H
#define PDS_CORE_READER_H

#include "core/codec/codec.h"
#include "core/read/fetch.h"
#include "core/serde/serde.h"

/* A record longer than this is an error, unless options say otherwise; most that they may say. */
#define PDS_MAX_RECORD	((size_t) 64 << 20)
#define PDS_MOST_RECORD	((size_t) 1 << 30)

/* what the reader's caller knows of a split: PdsSplit.user points to it */
typedef struct PdsReadUnit
{
	const PdsDialect *dialect;
	PdsCodec	codec;			/* anything but NONE: the split is the whole
								 * object */
	int			partition;		/* caller's number; -1 none */
	int			object;			/* caller's number */
} PdsReadUnit;

/* Where the dialect asks for names (PdsHeaderMode), a batch without records says where they are. */
typedef enum PdsHeaderPlace
{
	PDS_HEADER_NOT_HERE,		/* a batch of records */
	PDS_HEADER_HERE,			/* the batch's last record, which is not
								 * returned */
	PDS_HEADER_ELSEWHERE		/* at the object's begin, which the split is
								 * not (object_header.h) */
} PdsHeaderPlace;

typedef struct PdsBatch
{
	PdsHeaderPlace header;
	char	   *buf;			/* writable; buf[-1] is valid */
	size_t		len;			/* bytes of complete records */
	PdsIndex   *ix;				/* index of buf; record numbers first_record.. */
	bool		indexed;		/* false: the records were only counted */
	size_t		first_record;	/* records before it are header lines */
	size_t		nrec;			/* one past the last record to return */
	const PdsReadUnit *unit;
	const PdsSplit *split;
	bool		open_quote;		/* the object ends inside quotes: in its last
								 * record */
	bool		open_end;		/* the object ends within its last record: no
								 * line end follows */
	bool		mixed_ends;		/* records of the object end in several ways,
								 * up to here */
	int64_t		offset;			/* of buf in the object, decompressed */
	int64_t		record_offset;	/* line number base: records of this object
								 * before buf's first record, or -1 when
								 * unknown */
} PdsBatch;

/* Can the unit's object be read in parts?  Where records may hold line ends, with states only. */
static inline bool
pds_unit_has_parts(const PdsReadUnit *u)
{
	return u->codec == PDS_CODEC_NONE && u->dialect->footer_lines == 0 &&
		u->dialect->recode[0] == '\0';
}

typedef struct PdsReader PdsReader;

typedef struct PdsReaderOptions
{
	bool		count_only;		/* records are only to be counted, where they
								 * are as they should be */
	int			ncolumns;		/* csv: fields that a record should have; 0:
								 * any number */
	uint32_t	keep;			/* fields of a record, from its first, that
								 * will be cut out; 0: all */
	size_t		batch_bytes;	/* of a batch, about; 0: the default (tests
								 * use few) */
	size_t		max_record;		/* 0: PDS_MAX_RECORD */
	uint32_t   *presence;		/* of splits with states (split_states.h), or
								 * NULL */
} PdsReaderOptions;

/* owns nothing of fetch */
extern PdsReader *pds_reader_new(PdsFetch *fetch, const PdsReaderOptions *opt,
								 const PdsHooks *hooks, PdsError *err);
extern void pds_reader_free(PdsReader *r);

/*
 * Next batch; true with *batch, valid until the next call, or false with
 * err->kind NONE at the end of all splits.  Of a batch that is not indexed nrec counts records,
 * each of ncolumns fields; buf and ix are not to be used.
 */
extern bool pds_reader_next(PdsReader *r, PdsBatch *batch, PdsError *err);

/* What a header says of the records to come: as PdsReaderOptions has them. */
extern void pds_reader_set_fields(PdsReader *r, int ncolumns, uint32_t keep);

/* PdsSplit.lead of a split of the dialect that begins at `first` */
extern int64_t pds_split_lead(const PdsDialect *d, int64_t first);

/* the session it reads with; NULL: memory */
extern PdsAws *pds_reader_aws(const PdsReader *r);

/* bytes of the longest record that it reads */
extern size_t pds_reader_max_record(const PdsReader *r);

/* Bytes of file content indexed so far (after decompression). */
extern uint64_t pds_reader_bytes(const PdsReader *r);

/*
 * The same over memory instead of a fetch: for results of the API, tests and
 * fuzzing.  data is copied.
 */
extern PdsReader *pds_reader_from_memory(const char *data, size_t len, const PdsReadUnit *unit,
										 const PdsReaderOptions *opt, PdsError *err);

#endif							/* PDS_CORE_READER_H */
