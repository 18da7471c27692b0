/*
 * server_files.c
 *	  Files of the database server: rights, paths, opening.
 */
#include "postgres.h"

#include "pds_fdw.h"

#include <limits.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "sql/s3/server_files.h"

/* ---- paths ---- */

static bool
within(const char *path, const char *folder)
{
	size_t		n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0' ||
											 (n > 0 && folder[n - 1] == '/'));
}

/* The real path of what is there of it: links resolved, as far as it exists. */
static void
real_path(const char *path, char *out)
{
	char		part[MAXPGPATH];
	char	   *slash;

	snprintf(part, MAXPGPATH, "%s", path);
	while (realpath(part, out) == NULL)
	{
		slash = strrchr(part, '/');
		if (slash == NULL || slash == part)
		{
			strcpy(out, "/");
			return;
		}
		*slash = '\0';
	}
}

static void
check_file_rights(bool write)
{
	if (!has_privs_of_role(GetUserId(), write ? ROLE_PG_WRITE_SERVER_FILES
						   : ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to %s files of the server", write ? "write" : "read"),
				 errhint("Only superusers and members of the role %s may. pds.s3_%s moves values instead.",
						 write ? "pg_write_server_files" : "pg_read_server_files",
						 write ? "get" : "put")));
}

char *
pds_server_path(const text *arg, bool write)
{
	char	   *path = text_to_cstring(arg);
	char		data[PATH_MAX];
	char		real[PATH_MAX];
	const char *p;

	check_file_rights(write);
	if (path[0] != '/')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is not an absolute path", path),
				 errhint("Write the whole path of a file on the database server.")));
	if (strlen(path) >= MAXPGPATH - 32)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG), errmsg("the path is too long")));
	for (p = path; (p = strstr(p, "..")) != NULL; p += 2)
		if (p[-1] == '/' && (p[2] == '/' || p[2] == '\0'))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME),
					 errmsg("\"%s\" has \"..\" in it", path)));
	canonicalize_path(path);
	real_path(DataDir, data);
	real_path(path, real);
	if (within(real, data) || within(path, DataDir))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" is in the data directory of the server", path),
				 errhint("Use a folder outside of it.")));
	return path;
}

PdsPathKind
pds_server_path_kind(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
	{
		if (errno == ENOENT)
			return PDS_PATH_NONE;
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not look at \"%s\": %m", path)));
	}
	return S_ISREG(st.st_mode) ? PDS_PATH_FILE
		: S_ISDIR(st.st_mode) ? PDS_PATH_DIRECTORY : PDS_PATH_OTHER;
}

/* ---- reading ---- */

int
pds_server_open(const char *path, struct stat *st)
{
	/* a pipe must not make us wait */
	int			fd = OpenTransientFile(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | PG_BINARY);

	if (fd < 0 && errno == ELOOP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a regular file", path),
				 errhint("Symbolic links are not followed: name the file itself.")));
	if (fd < 0 || fstat(fd, st) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\" for reading: %m", path)));
	if (!S_ISREG(st->st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a regular file", path),
				 S_ISDIR(st->st_mode)
				 ? errhint("With recursive => true the files below a folder are taken.") : 0));
	return fd;
}

/* ---- writing ---- */

/* files are made as COPY TO makes them */
static mode_t
open_mask(void)
{
	return umask(S_IWGRP | S_IWOTH);
}

int
pds_server_create(const char *path, char **temp)
{
	PdsPathKind kind = pds_server_path_kind(path);
	const char *name = strrchr(path, '/') + 1;
	mode_t		mask;
	int			fd;

	if (kind == PDS_PATH_DIRECTORY || kind == PDS_PATH_OTHER)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is %s", path,
						kind == PDS_PATH_DIRECTORY ? "a folder" : "not a regular file"),
				 errhint("It is not overwritten: name another file.")));
	*temp = psprintf("%.*s.%.200s.pds-%d", (int) (name - path), path, name, MyProcPid);
	mask = open_mask();
	/* of an earlier backend with our number */
	(void) unlink(*temp);
	fd = OpenTransientFilePerm(*temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | PG_BINARY, 0666);
	umask(mask);
	if (fd < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create file \"%s\": %m", *temp)));
	return fd;
}

void
pds_server_write(int fd, const char *path, const char *data, size_t len)
{
	while (len > 0)
	{
		ssize_t		n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
		{
			if (n == 0)
				errno = ENOSPC;
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not write file \"%s\": %m", path)));
		}
		data += n;
		len -= (size_t) n;
	}
}

