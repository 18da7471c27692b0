/*
 * credential_process.c
 *	  Credentials that a program prints (doc/dev/aws.md §2.5, doc/dev/pitfalls.md §2).
 *
 * The program is started without a shell, in a process group of its own, with
 * default signals, no open files but its three, and a deadline; it is waited
 * for through the hooks, so that a cancel ends it.  What it prints to its
 * output is never shown, what it says to its error output is.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "core/auth/credential_sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/net/poller.h"

#define MAX_OUTPUT		(64 * 1024)
#define MAX_COMPLAINT	400

extern char **environ;

/* ---- the command ---- */

void
pds_free_arguments(char **argv)
{
	int			i;

	for (i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

/* One word at *p, unquoted; *p moves behind it.  False: a quote is not closed. */
static bool
next_word(const char **p, PdsStr *word)
{
	const char *s = *p;
	char		quote = 0;

	for (; *s && (quote || !strchr(" \t\r\n", *s)); s++)
	{
		if (quote == 0 && (*s == '\'' || *s == '"'))
			quote = *s;
		else if (quote && *s == quote)
			quote = 0;
		/* inside double quotes a backslash protects only these two */
		else if (*s == '\\' && (quote == 0 || (quote == '"' && (s[1] == '"' || s[1] == '\\'))))
		{
			if (*++s == '\0')
				return false;
			pds_str_append_c(word, *s);
		}
		else
			pds_str_append_c(word, *s);
	}
	*p = s;
	return quote == 0;
}

char	  **
pds_split_command(const char *command, PdsError *err)
{
	size_t		cap = strlen(command) / 2 + 2;
	char	  **argv = calloc(cap, sizeof(char *));
	size_t		n = 0;
	const char *p = command;

	if (argv == NULL)
	{
		(void) pds_error_oom(err);
		return NULL;
	}
	for (p += strspn(p, " \t\r\n"); *p; p += strspn(p, " \t\r\n"))
	{
		PdsStr		word;

		pds_str_init(&word);
		pds_str_append(&word, "");
		if (!next_word(&p, &word) || word.failed)
		{
			if (word.failed)
				(void) pds_error_oom(err);
			else
				pds_error_set(err, PDS_ERR_CONFIG,
							  "credential_process has a quote that is not closed");
			pds_str_free(&word);
			pds_free_arguments(argv);
			return NULL;
		}
		argv[n++] = word.data;
	}
	if (n == 0)
	{
		pds_free_arguments(argv);
		pds_error_set(err, PDS_ERR_CONFIG, "credential_process names no program");
		return NULL;
	}
	return argv;
}

/* ---- the program ---- */

typedef struct Program
{
	pid_t		pid;			/* 0: none is running */
	int			out;			/* ends that we read, -1: closed */
	int			err;
	PdsPoller	poller;
	PdsStr		output;
	char		complaint[MAX_COMPLAINT];	/* the beginning of its error
											 * output */
	size_t		complaint_len;
} Program;

static void
close_end(Program *g, int *fd)
{
	if (*fd < 0)
		return;
	pds_poller_watch(&g->poller, *fd, false, false, true);
	close(*fd);
	*fd = -1;
}

/* nothing of this process is for the program */
static int
close_others(posix_spawn_file_actions_t *actions)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
	return posix_spawn_file_actions_addclosefrom_np(actions, 3);
#else
	DIR		   *dir = opendir("/dev/fd");
	struct dirent *e;
	int			rc = 0;

	while (dir && rc == 0 && (e = readdir(dir)) != NULL)
		if (atoi(e->d_name) > 2 && atoi(e->d_name) != dirfd(dir))
			rc = posix_spawn_file_actions_addclose(actions, atoi(e->d_name));
	if (dir)
		closedir(dir);
	return rc;
#endif
}

static int
spawn(Program *g, char **argv, int out, int err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t	all;
	sigset_t	none;
	int			rc;

	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	sigemptyset(&none);
	if ((rc = posix_spawn_file_actions_init(&actions)) != 0)
		return rc;
	if ((rc = posix_spawnattr_init(&attr)) != 0)
	{
		posix_spawn_file_actions_destroy(&actions);
		return rc;
	}
	if ((rc = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)) == 0 &&
		(rc = posix_spawn_file_actions_adddup2(&actions, out, 1)) == 0 &&
		(rc = posix_spawn_file_actions_adddup2(&actions, err, 2)) == 0 &&
		(rc = close_others(&actions)) == 0 &&
		(rc = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
									   POSIX_SPAWN_SETSIGMASK)) == 0 &&
		(rc = posix_spawnattr_setpgroup(&attr, 0)) == 0 &&
		(rc = posix_spawnattr_setsigdefault(&attr, &all)) == 0 &&
		(rc = posix_spawnattr_setsigmask(&attr, &none)) == 0)
		rc = posix_spawnp(&g->pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0)
		g->pid = 0;
	return rc;
}

