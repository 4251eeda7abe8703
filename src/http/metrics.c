/* metrics.c - what the server counts, in Prometheus' text format. Counters only grow; any thread
 * may add to them and read them. Nothing here names a caller or a path. */
#include "http/inside.h"

/* Upper bounds in microseconds; the last bucket takes the rest. */
static const int64_t bounds_us[LATENCY_BUCKETS - 1] = {
    250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 250000, 1000000, 5000000};

static void add(_Atomic int64_t *counter, int64_t n) {
  atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static int64_t get(const _Atomic int64_t *counter) {
  return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_count(metrics *m, int http_status, int64_t latency_us) {
  size_t bucket = 0;
  while (bucket < COUNT_OF(bounds_us) && latency_us > bounds_us[bucket]) {
    bucket++;
  }
  assert(http_status >= 100 && http_status < 600);
  add(&m->by_class[http_status / 100], 1);
  add(&m->latency[bucket], 1);
  add(&m->latency_sum_us, latency_us);
}

static void print_counter(buf *b, const char *name, const char *kind, const char *help,
                          int64_t value) {
  buf_format(b, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, kind, name,
             (long long)value);
}

static void print_latency(buf *b, const metrics *m) {
  const char *name = "tael_http_request_seconds";
  buf_format(b, "# HELP %s From the whole request read to the answer made.\n# TYPE %s histogram\n",
             name, name);
  int64_t count = 0;
  for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
    count += get(&m->latency[i]);
    if (i < COUNT_OF(bounds_us)) {
      buf_format(b, "%s_bucket{le=\"%lld.%06lld\"} %lld\n", name,
                 (long long)(bounds_us[i] / 1000000), (long long)(bounds_us[i] % 1000000),
                 (long long)count);
    } else {
      buf_format(b, "%s_bucket{le=\"+Inf\"} %lld\n", name, (long long)count);
    }
  }
  int64_t sum = get(&m->latency_sum_us);
  buf_format(b, "%s_sum %lld.%06lld\n%s_count %lld\n", name, (long long)(sum / 1000000),
             (long long)(sum % 1000000), name, (long long)count);
}

static void print_server(buf *b, const metrics *m) {
  buf_add(b, STR("# HELP tael_http_answers_total Answers by class of status.\n"
                 "# TYPE tael_http_answers_total counter\n"));
  for (int i = 1; i < STATUS_CLASSES; i++) {
    buf_format(b, "tael_http_answers_total{class=\"%dxx\"} %lld\n", i,
               (long long)get(&m->by_class[i]));
  }
  print_latency(b, m);
  print_counter(b, "tael_http_connections", "gauge", "Open connections.", get(&m->connections));
  print_counter(b, "tael_http_in_flight", "gauge", "Requests being worked on.", get(&m->in_flight));
  print_counter(b, "tael_http_streams", "gauge", "Open event streams.", get(&m->streams));
  print_counter(b, "tael_http_refused_connections_total", "counter",
                "Connections turned away at the limit.", get(&m->refused_connections));
  print_counter(b, "tael_http_shed_total", "counter",
                "Requests turned away at the door because too much is queued.", get(&m->shed));
  print_counter(b, "tael_http_malformed_total", "counter", "Requests that were not HTTP.",
                get(&m->malformed));
  print_counter(b, "tael_http_timeouts_total", "counter", "Requests that did not arrive in time.",
                get(&m->timeouts));
}

void metrics_print(buf *b, const metrics *m, const engine_health *h) {
  print_server(b, m);
  print_counter(b, "tael_engine_queued", "gauge", "Commands waiting.", (int64_t)h->queued);
  print_counter(b, "tael_engine_groups_total", "counter", "Commits of groups.", h->groups);
  print_counter(b, "tael_engine_commands_total", "counter", "Commands accepted.", h->commands);
  print_counter(b, "tael_engine_refused_total", "counter", "Commands refused by a rule.",
                h->refused);
  print_counter(b, "tael_engine_overloaded_total", "counter", "Commands turned away at the queue.",
                h->overloaded);
  print_counter(b, "tael_engine_last_commit_us", "gauge", "The last commit, in microseconds.",
                h->last_commit_us);
  print_counter(b, "tael_engine_commit_p99_us", "gauge",
                "99th percentile of commits, in microseconds.", h->commit_p99_us);
  print_counter(b, "tael_engine_ready", "gauge", "1 when commands are taken.", h->ready ? 1 : 0);
}
