/*
 * profile.h
 *	  The files ~/.aws/config and ~/.aws/credentials (doc/dev/aws.md §2.1).
 */
#ifndef PDS_CORE_PROFILE_H
#define PDS_CORE_PROFILE_H

#include "core/base/error.h"
#include "core/base/strbuf.h"

typedef struct PdsProfiles PdsProfiles;

/* Read both files; a file that is absent is empty.  NULL: see err. */
extern PdsProfiles *pds_profiles_load(PdsError *err);

/* The same of texts, which are taken apart in place. */
extern PdsProfiles *pds_profiles_parse(char *credentials, char *config, PdsError *err);
extern void pds_profiles_free(PdsProfiles *p);

/* the profile to use: name, else AWS_PROFILE, AWS_DEFAULT_PROFILE, "default" */
extern const char *pds_profile_name(const char *name);

/* is the profile in one of the files? */
extern bool pds_profile_exists(const PdsProfiles *p, const char *profile);

/* Value of a key, of a nested one "outer.inner"; the credentials file wins over the config
 * file.  NULL: absent */
extern const char *pds_profile_get(const PdsProfiles *p, const char *profile, const char *key);

/* the same from one of the files only */
extern const char *pds_profile_get_file(const PdsProfiles *p, const char *profile, const char *key,
										bool credentials);

/* key of the config file's section [kind name]: sso-session, services */
extern const char *pds_profile_section(const PdsProfiles *p, const char *kind, const char *name,
									   const char *key);
extern bool pds_profile_has_section(const PdsProfiles *p, const char *kind, const char *name);

/* the home directory of the server process; never NULL */
extern const char *pds_home_directory(void);

/* A small file, appended to out without copies left behind.  *found false: it cannot be read. */
extern bool pds_read_file(const char *path, size_t max, PdsStr *out, bool *found, PdsError *err);

#endif							/* PDS_CORE_PROFILE_H */
