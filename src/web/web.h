/* web.h - the web applications of web/, as they were when this program was built. Their table is
 * made by tools/embed_web.sh out of web/dist, which `./dev build` fills; a build without it
 * (another compiler's, a sanitizer's) has an empty table and serves the API alone. */
#ifndef TAEL_WEB_WEB_H
#define TAEL_WEB_WEB_H

#include "http/site.h"

extern const site web_site;

#endif
