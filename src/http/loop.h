/* loop.h - private to src/http: the server's loop, its connections and its workers. Everything here
 * belongs to the loop's thread except where it says otherwise. */
#ifndef TAEL_HTTP_LOOP_H
#define TAEL_HTTP_LOOP_H

#include "http/inside.h"
#include "http/server.h"
#include <pthread.h>

enum {
  BUFFER_FIRST = 4096,
  BUFFER_KEPT = 64 << 10,
  BUFFERED_MAX = 256 << 20, /* of all connections' bodies at once */
  ARENA_SMALL = 1 << 20,
  ARENA_LARGE = 16 << 20,
  ARENAS_KEPT = 1024,
  EVENTS_PER_WAIT = 512,
  ACCEPTS_PER_TURN = 64,
  REQUESTS_PER_TURN = 64,
  LINGER_MS = 1000,
  HEARTBEAT_MS = 15000,
  LOOK_MS = 1000,
  BODY_FLOOR_BYTES_PER_S = 1024,
  REMOTE_MAX = 48,
};

typedef enum conn_state {
  CONN_FREE,
  CONN_IDLE,   /* no byte of the next request yet */
  CONN_READ,   /* in the middle of a request */
  CONN_BUSY,   /* a worker or the engine has it */
  CONN_WRITE,  /* the peer does not take the answer as fast as we give it */
  CONN_STREAM, /* events, waiting for more */
  CONN_LINGER, /* answered and closed on our side; what still comes is thrown away */
} conn_state;

/* Each kind has one duration, so that a list in order of arming is a list in order of expiry. */
typedef enum timer_kind {
  TIMER_HEAD,
  TIMER_BODY,
  TIMER_IDLE,
  TIMER_HEARTBEAT,
  TIMER_LINGER,
  TIMER_COUNT,
  TIMER_NONE
} timer_kind;

enum { STREAM_TOKEN_MAX = 128 }; /* longer than any that is ever let in */

typedef struct conn {
  struct server *s;
  int fd;
  conn_state state;
  bool readable, peer_done; /* what epoll said and reading has not used up */
  bool dead;                /* the socket is gone; the slot waits for its exchange or its turn */
  bool is_away;             /* a worker or the engine has the exchange */
  bool waits_turn;
  int turns;
  char *in;
  size_t capacity, start, filled; /* the message begins at `start` */
  size_t body_mark;               /* bytes there at the last look at the body's pace */
  message m;
  route_match match;
  exchange *x;
  str rest_head, rest_body; /* of an answer that did not go out at once */
  uint64_t busy_key;
  timer_kind timer;
  int64_t due_ms;
  struct conn *earlier, *later; /* in the timer's list */
  struct conn *next;            /* free slots, or those who wait for their turn */
  id stream_after, stream_tenant;
  char stream_token[STREAM_TOKEN_MAX]; /* the key or session it was opened with */
  size_t stream_token_len;
  bool stream_is_session;
  uint64_t stream_seen; /* the server's commits when the last page began */
  char remote[REMOTE_MAX];
} conn;

typedef struct timer_list {
  conn *first, *last;
  int64_t duration_ms;
} timer_list;

typedef struct arena_pool {
  arena *kept[ARENAS_KEPT];
  size_t count, cap;
} arena_pool;

/* Told of each commit with events by the engine's thread. The engine has no way to forget a
 * listener, so this stays when the server is gone. */
typedef struct waker {
  pthread_mutex_t lock;
  struct server *s; /* NULL: gone */
  struct waker *older;
} waker;

struct server {
  http *h;
  int listener, epoll, wake, spare; /* spare: a descriptor to give up when there are no more */
  int port;
  _Atomic bool stopping;
  bool draining;
  bool
      has_other_writers; /* PostgreSQL: other processes and lanes commit too, unseen by the waker */
  int64_t drain_until_ms;
  int64_t now_ms;
  instant real_now;
  char common[COMMON_MAX]; /* the lines every answer has: the date; behind TLS, to stay there */
  size_t common_len;
  db *reader;         /* borrowed for one turn of the loop */
  arena *turn_memory; /* of one turn: the context of the reader and the clock */
  ctx turn;
  conn **chunks; /* of CONNS_PER_CHUNK slots */
  size_t chunk_count, conn_count, buffered;
  conn *free_conns, *ready;
  timer_list timers[TIMER_COUNT];
  arena_pool small, large;
  map *busy;                            /* requests in flight by key */
  exchange *submit_first, *submit_last; /* this turn's commands, for the engine all at once */
  size_t submit_count;
  _Atomic(exchange *) completed; /* pushed by workers and the engine's thread, newest first */
  _Atomic bool is_asleep;        /* waits, or is about to: who completes something must wake it */
  _Atomic bool events_wanted;
  waker *events_waker;
  uint64_t commits; /* wake-ups by the engine so far */
  size_t in_flight;
  /* workers: */
  pthread_mutex_t work_lock;
  pthread_cond_t work_wake;
  exchange *work_first, *work_last;
  _Atomic size_t work_ahead;         /* queued or running */
  _Atomic int64_t work_us_per_piece; /* recent */
  bool work_over;
  pthread_t *threads;
  size_t thread_count;
};

/* server.c */
int64_t monotonic_us(void);
db *server_reader(server *s);              /* of this turn; NULL: there is none */
void server_complete(exchange *x);         /* any thread */
void server_commands_done(command *first); /* the engine's: a group's answers, in order */
void server_submit(exchange *x);           /* to the engine, with the others of this turn */
arena *server_arena(server *s, bool is_large);
void server_arena_done(server *s, arena *a, bool is_large);
void timer_set(conn *k, timer_kind kind);
conn *server_conn(server *s); /* a free slot; NULL at the limit */
void server_conn_done(conn *k);

/* conn.c */
void conn_open(server *s, int fd, const char *remote);
void conn_event(conn *k, uint32_t events);
void conn_advance(conn *k); /* goes on as far as it can without waiting */
void conn_completed(exchange *x);
void conn_expired(conn *k);
void conn_close(conn *k);
void conn_refuse_overload(int fd); /* 503 and close, without a slot */

void conn_free(conn *k);                     /* the slot, when nobody else holds it */
bool conn_send(conn *k, str head, str body); /* false: the rest waits, or the connection is gone */
bool conn_has_rest(const conn *k);
bool conn_flush(conn *k);   /* sends the rest; as conn_send */
void conn_discard(conn *k); /* reads and forgets; closes at the end */
void conn_release(conn *k); /* the exchange and its memory */
void conn_away(conn *k);    /* its exchange goes to a worker or the engine */

/* stream.c */
void stream_begin(exchange *x); /* makes the answer's head, or a refusal */
void stream_start(conn *k);     /* the head is out */
void stream_event(conn *k);
void stream_wake(conn *k); /* something was committed */
void stream_completed(conn *k, exchange *x);
void stream_heartbeat(conn *k);

/* workers.c */
status workers_open(ctx *c, server *s);
void workers_submit(server *s, exchange *x);
/* Would a piece of work wait longer than limits.read_wait_ms? A fifth is kept for critical ones. */
bool workers_are_full(const server *s, bool is_critical);
void workers_close(server *s); /* finishes what is queued */

#endif
