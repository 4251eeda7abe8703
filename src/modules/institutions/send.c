/* send.c - one webhook POST through libcurl. The name is looked up here, every address it has is
 * checked, and libcurl is pinned to the one that was checked, so that a second look-up can't point
 * inside. No redirects, no proxy, no credentials; the answer's body is thrown away. Never touches
 * the store. */
#include "modules/institutions/inside.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { ANSWER_MAX_BYTES = 64 * 1024 };

static atomic_bool allows_private;

void institutions_allow_private(bool on) { atomic_store(&allows_private, on); }

static attempt_result no_answer(str why) {
  return (attempt_result){.http_status = 0, .error = why};
}

/* --- the address ------------------------------------------------------------------------------ */

/* One forbidden address among several is enough to refuse the name: which one is used is not left
 * to chance. */
static bool check_addresses(const struct addrinfo *list, char text[static INET6_ADDRSTRLEN]) {
  for (const struct addrinfo *at = list; at != NULL; at = at->ai_next) {
    if (!atomic_load(&allows_private) && !webhook_address_is_public(at->ai_addr)) return false;
  }
  return getnameinfo(list->ai_addr, list->ai_addrlen, text, INET6_ADDRSTRLEN, NULL, 0,
                     NI_NUMERICHOST) == 0;
}

static const char *look_up(ctx *c, const url_parts *u, char text[static INET6_ADDRSTRLEN]) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
  if (getaddrinfo(str_zero(c->arena, u->host), NULL, &hints, &list) != 0 || list == NULL) {
    return "the host name has no address";
  }
  bool is_good = check_addresses(list, text);
  freeaddrinfo(list);
  return is_good ? NULL : "the host name points to a private or special address";
}

/* --- the request ------------------------------------------------------------------------------ */

static size_t throw_away(char *bytes, size_t size, size_t count, void *seen_bytes) {
  UNUSED(bytes);
  size_t *seen = seen_bytes;
  *seen += size * count;
  return *seen > ANSWER_MAX_BYTES ? 0 : size * count;
}

static struct curl_slist *headers_of(ctx *c, const send_request *r) {
  struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
  str id_line = str_format(c->arena, "webhook-id: %.*s", STR_ARGS(r->id));
  str time_line = str_format(c->arena, "webhook-timestamp: %lld", (long long)r->timestamp_s);
  str signature_line = str_format(c->arena, "webhook-signature: %.*s", STR_ARGS(r->signature));
  list = curl_slist_append(list, id_line.at);
  list = curl_slist_append(list, time_line.at);
  list = curl_slist_append(list, signature_line.at);
  return curl_slist_append(list, "Expect:"); /* no waiting for 100 Continue */
}

static void set_limits(CURL *curl) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)WEBHOOK_TIMEOUT_S);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "Tael-Webhooks/1");
}

static attempt_result perform(ctx *c, CURL *curl, const send_request *r) {
  char error[CURL_ERROR_SIZE] = "";
  size_t seen = 0;
  long http_status = 0;
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, throw_away);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &seen);
  curl_easy_setopt(curl, CURLOPT_URL, str_zero(c->arena, r->url));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body.at);
  CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
  /* An answer that is too long is still an answer. */
  if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && http_status != 0)) {
    return (attempt_result){.http_status = http_status, .error = STR("")};
  }
  const char *why = error[0] != '\0' ? error : curl_easy_strerror(code);
  return no_answer(str_copy(c->arena, str_from(why)));
}

static attempt_result send_pinned(ctx *c, const send_request *r, const url_parts *u,
                                  const char *address) {
  CURL *curl = curl_easy_init();
  if (curl == NULL) return no_answer(STR("no memory for a request"));
  bool is_v6 = strchr(address, ':') != NULL;
  bool is_v6_host = memchr(u->host.at, ':', u->host.len) != NULL;
  str pin = str_format(c->arena, "%s%.*s%s:%d:%s%s%s", is_v6_host ? "[" : "", STR_ARGS(u->host),
                       is_v6_host ? "]" : "", u->port, is_v6 ? "[" : "", address, is_v6 ? "]" : "");
  struct curl_slist *pins = curl_slist_append(NULL, pin.at), *headers = headers_of(c, r);
  set_limits(curl);
  curl_easy_setopt(curl, CURLOPT_RESOLVE, pins);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  attempt_result got = perform(c, curl, r);
  curl_off_t took_us = 0;
  curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &took_us);
  got.took_ms = took_us / 1000;
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  curl_slist_free_all(pins);
  return got;
}

static void start_curl(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

attempt_result webhook_send(ctx *c, const send_request *r) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  char address[INET6_ADDRSTRLEN];
  url_parts u;
  pthread_once(&once, start_curl);
  if (!webhook_url_parse(c->arena, r->url, &u)) return no_answer(STR("the URL cannot be called"));
  const char *refused = look_up(c, &u, address);
  return refused != NULL ? no_answer(str_from(refused)) : send_pinned(c, r, &u, address);
}
