// citus.ts - what a distributed database (Citus) asks of a statement, decided on PostgreSQL's own parse tree. A table is
// a reference table (a copy on every node) or its rows lie on the node that its shard key hashes to. `judge` tells
// where a statement runs: on one node ("routed"), on any node ("reference"), on all of them ("spread"), or that it
// is refused, and why. Where Citus versions differ the stricter rule holds. It looks at no database.
import { parseSync, loadModule } from "libpg-query";

await loadModule();

export type Place = "reference" | "routed" | "spread" | "refused";
export type Verdict = { place: Place; why: string; writes: boolean };
export type Shards = Map<string, { key: string; type: string }>; // key "": a reference table

type Node = any; // a node of the parse tree, {Kind: fields}
type Source = { alias: string; table?: string; key?: string; type?: string; class: number; optional: boolean };
type Scope = { sources: Source[]; parent?: Scope; correlated: boolean; ctes: Map<string, "spread" | "done"> };

class Refused extends Error {}
const refuse = (why: string): never => {
  throw new Refused(why);
};
const kindOf = (node: Node): string => Object.keys(node ?? {})[0] ?? "";
const nameOf = (node: Node): string => node.String?.sval ?? "";
const isVolatile = new Set(["now", "random", "clock_timestamp", "statement_timestamp", "timeofday", "nextval", "gen_random_uuid"]);

// Every node below, itself included, that `wanted` names; subqueries are not entered.
function* within(node: Node, wanted: string): Generator<Node> {
  if (Array.isArray(node)) {
    for (const one of node) yield* within(one, wanted);
  } else if (node && typeof node === "object") {
    for (const [kind, inner] of Object.entries(node)) {
      if (kind === wanted) yield inner;
      if (kind !== "SelectStmt" && kind !== "subselect") yield* within(inner, wanted);
    }
  }
}

// One statement's sources, and which of their shard keys are known to be equal, or to be a value.
class Judge {
  private shards: Shards;
  private parents: number[] = []; // classes of equal keys, joined as in union-find
  private bound = new Set<number>();
  private distributed: Source[] = [];
  private locks = false;

  constructor(shards: Shards) {
    this.shards = shards;
  }

  private root(of: number): number {
    while (this.parents[of] !== of) of = this.parents[of]!;
    return of;
  }
  private isBound = (s: Source) => [...this.bound].some((b) => this.root(b) === this.root(s.class));

  statement(node: Node): Verdict {
    const kind = kindOf(node), body = node[kind];
    const scope: Scope = { sources: [], correlated: false, ctes: new Map() };
    if (kind === "SelectStmt") this.select(body, scope);
    else if (kind === "InsertStmt") return this.insert(body, scope);
    else if (kind === "UpdateStmt" || kind === "DeleteStmt") this.change(body, scope);
    else return refuse(`${kind} is not judged`);
    const place = this.place();
    if (place === "spread") this.allowSpread(node, scope);
    return { place, why: "", writes: kind !== "SelectStmt" };
  }

  // One node: all shard keys are equal to each other and to a value.
  private place(): Place {
    if (this.distributed.length === 0) return "reference";
    const classes = new Set(this.distributed.map((s) => this.root(s.class)));
    return classes.size === 1 && this.isBound(this.distributed[0]!) ? "routed" : "spread";
  }

  // --- sources -----------------------------------------------------------------------------------------------------

  private addTable(scope: Scope, relation: Node, optional: boolean) {
    const table = relation.relname, alias = relation.alias?.aliasname ?? table;
    for (let s: Scope | undefined = scope; s; s = s.parent) {
      if (s.ctes.has(table)) return void scope.sources.push({ alias, class: -1, optional });
    }
    const shard = this.shards.get(table);
    if (!shard || shard.key === "") return void scope.sources.push({ alias, table, class: -1, optional });
    const source = { alias, table, key: shard.key, type: shard.type, class: this.parents.length, optional };
    this.parents.push(source.class);
    scope.sources.push(source);
    this.distributed.push(source);
  }

  private addFrom(scope: Scope, item: Node, optional = false) {
    const kind = kindOf(item), body = item[kind];
    if (kind === "RangeVar") this.addTable(scope, body, optional);
    else if (kind === "RangeSubselect") {
      this.alone(body.subquery, scope);
      scope.sources.push({ alias: body.alias?.aliasname ?? "", class: -1, optional });
    } else if (kind === "RangeFunction") scope.sources.push({ alias: body.alias?.aliasname ?? "", class: -1, optional });
    else if (kind === "JoinExpr") this.addJoin(scope, body, optional);
    else refuse(`${kind} in from`);
  }

