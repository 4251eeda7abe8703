/* ctx.c - what went wrong, kept in the context. The first fault wins: what fails after it is
 * usually its consequence. The text lives in the context's arena. */
#include "base/base.h"
#include <stdarg.h>

status fail(ctx *c, status code, const char *format, ...) {
  assert(code != OK);
  if (c->fault.code != OK) return code;
  va_list args;
  va_start(args, format);
  str detail = str_format_args(c->arena, format, args);
  va_end(args);
  c->fault.code = code;
  c->fault.detail = detail;
  return code;
}

status fail_field(ctx *c, status code, str pointer, const char *format, ...) {
  assert(code != OK);
  fault *f = &c->fault;
  if (f->field_count == FAULT_FIELDS_MAX) return code;
  va_list args;
  va_start(args, format);
  str detail = str_format_args(c->arena, format, args);
  va_end(args);
  if (f->code == OK) {
    f->code = code;
    f->detail = detail;
  }
  f->fields[f->field_count++] =
      (fault_field){.pointer = str_copy(c->arena, pointer), .detail = detail};
  return code;
}

void fault_clear(ctx *c) { c->fault = (fault){.code = OK}; }
