/* message.c - one request after another out of a growing buffer, by llhttp. Stricter than the
 * parser where RFC 9112 lets a server choose: a bare CR or LF, a folded header, a blank before the
 * colon, a second Host, Content-Length or Authorization, a transfer coding in HTTP/1.0 are all
 * refused, because a proxy in front might have read them differently. It copies nothing; the gaps
 * between chunks are closed in place. */
#include "http/inside.h"
#include <string.h>

enum { HEADERS_MAX = 100, EXTENSION_MAX = 256 };

static int refuse(message *m, status error, const char *reason) {
  if (m->error == OK) {
    m->error = error;
    m->reason = reason;
  }
  return HPE_USER;
}

static message *message_of(llhttp_t *p) { return p->data; }

static void extend(const message *m, span *s, const char *at, size_t len) {
  if (s->len == 0) s->at = (uint32_t)(at - m->base);
  s->len += (uint32_t)len;
}

static int on_url(llhttp_t *p, const char *at, size_t len) {
  message *m = message_of(p);
  extend(m, &m->target, at, len);
  if (m->target.len > m->max_uri_bytes) return refuse(m, E_URI_TOO_LONG, "the target is too long");
  return 0;
}

/* Trailers are refused: nothing here could use them, and proxies disagree on their framing. */
static int on_header_field(llhttp_t *p, const char *at, size_t len) {
  message *m = message_of(p);
  if (m->head_done) return refuse(m, E_MALFORMED, "trailers are not taken");
  extend(m, &m->name, at, len);
  return 0;
}

/* -1: not one of ours. */
static int header_of(str name) {
#define X(member, text, repeats) {STR_INIT(text), repeats},
#define STR_INIT(text) \
  { text, sizeof(text) - 1 }
  static const struct {
    str name;
    bool repeats;
  } table[] = {HEADER_TABLE(X)};
#undef STR_INIT
#undef X
  for (int i = 0; i < HEADER_INDEX_COUNT; i++) {
    if (table[i].name.len == name.len && str_eq_nocase(table[i].name, name)) return i;
  }
  return -1;
}

static bool may_repeat(int index) {
#define X(member, text, repeats) repeats,
  static const bool repeats_of[] = {HEADER_TABLE(X)};
#undef X
  return repeats_of[index];
}

static int on_header_field_complete(llhttp_t *p) {
  message *m = message_of(p);
  if (++m->header_count > HEADERS_MAX) return refuse(m, E_HEADERS, "there are too many headers");
  m->current = header_of(message_span(m->base, m->name));
  m->name = (span){0, 0};
  if (m->current < 0) return 0;
  unsigned bit = 1u << m->current;
  if ((m->seen & bit) != 0 && !may_repeat(m->current)) {
    return refuse(m, E_MALFORMED, "a header that may come once came twice");
  }
  m->seen |= bit;
  m->headers[m->current] = (span){0, 0};
  return 0;
}

static int on_header_value(llhttp_t *p, const char *at, size_t len) {
  message *m = message_of(p);
  if (m->current >= 0) extend(m, &m->headers[m->current], at, len);
  return 0;
}

/* Pauses, so that message_feed learns where the head ends. An upgrade is never taken up: the
 * request is answered as what it is. */
static int on_headers_complete(llhttp_t *p) {
  p->upgrade = 0;
  return HPE_PAUSED;
}

static int on_body(llhttp_t *p, const char *at, size_t len) {
  message *m = message_of(p);
  if (m->body.len + len > m->max_body_bytes) return refuse(m, E_TOO_LARGE, "the body is too large");
  if (m->body.len == 0) m->body.at = (uint32_t)(at - m->base);
  char *end = m->base + m->body.at + m->body.len;
  if (end != at) memmove(end, at, len);
  m->body.len += (uint32_t)len;
  return 0;
}

