/*
 * units.c
 *	  Bytes and seconds as people write them.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include "fdw/base/units.h"

bool
pds_parse_bytes(const char *text, int64 *out)
{
	static const struct
	{
		const char *unit;
		int			shift;
	}			units[] = {{"", 0}, {"B", 0}, {"KB", 10}, {"MB", 20}, {"GB", 30}, {"TB", 40}};
	char	   *end;
	double		v;
	int			i;

	errno = 0;
	v = strtod(text, &end);
	if (end == text || errno != 0 || !(v >= 0))
		return false;
	while (*end == ' ')
		end++;
	for (i = 0; i < lengthof(units); i++)
		if (pg_strcasecmp(end, units[i].unit) == 0)
		{
			v *= (double) (INT64CONST(1) << units[i].shift);
			if (v > 9.2e18)
				return false;
			*out = (int64) v;
			return true;
		}
	return false;
}

/* a number of seconds; "30", "30s", "500ms", "2min" */
bool
pds_parse_seconds(const char *text, long *ms)
{
	char	   *end;
	double		v = strtod(text, &end);

	if (end == text || !(v >= 0) || v > 1e9)
		return false;
	while (*end == ' ')
		end++;
	if (*end == '\0' || strcmp(end, "s") == 0)
		v *= 1000;
	else if (strcmp(end, "min") == 0)
		v *= 60000;
	else if (strcmp(end, "ms") != 0)
		return false;
	*ms = (long) v;
	return true;
}
