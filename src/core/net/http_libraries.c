/*
 * http_libraries.c
 *	  What this room's libraries say they are.
 */
#include <curl/curl.h>
#include <openssl/crypto.h>

#include "core/net/http.h"

const char *
pds_http_libraries(const char **openssl)
{
	*openssl = OpenSSL_version(OPENSSL_VERSION);
	return curl_version();
}