/* The length of a chunk is known before its bytes: too much is refused before it is read. */
static int on_chunk_header(llhttp_t *p) {
  message *m = message_of(p);
  bool fits = p->content_length <= m->max_body_bytes - m->body.len;
  return fits ? 0 : refuse(m, E_TOO_LARGE, "the body is too large");
}

static int on_chunk_extension(llhttp_t *p, const char *at, size_t len) {
  message *m = message_of(p);
  UNUSED(at);
  m->extension_bytes += len;
  if (m->extension_bytes > EXTENSION_MAX) {
    return refuse(m, E_MALFORMED, "the chunk extensions are too large");
  }
  return 0;
}

static int on_message_complete(llhttp_t *p) {
  message_of(p)->complete = true;
  return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_chunk_header = on_chunk_header,
    .on_chunk_extension_name = on_chunk_extension,
    .on_chunk_extension_value = on_chunk_extension,
    .on_message_complete = on_message_complete,
};

void message_open(message *m, const http_limits *limits) {
  *m = (message){.max_header_bytes = limits->max_header_bytes,
                 .max_uri_bytes = limits->max_uri_bytes,
                 .max_body_bytes = limits->max_body_bytes,
                 .current = -1};
  llhttp_init(&m->parser, HTTP_REQUEST, &settings);
  m->parser.data = m;
}

str message_span(const char *base, span s) { return (str){base + s.at, s.len}; }

str message_header(const message *m, const char *base, enum header_index index) {
  if ((m->seen >> index & 1) == 0) return (str){.at = NULL};
  return str_trim(message_span(base, m->headers[index]));
}

/* HTTP/1.0 gets one answer a connection. */
bool message_keeps_alive(const message *m) {
  return m->parser.http_minor == 1 && llhttp_should_keep_alive(&m->parser) != 0;
}

/* Lines as RFC 9112 wants them: each ends in CRLF, no CR elsewhere, no NUL, none starts with a
 * blank, no blank before the colon. The parser itself lets some of these pass. */
static bool has_strict_lines(str text) {
  bool is_first = true;
  if (memchr(text.at, 0, text.len) != NULL) return false;
  while (str_starts(text, STR("\r\n"))) { /* blank lines before a request are no part of it */
    text = (str){text.at + 2, text.len - 2};
  }
  while (text.len > 0) {
    const char *end = memchr(text.at, '\n', text.len);
    if (end == NULL) return true;
    size_t len = (size_t)(end - text.at);
    if (len == 0 || end[-1] != '\r' || memchr(text.at, '\r', len - 1) != NULL) return false;
    if (!is_first && len > 1) {
      const char *colon = memchr(text.at, ':', len);
      if (colon == NULL || colon == text.at || text.at[0] == ' ' || text.at[0] == '\t')
        return false;
      if (colon[-1] == ' ' || colon[-1] == '\t') return false;
    }
    is_first = false;
    text = (str){end + 1, text.len - len - 1};
  }
  return true;
}

static message_event bad(message *m, status error, const char *reason) {
  (void)refuse(m, error, reason);
  return MESSAGE_BAD;
}

static message_event check_head(message *m) {
  str head = {m->base, m->head_len};
  bool is_1_1 = m->parser.http_major == 1 && m->parser.http_minor == 1;
  bool is_1_0 = m->parser.http_major == 1 && m->parser.http_minor == 0;
  if (m->head_len > m->max_header_bytes)
    return bad(m, E_HEADERS, "the header section is too large");
  if (!has_strict_lines(head)) return bad(m, E_MALFORMED, "the header lines are malformed");
  if (!is_1_1 && !is_1_0) return bad(m, E_MALFORMED, "speak HTTP/1.1 or HTTP/1.0");
  str host = message_header(m, m->base, HEADER_host);
  if (is_1_1 && host.len == 0) return bad(m, E_MALFORMED, "HTTP/1.1 needs one Host header");
  if (is_1_0 && (m->seen >> HEADER_transfer_encoding & 1) != 0) {
    return bad(m, E_MALFORMED, "HTTP/1.0 has no transfer codings");
  }
  if ((m->seen >> HEADER_transfer_encoding & 1) != 0 && (m->parser.flags & F_CHUNKED) == 0) {
    return bad(m, E_MALFORMED, "the only transfer coding is chunked");
  }
  return message_limit_body(m, m->max_body_bytes);
}

