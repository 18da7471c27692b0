/*
 * profile.h
 *	  The files ~/.aws/config and ~/.aws/credentials (AWS.md 2.1).
 */
#ifndef PDS_CORE_PROFILE_H
#define PDS_CORE_PROFILE_H

#include "error.h"

typedef struct PdsProfiles PdsProfiles;

/* Read both files; a file that is absent is empty.  NULL: see err. */
extern PdsProfiles *pds_profiles_load(PdsError *err);
extern void pds_profiles_free(PdsProfiles *p);
/* the profile to use: name, else AWS_PROFILE, else "default" */
extern const char *pds_profile_name(const char *name);
/* is the profile in one of the files? */
extern bool pds_profile_exists(const PdsProfiles *p, const char *profile);
/* value of a key; the credentials file wins over the config file.  NULL: absent */
extern const char *pds_profile_get(const PdsProfiles *p, const char *profile, const char *key);
/* the same from the credentials file only */
extern const char *pds_profile_get_credentials(const PdsProfiles *p, const char *profile,
											   const char *key);
/* key of [services NAME] below the nested block `service` */
extern const char *pds_profile_service(const PdsProfiles *p, const char *services,
									   const char *service, const char *key);

#endif							/* PDS_CORE_PROFILE_H */
