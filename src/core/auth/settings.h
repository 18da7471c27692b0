/*
 * settings.h
 *	  Settings of the environment and of a profile (doc/dev/aws.md §1.5, §2.9), read
 *	  once and looked at together.
 */
#ifndef PDS_CORE_SETTINGS_H
#define PDS_CORE_SETTINGS_H

#include "core/auth/profile.h"

typedef struct PdsSettings PdsSettings;

/* profile NULL: AWS_PROFILE, then "default".  NULL: see err. */
extern PdsSettings *pds_settings_load(const char *profile, PdsError *err);
extern void pds_settings_free(PdsSettings *s);

extern const char *pds_settings_profile(const PdsSettings *s);
extern const PdsProfiles *pds_settings_files(const PdsSettings *s);

/*
 * A setting by its name in the profile: the variable AWS_NAME, else the key of
 * the profile ("s3.name" for one of its s3 block).  NULL: not set.  The string
 * is the environment's or the settings' own.
 */
extern const char *pds_settings_get(const PdsSettings *s, const char *name);

/* is it "true"? */
extern bool pds_settings_true(const PdsSettings *s, const char *name);

/* the endpoint of a service ("s3", "sso_oidc", ...) by doc/dev/aws.md §1.5; NULL: AWS's own */
extern const char *pds_settings_endpoint(const PdsSettings *s, const char *service);

#endif							/* PDS_CORE_SETTINGS_H */
