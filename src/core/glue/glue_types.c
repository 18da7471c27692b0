/*
 * glue_types.c
 *	  What the catalog says of databases, tables and partitions: look up, free.
 */
#include "core/glue/glue_types.h"

#include <stdlib.h>
#include <string.h>

const char *
pds_property(const PdsProperties *p, const char *key)
{
	int			i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->items[i].key, key) == 0)
			return p->items[i].value;
	return NULL;
}

void
pds_properties_free(PdsProperties *p)
{
	int			i;

	for (i = 0; i < p->n; i++)
	{
		free(p->items[i].key);
		free(p->items[i].value);
	}
	free(p->items);
}

void
pds_glue_columns_free(PdsGlueColumn *c, int n)
{
	int			i;

	for (i = 0; i < n; i++)
	{
		free(c[i].name);
		free(c[i].type);
		free(c[i].comment);
	}
	free(c);
}

void
pds_storage_descriptor_free(PdsStorageDescriptor *sd)
{
	free(sd->location);
	free(sd->input_format);
	free(sd->output_format);
	free(sd->serde);
	pds_glue_columns_free(sd->columns, sd->ncolumns);
	pds_properties_free(&sd->serde_parameters);
	pds_properties_free(&sd->parameters);
}

void
pds_glue_table_free(PdsGlueTable *t)
{
	if (t == NULL)
		return;
	free(t->database);
	free(t->name);
	free(t->description);
	free(t->table_type);
	pds_storage_descriptor_free(&t->sd);
	pds_glue_columns_free(t->partition_keys, t->npartition_keys);
	pds_properties_free(&t->parameters);
	free(t->view_original_text);
	free(t->target_catalog);
	free(t->target_database);
	free(t->target_name);
	free(t->target_region);
	free(t->catalog_id);
	free(t->region);
	free(t);
}

void
pds_glue_partition_free(PdsGluePartition *p)
{
	int			i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nvalues; i++)
		free(p->values[i]);
	free(p->values);
	pds_storage_descriptor_free(&p->sd);
	pds_properties_free(&p->parameters);
	free(p);
}

void
pds_glue_database_free(PdsGlueDatabase *d)
{
	if (d == NULL)
		return;
	free(d->name);
	free(d->description);
	free(d->location);
	free(d->target_catalog);
	free(d->target_database);
	free(d->target_region);
	free(d);
}
