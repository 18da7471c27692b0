/*
 * aws.h
 *	  An AWS session: one set of credentials, one region, the endpoints.
 *
 * The service files (s3, glue, athena, sts) build requests on it; nothing else
 * makes a base URL.  doc/dev/aws.md §1.4 and §1.5.
 */
#ifndef PDS_CORE_AWS_H
#define PDS_CORE_AWS_H

#include "core/auth/credentials.h"
#include "core/base/json.h"
#include "core/base/pager.h"
#include "core/net/http.h"

typedef enum PdsAddressing
{
	PDS_ADDRESS_AUTO,			/* virtual-host where doc/dev/aws.md §1.4
								 * allows it; path on custom endpoints */
	PDS_ADDRESS_PATH,
	PDS_ADDRESS_VIRTUAL
} PdsAddressing;

typedef enum PdsService
{
	PDS_S3, PDS_GLUE, PDS_ATHENA, PDS_STS
} PdsService;
#define PDS_NSERVICES 4

/* a switch that environment and profile may set where the caller does not */
typedef enum PdsSwitch
{
	PDS_UNSET, PDS_ON, PDS_OFF
} PdsSwitch;

typedef struct PdsAwsConfig
{
	const char *region;			/* required by the time a request is made */
	bool		instance_region;	/* where none is known, ask the EC2
									 * instance (network) */
	const char *endpoint[PDS_NSERVICES];	/* scheme://host[:port], NULL:
											 * AWS's own */
	PdsAddressing addressing;
	PdsSwitch	use_fips;
	PdsSwitch	use_dualstack;
	bool		requester_pays;
	PdsCredentialConfig credentials;
} PdsAwsConfig;

typedef struct PdsAws PdsAws;

/*
 * Copies the configuration.  When credentials.allow_ambient, what is missing of
 * region, endpoints, addressing and switches is looked up in environment and
 * profile (doc/dev/aws.md §1.5, §2.9).  The PdsHttp is borrowed and outlives the session.
 */
extern PdsAws *pds_aws_new(PdsHttp *http, const PdsAwsConfig *config, PdsError *err);
extern void pds_aws_free(PdsAws *aws);

/*
 * The same session in another region (credentials, endpoints and counters are
 * shared); it lives as long as aws.  NULL or "": aws itself.
 */
extern PdsAws *pds_aws_in_region(PdsAws *aws, const char *region, PdsError *err);

extern PdsHttp *pds_aws_http(const PdsAws *aws);
extern const char *pds_aws_region(const PdsAws *aws);	/* "" when unknown */
extern PdsCredentials *pds_aws_credentials(const PdsAws *aws);
extern bool pds_aws_requester_pays(const PdsAws *aws);

/* Base URL of a service into out (scheme://host[:port]); for S3 without bucket. */
extern bool pds_aws_base_url(const PdsAws *aws, PdsService service, PdsStr *out, PdsError *err);

/*
 * Base URL and encoded path of bucket/key by the addressing rules, validating
 * the bucket name as host label (it must not reach another host).  key NULL:
 * the bucket itself.
 */
extern bool pds_aws_s3_url(const PdsAws *aws, const char *bucket, const char *key,
						   PdsStr *base_url, PdsStr *path, PdsError *err);

/* region to sign with for a bucket: learnt by a redirect, else the session's */
extern const char *pds_aws_bucket_region(const PdsAws *aws, const char *bucket);
extern void pds_aws_learn_bucket_region(PdsAws *aws, const char *bucket, const char *region);

/* where to look for a bucket first, while nothing is known of it */
extern void pds_aws_suggest_bucket_region(PdsAws *aws, const char *bucket, const char *region);

/*
 * A request on the bucket ended with err: did it go to the wrong region, and is
 * the right one known now?  Where neither the reply's headers nor its body name
 * it, the bucket is asked (HeadBucket).  True: make the request anew, once
 * (doc/dev/aws.md §3.4).
 */
extern bool pds_aws_follow_bucket(PdsAws *aws, const char *bucket, const PdsError *err);

/*
 * One call of a JSON service (glue: "AWSGlue", athena: "AmazonAthena"): POST /
 * with X-Amz-Target "<prefix>.<operation>", parsed reply in *reply
 * (cJSON_Delete by the caller).  input NULL: {}; one for which memory was short
 * is never sent.  Errors: code from __type or
 * x-amzn-errortype, message from message/Message (doc/dev/aws.md §5.1).
 */
extern bool pds_aws_json_call(PdsAws *aws, PdsService service, const char *operation,
							  const PdsJson *input, bool not_idempotent,
							  const char *resource, cJSON **reply, PdsError *err);

/*
 * The same in two steps, so that several are under way at once: finish waits
 * for the reply and ends the call, drop abandons it (or does nothing).  The
 * strings given live until then.
 */
typedef struct PdsJsonCall
{
	PdsTransfer *transfer;		/* NULL: not under way */
	char	   *body;
	PdsService	service;
	const char *operation;
	const char *resource;
} PdsJsonCall;

extern bool pds_aws_json_start(PdsAws *aws, PdsService service, const char *operation,
							   const PdsJson *input, bool not_idempotent,
							   const char *resource, PdsJsonCall *call, PdsError *err);
extern bool pds_aws_json_finish(PdsAws *aws, PdsJsonCall *call, cJSON **reply,
								PdsError *err);
extern void pds_aws_json_drop(PdsJsonCall *call);

/* Is there another page?  Then in asks for it (NextToken). */
extern bool pds_aws_next_page(PdsPager *pager, const char *operation, const char *resource,
							  const cJSON *reply, PdsJson *in, PdsError *err);

/*
 * Hex of a hash of all by which a service may tell who asks: what one was
 * allowed to read, another one with the same identity may.  False: no memory.
 */
extern bool pds_aws_identity(const PdsAwsConfig *config, char out[65]);

/* fill method, credentials, region, service, operation, resource of a request */
extern void pds_aws_request(const PdsAws *aws, PdsService service, const char *method,
							const char *operation, const char *resource, PdsRequest *req);

/*
 * ca_bundle for a client (a PdsHttpOptions): AWS_CA_BUNDLE, which belongs to the place where
 * the server stands as the proxies do; that of the profile only when ambient.  NULL in *out:
 * not set.  malloc'd.
 */
extern bool pds_aws_ca_bundle(bool ambient, const char *profile, char **out, PdsError *err);

/* no character that could name another host or path (ARNs have rules of their own) */
extern bool pds_s3_valid_bucket(const char *bucket);

/* "s3://bucket/key" into malloc'd parts (key "" when absent); s3a:// and s3n:// too */
extern bool pds_s3_parse_uri(const char *uri, char **bucket, char **key, PdsError *err);

#endif							/* PDS_CORE_AWS_H */
