/*
 * plain_values.c
 *	  Tables of plain_values.h.
 */
#include "core/serde/plain_values.h"

#include "core/base/calendar.h"

const uint64_t pds_powers_of_ten[PDS_PLAIN_DIGITS + 1] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
	UINT64_C(10000000000), UINT64_C(100000000000), UINT64_C(1000000000000),
	UINT64_C(10000000000000), UINT64_C(100000000000000), UINT64_C(1000000000000000),
	UINT64_C(10000000000000000), UINT64_C(100000000000000000), UINT64_C(1000000000000000000)
};

int32_t		pds_plain_months[(PDS_PLAIN_YEAR_END - PDS_PLAIN_YEAR_FIRST) * 12 + 1];

void
pds_plain_init(void)
{
	int			i;

	/* once is enough */
	if (pds_plain_months[(PDS_PLAIN_YEAR_END - PDS_PLAIN_YEAR_FIRST) * 12] != 0)
		return;
	for (i = 0; i <= (PDS_PLAIN_YEAR_END - PDS_PLAIN_YEAR_FIRST) * 12; i++)
		pds_plain_months[i] = (int32_t) pds_days_of_month(PDS_PLAIN_YEAR_FIRST, 1 + i);
}
