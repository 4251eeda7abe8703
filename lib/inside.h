/* inside.h - private to libtael: what a call, a connection and a handle are made of. A call is one
 * HTTP request on its way to its outcome; it waits in the handle's line, is sent on a connection,
 * and goes back to the front of the line when the connection breaks. */
#ifndef TAEL_LIB_INSIDE_H
#define TAEL_LIB_INSIDE_H

#include <tael.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "libtael copies records as they lie in memory: right on little-endian machines only"
#endif

enum {
  WIRES_MAX = 16,
  DEPTH_MAX = 16,
  HOST_MAX = 255,
  KEY_MAX = 200,
  DETAIL_MAX = 512,
  HEAD_MAX = 1024,           /* of a request: fixed lines, host and key */
  ANSWER_HEAD_MAX = 8192,    /* of an answer */
  ANSWER_BODY_MAX = 1 << 20, /* TAEL_BATCH_MAX records */
  IN_FIRST = 16 << 10,       /* bytes of a connection's first buffer */
  BACKOFF_FIRST_MS = 20,
  BACKOFF_MAX_MS = 1000,
};

/* --- answers (answer.c): pure ----------------------------------------------------------------- */
typedef struct answer {
  int status;
  int retry_after_s;
  bool closes; /* the connection ends after it */
  size_t head_len, body_len;
} answer;
typedef enum answer_event { ANSWER_MORE, ANSWER_WHOLE, ANSWER_BAD } answer_event;

/* Is there a whole HTTP/1.1 answer at the front of these bytes? */
answer_event tael_answer_read(const char *bytes, size_t len, answer *out);
/* What a problem document says, with the first field it names; "" when it says nothing. */
void tael_answer_detail(const char *body, size_t len, char out[DETAIL_MAX]);
/* The results of a batch of `count`, its failures into `into` (room for count). false: it is none
 * of ours. */
bool tael_answer_results(const char *body, size_t len, uint32_t count, tael_failure *into,
                         tael_outcome *out);

/* --- calls ------------------------------------------------------------------------------------ */
typedef struct call call;
typedef void call_finish(call *c, tael_error error, const char *body, size_t len);
struct call {
  tael *owner;
  call *next;
  uint64_t ticket;
  char *bytes; /* head and body, as they go out */
  size_t capacity, len;
  uint32_t count;
  unsigned sent;                      /* how often it went out */
  int64_t deadline_ms, not_before_ms; /* monotonic */
  call_finish *finish;
  tael_done *done; /* of a batch: the caller's */
  void *arg;
};
typedef struct call_line {
  call *first, *last;
} call_line;

typedef struct wire {
  int fd;                    /* -1: closed */
  bool connecting, answered; /* since it was opened; one that never did rests when it breaks */
  call_line sent;    /* in the order in which answers come; the last may be on its way out */
  size_t sent_count; /* in `sent` */
  call *writing;     /* the one whose bytes go out now; NULL: all are out */
  size_t written;    /* of its bytes */
  char *in;
  size_t capacity, filled;
  int64_t until_ms; /* connecting: give up; closed: do not try again before */
  int backoff_ms;
} wire;

struct tael {
  char host[HOST_MAX + 1], port[8], key[KEY_MAX + 1];
  struct addrinfo *addresses, *address; /* all of the host; the one in use */
  size_t wire_count, depth;
  int connect_timeout_ms, timeout_ms;
  wire wires[WIRES_MAX];
  call_line waiting;
  call *spare;
  uint64_t last_ticket;
  size_t open;  /* calls that have not ended */
  size_t ended; /* since tael_poll began */
  uint64_t random;
  bool in_callback, closing;
  tael_failure *failures; /* of the outcome being told: TAEL_BATCH_MAX */
  char detail[DETAIL_MAX];
};

/* call.c */
int64_t tael_now_ms(void);
void tael_line_add(call_line *line, call *c);
void tael_line_put_back(call_line *line, call *c); /* at the front */
call *tael_line_take(call_line *line);
call *tael_line_take_ready(call_line *line, int64_t now); /* the first whose time has come */
/* A call for `body` (copied) in the line; NULL: no memory. `key`: an Idempotency-Key or zero. */
call *tael_call_open(tael *t, const char *path, const char *type, tael_uid key, const void *body,
                     size_t len);
void tael_call_free(call *c);
/* Tells the outcome, once; the call is spare afterwards. */
void tael_call_end(call *c, tael_error error, const char *body, size_t len);
/* What an answer means: the end, or back into the line for a later try. */
void tael_call_answered(call *c, const answer *a, const char *body);
void tael_say(tael *t, const char *text);

/* wire.c */
void tael_wire_open(tael *t, wire *w);
/* Its calls go back to the front of the line, in their order. */
void tael_wire_close(tael *t, wire *w, const char *why);
void tael_wire_write(tael *t, wire *w);
void tael_wire_read(tael *t, wire *w);
void tael_wire_connected(tael *t, wire *w); /* the socket is writable: did it work? */

#endif
