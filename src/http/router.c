/* router.c - from a method and a path to a route: a tree of path segments, built once from all
 * modules' tables. Fixed segments win over ids, ids over free text; an id of another prefix is no
 * match, so it answers 404 like any path that does not exist. It refuses two routes with the same
 * method and path. */
#include "http/inside.h"
#include <string.h>

enum { METHOD_COUNT = DELETE + 1, SEGMENTS_MAX = 16, KIND_TEXT = -1, KIND_FIXED = -2 };

typedef struct node {
  str segment; /* fixed text; empty for a parameter */
  int kind;    /* KIND_FIXED, KIND_TEXT or an id_kind */
  struct node *children, *next;
  const route *routes[METHOD_COUNT];
} node;

struct router {
  node root;
};

const char *method_name(method m) {
  static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  return names[m];
}

int path_param_kind(str segment) {
  if (segment.len < 3 || segment.at[0] != '{' || segment.at[segment.len - 1] != '}')
    return KIND_FIXED;
  str name = {segment.at + 1, segment.len - 2};
  if (str_eq(name, STR("text"))) return KIND_TEXT;
  for (int kind = 0; kind < ID_KIND_COUNT; kind++) {
    if (str_eq(name, str_from(id_prefix((id_kind)kind)))) return kind;
  }
  return KIND_FIXED;
}

/* Fixed first, then ids, then text: the order in which a path is tried. */
static int rank(int kind) { return kind == KIND_FIXED ? 0 : kind == KIND_TEXT ? 2 : 1; }

static node *child_for(ctx *c, node *parent, str segment) {
  int kind = path_param_kind(segment);
  node **link = &parent->children;
  for (; *link != NULL && rank((*link)->kind) <= rank(kind); link = &(*link)->next) {
    node *n = *link;
    if (n->kind == kind && (kind != KIND_FIXED || str_eq(n->segment, segment))) return n;
  }
  node *made = ARENA_NEW(c->arena, node);
  *made = (node){.segment = segment, .kind = kind, .next = *link};
  *link = made;
  return made;
}

/* What a table row must have for the server to run it. */
static bool is_whole(const route *r) {
  if (r->path == NULL || r->path[0] != '/' || r->summary == NULL) return false;
  bool reads = r->read != NULL && r->out != NULL;
  if (r->method == GET) return reads != (r->page != NULL);
  if ((r->flags & ROUTE_LOOKUP) != 0) return reads && r->prepare == NULL && r->page == NULL;
  return r->prepare != NULL && r->read == NULL && r->page == NULL;
}

static status add_route(ctx *c, router *r, const route *added) {
  if (!is_whole(added)) {
    return fail(c, E_INTERNAL, "the route %s needs a path, a summary and one handler of its kind",
                added->path == NULL ? "(none)" : added->path);
  }
  str rest = str_from(added->path + 1), segment;
  node *at = &r->root;
  size_t params = 0;
  for (size_t depth = 0; str_split(&rest, '/', &segment); depth++) {
    at = child_for(c, at, segment);
    params += at->kind != KIND_FIXED;
    bool names_nothing = at->kind == KIND_FIXED && str_starts(segment, STR("{"));
    if (depth == SEGMENTS_MAX || params > PATH_PARAMS_MAX || names_nothing) {
      return fail(c, E_INTERNAL, "the path %s is too deep or names an unknown id", added->path);
    }
  }
  if (at->routes[added->method] != NULL) {
    return fail(c, E_CONFLICT, "%s %s is declared twice", method_name(added->method), added->path);
  }
  at->routes[added->method] = added;
  return OK;
}

status router_open(ctx *c, const module *const *modules, size_t count, router **out) {
  router *r = ARENA_NEW(c->arena, router);
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < modules[i]->route_count; k++) {
      TRY(add_route(c, r, &modules[i]->routes[k]));
    }
  }
  *out = r;
  return OK;
}

typedef struct search {
  route_match match;
  method wanted;
} search;

static unsigned allowed_of(const node *n) {
  unsigned allowed = 0;
  for (size_t i = 0; i < METHOD_COUNT; i++) {
    if (n->routes[i] != NULL) allowed |= 1u << i;
  }
  return allowed;
}

/* true: the route was found. A path met without the wanted method is remembered, and the search
 * goes on. */
static bool visit(search *s, const node *n, str rest, size_t params) {
  str segment;
  if (!str_split(&rest, '/', &segment)) {
    s->match.allowed |= allowed_of(n);
    s->match.route = n->routes[s->wanted];
    return s->match.route != NULL;
  }
  for (const node *child = n->children; child != NULL; child = child->next) {
    if (child->kind == KIND_FIXED) {
      if (str_eq(child->segment, segment) && visit(s, child, rest, params)) return true;
      continue;
    }
    if (segment.len == 0) continue;
    id parsed = 0;
    if (child->kind >= 0 && !id_parse(segment, (id_kind)child->kind, &parsed)) continue;
    s->match.params[params] = segment;
    s->match.ids[params] = parsed;
    if (visit(s, child, rest, params + 1)) return true;
  }
  return false;
}

route_match router_find(const router *r, method m, str path) {
  search s = {.wanted = m};
  if (path.len == 0 || path.at[0] != '/') return s.match;
  (void)visit(&s, &r->root, (str){path.at + 1, path.len - 1}, 0);
  return s.match;
}
