/*
 * infer_check.c
 *	  What inference makes of files, for test/inference/run.py: names of files on
 *	  standard input, a line for each on standard output.
 *
 *		delimiter TAB header lines TAB named (0, 1) TAB doubtful (0, 1) TAB name:type TAB ...
 *
 * A file that is no delimited text: "-" TAB why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/infer/infer.h"

/* of a file, as a sample */
#define SAMPLE_BYTES	(1024 * 1024)

static void
print_inference(const PdsInference *inf)
{
	int			i;

	printf("%d\t%d\t%d\t%d", inf->dialect.delimiter, inf->dialect.header_lines, inf->named,
		   inf->header_doubtful);
	for (i = 0; i < inf->ncolumns; i++)
	{
		char		type[64];

		pds_hive_type_name(&inf->columns[i].type, type, sizeof(type));
		printf("\t%s:%s", inf->columns[i].name, type);
	}
	printf("\n");
}

static void
check_file(const char *name, char *data)
{
	FILE	   *f = fopen(name, "rb");
	PdsSample	sample = {data, 0, true, false, 0};
	PdsInferOptions opt;
	PdsInference inf;
	PdsError	err;

	if (f == NULL)
	{
		printf("-\tcannot be opened\n");
		return;
	}
	sample.len = fread(data, 1, SAMPLE_BYTES, f);
	sample.complete = fgetc(f) == EOF;
	fclose(f);
	pds_infer_options_init(&opt);
	opt.everything = sample.complete;
	pds_error_clear(&err);
	if (pds_infer(&sample, 1, &opt, &inf, &err))
	{
		print_inference(&inf);
		pds_inference_free(&inf);
	}
	else
		printf("-\t%s\n", err.message);
}

int
main(void)
{
	char		line[4096];
	char	   *data = malloc(SAMPLE_BYTES);

	while (data && fgets(line, sizeof(line), stdin))
	{
		line[strcspn(line, "\n")] = '\0';
		check_file(line, data);
	}
	free(data);
	return 0;
}
