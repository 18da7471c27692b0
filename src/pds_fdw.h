/*
 * pds_fdw.h
 *	  What every file of the PostgreSQL side includes.
 *
 * Every file of src/fdw and src/sql includes postgres.h first, then this.
 */
#ifndef PDS_FDW_H
#define PDS_FDW_H

#include "fmgr.h"
#include "foreign/fdwapi.h"

#include "pds_compat.h"

#endif							/* PDS_FDW_H */
