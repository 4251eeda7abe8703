// bank.ts - the outside bank: `tael bank-sim` as a process, and how to make it behave.
import { Client, must, type Json } from "./client.ts";
import { serve, type Server } from "./program.ts";

export class Bank {
  readonly server: Server;
  readonly api: Client;
  private constructor(server: Server) {
    this.server = server;
    this.api = new Client(server.url);
  }

  static async open(): Promise<Bank> {
    return new Bank(await serve(["bank-sim", "--listen", "127.0.0.1:0"]));
  }

  // Shares of attempts that misbehave, in parts per 10^9; left out: none.
  async behave(how: Json) {
    must(await this.api.put("/v1/behaviour", { seed: 1, late_ms: 200, ...how }, { key: null }));
  }

  close() { return this.server.stop(); }
}