  private addJoin(scope: Scope, join: Node, optional: boolean) {
    const before = scope.sources.length;
    this.addFrom(scope, join.larg, optional);
    const middle = scope.sources.length;
    const outer = join.jointype !== "JOIN_INNER";
    if (outer && join.jointype !== "JOIN_LEFT") refuse("a right or full join");
    this.addFrom(scope, join.rarg, optional || outer);
    this.conditions(scope, join.quals);
    const left = scope.sources.slice(before, middle), right = scope.sources.slice(middle);
    scope.correlated ||= false;
    if (outer && right.some((s) => s.key) && !left.some((s) => s.key)) this.outerOverShards = true;
  }
  private outerOverShards = false;

  // --- conditions --------------------------------------------------------------------------------------------------

  private find(scope: Scope, column: Node): Source | undefined {
    const fields = column.fields.map(nameOf) as string[];
    const name = fields.at(-1)!, alias = fields.length > 1 ? fields[0] : undefined;
    for (let s: Scope | undefined = scope; s; s = s.parent) {
      const found = s.sources.filter((o) => (alias ? o.alias === alias : s!.sources.length === 1));
      if (found.length === 0) continue;
      if (s !== scope) scope.correlated = true;
      return found[0]!.key === name ? found[0] : undefined;
    }
    return undefined;
  }

  private conditions(scope: Scope, where: Node) {
    if (!where) return;
    const kind = kindOf(where), body = where[kind];
    if (kind === "BoolExpr" && body.boolop === "AND_EXPR") for (const one of body.args) this.conditions(scope, one);
    else if (kind === "A_Expr" && body.kind === "AEXPR_OP" && nameOf(body.name[0]) === "=") this.equality(scope, body.lexpr, body.rexpr);
    else if (kind === "A_Expr" && body.kind === "AEXPR_IN" && body.rexpr.List?.items?.length === 1 && nameOf(body.name[0]) === "=")
      this.equality(scope, body.lexpr, body.rexpr.List.items[0]);
  }

  private equality(scope: Scope, left: Node, right: Node) {
    if (left?.RowExpr && right?.RowExpr) {
      left.RowExpr.args.forEach((one: Node, i: number) => this.equality(scope, one, right.RowExpr.args[i]));
      return;
    }
    const a = left?.ColumnRef && this.find(scope, left.ColumnRef), b = right?.ColumnRef && this.find(scope, right.ColumnRef);
    if (a && b && a.type === b.type) this.parents[this.root(a.class)] = this.root(b.class);
    else if (a && this.isValue(right)) this.bound.add(a.class);
    else if (b && this.isValue(left)) this.bound.add(b.class);
  }

  private isValue(node: Node): boolean {
    return [...within(node, "ColumnRef")].length === 0 && [...within(node, "SubLink")].length === 0;
  }

  // --- queries -----------------------------------------------------------------------------------------------------

  private withClause(scope: Scope, clause: Node) {
    for (const { CommonTableExpr: cte } of clause?.ctes ?? []) {
      if (clause.recursive) refuse("a recursive query");
      if (!cte.ctequery.SelectStmt) refuse("a change inside with");
      this.alone(cte.ctequery, scope);
      scope.ctes.set(cte.ctename, "done");
    }
  }

  // A query that stands for itself: Citus runs it first and sends its rows where they are wanted.
  private alone(query: Node, around: Scope) {
    const inner = new Judge(this.shards);
    const scope: Scope = { sources: [], correlated: false, ctes: new Map(), parent: { ...around, sources: [] } };
    inner.select(query.SelectStmt, scope);
    if (inner.place() === "spread") inner.allowSpread(query, scope);
    this.pulled ||= inner.distributed.length > 0;
  }
  private pulled = false;

  private select(body: Node, scope: Scope) {
    this.withClause(scope, body.withClause);
    if (body.op !== undefined && body.op !== "SETOP_NONE") {
      for (const leg of [body.larg, body.rarg]) this.alone({ SelectStmt: leg }, scope);
      return;
    }
    for (const item of body.fromClause ?? []) this.addFrom(scope, item);
    this.conditions(scope, body.whereClause);
    if (body.lockingClause) this.locks = true;
    const tests = [...within([body.whereClause, body.havingClause, body.fromClause], "SubLink")];
    for (const link of tests) this.subquery(link, scope, false);
    for (const link of within([body.targetList, body.sortClause, body.groupClause], "SubLink")) this.subquery(link, scope, true);
  }

  // A subquery that looks at the rows around it is part of the statement; another stands for itself.
  private subquery(link: Node, around: Scope, shown: boolean) {
    const body = link.subselect.SelectStmt;
    const trial: Scope = { sources: [], correlated: false, ctes: new Map(), parent: around };
    const before = this.distributed.length;
    if (!this.looksOut(body, around)) {
      if (shown) this.shownSubquery = true;
      return this.alone(link.subselect, around);
    }
    this.select(body, trial);
    if (shown) this.shownSubquery = true;
    if (this.distributed.length === before) return;
    if (body.limitCount || body.groupClause || /"(count|sum|max|min|avg)"/.test(JSON.stringify(body.targetList))) this.bounded = true;
  }
  private shownSubquery = false;
  private bounded = false;

