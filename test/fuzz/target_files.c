/*
 * target_files.c
 *	  Files: samples, profiles, blocks of the disk cache; and statements.
 */
#include "fuzz.h"

#include <ctype.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/auth/profile.h"
#include "core/aws/athena_sql.h"
#include "core/infer/infer.h"
#include "core/infer/names.h"
#include "core/read/disk_cache.h"

static void
check_inference(const PdsInference *inf, size_t n)
{
	char		type[64];
	int			i;
	int			j;

	FUZZ_CHECK(inf->ncolumns >= 0 && (size_t) inf->ncolumns <= n + 1);
	FUZZ_CHECK(inf->confidence >= 0 && inf->confidence <= 1);
	FUZZ_CHECK(inf->records >= 0 && inf->ragged >= 0 && inf->ragged <= inf->records);
	for (i = 0; i < inf->ncolumns; i++)
	{
		const PdsInferredColumn *c = &inf->columns[i];
		PdsHiveType t;
		PdsError	err;

		FUZZ_CHECK(c->name && c->name[0]);
		FUZZ_SAY(strspn(c->name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(c->name), c->name);
		for (j = 0; j < i && i < 50; j++)
			FUZZ_SAY(strcmp(c->name, inf->columns[j].name) != 0, c->name);
		FUZZ_CHECK(c->values >= 0 && c->nulls >= 0);
		pds_hive_type_name(&c->type, type, sizeof(type));
		FUZZ_SAY(pds_hive_type_parse(type, &t, &err), type);
		pds_hive_type_clear(&t);
	}
}

/* how the sample lies in its object, then the sample */
void
fuzz_infer(FuzzInput *in)
{
	unsigned int how = fuzz_byte(in, 8);
	PdsSample	s = {.from_start = how & 1, .complete = how & 2};
	PdsInferOptions opt;
	PdsInference inf;
	PdsSerdeChoice choice;
	PdsError	err;
	char	   *text;

	pds_infer_options_init(&opt);
	opt.everything = how & 4;
	text = fuzz_rest(in, &s.len);
	s.data = text;
	(void) pds_not_delimited(s.data, s.len);
	if (fuzz_check_call(pds_infer(&s, 1, &opt, &inf, &err), &err))
	{
		check_inference(&inf, s.len);
		if (inf.ncolumns > 0)
		{
			FUZZ_CHECK(pds_infer_serde(&s, 1, &inf, &choice, &err));
			FUZZ_CHECK(choice.differ >= 0 && choice.differ <= choice.values);
		}
		FUZZ_CHECK(pds_inference_same(&inf, &inf));
		pds_inference_free(&inf);
	}
	free(text);
}

/* credentials file, "----" on a line, config file */
void
fuzz_profile(FuzzInput *in)
{
	static const char *const keys[] = {
		"aws_access_key_id", "region", "s3.addressing_style", "role_arn", "services", ""
	};
	const char *between = fuzz_find(in->p, in->n, "\n----\n");
	size_t		n = between ? (size_t) (between - in->p) : in->n;
	char	   *credentials = pds_strndup(in->p ? in->p : "", n);
	char	   *config = pds_strndup(between ? between + 6 : "", between ? in->n - n - 6 : 0);
	size_t		most = in->n;
	PdsError	err;
	PdsProfiles *p = pds_profiles_parse(credentials, config, &err);
	size_t		i;

	if (fuzz_check_call(p != NULL, &err))
	{
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		{
			const char *values[3];
			int			k;

			values[0] = pds_profile_get(p, "default", keys[i]);
			values[1] = pds_profile_get(p, "x", keys[i]);
			values[2] = pds_profile_section(p, "sso-session", "x", keys[i]);
			for (k = 0; k < 3; k++)
				FUZZ_CHECK(values[k] == NULL || (strlen(values[k]) <= most && strchr(values[k], '\n') == NULL));
		}
		if (pds_profile_get(p, "x", "region"))
			FUZZ_CHECK(pds_profile_exists(p, "x"));
		pds_profiles_free(p);
	}
	free(credentials);
	free(config);
}

static void
write_all(const char *path, const char *data, size_t n)
{
	FILE	   *f = fopen(path, "wb");

	FUZZ_CHECK(f != NULL);
	FUZZ_CHECK(fwrite(data, 1, n, f) == n);
	fclose(f);
}

/*
 * A block is believed as it was written, or not at all: pairs of a place and a byte to be put there.
 * A length of the file, in the same way, cuts it.
 */
void
fuzz_disk_cache(FuzzInput *in)
{
	static char dir[64];
	static PdsDiskCache *cache;
	static char unit[PDS_CACHE_UNIT];
	char		data[300];
	char		file[8192];
	char		path[300];
	size_t		n;
	size_t		len;
	PdsBlockKey key;
	PdsCacheWriter *w;
	PdsCacheFile *f;
	PdsError	err;
	FILE	   *opened;

	if (cache == NULL)
	{
		snprintf(dir, sizeof(dir), "%s/cache", fuzz_folder());
		mkdir(dir, 0700);
		cache = pds_disk_cache_open(dir, 1 << 20, &err);
		FUZZ_CHECK(cache != NULL);
	}
	memset(data, 'd', sizeof(data));
	FUZZ_CHECK(pds_block_key(&key, "me", "bucket", "key", "\"e\"", NULL, 300, 0));
	w = pds_cache_writer_open(cache, &key, sizeof(data));
	FUZZ_CHECK(w && pds_cache_writer_add(w, data, sizeof(data)) && pds_cache_writer_close(w));
	snprintf(path, sizeof(path), "%s/b.%s", dir, key.hex);
	opened = fopen(path, "rb");
	FUZZ_CHECK(opened != NULL);
	n = fread(file, 1, sizeof(file), opened);
	fclose(opened);
	while (in->n >= 3)
	{
		size_t		at = (size_t) (unsigned char) in->p[0] * 32 + (unsigned char) in->p[1] % 32;

		if (at < n)
			file[at] = in->p[2];
		else if (at < sizeof(file))
			n = (size_t) (unsigned char) in->p[2] * 20 % (n + 1);
		in->p += 3;
		in->n -= 3;
	}
	write_all(path, file, n);
	f = pds_cache_file_open(cache, &key, sizeof(data));
	if (f)
	{
		if (pds_cache_file_read(f, 0, unit, &len))
			FUZZ_CHECK(len == sizeof(data) && memcmp(unit, data, len) == 0);
		pds_cache_file_close(f);
	}
	/* the file of the counts */
	snprintf(path, sizeof(path), "%s/usage", dir);
	write_all(path, in->p, in->n);
	FUZZ_CHECK(pds_disk_cache_used(cache) >= -1);
	(void) unlink(path);
}

/* what is sent is read as what it was read from, and holds no comment */
void
fuzz_athena_sql(FuzzInput *in)
{
	char	   *sql = fuzz_rest(in, NULL);
	PdsAthenaSql s;
	PdsAthenaSql again;

	if (pds_utf8_valid(sql, strlen(sql)))
	{
		FUZZ_CHECK(pds_athena_sql_read(sql, &s));
		FUZZ_CHECK(s.text.len <= strlen(sql));
		FUZZ_CHECK(pds_athena_sql_read(pds_str_text(&s.text), &again));
		FUZZ_SAY(again.kind == s.kind && again.balanced == s.balanced, pds_str_text(&s.text));
		if (s.kind != PDS_SQL_OTHER)
			FUZZ_SAY(strcmp(pds_str_text(&again.text), pds_str_text(&s.text)) == 0,
					 pds_str_text(&again.text));
		pds_athena_sql_free(&again);
		pds_athena_sql_free(&s);
	}
	free(sql);
}