static bool
open_pipe(int ends[2])
{
	return pipe(ends) == 0 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
		fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

static bool
start_program(Program *g, char **argv, PdsError *err)
{
	int			out[2] = {-1, -1};
	int			complaints[2] = {-1, -1};
	int			rc;

	memset(g, 0, sizeof(*g));
	g->out = g->err = g->poller.fd = g->poller.timer_fd = -1;
	if (!pds_str_reserve(&g->output, MAX_OUTPUT + 1))
		return pds_error_oom(err);
	rc = pds_poller_open(&g->poller) && open_pipe(out) && open_pipe(complaints)
		? spawn(g, argv, out[1], complaints[1]) : errno;
	if (out[1] >= 0)
		close(out[1]);
	if (complaints[1] >= 0)
		close(complaints[1]);
	g->out = out[0];
	g->err = complaints[0];
	if (rc != 0)
		return pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "could not start \"%s\": %s", argv[0],
							 strerror(rc));
	fcntl(g->out, F_SETFL, O_NONBLOCK);
	fcntl(g->err, F_SETFL, O_NONBLOCK);
	pds_poller_watch(&g->poller, g->out, true, false, false);
	pds_poller_watch(&g->poller, g->err, true, false, false);
	return true;
}

/* Read what has come.  False: it is too much. */
static bool
drain(Program *g)
{
	char		buf[4096];
	ssize_t		n = -1;

	while (g->out >= 0 && (n = read(g->out, buf, sizeof(buf))) != 0)
	{
		if (n < 0)
		{
			if (errno == EINTR)
				continue;
			break;
		}
		if (g->output.len + (size_t) n > MAX_OUTPUT)
			return false;
		pds_str_append_n(&g->output, buf, (size_t) n);
		pds_secure_zero(buf, (size_t) n);
	}
	if (g->out >= 0 && n == 0)
		close_end(g, &g->out);
	while (g->err >= 0 && (n = read(g->err, buf, sizeof(buf))) != 0)
	{
		size_t		room = MAX_COMPLAINT - g->complaint_len;

		if (n < 0)
		{
			if (errno == EINTR)
				continue;
			break;
		}
		/* the rest is read, too, so that it does not block */
		memcpy(g->complaint + g->complaint_len, buf, (size_t) n < room ? (size_t) n : room);
		g->complaint_len += (size_t) n < room ? (size_t) n : room;
	}
	if (g->err >= 0 && n == 0)
		close_end(g, &g->err);
	return true;
}

/* End it and all it started. */
static void
finish_program(Program *g)
{
	if (g->pid > 0)
	{
		kill(-g->pid, SIGKILL);
		while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
			;
		g->pid = 0;
	}
	close_end(g, &g->out);
	close_end(g, &g->err);
	pds_poller_close(&g->poller);
	pds_str_wipe(&g->output);
}

