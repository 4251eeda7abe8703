/* answer.c - a server's answer as bytes: HTTP/1.1 with a length, a problem document's sentence, the
 * results of a batch. Pure: reads only what it is given, whatever that is. */
#include "inside.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* --- HTTP ------------------------------------------------------------------------------------- */

typedef struct view {
  const char *at;
  size_t len;
} view;

static bool named(view line, const char *name, view *value) {
  size_t len = strlen(name);
  if (line.len <= len || line.at[len] != ':' || strncasecmp(line.at, name, len) != 0) return false;
  *value = (view){line.at + len + 1, line.len - len - 1};
  while (value->len > 0 && (value->at[0] == ' ' || value->at[0] == '\t'))
    value->at++, value->len--;
  return true;
}

/* false: not a number below `max`. */
static bool number(view text, size_t max, size_t *out) {
  size_t value = 0;
  if (text.len == 0) return false;
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] < '0' || text.at[i] > '9') return false;
    value = value * 10 + (size_t)(text.at[i] - '0');
    if (value > max) return false;
  }
  *out = value;
  return true;
}

static bool read_status(view line, int *out) {
  size_t code;
  if (line.len < 12 || memcmp(line.at, "HTTP/1.", 7) != 0 || line.at[8] != ' ') return false;
  if (!number((view){line.at + 9, 3}, 599, &code)) return false;
  *out = (int)code;
  return true;
}

static bool read_line(view line, answer *a, bool *has_length) {
  view value;
  size_t n;
  if (named(line, "Content-Length", &value)) {
    if (*has_length || !number(value, ANSWER_BODY_MAX, &a->body_len)) return false;
    *has_length = true;
  }
  if (named(line, "Transfer-Encoding", &value)) return false; /* the server never chunks */
  if (named(line, "Retry-After", &value) && number(value, 3600, &n)) a->retry_after_s = (int)n;
  if (named(line, "Connection", &value))
    a->closes = value.len == 5 && strncasecmp(value.at, "close", 5) == 0;
  return true;
}

answer_event tael_answer_read(const char *bytes, size_t len, answer *out) {
  const char *end = memmem(bytes, len, "\r\n\r\n", 4);
  if (end == NULL) return len > ANSWER_HEAD_MAX ? ANSWER_BAD : ANSWER_MORE;
  answer a = {.head_len = (size_t)(end - bytes) + 4};
  bool has_length = false, is_first = true;
  for (const char *at = bytes; at < end + 2;) {
    const char *eol = memmem(at, (size_t)(end + 2 - at), "\r\n", 2);
    view line = {at, (size_t)(eol - at)};
    bool good = is_first ? read_status(line, &a.status) : read_line(line, &a, &has_length);
    if (!good) return ANSWER_BAD;
    is_first = false;
    at = eol + 2;
  }
  if (!has_length || a.head_len > ANSWER_HEAD_MAX) return ANSWER_BAD;
  *out = a;
  return len - a.head_len >= a.body_len ? ANSWER_WHOLE : ANSWER_MORE;
}

/* --- problem documents ------------------------------------------------------------------------ */

/* The text member `name` at its first place in `json`; escapes other than \" and \\ become '?'.
 * Returns how much of `out` it filled. */
static size_t text_member(view json, const char *name, char *out, size_t room) {
  char wanted[32];
  size_t used = 0, len = (size_t)snprintf(wanted, sizeof wanted, "\"%s\":\"", name);
  const char *at = memmem(json.at, json.len, wanted, len);
  if (at == NULL) return 0;
  const char *end = json.at + json.len;
  for (at += len; at < end && *at != '"' && used + 1 < room; at++) {
    char c = *at;
    if (c == '\\') {
      if (++at == end) break;
      c = *at == '"' || *at == '\\' || *at == '/' ? *at : '?';
    }
    out[used++] = (unsigned char)c < 0x20 ? ' ' : c;
  }
  out[used] = 0;
  return used;
}

void tael_answer_detail(const char *body, size_t len, char out[DETAIL_MAX]) {
  view json = {body, len};
  char pointer[64];
  out[0] = 0;
  const char *errors = memmem(body, len, "\"errors\":", 9);
  view inner = errors == NULL ? (view){body, 0} : (view){errors, len - (size_t)(errors - body)};
  if (text_member(inner, "pointer", pointer, sizeof pointer) > 0) {
    int n = snprintf(out, DETAIL_MAX, "%s: ", pointer);
    if (text_member(inner, "detail", out + n, DETAIL_MAX - (size_t)n) > 0) return;
  }
  (void)text_member(json, "detail", out, DETAIL_MAX);
}

/* --- results ---------------------------------------------------------------------------------- */

bool tael_answer_results(const char *body, size_t len, uint32_t count, tael_failure *into,
                         tael_outcome *out) {
  struct {
    uint16_t version, reserved;
    uint32_t count, accepted, listed;
  } head;
  if (len < sizeof head) return false;
  memcpy(&head, body, sizeof head);
  if (head.version != 1 || head.count != count || head.listed > count) return false;
  if (head.accepted != count - head.listed) return false;
  if (len != sizeof head + (size_t)head.listed * sizeof(tael_failure)) return false;
  memcpy(into, body + sizeof head, (size_t)head.listed * sizeof *into);
  for (uint32_t i = 0; i < head.listed; i++) {
    bool rises = i == 0 || into[i].index > into[i - 1].index;
    if (into[i].index >= count || !rises || into[i].result == TAEL_RESULT_OK) return false;
  }
  out->accepted = head.accepted;
  out->failure_count = head.listed;
  out->failures = into;
  return true;
}
