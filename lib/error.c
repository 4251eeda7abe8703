/* error.c - numbers into sentences. Any thread, never NULL. */
#include "inside.h"

const char *tael_error_text(tael_error error) {
  switch ((int)error) {
  case TAEL_DONE: return "Done.";
#define X(name, number, applied, sentence) \
  case number: return sentence;
    TAEL_ERROR_TABLE(X)
#undef X
  default: return "An error this version of libtael does not know.";
  }
}

const char *tael_result_text(uint32_t result) {
  switch (result) {
#define X(name, number, slug, sentence) \
  case number: return sentence;
    TAEL_RESULT_TABLE(X)
#undef X
  default: return "A result this version of libtael does not know.";
  }
}

const char *tael_result_slug(uint32_t result) {
  switch (result) {
#define X(name, number, slug, sentence) \
  case number: return slug;
    TAEL_RESULT_TABLE(X)
#undef X
  default: return "unknown";
  }
}

bool tael_result_succeeded(uint32_t result) {
  return result == TAEL_RESULT_OK || result == TAEL_RESULT_EXISTS;
}
