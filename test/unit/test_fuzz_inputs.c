/*
 * test_fuzz_inputs.c
 *	  The inputs that the fuzzers' repository keeps, by the same targets: seeds, and
 *	  what once failed (test/fuzz/README.md).
 */
#include "unit.h"

#include <dirent.h>

#include "../fuzz/fuzz.h"

static int
replay_file(const char *path, FuzzTarget target)
{
	FILE	   *f = fopen(path, "rb");
	char	   *data = malloc(1 << 20);
	size_t		n;
	FuzzInput	in;

	if (f == NULL || data == NULL)
	{
		printf("Bail out! %s cannot be read\n", path);
		exit(2);
	}
	n = fread(data, 1, 1 << 20, f);
	fclose(f);
	/* an exact copy, so that sanitizers see a read behind its end */
	in.p = data = realloc(data, n ? n : 1);
	in.n = n;
	/* of a crash the last line names the input */
	printf("# %s\n", path);
	fflush(stdout);
	target(&in);
	free(data);
	return 1;
}

static int
replay(const char *kind, const char *name)
{
	char		path[1000];
	char		file[1300];
	DIR		   *dir;
	struct dirent *entry;
	int			n = 0;

	snprintf(path, sizeof(path), "%s/test/fuzz/%s/%s", getenv("PDS_TOP"), kind, name);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
	{
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		n += replay_file(file, fuzz_target(name));
	}
	closedir(dir);
	return n;
}

int
main(void)
{
	static const char *const names[] = {
#define X(name) #name,
#include "../fuzz/targets.h"
#undef X
	};
	size_t		i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		int			n = replay("corpus", names[i]) + replay("found", names[i]);

		CHECK_MSG(n > 0, names[i]);
	}
	return unit_done();
}