  // Whether it names a source of the queries around it.
  private looksOut(body: Node, around: Scope): boolean {
    const own = new Set<string>();
    for (const relation of within(body.fromClause, "RangeVar")) own.add(relation.alias?.aliasname ?? relation.relname);
    for (const column of within([body.whereClause, body.targetList, body.fromClause], "ColumnRef")) {
      const fields = column.fields.map(nameOf);
      if (fields.length < 2 || own.has(fields[0])) continue;
      for (let s: Scope | undefined = around; s; s = s.parent) if (s.sources.some((o) => o.alias === fields[0])) return true;
    }
    return [...within(body.whereClause, "SubLink")].some((l) => this.looksOut(l.subselect.SelectStmt, around));
  }

  // What Citus refuses of a query over several shards.
  private allowSpread(node: Node, scope: Scope) {
    const text = JSON.stringify(node);
    if (this.locks) refuse("locks rows of several shards");
    const classes = new Map<number, string>();
    for (const s of this.distributed) classes.set(this.root(s.class), s.table!);
    if (classes.size > 1) refuse(`joins ${[...classes.values()].join(" and ")} without their shard keys being equal`);
    if (this.outerOverShards) refuse("an outer join whose outer side has no distributed table");
    if (this.shownSubquery) refuse("a subquery in the list of results, over several shards");
    if (this.bounded) refuse("a subquery over the rows around it with a limit, group or sum, over several shards");
    if (text.includes('"GroupingSet"')) refuse("grouping sets over several shards");
    if (scope.sources.length > 0 && !scope.sources.some((s) => s.key) && this.distributed.length > 0)
      refuse("a subquery over distributed rows around rows of reference tables");
  }

  // --- changes -----------------------------------------------------------------------------------------------------

  private assigned(list: Node[], key: string | undefined) {
    for (const { ResTarget: one } of list ?? []) {
      if (one.name === key) refuse(`changes the shard key ${key}`);
      if ([...within(one.val, "SubLink")].length > 0) refuse("sets a column from a subquery");
    }
    for (const call of within(list, "FuncCall")) {
      const name = nameOf(call.funcname.at(-1));
      if (isVolatile.has(name)) refuse(`calls ${name}(), which is not the same on every node`);
    }
  }

  private change(body: Node, scope: Scope) {
    this.withClause(scope, body.withClause);
    this.addTable(scope, body.relation, false);
    const target = scope.sources[0]!;
    for (const item of [...(body.fromClause ?? []), ...(body.usingClause ?? [])]) this.addFrom(scope, item);
    this.conditions(scope, body.whereClause);
    this.assigned(body.targetList, target.key);
    for (const link of within(body.whereClause, "SubLink")) this.subquery(link, scope, false);
    if (!target.key && (this.distributed.length > 0 || this.pulled)) refuse("changes a reference table by rows of distributed ones");
  }

  private insert(body: Node, scope: Scope): Verdict {
    this.addTable(scope, body.relation, false);
    const target = scope.sources[0]!, source = body.selectStmt.SelectStmt;
    const columns = (body.cols ?? []).map((c: Node) => c.ResTarget.name) as string[];
    const at = target.key ? columns.indexOf(target.key) : 0;
    if (at < 0) refuse(`inserts without the shard key ${target.key}`);
    this.assigned(body.onConflictClause?.targetList, target.key);
    const infer = body.onConflictClause?.infer?.indexElems?.map((e: Node) => e.IndexElem.name) as string[] | undefined;
    if (target.key && infer && !infer.includes(target.key)) refuse(`on conflict leaves out the shard key ${target.key}`);
    if (!source.valuesLists) {
      this.alone({ SelectStmt: source }, scope);
      return { place: target.key ? "spread" : "reference", why: "", writes: true };
    }
    if ([...within(source.valuesLists, "SubLink")].length > 0) refuse("a subquery among inserted values");
    const keys = source.valuesLists.map((row: Node) => row.List.items[at]);
    if (target.key && keys.some((k: Node) => k.SetToDefault || k.A_Const?.isnull)) refuse("inserts no value for the shard key");
    return { place: target.key ? (keys.length === 1 ? "routed" : "spread") : "reference", why: "", writes: true };
  }
}

// A statement in the plain dialect or in PostgreSQL's.
export function judge(sql: string, shards: Shards): Verdict {
  const tree = parseSync(sql.replace(/\?(\d+)/g, "$$$1"));
  try {
    if (tree.stmts?.length !== 1) return refuse("not one statement");
    return new Judge(shards).statement(tree.stmts![0]!.stmt);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { place: "refused", why: error.message, writes: false };
  }
}
