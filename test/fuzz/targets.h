/*
 * targets.h
 *	  The targets, by name: X(name).
 */
X(date)
X(error_body)
X(http)
X(range)
X(listing)
X(s3)
X(hive_type)
X(trino_type)
X(values)
X(plain)
X(reader)
X(codec)
