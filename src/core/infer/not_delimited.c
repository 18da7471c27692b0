/*
 * not_delimited.c
 *	  Objects that are no delimited text, told by their first bytes.
 */
#include "core/infer/infer.h"

#include <string.h>

static const char *
magic(const char *data, size_t len)
{
	static const struct
	{
		const char *bytes;
		size_t		len;
		const char *what;
	}			known[] = {
		{"PAR1", 4, "it is a Parquet file"}, {"ORC", 3, "it is an ORC file"},
		{"Obj\001", 4, "it is an Avro file"}, {"SEQ\006", 4, "it is a sequence file"},
		{"PK\003\004", 4, "it is a zip archive or an Excel workbook"},
		{"%PDF", 4, "it is a PDF document"}, {"\211PNG", 4, "it is a picture"},
		{"\377\330\377", 3, "it is a picture"}, {"GIF8", 4, "it is a picture"},
		{"\037\213", 2, "it is compressed with gzip"},
		{"\050\265\057\375", 4, "it is compressed with zstd"},
		{"BZh", 3, "it is compressed with bzip2"}, {"\375" "7zXZ", 5, "it is compressed with xz"},
		{"SQLite format 3", 15, "it is an SQLite database"},
		{"\320\317\021\340", 4, "it is an Office document"},
		{"\377\376", 2, "it is UTF-16"}, {"\376\377", 2, "it is UTF-16"}
	};
	size_t		i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (len >= known[i].len && memcmp(data, known[i].bytes, known[i].len) == 0)
			return known[i].what;
	return NULL;
}

const char *
pds_not_delimited(const char *data, size_t len)
{
	const char *what = magic(data, len);
	size_t		limit = len > 8192 ? 8192 : len;
	size_t		control = 0;
	size_t		i;

	if (what)
		return what;
	for (i = 0; i < limit; i++)
	{
		unsigned char c = (unsigned char) data[i];

		if (c == 0)
			return "it is binary";
		if (c < ' ' && strchr("\t\n\r\f\v\033\001\002\003\004", c) == NULL)
			control++;
	}
	if (control * 20 > limit)
		return "it is binary";
	for (i = 0; i < limit && strchr(" \t\r\n\357\273\277", data[i]) != NULL; i++)
		;
	if (i + 1 < limit && (data[i] == '{' || data[i] == '['))
	{
		size_t		k = i + 1;

		while (k < limit && strchr(" \t\r\n", data[k]) != NULL)
			k++;
		if (k < limit && (data[k] == '"' || data[k] == '}' || data[k] == '{'))
			return "it is JSON";
	}
	if (limit - i >= 5 && (memcmp(data + i, "<?xml", 5) == 0 || memcmp(data + i, "<html", 5) == 0 ||
						   memcmp(data + i, "<!DOC", 5) == 0))
		return "it is XML or HTML";
	return NULL;
}
