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

const double pds_exact_powers[23] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
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

bool
pds_plain_day_of_any_year(unsigned int year, unsigned int month, unsigned int day, int32_t *days)
{
	int64_t		first;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	first = pds_days_of_month(year, month);
	*days = (int32_t) (first + day - 1);
	return *days < pds_days_of_month(year, month + 1);
}
