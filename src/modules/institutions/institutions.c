/* institutions.c - the rules of webhooks: which URLs and addresses may be called, which events an
 * endpoint wants, when to try again, what is sent. Pure: no store, no socket, no clock. */
#include "modules/institutions/inside.h"

#include <ctype.h>
#include <netinet/in.h>
#include <string.h>

const char *const webhook_states[] = {"active", "disabled", "gone", NULL};
const char *const delivery_states[] = {"waiting", "done", "failed", NULL};

/* --- where to --------------------------------------------------------------------------------- */

static bool take_scheme(str *url, url_parts *out) {
  const str plain = STR("http://"), tls = STR("https://");
  bool is_tls = url->len > tls.len && str_eq_nocase((str){url->at, tls.len}, tls);
  bool is_plain = url->len > plain.len && str_eq_nocase((str){url->at, plain.len}, plain);
  if (!is_tls && !is_plain) return false;
  size_t len = is_tls ? tls.len : plain.len;
  out->port = is_tls ? 443 : 80;
  *url = (str){url->at + len, url->len - len};
  return true;
}

static size_t host_len(str rest) {
  if (rest.len > 0 && rest.at[0] == '[') {
    const char *end = memchr(rest.at, ']', rest.len);
    return end == NULL || end - rest.at < 2 ? 0 : (size_t)(end - rest.at) + 1;
  }
  size_t len = 0;
  while (len < rest.len &&
         (isalnum((unsigned char)rest.at[len]) || strchr(".-_", rest.at[len]) != NULL))
    len++;
  return len;
}

/* The host is what libcurl and the resolver will see: anything the two might read differently is
 * refused. */
bool webhook_url_parse(arena *a, str url, url_parts *out) {
  url_parts parts;
  if (url.len > WEBHOOK_URL_MAX || !take_scheme(&url, &parts)) return false;
  for (size_t i = 0; i < url.len; i++) {
    unsigned char ch = (unsigned char)url.at[i];
    if (ch <= ' ' || ch >= 0x7f || strchr("@#\\\"<>^`{|}", ch) != NULL) return false;
  }
  size_t len = host_len(url);
  if (len == 0) return false;
  parts.host = str_copy(a, url.at[0] == '[' ? (str){url.at + 1, len - 2} : (str){url.at, len});
  str rest = {url.at + len, url.len - len};
  if (rest.len > 0 && rest.at[0] == ':') {
    size_t digits = 1;
    int64_t port;
    while (digits < rest.len && isdigit((unsigned char)rest.at[digits]))
      digits++;
    if (!str_to_int((str){rest.at + 1, digits - 1}, &port) || port < 1 || port > 65535)
      return false;
    parts.port = (int)port;
    rest = (str){rest.at + digits, rest.len - digits};
  }
  if (rest.len > 0 && rest.at[0] != '/' && rest.at[0] != '?') return false;
  *out = parts;
  return true;
}

typedef struct net4 {
  uint32_t base;
  int bits;
} net4;

/* IANA's registry of special-purpose IPv4 addresses, what is not globally reachable, and multicast.
 */
static const net4 special4[] = {
    {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
    {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16},
    {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 4},  {0xf0000000, 4},
};

static bool is_public4(uint32_t address) {
  for (size_t i = 0; i < COUNT_OF(special4); i++) {
    uint32_t mask = UINT32_MAX << (32 - special4[i].bits);
    if ((address & mask) == special4[i].base) return false;
  }
  return true;
}

/* Only 2000::/3 is global unicast; in it 2001::/23 (protocols, Teredo), documentation and 6to4 are
 * not. */
static bool is_public6(const uint8_t b[static 16]) {
  if ((b[0] & 0xe0) != 0x20) return false;
  if (b[0] == 0x20 && b[1] == 0x02) return false;
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] < 0x02) return false;
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) return false;
  return !(b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10);
}

