/*
 * endpoints.c
 *	  Regions and partitions of AWS: where their hosts live (doc/dev/aws.md §1.4).
 */
#include "core/net/endpoints.h"

#include <string.h>

#include "core/base/strbuf.h"

/* the last one takes every region that no other one does */
static const struct
{
	const char *name;
	const char *region_prefix;
	const char *suffix;
	const char *dual;
}			partitions[] =

{
	{"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws"},
	{"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
	{"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
	{"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
	{"aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
	{"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"aws", "", "amazonaws.com", "api.aws"},
};

bool
pds_region_valid(const char *region)
{
	size_t		n = strlen(region);

	return n > 0 && n <= 40 && strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == n &&
		region[0] != '-' && region[n - 1] != '-';
}

static size_t
partition(const char *region)
{
	size_t		i = 0;

	while (!pds_str_has_prefix(region, partitions[i].region_prefix))
		i++;
	return i;
}

const char *
pds_region_partition(const char *region)
{
	return partitions[partition(region)].name;
}

const char *
pds_region_suffix(const char *region, bool dual)
{
	size_t		i = partition(region);

	return dual ? partitions[i].dual : partitions[i].suffix;
}

/*
 * [bucket.]s3[-fips][.dualstack].REGION.SUFFIX, or s3-REGION.SUFFIX as old
 * redirects have it.
 */
bool
pds_region_of_s3_host(const char *host, char *out, size_t cap)
{
	const char *p = pds_str_has_prefix(host, "s3.") || pds_str_has_prefix(host, "s3-")
		? host + 3 : NULL;
	const char *q;
	size_t		n;

	/* the last ".s3": a bucket may have one in its name, too */
	for (q = host; (q = strstr(q, ".s3")) != NULL; q++)
		if (q[3] == '.' || q[3] == '-')
			p = q + 4;
	if (p == NULL)
		return false;
	if (pds_str_has_prefix(p, "fips."))
		p += 5;
	if (pds_str_has_prefix(p, "dualstack."))
		p += 10;
	n = strcspn(p, ".");
	if (n == 0 || p[n] != '.' || n >= cap)
		return false;
	pds_copy_cut(out, cap, p, n);
	n = strlen(out);
	p += n + 1;
	return pds_region_valid(out) && out[n - 1] >= '0' && out[n - 1] <= '9' &&
		pds_str_has_prefix(p, pds_region_suffix(out, false)) &&
		strchr("/:", p[strlen(pds_region_suffix(out, false))]) != NULL;
}

bool
pds_region_sts_legacy(const char *region)
{
	static const char *const regions[] = {
		"ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "aws-global",
		"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
		"sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"
	};
	size_t		i;

	for (i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		if (strcmp(region, regions[i]) == 0)
			return true;
	return false;
}

/* as of 2026; others may come */
static const char *const regions[] = {
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1", "mx-central-1",
	"sa-east-1", "eu-central-1", "eu-central-2", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1",
	"eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1", "af-south-1",
	"ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
	"ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
	"ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "us-gov-east-1", "us-gov-west-1",
	"cn-north-1", "cn-northwest-1", "eusc-de-east-1"
};

#define LONGEST_REGION 40

/* letters to be changed, added or taken away between two names */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t		row[LONGEST_REGION + 1];
	size_t		nb = strlen(b);
	size_t		i;
	size_t		k;

	for (k = 0; k <= nb; k++)
		row[k] = k;
	for (i = 1; a[i - 1]; i++)
	{
		size_t		diagonal = row[0];

		row[0] = i;
		for (k = 1; k <= nb; k++)
		{
			size_t		best = diagonal + (a[i - 1] != b[k - 1]);

			if (row[k] + 1 < best)
				best = row[k] + 1;
			if (row[k - 1] + 1 < best)
				best = row[k - 1] + 1;
			diagonal = row[k];
			row[k] = best;
		}
	}
	return row[nb];
}

bool
pds_region_unknown(const char *host, char *out, size_t cap, const char **like)
{
	const char *suffix = strstr(host, ".amazonaws.com");
	const char *label = suffix;
	size_t		nearest = 4;
	size_t		i;

	*like = NULL;
	if (suffix == NULL)
		return false;
	while (label > host && label[-1] != '.')
		label--;
	/* a service's global host has none */
	if (label == host || (size_t) (suffix - label) >= cap || suffix - label > LONGEST_REGION)
		return false;
	memcpy(out, label, (size_t) (suffix - label));
	out[suffix - label] = '\0';
	if (strchr(out, '-') == NULL)
		return false;
	for (i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
	{
		size_t		d = edit_distance(out, regions[i]);

		if (d == 0)
			return false;
		if (d < nearest)
		{
			nearest = d;
			*like = regions[i];
		}
	}
	return true;
}
