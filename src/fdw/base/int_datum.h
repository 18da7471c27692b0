/*
 * int_datum.h
 *	  Values of integer types as int64, and back.
 */
#ifndef PDS_FDW_INT_DATUM_H
#define PDS_FDW_INT_DATUM_H

#include "catalog/pg_type_d.h"

static inline bool
pds_is_int(Oid typid)
{
	return typid == INT4OID || typid == INT8OID || typid == INT2OID;
}

/* an integer, or what is kept as one: dates in days, times and timestamps in microseconds */
static inline int64
pds_int_of_datum(Oid typid, Datum value)
{
	switch (typid)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
		case DATEOID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

/* the reverse, of a value that the type can hold */
static inline Datum
pds_datum_of_int(Oid typid, int64 i)
{
	switch (typid)
	{
		case INT2OID:
			return Int16GetDatum((int16) i);
		case INT4OID:
		case DATEOID:
			return Int32GetDatum((int32) i);
		default:
			return Int64GetDatum(i);
	}
}

#endif							/* PDS_FDW_INT_DATUM_H */