bool webhook_address_is_public(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    return is_public4(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return false;
  struct sockaddr_in6 in6;
  memcpy(&in6, address, sizeof in6);
  return is_public6(in6.sin6_addr.s6_addr);
}

/* --- what ------------------------------------------------------------------------------------- */

static bool is_pattern(str p) {
  if (str_eq(p, STR("*"))) return true;
  if (p.len >= 2 && p.at[p.len - 1] == '*' && p.at[p.len - 2] == '.') p.len -= 2;
  for (size_t i = 0; i < p.len; i++) {
    unsigned char ch = (unsigned char)p.at[i];
    if (!islower(ch) && !isdigit(ch) && ch != '_' && ch != '.') return false;
  }
  return p.len > 0;
}

bool webhook_events_check(str patterns) {
  str part;
  size_t count = 0;
  while (str_split(&patterns, ' ', &part)) {
    if (part.len == 0) continue;
    if (!is_pattern(part)) return false;
    count++;
  }
  return count > 0;
}

static bool pattern_matches(str pattern, str type) {
  if (str_eq(pattern, STR("*"))) return true;
  bool is_group = pattern.len >= 2 && pattern.at[pattern.len - 1] == '*';
  return is_group ? str_starts(type, (str){pattern.at, pattern.len - 1}) : str_eq(pattern, type);
}

bool webhook_wants(const webhook_row *w, id platform, const event *e) {
  if (w->state != WEBHOOK_ACTIVE || e->event_id <= w->webhook) return false;
  /* A ping is for the endpoint that asked for it, whatever it subscribed to. */
  if (e->aggregate_kind == ID_WEBHOOK) return e->aggregate == w->webhook;
  if (w->tenant != platform && w->tenant != e->tenant) return false;
  str patterns = w->events, part;
  while (str_split(&patterns, ' ', &part)) {
    if (part.len > 0 && pattern_matches(part, e->type)) return true;
  }
  return false;
}

str webhook_body(arena *a, const event *e) {
  buf b = buf_make(a, e->body.len + 1024);
  str at = instant_print(a, e->at), event_text = id_print(a, ID_EVENT, e->event_id);
  str aggregate = id_print(a, e->aggregate_kind, e->aggregate);
  buf_format(&b, "{\"type\":\"%.*s\",\"timestamp\":\"%.*s\",\"id\":\"%.*s\",", STR_ARGS(e->type),
             STR_ARGS(at), STR_ARGS(event_text));
  buf_format(&b, "\"aggregate\":\"%.*s\",\"sequence\":%lld,\"data\":", STR_ARGS(aggregate),
             (long long)e->sequence);
  buf_add(&b, e->body);
  buf_add_char(&b, '}');
  return buf_str(&b);
}

/* --- when again ------------------------------------------------------------------------------- */

int64_t webhook_retry_s(int64_t tries) {
  static const int64_t waits_s[] = {5,         5 * 60,    30 * 60,   2 * 3600, 5 * 3600,
                                    10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600};
  _Static_assert(COUNT_OF(waits_s) == WEBHOOK_TRIES_MAX - 1, "one wait between two tries");
  if (tries < 1 || tries > (int64_t)COUNT_OF(waits_s)) return -1;
  return waits_s[tries - 1];
}

delivery_row webhook_after_attempt(const delivery_row *before, const attempt_result *got,
                                   instant now) {
  delivery_row after = *before;
  after.tries++;
  after.http_status = got->http_status;
  after.error = got->error;
  int64_t wait_s = webhook_retry_s(after.tries);
  if (got->http_status >= 200 && got->http_status < 300) {
    after.state = DELIVERY_DONE;
  } else if (got->http_status == 410 || wait_s < 0) {
    after.state = DELIVERY_FAILED;
  } else {
    after.next_at = now + wait_s * MICROS_PER_SECOND;
  }
  if (after.state != DELIVERY_WAITING) after.ended_at = now;
  return after;
}
