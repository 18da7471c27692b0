/*
 * json.h
 *	  JSON that is sent, and JSON that was received; both are trees of cJSON.
 */
#ifndef PDS_CORE_JSON_H
#define PDS_CORE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An object that is being built.  As with PdsStr, a failed allocation sets
 * ->failed for good: callers add freely, and whoever sends it looks once
 * (pds_json_print).  So a request is whole, or is not sent.
 */
typedef struct PdsJson
{
	cJSON	   *root;			/* NULL: memory was short */
	bool		failed;
} PdsJson;

extern void pds_json_init(PdsJson *j);	/* {} */
extern void pds_json_copy(PdsJson *j, const PdsJson *from);
extern void pds_json_free(PdsJson *j);

/* malloc'd, without blanks; NULL: memory is or was short */
extern char *pds_json_print(const PdsJson *j);

/*
 * object.name = item, in the place of what was there; item belongs to the
 * object then, and is freed on failure.  object or item NULL: an allocation
 * before has failed.  Returns item, or NULL.
 */
extern cJSON *pds_json_put(PdsJson *j, cJSON *object, const char *name, cJSON *item);

/* value NULL leaves what is there */
extern void pds_json_put_text(PdsJson *j, cJSON *object, const char *name, const char *value);
extern void pds_json_put_number(PdsJson *j, cJSON *object, const char *name, double value);
extern void pds_json_put_bool(PdsJson *j, cJSON *object, const char *name, bool value);
extern cJSON *pds_json_put_object(PdsJson *j, cJSON *object, const char *name);
extern cJSON *pds_json_put_array(PdsJson *j, cJSON *object, const char *name);

/* the same at the end of an array */
extern cJSON *pds_json_push(PdsJson *j, cJSON *array, cJSON *item);
extern void pds_json_push_text(PdsJson *j, cJSON *array, const char *value);
extern cJSON *pds_json_push_object(PdsJson *j, cJSON *array);

/* a member that is a text, borrowed; NULL: absent, or something else */
extern const char *pds_json_text(const cJSON *object, const char *name);

/* the same as a copy of one's own; *ok becomes false when memory is short */
extern char *pds_json_strdup(const cJSON *object, const char *name, bool *ok);
extern int64_t pds_json_int(const cJSON *object, const char *name, int64_t missing);

/* bytes that its names and texts take, and a pointer a value: about what is kept of a reply */
extern uint64_t pds_json_size(const cJSON *o);

/* values in a text of JSON, without parsing it: each takes 64 bytes and more of a tree */
extern size_t pds_json_count(const char *text, size_t len);

/*
 * JSON with secrets.  Whatever cJSON gives back of it is overwritten: pieces of a
 * text that is no JSON, buffers that became too small, and with pds_json_wipe the
 * tree (NULL is fine).
 */
extern cJSON *pds_json_parse_secret(const char *text, size_t len);
extern char *pds_json_print_secret(const PdsJson *j);	/* as pds_json_print */
extern void pds_json_wipe(cJSON *o);

#endif							/* PDS_CORE_JSON_H */