/* The last bytes eaten, kept because closing the gaps between chunks may overwrite them. */
static void keep_tail(message *m, size_t from) {
  size_t eaten = m->parsed - from;
  if (eaten >= sizeof m->tail) {
    memcpy(m->tail, m->base + m->parsed - sizeof m->tail, sizeof m->tail);
    return;
  }
  memmove(m->tail, m->tail + eaten, sizeof m->tail - eaten);
  memcpy(m->tail + sizeof m->tail - eaten, m->base + from, eaten);
}

/* The parser lets a bare LF end the last chunk. */
static message_event check_end(message *m) {
  bool is_strict =
      (m->parser.flags & F_CHUNKED) == 0 || memcmp(m->tail, "\r\n\r\n", sizeof m->tail) == 0;
  return is_strict ? MESSAGE_DONE : bad(m, E_MALFORMED, "a chunk's line ends in CR LF");
}

message_event message_feed(message *m, char *base, size_t filled) {
  if (m->error != OK) return MESSAGE_BAD;
  m->base = base;
  size_t before = m->parsed;
  llhttp_errno_t result = llhttp_execute(&m->parser, m->base + m->parsed, filled - m->parsed);
  if (result == HPE_OK) {
    m->parsed = filled;
    keep_tail(m, before);
    if (!m->head_done && filled > m->max_header_bytes) {
      return bad(m, E_HEADERS, "the header section is too large");
    }
    return MESSAGE_MORE;
  }
  if (result != HPE_PAUSED) return bad(m, E_MALFORMED, "the request is not HTTP by RFC 9112");
  m->parsed = (size_t)(llhttp_get_error_pos(&m->parser) - m->base);
  llhttp_resume(&m->parser);
  keep_tail(m, before);
  if (m->complete) return check_end(m);
  m->head_done = true;
  m->head_len = m->parsed;
  return check_head(m);
}

message_event message_limit_body(message *m, size_t max_bytes) {
  if (max_bytes < m->max_body_bytes) m->max_body_bytes = max_bytes;
  bool has_length = (m->parser.flags & F_CONTENT_LENGTH) != 0;
  if (!has_length || m->parser.content_length <= m->max_body_bytes) return MESSAGE_HEAD;
  return bad(m, E_TOO_LARGE, "the body is too large");
}

size_t message_compact(message *m) {
  m->parsed = m->body.len > 0 ? m->body.at + m->body.len : m->head_len;
  return m->parsed;
}

uint64_t message_body_length(const message *m) {
  return (m->parser.flags & F_CONTENT_LENGTH) != 0 ? m->parser.content_length : 0;
}

bool message_method(const message *m, method *out) {
  switch (m->parser.method) {
  case HTTP_GET:
  case HTTP_HEAD: *out = GET; return true;
  case HTTP_POST: *out = POST; return true;
  case HTTP_PUT: *out = PUT; return true;
  case HTTP_PATCH: *out = PATCH; return true;
  case HTTP_DELETE: *out = DELETE; return true;
  default: return false;
  }
}

/* "/path?query", or the absolute form a proxy sends, whose authority is not looked at. */
void message_target(const message *m, const char *base, str *path, str *query) {
  str target = message_span(base, m->target);
  if (target.len > 0 && target.at[0] != '/') {
    const char *authority = memmem(target.at, target.len, "://", 3);
    const char *end = target.at + target.len;
    const char *slash =
        authority == NULL ? NULL : memchr(authority + 3, '/', (size_t)(end - authority - 3));
    if (slash != NULL) target = (str){slash, (size_t)(end - slash)};
  }
  *query = target;
  if (!str_split(query, '?', path)) *path = STR("");
}
