/*
 * field_rules.h
 *	  What options of a table or a column say of its fields: other texts for NULL, quotes and NULL,
 *	  blanks, separators in numbers, formats of dates, a text for the default.
 *
 * What is simple of such fields is made of chunks, as without rules (chunk.c); the rest record by
 * record, by pds_rules_cut and pds_rules_convert.
 */
#ifndef PDS_FDW_FIELD_RULES_H
#define PDS_FDW_FIELD_RULES_H

#include "nodes/execnodes.h"

#include "fdw/rows/convert.h"

typedef struct PdsFieldRules
{
	Oid			base;			/* the column's type, below its domains */
	bool		trim;			/* blanks and tabs outside quotes go */
	bool		force_null;		/* csv: the texts for NULL are so between
								 * quotes, too */
	bool		force_not_null; /* csv: they are what they are */
	char		decimal;		/* of numbers; 0: they are as they should be */
	char		thousands;		/* 0: none */
	const char *time_format;	/* of dates and timestamps, or NULL */
	const PdsWords *nulls;		/* NULL: the dialect's */
	const char *default_text;	/* COPY's DEFAULT, or NULL */

	/* of a scan */
	ExprState  *default_value;	/* NULL: the column has none */
	ExprContext *econtext;
} PdsFieldRules;

/*
 * Of a column of this type; NULL: the options say nothing of it.  column may be NULL.  An option
 * of the column that is not for its type is an error.
 */
extern PdsFieldRules *pds_field_rules(const PdsTableOptions *table, const PdsColumnOptions *column,
									  Oid typid, const char *name);

/* Raises an error when the format has nothing that an option means. */
extern void pds_field_rules_check(const PdsFieldRules *rules, PdsFormat format, const char *name);

/* is it one of the texts for NULL? */
extern bool pds_rules_null_text(const PdsFieldRules *rules, const PdsDialect *d, const char *s,
								size_t n);

/* What pds_rules_simple makes of a field. */
typedef enum PdsRuled
{
	PDS_RULED_VALUE, PDS_RULED_NULL,
	PDS_RULED_SLOW				/* pds_rules_cut has to look at it */
} PdsRuled;

/* bytes of a number that is normalised without more ado */
#define PDS_RULED_NUMBER	40

/*
 * The field that a cutter without texts for NULL found at *p (not MESSY), as the rules have it: *p
 * and *n become the value's.  number: PDS_RULED_NUMBER bytes and slack, where *p may lead to then.
 */
extern PdsRuled pds_rules_simple(const PdsFieldRules *rules, const PdsDialect *d, bool quoted,
								 char **p, uint32_t *n, char *number);

/*
 * Field number `field` of record r as the rules have it.  opencsv: f is what the format makes of
 * it.  What is NULL, or stands for the default, is told by f->data.  False: out of memory.
 */
extern bool pds_rules_cut(const PdsFieldRules *rules, const PdsDialect *d, const PdsIndex *ix,
						  char *buf, size_t r, int field, PdsField *f, PdsArena *arena);

/* c->fn for a column with rules */
extern PdsConvertResult pds_rules_convert(PdsConverter *c, PdsField *f, Datum *value, bool *isnull);

extern bool pds_is_number_type(Oid type);
extern bool pds_is_timestamp_type(Oid type);

#endif							/* PDS_FDW_FIELD_RULES_H */
