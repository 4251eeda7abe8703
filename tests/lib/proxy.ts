// proxy.ts - a link that misbehaves on demand: it passes bytes between a port of its own and a server's, stands still,
// breaks all at once, or breaks after a given number of bytes from the server.
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

type Place = { host: string; port: number };

export class Proxy {
  private readonly target: () => Place;
  private readonly server: Server;
  private readonly pairs = new Set<[Socket, Socket]>();
  private still = false;
  cuts = 0; // how often cutAfter came true
  private left = Infinity; // bytes from the server until all breaks

  private constructor(server: Server, target: () => Place) {
    this.server = server;
    this.target = target;
    server.on("connection", (near) => this.join(near));
    server.unref();
  }

  // `target`: where the server is, asked at each new connection.
  static async open(target: () => Place): Promise<Proxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Proxy(server, target);
  }

  get port(): number { return (this.server.address() as AddressInfo).port; }

  private join(near: Socket) {
    const far = connect(this.target());
    const pair: [Socket, Socket] = [near, far];
    this.pairs.add(pair);
    const end = () => { this.pairs.delete(pair); near.destroy(); far.destroy(); };
    for (const s of pair) s.on("error", end).on("close", end).setNoDelay(true);
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes: Buffer) => this.pass(near, bytes));
    if (this.still) for (const s of pair) s.pause();
  }

  private pass(near: Socket, bytes: Buffer) {
    if (bytes.length < this.left) {
      this.left -= bytes.length;
      near.write(bytes);
      return;
    }
    this.cuts++;
    near.write(bytes.subarray(0, this.left), () => this.cut());
    this.left = Infinity;
  }

  // From now on nothing passes, and nobody is told; or one way only: to the server, or from it.
  stall(way: "both" | "to" | "from" = "both") {
    this.still = true;
    for (const [near, far] of this.pairs) {
      if (way !== "from") near.pause();
      if (way !== "to") far.pause();
    }
  }

  // Breaks every connection; what was under way is gone. New ones are passed on again.
  cut() {
    this.still = false;
    for (const s of [...this.pairs].flat()) s.destroy();
  }

  // Breaks every connection after so many more bytes from the server.
  cutAfter(bytes: number) { this.left = bytes; }

  close() {
    this.cut();
    this.server.close();
  }
}
