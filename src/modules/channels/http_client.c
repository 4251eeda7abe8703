/* http_client.c - libcurl with one handle a thread, so that connections are kept and no two threads
 * share one. No redirects, no proxies, an upper bound on time and size. */
#include "modules/channels/http_client.h"
#include <curl/curl.h>
#include <pthread.h>

static pthread_key_t handle_key; /* the thread's handle, closed when the thread ends */
static pthread_once_t handle_once = PTHREAD_ONCE_INIT;

static void close_handle(void *handle) { curl_easy_cleanup(handle); }

static void make_key(void) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  pthread_key_create(&handle_key, close_handle);
}

static CURL *thread_handle(void) {
  pthread_once(&handle_once, make_key);
  CURL *h = pthread_getspecific(handle_key);
  if (h == NULL) {
    h = curl_easy_init();
    pthread_setspecific(handle_key, h);
  }
  if (h != NULL) curl_easy_reset(h); /* keeps connections, forgets the options */
  return h;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg) {
  buf *b = arg;
  buf_add(b, (str){bytes, size * count});
  return b->overflowed ? 0 : size * count;
}

static bool no_connection(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
         code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
}

static void set_request(CURL *h, const char *method, const char *url, str json_body,
                        struct curl_slist *headers) {
  curl_easy_setopt(h, CURLOPT_URL, url);
  curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)CHANNEL_TIMEOUT_MS);
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(h, CURLOPT_PROXY, "");
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
  if (json_body.len == 0) return;
  curl_easy_setopt(h, CURLOPT_POSTFIELDS, json_body.at);
  curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)json_body.len);
}

status channel_http(ctx *c, const char *method, str url, str json_body, channel_reply *out) {
  CURL *h = thread_handle();
  if (h == NULL) return fail(c, E_NO_MEMORY, "There is not enough memory to speak to a channel.");
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  buf body = buf_make(c->arena, CHANNEL_BODY_MAX);
  set_request(h, method, str_zero(c->arena, url), json_body, headers);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, &body);
  CURLcode code = curl_easy_perform(h);
  long http_status = 0, sent_bytes = 0;
  curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &http_status);
  curl_easy_getinfo(h, CURLINFO_REQUEST_SIZE, &sent_bytes);
  curl_slist_free_all(headers);
  *out = (channel_reply){.arrived = code == CURLE_OK && !body.overflowed,
                         .never_sent = no_connection(code) && sent_bytes == 0,
                         .http_status = (int)http_status,
                         .body = buf_str(&body)};
  return OK;
}
