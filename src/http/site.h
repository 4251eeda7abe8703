/* site.h - the web applications the server hands out: files that lie in the program, made by
 * tools/embed_web.sh out of web/dist, and served from memory on the loop's thread. Routes of
 * modules win over files; what is neither, and what a browser asks for as a page, gets the first
 * page of the application it lies under (those applications find their way by the path).
 *
 * A file whose name holds its content's hash is immutable for a year; all others are asked for
 * again by their ETag (RFC 9110 §13.1.2). Variants are chosen by Accept-Encoding, brotli before
 * gzip (RFC 9110 §12.5.3). A first page gets a nonce of its own for each answer (CSP Level 3):
 * every SITE_NONCE_MARK in it is replaced, so that an application may add styles and nothing else
 * may. */
#ifndef TAEL_HTTP_SITE_H
#define TAEL_HTTP_SITE_H

#include "base/base.h"

#define SITE_NONCE_MARK "tael-nonce-mark"

typedef struct site_bytes {
  const char *at; /* NULL: this variant does not pay and is not there */
  size_t len;
} site_bytes;

typedef struct site_file {
  const char *path; /* "/assets/main-1a2b.js"; a first page ends in "/index.html" */
  const char *content_type;
  const char *etag; /* with its quotes; of all variants: they hold the same content */
  bool is_immutable, is_page;
  site_bytes plain, gzip, brotli;
} site_file;

typedef struct site {
  const site_file *files; /* by path, in rising byte order */
  size_t count;           /* 0: this program was built without its web applications */
} site;

#endif
