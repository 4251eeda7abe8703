/* site.c - see site.h. Finds the file for a path and fills the answer; never touches a store, never
 * blocks, never leaves the table it was given: a path is compared, not opened. */
#include "http/inside.h"
#include <string.h>
#include <sys/random.h>

enum { NONCE_BYTES = 16, NONCE_HEX = 2 * NONCE_BYTES, SITE_HEAD_MAX = 1024 };
#define MARK_LEN (sizeof SITE_NONCE_MARK - 1)

static const site_file *find(const site *s, str path) {
  size_t low = 0, high = s->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = str_cmp(path, str_from(s->files[middle].path));
    if (order == 0) return &s->files[middle];
    if (order < 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return NULL;
}

/* The first page nearest above the path: "/console/orders" -> "/console/index.html", else
 * "/index.html". is_front: the path is the application's own address, "/" or "/console". */
static const site_file *first_page(const site *s, str path, bool *is_front) {
  const site_file *best = NULL;
  size_t best_len = 0;
  for (size_t i = 0; i < s->count; i++) {
    const site_file *f = &s->files[i];
    if (!f->is_page) continue;
    str folder = str_from(f->path);
    folder.len -= strlen("/index.html");
    bool is_above =
        str_starts(path, folder) && (path.len == folder.len || path.at[folder.len] == '/');
    if (is_above && (best == NULL || folder.len > best_len)) {
      best = f;
      best_len = folder.len;
      *is_front = path.len <= folder.len + 1;
    }
  }
  return best;
}

static bool holds(str header, const char *word) {
  return header.len > 0 && memmem(header.at, header.len, word, strlen(word)) != NULL;
}

/* The API's paths are for programs even when a browser asks; a file that is not there is not a
 * page. */
static bool is_page_path(str path) {
  if (str_starts(path, STR("/v1/")) || str_eq(path, STR("/v1"))) return false;
  size_t slash = path.len;
  while (slash > 0 && path.at[slash - 1] != '/')
    slash--;
  return memchr(path.at + slash, '.', path.len - slash) == NULL;
}

/* "q=0", "q=0.000" */
static bool is_zero_weight(str q) {
  if (!str_starts(q, STR("q=0"))) return false;
  for (size_t i = 3; i < q.len; i++) {
    if (q.at[i] != '0' && q.at[i] != '.') return false;
  }
  return true;
}

/* A coding counts as wanted when it is named and not refused with q=0. */
static bool accepts(str header, const char *coding) {
  str part, name;
  while (str_split(&header, ',', &part)) {
    str rest = part;
    if (!str_split(&rest, ';', &name) || !str_eq_nocase(str_trim(name), str_from(coding))) continue;
    return !is_zero_weight(str_trim(rest));
  }
  return false;
}

static site_bytes choose(const site_file *f, str accept_encoding, const char **coding) {
  *coding = NULL;
  if (f->brotli.at != NULL && accepts(accept_encoding, "br")) {
    *coding = "br";
    return f->brotli;
  }
  if (f->gzip.at != NULL && accepts(accept_encoding, "gzip")) {
    *coding = "gzip";
    return f->gzip;
  }
  return f->plain;
}

static const char common[] = "X-Content-Type-Options: nosniff\r\n"
                             "Referrer-Policy: no-referrer\r\n"
                             "Cross-Origin-Opener-Policy: same-origin\r\n"
                             "Cross-Origin-Resource-Policy: same-origin\r\n";

static void answer_file(exchange *x, const site_file *f) {
  const char *coding = NULL;
  site_bytes body = choose(f, x->accept_encoding, &coding);
  buf head = buf_make(x->memory, SITE_HEAD_MAX);
  buf_format(&head,
             "%sContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
             "Cache-Control: %s\r\nETag: %s\r\nVary: Accept-Encoding\r\n",
             common, f->is_immutable ? "public, max-age=31536000, immutable" : "no-cache", f->etag);
  if (coding != NULL) buf_format(&head, "Content-Encoding: %s\r\n", coding);
  x->out.content_type = str_from(f->content_type);
  x->out.policy = buf_str(&head);
  x->out.body = (str){body.at, body.len};
  if (holds(x->if_none_match, f->etag)) {
    x->out.http_status = 304;
    x->out.no_body = true; /* its length is still told: RFC 9110 §8.6 */
  }
}

static bool make_nonce(char out[static NONCE_HEX + 1]) {
  unsigned char raw[NONCE_BYTES];
  if (getrandom(raw, sizeof raw, 0) != (ssize_t)sizeof raw) return false;
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < NONCE_BYTES; i++) {
    out[2 * i] = digits[raw[i] >> 4];
    out[2 * i + 1] = digits[raw[i] & 15];
  }
  out[NONCE_HEX] = 0;
  return true;
}

static str with_nonce(arena *memory, str page, const char *nonce) {
  buf b = buf_make(memory, 2 * page.len + NONCE_HEX);
  while (page.len > 0) {
    const char *mark = memmem(page.at, page.len, SITE_NONCE_MARK, MARK_LEN);
    size_t before = mark == NULL ? page.len : (size_t)(mark - page.at);
    buf_add(&b, (str){page.at, before});
    if (mark == NULL) break;
    buf_add(&b, str_from(nonce));
    page = (str){mark + MARK_LEN, page.len - before - MARK_LEN};
  }
  return b.overflowed ? (str){.at = NULL} : buf_str(&b);
}

/* Styles come from files, or from script that knows the nonce; a style attribute can paint but not
 * fetch. */
static bool answer_page(exchange *x, const site_file *f) {
  char nonce[NONCE_HEX + 1];
  if (!make_nonce(nonce)) return false;
  buf head = buf_make(x->memory, SITE_HEAD_MAX);
  buf_format(&head,
             "%sContent-Security-Policy: default-src 'none'; script-src 'self'; "
             "style-src 'self' 'nonce-%s'; style-src-attr 'unsafe-inline'; "
             "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
             "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
             "Cache-Control: no-store\r\n",
             common, nonce);
  x->out.content_type = str_from(f->content_type);
  x->out.policy = buf_str(&head);
  x->out.body = with_nonce(x->memory, (str){f->plain.at, f->plain.len}, nonce);
  return x->out.body.at != NULL;
}

bool site_answer(exchange *x) {
  const site *s = &x->h->site;
  if (s->count == 0 || x->match.route != NULL || !x->is_get) return false;
  const site_file *f = find(s, x->path);
  if (f != NULL && !f->is_page) {
    answer_file(x, f);
    return true;
  }
  bool is_front = false;
  if (f == NULL && is_page_path(x->path)) {
    f = first_page(s, x->path, &is_front);
    if (!is_front && !holds(x->accept, "text/html")) f = NULL;
  }
  return f != NULL && answer_page(x, f);
}
