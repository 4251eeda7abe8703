/* answer.c - the head of an answer: status line, date, security headers and what the answer says of
 * itself. Written into a caller's buffer without allocating. What comes from outside (request id,
 * cookies) was checked before it got here. */
#include "http/inside.h"
#include <stdio.h>
#include <string.h>

const char *http_reason(int http_status) {
  switch (http_status) {
  case 200: return "OK";
  case 201: return "Created";
  case 202: return "Accepted";
  case 204: return "No Content";
  case 304: return "Not Modified";
  case 400: return "Bad Request";
  case 401: return "Unauthorized";
  case 403: return "Forbidden";
  case 404: return "Not Found";
  case 405: return "Method Not Allowed";
  case 408: return "Request Timeout";
  case 409: return "Conflict";
  case 413: return "Content Too Large";
  case 414: return "URI Too Long";
  case 415: return "Unsupported Media Type";
  case 422: return "Unprocessable Content";
  case 429: return "Too Many Requests";
  case 431: return "Request Header Fields Too Large";
  case 500: return "Internal Server Error";
  case 501: return "Not Implemented";
  default: return "Service Unavailable";
  }
}

void answer_date(instant real_now, char out[static DATE_LINE_LEN + 1]) {
  static const char days[] = "MonTueWedThuFriSatSun";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int year, month, day;
  date d = instant_date(real_now, 0);
  int seconds = (int)((real_now - instant_from_date(d, 0)) / MICROS_PER_SECOND);
  date_to_ymd(d, &year, &month, &day);
  snprintf(out, DATE_LINE_LEN + 1, "Date: %.3s, %02u %.3s %04u %02u:%02u:%02u GMT\r\n",
           days + 3 * date_weekday(d), (unsigned)day % 100, months + 3 * (month - 1),
           (unsigned)year % 10000, (unsigned)seconds / 3600 % 100, (unsigned)seconds / 60 % 60,
           (unsigned)seconds % 60);
}

typedef struct head {
  char *at;
  size_t len;
} head;

/* What does not fit is a defect: every part is bounded before it comes here. */
static void add(head *h, str s) {
  assert(h->len + s.len <= HEAD_MAX);
  if (s.len > 0) memcpy(h->at + h->len, s.at, s.len);
  h->len += s.len;
}

static void add_int(head *h, size_t value) {
  char digits[24];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  add(h, (str){digits + at, sizeof digits - at});
}

static void add_line(head *h, str name, str value) {
  add(h, name);
  add(h, value);
  add(h, STR("\r\n"));
}

static void add_allow(head *h, unsigned allowed) {
  add(h, STR("Allow: "));
  bool is_first = true;
  for (method m = GET; m <= DELETE; m++) {
    if ((allowed >> m & 1) == 0) continue;
    if (!is_first) add(h, STR(", "));
    is_first = false;
    add(h, str_from(method_name(m)));
    if (m == GET) add(h, STR(", HEAD"));
  }
  add(h, STR("\r\n"));
}

/* Pages may take a style sheet from their own origin and nothing else; data may do nothing at all.
 */
static str policy(bool is_page) {
  if (is_page) {
    return STR("X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
               "Content-Security-Policy: default-src 'none'; style-src 'self'; form-action 'none'; "
               "base-uri 'none'; frame-ancestors 'none'\r\nCache-Control: no-store\r\n");
  }
  return STR("X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
             "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
             "Cache-Control: no-store\r\n");
}

static void add_rare(head *h, const answer *a) {
  if (a->allow != 0) add_allow(h, a->allow);
  if (a->retry_after_s > 0) {
    add(h, STR("Retry-After: "));
    add_int(h, (size_t)a->retry_after_s);
    add(h, STR("\r\n"));
  }
  if (a->asks_credentials) add(h, STR("WWW-Authenticate: Bearer realm=\"tael\"\r\n"));
  if (a->replayed) add(h, STR("Idempotent-Replayed: true\r\n"));
  for (size_t i = 0; i < a->cookie_count; i++) {
    add_line(h, STR("Set-Cookie: "), a->cookies[i]);
  }
  if (a->close) add(h, STR("Connection: close\r\n"));
}

static void add_status_line(head *h, int http_status) {
  if (http_status == 200) {
    add(h, STR("HTTP/1.1 200 OK\r\n"));
    return;
  }
  add(h, STR("HTTP/1.1 "));
  add_int(h, (size_t)http_status);
  add(h, STR(" "));
  add_line(h, str_from(http_reason(http_status)), STR(""));
}

size_t answer_head(const answer *a, str date_line, char out[static HEAD_MAX]) {
  head h = {.at = out};
  add_status_line(&h, a->http_status);
  add(&h, date_line);
  add(&h, a->policy.len > 0 ? a->policy : policy(a->is_page));
  if (a->content_type.len > 0) add_line(&h, STR("Content-Type: "), a->content_type);
  if (!a->is_stream) {
    add(&h, STR("Content-Length: "));
    add_int(&h, a->body.len);
    add(&h, STR("\r\n"));
  }
  if (a->request_id.len > 0) add_line(&h, STR("X-Request-Id: "), a->request_id);
  add_rare(&h, a);
  add(&h, STR("\r\n"));
  return h.len;
}
