/*
 * server_files.h
 *	  Files of the database server, for members of pg_read_server_files and
 *	  pg_write_server_files: where they may lie and how they are opened.
 *
 * Paths are absolute, have no "..", and do not lead into the data directory.
 * Symbolic links are not followed at the last step; only regular files are
 * read or replaced.
 */
#ifndef PDS_SQL_SERVER_FILES_H
#define PDS_SQL_SERVER_FILES_H

#include <sys/stat.h>

/* The path of an argument, checked with the user's rights; palloc'd, without a last '/'. */
extern char *pds_server_path(const text *arg, bool write);

/* the kind of what is there; symbolic links count as PDS_PATH_OTHER */
typedef enum PdsPathKind
{
	PDS_PATH_NONE, PDS_PATH_FILE, PDS_PATH_DIRECTORY, PDS_PATH_OTHER
} PdsPathKind;

extern PdsPathKind pds_server_path_kind(const char *path);

/* Open a regular file for reading; a transient descriptor, closed by CloseTransientFile. */
extern int	pds_server_open(const char *path, struct stat *st);

/*
 * Writing goes to a file beside it, which takes the place of `path` when all
 * is there: nobody sees half of it.  *temp is palloc'd.
 */
extern int	pds_server_create(const char *path, char **temp);
extern void pds_server_write(int fd, const char *path, const char *data, size_t len);
extern void pds_server_finish(int fd, const char *temp, const char *path);

/* Make the folders of root/relative, which must not leave root by a symbolic link. */
extern void pds_server_make_folders(const char *root, const char *relative);

/* an error unless the relative name (of an object) can be one of a file below a folder */
extern void pds_server_check_relative(const char *relative, const char *uri);

typedef struct PdsServerFile
{
	char	   *relative;		/* below the folder, with '/' */
	int64		size;
	int64		modified_us;	/* since 1970 */
} PdsServerFile;

/* Regular files below a folder, in the order of their names' bytes; palloc'd. */
extern PdsServerFile *pds_server_walk(const char *folder, size_t *n);

#endif							/* PDS_SQL_SERVER_FILES_H */
