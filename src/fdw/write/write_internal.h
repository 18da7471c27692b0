/*
 * write_internal.h
 *	  What the files of write_xact.h share: write_state.c, write_xact.c (targets, callbacks),
 *	  write_wait.c (rows that wait), write_stream.c (objects), write_commit.c.
 *	  Private to them.
 */
#ifndef PDS_FDW_WRITE_INTERNAL_H
#define PDS_FDW_WRITE_INTERNAL_H

#include "lib/stringinfo.h"
#include "storage/buffile.h"

#include "core/codec/encode.h"
#include "core/glue/glue_write.h"
#include "core/s3/s3_write.h"
#include "fdw/base/activity.h"
#include "fdw/write/write_xact.h"

/* uploads that take bytes at a time, of all destinations together */
#define PDS_MAX_OPEN_STREAMS	4
/*
 * rows of a destination wait until there are so many bytes: a small statement
 * sends nothing before commit
 */
#define PDS_OPEN_BYTES			((size_t) 1 << 20)
/* rows that wait in memory, of all destinations together; more go to a temporary file */
#define PDS_WAIT_BYTES			((size_t) 32 << 20)
/* bytes that finished objects may hold back for one request at commit */
#define PDS_HOLD_BYTES			((int64) 32 << 20)
/* destinations a transaction may write to */
#define PDS_MAX_DESTS			20000
/* for all that the callback of an abort sends */
#define PDS_ABORT_MS			2000

typedef enum PdsStreamState
{
	PDS_STREAM_OPEN,			/* takes bytes */
	PDS_STREAM_FINISHED,		/* its bytes are in S3, or held back; not
								 * visible */
	PDS_STREAM_COMPLETING,		/* the request was sent: visible or not */
	PDS_STREAM_COMPLETE,		/* visible */
	PDS_STREAM_GONE				/* aborted or deleted */
} PdsStreamState;

/* an object */
typedef struct PdsStream
{
	struct PdsStream *next;		/* of its destination, newest first */
	PdsStreamState state;
	char	   *key;
	PdsUpload  *upload;
	PdsEncoder *encoder;
	PdsStr		text;			/* not compressed yet */
	PdsStr		out;			/* compressed, not given to the upload yet */
	int64		rows;
	int64		text_bytes;
} PdsStream;

/* rows in the temporary file */
typedef struct PdsExtent
{
	struct PdsExtent *next;
	int			file;
	off_t		offset;
	size_t		len;
} PdsExtent;

/* rows of one subtransaction that wait, each after its length (uint32) */
typedef struct PdsSegment
{
	struct PdsSegment *outer;
	SubTransactionId subid;
	StringInfoData buf;
	PdsExtent  *first;
	PdsExtent  *last;
} PdsSegment;

struct PdsWriteDest
{
	PdsWriteDest *next;			/* of its target */
	PdsWriteDest *same_hash;
	uint32		hash;
	PdsWriteTarget *target;
	PdsWriteDestOptions o;		/* strings are the transaction's */
	char	   *header;
	size_t		header_len;
	PdsSegment *top;			/* innermost subtransaction first */
	PdsStream  *streams;
	PdsStream  *open;			/* one of them, or NULL */
	SubTransactionId replace;	/* who asked for it; Invalid: nobody */
	bool		deep;			/* in the list of destinations with something
								 * of a subtransaction */
	PdsWriteDest *next_deep;
};

#define PDS_DEST_BUCKETS 256

struct PdsWriteTarget
{
	PdsWriteTarget *next;
	Oid			relid;			/* Invalid: by hand */
	Oid			userid;
	PdsConnection *conn;
	SubTransactionId base;		/* the level that uploads belong to */
	PdsWriteDest *dests;
	int			ndests;
	PdsWriteDest *buckets[PDS_DEST_BUCKETS];
	SubTransactionId replace;	/* as PdsWriteDest.replace */
	PdsTable   *table;			/* for that: whose objects */
	PdsActivity *activity;
	int64		rows;
	int64		text_bytes;		/* of them */
	/* commit: partitions that we alone have registered */
	PdsPartitionInput *registered;
	int			nregistered;
};

typedef struct PdsWriteXact
{
	MemoryContext cxt;
	PdsWriteTarget *targets;
	PdsWriteDest *deep;
	size_t		waiting;		/* bytes of rows in memory */
	BufFile    *file;			/* NULL: none yet */
	int			end_file;		/* its end */
	off_t		end_offset;
	int			nopen;
	int64		held;			/* bytes that finished objects hold back */
	int			nobjects;
	char		id[48];			/* in the names of objects */
	bool		broken;			/* an error came between: rows may be lost */
} PdsWriteXact;

/* write_state.c */
extern PdsWriteXact *pds_writes;	/* NULL: the transaction writes nothing */

/* an error where an upload of the transaction has failed */
extern void pds_check_not_broken(void);

/* write_stream.c */
extern void pds_stream_open(PdsWriteDest *s);
extern void pds_stream_row(PdsWriteDest *s, const char *row, size_t len);
extern void pds_stream_finish(PdsWriteDest *s);

/*
 * AbortMultipartUpload where needed; failures are warnings.  Interrupts,
 * deadlines: the caller's.
 */
extern void pds_stream_abort(PdsWriteDest *s, PdsStream *st);

/* write_wait.c */
extern void pds_wait_add(PdsWriteDest *s, const char *row, size_t len);
extern size_t pds_wait_bytes(const PdsSegment *seg);
extern void pds_wait_settle(PdsWriteDest *s);

/* Rows of the outermost level go to the upload, which must be the level they belong to. */
extern void pds_wait_drain(PdsWriteDest *s);
extern void pds_wait_drop(PdsWriteDest *s, SubTransactionId subid);
extern void pds_wait_retag(PdsWriteDest *s, SubTransactionId mine, SubTransactionId parent);

/* write_commit.c */
extern void pds_write_pre_commit(void);
extern void pds_write_abort(void);
extern void pds_write_abort_target(PdsWriteTarget *t);

#endif							/* PDS_FDW_WRITE_INTERNAL_H */
