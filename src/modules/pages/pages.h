/* pages.h - the market's read side for people: plain server-rendered HTML at /plain, in English and
 * Chinese, and every table as CSV. Promises: all text from outside is escaped, no page changes
 * anything, no page needs a script (signing in does). It has no tables and no rules of its own: it
 * shows what the other modules' public headers tell. */
#ifndef TAEL_PAGES_H
#define TAEL_PAGES_H

#include "http/http.h"

extern const module pages_module;

#endif