/* Wait for its end.  *status as waitpid gives it. */
static bool
await(Program *g, const PdsHooks *hooks, long deadline_ms, int *status, PdsError *err)
{
	int64_t		began = pds_now_ms();
	PdsPollEvent events[2];

	for (;;)
	{
		bool		silent = g->out < 0 && g->err < 0;
		pid_t		done;
		long		left;

		(void) pds_poller_events(&g->poller, events, 2);
		if (!drain(g))
			return pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "it printed more than %d bytes",
								 MAX_OUTPUT);
		done = waitpid(g->pid, status, WNOHANG);
		if (done == g->pid || (done < 0 && errno != EINTR))
		{
			g->pid = 0;
			if (done < 0)
				*status = 0;	/* somebody else has reaped it: its output
								 * decides */
			(void) drain(g);
			return true;
		}
		left = deadline_ms - (long) (pds_now_ms() - began);
		if (left <= 0)
			return pds_error_set(err, PDS_ERR_TIMEOUT, "it did not end within %ld s",
								 deadline_ms / 1000);
		/* what closes its ends is about to exit */
		if (left > (silent ? 5 : 100))
			left = silent ? 5 : 100;
		if (hooks->wait(hooks->arg, silent ? -1 : g->poller.fd, left, PDS_WAIT_PROCESS) ==
			PDS_WAIT_CANCEL)
			return pds_error_set(err, PDS_ERR_CANCELLED, "cancelled");
	}
}

/* ---- what it printed ---- */

static bool
parse_output(Program *g, PdsKeys *out, PdsError *err)
{
	cJSON	   *o = pds_json_parse_secret(pds_str_text(&g->output), g->output.len);
	cJSON	   *version = cJSON_GetObjectItemCaseSensitive(o, "Version");
	bool		ok;

	if (!cJSON_IsObject(o))
		ok = pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "what it printed is not a JSON object");
	else if (!cJSON_IsNumber(version) || version->valuedouble != 1)
		ok = pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "what it printed has no \"Version\": 1");
	else
		ok = pds_keys_from_json(o, "SessionToken", "it", out, err);
	if (ok)
		out->info.refreshable = out->info.expiration != 0;
	pds_json_wipe(o);
	return ok;
}

/* its own words, as one line */
static void
add_complaint(Program *g, PdsError *err)
{
	char		text[MAX_COMPLAINT + 1];
	size_t		n = g->complaint_len;
	size_t		i;

	while (n > 0 && (unsigned char) g->complaint[n - 1] <= ' ')
		n--;
	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		text[i] = (unsigned char) g->complaint[i] < ' ' ? ' ' : g->complaint[i];
	text[n] = '\0';
	pds_error_detail(err, "It said: %s", text);
}

bool
pds_process_credentials(const PdsChain *c, const char *profile, const char *command,
						PdsKeys *out, PdsError *err)
{
	char	  **argv = pds_split_command(command, err);
	Program		g;
	int			status = 0;
	bool		ok;

	if (argv == NULL)
		return false;
	ok = start_program(&g, argv, err);
	if (ok)
		ok = await(&g, pds_http_hooks(c->http), pds_http_idle_timeout(c->http), &status, err);
	if (ok && WIFSIGNALED(status))
		ok = pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "it was ended by signal %d",
						   WTERMSIG(status));
	else if (ok && WEXITSTATUS(status) != 0)
		ok = pds_error_set(err, PDS_ERR_NO_CREDENTIALS, "its exit code was %d",
						   WEXITSTATUS(status));
	if (ok)
		ok = parse_output(&g, out, err);
	if (ok)
	{
		PDS_INFO_SET(out->info.profile, profile);
		pds_keys_source(out, "profile %s (credential_process)", profile);
	}
	else if (err->kind != PDS_ERR_CANCELLED && err->kind != PDS_ERR_OUT_OF_MEMORY)
	{
		PdsErrorKind kind = err->kind;
		char		why[200];

		pds_copy_cut(why, sizeof(why), err->message, strlen(err->message));
		pds_error_set(err, kind, "credential_process of profile \"%s\" failed: %s", profile, why);
		add_complaint(&g, err);
		pds_error_hint(err,
					   "Run the command as the operating system's user of the server. It prints "
					   "{\"Version\": 1, \"AccessKeyId\": ..., \"SecretAccessKey\": ...}.");
	}
	finish_program(&g);
	pds_free_arguments(argv);
	return ok;
}
