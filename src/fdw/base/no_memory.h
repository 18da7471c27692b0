/*
 * no_memory.h
 *	  Memory that is not the server's (malloc) is short.
 */
#ifndef PDS_FDW_NO_MEMORY_H
#define PDS_FDW_NO_MEMORY_H

/* raises 53200 */
PDS_NORETURN extern void pds_raise_no_memory(void);

#endif							/* PDS_FDW_NO_MEMORY_H */
