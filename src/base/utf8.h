/* utf8.h - the one decoder of UTF-8 (RFC 3629), private to base: strict, so no surrogates, no
 * overlong forms, nothing above U+10FFFF. */
#ifndef TAEL_UTF8_H
#define TAEL_UTF8_H

#include "base/base.h"

/* Bytes of the code point at the start of s (1..4); 0 when s is empty or does not start with one.
 */
size_t utf8_rune_len(str s);

#endif
