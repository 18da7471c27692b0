/*
 * fuzz_main.c
 *	  libFuzzer's entry: PDS_FUZZ_TARGET names the target.
 */
#include "fuzz.h"

#include <stdio.h>

static FuzzTarget target;

extern int	LLVMFuzzerInitialize(int *argc, char ***argv);
extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("PDS_FUZZ_TARGET");

	(void) argc;
	(void) argv;
	target = name ? fuzz_target(name) : NULL;
	if (target == NULL)
	{
		fprintf(stderr, "PDS_FUZZ_TARGET names no target: %s\n", name ? name : "");
		exit(2);
	}
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	in = {(const char *) data, size};

	target(&in);
	return 0;
}
