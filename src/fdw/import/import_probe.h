/*
 * import_probe.h
 *	  A look at the data of tables being imported.
 */
#ifndef PDS_FDW_IMPORT_PROBE_H
#define PDS_FDW_IMPORT_PROBE_H

#include "utils/timestamp.h"

#include "core/glue/glue.h"
#include "fdw/base/connection.h"

/* what the looks of one IMPORT may take together; zero it */
typedef struct PdsImportProbe
{
	TimestampTz stop;			/* none begins after it; 0: not begun */
	int			looks;
} PdsImportProbe;

/*
 * A NOTICE when the first lines of the table's first object have quotes that
 * its SerDe does not know: it would split a quoted comma, here as in Athena.
 * Reads some kilobytes.  A look that fails is forgotten; an interrupt is not.
 */
extern void pds_import_probe(PdsImportProbe *p, PdsConnection *conn, const PdsGlueTable *t);

#endif							/* PDS_FDW_IMPORT_PROBE_H */
