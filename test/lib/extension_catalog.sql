-- What an extension is made of, as text, a line for each thing: two installations of it are the same when these are.
-- :extension is its name.  Nothing that depends on OIDs or on the order of making is in it.
WITH members AS (
	SELECT classid, objid, i.type AS kind, i.identity AS name
	FROM pg_depend d, pg_identify_object(classid, objid, objsubid) i
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = :'extension')),
columns AS (
	SELECT c.oid AS relation, c.reltype, a.attnum, concat_ws(' ', attname, format_type(atttypid, atttypmod),
		CASE WHEN attnotnull THEN 'NOT NULL' END, 'collation ' || nullif(attcollation, 0)::regcollation::text,
		'default ' || pg_get_expr(adbin, adrelid), 'acl ' || attacl::text,
		'comment ' || col_description(c.oid, a.attnum)) AS said
	FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
		LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum),
facts (kind, name, said) AS (
	SELECT kind, name, 'is there' FROM members
	UNION ALL SELECT kind, name, 'comment ' || obj_description(objid, classid::regclass::text) FROM members
	UNION ALL SELECT kind, name, 'initial rights ' || acl::text FROM members m JOIN pg_init_privs i
		ON (i.classoid, i.objoid, i.objsubid) = (m.classid, m.objid, 0), unnest(initprivs) acl
	UNION ALL SELECT kind, name, unnest(ARRAY[
			'arguments ' || pg_get_function_arguments(objid), 'result ' || pg_get_function_result(objid),
			format('language %s, %s, strict %s, leakproof %s, definer %s, parallel %s, cost %s, rows %s, support %s', prolang::regclass::text,
				provolatile, proisstrict, proleakproof, prosecdef, proparallel, procost, prorows, prosupport),
			'source ' || prosrc || coalesce(' in ' || probin, ''), 'body ' || pg_get_function_sqlbody(objid), 'settings ' || proconfig::text])
		FROM members JOIN pg_proc ON classid = 'pg_proc'::regclass AND oid = objid
	UNION ALL SELECT kind, name, 'right ' || acl::text
		FROM members JOIN pg_proc ON classid = 'pg_proc'::regclass AND oid = objid, unnest(proacl) acl
	UNION ALL SELECT kind, name, format('aggregate %s', to_jsonb(a) - 'aggfnoid' - 'aggtranstype' - 'aggmtranstype' - 'aggsortop' || jsonb_build_object(
			'state', aggtranstype::regtype::text, 'moving state', aggmtranstype::regtype::text, 'sort', aggsortop::regoper::text))
		FROM members JOIN pg_aggregate a ON classid = 'pg_proc'::regclass AND aggfnoid = objid
	UNION ALL SELECT kind, name, 'right ' || acl::text
		FROM members JOIN pg_class ON classid = 'pg_class'::regclass AND oid = objid, unnest(relacl) acl
	UNION ALL SELECT kind, name, 'query ' || pg_get_viewdef(objid)
		FROM members JOIN pg_class ON classid = 'pg_class'::regclass AND oid = objid AND relkind IN ('v', 'm')
	UNION ALL SELECT kind, name, format('relation %s %s %s %s', relkind, relpersistence, relrowsecurity, reloptions)
		FROM members JOIN pg_class ON classid = 'pg_class'::regclass AND oid = objid
	UNION ALL SELECT kind, name, format('column %s: %s', attnum, columns.said)
		FROM members JOIN columns ON classid = 'pg_class'::regclass AND relation = objid
	UNION ALL SELECT kind, name, format('attribute %s: %s', attnum, columns.said)
		FROM members JOIN columns ON classid = 'pg_type'::regclass AND reltype = objid
	UNION ALL SELECT kind, name, format('type %s, base %s, default %s, element %s, labels %s', typtype, typbasetype::regtype, typdefault, typelem::regtype,
			(SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = objid))
		FROM members JOIN pg_type ON classid = 'pg_type'::regclass AND oid = objid
	UNION ALL SELECT kind, name, 'right ' || acl::text
		FROM members JOIN pg_type ON classid = 'pg_type'::regclass AND oid = objid, unnest(typacl) acl
	UNION ALL SELECT kind, name, 'right ' || acl::text
		FROM members JOIN pg_namespace ON classid = 'pg_namespace'::regclass AND oid = objid, unnest(nspacl) acl
	UNION ALL SELECT kind, name, format('handler %s, validator %s, options %s', fdwhandler::regproc, fdwvalidator::regproc, fdwoptions)
		FROM members JOIN pg_foreign_data_wrapper ON classid = 'pg_foreign_data_wrapper'::regclass AND oid = objid
	UNION ALL SELECT kind, name, 'right ' || acl::text
		FROM members JOIN pg_foreign_data_wrapper ON classid = 'pg_foreign_data_wrapper'::regclass AND oid = objid, unnest(fdwacl) acl
	UNION ALL SELECT kind, name, format('operator %s %s %s %s', oprcode, oprcom::regoper, oprnegate::regoper, oprrest)
		FROM members JOIN pg_operator ON classid = 'pg_operator'::regclass AND oid = objid
	UNION ALL SELECT kind, name, format('cast %s %s %s', castfunc::regprocedure, castcontext, castmethod)
		FROM members JOIN pg_cast ON classid = 'pg_cast'::regclass AND oid = objid)
SELECT format('%s %s: %s', kind, name, replace(said, E'\n', ' ')) FROM facts WHERE said IS NOT NULL ORDER BY 1;
