// types.ts - what the API's description says of each route, in a form that calls can be checked against. The description
// marks no member of an answer as always there, but the server leaves out only what is declared so; Whole takes the
// members as present and leaves it to the reader to test dates and ids that may be null.
import type { components, paths } from "./schema";

export type Method = "get" | "post" | "put" | "patch" | "delete";
type Operation = { responses: Record<number, unknown> };

export type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, Operation> ? P : never;
}[keyof paths];

export type Op<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;

export type Whole<T> = T extends (infer E)[]
  ? Whole<E>[]
  : T extends Record<string, unknown>
    ? { [K in keyof T]-?: Whole<NonNullable<T[K]>> }
    : T;

type Json<R> = R extends { content: { "application/json": infer J } } ? J : never;
export type AnswerOf<O> = O extends { responses: infer R }
  ? Whole<NonNullable<Json<R extends { 200: infer A } ? A : R extends { 201: infer B } ? B : never>>>
  : never;
export type BodyOf<O> = O extends { requestBody?: infer B } ? Json<NonNullable<B>> : never;
export type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never;
export type PathOf<O> = O extends { parameters: { path: infer P } } ? P : never;

type PathPart<O> = [PathOf<O>] extends [never] ? { path?: undefined } : { path: PathOf<O> };
type QueryPart<O> = [QueryOf<O>] extends [never] ? { query?: undefined } : { query?: QueryOf<O> };
type BodyPart<O> = [BodyOf<O>] extends [never] ? { body?: undefined } : { body: BodyOf<O> };
export type Ask<O> = PathPart<O> & QueryPart<O> & { signal?: AbortSignal };
export type Act<O> = PathPart<O> & BodyPart<O> & { key?: string; signal?: AbortSignal };

// One element of a list answer.
export type ItemOf<P extends PathsWith<"get">> = AnswerOf<Op<P, "get">> extends { items: (infer E)[] } ? E : never;

export type ListPath = {
  [P in PathsWith<"get">]: AnswerOf<Op<P, "get">> extends { items: unknown[] } ? P : never;
}[PathsWith<"get">];

// A shape of the description by its name: Schema<"Order">.
export type Schema<N extends keyof components["schemas"]> = Whole<components["schemas"][N]>;