void
pds_server_finish(int fd, const char *temp, const char *path)
{
	if (CloseTransientFile(fd) != 0 || rename(temp, path) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not write file \"%s\": %m", path)));
}

void
pds_server_check_relative(const char *relative, const char *uri)
{
	const char *p = relative;

	for (;;)
	{
		size_t		n = strcspn(p, "/");

		if (n == 0 || n > 255 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME),
					 errmsg("\"%s\" cannot be a file", uri),
					 errdetail("A part of its name is empty, \".\", \"..\" or too long."),
					 errhint("Leave it out with a pattern, or download it alone under another name.")));
		if (p[n] == '\0')
			return;
		p += n + 1;
	}
}

/* mkdir -p; errno says why it gives -1.  The server's own function is none of its API. */
static int
make_folders(char *path, mode_t mode)
{
	char	   *p = path;

	for (;;)
	{
		struct stat st;
		char		end;

		p += 1 + strcspn(p + 1, "/");
		end = *p;
		*p = '\0';
		if (stat(path, &st) != 0)
		{
			if (mkdir(path, mode) != 0)
				return -1;
		}
		else if (!S_ISDIR(st.st_mode))
		{
			errno = ENOTDIR;
			return -1;
		}
		*p = end;
		if (end == '\0')
			return 0;
	}
}

void
pds_server_make_folders(const char *root, const char *relative)
{
	char		folder[MAXPGPATH];
	char		real[PATH_MAX];
	char		real_root[PATH_MAX];
	const char *slash = strrchr(relative, '/');
	mode_t		mask = open_mask();
	int			rc;

	snprintf(folder, sizeof(folder), "%s/%.*s", root, slash ? (int) (slash - relative) : 0,
			 relative);
	canonicalize_path(folder);

	/*
	 * a link that is there already must not lead out: seen before anything is
	 * made
	 */
	real_path(root, real_root);
	real_path(folder, real);
	if (!within(real, real_root) && !within(real_root, real))
	{
		umask(mask);
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" leads out of \"%s\"", folder, root)));
	}
	rc = make_folders(folder, S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH);
	umask(mask);
	if (rc != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create folder \"%s\": %m", folder)));
}

/* ---- walking ---- */

typedef struct FolderWalk
{
	PdsServerFile *files;
	size_t		n;
	size_t		cap;
	struct stat data;			/* the data directory: not to be walked into */
} FolderWalk;

static int
compare_files(const void *a, const void *b)
{
	return strcmp(((const PdsServerFile *) a)->relative, ((const PdsServerFile *) b)->relative);
}

static void
walk_folder(FolderWalk *w, const char *folder, const char *relative)
{
	DIR		   *dir = AllocateDir(folder);
	struct dirent *e;

	check_stack_depth();
	while ((e = ReadDir(dir, folder)) != NULL)
	{
		char		path[MAXPGPATH];
		char	   *below;
		struct stat st;

		CHECK_FOR_INTERRUPTS();
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) >= (int) sizeof(path))
			ereport(ERROR,
					(errcode(ERRCODE_NAME_TOO_LONG),
					 errmsg("a path below \"%s\" is too long", folder)));
		if (lstat(path, &st) != 0)
			continue;			/* gone meanwhile */
		below = psprintf("%s%s%s", relative, relative[0] ? "/" : "", e->d_name);
		if (S_ISDIR(st.st_mode) && st.st_dev == w->data.st_dev && st.st_ino == w->data.st_ino)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("the data directory of the server is below \"%s\"", folder),
					 errhint("Name another folder.")));
		if (S_ISDIR(st.st_mode))
			walk_folder(w, path, below);
		else if (S_ISREG(st.st_mode))
		{
			if (w->n == w->cap)
			{
				w->cap *= 2;
				w->files = repalloc_huge(w->files, sizeof(PdsServerFile) * w->cap);
			}
			w->files[w->n].relative = below;
			w->files[w->n].size = st.st_size;
			w->files[w->n++].modified_us = (int64) st.st_mtime * 1000000;
		}
	}
	FreeDir(dir);
}

PdsServerFile *
pds_server_walk(const char *folder, size_t *n)
{
	FolderWalk	w = {.cap = 64};

	if (stat(DataDir, &w.data) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not look at \"%s\": %m", DataDir)));
	w.files = palloc(sizeof(PdsServerFile) * w.cap);
	walk_folder(&w, folder, "");
	qsort(w.files, w.n, sizeof(PdsServerFile), compare_files);
	*n = w.n;
	return w.files;
}
