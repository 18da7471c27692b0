/*
 * write_xact.h
 *	  What a transaction writes to S3: destinations, rows waiting, uploads.
 *
 * A destination (PdsWriteDest) is a folder, or one key, that objects of one dialect go to.  Its
 * rows go to an upload that belongs to the transaction.  Rows of a subtransaction
 * wait in memory, and beyond a limit in a temporary file, until the subtransaction
 * has committed into the level that the upload belongs to; when it aborts they are
 * gone.  So a loop with an EXCEPTION block makes no object per row, and no upload has
 * to be taken back in part.
 *
 * At PRE_COMMIT all uploads are finished, then partitions registered, then
 * all uploads completed, then old objects deleted (overwrite, TRUNCATE).  An abort
 * aborts the uploads and deletes what had been completed, within two seconds.
 */
#ifndef PDS_FDW_WRITE_XACT_H
#define PDS_FDW_WRITE_XACT_H

#include "core/codec/codec.h"
#include "fdw/catalog/catalog.h"

typedef struct PdsWriteTarget PdsWriteTarget;
typedef struct PdsWriteDest PdsWriteDest;

/* what the objects of a destination are like */
typedef struct PdsWriteDestOptions
{
	const char *bucket;
	const char *prefix;			/* of the folder, "" or with '/' at its end */
	const char *key;			/* instead: exactly this object; NULL: names
								 * are made */
	bool		create_only;	/* ... which must not exist */
	PdsCodec	codec;
	int			level;			/* of compression; 0: the encoder's own */
	const PdsStr *header;		/* first line of every object, may be empty */
	int64		max_rows;		/* of an object; 0: no limit */
	int64		max_bytes;		/* of its text, before compression; 0: no
								 * limit */
	bool		one_of_many;	/* there may be many destinations: save memory */
	/* a partition to be registered in Glue at commit; NULL: none */
	char	  **values;
	int			nvalues;
} PdsWriteDestOptions;

/* an object that was written and is not visible yet */
typedef struct PdsWrittenObject
{
	char	   *uri;
	int64		rows;
	int64		bytes;			/* as stored */
} PdsWrittenObject;

/*
 * The target of a foreign table in this transaction, found or made.  userid: whose
 * credentials count.
 */
extern PdsWriteTarget *pds_target_of_table(Oid relid, Oid userid);

/*
 * a target of its own, which ends with the subtransaction that it began in; name:
 * for the statistics
 */
extern PdsWriteTarget *pds_target_by_hand(Oid serverid, Oid userid, const char *name);
extern PdsConnection *pds_target_connection(const PdsWriteTarget *t);

/*
 * The destination with these options; the same one for the same bucket, prefix,
 * codec and header.
 */
extern PdsWriteDest *pds_target_dest(PdsWriteTarget *t, const PdsWriteDestOptions *o);

/* one row's text; an error leaves the transaction to be rolled back */
extern void pds_dest_add(PdsWriteDest *s, const char *row, size_t len);

/* What the table holds when the transaction commits, but for its own rows, is deleted. */
extern void pds_target_replace(PdsWriteTarget *t);

/* the same for the destination alone */
extern void pds_dest_replace(PdsWriteDest *s);

/* TRUNCATE: rows of this transaction go, too */
extern void pds_target_truncate(PdsWriteTarget *t);

/* Make sure that there is an object, though it has no rows. */
extern void pds_dest_touch(PdsWriteDest *s);

/* Finish the uploads of a target by hand and tell what they are, by name (palloc'd). */
extern PdsWrittenObject *pds_target_finish(PdsWriteTarget *t, int *n);

/* register transaction callbacks; from _PG_init */
extern void pds_write_init(void);

#endif							/* PDS_FDW_WRITE_XACT_H */
