// receiver.ts - somebody who listens for webhooks, keeps what came and decides how each is answered.
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { Json } from "./client.ts";

export type Message = { id: string; headers: IncomingHttpHeaders; raw: string; body: Json };

// Listens for webhooks; `answer` decides the status of each.
export class Receiver {
  readonly got: Message[] = [];
  answer: (m: Message) => number = () => 204;
  slow_ms = 0; // how long each answer takes
  url = "";
  private server!: Server;

  async open() {
    this.server = createServer((request, response) => {
      let raw = "";
      request.setEncoding("utf8").on("data", (part) => (raw += part)).on("end", () => {
        const message = { id: request.headers["webhook-id"] as string, headers: request.headers, raw, body: JSON.parse(raw) };
        this.got.push(message);
        setTimeout(() => response.writeHead(this.answer(message)).end(), this.slow_ms);
      });
    });
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${(this.server.address() as { port: number }).port}/hook`;
    return this;
  }

  about = (aggregate: string) => this.got.filter((m) => m.body.aggregate === aggregate);
  close() { this.server.closeAllConnections(); this.server.close(); }
}
